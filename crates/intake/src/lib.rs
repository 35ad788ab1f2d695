//! Alerts of other products become drafts of ours: one file per format, record by record, in bounded memory.
//!
//! Pure on the bytes it is handed: no file, no network, no clock. What comes in is somebody else's and may be hostile; a
//! record that cannot be read is named and passed, and never stops the rest. Read in this order:
#![forbid(unsafe_code)]

/// How much one record may be.
pub mod bounds;

/// A file as a stream of drafts, and the account of what became of its fields.
pub mod import;

/// Bytes as they come, and where one record ends.
mod frame;
mod input;

/// A record's fields, and the sheet on which they become a draft.
mod field;
mod pieces;
mod sheet;
mod xml;

/// Records inside a line of JSON, rows of a table.
mod json;
mod table;

/// The formats.
mod format;

/// Moments of every spelling, and the key by which a record is known again.
mod key;
mod moment;

pub use format::Format;
pub use import::{Column, Fidelity, Import, Mapping, OpenError, Options, Preview, Rejected, open, preview};
