//! A device on which only what a package owns may be run: real programs, scripts and loaders, on a throw-away host whose
//! own mounts alone are watched (M74, M123, M129, M165).

use std::process::Output;
use std::time::{Duration, Instant};

use crate::installed::{Installed, id};

const STRANGER: &str = "/usr/local/bin/stranger";
const SCRIPT: &str = "/usr/local/bin/stranger.sh";
/// Belongs to no package either, and a person allows it by its content.
const ALLOWED: &str = "/usr/local/bin/allowed";
const LONG: u64 = 20;

/// By every way that leads to the start of something nobody knows.
const WAYS: [&[&str]; 5] = [
    &[STRANGER],
    &[SCRIPT],
    &["sh", SCRIPT],
    &["bash", "-e", SCRIPT],
    &["sh", "-c", "$(ls /lib64/ld-linux* /lib/ld-linux* 2>/dev/null | head -1) /usr/local/bin/stranger"],
];

fn runs(at: &Installed, words: &[&str]) -> Output {
    at.host.command(words).output().expect("nsenter starts")
}

fn everything_runs(at: &Installed, when: &str) {
    for way in WAYS {
        let said = runs(at, way);
        assert!(said.status.success(), "{when}: {way:?}: {said:?}");
    }
}

fn only_what_a_package_owns_runs(at: &Installed, when: &str) {
    for way in WAYS {
        let said = runs(at, way);
        assert!(!said.status.success(), "{when}: {way:?}: {said:?}");
    }
    for way in [&["true"][..], &["ls", "/"], &["cat", SCRIPT], &["perl", "-e", "exit 0"], &["systemctl", "--version"]] {
        let said = runs(at, way);
        assert!(said.status.success(), "{when}: {way:?}: {said:?}");
    }
    assert!(at.host.succeeds(&[ALLOWED]), "{when}: what a person allowed");
    assert!(!at.host.succeeds(&["/tmp/stranger"]), "{when}: nor from a temporary place");
}

/// M74, M123, M129, M165
#[test]
fn on_a_restricted_host_only_what_a_package_owns_runs_until_it_is_lifted_or_its_time_is_over() {
    let Some(at) = Installed::boot() else { return };
    at.root(&["service", "install", "--person", "ann"]).expect("it is installed");
    at.host.run(&["cp", "/usr/bin/true", STRANGER]);
    at.host.write(SCRIPT, "#!/bin/sh\necho it ran\n", 0o755);
    at.host.run(&["cp", "/usr/bin/true", "/tmp/stranger"]);
    at.host.run(&["sh", "-c", &format!("cp /usr/bin/true {ALLOWED} && echo allowed >>{ALLOWED}")]);
    let sha256 = at.host.run(&["sha256sum", ALLOWED]);
    let sha256 = sha256.split(' ').next().expect("a hash");
    let allow = ["indicator", "add", "--sha256", sha256, "--action", "allow", "--title", "Our own tool"];
    at.ann(&allow).expect("it is allowed");
    everything_runs(&at, "before");

    let run = ["action", "run", "restrict-code-execution", "--device", "host"];
    let words = |more: &[&'static str]| [&run[..], more].concat();
    let plan = at.ann(&words(&["--dry-run"])).expect("a plan");
    assert!(plan["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{plan:#}");
    everything_runs(&at, "a dry run restricts nothing");

    let restricted = at.ann(&words(&["--comment", "Only what we know."])).expect("it is restricted");
    assert_eq!(restricted["status"], "completed", "{restricted:#}");
    only_what_a_package_owns_runs(&at, "restricted");
    let stands = at.ann(&["device", "mitigations"]).expect("a list");
    assert_eq!(stands["mitigations"][0]["in_force"], true, "{stands:#}");

    // The service dies: the kernel lets everything pass, and the next start watches again.
    at.host.run(&["systemctl", "kill", "--signal=KILL", "assize-agent.service"]);
    at.until("it is in force again", || !at.host.succeeds(&[STRANGER]));
    only_what_a_package_owns_runs(&at, "after the service was killed");

    at.ann(&["action", "undo", &id(&restricted["id"]), "--comment", "It is clean."]).expect("it is lifted");
    everything_runs(&at, "lifted");

    // For a time: it ends by itself, whoever ended the service in between.
    let begun = Instant::now();
    let timed = at.ann(&words(&["--for", "20s", "--comment", "For a while."])).expect("it is restricted");
    assert_eq!(timed["status"], "completed", "{timed:#}");
    only_what_a_package_owns_runs(&at, "for a time");
    at.host.run(&["systemctl", "restart", "assize.service"]);
    let action = id(&timed["id"]);
    at.until("its time is over", || at.ann(&["action", "show", &action]).is_ok_and(|row| row["status"] == "undone"));
    assert!(begun.elapsed() >= Duration::from_secs(LONG), "not before its time: {:?}", begun.elapsed());
    let row = at.ann(&["action", "show", &action]).expect("it is shown");
    assert_eq!(row["undone_by"], "timer", "{row:#}");
    everything_runs(&at, "after its time");
}
