//! What becomes of an action once it was decided: releases that beat older isolations (M67), answers that come late
//! (M159, M160), looks afterwards, and an action that does not go on.
use crate::given::{NOW, person, proposal};
use assize_domain::{
    action::{
        Action, ActionInput, ActionState, ActionStatus, DEVICE_WAIT, Effect, HopName, RETENTION, Refusal, Rung,
        StuckCause,
    },
    id::{ActionId, OrderId, VaultId},
    order::{Conflict, Fault, Proof, Receipt, ReceiptOutcome},
    policy::{Outcome, Verb, permit},
    remedy::ActionType,
    role::Role,
    target::{Isolation, Target},
    time::{Span, Stamp},
};
use proptest::prelude::*;

fn own(kind: ActionType) -> Action {
    let mut wish = proposal(Outcome::Ask, kind);
    if kind == ActionType::IsolateDevice {
        wish.target = Target::Network { isolation: Isolation::Full, until: None };
    }
    Action::manual(wish, person(Role::Owner), "it spreads".into(), NOW).expect("an owner may").action
}

fn start(order: &str) -> ActionInput {
    ActionInput::Start { order: OrderId::from(order) }
}

fn receipt(order: &str, outcome: ReceiptOutcome, at: Stamp) -> ActionInput {
    let order = OrderId::from(order);
    ActionInput::Receipt { receipt: Receipt { order, outcome, steps: vec![], finished_at: at } }
}

fn done() -> ReceiptOutcome {
    ReceiptOutcome::Done { proof: Proof { kept: vec![VaultId::from("v1")], ..Proof::default() } }
}

fn undo() -> ActionInput {
    ActionInput::Undo { by: person(Role::Owner), reason: None, conflict: Conflict::Stop }
}

fn walk(action: Action, inputs: Vec<ActionInput>) -> Action {
    inputs.into_iter().fold(action, |action, input| action.step(input, NOW).expect("a listed step").action)
}

fn completed(kind: ActionType) -> Action {
    walk(own(kind), vec![start("o1"), receipt("o1", done(), NOW)])
}

/// M67, M73: a release asked for at any moment after an isolation never leaves the device isolated: what has not begun
/// never will, what is under way is released right after, what is in force is released.
#[test]
fn a_release_beats_an_older_isolation_wherever_that_is() {
    let waiting = own(ActionType::IsolateDevice);
    let away = walk(waiting.clone(), vec![ActionInput::DeviceUnreachable]);
    for open in [waiting.clone(), away] {
        let released = open.step(undo(), NOW).unwrap();
        assert_eq!(released.action.status(), ActionStatus::Cancelled);
        assert!(released.effects.contains(&Effect::CancelOlder) && permit(&released.action, NOW).is_err());
    }
    let running = walk(waiting, vec![start("o1")]);
    let asked = running.step(undo(), NOW).unwrap();
    assert_eq!((asked.event, asked.action.status()), ("T22", ActionStatus::Running));
    let done = asked.action.clone().step(receipt("o1", done(), NOW), NOW).unwrap();
    assert!(done.effects.iter().any(|e| matches!(e, Effect::Release(r) if r.by.name == "ann")), "it is due at once");
    let never = asked.action.step(ActionInput::NeverStarted, NOW).unwrap();
    assert_eq!(never.action.status(), ActionStatus::Cancelled, "and it is not begun again either");

    let undoing = completed(ActionType::IsolateDevice).step(undo(), NOW).unwrap();
    assert_eq!(undoing.action.status(), ActionStatus::Undoing);
    assert!(undoing.effects.contains(&Effect::CancelOlder));
}

/// M67: a file in quarantine is not a lasting measure: an undo of what has not been done is refused as ever.
#[test]
fn only_lasting_measures_are_released_before_they_are_in_force() {
    let queued = own(ActionType::QuarantineFile);
    assert!(matches!(queued.step(undo(), NOW), Err(Refusal::CannotUndo { .. })));
}

/// M67: what was in force together with it is lifted with it, and nothing else is.
#[test]
fn what_stood_with_it_is_lifted_with_it() {
    let lifted = |action: Action| {
        action.step(ActionInput::Lifted { by: person(Role::Owner), with: ActionId::from("a2") }, NOW).map(|s| s.action)
    };
    assert_eq!(lifted(completed(ActionType::IsolateDevice)).unwrap().status(), ActionStatus::Undone);
    assert!(lifted(completed(ActionType::QuarantineFile)).is_err());
    assert!(lifted(own(ActionType::IsolateDevice)).is_err());
}

/// M159: an action whose answer never came is given up, and what the device says later is true all the same.
#[test]
fn an_answer_that_comes_late_still_counts() {
    let running = walk(own(ActionType::QuarantineFile), vec![start("o1")]);
    let given_up = walk(running, vec![ActionInput::LimitReached]);
    assert_eq!(given_up.status(), ActionStatus::TimedOut);
    assert!(given_up.clone().step(receipt("o2", done(), NOW), NOW).is_err(), "the answer to another order");
    let failed = ReceiptOutcome::Failed { fault: Fault::new("io", "No.", "") };
    assert!(given_up.clone().step(receipt("o1", failed, NOW), NOW).is_err(), "that it was not done is known already");
    assert_eq!(walk(given_up.clone(), vec![receipt("o1", done(), NOW)]).status(), ActionStatus::Completed);
    let again = walk(given_up, vec![ActionInput::Retry { by: person(Role::Owner) }]);
    assert!(again.step(receipt("o1", done(), NOW), NOW).is_err(), "a new try has its own answer");

    let undoing = walk(completed(ActionType::QuarantineFile), vec![undo(), start("o2")]);
    let given_up = walk(undoing, vec![ActionInput::LimitReached]);
    assert_eq!(given_up.status(), ActionStatus::UndoFailed);
    let ActionState::Undone { by, .. } = walk(given_up, vec![receipt("o2", done(), NOW)]).state else {
        panic!("it was undone after all")
    };
    assert_eq!(by.name, "ann", "by whoever asked for it");
}

/// M159: an order tells where it has come to, with the times; a second try begins anew.
#[test]
fn hops_tell_where_an_order_has_come_to() {
    let later = |n: i64| Stamp(NOW.0 + n);
    let step = |action: Action, input, at| action.step(input, at).unwrap().action;
    let action = step(own(ActionType::QuarantineFile), start("o1"), later(5));
    let failed = ReceiptOutcome::Failed { fault: Fault::new("io", "No.", "") };
    let action = step(action, receipt("o1", failed, later(9)), later(9));
    let names = |action: &Action, verb| -> Vec<(HopName, Stamp)> {
        action.notes.hops.iter().filter(|h| h.verb == verb).map(|h| (h.hop, h.at)).collect()
    };
    use HopName::{Delivered, Finished, Queued, Verified};
    assert_eq!(names(&action, Verb::Apply), [(Queued, NOW), (Delivered, later(5)), (Finished, later(9))]);
    let action = step(action, ActionInput::Retry { by: person(Role::Owner) }, later(20));
    assert_eq!(names(&action, Verb::Apply), [(Queued, later(20))]);
    let action = step(action, start("o2"), later(21));
    let action = step(action, receipt("o2", done(), later(22)), later(23));
    let whole = [(Queued, later(20)), (Delivered, later(21)), (Finished, later(22)), (Verified, later(22))];
    assert_eq!(names(&action, Verb::Apply), whole);
    let action = step(action, undo(), later(30));
    assert_eq!(names(&action, Verb::Undo), [(Queued, later(30))]);
    assert_eq!(names(&action, Verb::Apply), whole, "what was done keeps its times");
}

/// M159: an action that does not go on says why, and one that does says nothing.
#[test]
fn what_does_not_go_on_is_told_with_its_cause() {
    let cause = |action: &Action, reachable, after: Span| {
        action.stuck(reachable, NOW.after(after)).map(|s| (s.cause, s.since, s.hint.is_empty()))
    };
    let queued = own(ActionType::QuarantineFile);
    assert_eq!(cause(&queued, true, Span::seconds(30)), None);
    assert_eq!(cause(&queued, true, Span::minutes(3)), Some((StuckCause::NotTakenUp, NOW, false)));
    let away = walk(queued.clone(), vec![ActionInput::DeviceUnreachable]);
    assert_eq!(cause(&away, false, Span::minutes(1)), None, "a device that just restarts is not worth a word");
    assert_eq!(cause(&away, false, Span::hours(1)), Some((StuckCause::DeviceAway, NOW, false)));
    let running = walk(queued, vec![start("o1")]);
    assert_eq!(cause(&running, true, Span::minutes(1)), None);
    assert_eq!(cause(&running, true, Span::hours(1)), Some((StuckCause::Overdue, NOW, false)));
    assert_eq!(cause(&running, false, Span::hours(1)), Some((StuckCause::NoAnswer, NOW, false)));
    let undoing = walk(completed(ActionType::QuarantineFile), vec![undo()]);
    assert_eq!(cause(&undoing, true, Span::hours(1)), Some((StuckCause::NotTakenUp, NOW, false)));
    assert_eq!(cause(&undoing, false, Span::hours(1)), Some((StuckCause::DeviceAway, NOW, false)));
    for rests in [completed(ActionType::QuarantineFile), completed(ActionType::KillProcess)] {
        assert_eq!(cause(&rests, false, DEVICE_WAIT), None);
    }
}

fn at_start(boot: &str) -> Action {
    let mut action = completed(ActionType::QuarantineFile);
    action.notes.boot = Some(boot.to_owned());
    action
}

/// M160: at once, after the next start, after a day and after a week; each once.
#[test]
fn what_was_done_is_looked_at_again_four_times() {
    let mut action = at_start("b1");
    let mut seen = Vec::new();
    let days = [(0, "b1"), (0, "b1"), (1, "b1"), (2, "b1"), (3, "b2"), (7, "b2"), (8, "b3"), (90, "b4")];
    for (day, boot) in days {
        let now = NOW.after(Span::days(day));
        let due = action.rungs_due(Some(boot), now);
        action.checked(&due, Some(true), "It is not there.", now);
        seen.extend(due.into_iter().map(|rung| (day, rung)));
    }
    use Rung::{AfterDay, AfterRestart, AfterWeek, AtOnce};
    assert_eq!(seen, [(0, AtOnce), (1, AfterDay), (3, AfterRestart), (7, AfterWeek)]);
    assert_eq!(action.next_check_at(), None, "and then it is left alone");
}

/// M160: a device that was away for all of it is looked at once when it is back; one that cannot be looked at, again.
#[test]
fn one_look_answers_every_rung_that_is_due() {
    let mut action = at_start("b1");
    let late = NOW.after(Span::days(30));
    let due = action.rungs_due(Some("b9"), late);
    assert_eq!(due, Rung::ALL);
    assert!(!action.checked(&due, None, "The device is away.", late));
    assert_eq!(action.rungs_due(Some("b9"), late), Rung::ALL, "nothing is known yet");
    assert!(action.checked(&due, Some(false), "It is there again.", late), "the news is told");
    assert!(!action.checked(&due, Some(false), "It is there again.", late), "once");
    assert_eq!((action.rungs_due(Some("b9"), late), action.next_check_at()), (vec![], None));
}

/// M160: what was taken back, what never stood, and what is about no one thing is not looked at.
#[test]
fn only_what_stands_is_looked_at_again() {
    let later = NOW.after(Span::days(1));
    let undoing = walk(completed(ActionType::QuarantineFile), vec![undo()]);
    for none in [own(ActionType::QuarantineFile), undoing, completed(ActionType::IsolateDevice)] {
        assert_eq!((none.rungs_due(None, later), none.next_check_at()), (vec![], None), "{:?}", none.status());
    }
}

/// M87: kept copies stay ninety days, for good where a person says so, and an undo says when they are gone.
#[test]
fn copies_that_are_gone_are_not_promised() {
    let mut action = completed(ActionType::QuarantineFile);
    assert_eq!(action.notes.kept_until(action.finished_at), Some(NOW.after(RETENTION)));
    action.notes.pinned = true;
    assert_eq!(action.notes.kept_until(action.finished_at), None);
    action.notes.purged = Some(NOW.after(RETENTION));
    let why = action.undo_offer().unwrap_err();
    assert!(why.contains(&NOW.after(RETENTION).to_string()), "{why}");
    assert!(matches!(action.step(undo(), NOW), Err(Refusal::CannotUndo { .. })));
}

proptest! {
    /// M67: however isolations, releases, orders and answers follow each other, once the last word was a release and
    /// everything has ended, no permit to isolate is left.
    #[test]
    fn after_the_last_release_nothing_isolates(inputs in proptest::collection::vec(0usize..7, 0..20)) {
        let mut action = own(ActionType::IsolateDevice);
        let input = |n: usize, order: &str| match n {
            0 => ActionInput::DeviceUnreachable,
            1 => ActionInput::DeviceBack,
            2 => start(order),
            3 => receipt(order, done(), NOW),
            4 => ActionInput::NeverStarted,
            5 => ActionInput::LimitReached,
            _ => undo(),
        };
        let mut released = false;
        for (n, order) in inputs.into_iter().zip(["o1", "o2", "o3", "o4"].iter().cycle()) {
            let Ok(stepped) = action.clone().step(input(n, order), NOW) else { continue };
            released |= n == 6;
            action = stepped.action;
            if released {
                let leave = permit(&action, NOW).map(|p| p.verb());
                prop_assert!(leave != Ok(Verb::Apply), "isolated again after its release: {:?}", action.state);
            }
        }
    }
}
