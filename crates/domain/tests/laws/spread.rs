//! Stopping and quarantining a file wherever it is: the whole ends as its parts do (M124).
use crate::given::{NOW, person, proposal};
use assize_domain::{
    action::{Action, ActionState, Finished},
    id::VaultId,
    order::{Conflict, Fault, Proof, ReceiptOutcome},
    policy::Outcome,
    remedy::ActionType,
    role::Role,
    spread::{Part, outcome, undo_outcome},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn work(n: usize) -> Finished {
    let proof = Proof { kept: vec![VaultId(format!("v{n}"))], ..Proof::default() };
    Finished { proof, steps: vec![], left: vec!["one".into()] }
}

/// Eleven ways in which a part may stand.
fn state(kind: usize, n: usize) -> ActionState {
    let fault = || Fault::new("io", "it did not work", "nothing was lost");
    let deadline = NOW;
    match kind {
        0 => ActionState::Completed { work: work(n) },
        1 => ActionState::PartiallyCompleted { work: work(n) },
        2 => ActionState::Failed { fault: fault(), attempt: 1 },
        3 => ActionState::Skipped { reason: "gone".into() },
        4 => ActionState::TimedOut { reason: "away".into(), attempt: 1 },
        5 => ActionState::Cancelled { comment: None },
        6 => ActionState::Queued { deadline, attempt: 1 },
        7 => ActionState::WaitingForDevice { deadline, attempt: 1 },
        8 => ActionState::Undoing {
            work: work(n),
            before: Box::new(ActionState::Completed { work: work(n) }),
            by: person(Role::Owner),
            reason: None,
            conflict: Conflict::Stop,
            order: None,
            deadline,
        },
        9 => ActionState::Undone { work: work(n), by: person(Role::Owner), after: vec![] },
        _ => ActionState::UndoFailed { work: work(n), fault: fault() },
    }
}

fn parts(kinds: &[usize]) -> Vec<Action> {
    let act = |(n, kind): (usize, &usize)| {
        let stepped = Action::propose(proposal(Outcome::Act, ActionType::QuarantineFile), NOW).expect("it acts");
        Action { state: state(*kind, n), ..stepped.action }
    };
    kinds.iter().enumerate().map(act).collect()
}

fn named(all: &[Action]) -> Vec<Part<'_>> {
    all.iter().map(|action| Part { title: "shop", action }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn the_whole_ends_as_its_parts_do(kinds in proptest::collection::vec(0usize..8, 0..6)) {
        let all = parts(&kinds);
        let result = outcome(&named(&all));
        let any = |wanted: &[usize]| kinds.iter().any(|k| wanted.contains(k));
        prop_assert_eq!(result.is_none(), any(&[6, 7]), "it is open as long as a part is");
        let Some(result) = result else { return Ok(()) };
        match &result {
            ReceiptOutcome::Done { .. } => prop_assert!(any(&[0]) && !any(&[1, 2, 4, 5])),
            ReceiptOutcome::Partly { left, .. } => {
                prop_assert!(any(&[0, 1]) && any(&[1, 2, 4, 5]));
                prop_assert_eq!(left.len(), kinds.iter().filter(|k| [1, 2, 4, 5].contains(*k)).count());
            }
            ReceiptOutcome::Gone { .. } => prop_assert!(!any(&[0, 1, 2, 4, 5])),
            ReceiptOutcome::Failed { .. } => prop_assert!(!any(&[0, 1]) && any(&[2, 4, 5])),
            ReceiptOutcome::Changed { .. } | ReceiptOutcome::Unsupported { .. } => prop_assert!(false, "{:?}", result),
        }
        if let ReceiptOutcome::Done { proof } | ReceiptOutcome::Partly { proof, .. } = result {
            let kept: BTreeSet<String> = proof.kept.into_iter().map(|v| v.0).collect();
            let made: BTreeSet<String> =
                kinds.iter().enumerate().filter(|(_, k)| **k < 2).map(|(n, _)| format!("v{n}")).collect();
            prop_assert_eq!(kept, made, "whatever a part kept can be taken back with the whole");
        }
    }

    #[test]
    fn taking_the_whole_back_ends_as_its_parts_do(kinds in proptest::collection::vec(0usize..11, 0..6)) {
        let all = parts(&kinds);
        let result = undo_outcome(&named(&all));
        let any = |wanted: usize| kinds.contains(&wanted);
        prop_assert_eq!(result.is_none(), any(8));
        match result {
            None => {}
            Some(ReceiptOutcome::Done { .. }) => prop_assert!(!any(10)),
            Some(ReceiptOutcome::Partly { .. }) => prop_assert!(any(9) && any(10)),
            Some(ReceiptOutcome::Failed { .. }) => prop_assert!(any(10) && !any(9)),
            Some(other) => prop_assert!(false, "{:?}", other),
        }
    }
}
