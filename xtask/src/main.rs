//! Every command a person types: `cargo xtask <command>`. This file is the map; each command is a file of its own.
#![forbid(unsafe_code)]

/// What a person types.
mod bench;
mod bindings;
mod check;
mod dist;
mod guest;
mod run;
mod test;

/// The walls between the rooms of the house, and the breaches that prove each of them stands.
mod breaches;
mod walls;

/// What the commands share.
mod display;
mod setup;
mod shell;
mod tally;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command>

  run        install what is missing, build, and open the window (without a display: under Xvfb, with a screenshot)
  test       install what is missing and run every test; the last line is the count
  check      formatting, lints, walls, unused dependencies, bindings, oxlint, tsc
  walls      only the walls between the crates, and their deliberate breaches
  bindings   write ui/src/api/bindings.ts again from the Rust types
  bench      print each figure beside what it compares with
  guest      disable a real driver in a small virtual machine (QEMU without KVM, about a minute)
  dist       build the .deb and the .rpm
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.first().map(String::as_str) {
        Some("run") => run::run(),
        Some("test") => test::run(),
        Some("check") => check::run(),
        Some("walls") => walls::run(),
        Some("bindings") => bindings::write(),
        Some("bench") => bench::run(&words[1..]),
        Some("guest") => guest::run_guest(),
        Some("dist") => dist::run(),
        Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            Ok(())
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
