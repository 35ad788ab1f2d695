//! One order being carried out: what every verb needs (copies, private files, the journal) and what it has to tell.
use super::{
    execution::Post,
    guard::Guard,
    points::{point, sync},
    standing::Standing,
};
use crate::{
    handle::{self, Folder, Held, OpenError, Place},
    journal::{Exact, Journal, JournalError, Op},
    root::Root,
    vault::{
        self, DriverFacts, Kept, Metadata, UnitFacts, Vault, VaultError, facts::Facts, facts::FolderFacts, facts::hex,
    },
};
use assize_domain::{
    id::{ActionId, OrderId, VaultId},
    order::{Fault, Proof, ReceiptOutcome},
    remedy::ActionType,
    text::{DevicePath, visible},
    time::Stamp,
};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read},
    os::unix::{ffi::OsStrExt, ffi::OsStringExt, fs::FileExt},
    sync::Arc,
};

/// `Err` ends the order with that outcome.
pub type Early<T> = Result<T, ReceiptOutcome>;

/// What an order is carried out with.
pub struct Tools<'h> {
    pub root: &'h Root,
    pub vault: &'h Vault,
    pub clock: fn() -> Stamp,
    pub guard: Arc<Guard>,
    pub standing: &'h Standing,
    pub post: &'h Post,
}

/// One order under way.
pub struct Work<'h> {
    pub tools: Tools<'h>,
    pub journal: &'h mut Journal,
    pub order: OrderId,
    pub action: ActionId,
    pub kind: ActionType,
    pub told: Told,
}

/// What goes into the receipt.
#[derive(Default)]
pub struct Told {
    pub steps: Vec<String>,
    pub proof: Proof,
    pub left: Vec<String>,
    /// Copies stay even though the order failed: something on the device could not be brought back to its place.
    pub keep_copies: bool,
}

impl Work<'_> {
    pub fn step(&mut self, text: impl Into<String>) {
        self.told.steps.push(text.into());
    }

    pub fn done(&mut self) -> ReceiptOutcome {
        let proof = std::mem::take(&mut self.told.proof);
        let left = std::mem::take(&mut self.told.left);
        if left.is_empty() { ReceiptOutcome::Done { proof } } else { ReceiptOutcome::Partly { proof, left } }
    }

    /// Seals a copy of what is held into the vault, reads it back and compares (M152). Returns its id.
    pub fn copy(&mut self, of: &Copy<'_>) -> Early<VaultId> {
        let id = vault::new_id().map_err(refused)?;
        let metadata = Metadata {
            id: id.clone(),
            order: self.order.clone(),
            action: self.action.clone(),
            kind: self.kind,
            kept: of.kept.clone(),
            path: of.path.clone(),
            folder: of.folder.path().clone(),
            parents: parents(self.tools.root, of.folder.path()),
            sha256: of.sha256.clone(),
            facts: of.facts.clone(),
            unit: of.unit.clone(),
            driver: of.driver.clone(),
            bytes_in: None,
            quarantined_at: (self.tools.clock)(),
        };
        self.journal.keep(&self.order, &id).map_err(journal)?;
        match of.file {
            // Not a byte more than was compared: what comes after is not the file that was approved.
            Some(file) => self.tools.vault.keep(&metadata, &mut FromStart::new(file).take(metadata.facts.size)),
            None => self.tools.vault.keep(&metadata, &mut io::empty()),
        }
        .map_err(refused)?;
        point("kept");
        self.tools.vault.prove(&metadata).map_err(refused)?;
        let now = (self.tools.clock)();
        self.tools.vault.mark(&id, |m| m.verified_at = Some(now));
        self.told.proof.proven_at = Some(now);
        self.told.proof.kept.push(id.clone());
        self.step(format!("A sealed copy of {} is in the vault and was read back.", visible(of.path.as_str())));
        Ok(id)
    }

    /// Makes a private file in the folder where it will be needed: filled, with all its facts, on disk.
    pub fn prepare(
        &mut self,
        folder: &Folder,
        facts: &Facts,
        times: bool,
        fill: impl FnOnce(&mut File) -> Early<()>,
    ) -> Early<(OsString, Exact)> {
        let name = private_name()?;
        self.journal.make(&self.order, folder.path(), &DevicePath::from_bytes(name.as_bytes())).map_err(journal)?;
        let cannot = |e| failed(e, "a new file cannot be made", &folder.inside(&name));
        let mut file = folder.create(&name).map_err(cannot)?;
        point("made");
        fill(&mut file)?;
        let set = |file: &File| -> Result<Exact, Errno> {
            facts.set(file)?;
            sync(file)?;
            let stat = rustix::fs::fstat(file)?;
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let sha256 = hash(file, size).map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
            if times {
                // Reading it back counted as an access.
                facts.set_times(file)?;
                sync(file)?;
            }
            Ok(Exact { identity: handle::identity(&stat), size, sha256 })
        };
        let exact = set(&file).map_err(cannot)?;
        Ok((name, exact))
    }

    pub fn arm(&mut self, ops: &[Op]) -> Early<()> {
        self.journal.armed(&self.order, ops).map_err(journal)?;
        point("armed");
        Ok(())
    }
}

/// What a copy is made of.
pub struct Copy<'a> {
    pub path: &'a DevicePath,
    pub folder: &'a Folder,
    pub file: Option<&'a File>,
    pub facts: Facts,
    pub sha256: String,
    pub kept: Kept,
    pub unit: Option<UnitFacts>,
    pub driver: Option<DriverFacts>,
}

/// Opens the target's folder and the target. `Gone` when there is none, `Changed` when it is something else by now.
pub fn open_target(root: &Root, path: &DevicePath, was: &str) -> Early<(Place, Held)> {
    let place = Place::open(root, path).map_err(|e| not_opened(e, was))?;
    match place.open_file().map_err(|e| not_opened(e, was))? {
        Some(held) => Ok((place, held)),
        None => Err(gone(path)),
    }
}

pub fn gone(path: &DevicePath) -> ReceiptOutcome {
    ReceiptOutcome::Gone { detail: format!("{} is no longer there.", visible(path.as_str())) }
}

pub fn not_opened(error: OpenError, was: &str) -> ReceiptOutcome {
    match error {
        OpenError::Missing { what } => gone(&what.as_str().into()),
        OpenError::NotAFile { what, kind } => {
            ReceiptOutcome::Changed { was: was.into(), now: format!("{} is {kind}", visible(&what)) }
        }
        error @ (OpenError::UnsafeLink { .. } | OpenError::NotAFolder { .. }) => {
            ReceiptOutcome::Changed { was: was.into(), now: error.to_string() }
        }
        OpenError::BadPath { what } => ReceiptOutcome::Failed {
            fault: Fault::new(
                "bad_target",
                format!("{} is not a path that can be acted on.", visible(&what)),
                "Nothing was touched.",
            ),
        },
        OpenError::System { what, error } => failed(error, "it cannot be opened", &what.as_str().into()),
    }
}

pub fn failed(error: Errno, what: &str, path: &DevicePath) -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault: fault(error, what, path) }
}

pub fn fault(error: Errno, what: &str, path: &DevicePath) -> Fault {
    let (code, hint) = match error {
        Errno::PERM | Errno::ACCESS => {
            ("no_rights", "Nothing was lost. More rights are needed: run it as root or through the device service.")
        }
        Errno::ROFS => {
            ("read_only", "Nothing was lost. The disk is mounted read-only; make it writable and try again.")
        }
        Errno::NOSPC | Errno::DQUOT => ("no_space", "Nothing was lost. Free some space and try again."),
        _ => ("device_error", "Nothing was lost. Look at the disk and try again."),
    };
    Fault::new(code, format!("{}: {what} ({}).", visible(path.as_str()), io::Error::from(error)), hint)
}

pub fn refused(error: VaultError) -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault: error.fault() }
}

pub fn journal(error: JournalError) -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault: journal_fault(&error) }
}

pub fn journal_fault(error: &JournalError) -> Fault {
    let code = match error {
        JournalError::Damaged { .. } => "journal_damaged",
        JournalError::NoRoom => "no_space",
        JournalError::Io(_) => "journal",
    };
    Fault::new(
        code,
        format!("The device's journal cannot be kept: {error}."),
        "Nothing is done without a journal. Check the disk of the data folder; a damaged journal can be moved away, the vault stays.",
    )
}

/// Who is not root can bring back only what is entirely their own.
pub fn can_bring_back(facts: &Facts, path: &DevicePath) -> Early<()> {
    let me = rustix::process::geteuid();
    if me.is_root() {
        return Ok(());
    }
    let gid = rustix::process::getegid().as_raw();
    let groups = rustix::process::getgroups().unwrap_or_default();
    let own_group = facts.gid == gid || groups.iter().any(|g| g.as_raw() == facts.gid);
    let privileged =
        facts.xattrs.keys().any(|name| name.starts_with(&hex(b"security.cap")) || name.starts_with(&hex(b"trusted.")));
    if facts.uid == me.as_raw() && own_group && !privileged && !facts.locked() {
        Ok(())
    } else {
        Err(ReceiptOutcome::Failed {
            fault: Fault::new(
                "no_rights",
                format!(
                    "{} belongs to another user, so it could be taken away but not brought back exactly as it is.",
                    visible(path.as_str())
                ),
                "Nothing was touched. More rights are needed: run it as root or through the device service.",
            ),
        })
    }
}

/// SHA-256 of a file that has `size` bytes, whatever was read of it before. More than that is an error and is not read:
/// whoever makes a file grow without end, or makes a hole of it that is larger than any disk, must not hold us up.
pub fn hash(file: &File, size: u64) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut reader = FromStart::new(file).take(size.saturating_add(1));
    let mut buffer = vec![0u8; 64 * 1024];
    let mut read = 0;
    loop {
        match reader.read(&mut buffer)? {
            0 if read == size => return Ok(hex(&hash.finalize())),
            0 => return Err(io::Error::other("its length changes while it is read")),
            n => hash.update(&buffer[..n]),
        }
        read = size.saturating_add(1) - reader.limit();
    }
}

/// Reads a shared handle from its beginning without moving it.
pub struct FromStart<'a> {
    file: &'a File,
    at: u64,
}

impl<'a> FromStart<'a> {
    pub fn new(file: &'a File) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// A name that nobody can foresee, that no scheduler reads (a leading dot, no suffix) and that says whose it is.
pub fn private_name() -> Early<OsString> {
    let mut chance = [0u8; 16];
    getrandom::fill(&mut chance).map_err(|_| ReceiptOutcome::Failed {
        fault: Fault::new("device_error", "The system gives no random numbers.", "Nothing was touched. Try again."),
    })?;
    Ok(OsString::from(format!(".assize-{}", hex(&chance))))
}

pub fn name_of(path: &DevicePath) -> OsString {
    OsString::from_vec(path.to_bytes())
}

pub fn device_name(name: &OsStr) -> DevicePath {
    DevicePath::from_bytes(name.as_bytes())
}

/// Owner and mode of every folder down to this one, so that they can be made again.
fn parents(root: &Root, folder: &DevicePath) -> Vec<FolderFacts> {
    let bytes = folder.to_bytes();
    let ends = bytes.iter().enumerate().filter(|(i, b)| **b == b'/' && *i > 0).map(|(i, _)| i).chain([bytes.len()]);
    ends.filter_map(|end| {
        let path = DevicePath::from_bytes(&bytes[..end]);
        let stat = Folder::open_resolved(root, &path).ok()?.stat().ok()?;
        Some(FolderFacts::of(path, &stat))
    })
    .collect()
}
