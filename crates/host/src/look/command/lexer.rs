//! Shell text into words, ends of commands, and code inside code.

/// A word, with quotes taken off.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) text: Vec<u8>,
    /// False when a part of it is known only at run time.
    pub(super) literal: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;`, `&`, `|`, a line end, a parenthesis: what follows is another command.
    End,
    /// The text of `$(…)`, backticks or `<(…)`.
    Code(Vec<u8>),
}

/// Splits a line the way units, desktop entries and udev rules do: quotes and backslashes, nothing else.
pub(crate) fn arguments(text: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(b) = bytes.next() {
        match (quote, b) {
            (Some(q), _) if b == q => quote = None,
            (None, b'"' | b'\'') => {
                quote = Some(b);
                word.get_or_insert_default();
            }
            (None | Some(b'"'), b'\\') => {
                if let Some(next) = bytes.next() {
                    word.get_or_insert_default().push(next);
                }
            }
            (None, b' ' | b'\t' | b'\n' | b'\r') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(b),
        }
    }
    words.extend(word);
    words
}

pub(super) fn tokens(text: &[u8], home: Option<&[u8]>) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, home, out: Vec::new(), word: None, skip_word: false };
    lexer.run();
    lexer.out
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    home: Option<&'a [u8]>,
    out: Vec<Token>,
    word: Option<Word>,
    /// The next word is where output goes to or input comes from, not a part of the command.
    skip_word: bool,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(b) = self.next() {
            match b {
                b' ' | b'\t' | b'\r' => self.end_word(),
                b'#' if self.word.is_none() => {
                    while self.peek().is_some_and(|b| b != b'\n') {
                        self.at += 1;
                    }
                }
                b'&' if self.peek() == Some(b'>') => {
                    self.end_word();
                }
                b'\n' | b';' | b'|' | b'&' | b')' => self.end_command(),
                b'(' => self.parenthesis(),
                b'<' | b'>' => self.redirection(b),
                b'\'' => {
                    let end = self.find(b'\'');
                    let text = self.text[self.at..end].to_vec();
                    self.push_all(&text);
                    self.at = (end + 1).min(self.text.len());
                }
                b'"' => self.double_quoted(),
                b'\\' => match self.next() {
                    Some(b'\n') | None => {}
                    Some(b) => self.push(b),
                },
                b'$' => self.dollar(),
                b'`' => self.backticks(),
                b'~' if self.word.is_none() && matches!(self.peek(), None | Some(b'/' | b' ' | b'\t' | b'\n')) => {
                    self.put_home();
                }
                b => self.push(b),
            }
        }
        self.end_word();
    }

    fn next(&mut self) -> Option<u8> {
        let b = self.text.get(self.at).copied()?;
        self.at += 1;
        Some(b)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn find(&self, what: u8) -> usize {
        self.text[self.at..].iter().position(|b| *b == what).map_or(self.text.len(), |n| self.at + n)
    }

    fn current(&mut self) -> &mut Word {
        self.word.get_or_insert_with(|| Word { text: Vec::new(), literal: true })
    }

    fn push(&mut self, b: u8) {
        self.current().text.push(b);
    }

    fn push_all(&mut self, text: &[u8]) {
        self.current().text.extend_from_slice(text);
    }

    fn unknown(&mut self) {
        self.current().literal = false;
    }

    fn put_home(&mut self) {
        match self.home {
            Some(home) => self.push_all(home),
            None => self.unknown(),
        }
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.skip_word)
        {
            self.out.push(Token::Word(word));
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.skip_word = false;
        self.out.push(Token::End);
    }

    fn parenthesis(&mut self) {
        let is_array = self.word.as_ref().is_some_and(|w| w.text.ends_with(b"="));
        let is_function = self.word.is_some() && self.peek() == Some(b')');
        if is_array {
            self.at = (self.find(b')') + 1).min(self.text.len());
        } else if is_function {
            self.word = None;
            self.end_command();
        } else {
            self.end_command();
        }
    }

    fn redirection(&mut self, which: u8) {
        // `2>` : the number belongs to the arrow.
        if self.word.as_ref().is_some_and(|w| w.text.iter().all(u8::is_ascii_digit)) {
            self.word = None;
        }
        self.end_word();
        if self.peek() == Some(b'(') {
            self.at += 1;
            let code = self.balanced();
            self.out.push(Token::Code(code));
            return;
        }
        while self.peek().is_some_and(|b| matches!(b, b'>' | b'<' | b'&' | b'|') && (b != b'<' || which == b'<')) {
            self.at += 1;
        }
        self.skip_word = true;
    }

    fn double_quoted(&mut self) {
        self.current();
        while let Some(b) = self.next() {
            match b {
                b'"' => return,
                b'\\' => match self.next() {
                    Some(b @ (b'"' | b'\\' | b'$' | b'`')) => self.push(b),
                    Some(b'\n') | None => {}
                    Some(b) => {
                        self.push(b'\\');
                        self.push(b);
                    }
                },
                b'$' => self.dollar(),
                b'`' => self.backticks(),
                b => self.push(b),
            }
        }
    }

    fn dollar(&mut self) {
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                let code = self.balanced();
                self.out.push(Token::Code(code));
                self.unknown();
            }
            Some(b'{') => {
                let end = self.find(b'}');
                let name = self.text[(self.at + 1).min(end)..end].to_vec();
                self.at = (end + 1).min(self.text.len());
                if name == b"HOME" { self.put_home() } else { self.unknown() }
            }
            Some(b) if b.is_ascii_alphabetic() || b == b'_' => {
                let length = self.text[self.at..]
                    .iter()
                    .position(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
                    .unwrap_or(self.text.len() - self.at);
                let is_home = &self.text[self.at..self.at + length] == b"HOME";
                self.at += length;
                if is_home { self.put_home() } else { self.unknown() }
            }
            Some(b'\'' | b'"') => {}
            Some(b) if b.is_ascii_digit() || matches!(b, b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => {
                self.at += 1;
                self.unknown();
            }
            _ => self.push(b'$'),
        }
    }

    fn backticks(&mut self) {
        let end = self.find(b'`');
        let code = self.text[self.at..end].to_vec();
        self.at = (end + 1).min(self.text.len());
        self.out.push(Token::Code(code));
        self.unknown();
    }

    /// Text up to the parenthesis that closes the one just read.
    fn balanced(&mut self) -> Vec<u8> {
        let start = self.at;
        let mut open = 1_u32;
        while let Some(b) = self.next() {
            match b {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => self.at = (self.at + 1).min(self.text.len()),
                b'\'' => self.at = (self.find(b'\'') + 1).min(self.text.len()),
                _ => {}
            }
            if open == 0 {
                return self.text[start..self.at - 1].to_vec();
            }
        }
        self.text[start..].to_vec()
    }
}
