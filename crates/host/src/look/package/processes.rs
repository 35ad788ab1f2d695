//! Every process: what it runs, who started it, and what it has mapped.
use super::{
    Work,
    gather::{field, read_bounded},
};
use crate::look::process::{SeenProcess, open_image, processes as all_processes};
use assize_domain::{entity::FileIdentity, text::visible};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt::Write,
    io::Read,
    path::Path,
};

pub(super) fn processes(work: &mut Work<'_>) {
    let all = all_processes(work.root);
    let hashes = images(work, &all);
    let mut table =
        "pid\tparent\tuser\tstarted\tprogram\tprogram deleted\tcontainer\tsha256\tpackage\tcommand line\n".to_owned();
    for seen in &all {
        let p = &seen.process;
        let exe = p.exe.as_ref().map_or_else(|| "-".to_owned(), |e| visible(e.as_str()));
        let package = p.exe.as_ref().filter(|_| !p.container).and_then(|e| work.packages.owner(e));
        let _ = writeln!(
            table,
            "{}\t{}\t{}\t{}\t{exe}\t{}\t{}\t{}\t{}\t{}",
            p.pid,
            p.parent_pid.unwrap_or(0),
            visible(&p.user),
            p.started_at,
            p.exe_deleted,
            p.container,
            seen.image.as_ref().and_then(|i| hashes.get(&i.identity)).map_or("-", String::as_str),
            package.as_ref().map_or("-", |o| o.package.as_str()),
            visible(&p.command_line),
        );
    }
    work.text("processes/processes.tsv", "/proc", table);
    work.text("processes/tree.txt", "/proc", tree(&all));
    if work.root.is_live() {
        let maps = mapped(&all);
        work.text("processes/mapped.tsv", "/proc/PID/maps", maps);
        work.skip("environment of processes", "Programs are handed passwords that way.");
    } else {
        work.not_running("processes of the system itself");
    }
}

/// The hash of every running program, read through the kernel, each once.
fn images(work: &mut Work<'_>, all: &[SeenProcess]) -> HashMap<FileIdentity, String> {
    let mut hashes = HashMap::new();
    let mut left_out = 0;
    for seen in all {
        let Some(image) = &seen.image else { continue };
        if hashes.contains_key(&image.identity) || work.over() {
            continue;
        }
        if image.size > work.limits.hashed || image.size > work.hashing {
            left_out += 1;
            continue;
        }
        let Ok(file) = open_image(seen.process.pid, &seen.process.start_ticks) else { continue };
        work.hashing -= image.size;
        if let Some(sum) = sha256(file, image.size) {
            hashes.insert(image.identity, sum);
        }
    }
    if left_out > 0 {
        work.skip("processes/sha256", &format!("{left_out} running programs are too large to be read for their hash."));
    }
    hashes
}

/// Of exactly so many bytes; a file that grows meanwhile has none.
pub(super) fn sha256(file: impl Read, size: u64) -> Option<String> {
    let mut hash = Sha256::new();
    let mut reader = file.take(size.saturating_add(1));
    let mut buffer = vec![0; 64 << 10];
    let mut read = 0u64;
    loop {
        match reader.read(&mut buffer).ok()? {
            0 => return (read == size).then(|| crate::vault::facts::hex(&hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
        read = size.saturating_add(1) - reader.limit();
    }
}

/// Who started whom, each below its parent.
fn tree(all: &[SeenProcess]) -> String {
    let mut children: BTreeMap<u32, Vec<&SeenProcess>> = BTreeMap::new();
    let numbers: HashSet<u32> = all.iter().map(|s| s.process.pid).collect();
    for seen in all {
        let parent = seen.process.parent_pid.filter(|p| numbers.contains(p) && *p != seen.process.pid).unwrap_or(0);
        children.entry(parent).or_default().push(seen);
    }
    let mut text = String::new();
    // What ended in between may leave a circle: each is written once.
    let mut written = HashSet::new();
    let mut todo: Vec<(usize, &SeenProcess)> = children.get(&0).into_iter().flatten().rev().map(|s| (0, *s)).collect();
    while let Some((depth, seen)) = todo.pop() {
        let p = &seen.process;
        if !written.insert(p.pid) {
            continue;
        }
        let indent = "  ".repeat(depth.min(40));
        let _ = writeln!(text, "{indent}{} {} {}", p.pid, visible(&p.user), visible(&p.command_line));
        todo.extend(children.get(&p.pid).into_iter().flatten().rev().map(|s| (depth + 1, *s)));
    }
    text
}

/// What each process has mapped, in short: files with code, and memory that may be written and run.
fn mapped(all: &[SeenProcess]) -> String {
    let mut text = "pid\twritable and executable\texecutable without a file\tfiles with code\n".to_owned();
    for seen in all.iter().filter(|s| !s.kernel_thread) {
        let path = format!("/proc/{}/maps", seen.process.pid);
        let Ok((maps, _)) = read_bounded(Path::new(&path), 4 << 20) else { continue };
        let (mut both, mut anonymous, mut files) = (0u32, 0u32, BTreeSet::new());
        for line in maps.split(|b| *b == b'\n') {
            // address, rights, offset, device, inode, path
            let mut words = line.splitn(6, |b| *b == b' ');
            let (Some(_), Some(rights)) = (words.next(), words.next()) else { continue };
            let name = words.nth(3).unwrap_or_default().trim_ascii();
            if rights.get(2) != Some(&b'x') {
                continue;
            }
            both += u32::from(rights.get(1) == Some(&b'w'));
            if name.is_empty() {
                anonymous += 1;
            } else if name.starts_with(b"/") {
                files.insert(field(name));
            }
        }
        let files: Vec<String> = files.into_iter().collect();
        let _ = writeln!(text, "{}\t{both}\t{anonymous}\t{}", seen.process.pid, files.join(" "));
    }
    text
}

/// The numbers of all processes there are.
pub(super) fn numbers() -> Vec<u32> {
    let mut numbers: Vec<u32> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}
