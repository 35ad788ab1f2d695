//! One `<Event>` after the other, whatever stands around them: a list with a root, as Event Viewer saves it, or none.
use std::io::{self, BufRead};

use super::{Frame, Frames, too_large};
use crate::bounds::LARGEST_RECORD;

const BEGIN: &[u8] = b"<Event";
const END: &[u8] = b"</Event>";

pub(crate) struct Events<R> {
    from: R,
    line: u64,
}

impl<R: BufRead> Events<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, line: 1 }
    }

    /// Passes everything up to the next `<Event` that is an element of that very name.
    fn find(&mut self) -> io::Result<Option<(u64, Vec<u8>)>> {
        let mut matched = 0;
        loop {
            let available = self.from.fill_buf()?;
            if available.is_empty() {
                return Ok(None);
            }
            let (mut used, mut found) = (0, None);
            for byte in available {
                used += 1;
                self.line += u64::from(*byte == b'\n');
                if matched == BEGIN.len() {
                    if byte.is_ascii_whitespace() || *byte == b'>' {
                        found = Some((self.line - u64::from(*byte == b'\n'), [BEGIN, &[*byte]].concat()));
                        break;
                    }
                    matched = 0;
                }
                // The first letter of the word stands in it once, so a wrong letter can only begin it again.
                matched = if *byte == BEGIN[matched] { matched + 1 } else { usize::from(*byte == BEGIN[0]) };
            }
            self.from.consume(used);
            if found.is_some() {
                return Ok(found);
            }
        }
    }
}

impl<R: BufRead> Frames for Events<R> {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        let Some((line, mut body)) = self.find()? else { return Ok(None) };
        let (mut matched, mut oversize) = (0, false);
        loop {
            let available = self.from.fill_buf()?;
            if available.is_empty() {
                let why = "The file ends in the middle of this event.".to_owned();
                return Ok(Some(Frame { line, body: Err(why) }));
            }
            let (mut used, mut ended) = (0, false);
            for byte in available {
                used += 1;
                self.line += u64::from(*byte == b'\n');
                matched = if *byte == END[matched] { matched + 1 } else { usize::from(*byte == END[0]) };
                if matched == END.len() {
                    ended = true;
                    break;
                }
            }
            oversize |= body.len() + used > LARGEST_RECORD;
            if oversize {
                body = Vec::new();
            } else {
                body.extend_from_slice(&available[..used]);
            }
            self.from.consume(used);
            if ended {
                let body = if oversize { Err(too_large(LARGEST_RECORD)) } else { Ok(body) };
                return Ok(Some(Frame { line, body }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Result<String, String>)> {
        let mut events = Events::new(text.as_bytes());
        let mut out = Vec::new();
        while let Some(f) = events.next_frame().unwrap() {
            out.push((f.line, f.body.map(|b| String::from_utf8(b).unwrap())));
        }
        out
    }

    #[test]
    fn events_are_found_with_and_without_a_root() {
        let one = "<Event xmlns='x'><EventData/></Event>";
        let two = "<Event>\n<System><EventID>1</EventID></System></Event>";
        let found = all(&format!("<?xml version='1.0'?>\n<Events>\n{one}\n{two}</Events>"));
        assert_eq!(found, [(3, Ok(one.to_owned())), (4, Ok(two.to_owned()))]);
        assert_eq!(all(&format!("{one}{two}")).len(), 2);
        assert_eq!(all("<<Event></Event>"), [(1, Ok("<Event></Event>".to_owned()))]);
    }

    #[test]
    fn an_event_that_is_cut_or_too_large_is_named() {
        assert!(all("<Event><System>")[0].1.is_err());
        let found = all(&format!("<Event>{}</Event>\n<Event></Event>", "x".repeat(LARGEST_RECORD)));
        assert_eq!(found[0], (1, Err(too_large(LARGEST_RECORD))));
        assert_eq!(found[1].0, 2);
        assert!(found[1].1.is_ok());
    }
}
