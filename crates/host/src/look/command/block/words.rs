//! Words of shell text and what is nested in them: quotes, variables, commands in commands.
use super::scan::{Frame, Last, Scan};

impl Scan<'_> {
    pub(super) fn double(&mut self, b: u8) -> Option<()> {
        match b {
            b'"' => {
                self.frames.pop();
                self.at += 1;
            }
            b'\\' => self.at += 2.min(self.text.len() - self.at),
            b'$' => self.dollar()?,
            b'`' => self.backtick(),
            _ => self.at += 1,
        }
        Some(())
    }

    pub(super) fn variable(&mut self, b: u8) -> Option<()> {
        match b {
            b'}' => {
                self.frames.pop();
                self.at += 1;
            }
            b'\\' => self.at += 2.min(self.text.len() - self.at),
            b'\'' if !self.frames.contains(&Frame::Double) => self.single()?,
            b'"' => {
                self.frames.push(Frame::Double);
                self.at += 1;
            }
            b'$' => self.dollar()?,
            b'`' => self.backtick(),
            _ => self.at += 1,
        }
        Some(())
    }

    pub(super) fn dollar(&mut self) -> Option<()> {
        match self.peek(1) {
            Some(b'(') if self.peek(2) == Some(b'(') => {
                self.at += 1;
                self.arithmetic()
            }
            Some(b'(') => {
                self.at += 2;
                self.frames.push(Frame::Inside(b')'));
                self.last = Last::End;
                self.command = true;
                Some(())
            }
            Some(b'{') => {
                self.at += 2;
                self.frames.push(Frame::Variable);
                Some(())
            }
            Some(b'\'') if !matches!(self.frames.last(), Some(Frame::Double | Frame::Variable)) => {
                self.at += 2;
                loop {
                    match self.peek(0)? {
                        b'\\' => self.at += 2,
                        b'\'' => break,
                        _ => self.at += 1,
                    }
                }
                self.at += 1;
                Some(())
            }
            _ => {
                self.at += 1;
                Some(())
            }
        }
    }

    pub(super) fn backtick(&mut self) {
        self.at += 1;
        // Inside quotes the closing one is met by the same rule: what is open already, closes.
        if let Some(at) = self.frames.iter().rposition(|f| *f == Frame::Inside(b'`')) {
            self.frames.truncate(at);
            self.last = Last::Word;
            self.command = false;
        } else {
            self.frames.push(Frame::Inside(b'`'));
            self.last = Last::End;
            self.command = true;
        }
    }

    pub(super) fn single(&mut self) -> Option<()> {
        let rest = &self.text[self.at + 1..];
        self.at += rest.iter().position(|b| *b == b'\'')? + 2;
        Some(())
    }

    /// `((…))` and `$((…))`, on whatever line they end.
    pub(super) fn arithmetic(&mut self) -> Option<()> {
        let mut deep = 0_u32;
        loop {
            match self.peek(0)? {
                b'(' => deep += 1,
                b')' => deep -= 1,
                _ => {}
            }
            self.at += 1;
            if deep == 0 {
                break;
            }
        }
        self.last = Last::Word;
        self.command = false;
        Some(())
    }

    pub(super) fn arithmetic_like(&mut self) -> Option<()> {
        let (last, command) = (self.last, self.command);
        self.arithmetic()?;
        (self.last, self.command) = (last, command);
        Some(())
    }

    /// Moves over everything that belongs to one word; stops where something nested begins.
    pub(super) fn text_of_word(&mut self) -> Option<()> {
        while let Some(b) = self.peek(0) {
            match b {
                b'\'' => self.single()?,
                b'"' => {
                    self.at += 1;
                    self.nested(Frame::Double)?;
                }
                b'$' => {
                    let deep = self.frames.len();
                    self.dollar()?;
                    self.finish(deep)?;
                }
                b'`' => {
                    if self.frames.contains(&Frame::Inside(b'`')) {
                        return Some(());
                    }
                    let deep = self.frames.len();
                    self.backtick();
                    self.finish(deep)?;
                }
                b'\\' if matches!(self.peek(1), Some(b'\n' | b'\r')) => return Some(()),
                b'\\' => self.at += 2.min(self.text.len() - self.at),
                // `?(a|b)`: a pattern inside a word.
                b'(' if self.at > 0 && b"?*+@!".contains(&self.text[self.at - 1]) => self.arithmetic_like()?,
                b if b.is_ascii_whitespace() || b";&|<>()".contains(&b) => return Some(()),
                _ => self.at += 1,
            }
        }
        Some(())
    }

    pub(super) fn nested(&mut self, frame: Frame) -> Option<()> {
        let deep = self.frames.len();
        self.frames.push(frame);
        self.finish(deep)
    }

    /// Reads on until what was opened is closed. A line inside of it is no line of its own.
    pub(super) fn finish(&mut self, deep: usize) -> Option<()> {
        let (last, command, target) = (self.last, self.command, self.target);
        while self.frames.len() > deep {
            self.step()?;
        }
        (self.last, self.command, self.target) = (last, command, target);
        Some(())
    }

    pub(super) fn close_inside(&mut self) -> Option<()> {
        self.frames.pop()?;
        self.at += 1;
        self.last = Last::Word;
        self.command = false;
        // What comes right after belongs to the same word.
        if !matches!(self.frames.last(), Some(Frame::Double | Frame::Variable)) {
            self.text_of_word()?;
        }
        Some(())
    }
}
