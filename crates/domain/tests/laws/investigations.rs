//! Investigations, spec 4.2.
use crate::given::{NOW, person};
use InvestigationStatus::{
    Benign, Failed, PartiallyInvestigated, PartiallyRemediated, PendingApproval, PendingResource, Queued, Remediated,
    Running, Starting, TerminatedSystem, TerminatedThrottling, TerminatedUser,
};
use assize_domain::{
    action::ActionStatus,
    id::{AlertId, DeviceId, InvestigationId},
    investigation::{
        Investigation, InvestigationInput, InvestigationRefusal, InvestigationState, InvestigationStatus, Item,
        QUEUE_LIMIT, Scope, Trigger, end_state,
    },
    role::Role,
    time::{Span, Stamp},
    verdict::Verdict,
};
use proptest::prelude::*;

fn investigation(state: InvestigationState) -> Investigation {
    let value = serde_json::json!({
        "id": InvestigationId::from("i"), "name": "n", "trigger": Trigger::Alert { alert: AlertId::from("a") },
        "alert_ids": ["a"], "incident_id": null, "device_id": DeviceId::from("d"), "scope": Scope::Quick,
        "started_at": NOW, "ended_at": null, "examined": false, "undone": 0, "follows": null,
        "state": state, "log": [],
    });
    serde_json::from_value(value).expect("an investigation as it is stored")
}

fn item(verdict: Verdict, actions: &[ActionStatus]) -> Item {
    Item { title: "x".into(), verdict, actions: actions.to_vec() }
}

/// From, event, to (spec 4.2). A last decision that leaves nothing to execute ends the investigation at once: I11 with
/// I15–I17 in one step; the same for a device that comes back (I10).
fn listed(from: InvestigationStatus, event: &str, to: InvestigationStatus) -> bool {
    match event {
        "I4" => (from, to) == (Starting, Running),
        "I5" => (from, to) == (Starting, Queued),
        "I6" => (from, to) == (Queued, Running),
        "I7" => (from, to) == (Queued, TerminatedThrottling),
        "I8" => matches!(from, Running | PendingResource) && to == PendingApproval,
        "I9" => matches!(from, Running | PendingApproval) && to == PendingResource,
        "I10" => (from, to) == (PendingResource, Running),
        // From Running: the looking ends, the executing goes on.
        "I11" => matches!(from, PendingApproval | Running) && to == Running,
        "I12" => matches!(from, PendingApproval | Running | PendingResource) && to == TerminatedSystem,
        "I13" => from == to && !from.is_final(),
        "I15" => matches!(from, Running | PendingApproval | PendingResource) && to == Benign,
        "I16" => matches!(from, Running | PendingApproval | PendingResource) && to == Remediated,
        "I17" => matches!(from, Running | PendingApproval | PendingResource) && to == PartiallyRemediated,
        "I18" => (from, to) == (Running, PartiallyInvestigated),
        "I19" => (from, to) == (Running, Failed),
        "I20" => !from.is_final() && to == TerminatedUser,
        "I22" => from == to && from.is_final(),
        _ => false,
    }
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let verdict = proptest::sample::select(Verdict::ALL.to_vec());
    let actions = proptest::collection::vec(proptest::sample::select(ActionStatus::ALL.to_vec()), 0..3);
    proptest::collection::vec((verdict, actions).prop_map(|(v, a)| item(v, &a)), 0..4)
}

fn input() -> impl Strategy<Value = InvestigationInput> {
    prop_oneof![
        Just(InvestigationInput::SlotFree),
        Just(InvestigationInput::NoSlot),
        Just(InvestigationInput::Clock),
        Just(InvestigationInput::DeviceGone { deadline: NOW.after(Span::days(3)) }),
        Just(InvestigationInput::DeviceBack),
        Just(InvestigationInput::AlertJoined { alert: AlertId::from("b") }),
        items().prop_map(|items| InvestigationInput::Examined { items }),
        (items(), any::<bool>()).prop_map(|(items, last_expired)| InvestigationInput::Results { items, last_expired }),
        any::<bool>().prop_map(|core_done| InvestigationInput::AnalyserFault { core_done, fault: "f".into() }),
        proptest::sample::select(vec![Role::Owner, Role::Analyst])
            .prop_map(|r| InvestigationInput::Stop { by: person(r), comment: "enough".into() }),
    ]
}

proptest! {
    /// M40: only listed steps; the end is final, is dated, and is never reached twice.
    #[test]
    fn an_investigation_takes_only_listed_steps(
        inputs in proptest::collection::vec((input(), 0i64..200_000_000), 1..25),
    ) {
        let mut current = investigation(InvestigationState::Starting);
        let mut now = NOW;
        for (input, later) in inputs {
            now = Stamp(now.0 + later);
            let analyst_stops = matches!(&input, InvestigationInput::Stop { by, .. } if by.role == Role::Analyst);
            let before = current.clone();
            if let Ok(next) = current.clone().step(input, now) {
                let step = (before.status(), next.event, next.investigation.status());
                prop_assert!(listed(step.0, step.1, step.2), "{step:?}");
                prop_assert!(!analyst_stops, "stopping needs the right to decide");
                current = next.investigation;
                if before.status().is_final() {
                    prop_assert_eq!(&before.state, &current.state, "what was reached stays reached");
                    prop_assert_eq!(before.ended_at, current.ended_at);
                }
                prop_assert_eq!(current.status().is_final(), current.ended_at.is_some());
            }
        }
    }

    /// M40: the end state is a function of results. While one action goes on there is none; waiting is told as waiting.
    #[test]
    fn nothing_ends_while_an_action_is_open(items in items()) {
        let mut running = investigation(InvestigationState::Running);
        running.examined = false;
        let next = running.step(InvestigationInput::Examined { items: items.clone() }, NOW).unwrap().investigation;
        let has = |wanted: &[ActionStatus]| items.iter().flat_map(|i| &i.actions).any(|s| wanted.contains(s));
        use ActionStatus as A;
        if has(&[A::Approved, A::Queued, A::WaitingForDevice, A::Running]) {
            prop_assert_eq!(next.status(), Running);
        } else if has(&[A::PendingApproval]) {
            prop_assert_eq!(next.status(), PendingApproval);
        } else {
            prop_assert_eq!(next.state, end_state(&items).1);
        }
    }

    /// M40: Remediated means that every bad thing was treated; nothing untreated hides in it.
    #[test]
    fn remediated_hides_nothing(items in items()) {
        use ActionStatus as A;
        let failed = |i: &Item| i.actions.iter().any(|s| matches!(s, A::Failed | A::TimedOut | A::Cancelled));
        let untreated = items.iter().any(|i| i.verdict == Verdict::Malicious && (i.actions.is_empty() || failed(i)))
            || items.iter().any(|i| i.verdict == Verdict::Suspicious && failed(i));
        let status = end_state(&items).1.status();
        if untreated {
            prop_assert_eq!(status, PartiallyRemediated);
        }
        if items.iter().all(|i| !i.verdict.is_bad()) {
            prop_assert_eq!(status, Benign);
        }
    }
}

/// M40: one flipped result is another end.
#[test]
fn flipping_one_result_changes_the_end_state() {
    use ActionStatus as A;
    let ends = |second: A| {
        let all = [item(Verdict::Malicious, &[A::Completed]), item(Verdict::Malicious, &[second])];
        end_state(&all).1.status()
    };
    assert_eq!(ends(A::Completed), Remediated);
    assert_eq!(ends(A::Skipped), Remediated, "already gone is treated");
    for bad in [A::Failed, A::TimedOut, A::Rejected, A::Cancelled, A::PartiallyCompleted] {
        assert_eq!(ends(bad), PartiallyRemediated, "{bad:?}");
    }
    let (_, state) = end_state(&[item(Verdict::Malicious, &[A::Completed]), item(Verdict::Malicious, &[A::Failed])]);
    assert_eq!(state, InvestigationState::PartiallyRemediated { untreated: vec!["x".into()] }, "and it says which");
}

/// M40: a suspicion that a person declined is shown and does not stand in the way.
#[test]
fn a_declined_suspicion_does_not_block_the_end() {
    use ActionStatus as A;
    let declined = item(Verdict::Suspicious, &[A::Rejected]);
    assert_eq!(end_state(std::slice::from_ref(&declined)).1, InvestigationState::Benign { declined: 1 });
    let treated = item(Verdict::Malicious, &[A::Completed]);
    assert_eq!(end_state(&[declined, treated]).1.status(), Remediated);
    assert_eq!(end_state(&[item(Verdict::Malicious, &[A::Rejected])]).1.status(), PartiallyRemediated);
}

/// M40: silence until the end of the wait terminates by system, and tells how many items had been treated.
#[test]
fn an_expired_last_item_terminates_by_system() {
    use ActionStatus as A;
    let mut waiting = investigation(InvestigationState::PendingApproval { since: NOW });
    waiting.examined = true;
    let items = vec![item(Verdict::Malicious, &[A::Completed]), item(Verdict::Suspicious, &[A::Expired])];
    let ended = waiting.step(InvestigationInput::Results { items, last_expired: true }, NOW).unwrap();
    assert_eq!(ended.event, "I12");
    assert!(matches!(ended.investigation.state, InvestigationState::TerminatedSystem { treated: 1, .. }));
}

/// M40: an undo afterwards is a badge, not another end (I22).
#[test]
fn undoing_afterwards_keeps_the_end_and_counts() {
    let mut done = investigation(InvestigationState::Remediated);
    done.examined = true;
    let undone = vec![item(Verdict::Malicious, &[ActionStatus::Undone])];
    let input = InvestigationInput::Results { items: undone, last_expired: false };
    let next = done.step(input.clone(), NOW).unwrap();
    assert_eq!((next.event, next.investigation.undone, next.investigation.status()), ("I22", 1, Remediated));
    assert_eq!(next.investigation.step(input, NOW).unwrap_err(), InvestigationRefusal::NothingNew);
}

/// M38: waiting for a slot ends by throttling after a day, not before.
#[test]
fn a_queue_that_never_moves_ends_by_throttling() {
    let queued = investigation(InvestigationState::Queued { since: NOW });
    assert!(queued.clone().step(InvestigationInput::Clock, NOW.after(QUEUE_LIMIT)).is_err());
    let ended = queued.step(InvestigationInput::Clock, NOW.after(Span(QUEUE_LIMIT.0 + 1))).unwrap();
    assert_eq!(ended.investigation.status(), TerminatedThrottling);
}
