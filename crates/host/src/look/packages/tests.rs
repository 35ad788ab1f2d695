//! The witness for good: what is owned, and what only looks so.
