//! Processor time of the open window while nobody touches it, over the whole process tree.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{fresh_folder, line};
use crate::display::{Display, end_group};
use crate::run;
use crate::setup;
use crate::shell::{self, Result, command, target};

const WATCHED: Duration = Duration::from_secs(20);
/// After painting: late requests and garbage collection belong to the start.
const SETTLE: Duration = Duration::from_secs(5);
const LIMIT_PERCENT: f64 = 1.0;

pub(crate) fn run(_options: &[String]) -> Result {
    setup::window_tools()?;
    let data = fresh_folder("idle")?;
    let display = Display::open()?;
    let mut app = display.app(&target().join("release/assize"), &data).stdin(Stdio::null()).spawn()?;
    let measured = run::wait_for_paint(&display, &mut app, Duration::from_secs(60)).map(|()| {
        std::thread::sleep(SETTLE);
        let before = ticks_below(app.id());
        let start = Instant::now();
        std::thread::sleep(WATCHED);
        (ticks_below(app.id()).saturating_sub(before), start.elapsed())
    });
    end_group(&mut app);
    let (ticks, time) = measured?;
    let percent = 100.0 * ticks as f64 / ticks_per_second()? / time.as_secs_f64();
    let beside = format!("limit {LIMIT_PERCENT} % of one core, over {} s", WATCHED.as_secs());
    line("idle window", &format!("{percent:.2} %"), &beside, percent < LIMIT_PERCENT);
    Ok(())
}

pub(super) fn ticks_per_second() -> Result<f64> {
    let told = shell::output(command("getconf").arg("CLK_TCK"))?;
    told.trim().parse().map_err(|_| format!("getconf CLK_TCK said {told}").into())
}

/// utime + stime of a process and of everything below it.
pub(super) fn ticks_below(top: u32) -> u64 {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut ticks: HashMap<u32, u64> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name in brackets may hold blanks: the fields are counted after it.
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
        children.entry(number(1) as u32).or_default().push(pid);
        ticks.insert(pid, number(11) + number(12));
    }
    let mut sum = 0;
    let mut waiting = vec![top];
    while let Some(pid) = waiting.pop() {
        sum += ticks.get(&pid).copied().unwrap_or_default();
        waiting.extend(children.remove(&pid).unwrap_or_default());
    }
    sum
}
