//! The device service while nobody asks anything of it: memory and processor time, by how many rules it was given.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::idle::{ticks_below, ticks_per_second};
use super::remedy::{last, needs_root, number, program, programs};
use super::{fresh_folder, line};
use crate::shell::{self, Result, command};

const LIMIT_MB: f64 = 40.0;
const LIMIT_PERCENT: f64 = 0.5;
const WATCHED: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(20);
const RULES: [u32; 3] = [0, 500, 5000];

pub(crate) fn run(_options: &[String]) -> Result {
    needs_root("the service that it measures")?;
    let folder = fresh_folder("agent")?;
    std::fs::create_dir_all(folder.join("device"))?;
    let socket = folder.join("agent.sock");
    let mut agent = command(programs().join("assize-agent"));
    agent
        .arg("--socket")
        .arg(&socket)
        .arg("--state")
        .arg(folder.join("state"))
        .arg("--root")
        .arg(folder.join("device"));
    let mut agent = agent.args(["--obey", "root"]).stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let measured = measure(&agent, &socket);
    // It is ours, and may be gone already.
    let _ = agent.kill();
    let _ = agent.wait();
    measured
}

fn measure(agent: &Child, socket: &Path) -> Result {
    let begun = Instant::now();
    while !socket.exists() {
        if begun.elapsed() > PATIENCE {
            return Err("the service does not begin".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(1));
    let (rss, percent) = watched(agent.id())?;
    let beside = format!("limit {LIMIT_MB} MB, ratio {:.2}", rss / LIMIT_MB);
    line("idle service, no rules loaded, memory", &format!("{rss:.1} MB"), &beside, rss < LIMIT_MB);
    let beside = format!("limit {LIMIT_PERCENT} % of one core, over {} s", WATCHED.as_secs());
    line("idle service, processor time", &format!("{percent:.2} %"), &beside, percent < LIMIT_PERCENT);
    for rules in RULES {
        let given = shell::output(command(program()).arg("rules").arg(socket).arg(rules.to_string()))?;
        let given = number(&last(&given)?, "ms")?;
        // Memory that is given back is given back by then.
        std::thread::sleep(Duration::from_secs(1));
        let (rss, percent) = watched(agent.id())?;
        let what = if rules == 0 { "only those that ship".to_owned() } else { format!("{rules} more") };
        println!(
            "idle service with rules, {what}: {rss:.1} MB, {percent:.2} %   (no limit; taken over in {given:.0} ms)"
        );
    }
    Ok(())
}

/// Memory in MB, and processor time in percent of a core.
fn watched(pid: u32) -> Result<(f64, f64)> {
    let before = ticks_below(pid);
    let begun = Instant::now();
    std::thread::sleep(WATCHED);
    let ticks = ticks_below(pid).saturating_sub(before);
    let percent = 100.0 * ticks as f64 / ticks_per_second()? / begun.elapsed().as_secs_f64();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok());
    Ok((kilobytes.ok_or("the service is gone")? / 1024.0, percent))
}
