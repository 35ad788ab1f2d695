//! Incidents for screens, and what people do with them.
use crate::{
    Engine,
    actions::{count, limit, snapshot, text, timeline},
    directory::{Directory, pending},
    door::{AssignIncident, ListIncidents, ResolveIncident, ShowEvidence, ShowIncident},
    fault::{Stop, from_incident},
    investigations::row,
    open::by,
    view,
};
use assize_domain::{
    action::{Action, ActionStatus},
    alert::AlertStatus,
    id::IncidentId,
    incident::{IncidentInput, IncidentState, IncidentStatus, Resolution},
    order::Fault,
    record::{Entry, Subject},
    role::Person,
    verdict::Verdict,
};
use assize_store::{EvidenceRow, IncidentQuery, IncidentRow, Reader};

pub(crate) fn list(engine: &Engine, _: &Person, request: ListIncidents) -> Result<view::IncidentPage, Fault> {
    let query = IncidentQuery {
        investigation_state: request.investigation_state,
        status: request.status,
        severity: request.severity,
        text: text(request.text),
        limit: limit(request.limit),
        after: request.after,
        snapshot: snapshot(request.snapshot.as_deref())?,
    };
    engine.read(|r| {
        let page = r.incident_page(&query)?;
        Ok(view::IncidentPage {
            incidents: page.rows.into_iter().map(shown).collect(),
            total: count(page.total),
            next: page.next,
            newer: count(page.newer),
            snapshot: page.snapshot.to_string(),
        })
    })
}

fn shown(row: IncidentRow) -> view::IncidentRow {
    let status = row.incident.status();
    view::IncidentRow {
        id: row.incident.id,
        number: row.incident.number,
        name: row.incident.name,
        status,
        severity: row.incident.severity,
        investigation_states: row.investigation_states,
        pending_actions: row.pending_actions,
        active_alerts: row.active_alerts,
        alerts: row.alerts,
        devices: row.devices,
        practice: row.practice,
        assigned_to: row.incident.assigned_to,
        tags: row.incident.tags,
        oldest_pending_at: row.oldest_pending_at,
        created_at: row.incident.created_at,
        last_activity: row.last_activity,
    }
}

pub(crate) fn show(engine: &Engine, _: &Person, request: ShowIncident) -> Result<view::Incident, Fault> {
    engine.read(|r| whole(r, &request.id))
}

fn whole(r: &Reader, id: &IncidentId) -> Result<view::Incident, Stop> {
    let row_of = r.incident_row(id)?;
    let directory = Directory::read(r)?;
    let actions = r.actions_of_incident(id)?;
    let evidence = r.evidence_of_incident(id)?;
    let investigations = r.investigations_of_incident(id)?;
    let alerts = r.alerts_of_incident(id)?;
    let mut devices: Vec<view::DeviceRef> = Vec::new();
    for i in &investigations {
        if !devices.iter().any(|d| d.id == i.device_id) {
            devices.push(directory.device(&i.device_id));
        }
    }
    let mut activity = timeline(r, Subject::Incident, id.as_str())?;
    for action in &actions {
        activity.extend(timeline(r, Subject::Action, action.id.as_str())?);
    }
    for i in &investigations {
        activity.extend(timeline(r, Subject::Investigation, i.id.as_str())?);
    }
    activity.sort_by_key(|t| t.at);
    let resolution = match &row_of.incident.state {
        IncidentState::Resolved { at, by, why } => {
            Some(view::ResolutionNote { at: *at, by: by.clone(), text: said(why) })
        }
        IncidentState::Active | IncidentState::InProgress => None,
    };
    Ok(view::Incident {
        summary: summary(&evidence, &actions),
        resolution,
        alerts_list: alerts
            .into_iter()
            .map(|a| view::Alert {
                id: a.id,
                title: a.title,
                description: a.description,
                severity: a.severity,
                status: a.status,
                detection_source: a.detection_source,
                device: a.device_id.as_ref().map(|id| directory.device(id)),
                incident_id: a.incident_id,
                investigation_id: a.investigation_id,
                created_at: a.created_at,
                category: a.category,
                grouped: a.grouped,
                skipped: a.skipped,
            })
            .collect(),
        devices_list: devices,
        investigations: investigations.iter().map(|i| row(r, &directory, i)).collect::<Result<_, Stop>>()?,
        evidence: evidence.iter().map(|e| directory.evidence(e, &actions)).collect(),
        actions: actions.iter().map(|a| directory.action(a)).collect(),
        activity,
        row: shown(row_of),
    })
}

fn said(why: &Resolution) -> String {
    match why {
        Resolution::Automatic { reason } => reason.clone(),
        Resolution::Decided { classification, determination, comment } => {
            let class = match classification {
                assize_domain::incident::Classification::TruePositive => "True positive",
                assize_domain::incident::Classification::InformationalExpectedActivity => {
                    "Informational, expected activity"
                }
                assize_domain::incident::Classification::FalsePositive => "False positive",
            };
            match comment {
                Some(comment) => format!("{class}: {determination}. {comment}"),
                None => format!("{class}: {determination}."),
            }
        }
    }
}

/// What happened, in two or three plain sentences.
fn summary(evidence: &[EvidenceRow], actions: &[Action]) -> Vec<String> {
    let judged = |v: Verdict| evidence.iter().filter(|e| e.verdict == v).count();
    let with = |s: ActionStatus| actions.iter().filter(|a| a.status() == s).count();
    let (malicious, suspicious) = (judged(Verdict::Malicious), judged(Verdict::Suspicious));
    let mut lines = vec![format!(
        "{malicious} malicious and {suspicious} suspicious {} found.",
        if malicious + suspicious == 1 { "item was" } else { "items were" }
    )];
    let done = with(ActionStatus::Completed);
    if done > 0 {
        lines.push(format!(
            "{done} of {} actions {} carried out and checked.",
            actions.len(),
            if done == 1 { "was" } else { "were" }
        ));
    }
    let waiting = pending(actions);
    lines.push(match waiting {
        0 if actions.is_empty() => "No action was proposed.".to_owned(),
        0 => "Nothing waits for you.".to_owned(),
        1 => "1 action waits for your decision.".to_owned(),
        n => format!("{n} actions wait for your decision."),
    });
    let back = with(ActionStatus::Undone);
    if back > 0 {
        lines.push(format!("{back} {} undone.", if back == 1 { "was" } else { "were" }));
    }
    lines
}

pub(crate) fn assign(engine: &Engine, who: &Person, request: AssignIncident) -> Result<view::Incident, Fault> {
    step(
        engine,
        who,
        &request.id,
        IncidentInput::Assign { by: who.clone(), to: request.to.clone() },
        format!("Assigned to {}.", request.to),
    )
}

pub(crate) fn resolve(engine: &Engine, who: &Person, request: ResolveIncident) -> Result<view::Incident, Fault> {
    let waiting = engine.read(|r| Ok(pending(&r.actions_of_incident(&request.id)?)))?;
    let text = format!("Resolved: {}.", request.determination);
    let input = IncidentInput::Resolve {
        by: who.clone(),
        classification: request.classification,
        determination: request.determination,
        comment: request.comment,
        waiting,
        even_so: request.even_so,
    };
    step(engine, who, &request.id, input, text)
}

/// One transition of an incident; its active alerts go the same way (M97).
fn step(
    engine: &Engine,
    who: &Person,
    id: &IncidentId,
    input: IncidentInput,
    text: String,
) -> Result<view::Incident, Fault> {
    engine.write(|w| {
        let stored = w.incident(id)?;
        let before = stored.value.status();
        let stepped = stored.value.clone().step(input, engine.now()).map_err(|r| from_incident(&r))?;
        w.replace_incident(&stored, &stepped.incident)?;
        let after = stepped.incident.status();
        w.append(&Entry {
            from: Some(before.code().to_owned()),
            to: Some(after.code().to_owned()),
            ..engine.entry(by(who), Subject::Incident, id.as_str(), stepped.event, text)
        })?;
        let status = match after {
            IncidentStatus::Resolved => AlertStatus::Resolved,
            IncidentStatus::InProgress | IncidentStatus::Active => AlertStatus::InProgress,
        };
        for mut alert in w.alerts_of_incident(id)? {
            if alert.status != AlertStatus::Resolved {
                alert.status = status;
                alert.updated_at = engine.now();
                w.replace_alert(&alert)?;
            }
        }
        whole(w, id)
    })
}

pub(crate) fn evidence(engine: &Engine, _: &Person, request: ShowEvidence) -> Result<view::EvidenceDetail, Fault> {
    engine.read(|r| {
        let directory = Directory::read(r)?;
        let row = r.evidence(&request.id)?;
        let related = row
            .related
            .iter()
            .map(|(_, id)| Ok(directory.evidence(&r.evidence(id)?, &r.actions_of_evidence(id)?)))
            .collect::<Result<_, Stop>>()?;
        Ok(view::EvidenceDetail { evidence: directory.evidence(&row, &r.actions_of_evidence(&row.id)?), related })
    })
}
