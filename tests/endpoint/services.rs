//! Stopping a service on a real service manager: whatever started it, it stays stopped; taken back, everything is as it
//! was, the files, the links, what is enabled and what runs (M46, M70, M131).

use std::os::unix::net::UnixStream;

use assize_domain::action::ActionStatus;
use assize_engine::view::Action;
use assize_tests::host;

use crate::computer::{Computer, plant_program, running};
use crate::system::{exists, run, said, state, systemctl, tree, unit, wait_until};

const PROGRAM: &str = "/usr/local/lib/font-cache/worker";
const FOLDERS: &[&str] = &["/etc/systemd", "/usr/lib/systemd/system", "/home/ann/.config/systemd"];

/// Something is done, and taken back: what was found before is there again.
fn stopped_and_back(computer: &Computer, path: &str, units: &[&str], while_stopped: impl FnOnce(&Action)) {
    let before = (tree(FOLDERS), units.iter().map(|unit| state(unit)).collect::<Vec<_>>());
    let stop = computer.found("stop_service", path);
    let plan = computer.ctl.ask(&["action", "plan", stop.id.as_str()]);
    assert!(plan["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{plan:#}");
    assert_eq!(tree(FOLDERS), before.0, "a plan touches nothing");

    let stop = computer.approve(&[&stop]).remove(0);
    assert_eq!(stop.status, ActionStatus::Completed, "{:?}", stop.result);
    while_stopped(&stop);

    let undone = computer.undo(&stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    let now = (tree(FOLDERS), units.iter().map(|unit| state(unit)).collect::<Vec<_>>());
    assert_eq!(now.1, before.1, "active and enabled as before");
    for (path, told) in &before.0 {
        assert_eq!(now.0.get(path), Some(told), "{}", path.display());
    }
    let more: Vec<_> = now.0.keys().filter(|path| !before.0.contains_key(*path)).collect();
    assert!(more.is_empty(), "and nothing beside it: {more:?}");
    computer.is_sound();
}

fn computer() -> Computer {
    let computer = Computer::at("semi_all");
    let sha256 = plant_program(PROGRAM);
    computer.block(&sha256);
    computer
}

/// M46, M70, M131
#[test]
fn a_service_with_detached_children_that_restarts_itself_stays_stopped_and_runs_again_after_the_undo() {
    const NAME: &str =
        "services::a_service_with_detached_children_that_restarts_itself_stays_stopped_and_runs_again_after_the_undo";
    host::inside(NAME, || {
        let computer = computer();
        let path = "/etc/systemd/system/font-cache.service";
        let text = format!(
            "[Service]\nExecStart=/bin/sh -c 'setsid {PROGRAM} 601 & setsid {PROGRAM} 602 & exec {PROGRAM} 600'\n\
             Restart=always\nRestartSec=100ms\nTimeoutStopSec=2\n\
             [Install]\nWantedBy=multi-user.target\nRequiredBy=cron.service\nAlias=fonts.service\n"
        );
        unit(path, &text);
        run("systemctl", &["enable", "--now", "font-cache.service"]);
        wait_until("all three run", || running(PROGRAM) == 3);
        let links =
            ["multi-user.target.wants/font-cache.service", "cron.service.requires/font-cache.service", "fonts.service"];
        let links = links.map(|link| format!("/etc/systemd/system/{link}"));
        assert!(links.iter().all(|link| exists(link)), "it is enabled in three ways");

        stopped_and_back(&computer, path, &["font-cache.service", "fonts.service", "cron.service"], |stop| {
            assert_eq!(running(PROGRAM), 0, "it and its children are gone: {stop:#?}");
            assert_eq!(state("font-cache.service").0, "inactive");
            assert!(!exists(path), "its file is away");
            assert!(!exists(&links[0]) && !exists(&links[1]), "nothing wants it any more");
            // Long enough for its own Restart=always.
            std::thread::sleep(std::time::Duration::from_millis(500));
            assert_eq!(running(PROGRAM), 0, "nothing started it again");
            run("systemctl", &["daemon-reload"]);
            assert_ne!(systemctl(&["start", "font-cache.service"]), "active");
            assert_eq!(running(PROGRAM), 0);
        });
        wait_until("all three run again", || running(PROGRAM) == 3);
        assert_eq!(systemctl(&["is-system-running"]), "running");
    });
}

/// M70
#[test]
fn what_a_socket_or_a_timer_would_start_again_is_stopped_with_it() {
    host::inside("services::what_a_socket_or_a_timer_would_start_again_is_stopped_with_it", || {
        let computer = computer();
        let path = "/etc/systemd/system/font-server.service";
        unit(path, &format!("[Service]\nExecStart={PROGRAM} 600\n"));
        unit(
            "/etc/systemd/system/font-server.socket",
            "[Socket]\nListenStream=/run/fonts.sock\n[Install]\nWantedBy=sockets.target\n",
        );
        unit(
            "/etc/systemd/system/font-server.timer",
            "[Timer]\nOnActiveSec=1\nOnUnitInactiveSec=100ms\nAccuracySec=10ms\n[Install]\nWantedBy=timers.target\n",
        );
        run("systemctl", &["enable", "--now", "font-server.socket", "font-server.timer"]);
        let knock = || UnixStream::connect("/run/fonts.sock").is_ok();
        assert!(knock(), "the socket is open");
        wait_until("it runs", || running(PROGRAM) == 1);

        let units = ["font-server.service", "font-server.socket", "font-server.timer"];
        stopped_and_back(&computer, path, &units, |stop| {
            for unit in units {
                assert_ne!(state(unit).0, "active", "{unit}: {stop:#?}");
            }
            knock();
            std::thread::sleep(std::time::Duration::from_millis(500));
            assert_eq!(running(PROGRAM), 0, "neither the socket nor the timer started it again");
        });
        assert!(knock(), "the socket is open again");
    });
}

/// M70
#[test]
fn a_service_of_a_package_is_only_disabled_and_masked() {
    host::inside("services::a_service_of_a_package_is_only_disabled_and_masked", || {
        let computer = computer();
        let path = "/usr/lib/systemd/system/font-daemon.service";
        unit(path, &format!("[Service]\nExecStart={PROGRAM} 600\n[Install]\nWantedBy=multi-user.target\n"));
        run("systemctl", &["enable", "--now", "font-daemon.service"]);
        wait_until("it runs", || running(PROGRAM) == 1);
        stopped_and_back(&computer, "systemd/system/font-daemon.service", &["font-daemon.service"], |_| {
            assert!(exists(path), "its package would miss the file");
            assert_eq!(state("font-daemon.service").0, "inactive");
            assert!(state("font-daemon.service").1.starts_with("masked"), "{:?}", state("font-daemon.service"));
            systemctl(&["start", "font-daemon.service"]);
            assert_eq!(running(PROGRAM), 0);
        });
        wait_until("it runs again", || running(PROGRAM) == 1);
    });
}

/// M70: a person's own service manager.
#[test]
fn a_service_of_a_user_is_stopped_by_their_own_manager_and_runs_again() {
    host::inside("services::a_service_of_a_user_is_stopped_by_their_own_manager_and_runs_again", || {
        let computer = computer();
        run("loginctl", &["enable-linger", "ann"]);
        wait_until("her manager runs", || state("user@1000.service").0 == "active");
        let folder = "/home/ann/.config/systemd/user";
        let path = &format!("{folder}/font-cache.service");
        unit(path, &format!("[Service]\nExecStart={PROGRAM} 600\n[Install]\nWantedBy=default.target\n"));
        run("chown", &["-R", "ann:ann", "/home/ann/.config"]);
        let hers = |words: &[&str]| {
            let all = [&["--user", "--machine=ann@.host"], words].concat();
            said("systemctl", &all)
        };
        wait_until("her bus answers", || hers(&["is-system-running"]) == "running");
        hers(&["daemon-reload"]);
        run("systemctl", &["--user", "--machine=ann@.host", "enable", "--now", "font-cache.service"]);
        wait_until("it runs", || running(PROGRAM) == 1);
        let link = format!("{folder}/default.target.wants/font-cache.service");
        assert!(exists(&link));
        stopped_and_back(&computer, path, &["user@1000.service"], |stop| {
            assert_eq!(running(PROGRAM), 0, "{stop:#?} {}", computer.ctl.ask(&["action", "show", stop.id.as_str()]));
            assert!(!exists(path) && !exists(&link));
            assert_ne!(hers(&["is-active", "font-cache.service"]), "active");
        });
        assert_eq!(hers(&["is-active", "font-cache.service"]), "active");
        assert_eq!(hers(&["is-enabled", "font-cache.service"]), "enabled");
        assert_eq!(running(PROGRAM), 1);
    });
}

/// M70: only what was added to a good service goes.
#[test]
fn an_addition_to_a_service_of_the_system_goes_alone_and_comes_back() {
    host::inside("services::an_addition_to_a_service_of_the_system_goes_alone_and_comes_back", || {
        let computer = computer();
        let path = "/etc/systemd/system/cron.service.d/fonts.conf";
        unit(path, &format!("[Service]\nExecStartPost=-/bin/sh -c '{PROGRAM} 600 &'\n"));
        run("systemctl", &["daemon-reload"]);
        run("systemctl", &["restart", "cron.service"]);
        let cron = systemctl(&["show", "cron.service", "--property=MainPID", "--value"]);
        wait_until("the addition runs", || running(PROGRAM) == 1);
        stopped_and_back(&computer, path, &["cron.service"], |stop| {
            assert!(!exists(path), "{stop:#?}");
            assert_eq!(state("cron.service"), ("active".to_owned(), "enabled".to_owned()));
            let now = systemctl(&["show", "cron.service", "--property=MainPID", "--value"]);
            assert_eq!(now, cron, "the good service went on");
            assert!(!systemctl(&["cat", "cron.service"]).contains(PROGRAM));
        });
        assert!(systemctl(&["cat", "cron.service"]).contains(PROGRAM), "the manager knows it again");
    });
}
