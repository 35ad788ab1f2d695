//! What a person wanted for a time only is taken back at that time, and nothing else ever is (M129, M165).
use crate::given::{NOW, person, proposal};
use assize_domain::{
    action::{Action, ActionInput, ActionState, ActionStatus, Refusal},
    id::{OrderId, VaultId},
    order::{Fault, Proof, Receipt, ReceiptOutcome},
    policy::{Outcome, Verb, permit},
    remedy::ActionType,
    role::Role,
    target::{Isolation, Target},
    time::{Span, Stamp},
};
use proptest::prelude::*;

const UNTIL: Stamp = Stamp(NOW.0 + Span::hours(4).0);

fn isolate(until: Option<Stamp>) -> Action {
    let mut wish = proposal(Outcome::Ask, ActionType::IsolateDevice);
    wish.target = Target::Network { isolation: Isolation::Full, until };
    Action::manual(wish, person(Role::Approver), "it spreads".into(), NOW).expect("an approver may").action
}

fn receipt(order: &str, outcome: ReceiptOutcome) -> ActionInput {
    let order = OrderId::from(order);
    ActionInput::Receipt { receipt: Receipt { order, outcome, steps: vec![], finished_at: NOW } }
}

fn carried_out(action: Action, outcome: ReceiptOutcome) -> Action {
    let action = action.step(ActionInput::Start { order: OrderId::from("o1") }, NOW).expect("it is queued").action;
    action.step(receipt("o1", outcome), NOW).expect("it runs").action
}

fn done() -> ReceiptOutcome {
    ReceiptOutcome::Done { proof: Proof { kept: vec![VaultId::from("v1")], ..Proof::default() } }
}

fn lost() -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault: Fault::new("no", "It did not work.", "") }
}

/// M129: an undo by nobody's right but the first decision's, with its own name on it, and with leave to be ordered.
#[test]
fn at_its_time_an_isolation_is_taken_back_by_the_timer_alone() {
    let stepped = carried_out(isolate(Some(UNTIL)), done()).step(ActionInput::TimerReached, UNTIL).unwrap();
    assert_eq!(stepped.event, "T22");
    let ActionState::Undoing { by, reason: Some(reason), .. } = &stepped.action.state else {
        panic!("{:?}", stepped.action.state)
    };
    assert_eq!(by.name, "timer");
    assert!(reason.contains("ann") && reason.contains(&UNTIL.to_string()), "{reason}");
    assert_eq!(permit(&stepped.action, UNTIL).unwrap().verb(), Verb::Undo);
}

/// M129: what could not be released is tried again.
#[test]
fn a_release_that_failed_is_tried_again_by_the_timer() {
    let action = carried_out(isolate(Some(UNTIL)), done()).step(ActionInput::TimerReached, UNTIL).unwrap().action;
    let failed = carried_out(action, lost());
    assert_eq!(failed.status(), ActionStatus::UndoFailed);
    assert_eq!(failed.step(ActionInput::TimerReached, UNTIL).unwrap().event, "T26");
}

/// M165: no timer, nothing that the clock takes back.
#[test]
fn what_nobody_wanted_for_a_time_only_is_never_taken_back_by_a_clock() {
    let refused = carried_out(isolate(None), done()).step(ActionInput::TimerReached, UNTIL).unwrap_err();
    assert_eq!(refused, Refusal::NotInThisState { status: ActionStatus::Completed });
}

proptest! {
    /// M165: before it is done, after it is undone, and while an order is on its way, the timer changes nothing.
    #[test]
    fn a_timer_takes_back_only_what_stands(steps in 0usize..4, fails in any::<bool>()) {
        let way = [
            ActionInput::Start { order: OrderId::from("o1") },
            receipt("o1", if fails { lost() } else { done() }),
            ActionInput::TimerReached,
            ActionInput::Start { order: OrderId::from("o2") },
        ];
        let mut action = isolate(Some(UNTIL));
        for input in way.into_iter().take(steps) {
            match action.clone().step(input, UNTIL) {
                Ok(stepped) => action = stepped.action,
                Err(_) => break,
            }
        }
        let stands = action.status() == ActionStatus::Completed;
        prop_assert_eq!(action.step(ActionInput::TimerReached, UNTIL).is_ok(), stands);
    }
}
