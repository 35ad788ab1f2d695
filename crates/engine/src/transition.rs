//! One transition and everything that follows from it, in one transaction: the row, its record, the evidence, the
//! investigation and the incident (design section 3 rule 8).
use crate::{
    Engine,
    fault::{Stop, from_investigation, from_refusal},
    open::by,
};
use assize_domain::{
    action::{Action, ActionInput, ActionState, ActionStatus, Effect, Stepped},
    alert::AlertStatus,
    id::{ActionId, IncidentId, InvestigationId},
    incident::IncidentInput,
    investigation::{Investigation, InvestigationInput, InvestigationRefusal, InvestigationStatus, Item},
    order::Conflict,
    record::{Entry, Subject},
    remedy::ActionType,
    role::Actor,
    text::visible,
};
use assize_store::{EvidenceRow, Reader, Stored, Writer};

impl Engine {
    /// Steps a stored action. A refusal changes nothing and comes back in words.
    pub(crate) fn step_action(
        &self,
        w: &mut Writer,
        id: &ActionId,
        input: ActionInput,
        actor: Actor,
        comment: Option<String>,
    ) -> Result<Action, Stop> {
        let action = w.action(id)?.value;
        if let ActionInput::Cancel { by, comment } = &input
            && action.kind == ActionType::StopAndQuarantineFile
            && action.status() == ActionStatus::Running
        {
            return self.cancel_whole(w, &action, by, comment.as_ref());
        }
        if let (ActionInput::Retry { .. }, Some(fault)) = (&input, crate::everywhere::retried_with_the_whole(&action)) {
            return Err(fault.into());
        }
        self.step(w, id, input, actor, comment)
    }

    /// The same, of this action alone.
    pub(crate) fn step(
        &self,
        w: &mut Writer,
        id: &ActionId,
        input: ActionInput,
        actor: Actor,
        comment: Option<String>,
    ) -> Result<Action, Stop> {
        let stored = w.action(id)?;
        let before = stored.value.status();
        let stepped = stored.value.clone().step(input, self.now()).map_err(|r| from_refusal(&r))?;
        w.replace_action(&stored, &stepped.action)?;
        self.follow(w, &stepped, Some(before), actor, comment)?;
        Ok(stepped.action)
    }

    /// Writes a new action with its first record.
    pub(crate) fn insert_action(&self, w: &mut Writer, stepped: &Stepped, actor: Actor) -> Result<(), Stop> {
        w.insert_action(&stepped.action)?;
        self.follow(w, stepped, None, actor, stepped.action.comment.clone())
    }

    fn follow(
        &self,
        w: &mut Writer,
        stepped: &Stepped,
        before: Option<ActionStatus>,
        actor: Actor,
        comment: Option<String>,
    ) -> Result<(), Stop> {
        let action = &stepped.action;
        let now = self.now();
        let told_by = actor.clone();
        w.append(&Entry {
            at: now,
            actor,
            subject: Subject::Action,
            subject_id: action.id.as_str().to_owned(),
            event: stepped.event.to_owned(),
            from: before.map(|s| s.code().to_owned()),
            to: Some(action.status().code().to_owned()),
            text: crate::actions::told(action),
            comment,
            detail: detail(action),
        })?;
        for effect in &stepped.effects {
            match effect {
                Effect::Evidence(status) => {
                    if let Some(evidence) = &action.evidence_id {
                        w.set_remediation(evidence, *status, now)?;
                    }
                }
                Effect::Investigation => self.recompute(w, action)?,
                // The driver looks for what is due; the commit of this transaction wakes it.
                Effect::Dispatch => {}
                Effect::Release(release) => {
                    let input = ActionInput::Undo {
                        by: release.by.clone(),
                        reason: release.reason.clone(),
                        conflict: Conflict::Stop,
                    };
                    self.step_action(w, &action.id, input, by(&release.by), release.reason.clone())?;
                }
                Effect::CancelOlder => self.cancel_older(w, action, &told_by)?,
                Effect::LiftOthers { by: person } => {
                    for other in w.actions_in_force(&action.device_id, action.kind)? {
                        if other.id != action.id {
                            let input = ActionInput::Lifted { by: person.clone(), with: action.id.clone() };
                            self.step_action(w, &other.id, input, told_by.clone(), None)?;
                        }
                    }
                }
            }
        }
        self.learn_about_rules(w, action, stepped.event, &told_by)?;
        self.arm(w, action)?;
        self.scan_was_stopped(w, stepped, &told_by)?;
        match &action.parent {
            Some(whole) => self.part_changed(w, whole),
            None => Ok(()),
        }
    }

    /// A person's release beats every older request for the same on this device that has not begun (M67).
    fn cancel_older(&self, w: &mut Writer, released: &Action, who: &Actor) -> Result<(), Stop> {
        let Actor::Person { person } = who else { return Ok(()) };
        for other in w.unfinished_actions_of_device(&released.device_id)? {
            let waits = matches!(
                other.state,
                ActionState::Approved | ActionState::Queued { .. } | ActionState::WaitingForDevice { .. }
            );
            if other.id != released.id && other.kind == released.kind && waits {
                let comment = Some(format!("A later release ({}) takes its place.", released.id));
                let input = ActionInput::Cancel { by: person.clone(), comment: comment.clone() };
                self.step_action(w, &other.id, input, who.clone(), comment)?;
            }
        }
        Ok(())
    }

    /// Computes the investigations this action counts for again, from results (M40).
    fn recompute(&self, w: &mut Writer, action: &Action) -> Result<(), Stop> {
        let mut ids: Vec<InvestigationId> = action.investigation_id.iter().cloned().collect();
        for open in w.open_investigations()? {
            let joined = open.value.joined.iter().any(|j| j.action == action.id);
            if joined && !ids.contains(&open.value.id) {
                ids.push(open.value.id);
            }
        }
        for id in ids {
            let stored = w.investigation(&id)?;
            let items = items_of(w, &stored.value)?;
            let last_expired = action.status() == ActionStatus::Expired;
            self.step_investigation(w, stored, InvestigationInput::Results { items, last_expired }, Actor::System)?;
        }
        Ok(())
    }

    /// Steps an investigation; "nothing new" is not an error.
    pub(crate) fn step_investigation(
        &self,
        w: &mut Writer,
        stored: Stored<Investigation>,
        input: InvestigationInput,
        actor: Actor,
    ) -> Result<Investigation, Stop> {
        let before = stored.value.status();
        let comment = if let InvestigationInput::Stop { comment, .. } = &input { Some(comment.clone()) } else { None };
        let stepped = match stored.value.clone().step(input, self.now()) {
            Ok(stepped) => stepped,
            Err(InvestigationRefusal::NothingNew) => return Ok(stored.value),
            Err(r @ (InvestigationRefusal::NotInThisState { .. } | InvestigationRefusal::NotPermitted { .. })) => {
                return Err(from_investigation(&r).into());
            }
        };
        let after = stepped.investigation;
        w.replace_investigation(&stored, &after)?;
        w.append(&Entry {
            at: self.now(),
            actor,
            subject: Subject::Investigation,
            subject_id: after.id.as_str().to_owned(),
            event: stepped.event.to_owned(),
            from: Some(before.code().to_owned()),
            to: Some(after.status().code().to_owned()),
            text: format!("{}: {}.", visible(&after.name), after.status().label()),
            comment,
            detail: None,
        })?;
        if after.status().is_final() && !before.is_final() {
            self.settle_incidents(w, &after)?;
        }
        Ok(after)
    }

    /// Alerts of one investigation may be in several incidents.
    fn settle_incidents(&self, w: &mut Writer, ended: &Investigation) -> Result<(), Stop> {
        let mut ids = w.incidents_of_alerts(&ended.id)?;
        ids.extend(ended.incident_id.iter().filter(|id| !ids.contains(id)).cloned().collect::<Vec<_>>());
        ids.iter().try_for_each(|id| self.settle_incident(w, id))
    }

    /// N4: when every investigation of an incident ended well and nobody took it on, it closes itself and says why.
    fn settle_incident(&self, w: &mut Writer, id: &IncidentId) -> Result<(), Stop> {
        let all = w.investigations_of_incident(id)?;
        let well = |s: InvestigationStatus| matches!(s, InvestigationStatus::Remediated | InvestigationStatus::Benign);
        if !all.iter().all(|i| well(i.status())) {
            return Ok(());
        }
        let actions = w.actions_of_incident(id)?;
        let done = actions.iter().filter(|a| a.status() == ActionStatus::Completed).count();
        let declined = actions.iter().filter(|a| a.status() == ActionStatus::Rejected).count();
        let reason = format!(
            "Its {} ended: {done} of {} actions completed{}.",
            if all.len() == 1 { "investigation".to_owned() } else { format!("{} investigations", all.len()) },
            actions.len(),
            if declined > 0 { format!(", {declined} declined by a person") } else { String::new() },
        );
        let stored = w.incident(id)?;
        let before = stored.value.status();
        let Ok(stepped) = stored.value.clone().step(IncidentInput::AutoResolve { reason: reason.clone() }, self.now())
        else {
            return Ok(());
        };
        let alerts = w.alerts_of_incident(id)?;
        // What nobody looked into is not closed by what was found elsewhere.
        if !alerts.iter().any(|a| a.skipped.is_some() && a.status != AlertStatus::Resolved) {
            w.replace_incident(&stored, &stepped.incident)?;
            w.append(&Entry {
                from: Some(before.code().to_owned()),
                to: Some(stepped.incident.status().code().to_owned()),
                ..self.entry(Actor::System, Subject::Incident, id.as_str(), stepped.event, reason)
            })?;
        }
        for mut alert in alerts {
            if alert.status == AlertStatus::New && alert.skipped.is_none() {
                alert.status = AlertStatus::Resolved;
                alert.updated_at = self.now();
                w.replace_alert(&alert)?;
            }
        }
        Ok(())
    }
}

/// What an investigation found, with the states of the actions that answer it: its own and those it joined.
pub(crate) fn items_of(r: &Reader, investigation: &Investigation) -> Result<Vec<Item>, Stop> {
    let evidence = r.evidence_of_investigation(&investigation.id)?;
    let actions = r.actions_of_investigation(&investigation.id)?;
    let mut items = Vec::new();
    // What could not be judged counts where an alert names it and a person is asked (spec 2.3 row 6).
    let answered = |e: &EvidenceRow| actions.iter().any(|a| a.evidence_id.as_ref() == Some(&e.id));
    for row in evidence.into_iter().filter(|e| e.verdict.is_bad() || answered(e)) {
        let mut states: Vec<ActionStatus> =
            actions.iter().filter(|a| a.evidence_id.as_ref() == Some(&row.id)).map(Action::status).collect();
        for joined in investigation.joined.iter().filter(|j| j.evidence == row.id) {
            states.push(r.action(&joined.action)?.value.status());
        }
        items.push(Item { title: row.entity.place(), verdict: row.verdict, actions: states });
    }
    Ok(items)
}

/// Level, class and deciding row, so that the record explains itself even after every setting has changed.
fn detail(action: &Action) -> Option<String> {
    let p = &action.policy;
    serde_json::to_string(&serde_json::json!({
        "level": p.level, "group": p.group, "class": p.class, "classified_by": p.classified_by,
        "verdict": p.verdict, "decided_by_row": p.ruling.decided_by_row, "folder_lists": p.folder_lists,
        "target": action.target,
    }))
    .ok()
}
