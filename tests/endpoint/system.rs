//! A throw-away host's service manager, as a person asks it, and everything that lies in its folders.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use assize_engine::view::Action;
use assize_tests::world;

use crate::computer::{Computer, sha256, shape, write};

/// Generous: test machines are shared.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `systemctl` says, whether it agrees or not.
pub(crate) fn systemctl(words: &[&str]) -> String {
    said("systemctl", words)
}

pub(crate) fn said(program: &str, words: &[&str]) -> String {
    let done = Command::new(program).args(words).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// Must succeed.
pub(crate) fn run(program: &str, words: &[&str]) {
    assert!(world::is_world(), "only in a throw-away world");
    let done = Command::new(program).args(words).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(done.status.success(), "{program} {words:?}: {done:?}");
}

/// Active state and enabled state.
pub(crate) fn state(unit: &str) -> (String, String) {
    (systemctl(&["is-active", unit]), systemctl(&["is-enabled", unit]))
}

pub(crate) fn unit(path: &str, text: &str) {
    write(path, text.as_bytes());
    crate::computer::age(path, 0o644);
}

/// Everything below these folders: kind, mode, owner, and for what is not a folder also its time of change and content.
pub(crate) fn tree(folders: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        let Ok(facts) = fs::symlink_metadata(&path) else { continue };
        let owner = format!("{:o} {}:{}", facts.mode(), facts.uid(), facts.gid());
        let since = format!("{}.{:09}", facts.mtime(), facts.mtime_nsec());
        let told = if facts.is_dir() {
            open.extend(fs::read_dir(&path).expect("readable").flatten().map(|entry| entry.path()));
            owner
        } else if facts.is_symlink() {
            format!("{owner} {since} {}", fs::read_link(&path).expect("readable").display())
        } else if facts.is_file() {
            format!("{owner} {since} {}", sha256(path.to_str().expect("names are text here")))
        } else {
            owner
        };
        found.insert(path, told);
    }
    found
}

pub(crate) fn wait_until(what: &str, mut true_now: impl FnMut() -> bool) {
    let start = Instant::now();
    while !true_now() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How often the service manager started this unit since it knows it.
pub(crate) fn last_start(unit: &str) -> String {
    systemctl(&["show", unit, "--property=ExecMainStartTimestampMonotonic", "--value"])
}

impl Computer {
    /// Approves these, each type as one decision, and gives what came of it.
    pub(crate) fn approve(&self, actions: &[&Action]) -> Vec<Action> {
        let mut words = vec!["action", "approve", "--group-by-type"];
        words.extend(actions.iter().map(|action| action.id.as_str()));
        shape(self.ctl.ask(&words)["results"].clone())
    }

    /// Looks, and gives the one action of this type about this path.
    pub(crate) fn found(&self, kind: &str, path: &str) -> Action {
        let found = self.investigate(&["/usr/local"]);
        let mut about = found.actions.iter().filter(|a| a.kind.code() == kind && a.target_title.contains(path));
        let first = about.next().unwrap_or_else(|| panic!("no {kind} about {path}: {:#?}", found.actions)).clone();
        assert!(about.next().is_none(), "one thing gets one action: {:#?}", found.actions);
        first
    }
}

pub(crate) fn exists(path: &str) -> bool {
    fs::symlink_metadata(Path::new(path)).is_ok()
}
