//! The hands on staged devices: what they do, what they refuse, and that everything comes back.
mod crash;
mod driver;
mod exact;
mod execution;
mod guard;
mod isolation;
mod line;
mod manager;
mod network;
mod persistence;
mod process;
mod quarantine;
mod races;
mod service;
mod timer;
mod undo;
mod vault;

use super::{Hands, work::hash};
use crate::{
    root::Root,
    vault::facts::{Facts, hex},
};
use assize_domain::{
    action::{Action, ActionInput, PolicySnapshot, Proposal, Refusal, Source},
    entity::{FileIdentity, ServiceScope, StartupKind, TaskKind},
    group::AutomationLevel,
    id::{ActionId, DeviceId, OrderId, VaultId},
    location::LocationClass,
    order::{Conflict, Order, Proof, Receipt, ReceiptOutcome},
    policy::{Outcome, Ruling, permit},
    remedy::ActionType,
    role::{Person, Role},
    target::Target,
    text::DevicePath,
    time::Stamp,
    verdict::Verdict,
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

const NOW: Stamp = Stamp(1_795_000_000_000);

fn clock() -> Stamp {
    NOW
}

/// A staged device and the folder of its vault and journal, side by side in a folder that goes away.
struct Rig {
    dir: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// In memory where there is such a place: for tests that write and sync hundreds of times.
    fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    fn below(folder: &Path) -> Self {
        let rig = Self { dir: tempfile::tempdir_in(folder).unwrap() };
        fs::create_dir(rig.dir.path().join("device")).unwrap();
        rig
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("device")
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn hands(&self) -> Hands {
        open(self.dir.path())
    }

    fn real(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(&real, content).unwrap();
        real
    }

    fn file(&self, path: &str) -> Target {
        file_target(&self.root(), &path.into())
    }

    /// Names below the device that nobody but us makes.
    fn leftovers(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), out);
                } else if entry.file_name().to_string_lossy().starts_with(".assize-") {
                    out.push(entry.path());
                }
            }
        }
        let mut out = Vec::new();
        walk(&self.root(), &mut out);
        out
    }
}

fn open(dir: &Path) -> Hands {
    let mut hands = Hands::open(Root::staged(dir.join("device")), &dir.join("state"), clock).unwrap();
    // The disks of test machines may be nearly full; the reserve has its own test.
    hands.vault.without_reserve();
    hands
}

fn file_target(root: &Path, path: &DevicePath) -> Target {
    let real = Root::staged(root).real(path);
    let metadata = fs::metadata(&real).unwrap();
    Target::File {
        path: path.clone(),
        sha256: snapshot(&real).unwrap().sha256,
        identity: FileIdentity { device: metadata.dev(), inode: metadata.ino() },
    }
}

fn line_target(path: &str, line: &str, occurrence: u32) -> Target {
    Target::ScheduledTask {
        kind: TaskKind::Cron,
        path: path.into(),
        name: "task".into(),
        line: Some(line.into()),
        occurrence,
        digest: hex(&Sha256::digest(line)),
    }
}

fn task_file_target(kind: TaskKind, path: &str, content: &[u8]) -> Target {
    let digest = hex(&Sha256::digest(content));
    Target::ScheduledTask { kind, path: path.into(), name: "task".into(), line: None, occurrence: 0, digest }
}

fn startup_target(kind: StartupKind, path: &str, line: &str, occurrence: u32) -> Target {
    let digest = hex(&Sha256::digest(line));
    Target::StartupItem { kind, path: path.into(), line: Some(line.into()), occurrence, digest }
}

fn startup_file_target(kind: StartupKind, path: &str, content: &[u8]) -> Target {
    Target::StartupItem { kind, path: path.into(), line: None, occurrence: 0, digest: hex(&Sha256::digest(content)) }
}

fn service_target(path: &str, content: &str) -> Target {
    let name = path.rsplit('/').next().unwrap().to_owned();
    let scope = if path.contains("/systemd/user/") { ServiceScope::User } else { ServiceScope::System };
    Target::Service { name, path: path.into(), scope, digest: hex(&Sha256::digest(content)) }
}

fn driver_target(name: &str) -> Target {
    Target::Driver { name: name.into(), path: None, config_path: None }
}

/// An action that the matrix allowed, so that a permit can be minted for it.
fn action(id: &str, kind: ActionType, target: Target) -> Action {
    let ruling = Ruling { outcome: Outcome::Act, decided_by_row: 8, trace: vec![] };
    let policy = PolicySnapshot {
        group: "test".into(),
        level: AutomationLevel::Full,
        verdict: Verdict::Malicious,
        reasons: vec![],
        class: LocationClass::Temp,
        classified_by: None,
        ruling,
        folder_lists: 1,
        rules: Vec::new(),
    };
    let proposal = Proposal {
        id: ActionId(id.into()),
        approval_id: "approval".into(),
        investigation_id: None,
        incident_id: None,
        evidence_id: None,
        device_id: DeviceId("device".into()),
        kind,
        source: Source::AutomatedInvestigation,
        target,
        policy,
    };
    Action::propose(proposal, NOW).unwrap().action
}

fn fresh() -> OrderId {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    OrderId(format!("order-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn apply_order(id: &OrderId, kind: ActionType, target: Target) -> Order {
    Order::apply(permit(&action("action", kind, target), NOW).unwrap(), id.clone())
}

fn undo_order(id: &OrderId, kind: ActionType, target: Target, kept: Vec<VaultId>, conflict: Conflict) -> Order {
    let undoing = undoing("action", kind, target, conflict.clone()).unwrap();
    Order::undo(permit(&undoing, NOW).unwrap(), id.clone(), kept, conflict)
}

/// An action that was done and that a person wants undone.
fn undoing(id: &str, kind: ActionType, target: Target, conflict: Conflict) -> Result<Action, Refusal> {
    let order = OrderId("earlier".into());
    let proof = Proof { kept: vec![VaultId("kept".into())], ..Proof::default() };
    let receipt =
        Receipt { order: order.clone(), outcome: ReceiptOutcome::Done { proof }, steps: vec![], finished_at: NOW };
    let by = Person { id: "p".into(), name: "Ada".into(), role: Role::Owner };
    let action = action(id, kind, target).step(ActionInput::Start { order }, NOW)?.action;
    let action = action.step(ActionInput::Receipt { receipt }, NOW)?.action;
    Ok(action.step(ActionInput::Undo { by, reason: None, conflict }, NOW)?.action)
}

pub(crate) fn apply(hands: &Hands, kind: ActionType, target: &Target) -> Receipt {
    hands.carry_out(&apply_order(&fresh(), kind, target.clone()))
}

fn undo(hands: &Hands, kind: ActionType, target: &Target, kept: &[VaultId], conflict: Conflict) -> Receipt {
    hands.carry_out(&undo_order(&fresh(), kind, target.clone(), kept.to_vec(), conflict))
}

fn quarantine(hands: &Hands, target: &Target) -> Receipt {
    apply(hands, ActionType::QuarantineFile, target)
}

#[track_caller]
fn done(receipt: &Receipt) -> Vec<VaultId> {
    let ReceiptOutcome::Done { proof } = &receipt.outcome else { panic!("not done: {receipt:?}") };
    proof.kept.clone()
}

#[track_caller]
fn failed_with(receipt: &Receipt, code: &str) {
    assert!(matches!(&receipt.outcome, ReceiptOutcome::Failed { fault } if fault.code == code), "{receipt:?}");
}

#[track_caller]
fn changed(receipt: &Receipt) {
    assert!(matches!(receipt.outcome, ReceiptOutcome::Changed { .. }), "{receipt:?}");
}

#[track_caller]
fn gone(receipt: &Receipt) {
    assert!(matches!(receipt.outcome, ReceiptOutcome::Gone { .. }), "{receipt:?}");
}

/// A file with everything that an undo has to bring back.
#[derive(Debug, PartialEq)]
struct Snapshot {
    sha256: String,
    facts: Facts,
}

/// Only the owner and root may read without leaving a trace.
fn without_a_trace(path: &Path) -> Option<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let noatime = i32::try_from(rustix::fs::OFlags::NOATIME.bits()).unwrap();
    let file = fs::OpenOptions::new().read(true).custom_flags(noatime).open(path);
    file.or_else(|_| fs::File::open(path)).ok()
}

fn text(path: &Path) -> Option<String> {
    std::io::read_to_string(without_a_trace(path)?).ok()
}

fn snapshot(path: &Path) -> Option<Snapshot> {
    let file = without_a_trace(path)?;
    let stat = rustix::fs::fstat(&file).unwrap();
    let facts = Facts::of(&file, &stat).unwrap();
    Some(Snapshot { sha256: hash(&file, u64::try_from(stat.st_size).unwrap()).unwrap(), facts })
}

/// Everything on the device, but for the times of folders: files with all their facts, links with target and time.
fn tree(rig: &Rig) -> BTreeMap<PathBuf, Thing> {
    fn walk(dir: &Path, out: &mut BTreeMap<PathBuf, Thing>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let (path, meta) = (entry.path(), entry.path().symlink_metadata().unwrap());
            let thing = if meta.is_dir() {
                walk(&path, out);
                Thing::Folder { mode: meta.mode() & 0o7777 }
            } else if meta.is_symlink() {
                Thing::Link { to: fs::read_link(&path).unwrap(), modified: meta.modified().unwrap() }
            } else {
                Thing::File(snapshot(&path).unwrap())
            };
            out.insert(path, thing);
        }
    }
    let mut out = BTreeMap::new();
    walk(&rig.root(), &mut out);
    out
}

#[derive(Debug, PartialEq)]
enum Thing {
    File(Snapshot),
    Link { to: PathBuf, modified: std::time::SystemTime },
    Folder { mode: u32 },
}

fn link(rig: &Rig, path: &str, to: &str) -> PathBuf {
    let real = rig.real(path);
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(to, &real).unwrap();
    let stamp = rustix::fs::Timespec { tv_sec: 1_000_000_001, tv_nsec: 7 };
    let times = rustix::fs::Timestamps { last_access: stamp, last_modification: stamp };
    rustix::fs::utimensat(rustix::fs::CWD, &real, &times, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap();
    real
}

/// Odd mode, odd times, an attribute, and as root another owner: whatever the disk of the test allows.
fn dress(path: &Path) {
    let file = fs::File::open(path).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(1234), Some(4321)).unwrap();
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o4751)).unwrap();
    let _ = rustix::fs::fsetxattr(&file, "user.note", b"a\0b\xff", rustix::fs::XattrFlags::empty());
    dress_times(path);
}

fn dress_times(path: &Path) {
    let file = fs::File::open(path).unwrap();
    let spec = |s, n| rustix::fs::Timespec { tv_sec: s, tv_nsec: n };
    let times = rustix::fs::Timestamps {
        last_access: spec(1_111_111_111, 123_456_789),
        last_modification: spec(999_999_999, 1),
    };
    rustix::fs::futimens(&file, &times).unwrap();
}
