//! Detection cases are files: what is planted, what has to be seen in it, and what may happen at which level. Each case
//! runs at every level on a device staged for it, is approved to the end and undone; then every file must be as before.
use assize_domain::{
    action::ActionStatus,
    group::{AutomationLevel, UNGROUPED},
    id::{ActionId, DeviceId},
    indicator::{IndicatorAction, IndicatorKind},
    order::Conflict,
    remedy::ActionType,
    role::Person,
    verdict::Verdict,
};
use assize_engine::{
    Engine,
    door::{
        AddDevice, AddIndicator, AddRules, ApproveActions, ChangeGroup, ListActions, ListIndicators, ListRules,
        RemoveIndicator, RemoveRules, RuleText, StartInvestigation, Tab, UndoActions,
    },
    view::{Action, Investigation},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows, in a sentence.
    about: String,
    files: Vec<Planted>,
    #[serde(default)]
    rules: Vec<RuleText>,
    #[serde(default)]
    indicators: Vec<Known>,
    verdict: Verdict,
    #[serde(default)]
    evidence: Vec<Expected>,
    #[serde(default)]
    actions: Vec<Remedy>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planted {
    path: String,
    /// In pieces, where the whole would be eaten by an antivirus on the way.
    #[serde(default)]
    text: Vec<String>,
    /// A link that leads there instead of a file.
    #[serde(default)]
    to: Option<String>,
    #[serde(default = "plain")]
    mode: String,
}

fn plain() -> String {
    "0644".into()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    kind: IndicatorKind,
    value: String,
    action: IndicatorAction,
    title: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(rename = "type")]
    kind: String,
    place: String,
    verdict: Verdict,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remedy {
    #[serde(rename = "type")]
    kind: ActionType,
    /// Part of the line that names the target.
    target: String,
    /// Where it runs by itself; at every other level it waits, at `none` it does not exist.
    by_itself_at: Vec<AutomationLevel>,
    /// Ends of paths that it changes beside its target.
    #[serde(default)]
    touches: Vec<String>,
}

struct Run {
    _folder: TempDir,
    root: PathBuf,
    engine: Engine,
    person: Person,
    device: DeviceId,
}

macro_rules! ask {
    ($run:expr, $request:expr) => {
        $run.engine.ask(&$run.person, $request).expect("the door answers")
    };
}

#[test]
fn every_case_is_seen_treated_and_undone_as_it_says() {
    let mut names = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/detection")).expect("the cases") {
        let path = entry.expect("a case").path();
        let name = path.file_name().expect("a case has a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a case is text");
        let case: Case = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!case.about.is_empty(), "{name} says what it shows");
        // Each level has a device of its own, so they can run beside each other.
        std::thread::scope(|threads| {
            for level in AutomationLevel::ALL {
                let (case, name) = (&case, format!("{name} at {}", level.code()));
                threads.spawn(move || check(case, level, &name));
            }
        });
        names.push(name);
    }
    assert!(names.len() >= 10, "the cases are there: {names:?}");
}

fn check(case: &Case, level: AutomationLevel, name: &str) {
    let run = Run::of(case, level);
    let before = marks(&run.root);
    let found = run.investigate();
    assert_eq!(found.verdict, case.verdict, "{name}: {:#?}", flagged(&found));
    for e in &case.evidence {
        // Several lines of one crontab lie in one place: the worst of them is meant.
        let here = found.evidence.iter().filter(|i| i.entity.kind().code() == e.kind && i.place == e.place);
        let item = here.max_by_key(|i| i.verdict);
        let item = item.unwrap_or_else(|| panic!("{name}: {} {} is not seen: {:#?}", e.kind, e.place, flagged(&found)));
        assert_eq!(item.verdict, e.verdict, "{name}: {}: {:?}", e.place, item.reasons);
        assert!(!item.reasons.is_empty(), "{name}: {}: a verdict has its reasons", e.place);
    }
    let expected: Vec<_> = case.evidence.iter().filter(|e| e.verdict.is_bad()).map(|e| e.place.clone()).collect();
    let surplus: Vec<_> = flagged(&found).into_iter().filter(|f| !expected.iter().any(|e| f.contains(e))).collect();
    assert!(surplus.is_empty(), "{name}: flagged, and innocent: {surplus:#?}");

    if level == AutomationLevel::None {
        assert!(found.actions.is_empty(), "{name}: {:?}", found.actions);
        assert_eq!(marks(&run.root), before, "{name}: nothing is touched");
        return;
    }
    assert_eq!(found.actions.len(), case.actions.len(), "{name}: {:#?}", titles(&found.actions));
    for remedy in &case.actions {
        let action = found.actions.iter().find(|a| a.kind == remedy.kind && a.target_title.contains(&remedy.target));
        let action = action.unwrap_or_else(|| panic!("{name}: no {remedy:?} in {:#?}", titles(&found.actions)));
        let wanted =
            if remedy.by_itself_at.contains(&level) { ActionStatus::Completed } else { ActionStatus::PendingApproval };
        assert_eq!(action.status, wanted, "{name}: {}: {:?}", action.target_title, action.result);
    }
    if found.actions.iter().all(|a| a.status == ActionStatus::PendingApproval) {
        assert_eq!(marks(&run.root), before, "{name}: what waits is untouched");
    }

    run.approve_everything(name);
    let touched: Vec<_> = differences(&before, &marks(&run.root));
    for path in &touched {
        let named = |r: &Remedy| {
            path.ends_with(&r.target)
                || r.target.starts_with(path.as_str())
                || r.touches.iter().any(|part| path.ends_with(part.as_str()))
        };
        assert!(case.actions.iter().any(named), "{name}: {path} was changed, and no action names it");
    }
    for part in case.actions.iter().flat_map(|r| &r.touches) {
        assert!(touched.iter().any(|path| path.ends_with(part.as_str())), "{name}: {part} was not changed");
    }
    run.forget_what_we_told();
    run.undo_everything(name);
    assert_eq!(differences(&before, &marks(&run.root)), Vec::<String>::new(), "{name}: everything is back");
}

impl Run {
    fn of(case: &Case, level: AutomationLevel) -> Self {
        let folder = TempDir::new().expect("a folder");
        let root = folder.path().join("device");
        for (path, text) in [("etc/os-release", "ID=debian\n"), ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n")] {
            plant(&root.join(path), text, 0o644);
        }
        for file in &case.files {
            if let Some(to) = &file.to {
                let link = root.join(file.path.trim_start_matches('/'));
                fs::create_dir_all(link.parent().expect("a link lies in a folder")).expect("folders can be made");
                std::os::unix::fs::symlink(to, link).expect("links can be made");
                continue;
            }
            let mode = u32::from_str_radix(&file.mode, 8).expect("an octal mode");
            plant(&root.join(file.path.trim_start_matches('/')), &file.text.concat(), mode);
        }
        let engine = Engine::open(&folder.path().join("data"), assize_agent::open).expect("the engine opens");
        let person = engine.person();
        let added = AddDevice { name: "case".into(), root: Some(root.display().to_string()), os: None };
        let device = engine.ask(&person, added).expect("the device is added").id;
        let run = Self { _folder: folder, root, engine, person, device };
        let group = UNGROUPED.to_owned();
        ask!(run, ChangeGroup { group, level: Some(level), rules: None, description: None, reason: None });
        let added = ask!(run, AddRules { files: case.rules.clone() });
        assert!(added.failed.is_empty(), "{:?}", added.failed);
        for known in &case.indicators {
            let (kind, value, action) = (known.kind, known.value.clone(), known.action);
            ask!(run, AddIndicator { kind, value, action, title: known.title.clone(), expires_at: None, group: None });
        }
        run
    }

    fn investigate(&self) -> Investigation {
        let request = StartInvestigation {
            device: Some(self.device.clone()),
            paths: Vec::new(),
            full: false,
            comment: "A case.".into(),
        };
        let started = ask!(self, request);
        self.engine.settle_investigation(&started.id).expect("it comes to rest")
    }

    fn approve_everything(&self, name: &str) {
        let ids = self.ids(Some(Tab::Pending));
        if ids.is_empty() {
            return;
        }
        let decision = ask!(self, ApproveActions { ids: ids.clone(), comment: None, group_by_type: true });
        assert!(decision.refused.is_empty(), "{name}: {:?}", decision.refused);
        for action in self.engine.settle_actions(&ids).expect("they end") {
            assert_eq!(action.status, ActionStatus::Completed, "{name}: {}: {:?}", action.target_title, action.result);
        }
    }

    /// The last one done first, as a person would.
    fn undo_everything(&self, name: &str) {
        let mut done = ask!(self, ListActions { limit: 500, ..ListActions::default() }).actions;
        done.sort_by_key(|a| std::cmp::Reverse(a.finished_at));
        for action in done {
            let ids = vec![action.id];
            let decision = ask!(
                self,
                UndoActions {
                    ids: ids.clone(),
                    reason: None,
                    conflict: Conflict::Stop,
                    instances: false,
                    allow_days: None
                }
            );
            assert!(decision.refused.is_empty(), "{name}: {:?}", decision.refused);
            let after = self.engine.settle_actions(&ids).expect("it ends");
            assert_eq!(
                after[0].status,
                ActionStatus::Undone,
                "{name}: {}: {:?}",
                after[0].target_title,
                after[0].result
            );
        }
    }

    fn forget_what_we_told(&self) {
        for indicator in ask!(self, ListIndicators {}).indicators {
            ask!(self, RemoveIndicator { id: indicator.id });
        }
        for pack in ask!(self, ListRules {}).rules {
            ask!(self, RemoveRules { id: pack.id });
        }
    }

    fn ids(&self, tab: Option<Tab>) -> Vec<ActionId> {
        let page = ask!(self, ListActions { tab, limit: 500, ..ListActions::default() });
        page.actions.into_iter().map(|a| a.id).collect()
    }
}

fn plant(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("folders can be made");
    fs::write(path, text).expect("files can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("modes can be set");
    // Long ago, so that restoring the time can be seen.
    let then = SystemTime::UNIX_EPOCH + Duration::new(1_500_000_000, 987_654_321);
    fs::File::open(path).and_then(|file| file.set_modified(then)).expect("times can be set");
}

/// Bytes, mode and time of change of every file below a folder.
type Marks = BTreeMap<String, (Vec<u8>, u32, SystemTime)>;

fn marks(root: &Path) -> Marks {
    let mut all = Marks::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("an entry").path();
            let facts = fs::symlink_metadata(&path).expect("facts");
            if facts.is_dir() {
                folders.push(path);
                continue;
            }
            let name = format!("/{}", path.strip_prefix(root).expect("below").display());
            let bytes = match facts.is_symlink() {
                true => fs::read_link(&path).expect("a link can be read").into_os_string().into_encoded_bytes(),
                false => fs::read(&path).expect("a file can be read"),
            };
            all.insert(name, (bytes, facts.permissions().mode(), facts.modified().expect("a time")));
        }
    }
    all
}

fn differences(before: &Marks, after: &Marks) -> Vec<String> {
    let all: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

fn flagged(found: &Investigation) -> Vec<String> {
    let line = |e: &assize_engine::view::Evidence| {
        let why: Vec<&str> = e.reasons.iter().map(|r| r.text.as_str()).collect();
        format!("{} {} {}: {}", e.verdict.code(), e.entity.kind().code(), e.place, why.join(" "))
    };
    found.evidence.iter().filter(|e| e.verdict.is_bad()).map(line).collect()
}

fn titles(actions: &[Action]) -> Vec<String> {
    actions.iter().map(|a| format!("{} {} {}", a.kind.code(), a.status.code(), a.target_title)).collect()
}
