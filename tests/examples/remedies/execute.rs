//! What the check before each start adds to it: a program and its library on a disk in memory, which alone is watched.
use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use assize_host::act::execution::{
    judge::Judge,
    mounts::Marks,
    watcher::{LIMIT, Watcher},
};
use assize_host::look::packages::PackageDatabase;
use assize_host::root::Root;

use crate::{Outcome, at, has_its_own, sorted};

const BLOCKS: usize = 8;
const STARTS: usize = 150;

pub(crate) fn measure(folder: &Path) -> Outcome {
    if !has_its_own("mnt") {
        return Err("these are the mounts of the machine: nothing was touched".into());
    }
    let disk = folder.join("disk");
    fs::create_dir_all(&disk)?;
    say("mount", &["-t", "tmpfs", "-o", "mode=755", "tmpfs", &disk.display().to_string()])?;
    let program = disk.join("true");
    fs::copy("/bin/true", &program)?;
    let library = library()?;
    let own_library = disk.join(library.file_name().ok_or("a library has a name")?);
    fs::copy(&library, &own_library)?;
    let stranger = disk.join("stranger");
    fs::copy("/bin/true", &stranger)?;
    let package = package(&folder.join("package"), &[&program, &own_library])?;

    let start = || -> Result<f64, Box<dyn Error>> {
        let begun = Instant::now();
        let ended = Command::new(&program).env("LD_LIBRARY_PATH", &disk).stdin(Stdio::null()).status()?;
        let took = begun.elapsed().as_secs_f64() * 1_000_000.0;
        if ended.success() { Ok(took) } else { Err(format!("a trusted program does not run: {ended}").into()) }
    };
    let (mut without, mut with, mut asked) = (Vec::new(), Vec::new(), 0);
    for _ in 0..BLOCKS {
        for _ in 0..STARTS {
            without.push(start()?);
        }
        let root = package.clone();
        let read = Arc::new(move || PackageDatabase::read(&Root::staged(&root)));
        let judge = Judge::new(read, HashSet::new(), &[]);
        let watcher = Watcher::start(Marks::only(vec![disk.clone()]), judge, Box::new(|| true), LIMIT)?;
        if Command::new(&stranger).status().is_ok() {
            return Err("a stranger was let pass, so there is nothing to be measured".into());
        }
        for _ in 0..STARTS {
            with.push(start()?);
        }
        let counts = watcher.counts();
        if counts.shed > 0 {
            return Err(format!("{} questions were not answered in time", counts.shed).into());
        }
        asked += counts.asked;
    }
    let (without, with) = (sorted(without), sorted(with));
    Ok(serde_json::json!({
        "starts": without.len(), "without_us": at(&without, 50), "with_us": at(&with, 50),
        "without_p99_us": at(&without, 99), "with_p99_us": at(&with, 99), "asked": asked,
    }))
}

/// The C library, as the loader finds it.
fn library() -> Result<PathBuf, Box<dyn Error>> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let mut paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let found = paths.find(|path| path.rsplit('/').next().is_some_and(|name| name.starts_with("libc.so")));
    Ok(found.ok_or("no C library is loaded")?.into())
}

/// The records of a package that these files came with.
fn package(root: &Path, files: &[&Path]) -> Result<PathBuf, Box<dyn Error>> {
    let info = root.join("var/lib/dpkg/info");
    fs::create_dir_all(&info)?;
    let (mut list, mut sums) = (String::new(), String::new());
    for file in files {
        fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
        let path = file.display().to_string();
        let sum = say("md5sum", &[&path])?;
        let sum = sum.split(' ').next().unwrap_or_default();
        list += &format!("{path}\n");
        sums += &format!("{sum}  {}\n", path.trim_start_matches('/'));
    }
    fs::write(info.join("bench.list"), list)?;
    fs::write(info.join("bench.md5sums"), sums)?;
    Ok(root.to_owned())
}

fn say(program: &str, words: &[&str]) -> Result<String, Box<dyn Error>> {
    let done = Command::new(program).args(words).output()?;
    if !done.status.success() {
        return Err(format!("{program} {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
