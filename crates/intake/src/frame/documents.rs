//! JSON that is not one record per line: a list, one document, documents behind each other, or a list in an envelope
//! (`{"value": […]}`), read element by element so that the list may be of any length.
use std::io::{self, BufRead};

use super::{Frame, Frames, too_large};
use crate::bounds::LARGEST_RECORD;

/// Where exports keep their list: Graph, GuardDuty, MISP, Elasticsearch, CloudTrail, Wazuh.
const ENVELOPES: &[&[&str]] = &[
    &["value"],
    &["Findings"],
    &["findings"],
    &["response"],
    &["Records"],
    &["hits", "hits"],
    &["data", "affected_items"],
];

/// A file whose beginning is not JSON at all gives up after so many stray pieces.
const MOST_STRAY: u32 = 100;

pub(crate) struct Documents<R> {
    from: R,
    line: u64,
    /// Lists that are open: their elements are the records.
    lists: Vec<List>,
    stray: u32,
    ended: bool,
}

enum List {
    Plain,
    /// A list inside an envelope, whose rest is read when the list ends.
    Of(Capture),
}

/// An object on its way.
struct Capture {
    line: u64,
    bytes: Vec<u8>,
    /// Larger than allowed: only its end is looked for.
    oversize: bool,
    depth: usize,
    text: bool,
    escaped: bool,
    /// The names that lead to where it is, as far as an envelope goes.
    names: [Vec<u8>; 2],
    /// The text being read stands where a name may stand.
    naming: bool,
    name_next: bool,
    given: bool,
    /// An envelope's list may begin here, if an object follows.
    perhaps: bool,
}

enum Step {
    More,
    Done,
    /// The list of an envelope begins.
    Opens,
}

impl Capture {
    fn new(line: u64) -> Self {
        Self {
            line,
            bytes: Vec::new(),
            oversize: false,
            depth: 0,
            text: false,
            escaped: false,
            names: [Vec::new(), Vec::new()],
            naming: false,
            name_next: false,
            given: false,
            perhaps: false,
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > LARGEST_RECORD {
            self.oversize = true;
        }
        if self.oversize || self.given {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Takes one byte. `top`: it is not an element of a list, so it may be an envelope.
    fn take(&mut self, byte: u8, top: bool) -> Step {
        if self.perhaps && !byte.is_ascii_whitespace() {
            self.perhaps = false;
            if byte == b'{' {
                return Step::Opens;
            }
        }
        if self.text {
            self.in_text(byte);
            return Step::More;
        }
        match byte {
            b'"' => {
                self.text = true;
                self.naming = self.name_next && (1..=2).contains(&self.depth);
                if self.naming {
                    self.names[self.depth - 1].clear();
                }
                self.name_next = false;
            }
            b'{' => {
                self.depth += 1;
                self.name_next = true;
                if let Some(deeper) = self.depth.checked_sub(1).and_then(|d| self.names.get_mut(d)) {
                    deeper.clear();
                }
            }
            b'[' => {
                self.perhaps = top && self.is_envelope();
                self.depth += 1;
                self.name_next = false;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Step::Done;
                }
            }
            // Inside a list of a record this also waits for a name; a name there is never an envelope's.
            b',' => self.name_next = true,
            _ => {}
        }
        Step::More
    }

    fn in_text(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.text = false;
            return;
        }
        if self.naming {
            let name = &mut self.names[self.depth - 1];
            if name.len() < 32 {
                name.push(byte);
            }
        }
    }

    fn is_envelope(&self) -> bool {
        let here = self.names.get(..self.depth).unwrap_or_default();
        ENVELOPES.iter().any(|path| {
            path.len() == here.len() && path.iter().zip(here).all(|(word, name)| word.as_bytes() == name.as_slice())
        })
    }

    fn finish(self) -> Option<Frame> {
        if self.oversize {
            return Some(Frame { line: self.line, body: Err(too_large(LARGEST_RECORD)) });
        }
        // An envelope whose list was given element by element holds nothing more to give.
        (!self.given).then_some(Frame { line: self.line, body: Ok(self.bytes) })
    }
}

impl<R: BufRead> Documents<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, line: 1, lists: Vec::new(), stray: 0, ended: false }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.from.fill_buf()?.first().copied();
        if let Some(b) = byte {
            self.from.consume(1);
            self.line += u64::from(b == b'\n');
        }
        Ok(byte)
    }

    /// Reads on with a capture until the record, or the beginning of an envelope's list.
    fn capture(&mut self, mut open: Capture) -> io::Result<Option<Frame>> {
        let top = self.lists.is_empty();
        let mut line_begins = false;
        loop {
            let available = self.from.fill_buf()?;
            if available.is_empty() {
                self.ended = true;
                let why = "The file ends in the middle of this record.".to_owned();
                return Ok(Some(Frame { line: open.line, body: Err(why) }));
            }
            let (mut used, mut lines, mut step) = (0, 0, Step::More);
            // A line that begins with a brace, in the middle of something that is too large already, begins anew.
            let mut anew = false;
            for byte in available {
                let too_large = open.oversize || open.bytes.len() + used >= LARGEST_RECORD;
                if line_begins && *byte == b'{' && top && too_large {
                    anew = true;
                    break;
                }
                line_begins = *byte == b'\n';
                step = open.take(*byte, top);
                if matches!(step, Step::Opens) {
                    break;
                }
                used += 1;
                lines += u64::from(*byte == b'\n');
                if matches!(step, Step::Done) {
                    break;
                }
            }
            open.keep(&available[..used]);
            self.from.consume(used);
            self.line += lines;
            if anew {
                open.oversize = true;
                return Ok(open.finish());
            }
            match step {
                Step::More => {}
                Step::Done => return Ok(open.finish()),
                Step::Opens => {
                    open.given = true;
                    self.lists.push(List::Of(open));
                    return Ok(None);
                }
            }
        }
    }

    fn stray_piece(&mut self, first: u8) -> io::Result<Option<Frame>> {
        let line = self.line;
        let mut text = vec![first];
        while let Some(next) = self.from.fill_buf()?.first().copied() {
            if matches!(next, b'{' | b'}' | b'[' | b']' | b',' | b'\n') {
                break;
            }
            if text.len() < 40 {
                text.push(next);
            }
            self.byte()?;
        }
        self.stray += 1;
        if self.stray > MOST_STRAY {
            self.ended = true;
            let why = "The rest of the file is not JSON and was not read.".to_owned();
            return Ok(Some(Frame { line, body: Err(why) }));
        }
        let shown = assize_domain::text::visible(String::from_utf8_lossy(&text).trim());
        Ok(Some(Frame { line, body: Err(format!("“{shown}” stands where a JSON object should be.")) }))
    }
}

impl<R: BufRead> Frames for Documents<R> {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        while !self.ended {
            let Some(byte) = self.byte()? else {
                self.ended = true;
                if let Some(open) = self.lists.pop() {
                    let line = if let List::Of(c) = &open { c.line } else { self.line };
                    let why = "The file ends before its list does: what came after it is missing.".to_owned();
                    return Ok(Some(Frame { line, body: Err(why) }));
                }
                return Ok(None);
            };
            let found = match byte {
                b',' | 0 | 0x1E => None,
                b if b.is_ascii_whitespace() => None,
                b'{' => {
                    let mut open = Capture::new(self.line);
                    open.take(byte, false);
                    open.keep(&[byte]);
                    self.capture(open)?
                }
                b'[' if self.lists.is_empty() => {
                    self.lists.push(List::Plain);
                    None
                }
                b']' if !self.lists.is_empty() => match self.lists.pop() {
                    Some(List::Of(mut open)) => {
                        open.take(byte, false);
                        self.capture(open)?
                    }
                    Some(List::Plain) | None => None,
                },
                other => self.stray_piece(other)?,
            };
            if let Some(frame) = &found {
                if frame.body.is_ok() {
                    self.stray = 0;
                }
                return Ok(found);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Result<String, String>)> {
        let mut documents = Documents::new(text.as_bytes());
        let mut out = Vec::new();
        while let Some(f) = documents.next_frame().unwrap() {
            out.push((f.line, f.body.map(|b| String::from_utf8(b).unwrap())));
        }
        out
    }

    fn good(text: &str) -> Vec<String> {
        all(text).into_iter().map(|(_, b)| b.unwrap()).collect()
    }

    #[test]
    fn lists_documents_and_envelopes_give_their_records() {
        assert_eq!(good("[{\"a\":[1,{}]},\n {\"b\":\"]}\"}]"), ["{\"a\":[1,{}]}", "{\"b\":\"]}\"}"]);
        assert_eq!(good("{\n\"a\":1}\n{\"b\":\n2}"), ["{\n\"a\":1}", "{\"b\":\n2}"]);
        assert_eq!(
            good("{\"@odata.context\":\"x\",\"value\":[{\"a\":1},{\"b\":2}],\"n\":1}"),
            ["{\"a\":1}", "{\"b\":2}"]
        );
        assert_eq!(good("{\"hits\":{\"total\":{\"value\":2},\"hits\":[{\"_source\":{}},{\"b\":2}]}}").len(), 2);
        // No list of records: the document is the record.
        let document = "{\"value\":[],\"b\":{\"value\":[{\"c\":1}]},\"findings\":[1,2]}";
        assert_eq!(good(document), [document]);
    }

    #[test]
    fn a_file_that_ends_too_early_says_so_after_what_it_had() {
        let found = all("{\"value\":[{\"a\":1},\n{\"b\":");
        assert_eq!(found[0], (1, Ok("{\"a\":1}".to_owned())));
        assert_eq!(found[1].0, 2);
        assert!(found[1].1.is_err());
        let found = all("[{\"a\":1},");
        assert_eq!(found.len(), 2);
        assert!(found[1].1.is_err());
    }

    #[test]
    fn stray_pieces_are_named_and_passed() {
        let found = all("[1, {\"a\":1}, \"x\", {\"b\":2}]");
        assert_eq!(found.iter().filter(|(_, b)| b.is_ok()).count(), 2);
        assert_eq!(found.iter().filter(|(_, b)| b.is_err()).count(), 2);
        assert!(all(&"x ,".repeat(10_000)).len() <= 101);
    }

    #[test]
    fn an_element_that_is_too_large_is_passed_and_the_next_is_read() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGEST_RECORD));
        let found = all(&format!("[{large},\n{{\"b\":2}}]"));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], (1, Err(too_large(LARGEST_RECORD))));
        assert_eq!(found[1], (2, Ok("{\"b\":2}".to_owned())));
    }

    #[test]
    fn something_too_large_that_never_closes_does_not_swallow_the_rest() {
        let text = format!("{{\"open\":\n{}\n{{\"b\":2}}\n", "x".repeat(LARGEST_RECORD + 10));
        let found = all(&text);
        assert_eq!(found.len(), 2);
        assert!(found[0].1.is_err());
        assert_eq!(found[1].1, Ok("{\"b\":2}".to_owned()));
    }
}
