//! Bytes as they come become UTF-8 or stay as they are: a byte order mark is taken off, UTF-16 is turned into UTF-8.
//! Anything else passes untouched; what is not UTF-8 is dealt with record by record.
use std::io::{self, BufRead, BufReader, Read};

use crate::bounds::WINDOW;

/// A reader whose beginning can be looked at before it is read.
pub(crate) struct Input<R> {
    from: BufReader<Decoded<R>>,
    start: Vec<u8>,
    taken: usize,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(from: R) -> io::Result<Self> {
        let mut from = BufReader::with_capacity(WINDOW, Decoded::new(from)?);
        let mut start = Vec::new();
        from.by_ref().take(WINDOW as u64).read_to_end(&mut start)?;
        Ok(Self { from, start, taken: 0 })
    }

    /// The first bytes, none of them read yet. Shorter than the window only where this is all there is.
    pub(crate) fn start(&self) -> &[u8] {
        &self.start
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buf.len());
        buf[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken < self.start.len() { Ok(&self.start[self.taken..]) } else { self.from.fill_buf() }
    }

    fn consume(&mut self, amount: usize) {
        if self.taken < self.start.len() {
            self.taken = (self.taken + amount).min(self.start.len());
        } else {
            self.from.consume(amount);
        }
    }
}

enum Coding {
    AsItIs,
    Utf16 { little: bool },
}

struct Decoded<R> {
    from: R,
    coding: Coding,
    /// Bytes of the beginning that were looked at and not handed on yet.
    head: Vec<u8>,
    /// UTF-8 that waits to be handed on.
    ready: Vec<u8>,
    given: usize,
    /// The odd byte and the first half of a pair, where a piece ended inside a character.
    odd: Option<u8>,
    half: Option<u16>,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    fn new(mut from: R) -> io::Result<Self> {
        let mut head = Vec::new();
        from.by_ref().take(4).read_to_end(&mut head)?;
        let coding = match head.as_slice() {
            [0xFF, 0xFE, ..] => {
                head.drain(..2);
                Coding::Utf16 { little: true }
            }
            [0xFE, 0xFF, ..] => {
                head.drain(..2);
                Coding::Utf16 { little: false }
            }
            [0xEF, 0xBB, 0xBF, ..] => {
                head.drain(..3);
                Coding::AsItIs
            }
            // Without a mark: the first character of every text format here is ASCII.
            [b'<' | b'{' | b'[', 0, second, 0] if *second != 0 => Coding::Utf16 { little: true },
            [0, b'<' | b'{' | b'[', 0, second] if *second != 0 => Coding::Utf16 { little: false },
            _ => Coding::AsItIs,
        };
        Ok(Self { from, coding, head, ready: Vec::new(), given: 0, odd: None, half: None, ended: false })
    }

    fn raw(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.head.is_empty() {
            return self.from.read(buf);
        }
        let count = self.head.len().min(buf.len());
        buf[..count].copy_from_slice(&self.head[..count]);
        self.head.drain(..count);
        Ok(count)
    }

    fn decode_more(&mut self, little: bool) -> io::Result<()> {
        let mut piece = [0; 8 << 10];
        let count = self.raw(&mut piece)?;
        self.ready.clear();
        self.given = 0;
        if count == 0 {
            self.ended = true;
            if self.odd.take().is_some() || self.half.take().is_some() {
                self.push(char::REPLACEMENT_CHARACTER);
            }
            return Ok(());
        }
        for byte in piece[..count].iter().copied() {
            let Some(first) = self.odd.take() else {
                self.odd = Some(byte);
                continue;
            };
            let unit = if little { u16::from_le_bytes([first, byte]) } else { u16::from_be_bytes([first, byte]) };
            self.unit(unit);
        }
        Ok(())
    }

    fn unit(&mut self, unit: u16) {
        let pair = self.half.take().map(|half| [half, unit]);
        let units = pair.as_ref().map_or(std::slice::from_ref(&unit), |p| p.as_slice());
        if pair.is_none() && (0xD800..0xDC00).contains(&unit) {
            self.half = Some(unit);
            return;
        }
        let characters: Vec<char> =
            char::decode_utf16(units.iter().copied()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        characters.into_iter().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        self.ready.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Coding::Utf16 { little } = self.coding else { return self.raw(buf) };
        while self.given == self.ready.len() && !self.ended {
            self.decode_more(little)?;
        }
        let count = (self.ready.len() - self.given).min(buf.len());
        buf[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut text = String::new();
        Input::new(bytes).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn utf16_with_and_without_a_mark_is_read_as_text() {
        let text = "{\"a\": \"Ünïcode 🛡\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&little), text);
        assert_eq!(read(&big), text);
        assert_eq!(read(&[&[0xFF, 0xFE], little.as_slice()].concat()), text);
        assert_eq!(read(&[&[0xFE, 0xFF], big.as_slice()].concat()), text);
        assert_eq!(read(&[&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat()), text);
    }

    #[test]
    fn half_a_character_at_the_end_is_shown_as_one_that_is_missing() {
        let mut bytes: Vec<u8> = vec![0xFF, 0xFE];
        bytes.extend("a".encode_utf16().flat_map(u16::to_le_bytes));
        bytes.push(0x3D);
        assert_eq!(read(&bytes), "a\u{FFFD}");
    }

    #[test]
    fn what_was_looked_at_is_still_read() {
        let long = "x".repeat(3 * WINDOW + 7);
        let mut input = Input::new(long.as_bytes()).unwrap();
        assert_eq!(input.start().len(), WINDOW);
        let mut all = String::new();
        input.read_to_string(&mut all).unwrap();
        assert_eq!(all, long);
    }
}
