//! Elastic Common Schema: alerts of Elastic Security, documents of an index, and indicator lists.
use assize_domain::{
    alert::{AlertStatus, Category, Severity},
    draft::{DeviceNamed, DraftKind, NamedProcess, Part, Thing},
    indicator::IndicatorKind,
};

use crate::{
    field::Field,
    format::{severity_of_hundred, severity_word},
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

/// As a search gives it, the document lies in `_source`.
fn document(record: Field<'_>) -> Field<'_> {
    let source = record.at("_source");
    if source.is_there() { source } else { record }
}

pub(super) fn is_like(record: Field<'_>) -> bool {
    let record = document(record);
    ["kibana.alert.rule.name", "signal.rule.name", "ecs.version", "threat.indicator", "event.kind", "event.category"]
        .iter()
        .any(|path| record.dotted(path).is_there())
        || (record.at("@timestamp").is_there()
            && record.any(&["host", "event", "process", "agent", "message"]).is_there())
}

pub(super) fn read(outer: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let record = document(outer);
    let indicator = record.dotted("threat.indicator");
    let happened = record.dotted("kibana.alert.rule.name").is_there()
        || record.dotted("host.name").is_there()
        || record.at("host").is_there();
    if indicator.peek().is_object() && !happened {
        return Ok(vec![intelligence(record, indicator, reading)]);
    }
    if !is_like(outer) {
        return Err("This does not follow the Elastic Common Schema: it has no time and none of its fields.".to_owned());
    }
    let rule = |name: &str| {
        ["kibana.alert.rule", "signal.rule", "rule"]
            .iter()
            .map(|at| record.dotted(&format!("{at}.{name}")))
            .find(|f| f.is_there())
            .unwrap_or_else(|| record.at(""))
    };
    let kind = record.dotted("event.kind").text().unwrap_or_default();
    let is_alert = kind == "alert" || kind == "signal" || rule("name").is_there();
    let source = record.dotted("event.module").text().map_or_else(|| "Elastic".to_owned(), source);
    let kind = if is_alert { DraftKind::Alert } else { DraftKind::Event };
    let mut sheet = Sheet::new(kind, &source, reading);
    let id = ["kibana.alert.uuid", "event.id"].iter().find_map(|p| record.dotted(p).text());
    if let Some(id) = id.or_else(|| outer.at("_id").text()) {
        // Some modules count their events from one on every machine.
        let here = record.dotted("host.name").peek_str();
        sheet.key("ecs", &[&id, record.at("@timestamp").peek_str(), here]);
        sheet.draft().external_id = Some(id);
    }
    let message = record.at("message").text();
    let action = record.dotted("event.action").text();
    let title =
        rule("name").text().or_else(|| message.clone()).or(action).or_else(|| record.dotted("event.dataset").text());
    sheet.draft().title = title.unwrap_or_default();
    let reason = record.dotted("kibana.alert.reason").text();
    let about = rule("description").text();
    sheet.draft().description = match (about, reason) {
        (Some(about), Some(reason)) => format!("{reason}\n{about}"),
        (about, reason) => about.or(reason).or(message).unwrap_or_default(),
    };
    sheet.draft().rule = rule("rule_id").text().or_else(|| rule("id").text()).or_else(|| rule("uuid").text());
    sheet.draft().author = rule("author").texts().into_iter().next();
    grave(record, rule("severity"), &mut sheet);
    let status = ["kibana.alert.workflow_status", "signal.status"].iter().find_map(|p| record.dotted(p).text());
    sheet.draft().status = match status.as_deref() {
        Some("closed") => AlertStatus::Resolved,
        Some("acknowledged" | "in-progress") => AlertStatus::InProgress,
        _ => AlertStatus::New,
    };
    sheet.draft().first = sheet.first_moment(&[record.dotted("kibana.alert.original_time"), record.at("@timestamp")]);
    sheet.draft().last = sheet.moment(record.at("@timestamp"));
    for threat in [rule("threat"), record.at("threat")].into_iter().flat_map(Field::each) {
        attack(threat, &mut sheet);
    }
    sheet.category(record.dotted("event.category").texts().into_iter().next());
    if is_alert {
        sheet.draft().category.get_or_insert(Category::SuspiciousActivity);
    }
    rule("tags").texts().into_iter().chain(record.at("tags").texts()).for_each(|t| sheet.tag(t));
    host(record, &mut sheet);
    named(record, &mut sheet);
    Ok(vec![sheet])
}

fn source(module: String) -> String {
    match module.as_str() {
        "endpoint" => "Elastic Defend".to_owned(),
        "suricata" => "Suricata".to_owned(),
        "osquery" => "osquery".to_owned(),
        "sysmon" => "Sysmon".to_owned(),
        _ => module,
    }
}

fn grave(record: Field<'_>, of_rule: Field<'_>, sheet: &mut Sheet) {
    let word = record.dotted("kibana.alert.severity").text().or_else(|| of_rule.text());
    if let Some(severity) = word.as_deref().and_then(severity_word) {
        sheet.severity(severity, word.unwrap_or_default());
        return;
    }
    let score = ["kibana.alert.risk_score", "signal.rule.risk_score", "event.risk_score", "event.severity"];
    if let Some(score) = score.iter().find_map(|p| record.dotted(p).decimal()) {
        sheet.severity(severity_of_hundred(score), format!("{score} of 100"));
    } else if sheet.draft().kind == DraftKind::Alert {
        // Somebody raised it and did not say how grave it is.
        sheet.severity(Severity::Medium, "none stated");
    }
}

fn attack(threat: Field<'_>, sheet: &mut Sheet) {
    threat.dotted("tactic.name").texts().into_iter().for_each(|t| sheet.category(Some(t)));
    for technique in threat.at("technique").each() {
        technique.at("id").texts().iter().for_each(|t| sheet.technique(t));
        for sub in technique.at("subtechnique").each() {
            sub.at("id").texts().iter().for_each(|t| sheet.technique(t));
        }
    }
    threat.dotted("technique.id").texts().iter().for_each(|t| sheet.technique(t));
}

fn host(record: Field<'_>, sheet: &mut Sheet) {
    let name = ["host.hostname", "host.name"].iter().find_map(|p| record.dotted(p).text());
    sheet.device(DeviceNamed {
        name: name.clone(),
        id: record.dotted("host.id").text(),
        ips: record.dotted("host.ip").texts(),
        os: ["host.os.type", "host.os.name", "host.os.platform"].iter().find_map(|p| record.dotted(p).text()),
    });
    let other = ["host.name", "agent.name", "observer.name"].iter().find_map(|p| record.dotted(p).text());
    if other.is_some() && other != name {
        sheet.device_named(other);
    }
}

fn hashes(of: Field<'_>) -> Hashes {
    Hashes::of(of.dotted("hash.sha256").text(), of.dotted("hash.sha1").text(), of.dotted("hash.md5").text())
}

fn named(record: Field<'_>, sheet: &mut Sheet) {
    let container = record.dotted("container.id").text();
    let before = sheet.draft().mentions.len();
    process(record.at("process"), Part::Suspicious, sheet);
    process(record.dotted("process.parent"), Part::Contextual, sheet);
    process(record.dotted("Target.process"), Part::Attacked, sheet);
    for (at, part) in [("file", Part::Suspicious), ("dll", Part::Loaded)] {
        let file = record.at(at);
        let path = file.at("path").text().or_else(|| file.at("name").text());
        if let Some(file) = sheet.file(path, hashes(file), file.at("size").number()) {
            let treated = record.dotted("file.Ext.quarantine_result").truth() == Some(true);
            if let Some(mention) = sheet.mention(file, Some(part))
                && treated
            {
                mention.treated = Some("quarantined".to_owned());
            }
        }
    }
    if let Some(container) = container {
        sheet.fact("container", Some(container.clone()));
        for mention in sheet.draft().mentions.iter_mut().skip(before) {
            mention.container = Some(container.clone());
        }
    }
    let registry = record.at("registry");
    if let Some(key) = registry.any(&["path", "key"]).text() {
        let data = registry.dotted("data.strings").texts().into_iter().next();
        sheet.mention(Thing::Registry { key, value: registry.at("value").text(), data }, Some(Part::Edited));
    }
    for (at, part) in [("source", Part::Source), ("destination", Part::Destination), ("client", Part::Source)] {
        let end = record.at(at);
        sheet.name_ip(end.any(&["ip", "address"]).text(), end.at("port").port(), Some(part));
        sheet.name_domain(end.at("domain").text(), Some(part));
    }
    let user = record.at("user");
    sheet.name_user(user.at("name").text(), user.at("domain").text(), user.at("id").text(), Some(Part::Contextual));
    sheet.name_url(["url.full", "url.original"].iter().find_map(|p| record.dotted(p).text()), None);
    sheet.name_domain(record.dotted("url.domain").text(), None);
    sheet.name_domain(record.dotted("dns.question.name").text(), None);
    let model = record.dotted("file.Ext.malware_classification");
    sheet.fact("model", model.at("identifier").text());
    sheet.fact("score of the model", model.at("score").text());
    for (name, path) in [("action", "event.action"), ("outcome", "event.outcome"), ("data set", "event.dataset")] {
        sheet.fact(name, record.dotted(path).text());
    }
}

fn process(of: Field<'_>, part: Part, sheet: &mut Sheet) {
    if !of.is_there() {
        return;
    }
    let exe = of.at("executable").text();
    let line = of.at("command_line").text().or_else(|| {
        let words = of.at("args").texts();
        (!words.is_empty()).then(|| words.join(" "))
    });
    let found = hashes(of);
    let process = NamedProcess {
        pid: of.at("pid").small(),
        name: of.at("name").text(),
        exe: exe.as_deref().map(|p| sheet.path(p)),
        command_line: line,
        user: of.dotted("user.name").text(),
        started_at: sheet.moment(of.at("start")).map(|m| m.at),
        parent_pid: of.dotted("parent.pid").small(),
        sha256: found.sha256.clone(),
    };
    sheet.name_process(process, Some(part));
    if let Some(file) = exe.and_then(|exe| sheet.file(Some(exe), found, None)) {
        sheet.mention(file, Some(Part::Contextual));
    }
}

/// A line of an indicator list: knowledge, nothing that happened here.
fn intelligence(record: Field<'_>, indicator: Field<'_>, reading: Reading) -> Sheet {
    let mut sheet = Sheet::new(DraftKind::Intelligence, "Elastic indicators", reading);
    let description = indicator.at("description").text();
    let provider = indicator.at("provider").text();
    let title = description.clone().unwrap_or_else(|| "Indicator".to_owned());
    for (kind, path) in [
        (IndicatorKind::Ip, "ip"),
        (IndicatorKind::Domain, "domain"),
        (IndicatorKind::Url, "url"),
        (IndicatorKind::Url, "url.full"),
        (IndicatorKind::Sha256, "file.hash.sha256"),
        (IndicatorKind::Sha1, "file.hash.sha1"),
        (IndicatorKind::Md5, "file.hash.md5"),
    ] {
        for value in indicator.dotted(path).texts() {
            sheet.offer(kind, &value, &title);
        }
    }
    let found = hashes(indicator.at("file"));
    if let Some(file) = sheet.file(indicator.dotted("file.name").text(), found, None) {
        sheet.mention(file, None);
    }
    sheet.name_ip(indicator.at("ip").text(), None, None);
    sheet.name_domain(indicator.at("domain").text(), None);
    sheet.name_url(indicator.at("url").text(), None);
    let first = sheet.draft().offers.first().map(|o| o.value.clone());
    sheet.draft().title = match first {
        Some(value) => format!("Indicator {value}"),
        None => title,
    };
    sheet.draft().description = description.unwrap_or_default();
    sheet.draft().author = provider;
    sheet.draft().category = Some(Category::SuspiciousActivity);
    sheet.draft().first = sheet.first_moment(&[indicator.at("first_seen"), record.at("@timestamp")]);
    sheet.draft().last = sheet.first_moment(&[indicator.at("last_seen"), indicator.at("modified_at")]);
    sheet.fact("kind", indicator.at("type").text());
    indicator.at("reference").texts().into_iter().for_each(|r| sheet.fact("report", Some(r)));
    sheet.fact("may be shared", indicator.dotted("marking.tlp").text());
    indicator.at("tags").texts().into_iter().for_each(|t| sheet.tag(t));
    sheet
}
