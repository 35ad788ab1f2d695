//! The service as a package installs it, on a whole throw-away host: a person's data becomes the service's, decisions
//! reach what belongs to root, an isolation survives a restart, and removing it loses nothing (M65, M139, M145, M149).

use std::process::Output;
use std::time::{Duration, Instant};

use assize_tests::{host::Host, places::program};
use serde_json::Value;

/// What the packages hold beside the programs.
const FILES: [(&str, &str, u32); 9] = [
    ("/usr/lib/systemd/system/assize.service", include_str!("../../packaging/systemd/assize.service"), 0o644),
    (
        "/usr/lib/systemd/system/assize-agent.service",
        include_str!("../../packaging/systemd/assize-agent.service"),
        0o644,
    ),
    (
        "/usr/lib/systemd/system/assize-agent-reapply.service",
        include_str!("../../packaging/systemd/assize-agent-reapply.service"),
        0o644,
    ),
    ("/usr/lib/sysusers.d/assize.conf", include_str!("../../packaging/systemd/assize.sysusers.conf"), 0o644),
    ("/usr/lib/tmpfiles.d/assize.conf", include_str!("../../packaging/systemd/assize.tmpfiles.conf"), 0o644),
    (
        "/usr/share/polkit-1/actions/org.assize.service.policy",
        include_str!("../../packaging/org.assize.service.policy"),
        0o644,
    ),
    ("/root/post-install.sh", include_str!("../../packaging/scripts/post-install.sh"), 0o755),
    ("/root/pre-remove.sh", include_str!("../../packaging/scripts/pre-remove.sh"), 0o755),
    ("/root/post-remove.sh", include_str!("../../packaging/scripts/post-remove.sh"), 0o755),
];

const BAD: &str = "This text stands for a program that is on the block list.\n";
const BAD_SHA256: &str = "cf3dd09da7048f17d1d736145e70e478599c8607d7e81027b90c65678f79c0be";
const ROOTS: &str = "/usr/local/lib/parcel/root-owned";

/// A host with the package on it.
pub(crate) struct Installed {
    pub(crate) host: Host,
}

impl Installed {
    pub(crate) fn boot() -> Option<Self> {
        let host = Host::boot()?;
        for name in ["assizectl", "assize-agent"] {
            let built = program(name);
            host.run(&["cp", built.to_str().expect("it is answered"), "/usr/bin/"]);
        }
        for (path, text, mode) in FILES {
            host.write(path, text, mode);
        }
        host.run(&["/root/post-install.sh", "configure"]);
        Some(Self { host })
    }

    /// `assizectl` as ann, in a session that began before the service was installed: without its group.
    pub(crate) fn ann(&self, words: &[&str]) -> Result<Value, Value> {
        let session =
            ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "env", "HOME=/home/ann", "USER=ann"];
        self.ctl(&session, words)
    }

    pub(crate) fn root(&self, words: &[&str]) -> Result<Value, Value> {
        self.ctl(&[], words)
    }

    fn ctl(&self, session: &[&str], words: &[&str]) -> Result<Value, Value> {
        let all: Vec<&str> = session.iter().chain(&["/usr/bin/assizectl", "--json"]).chain(words).copied().collect();
        answer(&self.host.command(&all).output().expect("it is answered"))
    }

    /// A file that is on the block list.
    fn plant(&self, path: &str, owner: &str, mode: u32) {
        self.host.write(path, BAD, mode);
        self.host.run(&["chown", owner, path]);
        self.host.run(&["chmod", &format!("{mode:o}"), path]);
    }

    fn there(&self, path: &str) -> bool {
        self.host.succeeds(&["test", "-e", path])
    }

    pub(crate) fn until(&self, what: &str, mut is_true: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_true() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "never came about: {what}\n{}",
                self.host.run(&["journalctl", "--no-pager", "-n", "60"])
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn isolated(&self) -> bool {
        !self.host.run(&["nft", "list", "ruleset"]).is_empty()
    }
}

fn answer(done: &Output) -> Result<Value, Value> {
    let said = if done.status.success() { &done.stdout } else { &done.stderr };
    let text = String::from_utf8_lossy(said);
    let value = text.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    let value: Value = value.unwrap_or_else(|| panic!("no JSON ({}): {text}", done.status));
    if done.status.success() { Ok(value) } else { Err(value["error"].clone()) }
}

pub(crate) fn id(value: &Value) -> String {
    value.as_str().expect("it is answered").to_owned()
}

/// M65, M139, M145, M149
#[test]
fn the_service_is_installed_used_restarted_and_removed_and_nothing_is_lost() {
    let Some(mut at) = Installed::boot() else { return };
    adopts_what_ann_had(&at);
    acts_with_more_rights_than_ann_has(&at);
    lets_in_nobody_else(&at);
    comes_back_when_it_is_killed(&at);
    holds_an_isolation_over_a_restart(&mut at);
    goes_and_leaves_everything(&at);
}

/// Before there was a service ann worked with her own rights; what she did then can still be taken back.
fn adopts_what_ann_had(at: &Installed) {
    assert_eq!(at.ann(&["service", "status"]).expect("it is answered")["running"], false);
    assert_eq!(at.ann(&["service", "install"]).expect_err("it is refused")["code"], "needs_root");
    at.ann(&["level", "choose", "semi_all"]).expect("it is answered");
    let known = ["indicator", "add", "--sha256", BAD_SHA256, "--action", "block_and_remediate", "--title", "Known bad"];
    at.ann(&known).expect("it is answered");
    at.host.run(&["install", "-d", "-o", "ann", "-g", "ann", "/home/ann/Downloads"]);
    at.plant("/home/ann/Downloads/parcel", "ann:ann", 0o640);
    let found = at.ann(&["investigate", "--path", "/home/ann/Downloads"]).expect("it is answered");
    let action = id(&found["actions"][0]["id"]);
    at.ann(&["action", "approve", &action]).expect("it is answered");
    assert!(!at.there("/home/ann/Downloads/parcel"));

    let journal = || at.host.run(&["journalctl", "--no-pager", "-n", "60"]);
    let installed = at.root(&["service", "install", "--person", "ann"]);
    let installed = installed.unwrap_or_else(|refused| panic!("{refused:#}\n{}", journal()));
    assert_eq!(
        (&installed["adopted"]["copies"], &installed["adopted"]["left"]),
        (&1.into(), &0.into()),
        "{installed:#}"
    );
    let status = at.ann(&["service", "status"]).expect("it is answered");
    assert!(status["enabled"] == true && status["running"] == true, "{status:#}");
    let kept = id(&installed["adopted"]["kept"]);
    assert!(at.there(&format!("{kept}/assize.db")) && at.there("/home/ann/.local/share/assize/with-the-service.txt"));
    // Their group, which the service manager chooses, may do nothing there.
    for (path, owner) in [("/var/lib/assize", "assize 700"), ("/var/lib/assize-agent", "root 700")] {
        assert_eq!(at.host.run(&["stat", "-c", "%U %a", path]), owner, "{path}");
    }
    assert_eq!(at.host.run(&["stat", "-c", "%U:%G", "/run/assize/agent.sock"]), "root:assize");

    // Ann's programs of this session know nothing of her new group; she is let in all the same, as owner.
    for indicator in
        at.ann(&["indicator", "list"]).expect("it is answered")["indicators"].as_array().expect("it is answered")
    {
        at.ann(&["indicator", "remove", indicator["id"].as_str().expect("it is answered")]).expect("it is answered");
    }
    let undone = at.ann(&["action", "undo", &action]).expect("it is answered");
    assert_eq!(undone["results"][0]["status"], "undone", "{undone:#}");
    assert_eq!(at.host.run(&["stat", "-c", "%U:%G %a", "/home/ann/Downloads/parcel"]), "ann:ann 640");
    assert_eq!(at.host.run(&["cat", "/home/ann/Downloads/parcel"]), BAD.trim());
    let health = at.ann(&["doctor"]).expect("it is answered");
    let service = health["checks"]
        .as_array()
        .expect("it is answered")
        .iter()
        .find(|c| c["name"] == "Device service")
        .expect("it is answered")
        .clone();
    assert_eq!(service["ok"], true, "{service:#}");
}

/// What belongs to root is treated and comes back, set-id bit and all, under the unit's hardening.
fn acts_with_more_rights_than_ann_has(at: &Installed) {
    let known = ["indicator", "add", "--sha256", BAD_SHA256, "--action", "block_and_remediate", "--title", "Known bad"];
    at.ann(&known).expect("it is answered");
    at.plant(ROOTS, "root:adm", 0o4750);
    at.host.run(&["setfattr", "-n", "trusted.note", "-v", "kept", ROOTS]);
    at.host.run(&["chattr", "+i", ROOTS]);
    let found = at.ann(&["investigate", "--path", "/usr/local/lib/parcel"]).expect("it is answered");
    let action = id(&found["actions"][0]["id"]);
    let done = at.ann(&["action", "approve", &action]).expect("it is answered");
    assert_eq!(done["results"][0]["status"], "completed", "{done:#}");
    assert_eq!(done["results"][0]["decided_by"], "ann");
    assert!(!at.there(ROOTS));

    // A copy for ann is ann's, whatever it was.
    let items = at.ann(&["quarantine", "list"]).expect("it is answered");
    let item = id(&items["items"][0]["id"]);
    let refused = at.ann(&["quarantine", "restore", &item, "--to", "/etc"]).expect_err("it is refused");
    assert_eq!(refused["code"], "cannot_write", "with her rights: {refused:#}");
    at.ann(&["quarantine", "restore", &item, "--to", "/home/ann"]).expect("it is answered");
    assert_eq!(at.host.run(&["stat", "-c", "%U:%G %a", "/home/ann/root-owned"]), "ann:ann 750");

    for indicator in
        at.ann(&["indicator", "list"]).expect("it is answered")["indicators"].as_array().expect("it is answered")
    {
        at.ann(&["indicator", "remove", indicator["id"].as_str().expect("it is answered")]).expect("it is answered");
    }
    let undone = at.ann(&["action", "undo", &action]).expect("it is answered");
    assert_eq!(undone["results"][0]["status"], "undone", "{undone:#}");
    assert_eq!(at.host.run(&["stat", "-c", "%U:%G %a", ROOTS]), "root:adm 4750");
    assert!(at.host.run(&["lsattr", ROOTS]).contains('i'));
    assert_eq!(at.host.run(&["getfattr", "--only-values", "-n", "trusted.note", ROOTS]), "kept");
    // A unit of the system: its manager is spoken to over the bus.
    let unit = "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n";
    at.host.write("/etc/systemd/system/parcel.service", unit, 0o644);
    at.host.run(&["systemctl", "enable", "--now", "--quiet", "parcel.service"]);
    let run = ["action", "run", "stop-service", "--device", "host", "--service", "parcel.service", "--comment", "C"];
    let stopped = at.ann(&run).expect("it is answered");
    assert_eq!(stopped["status"], "completed", "{stopped:#}");
    assert!(!at.host.succeeds(&["systemctl", "is-active", "--quiet", "parcel.service"]));
    at.ann(&["action", "undo", &id(&stopped["id"])]).expect("it is answered");
    at.until("the service runs again", || at.host.succeeds(&["systemctl", "is-active", "--quiet", "parcel.service"]));
}

/// M139: somebody who is no member works with their own rights on their own data; members have no owner's rights; and
/// nobody but the engine is obeyed by the device service, not even root.
fn lets_in_nobody_else(at: &Installed) {
    at.host.run(&["useradd", "--create-home", "--uid", "1001", "bob"]);
    let bob = ["setpriv", "--reuid=1001", "--regid=1001", "--clear-groups", "env", "HOME=/home/bob", "USER=bob"];
    let own = at.ctl(&bob, &["action", "list"]).expect("it is answered");
    assert_eq!(own["total"], 0, "nothing of the service's: {own:#}");
    at.host.run(&["systemd-sysusers", "--inline", "m bob assize"]);
    let member = ["setpriv", "--reuid=1001", "--regid=1001", "--init-groups", "env", "HOME=/home/bob", "USER=bob"];
    assert!(
        at.ctl(&member, &["action", "list"]).expect("it is answered")["total"].as_u64().expect("it is answered") > 0,
        "a member may look"
    );
    assert_eq!(at.ctl(&member, &["level", "choose", "full"]).expect_err("it is refused")["code"], "no_permission");
    let before =
        at.host.run(&["sh", "-c", "cat /var/lib/assize-agent/refused.log 2>/dev/null || true"]).lines().count();
    // An engine of root's own: the device service obeys only that of the user assize.
    let engine = "/usr/bin/assizectl --data /root/own serve --socket /root/own.sock --agent /run/assize/agent.sock";
    at.host.run(&["systemd-run", "--quiet", "--unit=own", "sh", "-c", engine]);
    at.until("root's own engine answers", || at.there("/root/own.sock"));
    let health = at.ctl(&["env", "ASSIZE_DOOR=/root/own.sock", "HOME=/root"], &["doctor"]).expect("it is answered");
    let service = health["checks"]
        .as_array()
        .expect("it is answered")
        .iter()
        .find(|c| c["name"] == "Device service")
        .expect("it is answered")
        .clone();
    assert!(
        service["detail"].as_str().expect("it is answered").contains("user 0 may not give orders here"),
        "{service:#}"
    );
    at.host.run(&["systemctl", "stop", "own"]);
    let after = at.host.run(&["cat", "/var/lib/assize-agent/refused.log"]).lines().count();
    assert!(after > before, "and it was recorded");
}

/// M145: the service manager starts both again, and a decision that fell in between is carried out.
fn comes_back_when_it_is_killed(at: &Installed) {
    at.plant("/usr/local/lib/parcel/late", "root:root", 0o755);
    let known = ["indicator", "add", "--sha256", BAD_SHA256, "--action", "block_and_remediate", "--title", "Known bad"];
    at.ann(&known).expect("it is answered");
    let found = at.ann(&["investigate", "--path", "/usr/local/lib/parcel/late"]).expect("it is answered");
    let action = id(&found["actions"][0]["id"]);
    at.host.run(&["systemctl", "kill", "--signal=KILL", "assize-agent.service"]);
    let approved = at.ann(&["action", "approve", &action, "--no-wait"]).expect("it is answered");
    at.host.run(&["systemctl", "kill", "--signal=KILL", "assize.service"]);
    assert!(approved["approval_id"].is_string());
    at.until("it is carried out", || {
        at.ann(&["action", "show", &action]).is_ok_and(|shown| shown["status"] == "completed")
    });
    assert!(!at.there("/usr/local/lib/parcel/late"));
}

/// M67: what stands is in force again before the network is, and until somebody lifts it the service is not removed.
fn holds_an_isolation_over_a_restart(at: &mut Installed) {
    let run = ["action", "run", "isolate-device", "--device", "host", "--scope", "full", "--comment", "C"];
    let isolated = at.ann(&run).expect("it is answered");
    assert_eq!(isolated["status"], "completed", "{isolated:#}");
    assert!(at.isolated());
    assert_eq!(at.root(&["service", "status"]).expect("it is answered")["holding"], true);
    at.host.restart();
    assert!(at.isolated(), "before anybody asks for it");
    let early =
        at.host.run(&["systemctl", "show", "-p", "Result", "-p", "ExecMainStatus", "assize-agent-reapply.service"]);
    assert!(early.contains("Result=success") && early.contains("ExecMainStatus=0"), "{early}");
    at.until("the service answers again", || at.ann(&["status"]).is_ok());
    assert!(at.isolated());
    assert_eq!(at.root(&["service", "remove"]).expect_err("it is refused")["code"], "still_holding");
    assert!(!at.host.succeeds(&["/root/pre-remove.sh", "remove"]), "nor is the package");
    assert!(at.host.succeeds(&["/root/pre-remove.sh", "upgrade"]), "an upgrade goes on");
    at.host.run(&["/root/post-install.sh", "configure"]);
    at.until("the service answers again", || at.ann(&["status"]).is_ok());
    assert!(at.isolated(), "over an upgrade too");
}

/// Data and quarantined files stay where they are, and ann's programs work without the service again.
fn goes_and_leaves_everything(at: &Installed) {
    let before = at.host.run(&["sh", "-c", "ls /var/lib/assize-agent/vault | sort"]);
    at.root(&["service", "remove", "--release"]).expect("it is answered");
    assert!(!at.isolated(), "released first");
    for unit in ["assize.service", "assize-agent.service"] {
        assert!(!at.host.succeeds(&["systemctl", "is-active", "--quiet", unit]), "{unit}");
        assert!(!at.host.succeeds(&["systemctl", "is-enabled", "--quiet", unit]), "{unit}");
    }
    assert!(
        at.host.succeeds(&["/root/pre-remove.sh", "remove"]) && at.host.succeeds(&["/root/post-remove.sh", "remove"])
    );
    let after = at.host.run(&["sh", "-c", "ls /var/lib/assize-agent/vault | sort"]);
    assert!(before.lines().all(|item| after.lines().any(|other| other == item)), "{before}\n---\n{after}");
    assert!(at.there("/var/lib/assize/assize.db"));
    assert_eq!(at.ann(&["action", "list"]).expect("it is answered")["total"], 0, "ann begins anew");
    // And again: the service finds everything it had.
    at.root(&["service", "install", "--person", "ann", "--no-adopt"]).expect("it is answered");
    assert!(at.ann(&["action", "list"]).expect("it is answered")["total"].as_u64().expect("it is answered") > 3);
    assert_eq!(at.ann(&["quarantine", "verify"]).expect("it is answered")["damaged"], serde_json::json!([]));
}
