//! Sealed copies that undo what was done: one file per item holds bytes and metadata, the item is the truth.
//!
//! `facts` is what a file is beside its bytes, `seal` the form on disk; here: the folder, its key, keeping, proving,
//! reading. Bytes at rest never equal the original and are never executable.
pub mod disk;
pub mod facts;
pub mod seal;

mod content;

use crate::act::points::sync;
use assize_domain::{
    entity::Bytes,
    id::{ActionId, OrderId, VaultId},
    order::Fault,
    question::VaultItem,
    remedy::ActionType,
    text::DevicePath,
    time::Stamp,
};
use content::Contents;
use disk::{private_folder, write_new};
use facts::{Facts, FolderFacts, LinkFacts, hex, unhex};
use rustix::{
    fs::{self, Advice, AtFlags, CWD, Mode, OFlags, RenameFlags},
    io::Errno,
};
use seal::{Key, SealError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    os::fd::OwnedFd,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Room that stays free on the vault's disk, so that keeping a copy never is what fills a computer up.
const RESERVE: u64 = 32 * 1024 * 1024;

/// What all items together may take (spec 7).
pub const CAP: u64 = 10 * 1024 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the vault has no room: {need} bytes are needed, {free} are free and {RESERVE} must stay free")]
    NoRoom { need: u64, free: u64 },
    #[error("the vault holds {used} bytes of {cap}; {need} more are too many")]
    Full { need: u64, used: u64, cap: u64 },
    #[error("the vault item {id} is kept for good")]
    Pinned { id: String },
    #[error("the vault item {id} is still needed: {why}")]
    Needed { id: String, why: String },
    #[error("the vault has no item {id}")]
    Missing { id: String },
    #[error("the vault item {id} cannot be used: {why}")]
    Damaged { id: String, why: String },
    #[error("the key of the vault {why}")]
    Key { why: String },
    #[error("{what}: {error}")]
    Io { what: String, error: io::Error },
}

impl VaultError {
    pub fn fault(&self) -> Fault {
        let (code, hint) = match self {
            Self::NoRoom { .. } => {
                ("vault_refused", "Nothing was touched. Free some space on the disk of the vault and try again.")
            }
            Self::Full { .. } => (
                "vault_full",
                "Nothing was touched. Unpin copies that are needed no more: those go when their time is over. Or raise what the vault may hold.",
            ),
            Self::Pinned { .. } => ("vault_pinned", "Nothing was removed. Unpin it first."),
            Self::Needed { .. } => ("vault_needed", "Nothing was removed. It goes when nothing needs it any more."),
            Self::Missing { .. } => {
                ("vault_missing", "Nothing was touched. It may have been removed with its retention.")
            }
            Self::Damaged { .. } => {
                ("vault_damaged", "Nothing was touched. Look for the same file in a backup or on another device.")
            }
            Self::Key { .. } => ("vault_key", "Nothing was touched. Bring the file vault.key back from a backup."),
            Self::Io { .. } => {
                ("vault_refused", "Nothing was touched. Check the disk and the rights of the vault's folder.")
            }
        };
        Fault::new(code, sentence(&self.to_string()), hint)
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

/// What an item is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
pub enum Kept {
    /// A whole file that was taken away.
    File,
    /// A file as it was before something in it was changed; and what it was changed into.
    Before { after_sha256: String },
    /// Only links were removed; the item has no bytes.
    Links,
    /// A file that was put there and was not before. The item has its bytes, by which it is known again.
    Made,
    /// What the packet filter said before the device was isolated.
    Firewall,
    /// Which places programs might be run from before the device was restricted.
    Programs,
}

/// What enabled a unit, and whether it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFacts {
    pub unit: String,
    pub links: Vec<LinkFacts>,
    pub active: bool,
    /// Links that were laid instead, so that nothing starts it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub laid: Vec<LinkFacts>,
    /// Units that were stopped with it (what would start it again, its instances), and ran.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Files of the administrator that add to it, and mean nothing without it. They stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop_ins: Vec<DevicePath>,
    /// It is only told that its definition changed; it goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_on: bool,
}

/// What is remembered of a kernel module that was switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverFacts {
    pub name: String,
    /// It was loaded, and nothing used it.
    pub loaded: bool,
    pub image: Option<DevicePath>,
    /// The folder of the file that was put there was made for it.
    #[serde(default)]
    pub folder_made: bool,
}

/// The sealed metadata of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub id: VaultId,
    pub order: OrderId,
    pub action: ActionId,
    pub kind: ActionType,
    #[serde(flatten)]
    pub kept: Kept,
    /// As the order named it.
    pub path: DevicePath,
    /// The folder it lay in, with every link resolved, and the folders above it.
    pub folder: DevicePath,
    pub parents: Vec<FolderFacts>,
    pub sha256: String,
    pub facts: Facts,
    /// Items from before services could be stopped call it so.
    #[serde(alias = "timer")]
    pub unit: Option<UnitFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<DriverFacts>,
    /// Another item has the very same bytes; this one keeps none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<VaultId>,
    pub quarantined_at: Stamp,
}

/// What is remembered about an item beside it: convenience, not truth; without it an item counts as never checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    pub verified_at: Option<Stamp>,
    pub restored_at: Option<Stamp>,
    /// A person keeps it for good.
    #[serde(default)]
    pub pinned: bool,
}

/// The vault of one device.
pub struct Vault {
    state: OwnedFd,
    dir: OwnedFd,
    key: Key,
    reserve: u64,
    cap: AtomicU64,
    contents: Mutex<Contents>,
}

impl Vault {
    /// Opens or makes the vault below the state folder.
    pub fn open(state: &Path) -> Result<Self, VaultError> {
        let state = private_folder(CWD, state).map_err(|e| failed("the folder of the vault cannot be used", e))?;
        let dir = private_folder(&state, Path::new("vault"))
            .map_err(|e| failed("the folder of the vault cannot be used", e))?;
        let vault =
            Self { state, dir, key: Key([0; 32]), reserve: RESERVE, cap: CAP.into(), contents: Mutex::default() };
        let key = vault.key(&vault.state)?;
        Ok(Self { key, ..vault })
    }

    /// What all items together may take from now on.
    pub fn set_cap(&self, bytes: u64) {
        self.cap.store(bytes, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub fn without_reserve(&mut self) {
        self.reserve = 0;
    }

    /// The key is made once. A vault that has items but no key is not given a new one: that would hide the loss.
    fn key(&self, state: &OwnedFd) -> Result<Key, VaultError> {
        let unfit = |why: &str| VaultError::Key { why: why.into() };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match fs::openat(state, "vault.key", flags, Mode::empty()) {
            Err(Errno::NOENT) => {
                if !self.ids()?.is_empty() {
                    return Err(unfit("is missing, and the vault has items that only it can open"));
                }
                let mut key = [0u8; 32];
                getrandom::fill(&mut key).map_err(|e| failed("no random numbers", io::Error::other(e.to_string())))?;
                match write_new(state, "vault.key", &key, false) {
                    // Another process was faster: its key counts.
                    Ok(()) | Err(Errno::EXIST) => fs::openat(state, "vault.key", flags, Mode::empty()),
                    Err(error) => return Err(failed("the key of the vault cannot be written", error.into())),
                }
            }
            other => other,
        }
        .map_err(|error| failed("the key of the vault cannot be read", error.into()))?;
        let stat = fs::fstat(&fd).map_err(|error| failed("the key of the vault cannot be read", error.into()))?;
        if stat.st_mode & 0o077 != 0 || stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(unfit("belongs to somebody else or can be read by others"));
        }
        let mut key = Vec::new();
        File::from(fd).take(33).read_to_end(&mut key).map_err(|e| failed("the key of the vault cannot be read", e))?;
        key.try_into().map(Key).map_err(|_| unfit("has the wrong length"))
    }

    /// Seals a copy, syncs it and gives it its name. Fails before anything is written when there is no room.
    pub fn keep(&self, metadata: &Metadata, content: &mut dyn Read) -> Result<(), VaultError> {
        let (name, raw) = checked(&metadata.id)?;
        let same = self.same_content(metadata);
        let part = format!("{name}.part");
        let written = match same {
            // Two files with the same bytes take the room of one; what is said about each is its own.
            Some(other) => {
                self.room(0)?;
                // Its bytes are not written, and still have to be those.
                let mut tee = Tee { hash: Sha256::new(), length: 0, out: &mut io::sink() };
                io::copy(content, &mut tee).map_err(|e| failed("the copy cannot be written to the vault", e))?;
                if hex(&tee.hash.finalize()) != metadata.sha256 || tee.length != metadata.facts.size {
                    return Err(damaged(&metadata.id, "the file changed while it was copied"));
                }
                let metadata = Metadata { bytes_in: Some(other), ..metadata.clone() };
                self.write(&part, raw, &metadata, &mut io::empty())
            }
            None => {
                match metadata.kept {
                    Kept::File => self.room_for(metadata.facts.size)?,
                    // What a person is to be able to take back is small, and goes on being kept.
                    Kept::Before { .. } | Kept::Links | Kept::Made | Kept::Firewall | Kept::Programs => {
                        self.room(metadata.facts.size)?;
                    }
                }
                self.write(&part, raw, metadata, content)
            }
        };
        if written.is_err() {
            // The part is ours and has no name in the vault; if it stays, the next start clears it.
            let _ = fs::unlinkat(&self.dir, &part, AtFlags::empty());
        }
        written?;
        fs::renameat_with(&self.dir, &part, &self.dir, name, RenameFlags::NOREPLACE)
            .and_then(|()| sync(&self.dir))
            .map_err(|e| failed("the copy cannot be put into the vault", e.into()))
    }

    /// Is there room for a copy of a file of this size, with the reserve left over?
    pub fn room(&self, size: u64) -> Result<(), VaultError> {
        let need = size.saturating_add(size / 1024).saturating_add(1024 * 1024);
        let stat = fs::fstatvfs(&self.dir).map_err(|e| failed("the vault cannot be asked for its room", e.into()))?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        if self.reserve > 0 && free < need.saturating_add(self.reserve) {
            return Err(VaultError::NoRoom { need, free });
        }
        Ok(())
    }

    /// Room on the disk, and within what the vault may hold, for one more whole file.
    pub fn room_for(&self, size: u64) -> Result<(), VaultError> {
        self.room(size)?;
        let cap = self.cap.load(Ordering::Relaxed);
        let used = self.used().map_err(|e| failed("the vault cannot be asked for its size", e.into()))?;
        if used.saturating_add(size) > cap {
            return Err(VaultError::Full { need: size, used, cap });
        }
        Ok(())
    }

    /// What all items together take.
    fn used(&self) -> Result<u64, Errno> {
        let mut used = 0u64;
        for entry in fs::Dir::read_from(&self.dir)? {
            // One that went meanwhile takes nothing.
            let stat = fs::statat(&self.dir, entry?.file_name(), AtFlags::SYMLINK_NOFOLLOW);
            used = used.saturating_add(stat.map_or(0, |s| u64::try_from(s.st_size).unwrap_or(0)));
        }
        Ok(used)
    }

    fn write(&self, part: &str, id: [u8; 16], metadata: &Metadata, content: &mut dyn Read) -> Result<(), VaultError> {
        let cannot = |e: io::Error| failed("the copy cannot be written to the vault", e);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = fs::openat(&self.dir, part, flags, Mode::RUSR | Mode::WUSR).map_err(|e| cannot(e.into()))?;
        let mut nonce = [0u8; 19];
        getrandom::fill(&mut nonce).map_err(|e| cannot(io::Error::other(e.to_string())))?;
        let sealed = serde_json::to_vec(metadata).map_err(|e| cannot(e.into()))?;
        let mut out = BufWriter::new(File::from(fd));
        seal::seal(&self.key, id, nonce, &sealed, content, &mut out).map_err(|e| match e {
            SealError::Io(e) => cannot(e),
            SealError::Damaged | SealError::Newer(_) => cannot(io::Error::other(e.to_string())),
        })?;
        let file = out.into_inner().map_err(|e| cannot(e.into_error()))?;
        sync(&file).map_err(|e| cannot(e.into()))
    }

    /// Reads an item back from the disk and compares it with what it was made of (M152).
    pub fn prove(&self, expected: &Metadata) -> Result<(), VaultError> {
        let found = self.check(&expected.id)?;
        if (Metadata { bytes_in: expected.bytes_in.clone(), ..found }) == *expected {
            Ok(())
        } else {
            Err(damaged(&expected.id, "what it says about the file is not what was written"))
        }
    }

    /// Reads a whole item and compares its bytes with the hash it carries.
    pub fn check(&self, id: &VaultId) -> Result<Metadata, VaultError> {
        self.copy_out(id, &mut io::sink())
    }

    /// Writes the bytes of an item. `out` is only to be trusted when this returns without an error.
    pub fn copy_out(&self, id: &VaultId, out: &mut dyn Write) -> Result<Metadata, VaultError> {
        let opened = self.unseal(id)?;
        let metadata = self.parse(id, &opened.metadata)?;
        let mut tee = Tee { hash: Sha256::new(), length: 0, out };
        match &metadata.bytes_in {
            Some(other) => {
                opened.content(&mut io::sink()).map_err(|e| broken(id, e))?;
                let other = self.unseal(other).map_err(|e| damaged(id, &format!("its bytes are gone ({e})")))?;
                other.content(&mut tee).map_err(|e| broken(id, e))?;
            }
            None => opened.content(&mut tee).map_err(|e| broken(id, e))?,
        }
        let hash = hex(&tee.hash.finalize());
        if metadata.kept != Kept::Links && (hash != metadata.sha256 || tee.length != metadata.facts.size) {
            return Err(damaged(id, "its bytes do not have the hash it carries"));
        }
        Ok(metadata)
    }

    pub fn metadata(&self, id: &VaultId) -> Result<Metadata, VaultError> {
        let opened = self.unseal(id)?;
        self.parse(id, &opened.metadata)
    }

    fn parse(&self, id: &VaultId, bytes: &[u8]) -> Result<Metadata, VaultError> {
        let metadata: Metadata = serde_json::from_slice(bytes).map_err(|e| damaged(id, &e.to_string()))?;
        if metadata.id == *id { Ok(metadata) } else { Err(damaged(id, "it calls itself another item")) }
    }

    fn unseal(&self, id: &VaultId) -> Result<seal::Opened<BufReader<File>>, VaultError> {
        let (name, raw) = checked(id)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = fs::openat(&self.dir, name, flags, Mode::empty()).map_err(|error| match error {
            Errno::NOENT => VaultError::Missing { id: id.to_string() },
            error => failed("a vault item cannot be read", error.into()),
        })?;
        // Proof is of the disk, not of what memory still remembers of the writing. Advice may be refused.
        let _ = fs::fadvise(&fd, 0, None, Advice::DontNeed);
        seal::open(&self.key, raw, BufReader::new(File::from(fd))).map_err(|e| broken(id, e))
    }

    /// Every id in the vault, oldest name first.
    pub fn ids(&self) -> Result<Vec<VaultId>, VaultError> {
        let cannot = |e: Errno| failed("the vault cannot be listed", e.into());
        let mut ids = Vec::new();
        for entry in fs::Dir::read_from(&self.dir).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let id = VaultId(entry.file_name().to_string_lossy().into_owned());
            if checked(&id).is_ok() {
                ids.push(id);
            }
        }
        ids.sort();
        Ok(ids)
    }

    pub fn item(&self, metadata: &Metadata) -> VaultItem {
        let marks = self.marks(&metadata.id);
        VaultItem {
            id: metadata.id.clone(),
            order: metadata.order.clone(),
            action: metadata.action.clone(),
            path: metadata.path.clone(),
            sha256: metadata.sha256.clone(),
            size: Bytes(metadata.facts.size),
            quarantined_at: metadata.quarantined_at,
            verified_at: marks.verified_at,
            quarantined: metadata.kept == Kept::File,
            restored: marks.restored_at.is_some(),
            pinned: marks.pinned,
        }
    }

    pub fn marks(&self, id: &VaultId) -> Marks {
        let read = || -> Option<Marks> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = fs::openat(&self.dir, format!("{}.mark", checked(id).ok()?.0), flags, Mode::empty()).ok()?;
            serde_json::from_reader(File::from(fd).take(4096)).ok()
        };
        read().unwrap_or_default()
    }

    /// Failing to write a mark loses a date, nothing else; so it is not an error.
    pub fn mark(&self, id: &VaultId, change: impl FnOnce(&mut Marks)) {
        let Ok((name, _)) = checked(id) else { return };
        let mut marks = self.marks(id);
        change(&mut marks);
        if let Ok(text) = serde_json::to_vec(&marks) {
            let _ = write_new(&self.dir, &format!("{name}.mark"), &text, true);
        }
    }

    /// Keeps an item for good, or lets its time run again. Unlike a date, this must not get lost.
    pub fn pin(&self, id: &VaultId, pinned: bool) -> Result<(), VaultError> {
        let (name, _) = checked(id)?;
        self.metadata(id)?;
        let marks = Marks { pinned, ..self.marks(id) };
        let cannot = |e: io::Error| failed("it cannot be written down", e);
        let text = serde_json::to_vec(&marks).map_err(|e| cannot(e.into()))?;
        write_new(&self.dir, &format!("{name}.mark"), &text, true).map_err(|e| cannot(e.into()))
    }

    /// Removes an item for good. One that a person keeps stays, and one whose bytes another item needs.
    pub fn purge(&self, id: &VaultId) -> Result<(), VaultError> {
        let (name, _) = checked(id)?;
        self.metadata(id)?;
        if self.marks(id).pinned {
            return Err(VaultError::Pinned { id: id.to_string() });
        }
        for other in self.ids()? {
            if other != *id && self.metadata(&other).is_ok_and(|m| m.bytes_in.as_ref() == Some(id)) {
                return Err(VaultError::Needed { id: id.to_string(), why: format!("{other} has the same bytes") });
            }
        }
        for name in [name.to_owned(), format!("{name}.mark")] {
            match fs::unlinkat(&self.dir, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(error) => return Err(failed("it cannot be removed", error.into())),
            }
        }
        sync(&self.dir).map_err(|e| failed("it cannot be removed", e.into()))
    }

    /// Removes what a crash left half written. Only while nobody else can be writing.
    pub fn sweep(&self) {
        for entry in fs::Dir::read_from(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_bytes().ends_with(b".part") {
                let _ = fs::unlinkat(&self.dir, entry.file_name(), AtFlags::empty());
            }
        }
    }

    /// Is this file one of the vault's own?
    pub fn owns(&self, folder: &fs::Stat) -> bool {
        let same = |fd: &OwnedFd| fs::fstat(fd).is_ok_and(|s| (s.st_dev, s.st_ino) == (folder.st_dev, folder.st_ino));
        same(&self.dir) || same(&self.state)
    }

    /// Only for copies whose original was never touched.
    pub fn discard(&self, id: &VaultId) {
        let Ok((name, _)) = checked(id) else { return };
        for name in [name.to_owned(), format!("{name}.part"), format!("{name}.mark")] {
            let _ = fs::unlinkat(&self.dir, name, AtFlags::empty());
        }
    }
}

/// A new item's name: 16 random bytes.
pub fn new_id() -> Result<VaultId, VaultError> {
    let mut raw = [0u8; 16];
    getrandom::fill(&mut raw).map_err(|e| failed("no random numbers", io::Error::other(e.to_string())))?;
    Ok(VaultId(hex(&raw)))
}

/// An id comes from outside and becomes a file name: only the exact form is let in.
fn checked(id: &VaultId) -> Result<(&str, [u8; 16]), VaultError> {
    let plain = id.as_str().bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let raw = unhex(id.as_str()).filter(|_| plain).and_then(|raw| raw.try_into().ok());
    raw.map(|raw| (id.as_str(), raw))
        .ok_or_else(|| VaultError::Missing { id: assize_domain::text::visible(id.as_str()) })
}

struct Tee<'a> {
    hash: Sha256,
    length: u64,
    out: &'a mut dyn Write,
}

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn broken(id: &VaultId, error: SealError) -> VaultError {
    match error {
        SealError::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
            failed("there is no room to put it back", error)
        }
        SealError::Io(error) => failed("a vault item cannot be read", error),
        SealError::Damaged | SealError::Newer(_) => damaged(id, &error.to_string()),
    }
}

fn damaged(id: &VaultId, why: &str) -> VaultError {
    VaultError::Damaged { id: id.to_string(), why: why.to_owned() }
}

fn failed(what: &str, error: io::Error) -> VaultError {
    VaultError::Io { what: what.to_owned(), error }
}
