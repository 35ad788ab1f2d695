//! A folder that stands for a computer, and the engine that looks after it.
use assize_domain::{
    action::ActionStatus,
    group::{AutomationLevel, UNGROUPED},
    id::{ActionId, DeviceId},
    indicator::{IndicatorAction, IndicatorKind},
    order::{Conflict, Fault},
    role::Person,
    time::{Span, Stamp},
};
use assize_engine::{
    Engine, OpenDevice,
    door::{
        AddDevice, AddIndicator, ApproveActions, ChangeGroup, ListActions, RejectActions, ShowAction,
        StartInvestigation, Tab, UndoActions,
    },
    view::{Action, ActionDetail, Decision, Evidence, Investigation},
};
use assize_tests::Ctl;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};
use tempfile::TempDir;

/// Stands for a program that is on the block list.
pub(crate) const BAD: &str = "This text stands for a program that is on the block list.\n";
pub(crate) const BAD_SHA256: &str = "cf3dd09da7048f17d1d736145e70e478599c8607d7e81027b90c65678f79c0be";

/// Stands for a program that is on the warn list.
pub(crate) const ODD: &str = "This text stands for a program that is on the warn list.\n";
const ODD_SHA256: &str = "774f12f1cd8713912bec46ef56bd20c238ea6db4ca439d55a7f931617c004d69";

/// A place in a folder for temporary files, one in a core folder of the system, one in neither.
pub(crate) const TEMP: &str = "/tmp/parcel";
pub(crate) const CORE: &str = "/usr/bin/parcel";
pub(crate) const OTHER: &str = "/srv/goods/parcel";

/// Ask at the door; a refusal fails the test.
macro_rules! ask {
    ($home:expr, $request:expr) => {
        match $home.engine.ask(&$home.person, $request) {
            Ok(answer) => answer,
            Err(fault) => panic!("refused ({}): {} {}", fault.code, fault.message, fault.hint),
        }
    };
}
pub(crate) use ask;

/// A data folder with an engine on it, and room for staged devices beside it.
pub(crate) struct Home {
    folder: TempDir,
    pub(crate) engine: Engine,
    pub(crate) person: Person,
    /// How far this home's clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Home {
    /// Nobody has chosen a level yet.
    pub(crate) fn new() -> Self {
        Self::opening(assize_agent::open)
    }

    /// With devices that are opened in another way.
    pub(crate) fn opening(open: impl OpenDevice) -> Self {
        let folder = TempDir::new().unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = move || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            Stamp(i64::try_from(since.as_millis()).unwrap() + offset.load(Ordering::SeqCst))
        };
        let engine = Engine::open_with_clock(&folder.path().join("data"), open, Arc::new(clock)).unwrap();
        let person = engine.person();
        Self { folder, engine, person, ahead }
    }

    pub(crate) fn at(level: AutomationLevel) -> Self {
        let home = Self::new();
        home.set_level(UNGROUPED, level);
        home.know(BAD_SHA256, IndicatorAction::BlockAndRemediate, "Known bad");
        home.know(ODD_SHA256, IndicatorAction::Warn, "Known odd");
        home
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The command line on the same data folder.
    pub(crate) fn ctl(&self) -> Ctl {
        Ctl::on(self.data())
    }

    pub(crate) fn set_level(&self, group: &str, level: AutomationLevel) {
        let request =
            ChangeGroup { group: group.into(), level: Some(level), rules: None, description: None, reason: None };
        ask!(self, request);
    }

    pub(crate) fn know(&self, sha256: &str, action: IndicatorAction, title: &str) -> String {
        let request = AddIndicator {
            kind: IndicatorKind::Sha256,
            value: sha256.into(),
            action,
            title: title.into(),
            expires_at: None,
            group: None,
        };
        ask!(self, request).id.0
    }

    pub(crate) fn device(&self, name: &str) -> Staged<'_> {
        let root = self.folder.path().join(name);
        for (path, text) in [
            ("etc/os-release", "ID=debian\nPRETTY_NAME=\"A staged computer\"\n"),
            ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n"),
            ("var/lib/dpkg/status", ""),
        ] {
            write(&root.join(path), text);
        }
        let added =
            ask!(self, AddDevice { name: name.into(), root: Some(root.to_str().unwrap().to_owned()), os: None });
        Staged { home: self, id: added.id, root }
    }

    /// Time passes on this home's clock.
    pub(crate) fn pass(&self, span: Span) {
        self.ahead.fetch_add(span.0, Ordering::SeqCst);
    }

    pub(crate) fn tab(&self, tab: Tab) -> Vec<Action> {
        ask!(self, ListActions { tab: Some(tab), ..ListActions::default() }).actions
    }

    pub(crate) fn action(&self, id: &ActionId) -> ActionDetail {
        ask!(self, ShowAction { id: id.clone() })
    }

    /// Approves and waits for the end.
    pub(crate) fn approve(&self, id: &ActionId) -> Action {
        let request =
            ApproveActions { ids: vec![id.clone()], comment: Some("It has to go.".into()), group_by_type: false };
        self.ended(&ask!(self, request))
    }

    pub(crate) fn reject(&self, id: &ActionId) -> Action {
        let request =
            RejectActions { ids: vec![id.clone()], comment: Some("We know it.".into()), group_by_type: false };
        self.ended(&ask!(self, request))
    }

    pub(crate) fn undo(&self, id: &ActionId, conflict: Conflict) -> Action {
        let request = UndoActions {
            ids: vec![id.clone()],
            reason: Some("It was a mistake.".into()),
            conflict,
            instances: false,
            allow_days: None,
        };
        self.ended(&ask!(self, request))
    }

    /// Why an undo is refused.
    pub(crate) fn undo_refused(&self, id: &ActionId) -> Fault {
        let request = UndoActions {
            ids: vec![id.clone()],
            reason: None,
            conflict: Conflict::Stop,
            instances: false,
            allow_days: None,
        };
        let decision = ask!(self, request);
        decision.refused.into_iter().next().expect("the undo is refused").fault
    }

    fn ended(&self, decision: &Decision) -> Action {
        assert!(decision.refused.is_empty(), "refused: {:?}", decision.refused);
        let ids: Vec<ActionId> = decision.results.iter().map(|a| a.id.clone()).collect();
        self.engine.settle_actions(&ids).unwrap().remove(0)
    }
}

/// A staged device.
pub(crate) struct Staged<'a> {
    home: &'a Home,
    pub(crate) id: DeviceId,
    root: PathBuf,
}

impl Staged<'_> {
    /// Where a file of the device lies on the machine this runs on.
    pub(crate) fn real(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    pub(crate) fn plant(&self, path: &str, text: &str) {
        write(&self.real(path), text);
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.real(path).symlink_metadata().is_ok()
    }

    /// A look at everything, until it rests.
    pub(crate) fn investigate(&self) -> Investigation {
        let request = StartInvestigation {
            device: Some(self.id.clone()),
            paths: Vec::new(),
            full: true,
            comment: "A look at everything.".into(),
        };
        let started = ask!(self.home, request);
        self.home.engine.settle_investigation(&started.id).unwrap()
    }

    /// Investigates and gives the one action that is about this file.
    pub(crate) fn action_about(&self, path: &str) -> Action {
        let found = self.investigate();
        about(&found, path).unwrap_or_else(|| panic!("no action about {path}: {:#?}", found.evidence)).clone()
    }
}

/// The action of an investigation that is about this file.
pub(crate) fn about<'a>(investigation: &'a Investigation, path: &str) -> Option<&'a Action> {
    let mut found = investigation.actions.iter().filter(|a| a.target_title == path);
    let first = found.next();
    assert!(found.next().is_none(), "several actions about {path}: {:#?}", investigation.actions);
    first
}

/// The evidence of an investigation that lies here.
pub(crate) fn evidence<'a>(investigation: &'a Investigation, path: &str) -> &'a Evidence {
    let found = investigation.evidence.iter().find(|e| e.place == path);
    found.unwrap_or_else(|| panic!("no evidence at {path}: {:#?}", investigation.evidence))
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What undo has to bring back: bytes, permissions and the time of change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    bytes: Vec<u8>,
    mode: u32,
    modified: SystemTime,
}

pub(crate) fn mark(path: &Path) -> Mark {
    let facts = fs::symlink_metadata(path).unwrap();
    Mark { bytes: fs::read(path).unwrap(), mode: facts.permissions().mode(), modified: facts.modified().unwrap() }
}

/// Gives a file a mode and an old time of change, so that restoring them can be seen.
pub(crate) fn age(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::new(1_600_000_000, 123_456_789);
    fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
}

/// Waits until something is true that another thread or process brings about.
pub(crate) fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < Duration::from_secs(30), "never came about: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn statuses(actions: &[Action]) -> Vec<ActionStatus> {
    actions.iter().map(|a| a.status).collect()
}
