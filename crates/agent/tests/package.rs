//! Investigation packages at the device: an order is carried out once, whatever interrupts it (M123, M145).
#![expect(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]
use assize_agent::{LocalDevice, Where};
use assize_domain::{
    action::{Action, PolicySnapshot, Proposal, Source},
    device::Device,
    group::AutomationLevel,
    id::{ActionId, ApprovalId, DeviceId, OrderId, PersonId},
    location::LocationClass,
    order::{Order, Receipt, ReceiptOutcome},
    policy::{Outcome, Ruling, permit},
    question::Truth,
    remedy::ActionType,
    role::{Person, Role},
    target::Target,
    time::Stamp,
    verdict::Verdict,
};
use std::{fs, path::PathBuf};

const NOW: Stamp = Stamp(1_795_000_000_000);

struct Staged {
    folder: tempfile::TempDir,
}

impl Staged {
    fn new() -> Self {
        let staged = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(staged.root().join("etc")).unwrap();
        fs::write(staged.root().join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n").unwrap();
        staged
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn packages(&self) -> PathBuf {
        self.folder.path().join("packages")
    }

    fn open(&self) -> LocalDevice {
        let state = self.folder.path().join("state");
        LocalDevice::open(Where::Staged(self.root()), &state, vec![]).unwrap().collecting_into(self.packages())
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.packages()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn order(action: &str, id: &str) -> Order {
    let proposal = Proposal {
        id: ActionId::from(action),
        approval_id: ApprovalId::from("p"),
        investigation_id: None,
        incident_id: None,
        evidence_id: None,
        device_id: DeviceId::from("d"),
        kind: ActionType::CollectInvestigationPackage,
        source: Source::ManualResponse,
        target: Target::Package,
        policy: PolicySnapshot {
            group: "Servers".into(),
            level: AutomationLevel::SemiAll,
            verdict: Verdict::Unknown,
            reasons: vec![],
            class: LocationClass::None,
            classified_by: None,
            ruling: Ruling { outcome: Outcome::Ask, decided_by_row: 0, trace: vec![] },
            folder_lists: 1,
            rules: Vec::new(),
        },
    };
    let ann = Person { id: PersonId::from("ann"), name: "ann".into(), role: Role::Owner };
    let action = Action::manual(proposal, ann, "We want to know.".into(), NOW).unwrap().action;
    Order::apply(permit(&action, NOW).unwrap(), OrderId::from(id))
}

fn path(receipt: &Receipt) -> PathBuf {
    let ReceiptOutcome::Done { proof } = &receipt.outcome else { panic!("{:?}", receipt.outcome) };
    PathBuf::from(&proof.after[0])
}

#[test]
fn an_order_makes_one_package_and_tells_of_it_after_a_restart() {
    let staged = Staged::new();
    let device = staged.open();
    assert_eq!(device.truth(&OrderId::from("o1")), Truth::NeverStarted);
    let receipt = device.carry_out(order("a-1", "o1")).unwrap();
    let made = path(&receipt);
    let first = fs::read(&made).unwrap();
    fs::write(staged.root().join("etc/hostname"), "changed since\n").unwrap();
    assert_eq!(device.carry_out(order("a-1", "o1")).unwrap(), receipt, "the same order is carried out once");
    assert_eq!(fs::read(&made).unwrap(), first);
    let later = staged.open();
    assert_eq!(later.truth(&OrderId::from("o1")), Truth::Ended(receipt));
    assert_eq!(staged.names(), ["a-1.json", "a-1.tar.zst"], "and nothing beside it");
    // What an order of its own makes takes the place of what the one before made.
    let again = later.carry_out(order("a-1", "o2")).unwrap();
    assert_eq!(path(&again), made);
    assert_ne!(fs::read(&made).unwrap(), first);
    assert_eq!(later.truth(&OrderId::from("o1")), Truth::NeverStarted, "its package is gone");
}

/// M145: half a package from a process that died is no package.
#[test]
fn what_was_interrupted_counts_for_nothing() {
    let staged = Staged::new();
    let device = staged.open();
    fs::create_dir_all(staged.packages()).unwrap();
    for name in ["a-1.tar.draft", "a-1.tar.zst"] {
        fs::write(staged.packages().join(name), "half").unwrap();
    }
    assert_eq!(device.truth(&OrderId::from("o1")), Truth::NeverStarted);
    let receipt = device.carry_out(order("a-1", "o1")).unwrap();
    assert!(fs::metadata(path(&receipt)).unwrap().len() > 100);
    assert_eq!(staged.names(), ["a-1.json", "a-1.tar.zst"]);
}

/// An order's ids come from elsewhere: none of them leads to another place.
#[test]
fn an_action_whose_id_is_no_name_is_refused() {
    let staged = Staged::new();
    for id in ["../a", "", "a/b", "a\0"] {
        let receipt = staged.open().carry_out(order(id, "o1")).unwrap();
        assert!(matches!(receipt.outcome, ReceiptOutcome::Failed { .. }), "{id:?}: {:?}", receipt.outcome);
    }
    assert!(!staged.packages().exists());
}

#[test]
fn a_device_that_is_away_gives_no_package() {
    let staged = Staged::new();
    let device = staged.open();
    fs::rename(staged.root(), staged.folder.path().join("away")).unwrap();
    let receipt = device.carry_out(order("a-1", "o1")).unwrap();
    let ReceiptOutcome::Failed { fault } = receipt.outcome else { panic!("{:?}", receipt.outcome) };
    assert_eq!(fault.code, "no_device");
}
