//! Scheduled tasks on a real host: they fire before, not after, and again once it is taken back (M46, M72, M131).

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use assize_domain::action::ActionStatus;
use assize_engine::view::Action;
use assize_tests::host;

use crate::computer::{Computer, about, mark, plant_program, write};
use crate::system::{exists, last_start, run, state, systemctl, tree, unit, wait_until};

const PROGRAM: &str = "/usr/local/lib/font-cache/worker";
/// Some turns of the timer.
const WHILE: Duration = Duration::from_millis(1500);

fn computer() -> Computer {
    let computer = Computer::at("semi_all");
    computer.block(&plant_program(PROGRAM));
    computer
}

/// M46, M72: definition, enabled state, and that it really fires.
#[test]
fn a_timer_fires_until_it_is_removed_and_again_after_the_undo() {
    host::inside("tasks::a_timer_fires_until_it_is_removed_and_again_after_the_undo", || {
        let computer = computer();
        let timer = "/etc/systemd/system/font-cache.timer";
        unit(
            "/etc/systemd/system/font-cache.service",
            &format!("[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart={PROGRAM} 0\n"),
        );
        let text =
            "[Timer]\nOnActiveSec=0\nOnUnitActiveSec=200ms\nAccuracySec=1ms\n[Install]\nWantedBy=timers.target\n";
        unit(timer, text);
        run("systemctl", &["enable", "--now", "font-cache.timer"]);
        let fires = || {
            let before = last_start("font-cache.service");
            wait_until("it fires", || last_start("font-cache.service") != before);
        };
        fires();
        fires();
        let before = (tree(&["/etc/systemd"]), state("font-cache.timer"));
        assert_eq!(before.1, ("active".to_owned(), "enabled".to_owned()));

        let removal = computer.found("remove_scheduled_task", timer);
        let removal = computer.approve(&[&removal]).remove(0);
        assert_eq!(removal.status, ActionStatus::Completed, "{:?}", removal.result);
        assert!(!exists(timer) && !exists("/etc/systemd/system/timers.target.wants/font-cache.timer"));
        assert_eq!(state("font-cache.timer").0, "inactive");
        let last = last_start("font-cache.service");
        std::thread::sleep(WHILE);
        assert_eq!(last_start("font-cache.service"), last, "it does not fire any more");

        let undone = computer.undo(&removal);
        assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
        assert_eq!((tree(&["/etc/systemd"]), state("font-cache.timer")), before);
        fires();
        fires();
        computer.is_sound();
    });
}

/// M72: the line, the file, the job, each with its owner and mode; cron and at have them as before.
#[test]
fn a_line_of_a_crontab_a_file_of_cron_and_a_job_of_at_go_and_come_back() {
    host::inside("tasks::a_line_of_a_crontab_a_file_of_cron_and_a_job_of_at_go_and_come_back", || {
        let computer = computer();
        let lines = format!("# hers\n5 4 * * * /usr/bin/true\n*/5 * * * * {PROGRAM} 0 # it\n");
        write("/tmp/hers", lines.as_bytes());
        run("crontab", &["-u", "ann", "/tmp/hers"]);
        let crontab = "/var/spool/cron/crontabs/ann";
        let file = "/etc/cron.d/font-cache";
        unit(file, &format!("MAILTO=\"\"\n* * * * * root {PROGRAM} 0\n"));
        let daily = "/etc/cron.daily/font-cache";
        write(daily, format!("#!/bin/sh\n{PROGRAM} 0\n").as_bytes());
        crate::computer::age(daily, 0o755);
        at(&format!("{PROGRAM} 0\n"));
        let job = fs::read_dir("/var/spool/cron/atjobs").expect("at is installed").flatten();
        let job = job.map(|entry| entry.path().display().to_string()).find(|path| !path.ends_with(".SEQ"));
        let job = job.expect("at keeps its job in a file");
        let jobs = || crate::system::said("atq", &[]);
        let spool = ["/etc/cron.d", "/etc/cron.daily", "/var/spool/cron"];
        let before = (tree(&spool), mark(crontab), jobs());
        // cron adds a head of its own.
        let lines = fs::read_to_string(crontab).expect("readable");
        assert!(before.2.contains("root"), "at has it: {}", before.2);

        let found = computer.investigate(&["/usr/local"]);
        let tasks: Vec<Action> = [crontab, file, daily, job.as_str()]
            .map(|path| about(&found.actions, "remove_scheduled_task", path).clone())
            .to_vec();
        assert_eq!(tree(&spool), before.0, "what waits changes nothing");
        let done = computer.approve(&tasks.iter().collect::<Vec<_>>());
        for action in &done {
            assert_eq!(action.status, ActionStatus::Completed, "{}: {:?}", action.target_title, action.result);
        }
        let left = fs::read_to_string(crontab).expect("the good line stays");
        assert_eq!(left, lines.replace(&format!("*/5 * * * * {PROGRAM} 0 # it\n"), ""), "only the one line is out");
        let read = crate::system::said("crontab", &["-u", "ann", "-l"]);
        assert!(read.contains("/usr/bin/true") && !read.contains(PROGRAM), "and cron reads it: {read}");
        assert!(!exists(file) && !exists(daily) && !exists(&job));
        assert_eq!(jobs(), "", "at has nothing to do");

        for action in done.iter().rev() {
            let undone = computer.undo(action);
            assert_eq!(undone.status, ActionStatus::Undone, "{}: {:?}", action.target_title, undone.result);
        }
        assert_eq!((tree(&spool), mark(crontab), jobs()), before);
        assert_eq!(systemctl(&["is-active", "cron.service"]), "active");
        computer.is_sound();
    });
}

/// A job in an hour.
fn at(commands: &str) {
    write("/tmp/job", commands.as_bytes());
    let mut at = Command::new("at");
    at.args(["-f", "/tmp/job", "now", "+", "1", "hour"]).stdin(Stdio::null());
    let done = at.output().expect("at starts");
    assert!(done.status.success(), "{done:?}");
}
