//! The driver against a device that answers as told: every way an order can end, the passing of time, and a process that
//! dies between order and receipt.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use assize_domain::{
    action::ActionStatus,
    device::{Device as DeviceLink, RuleFault},
    entity::{Bytes, Entity, File, FileIdentity},
    folders::FolderList,
    group::{AutomationLevel, Device, OsPlatform},
    id::{ActionId, InvestigationId, OrderId, VaultId},
    investigation::InvestigationStatus,
    judgement::Observed,
    order::{Conflict, Fault, Order, Proof, Receipt, ReceiptOutcome},
    question::{Answer, DevicePolicy, Plan, Progress, Question, RuleFile, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    role::{Person, Role},
    target::Target,
    time::{Span, Stamp},
    verdict::{Finding, FindingSource, Verdict, Weight},
};
use assize_engine::{
    Engine,
    door::{
        AddDevice, ApproveActions, ChangeFolders, ChangeGroup, ExportAudit, FolderChange, ListActions, ListFolders,
        RejectActions, ShowAction, ShowInvestigation, StartInvestigation, Tab, UndoActions,
    },
};
use std::{
    cell::{Cell, RefCell},
    path::Path,
    sync::Arc,
};

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_795_000_000_000) };
    static OUTCOME: RefCell<Option<ReceiptOutcome>> = const { RefCell::new(None) };
    static ORDERS: RefCell<Vec<(OrderId, ActionType)>> = const { RefCell::new(Vec::new()) };
    static TRUTH: RefCell<Option<ReceiptOutcome>> = const { RefCell::new(None) };
    static DIES: Cell<bool> = const { Cell::new(false) };
    static LOSES_ANSWERS: Cell<u32> = const { Cell::new(0) };
    static FILES: RefCell<Vec<(&'static str, Weight)>> = const { RefCell::new(Vec::new()) };
}

/// A device that sees the files it was told to see and ends every order as it was told.
struct Scripted;

impl DeviceLink for Scripted {
    fn policy(&self, _: &DevicePolicy) -> Result<Vec<RuleFault>, Fault> {
        Ok(Vec::new())
    }
    fn check_rules(&self, _: &RuleFile) -> Result<u32, String> {
        Ok(1)
    }
    fn rights(&self) -> String {
        "All rights.".into()
    }
    fn ask(&self, _: &Question, _: &mut dyn FnMut(Progress)) -> Result<Answer, Fault> {
        let observed = FILES.with_borrow(|files| {
            (0..)
                .zip(files)
                .map(|(key, (path, weight))| Observed {
                    key,
                    entity: file(path),
                    findings: vec![said(*weight)],
                    links: vec![],
                })
                .collect()
        });
        Ok(Answer { observed, examined: vec![], log: vec![] })
    }
    fn capability(&self, _: ActionType) -> Result<(), String> {
        Ok(())
    }
    fn plan(&self, _: ActionType, _: &Target) -> Plan {
        Plan::default()
    }
    fn plan_undo(&self, _: &[VaultId], _: &Conflict) -> Plan {
        Plan::default()
    }
    fn carry_out(&self, order: Order) -> Result<Receipt, Fault> {
        ORDERS.with_borrow_mut(|o| o.push((order.id().clone(), order.kind())));
        assert!(!DIES.get(), "the process died with the order in hand");
        if LOSES_ANSWERS.get() > 0 {
            LOSES_ANSWERS.set(LOSES_ANSWERS.get() - 1);
            return Err(Fault::new("no_answer", "The answer was lost.", ""));
        }
        let outcome = OUTCOME.with_borrow(Clone::clone).unwrap_or_else(|| done("vault-1"));
        Ok(Receipt { order: order.id().clone(), outcome, steps: vec![], finished_at: now() })
    }
    fn truth(&self, order: &OrderId) -> Truth {
        match TRUTH.with_borrow(Clone::clone) {
            Some(outcome) => Truth::Ended(Receipt { order: order.clone(), outcome, steps: vec![], finished_at: now() }),
            None => Truth::NeverStarted,
        }
    }
    fn vault(&self) -> Result<Vec<VaultItem>, Fault> {
        Ok(Vec::new())
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

fn now() -> Stamp {
    Stamp(NOW.get())
}

fn pass(time: Span) {
    NOW.set(NOW.get() + time.0);
}

fn done(kept: &str) -> ReceiptOutcome {
    ReceiptOutcome::Done {
        proof: Proof { kept: vec![VaultId::from(kept)], proven_at: Some(now()), ..Proof::default() },
    }
}

fn said(weight: Weight) -> Finding {
    Finding::new(FindingSource::YaraRule, weight, "A rule names it.")
}

fn file(path: &str) -> Entity {
    Entity::File {
        file: File {
            path: path.into(),
            resolved: None,
            sha256: Some("ab".repeat(32)),
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

fn open(_: &Device, _: &Path) -> Result<Arc<dyn DeviceLink>, Fault> {
    Ok(Arc::new(Scripted))
}

struct Story {
    engine: Engine,
    data: tempfile::TempDir,
    root: Option<tempfile::TempDir>,
    device: assize_domain::id::DeviceId,
}

impl Story {
    /// A staged device under this level that shows these files.
    fn begin(level: AutomationLevel, files: &[(&'static str, Weight)]) -> Self {
        FILES.set(files.to_vec());
        let (data, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let engine = Engine::open_with_clock(data.path(), open, Arc::new(now)).unwrap();
        let who = engine.person();
        let change = ChangeGroup {
            group: "Ungrouped devices".into(),
            level: Some(level),
            rules: None,
            description: None,
            reason: None,
        };
        engine.ask(&who, change).unwrap();
        let add = AddDevice { name: "web-01".into(), root: Some(root.path().display().to_string()), os: None };
        let device = engine.ask(&who, add).unwrap().id;
        Self { engine, data, root: Some(root), device }
    }

    fn investigate(&self) -> assize_engine::view::Investigation {
        let start = StartInvestigation {
            device: Some(self.device.clone()),
            paths: vec![],
            full: false,
            comment: "story".into(),
        };
        let started = self.engine.ask(&self.engine.person(), start).unwrap();
        self.engine.settle_investigation(&started.id).unwrap()
    }

    fn actions(&self, tab: Tab) -> Vec<assize_engine::view::Action> {
        self.engine
            .ask(&self.engine.person(), ListActions { tab: Some(tab), ..ListActions::default() })
            .unwrap()
            .actions
    }

    fn approve(&self, id: &ActionId) -> assize_engine::view::Action {
        let request = ApproveActions { ids: vec![id.clone()], comment: Some("yes".into()), group_by_type: false };
        let decision = self.engine.ask(&self.engine.person(), request).unwrap();
        assert_eq!(decision.refused, [], "the approval is accepted");
        self.engine.settle_actions(std::slice::from_ref(id)).unwrap().remove(0)
    }

    fn state(&self, id: &InvestigationId) -> InvestigationStatus {
        self.engine.ask(&self.engine.person(), ShowInvestigation { id: id.clone() }).unwrap().state
    }
}

/// M2, M8, M24: what is malicious is treated at once under FULL; what shows nothing gets a verdict and no action.
#[test]
fn full_acts_on_malicious_and_records_the_rest() {
    let story = Story::begin(AutomationLevel::Full, &[("/home/a/x", Weight::Bad), ("/home/a/y", Weight::Good)]);
    let end = story.investigate();
    assert_eq!(end.state, InvestigationStatus::Remediated);
    assert_eq!(end.evidence.len(), 2, "every examined thing has its verdict");
    let history = story.actions(Tab::History);
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].status, history[0].decided_by.as_deref()), (ActionStatus::Completed, Some("automation")));
    assert_eq!(history[0].level, AutomationLevel::Full);
}

/// M40: the same decision with another result ends otherwise.
#[test]
fn the_end_state_follows_the_result_and_not_the_approval() {
    for (outcome, expected) in [
        (done("v"), InvestigationStatus::Remediated),
        (
            ReceiptOutcome::Failed { fault: Fault::new("io", "It could not be read.", "") },
            InvestigationStatus::PartiallyRemediated,
        ),
    ] {
        let story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
        let rest = story.investigate();
        assert_eq!(rest.state, InvestigationStatus::PendingApproval);
        OUTCOME.set(Some(outcome));
        story.approve(&rest.actions[0].id);
        assert_eq!(story.state(&rest.id), expected);
        OUTCOME.set(None);
    }
}

/// M44: both decisions leave a row in History with the person and the time; only one touches the device.
#[test]
fn approve_acts_and_reject_prevents() {
    let story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad), ("/home/a/y", Weight::Odd)]);
    let rest = story.investigate();
    ORDERS.take();
    let (first, second) = (&rest.actions[0].id, &rest.actions[1].id);
    assert_eq!(story.approve(first).status, ActionStatus::Completed);
    let request = RejectActions { ids: vec![second.clone()], comment: Some("ours".into()), group_by_type: false };
    story.engine.ask(&story.engine.person(), request).unwrap();
    assert_eq!(ORDERS.take().len(), 1, "only the approved one reached the device");
    let history = story.actions(Tab::History);
    let me = story.engine.person().name;
    assert!(history.iter().all(|a| a.decided_by.as_deref() == Some(me.as_str()) && a.decided_at.is_some()));
    assert_eq!(
        story.state(&rest.id),
        InvestigationStatus::Remediated,
        "a declined suspicion does not stand in the way"
    );
}

/// M63: a changed target comes back as a question, with was and now.
#[test]
fn a_changed_target_returns_to_pending_as_stale() {
    let story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
    let rest = story.investigate();
    OUTCOME.set(Some(ReceiptOutcome::Changed { was: "hash a".into(), now: "hash b".into() }));
    let after = story.approve(&rest.actions[0].id);
    OUTCOME.set(None);
    assert_eq!(after.status, ActionStatus::PendingApproval);
    assert_eq!(after.stale.map(|s| s.now).as_deref(), Some("hash b"));
    assert_eq!(after.decided_by, None, "nobody has allowed the new one");
}

/// M54: silence is rejection, told as Expired by system.
#[test]
fn nobody_answers_for_a_week() {
    let story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
    let rest = story.investigate();
    let id = rest.actions[0].id.clone();
    pass(Span(Span::days(7).0 - 1));
    story.engine.settle_actions(std::slice::from_ref(&id)).unwrap();
    assert_eq!(story.actions(Tab::Pending).len(), 1, "one millisecond is left");
    pass(Span(1));
    let late = ApproveActions { ids: vec![id.clone()], comment: None, group_by_type: false };
    let refused = story.engine.ask(&story.engine.person(), late).unwrap().refused;
    assert_eq!(refused[0].fault.code, "expired");
    story.engine.drive_what_is_due().unwrap();
    let expired = &story.actions(Tab::History)[0];
    assert_eq!((expired.status, expired.decided_by.as_deref()), (ActionStatus::Expired, Some("system")));
    assert_eq!(story.state(&rest.id), InvestigationStatus::TerminatedSystem);
}

/// M65: decided while the device is away, carried out when it returns, given up after three days.
#[test]
fn a_device_that_is_away_keeps_its_orders_until_the_deadline() {
    let mut story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
    let rest = story.investigate();
    let folder = story.root.take().unwrap().keep();
    let away = folder.with_extension("away");
    std::fs::rename(&folder, &away).unwrap();
    assert_eq!(story.approve(&rest.actions[0].id).status, ActionStatus::WaitingForDevice);
    pass(Span::days(2));
    std::fs::rename(&away, &folder).unwrap();
    story.engine.drive_what_is_due().unwrap();
    assert_eq!(story.actions(Tab::History)[0].status, ActionStatus::Completed);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// M65: the other half.
#[test]
fn a_device_that_does_not_come_back_ends_as_timed_out() {
    let mut story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
    let rest = story.investigate();
    drop(story.root.take());
    assert_eq!(story.approve(&rest.actions[0].id).status, ActionStatus::WaitingForDevice);
    pass(Span::days(3));
    story.engine.drive_what_is_due().unwrap();
    assert_eq!(story.actions(Tab::History)[0].status, ActionStatus::TimedOut);
}

/// M145, M159: when the answer to an order is lost, the row waits for what the device says is true; what was done is not
/// done again, and what was never begun is.
#[test]
fn a_lost_answer_is_asked_for_again() {
    for (truth, orders) in [(Some(done("v")), 1), (None, 2)] {
        let story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
        let rest = story.investigate();
        ORDERS.take();
        TRUTH.set(truth);
        LOSES_ANSWERS.set(1);
        let after = story.approve(&rest.actions[0].id);
        TRUTH.set(None);
        assert_eq!(after.status, ActionStatus::Completed);
        assert_eq!(ORDERS.take().len(), orders);
    }
}

/// M145: an order whose process died is settled by what the device says is true, and is not carried out twice.
#[test]
fn a_dead_process_leaves_an_order_that_the_next_one_settles() {
    for (truth, expected) in [(Some(done("v")), 1), (None, 2)] {
        let story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
        let rest = story.investigate();
        let id = rest.actions[0].id.clone();
        let request = ApproveActions { ids: vec![id.clone()], comment: None, group_by_type: false };
        story.engine.ask(&story.engine.person(), request).unwrap();
        ORDERS.take();
        DIES.set(true);
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            story.engine.settle_actions(std::slice::from_ref(&id))
        }));
        DIES.set(false);
        assert!(died.is_err());
        let status = story.engine.ask(&story.engine.person(), ShowAction { id: id.clone() }).unwrap().action.status;
        assert_eq!(status, ActionStatus::Running, "the row says that an order is on its way");
        TRUTH.set(truth);
        let next = Engine::open_with_clock(story.data.path(), open, Arc::new(now)).unwrap();
        let settled = next.settle_actions(std::slice::from_ref(&id)).unwrap();
        TRUTH.set(None);
        assert_eq!(settled[0].status, ActionStatus::Completed);
        assert_eq!(ORDERS.take().len(), expected);
    }
}

/// M68 at the engine: undo is offered once, by the owner, and tells who did it.
#[test]
fn an_undo_is_offered_once() {
    let story = Story::begin(AutomationLevel::Full, &[("/home/a/x", Weight::Bad)]);
    let end = story.investigate();
    let id = end.actions[0].id.clone();
    let undo = || UndoActions {
        ids: vec![id.clone()],
        reason: Some("it was ours".into()),
        conflict: Conflict::Stop,
        instances: false,
        allow_days: None,
    };
    assert_eq!(story.engine.ask(&story.engine.person(), undo()).unwrap().refused, []);
    let undone = story.engine.settle_actions(std::slice::from_ref(&id)).unwrap().remove(0);
    assert_eq!((undone.status, undone.undone_by), (ActionStatus::Undone, Some(story.engine.person().name)));
    assert_eq!(story.engine.ask(&story.engine.person(), undo()).unwrap().refused[0].fault.code, "cannot_undo");
    assert_eq!(story.state(&end.id), InvestigationStatus::Remediated, "what was reached stays reached");
}

/// A second look finds the same thing while the first still waits: it joins, and both end together.
#[test]
fn the_same_finding_is_asked_about_once() {
    let story = Story::begin(AutomationLevel::SemiAll, &[("/home/a/x", Weight::Bad)]);
    let first = story.investigate();
    let second = story.investigate();
    assert_eq!(story.actions(Tab::Pending).len(), 1);
    assert_eq!(second.state, InvestigationStatus::PendingApproval);
    story.approve(&first.actions[0].id);
    assert_eq!(story.state(&first.id), InvestigationStatus::Remediated);
    assert_eq!(story.state(&second.id), InvestigationStatus::Remediated);
}

/// M9: a level of none proposes nothing; a person's own look still judges (spec 2.7).
#[test]
fn none_proposes_nothing() {
    let story = Story::begin(AutomationLevel::None, &[("/home/a/x", Weight::Bad)]);
    let end = story.investigate();
    assert_eq!(end.evidence[0].verdict, Verdict::Malicious);
    assert_eq!((end.actions.len(), story.actions(Tab::Pending).len(), story.actions(Tab::History).len()), (0, 0, 0));
}

/// M13: an owner's edit is a new version, is recorded, and decides what is found after it; what was decided before keeps
/// the version it was decided by (M24).
#[test]
fn an_edited_folder_list_decides_from_then_on() {
    let story = Story::begin(AutomationLevel::SemiNonTemp, &[("/srv/uploads/x", Weight::Bad)]);
    let before = story.investigate();
    assert_eq!(before.actions[0].status, ActionStatus::PendingApproval, "neither list has it: a person is asked");
    let who = story.engine.person();
    let shipped = story.engine.ask(&who, ListFolders {}).unwrap();
    let edit = |pattern: &str| ChangeFolders {
        os: OsPlatform::Linux,
        list: FolderList::Temp,
        change: FolderChange::Add { pattern: pattern.into() },
    };
    assert_eq!(story.engine.ask(&who, edit("C:\\x")).unwrap_err().code, "bad_input");
    let edited = story.engine.ask(&who, edit("/srv/uploads/**")).unwrap();
    assert_eq!(edited.version, shipped.version + 1);
    FILES.set(vec![("/srv/uploads/y", Weight::Bad)]);
    let after = story.investigate();
    assert_eq!(after.actions[0].status, ActionStatus::Completed, "now it is a temporary folder");
    assert_eq!(story.actions(Tab::Pending).len(), 1, "what waited before still waits");
    let viewer = Person { role: Role::Viewer, ..who };
    assert_eq!(story.engine.ask(&viewer, edit("/srv/more/**")).unwrap_err().code, "no_permission");
    let trail = story.data.path().join("trail.jsonl");
    story.engine.ask(&story.engine.person(), ExportAudit { out: trail.display().to_string() }).unwrap();
    assert!(std::fs::read_to_string(trail).unwrap().contains("folders_changed"));
}
