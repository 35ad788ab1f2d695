//! Facts about one file, and opening it without following a link.
use super::{people::People, tree};
use crate::root::Root;
use assize_domain::{entity::FileIdentity, text::DevicePath, time::Stamp};
use rustix::{
    fd::OwnedFd,
    fs::{Mode, OFlags},
    io::Errno,
};
use std::{
    fs::{File, Metadata},
    io,
    os::unix::fs::MetadataExt,
};

/// What kind of thing stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Regular,
    Folder,
    Link,
    /// A device node, pipe or socket.
    Special,
}

/// Facts about what stands at a path; a link at its end is not followed, links on the way are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub path: DevicePath,
    /// Where the path really leads once every link is followed, when that differs.
    pub resolved: Option<DevicePath>,
    pub kind: Kind,
    pub size: u64,
    /// Octal text, `0755`.
    pub mode: String,
    /// `user:group`, by name where the device knows one.
    pub owner: String,
    pub identity: FileIdentity,
    /// How many names the file has on its volume.
    pub links: u32,
    pub modified_at: Stamp,
}

/// Facts by path alone. [`Inspector`] is for many files of one device.
pub fn inspect(root: &Root, path: &DevicePath) -> io::Result<Facts> {
    Inspector::new(root).inspect(path)
}

/// Opens a regular file for reading; a link at the end or anything else but a regular file is refused. The facts are of
/// the opened file itself.
pub fn open_regular(root: &Root, path: &DevicePath) -> io::Result<(File, Facts)> {
    Inspector::new(root).open_regular(path)
}

/// Where the path leads once every link is followed inside the root.
pub fn real_path(root: &Root, path: &DevicePath) -> io::Result<DevicePath> {
    Ok(tree::follow(root, &path.to_bytes())?.device_path())
}

/// A root with its people read once.
#[derive(Clone, Debug)]
pub struct Inspector {
    root: Root,
    people: People,
}

impl Inspector {
    pub fn new(root: &Root) -> Self {
        Self { root: root.clone(), people: People::read(root) }
    }

    pub fn people(&self) -> &People {
        &self.people
    }

    pub fn inspect(&self, path: &DevicePath) -> io::Result<Facts> {
        let place = tree::follow_folders(&self.root, &path.to_bytes())?;
        let resolved = if place.metadata.is_symlink() {
            // A link into nothing still has facts of its own.
            tree::follow(&self.root, &place.path).ok().map(|p| p.device_path())
        } else {
            Some(place.device_path())
        };
        Ok(self.facts(path, resolved, &place.metadata))
    }

    pub fn open_regular(&self, path: &DevicePath) -> io::Result<(File, Facts)> {
        let place = tree::follow_folders(&self.root, &path.to_bytes())?;
        let file = open_real(&self.root, &place.path)?;
        let facts = self.facts(path, Some(place.device_path()), &file.metadata()?);
        Ok((file, facts))
    }

    fn facts(&self, path: &DevicePath, resolved: Option<DevicePath>, metadata: &Metadata) -> Facts {
        let kind = match metadata.file_type() {
            t if t.is_file() => Kind::Regular,
            t if t.is_dir() => Kind::Folder,
            t if t.is_symlink() => Kind::Link,
            _ => Kind::Special,
        };
        Facts {
            path: path.clone(),
            resolved: resolved.filter(|r| r != path),
            kind,
            size: metadata.size(),
            mode: format!("{:04o}", metadata.mode() & 0o7777),
            owner: format!("{}:{}", self.people.user(metadata.uid()), self.people.group(metadata.gid())),
            identity: FileIdentity { device: metadata.dev(), inode: metadata.ino() },
            links: u32::try_from(metadata.nlink()).unwrap_or(u32::MAX),
            modified_at: Stamp(
                metadata.mtime().saturating_mul(1000).saturating_add(metadata.mtime_nsec().div_euclid(1_000_000)),
            ),
        }
    }
}

/// Opens a regular file by a path that is known to be free of links, folder by folder: a link that took the place of one
/// in the meantime is refused. Never blocks (a pipe would), and leaves the access time alone where it may.
pub(crate) fn open_real(root: &Root, path: &[u8]) -> io::Result<File> {
    let folders = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at: OwnedFd = rustix::fs::open(root.path(), folders, Mode::empty())?;
    let mut names = tree::components(path).peekable();
    let mut last = None;
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            last = Some(name);
        } else {
            at = rustix::fs::openat(&at, name, folders | OFlags::NOFOLLOW, Mode::empty())?;
        }
    }
    let Some(name) = last else { return Err(not_regular()) };
    // What it is, is asked before it is opened for reading: opening a device node can have effects.
    let handle = rustix::fs::openat(&at, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let before = rustix::fs::fstat(&handle)?;
    if !rustix::fs::FileType::from_raw_mode(before.st_mode).is_file() {
        return Err(not_regular());
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd = match rustix::fs::openat(&at, name, flags | OFlags::NOATIME, Mode::empty()) {
        // Only a file's owner may leave its access time alone.
        Err(Errno::PERM) => rustix::fs::openat(&at, name, flags, Mode::empty())?,
        other => other?,
    };
    let after = rustix::fs::fstat(&fd)?;
    if (after.st_dev, after.st_ino) != (before.st_dev, before.st_ino) {
        return Err(io::Error::other("it was replaced while it was opened"));
    }
    Ok(File::from(fd))
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

#[cfg(test)]
mod tests;
