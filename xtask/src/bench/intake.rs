//! Importing alerts of another product as lines of JSON: alerts per second and the most memory held.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::{fresh_folder, line};
use crate::shell::{self, Result, command, target};

const ALERTS: u32 = 100_000;
const PER_SECOND: f64 = 20_000.0;
const MOST_MEMORY_MB: u64 = 200;

pub(crate) fn run(_options: &[String]) -> Result {
    let folder = fresh_folder("intake")?;
    let file = folder.join("alerts.ndjson");
    let mut out = BufWriter::new(File::create(&file)?);
    // Two hundred rules on fifty devices that are not known here: nothing is looked into, everything is stored.
    for n in 0..ALERTS {
        let (host, rule, second) = (n % 50, n % 200, n % 60);
        writeln!(
            out,
            r#"{{"uuid":"{n:08}","hostname":"web-{host}","output":"Warning: rule {rule} (command=tool {n} file=/srv/app/{n}/tool)","priority":"Warning","rule":"Rule {rule}","source":"syscall","tags":["host","mitre_execution"],"time":"2026-01-05T10:00:{second:02}.{n:09}Z","output_fields":{{"proc.cmdline":"tool {n}","proc.exepath":"/srv/app/{n}/tool","proc.name":"tool","proc.pid":{n},"user.name":"app"}}}}"#
        )?;
    }
    out.flush()?;
    drop(out);
    let size = fs::metadata(&file)?.len() >> 20;

    // The nearest thing that every machine has: reading the same lines and nothing more.
    let beside = if shell::has("python3") {
        let script = "import json,sys\nfor line in open(sys.argv[1]): json.loads(line)";
        let start = Instant::now();
        let _ = command("python3").args(["-c", script]).arg(&file).output()?;
        format!("; json.loads of the same lines alone: {:.0}/s", f64::from(ALERTS) / start.elapsed().as_secs_f64())
    } else {
        String::new()
    };

    let start = Instant::now();
    let (answer, memory) = imported(&folder, &file)?;
    let ours = f64::from(ALERTS) / start.elapsed().as_secs_f64();
    let stored = answer["imported"].as_u64();
    if stored != Some(u64::from(ALERTS)) {
        return Err(format!("only {stored:?} of {ALERTS} alerts were imported").into());
    }
    let what = format!("import of {ALERTS} alerts ({size} MB) into a new database");
    line(&what, &format!("{ours:.0} alerts/s"), &format!("limit {PER_SECOND:.0}/s{beside}"), ours >= PER_SECOND);
    line("most memory", &format!("{memory} MB"), &format!("limit {MOST_MEMORY_MB} MB"), memory < MOST_MEMORY_MB);

    let start = Instant::now();
    let (again, _) = imported(&folder, &file)?;
    let folded = again["duplicates"].as_u64() == Some(u64::from(ALERTS));
    let rate = f64::from(ALERTS) / start.elapsed().as_secs_f64();
    line("the same file again", &format!("{rate:.0} alerts/s folded"), "all of them known", folded);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

fn imported(folder: &std::path::Path, file: &std::path::Path) -> Result<(serde_json::Value, u64)> {
    let mut assizectl = command(target().join("release/assizectl"));
    assizectl.arg("--json").arg("--data").arg(folder.join("data")).args(["alert", "import"]).arg(file);
    let out = folder.join("answer.json");
    let mut child = assizectl.stdout(Stdio::from(File::create(&out)?)).spawn()?;
    let memory = watched(&mut child)?;
    Ok((serde_json::from_str(&fs::read_to_string(&out)?)?, memory))
}

/// The most memory it held until it ended, in MB, as the kernel counts it.
fn watched(child: &mut Child) -> Result<u64> {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait()?.is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
        most = peak.unwrap_or(0).max(most);
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(most >> 10)
}
