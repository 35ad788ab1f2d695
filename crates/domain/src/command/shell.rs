//! Reads a shell command: lists, pipelines, groups, quotes, substitutions. Not a shell: what cannot be known from the
//! text (variables, aliases) stays as it is written.
use super::{
    DEEPEST, Started,
    interpreter::{Runs, Starts, assignment, base, interpreter, wrapper},
};

/// Words of the shell that run nothing by themselves.
const SILENT: &[&str] = &[
    "true", "false", ":", "echo", "printf", "export", "set", "unset", "alias", "unalias", "read", "wait", "exit",
    "return", "umask", "ulimit", "trap", "local", "declare", "typeset", "readonly", "shift", "break", "continue",
    "type", "hash", "let", "pwd", "fg", "bg", "jobs", "disown", "shopt", "setopt", "complete", "bind", "autoload",
    "for", "case", "select", "esac",
];

/// Words before a command that do not change which program it is.
const KEYWORDS: &[&str] =
    &["if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "time", "{", "}", "in", "coproc"];

/// One stage of a pipeline.
#[derive(Default)]
struct Stage {
    words: Vec<Word>,
    /// The text of `( … )` or `{ … }`.
    group: Option<String>,
    /// Commands in `$( … )`, backquotes, `<( … )`.
    inner: Vec<String>,
    /// The file after `<`.
    input: Option<String>,
}

#[derive(Default, Clone)]
struct Word {
    text: String,
    /// Begins with what another command prints, so it is known only when it runs.
    made: bool,
}

#[derive(PartialEq)]
enum After {
    Pipe,
    Next,
    End,
}

/// What one stage starts, and whether it runs what it reads.
struct Ran {
    started: Vec<Started>,
    runs_input: bool,
}

pub(super) fn parse(text: &str, folder: &mut Option<String>, depth: usize) -> Vec<Started> {
    if depth > DEEPEST {
        return Vec::new();
    }
    let mut reader = Reader { chars: text.chars().collect(), at: 0, here: Vec::new() };
    let mut all: Vec<Started> = Vec::new();
    let mut pipeline: Vec<Started> = Vec::new();
    let mut later = false;
    loop {
        let (stage, after) = reader.stage();
        let ran = run(&stage, folder, depth);
        pipeline.extend(ran.started);
        if later && ran.runs_input {
            pipeline.iter_mut().for_each(|s| s.fileless = true);
        }
        later = after == After::Pipe;
        if !later {
            all.append(&mut pipeline);
        }
        if after == After::End {
            return all;
        }
    }
}

fn run(stage: &Stage, folder: &mut Option<String>, depth: usize) -> Ran {
    let mut inner: Vec<Started> =
        stage.inner.iter().flat_map(|text| parse(text, &mut folder.clone(), depth + 1)).collect();
    if let Some(group) = &stage.group {
        inner.extend(parse(group, &mut folder.clone(), depth + 1));
        return Ran { started: inner, runs_input: false };
    }
    let mut words: &[Word] = &stage.words;
    while let [first, rest @ ..] = words
        && !first.made
        && (assignment(&first.text) || KEYWORDS.contains(&first.text.as_str()))
    {
        words = rest;
    }
    let mut ran = command(words, stage.input.as_deref(), folder, depth);
    // What runs the output of another command runs code that is in no file.
    let made = words.first().is_some_and(|w| w.made) || ran.started.iter().any(|s| s.fileless);
    if made {
        inner.iter_mut().for_each(|s| s.fileless = true);
    }
    inner.append(&mut ran.started);
    Ran { started: inner, runs_input: ran.runs_input }
}

fn command(words: &[Word], input: Option<&str>, folder: &mut Option<String>, depth: usize) -> Ran {
    let nothing = Ran { started: Vec::new(), runs_input: false };
    let [first, rest @ ..] = words else { return nothing };
    if first.made || first.text.is_empty() || depth > DEEPEST {
        return nothing;
    }
    let name = base(&first.text);
    let texts: Vec<&str> = rest.iter().map(|w| w.text.as_str()).collect();
    let bare = !first.text.contains('/');
    if matches!(name, "[" | "[[" | "test") || (bare && SILENT.contains(&name)) {
        return nothing;
    }
    if bare && matches!(name, "cd" | "pushd") {
        let to = texts.iter().find(|w| !w.starts_with('-')).copied().unwrap_or("~");
        *folder = Some(joined(to, folder.as_deref()));
        return nothing;
    }
    if bare && matches!(name, "." | "source") {
        return match rest.first() {
            Some(word) if !word.made => script(&word.text, folder.as_deref()),
            Some(_) | None => nothing,
        };
    }
    if bare && name == "eval" {
        let made = rest.first().is_some_and(|w| w.made);
        let started = if made { vec![fileless("eval")] } else { parse(&texts.join(" "), folder, depth + 1) };
        return Ran { started, runs_input: false };
    }
    if name == "find" {
        return find(first, rest, folder, depth);
    }
    if name == "start-stop-daemon" {
        let program = texts.iter().position(|w| matches!(*w, "--exec" | "-x" | "--startas" | "-a"));
        if let Some(path) = program.and_then(|i| texts.get(i + 1)) {
            return script(path, folder.as_deref());
        }
    }
    if let Some(wrapper) = wrapper(&first.text) {
        return match wrapper.starts(&texts) {
            Starts::Words(at) => command(&rest[at..], input, folder, depth + 1),
            Starts::Line(at) => Ran { started: parse(texts[at], folder, depth + 1), runs_input: false },
            Starts::Nothing if bare => nothing,
            Starts::Nothing => script(&first.text, folder.as_deref()),
        };
    }
    let Some(interpreter) = interpreter(&first.text) else {
        let path = if bare { first.text.clone() } else { joined(&first.text, folder.as_deref()) };
        return Ran { started: vec![Started { path, fileless: false }], runs_input: false };
    };
    let code = Ran { started: vec![fileless(&first.text)], runs_input: false };
    match interpreter.runs(&texts) {
        Runs::Script(at) if rest[at].made => code,
        Runs::Script(at) if matches!(texts[at], "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0") => {
            Ran { started: vec![Started { path: first.text.clone(), fileless: false }], runs_input: true }
        }
        Runs::Script(at) => script(texts[at], folder.as_deref()),
        Runs::Code(at) if rest[at].made => code,
        Runs::Code(at) if interpreter.shell => Ran { started: parse(texts[at], folder, depth + 1), runs_input: false },
        Runs::Code(_) | Runs::Inline => code,
        Runs::Input => match input {
            Some(file) => script(file, folder.as_deref()),
            None => Ran { started: vec![Started { path: first.text.clone(), fileless: false }], runs_input: true },
        },
    }
}

/// `find … -exec COMMAND ;`
fn find(first: &Word, rest: &[Word], folder: &mut Option<String>, depth: usize) -> Ran {
    let mut started = vec![Started { path: first.text.clone(), fileless: false }];
    let mut words = rest;
    while let Some(at) = words.iter().position(|w| matches!(w.text.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir")) {
        words = &words[at + 1..];
        let end = words.iter().position(|w| matches!(w.text.as_str(), ";" | "+")).unwrap_or(words.len());
        started.extend(command(&words[..end], None, folder, depth + 1).started);
        words = &words[end..];
    }
    Ran { started, runs_input: false }
}

fn script(path: &str, folder: Option<&str>) -> Ran {
    Ran { started: vec![Started { path: joined(path, folder), fileless: false }], runs_input: false }
}

fn fileless(program: &str) -> Started {
    Started { path: program.to_owned(), fileless: true }
}

/// A path below the folder of the last `cd`; relative to an unknown folder it keeps a leading `./`.
fn joined(path: &str, folder: Option<&str>) -> String {
    if path.starts_with(['/', '~', '$']) {
        return path.to_owned();
    }
    let path = path.trim_start_matches("./");
    match folder {
        Some(folder) => format!("{}/{path}", folder.trim_end_matches('/')),
        None => format!("./{path}"),
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    /// Ends of here-documents whose text begins after this line.
    here: Vec<String>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn stage(&mut self) -> (Stage, After) {
        let mut stage = Stage::default();
        loop {
            let Some(c) = self.peek(0) else { return (stage, After::End) };
            match (c, self.peek(1)) {
                ('\n', _) => {
                    self.at += 1;
                    self.skip_here_documents();
                    return (stage, After::Next);
                }
                (' ' | '\t' | '\r', _) => self.at += 1,
                ('\\', Some('\n')) => self.at += 2,
                ('#', _) => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                ('&', Some('>')) => {
                    self.at += 1;
                    self.redirect(&mut stage);
                }
                ('&' | '|', Some(second)) if second == c => {
                    self.at += 2;
                    return (stage, After::Next);
                }
                ('|', second) => {
                    self.at += if second == Some('&') { 2 } else { 1 };
                    return (stage, After::Pipe);
                }
                (';' | '&', _) => {
                    self.at += 1;
                    return (stage, After::Next);
                }
                ('(', _) => {
                    let text = self.enclosed('(', ')');
                    if stage.words.is_empty() {
                        stage.group = Some(text);
                    } else {
                        // `name() { … }` defines, it does not run.
                        stage.words.clear();
                    }
                }
                ('{', Some(' ' | '\t' | '\n')) if stage.words.is_empty() => {
                    stage.group = Some(self.enclosed('{', '}'));
                }
                (')', _) => {
                    // The end of a pattern of `case`, or a stray one.
                    self.at += 1;
                    stage.words.clear();
                }
                ('<' | '>', Some('(')) => {
                    self.at += 1;
                    let text = self.enclosed('(', ')');
                    stage.inner.push(text);
                    stage.words.push(Word { text: String::new(), made: true });
                }
                ('<' | '>', _) => self.redirect(&mut stage),
                _ => {
                    let word = self.word(&mut stage.inner);
                    let number = !word.text.is_empty() && word.text.chars().all(|c| c.is_ascii_digit());
                    // `2>file`: the number belongs to the arrow.
                    if !(number && matches!(self.peek(0), Some('<' | '>'))) {
                        stage.words.push(word);
                    }
                }
            }
        }
    }

    fn redirect(&mut self, stage: &mut Stage) {
        let from = self.at;
        while matches!(self.peek(0), Some('<' | '>' | '&' | '|')) && self.at - from < 3 {
            self.at += 1;
        }
        let arrow: String = self.chars[from..self.at].iter().collect();
        if arrow == "<<" && self.peek(0) == Some('-') {
            self.at += 1;
        }
        while matches!(self.peek(0), Some(' ' | '\t')) {
            self.at += 1;
        }
        if matches!(self.peek(0), None | Some('\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>')) {
            return;
        }
        let word = self.word(&mut stage.inner);
        match arrow.as_str() {
            "<" if !word.made => stage.input = Some(word.text),
            "<<" => self.here.push(word.text),
            _ => {}
        }
    }

    fn skip_here_documents(&mut self) {
        for end in std::mem::take(&mut self.here) {
            while self.at < self.chars.len() {
                let from = self.at;
                while self.peek(0).is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
                let line: String = self.chars[from..self.at].iter().collect();
                self.at = (self.at + 1).min(self.chars.len());
                if line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }

    fn word(&mut self, inner: &mut Vec<String>) -> Word {
        let mut word = Word::default();
        let mut double = false;
        let start = self.at;
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('"', _) => {
                    double = !double;
                    self.at += 1;
                }
                ('\'', _) if !double => {
                    self.at += 1;
                    while let Some(c) = self.peek(0).filter(|c| *c != '\'') {
                        word.text.push(c);
                        self.at += 1;
                    }
                    self.at += 1;
                }
                ('\\', Some('\n')) => self.at += 2,
                ('\\', Some(next)) if !double || matches!(next, '"' | '\\' | '$' | '`') => {
                    word.text.push(next);
                    self.at += 2;
                }
                ('$', Some('(')) => {
                    word.made |= word.text.is_empty();
                    self.at += 1;
                    inner.push(self.enclosed('(', ')'));
                    word.text.push_str("$()");
                }
                ('`', _) => {
                    word.made |= word.text.is_empty();
                    self.at += 1;
                    let from = self.at;
                    while self.peek(0).is_some_and(|c| c != '`') {
                        self.at += 1;
                    }
                    inner.push(self.chars[from..self.at].iter().collect());
                    self.at += 1;
                    word.text.push_str("$()");
                }
                (' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>', _) if !double => break,
                (c, _) => {
                    word.text.push(c);
                    self.at += 1;
                }
            }
        }
        self.at = self.at.min(self.chars.len()).max(start + usize::from(start < self.chars.len()));
        word
    }

    /// The text between `open`, at which the reader stands, and its partner; quotes and escapes count.
    fn enclosed(&mut self, open: char, close: char) -> String {
        let from = self.at + 1;
        let mut level = 0usize;
        let mut quote: Option<char> = None;
        while let Some(c) = self.peek(0) {
            match (c, quote) {
                ('\\', None | Some('"')) => self.at += 1,
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(q)) if c == q => quote = None,
                (c, None) if c == open => level += 1,
                (c, None) if c == close => level -= 1,
                _ => {}
            }
            self.at += 1;
            if level == 0 {
                let text = self.chars[from..(self.at - 1).max(from)].iter().collect();
                return text;
            }
        }
        self.at = self.chars.len();
        self.chars[from.min(self.at)..].iter().collect()
    }
}
