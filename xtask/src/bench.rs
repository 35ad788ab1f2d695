//! `cargo xtask bench`: placeholder.
use crate::shell::Result;

pub(crate) fn run(_words: &[String]) -> Result {
    Ok(())
}
