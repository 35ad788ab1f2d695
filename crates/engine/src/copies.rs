//! What leaves the product as a file of its own. Behind the service's door it is handed out as bytes, and whoever asked
//! writes it, with no more rights than they have.
use crate::{
    Engine, audit,
    door::{ExportAudit, RestoreQuarantined},
    fault::{Stop, not_found},
    front::Service,
    open::by,
    view,
};
use assize_domain::{
    id::VaultId,
    order::Fault,
    question::TakenOut,
    record::Subject,
    role::{Person, Right},
};
use serde::{Deserialize, Serialize};
use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

/// What the service hands out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "take", rename_all = "snake_case")]
pub(crate) enum Taking {
    Quarantined { id: VaultId },
    Audit { csv: bool },
}

impl Taking {
    fn right(&self) -> Right {
        match self {
            Self::Quarantined { .. } => Right::Undo,
            Self::Audit { .. } => Right::View,
        }
    }
}

/// The service's side. What is to be said about the bytes comes back as JSON.
pub(crate) fn hand_out(engine: &Engine, who: &Person, what: &Taking, out: &mut dyn Write) -> Result<Vec<u8>, Fault> {
    crate::door::permitted(who, what.right())?;
    match what {
        Taking::Quarantined { id } => {
            let taken = quarantined(engine, id, out)?;
            engine.write(|w| {
                let text = format!("A copy of {} was handed to {}.", taken.path, who.name);
                w.append(&engine.entry(by(who), Subject::Vault, id.as_str(), "restored_elsewhere", text))?;
                Ok::<_, Stop>(())
            })?;
            crate::door::json(&taken)
        }
        Taking::Audit { csv } => {
            let text = audit::text(engine, *csv)?;
            out.write_all(text.as_bytes()).map_err(|e| lost(&e))?;
            crate::door::json(&())
        }
    }
}

fn quarantined(engine: &Engine, id: &VaultId, out: &mut dyn Write) -> Result<TakenOut, Fault> {
    for device in engine.read(|r| Ok(r.devices()?))? {
        let link = engine.link(&device)?;
        if link.vault()?.iter().any(|i| i.id == *id) {
            return link.take_out(id, out);
        }
    }
    Err(not_found("quarantined item", id.as_str()))
}

fn lost(error: &io::Error) -> Fault {
    Fault::new("cannot_write", format!("It could not be handed over: {error}."), "Nothing was changed. Try again.")
}

/// The caller's side: writes the copy itself. Never with set-id bits or capabilities, for those are not handed out; inert
/// means not executable and renamed.
pub(crate) fn restore(service: &Service, request: RestoreQuarantined) -> Result<view::RestoredTo, Fault> {
    let RestoreQuarantined { id, folder, inert } = request;
    let folder = Path::new(&folder);
    let part = folder.join(format!(".assize-{}.part", uuid::Uuid::now_v7()));
    let cannot = |e: &io::Error| {
        let message = format!("It cannot be written to {}: {e}.", folder.display());
        Fault::new("cannot_write", message, "The item is still in the vault. Choose a folder that is yours.")
    };
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&part).map_err(|e| cannot(&e))?;
    let written = service
        .take::<TakenOut>(&Taking::Quarantined { id }, &mut file)
        .and_then(|taken| place(folder, &part, &file, &taken, inert).map_err(|e| cannot(&e)));
    if written.is_err() {
        // Ours, and incomplete.
        let _ = fs::remove_file(&part);
    }
    written.map(|path| view::RestoredTo { file: path.display().to_string() })
}

fn place(folder: &Path, part: &Path, file: &File, taken: &TakenOut, inert: bool) -> io::Result<PathBuf> {
    let mode = if inert { 0o400 } else { taken.mode & 0o777 };
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()?;
    let bytes = taken.path.to_bytes();
    let mut stem = OsString::from(OsStr::from_bytes(bytes.rsplit(|b| *b == b'/').next().unwrap_or(b"restored")));
    if inert {
        stem.push(".quarantined");
    }
    for number in 1..1000 {
        let mut name = stem.clone();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let path = folder.join(name);
        // The name is taken first, so that nothing that has it already is written over.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(_) => {
                fs::rename(part, &path)?;
                return Ok(path);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other("there are too many files of this name already"))
}

/// The audit trail, written by whoever asked for it.
pub(crate) fn export(service: &Service, request: ExportAudit) -> Result<view::RestoredTo, Fault> {
    let csv = audit::form(&request.out)?;
    let mut text = Vec::new();
    service.take::<()>(&Taking::Audit { csv }, &mut text)?;
    audit::write(request.out, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_domain::entity::Bytes;

    fn taken(path: &str, mode: u32) -> TakenOut {
        TakenOut { path: path.into(), mode, size: Bytes(4), sha256: String::new() }
    }

    fn written(folder: &Path, of: &TakenOut, inert: bool) -> (String, u32) {
        let part = folder.join("part");
        let mut file = File::create(&part).unwrap();
        file.write_all(b"text").unwrap();
        let path = place(folder, &part, &file, of, inert).unwrap();
        assert!(!part.exists());
        assert_eq!(fs::read(&path).unwrap(), b"text");
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        (path.file_name().unwrap().to_str().unwrap().to_owned(), mode)
    }

    /// M164: inert; and whatever the original was allowed beyond the ordinary stays behind.
    #[test]
    fn a_copy_has_no_set_id_bits_takes_no_name_that_is_taken_and_is_inert_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(written(folder.path(), &taken("/usr/bin/x", 0o4755), false), ("x".into(), 0o755));
        assert_eq!(written(folder.path(), &taken("/tmp/x", 0o640), false), ("x-2".into(), 0o640));
        assert_eq!(written(folder.path(), &taken("/tmp/x", 0o4755), true), ("x.quarantined".into(), 0o400));
    }
}
