//! Scans files with the rules of a folder and prints how long it took: `scan RULES_DIR PATH... [--threads N] [--show]`.
use assize_detect::{rules::Rules, scan::FileFacts};
use assize_domain::{
    question::{RuleFile, RuleKind},
    text::DevicePath,
};
use std::{
    collections::HashSet,
    fs::{self, File},
    io::Read,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Instant,
};

/// Of larger files only the beginning is scanned, as on a device.
const LIMIT: u64 = 64 << 20;

fn main() {
    let (mut paths, mut threads, mut show) = (Vec::new(), 2, false);
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--threads") => threads = arguments.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(threads),
            Some("--show") => show = true,
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let Some((folder, paths)) = paths.split_first() else {
        eprintln!("usage: scan RULES_DIR PATH... [--threads N] [--show]");
        std::process::exit(2);
    };
    let begun = Instant::now();
    let (rules, faults) = Rules::compile_only(&rule_files(folder), None);
    let compiled = begun.elapsed();
    let begun = Instant::now();
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    paths.iter().for_each(|p| collect(p, &mut files, &mut seen));
    // The largest first, so that no thread is left alone with one at the end.
    files.sort_unstable_by_key(|(_, size)| std::cmp::Reverse(*size));
    let (next, bytes, matches) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut scanner = rules.scanner();
                let mut content = Vec::new();
                while let Some((path, _)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    content.clear();
                    let Ok(read) = File::open(path).and_then(|f| f.take(LIMIT).read_to_end(&mut content)) else {
                        continue;
                    };
                    bytes.fetch_add(read as u64, Ordering::Relaxed);
                    let name = DevicePath::from_bytes(path.as_os_str().as_bytes());
                    for finding in scanner.scan_rules(&content, &FileFacts { path: &name, owner: "" }) {
                        matches.fetch_add(1, Ordering::Relaxed);
                        if show {
                            println!("{} {}", finding.rule.as_deref().unwrap_or(&finding.text), path.display());
                        }
                    }
                }
            });
        }
    });
    println!(
        "rules {} (refused files {}) compile_seconds {:.3} files {} bytes {} scan_seconds {:.3} matches {} threads {threads}",
        rules.rule_count(),
        faults.len(),
        compiled.as_secs_f64(),
        files.len(),
        bytes.into_inner(),
        begun.elapsed().as_secs_f64(),
        matches.into_inner(),
    );
}

fn rule_files(folder: &Path) -> Vec<RuleFile> {
    let mut paths = Vec::new();
    collect(folder, &mut paths, &mut HashSet::new());
    paths.sort();
    let named = |p: &Path| p.extension().is_some_and(|e| e == "yar" || e == "yara" || e == "rule");
    let read = |(path, _): (PathBuf, u64)| {
        let body = String::from_utf8_lossy(&fs::read(&path).ok()?).into_owned();
        Some(RuleFile { name: path.display().to_string(), kind: RuleKind::Yara, body })
    };
    paths.into_iter().filter(|(p, _)| named(p)).filter_map(read).collect()
}

/// Regular files below a path; links are not followed, and a file with two names is one file.
fn collect(path: &Path, files: &mut Vec<(PathBuf, u64)>, seen: &mut HashSet<(u64, u64)>) {
    let Ok(facts) = fs::symlink_metadata(path) else { return };
    if facts.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), files, seen);
        }
    } else if facts.is_file() && seen.insert((facts.dev(), facts.ino())) {
        files.push((path.to_path_buf(), facts.len()));
    }
}
