//! This computer, as it is inside a throw-away world: what is planted on it, and `assizectl` on a data folder of its own.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, process};

use assize_engine::view::{Action, Evidence, Home, Investigation};
use assize_tests::ctl::Refusal;
use assize_tests::{Ctl, world};
use serde_json::Value;

pub(crate) const DATA: &str = "/var/lib/assize-test";
/// Stands at the end of every planted program, so that its bytes can be told wherever they are.
pub(crate) const MARKER: &str = "A harmless program for a test of Assize.";

/// This computer at an automation level that its owner chose.
pub(crate) struct Computer {
    pub(crate) ctl: Ctl,
}

impl Computer {
    pub(crate) fn at(level: &str) -> Self {
        assert!(world::is_world(), "this computer is acted on only in a throw-away world");
        let computer = Self { ctl: Ctl::on(DATA) };
        computer.set_level(level);
        computer
    }

    /// The one device is this computer, and no rule takes it out of the default group.
    pub(crate) fn set_level(&self, level: &str) {
        self.ctl.ask(&["level", "choose", level]);
    }

    /// A hash on the block list; gives the indicator's id.
    pub(crate) fn block(&self, sha256: &str) -> String {
        let words = ["indicator", "add", "--sha256", sha256, "--action", "block-and-remediate", "--title", "Known bad"];
        self.ctl.ask(&words)["id"].as_str().expect("an indicator has an id").to_owned()
    }

    /// Processes, what is arranged to be started, and the files below these folders.
    pub(crate) fn investigate(&self, paths: &[&str]) -> Investigation {
        let words = ["investigate"].into_iter().chain(paths.iter().flat_map(|path| ["--path", path]));
        shape(self.ctl.ask(&words.collect::<Vec<_>>()))
    }

    pub(crate) fn list(&self, tab: &str) -> Vec<Action> {
        shape(self.ctl.ask(&["action", "list", "--tab", tab])["actions"].clone())
    }

    pub(crate) fn action(&self, action: &Action) -> Action {
        shape(self.ctl.ask(&["action", "show", action.id.as_str()]))
    }

    pub(crate) fn undo(&self, action: &Action) -> Action {
        decided(self.ctl.ask(&["action", "undo", action.id.as_str(), "--comment", "It was a mistake."]))
    }

    pub(crate) fn undo_refused(&self, action: &Action) -> Refusal {
        self.ctl.refused(&["action", "undo", action.id.as_str()])
    }

    /// The name under which decisions are recorded here.
    pub(crate) fn person(&self) -> String {
        shape::<Home>(self.ctl.ask(&["status"])).person
    }

    /// The paths of what is in quarantine.
    pub(crate) fn quarantine(&self) -> Vec<String> {
        let items = self.ctl.ask(&["quarantine", "list"]);
        let items = items["items"].as_array().expect("a list of items");
        items.iter().map(|item| item["path"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The record is unbroken and every kept copy can be read back.
    pub(crate) fn is_sound(&self) {
        assert_eq!(self.ctl.ask(&["audit", "verify"])["ok"], true);
        self.ctl.ask(&["quarantine", "verify"]);
    }
}

/// An answer in the types of the door.
pub(crate) fn shape<T: serde::de::DeserializeOwned>(answer: Value) -> T {
    serde_json::from_value(answer.clone()).unwrap_or_else(|e| panic!("not of the agreed shape ({e}): {answer:#}"))
}

fn decided(answer: Value) -> Action {
    shape::<Vec<Action>>(answer["results"].clone()).remove(0)
}

/// The action of this type about this path.
pub(crate) fn about<'a>(actions: &'a [Action], kind: &str, path: &str) -> &'a Action {
    let mut found = actions.iter().filter(|a| a.kind.code() == kind && a.target_title.contains(path));
    let first = found.next().unwrap_or_else(|| panic!("no {kind} about {path}: {actions:#?}"));
    assert!(found.next().is_none(), "one thing gets one action: {actions:#?}");
    first
}

/// The file at this path among the evidence.
pub(crate) fn evidence<'a>(investigation: &'a Investigation, path: &str) -> &'a Evidence {
    let found = investigation.evidence.iter().find(|e| e.place == path);
    found.unwrap_or_else(|| panic!("no evidence at {path}: {:#?}", investigation.evidence))
}

/// A copy of `sleep` with our marker at its end, which runs as before and has a hash of its own. Gives that hash.
pub(crate) fn plant_program(path: &str) -> String {
    let bytes = [fs::read("/bin/sleep").expect("there is a sleep").as_slice(), MARKER.as_bytes()].concat();
    write(path, &bytes);
    age(path, 0o755);
    sha256(path)
}

pub(crate) fn write(path: &str, bytes: &[u8]) {
    assert!(world::is_world(), "files are planted only in a throw-away world");
    fs::create_dir_all(Path::new(path).parent().expect("a file lies in a folder")).expect("the world is writable");
    fs::write(path, bytes).expect("the world is writable");
}

/// A mode, and a time of change long ago with all its nanoseconds.
pub(crate) fn age(path: &str, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::new(1_600_000_000, 123_456_789);
    fs::File::open(path).and_then(|file| file.set_modified(long_ago)).expect("it is ours");
}

pub(crate) fn sha256(path: &str) -> String {
    let said = process::Command::new("sha256sum").arg(path).output().expect("sha256sum starts").stdout;
    String::from_utf8(said).expect("text").split(' ').next().expect("a hash").trim_start_matches('\\').to_owned()
}

/// The EICAR test file, in pieces so that this source and the test program are not it.
pub(crate) fn test_file() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}", "$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"].concat().into_bytes()
}

/// What undo has to bring back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    bytes: Vec<u8>,
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
}

pub(crate) fn mark(path: &str) -> Mark {
    let facts = fs::symlink_metadata(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    Mark {
        bytes: fs::read(path).unwrap_or_default(),
        mode: facts.mode(),
        owner: (facts.uid(), facts.gid()),
        modified: (facts.mtime(), facts.mtime_nsec()),
    }
}

/// Every file below these folders, also with its inode: a file that was written anew with the same bytes shows.
pub(crate) fn snapshot(folders: &[&str]) -> BTreeMap<PathBuf, (u64, Mark)> {
    let mut files = BTreeMap::new();
    let mut open: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        let Ok(facts) = fs::symlink_metadata(&path) else { continue };
        if facts.is_dir() {
            open.extend(fs::read_dir(&path).expect("readable").flatten().map(|entry| entry.path()));
        } else {
            let name = path.to_str().expect("planted names are text").to_owned();
            files.insert(path, (facts.ino(), mark(&name)));
        }
    }
    files
}

/// When a process started, in the kernel's count: together with its number this is one process for ever.
pub(crate) fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let behind_name = stat.rsplit_once(')')?.1;
    behind_name.split_whitespace().nth(19).map(str::to_owned)
}

/// How many processes run this program.
pub(crate) fn running(program: &str) -> usize {
    let processes = fs::read_dir("/proc").expect("proc is there").flatten();
    let images = processes.filter_map(|entry| fs::read_link(entry.path().join("exe")).ok());
    images.filter(|image| image.to_string_lossy().starts_with(program)).count()
}
