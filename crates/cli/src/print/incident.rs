//! Incidents as people read them.
use super::{Text, action, investigation, said, time};
use assize_engine::view::{Evidence, Incident, IncidentPage, IncidentRow};

pub(crate) fn listed(page: &IncidentPage) -> Text {
    let rows = page.incidents.iter().map(row).collect();
    let head = ["NO", "STATUS", "SEVERITY", "WAITING", "LAST ACTIVITY", "DEVICES", "NAME"];
    let text = Text::default().table(head, rows, "No incident fits.");
    text.more(page.incidents.len(), page.total, page.next.as_deref())
}

fn row(i: &IncidentRow) -> [String; 7] {
    [
        format!("#{}", i.number),
        said(i.status),
        said(i.severity),
        i.pending_actions.to_string(),
        time(i.last_activity),
        i.devices.join(", "),
        i.name.clone(),
    ]
}

pub(crate) fn shown(i: &Incident) -> Text {
    let row = &i.row;
    let evidence: Vec<&Evidence> = i.evidence.iter().filter(|e| e.verdict.is_bad()).collect();
    let closed = i.resolution.as_ref().map(|r| format!("{} by {}: {}", time(r.at), r.by, r.text));
    let mut text = Text::default()
        .line(format!("#{} {}", row.number, row.name))
        .lines(&i.summary)
        .field("id", row.id.to_string())
        .field("status", said(row.status))
        .field("severity", said(row.severity))
        .field("assigned to", row.assigned_to.clone())
        .field("resolved", closed)
        .field("waiting", row.pending_actions.to_string())
        .heading("Alerts")
        .lines(i.alerts_list.iter().map(|a| format!("{}  {}  {}", time(a.created_at), said(a.severity), a.title)));
    text = investigation::evidence(text.heading("Evidence"), &evidence, "Nothing bad was found.");
    text = action::table(text.heading("Actions"), &i.actions, "No action was needed.");
    action::timeline(text.heading("What happened"), &i.activity)
}
