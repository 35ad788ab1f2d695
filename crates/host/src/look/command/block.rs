//! Can a line of shell text go alone? Read, never run: quotes, nested commands, here-documents and blocks are followed so
//! far that a line is known to be a whole command of its own. What cannot be followed does not go alone.
use std::ops::Range;

/// What becomes of the text around a line when the line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alone {
    /// It stays whole.
    Yes,
    /// The line is all that a block holds, and a block must hold something.
    Body,
    /// The line is a part of a command or block of several lines.
    No,
}

/// `line` is a whole line of `text` with its line end.
pub(crate) fn alone(text: &[u8], line: &Range<usize>) -> Alone {
    let mut scan = Scan::new(text);
    let (Some(before), Some(after)) = (scan.until(line.start), scan.until(line.end)) else { return Alone::No };
    let stands_alone = before.frames == after.frames
        && scan.shallowest >= before.frames.len()
        && !scan.parted
        && before.between_commands()
        && after.has_ended(text.len() == line.end);
    if !stands_alone {
        return Alone::No;
    }
    let rest = [&text[..line.start], &text[line.end..]].concat();
    let whole = Scan::new(&rest).until(rest.len());
    match whole {
        Some(end) if end.frames.is_empty() => Alone::Yes,
        _ => {
            let held = [&text[..line.start], b":\n", &text[line.end..]].concat();
            let end = Scan::new(&held).until(held.len());
            if end.is_some_and(|end| end.frames.is_empty()) { Alone::Body } else { Alone::No }
        }
    }
}

/// What a place in the text is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// `"…"`
    Double,
    /// `${…}`
    Variable,
    /// `$(…)`, `<(…)`, a backtick; the word it stands in goes on after it.
    Inside(u8),
    /// `(…)` as a command.
    Paren,
    /// `a=(…)`
    Array,
    Group,
    If,
    Loop,
    /// After `case`, before `in`.
    CaseWord,
    /// Where a pattern may stand.
    Pattern,
    /// The commands of one pattern.
    Arm,
    /// `[[ … ]]`
    Test,
}

/// What came last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// A command has ended, or none has begun.
    End,
    Word,
    /// `&&`, `|`: a command must follow.
    Operator,
    /// `then`, `{`: a block has begun and holds nothing yet.
    Opener,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    frames: Vec<Frame>,
    last: Last,
    /// The line before goes on here.
    continued: bool,
    heredocs: bool,
}

impl State {
    /// A new command may begin at this line, and nothing waits for one.
    fn between_commands(&self) -> bool {
        let quoted = matches!(self.frames.last(), Some(Frame::Double | Frame::Variable | Frame::Array | Frame::Test));
        let patterns = matches!(self.frames.last(), Some(Frame::CaseWord | Frame::Pattern));
        !self.continued && !self.heredocs && !quoted && !patterns && matches!(self.last, Last::End | Last::Opener)
    }

    /// A command has ended here. The last line may lack its line end.
    fn has_ended(&self, end: bool) -> bool {
        let last = self.last == Last::End || (end && self.last == Last::Word);
        last && !self.continued && !self.heredocs
    }
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    frames: Vec<Frame>,
    last: Last,
    /// The next word is a command's name or a word of the grammar.
    command: bool,
    continued: bool,
    /// Ends of here-documents whose text begins at the next line; whether tabs before them are taken off.
    heredocs: Vec<(Vec<u8>, bool)>,
    /// The next word is where output goes to.
    target: bool,
    /// How many frames there were at the last stop, and the fewest since.
    base: usize,
    shallowest: usize,
    /// A part of a block that was open at the last stop has ended since, and another begun.
    parted: bool,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            frames: Vec::new(),
            last: Last::End,
            command: true,
            continued: false,
            heredocs: Vec::new(),
            target: false,
            base: 0,
            shallowest: 0,
            parted: false,
        }
    }

    /// Reads up to a line's start (or the end) and tells what it is in there; none where the text cannot be followed, or
    /// where the place lies in the middle of something that was read at once.
    fn until(&mut self, end: usize) -> Option<State> {
        self.base = self.frames.len();
        self.shallowest = self.base;
        self.parted = false;
        while self.at < end {
            self.step()?;
            self.shallowest = self.shallowest.min(self.frames.len());
        }
        (self.at == end).then(|| State {
            frames: self.frames.clone(),
            last: self.last,
            continued: self.continued,
            heredocs: !self.heredocs.is_empty(),
        })
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn step(&mut self) -> Option<()> {
        let b = self.peek(0)?;
        self.continued = false;
        match self.frames.last() {
            Some(Frame::Double) => self.double(b),
            Some(Frame::Variable) => self.variable(b),
            _ => self.plain(b),
        }
    }

    fn double(&mut self, b: u8) -> Option<()> {
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

    fn variable(&mut self, b: u8) -> Option<()> {
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

    fn plain(&mut self, b: u8) -> Option<()> {
        match b {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => self.newline(),
            b'#' => {
                while self.peek(0).is_some_and(|b| b != b'\n') {
                    self.at += 1;
                }
            }
            b'\\' if self.peek(1) == Some(b'\n') => {
                self.at += 2;
                self.continued = true;
            }
            b'\\' if self.peek(1) == Some(b'\r') && self.peek(2) == Some(b'\n') => {
                self.at += 3;
                self.continued = true;
            }
            b';' => self.semicolon()?,
            b'&' | b'|' => self.operator(b),
            b'(' => self.open()?,
            b')' => self.close()?,
            b'<' | b'>' => self.redirection(b)?,
            b'`' if self.frames.last() == Some(&Frame::Inside(b'`')) => self.close_inside()?,
            _ => self.word()?,
        }
        Some(())
    }

    fn ended(&mut self) {
        if self.last == Last::Word {
            self.last = Last::End;
        }
        self.command = true;
        self.target = false;
    }

    fn newline(&mut self) {
        self.at += 1;
        for (end, tabs) in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let rest = &self.text[self.at..];
                let length = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
                let line = rest[..length].strip_suffix(b"\n").unwrap_or(&rest[..length]);
                self.at += length;
                let line = if tabs { &line[line.iter().take_while(|b| **b == b'\t').count()..] } else { line };
                if line == end {
                    break;
                }
            }
        }
        if !matches!(self.frames.last(), Some(Frame::Array | Frame::Test | Frame::CaseWord)) {
            self.ended();
        }
    }

    fn semicolon(&mut self) -> Option<()> {
        if matches!(self.peek(1), Some(b';' | b'&')) {
            self.at += 2;
            if self.peek(0) == Some(b'&') {
                self.at += 1;
            }
            self.leave(Frame::Arm)?;
            self.frames.push(Frame::Pattern);
            self.last = Last::End;
            return Some(());
        }
        self.at += 1;
        self.ended();
        Some(())
    }

    fn operator(&mut self, b: u8) {
        self.at += 1;
        if self.frames.last() == Some(&Frame::Test) || self.frames.last() == Some(&Frame::Pattern) {
            return;
        }
        if b == b'&' && self.peek(0) == Some(b'>') {
            return;
        }
        let doubled = self.peek(0) == Some(b) || (b == b'|' && self.peek(0) == Some(b'&'));
        if doubled {
            self.at += 1;
        }
        if b == b'|' || doubled {
            self.last = Last::Operator;
            self.command = true;
            self.target = false;
        } else {
            self.ended();
        }
    }

    fn open(&mut self) -> Option<()> {
        match self.frames.last() {
            Some(Frame::Test) | Some(Frame::Pattern) => self.at += 1,
            _ if self.command && self.peek(1) == Some(b'(') => return self.arithmetic(),
            _ if self.command => {
                self.at += 1;
                self.frames.push(Frame::Paren);
                self.last = Last::Opener;
            }
            // `name()`: what follows is its body.
            _ if self.text[self.at..].starts_with(b"()") => {
                self.at += 2;
                self.last = Last::Operator;
                self.command = true;
            }
            // `for ((…))`
            _ if self.peek(1) == Some(b'(') => return self.arithmetic(),
            _ => return None,
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        match self.frames.last()? {
            Frame::Test => self.at += 1,
            Frame::Paren if self.last != Last::Opener && self.last != Last::Operator => {
                self.frames.pop();
                self.at += 1;
                self.last = Last::Word;
                self.command = false;
            }
            Frame::Array => {
                self.frames.pop();
                self.at += 1;
                self.last = Last::Word;
            }
            Frame::Pattern => {
                self.frames.pop();
                self.frames.push(Frame::Arm);
                self.at += 1;
                self.last = Last::End;
                self.command = true;
            }
            Frame::Inside(b')') => self.close_inside()?,
            _ => return None,
        }
        Some(())
    }

    fn close_inside(&mut self) -> Option<()> {
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

    /// `((…))` and `$((…))`, on whatever line they end.
    fn arithmetic(&mut self) -> Option<()> {
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

    fn dollar(&mut self) -> Option<()> {
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

    fn backtick(&mut self) {
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

    fn single(&mut self) -> Option<()> {
        let rest = &self.text[self.at + 1..];
        self.at += rest.iter().position(|b| *b == b'\'')? + 2;
        Some(())
    }

    fn redirection(&mut self, which: u8) -> Option<()> {
        if self.frames.last() == Some(&Frame::Test) {
            self.at += 1;
            return Some(());
        }
        if self.peek(1) == Some(b'(') {
            self.at += 2;
            self.frames.push(Frame::Inside(b')'));
            self.last = Last::End;
            self.command = true;
            return Some(());
        }
        if which == b'<' && self.peek(1) == Some(b'<') && self.peek(2) != Some(b'<') {
            self.at += 2;
            let tabs = self.peek(0) == Some(b'-');
            self.at += usize::from(tabs);
            while self.peek(0).is_some_and(|b| b == b' ' || b == b'\t') {
                self.at += 1;
            }
            let start = self.at;
            while self.peek(0).is_some_and(|b| !b.is_ascii_whitespace() && !b";&|<>()".contains(&b)) {
                self.at += 1;
            }
            let end = self.text[start..self.at].iter().copied().filter(|b| !b"'\"\\".contains(b)).collect();
            self.heredocs.push((end, tabs));
            return Some(());
        }
        while self.peek(0).is_some_and(|b| b"<>&|".contains(&b)) {
            self.at += 1;
        }
        self.target = true;
        Some(())
    }

    /// A word up to its end, or up to something nested in it.
    fn word(&mut self) -> Option<()> {
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

    /// Moves over everything that belongs to one word; stops where something nested begins.
    fn text_of_word(&mut self) -> Option<()> {
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

    fn nested(&mut self, frame: Frame) -> Option<()> {
        let deep = self.frames.len();
        self.frames.push(frame);
        self.finish(deep)
    }

    /// Reads on until what was opened is closed. A line inside of it is no line of its own.
    fn finish(&mut self, deep: usize) -> Option<()> {
        let (last, command, target) = (self.last, self.command, self.target);
        while self.frames.len() > deep {
            self.step()?;
        }
        (self.last, self.command, self.target) = (last, command, target);
        Some(())
    }

    fn arithmetic_like(&mut self) -> Option<()> {
        let (last, command) = (self.last, self.command);
        self.arithmetic()?;
        (self.last, self.command) = (last, command);
        Some(())
    }

    /// What a word means where it stands.
    fn grammar(&mut self, word: &[u8]) -> Option<()> {
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
            _ if super::assignment(word).is_some() => self.last = Last::Word,
            _ => {
                self.last = Last::Word;
                self.command = false;
            }
        }
        Some(())
    }

    /// `function name {` or `function name() {`
    fn function(&mut self) -> Option<()> {
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

    fn part(&mut self) {
        self.parted |= self.frames.len() <= self.base;
        self.last = Last::Opener;
        self.command = true;
    }

    fn enter(&mut self, frame: Frame) {
        self.frames.push(frame);
        self.last = Last::Opener;
        self.command = true;
    }

    fn top(&self, frame: Frame) -> Option<()> {
        (self.frames.last() == Some(&frame)).then_some(())
    }

    fn holds_something(&self, frame: Frame) -> Option<()> {
        self.top(frame)?;
        (self.last != Last::Opener && self.last != Last::Operator).then_some(())
    }

    fn leave(&mut self, frame: Frame) -> Option<()> {
        self.top(frame)?;
        if self.last == Last::Operator {
            return None;
        }
        self.frames.pop();
        Some(())
    }

    fn leave_block(&mut self, frame: Frame) -> Option<()> {
        self.holds_something(frame)?;
        self.frames.pop();
        self.last = Last::Word;
        self.command = false;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, process::Command};

    fn line(text: &str, wanted: &str) -> Alone {
        let start = text.find(wanted).unwrap();
        let end = text[start..].find('\n').map_or(text.len(), |n| start + n + 1);
        let start = text[..start].rfind('\n').map_or(0, |n| n + 1);
        alone(text.as_bytes(), &(start..end))
    }

    #[test]
    fn a_whole_command_goes_alone_wherever_it_stands() {
        for text in [
            "BAD",
            "BAD\n",
            "# 'comment\nBAD\n",
            "a\nBAD &\nb\n",
            "if x; then\n  a\n  BAD\nfi\n",
            "f() {\n  a\n  (BAD 900 >/dev/null 2>&1 &)\n}\n",
            "case $- in\n *i*) ;;\n *) X=1\n  BAD \"$(a 'b)')\"\n  return;;\nesac\n",
            "PS1='${x:+($x)}\\[\\033[01;32m\\]'\nBAD `a b` ${x:-\"y'\"} $((1 + (2)))\nb\n",
            "cat <<'EOF'\nif (\nEOF\nBAD\n",
            "x=(a\nb)\n[[ $x =~ ^(a|b)$ && 1 < 2 ]] || a\nfor i in a b; do c; done\nBAD\n",
            "if a; then b; fi; BAD; while c; do d; done\n",
            "function g {\n:\n}\nfor ((i=0; i<3; i++)); do a; done\nBAD",
            "a &&\n b\nBAD | c\n",
        ] {
            assert_eq!(line(text, "BAD"), Alone::Yes, "{text}");
        }
    }

    #[test]
    fn all_that_a_block_holds_needs_something_in_its_place() {
        for text in [
            "if x; then\n  BAD\nfi\n",
            "if x; then\n a\nelse\n BAD\nfi\n",
            "while x; do\nBAD\ndone\n",
            "f() {\nBAD\n}\n",
            "(\nBAD\n)\n",
            "if x; then\n  # why\n  BAD\nfi\n",
        ] {
            assert_eq!(line(text, "BAD"), Alone::Body, "{text}");
        }
    }

    #[test]
    fn a_part_of_something_longer_does_not_go_alone() {
        for text in [
            "BAD \\\n  900\n",
            "a \\\n  BAD\n",
            "BAD &&\nb\n",
            "a ||\nBAD\n",
            "if BAD; then\n a\nfi\n",
            "if a; then\n b\nelse BAD\n c\nfi\n",
            "if a\nthen BAD\nfi\n",
            "a\nx='\nBAD\n'\n",
            "cat <<EOF\nBAD\nEOF\n",
            "sh <<BAD\na\nBAD\n",
            "BAD() {\n a\n}\n",
            "x=$(\nBAD\n)\n",
            "case x in\n BAD) a;;\nesac\n",
            "fi\nBAD\n",
            "a; }; BAD\n",
        ] {
            assert_eq!(line(text, "BAD"), Alone::No, "{text}");
        }
    }

    /// Every profile of this machine, line by line, against the shell itself.
    #[test]
    fn what_is_said_to_go_alone_leaves_text_that_the_shell_still_reads() {
        let reads = |text: &[u8]| {
            let mut bash = Command::new("bash");
            bash.args(["-n", "/dev/stdin"]).stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
            let mut child = bash.spawn().ok()?;
            child.stdin.take()?.write_all(text).ok()?;
            Some(child.wait().ok()?.success())
        };
        let mut files = vec!["/etc/skel/.bashrc".to_owned(), "/etc/bash.bashrc".into(), "/etc/profile".into()];
        files.extend(
            std::fs::read_dir("/etc/profile.d").into_iter().flatten().flatten().map(|e| e.path().display().to_string()),
        );
        let mut tried = 0;
        for file in files {
            let Ok(text) = std::fs::read(&file) else { continue };
            if reads(&text) != Some(true) {
                continue;
            }
            let mut at = 0;
            for piece in text.split_inclusive(|b| *b == b'\n') {
                let range = at..at + piece.len();
                at = range.end;
                let rest = |put: &[u8]| [&text[..range.start], put, &text[range.end..]].concat();
                let left = match alone(&text, &range) {
                    Alone::No => continue,
                    Alone::Yes => rest(b""),
                    Alone::Body => rest(b":\n"),
                };
                tried += 1;
                assert_eq!(reads(&left), Some(true), "{file}: {}", String::from_utf8_lossy(piece));
            }
        }
        if tried == 0 {
            eprintln!("skipped: no profile here that bash reads");
        }
    }
}
