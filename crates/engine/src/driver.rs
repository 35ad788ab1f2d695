//! Work that goes on by itself: new investigations, decided actions, deadlines, and what a crash left behind. One
//! driver at a time over all processes, by file lock; a dead one's work is taken over (design section 5).
use crate::{Engine, fault::Stop, investigations, open::by, view};
use assize_domain::{
    action::{Action, ActionInput, ActionState, Decided},
    device::Device as DeviceLink,
    group::{Device, DeviceKind},
    id::{ActionId, InvestigationId, OrderId},
    investigation::{Investigation, InvestigationInput, InvestigationStatus},
    order::{Fault, Order},
    policy::{Verb, permit},
    question::Truth,
    remedy::ActionType,
    role::Actor,
};
use assize_store::{DriverLock, Reader, Stored};
use std::{thread::JoinHandle, time::Duration};

/// How long an idle driver sleeps before it looks whether another process wrote.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Engine {
    /// Starts the driver of a long-lived process (window, service) on its own thread; it ends with the process.
    pub fn drive_in_background(&self) -> std::io::Result<()> {
        self.drive_again();
        let engine = self.clone();
        std::thread::Builder::new().name("driver".into()).spawn(move || engine.drive_for_ever()).map(drop)
    }

    fn drive_for_ever(&self) {
        self.put_back_what_stands();
        let mut held: Option<DriverLock> = None;
        let mut looking: Option<JoinHandle<()>> = None;
        let mut wrote = 0;
        let mut seen = None;
        while !self.is_driven_out() {
            if held.is_none() {
                held = self.take_over();
            }
            // Deadlines pass and services come back without anybody writing, so look now and then even when nothing changed.
            let pause = if self.unanswered().is_empty() && !self.away() { 60_000 } else { 2_000 };
            let newest = || (self.store().latest_seq().ok(), self.now().0 / pause, self.timer_is_due());
            let ended = looking.take_if(|thread| thread.is_finished()).is_some();
            // Read before the work: what is written while it goes on is not yet seen by it.
            let before = newest();
            if held.is_some() && (ended || seen != Some(before)) {
                // A fault here is in the database or a device: it shows on the rows; the driver goes on.
                while !self.is_driven_out() && self.carry_out_once().unwrap_or(false) {}
                // A look around may take minutes; what was decided must not wait for it.
                if looking.is_none() && self.reading_is_due().unwrap_or(false) {
                    let engine = self.clone();
                    looking = std::thread::Builder::new()
                        .name("investigation".into())
                        .spawn(move || while engine.read_once().unwrap_or(false) {})
                        .ok();
                }
                // What nobody waits for comes last.
                let _ = self.look_after();
                seen = Some(before);
            }
            wrote = self.rest(wrote, LOOK_EVERY);
        }
    }

    /// Takes the lock if it is free, and first puts right what its last holder left half done.
    fn take_over(&self) -> Option<DriverLock> {
        let lock = self.store().try_drive().ok().flatten()?;
        // What cannot be put right now stays as it is and is tried again by the next step.
        let _ = self.recover();
        Some(lock)
    }

    /// Until `done` says so: drives the work in this process, or waits while another one does.
    fn settle(
        &self,
        round: fn(&Self) -> Result<bool, Fault>,
        mut done: impl FnMut(&Self) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let mut wrote = 0;
        let mut held = None;
        loop {
            if done(self)? {
                return Ok(());
            }
            if held.is_none() {
                held = self.take_over();
            }
            let worked = if held.is_some() { round(self)? } else { false };
            if !worked && !done(self)? {
                wrote = self.rest(wrote, Duration::from_millis(50));
            }
        }
    }

    /// Waits until an investigation rests, doing the work if nobody else does.
    pub fn settle_investigation(&self, id: &InvestigationId) -> Result<view::Investigation, Fault> {
        self.settle(Self::drive_once, |e| e.read(|r| Ok(r.investigation(id)?.value.rests())))?;
        investigations::show(self, &self.person(), crate::door::ShowInvestigation { id: id.clone() })
    }

    /// Nothing can be done about it now: its device is away, or does not answer what became of its order.
    pub(crate) fn waits(&self, r: &Reader, action: &Action) -> Result<bool, Stop> {
        if action.kind == ActionType::StopAndQuarantineFile && action.state.order_on_its_way().is_some() {
            return self.parts_wait(r, action);
        }
        Ok(match &action.state {
            ActionState::WaitingForDevice { .. } => true,
            ActionState::Undoing { order: None, .. } => !self.reachable(&r.device(&action.device_id)?),
            ActionState::Running { order, .. } | ActionState::Undoing { order: Some(order), .. } => {
                let lost = self.unanswered().contains(order);
                lost && !self.reachable(&r.device(&action.device_id)?)
            }
            ActionState::Queued { .. }
            | ActionState::Approved
            | ActionState::PendingApproval { .. }
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
            | ActionState::UndoFailed { .. } => false,
        })
    }

    /// Waits until each of these actions rests or waits for its device.
    pub fn settle_actions(&self, ids: &[ActionId]) -> Result<Vec<view::Action>, Fault> {
        let reads =
            self.read(|r| Ok(ids.iter().any(|id| r.action(id).is_ok_and(|a| crate::scans::only_reads(a.value.kind)))))?;
        // An approval does not wait for a look around that happens to be due too.
        let round = if reads { Self::drive_once } else { Self::carry_out_once };
        self.settle(round, |e| {
            e.read(|r| {
                for id in ids {
                    let action = r.action(id)?.value;
                    if !action.rests() && !e.waits(r, &action)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            })
        })?;
        self.read(|r| {
            let directory = crate::directory::Directory::read(r)?;
            ids.iter().map(|id| Ok(directory.action(&r.action(id)?.value))).collect()
        })
    }

    /// Carries out everything that was decided and is due now, unless another process drives. Looks around nowhere.
    pub fn drive_what_is_due(&self) -> Result<(), Fault> {
        if let Some(_driving) = self.take_over() {
            while self.carry_out_once()? {}
            self.look_after()?;
        }
        Ok(())
    }

    /// One round of what was decided. True when something was done.
    fn carry_out_once(&self) -> Result<bool, Fault> {
        let mut worked = self.ring_timers()?;
        worked |= self.watch_devices()?;
        worked |= self.pass_deadlines()?;
        worked |= self.ask_again()?;
        worked |= self.run_actions()?;
        Ok(worked)
    }

    /// One round of everything that is due. True when something was done.
    fn drive_once(&self) -> Result<bool, Fault> {
        Ok(self.carry_out_once()? | self.read_once()?)
    }

    fn pass_deadlines(&self) -> Result<bool, Fault> {
        if self.expiry_pauses()? {
            return Ok(false);
        }
        let now = self.now();
        let due = self.read(|r| {
            let mut due = r.expiring_actions(now)?;
            let waits = |a: &Action| {
                matches!(a.state, ActionState::WaitingForDevice { .. } | ActionState::Undoing { order: None, .. })
            };
            due.extend(r.due_actions(now)?.into_iter().filter(waits));
            Ok(due)
        })?;
        for action in &due {
            self.write(|w| self.step_action(w, &action.id, ActionInput::Clock, Actor::System, None))?;
        }
        Ok(!due.is_empty())
    }

    /// The next investigation that has its turn: one at a time on a device (spec 2.7). One that runs without having
    /// examined anything lost its process: it looks again from the start.
    pub(crate) fn next_investigation(&self) -> Result<Option<Investigation>, Fault> {
        let open = self.read(|r| Ok(r.open_investigations()?))?;
        let lost = |i: &&Stored<Investigation>| i.value.status() == InvestigationStatus::Running && !i.value.examined;
        let next = open.iter().find(lost).or_else(|| open.iter().find(|i| has_its_turn(&i.value)));
        Ok(next.map(|i| i.value.clone()))
    }

    pub(crate) fn run_investigation(&self) -> Result<bool, Fault> {
        let Some(next) = self.next_investigation()? else { return Ok(false) };
        if has_its_turn(&next) {
            self.write(|w| {
                let stored = w.investigation(&next.id)?;
                self.step_investigation(w, stored, InvestigationInput::SlotFree, Actor::System)
            })?;
        }
        self.examine(&next.id)?;
        Ok(true)
    }

    /// Everything that was decided and is due, in the order in which one threat's actions are carried out.
    fn run_actions(&self) -> Result<bool, Fault> {
        let mut worked = false;
        let mut open = self.read(|r| Ok(r.open_actions()?))?;
        // First what is taken back, the last one done first: it was done before, and later acts may depend on earlier ones.
        let (mut back, mut due): (Vec<Action>, Vec<Action>) =
            open.drain(..).partition(|a| matches!(a.state, ActionState::Undoing { .. }));
        back.sort_by(|a, b| (b.finished_at, b.kind, &b.id).cmp(&(a.finished_at, a.kind, &a.id)));
        // Then what is done, in the order of spec 2.7, whichever of them was decided first: a library goes after the entry
        // that has every program load it.
        due.sort_by_key(|a| (a.kind, a.decided.as_ref().map(Decided::at)));
        for action in back.into_iter().chain(due) {
            worked |= self.run_action(&action)?;
        }
        Ok(worked)
    }

    fn run_action(&self, action: &Action) -> Result<bool, Fault> {
        let device = self.read(|r| Ok(r.device(&action.device_id)?))?;
        // Carried out as a look around, or as actions of its own.
        let scan = action.kind == ActionType::RunAntivirusScan;
        let everywhere = action.kind == ActionType::StopAndQuarantineFile;
        if (scan && self.run_scan(action, &device)?) || (everywhere && self.run_everywhere(action, &device)?) {
            return Ok(true);
        }
        match &action.state {
            ActionState::Approved => {
                self.write(|w| self.step_action(w, &action.id, ActionInput::Enqueue, Actor::System, None))?;
                Ok(true)
            }
            ActionState::WaitingForDevice { .. } if self.reachable(&device) => {
                self.write(|w| self.step_action(w, &action.id, ActionInput::DeviceBack, Actor::System, None))?;
                Ok(true)
            }
            ActionState::Queued { .. } if !self.reachable(&device) => {
                self.write(|w| self.step_action(w, &action.id, ActionInput::DeviceUnreachable, Actor::System, None))?;
                Ok(true)
            }
            ActionState::Queued { .. } if action.kind == ActionType::CollectInvestigationPackage => Ok(false),
            ActionState::Queued { .. } | ActionState::Undoing { order: None, .. } if self.reachable(&device) => {
                self.dispatch(action, &device)?;
                Ok(true)
            }
            ActionState::Queued { .. }
            | ActionState::Undoing { .. }
            | ActionState::WaitingForDevice { .. }
            | ActionState::PendingApproval { .. }
            | ActionState::Running { .. }
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
            | ActionState::UndoFailed { .. } => Ok(false),
        }
    }

    /// Permit, order, hand over, receipt: the only place where an order leaves the engine.
    pub(crate) fn dispatch(&self, action: &Action, device: &Device) -> Result<(), Fault> {
        let actor = match (&action.state, &action.decided) {
            (ActionState::Undoing { by: person, .. }, _) => by(person),
            // A person decided it; that it begins is nobody's decision any more.
            (_, Some(Decided::Approved { .. } | Decided::Manual { .. })) => Actor::System,
            (_, Some(Decided::Automation { .. } | Decided::Rejected { .. } | Decided::Expired { .. }) | None) => {
                Actor::Automation
            }
        };
        let permit = match permit(action, self.now()) {
            Ok(permit) => permit,
            Err(_) => {
                // The decision no longer stands (too old): it ends as what its deadline says.
                self.write(|w| self.step_action(w, &action.id, ActionInput::DeviceUnreachable, Actor::System, None))?;
                return Ok(());
            }
        };
        let order_id = OrderId(self.new_id());
        let verb = permit.verb();
        let order = match (permit.verb(), &action.state) {
            (Verb::Undo, ActionState::Undoing { work, conflict, .. }) => {
                Order::undo(permit, order_id.clone(), work.proof.kept.clone(), conflict.clone())
            }
            (Verb::Apply | Verb::Undo, _) => Order::apply(permit, order_id.clone()),
        };
        // Whoever changed the action since it was read wins: then this order is never handed over.
        let started = self.write(|w| {
            let stored = w.action(&action.id)?;
            if stored.value != *action {
                return Ok(false);
            }
            self.step_action(w, &action.id, ActionInput::Start { order: order_id.clone() }, actor, None)?;
            Ok(true)
        })?;
        if !started {
            return Ok(());
        }
        let told = |link: std::sync::Arc<dyn DeviceLink>| match verb {
            Verb::Apply => self
                .tell_protected(device, link.as_ref())
                .and_then(|()| self.tell_allowed(device, action.kind, link.as_ref()))
                .map(|()| link),
            Verb::Undo => Ok(link),
        };
        let link = self.link(device).and_then(told);
        let receipt = match &link {
            // No answer: it may have been done. The row stays as it is until the device says what is true.
            Ok(link) => match link.carry_out(order) {
                Ok(receipt) => receipt,
                Err(_) => {
                    self.unanswered().insert(order_id);
                    return Ok(());
                }
            },
            Err(fault) => assize_domain::order::Receipt {
                order: order.id().clone(),
                outcome: assize_domain::order::ReceiptOutcome::Failed { fault: fault.clone() },
                steps: Vec::new(),
                finished_at: self.now(),
            },
        };
        let (hops, boot) = link.map_or_else(|_| (Vec::new(), None), |link| (link.hops(&order_id), link.boot()));
        self.write(|w| {
            self.step_action(w, &action.id, ActionInput::Receipt { receipt }, Actor::System, None)?;
            self.note(w, &action.id, |notes| {
                hops.iter().for_each(|h| notes.hop(h.verb, h.hop, h.at));
                notes.boot = boot;
            })
        })?;
        Ok(())
    }

    /// T28, T33: asks each device what is true about every order that was on its way when a process died (M145).
    fn recover(&self) -> Result<(), Fault> {
        for action in self.read(|r| Ok(r.open_actions()?))? {
            self.ask_truth(&action, "Recovered after a restart.")?;
        }
        Ok(())
    }

    /// The same for orders of this process whose answer was lost. True when something became known.
    fn ask_again(&self) -> Result<bool, Fault> {
        let lost = self.unanswered().clone();
        if lost.is_empty() {
            return Ok(false);
        }
        let mut told = false;
        for action in self.read(|r| Ok(r.open_actions()?))? {
            if action.state.order_on_its_way().is_some_and(|order| lost.contains(order)) {
                told |= self.ask_truth(&action, "The answer was lost; the device was asked what is true.")?;
            }
        }
        Ok(told)
    }

    fn ask_truth(&self, action: &Action, why: &str) -> Result<bool, Fault> {
        if matches!(action.kind, ActionType::RunAntivirusScan | ActionType::StopAndQuarantineFile) {
            // No device has its order: its look or its parts go on by themselves.
            return Ok(false);
        }
        let Some(order) = action.state.order_on_its_way().cloned() else { return Ok(false) };
        let Ok((_, link)) = self.link_by_id(&action.device_id) else { return Ok(false) };
        let input = match link.truth(&order) {
            Truth::NeverStarted => ActionInput::NeverStarted,
            Truth::Ended(receipt) => ActionInput::Receipt { receipt },
            Truth::Unknown(_) => {
                self.unanswered().insert(order);
                return Ok(false);
            }
        };
        self.write(|w| self.step_action(w, &action.id, input, Actor::System, Some(why.to_owned())))?;
        self.unanswered().remove(&order);
        Ok(true)
    }
}

impl Engine {
    /// This computer while its service answers, where it has one; a staged device while its folder is there.
    pub(crate) fn reachable(&self, device: &Device) -> bool {
        match &device.kind {
            DeviceKind::ThisComputer => {
                let here = self.link(device).map_or(true, |link| link.reachable());
                self.set_away(!here);
                here
            }
            DeviceKind::Staged { root } | DeviceKind::Practice { root } => crate::devices::folder(root).is_dir(),
        }
    }
}

fn has_its_turn(investigation: &Investigation) -> bool {
    matches!(investigation.status(), InvestigationStatus::Starting | InvestigationStatus::Queued)
}
