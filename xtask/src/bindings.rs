//! `cargo xtask bindings`: ui/src/api/bindings.ts is written by a test of the shell, which in CI only compares.

use std::process::Command;

use crate::setup;
use crate::shell::{Result, cargo, run};

const TEST: &str = "bindings_are_current";

pub(crate) fn write() -> Result {
    setup::build_tools()?;
    setup::some_ui()?;
    run(cargo().args(["test", "--quiet", "--package", "assize", "--lib", TEST]).env_remove("CI"))
}

/// Over the whole workspace: chosen alone the shell's dependencies get other features and are compiled a second time.
pub(crate) fn compare() -> Command {
    let mut test = cargo();
    test.args(["test", "--quiet", "--workspace", "--lib", TEST]).env("CI", "true");
    test
}
