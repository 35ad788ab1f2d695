//! Sealed copies that undo what was done.
