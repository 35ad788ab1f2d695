//! The real window. Each file is a story that a person could walk through with mouse and keyboard.

mod opens;
