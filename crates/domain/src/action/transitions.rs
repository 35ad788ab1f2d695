//! The transitions of spec 4.1, one function per input. What is not written here is refused.
use super::{
    APPROVAL_WAIT, Action, ActionInput, ActionState, DEVICE_WAIT, Decided, Effect, Finished, HopName, LONGEST_WAIT,
    Refusal, Release, RemediationStatus, Stale, Stepped,
};
use crate::{
    id::{ActionId, ApprovalId, OrderId},
    order::{Conflict, Receipt, ReceiptOutcome},
    policy::Verb,
    role::{Person, Right},
    time::Stamp,
};

type Step = Result<Stepped, Refusal>;

impl Action {
    /// One transition of spec 4.1, or a refusal that changes nothing.
    pub fn step(self, input: ActionInput, now: Stamp) -> Step {
        match input {
            ActionInput::Approve { by, approval, comment } => self.approve(by, approval, comment, now),
            ActionInput::Reject { by, approval, comment } => self.reject(by, approval, comment, now),
            ActionInput::Clock => self.clock(now),
            ActionInput::Extend { by, until, reason } => self.extend(by, until, reason, now),
            ActionInput::TargetGone { reason } => self.target_gone(reason, now),
            ActionInput::Enqueue => self.enqueue(now),
            ActionInput::DeviceUnreachable => self.unreachable(now),
            ActionInput::DeviceBack => self.back(now),
            ActionInput::Cancel { by, comment } => self.cancel(by, comment, now),
            ActionInput::Start { order } => self.start(order, now),
            ActionInput::Receipt { receipt } => self.receive(receipt, now),
            ActionInput::LimitReached => self.limit(now),
            ActionInput::NeverStarted => self.never_started(now),
            ActionInput::Retry { by } => self.retry(by, now),
            ActionInput::TimerReached => self.timer(now),
            ActionInput::Lifted { by, with } => self.lifted(by, &with, now),
            ActionInput::Undo { by, reason, conflict } => self.undo(by, reason, conflict, now),
        }
    }

    fn wrong(&self) -> Refusal {
        Refusal::NotInThisState { status: self.status() }
    }

    /// Refuses a decision on something that was decided before, naming who and when (M67).
    fn undecided(&self, now: Stamp) -> Result<Stamp, Refusal> {
        if let ActionState::PendingApproval { since, expires_at, .. } = &self.state {
            return if now < *expires_at { Ok(*since) } else { Err(Refusal::Expired { expired_at: *expires_at }) };
        }
        match &self.decided {
            Some(d) => Err(Refusal::AlreadyDecided { by: d.by().to_owned(), at: d.at() }),
            None => Err(self.wrong()),
        }
    }

    fn approve(mut self, by: Person, approval: ApprovalId, comment: Option<String>, now: Stamp) -> Step {
        permitted(&by, Right::Decide)?;
        self.undecided(now)?;
        self.decided = Some(Decided::Approved { by, at: now });
        self.approval_id = Some(approval);
        self.comment = comment.or(self.comment);
        Ok(self.to(
            "T5",
            ActionState::Approved,
            vec![Effect::Evidence(RemediationStatus::Running), Effect::Investigation],
            now,
        ))
    }

    fn reject(mut self, by: Person, approval: ApprovalId, comment: Option<String>, now: Stamp) -> Step {
        permitted(&by, Right::Decide)?;
        self.undecided(now)?;
        self.decided = Some(Decided::Rejected { by, at: now });
        self.approval_id = Some(approval);
        self.comment = comment.or(self.comment);
        Ok(self.end("T6", ActionState::Rejected, RemediationStatus::Declined, now))
    }

    fn clock(mut self, now: Stamp) -> Step {
        if let ActionState::PendingApproval { expires_at, .. } = &self.state
            && now >= *expires_at
        {
            self.decided = Some(Decided::Expired { at: now });
            return Ok(self.end("T7", ActionState::Expired, RemediationStatus::Declined, now));
        }
        if let ActionState::WaitingForDevice { deadline, attempt } = &self.state
            && now >= *deadline
        {
            let state =
                ActionState::TimedOut { reason: "The device did not come back in time.".into(), attempt: *attempt };
            return Ok(self.end("T13", state, RemediationStatus::Failed, now));
        }
        if let ActionState::Undoing { work, order: None, deadline, .. } = &self.state
            && now >= *deadline
        {
            let message = "The device did not come back in time. Nothing was touched.";
            let fault = crate::order::Fault::new("device_away", message, "Undo it again when the device is there.");
            let state = ActionState::UndoFailed { work: work.clone(), fault };
            return Ok(self.to("T25", state, vec![], now));
        }
        Err(self.wrong())
    }

    fn extend(mut self, by: Person, until: Stamp, reason: String, now: Stamp) -> Step {
        permitted(&by, Right::Decide)?;
        let since = self.undecided(now)?;
        if until > since.after(LONGEST_WAIT) || until <= now {
            return Err(Refusal::WaitTooLong);
        }
        self.comment = Some(reason);
        if let ActionState::PendingApproval { expires_at, .. } = &mut self.state {
            *expires_at = until;
        }
        let state = self.state.clone();
        Ok(self.to("T8", state, vec![], now))
    }

    fn target_gone(self, reason: String, now: Stamp) -> Step {
        let event = match &self.state {
            ActionState::PendingApproval { .. } => "T9",
            ActionState::Approved | ActionState::Queued { .. } => "T31",
            ActionState::WaitingForDevice { .. }
            | ActionState::Running { .. }
            | ActionState::Completed { .. }
            | ActionState::PartiallyCompleted { .. }
            | ActionState::Failed { .. }
            | ActionState::Skipped { .. }
            | ActionState::TimedOut { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. }
            | ActionState::Undoing { .. }
            | ActionState::Undone { .. }
            | ActionState::PartlyUndone { .. }
            | ActionState::UndoFailed { .. } => return Err(self.wrong()),
        };
        Ok(self.end(event, ActionState::Skipped { reason }, RemediationStatus::NotFound, now))
    }

    fn enqueue(mut self, now: Stamp) -> Step {
        if self.state != ActionState::Approved {
            return Err(self.wrong());
        }
        self.notes.hop(Verb::Apply, HopName::Queued, now);
        Ok(self.to(
            "T10",
            ActionState::Queued { deadline: now.after(DEVICE_WAIT), attempt: 1 },
            vec![Effect::Dispatch],
            now,
        ))
    }

    fn unreachable(self, now: Stamp) -> Step {
        if let ActionState::Queued { deadline, attempt } = self.state {
            return Ok(self.to(
                "T11",
                ActionState::WaitingForDevice { deadline, attempt },
                vec![Effect::Investigation],
                now,
            ));
        }
        if let ActionState::Undoing { order: None, deadline, .. } = &self.state {
            if now >= *deadline {
                return self.clock(now);
            }
            let state = self.state.clone();
            return Ok(self.to("T34", state, vec![], now));
        }
        Err(self.wrong())
    }

    fn back(self, now: Stamp) -> Step {
        let ActionState::WaitingForDevice { deadline, attempt } = self.state else { return Err(self.wrong()) };
        if now >= deadline {
            return self.clock(now);
        }
        Ok(self.to("T12", ActionState::Queued { deadline, attempt: attempt + 1 }, vec![Effect::Dispatch], now))
    }

    fn cancel(self, by: Person, comment: Option<String>, now: Stamp) -> Step {
        permitted(&by, Right::Decide)?;
        let cancelled = ActionState::Cancelled { comment };
        if self.state == ActionState::Approved {
            return Ok(self.end("T32", cancelled, RemediationStatus::Declined, now));
        }
        if matches!(self.state, ActionState::Queued { .. } | ActionState::WaitingForDevice { .. }) {
            return Ok(self.end("T14", cancelled, RemediationStatus::Declined, now));
        }
        // It only looks, or only waits for its parts: no order of its own is with the device.
        if matches!(self.state, ActionState::Running { .. }) && self.kind.stops_midway() {
            return Ok(self.end("T20", cancelled, RemediationStatus::Declined, now));
        }
        // An undo that has not been handed over goes back to what it was; a running order has passed its safe point:
        // its own receipt will tell what became of it.
        if let ActionState::Undoing { before, order: None, .. } = self.state.clone() {
            return Ok(self.to("T34", *before, vec![], now));
        }
        Err(self.wrong())
    }

    fn start(mut self, order: OrderId, now: Stamp) -> Step {
        if let ActionState::Queued { deadline, attempt } = self.state {
            self.started_at = Some(now);
            self.notes.hop(Verb::Apply, HopName::Delivered, now);
            let state = ActionState::Running { order, deadline, attempt };
            return Ok(self.to("T15", state, vec![Effect::Evidence(RemediationStatus::Running)], now));
        }
        if let ActionState::Undoing { order: slot @ None, .. } = &mut self.state {
            *slot = Some(order);
            self.notes.hop(Verb::Undo, HopName::Delivered, now);
            let state = self.state.clone();
            return Ok(self.to("T22", state, vec![], now));
        }
        Err(self.wrong())
    }

    fn receive(mut self, receipt: Receipt, now: Stamp) -> Step {
        let late = self.notes.unanswered.as_ref() == Some(&receipt.order);
        let did = matches!(receipt.outcome, ReceiptOutcome::Done { .. } | ReceiptOutcome::Partly { .. });
        match self.state.clone() {
            ActionState::Running { order, attempt, .. } if order == receipt.order => {
                self.ended(Verb::Apply, &receipt);
                self.applied(receipt, attempt, now)
            }
            ActionState::Undoing { work, by, order: Some(order), .. } if order == receipt.order => {
                self.ended(Verb::Undo, &receipt);
                self.undone(receipt, work, by, now)
            }
            // Nobody waits for it any more, and it was done after all: what is true counts.
            ActionState::TimedOut { attempt, .. } if late && did => {
                self.ended(Verb::Apply, &receipt);
                self.applied(receipt, attempt, now)
            }
            ActionState::UndoFailed { work, .. } if late && did => {
                let by = self.notes.release.take().map_or_else(nobody, |r| r.by);
                self.ended(Verb::Undo, &receipt);
                self.undone(receipt, work, by, now)
            }
            // A receipt of another order, or for an action that already rests: told twice, counted once.
            ActionState::Running { .. }
            | ActionState::Undoing { .. }
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
            | ActionState::UndoFailed { .. } => Err(self.wrong()),
        }
    }

    fn ended(&mut self, verb: Verb, receipt: &Receipt) {
        self.notes.unanswered = None;
        self.notes.hop(verb, HopName::Finished, receipt.finished_at);
        if matches!(receipt.outcome, ReceiptOutcome::Done { .. }) {
            self.notes.hop(verb, HopName::Verified, receipt.finished_at);
        }
    }

    fn applied(mut self, receipt: Receipt, attempt: u32, now: Stamp) -> Step {
        let steps = receipt.steps;
        let release = self.notes.release.take();
        let then = |mut stepped: Stepped| {
            stepped.effects.extend(release.clone().map(Effect::Release));
            stepped
        };
        Ok(match receipt.outcome {
            ReceiptOutcome::Done { proof } => {
                let work = self.with_earlier(Finished { proof, steps, left: vec![] });
                then(self.end("T16", ActionState::Completed { work }, RemediationStatus::Remediated, now))
            }
            ReceiptOutcome::Partly { proof, left } => {
                let work = self.with_earlier(Finished { proof, steps, left });
                let state = ActionState::PartiallyCompleted { work };
                then(self.end("T17", state, RemediationStatus::PartiallyRemediated, now))
            }
            ReceiptOutcome::Failed { fault } if fault.code == "cancelled" && self.earlier.is_none() => {
                let state = ActionState::Cancelled { comment: Some(fault.message) };
                self.end("T20", state, RemediationStatus::Declined, now)
            }
            // Whoever asked for its release does not want to be asked about it again.
            ReceiptOutcome::Changed { .. } if release.is_some() => {
                self.end("T20", ActionState::Cancelled { comment: None }, RemediationStatus::Declined, now)
            }
            ReceiptOutcome::Gone { detail } if self.earlier.is_some() => self.still_partly(detail, now),
            ReceiptOutcome::Gone { detail } => {
                self.end("T31", ActionState::Skipped { reason: detail }, RemediationStatus::NotFound, now)
            }
            ReceiptOutcome::Changed { was, now: found } => {
                // Whatever allowed the old target does not allow the new one: a person decides again.
                self.decided = None;
                self.approval_id = None;
                let stale = Some(Stale { was, now: found });
                let state = ActionState::PendingApproval { since: now, expires_at: now.after(APPROVAL_WAIT), stale };
                self.to(
                    "T29",
                    state,
                    vec![Effect::Evidence(RemediationStatus::PendingApproval), Effect::Investigation],
                    now,
                )
            }
            ReceiptOutcome::Failed { fault } if self.earlier.is_some() => self.still_partly(fault.message, now),
            ReceiptOutcome::Unsupported { reason } if self.earlier.is_some() => self.still_partly(reason, now),
            ReceiptOutcome::Failed { fault } => {
                let event = if fault.code == "vault_refused" { "T30" } else { "T18" };
                self.end(event, ActionState::Failed { fault, attempt }, RemediationStatus::Failed, now)
            }
            ReceiptOutcome::Unsupported { reason } => {
                let fault = crate::order::Fault::new(
                    "unsupported",
                    reason,
                    "Follow the steps by hand, then mark the incident.",
                );
                self.end("T18", ActionState::Failed { fault, attempt }, RemediationStatus::Failed, now)
            }
        })
    }

    /// The result of a retry together with what was done before it: all of it can be undone.
    fn with_earlier(&mut self, work: Finished) -> Finished {
        let Some(mut all) = self.earlier.take() else { return work };
        all.proof.kept.extend(work.proof.kept);
        all.proof.after.extend(work.proof.after);
        all.proof.proven_at = work.proof.proven_at.or(all.proof.proven_at);
        all.proof.restart_needed |= work.proof.restart_needed;
        all.steps.extend(work.steps);
        Finished { left: work.left, ..all }
    }

    /// A retry of the rest that did nothing: what was done before still stands.
    fn still_partly(mut self, why: String, now: Stamp) -> Stepped {
        let nothing = Finished { proof: crate::order::Proof::default(), steps: vec![], left: vec![why] };
        let work = self.with_earlier(nothing);
        self.end("T17", ActionState::PartiallyCompleted { work }, RemediationStatus::PartiallyRemediated, now)
    }

    fn undone(self, receipt: Receipt, work: Finished, by: Person, now: Stamp) -> Step {
        let failed = |fault| ActionState::UndoFailed { work: work.clone(), fault };
        let back = vec![Effect::Evidence(RemediationStatus::Unremediated), Effect::Investigation];
        Ok(match receipt.outcome {
            ReceiptOutcome::Done { proof } => {
                let mut effects = back;
                if self.kind.lasts() {
                    effects.push(Effect::LiftOthers { by: by.clone() });
                }
                self.to("T23", ActionState::Undone { work, by, after: proof.after }, effects, now)
            }
            ReceiptOutcome::Partly { left, .. } => {
                self.to("T24", ActionState::PartlyUndone { work, by, left }, back, now)
            }
            ReceiptOutcome::Gone { detail } => {
                let fault = crate::order::Fault::new("nothing_kept", detail, "Nothing was touched.");
                self.to("T25", failed(fault), vec![], now)
            }
            ReceiptOutcome::Changed { was, now: found } => {
                let message = format!("The place was left as “{was}” and is now “{found}”. Nothing was touched.");
                let fault =
                    crate::order::Fault::new("place_changed", message, "Choose what to do with what stands there now.");
                self.to("T25", failed(fault), vec![], now)
            }
            ReceiptOutcome::Failed { fault } => self.to("T25", failed(fault), vec![], now),
            ReceiptOutcome::Unsupported { reason } => {
                let fault = crate::order::Fault::new("unsupported", reason, "Restore it elsewhere by hand.");
                self.to("T25", failed(fault), vec![], now)
            }
        })
    }

    fn limit(mut self, now: Stamp) -> Step {
        if let ActionState::Undoing { work, by, reason, order: Some(order), .. } = self.state.clone() {
            self.notes.unanswered = Some(order);
            self.notes.release = Some(Release { by, reason });
            let message = "The device never said what became of it.";
            let hint = "If it was done after all, it is told here as soon as the device answers.";
            let fault = crate::order::Fault::new("no_answer", message, hint);
            return Ok(self.to("T25", ActionState::UndoFailed { work, fault }, vec![], now));
        }
        let ActionState::Running { attempt, order, .. } = self.state.clone() else { return Err(self.wrong()) };
        self.notes.unanswered = Some(order);
        if self.earlier.is_some() {
            return Ok(self.still_partly("It took longer than it may.".into(), now));
        }
        let state = ActionState::TimedOut { reason: "It took longer than it may.".into(), attempt };
        Ok(self.end("T19", state, RemediationStatus::Failed, now))
    }

    fn never_started(mut self, now: Stamp) -> Step {
        if let ActionState::Running { deadline, attempt, .. } = self.state {
            if self.notes.release.take().is_some() {
                // A release was asked for, and there is nothing to release: then it must not be put in force either.
                return Ok(self.end("T20", ActionState::Cancelled { comment: None }, RemediationStatus::Declined, now));
            }
            self.notes.hop(Verb::Apply, HopName::Queued, now);
            return Ok(self.to("T28", ActionState::Queued { deadline, attempt }, vec![Effect::Dispatch], now));
        }
        if let ActionState::Undoing { order: order @ Some(_), .. } = &mut self.state {
            *order = None;
            self.notes.hop(Verb::Undo, HopName::Queued, now);
            let state = self.state.clone();
            return Ok(self.to("T33", state, vec![Effect::Dispatch], now));
        }
        Err(self.wrong())
    }

    fn retry(mut self, by: Person, now: Stamp) -> Step {
        permitted(&by, Right::Decide)?;
        let tried = match &self.state {
            ActionState::Failed { attempt, .. } | ActionState::TimedOut { attempt, .. } => *attempt,
            ActionState::PartiallyCompleted { work } => {
                self.earlier = Some(work.clone());
                1
            }
            ActionState::PendingApproval { .. }
            | ActionState::Approved
            | ActionState::Queued { .. }
            | ActionState::WaitingForDevice { .. }
            | ActionState::Running { .. }
            | ActionState::Completed { .. }
            | ActionState::Skipped { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. }
            | ActionState::Undoing { .. }
            | ActionState::Undone { .. }
            | ActionState::PartlyUndone { .. }
            | ActionState::UndoFailed { .. } => return Err(self.wrong()),
        };
        self.notes.unanswered = None;
        // Whoever asks for it again means it.
        self.notes.release = None;
        self.notes.checks.clear();
        self.notes.hop(Verb::Apply, HopName::Queued, now);
        let state = ActionState::Queued { deadline: now.after(DEVICE_WAIT), attempt: tried + 1 };
        let effects = vec![Effect::Evidence(RemediationStatus::Running), Effect::Dispatch, Effect::Investigation];
        Ok(self.to("T21", state, effects, now))
    }

    fn undo(mut self, by: Person, reason: Option<String>, conflict: Conflict, now: Stamp) -> Step {
        permitted(&by, Right::Undo)?;
        if self.kind.lasts() {
            // A release beats what is on its way: what has not begun never will, what is under way is released after.
            if let ActionState::Approved | ActionState::Queued { .. } | ActionState::WaitingForDevice { .. } =
                &self.state
            {
                return self.cancel(by, reason, now).map(Stepped::cancelling_older);
            }
            if let ActionState::Running { .. } = &self.state {
                self.notes.release = Some(Release { by, reason });
                let state = self.state.clone();
                return Ok(self.to("T22", state, vec![], now).cancelling_older());
            }
        }
        let lasts = self.kind.lasts();
        let back = self.take_back(by, reason, conflict, now)?;
        Ok(if lasts { back.cancelling_older() } else { back })
    }

    /// Whoever decided it decided the time with it (M129): it needs no second leave, and nobody's name but its own.
    fn timer(self, now: Stamp) -> Step {
        let (Some(until), Some(decided)) = (self.target.until(), &self.decided) else { return Err(self.wrong()) };
        let reason = format!("{} wanted it until {until}.", decided.by());
        let by =
            Person { id: crate::id::PersonId::from("timer"), name: "timer".into(), role: crate::role::Role::Viewer };
        self.take_back(by, Some(reason), Conflict::Stop, now)
    }

    fn lifted(self, by: Person, with: &ActionId, now: Stamp) -> Step {
        let work = match &self.state {
            ActionState::Completed { work }
            | ActionState::PartiallyCompleted { work }
            | ActionState::UndoFailed { work, .. }
            | ActionState::PartlyUndone { work, .. }
                if self.kind.lasts() =>
            {
                work.clone()
            }
            ActionState::Completed { .. }
            | ActionState::PartiallyCompleted { .. }
            | ActionState::UndoFailed { .. }
            | ActionState::PartlyUndone { .. }
            | ActionState::PendingApproval { .. }
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
            | ActionState::Undoing { .. }
            | ActionState::Undone { .. } => return Err(self.wrong()),
        };
        let after = vec![format!("It was lifted together with {with}.")];
        let back = vec![Effect::Evidence(RemediationStatus::Unremediated), Effect::Investigation];
        Ok(self.to("T23", ActionState::Undone { work, by, after }, back, now))
    }

    fn take_back(mut self, by: Person, reason: Option<String>, conflict: Conflict, now: Stamp) -> Step {
        let work = self.undo_offer().map_err(|why| Refusal::CannotUndo { why })?.clone();
        let again = matches!(self.state, ActionState::UndoFailed { .. } | ActionState::PartlyUndone { .. });
        let before = Box::new(self.state.clone());
        let deadline = now.after(DEVICE_WAIT);
        self.notes.unanswered = None;
        self.notes.release = None;
        self.notes.hop(Verb::Undo, HopName::Queued, now);
        let state = ActionState::Undoing { work, before, by, reason, conflict, order: None, deadline };
        Ok(self.to(if again { "T26" } else { "T22" }, state, vec![Effect::Dispatch], now))
    }

    fn to(mut self, event: &'static str, state: ActionState, effects: Vec<Effect>, now: Stamp) -> Stepped {
        self.state = state;
        self.updated_at = now;
        Stepped { action: self, event, effects }
    }

    fn end(mut self, event: &'static str, state: ActionState, evidence: RemediationStatus, now: Stamp) -> Stepped {
        self.finished_at = Some(now);
        self.to(event, state, vec![Effect::Evidence(evidence), Effect::Investigation], now)
    }
}

impl Stepped {
    fn cancelling_older(mut self) -> Self {
        self.effects.push(Effect::CancelOlder);
        self
    }
}

/// Where nobody's name is known any more.
fn nobody() -> Person {
    Person { id: crate::id::PersonId::from("system"), name: "system".into(), role: crate::role::Role::Viewer }
}

pub(super) fn permitted(by: &Person, needs: Right) -> Result<(), Refusal> {
    if by.role.may(needs) { Ok(()) } else { Err(Refusal::NotPermitted { who: by.name.clone(), needs }) }
}
