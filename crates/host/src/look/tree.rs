//! Reading a device's tree as the device itself would see it: links are followed inside its root, never out of it.
use super::file::open_real;
use crate::root::Root;
use assize_domain::text::DevicePath;
use std::{
    ffi::{OsStr, OsString},
    fs::Metadata,
    io::{self, Read},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
};

/// Linux follows at most this many links in one path.
const LINK_LIMIT: u32 = 40;

/// Nobody writes a crontab or a unit this long; what is longer is reported as not examined instead of filling memory.
const TEXT_LIMIT: u64 = 8 << 20;

/// Where a path really leads.
pub(crate) struct Place {
    /// As the device names it, free of links, `.` and `..`.
    pub(crate) path: Vec<u8>,
    pub(crate) metadata: Metadata,
}

impl Place {
    pub(crate) fn device_path(&self) -> DevicePath {
        DevicePath::from_bytes(&self.path)
    }
}

/// Where the device's `path` leads, every link followed as the device would.
pub(crate) fn follow(root: &Root, path: &[u8]) -> io::Result<Place> {
    resolve(root, path, true)
}

/// The same, but a link at the very end stays what it is.
pub(crate) fn follow_folders(root: &Root, path: &[u8]) -> io::Result<Place> {
    resolve(root, path, false)
}

fn resolve(root: &Root, path: &[u8], last_too: bool) -> io::Result<Place> {
    let mut todo: Vec<Vec<u8>> = components(path).rev().map(<[u8]>::to_vec).collect();
    let mut done: Vec<u8> = Vec::new();
    let mut links = 0;
    let mut metadata = std::fs::symlink_metadata(root.path())?;
    if metadata.file_type().is_symlink() {
        // The folder a device is staged in may itself be reached by a link; nothing inside it depends on that.
        metadata = std::fs::metadata(root.path())?;
    }
    while let Some(name) = todo.pop() {
        if name == b".." {
            let parent = done.iter().rposition(|b| *b == b'/').unwrap_or(0);
            done.truncate(parent);
            metadata = std::fs::symlink_metadata(real(root, &done))?;
            continue;
        }
        let mut next = done.clone();
        next.push(b'/');
        next.extend_from_slice(&name);
        let here = real(root, &next);
        metadata = std::fs::symlink_metadata(&here)?;
        if metadata.file_type().is_symlink() && (last_too || !todo.is_empty()) {
            links += 1;
            if links > LINK_LIMIT {
                return Err(io::Error::other("too many links, or links in a circle"));
            }
            let target = std::fs::read_link(&here)?.into_os_string().into_vec();
            if target.starts_with(b"/") {
                done.clear();
            }
            todo.extend(components(&target).rev().map(<[u8]>::to_vec));
            metadata = std::fs::symlink_metadata(real(root, &done))?;
            continue;
        }
        if !todo.is_empty() && !metadata.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        done = next;
    }
    if done.is_empty() {
        done.push(b'/');
    }
    Ok(Place { path: done, metadata })
}

pub(crate) fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|c| !c.is_empty() && *c != b".")
}

/// A textual join below the root.
pub(crate) fn real(root: &Root, path: &[u8]) -> PathBuf {
    let inside = path.strip_prefix(b"/").unwrap_or(path);
    if inside.is_empty() { root.path().to_path_buf() } else { root.path().join(OsStr::from_bytes(inside)) }
}

/// The existing regular file that `path` leads to.
pub(crate) fn regular(root: &Root, path: &[u8]) -> Option<Place> {
    follow(root, path).ok().filter(|p| p.metadata.is_file())
}

/// A whole text file, links followed. What is not a regular file, or absurdly long, is an error.
pub(crate) fn read(root: &Root, path: &[u8]) -> io::Result<Vec<u8>> {
    let place = follow(root, path)?;
    let file = open_real(root, &place.path)?;
    let mut bytes = Vec::new();
    file.take(TEXT_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > TEXT_LIMIT {
        return Err(io::Error::other(format!("it is longer than {} MB", TEXT_LIMIT >> 20)));
    }
    Ok(bytes)
}

/// The names in a folder, sorted; a folder that is not there has none.
pub(crate) fn names(root: &Root, folder: &[u8]) -> io::Result<Vec<OsString>> {
    let place = match follow(root, folder) {
        Ok(place) if place.metadata.is_dir() => place,
        Ok(_) => return Ok(Vec::new()),
        Err(e) if is_absent(&e) => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(real(root, &place.path))? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

/// Nothing stands there: no fault, nothing to see.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// `folder/name` in bytes.
pub(crate) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = folder.to_vec();
    if !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// The last component.
pub(crate) fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').find(|c| !c.is_empty()).unwrap_or(path)
}

/// Everything before the last component, `/` at the top.
pub(crate) fn folder(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|b| *b == b'/') {
        Some(0) | None => b"/",
        Some(at) => &path[..at],
    }
}
