//! Between verdict and approval the device goes on: what was judged is what is acted on, or nothing is.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};

use assize_domain::action::ActionStatus;
use assize_engine::view::Action;
use assize_tests::world;

use crate::computer::{Computer, about, mark, plant_program, snapshot, started, write};

const PROGRAM: &str = "/tmp/.font-cache/worker";
const LINKED: &str = "/srv/goods/parcel";
/// Named like a file of the system, for when its folder becomes a link to the system's.
const BELOW_LINK: &str = "/srv/drop/passwd";
const REWRITTEN: &str = "/srv/goods/letter";
const SWITCH: &str = "/proc/sys/kernel/ns_last_pid";

/// M63, M151
#[test]
fn what_became_something_else_since_it_was_judged_is_not_touched() {
    world::inside("exact::what_became_something_else_since_it_was_judged_is_not_touched", || {
        let computer = Computer::at("semi_all");
        let sha256 = plant_program(PROGRAM);
        for path in [LINKED, BELOW_LINK, REWRITTEN] {
            fs::create_dir_all(std::path::Path::new(path).parent().expect("a folder")).expect("the world is writable");
            fs::copy(PROGRAM, path).expect("the world is writable");
        }
        computer.block(&sha256);
        let mut process = world::run_planted(PROGRAM);
        let pid = process.pid();
        let found = computer.investigate(&["/srv"]);
        let waiting = computer.list("pending");
        assert_eq!(waiting.len(), found.actions.len());
        let kill = waiting.iter().find(|a| a.kind.code() == "kill_process").expect("the process is answered");

        fs::remove_file(LINKED).and_then(|()| symlink("/etc/passwd", LINKED)).expect("the world is writable");
        fs::rename("/srv/drop", "/srv/old").and_then(|()| symlink("/etc", "/srv/drop")).expect("the world is writable");
        write(REWRITTEN, b"The accounts of the year.\n");
        let before = snapshot(&["/srv/goods", "/srv/old", "/etc/passwd"]);
        process.end();
        let mut innocent = process_with_number(pid);
        let start = started(pid).expect("the innocent runs");

        for path in [LINKED, BELOW_LINK, REWRITTEN] {
            untouched(&computer, about(&waiting, "quarantine_file", path));
        }
        untouched(&computer, kill);

        assert_eq!(snapshot(&["/srv/goods", "/srv/old", "/etc/passwd"]), before, "every byte is where it was");
        assert_eq!(fs::read_link(LINKED).expect("a link"), std::path::Path::new("/etc/passwd"));
        assert!(mark("/etc/passwd").eq(&mark(BELOW_LINK)), "the link still leads to the system's own folder");
        assert!(matches!(innocent.try_wait(), Ok(None)), "who has the number now goes on");
        assert_eq!(started(pid), Some(start));
        assert!(computer.quarantine().is_empty());
        computer.is_sound();
        innocent.kill().and_then(|()| innocent.wait()).expect("it is ours");
    });
}

/// Approved, and then either asked about again, marked as changed, recorded as no longer there, or refused because what
/// lies there now is protected.
fn untouched(computer: &Computer, action: &Action) {
    let said = computer.ctl.attempt(&["action", "approve", action.id.as_str()]);
    let after = computer.action(action);
    if after.status == ActionStatus::PendingApproval {
        let stale = after.stale.as_ref().expect("it is marked as changed");
        assert!(!stale.was.is_empty() && stale.was != stale.now, "{stale:?}");
        assert_eq!(after.decided_by, None, "the old approval is not one of what is there now");
        assert_eq!(said.expect_err("the caller is told").code, "stale");
    } else {
        let why = after.result.as_ref().expect("it says why");
        let protected = after.status == ActionStatus::Failed && why.code == "protected";
        assert!(protected || after.status == ActionStatus::Skipped, "{after:#?}");
    }
    assert!(!after.undo.possible, "nothing was done that could be taken back");
}

/// Starts an innocent process that gets this number: the number is free, and the kernel's next.
fn process_with_number(pid: u32) -> Child {
    for _ in 0..50 {
        fs::write(SWITCH, (pid - 1).to_string()).expect("the world counts its own processes");
        let mut sleep = Command::new("/bin/sleep");
        let mut child = sleep.arg("600").stdin(Stdio::null()).spawn().expect("sleep starts");
        if child.id() == pid {
            return child;
        }
        child.kill().and_then(|()| child.wait()).expect("it is ours");
    }
    panic!("the number {pid} did not come again");
}
