//! The agent socket with both its ends, over a real socket in a folder of the test's own.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

use assize_domain::{
    action::{Hop, HopName},
    device::{Device, RuleFault},
    id::{DeviceId, OrderId, VaultId},
    investigation::Scope,
    order::{Arrival, Before, Conflict, Fault, Order, OrderMessage, Proof, Receipt, ReceiptOutcome, VerifiedOrder},
    policy::Verb,
    question::{Answer, DevicePolicy, Plan, Progress, Question, RuleFile, TakenOut, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::Target,
    time::Stamp,
};
use assize_link::{
    agent::{Agent, RemoteDevice, serve},
    frame::{self, Frame},
    peer::own_uid,
    socket::{Listening, Stop},
    verify::Gate,
};
use std::{
    collections::HashMap,
    io::Write,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

/// A device that carries out nothing and remembers what it was ordered, each order once.
#[derive(Default)]
struct Paper {
    receipts: Mutex<HashMap<OrderId, Receipt>>,
    carried_out: Mutex<Vec<Target>>,
}

impl Device for Paper {
    fn policy(&self, policy: &DevicePolicy) -> Result<Vec<RuleFault>, Fault> {
        Ok(policy.rules.iter().map(|r| RuleFault { file: r.name.clone(), error: "no".into() }).collect())
    }
    fn check_rules(&self, file: &RuleFile) -> Result<u32, String> {
        if file.body.is_empty() { Err("it holds no rule".into()) } else { Ok(3) }
    }
    fn rights(&self) -> String {
        "All rights.".into()
    }
    fn ask(&self, question: &Question, progress: &mut dyn FnMut(Progress)) -> Result<Answer, Fault> {
        for files in 0..3 {
            progress(Progress { step: "Looking".into(), files });
        }
        if question.investigation.as_str() == "blind" {
            Err(Fault::new("no_device", "It is dark.", ""))
        } else {
            Ok(Answer::default())
        }
    }
    fn capability(&self, kind: ActionType) -> Result<(), String> {
        if kind == ActionType::RemoveRegistryKey { Err("No registry.".into()) } else { Ok(()) }
    }
    fn plan(&self, _: ActionType, _: &Target) -> Plan {
        Plan::default()
    }
    fn plan_undo(&self, _: &[VaultId], _: &Conflict) -> Plan {
        Plan::default()
    }
    fn carry_out(&self, order: Order) -> Result<Receipt, Fault> {
        let mut receipts = self.receipts.lock().unwrap();
        Ok(receipts
            .entry(order.id().clone())
            .or_insert_with(|| {
                self.carried_out.lock().unwrap().push(order.target().clone());
                let outcome = ReceiptOutcome::Done { proof: Proof::default() };
                Receipt { order: order.id().clone(), outcome, steps: vec!["Done.".into()], finished_at: Stamp(7) }
            })
            .clone())
    }
    fn truth(&self, order: &OrderId) -> Truth {
        self.receipts.lock().unwrap().get(order).cloned().map_or(Truth::NeverStarted, Truth::Ended)
    }
    fn vault(&self) -> Result<Vec<VaultItem>, Fault> {
        Ok(vec![])
    }
    fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault> {
        Ok(vec![])
    }
    fn plant_practice(&self) -> Result<(), Fault> {
        Ok(())
    }
    fn clear_practice(&self) -> Result<(), Fault> {
        Ok(())
    }
    fn practice_processes(&self) -> u32 {
        9
    }
    fn take_out(&self, item: &VaultId, out: &mut dyn Write) -> Result<TakenOut, Fault> {
        if item.as_str() == "damaged" {
            out.write_all(b"half of").unwrap();
            return Err(Fault::new("vault_damaged", "It is damaged.", ""));
        }
        let bytes = content();
        out.write_all(&bytes).unwrap();
        Ok(TakenOut {
            path: "/tmp/x".into(),
            mode: 0o755,
            size: assize_domain::entity::Bytes(bytes.len() as u64),
            sha256: "ab".repeat(32),
        })
    }
    fn restore_elsewhere(&self, _: &VaultId, _: &str, _: bool) -> Result<String, Fault> {
        panic!("nobody in another process may ask for this")
    }
}

/// More than one part of a copy.
fn content() -> Vec<u8> {
    (0..frame::PART * 2 + 17).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

struct Rig {
    folder: tempfile::TempDir,
    paper: Arc<Paper>,
    running: Option<(Arc<Stop>, JoinHandle<()>)>,
}

impl Rig {
    fn new(real: bool) -> Self {
        let mut rig = Self { folder: tempfile::tempdir().unwrap(), paper: Arc::default(), running: None };
        rig.start(vec![own_uid()], real);
        rig
    }

    fn start(&mut self, obeys: Vec<u32>, real: bool) {
        let (listening, stop) = (Listening::on(&self.socket(), 0o660).unwrap(), Stop::new().unwrap());
        let gate = Gate::open(self.folder.path(), obeys).unwrap();
        let device = Arc::clone(&self.paper) as Arc<dyn Device>;
        let agent = Agent { device, gate, stop: Arc::clone(&stop), real };
        self.running = Some((stop, std::thread::spawn(move || serve(&listening, agent).unwrap())));
    }

    fn stop(&mut self) {
        let (stop, thread) = self.running.take().unwrap();
        stop.set();
        thread.join().unwrap();
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("agent.sock")
    }

    fn remote(&self) -> RemoteDevice {
        RemoteDevice::new(&self.socket(), &DeviceId::from("d1"), vec![]).with_patience(Duration::from_secs(5))
    }

    fn carried_out(&self) -> Vec<Target> {
        self.paper.carried_out.lock().unwrap().clone()
    }
}

fn message(id: &str, target: Target) -> OrderMessage {
    OrderMessage {
        id: id.into(),
        action: "a1".into(),
        device: "d1".into(),
        kind: ActionType::CollectInvestigationPackage,
        verb: Verb::Apply,
        target,
        kept: vec![],
        conflict: Conflict::Stop,
    }
}

/// What the engine would have made from a permit.
fn order(message: OrderMessage) -> Order {
    let device = message.device.clone();
    let arrival = Arrival { uid: 1, obeys: &[1], device: &device, before: Before::Never };
    Order::received(VerifiedOrder::check(message, &arrival).unwrap())
}

fn question(id: &str) -> Question {
    Question::new(id.into(), Scope::Quick)
}

/// Speaks by hand what no client of ours would say.
struct ByHand(UnixStream);

impl ByHand {
    fn at(path: &Path) -> Self {
        let mut line = Self(UnixStream::connect(path).unwrap());
        line.say(r#"{"speaks":"assize_agent","version":1,"device":"d1"}"#);
        line
    }

    fn say(&mut self, words: &str) {
        frame::write(&mut self.0, &Frame::Message(words.as_bytes().to_vec())).unwrap();
    }

    fn hear(&mut self) -> String {
        match frame::read(&mut self.0, 1 << 20).unwrap() {
            Frame::Message(words) => String::from_utf8(words).unwrap(),
            Frame::Part(_) => panic!("no copy was asked for"),
        }
    }
}

/// Every question reaches the device and comes back as it was answered.
#[test]
fn a_device_in_another_process_answers_as_one_in_this() {
    let rig = Rig::new(false);
    let d = rig.remote();
    assert!(d.reachable());
    let policy = DevicePolicy {
        version: "1".into(),
        rules: vec![RuleFile {
            name: "a.yar".into(),
            kind: assize_domain::question::RuleKind::Yara,
            body: String::new(),
        }],
        ..DevicePolicy::default()
    };
    assert_eq!(d.policy(&policy).unwrap(), [RuleFault { file: "a.yar".into(), error: "no".into() }]);
    assert_eq!(d.check_rules(&policy.rules[0]), Err("it holds no rule".into()));
    assert!(d.rights().ends_with("All rights."));
    let mut steps = Vec::new();
    assert_eq!(d.ask(&question("i1"), &mut |p| steps.push(p.files)).unwrap(), Answer::default());
    assert_eq!(steps, [0, 1, 2]);
    assert_eq!(d.ask(&question("blind"), &mut |_| {}).unwrap_err().code, "no_device");
    assert_eq!(d.capability(ActionType::RemoveRegistryKey), Err("No registry.".into()));
    assert_eq!(d.capability(ActionType::KillProcess), Ok(()));
    assert_eq!(d.plan(ActionType::KillProcess, &Target::Package), Plan::default());
    assert_eq!(d.plan_undo(&["v".into()], &Conflict::KeepBoth), Plan::default());
    assert_eq!((d.vault().unwrap().len(), d.verify_vault().unwrap().len()), (0, 0));
    assert_eq!(d.pin(&"v".into(), true).unwrap_err().code, "unsupported");
    assert!(d.health().unwrap().contains("no message was refused"));
    assert_eq!((d.boot(), d.returned(ActionType::KillProcess, &Target::Package)), (None, Ok(None)));
    assert!(d.watch().is_empty() && d.reapply().is_empty());
    assert!(d.plant_practice().is_err() && d.practice_processes() == 0, "a practice range is never reached this way");
}

#[test]
fn a_copy_is_handed_out_in_parts_and_a_damaged_one_says_so_at_the_end() {
    let rig = Rig::new(false);
    let mut out = Vec::new();
    let taken = rig.remote().take_out(&"v".into(), &mut out).unwrap();
    assert_eq!((out, taken.mode), (content(), 0o755));
    let mut half = Vec::new();
    assert_eq!(rig.remote().take_out(&"damaged".into(), &mut half).unwrap_err().code, "vault_damaged");
}

/// M145: an order runs once, however often it comes; one that says something else under its id is refused and recorded.
#[test]
fn an_order_runs_once_and_an_altered_one_not_at_all() {
    let rig = Rig::new(false);
    let d = rig.remote();
    let first = d.carry_out(order(message("o1", Target::Package))).unwrap();
    let again = d.carry_out(order(message("o1", Target::Package))).unwrap();
    assert_eq!(first, again, "the first receipt");
    assert!(matches!(d.hops(&"o1".into())[..], [Hop { verb: Verb::Apply, hop: HopName::Accepted, .. }]));
    assert_eq!(d.hops(&"another".into()), []);
    let altered = d.carry_out(order(message("o1", Target::Scan { full: true }))).unwrap();
    assert!(
        matches!(&altered.outcome, ReceiptOutcome::Failed { fault } if fault.code == "order_altered"),
        "{altered:?}"
    );
    let elsewhere = OrderMessage { device: "d2".into(), ..message("o2", Target::Package) };
    let refused = d.carry_out(order(elsewhere)).unwrap();
    assert!(
        matches!(&refused.outcome, ReceiptOutcome::Failed { fault } if fault.code == "other_device"),
        "{refused:?}"
    );
    assert_eq!(rig.carried_out(), [Target::Package]);
    let record = std::fs::read_to_string(rig.folder.path().join("refused.log")).unwrap();
    assert_eq!(record.lines().count(), 2, "{record}");
    assert!(d.health().unwrap().contains("2 messages were refused"));
}

/// M145: what was told as never started does not start afterwards.
#[test]
fn an_order_that_was_asked_about_before_it_came_is_not_begun_any_more() {
    let rig = Rig::new(false);
    let d = rig.remote();
    assert_eq!(d.truth(&"o1".into()), Truth::NeverStarted);
    let late = d.carry_out(order(message("o1", Target::Package))).unwrap();
    assert!(matches!(&late.outcome, ReceiptOutcome::Failed { fault } if fault.code == "order_void"), "{late:?}");
    assert_eq!(rig.carried_out(), []);
    let done = d.carry_out(order(message("o2", Target::Package))).unwrap();
    assert!(matches!(d.truth(&"o2".into()), Truth::Ended(told) if told.outcome == done.outcome));
}

/// M145: the agent goes away and comes back; the order is carried out once, and questions find it again.
#[test]
fn an_agent_that_is_started_again_is_found_again() {
    let mut rig = Rig::new(false);
    let d = Arc::new(rig.remote());
    assert!(d.reachable() && d.capability(ActionType::RemoveRegistryKey).is_err());
    rig.stop();
    assert!(!d.reachable());
    assert!(matches!(d.truth(&"o1".into()), Truth::Unknown(fault) if fault.code == "agent_away"));
    assert_eq!(d.capability(ActionType::RemoveRegistryKey), Err("No registry.".into()), "as it said last");
    assert_eq!(d.capability(ActionType::KillProcess), Ok(()), "then it waits for the device");
    let plan = d.plan(ActionType::KillProcess, &Target::Package);
    assert!(plan.obstacles[0].blocking && plan.obstacles[0].code == "agent_away", "{plan:?}");
    let waits = Arc::clone(&d);
    let carrying = std::thread::spawn(move || waits.carry_out(order(message("o1", Target::Package))));
    rig.start(vec![own_uid()], false);
    assert!(matches!(carrying.join().unwrap().unwrap().outcome, ReceiptOutcome::Done { .. }));
    assert_eq!(rig.carried_out(), [Target::Package]);
    assert!(d.rights().contains("All rights."));
}

#[test]
fn an_order_that_nobody_answers_has_no_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let d = RemoteDevice::new(&folder.path().join("nobody"), &"d1".into(), vec![]).with_patience(Duration::ZERO);
    assert_eq!(d.carry_out(order(message("o1", Target::Package))).unwrap_err().code, "agent_away");
}

/// M139: whoever is not obeyed is not heard, not even one who may open the socket.
#[test]
fn a_caller_who_is_not_obeyed_is_refused_before_a_word_is_read() {
    let mut rig = Rig::new(false);
    rig.stop();
    rig.start(vec![own_uid() + 1], false);
    let refused = rig.remote().carry_out(order(message("o1", Target::Package))).unwrap();
    assert!(matches!(&refused.outcome, ReceiptOutcome::Failed { fault } if fault.code == "not_obeyed"), "{refused:?}");
    assert_eq!(rig.carried_out(), []);
    let record = std::fs::read_to_string(rig.folder.path().join("refused.log")).unwrap();
    assert!(record.contains(&format!("\"uid\":{}", own_uid())), "{record}");
}

/// There is no shell and no way to a folder that a person names: only what is on the list.
#[test]
fn what_is_not_on_the_list_does_not_exist() {
    let rig = Rig::new(false);
    let mut line = ByHand::at(&rig.socket());
    assert!(line.hear().contains("welcome"));
    for words in [
        r#"{"verb":"run","command":"id"}"#,
        r#"{"verb":"restore_elsewhere","item":"v","folder":"/etc","inert":false}"#,
        r#"{"verb":"carry_out","order":{}}"#,
        r#"{"verb":"carry_out"}"#,
        "[]",
        "not JSON",
    ] {
        line.say(words);
        assert!(line.hear().contains("unknown_verb"), "{words}");
    }
    line.say(r#"{"verb":"rights"}"#);
    assert!(line.hear().contains("All rights."), "and the line is still good");
    assert!(rig.remote().health().unwrap().contains("6 messages were refused"));
}

/// Restoring to a folder that a person names is done with that person's rights, never with those of the service.
#[test]
fn on_a_real_computer_the_service_writes_to_no_folder_that_a_person_names() {
    let rig = Rig::new(true);
    let conflict = Conflict::Elsewhere { folder: "/home/ann".into() };
    let undo = OrderMessage { verb: Verb::Undo, conflict, ..message("o1", Target::Package) };
    let refused = rig.remote().carry_out(order(undo)).unwrap();
    assert!(
        matches!(&refused.outcome, ReceiptOutcome::Failed { fault } if fault.code == "elsewhere_by_you"),
        "{refused:?}"
    );
    assert_eq!(rig.carried_out(), []);
}

/// Two at once: a long look does not hold up what was decided.
#[test]
fn several_questions_at_once_have_lines_of_their_own() {
    let rig = Rig::new(false);
    let d = Arc::new(rig.remote());
    let (inside, looking) = std::sync::mpsc::channel();
    let (go_on, wait) = std::sync::mpsc::channel();
    let looks = Arc::clone(&d);
    let look = std::thread::spawn(move || {
        let mut first = true;
        looks.ask(&question("i1"), &mut |_| {
            if std::mem::take(&mut first) {
                inside.send(()).unwrap();
                wait.recv().unwrap();
            }
        })
    });
    looking.recv().unwrap();
    assert!(d.carry_out(order(message("o1", Target::Package))).is_ok());
    go_on.send(()).unwrap();
    assert!(look.join().unwrap().is_ok());
}
