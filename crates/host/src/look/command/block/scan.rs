//! Following shell text: quotes, nested commands, here-documents and blocks, one step after the other.

/// What a place in the text is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
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
pub(super) enum Last {
    /// A command has ended, or none has begun.
    End,
    Word,
    /// `&&`, `|`: a command must follow.
    Operator,
    /// `then`, `{`: a block has begun and holds nothing yet.
    Opener,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) frames: Vec<Frame>,
    last: Last,
    /// The line before goes on here.
    continued: bool,
    heredocs: bool,
}

impl State {
    /// A new command may begin at this line, and nothing waits for one.
    pub(super) fn between_commands(&self) -> bool {
        let quoted = matches!(self.frames.last(), Some(Frame::Double | Frame::Variable | Frame::Array | Frame::Test));
        let patterns = matches!(self.frames.last(), Some(Frame::CaseWord | Frame::Pattern));
        !self.continued && !self.heredocs && !quoted && !patterns && matches!(self.last, Last::End | Last::Opener)
    }

    /// A command has ended here. The last line may lack its line end.
    pub(super) fn has_ended(&self, end: bool) -> bool {
        let last = self.last == Last::End || (end && self.last == Last::Word);
        last && !self.continued && !self.heredocs
    }
}

pub(super) struct Scan<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    pub(super) frames: Vec<Frame>,
    pub(super) last: Last,
    /// The next word is a command's name or a word of the grammar.
    pub(super) command: bool,
    pub(super) continued: bool,
    /// Ends of here-documents whose text begins at the next line; whether tabs before them are taken off.
    pub(super) heredocs: Vec<(Vec<u8>, bool)>,
    /// The next word is where output goes to.
    pub(super) target: bool,
    /// How many frames there were at the last stop, and the fewest since.
    pub(super) base: usize,
    pub(super) shallowest: usize,
    /// A part of a block that was open at the last stop has ended since, and another begun.
    pub(super) parted: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
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
    pub(super) fn until(&mut self, end: usize) -> Option<State> {
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

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    pub(super) fn step(&mut self) -> Option<()> {
        let b = self.peek(0)?;
        self.continued = false;
        match self.frames.last() {
            Some(Frame::Double) => self.double(b),
            Some(Frame::Variable) => self.variable(b),
            _ => self.plain(b),
        }
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

    pub(super) fn ended(&mut self) {
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
            Frame::Double
            | Frame::Variable
            | Frame::Inside(_)
            | Frame::Paren
            | Frame::Group
            | Frame::If
            | Frame::Loop
            | Frame::CaseWord
            | Frame::Arm => return None,
        }
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
}
