//! Eyes: what is there. Nothing here changes anything; what cannot be read is said, never guessed.
//!
//! Everything speaks in the device's own paths ([`assize_domain::text::DevicePath`]): on a staged device the folder it is
//! staged in never shows, and no link inside it leads out of it.
use assize_domain::text::DevicePath;
use std::io;

/// Running processes.
pub mod process;

/// Places where programs arrange to be started, and what these start.
pub mod startup;

/// Files below the places of a scope.
pub mod files;

/// Which package owns a file, and which checksum it had.
pub mod packages;

/// Kernel modules.
pub mod driver;

/// Facts about one file, and opening it without following a link.
pub mod file;

/// Users, groups and homes as the device knows them.
pub mod people;

/// A program of this machine that answers on a socket.
pub mod daemon;

/// Everything a device can tell about itself, for an investigation package.
pub mod package;

/// Reading a device's tree as the device itself would see it.
pub(crate) mod tree;

/// What a command line names as programs and scripts.
pub(crate) mod command;

/// Programs that run other files: shells, script languages, wrappers.
pub(crate) mod interpreter;

/// Something that could not be looked at: what, and why in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookFault {
    pub path: DevicePath,
    pub text: String,
}

impl LookFault {
    pub(crate) fn new(path: &DevicePath, what: &str, error: &io::Error) -> Self {
        let why = if error.kind() == io::ErrorKind::PermissionDenied {
            "this account may not read it".to_owned()
        } else {
            error.to_string()
        };
        Self { path: path.clone(), text: format!("{what} could not be read: {why}. Nothing was changed.") }
    }
}
