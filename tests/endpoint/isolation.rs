//! A device cut off from its network and connected again: real connections, in a host with a street in front of it (M73,
//! M122, M129, M165).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use assize_domain::action::ActionStatus;
use assize_engine::view::Action;
use assize_tests::host::{ADDRESS, Host, STREET};
use serde_json::Value;

use crate::computer::shape;

/// Another one in the street, which is chosen to stay reachable.
const CHOSEN: &str = "10.77.0.9";
const PORT: u16 = 7001;
const LISTENS: &str = "ASSIZE_TEST_LISTENS_AT";
/// Long enough for many words of the stream, and for what was on its way to arrive.
const WHILE: Duration = Duration::from_millis(600);
const PATIENCE: Duration = Duration::from_secs(20);

/// Listens, and tells every byte that comes: started by the tests below in the street and in the host.
#[test]
fn listener() {
    let Ok(address) = std::env::var(LISTENS) else { return };
    let listener = TcpListener::bind(address).expect("nobody else listens there");
    println!("listens");
    for stream in listener.incoming() {
        thread::spawn(move || {
            let mut stream: TcpStream = stream.expect("somebody came");
            let _ = stream.write_all(b"hello\n");
            let mut bytes = [0u8; 64];
            while let Ok(n @ 1..) = stream.read(&mut bytes) {
                println!("came {n}");
            }
        });
    }
}

/// A program that listens, and what came to it.
struct Listener {
    child: Child,
    came: Arc<Mutex<usize>>,
}

impl Listener {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("nsenter starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("listens")), "it listens");
        let came = Arc::new(Mutex::new(0));
        let count = Arc::clone(&came);
        thread::spawn(move || {
            for n in lines.filter_map(|line| line.strip_prefix("came ")?.parse::<usize>().ok()) {
                *count.lock().expect("nobody panics with it") += n;
            }
        });
        Self { child, came }
    }

    fn came(&self) -> usize {
        *self.came.lock().expect("nobody panics with it")
    }

    /// Does anything come now?
    fn hears(&self) -> bool {
        // What was on its way may still arrive.
        thread::sleep(WHILE);
        let before = self.came();
        thread::sleep(WHILE);
        self.came() > before
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> String {
    std::env::current_exe().expect("a test knows its own file").to_str().expect("its name is text").to_owned()
}

fn listen_in_street(host: &Host, address: &str) -> Listener {
    let mut command = host.in_street(&[&program(), "isolation::listener", "--exact", "--nocapture"]);
    command.env(LISTENS, format!("{address}:{PORT}"));
    Listener::start(command)
}

fn listen_in_host(host: &Host) -> Listener {
    let listens = format!("{LISTENS}=0.0.0.0:{PORT}");
    Listener::start(host.command(&["env", &listens, &program(), "isolation::listener", "--exact", "--nocapture"]))
}

/// Says something again and again over one connection, as a remote control does.
fn remote_control(host: &Host, to: &str) -> Child {
    let script = format!("exec 3<>/dev/tcp/{to}/{PORT}; while sleep 0.05; do echo alive >&3; done");
    host.command(&["bash", "-c", &script]).stderr(Stdio::null()).spawn().expect("nsenter starts")
}

/// Can a new connection be made?
fn connects(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("nsenter starts").success()
}

fn from_host(host: &Host, to: &str) -> bool {
    let script = format!("exec 3<>/dev/tcp/{to}/{PORT} && read -t 2 line <&3 && [ \"$line\" = hello ]");
    connects(host.command(&["timeout", "2", "bash", "-c", &script]))
}

fn from_street(host: &Host) -> bool {
    let script = format!("exec 3<>/dev/tcp/{ADDRESS}/{PORT} && read -t 2 line <&3 && [ \"$line\" = hello ]");
    connects(host.in_street(&["timeout", "2", "bash", "-c", &script]))
}

fn device(host: &Host) -> String {
    let devices = host.ctl().ask(&["device", "list"]);
    devices["devices"][0]["id"].as_str().expect("this computer is a device").to_owned()
}

fn isolate(host: &Host, device: &str, more: &[&str]) -> Action {
    let words = ["action", "run", "isolate_device", "--device", device, "--comment", "It spreads."];
    shape(host.ctl().ask(&[&words, more].concat()))
}

fn release(host: &Host, action: &Action) -> Action {
    let answer = host.ctl().ask(&["action", "undo", action.id.as_str(), "--comment", "It is clean."]);
    shape::<Vec<Action>>(answer["results"].clone()).remove(0)
}

fn show(host: &Host, action: &Action) -> Action {
    shape(host.ctl().ask(&["action", "show", action.id.as_str()]))
}

fn rules(host: &Host) -> String {
    host.run(&["nft", "list", "ruleset"])
}

/// M73, M122: what is established ends too, loopback stays, and everything is as before after the release.
#[test]
fn an_isolated_host_reaches_nobody_but_itself_and_everybody_again_after_its_release() {
    let Some(host) = Host::boot() else { return };
    host.write(
        "/etc/others.nft",
        "table inet others {\nchain in {\ntype filter hook input priority 0\ntcp dport 9 drop\n}\n}\n",
        0o644,
    );
    host.run(&["nft", "-f", "/etc/others.nft"]);
    let before = rules(&host);
    let (outside, inside) = (listen_in_street(&host, STREET), listen_in_host(&host));
    let mut control = remote_control(&host, STREET);
    assert!(outside.hears() && from_host(&host, STREET) && from_street(&host) && from_host(&host, "127.0.0.1"));

    let device = device(&host);
    let plan = host.ctl().ask(&[
        "action",
        "run",
        "isolate_device",
        "--device",
        &device,
        "--scope",
        "full",
        "--comment",
        "x",
        "--dry-run",
    ]);
    let codes: Vec<&Value> = plan["obstacles"].as_array().expect("a list").iter().map(|o| &o["code"]).collect();
    assert!(codes.iter().any(|code| **code == "other_firewall"), "{plan:#}");
    assert_eq!(rules(&host), before, "a dry run touches nothing");

    let isolated = isolate(&host, &device, &["--scope", "full"]);
    assert_eq!(isolated.status, ActionStatus::Completed, "{:?}", isolated.result);
    assert!(isolated.undo.possible);
    assert!(!outside.hears(), "the established connection is cut");
    assert!(!from_host(&host, STREET) && !from_street(&host), "no new one is made");
    assert!(from_host(&host, "127.0.0.1") && from_host(&host, ADDRESS), "the device reaches itself");
    let again = isolate(&host, &device, &["--scope", "full"]);
    assert_eq!(again.id, isolated.id, "a second request joins the first");
    let stands = host.ctl().ask(&["device", "mitigations"]);
    assert_eq!(stands["mitigations"][0]["in_force"], true, "{stands:#}");

    let released = release(&host, &isolated);
    assert_eq!(released.status, ActionStatus::Undone, "{:?}", released.result);
    assert_eq!(rules(&host), before, "exactly the rules of before");
    assert!(outside.hears(), "the connection that was cut goes on");
    assert!(from_host(&host, STREET) && from_street(&host));
    assert!(host.ctl().ask(&["device", "mitigations"])["mitigations"].as_array().is_some_and(Vec::is_empty));
    let _ = control.kill();
    let _ = control.wait();
    drop(inside);
}

/// M122
#[test]
fn a_selective_isolation_leaves_what_was_chosen_and_nothing_else() {
    let Some(host) = Host::boot() else { return };
    let added = host.in_street(&["ip", "address", "add", &format!("{CHOSEN}/24"), "dev", "street"]).status();
    assert!(added.expect("nsenter starts").success());
    let (_other, _chosen) = (listen_in_street(&host, STREET), listen_in_street(&host, CHOSEN));
    assert!(from_host(&host, STREET) && from_host(&host, CHOSEN));
    let device = device(&host);
    let isolated = isolate(&host, &device, &["--scope", "selective", "--allow", &format!("{CHOSEN}/32")]);
    assert_eq!(isolated.status, ActionStatus::Completed, "{:?}", isolated.result);
    host.run(&["ip", "neighbour", "flush", "dev", "host0"]);
    assert!(from_host(&host, CHOSEN), "also when its neighbour has to be found anew");
    assert!(!from_host(&host, STREET));

    // Somebody else's program loads its rules anew and takes ours away: told, and not taken for isolated.
    host.run(&["nft", "flush", "ruleset"]);
    let stands = host.ctl().ask(&["device", "mitigations"]);
    assert_eq!(stands["mitigations"][0]["in_force"], false, "{stands:#}");
    assert!(from_host(&host, STREET));
    assert_eq!(release(&host, &isolated).status, ActionStatus::Undone, "released although it was gone");
}

/// M129, M165: the time that the person set ends it, and a restart of the computer in between does not.
#[test]
fn an_isolation_for_a_time_outlives_a_restart_and_ends_by_itself() {
    let Some(mut host) = Host::boot() else { return };
    let device = device(&host);
    let agent = assize_tests::places::program("assize-agent");
    // As the package installs it, but for the folder.
    host.write(
        "/etc/systemd/system/early.service",
        &format!(
            "[Unit]\nDefaultDependencies=no\nAfter=local-fs.target\nBefore=network-pre.target\nWants=network-pre.target\n\
             [Service]\nType=oneshot\nExecStart={} --reapply --state /var/lib/assize-data/devices/{device}\n\
             [Install]\nWantedBy=sysinit.target\n",
            agent.display()
        ),
        0o644,
    );
    host.run(&["systemctl", "enable", "early.service"]);
    let begun = Instant::now();
    let isolated = isolate(&host, &device, &["--scope", "full", "--for", "15s"]);
    assert_eq!(isolated.status, ActionStatus::Completed, "{:?}", isolated.result);

    host.restart();
    assert!(rules(&host).contains("assize_isolation"), "in force again before anybody asked");
    {
        let _outside = listen_in_street(&host, STREET);
        assert!(!from_host(&host, STREET));
    }
    assert_eq!(show(&host, &isolated).status, ActionStatus::Completed);

    while show(&host, &isolated).status != ActionStatus::Undone {
        assert!(begun.elapsed() < PATIENCE + Duration::from_secs(15), "{:?}", show(&host, &isolated));
        thread::sleep(Duration::from_millis(300));
    }
    assert!(begun.elapsed() >= Duration::from_secs(15), "not before its time");
    assert!(!rules(&host).contains("assize_isolation"));
    assert_eq!(show(&host, &isolated).undone_by.as_deref(), Some("timer"));
    let _outside = listen_in_street(&host, STREET);
    assert!(from_host(&host, STREET));
}
