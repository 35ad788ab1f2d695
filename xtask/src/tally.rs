//! Counting what ran: libtest's summary lines, vitest's report, and the skips that tests write down themselves.

use std::path::Path;

use serde::Deserialize;

use crate::shell::Result;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// Adds a line such as `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out`.
    pub(crate) fn libtest_line(&mut self, line: &str) {
        let Some(summary) = line.trim().strip_prefix("test result: ") else { return };
        let counts = summary.split_once(". ").map_or(summary, |(_, counts)| counts);
        for part in counts.split(';') {
            let mut words = part.split_whitespace();
            let (Some(Ok(n)), Some(word)) = (words.next().map(str::parse::<u64>), words.next()) else { continue };
            match word {
                "passed" => self.passed += n,
                "failed" => self.failed += n,
                "ignored" => self.skipped += n,
                _ => {}
            }
        }
    }

    /// Adds the JSON report of vitest.
    pub(crate) fn vitest_report(&mut self, file: &Path) -> Result {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Report {
            num_passed_tests: u64,
            num_failed_tests: u64,
            num_pending_tests: u64,
            num_todo_tests: u64,
        }
        let report: Report = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        self.passed += report.num_passed_tests;
        self.failed += report.num_failed_tests;
        self.skipped += report.num_pending_tests + report.num_todo_tests;
        Ok(())
    }

    /// A runner that failed without naming a failed test (it did not compile, it crashed) still counts as one failure.
    pub(crate) fn ended(&mut self, well: bool, failed_before: u64) {
        if !well && self.failed == failed_before {
            self.failed += 1;
        }
    }

    /// Tests that could not run here: skipped for a person, failed where the run must be complete.
    pub(crate) fn could_not_run(&mut self, tests: u64, must_run: bool) {
        if must_run {
            self.failed += tests.max(1);
        } else {
            self.skipped += tests;
        }
    }
}

/// One test that found at run time that it cannot do its work here; `assize_tests::skip` writes these lines.
#[derive(Debug, Deserialize)]
pub(crate) struct Skip {
    pub(crate) test: String,
    pub(crate) reason: String,
    /// How many files or cases were left out.
    #[serde(default)]
    pub(crate) cases: u64,
    /// The whole test was left out, so libtest's "passed" is not true of it.
    #[serde(default)]
    pub(crate) whole: bool,
}

pub(crate) fn read_skips(file: &Path) -> Vec<Skip> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_summaries_add_up() {
        let mut tally = Tally::default();
        tally.libtest_line(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
        );
        tally.libtest_line(
            "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        );
        tally.libtest_line("test anything ... ok");
        assert_eq!(tally, Tally { passed: 7, failed: 3, skipped: 1 });
    }

    #[test]
    fn a_runner_that_crashes_counts_once() {
        let mut tally = Tally { failed: 2, ..Tally::default() };
        tally.ended(false, 2);
        tally.ended(false, 2);
        tally.ended(true, 3);
        assert_eq!(tally.failed, 3);
    }

    #[test]
    fn what_must_run_and_cannot_is_a_failure() {
        let mut tally = Tally::default();
        tally.could_not_run(4, false);
        tally.could_not_run(0, true);
        assert_eq!(tally, Tally { passed: 0, failed: 1, skipped: 4 });
    }
}
