//! How much one record may be: what comes in is somebody else's, and may have been made to hurt.

/// One record, in bytes as it came.
pub const LARGEST_RECORD: usize = 8 << 20;

/// One row of a table: an unclosed quote must not swallow megabytes of good rows.
pub(crate) const LARGEST_ROW: usize = 1 << 20;

/// Values in one record. A report about a campaign holds thousands; an alert some hundred.
pub const MOST_VALUES: usize = 50_000;

/// How deep values may lie inside each other.
pub(crate) const DEEPEST: usize = 64;

/// Different fields that the account of one file keeps apart.
pub(crate) const MOST_FIELDS: usize = 4_000;

/// Things one draft names; what is beyond stays in its original alone.
pub(crate) const MOST_MENTIONS: usize = 2_000;
pub(crate) const MOST_OFFERS: usize = 20_000;
pub(crate) const MOST_FACTS: usize = 100;
pub(crate) const MOST_TAGS: usize = 200;
pub(crate) const MOST_REMARKS: usize = 200;

/// Characters.
pub(crate) const LONGEST_TITLE: usize = 300;
pub(crate) const LONGEST_TEXT: usize = 16_000;
pub(crate) const LONGEST_VALUE: usize = 4_000;

/// How much of the beginning is looked at to tell what a file is.
pub(crate) const WINDOW: usize = 64 << 10;
