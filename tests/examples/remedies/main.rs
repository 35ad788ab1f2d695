//! What `cargo xtask bench` measures of the remedies, and `cargo xtask guest` tries in a virtual machine: `remedies PART FOLDER`, in an empty folder. Answers with one JSON
//! document of figures. Parts that act on the computer itself refuse to work outside namespaces made for them.
#![forbid(unsafe_code)]

/// Orders that a person approved.
mod orders;

/// From approval to what is done, verified and recorded.
mod respond;

/// Quarantine and restore, beside a copy that is synced and hashed.
mod keep;

/// Cutting off the network, in a network of its own.
mod isolate;

/// What the check before each start of a program costs, on a disk of its own.
mod execute;

/// Rules for a running device service.
mod rules;

/// A driver, in a virtual machine.
mod driver;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Outcome = Result<serde_json::Value, Box<dyn Error>>;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (part, folder) = (words.next().unwrap_or_default(), PathBuf::from(words.next().unwrap_or_default()));
    let rest: Vec<String> = words.collect();
    let outcome =
        if folder.as_os_str().is_empty() { Err("no folder is named".into()) } else { run(&part, &folder, &rest) };
    match outcome {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(part: &str, folder: &Path, rest: &[String]) -> Outcome {
    match part {
        "respond" => respond::measure(folder),
        "keep" => keep::measure(folder),
        "isolate" => isolate::measure(folder),
        "execute" => execute::measure(folder),
        "rules" => rules::give(folder, rest),
        "driver" => driver::disable(folder),
        _ => Err("the parts are: respond, keep, isolate, execute, rules, driver".into()),
    }
}

/// A part of the way through sorted times, in milliseconds.
fn at(times: &[f64], percent: usize) -> f64 {
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn sorted(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}

/// Names the namespaces of whoever started this, which it has to have left.
const OUTSIDE: &str = "ASSIZE_BENCH_OUTSIDE";

/// Is this process in another namespace of this kind than whoever started it?
fn has_its_own(kind: &str) -> bool {
    let outside = std::env::var(OUTSIDE).unwrap_or_default();
    let own = std::fs::read_link(format!("/proc/self/ns/{kind}"));
    own.is_ok_and(|own| outside.contains(&format!("{kind}:")) && !outside.split(' ').any(|name| *own == *name))
}
