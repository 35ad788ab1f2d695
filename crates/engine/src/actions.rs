//! Actions for screens: pages of them, one with everything the flyout shows, and its dry run.
use crate::{
    Engine,
    directory::Directory,
    door::{self, ListActions, PlanAction, ShowAction},
    fault::Stop,
    view,
};
use assize_domain::{
    action::{APPROVAL_WAIT, Action, ActionState},
    order::Fault,
    record::Subject,
    remedy::ActionType,
    role::Person,
    target::Target,
    text::visible,
};
use assize_store::{ActionQuery, ActionSort, Reader, SortBy, Tab};

/// A page is never longer, whatever is asked.
const LONGEST_PAGE: u32 = 500;

pub(crate) fn list(engine: &Engine, _: &Person, request: ListActions) -> Result<view::ActionPage, Fault> {
    let query = ActionQuery {
        tab: request.tab.map(|t| match t {
            door::Tab::Pending => Tab::Pending,
            door::Tab::History => Tab::History,
        }),
        kind: request.kind,
        status: request.status,
        device: request.device,
        source: request.source,
        investigation: request.investigation,
        approval: request.approval,
        verdict: request.verdict,
        entity_type: request.entity_type,
        decided_by: None,
        since: request.since,
        text: text(request.text),
        sort: ActionSort { by: sort(request.sort), descending: request.descending },
        limit: limit(request.limit),
        after: request.after,
        snapshot: snapshot(request.snapshot.as_deref())?,
    };
    let mut open: Vec<Action> = Vec::new();
    let mut page = engine.read(|r| {
        let directory = Directory::read(r)?;
        let page = r.action_page(&query)?;
        let actions = page.rows.iter().map(|row| directory.action(&row.action)).collect();
        open.extend(page.rows.iter().filter(|row| !row.action.rests()).map(|row| row.action.clone()));
        Ok(view::ActionPage {
            actions,
            total: count(page.total),
            next: page.next,
            newer: count(page.newer),
            snapshot: page.snapshot.to_string(),
        })
    })?;
    engine.tell_progress(&mut page.actions);
    for action in &open {
        if let Some(shown) = page.actions.iter_mut().find(|a| a.id == action.id) {
            shown.stuck = stuck(engine, action);
        }
    }
    Ok(page)
}

fn sort(by: door::ActionSort) -> SortBy {
    match by {
        door::ActionSort::Updated => SortBy::Updated,
        door::ActionSort::Created => SortBy::Created,
        door::ActionSort::Type => SortBy::Type,
        door::ActionSort::Device => SortBy::Device,
        door::ActionSort::Verdict => SortBy::Verdict,
        door::ActionSort::Status => SortBy::Status,
        door::ActionSort::Expires => SortBy::Expires,
        door::ActionSort::Target => SortBy::Target,
    }
}

pub(crate) fn show(engine: &Engine, _: &Person, request: ShowAction) -> Result<view::ActionDetail, Fault> {
    let mut detail = engine.read(|r| {
        let action = r.action(&request.id)?.value;
        let directory = Directory::read(r)?;
        let evidence = match &action.evidence_id {
            Some(id) => {
                let row = r.evidence(id)?;
                Some(directory.evidence(&row, &r.actions_of_evidence(id)?))
            }
            None => None,
        };
        let incident_number = match &action.incident_id {
            Some(id) => Some(r.incident(id)?.value.number),
            None => None,
        };
        let more = crate::undo::more_instances(r, &action)?;
        let (steps, after) = match &action.state {
            ActionState::Completed { work }
            | ActionState::PartiallyCompleted { work }
            | ActionState::Undoing { work, .. }
            | ActionState::UndoFailed { work, .. }
            | ActionState::PartlyUndone { work, .. } => (work.steps.clone(), work.proof.after.clone()),
            ActionState::Undone { work, after, .. } => (work.steps.clone(), after.clone()),
            ActionState::PendingApproval { .. }
            | ActionState::Approved
            | ActionState::Queued { .. }
            | ActionState::WaitingForDevice { .. }
            | ActionState::Running { .. }
            | ActionState::Failed { .. }
            | ActionState::Skipped { .. }
            | ActionState::TimedOut { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. } => (Vec::new(), Vec::new()),
        };
        Ok(view::ActionDetail {
            sentence: format!(
                "{} on {}{}.",
                core(&action),
                visible(&directory.device(&action.device_id).name),
                end(&action)
            ),
            if_approved: if_approved(action.kind),
            if_rejected:
                "Nothing is touched. It is recorded that you said no, and you are not asked again about it for a day."
                    .into(),
            if_nothing: format!(
                "After {} days it counts as rejected: nothing is touched.",
                APPROVAL_WAIT.0 / assize_domain::time::Span::days(1).0
            ),
            reasons: action.policy.reasons.clone(),
            ruling: action.policy.ruling.clone(),
            evidence,
            incident_number,
            steps,
            after,
            timeline: timeline(r, Subject::Action, action.id.as_str())?,
            related: related(r, &action)?,
            spread: crate::everywhere::spread_of(r, &directory, &action)?,
            hops: action.notes.hops.clone(),
            checks: action.notes.checks.clone(),
            more_instances: count(more.len() as u64),
            more_instance_ids: more,
            action: directory.action(&action),
        })
    })?;
    engine.tell_progress(std::slice::from_mut(&mut detail.action));
    let action = engine.read(|r| Ok(r.action(&request.id)?.value))?;
    detail.action.stuck = stuck(engine, &action);
    if let Some(offer) = &mut detail.action.after_undo
        && engine.read(|r| crate::undo::is_allowed(r, engine, &action))?
    {
        offer.allow_indicator = None;
    }
    Ok(detail)
}

/// Why it does not go on, where it should (M159).
fn stuck(engine: &Engine, action: &Action) -> Option<assize_domain::action::Stuck> {
    if action.rests() {
        return None;
    }
    let device = engine.read(|r| Ok(r.device(&action.device_id)?)).ok()?;
    action.stuck(engine.reachable(&device), engine.now())
}

fn related(r: &Reader, action: &Action) -> Result<Vec<view::Related>, Stop> {
    let Some(id) = &action.investigation_id else { return Ok(Vec::new()) };
    let others = r.actions_of_investigation(id)?;
    Ok(others
        .iter()
        .filter(|a| a.id != action.id)
        .map(|a| view::Related { id: a.id.clone(), kind: a.kind, status: a.status(), title: a.target.title() })
        .collect())
}

/// The records about one thing, as people read them.
pub(crate) fn timeline(r: &Reader, subject: Subject, id: &str) -> Result<Vec<view::TimelineRow>, Stop> {
    Ok(r.records_of(subject, id)?
        .into_iter()
        .map(|record| {
            let e = record.entry;
            view::TimelineRow {
                at: e.at,
                who: e.actor.name().to_owned(),
                event: e.event,
                text: e.text,
                comment: e.comment,
            }
        })
        .collect())
}

/// The dry run: of the act while it can still come, of its undo afterwards.
pub(crate) fn plan(engine: &Engine, _: &Person, request: PlanAction) -> Result<view::ActionPlan, Fault> {
    let action = engine.read(|r| Ok(r.action(&request.id)?.value))?;
    match action.undo_offer() {
        Ok(work) => crate::undo::plan(engine, &action, work),
        Err(_) => {
            let (device, link) = engine.link_by_id(&action.device_id)?;
            if action.kind == ActionType::StopAndQuarantineFile {
                let alone = action.parent.is_some();
                return crate::everywhere::plan(engine, &device, link.as_ref(), &action.target, alone);
            }
            crate::prevalence::told(engine, &action.target, link.plan(action.kind, &action.target))
        }
    }
}

/// What the action is, in one sentence, as it stands now.
pub(crate) fn told(action: &Action) -> String {
    format!("{}{}.", core(action), end(action))
}

fn core(action: &Action) -> String {
    let what = visible(&match &action.target {
        Target::ScheduledTask { name, path, .. } => format!("{name} ({path})"),
        Target::File { .. }
        | Target::Process { .. }
        | Target::StartupItem { .. }
        | Target::Service { .. }
        | Target::Driver { .. }
        | Target::Registry { .. }
        | Target::Network { .. }
        | Target::CodeExecution { .. }
        | Target::Scan { .. }
        | Target::Package
        | Target::Content { .. } => action.target.title(),
    });
    match action.kind {
        ActionType::QuarantineFile => format!("Move {what} into quarantine"),
        ActionType::KillProcess => format!("End the process {what}"),
        ActionType::RemoveScheduledTask => format!("Remove the scheduled task {what}"),
        ActionType::StopService => format!("Stop and disable the service {what}"),
        ActionType::DisableDriver => format!("Disable the driver {what}"),
        ActionType::RemoveRegistryKey => format!("Remove the registry entry {what}"),
        ActionType::RemovePersistence => format!("Remove the startup entry {what}"),
        ActionType::IsolateDevice => "Isolate the device".to_owned(),
        ActionType::RestrictCodeExecution => "Restrict which programs may run".to_owned(),
        ActionType::RunAntivirusScan => "Run an antivirus scan".to_owned(),
        ActionType::StopAndQuarantineFile => format!("Stop {what} and move it into quarantine everywhere"),
        ActionType::CollectInvestigationPackage => "Collect an investigation package".to_owned(),
    }
}

fn end(action: &Action) -> String {
    match &action.state {
        ActionState::PendingApproval { stale: Some(_), .. } => {
            ": it changed since it was judged, so nothing was touched".into()
        }
        ActionState::PendingApproval { .. } => ": waits for a decision".into(),
        ActionState::Approved => ": approved".into(),
        ActionState::Queued { .. } => ": about to start".into(),
        ActionState::WaitingForDevice { .. } => ": waits for the device".into(),
        ActionState::Running { .. } => ": running".into(),
        ActionState::Completed { .. } => ": done and checked".into(),
        ActionState::PartiallyCompleted { .. } => ": partly done".into(),
        ActionState::Failed { fault, .. } => format!(": failed. {}", fault.message.trim_end_matches('.')),
        ActionState::Skipped { reason } => format!(": skipped. {}", reason.trim_end_matches('.')),
        ActionState::TimedOut { reason, .. } => format!(": timed out. {}", reason.trim_end_matches('.')),
        ActionState::Rejected => ": rejected, nothing was touched".into(),
        ActionState::Expired => ": nobody decided in time, nothing was touched".into(),
        ActionState::Cancelled { .. } => ": cancelled".into(),
        ActionState::Undoing { order: None, .. } => ": about to be undone".into(),
        ActionState::Undoing { order: Some(_), .. } => ": being undone".into(),
        ActionState::Undone { .. } => ": undone, everything is back".into(),
        ActionState::PartlyUndone { .. } => ": partly undone".into(),
        ActionState::UndoFailed { fault, .. } => {
            format!(": could not be undone. {}", fault.message.trim_end_matches('.'))
        }
    }
}

fn if_approved(kind: ActionType) -> String {
    match kind.never_undone() {
        Some(_) => "It is done at once, checked, and recorded with your name. It cannot be taken back.".into(),
        None => "It is done at once, checked, and recorded with your name. You can undo it from History.".into(),
    }
}

/// Numbers that cross to screens fit 32 bits; more rows than that are shown as the largest number.
pub(crate) fn count(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

pub(crate) fn limit(asked: u32) -> u32 {
    if asked == 0 { 100 } else { asked.min(LONGEST_PAGE) }
}

pub(crate) fn text(asked: Option<String>) -> Option<String> {
    asked.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

pub(crate) fn snapshot(asked: Option<&str>) -> Result<Option<u64>, Fault> {
    asked
        .map(|s| s.parse().map_err(|_| crate::fault::bad_input("That list has no such state.", "Load the list again.")))
        .transpose()
}
