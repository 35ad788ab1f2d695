//! A quick investigation of this computer, with automation switched off: it looks and changes nothing.

use std::time::Instant;

use super::{fresh_folder, line, seconds};
use crate::shell::{self, Result, command, target};

/// "In seconds on a fresh system."
const LIMIT_SECONDS: u64 = 10;

pub(crate) fn run(_options: &[String]) -> Result {
    let data = fresh_folder("quick")?;
    let assizectl = || {
        let mut assizectl = command(target().join("release/assizectl"));
        assizectl.arg("--json").arg("--data").arg(&data);
        assizectl
    };
    shell::output(assizectl().args(["group", "level", "Ungrouped devices", "none"]))?;
    let start = Instant::now();
    let answer = shell::output(assizectl().args(["investigate", "--scope", "quick"]))?;
    let ours = start.elapsed();
    let investigation: serde_json::Value = serde_json::from_str(&answer)?;
    let evidence = investigation["evidence"].as_array().map_or(0, Vec::len);

    // The nearest thing that every Debian has: it compares the files of all packages with their checksums.
    let beside = if shell::has("dpkg") {
        let start = Instant::now();
        let _ = command("dpkg").arg("--verify").output()?;
        format!("limit {LIMIT_SECONDS} s; dpkg --verify: {}", seconds(start.elapsed()))
    } else {
        format!("limit {LIMIT_SECONDS} s")
    };
    let what = format!("quick investigation, {evidence} pieces of evidence");
    line(&what, &seconds(ours), &beside, ours.as_secs() < LIMIT_SECONDS);
    Ok(())
}
