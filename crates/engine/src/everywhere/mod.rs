//! Stop and quarantine a file (M124, spec S11): one action for each device that has seen the file, and below it one for
//! each process, each thing that starts it and each copy. Their states make the state of the whole.
mod find;
mod parts;
mod show;

pub(crate) use parts::retried_with_the_whole;
pub(crate) use show::{plan, plan_undo, spread_of, tell};

use crate::{
    Engine,
    directory::Directory,
    fault::{Stop, from_refusal},
    open::by,
};
use assize_domain::{
    action::{Action, ActionInput, ActionState, PolicySnapshot, Proposal},
    group::Device,
    id::{ActionId, ApprovalId, DeviceId, OrderId},
    order::{Fault, Receipt, ReceiptOutcome},
    policy::permit,
    record::Subject,
    remedy::ActionType,
    role::{Actor, Person},
    spread::{MOST_DEVICES, SEEN_WITHIN, is_widely_used},
    target::Target,
    text::visible,
    time::Stamp,
    verdict::{FindingSource, Reason, Weight},
};
use assize_store::{Reader, Sighting, Writer};
use find::Found;
use std::collections::BTreeSet;

/// What is known about a content here.
struct Known {
    sightings: Vec<Sighting>,
    /// How many devices there are.
    devices: usize,
}

impl Known {
    fn read(r: &Reader, sha256: &str, now: Stamp) -> Result<Self, Stop> {
        let sightings = r.sightings(sha256, Stamp(now.0 - SEEN_WITHIN.0))?;
        let devices = r.devices()?;
        let known = |s: &Sighting| devices.iter().any(|d| d.id == s.device_id);
        Ok(Self { sightings: sightings.into_iter().filter(known).collect(), devices: devices.len() })
    }

    /// Every device that has seen it lately; the one that is asked for first.
    fn seen_by(&self, first: &DeviceId) -> BTreeSet<DeviceId> {
        self.sightings.iter().map(|s| s.device_id.clone()).chain([first.clone()]).collect()
    }

    fn warning(&self, first: &DeviceId) -> Option<String> {
        let seen = self.seen_by(first).len();
        is_widely_used(seen, self.devices).then(|| {
            format!(
                "This file is widely used here: {seen} of {} devices have seen it in the last 30 days.",
                self.devices
            )
        })
    }
}

/// What may never be asked for: a publisher's own file, and more devices than one action may reach (spec S11).
pub(crate) fn refused(engine: &Engine, device: &Device, target: &Target, reasons: &[Reason]) -> Result<(), Fault> {
    let Target::Content { sha256, .. } = target else { return Ok(()) };
    if let Some(owned) = reasons.iter().find(|r| is_vouched(r)) {
        return Err(trusted(&owned.text));
    }
    let known = engine.read(|r| Known::read(r, sha256, engine.now()))?;
    within_limit(known.seen_by(&device.id).len())
}

fn is_vouched(reason: &Reason) -> bool {
    reason.weight == Weight::Good && reason.source == FindingSource::PackageDatabase
}

fn trusted(why: &str) -> Fault {
    Fault::new(
        "trusted_publisher",
        format!("It is part of an installed package and unchanged: {why}"),
        "Nothing was touched. To get rid of it, remove the package with the system's own package manager.",
    )
}

fn within_limit(devices: usize) -> Result<(), Fault> {
    if devices <= MOST_DEVICES {
        return Ok(());
    }
    Err(Fault::new(
        "too_many_devices",
        format!("{devices} devices have seen it in the last 30 days; at most {MOST_DEVICES} are acted on at once."),
        "Nothing was touched. Add a block indicator for the file, which acts on each device when it meets it.",
    ))
}

impl Engine {
    /// What the driver has to do about one; none where it is like any other action.
    pub(crate) fn run_everywhere(&self, action: &Action, device: &Device) -> Result<bool, Fault> {
        if matches!(action.state, ActionState::Undoing { order: None, .. }) {
            self.take_parts_back(action)?;
            return Ok(true);
        }
        if matches!(action.state, ActionState::Queued { .. }) && self.reachable(device) {
            self.spread(action, device)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Looks on its own device, and asks for the same on every other that has seen the file.
    fn spread(&self, action: &Action, device: &Device) -> Result<(), Fault> {
        let Target::Content { sha256, name, path } = &action.target else { return Ok(()) };
        let now = self.now();
        // The leave is used up here: each part is decided by it and ordered with a permit of its own.
        if permit(action, now).is_err() {
            self.write(|w| self.step_action(w, &action.id, ActionInput::DeviceUnreachable, Actor::System, None))?;
            return Ok(());
        }
        let known = self.read(|r| Known::read(r, sha256, now))?;
        let devices = if action.parent.is_none() { known.seen_by(&device.id) } else { [device.id.clone()].into() };
        let found =
            within_limit(devices.len()).and_then(|()| self.find(device, sha256, path.as_ref(), &known.sightings));
        self.write(|w| {
            // Whoever changed the action since it was read wins.
            if w.action(&action.id)?.value != *action {
                return Ok(());
            }
            let order = OrderId(self.new_id());
            let started = ActionInput::Start { order: order.clone() };
            let action = self.step_action(w, &action.id, started, Actor::System, None)?;
            let found = match found {
                Ok(found) => found,
                Err(fault) => return self.end(w, &action.id, order, ReceiptOutcome::Failed { fault }),
            };
            let mut said = found.notes.clone();
            said.extend(known.warning(&device.id).filter(|_| action.parent.is_none()));
            for text in said {
                w.append(&self.entry(Actor::System, Subject::Action, action.id.as_str(), "noted", text))?;
            }
            for id in devices.iter().filter(|id| **id != device.id) {
                self.insert_node(w, &action, id, sha256, name)?;
            }
            self.insert_leaves(w, &action, device, &found)?;
            self.part_changed(w, &action.id)
        })
    }

    fn end(&self, w: &mut Writer, id: &ActionId, order: OrderId, outcome: ReceiptOutcome) -> Result<(), Stop> {
        let receipt = Receipt { order, outcome, steps: Vec::new(), finished_at: self.now() };
        self.step_action(w, id, ActionInput::Receipt { receipt }, Actor::System, None).map(drop)
    }

    /// The same on another device: a new action, or one that is there already.
    fn insert_node(
        &self,
        w: &mut Writer,
        whole: &Action,
        device: &DeviceId,
        sha256: &str,
        name: &str,
    ) -> Result<(), Stop> {
        let parts = w.parts_of(&whole.id)?;
        if let Some(before) = parts.iter().rev().find(|p| p.device_id == *device && p.kind == whole.kind) {
            if let (
                ActionState::Failed { .. } | ActionState::TimedOut { .. } | ActionState::PartiallyCompleted { .. },
                Some(by),
            ) = (&before.state, person(whole))
            {
                self.retry_part(w, before, by)?;
            }
            return Ok(());
        }
        let open = w.unfinished_actions_of_device(device)?;
        let same = open.iter().find(|a| a.kind == whole.kind && a.target.same_thing(&whole.target));
        match same {
            Some(other) if not_begun(other) && other.parent.is_none() => self.adopt(w, whole, &other.id),
            Some(other) => {
                let text = format!("The same is already under way there ({}): {}.", other.id, visible(name));
                w.append(&self.entry(Actor::System, Subject::Action, whole.id.as_str(), "noted", text))?;
                Ok(())
            }
            None => {
                let policy = policy_on(w, whole, device)?;
                // The place is that of the device it was asked for on.
                let target = Target::Content { sha256: sha256.to_owned(), name: name.to_owned(), path: None };
                self.insert_part(w, whole, device, whole.kind, target, policy, None).map(drop)
            }
        }
    }

    fn insert_leaves(&self, w: &mut Writer, whole: &Action, device: &Device, found: &Found) -> Result<(), Stop> {
        let open = w.unfinished_actions_of_device(&device.id)?;
        let mut refused = Vec::new();
        for leaf in &found.leaves {
            let same = open.iter().find(|a| a.kind == leaf.kind && a.target.same_thing(&leaf.target));
            if let Some(other) = same.filter(|a| a.parent.is_none() && leaf.refused.is_none()) {
                self.adopt(w, whole, &other.id)?;
                continue;
            }
            let policy = PolicySnapshot {
                reasons: leaf.reasons.clone(),
                class: leaf.location.class,
                classified_by: leaf.location.classified_by.clone(),
                ..policy_on(w, whole, &device.id)?
            };
            let id =
                self.insert_part(w, whole, &device.id, leaf.kind, leaf.target.clone(), policy, leaf.evidence.clone())?;
            refused.extend(leaf.refused.clone().map(|fault| (id, fault)));
        }
        // Only when all are there: the last one to end ends the whole.
        for (id, fault) in refused {
            let order = OrderId(self.new_id());
            self.step_action(w, &id, ActionInput::Start { order: order.clone() }, Actor::System, None)?;
            self.end(w, &id, order, ReceiptOutcome::Failed { fault })?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "everything one part differs in from the whole, each thing once")]
    fn insert_part(
        &self,
        w: &mut Writer,
        whole: &Action,
        device: &DeviceId,
        kind: ActionType,
        target: Target,
        policy: PolicySnapshot,
        evidence: Option<find::Evidence>,
    ) -> Result<ActionId, Stop> {
        let Some(who) = person(whole) else {
            return Err(Fault::new("not_allowed", "Nobody has allowed this action.", "Nothing was touched.").into());
        };
        let proposal = Proposal {
            id: ActionId(self.new_id()),
            approval_id: whole.approval_id.clone().unwrap_or_else(|| ApprovalId(self.new_id())),
            investigation_id: evidence.as_ref().map(|e| e.investigation.clone()),
            incident_id: evidence.as_ref().and_then(|e| e.incident.clone()).or_else(|| whole.incident_id.clone()),
            evidence_id: evidence.map(|e| e.id),
            device_id: device.clone(),
            kind,
            source: whole.source,
            target,
            policy,
        };
        let comment = whole.comment.clone().unwrap_or_default();
        let mut stepped = Action::manual(proposal, who.clone(), comment, self.now()).map_err(|r| from_refusal(&r))?;
        stepped.action.parent = Some(whole.id.clone());
        self.insert_action(w, &stepped, by(&who))?;
        Ok(stepped.action.id)
    }

    /// An open action on the same thing becomes a part; one that waits for a decision has it now.
    fn adopt(&self, w: &mut Writer, whole: &Action, id: &ActionId) -> Result<(), Stop> {
        let stored = w.action(id)?;
        let part = Action { parent: Some(whole.id.clone()), ..stored.value.clone() };
        w.replace_action(&stored, &part)?;
        if part.is_pending()
            && let Some(who) = person(whole)
        {
            let approval = whole.approval_id.clone().unwrap_or_else(|| ApprovalId(self.new_id()));
            let input = ActionInput::Approve { by: who.clone(), approval, comment: whole.comment.clone() };
            self.step_action(w, id, input, by(&who), whole.comment.clone())?;
        }
        Ok(())
    }
}

/// Who decided it: every part is theirs too.
fn person(action: &Action) -> Option<Person> {
    use assize_domain::action::Decided;
    match action.decided.as_ref()? {
        Decided::Approved { by, .. } | Decided::Manual { by, .. } => Some(by.clone()),
        Decided::Automation { .. } | Decided::Rejected { .. } | Decided::Expired { .. } => None,
    }
}

fn not_begun(action: &Action) -> bool {
    matches!(action.state, ActionState::Approved | ActionState::Queued { .. } | ActionState::WaitingForDevice { .. })
}

/// Group and level are those of the part's own device.
fn policy_on(r: &Reader, whole: &Action, device: &DeviceId) -> Result<PolicySnapshot, Stop> {
    let directory = Directory::read(r)?;
    let group = directory.group_of_id(device);
    Ok(PolicySnapshot { group: group.name.clone(), level: group.level, ..whole.policy.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M124
    #[test]
    fn at_most_a_thousand_devices_are_acted_on_at_once() {
        assert_eq!(within_limit(1000), Ok(()));
        let fault = within_limit(1001).expect_err("one too many");
        assert_eq!(fault.code, "too_many_devices");
        assert!(fault.message.contains("1001 devices") && fault.hint.contains("Nothing was touched"), "{fault:?}");
    }

    #[test]
    fn a_device_is_counted_once_however_often_it_saw_the_file() {
        let sighting = |device: &str, path: &str| Sighting {
            device_id: device.into(),
            path: path.into(),
            at: Stamp(0),
            evidence_id: None,
        };
        let sightings = vec![sighting("a", "/x"), sighting("a", "/y"), sighting("b", "/x")];
        let known = Known { sightings, devices: 4 };
        assert_eq!(known.seen_by(&"c".into()).len(), 3);
        assert!(known.warning(&"c".into()).is_some_and(|w| w.contains("3 of 4")));
        assert!(known.warning(&"a".into()).is_none());
    }
}
