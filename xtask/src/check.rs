//! `cargo xtask check`: everything that is looked at rather than run, each with ok or failed, all of it every time.

use crate::shell::{self, Result, cargo, npx};
use crate::tally::Tally;
use crate::{bindings, breaches, setup, walls};

type Step = (&'static str, fn() -> Result);

const STEPS: &[Step] = &[
    ("formatting", formatting),
    ("clippy", clippy),
    ("walls", || none(walls::standing()?)),
    ("breaches of the walls are noticed", || none(breaches::standing()?)),
    ("no unused dependencies", || none(walls::unused()?)),
    ("bindings are current", bindings_are_current),
    ("oxlint", oxlint),
    ("tsc", tsc),
];

pub(crate) fn run() -> Result {
    setup::build_tools()?;
    setup::some_ui()?;
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        println!("== {name}");
        match step() {
            Ok(()) => println!("ok: {name}"),
            Err(failure) => {
                println!("{failure}\nfailed: {name}");
                failed.push(*name);
            }
        }
    }
    if failed.is_empty() {
        println!("All {} checks are ok.", STEPS.len());
        return Ok(());
    }
    Err(format!("failed: {}", failed.join(", ")).into())
}

fn none(complaints: Vec<String>) -> Result {
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) }
}

fn formatting() -> Result {
    shell::run(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result {
    shell::run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))
}

fn bindings_are_current() -> Result {
    let mut tally = Tally::default();
    let well = shell::watch(&mut bindings::compare(), |line| tally.libtest_line(line))?;
    match (well, tally.passed) {
        (true, 0) => Err("the test that compares the bindings is gone".into()),
        (true, _) => Ok(()),
        (false, _) => Err("not current (or they do not compile): cargo xtask bindings".into()),
    }
}

fn oxlint() -> Result {
    shell::run(npx("oxlint").args(["-c", ".oxlintrc.json", "--deny-warnings", "src"]))
}

fn tsc() -> Result {
    shell::run(npx("tsc").args(["--noEmit", "--pretty", "false"]))
}
