//! Investigations for screens, starting and stopping them.
use crate::{
    Engine,
    actions::{count, limit, snapshot, text},
    directory::{Directory, pending},
    door::{ListInvestigations, ShowInvestigation, StartInvestigation, StopInvestigation},
    fault::{Stop, bad_input},
    open::by,
    view,
};
use assize_domain::{
    action::ActionStatus,
    id::{IncidentId, InvestigationId},
    investigation::{Investigation, InvestigationInput, InvestigationState, Scope, Trigger},
    order::Fault,
    record::Subject,
    role::Person,
    text::DevicePath,
    verdict::Verdict,
};
use assize_store::{InvestigationQuery, Reader};

pub(crate) fn list(engine: &Engine, _: &Person, request: ListInvestigations) -> Result<view::InvestigationPage, Fault> {
    let query = InvestigationQuery {
        status: request.status,
        device: request.device,
        text: text(request.text),
        limit: limit(request.limit),
        after: request.after,
        snapshot: snapshot(request.snapshot.as_deref())?,
    };
    engine.read(|r| {
        let directory = Directory::read(r)?;
        let page = r.investigation_page(&query)?;
        Ok(view::InvestigationPage {
            investigations: page.rows.iter().map(|i| row(r, &directory, i)).collect::<Result<_, Stop>>()?,
            total: count(page.total),
            next: page.next,
            newer: count(page.newer),
            snapshot: page.snapshot.to_string(),
        })
    })
}

pub(crate) fn row(r: &Reader, directory: &Directory, i: &Investigation) -> Result<view::InvestigationRow, Stop> {
    Ok(view::InvestigationRow {
        id: i.id.clone(),
        name: i.name.clone(),
        state: i.status(),
        state_label: i.status().label().to_owned(),
        trigger: trigger(i).0,
        device: directory.device(&i.device_id),
        incident_number: number(r, i.incident_id.as_ref())?,
        started_at: i.started_at,
        ended_at: i.ended_at,
        pending_actions: pending(&r.actions_of_investigation(&i.id)?),
        undone: i.undone,
    })
}

fn number(r: &Reader, id: Option<&IncidentId>) -> Result<Option<u32>, Stop> {
    Ok(match id {
        Some(id) => Some(r.incident(id)?.value.number),
        None => None,
    })
}

fn trigger(i: &Investigation) -> (String, Option<String>) {
    match &i.trigger {
        Trigger::Alert { .. } => ("alert".into(), None),
        Trigger::Manual { comment, .. } => ("manual".into(), Some(comment.clone())),
        Trigger::Scan { comment, .. } => ("scan".into(), Some(comment.clone())),
    }
}

pub(crate) fn show(engine: &Engine, _: &Person, request: ShowInvestigation) -> Result<view::Investigation, Fault> {
    engine.read(|r| {
        let i = r.investigation(&request.id)?.value;
        let directory = Directory::read(r)?;
        let mut actions = r.actions_of_investigation(&i.id)?;
        let rows = r.evidence_of_investigation(&i.id)?;
        for joined in &i.joined {
            if actions.iter().any(|a| a.id == joined.action) {
                continue;
            }
            actions.push(r.action(&joined.action)?.value);
        }
        let (trigger, trigger_comment) = trigger(&i);
        Ok(view::Investigation {
            state: i.status(),
            state_label: i.status().label().to_owned(),
            state_text: state_text(&i, actions.iter().filter(|a| a.status() == ActionStatus::PendingApproval).count()),
            trigger,
            trigger_comment,
            device: directory.device(&i.device_id),
            incident_number: number(r, i.incident_id.as_ref())?,
            verdict: worst(rows.iter().map(|e| e.verdict), i.examined),
            evidence: rows.iter().map(|e| directory.evidence(e, &actions)).collect(),
            actions: actions.iter().map(|a| directory.action(a)).collect(),
            examined_files: count(r.examined_by(&i.id)?),
            id: i.id,
            name: i.name,
            incident_id: i.incident_id,
            started_at: i.started_at,
            ended_at: i.ended_at,
            undone: i.undone,
            log: i.log,
        })
    })
}

/// The worst verdict that was reached. A few things that could not be judged do not hide that the rest was.
fn worst(verdicts: impl Iterator<Item = Verdict>, examined: bool) -> Verdict {
    let worst = verdicts.filter(|v| *v != Verdict::Unknown).max();
    worst.unwrap_or(if examined { Verdict::NoThreatsFound } else { Verdict::Unknown })
}

/// One sentence that explains the state, with its data.
fn state_text(i: &Investigation, waiting: usize) -> String {
    match &i.state {
        InvestigationState::Starting => "Accepted; it starts in a moment.".into(),
        InvestigationState::Queued { .. } => "It waits for its turn.".into(),
        InvestigationState::Running => {
            "The device is being looked at, or decided actions are being carried out.".into()
        }
        InvestigationState::PendingApproval { .. } => match waiting {
            1 => "1 action waits for a person.".into(),
            n => format!("{n} actions wait for a person."),
        },
        InvestigationState::PendingResource { .. } => "Paused until the device answers again.".into(),
        InvestigationState::Benign { declined: 0 } => "Nothing bad was found.".into(),
        InvestigationState::Benign { declined } => format!("Nothing bad is left; {declined} declined by a person."),
        InvestigationState::Remediated => "Everything bad was treated, and checked afterwards.".into(),
        InvestigationState::PartiallyRemediated { untreated } => {
            let names: Vec<String> = untreated.iter().map(|t| assize_domain::text::visible(t)).collect();
            format!("Not treated: {}.", names.join(", "))
        }
        InvestigationState::PartiallyInvestigated { fault }
        | InvestigationState::Failed { fault }
        | InvestigationState::InnerFailure { fault } => fault.clone(),
        InvestigationState::TerminatedUser { by, comment } => format!("{} stopped it: {comment}", by.name),
        InvestigationState::TerminatedSystem { reason, treated } => {
            format!("{reason} {treated} had been treated before.")
        }
        InvestigationState::TerminatedThrottling => "It waited too long for its turn.".into(),
        InvestigationState::UnsupportedAlert
        | InvestigationState::UnsupportedOs
        | InvestigationState::PreexistingAlert
        | InvestigationState::SuppressedAlert
        | InvestigationState::NoAutomation
        | InvestigationState::Unknown => {
            format!("{}.", i.status().label())
        }
    }
}

pub(crate) fn start(engine: &Engine, who: &Person, request: StartInvestigation) -> Result<view::Investigation, Fault> {
    let comment = request.comment.trim().to_owned();
    if comment.is_empty() {
        return Err(bad_input("A comment is needed to start an investigation.", "Say in a few words why."));
    }
    let device = match &request.device {
        Some(id) => engine.device(id.as_str())?,
        None => engine.this_computer()?,
    };
    let scope = match (request.paths.is_empty(), request.full) {
        (false, _) => {
            if let Some(relative) = request.paths.iter().find(|p| !p.starts_with('/')) {
                return Err(bad_input(
                    format!("“{relative}” is not a full path."),
                    "Name files from the root of the device, beginning with /.",
                ));
            }
            Scope::Paths { paths: request.paths.iter().map(|p| DevicePath::from(p.as_str())).collect() }
        }
        (true, true) => Scope::Full,
        (true, false) => Scope::Quick,
    };
    let id = InvestigationId(engine.new_id());
    let what = match &scope {
        Scope::Quick => "Quick check",
        Scope::Full => "Full check",
        Scope::Paths { .. } => "Check of chosen places",
    };
    let investigation = Investigation {
        id: id.clone(),
        name: format!("{what} of {}", device.name),
        trigger: Trigger::Manual { person: who.clone(), comment: comment.clone() },
        alert_ids: Vec::new(),
        incident_id: None,
        device_id: device.id.clone(),
        scope,
        started_at: engine.now(),
        ended_at: None,
        examined: false,
        joined: Vec::new(),
        undone: 0,
        follows: None,
        named: Vec::new(),
        state: InvestigationState::Starting,
        log: Vec::new(),
    };
    engine.write(|w| {
        w.insert_investigation(&investigation)?;
        let mut entry = engine.entry(
            by(who),
            Subject::Investigation,
            id.as_str(),
            "I3",
            format!("{} started.", investigation.name),
        );
        entry.to = Some(investigation.status().code().to_owned());
        entry.comment = Some(comment);
        w.append(&entry)?;
        Ok(())
    })?;
    show(engine, who, ShowInvestigation { id })
}

pub(crate) fn stop(engine: &Engine, who: &Person, request: StopInvestigation) -> Result<view::Investigation, Fault> {
    if request.comment.trim().is_empty() {
        return Err(bad_input("A reason is needed to stop an investigation.", "Say in a few words why."));
    }
    engine.write(|w| {
        let stored = w.investigation(&request.id)?;
        let input = InvestigationInput::Stop { by: who.clone(), comment: request.comment.clone() };
        let stopped = engine.step_investigation(w, stored, input, by(who))?;
        engine.stop_scans_of(w, &stopped, who, &request.comment)
    })?;
    show(engine, who, ShowInvestigation { id: request.id })
}
