//! What was intended, written and synced before it is done; and the receipts, so that an order runs once.
//!
//! One JSON value a line, each with its checksum. Only the last line can be torn by a crash, and a torn line was never
//! acted on, so it is dropped; damage anywhere else stops everything, because acting on half a memory could do an order
//! twice. Several processes may hold the same device: whoever works holds the lock, reads what others wrote, and treats
//! what is unfinished while nobody holds the lock as interrupted.
use crate::act::points::{point, sync, sync_data};
use crate::vault::facts::{LinkFacts, hex};
use assize_domain::{
    entity::FileIdentity,
    id::{ActionId, OrderId, VaultId},
    order::{Conflict, Receipt},
    policy::Verb,
    remedy::ActionType,
    text::DevicePath,
    time::Stamp,
};
use rustix::{
    fs::{self, FallocateFlags, FlockOperation, Mode, OFlags},
    io::Errno,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write},
    os::fd::OwnedFd,
};

/// Beyond this the file is rewritten with receipts only, when nothing is unfinished.
const COMPACT_AT: u64 = 4 * 1024 * 1024;

/// Room that the journal has for itself before an order is taken up, so that a disk that fills up meanwhile does not keep
/// it from its end.
const AHEAD: u64 = 1024 * 1024;
/// What one order needs at most.
const NEEDED: u64 = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("line {line} of the journal was changed or damaged")]
    Damaged { line: usize },
    #[error("there is no room for it")]
    NoRoom,
    #[error("the journal cannot be used: {0}")]
    Io(#[from] io::Error),
}

impl From<Errno> for JournalError {
    fn from(error: Errno) -> Self {
        Self::Io(error.into())
    }
}

/// Which file, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exact {
    pub identity: FileIdentity,
    pub size: u64,
    /// Empty where it was not read, because identity or size already told that it is another one.
    pub sha256: String,
}

/// One step on the device that is either done or not done: told apart afterwards by looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// `name` is renamed to `private`, compared, and removed; `copy` in the vault is it.
    Take {
        folder: DevicePath,
        name: DevicePath,
        private: DevicePath,
        taken: Exact,
        flags: u32,
        copy: VaultId,
    },
    /// `private` (prepared) and `name` change places; what was at `name` is compared, and removed.
    Swap {
        folder: DevicePath,
        name: DevicePath,
        private: DevicePath,
        taken: Exact,
        taken_flags: u32,
        put: Exact,
        put_flags: u32,
        /// None where what is taken away is our own earlier doing.
        copy: Option<VaultId>,
        restores: Option<VaultId>,
    },
    /// `private` (prepared) gets the free name `name`.
    Place {
        folder: DevicePath,
        name: DevicePath,
        private: DevicePath,
        put: Exact,
        put_flags: u32,
        restores: VaultId,
    },
    /// A file of our own making (`private`, prepared) gets the free name `name`; `item` is a copy of it, by which it is
    /// found again and taken away.
    Put {
        folder: DevicePath,
        name: DevicePath,
        private: DevicePath,
        put: Exact,
        item: VaultId,
    },
    /// Links that enable a unit, or that stand in its way, are removed or made.
    Links {
        remove: bool,
        links: Vec<LinkFacts>,
        item: VaultId,
    },
    /// A kernel module is unloaded.
    Unload {
        name: String,
    },
    Kill {
        pid: u32,
        start_ticks: String,
    },
    /// The device is isolated; the item is what its packet filter said before.
    Isolate {
        item: VaultId,
    },
    /// The isolation that this item belongs to is lifted.
    Release {
        item: VaultId,
    },
    /// What may be run is restricted; the item is what might be before.
    Restrict {
        item: VaultId,
    },
    /// The restriction that this item belongs to is lifted.
    Lift {
        item: VaultId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
enum Entry {
    /// An order was taken up. Nothing is touched yet.
    Begin {
        order: OrderId,
        action: ActionId,
        kind: ActionType,
        verb: Verb,
        at: Stamp,
    },
    /// A copy is about to be written to the vault.
    Keep {
        order: OrderId,
        item: VaultId,
    },
    /// A private file is about to be made on the device.
    Make {
        order: OrderId,
        folder: DevicePath,
        private: DevicePath,
    },
    /// Everything is prepared and proven: now it is done.
    Armed {
        order: OrderId,
        ops: Vec<Op>,
    },
    /// These items are about to be brought back, the last one first. Nothing is touched yet.
    Back {
        order: OrderId,
        items: Vec<VaultId>,
        conflict: Conflict,
    },
    End {
        receipt: Receipt,
    },
    /// Nothing was touched; it may be ordered again.
    Dropped {
        order: OrderId,
    },
}

/// An order without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    pub order: OrderId,
    pub action: ActionId,
    pub kind: ActionType,
    pub verb: Verb,
    pub items: Vec<VaultId>,
    pub made: Vec<(DevicePath, DevicePath)>,
    pub ops: Vec<Op>,
    /// What an undo is to bring back, and what a person chose where a place is taken.
    pub back: Option<(Vec<VaultId>, Conflict)>,
}

#[derive(Default)]
struct Memory {
    unfinished: BTreeMap<OrderId, Unfinished>,
    receipts: BTreeMap<OrderId, Receipt>,
}

impl Memory {
    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Begin { order, action, kind, verb, at: _ } => {
                let new = Unfinished {
                    order: order.clone(),
                    action,
                    kind,
                    verb,
                    items: vec![],
                    made: vec![],
                    ops: vec![],
                    back: None,
                };
                self.unfinished.insert(order, new);
            }
            Entry::Keep { order, item } => self.of(&order, |u| u.items.push(item)),
            Entry::Make { order, folder, private } => self.of(&order, |u| u.made.push((folder, private))),
            Entry::Armed { order, ops } => self.of(&order, |u| u.ops.extend(ops)),
            Entry::Back { order, items, conflict } => self.of(&order, |u| u.back = Some((items, conflict))),
            Entry::End { receipt } => {
                self.unfinished.remove(&receipt.order);
                // The first receipt counts.
                self.receipts.entry(receipt.order.clone()).or_insert(receipt);
            }
            Entry::Dropped { order } => {
                self.unfinished.remove(&order);
            }
        }
    }

    fn of(&mut self, order: &OrderId, change: impl FnOnce(&mut Unfinished)) {
        if let Some(unfinished) = self.unfinished.get_mut(order) {
            change(unfinished);
        }
    }
}

/// The journal of one device. Every method runs while [`Journal::lock`] is held.
pub struct Journal {
    dir: OwnedFd,
    lock: OwnedFd,
    file: Option<File>,
    /// Which file was read, and how far.
    read: Option<(u64, u64)>,
    memory: Memory,
}

impl Journal {
    pub fn open(dir: OwnedFd) -> Result<Self, JournalError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lock = fs::openat(&dir, "journal.lock", flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Self { dir, lock, file: None, read: None, memory: Memory::default() })
    }

    /// Waits until no other process works on this device, then reads what they wrote.
    pub fn lock(&mut self) -> Result<(), JournalError> {
        fs::flock(&self.lock, FlockOperation::LockExclusive)?;
        self.refresh().inspect_err(|_| self.unlock())
    }

    /// `false` when another process is at work.
    pub fn try_lock(&mut self) -> Result<bool, JournalError> {
        match fs::flock(&self.lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => self.refresh().inspect_err(|_| self.unlock()).map(|()| true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub fn unlock(&self) {
        // It is let go with the handle at the latest.
        let _ = fs::flock(&self.lock, FlockOperation::Unlock);
    }

    pub fn receipt(&self, order: &OrderId) -> Option<&Receipt> {
        self.memory.receipts.get(order)
    }

    pub fn unfinished(&self) -> Vec<Unfinished> {
        self.memory.unfinished.values().cloned().collect()
    }

    pub fn begin(
        &mut self,
        order: &OrderId,
        action: &ActionId,
        kind: ActionType,
        verb: Verb,
        at: Stamp,
    ) -> Result<(), JournalError> {
        self.reserve()?;
        self.write(Entry::Begin { order: order.clone(), action: action.clone(), kind, verb, at })
    }

    pub fn keep(&mut self, order: &OrderId, item: &VaultId) -> Result<(), JournalError> {
        self.write(Entry::Keep { order: order.clone(), item: item.clone() })
    }

    pub fn make(&mut self, order: &OrderId, folder: &DevicePath, private: &DevicePath) -> Result<(), JournalError> {
        self.write(Entry::Make { order: order.clone(), folder: folder.clone(), private: private.clone() })
    }

    pub fn armed(&mut self, order: &OrderId, ops: &[Op]) -> Result<(), JournalError> {
        self.write(Entry::Armed { order: order.clone(), ops: ops.to_vec() })
    }

    pub fn back(&mut self, order: &OrderId, items: &[VaultId], conflict: &Conflict) -> Result<(), JournalError> {
        self.write(Entry::Back { order: order.clone(), items: items.to_vec(), conflict: conflict.clone() })
    }

    pub fn end(&mut self, receipt: &Receipt) -> Result<(), JournalError> {
        self.write(Entry::End { receipt: receipt.clone() })
    }

    pub fn dropped(&mut self, order: &OrderId) -> Result<(), JournalError> {
        self.write(Entry::Dropped { order: order.clone() })
    }

    /// Rewrites a long journal with its receipts only.
    pub fn compact(&mut self) -> Result<(), JournalError> {
        let long = self.read.is_some_and(|(_, length)| length > COMPACT_AT);
        if !long || !self.memory.unfinished.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        for receipt in self.memory.receipts.values() {
            text.extend_from_slice(&line(&Entry::End { receipt: receipt.clone() })?);
        }
        crate::vault::disk::write_new(&self.dir, "journal", &text, true)?;
        self.refresh()
    }

    /// Makes room behind its end, in the file itself, where nobody else can take it. What was reserved before counts.
    fn reserve(&self) -> Result<(), JournalError> {
        let (Some(file), Some((_, length))) = (&self.file, self.read) else { return Ok(()) };
        for ahead in [AHEAD, NEEDED] {
            match fs::fallocate(file, FallocateFlags::KEEP_SIZE, length, ahead) {
                Err(Errno::NOSPC | Errno::DQUOT) => {}
                // Where nothing can be reserved, it is as good as it can be.
                Ok(()) | Err(_) => return Ok(()),
            }
        }
        Err(JournalError::NoRoom)
    }

    fn write(&mut self, entry: Entry) -> Result<(), JournalError> {
        let line = line(&entry)?;
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("it is not open"))?;
        let length = self.read.map_or(0, |(_, length)| length);
        point("journalling");
        let written = file.write_all(&line).and_then(|()| sync_data(&*file).map_err(Into::into));
        if let Err(error) = written {
            // Half a line must not stand before the next one.
            let _ = fs::ftruncate(&*file, length);
            return Err(error.into());
        }
        if let Some((_, read)) = &mut self.read {
            *read += line.len() as u64;
        }
        self.memory.take(entry);
        point("journalled");
        Ok(())
    }

    /// Reads the file when another process wrote to it or put another in its place.
    fn refresh(&mut self) -> Result<(), JournalError> {
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match fs::openat(&self.dir, "journal", flags, Mode::empty()) {
            Err(Errno::NOENT) => {
                let fd = fs::openat(&self.dir, "journal", flags | OFlags::CREATE, Mode::RUSR | Mode::WUSR)?;
                sync(&self.dir)?;
                fd
            }
            other => other?,
        };
        let stat = fs::fstat(&fd)?;
        let length = u64::try_from(stat.st_size).unwrap_or(0);
        if self.read == Some((stat.st_ino, length)) && self.file.is_some() {
            return Ok(());
        }
        let mut file = File::from(fd);
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let (entries, sound) = parse(&text)?;
        if sound < text.len() {
            fs::ftruncate(&file, sound as u64)?;
            sync(&file)?;
        }
        self.memory = Memory::default();
        entries.into_iter().for_each(|entry| self.memory.take(entry));
        self.read = Some((stat.st_ino, sound as u64));
        self.file = Some(file);
        Ok(())
    }
}

fn line(entry: &Entry) -> Result<Vec<u8>, JournalError> {
    let body = serde_json::to_vec(entry).map_err(io::Error::from)?;
    Ok([checksum(&body).as_bytes(), b" ", &body, b"\n"].concat())
}

fn checksum(body: &[u8]) -> String {
    hex(&Sha256::digest(body)[..8])
}

/// The entries, and how many bytes of the text are sound.
fn parse(text: &[u8]) -> Result<(Vec<Entry>, usize), JournalError> {
    let mut entries = Vec::new();
    let mut sound = 0;
    let mut at = 0;
    let mut torn = None;
    for (number, whole) in text.split_inclusive(|b| *b == b'\n').enumerate() {
        at += whole.len();
        match (sealed_line(whole), torn) {
            (Some(_), Some(torn)) => return Err(JournalError::Damaged { line: torn + 1 }),
            // Whole, but not to be understood: a newer version wrote it. It is not ours to drop.
            (Some(body), None) => {
                entries.push(serde_json::from_slice(body).map_err(|_| JournalError::Damaged { line: number + 1 })?);
                sound = at;
            }
            (None, torn_before) => torn = torn_before.or(Some(number)),
        }
    }
    Ok((entries, sound))
}

/// What stands behind a checksum that matches.
fn sealed_line(whole: &[u8]) -> Option<&[u8]> {
    let (sum, body) = whole.strip_suffix(b"\n")?.split_at_checked(17)?;
    (sum == format!("{} ", checksum(body)).as_bytes()).then_some(body)
}

/// Opens the folder that holds the journal.
pub fn folder(state: &std::path::Path) -> io::Result<OwnedFd> {
    crate::vault::disk::private_folder(rustix::fs::CWD, state)
}
