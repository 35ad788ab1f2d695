//! Antivirus scans: our own engine and ClamAV's daemon, as an action of their own (M48, M53, M60, M76, M121).
use crate::{
    package::wish,
    staged::{Home, OTHER, Staged, TEMP, age, ask, evidence, mark, until},
};
use assize_agent::{Antivirus, LocalDevice, Where};
use assize_domain::{
    action::{ActionStatus, Source},
    group::{AutomationLevel, DeviceKind, UNGROUPED},
    id::ActionId,
    investigation::InvestigationStatus,
    order::Conflict,
    remedy::ActionType,
    verdict::{FindingSource, Verdict, Weight},
};
use assize_engine::{
    Engine,
    door::{
        CancelActions, ListActions, ListInvestigations, RunAction, RunScope, ShowIncident, ShowInvestigation,
        StopInvestigation, Tab,
    },
    view::{Action, Investigation},
};
use std::{
    ffi::OsString,
    fs,
    io::{Read, Write},
    os::unix::{
        ffi::OsStringExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tempfile::TempDir;

/// The test file that every scanner knows, turned round so that this source is not found itself.
fn eicar() -> String {
    "*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X".chars().rev().collect()
}

/// Stands for what only the antivirus program knows.
const KNOWN: &str = "This text stands for a program that only the antivirus program knows.\n";
/// Stands for what makes the antivirus program stumble.
const ODD: &str = "This text stands for a file that the antivirus program stumbles over.\n";

/// Speaks as clamd does, at a socket of its own; holds every answer back while it is told to.
struct StandIn {
    folder: TempDir,
    holds: Arc<AtomicBool>,
    ends: Arc<AtomicBool>,
}

impl StandIn {
    fn new() -> Self {
        let stand_in = Self { folder: TempDir::new().unwrap(), holds: Arc::default(), ends: Arc::default() };
        let listener = UnixListener::bind(stand_in.socket()).unwrap();
        let (holds, ends) = (Arc::clone(&stand_in.holds), Arc::clone(&stand_in.ends));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (holds, ends) = (Arc::clone(&holds), Arc::clone(&ends));
                std::thread::spawn(move || answer(stream.unwrap(), &holds, &ends));
            }
        });
        stand_in
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.ctl")
    }

    fn hold(&self, holds: bool) {
        self.holds.store(holds, Ordering::SeqCst);
    }

    fn home(&self, level: AutomationLevel) -> Home {
        asking(self.socket(), level)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(self.socket());
    }
}

/// Scans of this home ask the daemon at that socket.
fn asking(socket: PathBuf, level: AutomationLevel) -> Home {
    let home = Home::opening(move |device: &assize_domain::group::Device, data: &Path| {
        let DeviceKind::Staged { root } = &device.kind else { return assize_agent::open(device, data) };
        let root = PathBuf::from(OsString::from_vec(root.to_bytes()));
        let state = data.join("devices").join(device.id.as_str());
        let opened = LocalDevice::open(Where::Staged(root), &state, vec![data.to_owned()])?;
        Ok(Arc::new(opened.asking(Antivirus::at(socket.clone()))))
    });
    home.set_level(UNGROUPED, level);
    home
}

fn answer(mut stream: UnixStream, holds: &AtomicBool, ends: &AtomicBool) {
    let mut command = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).unwrap_or(0) == 1 && byte[0] != 0 {
        command.push(byte[0]);
    }
    let mut content = Vec::new();
    if command == b"zINSTREAM" {
        let Ok(()) = take(&mut stream, &mut content) else { return };
        while holds.load(Ordering::SeqCst) && !ends.load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
    let said = match (command.as_slice(), content.as_slice()) {
        (b"zPING", _) => "PONG",
        (b"zVERSION", _) => "ClamAV 1.4.3/27500/Mon Nov 23 08:00:00 2026",
        (_, c) if c == KNOWN.as_bytes() => "stream: Unix.Trojan.Example-1 FOUND",
        (_, c) if c == ODD.as_bytes() => "stream: Can't allocate memory ERROR",
        _ => "stream: OK",
    };
    let _ = stream.write_all(format!("{said}\0").as_bytes());
}

/// Pieces, each with its length before it, up to an empty one.
fn take(stream: &mut UnixStream, content: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 {
            return Ok(());
        }
        let start = content.len();
        content.resize(start + length, 0);
        stream.read_exact(&mut content[start..])?;
    }
}

fn start(home: &Home, device: &Staged<'_>, scope: RunScope) -> Action {
    ask!(home, RunAction { scope: Some(scope), ..wish(ActionType::RunAntivirusScan, &device.id) })
}

fn settled(home: &Home, id: &ActionId) -> Action {
    home.engine.settle_actions(std::slice::from_ref(id)).unwrap().remove(0)
}

fn scanned(home: &Home, device: &Staged<'_>) -> (Action, Investigation) {
    let action = start(home, device, RunScope::Full);
    assert_eq!(action.status, ActionStatus::Queued, "it shows at once");
    let done = settled(home, &action.id);
    let id = done.investigation_id.clone().expect("it belongs to an investigation");
    let found = ask!(home, ShowInvestigation { id: id.clone() });
    assert_eq!(found.trigger, "scan");
    // What was found and decided is carried out too.
    let ids: Vec<ActionId> = found.actions.iter().map(|a| a.id.clone()).filter(|a| *a != done.id).collect();
    home.engine.settle_actions(&ids).unwrap();
    (done, ask!(home, ShowInvestigation { id }))
}

fn treating<'a>(found: &'a Investigation, path: &str) -> &'a Action {
    let about = found.actions.iter().find(|a| a.target_title == path);
    about.unwrap_or_else(|| panic!("nothing about {path}: {:#?}", found.actions))
}

/// M76, M48, M53, M121: what a scan finds is decided by the level like anything else, kept, and comes back exactly.
#[test]
fn what_a_scan_leads_to_is_of_the_antivirus_and_is_undone_like_the_rest() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant("/home/ann/Downloads/test.com", &eicar());
    age(&device.real("/home/ann/Downloads/test.com"), 0o640);
    let before = mark(&device.real("/home/ann/Downloads/test.com"));
    let (scan, found) = scanned(&home, &device);
    assert_eq!(scan.status, ActionStatus::Completed, "{:?}", scan.result);
    let said = scan.outcome.as_ref().unwrap();
    assert!(said.ends_with("files read, 1 threat: test.com."), "{said}");
    assert_eq!(scan.source, Source::ManualResponse, "a person asked for the scan itself");
    assert!(!scan.undo.possible);
    assert!(scan.undo.reason.as_ref().unwrap().contains("changed nothing"), "{:?}", scan.undo);

    let done = treating(&found, "/home/ann/Downloads/test.com");
    assert_eq!((done.status, done.source), (ActionStatus::Completed, Source::Antivirus), "{:?}", done.result);
    assert_eq!(done.decided_by.as_deref(), Some("automation"));
    assert!(!device.has("/home/ann/Downloads/test.com"));
    let incident = ask!(home, ShowIncident { id: found.incident_id.clone().unwrap() });
    assert_eq!(incident.alerts_list[0].detection_source, "Antivirus");
    let listed =
        ask!(home, ListActions { tab: Some(Tab::History), source: vec![Source::Antivirus], ..ListActions::default() });
    assert_eq!(listed.actions.iter().map(|a| &a.id).collect::<Vec<_>>(), [&done.id], "one history for all sources");

    let undone = home.undo(&done.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert_eq!(mark(&device.real("/home/ann/Downloads/test.com")), before);
}

/// M76: at a level that asks, a person decides about it.
#[test]
fn a_scan_asks_where_the_level_asks() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, &eicar());
    let (_, found) = scanned(&home, &device);
    let waits = treating(&found, TEMP);
    assert_eq!((waits.status, waits.source), (ActionStatus::PendingApproval, Source::Antivirus));
    assert!(device.has(TEMP));
    let done = home.approve(&waits.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    let undone = home.undo(&done.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert_eq!(fs::read_to_string(device.real(TEMP)).unwrap(), eicar());
}

/// M121, M76: ClamAV's own words, and what it cannot say is unknown and never acts.
#[test]
fn the_antivirus_program_is_asked_where_there_is_one() {
    let clamd = StandIn::new();
    let home = clamd.home(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(OTHER, KNOWN);
    device.plant(TEMP, ODD);
    let before = mark(&device.real(OTHER));
    let (scan, found) = scanned(&home, &device);
    assert_eq!(scan.status, ActionStatus::Completed, "{:?}", scan.result);
    assert!(scan.outcome.as_ref().unwrap().contains("1 threat: parcel"), "{:?}", scan.outcome);
    let after = home.action(&scan.id).after;
    assert!(after.iter().any(|l| l.contains("ClamAV 1.4.3") && l.contains("not judged by it")), "{after:?}");

    let known = evidence(&found, OTHER);
    assert_eq!(known.verdict, Verdict::Malicious);
    let reason = known.reasons.iter().find(|r| r.source == FindingSource::Antivirus).unwrap();
    assert_eq!((reason.weight, reason.rule.as_deref()), (Weight::Bad, Some("Unix.Trojan.Example-1")));
    assert_eq!(reason.author.as_deref(), Some("ClamAV"));
    let done = treating(&found, OTHER);
    assert_eq!((done.status, done.source), (ActionStatus::Completed, Source::Antivirus), "{:?}", done.result);
    assert!(!found.actions.iter().any(|a| a.target_title == TEMP), "unknown never acts");
    assert!(device.has(TEMP));

    let undone = home.undo(&done.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert_eq!(mark(&device.real(OTHER)), before);
    assert!(device.investigate().actions.is_empty(), "an investigation asks only our own engine");
}

/// M121: without one our own engine looks alone and says so; the command line prints the result.
#[test]
fn a_machine_without_an_antivirus_program_says_so() {
    let home = asking("/nowhere/clamd.ctl".into(), AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, "hello");
    let (scan, found) = scanned(&home, &device);
    assert_eq!(scan.status, ActionStatus::Completed, "{:?}", scan.result);
    assert!(scan.outcome.as_ref().unwrap().contains("no threats"), "{:?}", scan.outcome);
    assert!(found.log.iter().any(|row| row.text.contains("No antivirus program is installed here")), "{:?}", found.log);

    let words = ["action", "run", "run_antivirus_scan", "--device", "shop", "--scope", "quick", "--comment", "To see."];
    let answer = home.ctl().ask(&words);
    assert_eq!((&answer["status"], &answer["source"]), (&"completed".into(), &"command_line".into()));
    assert!(answer["outcome"].as_str().unwrap().contains("1 file read"), "{answer}");
}

/// M60, T20: it shows at once how far it is, also to another process, and ends when somebody stops it.
#[test]
fn a_running_scan_is_seen_and_stopped() {
    let clamd = StandIn::new();
    let home = clamd.home(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(OTHER, KNOWN);
    for n in 0..20 {
        device.plant(&format!("/srv/goods/{n}"), &format!("{n}"));
    }
    clamd.hold(true);
    home.engine.drive_in_background().unwrap();
    let scan = start(&home, &device, RunScope::Full);
    let listed = || {
        let page = ask!(home, ListActions { tab: Some(Tab::History), ..ListActions::default() });
        page.actions.into_iter().find(|a| a.id == scan.id).expect("it is listed at once")
    };
    until("it tells how far it is", || listed().progress.is_some_and(|p| p.contains("files so far")));
    assert_eq!(listed().status, ActionStatus::Running);
    let other = home.ctl();
    until("another process sees it too", || {
        let page = other.ask(&["action", "list"]);
        page["actions"][0]["progress"].as_str().is_some_and(|p| p.contains("files so far"))
    });

    let cancelled = ask!(home, CancelActions { ids: vec![scan.id.clone()], comment: Some("Later.".into()) });
    assert!(cancelled.refused.is_empty(), "{:?}", cancelled.refused);
    assert_eq!(cancelled.results[0].status, ActionStatus::Cancelled);
    let id = listed().investigation_id.unwrap();
    assert_eq!(ask!(home, ShowInvestigation { id: id.clone() }).state, InvestigationStatus::TerminatedUser);
    clamd.hold(false);
    until("the device stops looking", || home.engine.progress().is_none());
    assert!(device.has(OTHER), "what it had seen is not acted on");
    assert!(ask!(home, ShowInvestigation { id }).evidence.is_empty());
    assert_eq!(listed().status, ActionStatus::Cancelled);
}

/// M60: whoever asks for the same, or for less, while it runs waits for the same look.
#[test]
fn a_scan_of_less_joins_one_of_more() {
    let clamd = StandIn::new();
    let home = clamd.home(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, KNOWN);
    clamd.hold(true);
    home.engine.drive_in_background().unwrap();
    let full = start(&home, &device, RunScope::Full);
    until("it runs", || home.action(&full.id).action.progress.is_some());
    assert_eq!(start(&home, &device, RunScope::Full).id, full.id, "the same again is the same");
    let quick = start(&home, &device, RunScope::Quick);
    until("the second runs too", || home.action(&quick.id).action.status == ActionStatus::Running);
    let investigation = |id: &ActionId| home.action(id).action.investigation_id.unwrap();
    assert_eq!(investigation(&quick.id), investigation(&full.id));
    // One that is cancelled does not take the look away from the other.
    ask!(home, CancelActions { ids: vec![quick.id.clone()], comment: None });
    clamd.hold(false);
    let done = settled(&home, &full.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    assert_eq!(home.action(&quick.id).action.status, ActionStatus::Cancelled);
    assert_eq!(
        ask!(
            home,
            ListInvestigations { status: vec![], device: None, text: None, limit: 0, after: None, snapshot: None }
        )
        .investigations
        .len(),
        1
    );
}

/// M60: stopping its investigation cancels the scan.
#[test]
fn a_scan_ends_with_its_investigation() {
    let clamd = StandIn::new();
    let home = clamd.home(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, KNOWN);
    clamd.hold(true);
    home.engine.drive_in_background().unwrap();
    let scan = start(&home, &device, RunScope::Quick);
    until("it runs", || home.action(&scan.id).action.progress.is_some());
    let id = home.action(&scan.id).action.investigation_id.unwrap();
    ask!(home, StopInvestigation { id, comment: "Not now.".into() });
    assert_eq!(home.action(&scan.id).action.status, ActionStatus::Cancelled);
    clamd.hold(false);
    until("the device stops looking", || home.engine.progress().is_none());
}

/// M145: a scan whose process died looks again from the start, once.
#[test]
fn a_scan_that_lost_its_process_looks_again() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, &eicar());
    let scan = start(&home, &device, RunScope::Quick);
    home.engine.drive_what_is_due().unwrap();
    assert_eq!(home.action(&scan.id).action.status, ActionStatus::Running, "begun, and nobody looks");
    let later = Engine::open(&home.data(), assize_agent::open).unwrap();
    let done = later.settle_actions(std::slice::from_ref(&scan.id)).unwrap().remove(0);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    assert!(done.outcome.as_ref().unwrap().contains("1 threat"), "{:?}", done.outcome);
    let pending = home.tab(Tab::Pending);
    assert_eq!(pending.len(), 1, "found once: {pending:#?}");
}

/// ClamAV's own daemon, with a list of our own that knows one content.
struct Clamd {
    folder: TempDir,
    child: Child,
}

impl Clamd {
    fn start(program: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("known")).unwrap();
        let md5 = Command::new("md5sum").stdin(file_of(&path("content"), KNOWN)).output().unwrap();
        let md5 = String::from_utf8(md5.stdout).unwrap()[..32].to_owned();
        fs::write(path("known/own.hdb"), format!("{md5}:{}:Example.Known\n", KNOWN.len())).unwrap();
        let settings = format!(
            "LocalSocket {}\nDatabaseDirectory {}\nForeground yes\nTemporaryDirectory {}\n",
            path("clamd.ctl").display(),
            path("known").display(),
            folder.path().display()
        );
        fs::write(path("clamd.conf"), settings).unwrap();
        let child = Command::new(program)
            .arg("-c")
            .arg(path("clamd.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let clamd = Self { folder, child };
        until("clamd listens", || UnixStream::connect(clamd.socket()).is_ok());
        clamd
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.ctl")
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn file_of(path: &Path, text: &str) -> fs::File {
    fs::write(path, text).unwrap();
    fs::File::open(path).unwrap()
}

/// M121: the real daemon, where it is installed.
#[test]
fn the_real_antivirus_program_is_asked() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join("clamd"))
        .find(|p| p.is_file());
    let Some(program) = program else {
        return assize_tests::skip::whole("ClamAV's daemon is not installed here");
    };
    let clamd = Clamd::start(&program);
    let home = asking(clamd.socket(), AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(OTHER, KNOWN);
    device.plant(TEMP, &"x".repeat(3_000_000));
    let (scan, found) = scanned(&home, &device);
    assert_eq!(scan.status, ActionStatus::Completed, "{:?}", scan.result);
    let reason = &evidence(&found, OTHER).reasons[0];
    assert_eq!(reason.source, FindingSource::Antivirus);
    assert!(reason.rule.as_ref().unwrap().starts_with("Example.Known"), "{reason:?}");
    assert!(!device.has(OTHER) && device.has(TEMP));
    assert!(home.action(&scan.id).after.iter().any(|l| l.contains("ClamAV ")), "its own words about itself");
}
