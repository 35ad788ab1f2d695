//! What is looked after when nothing is left to carry out: orders nobody waits for any more, whether what was done held
//! (M160), and how long kept copies stay (M87).
use crate::{Engine, fault::Stop, retention};
use assize_domain::{
    action::{Action, ActionInput, ActionState, CAME_BACK},
    device::Device as DeviceLink,
    incident::IncidentInput,
    order::{Fault, ReceiptOutcome},
    question::Truth,
    record::{Entry, Subject},
    role::Actor,
    text::visible,
    time::{Span, Stamp},
};
use assize_store::Writer;
use std::{collections::HashMap, sync::Arc};

/// Nothing of this is urgent.
const EVERY: Span = Span::minutes(1);

impl Engine {
    /// Looks after everything that is due, at most once a minute. True when something came of it.
    pub(crate) fn look_after(&self) -> Result<bool, Fault> {
        let now = self.now();
        let last = self.looked_after(now);
        if last.is_some_and(|last| (Span(0)..EVERY).contains(&now.since(last))) {
            return Ok(false);
        }
        let mut news = self.give_up(now)?;
        news |= self.hear_late_answers(now)?;
        // A restart since is seen only by a process that started since.
        news |= self.look_again(now, last.is_none())?;
        news |= retention::look_after(self, now)?;
        Ok(news)
    }

    /// T19, T25: an order whose device never said what became of it, longer than anybody waits.
    fn give_up(&self, now: Stamp) -> Result<bool, Fault> {
        let mut gave_up = false;
        for action in self.read(|r| Ok(r.open_actions()?))? {
            let (ActionState::Running { order, deadline, .. }
            | ActionState::Undoing { order: Some(order), deadline, .. }) = &action.state
            else {
                continue;
            };
            if now >= *deadline && self.unanswered().contains(order) {
                self.write(|w| self.step_action(w, &action.id, ActionInput::LimitReached, Actor::System, None))?;
                gave_up = true;
            }
        }
        Ok(gave_up)
    }

    /// M159: the device may still tell what became of an order that was given up.
    fn hear_late_answers(&self, now: Stamp) -> Result<bool, Fault> {
        let mut heard = false;
        for action in self.read(|r| Ok(r.due_actions(now)?))? {
            let Some(order) = action.notes.unanswered.clone().filter(|_| action.rests()) else { continue };
            let Ok((_, link)) = self.link_by_id(&action.device_id) else { continue };
            match link.truth(&order) {
                Truth::Unknown(_) => {}
                Truth::Ended(receipt)
                    if matches!(receipt.outcome, ReceiptOutcome::Done { .. } | ReceiptOutcome::Partly { .. }) =>
                {
                    let why = "The device told what became of it after nobody waited for it any more.".to_owned();
                    let input = ActionInput::Receipt { receipt };
                    self.write(|w| self.step_action(w, &action.id, input, Actor::System, Some(why)))?;
                    heard = true;
                }
                // It was not done: that is what the row says already.
                Truth::Ended(_) | Truth::NeverStarted => {
                    self.write(|w| self.note(w, &action.id, |notes| notes.unanswered = None))?;
                }
            }
        }
        Ok(heard)
    }

    /// M160: the looks that are due, at every action that still has some before it.
    fn look_again(&self, now: Stamp, after_start: bool) -> Result<bool, Fault> {
        let until = if after_start { Stamp(i64::MAX) } else { now };
        let mut boots: HashMap<String, Option<String>> = HashMap::new();
        let mut news = false;
        for action in self.read(|r| Ok(r.due_actions(until)?))? {
            if action.next_check_at().is_none() {
                continue;
            }
            let device = self.read(|r| Ok(r.device(&action.device_id)?))?;
            if !self.reachable(&device) {
                continue;
            }
            let Ok(link) = self.link(&device) else { continue };
            let boot = boots.entry(device.id.to_string()).or_insert_with(|| link.boot());
            let rungs = action.rungs_due(boot.as_deref(), now);
            if !rungs.is_empty() {
                news |= self.look_at(&action, &link, &rungs, now)?;
            }
        }
        Ok(news)
    }

    fn look_at(
        &self,
        action: &Action,
        link: &Arc<dyn DeviceLink>,
        rungs: &[assize_domain::action::Rung],
        now: Stamp,
    ) -> Result<bool, Fault> {
        let (held, text) = match link.returned(action.kind, &action.target) {
            Ok(None) => (Some(true), "It is not there again.".to_owned()),
            Ok(Some(found)) => (Some(false), found),
            Err(fault) => (None, format!("It could not be looked at: {}", fault.message)),
        };
        self.write(|w| {
            let stored = w.action(&action.id)?;
            // Somebody may have taken it back meanwhile; then there is nothing to hold.
            if stored.value.state != action.state {
                return Ok(false);
            }
            let mut checked = stored.value.clone();
            let news = checked.checked(rungs, held, &text, now);
            w.replace_action(&stored, &checked)?;
            if news {
                self.did_not_hold(w, &checked, &text)?;
            }
            Ok(news)
        })
    }

    /// N5: what was treated is there again. Its evidence says so, and its incident is opened again.
    fn did_not_hold(&self, w: &mut Writer, action: &Action, found: &str) -> Result<(), Stop> {
        let name = visible(&action.target.title());
        let text = format!("It did not hold: {name}. {found}");
        w.append(&self.entry(Actor::System, Subject::Action, action.id.as_str(), "did_not_hold", text.clone()))?;
        if let Some(evidence) = &action.evidence_id {
            w.set_remediation(evidence, CAME_BACK, self.now())?;
        }
        let Some(id) = &action.incident_id else { return Ok(()) };
        let stored = w.incident(id)?;
        let before = stored.value.status();
        let reason = text.clone();
        // One that is still open needs no opening; the record of it tells all the same.
        let entry = match stored.value.clone().step(IncidentInput::DidNotHold { reason }, self.now()) {
            Ok(stepped) => {
                w.replace_incident(&stored, &stepped.incident)?;
                Entry {
                    from: Some(before.code().to_owned()),
                    to: Some(stepped.incident.status().code().to_owned()),
                    ..self.entry(Actor::System, Subject::Incident, id.as_str(), stepped.event, text)
                }
            }
            Err(_) => self.entry(Actor::System, Subject::Incident, id.as_str(), "did_not_hold", text),
        };
        w.append(&entry)?;
        Ok(())
    }
}
