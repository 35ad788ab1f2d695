//! Which processes have a file open or mapped, whatever it is called.
use super::at;
use assize_domain::entity::FileIdentity;
use rustix::fs::{AtFlags, CWD, StatxFlags, major, makedev, minor, statx};
use std::{collections::HashSet, io::Read, path::PathBuf};

/// Of these files the ones that the process holds. What this account may not see is not there.
pub fn held_by(pid: u32, files: &HashSet<FileIdentity>) -> HashSet<FileIdentity> {
    let mut held = mapped(pid, files);
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
        let path = entry.path();
        // Pipes and sockets have no path.
        if std::fs::read_link(&path).is_ok_and(|target| target.is_absolute()) {
            held.extend(identity(path).filter(|id| files.contains(id)));
        }
    }
    held
}

/// Without asking another computer again, which might never answer.
fn identity(path: PathBuf) -> Option<FileIdentity> {
    let about = statx(CWD, path, AtFlags::STATX_DONT_SYNC, StatxFlags::INO).ok()?;
    Some(FileIdentity { device: makedev(about.stx_dev_major, about.stx_dev_minor), inode: about.stx_ino })
}

/// A file that was opened, mapped and closed is only in the list of what is mapped.
fn mapped(pid: u32, files: &HashSet<FileIdentity>) -> HashSet<FileIdentity> {
    let mut text = Vec::new();
    let list = std::fs::File::open(at(format!("/proc/{pid}/maps").as_bytes()));
    if list.and_then(|l| l.take(16 << 20).read_to_end(&mut text)).is_err() {
        return HashSet::new();
    }
    let wanted = |line: &[u8]| {
        // address, rights, offset, device, inode, path
        let line = std::str::from_utf8(line.get(..line.len().min(120))?.split(|b| *b == b'/').next()?).ok()?;
        let mut words = line.split_ascii_whitespace().skip(3);
        let (numbers, inode) = (words.next()?, words.next()?.parse::<u64>().ok()?);
        let (high, low) = numbers.split_once(':')?;
        let (high, low) = (u32::from_str_radix(high, 16).ok()?, u32::from_str_radix(low, 16).ok()?);
        files.iter().find(|f| f.inode == inode && (major(f.device), minor(f.device)) == (high, low)).copied()
    };
    text.split(|b| *b == b'\n').filter_map(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn an_open_and_a_running_file_are_held_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, name).unwrap();
            let m = std::fs::metadata(&path).unwrap();
            (path, FileIdentity { device: m.dev(), inode: m.ino() })
        };
        let ((open, held), (_, other)) = (make("open"), make("other"));
        let file = std::fs::File::open(open).unwrap();
        let program = std::fs::metadata("/proc/self/exe").unwrap();
        let program = FileIdentity { device: program.dev(), inode: program.ino() };
        let found = held_by(std::process::id(), &HashSet::from([held, other, program]));
        assert_eq!(found, HashSet::from([held, program]));
        drop(file);
        assert!(!held_by(std::process::id(), &HashSet::from([held])).contains(&held));
    }
}
