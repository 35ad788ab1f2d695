//! Where one record ends and the next begins: bytes become pieces, one per record, none larger than is allowed. A piece
//! that cannot be used is named with its line, and the next one is looked for.
use std::io;

/// Rows of a table.
pub(crate) mod rows;

/// A Windows event log, chunk by chunk.
pub(crate) mod chunks;

/// JSON that is not one record per line: a list, one document, documents behind each other, a list in an envelope.
pub(crate) mod documents;

/// One `<Event>` after the other.
pub(crate) mod events;

/// One record per line.
pub(crate) mod lines;

/// One record as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// On which line it began; 0 where the file has no lines.
    pub(crate) line: u64,
    pub(crate) body: Result<Vec<u8>, String>,
}

/// The records of one file, one by one.
pub(crate) trait Frames {
    /// An error ends the file: nothing more can be read from it.
    fn next_frame(&mut self) -> io::Result<Option<Frame>>;
}

/// Why a record is not read in spite of everything.
pub(crate) fn too_large(limit: usize) -> String {
    let limit = if limit >= 1 << 20 { format!("{} MB", limit >> 20) } else { format!("{} KB", limit >> 10) };
    format!("It is larger than {limit}, which no alert is; it was skipped.")
}
