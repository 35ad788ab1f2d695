//! Actions, spec 4.1, and the permit without which no order exists.
use crate::given::{NOW, person, proposal};
use ActionStatus::{
    Approved, Cancelled, Completed, Expired, Failed, PartiallyCompleted, PartlyUndone, PendingApproval, Queued,
    Rejected, Running, Skipped, TimedOut, UndoFailed, Undoing, Undone, WaitingForDevice,
};
use assize_domain::{
    action::{
        APPROVAL_WAIT, Action, ActionInput, ActionState, ActionStatus, DEVICE_WAIT, Decided, LONGEST_WAIT, Refusal,
    },
    id::{ActionId, ApprovalId, OrderId, VaultId},
    order::{Conflict, Fault, Order, Proof, Receipt, ReceiptOutcome},
    policy::{Outcome, Verb, permit},
    remedy::ActionType,
    role::{Right, Role},
    time::{Span, Stamp},
};
use proptest::prelude::*;

/// From, event, to, as spec 4.1 has them. T20 is there for actions that only look or wait for their parts, for those
/// that the device itself stopped, and for what was released before it was known to be done: any other running order
/// tells by its own receipt what became of it. An answer that comes after nobody waited for it any more still counts.
const LISTED: &[(&[ActionStatus], &str, &[ActionStatus])] = &[
    (&[PendingApproval], "T5", &[Approved]),
    (&[PendingApproval], "T6", &[Rejected]),
    (&[PendingApproval], "T7", &[Expired]),
    (&[PendingApproval], "T8", &[PendingApproval]),
    (&[PendingApproval], "T9", &[Skipped]),
    (&[Approved], "T10", &[Queued]),
    (&[Queued], "T11", &[WaitingForDevice]),
    (&[WaitingForDevice], "T12", &[Queued]),
    (&[WaitingForDevice], "T13", &[TimedOut]),
    (&[Queued, WaitingForDevice], "T14", &[Cancelled]),
    (&[Queued], "T15", &[Running]),
    (&[Running, TimedOut], "T16", &[Completed]),
    (&[Running, TimedOut], "T17", &[PartiallyCompleted]),
    (&[Running], "T18", &[Failed]),
    (&[Running], "T19", &[TimedOut]),
    (&[Running], "T20", &[Cancelled]),
    (&[Failed, TimedOut, PartiallyCompleted], "T21", &[Queued]),
    // The second is the hand-over of an undo that began with the first.
    (&[Completed, PartiallyCompleted, Undoing], "T22", &[Undoing]),
    // A release of what is just being put in force: it comes right after.
    (&[Running], "T22", &[Running]),
    // What was in force together with it is lifted with it; an answer that came late.
    (&[Undoing, Completed, PartiallyCompleted, UndoFailed, PartlyUndone], "T23", &[Undone]),
    (&[Undoing, UndoFailed], "T24", &[PartlyUndone]),
    (&[Undoing], "T25", &[UndoFailed]),
    (&[UndoFailed, PartlyUndone], "T26", &[Undoing]),
    (&[Running], "T28", &[Queued]),
    (&[Running], "T29", &[PendingApproval]),
    // A vault that refuses is told by the receipt of the order that was started.
    (&[Running], "T30", &[Failed]),
    (&[Approved, Queued, Running], "T31", &[Skipped]),
    (&[Approved], "T32", &[Cancelled]),
    (&[Undoing], "T33", &[Undoing]),
    // Waiting, or cancelled back to the state before.
    (&[Undoing], "T34", &[Undoing, Completed, PartiallyCompleted, UndoFailed, PartlyUndone]),
];

fn proof() -> Proof {
    Proof { kept: vec![VaultId::from("v1")], proven_at: Some(NOW), restart_needed: false, after: vec![] }
}

fn fault(code: &str) -> Fault {
    Fault::new(code, "it did not work", "nothing was lost")
}

fn outcomes() -> Vec<ReceiptOutcome> {
    vec![
        ReceiptOutcome::Done { proof: proof() },
        ReceiptOutcome::Partly { proof: proof(), left: vec!["one".into()] },
        ReceiptOutcome::Gone { detail: "gone".into() },
        ReceiptOutcome::Changed { was: "a".into(), now: "b".into() },
        ReceiptOutcome::Failed { fault: fault("io") },
        ReceiptOutcome::Failed { fault: fault("vault_refused") },
        ReceiptOutcome::Failed { fault: fault("cancelled") },
        ReceiptOutcome::Unsupported { reason: "no means".into() },
    ]
}

fn receipt(order: &str, outcome: ReceiptOutcome) -> ActionInput {
    let order = OrderId::from(order);
    ActionInput::Receipt { receipt: Receipt { order, outcome, steps: vec!["did".into()], finished_at: NOW } }
}

fn input() -> impl Strategy<Value = ActionInput> {
    let role = || {
        proptest::sample::select(vec![
            Role::Owner,
            Role::Owner,
            Role::Approver,
            Role::Responder,
            Role::Analyst,
            Role::Viewer,
        ])
    };
    let order = || proptest::sample::select(vec!["o1", "o2"]);
    prop_oneof![
        3 => role().prop_map(|r| ActionInput::Approve { by: person(r), approval: ApprovalId::from("b"), comment: None }),
        1 => role().prop_map(|r| ActionInput::Reject { by: person(r), approval: ApprovalId::from("b"), comment: None }),
        2 => Just(ActionInput::Clock),
        1 => (role(), 0i64..40).prop_map(|(r, d)| ActionInput::Extend {
            by: person(r), until: NOW.after(Span::days(d)), reason: "holiday".into()
        }),
        1 => Just(ActionInput::TargetGone { reason: "gone".into() }),
        4 => Just(ActionInput::Enqueue),
        2 => Just(ActionInput::DeviceUnreachable),
        2 => Just(ActionInput::DeviceBack),
        1 => role().prop_map(|r| ActionInput::Cancel { by: person(r), comment: None }),
        6 => order().prop_map(|o| ActionInput::Start { order: OrderId::from(o) }),
        8 => (order(), proptest::sample::select(outcomes())).prop_map(|(o, outcome)| receipt(o, outcome)),
        1 => Just(ActionInput::LimitReached),
        2 => Just(ActionInput::NeverStarted),
        1 => Just(ActionInput::TimerReached),
        1 => role().prop_map(|r| ActionInput::Lifted { by: person(r), with: ActionId::from("other") }),
        2 => role().prop_map(|r| ActionInput::Retry { by: person(r) }),
        4 => role().prop_map(|r| ActionInput::Undo { by: person(r), reason: None, conflict: Conflict::KeepBoth }),
    ]
}

/// The right an input needs, where a person gives it.
fn needs(input: &ActionInput) -> Option<(Role, Right)> {
    match input {
        ActionInput::Approve { by, .. }
        | ActionInput::Reject { by, .. }
        | ActionInput::Extend { by, .. }
        | ActionInput::Cancel { by, .. }
        | ActionInput::Retry { by } => Some((by.role, Right::Decide)),
        ActionInput::Undo { by, .. } => Some((by.role, Right::Undo)),
        ActionInput::Clock
        | ActionInput::TargetGone { .. }
        | ActionInput::Enqueue
        | ActionInput::DeviceUnreachable
        | ActionInput::DeviceBack
        | ActionInput::Start { .. }
        | ActionInput::Receipt { .. }
        | ActionInput::LimitReached
        | ActionInput::TimerReached
        // The right was that of the release it followed from.
        | ActionInput::Lifted { .. }
        | ActionInput::NeverStarted => None,
    }
}

fn proposed(outcome: Outcome, kind: ActionType) -> Action {
    Action::propose(proposal(outcome, kind), NOW).expect("a ruling that proposes").action
}

fn walk(action: Action, inputs: Vec<ActionInput>) -> Action {
    inputs.into_iter().fold(action, |action, input| {
        action.step(input.clone(), NOW).unwrap_or_else(|refused| panic!("{input:?}: {refused}")).action
    })
}

fn approve() -> ActionInput {
    ActionInput::Approve { by: person(Role::Owner), approval: ApprovalId::from("b"), comment: None }
}

fn start(order: &str) -> ActionInput {
    ActionInput::Start { order: OrderId::from(order) }
}

fn undo() -> ActionInput {
    ActionInput::Undo { by: person(Role::Owner), reason: None, conflict: Conflict::Stop }
}

fn done(kind: ActionType) -> Action {
    let done = receipt("o1", ReceiptOutcome::Done { proof: proof() });
    walk(proposed(Outcome::Act, kind), vec![start("o1"), done])
}

fn kind() -> impl Strategy<Value = ActionType> {
    proptest::sample::select(vec![
        ActionType::QuarantineFile,
        ActionType::KillProcess,
        ActionType::RemoveScheduledTask,
        ActionType::IsolateDevice,
    ])
}

proptest! {
    /// M24, M139, and spec 4.1: whatever comes in whatever order, only listed transitions happen, only to those who may;
    /// what was ruled and what it is about never change; a permit exists only while a decision stands.
    #[test]
    fn an_action_takes_only_listed_steps(
        asks: bool, kind in kind(), inputs in proptest::collection::vec((input(), 0i64..100_000_000), 1..40),
    ) {
        let born = proposed(if asks { Outcome::Ask } else { Outcome::Act }, kind);
        let mut current = born.clone();
        let mut now = NOW;
        for (input, later) in inputs {
            now = Stamp(now.0 + later);
            let before = current.clone();
            let needs = needs(&input);
            if let Ok(stepped) = current.clone().step(input, now) {
                let (from, event, to) = (before.status(), stepped.event, stepped.action.status());
                let listed = LISTED.iter().any(|(f, e, t)| f.contains(&from) && *e == event && t.contains(&to));
                prop_assert!(listed, "{from:?} {event} {to:?}");
                prop_assert!(needs.is_none_or(|(role, right)| role.may(right)), "{event} by {needs:?}");
                current = stepped.action;
                prop_assert_eq!(current.updated_at, now);
            }
            prop_assert_eq!(&current.policy, &born.policy, "the level and the trace of that moment stay");
            prop_assert_eq!((&current.target, &current.id, current.kind), (&born.target, &born.id, born.kind));
            let allowed = permit(&current, now);
            let stands = matches!(
                current.decided,
                Some(Decided::Automation { .. } | Decided::Approved { .. } | Decided::Manual { .. })
            );
            if asks {
                prop_assert!(!matches!(current.decided, Some(Decided::Automation { .. })), "waiting became acting");
            }
            if let Ok(permit) = allowed {
                prop_assert!(stands, "a permit without a decision: {:?}", current.decided);
                let expected = if current.status() == Undoing { Verb::Undo } else { Verb::Apply };
                prop_assert!(matches!(current.status(), Queued | Undoing));
                prop_assert_eq!(permit.verb(), expected);
                let order = Order::apply(permit, OrderId::from("o"));
                prop_assert_eq!((order.target(), order.action()), (&born.target, &born.id), "an order is of that exact target");
            }
        }
    }

    /// Spec 4.1: after no, silence or a withdrawal nothing but a new action can do it.
    #[test]
    fn what_was_refused_never_gets_a_permit(
        end in 0usize..3, inputs in proptest::collection::vec((input(), 0i64..100_000_000), 0..20),
    ) {
        let asked = proposed(Outcome::Ask, ActionType::QuarantineFile);
        let by = person(Role::Owner);
        let (mut current, mut now) = match end {
            0 => (walk(asked, vec![ActionInput::Reject { by, approval: ApprovalId::from("b"), comment: None }]), NOW),
            1 => {
                let late = NOW.after(APPROVAL_WAIT);
                (asked.step(ActionInput::Clock, late).unwrap().action, late)
            }
            _ => (walk(asked, vec![approve(), ActionInput::Enqueue, ActionInput::Cancel { by, comment: None }]), NOW),
        };
        prop_assert!(matches!(current.status(), Rejected | Expired | Cancelled));
        for (input, later) in inputs {
            now = Stamp(now.0 + later);
            if let Ok(stepped) = current.clone().step(input, now) {
                current = stepped.action;
            }
            prop_assert!(matches!(current.status(), Rejected | Expired | Cancelled), "{:?}", current.status());
            prop_assert!(permit(&current, now).is_err());
        }
    }
}

/// M3, M2: a ruling that asks waits, one that acts is queued, the others propose nothing.
#[test]
fn a_ruling_becomes_an_action_or_none() {
    let propose = |outcome| Action::propose(proposal(outcome, ActionType::QuarantineFile), NOW);
    let asked = propose(Outcome::Ask).unwrap();
    assert_eq!((asked.event, asked.action.status()), ("T1", PendingApproval));
    let acted = propose(Outcome::Act).unwrap();
    assert_eq!((acted.event, acted.action.status()), ("T2", Queued));
    assert!(propose(Outcome::Nothing).is_none() && propose(Outcome::NoInvestigation).is_none());
    let manual = |role| {
        let p = proposal(Outcome::NoInvestigation, ActionType::QuarantineFile);
        Action::manual(p, person(role), "seen it".into(), NOW)
    };
    assert_eq!(manual(Role::Owner).unwrap().action.status(), Queued, "a person's own action is held by no level");
    assert!(permit(&manual(Role::Owner).unwrap().action, NOW).is_ok());
    assert!(manual(Role::Analyst).is_err());
}

/// M67: of two decisions the first counts, and the second is told who made it.
#[test]
fn the_second_decision_is_told_of_the_first() {
    let approved = walk(proposed(Outcome::Ask, ActionType::QuarantineFile), vec![approve()]);
    let refused = approved.clone().step(approve(), NOW).unwrap_err();
    assert_eq!(refused, Refusal::AlreadyDecided { by: "ann".into(), at: NOW });
    assert!(permit(&approved, NOW).is_err(), "approved is not yet queued");
}

/// Spec 2.7: silence of seven days is a no, from the very moment; an extension reaches thirty days at most.
#[test]
fn an_approval_after_the_wait_is_refused() {
    let asked = proposed(Outcome::Ask, ActionType::QuarantineFile);
    let end = NOW.after(APPROVAL_WAIT);
    assert_eq!(asked.clone().step(approve(), end).unwrap_err(), Refusal::Expired { expired_at: end });
    assert!(asked.clone().step(approve(), Stamp(end.0 - 1)).is_ok());
    let extend = |until| ActionInput::Extend { by: person(Role::Approver), until, reason: "away".into() };
    let longer = walk(asked.clone(), vec![extend(NOW.after(LONGEST_WAIT))]);
    assert!(longer.step(approve(), end).is_ok());
    let too_long = asked.step(extend(Stamp(NOW.after(LONGEST_WAIT).0 + 1)), NOW);
    assert_eq!(too_long.unwrap_err(), Refusal::WaitTooLong);
}

/// M63, M151: what changed since it was approved goes back to a person, with was and now; the old yes is gone.
#[test]
fn a_changed_target_takes_the_approval_back() {
    for outcome in [Outcome::Ask, Outcome::Act] {
        let mut steps = vec![start("o1"), receipt("o1", ReceiptOutcome::Changed { was: "a".into(), now: "b".into() })];
        if outcome == Outcome::Ask {
            steps.splice(0..0, [approve(), ActionInput::Enqueue]);
        }
        let stale = walk(proposed(outcome, ActionType::QuarantineFile), steps);
        let ActionState::PendingApproval { stale: Some(difference), .. } = &stale.state else {
            panic!("pending, stale")
        };
        assert_eq!((difference.was.as_str(), difference.now.as_str()), ("a", "b"));
        assert!(stale.decided.is_none() && permit(&stale, NOW).is_err());
    }
}

/// Spec 4.1: being queued is not enough, the decision that stands must be a yes; one from a damaged file is none.
#[test]
fn a_queued_action_without_a_yes_gets_no_permit() {
    let queued = proposed(Outcome::Act, ActionType::QuarantineFile);
    let by = || person(Role::Owner);
    let with = |decided| permit(&Action { decided, ..queued.clone() }, NOW).is_ok();
    assert!(with(Some(Decided::Automation { at: NOW })) && with(Some(Decided::Approved { by: by(), at: NOW })));
    assert!(!with(None));
    assert!(!with(Some(Decided::Rejected { by: by(), at: NOW })) && !with(Some(Decided::Expired { at: NOW })));
    let asked = proposed(Outcome::Ask, ActionType::QuarantineFile).policy;
    let forged = Action { policy: asked, ..queued.clone() };
    assert!(permit(&forged, NOW).is_err(), "automation acts only where the ruling said so");
    assert!(permit(&queued, NOW.after(DEVICE_WAIT)).is_err(), "and not after its wait");
}

/// M75
#[test]
fn a_killed_process_offers_no_undo_and_says_why() {
    let killed = done(ActionType::KillProcess);
    assert!(killed.undo_offer().unwrap_err().contains("cannot be brought back"));
    assert!(matches!(killed.step(undo(), NOW), Err(Refusal::CannotUndo { .. })));
}

/// M68: an undo is the owner's, is ordered once, and says of what kept copies.
#[test]
fn an_undo_is_ordered_once() {
    let undoing = walk(done(ActionType::QuarantineFile), vec![undo()]);
    assert_eq!(permit(&undoing, NOW).map(|p| p.verb()).ok(), Some(Verb::Undo));
    let handed = walk(undoing, vec![start("o2")]);
    assert!(permit(&handed, NOW).is_err(), "it was handed over; a second order would undo twice");
    let undone = walk(handed, vec![receipt("o2", ReceiptOutcome::Done { proof: proof() })]);
    assert_eq!(undone.status(), Undone);
    assert!(undone.undo_offer().is_err() && permit(&undone, NOW).is_err());
}

/// T34: a withdrawn undo goes back to what the action was, also when it was half undone.
#[test]
fn a_withdrawn_undo_goes_back_to_what_was() {
    let cancel = || ActionInput::Cancel { by: person(Role::Owner), comment: None };
    let whole = done(ActionType::QuarantineFile);
    assert_eq!(walk(whole.clone(), vec![undo(), cancel()]).state, whole.state);
    let partly = receipt("o2", ReceiptOutcome::Partly { proof: proof(), left: vec!["one".into()] });
    let half = walk(whole, vec![undo(), start("o2"), partly]);
    assert_eq!(half.status(), PartlyUndone);
    assert_eq!(walk(half.clone(), vec![undo(), cancel()]).state, half.state);
}

/// M159: an undo of a device that stays away ends, and can be asked for again.
#[test]
fn an_undo_does_not_wait_for_ever() {
    let undoing = walk(done(ActionType::QuarantineFile), vec![undo()]);
    let late = NOW.after(DEVICE_WAIT);
    assert!(permit(&undoing, late).is_err());
    for input in [ActionInput::Clock, ActionInput::DeviceUnreachable] {
        let failed = undoing.clone().step(input, late).unwrap();
        assert_eq!((failed.event, failed.action.status()), ("T25", UndoFailed));
        assert!(failed.action.undo_offer().is_ok());
    }
    assert!(undoing.step(ActionInput::Clock, Stamp(late.0 - 1)).is_err());
}

/// M68: what the first try did stays undoable, whatever becomes of the second.
#[test]
fn a_retry_of_the_rest_does_not_forget_the_first_part() {
    let kept = |id: &str| Proof { kept: vec![VaultId::from(id)], ..Proof::default() };
    let half = || {
        let partly = ReceiptOutcome::Partly { proof: kept("v1"), left: vec!["one".into()] };
        let action = proposed(Outcome::Act, ActionType::QuarantineFile);
        walk(
            action,
            vec![start("o1"), receipt("o1", partly), ActionInput::Retry { by: person(Role::Owner) }, start("o2")],
        )
    };
    let vault = |action: &Action| action.undo_offer().map(|w| w.proof.kept.clone());
    let both = walk(half(), vec![receipt("o2", ReceiptOutcome::Done { proof: kept("v2") })]);
    assert_eq!((both.status(), vault(&both)), (Completed, Ok(vec![VaultId::from("v1"), VaultId::from("v2")])));
    for nothing in [
        receipt("o2", ReceiptOutcome::Failed { fault: fault("io") }),
        receipt("o2", ReceiptOutcome::Gone { detail: "gone".into() }),
        receipt("o2", ReceiptOutcome::Unsupported { reason: "no".into() }),
        ActionInput::LimitReached,
    ] {
        let still = walk(half(), vec![nothing]);
        assert_eq!((still.status(), vault(&still)), (PartiallyCompleted, Ok(vec![VaultId::from("v1")])));
    }
}

/// M145: after a crash the device's word counts, once; a receipt that comes twice changes nothing.
#[test]
fn a_receipt_counts_once() {
    let running = walk(proposed(Outcome::Act, ActionType::QuarantineFile), vec![start("o1")]);
    let other = receipt("o9", ReceiptOutcome::Done { proof: proof() });
    assert!(running.clone().step(other, NOW).is_err(), "the receipt of another order");
    let again = walk(running.clone(), vec![ActionInput::NeverStarted]);
    assert!(
        again.status() == Queued && permit(&again, NOW).is_ok(),
        "nothing was handed over: it may be ordered again"
    );
    assert!(permit(&running, NOW).is_err(), "it was: it may not");
    let finished = receipt("o1", ReceiptOutcome::Done { proof: proof() });
    let completed = walk(running, vec![finished.clone()]);
    assert!(completed.step(finished, NOW).is_err());
}

/// T20: a scan changes nothing and may be stopped at any moment; an order that acts has passed its safe point.
#[test]
fn only_what_looks_or_waits_for_its_parts_is_stopped_while_it_runs() {
    for kind in assize_domain::remedy::ActionType::ALL {
        let running = walk(proposed(Outcome::Act, kind), vec![start("o1")]);
        assert_eq!(running.status(), Running);
        let cancelled = running.step(ActionInput::Cancel { by: person(Role::Approver), comment: None }, NOW);
        assert_eq!(cancelled.is_ok_and(|s| s.action.status() == Cancelled), kind.stops_midway(), "{kind:?}");
    }
}
