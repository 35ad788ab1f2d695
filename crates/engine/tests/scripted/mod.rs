//! A device that shows what it was told to show and ends every order as it was told, and a clock that is moved by hand.
#![expect(dead_code, reason = "each test program uses its own part of it")]
use assize_domain::{
    action::Hop,
    device::{Device as DeviceLink, RuleFault},
    entity::{Bytes, Entity, File, FileIdentity},
    group::{AutomationLevel, Device, DeviceKind},
    id::{ActionId, DeviceId, OrderId, VaultId},
    judgement::Observed,
    mitigation::{Holds, Mitigation},
    order::{Conflict, Fault, Order, Proof, Receipt, ReceiptOutcome},
    policy::Verb,
    question::{Answer, DevicePolicy, Plan, Progress, Question, RuleFile, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::Target,
    time::{Span, Stamp},
    verdict::{Finding, FindingSource, Weight},
};
use assize_engine::{
    Engine,
    door::{AddDevice, ChangeGroup, ListActions, ShowAction, StartInvestigation, Tab, Through},
    view,
};
use std::{
    cell::{Cell, RefCell},
    path::Path,
    sync::Arc,
};

/// An order as it reached the device.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) action: ActionId,
    pub(crate) kind: ActionType,
    pub(crate) verb: Verb,
    pub(crate) target: Target,
}

/// What every scripted device of this test does.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) shows: Vec<(Entity, Weight)>,
    pub(crate) orders: Vec<Seen>,
    /// The end of the next orders, the first one first; done where nothing is said.
    pub(crate) ends: Vec<ReceiptOutcome>,
    pub(crate) unable: Vec<ActionType>,
    pub(crate) stands: Vec<Mitigation>,
    pub(crate) vault: Vec<VaultItem>,
    pub(crate) undo_plan: Plan,
    pub(crate) questions: Vec<Question>,
    pub(crate) policies: Vec<DevicePolicy>,
    pub(crate) truth: Option<Truth>,
    /// What a look afterwards finds there again.
    pub(crate) back: Option<String>,
    pub(crate) boot: Option<String>,
    pub(crate) hops: Vec<Hop>,
    /// No answer comes to that many orders.
    pub(crate) silent: u32,
    /// The rule by which it finds things, and its version.
    pub(crate) rule: Option<(String, String)>,
    /// What a dry run of an act says.
    pub(crate) plan: Plan,
    /// It cannot take over a policy.
    pub(crate) deaf: bool,
}

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_795_000_000_000) };
    static SCRIPT: RefCell<Script> = RefCell::new(Script::default());
}

pub(crate) fn script<T>(change: impl FnOnce(&mut Script) -> T) -> T {
    SCRIPT.with_borrow_mut(change)
}

pub(crate) fn now() -> Stamp {
    Stamp(NOW.get())
}

pub(crate) fn pass(time: Span) {
    NOW.set(NOW.get() + time.0);
}

/// This computer keeps nothing: what the script keeps is the staged device's.
struct Scripted {
    keeps: bool,
}

impl DeviceLink for Scripted {
    fn policy(&self, policy: &DevicePolicy) -> Result<Vec<RuleFault>, Fault> {
        if script(|s| s.deaf) {
            return Err(Fault::new("no_answer", "It does not answer.", ""));
        }
        script(|s| s.policies.push(policy.clone()));
        Ok(Vec::new())
    }
    fn check_rules(&self, _: &RuleFile) -> Result<u32, String> {
        Ok(1)
    }
    fn rights(&self) -> String {
        "All rights.".into()
    }
    fn ask(&self, question: &Question, _: &mut dyn FnMut(Progress)) -> Result<Answer, Fault> {
        let observed = script(|s| {
            s.questions.push(question.clone());
            let shown = (0..).zip(&s.shows);
            shown
                .map(|(key, (entity, weight))| Observed {
                    key,
                    entity: entity.clone(),
                    findings: vec![said(s.rule.as_ref(), *weight)],
                    links: vec![],
                })
                .collect()
        });
        Ok(Answer { observed, examined: vec![], log: vec![] })
    }
    fn capability(&self, kind: ActionType) -> Result<(), String> {
        if script(|s| s.unable.contains(&kind)) { Err("By hand: pull the plug.".into()) } else { Ok(()) }
    }
    fn plan(&self, _: ActionType, _: &Target) -> Plan {
        script(|s| s.plan.clone())
    }
    fn plan_undo(&self, _: &[VaultId], _: &Conflict) -> Plan {
        script(|s| s.undo_plan.clone())
    }
    fn carry_out(&self, order: Order) -> Result<Receipt, Fault> {
        let seen = Seen {
            action: order.action().clone(),
            kind: order.kind(),
            verb: order.verb(),
            target: order.target().clone(),
        };
        let (outcome, answered) = script(|s| {
            let outcome = if s.ends.is_empty() { done(order.id().as_str()) } else { s.ends.remove(0) };
            if matches!(outcome, ReceiptOutcome::Done { .. }) {
                stand(s, &seen);
            }
            s.orders.push(seen);
            let answered = s.silent == 0;
            s.silent = s.silent.saturating_sub(1);
            (outcome, answered)
        });
        if !answered {
            return Err(Fault::new("no_answer", "No answer came.", "It is asked again."));
        }
        Ok(Receipt { order: order.id().clone(), outcome, steps: vec![], finished_at: now() })
    }
    fn truth(&self, _: &OrderId) -> Truth {
        script(|s| s.truth.clone()).unwrap_or(Truth::NeverStarted)
    }
    fn watch(&self) -> Vec<Mitigation> {
        script(|s| s.stands.clone())
    }
    fn hops(&self, _: &OrderId) -> Vec<Hop> {
        script(|s| s.hops.clone())
    }
    fn boot(&self) -> Option<String> {
        script(|s| s.boot.clone())
    }
    fn returned(&self, _: ActionType, _: &Target) -> Result<Option<String>, Fault> {
        Ok(script(|s| s.back.clone()))
    }
    fn vault(&self) -> Result<Vec<VaultItem>, Fault> {
        Ok(if self.keeps { script(|s| s.vault.clone()) } else { Vec::new() })
    }
    fn pin(&self, item: &VaultId, pinned: bool) -> Result<(), Fault> {
        script(|s| s.vault.iter_mut().filter(|i| i.id == *item).for_each(|i| i.pinned = pinned));
        Ok(())
    }
    fn purge(&self, item: &VaultId) -> Result<(), Fault> {
        script(|s| s.vault.retain(|i| i.id != *item));
        Ok(())
    }
    fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault> {
        Ok(Vec::new())
    }
    fn plant_practice(&self) -> Result<(), Fault> {
        Err(Fault::new("no", "", ""))
    }
    fn clear_practice(&self) -> Result<(), Fault> {
        Err(Fault::new("no", "", ""))
    }
    fn practice_processes(&self) -> u32 {
        0
    }
    fn restore_elsewhere(&self, _: &VaultId, _: &str, _: bool) -> Result<String, Fault> {
        Err(Fault::new("no", "", ""))
    }
}

fn said(rule: Option<&(String, String)>, weight: Weight) -> Finding {
    let finding = Finding::new(FindingSource::YaraRule, weight, "A rule names it.");
    match rule {
        Some((rule, version)) => finding.rule(rule.clone()).version(version.clone()),
        None => finding.rule("a_rule"),
    }
}

/// What lasts stands after it was done, and no longer after it was undone.
fn stand(s: &mut Script, seen: &Seen) {
    let until = match &seen.target {
        Target::Network { until, .. } | Target::CodeExecution { until } => *until,
        Target::File { .. }
        | Target::Process { .. }
        | Target::ScheduledTask { .. }
        | Target::StartupItem { .. }
        | Target::Service { .. }
        | Target::Driver { .. }
        | Target::Registry { .. }
        | Target::Scan { .. }
        | Target::Package
        | Target::Content { .. } => return,
    };
    s.stands.retain(|m| m.kind != seen.kind);
    if seen.verb == Verb::Apply {
        s.stands.push(Mitigation {
            kind: seen.kind,
            action: seen.action.clone(),
            earlier: vec![],
            target: seen.target.clone(),
            since: now(),
            until,
            holds: Holds::InForce,
        });
    }
}

pub(crate) fn done(kept: &str) -> ReceiptOutcome {
    ReceiptOutcome::Done {
        proof: Proof { kept: vec![VaultId::from(kept)], proven_at: Some(now()), ..Proof::default() },
    }
}

pub(crate) fn failed(code: &str) -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault: Fault::new(code, "It could not be done.", "Nothing was touched.") }
}

/// A file whose content is its name, as far as hashes go.
pub(crate) fn file(path: &str, content: &str) -> Entity {
    Entity::File {
        file: File {
            path: path.into(),
            resolved: None,
            sha256: Some(content.repeat(64 / content.len())),
            sha1: None,
            md5: None,
            size: Bytes(3),
            mode: "0644".into(),
            owner: "root:root".into(),
            package: None,
            identity: Some(FileIdentity { device: 1, inode: 2 }),
            links: 1,
            modified_at: None,
        },
    }
}

pub(crate) fn open(device: &Device, _: &Path) -> Result<Arc<dyn DeviceLink>, Fault> {
    Ok(Arc::new(Scripted { keeps: device.kind != DeviceKind::ThisComputer }))
}

/// An engine on a data folder of its own, with one staged device.
pub(crate) struct Story {
    pub(crate) engine: Engine,
    pub(crate) data: tempfile::TempDir,
    pub(crate) root: tempfile::TempDir,
    pub(crate) places: tempfile::TempDir,
    pub(crate) device: DeviceId,
}

impl Story {
    pub(crate) fn begin(level: AutomationLevel, shows: Vec<(Entity, Weight)>) -> Self {
        script(|s| *s = Script { shows, ..Script::default() });
        let (data, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let engine = Engine::open_with_clock(data.path(), open, Arc::new(now)).unwrap();
        let change = ChangeGroup {
            group: "Ungrouped devices".into(),
            level: Some(level),
            rules: None,
            description: None,
            reason: None,
        };
        engine.ask(&engine.person(), change).unwrap();
        let add = AddDevice { name: "web-01".into(), root: Some(root.path().display().to_string()), os: None };
        let device = engine.ask(&engine.person(), add).unwrap().id;
        Self { engine, data, root, places: tempfile::tempdir().unwrap(), device }
    }

    pub(crate) fn investigate(&self) -> view::Investigation {
        let start = StartInvestigation {
            device: Some(self.device.clone()),
            paths: vec![],
            full: false,
            comment: "story".into(),
        };
        let started = self.engine.ask(&self.engine.person(), start).unwrap();
        self.engine.settle_investigation(&started.id).unwrap()
    }

    pub(crate) fn settle(&self, id: &ActionId) -> view::Action {
        self.engine.settle_actions(std::slice::from_ref(id)).unwrap().remove(0)
    }

    pub(crate) fn show(&self, id: &ActionId) -> view::ActionDetail {
        self.engine.ask(&self.engine.person(), ShowAction { id: id.clone() }).unwrap()
    }

    pub(crate) fn history(&self) -> Vec<view::Action> {
        let list = ListActions { tab: Some(Tab::History), ..ListActions::default() };
        self.engine.ask(&self.engine.person(), list).unwrap().actions
    }

    /// Another device that does the same.
    pub(crate) fn another(&self, name: &str) -> DeviceId {
        let root = self.places.path().join(name);
        std::fs::create_dir(&root).unwrap();
        self.ask(AddDevice { name: name.into(), root: Some(root.display().to_string()), os: None }).id
    }

    pub(crate) fn ask<R: Through>(&self, request: R) -> R::Answer {
        request.here(&self.engine, &self.engine.person()).unwrap()
    }

    pub(crate) fn refused<R: Through>(&self, request: R) -> Fault {
        match request.here(&self.engine, &self.engine.person()) {
            Ok(_) => panic!("it should have been refused"),
            Err(fault) => fault,
        }
    }

    /// The device goes away until it is brought back.
    pub(crate) fn away(&self) -> Away<'_> {
        let gone = self.root.path().with_extension("away");
        std::fs::rename(self.root.path(), &gone).unwrap();
        Away { story: self, gone }
    }
}

pub(crate) struct Away<'a> {
    story: &'a Story,
    gone: std::path::PathBuf,
}

impl Away<'_> {
    pub(crate) fn back(self) {
        std::fs::rename(&self.gone, self.story.root.path()).unwrap();
    }
}
