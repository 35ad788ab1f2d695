//! Open files, temporary folders with the hashes of what lies there, and what was typed into shells.
use super::{
    Work,
    gather::{shown, why},
    people::histories,
    processes::{numbers, sha256},
};
use crate::{handle::Folder, look::tree};
use assize_domain::{text::DevicePath, time::Stamp};
use rustix::fs::FileType;
use std::{
    fmt::Write,
    os::unix::ffi::{OsStrExt, OsStringExt},
};

const FOLDERS: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// Nobody reads a list longer than this.
const OPEN_FILES: usize = 100_000;

pub(super) fn files(work: &mut Work<'_>) {
    histories(work);
    list(work);
    if !work.root.is_live() {
        return work.not_running("files/open.tsv");
    }
    let mut table = "pid\tnumber\topen\n".to_owned();
    let mut rows = 0;
    let mut unseen = 0;
    for pid in numbers() {
        let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
            unseen += 1;
            continue;
        };
        for entry in entries.flatten().take(OPEN_FILES - rows) {
            let Ok(target) = std::fs::read_link(entry.path()) else { continue };
            let (number, target) = (entry.file_name(), target.into_os_string());
            let _ = writeln!(table, "{pid}\t{}\t{}", shown(number.as_bytes()), shown(target.as_bytes()));
            rows += 1;
        }
    }
    let note = match (rows >= OPEN_FILES, unseen) {
        (true, _) => Some(format!("Cut at {OPEN_FILES} open files.")),
        (false, 0) => None,
        (false, n) => Some(format!("Of {n} processes this account may not see them.")),
    };
    work.text_noted("files/open.tsv", "/proc/PID/fd", table, note);
}

/// Temporary folders: everything in them by name, with its hash where it is a file of sensible size.
fn list(work: &mut Work<'_>) {
    let mut table = "path\tkind\tbytes\tmode\tuser\tgroup\tchanged\tsha256\n".to_owned();
    let mut folders: Vec<(Vec<u8>, u32)> = FOLDERS.iter().rev().map(|f| (f.as_bytes().to_vec(), 0)).collect();
    folders.extend(work.entries(b"/run/user").into_iter().map(|f| (f, 0)));
    let mut rows = 0;
    let (mut large, mut unread) = (0, 0);
    while let Some((folder, depth)) = folders.pop() {
        if work.over() {
            work.skip(&shown(&folder), "There was no time left for the rest of the temporary folders.");
            break;
        }
        let path = DevicePath::from_bytes(&folder);
        // Below the top no link is followed at all.
        let held = if depth == 0 { Folder::open(work.root, &path) } else { Folder::open_resolved(work.root, &path) };
        let Ok(held) = held else { continue };
        let names = match held.names() {
            Ok(names) => names,
            Err(e) => {
                work.skip(&shown(&folder), &why(&e.into()));
                continue;
            }
        };
        for name in names {
            if rows >= work.limits.listed {
                let text = format!("More than {} names; the list ends here.", work.limits.listed);
                work.skip(&shown(&folder), &text);
                folders.clear();
                break;
            }
            let path = tree::join(&folder, &name.clone().into_vec());
            if work.is_ours(&path) {
                continue;
            }
            let Ok(Some(stat)) = held.look(&name) else { continue };
            rows += 1;
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let mut sum = "-".to_owned();
            let kind = match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => {
                    if size > work.limits.hashed || size > work.hashing {
                        large += 1;
                        sum = "not read: too large".to_owned();
                    } else if let Ok(Some(file)) = held.open_file(&name) {
                        work.hashing -= size;
                        sum = sha256(file.file, size).unwrap_or_else(|| "not read: it changes".to_owned());
                    } else {
                        unread += 1;
                        sum = "not read".to_owned();
                    }
                    "file"
                }
                FileType::Directory => {
                    if depth < 16 {
                        folders.push((path.clone(), depth + 1));
                    }
                    "folder"
                }
                FileType::Symlink => "link",
                FileType::Fifo => "pipe",
                FileType::Socket => "socket",
                FileType::CharacterDevice | FileType::BlockDevice => "device",
                FileType::Unknown => "unknown",
            };
            let changed = Stamp(stat.st_mtime.saturating_mul(1000));
            let _ = writeln!(
                table,
                "{}\t{kind}\t{size}\t{:04o}\t{}\t{}\t{changed}\t{sum}",
                shown(&path),
                stat.st_mode & 0o7777,
                work.people.user(stat.st_uid),
                work.people.group(stat.st_gid),
            );
        }
    }
    let mut notes = Vec::new();
    if large > 0 {
        notes.push(format!("{large} files are too large to be read for their hash."));
    }
    if unread > 0 {
        notes.push(format!("{unread} files could not be read for their hash."));
    }
    let note = (!notes.is_empty()).then(|| notes.join(" "));
    work.text_noted("files/temporary.tsv", "/tmp, /var/tmp, /dev/shm, /run/user", table, note);
}
