//! Open Cybersecurity Schema Framework: findings, and events of any other class, of every version so far.
use assize_domain::{
    alert::{AlertStatus, Severity},
    draft::{DeviceNamed, DraftKind, NamedProcess, Part, Thing},
};

use crate::{
    field::Field,
    format::severity_word,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

/// The category of findings.
const FINDINGS: u64 = 2;

pub(super) fn is_like(record: Field<'_>) -> bool {
    record.at("class_uid").is_there() && (record.at("metadata").is_there() || record.at("category_uid").is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let Some(class) = record.at("class_uid").number() else {
        return Err("This is no OCSF event: it has no class_uid.".to_owned());
    };
    let is_finding = class / 1000 == FINDINGS || record.at("category_uid").peek().as_u64() == Some(FINDINGS);
    let metadata = record.at("metadata");
    let product = metadata.at("product");
    let name = product.at("name").text();
    let kind = if is_finding { DraftKind::Alert } else { DraftKind::Event };
    let mut sheet = Sheet::new(kind, name.as_deref().unwrap_or("OCSF"), reading);
    let finding = record.any(&["finding_info", "finding"]);
    identify(record, finding, name.as_deref().unwrap_or_default(), &mut sheet);
    sheet.draft().product = match (product.at("vendor_name").text(), name) {
        (Some(vendor), Some(name)) if !name.contains(&vendor) => Some(format!("{vendor} {name}")),
        (vendor, name) => name.or(vendor),
    };
    let class_name = record.at("class_name").text();
    let activity = record.at("activity_name").text();
    let type_name = record.at("type_name").text();
    let title = finding.at("title").text().or_else(|| record.at("message").text()).or(type_name.clone());
    sheet.draft().title = title.unwrap_or_else(|| match (&class_name, &activity) {
        (Some(class), Some(activity)) => format!("{class}: {activity}"),
        (Some(word), None) | (None, Some(word)) => word.clone(),
        (None, None) => format!("OCSF event of class {class}"),
    });
    let text = finding.at("desc").text().or_else(|| record.at("message").text());
    sheet.draft().description = text.or_else(|| record.at("status_detail").text()).unwrap_or_default();
    sheet.draft().recommended_actions = record.at("remediation").at("desc").text();
    grave(record, is_finding, &mut sheet);
    status(record, &mut sheet);
    times(record, finding, metadata, &mut sheet);
    sheet.fact("class", Some(class.to_string()));
    for (name, value) in [("class name", class_name), ("activity", activity), ("type", type_name)] {
        sheet.fact(name, value);
    }
    sheet.fact("cloud", record.at("cloud").at("provider").text());
    sheet.fact("account", record.at("cloud").at("account").at("uid").text());
    sheet.fact("region", record.at("cloud").at("region").text());
    sheet.fact("web page", finding.at("src_url").text());
    for word in finding.at("types").texts() {
        sheet.tag(word);
    }
    metadata.at("labels").texts().into_iter().for_each(|t| sheet.tag(t));
    for attack in record.at("attacks").each().chain(finding.at("attacks").each()) {
        for technique in [attack.at("technique"), attack.at("sub_technique")] {
            technique.at("uid").texts().iter().for_each(|t| sheet.technique(t));
        }
        for tactic in [attack.at("tactic"), attack.at("tactics")].into_iter().flat_map(Field::each) {
            sheet.category(tactic.at("name").text());
        }
    }
    let analytic = [finding.at("analytic"), record.at("analytic")].into_iter().find(|a| a.is_there());
    if let Some(analytic) = analytic {
        sheet.draft().rule = analytic.any(&["uid", "name"]).text();
        sheet.fact("rule", analytic.at("name").text());
    }
    for malware in record.at("malware").each() {
        let name = malware.at("name").text();
        if sheet.draft().threat.is_none() {
            sheet.draft().threat = name;
        }
        sheet.category(malware.at("classifications").texts().into_iter().next());
    }
    sheet.category(record.at("category_name").text());
    record_names(record, &mut sheet);
    Ok(vec![sheet])
}

/// A finding's own id stays the same while it changes; an event's id is in its metadata.
fn identify(record: Field<'_>, finding: Field<'_>, product: &str, sheet: &mut Sheet) {
    let id = finding.at("uid").text().or_else(|| record.at("metadata").at("uid").text());
    let Some(id) = id else { return };
    let time = record.any(&["time", "time_dt"]).peek().to_string();
    sheet.key("ocsf", &[product, &id, &time]);
    sheet.draft().external_id = Some(id);
}

fn grave(record: Field<'_>, is_finding: bool, sheet: &mut Sheet) {
    let said = record.at("severity").text();
    let by_number = |n: u64| match n {
        1 => Some(Severity::Informational),
        2 => Some(Severity::Low),
        3 => Some(Severity::Medium),
        4..=6 => Some(Severity::High),
        _ => None,
    };
    let number = record.at("severity_id").number();
    let risk = record.at("risk_level").text();
    let severity = number
        .and_then(by_number)
        .or_else(|| said.as_deref().and_then(severity_word))
        .or_else(|| risk.as_deref().and_then(severity_word));
    let words = said.or_else(|| risk.map(|r| format!("risk {r}"))).or_else(|| number.map(|n| n.to_string()));
    match severity {
        Some(severity) => sheet.severity(severity, words.unwrap_or_default()),
        // Somebody found it and did not say how grave it is.
        None if is_finding => sheet.severity(Severity::Medium, words.unwrap_or_else(|| "none stated".to_owned())),
        None => {}
    }
    if let Some(risk) = record.at("risk_score").text() {
        sheet.fact("risk score", Some(risk));
    }
    sheet.fact("confidence", record.at("confidence").text());
}

fn status(record: Field<'_>, sheet: &mut Sheet) {
    let said = [record.at("status"), record.at("state")].into_iter().find_map(Field::text);
    let known = match said.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("in progress") => Some(AlertStatus::InProgress),
        Some("resolved" | "suppressed" | "closed" | "archived") => Some(AlertStatus::Resolved),
        _ => None,
    };
    sheet.draft().status = known.unwrap_or(AlertStatus::New);
    sheet.fact("status there", said);
}

fn times(record: Field<'_>, finding: Field<'_>, metadata: Field<'_>, sheet: &mut Sheet) {
    sheet.draft().first = sheet.first_moment(&[
        finding.at("first_seen_time_dt"),
        finding.at("first_seen_time"),
        record.at("start_time"),
        record.at("time_dt"),
        record.at("time"),
        metadata.at("original_time"),
    ]);
    sheet.draft().last = sheet.first_moment(&[
        finding.at("last_seen_time_dt"),
        finding.at("last_seen_time"),
        record.at("end_time"),
        record.at("time_dt"),
        record.at("time"),
    ]);
}

fn record_names(record: Field<'_>, sheet: &mut Sheet) {
    device(record.at("device"), sheet);
    thing(record, sheet);
    for piece in record.at("evidences").each() {
        device(piece.at("device"), sheet);
        thing(piece, sheet);
    }
    for resource in record.at("resources").each().chain(record.at("resource").each()) {
        let name = resource.any(&["name", "uid"]).text();
        let kind = resource.any(&["type", "group_name"]).text().unwrap_or_else(|| "resource".to_owned());
        sheet.name_other(&kind, name);
        sheet.fact("resource", resource.at("uid").text());
        sheet.fact("owner of the resource", resource.at("owner").text());
    }
    for seen in record.at("observables").each() {
        observable(seen, sheet);
    }
}

fn device(device: Field<'_>, sheet: &mut Sheet) {
    let mut ips = device.at("ip").texts();
    for face in device.at("network_interfaces").each() {
        ips.extend(face.at("ip").text());
    }
    ips.dedup();
    sheet.device(DeviceNamed {
        name: device.any(&["hostname", "name"]).text(),
        id: device.any(&["uid", "instance_uid"]).text(),
        ips,
        os: device.at("os").at("name").text(),
    });
}

/// What the record itself, or one piece of its evidence, is about.
fn thing(of: Field<'_>, sheet: &mut Sheet) {
    process(of.at("process"), Part::Suspicious, sheet);
    process(of.at("actor").at("process"), Part::Contextual, sheet);
    file(of.at("file"), Part::Suspicious, sheet);
    for (at, part) in [("user", Part::Contextual), ("src_endpoint", Part::Source), ("dst_endpoint", Part::Destination)]
    {
        let here = of.at(at);
        if at == "user" {
            user(here, part, sheet);
            continue;
        }
        sheet.name_ip(here.at("ip").text(), here.at("port").port(), Some(part));
        sheet.name_domain(here.any(&["hostname", "domain"]).text(), Some(part));
    }
    user(of.at("actor").at("user"), Part::Contextual, sheet);
    let url = of.at("url");
    sheet.name_url(url.any(&["url_string", "text"]).text().or_else(|| url.text()), None);
    let asked = of.at("http_request").at("url");
    sheet.name_url(asked.any(&["url_string", "text"]).text(), None);
    sheet.fact("user agent", of.at("http_request").at("user_agent").text());
    sheet.name_domain(of.at("query").at("hostname").text(), None);
    let key = of.any(&["reg_key", "win_reg_key"]).at("path").text();
    let value = of.any(&["reg_value", "win_reg_value"]);
    if let Some(key) = key.or_else(|| value.at("path").text()) {
        let (value, data) = (value.at("name").text(), value.at("data").text());
        sheet.mention(Thing::Registry { key, value, data }, Some(Part::Edited));
    }
    let job = of.at("job");
    if let Some(name) = job.at("name").text() {
        let task =
            Thing::ScheduledTask { name, command: job.at("cmd_line").text(), user: job.at("user").at("name").text() };
        sheet.mention(task, Some(Part::Suspicious));
    }
    let api = of.at("api");
    sheet.fact("call", api.at("operation").text());
    sheet.fact("called service", api.at("service").at("name").text());
}

fn hashes(of: Field<'_>) -> Hashes {
    let mut found = Hashes::default();
    for hash in of.any(&["hashes", "fingerprints"]).each() {
        if let Some(value) = hash.at("value").text() {
            found.add(&value);
        }
    }
    found
}

fn file(of: Field<'_>, part: Part, sheet: &mut Sheet) {
    let path = of.any(&["path", "name"]).text();
    if let Some(file) = sheet.file(path, hashes(of), of.at("size").number()) {
        sheet.mention(file, Some(part));
    }
}

fn process(of: Field<'_>, part: Part, sheet: &mut Sheet) {
    if !of.is_there() {
        return;
    }
    let image = of.at("file");
    let exe = image.at("path").text();
    let found = hashes(image);
    let process = NamedProcess {
        pid: of.at("pid").small(),
        name: of.at("name").text(),
        exe: exe.as_deref().map(|p| sheet.path(p)),
        command_line: of.at("cmd_line").text(),
        user: of.at("user").at("name").text(),
        started_at: sheet.moment(of.at("created_time")).map(|m| m.at),
        parent_pid: of.at("parent_process").at("pid").small(),
        sha256: found.sha256.clone(),
    };
    sheet.name_process(process, Some(part));
    file(image, Part::Contextual, sheet);
    let parent = of.at("parent_process");
    // One step up: a chain of parents can be made as long as anybody likes.
    let above = NamedProcess {
        pid: parent.at("pid").small(),
        name: parent.at("name").text(),
        command_line: parent.at("cmd_line").text(),
        ..NamedProcess::default()
    };
    sheet.name_process(above, Some(Part::Contextual));
}

fn user(of: Field<'_>, part: Part, sheet: &mut Sheet) {
    let name = of.any(&["name", "email_addr", "uid"]).text();
    sheet.name_user(name, of.at("domain").text(), None, Some(part));
}

/// The short list that a record may give of everything it names.
fn observable(seen: Field<'_>, sheet: &mut Sheet) {
    let Some(value) = seen.at("value").text() else { return };
    let kind = seen.at("type_id").number();
    match kind {
        Some(1) => sheet.name_domain(Some(value), None),
        Some(2) => sheet.name_ip(Some(value), None, None),
        Some(4 | 21) => sheet.name_user(Some(value), None, None, None),
        Some(5 | 22) => sheet.name_other("mail address", Some(value)),
        Some(6 | 23) => sheet.name_url(Some(value), None),
        Some(7 | 24 | 45) => {
            sheet.name_file(Some(value), None);
        }
        Some(8) => {
            let mut found = Hashes::default();
            found.add(&value);
            if let Some(file) = sheet.file(None, found, None) {
                sheet.mention(file, None);
            }
        }
        Some(9 | 25) => {
            let process = NamedProcess { name: Some(value), ..NamedProcess::default() };
            sheet.name_process(process, None);
        }
        _ => {
            let name = seen.any(&["name", "type"]).text().unwrap_or_else(|| "observable".to_owned());
            sheet.fact(&name, Some(value));
        }
    }
}
