//! Rows of a table: a line each, except where a quoted value goes over several.
use std::io::{self, BufRead};

use super::{Frame, Frames, too_large};
use crate::bounds::LARGEST_ROW;

pub(crate) struct Rows<R> {
    from: R,
    delimiter: u8,
    line: u64,
    /// Lines that were read as the rest of a row that never closed: they are rows of their own.
    again: Vec<u8>,
    read: usize,
}

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(from: R, delimiter: u8) -> Self {
        Self { from, delimiter, line: 1, again: Vec::new(), read: 0 }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        if let Some(byte) = self.again.get(self.read) {
            self.read += 1;
            return Ok(Some(*byte));
        }
        if !self.again.is_empty() {
            self.again = Vec::new();
            self.read = 0;
        }
        let byte = self.from.fill_buf()?.first().copied();
        if byte.is_some() {
            self.from.consume(1);
        }
        Ok(byte)
    }

    /// A quote that never closes: only its own line is lost, what was read beyond it is read again.
    fn give_back(&mut self, mut row: Vec<u8>) -> bool {
        let Some(at) = row.iter().position(|b| *b == b'\n') else { return false };
        let mut again = row.split_off(at + 1);
        again.extend_from_slice(self.again.get(self.read..).unwrap_or_default());
        self.again = again;
        self.read = 0;
        true
    }

    fn pass_line(&mut self) -> io::Result<()> {
        while let Some(byte) = self.byte()? {
            if byte == b'\n' {
                break;
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Frames for Rows<R> {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let line = self.line;
            let (mut row, mut quoted, mut begins, mut closed) = (Vec::new(), false, true, false);
            let mut ended = true;
            while let Some(byte) = self.byte()? {
                row.push(byte);
                if row.len() > LARGEST_ROW {
                    self.line = line + 1;
                    if !self.give_back(row) {
                        self.pass_line()?;
                    }
                    return Ok(Some(Frame { line, body: Err(too_large(LARGEST_ROW)) }));
                }
                if quoted {
                    // A doubled quote closes and opens again, which comes to the same.
                    quoted = byte != b'"';
                    closed = !quoted;
                } else if byte == b'\n' {
                    ended = false;
                    break;
                } else if byte == b'"' && (begins || closed) {
                    quoted = true;
                    begins = false;
                    closed = false;
                } else {
                    begins = byte == self.delimiter;
                    closed = false;
                }
            }
            if row.is_empty() {
                return Ok(None);
            }
            if quoted {
                self.line = line + 1;
                self.give_back(row);
                let why = "A quotation mark on this line is never closed.".to_owned();
                return Ok(Some(Frame { line, body: Err(why) }));
            }
            self.line += row.iter().filter(|b| **b == b'\n').count() as u64;
            while row.last().is_some_and(|b| matches!(b, b'\n' | b'\r' | 0)) {
                row.pop();
            }
            if !row.is_empty() {
                return Ok(Some(Frame { line, body: Ok(row) }));
            }
            if ended {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Result<String, String>)> {
        let mut rows = Rows::new(text.as_bytes(), b',');
        let mut out = Vec::new();
        while let Some(f) = rows.next_frame().unwrap() {
            out.push((f.line, f.body.map(|b| String::from_utf8(b).unwrap())));
        }
        out
    }

    #[test]
    fn a_quoted_value_may_go_over_lines() {
        let found = all("a,b\r\n\"x\ny \"\"q\"\"\",2\n\n5\" disk,3");
        assert_eq!(
            found,
            [(1, Ok("a,b".into())), (2, Ok("\"x\ny \"\"q\"\"\",2".into())), (5, Ok("5\" disk,3".into()))]
        );
    }

    #[test]
    fn a_quote_that_never_closes_costs_only_its_own_line() {
        let found = all("a,b\n\"open,1\nc,d\ne,f\n");
        assert_eq!(found.len(), 4);
        assert!(found[1].1.is_err());
        assert_eq!((found[1].0, found[2].0), (2, 3));
        assert_eq!(found[3], (4, Ok("e,f".into())));
    }

    #[test]
    fn a_row_without_end_is_passed() {
        let found = all(&format!("{}\nc,d\n", "x".repeat(LARGEST_ROW * 3)));
        assert_eq!(found[0], (1, Err(too_large(LARGEST_ROW))));
        assert_eq!(found[1], (2, Ok("c,d".into())));
        let found = all(&format!("\"{}\nc,d\n", "x".repeat(LARGEST_ROW - 1000)).repeat(2));
        assert!(found.iter().filter(|(_, b)| b.is_ok()).count() >= 2, "{found:.200?}");
    }
}
