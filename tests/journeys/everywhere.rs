//! Stop and quarantine a file on every device that has it (M124, spec S11).
use crate::{
    package::wish,
    staged::{Home, OTHER, Staged, TEMP, age, ask, mark, until},
};
use assize_domain::{
    action::{ActionStatus, Source},
    group::AutomationLevel,
    id::ActionId,
    order::{Conflict, Fault},
    remedy::ActionType,
    spread::Standing,
    time::Span,
};
use assize_engine::{
    door::{CancelActions, ListActions, PlanAction, PlanRun, RetryActions, RunAction},
    view::{Action, Spread},
};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Stands for a program that no list knows: only a person wants it gone.
const UNWANTED: &str = "#!/bin/sh\n# This text stands for a program that a person wants gone.\nsleep 60\n";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn run(home: &Home, device: &Staged<'_>, hash: &str) -> Result<Action, Fault> {
    let request = RunAction { sha256: Some(hash.to_owned()), ..wish(ActionType::StopAndQuarantineFile, &device.id) };
    home.engine.ask(&home.person, request)
}

fn settled(home: &Home, id: &ActionId) -> Action {
    home.engine.settle_actions(std::slice::from_ref(id)).unwrap().remove(0)
}

fn spread(home: &Home, id: &ActionId) -> Spread {
    home.action(id).spread.expect("it is carried out on several devices")
}

fn standing(spread: &Spread, device: &str) -> Standing {
    spread
        .devices
        .iter()
        .find(|d| d.device.name == device)
        .unwrap_or_else(|| panic!("no {device}: {spread:#?}"))
        .standing
}

fn part<'a>(parts: &'a [Action], kind: ActionType, title: &str) -> &'a Action {
    let found = parts.iter().find(|p| p.kind == kind && p.target_title.contains(title));
    found.unwrap_or_else(|| panic!("no {kind:?} of {title}: {parts:#?}"))
}

/// Makes a file a package's own, unchanged.
fn package(device: &Staged<'_>, name: &str, path: &str) {
    let bytes = fs::read(device.real(path)).unwrap();
    let md5 = Command::new("md5sum").arg(device.real(path)).output().unwrap();
    let md5 = String::from_utf8(md5.stdout).unwrap()[..32].to_owned();
    assert!(!bytes.is_empty());
    device.plant(&format!("/var/lib/dpkg/info/{name}.list"), &format!("{path}\n"));
    device.plant(&format!("/var/lib/dpkg/info/{name}.md5sums"), &format!("{md5}  {}\n", path.trim_start_matches('/')));
    device.plant("/var/lib/dpkg/status", &format!("Package: {name}\nStatus: install ok installed\nVersion: 1\n\n"));
}

/// A copy of `sleep` that nobody else has, running.
struct Running(Child);

impl Running {
    fn start(program: &Path) -> Self {
        let child = Command::new(program).arg("300").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        Self(child)
    }

    fn ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(tail: &str) -> Vec<u8> {
    let mut program = fs::read("/bin/sleep").unwrap();
    program.extend_from_slice(tail.as_bytes());
    program
}

fn put(device: &Staged<'_>, path: &str, bytes: &[u8]) {
    device.plant(path, "");
    fs::write(device.real(path), bytes).unwrap();
    age(&device.real(path), 0o755);
}

/// M124, M53, M60: copies in several places of several devices, a process that runs one, a cron file that starts one; a
/// device that is away, and one where the file belongs to a package.
#[test]
fn a_file_goes_from_every_device_that_has_it() {
    let home = Home::at(AutomationLevel::SemiAll);
    let unwanted = program("a copy of its own for this test");
    let hash = sha256(&unwanted);
    let [shop, till, away, builder, clean] = ["shop", "till", "away", "builder", "clean"].map(|n| home.device(n));
    put(&shop, TEMP, &unwanted);
    put(&shop, OTHER, &unwanted);
    shop.plant("/etc/cron.d/parcel", &format!("*/5 * * * * root {TEMP} 1\n"));
    put(&till, OTHER, &unwanted);
    put(&away, OTHER, &unwanted);
    put(&builder, "/usr/bin/parcel", &unwanted);
    package(&builder, "parcel", "/usr/bin/parcel");
    put(&clean, OTHER, b"something else");
    for device in [&shop, &till, &away, &builder, &clean] {
        device.investigate();
    }
    let mut running = Running::start(&shop.real(TEMP));
    let before = [shop.real(TEMP), shop.real(OTHER), till.real(OTHER)].map(|p| mark(&p));
    let folder = away.real("");
    let hidden = folder.with_extension("hidden");
    fs::rename(&folder, &hidden).unwrap();

    let action = run(&home, &shop, &hash).unwrap();
    assert_eq!(action.status, ActionStatus::Queued, "it shows at once");
    let now = settled(&home, &action.id);
    assert_eq!(now.status, ActionStatus::Running, "one device is waited for: {:?}", now.result);
    let listed = ask!(home, ListActions { kind: vec![ActionType::StopAndQuarantineFile], ..ListActions::default() });
    let row = listed.actions.iter().find(|a| a.id == action.id).unwrap();
    assert!(row.progress.as_ref().is_some_and(|p| p.contains("pending")), "{:?}", row.progress);

    let s = spread(&home, &action.id);
    assert_eq!((s.succeeded, s.failed, s.pending), (2, 1, 1), "{s:#?}");
    assert_eq!(s.submitted_at, action.created_at);
    assert_eq!(standing(&s, "shop"), Standing::Succeeded);
    assert_eq!(standing(&s, "till"), Standing::Succeeded);
    assert_eq!(standing(&s, "builder"), Standing::Failed);
    assert_eq!(standing(&s, "away"), Standing::Pending);
    assert!(!s.devices.iter().any(|d| d.device.name == "clean"), "who never had it is not asked");
    assert!(!shop.has(TEMP) && !shop.has(OTHER) && !till.has(OTHER));
    until("the process ends", || running.ended());
    let cron = fs::read_to_string(shop.real("/etc/cron.d/parcel")).unwrap_or_default();
    assert!(!cron.contains(TEMP), "nothing starts it any more: {cron}");
    assert!(builder.has("/usr/bin/parcel"), "a publisher's own file stays");
    assert!(clean.has(OTHER));

    let refused = s.devices.iter().find(|d| d.device.name == "builder").unwrap();
    let inside = spread(&home, &refused.action);
    let fault = part(&inside.parts, ActionType::QuarantineFile, "/usr/bin/parcel").result.clone().unwrap();
    assert_eq!(fault.code, "trusted_publisher", "{fault:?}");
    assert!(refused.text.as_ref().is_some_and(|t| t.contains("installed package")), "{refused:?}");
    for p in &s.parts {
        assert_eq!((&p.approval_id, p.parent.as_ref()), (&action.approval_id, Some(&action.id)), "one decision");
        // What waited for a decision already keeps where it came from.
        assert!(p.source == Source::ManualResponse || p.investigation_id.is_some(), "{p:?}");
    }
    let kill = part(&s.parts, ActionType::KillProcess, TEMP);
    let quarantine = part(&s.parts, ActionType::QuarantineFile, TEMP);
    assert!(kill.started_at <= quarantine.started_at, "first it is ended, then taken away");
    assert_eq!(part(&s.parts, ActionType::RemoveScheduledTask, "cron.d").status, ActionStatus::Completed);

    // The device that was away comes back, and only then is touched.
    fs::rename(&hidden, &folder).unwrap();
    let kept = mark(&away.real(OTHER));
    home.engine.drive_what_is_due().unwrap();
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::PartiallyCompleted, "{:?}", done.result);
    assert!(!away.has(OTHER));
    assert!(done.result.as_ref().unwrap().message.contains("builder"), "{:?}", done.result);
    let s = spread(&home, &action.id);
    assert_eq!((s.succeeded, s.failed, s.pending), (3, 1, 0), "{s:#?}");

    // Taking the whole back brings every copy back on every device.
    let undone = home.undo(&action.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert_eq!([shop.real(TEMP), shop.real(OTHER), till.real(OTHER)].map(|p| mark(&p)), before);
    assert_eq!(mark(&away.real(OTHER)), kept);
    let cron = fs::read_to_string(shop.real("/etc/cron.d/parcel")).unwrap();
    assert!(cron.contains(TEMP), "its task too: {cron}");
}

/// M124: a device that stays away is waited for three days and then counts as failed.
#[test]
fn a_device_that_stays_away_times_out_and_the_rest_stays_done() {
    let home = Home::at(AutomationLevel::SemiAll);
    let (shop, away) = (home.device("shop"), home.device("away"));
    for device in [&shop, &away] {
        device.plant(OTHER, UNWANTED);
        device.investigate();
    }
    fs::rename(away.real(""), away.real("").with_extension("hidden")).unwrap();
    let action = run(&home, &shop, &sha256(UNWANTED.as_bytes())).unwrap();
    settled(&home, &action.id);
    assert_eq!(standing(&spread(&home, &action.id), "away"), Standing::Pending);
    home.pass(Span::days(3));
    home.engine.drive_what_is_due().unwrap();
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::PartiallyCompleted, "{:?}", done.result);
    let s = spread(&home, &action.id);
    assert_eq!((s.succeeded, s.failed, s.pending), (1, 1, 0), "{s:#?}");
    assert_eq!(spread(&home, &action.id).devices[1].status, ActionStatus::TimedOut);

    // It comes back later, and the whole is tried again.
    fs::rename(away.real("").with_extension("hidden"), away.real("")).unwrap();
    let tried = ask!(home, RetryActions { ids: vec![action.id.clone()] });
    assert!(tried.refused.is_empty(), "{:?}", tried.refused);
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    assert!(!away.has(OTHER));
    let undone = home.undo(&action.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert!(shop.has(OTHER) && away.has(OTHER), "what the first attempt did goes back too");
}

/// M124: refused for a file that a package owns, before anything is stored.
#[test]
fn a_publishers_own_file_is_refused_at_once() {
    let home = Home::at(AutomationLevel::SemiAll);
    let shop = home.device("shop");
    put(&shop, "/usr/bin/parcel", UNWANTED.as_bytes());
    package(&shop, "parcel", "/usr/bin/parcel");
    let request =
        RunAction { file: Some("/usr/bin/parcel".into()), ..wish(ActionType::StopAndQuarantineFile, &shop.id) };
    let fault = home.engine.ask(&home.person, request.clone()).unwrap_err();
    assert_eq!(fault.code, "trusted_publisher", "{fault:?}");
    assert!(shop.has("/usr/bin/parcel"));
    assert!(ask!(home, ListActions::default()).actions.is_empty(), "nothing is stored");
    let plan = ask!(home, PlanRun { action: request });
    assert!(plan.obstacles.iter().any(|o| o.code == "trusted_publisher" && o.blocking), "{plan:?}");
}

/// M124: a reason is needed.
#[test]
fn it_is_not_done_without_a_reason() {
    let home = Home::at(AutomationLevel::SemiAll);
    let shop = home.device("shop");
    shop.plant(OTHER, UNWANTED);
    let request = RunAction {
        file: Some(OTHER.into()),
        comment: "  ".into(),
        ..wish(ActionType::StopAndQuarantineFile, &shop.id)
    };
    assert_eq!(home.engine.ask(&home.person, request).unwrap_err().code, "bad_input");
    assert!(shop.has(OTHER));
}

/// M124, M61: the dry run names every device and warns of what is widely used; it touches nothing.
#[test]
fn what_many_devices_have_is_warned_of_before() {
    let home = Home::at(AutomationLevel::SemiAll);
    let names = ["one", "two", "three", "four"];
    let devices = names.map(|n| home.device(n));
    for device in &devices[..3] {
        device.plant(OTHER, UNWANTED);
        device.investigate();
    }
    let request = RunAction { file: Some(OTHER.into()), ..wish(ActionType::StopAndQuarantineFile, &devices[0].id) };
    let plan = ask!(home, PlanRun { action: request.clone() });
    let warning = plan.obstacles.iter().find(|o| o.code == "widely_used").expect("it warns");
    assert!(!warning.blocking && warning.text.contains("3 of "), "{warning:?}");
    assert!(plan.steps.iter().any(|s| s.target.contains(OTHER) && !s.what.contains("two")), "{plan:?}");
    for name in ["two", "three"] {
        assert!(plan.steps.iter().any(|s| s.what.contains(name)), "{plan:?}");
    }
    assert!(devices[..3].iter().all(|d| d.has(OTHER)));
    assert!(ask!(home, ListActions::default()).actions.is_empty());

    let action = ask!(home, request);
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    let timeline = home.action(&action.id).timeline;
    assert!(timeline.iter().any(|row| row.text.contains("widely used")), "{timeline:?}");
    let undo = ask!(home, PlanAction { id: action.id });
    assert_eq!(undo.steps.iter().filter(|s| s.target.contains(OTHER)).count(), 3, "{undo:?}");
}

/// M124: seen longer ago than 30 days does not count.
#[test]
fn a_device_that_saw_it_long_ago_is_not_asked() {
    let home = Home::at(AutomationLevel::SemiAll);
    let (shop, till) = (home.device("shop"), home.device("till"));
    for device in [&shop, &till] {
        device.plant(OTHER, UNWANTED);
    }
    till.investigate();
    home.pass(Span::days(31));
    shop.investigate();
    let action = run(&home, &shop, &sha256(UNWANTED.as_bytes())).unwrap();
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    assert!(!shop.has(OTHER) && till.has(OTHER));
    assert_eq!(spread(&home, &action.id).devices.len(), 1);
}

/// M124, T20: what waits is cancelled with the whole; what was done stays done and can be undone.
#[test]
fn a_whole_is_cancelled_as_far_as_it_has_not_happened() {
    let home = Home::at(AutomationLevel::SemiAll);
    let (shop, away) = (home.device("shop"), home.device("away"));
    for device in [&shop, &away] {
        device.plant(OTHER, UNWANTED);
        device.investigate();
    }
    fs::rename(away.real(""), away.real("").with_extension("hidden")).unwrap();
    let action = run(&home, &shop, &sha256(UNWANTED.as_bytes())).unwrap();
    settled(&home, &action.id);
    let request = CancelActions { ids: vec![action.id.clone()], comment: Some("Not there.".into()) };
    let cancelled = ask!(home, request);
    assert!(cancelled.refused.is_empty(), "{:?}", cancelled.refused);
    let now = home.action(&action.id).action;
    assert_eq!(now.status, ActionStatus::PartiallyCompleted, "{:?}", now.result);
    assert_eq!(spread(&home, &action.id).devices[1].status, ActionStatus::Cancelled);
    let undone = home.undo(&action.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert!(shop.has(OTHER));
}

/// M124: one device's part alone can be taken back; a part alone is not tried again.
#[test]
fn one_device_is_restored_by_itself() {
    let home = Home::at(AutomationLevel::SemiAll);
    let (shop, till) = (home.device("shop"), home.device("till"));
    for device in [&shop, &till] {
        device.plant(OTHER, UNWANTED);
        device.investigate();
    }
    let action = run(&home, &shop, &sha256(UNWANTED.as_bytes())).unwrap();
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    let s = spread(&home, &action.id);
    let on_till = s.devices.iter().find(|d| d.device.name == "till").unwrap();
    let undone = home.undo(&on_till.action, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert!(till.has(OTHER) && !shop.has(OTHER));
    let refused = ask!(home, RetryActions { ids: vec![on_till.action.clone()] }).refused;
    assert_eq!(refused[0].fault.code, "part_of_another");
    let rest = home.undo(&action.id, Conflict::Stop);
    assert_eq!(rest.status, ActionStatus::Undone, "{:?}", rest.result);
    assert!(shop.has(OTHER));
}

/// M124: an action that waits for a decision on the same file is answered by it.
#[test]
fn a_pending_quarantine_of_the_same_file_becomes_a_part() {
    let home = Home::at(AutomationLevel::SemiAll);
    let shop = home.device("shop");
    shop.plant(TEMP, crate::staged::ODD);
    let waits = shop.action_about(TEMP);
    assert_eq!(waits.status, ActionStatus::PendingApproval);
    let action = run(&home, &shop, &sha256(crate::staged::ODD.as_bytes())).unwrap();
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    let part = home.action(&waits.id).action;
    assert_eq!((part.status, part.parent), (ActionStatus::Completed, Some(action.id)));
    assert!(!shop.has(TEMP));
}

/// M124: who merely has it open is ended too, unless it is a program of the system.
#[test]
fn what_holds_the_file_is_ended_but_no_program_of_the_system() {
    let home = Home::at(AutomationLevel::SemiAll);
    let shop = home.device("shop");
    shop.plant(OTHER, UNWANTED);
    put(&shop, "/srv/holder", &program("holds it open"));
    put(&shop, "/usr/bin/reader", &program("reads it and belongs to a package"));
    package(&shop, "reader", "/usr/bin/reader");
    let open = |path: &str| {
        let mut command = Command::new(shop.real(path));
        let held = fs::File::open(shop.real(OTHER)).unwrap();
        Running(command.arg("300").stdin(held).stdout(Stdio::null()).spawn().unwrap())
    };
    let (mut holder, mut reader) = (open("/srv/holder"), open("/usr/bin/reader"));
    let action =
        ask!(home, RunAction { file: Some(OTHER.into()), ..wish(ActionType::StopAndQuarantineFile, &shop.id) });
    let done = settled(&home, &action.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    until("the holder ends", || holder.ended());
    assert!(!reader.ended(), "it only reads");
    assert!(!shop.has(OTHER));
    let timeline = home.action(&action.id).timeline;
    assert!(timeline.iter().any(|row| row.text.contains("program of the system")), "{timeline:#?}");
}
