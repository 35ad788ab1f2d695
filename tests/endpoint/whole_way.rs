//! The whole way on this computer: a threat that keeps itself alive is found, ended, and everything that can come back
//! comes back.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use assize_domain::action::ActionStatus;
use assize_domain::verdict::Verdict;
use assize_engine::view::{Action, Investigation};
use assize_tests::world::{self, Planted};

use crate::computer::{
    Computer, DATA, MARKER, about, age, evidence, mark, plant_program, running, snapshot, started, write,
};

const PROGRAM: &str = "/tmp/.font-cache/worker";
const TASK: &str = "/etc/cron.d/font-cache";
const TABLE: &str =
    "# refreshes the fonts\nSHELL=/bin/sh\n17 5 * * 1 root /usr/bin/true\n* * * * * root /tmp/.font-cache/worker 600\n";
const GOOD_TASKS: [(&str, &str); 2] = [
    ("/etc/cron.d/accounts", "MAILTO=\"\"\n0 4 * * * root /usr/bin/true\n"),
    ("/etc/cron.d/mirror", "30 2 * * 0 root /usr/bin/env true\n"),
];
const TASKS: [&str; 3] = ["/etc/cron.d", "/etc/crontab", "/etc/cron.daily"];

/// A hidden program that runs, and a task among good ones that starts it every minute.
fn infect(computer: &Computer) -> (Planted, String) {
    for (path, text) in GOOD_TASKS {
        write(path, text.as_bytes());
        age(path, 0o644);
    }
    write(TASK, TABLE.as_bytes());
    age(TASK, 0o640);
    chown(TASK, Some(0), Some(4)).expect("we are root");
    let sha256 = plant_program(PROGRAM);
    fs::set_permissions(PROGRAM, fs::Permissions::from_mode(0o4751)).expect("it is ours");
    chown(PROGRAM, Some(33), Some(33)).expect("we are root");
    age(PROGRAM, 0o4751);
    let indicator = computer.block(&sha256);
    (world::run_planted(PROGRAM), indicator)
}

fn three(found: &Investigation) -> [Action; 3] {
    let actions = &found.actions;
    assert_eq!(
        actions.len(),
        3,
        "the process, the task and the file, and nothing that belongs to the system: {actions:#?}"
    );
    let process = actions.iter().find(|a| a.kind.code() == "kill_process").expect("the process is answered").clone();
    [process, about(actions, "remove_scheduled_task", TASK).clone(), about(actions, "quarantine_file", PROGRAM).clone()]
}

/// M2, M46, M63, M68, M72, M75
#[test]
fn what_keeps_itself_alive_is_gone_at_once_and_comes_back_bit_for_bit() {
    world::inside("whole_way::what_keeps_itself_alive_is_gone_at_once_and_comes_back_bit_for_bit", || {
        let computer = Computer::at("full");
        let (mut process, indicator) = infect(&computer);
        let start = started(process.pid()).expect("it runs");
        let (program, task) = (mark(PROGRAM), mark(TASK));
        let mut tasks = snapshot(&TASKS);
        tasks.remove(Path::new(TASK));

        let found = computer.investigate(&["/tmp"]);
        assert_eq!(evidence(&found, PROGRAM).verdict, Verdict::Malicious);
        let [kill, removal, quarantine] = three(&found);
        for action in [&kill, &removal, &quarantine] {
            assert_eq!(action.status, ActionStatus::Completed, "{:?}", action.result);
            assert!(computer.list("history").iter().any(|row| row.id == action.id), "it is in History");
        }
        assert!(computer.list("pending").is_empty());

        assert_ne!(started(process.pid()).filter(|_| process.runs()), Some(start), "the process is really gone");
        assert_eq!(running(PROGRAM), 0);
        assert!(fs::symlink_metadata(PROGRAM).is_err(), "the file is away");
        assert_eq!(computer.quarantine().iter().filter(|path| *path == PROGRAM).count(), 1);
        nothing_runnable_in_the_data();
        let now = fs::read_to_string(TASK).expect("the file has another, good line");
        assert_eq!(now, TABLE.replace("* * * * * root /tmp/.font-cache/worker 600\n", ""), "only the one line is out");
        let mut now = snapshot(&TASKS);
        now.remove(Path::new(TASK));
        assert_eq!(now, tasks, "the good tasks were not touched");

        let blocked = computer.undo_refused(&quarantine);
        assert_eq!(blocked.code, "still_blocked", "{blocked:?}");
        computer.ctl.ask(&["indicator", "remove", &indicator]);
        let mut done = [&kill, &removal, &quarantine].map(|action| computer.action(action));
        done.sort_by_key(|action| std::cmp::Reverse(action.finished_at));
        for action in done {
            if action.id == kill.id {
                let refused = computer.undo_refused(&action);
                assert_eq!(refused.code, "cannot_undo");
                assert!(!action.undo.possible);
                assert_eq!(action.undo.reason.as_ref(), Some(&refused.message), "it says why before it is asked");
                assert!(refused.message.contains("memory"), "{}", refused.message);
            } else {
                let undone = computer.undo(&action);
                assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
            }
        }
        assert_eq!(mark(PROGRAM), program, "the program: bytes, mode, owner, time of change");
        assert_eq!(mark(TASK), task, "the task: bytes, mode, owner, time of change");
        assert_eq!(running(PROGRAM), 0, "nothing started it again");
        assert!(computer.quarantine().is_empty());
        computer.is_sound();
    });
}

/// M3, M44
#[test]
fn what_waits_changes_nothing_until_a_person_decides() {
    world::inside("whole_way::what_waits_changes_nothing_until_a_person_decides", || {
        let computer = Computer::at("semi_all");
        let (mut process, _) = infect(&computer);
        let places = ["/etc/cron.d", "/etc/crontab", "/etc/passwd", "/tmp"];
        let before = snapshot(&places);

        let found = computer.investigate(&["/tmp"]);
        let [kill, removal, quarantine] = three(&found);
        for action in [&kill, &removal, &quarantine] {
            assert_eq!(action.status, ActionStatus::PendingApproval, "{:?}", action.result);
        }
        assert_eq!(computer.list("pending").len(), 3);
        assert!(computer.list("history").is_empty());
        assert_eq!(snapshot(&places), before, "nothing was touched");
        assert!(process.runs());

        let (one, other) = (kill.id.as_str(), removal.id.as_str());
        let mixed = computer.ctl.refused(&["action", "approve", one, other]);
        assert_eq!(mixed.code, "mixed_types");
        assert!(process.runs() && snapshot(&places) == before, "a refused call decides nothing");

        computer.ctl.ask(&["action", "approve", one, other, "--group-by-type", "--comment", "It has to go."]);
        computer.ctl.ask(&["action", "reject", quarantine.id.as_str(), "--comment", "We keep a copy."]);
        assert!(!process.runs(), "the process is ended");
        let now = fs::read_to_string(TASK).expect("the file has another, good line");
        assert!(!now.contains(PROGRAM) && now.contains("/usr/bin/true"), "the line is out: {now}");
        assert_eq!(snapshot(&["/tmp"]), snapshot_of(before, "/tmp"), "what was rejected is left alone");

        let person = computer.person();
        let history = computer.list("history");
        for (action, status, decision, comment) in [
            (&kill, ActionStatus::Completed, "approve", "It has to go."),
            (&removal, ActionStatus::Completed, "approve", "It has to go."),
            (&quarantine, ActionStatus::Rejected, "reject", "We keep a copy."),
        ] {
            let row = history.iter().find(|row| row.id == action.id).expect("every decision is in History");
            assert_eq!((row.status, row.decision.as_deref()), (status, Some(decision)), "{:?}", row.result);
            assert_eq!((row.decided_by.as_deref(), row.comment.as_deref()), (Some(person.as_str()), Some(comment)));
            assert!(row.decided_at >= Some(action.created_at), "and when");
        }
        assert!(computer.list("pending").is_empty());
        computer.is_sound();
    });
}

type Snapshot = std::collections::BTreeMap<std::path::PathBuf, (u64, crate::computer::Mark)>;

fn snapshot_of(mut all: Snapshot, folder: &str) -> Snapshot {
    all.retain(|path, _| path.starts_with(folder));
    all
}

/// Nothing below the data folder could be started, and the planted bytes are nowhere in it as they were.
fn nothing_runnable_in_the_data() {
    let files = snapshot(&[DATA]);
    assert!(files.len() > 2, "database and vault are there");
    for path in files.keys() {
        let facts = fs::symlink_metadata(path).expect("it was there a moment ago");
        assert_eq!(facts.mode() & 0o111, 0, "{} could be started", path.display());
        let bytes = fs::read(path).expect("readable");
        let marked = bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes());
        assert!(!marked && !bytes.starts_with(b"\x7fELF"), "{} holds the program as it was", path.display());
    }
}
