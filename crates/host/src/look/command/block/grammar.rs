//! What a word of shell text means where it stands: blocks begin, part and end.
use super::scan::{Frame, Last, Scan};

impl Scan<'_> {
    /// A word up to its end, or up to something nested in it.
    pub(super) fn word(&mut self) -> Option<()> {
        let start = self.at;
        self.text_of_word()?;
        let text = &self.text[start..self.at];
        if text.is_empty() {
            return None;
        }
        if std::mem::take(&mut self.target) {
            return Some(());
        }
        if self.peek(0) == Some(b'(') && text.ends_with(b"=") {
            self.at += 1;
            self.frames.push(Frame::Array);
            return Some(());
        }
        self.grammar(text)
    }

    /// What a word means where it stands.
    pub(super) fn grammar(&mut self, word: &[u8]) -> Option<()> {
        match self.frames.last() {
            Some(Frame::Test) => {
                if word == b"]]" {
                    self.frames.pop();
                    self.last = Last::Word;
                    self.command = false;
                }
                return Some(());
            }
            Some(Frame::Array) => return Some(()),
            Some(Frame::CaseWord) if word == b"in" => {
                self.frames.pop();
                self.frames.push(Frame::Pattern);
                self.last = Last::End;
                return Some(());
            }
            Some(Frame::CaseWord) => return Some(()),
            Some(Frame::Pattern) if word == b"esac" => {
                self.frames.pop();
                self.last = Last::Word;
                self.command = false;
                return Some(());
            }
            Some(Frame::Pattern) => return Some(()),
            _ => {}
        }
        if !self.command {
            self.last = Last::Word;
            return Some(());
        }
        match word {
            b"if" => self.enter(Frame::If),
            b"while" | b"until" => self.enter(Frame::Loop),
            b"for" | b"select" => {
                self.frames.push(Frame::Loop);
                self.last = Last::Word;
                self.command = false;
            }
            b"case" => {
                self.frames.push(Frame::CaseWord);
                self.last = Last::Word;
                self.command = false;
            }
            b"{" => self.enter(Frame::Group),
            b"then" | b"elif" | b"else" => {
                self.holds_something(Frame::If)?;
                self.part();
            }
            b"do" => {
                self.top(Frame::Loop)?;
                self.part();
            }
            b"fi" => self.leave_block(Frame::If)?,
            b"done" => self.leave_block(Frame::Loop)?,
            b"}" => self.leave_block(Frame::Group)?,
            b"esac" => {
                self.leave(Frame::Arm)?;
                self.last = Last::Word;
                self.command = false;
            }
            b"!" | b"time" => self.last = Last::Operator,
            b"function" => {
                self.last = Last::Word;
                self.command = false;
                return self.function();
            }
            b"[[" => {
                self.frames.push(Frame::Test);
                self.last = Last::Word;
            }
            _ if crate::look::command::assignment(word).is_some() => self.last = Last::Word,
            _ => {
                self.last = Last::Word;
                self.command = false;
            }
        }
        Some(())
    }

    /// `function name {` or `function name() {`
    pub(super) fn function(&mut self) -> Option<()> {
        while self.peek(0).is_some_and(|b| b == b' ' || b == b'\t') {
            self.at += 1;
        }
        self.text_of_word()?;
        self.last = Last::Operator;
        self.command = true;
        if self.text[self.at..].starts_with(b"()") {
            self.at += 2;
        }
        Some(())
    }

    pub(super) fn part(&mut self) {
        self.parted |= self.frames.len() <= self.base;
        self.last = Last::Opener;
        self.command = true;
    }

    pub(super) fn enter(&mut self, frame: Frame) {
        self.frames.push(frame);
        self.last = Last::Opener;
        self.command = true;
    }

    pub(super) fn top(&self, frame: Frame) -> Option<()> {
        (self.frames.last() == Some(&frame)).then_some(())
    }

    pub(super) fn holds_something(&self, frame: Frame) -> Option<()> {
        self.top(frame)?;
        (self.last != Last::Opener && self.last != Last::Operator).then_some(())
    }

    pub(super) fn leave(&mut self, frame: Frame) -> Option<()> {
        self.top(frame)?;
        if self.last == Last::Operator {
            return None;
        }
        self.frames.pop();
        Some(())
    }

    pub(super) fn leave_block(&mut self, frame: Frame) -> Option<()> {
        self.holds_something(frame)?;
        self.frames.pop();
        self.last = Last::Word;
        self.command = false;
        Some(())
    }
}
