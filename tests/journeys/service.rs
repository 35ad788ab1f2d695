//! The service, as real processes: the device service behind its socket, the engine behind its door, and command lines
//! that come and go. The device service looks after a file tree of the test's own; this computer itself is never looked
//! at or touched.
use crate::staged::{BAD, BAD_SHA256, TEMP, until, write};
use assize_domain::{
    device::Device,
    order::{Conflict, OrderMessage},
    policy::Verb,
    question::Truth,
    remedy::ActionType,
    target::Target,
};
use assize_link::{
    agent::RemoteDevice,
    frame::{self, Frame},
    peer::own_uid,
};
use assize_tests::{Ctl, places::program, skip};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// Nobody's number, on every Linux.
const NOBODY: u32 = 65534;

/// Both halves of the service on a folder of their own. They end with it.
struct Service {
    folder: TempDir,
    agent: Option<Child>,
    engine: Option<Child>,
}

impl Service {
    fn start() -> Self {
        let mut service = Self { folder: TempDir::new().unwrap(), agent: None, engine: None };
        for (path, text) in [
            ("etc/os-release", "ID=debian\nPRETTY_NAME=\"A staged computer\"\n"),
            ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n"),
            ("var/lib/dpkg/status", ""),
        ] {
            write(&service.real(path), text);
        }
        service.start_agent();
        service.start_engine();
        service
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where a file of the device lies on the machine this runs on.
    fn real(&self, path: &str) -> PathBuf {
        self.at("device").join(path.trim_start_matches('/'))
    }

    fn start_agent(&mut self) {
        self.agent = Some(quiet(&mut self.agent()));
        self.answers("agent.sock");
    }

    /// One that stops at a named moment of an order until it is told to go on.
    fn start_agent_that_halts(&mut self, point: &str) {
        self.agent = Some(quiet(self.agent().env("ASSIZE_HALT_POINT", point)));
        self.answers("agent.sock");
    }

    fn agent_halts(&self) {
        let stat = format!("/proc/{}/stat", self.agent.as_ref().unwrap().id());
        until("the device service halts", || fs::read_to_string(&stat).unwrap().contains(") T "));
    }

    fn agent(&self) -> Command {
        let mut agent = Command::new(program("assize-agent"));
        agent.arg("--socket").arg(self.at("agent.sock")).arg("--state").arg(self.at("agent"));
        agent.arg("--root").arg(self.at("device")).args(["--obey", &own_uid().to_string()]);
        agent
    }

    fn start_engine(&mut self) {
        let mut engine = Command::new(program("assizectl"));
        engine.arg("--data").arg(self.at("data")).arg("serve");
        engine.arg("--socket").arg(self.at("door.sock")).arg("--agent").arg(self.at("agent.sock"));
        self.engine = Some(quiet(&mut engine));
        self.answers("door.sock");
    }

    fn answers(&self, socket: &str) {
        let path = self.at(socket);
        until(&format!("{socket} answers"), || UnixStream::connect(&path).is_ok());
    }

    fn kill_agent(&mut self) {
        kill(&mut self.agent);
    }

    fn kill_engine(&mut self) {
        kill(&mut self.engine);
    }

    /// A command line without a data folder: it finds the service.
    fn ctl(&self) -> Ctl {
        Ctl::at_the_door(self.at("door.sock"), self.at("home"))
    }

    fn remote(&self, device: &str) -> RemoteDevice {
        RemoteDevice::new(&self.at("agent.sock"), &device.into(), vec![own_uid(), 0]).with_patience(Duration::ZERO)
    }

    /// The device's own record of what it was asked and refused.
    fn refused(&self) -> String {
        fs::read_to_string(self.at("agent").join("refused.log")).unwrap_or_default()
    }

    /// What waits for a decision after a look: everything that is known bad waits for a person here.
    fn waiting(&self) -> String {
        let ctl = self.ctl();
        ctl.ask(&["level", "choose", "semi_all"]);
        ctl.ask(&[
            "indicator",
            "add",
            "--sha256",
            BAD_SHA256,
            "--action",
            "block_and_remediate",
            "--title",
            "Known bad",
        ]);
        write(&self.real(TEMP), BAD);
        let found = ctl.ask(&["investigate", "--path", "/tmp"]);
        assert_eq!(found["state"], "pending_approval", "{found:#}");
        found["actions"][0]["id"].as_str().unwrap().to_owned()
    }

    /// What was taken away is in the vault, whole, and once.
    fn is_kept_once(&self) {
        let ctl = self.ctl();
        assert_eq!(ctl.ask(&["quarantine", "verify"])["damaged"], json!([]));
        assert_eq!(ctl.ask(&["quarantine", "list"])["items"].as_array().unwrap().len(), 1);
        let left = fs::read_dir(self.real(TEMP).parent().unwrap()).unwrap().count();
        assert_eq!(left, 0, "nothing private is left where it lay");
    }

    fn status(&self, action: &str) -> String {
        self.ctl().ask(&["action", "show", action])["status"].as_str().unwrap().to_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill_engine();
        self.kill_agent();
    }
}

fn quiet(command: &mut Command) -> Child {
    command.env_remove("ASSIZE_DATA").env_remove("NOTIFY_SOCKET").stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
}

fn kill(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// M149, M159: the whole way through the service: asked by a command line, decided, carried out by the device service,
/// taken back; and what was handed over and accepted is told.
#[test]
fn the_whole_way_goes_through_the_service() {
    let service = Service::start();
    let ctl = service.ctl();
    let id = service.waiting();
    let before = fs::metadata(service.real(TEMP)).unwrap();
    let done = ctl.ask(&["action", "approve", &id, "--comment", "It has to go."]);
    assert_eq!(done["results"][0]["status"], "completed", "{done:#}");
    assert!(!service.real(TEMP).exists());
    assert!(service.at("agent/vault").is_dir() && !service.at("data/devices").exists(), "the device keeps its copies");
    let shown = ctl.ask(&["action", "show", &id]);
    let hops: Vec<&str> = shown["hops"].as_array().unwrap().iter().map(|h| h["hop"].as_str().unwrap()).collect();
    for hop in ["queued", "delivered", "accepted", "finished"] {
        assert!(hops.contains(&hop), "{hop} in {hops:?}");
    }
    assert_eq!(ctl.ask(&["quarantine", "verify"])["checked"], 1);

    for indicator in ctl.ask(&["indicator", "list"])["indicators"].as_array().unwrap() {
        ctl.ask(&["indicator", "remove", indicator["id"].as_str().unwrap()]);
    }
    let undone = ctl.ask(&["action", "undo", &id]);
    assert_eq!(undone["results"][0]["status"], "undone", "{undone:#}");
    let after = fs::metadata(service.real(TEMP)).unwrap();
    assert_eq!(fs::read_to_string(service.real(TEMP)).unwrap(), BAD);
    assert_eq!((after.mode(), after.modified().unwrap()), (before.mode(), before.modified().unwrap()));
    assert_eq!(ctl.ask(&["audit", "verify"])["ok"], true);
}

/// The health check says which engine answers and how the device service is.
#[test]
fn doctor_says_who_answers() {
    let mut service = Service::start();
    let check = |service: &Service, name: &str| -> Value {
        let checks = service.ctl().ask(&["doctor"]);
        checks["checks"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap().clone()
    };
    let engine = check(&service, "Engine");
    assert!(
        engine["ok"] == true && engine["detail"].as_str().unwrap().contains("also when no window is open"),
        "{engine}"
    );
    let agent = check(&service, "Device service");
    assert!(agent["ok"] == true && agent["detail"].as_str().unwrap().contains("no message was refused"), "{agent}");
    service.kill_agent();
    let away = check(&service, "Device service");
    assert!(away["ok"] == false && away["hint"].as_str().unwrap().contains("systemctl start assize-agent"), "{away}");
    // A named folder is always opened in the caller's own process.
    let own = Ctl::on(service.at("another")).ask(&["doctor"]);
    let own = own["checks"].as_array().unwrap().iter().find(|c| c["name"] == "Engine").unwrap().clone();
    assert!(own["detail"].as_str().unwrap().contains("inside this program"), "{own}");
}

/// M65: what was decided is carried out although nobody waits for it any more.
#[test]
fn it_goes_on_when_nobody_is_at_the_door() {
    let service = Service::start();
    let id = service.waiting();
    service.ctl().ask(&["action", "approve", &id, "--no-wait"]);
    until("the file is gone", || !service.real(TEMP).exists());
    until("the row tells", || service.status(&id) == "completed");
}

/// M65, M145: decided while the device service is away: it waits, and is carried out when it is back.
#[test]
fn a_decision_waits_for_the_device_service() {
    let mut service = Service::start();
    let id = service.waiting();
    service.kill_agent();
    let waits = service.ctl().ask(&["action", "approve", &id]);
    assert_eq!(waits["results"][0]["status"], "waiting_for_device", "{waits:#}");
    assert!(service.real(TEMP).exists());
    service.start_agent();
    until("the row tells", || service.status(&id) == "completed");
    assert!(!service.real(TEMP).exists());
}

/// M145: the engine is killed with an order in hand; the device carries it out, and the next engine learns it.
#[test]
fn an_engine_that_is_killed_finds_out_what_became_of_its_orders() {
    let mut service = Service::start();
    let id = service.waiting();
    service.kill_agent();
    service.start_agent_that_halts("armed");
    service.ctl().ask(&["action", "approve", &id, "--no-wait"]);
    service.agent_halts();
    service.kill_engine();
    signal(service.agent.as_ref().unwrap(), "CONT");
    until("it is done although no engine waits for it", || !service.real(TEMP).exists());
    service.start_engine();
    until("the row tells", || service.status(&id) == "completed");
    service.is_kept_once();
}

/// M145, M159: the device service is killed with an order half done; after its start the row tells what is true.
#[test]
fn a_device_service_that_is_killed_is_asked_what_is_true() {
    for point in ["kept", "armed", "renamed", "removed"] {
        let mut service = Service::start();
        let id = service.waiting();
        service.kill_agent();
        service.start_agent_that_halts(point);
        service.ctl().ask(&["action", "approve", &id, "--no-wait"]);
        service.agent_halts();
        service.kill_agent();
        assert_eq!(service.status(&id), "running", "{point}: nobody knows what became of it");
        service.start_agent();
        until("the row tells", || service.status(&id) == "completed");
        assert!(!service.real(TEMP).exists(), "{point}");
        service.is_kept_once();
    }
}

/// M145: told to end, both end well and take their sockets with them.
#[test]
fn told_to_end_both_end_well() {
    let mut service = Service::start();
    for (child, socket) in [(service.engine.take(), "door.sock"), (service.agent.take(), "agent.sock")] {
        let mut child = child.unwrap();
        signal(&child, "TERM");
        assert!(child.wait().unwrap().success(), "{socket}");
        assert!(!service.folder.path().join(socket).exists(), "{socket}");
    }
}

/// M139, M145: an order runs once; one that says something else under its id is refused and recorded, and nothing of it
/// is done. What says nothing of the list is not understood.
#[test]
fn an_order_comes_once_and_says_one_thing() {
    let service = Service::start();
    write(&service.real("/srv/a"), "a");
    write(&service.real("/srv/b"), "b");
    let order = |path: &str, sha256: &str| {
        let facts = fs::metadata(service.real(path)).unwrap();
        let identity = assize_domain::entity::FileIdentity { device: facts.dev(), inode: facts.ino() };
        OrderMessage {
            id: "00000000-0000-7000-8000-000000000001".into(),
            action: "00000000-0000-7000-8000-000000000002".into(),
            device: "d".into(),
            kind: ActionType::QuarantineFile,
            verb: Verb::Apply,
            target: Target::File { path: path.into(), sha256: sha256.into(), identity },
            kept: vec![],
            conflict: Conflict::Stop,
        }
    };
    let a = order("/srv/a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
    let b = order("/srv/b", "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d");
    let mut line = ByHand::at(&service.at("agent.sock"), "d");
    let first = line.carry_out(&a);
    assert_eq!(first["answer"]["outcome"]["outcome"], "done", "{first:#}");
    assert!(!service.real("/srv/a").exists());
    assert_eq!(line.carry_out(&a), first, "the first receipt");
    let altered = line.carry_out(&b);
    assert_eq!(altered["fault"]["code"], "order_altered", "{altered:#}");
    let other = ByHand::at(&service.at("agent.sock"), "another").carry_out(&OrderMessage { id: "o".into(), ..b });
    assert_eq!(other["fault"]["code"], "other_device", "{other:#}");
    line.say(r#"{"verb":"run","command":"touch /srv/c"}"#);
    assert_eq!(line.hear()["fault"]["code"], "unknown_verb");
    assert!(service.real("/srv/b").exists() && !service.real("/srv/c").exists());
    assert_eq!(service.refused().lines().count(), 3, "{}", service.refused());
    assert!(matches!(service.remote("d").truth(&a.id), Truth::Ended(_)));
}

/// M139: another user than the one it obeys is not heard by the device service, whatever the mode of its socket; at the
/// door people have the rights of their role; and a copy is written with the rights of whoever asked for it.
#[test]
fn another_user_is_refused_by_the_device_and_has_only_their_role_at_the_door() {
    const TEST: &str = "service::another_user_is_refused_by_the_device_and_has_only_their_role_at_the_door";
    if let Some(folder) = std::env::var_os("ASSIZE_AS_NOBODY") {
        return as_nobody(Path::new(&folder));
    }
    if own_uid() != 0 {
        return skip::whole_unless_ci("becoming another user needs root");
    }
    let service = Service::start();
    let id = service.waiting();
    let folder = service.folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    for socket in ["agent.sock", "door.sock"] {
        assert_eq!(fs::metadata(service.at(socket)).unwrap().mode() & 0o777, 0o660, "{socket}");
        fs::set_permissions(service.at(socket), fs::Permissions::from_mode(0o666)).unwrap();
    }
    fs::create_dir(service.at("theirs")).unwrap();
    std::os::unix::fs::chown(service.at("theirs"), Some(NOBODY), Some(NOBODY)).unwrap();
    // Where this was built others may not look.
    for (file, copy) in [(std::env::current_exe().unwrap(), "test"), (program("assizectl"), "assizectl")] {
        fs::copy(file, service.at(copy)).unwrap();
    }
    let turn = |turn: &str| {
        let mut test = Command::new(service.at("test"));
        test.args([TEST, "--exact", "--nocapture"]).current_dir("/").uid(NOBODY).gid(NOBODY);
        test.env("ASSIZE_AS_NOBODY", folder).env("ASSIZE_PROGRAMS", folder).env("ACTION", &id).env("TURN", turn);
        let said = test.output().unwrap();
        let out = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success() && out.contains("1 passed"), "{turn}: {out}");
    };
    turn("member");
    assert!(service.refused().contains(&format!("\"uid\":{NOBODY}")), "{}", service.refused());
    assert!(service.real(TEMP).exists(), "nothing was decided");

    fs::write(service.at("data/people.json"), json!({ NOBODY.to_string(): "owner" }).to_string()).unwrap();
    fs::set_permissions(service.real(TEMP), fs::Permissions::from_mode(0o4755)).unwrap();
    turn("owner");
    assert!(!service.real(TEMP).exists());
    let copy = fs::metadata(service.at("theirs/parcel")).unwrap();
    assert_eq!((copy.uid(), copy.mode() & 0o7777), (NOBODY, 0o755), "theirs, and without the set-id bit");
    let shown = service.ctl().ask(&["action", "show", &id]);
    assert_eq!(shown["decided_by"], "nobody", "{shown:#}");
}

/// What the other user does, as that user.
fn as_nobody(folder: &Path) {
    assert_eq!(own_uid(), NOBODY);
    let id = std::env::var("ACTION").unwrap();
    let ctl = Ctl::at_the_door(folder.join("door.sock"), folder.join("theirs"));
    if std::env::var("TURN").unwrap() == "member" {
        let device = RemoteDevice::new(&folder.join("agent.sock"), &"d".into(), vec![0]);
        assert!(!device.reachable());
        assert_eq!(device.vault().unwrap_err().code, "not_obeyed");
        assert_eq!(ctl.ask(&["action", "show", &id])["status"], "pending_approval", "a member may look");
        for words in [
            ["action", "approve", &id].as_slice(),
            &["action", "undo", &id],
            &["level", "choose", "full"],
            &["quarantine", "restore", "0".repeat(32).as_str(), "--to", folder.join("theirs").to_str().unwrap()],
        ] {
            assert_eq!(ctl.refused(words).code, "no_permission", "{words:?}");
        }
        return;
    }
    assert_eq!(ctl.ask(&["action", "approve", &id])["results"][0]["status"], "completed");
    let items = ctl.ask(&["quarantine", "list"]);
    let item = items["items"][0]["id"].as_str().unwrap();
    let restore = |to: &Path| ctl.attempt(&["quarantine", "restore", item, "--to", to.to_str().unwrap()]);
    assert_eq!(restore(&folder.join("device/etc")).unwrap_err().code, "cannot_write", "the rights of the caller");
    assert!(restore(&folder.join("theirs")).is_ok());
    let out = folder.join("theirs/audit.jsonl");
    ctl.ask(&["audit", "export", "--out", out.to_str().unwrap()]);
    assert_eq!(fs::metadata(out).unwrap().uid(), NOBODY);
}

/// Says what no client of ours would say.
struct ByHand(UnixStream);

impl ByHand {
    fn at(path: &Path, device: &str) -> Self {
        let mut line = Self(UnixStream::connect(path).unwrap());
        line.say(&json!({ "speaks": "assize_agent", "version": 1, "device": device }).to_string());
        assert!(line.hear()["welcome"].is_object());
        line
    }

    fn say(&mut self, words: &str) {
        frame::write(&mut self.0, &Frame::Message(words.as_bytes().to_vec())).unwrap();
    }

    fn hear(&mut self) -> Value {
        match frame::read(&mut self.0, 1 << 20).unwrap() {
            Frame::Message(words) => serde_json::from_slice(&words).unwrap(),
            Frame::Part(_) => panic!("no copy was asked for"),
        }
    }

    /// The last word on it: that it was accepted comes before.
    fn carry_out(&mut self, order: &OrderMessage) -> Value {
        self.say(&json!({ "verb": "carry_out", "order": order }).to_string());
        loop {
            let heard = self.hear();
            if heard.get("accepted").is_none() {
                return heard;
            }
        }
    }
}
