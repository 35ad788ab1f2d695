//! Ending processes on a real host: the tree that was judged, and nobody else (M46, M75).

use std::fs;
use std::process::{Child, Command, Stdio};

use assize_domain::action::ActionStatus;
use assize_engine::view::Action;
use assize_tests::host;

use crate::computer::{Computer, MARKER, age, running, sha256, started, write};
use crate::system::{run, state, unit, wait_until};

const SHELL: &str = "/srv/.cache/fontd";

/// M46, M75: a daemon out of a unit, its child, and the child's child that left its session; not who shares its name.
#[test]
fn a_tree_of_processes_ends_as_a_whole_and_nobody_else() {
    host::inside("processes::a_tree_of_processes_ends_as_a_whole_and_nobody_else", || {
        let computer = Computer::at("semi_all");
        // A copy of the shell, so that one program is the whole tree.
        let bytes = [fs::read("/bin/dash").expect("Debian has it").as_slice(), MARKER.as_bytes()].concat();
        write(SHELL, &bytes);
        age(SHELL, 0o755);
        computer.block(&sha256(SHELL));
        // Waits for ever without another program.
        run("mkfifo", &["/srv/.cache/never"]);
        let inner = "\"read x < /srv/.cache/never; :\"";
        write(
            "/srv/.cache/tree",
            format!("{SHELL} -c '{SHELL} -c {inner} & setsid {SHELL} -c {inner} & wait' &\nwait\n").as_bytes(),
        );
        unit(
            "/etc/systemd/system/fontd.service",
            &format!("[Service]\nExecStart={SHELL} /srv/.cache/tree\nKillMode=process\n"),
        );
        run("systemctl", &["start", "fontd.service"]);
        wait_until("the whole tree runs", || running(SHELL) == 4);
        let mut namesake = innocent();
        let start = started(namesake.id()).expect("it runs");

        let found = computer.investigate(&["/srv"]);
        let kills: Vec<&Action> = found.actions.iter().filter(|a| a.kind.code() == "kill_process").collect();
        assert_eq!(kills.len(), 4, "each process is one action: {:#?}", found.actions);
        let done = computer.approve(&kills);
        for action in &done {
            // Who waits for a child that was ended may be gone by itself.
            let ended = matches!(action.status, ActionStatus::Completed | ActionStatus::Skipped);
            assert!(ended, "{}: {:?}", action.target_title, action.result);
            assert!(!action.undo.possible, "nobody can bring a process back");
            assert!(action.undo.reason.is_some(), "and it says why");
        }
        assert_eq!(running(SHELL), 0, "nothing of the tree is left");
        assert_ne!(state("fontd.service").0, "active", "and its unit knows");
        assert!(matches!(namesake.try_wait(), Ok(None)), "who only has the same name goes on");
        assert_eq!(started(namesake.id()), Some(start));
        assert_eq!(state("cron.service").0, "active");
        namesake.kill().and_then(|()| namesake.wait()).expect("it is ours");
        let refused = computer.undo_refused(&done[0]);
        assert_eq!(refused.code, "cannot_undo", "{refused:?}");
    });
}

/// Another program that calls itself by the same name.
fn innocent() -> Child {
    let path = "/srv/fontd";
    write(path, &fs::read("/bin/sleep").expect("there is a sleep"));
    age(path, 0o755);
    Command::new(path).arg("600").stdin(Stdio::null()).spawn().expect("it starts")
}
