//! An action that does not go on is a visible condition with a cause and a next step (M159): nothing stays pending for
//! ever without saying why.
use super::{Action, ActionState, DEVICE_WAIT};
use crate::time::{Span, Stamp};
use serde::{Deserialize, Serialize};
use specta::Type;

/// A device that is away for less is not worth a word.
const AWAY: Span = Span::minutes(10);
/// Whoever carries things out takes a decision up within seconds.
const TAKEN_UP: Span = Span::minutes(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StuckCause {
    /// The device cannot be reached.
    DeviceAway,
    /// The device is there, and nothing has begun.
    NotTakenUp,
    /// The order was handed over, and no answer came.
    NoAnswer,
    /// It runs, for longer than it usually takes.
    Overdue,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Stuck {
    pub cause: StuckCause,
    pub since: Stamp,
    pub text: String,
    /// What to do about it.
    pub hint: String,
}

impl Action {
    /// Why it does not go on, where it should. `reachable`: whether its device is there now.
    pub fn stuck(&self, reachable: bool, now: Stamp) -> Option<Stuck> {
        let stuck = |cause, since: Stamp, least: Span, text: String, hint: &str| {
            (now.since(since) >= least).then(|| Stuck { cause, since, text, hint: hint.to_owned() })
        };
        let away = |since, deadline: Stamp| {
            let text = format!("The device has not been there since {since}. It is waited for until {deadline}.");
            let hint = "Switch the device on or connect its disk. You can also cancel.";
            stuck(StuckCause::DeviceAway, since, AWAY, text, hint)
        };
        let not_taken_up = |since| {
            let text = format!("It has been due since {since}, the device is there, and nothing has begun.");
            let hint = "Something has to be open that carries it out: the window, the service or assizectl. If one is, \
                        it is busy with another action of longer duration.";
            stuck(StuckCause::NotTakenUp, since, TAKEN_UP, text, hint)
        };
        let running = |since| {
            if reachable {
                let text = format!("It has been running since {since}, longer than it usually takes.");
                let hint = "Look at the device. When it answers, what it says is true is recorded here.";
                stuck(StuckCause::Overdue, since, self.kind.usually_within(), text, hint)
            } else {
                let text = format!("It was handed over at {since}, and the device does not answer since.");
                let hint = "What became of it is asked for as soon as the device answers; nothing is done twice.";
                stuck(StuckCause::NoAnswer, since, AWAY, text, hint)
            }
        };
        match &self.state {
            ActionState::WaitingForDevice { deadline, .. } => away(self.updated_at, *deadline),
            ActionState::Approved => not_taken_up(self.updated_at),
            ActionState::Queued { deadline, .. } if !reachable => away(self.updated_at, *deadline),
            ActionState::Queued { .. } => not_taken_up(self.updated_at),
            ActionState::Running { .. } => running(self.started_at.unwrap_or(self.updated_at)),
            ActionState::Undoing { order: Some(_), .. } => running(self.updated_at),
            ActionState::Undoing { order: None, deadline, .. } => {
                let asked = Stamp(deadline.0 - DEVICE_WAIT.0);
                if reachable { not_taken_up(asked) } else { away(asked, *deadline) }
            }
            ActionState::PendingApproval { .. }
            | ActionState::Completed { .. }
            | ActionState::PartiallyCompleted { .. }
            | ActionState::Failed { .. }
            | ActionState::Skipped { .. }
            | ActionState::TimedOut { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. }
            | ActionState::Undone { .. }
            | ActionState::PartlyUndone { .. }
            | ActionState::UndoFailed { .. } => None,
        }
    }
}
