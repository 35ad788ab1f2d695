//! First page, filter and sort over 100,000 actions: measured by an example of the engine, which prints its own figures.

use std::path::PathBuf;

use crate::shell::{self, Result, command, target};

/// Where that example may leave its database, for the window to start on.
pub(crate) fn data() -> PathBuf {
    target().join("bench/door")
}

pub(crate) fn run(_options: &[String]) -> Result {
    shell::run(command(target().join("release/examples/door_bench")).env("ASSIZE_DATA", data()))
}
