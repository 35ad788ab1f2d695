//! Reading a shell's text as far as commands, pipes, groups and what is put in place: enough to see what feeds what. Never
//! runs or expands anything; text that no shell would take ends up as words, not as an error.

/// Commands one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub pipelines: Vec<Vec<Stage>>,
}

/// One part of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    Command {
        words: Vec<Word>,
        redirects: Vec<Redirect>,
    },
    /// `( … )` or `{ …; }`
    Group(List),
}

/// A word without its quotes, and the commands whose output is put into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// `$( … )`, `` ` … ` ``, `<( … )`
    pub inner: Vec<List>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// `>`, `>>`, `<`, `>&`, …
    pub sign: String,
    pub to: Word,
}

/// Deeper nesting than this is no longer read: text may be made to exhaust us.
const DEEPEST: u32 = 12;

pub fn parse(text: &str) -> List {
    parse_within(text, DEEPEST)
}

fn parse_within(text: &str, depth: u32) -> List {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader { chars: &chars, at: 0, depth, documents: Vec::new() };
    let mut list = reader.list(None);
    // A stray closing bracket ends a list early: read on behind it.
    while reader.at < chars.len() {
        reader.at += 1;
        list.pipelines.extend(reader.list(None).pipelines);
    }
    list
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    depth: u32,
    /// Words that end the here-documents announced on this line.
    documents: Vec<String>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn list(&mut self, close: Option<char>) -> List {
        let mut list = List::default();
        let mut pipeline = Vec::new();
        let (mut words, mut redirects) = (Vec::new(), Vec::new());
        macro_rules! end_stage {
            () => {
                if !words.is_empty() || !redirects.is_empty() {
                    let (words, redirects) = (std::mem::take(&mut words), std::mem::take(&mut redirects));
                    pipeline.push(Stage::Command { words, redirects });
                }
            };
        }
        macro_rules! end_pipeline {
            () => {
                end_stage!();
                if !pipeline.is_empty() {
                    list.pipelines.push(std::mem::take(&mut pipeline));
                }
            };
        }
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                _ if close == Some(c) && (c == ')' || words.is_empty()) => {
                    self.at += 1;
                    break;
                }
                (')', _) => break,
                ('\\', Some('\n')) => self.at += 2,
                ('\n', _) => {
                    end_pipeline!();
                    self.at += 1;
                    self.skip_documents();
                }
                (c, _) if c.is_whitespace() => self.at += 1,
                ('#', _) => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1
                    }
                }
                (';', _) => {
                    end_pipeline!();
                    self.at += 1;
                }
                ('|', Some('|')) | ('&', Some('&')) => {
                    end_pipeline!();
                    self.at += 2;
                }
                ('|', _) => {
                    end_stage!();
                    self.at += if self.peek(1) == Some('&') { 2 } else { 1 };
                }
                ('&', Some('>')) => redirects.extend(self.redirect()),
                ('&', _) => {
                    end_pipeline!();
                    self.at += 1;
                }
                ('(', _) if words.is_empty() && self.depth > 0 => {
                    end_stage!();
                    self.at += 1;
                    pipeline.push(Stage::Group(self.deeper(')')));
                }
                ('{', Some(next)) if words.is_empty() && next.is_whitespace() && self.depth > 0 => {
                    end_stage!();
                    self.at += 1;
                    pipeline.push(Stage::Group(self.deeper('}')));
                }
                // `name() { … }`
                ('(', _) => self.at += 1,
                ('<' | '>', Some('(')) => words.push(self.word()),
                ('<' | '>', _) => redirects.extend(self.redirect()),
                (digit, Some('<' | '>')) if digit.is_ascii_digit() => {
                    self.at += 1;
                    redirects.extend(self.redirect());
                }
                _ => words.push(self.word()),
            }
        }
        end_pipeline!();
        list
    }

    fn deeper(&mut self, close: char) -> List {
        self.depth -= 1;
        let list = self.list(Some(close));
        self.depth += 1;
        list
    }

    fn redirect(&mut self) -> Option<Redirect> {
        let mut sign = String::new();
        while let Some(c @ ('<' | '>' | '&' | '|' | '-')) = self.peek(0) {
            if (c == '-' && !sign.starts_with("<<")) || sign.len() >= 3 {
                break;
            }
            sign.push(c);
            self.at += 1;
        }
        while self.peek(0).is_some_and(|c| c == ' ' || c == '\t') {
            self.at += 1;
        }
        let to = self.word();
        if sign == "<<" || sign == "<<-" {
            self.documents.push(to.text);
            return None;
        }
        Some(Redirect { sign, to })
    }

    /// The lines of here-documents are text, not commands.
    fn skip_documents(&mut self) {
        for end in std::mem::take(&mut self.documents) {
            while self.at < self.chars.len() {
                let line: String = self.chars[self.at..].iter().take_while(|c| **c != '\n').collect();
                self.at = (self.at + line.chars().count() + 1).min(self.chars.len());
                if line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }

    fn word(&mut self) -> Word {
        let mut word = Word::default();
        let from = self.at;
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('$' | '<' | '>', Some('(')) => self.put_in(&mut word, 2),
                ('`', _) => self.put_in_ticks(&mut word),
                (c, _) if c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '<' | '>') => break,
                ('\\', Some('\n')) => break,
                ('\\', Some(next)) => {
                    word.text.push(next);
                    self.at += 2;
                }
                ('\'', _) => {
                    self.at += 1;
                    while let Some(c) = self.peek(0).filter(|c| *c != '\'') {
                        word.text.push(c);
                        self.at += 1;
                    }
                    self.at += 1;
                }
                ('"', _) => self.double_quoted(&mut word),
                (c, _) => {
                    word.text.push(c);
                    self.at += 1;
                }
            }
        }
        // Always goes on, also at a sign that begins no word.
        self.at = self.at.max(from + 1);
        word
    }

    fn double_quoted(&mut self, word: &mut Word) {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('"', _) => {
                    self.at += 1;
                    return;
                }
                ('$', Some('(')) => self.put_in(word, 2),
                ('`', _) => self.put_in_ticks(word),
                ('\\', Some(next @ ('"' | '\\' | '$' | '`'))) => {
                    word.text.push(next);
                    self.at += 2;
                }
                (c, _) => {
                    word.text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    fn put_in(&mut self, word: &mut Word, opening: usize) {
        self.at += opening;
        if self.depth == 0 {
            return;
        }
        let inner = self.deeper(')');
        word.inner.push(inner);
    }

    fn put_in_ticks(&mut self, word: &mut Word) {
        self.at += 1;
        let text: String = self.chars[self.at.min(self.chars.len())..].iter().take_while(|c| **c != '`').collect();
        self.at += text.chars().count() + 1;
        if self.depth > 0 {
            word.inner.push(parse_within(&text, self.depth - 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list as text: commands in brackets, `|` between stages, `;` between pipelines.
    fn drawn(list: &List) -> String {
        let stage = |s: &Stage| match s {
            Stage::Command { words, .. } => {
                let word = |w: &Word| {
                    let inner: String = w.inner.iter().map(|l| format!("${{{}}}", drawn(l))).collect();
                    format!("{}{inner}", w.text)
                };
                format!("[{}]", words.iter().map(word).collect::<Vec<_>>().join(" "))
            }
            Stage::Group(list) => format!("({})", drawn(list)),
        };
        let pipeline = |p: &Vec<Stage>| p.iter().map(stage).collect::<Vec<_>>().join("|");
        list.pipelines.iter().map(pipeline).collect::<Vec<_>>().join(";")
    }

    #[test]
    fn pipes_groups_quotes_and_what_is_put_in_place_are_read() {
        for (text, expected) in [
            ("a b | c -d", "[a b]|[c -d]"),
            ("(curl x || wget y) | sh >/dev/null 2>&1", "([curl x];[wget y])|[sh]"),
            ("{ a; b; } | c", "([a];[b])|[c]"),
            ("sh -c 'a | b; c' d", "[sh -c a | b; c d]"),
            ("eval \"$(curl x | cat)\"", "[eval ${[curl x]|[cat]}]"),
            ("bash <(curl x) y", "[bash ${[curl x]} y]"),
            ("echo `a | b`", "[echo ${[a]|[b]}]"),
            ("a # not | this\nb", "[a];[b]"),
            ("cat <<'E'\ncurl x | sh\nE\nb", "[cat];[b]"),
            ("a && b & c", "[a];[b];[c]"),
            ("f() { a; }", "[f];([a])"),
            ("a ) b", "[a];[b]"),
            ("a\\\n b", "[a b]"),
        ] {
            assert_eq!(drawn(&parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn text_made_to_exhaust_us_comes_to_an_end() {
        for text in ["(".repeat(5000), "$(".repeat(5000), "`\"'".repeat(3000), "<<<<<<".into(), "\\".into()] {
            parse(&text);
        }
    }
}
