//! A test that cannot do its work on this machine says so and returns. Nothing is left out silently.
//!
//! What is said goes to standard output and, under `cargo xtask test`, into the file that it adds up at the end.

use std::io::Write;
use std::path::Path;

use serde_json::json;

/// The whole test was left out: nothing of this machine is missing that a complete run must have.
pub fn whole(reason: &str) {
    say(reason, 0, true);
}

/// The whole test was left out for want of a display or of root. With `CI` set that is a failure.
pub fn whole_unless_ci(reason: &str) {
    let ci = std::env::var("CI").is_ok_and(|v| !v.is_empty() && v != "0" && v != "false");
    assert!(!ci, "CI is set, and this test cannot run: {reason}");
    say(reason, 0, true);
}

/// The test ran, without some of its cases.
pub fn cases(count: u64, reason: &str) {
    say(reason, count, false);
}

fn say(reason: &str, cases: u64, whole: bool) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    println!("skipped: {reason}");
    let Some(file) = std::env::var_os("ASSIZE_SKIPS") else { return };
    let line = json!({ "test": test, "reason": reason, "cases": cases, "whole": whole });
    let file = std::fs::OpenOptions::new().create(true).append(true).open(Path::new(&file));
    if let Ok(mut file) = file {
        // One short write, so that lines of several test programs do not mix.
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}

/// Which of these programs are not on this machine.
pub fn absent(programs: &[&str]) -> Vec<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    programs.iter().filter(|name| !there(name)).map(|name| (*name).to_owned()).collect()
}
