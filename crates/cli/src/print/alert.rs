//! Alerts as people read them.
use super::{Text, action, investigation, said, time};
use assize_domain::draft::{Mention, Thing};
use assize_engine::view::{AlertDetail, AlertPage, AlertRow, Evidence, Imported};

/// Of what an alert names, and of records that failed.
const SHOWN: usize = 20;

pub(crate) fn listed(page: &AlertPage) -> Text {
    let rows = page.alerts.iter().map(row).collect();
    let head = ["ID", "SEVERITY", "STATUS", "CREATED", "SOURCE", "DEVICE", "INCIDENT", "TITLE"];
    let text = Text::default().table(head, rows, "No alert fits.");
    text.more(page.alerts.len(), page.total, page.next.as_deref())
}

fn row(a: &AlertRow) -> [String; 8] {
    [
        a.id.to_string(),
        said(a.severity),
        said(a.status),
        time(a.created_at),
        a.detection_source.clone(),
        a.device.as_ref().map_or_else(|| "-".to_owned(), |d| d.name.clone()),
        format!("#{}", a.incident_number),
        a.title.clone(),
    ]
}

pub(crate) fn shown(a: &AlertDetail) -> Text {
    let row = &a.row;
    let state = row.investigation_state.map(said).or_else(|| {
        let skipped = row.skipped.as_ref()?;
        Some(format!("{}: {}", skipped.state.label(), skipped.why))
    });
    let mut text = Text::default()
        .line(&row.title)
        .line(&a.description)
        .field("id", row.id.to_string())
        .field("severity", said(row.severity))
        .field("status", said(row.status))
        .field("category", row.category.map(said))
        .field("source", row.detection_source.clone())
        .field("device", row.device.as_ref().map(|d| d.name.clone()))
        .field("first event", row.first_event.map(time))
        .field("incident", format!("#{} ({})", row.incident_number, row.incident_id))
        .field("grouped", row.grouped.clone())
        .field("investigation", row.investigation_id.as_ref().map(ToString::to_string))
        .field("state", state);
    if let Some(told) = &a.told {
        let named: Vec<String> = told.mentions.iter().take(SHOWN).map(mention).collect();
        text = text.heading("What it names").lines(named);
        if told.mentions.len() > SHOWN {
            text = text.line(format!("and {} more", told.mentions.len() - SHOWN));
        }
        text = text.lines(told.notes.iter());
    }
    let evidence: Vec<&Evidence> = a.evidence.iter().filter(|e| e.verdict.is_bad()).collect();
    if row.investigation_id.is_some() {
        text = investigation::evidence(text.heading("Evidence"), &evidence, "Nothing bad was found.");
    }
    if let Some(origin) = &a.origin {
        text = text
            .heading("Original")
            .line(format!("{}, {}, imported {}", origin.file, origin.format, time(origin.imported_at)))
            .lines(origin.original.lines());
    }
    action::timeline(text.heading("What happened"), &a.activity)
}

fn mention(m: &Mention) -> String {
    let thing = match &m.thing {
        Thing::File(f) => {
            let place = f.path.as_ref().map(ToString::to_string).or_else(|| f.name.clone());
            format!("file {}", place.or_else(|| f.sha256.clone()).unwrap_or_default())
        }
        Thing::Process(p) => {
            let place = p.exe.as_ref().map(ToString::to_string).or_else(|| p.command_line.clone());
            let pid = p.pid.map(|p| format!(" ({p})")).unwrap_or_default();
            format!("process {}{pid}", place.or_else(|| p.name.clone()).unwrap_or_default())
        }
        Thing::Service { name, .. } => format!("service {name}"),
        Thing::ScheduledTask { name, .. } => format!("scheduled task {name}"),
        Thing::Driver { path, .. } => {
            format!("driver {}", path.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        Thing::Registry { key, .. } => format!("registry {key}"),
        Thing::User { name, .. } => format!("user {name}"),
        Thing::Ip { address, .. } => format!("address {address}"),
        Thing::Url { url } => format!("web address {url}"),
        Thing::Domain { domain } => format!("domain {domain}"),
        Thing::Other { kind, name } => format!("{kind} {name}"),
    };
    match m.verdict {
        Some(verdict) => format!("{thing}: {}", verdict.label()),
        None => thing,
    }
}

pub(crate) fn imported(i: &Imported) -> Text {
    let looked_into = i.imported - i.skipped.min(i.imported);
    let mut text = Text::default()
        .line(format!("{} records read as {}: {} alerts imported.", i.records, i.format, i.imported))
        .field("known before", Some(i.duplicates).filter(|n| *n > 0).map(|n| n.to_string()))
        .field("not readable", Some(i.rejected).filter(|n| *n > 0).map(|n| n.to_string()))
        .field("looked into", format!("{looked_into}, in {} investigations", i.investigations.len()))
        .field("incidents", format!("{} opened", i.incidents))
        .field("fields", format!("{} mapped, {} kept as they came", i.fields.mapped.len(), i.fields.kept_raw.len()))
        .lines(i.failed.iter().take(SHOWN).map(|f| format!("line {}: {}", f.line, f.error)));
    if i.without_zone > 0 {
        text = text.line(format!("{} alerts state no time zone; the chosen one was taken.", i.without_zone));
    }
    text
}
