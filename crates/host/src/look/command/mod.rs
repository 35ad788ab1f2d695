//! What a command line names as programs and scripts: read, never run, and never more certain than its text.
//!
//! This understands as much of the shell as crontabs, units and profiles use. Words made at run time (`$X/y`) name nothing.
pub(crate) mod block;
mod lexer;
mod wrapper;

use super::{
    interpreter::{Runs, interpreter},
    tree,
};
use crate::root::Root;
use assize_domain::text::DevicePath;
use lexer::{Token, Word};
use wrapper::{BUILTINS, GRAMMAR, Wrapper};

pub(crate) use lexer::arguments;

/// Where a bare name is looked for, unless the definition says otherwise.
pub(crate) const SEARCH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Programs that fetch things: a profile line with one of them is told even where the program is not installed.
const DOWNLOADERS: [&[u8]; 6] = [b"curl", b"wget", b"fetch", b"aria2c", b"nc", b"ncat"];

/// Text within text within text: deeper is either a mistake or meant to tire the reader.
const DEPTH: u32 = 6;

/// A command can name only so much; the rest of a line made to be long is not followed.
const STARTS: usize = 256;

/// The surroundings a command is read in.
pub(crate) struct Surroundings<'a> {
    pub(crate) root: &'a Root,
    /// What `~` and `$HOME` mean.
    pub(crate) home: Option<&'a [u8]>,
    /// Where bare names are looked for.
    pub(crate) search: Vec<Vec<u8>>,
}

/// What a command names.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Reading {
    /// The first thing that really runs.
    pub(crate) program: Option<Vec<u8>>,
    /// Existing regular files, links followed, in the order named.
    pub(crate) starts: Vec<Vec<u8>>,
    /// Some command that is not the shell's own.
    pub(crate) runs: bool,
    /// Sets a library to be loaded into programs.
    pub(crate) preload: bool,
}

impl Reading {
    pub(crate) fn program_path(&self) -> Option<DevicePath> {
        self.program.as_deref().map(DevicePath::from_bytes)
    }

    pub(crate) fn start_paths(&self) -> Vec<DevicePath> {
        self.starts.iter().map(|p| DevicePath::from_bytes(p)).collect()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.program = self.program.take().or(other.program);
        self.runs |= other.runs;
        self.preload |= other.preload;
        for path in other.starts {
            self.start(path);
        }
    }

    fn start(&mut self, path: Vec<u8>) {
        if self.starts.len() < STARTS && !self.starts.contains(&path) {
            self.starts.push(path);
        }
    }
}

impl<'a> Surroundings<'a> {
    pub(crate) fn new(root: &'a Root, home: Option<&'a [u8]>) -> Self {
        Self { root, home, search: SEARCH.iter().map(|d| d.as_bytes().to_vec()).collect() }
    }

    /// Reads shell text.
    pub(crate) fn shell(&self, text: &[u8]) -> Reading {
        let mut reading = Reading::default();
        self.shell_into(text, DEPTH, &mut reading);
        reading
    }

    /// Reads a program with its arguments, where no shell is between.
    pub(crate) fn program(&self, words: &[Vec<u8>]) -> Reading {
        let mut reading = Reading::default();
        let words: Vec<Word> = words.iter().map(|w| Word { text: w.clone(), literal: !w.starts_with(b"$") }).collect();
        self.simple(&words, DEPTH, &mut reading);
        reading
    }

    fn shell_into(&self, text: &[u8], depth: u32, reading: &mut Reading) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let mut command = Vec::new();
        for token in lexer::tokens(text, self.home) {
            match token {
                Token::Word(word) => command.push(word),
                Token::End => self.simple(&std::mem::take(&mut command), depth, reading),
                Token::Code(code) => {
                    // What runs inside runs first, but what the line is about is the command around it.
                    let mut inner = Reading::default();
                    self.shell_into(&code, depth, &mut inner);
                    inner.program = None;
                    reading.add(inner);
                }
            }
        }
        self.simple(&command, depth, reading);
    }

    /// One command: assignments, grammar, wrappers, then what it is about.
    fn simple(&self, words: &[Word], depth: u32, reading: &mut Reading) {
        let mut words = words;
        while let Some((first, rest)) = words.split_first() {
            if let Some((name, value)) = assignment(&first.text) {
                self.assign(name, value, depth, reading);
                words = rest;
                continue;
            }
            let name = first.text.as_slice();
            if GRAMMAR.contains(&name) {
                words = rest;
                continue;
            }
            match name {
                b"." | b"source" => {
                    if let Some(script) = rest.first() {
                        self.really_runs(script, reading);
                    }
                    return;
                }
                b"eval" => {
                    return self.shell_into(&joined(rest), depth, reading);
                }
                b"trap" => {
                    if let Some(code) = rest.first() {
                        self.shell_into(&code.text, depth, reading);
                    }
                    return;
                }
                b"export" | b"declare" | b"typeset" | b"readonly" | b"local" => {
                    for (name, value) in rest.iter().filter_map(|w| assignment(&w.text)) {
                        self.assign(name, value, depth, reading);
                    }
                    return;
                }
                b"alias" => {
                    // An alias for a plain name is daily life; one that leads to a path is told.
                    for (_, value) in rest.iter().filter_map(|w| assignment(&w.text)) {
                        if value.contains(&b'/') {
                            self.shell_into(value, depth, reading);
                        }
                    }
                    return;
                }
                _ if BUILTINS.contains(&name) => return,
                _ => {}
            }
            let Some(next) = self.command(first, rest, depth, reading) else { return };
            words = next;
        }
    }

    /// A program with its arguments; `Some` is what remains to be read when it only runs something else.
    fn command<'w>(&self, first: &Word, rest: &'w [Word], depth: u32, reading: &mut Reading) -> Option<&'w [Word]> {
        let base = tree::base(&first.text).to_vec();
        if base == b"busybox" {
            self.names(first, reading);
            return Some(rest);
        }
        if let Some(wrapper) = Wrapper::called(&base) {
            self.names(first, reading);
            return match wrapper.inside(rest) {
                wrapper::Inside::Command(at) if at < rest.len() => Some(&rest[at..]),
                wrapper::Inside::Shell(at) => {
                    if let Some(code) = rest.get(at) {
                        self.shell_into(&code.text, depth, reading);
                    }
                    None
                }
                wrapper::Inside::Command(_) => {
                    self.really_runs(first, reading);
                    None
                }
            };
        }
        if let Some(interpreter) = interpreter(&base) {
            let arguments: Vec<&[u8]> = rest.iter().map(|w| w.text.as_slice()).collect();
            match interpreter.runs(&arguments) {
                Runs::Script(at) => {
                    self.names(first, reading);
                    self.really_runs(&rest[at], reading);
                }
                Runs::Shell(code) => {
                    self.names(first, reading);
                    self.shell_into(code, depth, reading);
                    if reading.program.is_none() {
                        self.really_runs(first, reading);
                    }
                }
                Runs::Nothing => self.really_runs(first, reading),
            }
            return None;
        }
        self.really_runs(first, reading);
        if base == b"find" {
            let at = rest.iter().position(|w| matches!(w.text.as_slice(), b"-exec" | b"-execdir" | b"-ok"));
            return at.map(|at| &rest[at + 1..]);
        }
        None
    }

    fn assign(&self, name: &[u8], value: &[u8], depth: u32, reading: &mut Reading) {
        match name {
            b"LD_PRELOAD" | b"LD_AUDIT" if !value.is_empty() => {
                reading.preload = true;
                for path in value.split(|b| matches!(b, b':' | b' ')).filter(|p| p.contains(&b'/')) {
                    self.names(&Word { text: path.to_vec(), literal: true }, reading);
                }
            }
            b"PROMPT_COMMAND" => self.shell_into(value, depth, reading),
            b"BASH_ENV" | b"ENV" if !value.is_empty() => {
                self.really_runs(&Word { text: value.to_vec(), literal: true }, reading);
            }
            _ => {}
        }
    }

    /// Takes note of an existing file that is named, as a tool.
    fn names(&self, word: &Word, reading: &mut Reading) -> Option<Vec<u8>> {
        if !word.literal {
            reading.runs |= word.text.contains(&b'/');
            return None;
        }
        let named = self.find(&word.text);
        reading.runs |= named.is_some() || DOWNLOADERS.contains(&tree::base(&word.text));
        let named = named?;
        if let Some(place) = tree::regular(self.root, &named) {
            reading.start(place.path);
        }
        Some(named)
    }

    /// Takes note of what the command is about.
    fn really_runs(&self, word: &Word, reading: &mut Reading) {
        let named = self.names(word, reading);
        if reading.program.is_none() {
            reading.program = named;
        }
    }

    /// A path as it is named, a bare name where it is found.
    pub(crate) fn find(&self, word: &[u8]) -> Option<Vec<u8>> {
        if word.starts_with(b"/") {
            return Some(plain(word));
        }
        if word.contains(&b'/') {
            // Cron starts in the home; units start in `/`.
            return Some(plain(&tree::join(self.home.unwrap_or(b"/"), word)));
        }
        if word.is_empty() {
            return None;
        }
        self.search.iter().map(|folder| tree::join(folder, word)).find(|path| tree::regular(self.root, path).is_some())
    }
}

/// Without `.`, `..` and doubled slashes: text work only, for names of what may not exist.
pub(crate) fn plain(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in tree::components(path) {
        if part == b".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let mut out = Vec::with_capacity(path.len());
    for part in parts {
        out.push(b'/');
        out.extend_from_slice(part);
    }
    out
}

/// `NAME=value`
pub(crate) fn assignment(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = word.iter().position(|b| *b == b'=')?;
    let name = word[..at].strip_suffix(b"+").unwrap_or(&word[..at]);
    let starts_well = name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    let is_name = starts_well && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    is_name.then(|| (name, &word[at + 1..]))
}

fn joined(words: &[Word]) -> Vec<u8> {
    words.iter().map(|w| w.text.as_slice()).collect::<Vec<_>>().join(&b' ')
}
