//! Alerts for screens: the queue, and one with everything that is known of it.
use crate::{
    Engine,
    actions::{count, limit, snapshot, text, timeline},
    directory::Directory,
    door::{ListAlerts, ShowAlert},
    view,
};
use assize_domain::{alert::Alert, investigation::InvestigationStatus, order::Fault, record::Subject, role::Person};
use assize_store::AlertQuery;

pub(crate) fn list(engine: &Engine, _: &Person, request: ListAlerts) -> Result<view::AlertPage, Fault> {
    let query = AlertQuery {
        status: request.status,
        severity: request.severity,
        device: request.device,
        text: text(request.text),
        limit: limit(request.limit),
        after: request.after,
        snapshot: snapshot(request.snapshot.as_deref())?,
    };
    engine.read(|r| {
        let directory = Directory::read(r)?;
        let page = r.alert_page(&query)?;
        Ok(view::AlertPage {
            alerts: page
                .rows
                .into_iter()
                .map(|row| shown(&directory, &row.alert, row.incident_number, row.investigation_state))
                .collect(),
            total: count(page.total),
            next: page.next,
            newer: count(page.newer),
            snapshot: page.snapshot.to_string(),
        })
    })
}

fn shown(
    directory: &Directory,
    a: &Alert,
    incident_number: u32,
    investigation_state: Option<InvestigationStatus>,
) -> view::AlertRow {
    let first = a.imported.as_ref().and_then(|d| d.first.or(d.last));
    view::AlertRow {
        id: a.id.clone(),
        title: a.title.clone(),
        severity: a.severity,
        status: a.status,
        category: a.category,
        detection_source: a.detection_source.clone(),
        device: a.device_id.as_ref().map(|id| directory.device(id)),
        incident_id: a.incident_id.clone(),
        incident_number,
        investigation_id: a.investigation_id.clone(),
        investigation_state,
        grouped: a.grouped.clone(),
        skipped: a.skipped.clone(),
        imported: a.imported.is_some(),
        first_event: first.map(|m| m.at),
        created_at: a.created_at,
    }
}

pub(crate) fn show(engine: &Engine, _: &Person, request: ShowAlert) -> Result<view::AlertDetail, Fault> {
    engine.read(|r| {
        let alert = r.alert(&request.id)?;
        let directory = Directory::read(r)?;
        let number = r.incident(&alert.incident_id)?.value.number;
        let (mut state, mut evidence) = (None, Vec::new());
        if let Some(id) = &alert.investigation_id {
            state = Some(r.investigation(id)?.value.status());
            let actions = r.actions_of_investigation(id)?;
            evidence = r.evidence_of_investigation(id)?.iter().map(|e| directory.evidence(e, &actions)).collect();
        }
        let origin = r.imported(&alert.id)?.map(|row| view::AlertOrigin {
            format: row.format,
            file: row.file,
            imported_at: row.imported_at,
            original: row.original,
        });
        Ok(view::AlertDetail {
            row: shown(&directory, &alert, number, state),
            description: alert.description,
            told: alert.imported.map(|draft| *draft),
            origin,
            evidence,
            activity: timeline(r, Subject::Alert, alert.id.as_str())?,
        })
    })
}
