//! A copy of a vault item for a person: on the machine this runs on, beside what it was taken from.
use super::work::fault;
use crate::{handle::Folder, vault::Vault};
use assize_domain::{id::VaultId, order::Fault};
use rustix::{fs::Mode, io::Errno};
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// Writes an item to a folder of the machine this runs on.
pub fn write(vault: &Vault, id: &VaultId, folder: &Path, inert: bool) -> Result<PathBuf, Fault> {
    let item = vault.check(id).map_err(|e| e.fault())?;
    let held = Folder::outside(folder).map_err(|e| {
        Fault::new(
            "parent_gone",
            format!("The folder cannot be used: {e}."),
            "Nothing was touched. Name another folder.",
        )
    })?;
    let bytes = item.path.to_bytes();
    let mut name = OsString::from(OsStr::from_bytes(bytes.rsplit(|b| *b == b'/').next().unwrap_or(b"restored")));
    if inert {
        name.push(".quarantined");
    }
    let stem = name.clone();
    let mut n = 1;
    let mut file = loop {
        match held.create(&name) {
            Ok(file) => break file,
            Err(Errno::EXIST) if n < 1000 => {
                n += 1;
                name = stem.clone();
                name.push(format!("-{n}"));
            }
            Err(error) => return Err(fault(error, "it cannot be written there", &held.inside(&name))),
        }
    };
    // Never with set-id bits, and for an inert copy nothing but reading by its owner.
    let mode = if inert { 0o400 } else { item.facts.mode & 0o777 };
    let written = vault.copy_out(id, &mut file).map_err(|e| e.fault()).and_then(|_| {
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))
            .and_then(|()| rustix::fs::fsync(&file))
            .map_err(|e| fault(e, "it cannot be written there", &held.inside(&name)))
    });
    match written {
        Ok(()) => Ok(folder.join(&name)),
        Err(fault) => {
            // Ours and incomplete; if it stays, it is a private file without meaning.
            let _ = held.unlink(&name);
            Err(fault)
        }
    }
}
