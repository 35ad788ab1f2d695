//! Wazuh: what a rule of the manager made of a line that an agent sent, as in `alerts.json` or as its indexer keeps it.
use assize_domain::{
    alert::{Category, Severity},
    draft::{DeviceNamed, DraftKind, NamedProcess, Part, Thing},
};
use serde_json::Value;

use crate::{
    field::Field,
    format::{osquery, windows},
    key,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

/// As the indexer keeps it, the alert lies in `_source`.
fn alert(record: Field<'_>) -> Field<'_> {
    let source = record.at("_source");
    if source.is_there() { source } else { record }
}

pub(super) fn is_like(record: Field<'_>) -> bool {
    let record = alert(record);
    record.at("rule").at("level").is_there()
        && (record.at("agent").is_there() || record.at("manager").is_there() || record.at("decoder").is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let record = alert(record);
    let rule = record.at("rule");
    let (Some(title), Some(level)) = (rule.at("description").text(), rule.at("level").number()) else {
        return Err("This is no Wazuh alert: its rule has no description or no level.".to_owned());
    };
    let mut sheet = Sheet::new(DraftKind::Alert, "Wazuh", reading);
    sheet.draft().title = title.clone();
    let log = record.at("full_log").text();
    sheet.draft().description = log.or_else(|| record.at("data").at("title").text()).unwrap_or_else(|| title.clone());
    let severity = match level {
        0..=3 => Severity::Informational,
        4..=6 => Severity::Low,
        7..=11 => Severity::Medium,
        _ => Severity::High,
    };
    sheet.severity(severity, format!("level {level}"));
    let rule_id = rule.at("id").text();
    sheet.draft().rule = rule_id.clone();
    identify(record, rule_id.as_deref().unwrap_or_default(), &title, &mut sheet);
    sheet.draft().first = sheet.first_moment(&[record.at("timestamp"), record.at("@timestamp")]);
    let mitre = rule.at("mitre");
    mitre.at("id").texts().iter().for_each(|t| sheet.technique(t));
    mitre.at("tactic").texts().into_iter().for_each(|t| sheet.category(Some(t)));
    for group in rule.at("groups").texts() {
        of_group(&group, &mut sheet);
        sheet.tag(group);
    }
    device(record, &mut sheet);
    for (name, field) in [("rule fired", rule.at("firedtimes")), ("log", record.at("location"))] {
        sheet.fact(name, field.text());
    }
    sheet.fact("decoder", record.at("decoder").at("name").text());
    file_watch(record.at("syscheck"), &mut sheet);
    named(record.at("data"), &mut sheet);
    Ok(vec![sheet])
}

/// Its id counts within one manager, and some managers do not count: what makes the alert is part of its key.
fn identify(record: Field<'_>, rule: &str, title: &str, sheet: &mut Sheet) {
    let Some(id) = record.at("id").text() else { return };
    let stamp = record.any(&["timestamp", "@timestamp"]).peek_str();
    let agent = record.at("agent").at("id").peek_str();
    let manager = record.at("manager").at("name").peek_str();
    let null = Value::Null;
    let parts =
        ["data", "syscheck", "full_log"].map(|n| record.at(n)).map(|f| if f.is_there() { f.peek() } else { &null });
    let content = key::content("", &parts);
    sheet.key("wazuh", &[&id, stamp, rule, title, agent, manager, &content]);
    sheet.draft().external_id = Some(id);
}

/// A rule's groups say what it is about where no tactic does.
fn of_group(group: &str, sheet: &mut Sheet) {
    let category = match group {
        "virus" | "virustotal" | "clamd" | "yara" => Category::Malware,
        "rootcheck" | "syscheck" | "audit" => Category::SuspiciousActivity,
        "authentication_failed" | "authentication_failures" | "invalid_login" => Category::CredentialAccess,
        "vulnerability-detector" | "exploit_attempt" | "web_scan" | "sql_injection" => Category::Exploit,
        "recon" | "network_scan" => Category::Discovery,
        _ => return,
    };
    sheet.draft().category.get_or_insert(category);
}

fn device(record: Field<'_>, sheet: &mut Sheet) {
    let agent = record.at("agent");
    let ips = agent.at("ip").text().filter(|ip| ip != "any").into_iter().collect();
    let name = agent.at("name").text();
    sheet.device(DeviceNamed { name: name.clone(), id: agent.at("id").text(), ips, os: None });
    let logged = record.at("predecoder").at("hostname").text();
    if logged != name {
        sheet.device_named(logged);
    }
}

fn file_watch(watch: Field<'_>, sheet: &mut Sheet) {
    let Some(path) = watch.at("path").text() else { return };
    let event = watch.at("event").text();
    let part = match event.as_deref() {
        Some("added") => Part::Created,
        Some("modified") => Part::Edited,
        _ => Part::Contextual,
    };
    sheet.fact("change", event);
    if path.to_ascii_uppercase().starts_with("HKEY_") {
        let registry = Thing::Registry { key: path, value: watch.at("value_name").text(), data: None };
        sheet.mention(registry, Some(part));
    } else {
        let now = |name: &str| watch.at(&format!("{name}_after")).text();
        let hashes = Hashes::of(now("sha256"), now("sha1"), now("md5"));
        if let Some(file) = sheet.file(Some(path), hashes, watch.at("size_after").number()) {
            sheet.mention(file, Some(part));
        }
    }
    sheet.name_user(watch.at("uname_after").text(), None, None, Some(Part::Contextual));
    let who = watch.at("audit");
    let path = who.at("process").at("name").text().map(|p| sheet.path(&p));
    let process = NamedProcess { pid: who.at("process").at("id").small(), exe: path, ..NamedProcess::default() };
    sheet.name_process(process, Some(Part::Suspicious));
    sheet.name_user(
        who.any(&["effective_user", "login_user", "user"]).at("name").text(),
        None,
        None,
        Some(Part::Contextual),
    );
}

fn named(data: Field<'_>, sheet: &mut Sheet) {
    let source = data.any(&["srcip", "src_ip"]).text();
    sheet.name_ip(source, data.any(&["srcport", "src_port"]).port(), Some(Part::Source));
    let to = data.any(&["dstip", "dest_ip", "dst_ip"]).text();
    sheet.name_ip(to, data.any(&["dstport", "dest_port", "dst_port"]).port(), Some(Part::Destination));
    for name in ["srcuser", "dstuser", "user", "uid"] {
        // A number is an account's number, not its name.
        let user = data.at(name).peek().as_str().is_some_and(|u| u.parse::<u32>().is_err());
        sheet.name_user(if user { data.at(name).text() } else { None }, None, None, Some(Part::Contextual));
    }
    sheet.name_url(data.at("url").text(), None);
    if data.at("file").peek().is_string() {
        sheet.name_file(data.at("file").text(), Some(Part::Suspicious));
    }
    audit(data.at("audit"), sheet);
    osquery::columns(data.at("osquery").at("columns"), sheet);
    let win = data.at("win");
    if win.is_there() {
        windows::inside_wazuh(win.at("system"), win.at("eventdata"), sheet);
    }
    intelligence(data, sheet);
    let weak = data.at("vulnerability");
    if let Some(cve) = weak.at("cve").text() {
        sheet.fact("package", weak.at("package").at("name").text());
        sheet.fact("version", weak.at("package").at("version").text());
        sheet.fact("severity of the weakness", weak.at("severity").text());
        sheet.tag(cve);
    }
    cloud(data.at("aws"), sheet);
}

/// Linux audit.
fn audit(audit: Field<'_>, sheet: &mut Sheet) {
    let line: Vec<String> = audit.at("execve").members().filter_map(|(_, v)| v.text()).collect();
    let process = NamedProcess {
        pid: audit.at("pid").small(),
        name: audit.at("command").text(),
        exe: audit.at("exe").text().map(|p| sheet.path(&p)),
        command_line: (!line.is_empty()).then(|| line.join(" ")),
        parent_pid: audit.at("ppid").small(),
        ..NamedProcess::default()
    };
    let exe = process.exe.clone().filter(|p| p.as_str().starts_with('/'));
    if audit.at("exe").is_there() || process.pid.is_some() {
        sheet.name_process(process, Some(Part::Suspicious));
    }
    if let Some(exe) = exe {
        sheet.name_file(Some(exe.as_str().to_owned()), Some(Part::Contextual));
    }
    let folder = audit.at("cwd").text();
    let file = audit.at("file").at("name").text().map(|name| match &folder {
        Some(folder) if !name.starts_with('/') && folder.starts_with('/') => {
            format!("{}/{name}", folder.trim_end_matches('/'))
        }
        _ => name,
    });
    sheet.name_file(file, Some(Part::Contextual));
    sheet.fact("working folder", folder);
}

/// What the integrations with reputation services add.
fn intelligence(data: Field<'_>, sheet: &mut Sheet) {
    let total = data.at("virustotal");
    let source = total.at("source");
    let hashes = Hashes::of(source.at("sha256").text(), source.at("sha1").text(), source.at("md5").text());
    if let Some(file) = sheet.file(source.at("file").text(), hashes, None) {
        sheet.mention(file, Some(Part::Suspicious));
    }
    sheet.fact("engines that find it bad", total.at("positives").text());
    let address = data.at("virustotal_ip");
    sheet.name_ip(address.at("source").at("ip").text(), None, Some(Part::Suspicious));
    sheet.fact("judged as", address.at("verdict").text());
    for (name, field) in [("report", total.at("permalink")), ("report", address.at("permalink"))] {
        sheet.fact(name, field.text());
    }
    let yara = data.at("yara");
    sheet.name_file(yara.any(&["scanned_file", "file"]).text(), Some(Part::Suspicious));
    sheet.draft().threat = yara.any(&["rule_name", "rule"]).text();
    // Suricata through Wazuh.
    let alert = data.at("alert");
    sheet.fact("signature", alert.at("signature").text());
    sheet.fact("signature number", alert.at("signature_id").text());
    sheet.name_domain(data.at("http").at("hostname").text(), None);
}

fn cloud(aws: Field<'_>, sheet: &mut Sheet) {
    if !aws.is_there() {
        return;
    }
    sheet.fact("finding", aws.at("title").text());
    sheet.fact("finding type", aws.at("type").text());
    sheet.fact("account", aws.at("accountId").text());
    sheet.fact("region", aws.at("region").text());
    let machine = aws.at("resource").at("instanceDetails");
    let network = machine.at("networkInterfaces");
    let ips =
        network.each().flat_map(|n| [n.at("privateIpAddress").text(), n.at("publicIp").text()]).flatten().collect();
    sheet.device(DeviceNamed { id: machine.at("instanceId").text(), ips, ..DeviceNamed::default() });
    sheet.name_user(
        aws.at("resource").at("accessKeyDetails").at("userName").text(),
        None,
        None,
        Some(Part::Compromised),
    );
    let action = aws.at("service").at("action");
    for kind in ["awsApiCallAction", "networkConnectionAction", "portProbeAction"] {
        let what = action.at(kind);
        for remote in [what.at("remoteIpDetails"), what.at("portProbeDetails").at("remoteIpDetails")] {
            sheet.name_ip(remote.at("ipAddressV4").text(), None, Some(Part::Attacker));
        }
    }
}
