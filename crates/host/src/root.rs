//! Which file tree is meant: this computer's own, or a staged device below a folder.
use assize_domain::text::DevicePath;
use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// The root of a device. Paths inside are written as the device itself would write them, from `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    path: PathBuf,
    /// This computer: its processes are all processes; a staged device's are those whose image lies below it.
    live: bool,
}

impl Root {
    pub fn this_computer() -> Self {
        Self { path: PathBuf::from("/"), live: true }
    }

    pub fn staged(folder: impl Into<PathBuf>) -> Self {
        Self { path: folder.into(), live: false }
    }

    pub fn is_live(&self) -> bool {
        self.live
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the device's `path` lies on the machine this runs on. A textual join: opening it safely is
    /// [`crate::handle`]'s work.
    pub fn real(&self, path: &DevicePath) -> PathBuf {
        let bytes = path.to_bytes();
        let inside = bytes.strip_prefix(b"/").unwrap_or(&bytes);
        self.path.join(OsStr::from_bytes(inside))
    }

    /// The device's own name for a real path; `None` for what lies outside it.
    pub fn inside(&self, real: &Path) -> Option<DevicePath> {
        let rest = real.strip_prefix(&self.path).ok()?;
        let mut bytes = b"/".to_vec();
        bytes.extend_from_slice(rest.as_os_str().as_bytes());
        Some(DevicePath::from_bytes(&bytes))
    }
}
