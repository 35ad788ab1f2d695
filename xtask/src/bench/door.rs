//! First page, filter and sort over 100,000 actions: measured by an example of the engine, which prints its own figures.

use std::path::PathBuf;

use crate::shell::{self, Result, cargo, root, target};

/// Where that example may leave its database, for the window to start on.
pub(crate) fn data() -> PathBuf {
    target().join("bench/door")
}

pub(crate) fn run(_options: &[String]) -> Result {
    if !root().join("crates/engine/examples/door_bench.rs").exists() {
        return Err("crates/engine/examples/door_bench.rs is not there".into());
    }
    let mut bench = cargo();
    bench.args(["run", "--release", "--quiet", "--package", "assize-engine", "--example", "door_bench"]);
    shell::run(bench.env("ASSIZE_DATA", data()))
}
