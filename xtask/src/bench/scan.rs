//! /usr/bin and /usr/lib with 500 rules: our scanner and `yara`, on the same files with the same rules.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{fresh_folder, line, seconds};
use crate::shell::{self, Result, command, target};

const RULES: u32 = 500;
const FOLDERS: [&str; 2] = ["/usr/bin", "/usr/lib"];
const THREADS: &str = "2";
/// The first round fills the page cache; the better of the others counts.
const ROUNDS: u32 = 3;

pub(crate) fn run(options: &[String]) -> Result {
    if !shell::has("yara") {
        return Err("yara is not installed (Debian package yara)".into());
    }
    let given = options.iter().find_map(|option| option.strip_prefix("--rules="));
    let rules = match given {
        Some(folder) => PathBuf::from(folder),
        None => generated_rules()?,
    };

    let mut ours = Duration::MAX;
    let mut theirs = Duration::MAX;
    for round in 0..ROUNDS {
        let (a, said) = timed(&mut [our_scan(&rules)])?;
        let (b, _) = timed(&mut FOLDERS.map(|folder| their_scan(&rules, folder)))?;
        println!("round {round}: assize {}, yara {}; {}", seconds(a), seconds(b), said.trim());
        if round > 0 {
            ours = ours.min(a);
            theirs = theirs.min(b);
        }
    }
    let version = shell::output(command("yara").arg("--version"))?;
    let beside = format!("yara {} with {THREADS} threads: {}", version.trim(), seconds(theirs));
    line("scan of /usr/bin and /usr/lib", &seconds(ours), &beside, ours < theirs);
    Ok(())
}

fn our_scan(rules: &Path) -> Command {
    let mut scan = command(target().join("release/examples/scan"));
    scan.arg(rules).args(FOLDERS).args(["--threads", THREADS]);
    scan
}

fn their_scan(rules: &Path, folder: &str) -> Command {
    let mut yara = command("yara");
    yara.args(["--recursive", "--no-follow-symlinks", "--no-warnings", &format!("--threads={THREADS}")]);
    for entry in std::fs::read_dir(rules).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "yar" || e == "yara") {
            yara.arg(path);
        }
    }
    yara.arg(folder);
    yara
}

/// How long they take one after the other, and what the last one printed at its end.
fn timed(commands: &mut [Command]) -> Result<(Duration, String)> {
    let start = Instant::now();
    let mut said = String::new();
    for command in commands {
        let done = command.output().map_err(|e| format!("{}: {e}", shell::words(command)))?;
        if !done.status.success() {
            return Err(format!("{}: {}", shell::words(command), String::from_utf8_lossy(&done.stderr)).into());
        }
        said = String::from_utf8_lossy(&done.stdout).lines().last().unwrap_or_default().to_owned();
    }
    Ok((start.elapsed(), said))
}

/// Rules of the kinds that people write, in their usual mixture; the numbers make each of them different.
fn generated_rules() -> Result<PathBuf> {
    let folder = fresh_folder("rules")?;
    let mut text = String::new();
    for n in 0..RULES {
        // Multiplying by odd numbers spreads the bits, so that neighbours share no prefix.
        let a = n.wrapping_mul(2_654_435_761);
        let b = n.wrapping_mul(2_246_822_519).rotate_left(7);
        let strings = match n % 5 {
            0 => format!("$a = \"campaign{a:08x}\" ascii wide\n    $b = \"operator_{b:08x}\" nocase"),
            1 => format!("$a = {{ {} ?? ?? {} }}\n    $b = \"/gate{a:x}.php\"", hex(a), hex(b)),
            2 => format!(
                "$a = /https?:\\/\\/[a-z0-9]{{4,12}}\\.{a:x}\\.example\\//\n    $b = \"User-Agent: agent{b:x}\""
            ),
            3 => format!("$a = {{ {} [4-12] {} }}\n    $b = \"mutex-{b:08x}\" wide", hex(a), hex(b)),
            _ => format!("$a = \"stratum+tcp://pool{a:x}\" nocase\n    $b = \"--donate-level={b:x}\""),
        };
        let condition = match n % 3 {
            0 => "any of them",
            1 => "all of them",
            _ => "uint32(0) == 0x464c457f and any of them",
        };
        writeln!(text, "rule Generated_{n} {{\n  strings:\n    {strings}\n  condition:\n    {condition}\n}}\n")
            .map_err(|e| e.to_string())?;
    }
    std::fs::write(folder.join("generated.yar"), text)?;
    Ok(folder)
}

fn hex(n: u32) -> String {
    n.to_be_bytes().map(|byte| format!("{byte:02X}")).join(" ")
}
