//! Facts about one file, and opening it without following a link.
use crate::root::Root;
use assize_domain::{entity::FileIdentity, text::DevicePath, time::Stamp};
use std::{fs::File, io};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Regular,
    Folder,
    Link,
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
    /// `user:group`
    pub owner: String,
    pub identity: FileIdentity,
    pub links: u32,
    pub modified_at: Stamp,
}

pub fn inspect(_root: &Root, _path: &DevicePath) -> io::Result<Facts> {
    Err(io::Error::from(io::ErrorKind::NotFound))
}

/// Opens a regular file for reading; a link at the end or anything else but a regular file is refused.
pub fn open_regular(_root: &Root, _path: &DevicePath) -> io::Result<(File, Facts)> {
    Err(io::Error::from(io::ErrorKind::NotFound))
}
