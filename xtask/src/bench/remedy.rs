//! Remedies: how long from approval to done, what quarantine costs beside a plain copy, cutting off the network, and the
//! check before each start of a program. Measured by an example of `tests`, which answers with figures.

use std::process::Command;

use serde_json::Value;

use super::{fresh_folder, line};
use crate::setup;
use crate::shell::{self, Result, command, target};

const RESPOND_P50_MS: f64 = 15.0;
const RESPOND_P99_MS: f64 = 60.0;
const KEEP_RATIO: f64 = 1.5;
const ISOLATE_MS: f64 = 100.0;

pub(crate) fn respond(_options: &[String]) -> Result {
    let told = part("respond", &mut Vec::new())?;
    let ms = |name: &str| number(&told, name);
    let (p50, p99, sync) = (ms("p50_ms")?, ms("p99_ms")?, ms("sync_ms")?);
    let beside = |limit: f64, ours: f64| {
        format!("limit {limit} ms, ratio {:.2}; one synced line here: {sync:.2} ms", ours / limit)
    };
    let what = format!("approve to done, verified and recorded, 1 MB, {} files", told["files"]);
    line(&format!("{what}, p50"), &format!("{p50:.1} ms"), &beside(RESPOND_P50_MS, p50), p50 < RESPOND_P50_MS);
    line(&format!("{what}, p99"), &format!("{p99:.1} ms"), &beside(RESPOND_P99_MS, p99), p99 < RESPOND_P99_MS);
    println!(
        "where the time goes, p50 each: decision recorded {:.1} ms, handed over {:.1} ms, on the device {:.1} ms, result recorded {:.1} ms",
        ms("decided_ms")?,
        ms("handed_ms")?,
        ms("device_ms")?,
        ms("recorded_ms")?,
    );
    Ok(())
}

pub(crate) fn keep(_options: &[String]) -> Result {
    let told = part("keep", &mut Vec::new())?;
    for size in told.as_array().ok_or("the answer is no list")? {
        let plain = number(size, "plain_ms")?;
        for (what, name) in [("quarantine", "quarantine_ms"), ("restore", "restore_ms")] {
            let ours = number(size, name)?;
            let ratio = ours / plain;
            let speed = 1000.0 * number(size, "megabytes")? / ours;
            let what = format!("{what} of {} MB, p50 of {}", size["megabytes"], size["rounds"]);
            let beside = format!("copy + fsync + sha256: {plain:.1} ms, ratio {ratio:.2}, limit {KEEP_RATIO}");
            line(&what, &format!("{ours:.1} ms, {speed:.0} MB/s"), &beside, ratio <= KEEP_RATIO);
        }
    }
    Ok(())
}

pub(crate) fn isolate(_options: &[String]) -> Result {
    needs_root("a network of its own")?;
    setup::endpoint_tools()?;
    let told = part("isolate", &mut apart(&["--net", "--mount"]))?;
    let ours = number(&told, "isolate_ms")?;
    let beside = format!(
        "limit {ISOLATE_MS} ms, ratio {:.2}; p99 {:.0} ms; released in {:.0} ms; {} rounds",
        ours / ISOLATE_MS,
        number(&told, "isolate_p99_ms")?,
        number(&told, "release_ms")?,
        told["rounds"],
    );
    line("isolate, set and read back, p50", &format!("{ours:.0} ms"), &beside, ours < ISOLATE_MS);
    Ok(())
}

/// No limit is set: the figure is stated.
pub(crate) fn execute(_options: &[String]) -> Result {
    needs_root("mounts of its own")?;
    let told = part("execute", &mut apart(&["--mount"]))?;
    let (without, with) = (number(&told, "without_us")?, number(&told, "with_us")?);
    println!(
        "check before a start: adds {:.0} µs, p50   (without {without:.0} µs, with {with:.0} µs, ratio {:.2}; p99 {:.0} and {:.0} µs; {} starts of a program and its library each, {} questions)",
        with - without,
        with / without,
        number(&told, "without_p99_us")?,
        number(&told, "with_p99_us")?,
        told["starts"],
        told["asked"],
    );
    Ok(())
}

pub(super) fn needs_root(what: &str) -> Result {
    if setup::is_root() { Ok(()) } else { Err(format!("it needs root, for {what}").into()) }
}

/// The first words of a command whose namespaces end with it.
fn apart(kinds: &[&str]) -> Vec<String> {
    let words = ["unshare"].iter().chain(kinds).chain(&["--propagation", "private"]);
    words.map(|word| (*word).to_owned()).collect()
}

fn part(name: &str, before: &mut Vec<String>) -> Result<Value> {
    let folder = fresh_folder(name)?;
    before.push(program().display().to_string());
    let mut measure: Command = command(&before[0]);
    // Which namespaces are the machine's: what acts on a network or on mounts refuses to do it there.
    let named = |kind| std::fs::read_link(format!("/proc/self/ns/{kind}")).map(|name| name.display().to_string());
    measure.args(&before[1..]).arg(name).arg(&folder);
    measure.env("ASSIZE_BENCH_OUTSIDE", format!("{} {}", named("net")?, named("mnt")?));
    let answer = shell::output(&mut measure);
    // Kept copies are of no use to anybody, and large.
    let _ = std::fs::remove_dir_all(&folder);
    last(&answer?)
}

/// The example; another build of it can be named, to try the benchmarks themselves.
pub(super) fn program() -> std::path::PathBuf {
    programs().join("examples/remedies")
}

pub(super) fn programs() -> std::path::PathBuf {
    std::env::var_os("ASSIZE_PROGRAMS").map_or_else(|| target().join("release"), Into::into)
}

pub(super) fn last(answer: &str) -> Result<Value> {
    Ok(serde_json::from_str(answer.lines().last().unwrap_or_default())?)
}

pub(super) fn number(of: &Value, name: &str) -> Result<f64> {
    of[name].as_f64().ok_or_else(|| format!("the answer has no {name}: {of}").into())
}
