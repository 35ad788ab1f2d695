//! One record per line. Empty lines are none.
use std::io::{self, BufRead, Read};

use super::{Frame, Frames, too_large};
use crate::bounds::LARGEST_RECORD;

pub(crate) struct Lines<R> {
    from: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, line: 0 }
    }

    /// Passes the rest of a line that is too long, without keeping it.
    fn pass_rest(&mut self) -> io::Result<()> {
        loop {
            let available = self.from.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            match available.iter().position(|b| *b == b'\n') {
                Some(at) => {
                    self.from.consume(at + 1);
                    return Ok(());
                }
                None => {
                    let count = available.len();
                    self.from.consume(count);
                }
            }
        }
    }
}

impl<R: BufRead> Frames for Lines<R> {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let mut body = Vec::new();
            // One more for the line's end.
            let most = LARGEST_RECORD as u64 + 1;
            let count = (&mut self.from).take(most).read_until(b'\n', &mut body)?;
            if count == 0 {
                return Ok(None);
            }
            self.line += 1;
            if body.last() != Some(&b'\n') && body.len() > LARGEST_RECORD {
                drop(body);
                self.pass_rest()?;
                return Ok(Some(Frame { line: self.line, body: Err(too_large(LARGEST_RECORD)) }));
            }
            trim(&mut body);
            if !body.is_empty() {
                return Ok(Some(Frame { line: self.line, body: Ok(body) }));
            }
        }
    }
}

/// White space and the zeros that a crash leaves at the end of a log, the record mark of JSON text sequences.
fn trim(body: &mut Vec<u8>) {
    let blank = |b: &u8| b.is_ascii_whitespace() || *b == 0 || *b == 0x1E;
    body.truncate(body.len() - body.iter().rev().take_while(|b| blank(b)).count());
    let before = body.iter().take_while(|b| blank(b)).count();
    if before > 0 {
        body.drain(..before);
    }
}

/// Is this file one JSON object per line? Told by its beginning: the first line that says something, or most of them.
pub(crate) fn one_per_line(start: &[u8], is_all: bool) -> bool {
    let mut lines: Vec<&[u8]> = start.split(|b| *b == b'\n').collect();
    if !is_all {
        // The last one is cut.
        lines.pop();
    }
    let said = |l: &&[u8]| l.iter().any(|b| !b.is_ascii_whitespace() && *b != 0);
    let mut whole = lines.into_iter().filter(said).map(is_whole);
    let first = whole.next();
    // A document over several lines has few lines that are objects by themselves.
    first == Some(true) || (first.is_some() && whole.clone().filter(|w| *w).count() * 2 > whole.count() + 1)
}

/// Does the line hold one object from its first brace to its last?
fn is_whole(line: &[u8]) -> bool {
    let mut line = line.to_vec();
    trim(&mut line);
    if line.first() != Some(&b'{') {
        return false;
    }
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    for (at, b) in line.iter().enumerate() {
        match *b {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'{' | b'[' if !text => depth += 1,
            b'}' | b']' if !text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1 == line.len();
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u64, Result<String, String>)> {
        let mut lines = Lines::new(bytes);
        let mut out = Vec::new();
        while let Some(f) = lines.next_frame().unwrap() {
            out.push((f.line, f.body.map(|b| String::from_utf8(b).unwrap())));
        }
        out
    }

    #[test]
    fn lines_end_with_either_end_and_the_last_needs_none() {
        let expected = vec![(1, Ok("{\"a\":1}".to_owned())), (3, Ok("{}".to_owned()))];
        assert_eq!(all(b"{\"a\":1}\r\n\n{}"), expected);
        assert_eq!(all(b"{\"a\":1}\n \t\n{}\n\0\0\0\0"), expected);
    }

    #[test]
    fn a_line_that_is_too_long_is_named_and_the_next_is_read() {
        let mut bytes = b"{}\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', LARGEST_RECORD + 1));
        bytes.extend(b"\n{\"b\":2}\n");
        let found = all(&bytes);
        assert_eq!(found.len(), 3);
        assert_eq!(found[1], (2, Err(too_large(LARGEST_RECORD))));
        assert_eq!(found[2], (3, Ok("{\"b\":2}".to_owned())));
    }

    #[test]
    fn a_line_of_just_the_largest_size_is_read() {
        let mut bytes = vec![b'x'; LARGEST_RECORD];
        bytes.extend(b"\n{}");
        let found = all(&bytes);
        assert_eq!(found.len(), 2);
        assert!(found[0].1.is_ok());
    }

    #[test]
    fn one_record_per_line_is_told_from_one_document() {
        assert!(one_per_line(b"{\"a\":\"}{\"}\n{\"b\":1}\n", true));
        assert!(one_per_line(b"{\"broken\":\n{\"b\":1}\n{\"c\":1}\n{\"d\":1}\n", true));
        assert!(!one_per_line(b"{\n \"a\": {\"b\": 1},\n \"c\":\n {\"d\":1}\n}\n", true));
        assert!(!one_per_line(b"[{\"a\":1}]", true));
        assert!(!one_per_line(b"{\"a\": [1", false));
    }
}
