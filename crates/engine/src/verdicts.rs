//! Every verdict that was reached, with or without an action (M8, M47).
use crate::{
    Engine,
    actions::{count, limit, snapshot, text},
    door::ListVerdicts,
    view,
};
use assize_domain::{order::Fault, role::Person};
use assize_store::VerdictQuery;

pub(crate) fn list(engine: &Engine, _: &Person, request: ListVerdicts) -> Result<view::VerdictPage, Fault> {
    let query = VerdictQuery {
        verdict: request.verdict,
        device: request.device,
        text: text(request.text),
        limit: limit(request.limit),
        after: request.after,
        snapshot: snapshot(request.snapshot.as_deref())?,
    };
    engine.read(|r| {
        let page = r.verdict_page(&query)?;
        let verdicts = page
            .rows
            .into_iter()
            .map(|row| view::VerdictRow {
                id: row.id,
                evidence_id: row.evidence_id,
                device: row.device_name,
                entity_type: row.entity_type,
                title: row.title,
                place: row.place,
                verdict: row.verdict,
                reason: row.reason,
                at: row.at,
                has_action: row.has_action,
            })
            .collect();
        Ok(view::VerdictPage {
            verdicts,
            total: count(page.total),
            next: page.next,
            newer: count(page.newer),
            snapshot: page.snapshot.to_string(),
        })
    })
}
