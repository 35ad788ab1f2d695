//! Planted files and what must come out.
