//! What a person wanted for a time only, through the door: released at its time by whichever process drives then, and
//! nothing else is ever released by a clock (M129, M165, M128).
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use assize_domain::{
    action::ActionStatus,
    device::{Device as DeviceLink, RuleFault},
    entity::{Bytes, Entity, File, FileIdentity},
    group::Device,
    id::{ActionId, OrderId, VaultId},
    judgement::Observed,
    mitigation::{Holds, Mitigation},
    order::{Conflict, Fault, Order, Proof, Receipt, ReceiptOutcome},
    policy::Verb,
    question::{Answer, DevicePolicy, Plan, Progress, Question, RuleFile, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::{Isolation, Target},
    time::{Span, Stamp},
    verdict::{Finding, FindingSource, Weight},
};
use assize_engine::{
    Engine, Tick,
    door::{ListDevices, ListMitigations, RunAction, RunDoctor, RunScope, ShowAction, StartInvestigation, UndoActions},
    view,
};
use std::{
    cell::{Cell, RefCell},
    path::Path,
    sync::Arc,
};

thread_local! {
    static WALL: Cell<i64> = const { Cell::new(1_795_000_000_000) };
    static STEADY: Cell<i64> = const { Cell::new(0) };
    static ORDERS: RefCell<Vec<(ActionId, Verb)>> = const { RefCell::new(Vec::new()) };
    static FAILS: Cell<bool> = const { Cell::new(false) };
    static STANDS: RefCell<Vec<Mitigation>> = const { RefCell::new(Vec::new()) };
    static REAPPLIED: Cell<u32> = const { Cell::new(0) };
}

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
        let entity = Entity::File {
            file: File {
                path: "/tmp/odd".into(),
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
        };
        let findings = vec![Finding::new(FindingSource::YaraRule, Weight::Bad, "A rule names it.")];
        let observed = vec![Observed { key: 0, entity, findings, links: vec![] }];
        Ok(Answer { observed, ..Answer::default() })
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
        ORDERS.with_borrow_mut(|o| o.push((order.action().clone(), order.verb())));
        let outcome = if FAILS.get() {
            ReceiptOutcome::Failed { fault: Fault::new("no", "It did not work.", "") }
        } else {
            ReceiptOutcome::Done { proof: Proof { kept: vec![VaultId::from("v")], ..Proof::default() } }
        };
        Ok(Receipt { order: order.id().clone(), outcome, steps: vec![], finished_at: wall() })
    }
    fn truth(&self, _: &OrderId) -> Truth {
        Truth::NeverStarted
    }
    fn watch(&self) -> Vec<Mitigation> {
        STANDS.with_borrow(Clone::clone)
    }
    fn reapply(&self) -> Vec<Mitigation> {
        REAPPLIED.set(REAPPLIED.get() + 1);
        STANDS.with_borrow_mut(|all| all.iter_mut().for_each(|m| m.holds = Holds::InForce));
        self.watch()
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

fn wall() -> Stamp {
    Stamp(WALL.get())
}

/// Real time: both clocks go on.
fn pass(time: Span) {
    WALL.set(WALL.get() + time.0);
    STEADY.set(STEADY.get() + time.0);
}

/// Somebody sets the clock.
fn jump(by: Span) {
    WALL.set(WALL.get() + by.0);
}

fn open(data: &Path) -> Engine {
    let link = |_: &Device, _: &Path| -> Result<Arc<dyn DeviceLink>, Fault> { Ok(Arc::new(Scripted)) };
    let steady = || Some(Tick { boot: "one".into(), at: STEADY.get() });
    Engine::open_with_clocks(data, link, Arc::new(wall), Arc::new(steady)).unwrap()
}

struct Story {
    engine: Engine,
    data: tempfile::TempDir,
}

impl Story {
    fn begin() -> Self {
        let data = tempfile::tempdir().unwrap();
        let engine = open(data.path());
        engine.drive_what_is_due().unwrap();
        Self { engine, data }
    }

    /// The program ends and another one opens the same folder.
    fn restart(self) -> Self {
        let Self { engine, data } = self;
        drop(engine);
        Self { engine: open(data.path()), data }
    }

    fn run(&self, kind: ActionType, time: Option<Span>) -> view::Action {
        let who = self.engine.person();
        let device = self.engine.ask(&who, ListDevices {}).unwrap().devices[0].id.clone();
        let scope = (kind == ActionType::IsolateDevice).then_some(RunScope::Full);
        let for_seconds = time.map(|t| u32::try_from(t.0 / 1000).unwrap());
        let asked = RunAction { scope, for_seconds, comment: "it spreads".into(), ..RunAction::about(kind, &device) };
        let action = self.engine.ask(&who, asked).unwrap();
        self.engine.settle_actions(std::slice::from_ref(&action.id)).unwrap().remove(0)
    }

    fn isolate(&self, time: Option<Span>) -> view::Action {
        self.run(ActionType::IsolateDevice, time)
    }

    fn due(&self) {
        self.engine.drive_what_is_due().unwrap();
    }

    fn action(&self, id: &ActionId) -> view::ActionDetail {
        self.engine.ask(&self.engine.person(), ShowAction { id: id.clone() }).unwrap()
    }

    fn status(&self, id: &ActionId) -> ActionStatus {
        self.action(id).action.status
    }

    fn events(&self, id: &ActionId) -> Vec<String> {
        self.action(id).timeline.into_iter().map(|row| row.event).collect()
    }

    fn clock(&self) -> view::Check {
        let checks = self.engine.ask(&self.engine.person(), RunDoctor {}).unwrap().checks;
        checks.into_iter().find(|c| c.name == "Clock and timers").unwrap()
    }
}

fn undos() -> usize {
    ORDERS.with_borrow(|o| o.iter().filter(|(_, verb)| *verb == Verb::Undo).count())
}

/// M129, M165
#[test]
fn an_isolation_for_four_hours_is_released_after_four_hours_and_a_restart_changes_nothing() {
    let story = Story::begin();
    let timed = story.isolate(Some(Span::hours(4)));
    assert_eq!(timed.status, ActionStatus::Completed);
    assert!(story.clock().detail.contains("1 timers run"));
    pass(Span(Span::hours(4).0 - 1));
    story.due();
    let story = story.restart();
    story.due();
    assert_eq!((story.status(&timed.id), undos()), (ActionStatus::Completed, 0), "a millisecond is left");
    assert_eq!(ORDERS.with_borrow(Vec::len), 1, "a restart orders nothing");
    pass(Span(1));
    let story = story.restart();
    story.due();
    let released = story.action(&timed.id).action;
    assert_eq!((released.status, released.undone_by.as_deref()), (ActionStatus::Undone, Some("timer")));
    story.due();
    assert_eq!(undos(), 1, "once");
    assert_eq!(story.clock().detail, "No timer runs.");
}

/// M165: each target has its own deadline.
#[test]
fn each_measure_has_its_own_deadline() {
    let story = Story::begin();
    let (isolated, restricted) =
        (story.isolate(Some(Span::hours(2))), story.run(ActionType::RestrictCodeExecution, Some(Span::hours(1))));
    let for_ever = Story::begin();
    let stays = for_ever.isolate(None);
    pass(Span::hours(1));
    story.due();
    assert_eq!(story.status(&restricted.id), ActionStatus::Undone);
    assert_eq!(story.status(&isolated.id), ActionStatus::Completed);
    pass(Span::hours(1));
    story.due();
    assert_eq!(story.status(&isolated.id), ActionStatus::Undone);
    pass(Span::days(29));
    for_ever.due();
    assert_eq!(for_ever.status(&stays.id), ActionStatus::Completed, "nobody set a time");
}

/// M165, spec 2.7: a clock that somebody sets neither shortens nor lengthens it, and says so.
#[test]
fn a_clock_that_jumps_changes_no_length_and_warns() {
    for by in [Span::hours(10), Span(-Span::hours(10).0)] {
        let story = Story::begin();
        let timed = story.isolate(Some(Span::hours(4)));
        story.due();
        pass(Span::hours(1));
        jump(by);
        story.due();
        assert_eq!(story.status(&timed.id), ActionStatus::Completed, "three hours are left");
        assert!(!story.clock().ok && story.clock().detail.contains("10.0 hours"), "{:?}", story.clock());
        assert!(story.events(&timed.id).contains(&"timer_moved".to_owned()));
        let story = story.restart();
        pass(Span(Span::hours(3).0 - 1));
        story.due();
        assert_eq!(story.status(&timed.id), ActionStatus::Completed);
        pass(Span(1));
        story.due();
        assert_eq!(story.status(&timed.id), ActionStatus::Undone);
        pass(Span::days(1));
        story.due();
        assert!(story.clock().ok, "after a day the new time counts");
    }
}

/// M129: a lone owner is not locked out by one failure.
#[test]
fn a_release_that_failed_is_tried_again_and_not_all_the_time() {
    let story = Story::begin();
    let timed = story.isolate(Some(Span::hours(1)));
    pass(Span::hours(1));
    FAILS.set(true);
    story.due();
    story.due();
    assert_eq!((story.status(&timed.id), undos()), (ActionStatus::UndoFailed, 1));
    pass(Span::minutes(5));
    story.due();
    assert_eq!(undos(), 2);
    FAILS.set(false);
    pass(Span::minutes(5));
    story.due();
    assert_eq!((story.status(&timed.id), undos()), (ActionStatus::Undone, 3));
}

/// M67, M165: the newest wish counts, and a person's release is not followed by the timer's.
#[test]
fn the_newest_time_counts_and_a_person_is_faster_than_a_timer() {
    let story = Story::begin();
    let older = story.isolate(Some(Span::hours(1)));
    pass(Span::minutes(30));
    let newer = story.isolate(Some(Span::hours(4)));
    assert_ne!(older.id, newer.id);
    pass(Span::hours(1));
    story.due();
    assert_eq!((story.status(&older.id), undos()), (ActionStatus::Completed, 0), "the newer one asked for more");
    assert!(story.events(&older.id).contains(&"timer_superseded".to_owned()));
    let undo = UndoActions {
        ids: vec![newer.id.clone()],
        reason: None,
        conflict: Conflict::Stop,
        instances: false,
        allow_days: None,
    };
    assert_eq!(story.engine.ask(&story.engine.person(), undo).unwrap().refused, []);
    story.engine.settle_actions(std::slice::from_ref(&newer.id)).unwrap();
    assert_eq!((story.status(&older.id), story.status(&newer.id)), (ActionStatus::Undone, ActionStatus::Undone));
    pass(Span::days(2));
    story.due();
    assert_eq!(undos(), 1, "nothing is left for a timer");
}

/// Spec 2.7: while the clock is in doubt nobody's time to decide runs out.
#[test]
fn nothing_expires_for_a_day_after_a_jump() {
    let waiting = || {
        let story = Story::begin();
        let who = story.engine.person();
        let look = StartInvestigation { device: None, paths: vec![], full: false, comment: "odd".into() };
        let look = story.engine.ask(&who, look).unwrap();
        let asks = story.engine.settle_investigation(&look.id).unwrap().actions.remove(0).id;
        assert_eq!(story.status(&asks), ActionStatus::PendingApproval);
        story.due();
        (story, asks)
    };
    let (story, asks) = waiting();
    jump(Span::days(30));
    story.due();
    assert_eq!(story.status(&asks), ActionStatus::PendingApproval, "the clock is in doubt");
    let story = story.restart();
    pass(Span(Span::days(1).0 - 1));
    story.due();
    assert_eq!(story.status(&asks), ActionStatus::PendingApproval);
    pass(Span(1));
    story.due();
    assert_eq!(story.status(&asks), ActionStatus::Expired, "after a day the new time counts");

    let (story, asks) = waiting();
    jump(Span::days(30));
    story.due();
    jump(Span(-Span::days(30).0));
    story.due();
    assert!(story.clock().ok, "the clock is back where it was");
    pass(Span::days(7));
    story.due();
    assert_eq!(story.status(&asks), ActionStatus::Expired, "real time is no jump");
}

fn stands(action: &view::Action, holds: Holds) -> Mitigation {
    Mitigation {
        kind: ActionType::IsolateDevice,
        action: action.id.clone(),
        earlier: Vec::new(),
        target: Target::Network { isolation: Isolation::Full, until: None },
        since: wall(),
        until: None,
        holds,
    }
}

/// M128, M122: the list is what the devices say, and what somebody else took away is recorded once.
#[test]
fn what_stands_is_listed_and_what_somebody_else_took_away_is_noticed() {
    let story = Story::begin();
    let isolated = story.isolate(None);
    let list = || story.engine.ask(&story.engine.person(), ListMitigations {}).unwrap().mitigations;
    let look = || {
        pass(Span::minutes(1));
        story.due();
        story.events(&isolated.id).into_iter().filter(|e| e.contains("in_force")).collect::<Vec<_>>()
    };
    assert!(list().is_empty());
    STANDS.set(vec![stands(&isolated, Holds::InForce)]);
    let shown = list().remove(0);
    assert!(shown.in_force && shown.complaints.is_empty());
    let by = shown.action.unwrap();
    assert_eq!((by.decided_by, by.comment.as_deref()), (Some(story.engine.person().name), Some("it spreads")));
    assert!(look().is_empty());

    STANDS.set(vec![stands(&isolated, Holds::Lifted { how: "Nothing is set any more.".into() })]);
    assert_eq!((look(), look()), (vec!["not_in_force".to_owned()], vec!["not_in_force".to_owned()]), "recorded once");
    assert_eq!((list()[0].in_force, REAPPLIED.get()), (false, 0), "whoever took it away may have had to");
    STANDS.set(vec![stands(&isolated, Holds::InForce)]);
    assert_eq!(look(), ["not_in_force", "in_force_again"]);

    STANDS.set(vec![stands(&isolated, Holds::Behind { how: vec!["A network interface came.".into()] })]);
    assert_eq!((look().len(), REAPPLIED.get()), (2, 1), "what came since is covered without a word");
}
