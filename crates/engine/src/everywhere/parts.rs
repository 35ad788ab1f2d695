//! The whole and its parts: what a part's end means for it, and what is asked of it is asked of them.
use super::not_begun;
use crate::{Engine, directory::Directory, fault::Stop, open::by};
use assize_domain::{
    action::{Action, ActionInput, ActionState},
    id::ActionId,
    order::{Fault, Receipt},
    policy::permit,
    remedy::ActionType,
    role::{Actor, Person},
    spread::{Part, Standing, outcome, standing, undo_outcome},
    text::visible,
};
use assize_store::{Reader, Writer};

/// Parts with what to call them.
pub(super) struct Parts {
    all: Vec<(String, Action)>,
}

impl Parts {
    pub(super) fn read(r: &Reader, whole: &ActionId) -> Result<Self, Stop> {
        let directory = Directory::read(r)?;
        let title = |a: &Action| {
            let device = visible(&directory.device(&a.device_id).name);
            if a.kind == ActionType::StopAndQuarantineFile {
                device
            } else {
                format!("{device}: {} {}", a.kind.label(), visible(&a.target.title()))
            }
        };
        Ok(Self { all: r.parts_of(whole)?.into_iter().map(|a| (title(&a), a)).collect() })
    }

    /// Succeeded, failed, pending.
    pub(super) fn counts(&self) -> [usize; 3] {
        [Standing::Succeeded, Standing::Failed, Standing::Pending]
            .map(|s| self.all.iter().filter(|(_, a)| standing(a.status()) == s).count())
    }

    fn of<'a>(all: impl IntoIterator<Item = &'a (String, Action)>) -> Vec<Part<'a>> {
        all.into_iter().map(|(title, action)| Part { title, action }).collect()
    }
}

impl Engine {
    /// A part stepped: when it was the last one that was open, the whole ends too.
    pub(crate) fn part_changed(&self, w: &mut Writer, whole: &ActionId) -> Result<(), Stop> {
        let action = w.action(whole)?.value;
        let (order, result) = match &action.state {
            ActionState::Running { order, .. } => {
                let parts = Parts::read(w, whole)?;
                // What ended before this attempt began is told by the attempt before.
                let of_now =
                    |(_, p): &&(String, Action)| !p.rests() || p.is_pending() || p.finished_at >= action.started_at;
                (order, outcome(&Parts::of(parts.all.iter().filter(of_now))))
            }
            ActionState::Undoing { order: Some(order), .. } => {
                (order, undo_outcome(&Parts::of(&Parts::read(w, whole)?.all)))
            }
            ActionState::Undoing { order: None, .. }
            | ActionState::PendingApproval { .. }
            | ActionState::Approved
            | ActionState::Queued { .. }
            | ActionState::WaitingForDevice { .. }
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
            | ActionState::UndoFailed { .. } => return Ok(()),
        };
        let Some(outcome) = result else { return Ok(()) };
        let steps = Parts::read(w, whole)?.all.iter().map(|(title, part)| step(title, part)).collect();
        let receipt = Receipt { order: order.clone(), outcome, steps, finished_at: self.now() };
        self.step_action(w, whole, ActionInput::Receipt { receipt }, Actor::System, None).map(drop)
    }

    /// Whether every part that is open waits for its device or for a person.
    pub(crate) fn parts_wait(&self, r: &Reader, whole: &Action) -> Result<bool, Stop> {
        for part in r.parts_of(&whole.id)? {
            if !part.rests() && !self.waits(r, &part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Taking the whole back takes every part back that can be, the last one first.
    pub(super) fn take_parts_back(&self, action: &Action) -> Result<(), Fault> {
        let ActionState::Undoing { by: who, reason, conflict, .. } = &action.state else { return Ok(()) };
        // Each part is taken back with a permit of its own.
        if permit(action, self.now()).is_err() {
            self.write(|w| self.step_action(w, &action.id, ActionInput::Clock, Actor::System, None))?;
            return Ok(());
        }
        self.write(|w| {
            if w.action(&action.id)?.value != *action {
                return Ok(());
            }
            let start = ActionInput::Start { order: assize_domain::id::OrderId(self.new_id()) };
            self.step_action(w, &action.id, start, by(who), None)?;
            for part in w.parts_of(&action.id)?.into_iter().rev() {
                if part.undo_offer().is_ok() {
                    let input =
                        ActionInput::Undo { by: who.clone(), reason: reason.clone(), conflict: conflict.clone() };
                    self.step_action(w, &part.id, input, by(who), reason.clone())?;
                }
            }
            self.part_changed(w, &action.id)
        })
    }

    /// T20: what has not begun is cancelled; the whole is, where nothing of it was done.
    pub(crate) fn cancel_whole(
        &self,
        w: &mut Writer,
        whole: &Action,
        who: &Person,
        comment: Option<&String>,
    ) -> Result<Action, Stop> {
        let parts = w.parts_of(&whole.id)?;
        let untouched =
            |p: &Action| not_begun(p) || p.is_pending() || (p.rests() && standing(p.status()) == Standing::Failed);
        let input = || ActionInput::Cancel { by: who.clone(), comment: comment.cloned() };
        if parts.iter().all(untouched) {
            let step = self.step(w, &whole.id, input(), by(who), comment.cloned())?;
            self.cancel_parts(w, &parts, who, comment)?;
            return Ok(step);
        }
        self.cancel_parts(w, &parts, who, comment)?;
        Ok(w.action(&whole.id)?.value)
    }

    fn cancel_parts(
        &self,
        w: &mut Writer,
        parts: &[Action],
        who: &Person,
        comment: Option<&String>,
    ) -> Result<(), Stop> {
        for part in parts {
            let running_whole =
                part.kind == ActionType::StopAndQuarantineFile && matches!(part.state, ActionState::Running { .. });
            if not_begun(part) || running_whole {
                let input = ActionInput::Cancel { by: who.clone(), comment: comment.cloned() };
                self.step_action(w, &part.id, input, by(who), comment.cloned())?;
            } else if part.is_pending() {
                let approval = part.approval_id.clone().unwrap_or_else(|| assize_domain::id::ApprovalId(self.new_id()));
                let input = ActionInput::Reject { by: who.clone(), approval, comment: comment.cloned() };
                self.step_action(w, &part.id, input, by(who), comment.cloned())?;
            }
        }
        Ok(())
    }

    pub(super) fn retry_part(&self, w: &mut Writer, part: &Action, who: Person) -> Result<(), Stop> {
        let input = ActionInput::Retry { by: who.clone() };
        self.step(w, &part.id, input, by(&who), None).map(drop)
    }
}

/// A part is tried again with the whole, which looks again first.
pub(crate) fn retried_with_the_whole(action: &Action) -> Option<Fault> {
    let whole = action.parent.as_ref()?;
    Some(Fault::new(
        "part_of_another",
        "This is a part of stopping and quarantining a file.",
        format!("Try that again as a whole: {whole}. It looks at the device again first."),
    ))
}

fn step(title: &str, part: &Action) -> String {
    let standing = match standing(part.status()) {
        Standing::Succeeded => "done",
        Standing::Failed => "not done",
        Standing::Pending => "open",
    };
    if let ActionState::Skipped { reason } = &part.state {
        return format!("{title}: {standing} ({reason})");
    }
    format!("{title}: {standing}")
}
