//! Falco: one rule that fired on one system call or audit event.
use assize_domain::{
    alert::{Category, Severity},
    draft::{DraftKind, NamedProcess, Part, Thing},
};

use crate::{
    field::Field,
    format::severity_word,
    pieces::{Hashes, is_address},
    sheet::{Reading, Sheet},
};

pub(super) fn is_like(record: Field<'_>) -> bool {
    record.at("rule").peek().is_string() && (record.at("priority").is_there() || record.at("output_fields").is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let Some(rule) = record.at("rule").text() else {
        return Err("This is no Falco alert: it does not name its rule.".to_owned());
    };
    let mut sheet = Sheet::new(DraftKind::Alert, "Falco", reading);
    if let Some(id) = record.at("uuid").text() {
        sheet.key("falco", &[&id]);
        sheet.draft().external_id = Some(id);
    }
    sheet.draft().description = record.at("output").text().unwrap_or_default();
    sheet.draft().title = rule.clone();
    sheet.draft().rule = Some(rule);
    priority(record.at("priority").text(), &mut sheet);
    let fields = record.at("output_fields");
    sheet.draft().first = sheet.first_moment(&[record.at("time"), fields.at("evt.time")]);
    let host = record.at("hostname").text().or_else(|| fields.at("evt.hostname").text());
    sheet.device_named(host);
    for tag in record.at("tags").texts() {
        if let Some(tactic) = tag.strip_prefix("mitre_") {
            sheet.category(Some(tactic.to_owned()));
        }
        sheet.technique(&tag);
        sheet.tag(tag);
    }
    sheet.fact("event source", record.at("source").text());
    named(fields, &mut sheet);
    if sheet.draft().category.is_none() {
        sheet.draft().category = Some(Category::SuspiciousActivity);
    }
    Ok(vec![sheet])
}

fn priority(said: Option<String>, sheet: &mut Sheet) {
    let Some(said) = said else { return };
    let severity = severity_word(&said).unwrap_or(Severity::Medium);
    sheet.severity(severity, said);
}

fn named(fields: Field<'_>, sheet: &mut Sheet) {
    let container = container(fields);
    let user = fields.any(&["user.name", "user.loginname"]).text();
    let path = |sheet: &Sheet, field: Field<'_>| field.text().filter(|p| p.starts_with('/')).map(|p| sheet.path(&p));
    let process = NamedProcess {
        pid: fields.at("proc.pid").small(),
        name: fields.at("proc.name").text(),
        exe: path(sheet, fields.at("proc.exepath")).or_else(|| path(sheet, fields.at("proc.exe"))),
        command_line: fields.at("proc.cmdline").text(),
        user: user.clone(),
        started_at: None,
        parent_pid: fields.at("proc.ppid").small(),
        sha256: None,
    };
    let parent = NamedProcess {
        pid: process.parent_pid,
        name: fields.at("proc.pname").text(),
        exe: path(sheet, fields.at("proc.pexepath")).or_else(|| path(sheet, fields.at("proc.pexe"))),
        command_line: fields.at("proc.pcmdline").text(),
        ..NamedProcess::default()
    };
    let image = process.exe.clone();
    let mut met = Vec::new();
    met.extend(sheet.name_process(process, Some(Part::Suspicious)).map(|m| m.thing.clone()));
    if parent.name.is_some() || parent.exe.is_some() || parent.command_line.is_some() {
        met.extend(sheet.name_process(parent, Some(Part::Contextual)).map(|m| m.thing.clone()));
    }
    if let Some(image) = image {
        met.extend(sheet.name_file(Some(image.as_str().to_owned()), Some(Part::Suspicious)).map(|m| m.thing.clone()));
    }
    for (name, part) in [
        ("fd.name", Part::Suspicious),
        ("fs.path.name", Part::Suspicious),
        ("fs.path.target", Part::Suspicious),
        ("fs.path.source", Part::Contextual),
        ("evt.arg.path", Part::Contextual),
        ("evt.arg.exe", Part::Contextual),
    ] {
        let field = fields.at(name);
        if field.peek_str().starts_with('/') {
            met.extend(sheet.name_file(field.text(), Some(part)).map(|m| m.thing.clone()));
        } else if let Some(connection) = field.text() {
            ends(&connection, sheet);
            sheet.fact("connection", Some(connection));
        }
    }
    if let Some(container) = container {
        sheet.fact("container", Some(container.clone()));
        sheet.fact("image", fields.at("container.image.repository").text());
        for thing in met {
            if let Some(mention) = sheet.mention(thing, None) {
                mention.container = Some(container.clone());
            }
        }
    }
    sheet.name_user(user, None, None, Some(Part::Contextual));
    for (address, port, part) in [
        ("fd.cip", "fd.cport", Part::Source),
        ("fd.sip", "fd.sport", Part::Destination),
        ("fd.rip", "fd.rport", Part::Destination),
    ] {
        sheet.name_ip(fields.at(address).text(), fields.at(port).port(), Some(part));
    }
    sheet.name_domain(fields.at("fd.sip.name").text(), Some(Part::Destination));
    kubernetes(fields, sheet);
}

/// The id of the container it happened in; none on the host itself.
fn container(fields: Field<'_>) -> Option<String> {
    let id = fields.at("container.id").text().filter(|id| id != "host" && id != "<NA>");
    id.or_else(|| fields.at("k8s.pod.name").peek().as_str().filter(|p| *p != "<NA>").map(str::to_owned))
}

/// `172.17.0.9:43812->10.96.0.1:443`
fn ends(text: &str, sheet: &mut Sheet) {
    let Some((from, to)) = text.split_once("->") else { return };
    for (end, part) in [(from, Part::Source), (to, Part::Destination)] {
        if let Some((address, port)) = end.rsplit_once(':')
            && is_address(address)
        {
            sheet.name_ip(Some(address.to_owned()), port.parse().ok(), Some(part));
        }
    }
}

fn kubernetes(fields: Field<'_>, sheet: &mut Sheet) {
    sheet.name_user(fields.at("ka.user.name").text(), None, None, Some(Part::Contextual));
    let target = fields.at("ka.target.name").text().map(|name| match fields.at("ka.target.resource").text() {
        Some(kind) => format!("{kind}/{name}"),
        None => name,
    });
    sheet.name_other("kubernetes resource", target);
    for (name, field) in [
        ("verb", "ka.verb"),
        ("request", "ka.uri"),
        ("answer", "ka.response.code"),
        ("pod", "k8s.pod.name"),
        ("namespace", "k8s.ns.name"),
    ] {
        sheet.fact(name, fields.at(field).text());
    }
    // Where a cloud account is watched instead of a machine.
    sheet.name_user(fields.at("ct.user").text(), None, None, Some(Part::Contextual));
    sheet.name_ip(fields.at("ct.srcip").text(), None, Some(Part::Source));
    if let Some(sum) = fields.at("proc.exe.hash.sha256").text() {
        let thing = sheet.file(None, Hashes::of(Some(sum), None, None), None);
        if let Some(thing @ Thing::File(_)) = thing {
            sheet.mention(thing, Some(Part::Suspicious));
        }
    }
}
