//! Stories through the door: what a person wants, does and gets, without a window.
