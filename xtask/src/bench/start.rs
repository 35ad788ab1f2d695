//! Window start to a painted window: from the start of the process to the first picture with text in it.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{door, fresh_folder, line, seconds};
use crate::display::{Display, end_group};
use crate::run;
use crate::setup;
use crate::shell::{Result, target};

const LIMIT: Duration = Duration::from_millis(1500);
const ROUNDS: u32 = 3;

pub(crate) fn run(_options: &[String]) -> Result {
    setup::window_tools()?;
    let empty = fresh_folder("start")?;
    measure("window start, empty folder", &empty)?;
    if door::data().is_dir() {
        measure("window start, 100,000 actions", &door::data())?;
    } else {
        println!("The start with 100,000 actions needs the database of the benchmark door.");
    }
    Ok(())
}

fn measure(what: &str, data: &Path) -> Result {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let display = Display::open()?;
        let start = Instant::now();
        let mut app = display.app(&target().join("release/assize"), data).stdin(Stdio::null()).spawn()?;
        let shown = run::wait_for_picture(&display, &mut app, Duration::from_secs(60));
        let took = start.elapsed();
        end_group(&mut app);
        shown?;
        best = best.min(took);
    }
    let beside = format!("limit {} on two idle cores, best of {ROUNDS}", seconds(LIMIT));
    line(what, &seconds(best), &beside, best < LIMIT);
    Ok(())
}
