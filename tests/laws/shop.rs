//! A data folder with one staged device, and files on it that each wait for a decision.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use assize_domain::group::{AutomationLevel, UNGROUPED};
use assize_domain::id::{ActionId, DeviceId};
use assize_domain::indicator::{IndicatorAction, IndicatorKind};
use assize_domain::order::Fault;
use assize_domain::role::Person;
use assize_engine::Engine;
use assize_engine::door::{
    AddDevice, AddIndicator, ChangeGroup, ListQuarantine, ShowAction, StartInvestigation, VerifyAudit, VerifyQuarantine,
};
use assize_engine::view::{Action, Decision, QuarantineItem};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub(crate) const FOLDER: &str = "srv/goods";

pub(crate) struct Shop {
    pub(crate) engine: Engine,
    pub(crate) person: Person,
    device: DeviceId,
    root: PathBuf,
    _folder: TempDir,
}

/// Ask at the door; a refusal fails the test.
macro_rules! ask {
    ($shop:expr, $request:expr) => {
        match $shop.engine.ask(&$shop.person, $request) {
            Ok(answer) => answer,
            Err(fault) => panic!("refused ({}): {} {}", fault.code, fault.message, fault.hint),
        }
    };
}
pub(crate) use ask;

impl Shop {
    pub(crate) fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let root = folder.path().join("shop");
        fs::create_dir_all(root.join(FOLDER)).expect("a folder");
        let engine = Engine::open(&folder.path().join("data"), assize_agent::open).expect("a new data folder");
        let person = engine.person();
        let mut shop = Self { engine, person, device: DeviceId(String::new()), root, _folder: folder };
        let level = Some(AutomationLevel::SemiAll);
        ask!(shop, ChangeGroup { group: UNGROUPED.into(), level, rules: None, description: None, reason: None });
        let root = shop.root.to_str().expect("text").to_owned();
        shop.device = ask!(shop, AddDevice { name: "shop".into(), root: Some(root), os: None }).id;
        shop
    }

    /// Where a file of the goods lies on the machine this runs on.
    pub(crate) fn place(&self, name: &[u8]) -> PathBuf {
        self.root.join(FOLDER).join(OsString::from_vec(name.to_vec()))
    }

    /// Puts what has these contents on the warn list, looks around, and gives what waits for a decision.
    pub(crate) fn waiting(&self, contents: &[&[u8]]) -> Vec<Action> {
        for content in contents {
            let request = AddIndicator {
                kind: IndicatorKind::Sha256,
                value: sha256(content),
                action: IndicatorAction::Warn,
                title: "Known odd".into(),
                expires_at: None,
                group: None,
            };
            ask!(self, request);
        }
        let request = StartInvestigation {
            device: Some(self.device.clone()),
            paths: vec![format!("/{FOLDER}")],
            full: false,
            comment: "A look at the goods.".into(),
        };
        let id = ask!(self, request).id;
        self.engine.settle_investigation(&id).expect("it rests").actions
    }

    /// A decision, carried out as far as it can be. A refused one leaves the row as it was.
    pub(crate) fn decide(&self, id: &ActionId, decision: Result<Decision, Fault>) -> Action {
        assert!(decision.is_ok_and(|d| d.results.len() == 1), "each item keeps its own result");
        self.engine.settle_actions(std::slice::from_ref(id)).expect("it rests").remove(0)
    }

    pub(crate) fn action(&self, id: &ActionId) -> Action {
        ask!(self, ShowAction { id: id.clone() }).action
    }

    pub(crate) fn kept(&self) -> Vec<QuarantineItem> {
        ask!(self, ListQuarantine {}).items
    }

    /// The contents of all goods, whatever they are called.
    pub(crate) fn goods(&self) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(self.root.join(FOLDER)).expect("it is there").flatten();
        entries.map(|entry| fs::read(entry.path()).expect("readable")).collect()
    }

    /// The record is unbroken, and every kept copy can be read back.
    pub(crate) fn is_sound(&self) {
        assert_eq!(ask!(self, VerifyAudit {}).first_broken, None);
        assert!(ask!(self, VerifyQuarantine {}).damaged.is_empty());
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
