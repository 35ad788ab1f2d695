//! Can a line of shell text go alone? Read, never run: quotes, nested commands, here-documents and blocks are followed so
//! far that a line is known to be a whole command of its own. What cannot be followed does not go alone.
mod grammar;
mod scan;
#[cfg(test)]
mod tests;
mod words;

use scan::Scan;
use std::ops::Range;

/// What becomes of the text around a line when the line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alone {
    /// It stays whole.
    Yes,
    /// The line is all that a block holds, and a block must hold something.
    Body,
    /// The line is a part of a command or block of several lines.
    No,
}

/// `line` is a whole line of `text` with its line end.
pub(crate) fn alone(text: &[u8], line: &Range<usize>) -> Alone {
    let mut scan = Scan::new(text);
    let (Some(before), Some(after)) = (scan.until(line.start), scan.until(line.end)) else { return Alone::No };
    let stands_alone = before.frames == after.frames
        && scan.shallowest >= before.frames.len()
        && !scan.parted
        && before.between_commands()
        && after.has_ended(text.len() == line.end);
    if !stands_alone {
        return Alone::No;
    }
    let rest = [&text[..line.start], &text[line.end..]].concat();
    let whole = Scan::new(&rest).until(rest.len());
    match whole {
        Some(end) if end.frames.is_empty() => Alone::Yes,
        _ => {
            let held = [&text[..line.start], b":\n", &text[line.end..]].concat();
            let end = Scan::new(&held).until(held.len());
            if end.is_some_and(|end| end.frames.is_empty()) { Alone::Body } else { Alone::No }
        }
    }
}
