//! MISP: an event is a report about threats elsewhere, made of attributes. Knowledge, nothing that happened here.
use assize_domain::{
    alert::{Category, Severity},
    draft::{DraftKind, Moment, Thing},
    indicator::IndicatorKind,
};

use crate::{
    field::Field,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

fn event(record: Field<'_>) -> Field<'_> {
    let event = record.at("Event");
    if event.is_there() { event } else { record }
}

pub(super) fn is_like(record: Field<'_>) -> bool {
    let event = event(record);
    let attributes = event.at("Attribute").peek().is_array() || event.at("Object").peek().is_array();
    attributes || (event.at("threat_level_id").is_there() && event.at("info").is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    if !is_like(record) {
        return Err("This is no MISP event: it has no attributes and no title.".to_owned());
    }
    let event = event(record);
    let mut sheet = Sheet::new(DraftKind::Intelligence, "MISP", reading);
    if let Some(id) = event.at("uuid").text() {
        let timestamp = event.at("timestamp").text().unwrap_or_default();
        sheet.key("misp", &[&id, &timestamp]);
        sheet.draft().external_id = Some(id);
    }
    let level = event.at("threat_level_id").text();
    let level = match level.as_deref() {
        Some("1") => Some("threat level high"),
        Some("2") => Some("threat level medium"),
        Some("3") => Some("threat level low"),
        Some("4") => Some("threat level undefined"),
        _ => None,
    };
    // How grave the threat is elsewhere says nothing about here.
    sheet.severity(Severity::Informational, level.unwrap_or("none stated"));
    sheet.draft().author = event.any(&["Orgc", "Org"]).at("name").text();
    sheet.draft().category = Some(Category::SuspiciousActivity);
    sheet.draft().first = sheet.moment(event.at("date"));
    sheet.draft().last = seconds(event.at("timestamp"), &mut sheet);
    for tag in event.at("Tag").each() {
        tags(tag.at("name").text(), &mut sheet);
    }
    for galaxy in event.at("Galaxy").each() {
        for cluster in galaxy.at("GalaxyCluster").each() {
            tags(cluster.at("value").text(), &mut sheet);
        }
    }
    let title = event.at("info").text();
    let said = title.clone().unwrap_or_else(|| "MISP event".to_owned());
    let mut count = 0;
    for attribute in event.at("Attribute").each() {
        count += 1;
        attribute_of(attribute, &said, &mut sheet);
    }
    for object in event.at("Object").each() {
        count += file_object(object, &said, &mut sheet);
    }
    sheet.draft().title = title.unwrap_or_else(|| format!("MISP event with {count} attributes"));
    sheet.draft().description = format!("{count} attributes.");
    sheet.fact("attributes", Some(count.to_string()));
    sheet.fact("event number", event.at("id").text());
    sheet.fact("published", event.at("published").text());
    Ok(vec![sheet])
}

/// MISP counts in seconds.
fn seconds(field: Field<'_>, sheet: &mut Sheet) -> Option<Moment> {
    if field.peek_str() == "0" { None } else { sheet.moment(field) }
}

fn tags(name: Option<String>, sheet: &mut Sheet) {
    let Some(name) = name else { return };
    sheet.technique(&name);
    if name.to_ascii_lowercase().contains("ransom") {
        sheet.draft().category = Some(Category::Ransomware);
    }
    sheet.tag(name);
}

/// An object's attributes are parts of one thing: the hashes and the name of one file.
fn file_object(object: Field<'_>, title: &str, sheet: &mut Sheet) -> usize {
    let is_file = object.at("name").text().as_deref() == Some("file");
    let (mut hashes, mut name, mut size, mut count) = (Hashes::default(), None, None, 0);
    for attribute in object.at("Attribute").each() {
        count += 1;
        if !is_file {
            attribute_of(attribute, title, sheet);
            continue;
        }
        offered(attribute, title, sheet);
        let value = attribute.at("value").text();
        match attribute.at("type").peek_str() {
            "sha256" | "sha1" | "md5" => hashes.add(value.as_deref().unwrap_or_default()),
            "filename" => name = name.or(value),
            "size-in-bytes" => size = value.and_then(|v| v.parse().ok()),
            _ => attribute_of(attribute, title, sheet),
        }
    }
    if let Some(file) = sheet.file(name, hashes, size) {
        sheet.mention(file, None);
    }
    count
}

/// The kinds that can become indicators, where the event says that they are meant for detection.
fn offered(attribute: Field<'_>, title: &str, sheet: &mut Sheet) {
    let kind = attribute.at("type").text().unwrap_or_default();
    let Some(value) = attribute.at("value").text() else { return };
    if attribute.at("to_ids").truth() == Some(false) || attribute.at("deleted").truth() == Some(true) {
        return;
    }
    // Two values in one: `filename|sha256`, `ip-dst|port`, `domain|ip`.
    let kinds: Vec<&str> = kind.split('|').collect();
    let values: Vec<&str> = if kinds.len() > 1 { value.splitn(kinds.len(), '|').collect() } else { vec![&value] };
    for (kind, value) in kinds.iter().zip(values) {
        let kind = match *kind {
            "sha256" => IndicatorKind::Sha256,
            "sha1" => IndicatorKind::Sha1,
            "md5" => IndicatorKind::Md5,
            "ip-src" | "ip-dst" | "ip" if crate::pieces::is_address(value.trim()) => IndicatorKind::Ip,
            "domain" | "hostname" => IndicatorKind::Domain,
            "url" | "uri" => IndicatorKind::Url,
            _ => continue,
        };
        sheet.offer(kind, value, title);
    }
}

fn attribute_of(attribute: Field<'_>, title: &str, sheet: &mut Sheet) {
    offered(attribute, title, sheet);
    attribute.at("Tag").each().for_each(|t| tags(t.at("name").text(), sheet));
    let kind = attribute.at("type").text().unwrap_or_default();
    let group = attribute.at("category").text().unwrap_or_default();
    sheet.remark(attribute.at("comment").text().filter(|c| c.len() > 3), None, None);
    let Some(value) = attribute.at("value").text() else { return };
    let (kind, rest) = kind.split_once('|').unwrap_or((&kind, ""));
    let (value, second) = match value.split_once('|') {
        Some((first, second)) if !rest.is_empty() => (first.to_owned(), Some(second.to_owned())),
        _ => (value, None),
    };
    match kind {
        "sha256" | "sha1" | "md5" => {
            let mut hashes = Hashes::default();
            hashes.add(&value);
            if let Some(file) = sheet.file(None, hashes, None) {
                sheet.mention(file, None);
            }
        }
        "filename" => {
            let mut hashes = Hashes::default();
            second.iter().for_each(|h| hashes.add(h));
            if let Some(file) = sheet.file(Some(value), hashes, None) {
                sheet.mention(file, None);
            }
        }
        "ip-src" | "ip-dst" | "ip" => {
            let port = second.and_then(|p| p.trim().parse().ok());
            sheet.name_ip(Some(value), port, None);
        }
        "domain" | "hostname" => {
            sheet.name_domain(Some(value), None);
            if rest == "ip" {
                sheet.name_ip(second, None, None);
            }
        }
        "url" | "uri" => sheet.name_url(Some(value), None),
        "link" => sheet.fact("report", Some(value)),
        "regkey" => {
            sheet.mention(Thing::Registry { key: value, value: None, data: second }, None);
        }
        "text" | "comment" | "other" if group == "Antivirus detection" => {
            sheet.draft().threat.get_or_insert(value);
        }
        "text" | "comment" | "other" => sheet.remark(Some(value), None, None),
        "vulnerability" => sheet.tag(value),
        "threat-actor" | "campaign-name" => sheet.fact(kind, Some(value)),
        other => {
            let name = second.map_or(value.clone(), |s| format!("{value}|{s}"));
            sheet.name_other(other, Some(name));
        }
    }
}
