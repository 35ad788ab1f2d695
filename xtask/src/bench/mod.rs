//! `cargo xtask bench [NAME…]`: each benchmark prints its figure beside what it compares with, from the same run.

mod agent;
mod door;
mod idle;
mod intake;
mod quick;
mod races;
mod remedy;
mod scan;
mod start;

use std::path::PathBuf;
use std::time::Duration;

use crate::setup;
use crate::shell::{Result, target};

type Benchmark = (&'static str, &'static str, fn(&[String]) -> Result);

const BENCHMARKS: &[Benchmark] = &[
    ("quick", "quick investigation of this computer", quick::run),
    ("scan", "content scan with 500 rules, beside yara", scan::run),
    ("door", "pages, filters and sorts over 100,000 actions at the door", door::run),
    ("intake", "import of 100,000 alerts of another product", intake::run),
    ("start", "window start to a painted window", start::run),
    ("idle", "processor time of the open window", idle::run),
    ("respond", "from approval to done, verified and recorded", remedy::respond),
    ("keep", "quarantine and restore, beside copy + fsync + sha256", remedy::keep),
    ("isolate", "cutting off a network of its own", remedy::isolate),
    ("agent", "the device service while nobody asks anything", agent::run),
    ("execute", "the check before each start of a program", remedy::execute),
    ("races", "the race matrix, 10,000 rounds", races::run),
];

pub(crate) fn run(words: &[String]) -> Result {
    let (options, names): (Vec<String>, Vec<String>) = words.iter().cloned().partition(|word| word.starts_with("--"));
    if let Some(unknown) = names.iter().find(|name| BENCHMARKS.iter().all(|(known, ..)| known != &name.as_str())) {
        let known: Vec<&str> = BENCHMARKS.iter().map(|(name, ..)| *name).collect();
        return Err(format!("no benchmark is called {unknown}; there are: {}", known.join(", ")).into());
    }
    // Another build may be named, to try the benchmarks themselves: its figures say nothing.
    if std::env::var_os("ASSIZE_PROGRAMS").is_none() {
        setup::build_release(true)?;
    }
    let mut failed = Vec::new();
    for (name, what, benchmark) in BENCHMARKS {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        println!("\n== {name}: {what}");
        if let Err(failure) = benchmark(&options) {
            println!("not measured: {failure}");
            failed.push(*name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("not measured: {}", failed.join(", ")).into()) }
}

/// A folder of its own below target/, empty.
fn fresh_folder(name: &str) -> Result<PathBuf> {
    let folder = target().join("bench").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// One line of figures: ours, what it is compared with, and the verdict.
fn line(what: &str, ours: &str, beside: &str, good: bool) {
    println!("{what}: {ours}   ({beside}) {}", if good { "ok" } else { "MISSED" });
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
