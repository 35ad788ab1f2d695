//! Stopping and quarantining a file wherever it is (M124, spec S11): its limits, and how the whole ends when its parts have.
use crate::{
    action::{Action, ActionState, ActionStatus},
    order::{Fault, Proof, ReceiptOutcome},
    time::Span,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// At most so many devices at once.
pub const MOST_DEVICES: usize = 1000;
/// A device counts that has seen the file since.
pub const SEEN_WITHIN: Span = Span::days(30);
/// From so many devices on it is widely used whatever the others have.
const MANY: usize = 10;

/// How a part stands, as the counts show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Succeeded,
    Failed,
    Pending,
}

/// What is not there any more needs nothing; what was taken back was done before.
pub fn standing(status: ActionStatus) -> Standing {
    match status {
        ActionStatus::Completed
        | ActionStatus::Skipped
        | ActionStatus::Undoing
        | ActionStatus::Undone
        | ActionStatus::PartlyUndone
        | ActionStatus::UndoFailed => Standing::Succeeded,
        ActionStatus::PartiallyCompleted
        | ActionStatus::Failed
        | ActionStatus::TimedOut
        | ActionStatus::Rejected
        | ActionStatus::Expired
        | ActionStatus::Cancelled => Standing::Failed,
        ActionStatus::PendingApproval
        | ActionStatus::Approved
        | ActionStatus::Queued
        | ActionStatus::WaitingForDevice
        | ActionStatus::Running => Standing::Pending,
    }
}

/// How several stand together: what is open decides, then what failed.
pub fn together(standings: impl IntoIterator<Item = Standing>) -> Standing {
    standings.into_iter().max().unwrap_or(Standing::Succeeded)
}

/// A file that so many of the known devices have is one that people use.
pub fn is_widely_used(seen: usize, known: usize) -> bool {
    seen >= MANY || (known >= 4 && seen * 2 > known)
}

/// A part with what to call it in a sentence.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub title: &'a str,
    pub action: &'a Action,
}

/// What became of the whole; none while a part is still open.
pub fn outcome(parts: &[Part<'_>]) -> Option<ReceiptOutcome> {
    let mut proof = Proof::default();
    let (mut done, mut gone, mut left, mut first) = (0, 0, Vec::new(), None);
    for part in parts {
        match standing(part.action.status()) {
            Standing::Pending => return None,
            Standing::Succeeded if part.action.status() == ActionStatus::Skipped => gone += 1,
            Standing::Succeeded => done += 1,
            Standing::Failed => {
                let fault = fault(&part.action.state);
                done += u32::from(part.action.status() == ActionStatus::PartiallyCompleted);
                left.push(format!("{}: {}", part.title, fault.message));
                first.get_or_insert(fault);
            }
        }
        if let Some(kept) = kept(&part.action.state) {
            proof.kept.extend(kept.kept.iter().cloned());
            proof.proven_at = proof.proven_at.max(kept.proven_at);
            proof.restart_needed |= kept.restart_needed;
        }
    }
    let all = parts.len();
    proof.after.push(format!("{done} of {all} done, {gone} no longer there, {} not done.", left.len()));
    Some(match (first, done) {
        (None, 0) => ReceiptOutcome::Gone { detail: "It is no longer there.".into() },
        (None, _) => ReceiptOutcome::Done { proof },
        (Some(fault), 0) => {
            let message = if all == 1 { fault.message } else { left.join(" ") };
            ReceiptOutcome::Failed { fault: Fault { message, ..fault } }
        }
        (Some(_), _) => ReceiptOutcome::Partly { proof, left },
    })
}

/// What became of taking the whole back; none while a part is on its way.
pub fn undo_outcome(parts: &[Part<'_>]) -> Option<ReceiptOutcome> {
    let (mut back, mut left, mut first) = (0, Vec::new(), None);
    for part in parts {
        match &part.action.state {
            ActionState::Undoing { .. } => return None,
            ActionState::Undone { .. } => back += 1,
            ActionState::PartlyUndone { left: still, .. } => {
                back += 1;
                left.push(format!("{}: {}", part.title, still.join(" ")));
            }
            ActionState::UndoFailed { fault, .. } => {
                left.push(format!("{}: {}", part.title, fault.message));
                first.get_or_insert_with(|| fault.clone());
            }
            ActionState::PendingApproval { .. }
            | ActionState::Approved
            | ActionState::Queued { .. }
            | ActionState::WaitingForDevice { .. }
            | ActionState::Running { .. }
            | ActionState::Completed { .. }
            | ActionState::PartiallyCompleted { .. }
            | ActionState::Failed { .. }
            | ActionState::Skipped { .. }
            | ActionState::TimedOut { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. } => {}
        }
    }
    let proof = Proof { after: vec![format!("{back} things are back as they were.")], ..Proof::default() };
    Some(match (first, left.is_empty()) {
        (_, true) => ReceiptOutcome::Done { proof },
        (Some(fault), false) if back == 0 => {
            ReceiptOutcome::Failed { fault: Fault { message: left.join(" "), ..fault } }
        }
        (_, false) => ReceiptOutcome::Partly { proof, left },
    })
}

/// What a part kept that can still be taken back.
fn kept(state: &ActionState) -> Option<&Proof> {
    match state {
        ActionState::Completed { work }
        | ActionState::PartiallyCompleted { work }
        | ActionState::Undoing { work, .. }
        | ActionState::UndoFailed { work, .. }
        | ActionState::PartlyUndone { work, .. } => Some(&work.proof),
        ActionState::PendingApproval { .. }
        | ActionState::Approved
        | ActionState::Queued { .. }
        | ActionState::WaitingForDevice { .. }
        | ActionState::Running { .. }
        | ActionState::Failed { .. }
        | ActionState::Skipped { .. }
        | ActionState::TimedOut { .. }
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Cancelled { .. }
        | ActionState::Undone { .. } => None,
    }
}

/// Why a part was not done, or not in whole.
pub fn fault(state: &ActionState) -> Fault {
    match state {
        ActionState::Failed { fault, .. } => fault.clone(),
        ActionState::TimedOut { reason, .. } => {
            Fault::new("timed_out", reason.clone(), "Try again when the device is there.")
        }
        ActionState::PartiallyCompleted { work } => Fault::new("partly", work.left.join(" "), "Look at what is left."),
        ActionState::Rejected => Fault::new("rejected", "Somebody said no to it.", "Nothing was touched."),
        ActionState::Expired => Fault::new("expired", "Nobody decided in time.", "Nothing was touched."),
        ActionState::Cancelled { .. } => Fault::new("cancelled", "It was cancelled.", "Nothing was touched."),
        ActionState::PendingApproval { .. }
        | ActionState::Approved
        | ActionState::Queued { .. }
        | ActionState::WaitingForDevice { .. }
        | ActionState::Running { .. }
        | ActionState::Completed { .. }
        | ActionState::Skipped { .. }
        | ActionState::Undoing { .. }
        | ActionState::Undone { .. }
        | ActionState::PartlyUndone { .. }
        | ActionState::UndoFailed { .. } => Fault::new("not_done", "It was not done.", "Nothing was touched."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_devices_or_most_of_a_few_are_wide_use() {
        assert!(is_widely_used(10, 5000) && is_widely_used(3, 4));
        assert!(!is_widely_used(9, 5000) && !is_widely_used(2, 4) && !is_widely_used(3, 3));
    }

    #[test]
    fn what_is_open_decides_then_what_failed() {
        use Standing::{Failed, Pending, Succeeded};
        assert_eq!(together([Succeeded, Pending, Failed]), Pending);
        assert_eq!(together([Succeeded, Failed]), Failed);
        assert_eq!(together([Succeeded, Succeeded]), Succeeded);
    }
}
