//! The race matrix at length: somebody else swaps files, folders, links, mounts and process numbers between any two steps.
//! The moments exist only in builds with debug assertions, so this runs the test of `host` that has a few hundred rounds.

use crate::shell::{Result, cargo, watch};

const ROUNDS: u32 = 10_000;
const TEST: &str = "act::tests::races::nobody_innocent_is_lost_or_ended_whoever_acts_between_two_steps";

pub(crate) fn run(_options: &[String]) -> Result {
    let begun = std::time::Instant::now();
    let mut test = cargo();
    test.args(["test", "--quiet", "--package", "assize-host", "--lib", "--", "--exact", TEST, "--nocapture"]);
    test.env("ASSIZE_RACE_ROUNDS", ROUNDS.to_string()).env_remove("CI");
    let (mut counted, mut skipped) = (None, None);
    let well = watch(&mut test, |line| {
        if line.starts_with("counted: race matrix:") {
            counted = Some(line.to_owned());
        } else if line.starts_with("skipped:") {
            skipped = Some(line.to_owned());
        }
    })?;
    match (well, counted, skipped) {
        (true, Some(_), _) => {
            let what = format!("race matrix of {ROUNDS} rounds");
            super::line(&what, "nobody innocent lost", &super::seconds(begun.elapsed()), true);
            Ok(())
        }
        (true, None, Some(reason)) => Err(reason.into()),
        (true, None, None) => Err("it printed no counts".into()),
        (false, ..) => Err("somebody innocent was lost: see above".into()),
    }
}
