//! Who is who while a view is built: devices with their groups, read once per request.
use crate::{fault::Stop, view};
use assize_domain::{
    action::{Action, ActionState, ActionStatus},
    group::{AutomationLevel, Device, DeviceGroup, DeviceKind, UNGROUPED, member_of},
    id::{DeviceId, GroupId},
    order::Fault,
    target::Target,
    text::DevicePath,
    time::Stamp,
};
use assize_store::{EvidenceRow, Reader};

pub(crate) struct Directory {
    pub(crate) devices: Vec<Device>,
    pub(crate) groups: Vec<DeviceGroup>,
    fallback: DeviceGroup,
}

impl Directory {
    pub(crate) fn read(r: &Reader) -> Result<Self, Stop> {
        let fallback = DeviceGroup {
            id: GroupId(String::new()),
            name: UNGROUPED.to_owned(),
            description: String::new(),
            level: AutomationLevel::SemiAll,
            rank: None,
            rules: Vec::new(),
            created_at: Stamp(0),
        };
        Ok(Self { devices: r.devices()?, groups: r.groups()?, fallback })
    }

    pub(crate) fn group_of(&self, device: &Device) -> &DeviceGroup {
        if self.groups.is_empty() { &self.fallback } else { member_of(&self.groups, device) }
    }

    /// The group of a device by id; that of a device that is gone is the default one.
    pub(crate) fn group_of_id(&self, id: &DeviceId) -> &DeviceGroup {
        match self.devices.iter().find(|d| d.id == *id) {
            Some(device) => self.group_of(device),
            None => self.groups.last().unwrap_or(&self.fallback),
        }
    }

    pub(crate) fn device(&self, id: &DeviceId) -> view::DeviceRef {
        let device = self.devices.iter().find(|d| d.id == *id);
        let group = self.group_of_id(id);
        view::DeviceRef {
            id: id.clone(),
            name: device.map_or_else(|| "a removed device".to_owned(), |d| d.name.clone()),
            group: group.name.clone(),
            level: group.level,
            practice: device.is_some_and(|d| matches!(d.kind, DeviceKind::Practice { .. })),
        }
    }

    /// An action as every front end shows it.
    pub(crate) fn action(&self, a: &Action) -> view::Action {
        let (expires_at, stale) = if let ActionState::PendingApproval { expires_at, stale, .. } = &a.state {
            let note = stale.as_ref().map(|s| view::StaleNote { was: s.was.clone(), now: s.now.clone() });
            (Some(*expires_at), note)
        } else {
            (None, None)
        };
        let mut why: Vec<String> = a.policy.reasons.iter().map(|r| r.text.clone()).collect();
        let decisive =
            a.policy.ruling.trace.iter().rev().find(|t| t.row == a.policy.ruling.decided_by_row && t.applied);
        why.extend(decisive.map(|t| t.text.clone()));
        view::Action {
            id: a.id.clone(),
            approval_id: a.approval_id.clone(),
            investigation_id: a.investigation_id.clone(),
            incident_id: a.incident_id.clone(),
            evidence_id: a.evidence_id.clone(),
            device: self.device(&a.device_id),
            kind: a.kind,
            status: a.status(),
            source: a.source,
            target: a.target.clone(),
            target_title: a.target.title(),
            target_name: target_name(&a.target),
            entity_type: a.target.entity_type(),
            verdict: a.policy.verdict,
            location_class: a.policy.class,
            classified_by: a.policy.classified_by.clone(),
            level: a.policy.level,
            why,
            decision: a.decided.as_ref().map(|d| d.code().to_owned()),
            decided_by: a.decided.as_ref().map(|d| d.by().to_owned()),
            decided_at: a.decided.as_ref().map(assize_domain::action::Decided::at),
            comment: a.comment.clone(),
            created_at: a.created_at,
            updated_at: a.updated_at,
            started_at: a.started_at,
            finished_at: a.finished_at,
            expires_at,
            stale,
            result: result(a),
            outcome: outcome(a),
            progress: None,
            parent: a.parent.clone(),
            undo: undo_offer(a),
            undo_approval_id: a.notes.undo_approval.clone(),
            after_undo: crate::undo::after_undo(self, a),
            reapplies: a.notes.reapplies.clone(),
            reapplied_by: a.notes.reapplied.clone(),
            stuck: None,
            did_not_hold: a.did_not_hold().cloned(),
            undone_by: if let ActionState::Undone { by, .. } | ActionState::PartlyUndone { by, .. } = &a.state {
                Some(by.name.clone())
            } else {
                None
            },
        }
    }

    pub(crate) fn evidence(&self, row: &EvidenceRow, actions: &[Action]) -> view::Evidence {
        let about: Vec<&Action> = actions.iter().filter(|a| a.evidence_id.as_ref() == Some(&row.id)).collect();
        view::Evidence {
            id: row.id.clone(),
            entity: row.entity.clone(),
            title: row.entity.title(),
            place: row.entity.place(),
            device: self.device(&row.device_id),
            investigation_id: row.investigation_id.clone(),
            incident_id: row.incident_id.clone(),
            verdict: row.verdict,
            reasons: row.reasons.clone(),
            remediation_status: row.remediation,
            location_class: row.location.class,
            related: row.related.iter().map(|(_, id)| id.clone()).collect(),
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            pending_action: about.iter().find(|a| a.is_pending()).map(|a| a.id.clone()),
            actions: about.iter().map(|a| a.id.clone()).collect(),
        }
    }
}

fn undo_offer(a: &Action) -> view::UndoOffer {
    let pinned = a.notes.pinned;
    match a.undo_offer() {
        Ok(work) => {
            let until = a.notes.kept_until(a.finished_at);
            view::UndoOffer { possible: true, reason: None, proven_at: work.proof.proven_at, until, pinned }
        }
        Err(reason) => view::UndoOffer { possible: false, reason: Some(reason), proven_at: None, until: None, pinned },
    }
}

/// How it ended, where it did not simply succeed.
fn result(a: &Action) -> Option<Fault> {
    let fault = |code: &str, message: String, hint: &str| Some(Fault::new(code, message, hint));
    match &a.state {
        ActionState::Failed { fault, .. } | ActionState::UndoFailed { fault, .. } => Some(fault.clone()),
        ActionState::TimedOut { reason, .. } => {
            fault("timed_out", reason.clone(), "Try again when the device is there.")
        }
        ActionState::Skipped { reason } => fault("skipped", reason.clone(), ""),
        ActionState::PartiallyCompleted { work } => fault("partly", work.left.join(" "), "Look at what is left."),
        ActionState::PartlyUndone { left, .. } => fault("partly_undone", left.join(" "), "Look at what is left."),
        ActionState::PendingApproval { stale: Some(_), .. } => fault(
            "stale",
            "It changed since it was judged, so nothing was touched.".into(),
            "Look at the difference and decide again.",
        ),
        ActionState::PendingApproval { stale: None, .. }
        | ActionState::Approved
        | ActionState::Queued { .. }
        | ActionState::WaitingForDevice { .. }
        | ActionState::Running { .. }
        | ActionState::Completed { .. }
        | ActionState::Rejected
        | ActionState::Expired
        | ActionState::Cancelled { .. }
        | ActionState::Undoing { .. }
        | ActionState::Undone { .. } => None,
    }
}

/// The first line of what was found after it was carried out.
fn outcome(a: &Action) -> Option<String> {
    if let ActionState::Completed { work } | ActionState::PartiallyCompleted { work } = &a.state {
        return work.proof.after.first().cloned();
    }
    None
}

fn target_name(target: &Target) -> String {
    match target {
        Target::File { path, .. } | Target::StartupItem { path, .. } => path.file_name().to_owned(),
        Target::Process { pid, exe, script, .. } => {
            let image = script.as_ref().or(exe.as_ref()).map_or("process", DevicePath::file_name);
            format!("{image} ({pid})")
        }
        Target::ScheduledTask { name, .. } | Target::Service { name, .. } | Target::Driver { name, .. } => name.clone(),
        Target::Registry { key, value } => value.clone().unwrap_or_else(|| key.clone()),
        Target::Content { name, .. } => name.clone(),
        Target::Network { .. } | Target::CodeExecution { .. } | Target::Scan { .. } | Target::Package => target.title(),
    }
}

/// Whether an action stands in the Pending tab.
pub(crate) fn pending(actions: &[Action]) -> u32 {
    let n = actions.iter().filter(|a| a.status() == ActionStatus::PendingApproval).count();
    u32::try_from(n).unwrap_or(u32::MAX)
}
