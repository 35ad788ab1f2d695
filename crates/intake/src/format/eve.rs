//! Suricata EVE: alerts of the network sensor, and whatever else it wrote down.
use assize_domain::{
    alert::{Category, Severity},
    draft::{DeviceNamed, DraftKind, Part},
};
use serde_json::Value;

use crate::{
    field::Field,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

pub(super) fn is_like(record: Field<'_>) -> bool {
    let plain = record.at("event_type").peek().is_string()
        && (record.at("src_ip").is_there() || record.at("flow_id").is_there() || record.at("stats").is_there());
    plain || inside(record).is_some()
}

/// Collectors hand the sensor's line on as text inside their own record.
fn inside(record: Field<'_>) -> Option<Field<'_>> {
    [record.at("wazuh").at("message"), record.at("event").at("original"), record.at("message")]
        .into_iter()
        .find(|f| f.peek_str().trim_start().starts_with('{') && f.peek_str().contains("\"event_type\""))
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    if record.at("event_type").is_there() {
        return event(record, reading).map(|s| vec![s]);
    }
    let Some(text) = inside(record) else {
        return Err("This is no Suricata event: it has no event_type.".to_owned());
    };
    let value: Value = serde_json::from_str(text.peek_str())
        .map_err(|e| format!("The Suricata event inside this record is not JSON: {e}."))?;
    let mut sheet = event(text.opened(&value), reading)?;
    sheet.fact("collected through", record.at("event").at("module").text());
    Ok(vec![sheet])
}

fn event(record: Field<'_>, reading: Reading) -> Result<Sheet, String> {
    let Some(kind) = record.at("event_type").text() else {
        return Err("This is no Suricata event: its event_type is not text.".to_owned());
    };
    let alert = record.at("alert");
    let mut sheet;
    if alert.is_there() {
        sheet = Sheet::new(DraftKind::Alert, "Suricata", reading);
        signature(alert, &mut sheet);
    } else {
        sheet = Sheet::new(DraftKind::Event, "Suricata", reading);
        let what = about(record, &kind);
        sheet.draft().title = format!("Suricata saw {what}");
        sheet.fact("event", Some(kind));
    }
    sheet.draft().first = sheet.first_moment(&[record.at("flow").at("start"), record.at("timestamp")]);
    sheet.draft().last = sheet.moment(record.at("timestamp"));
    let (from, to) = (record.at("src_ip").text(), record.at("dest_ip").text());
    let (from_port, to_port) = (record.at("src_port").port(), record.at("dest_port").port());
    if alert.is_there() {
        let end = |a: &Option<String>, p: Option<u16>| match (a, p) {
            (Some(a), Some(p)) => format!("{a} port {p}"),
            (Some(a), None) => a.clone(),
            (None, _) => "an unknown address".to_owned(),
        };
        sheet.draft().description =
            format!("Traffic from {} to {} matched this signature.", end(&from, from_port), end(&to, to_port));
    }
    // The sensor's own name says where it listened. Which end is ours, nobody but the reader knows.
    for address in [&from, &to].into_iter().flatten() {
        sheet.device(DeviceNamed { ips: vec![address.clone()], ..DeviceNamed::default() });
    }
    sheet.name_ip(from, from_port, Some(Part::Source));
    sheet.name_ip(to, to_port, Some(Part::Destination));
    for (name, field) in [
        ("protocol", "proto"),
        ("application protocol", "app_proto"),
        ("sensor", "host"),
        ("interface", "in_iface"),
        ("flow", "flow_id"),
        ("payload", "payload_printable"),
    ] {
        sheet.fact(name, record.at(field).text());
    }
    web(record, &mut sheet);
    Ok(sheet)
}

/// What a record without an alert is about, for its title.
fn about(record: Field<'_>, kind: &str) -> String {
    let name = match kind {
        "fileinfo" => record.at("fileinfo").at("filename").peek_str(),
        "dns" => record.at("dns").at("rrname").peek_str(),
        "http" => record.at("http").at("hostname").peek_str(),
        "tls" => record.at("tls").at("sni").peek_str(),
        "anomaly" => record.at("anomaly").at("event").peek_str(),
        _ => "",
    };
    let kind = match kind {
        "fileinfo" => "a file on the wire",
        "flow" => "a connection",
        "dns" => "a name being looked up",
        "http" => "a web request",
        "tls" => "an encrypted connection",
        other => other,
    };
    if name.is_empty() { kind.to_owned() } else { format!("{kind}: {name}") }
}

fn signature(alert: Field<'_>, sheet: &mut Sheet) {
    sheet.draft().title = alert.at("signature").text().unwrap_or_default();
    sheet.draft().rule = alert.at("signature_id").text();
    let said = alert.at("severity").number();
    let severity = match said {
        Some(1) => Severity::High,
        Some(2) | None => Severity::Medium,
        Some(3) => Severity::Low,
        Some(_) => Severity::Informational,
    };
    sheet.severity(severity, said.map_or_else(|| "none stated".to_owned(), |n| format!("priority {n}")));
    let metadata = alert.at("metadata");
    metadata.at("mitre_tactic_name").texts().into_iter().for_each(|t| sheet.category(Some(t.replace('_', " "))));
    metadata.at("mitre_technique_id").texts().iter().for_each(|t| sheet.technique(t));
    sheet.draft().threat = metadata.at("malware_family").texts().into_iter().next();
    metadata.any(&["tag", "tags"]).texts().into_iter().for_each(|t| sheet.tag(t));
    let class = alert.at("category").text();
    if sheet.draft().category.is_none() {
        sheet.draft().category = class.as_deref().map(of_class);
    }
    sheet.category(class);
    let action = alert.at("action").text();
    if action.as_deref() == Some("blocked") {
        sheet.note("The sensor says that it blocked this traffic.");
    }
    sheet.fact("action of the sensor", action);
}

/// The classes of `classification.config`.
fn of_class(class: &str) -> Category {
    let class = class.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| class.contains(w));
    match () {
        () if has(&["command and control"]) => Category::CommandAndControl,
        () if has(&["trojan", "malware", "crypto currency", "exploit kit"]) => Category::Malware,
        () if has(&["scan", "information leak", "information gather"]) => Category::Discovery,
        () if has(&["privilege"]) => Category::PrivilegeEscalation,
        () if has(&["denial of service"]) => Category::Impact,
        () if has(&["web application attack", "executable code", "shellcode"]) => Category::Exploit,
        () if has(&["default login", "credential", "username"]) => Category::CredentialAccess,
        () if has(&["potentially unwanted", "privacy violation", "policy"]) => Category::UnwantedSoftware,
        () => Category::SuspiciousActivity,
    }
}

fn web(record: Field<'_>, sheet: &mut Sheet) {
    let http = record.at("http");
    let host = http.at("hostname").text();
    if let Some(path) = http.at("url").text() {
        let url = match &host {
            Some(host) if path.starts_with('/') => format!("http://{host}{path}"),
            _ => path,
        };
        sheet.name_url(Some(url), None);
    }
    sheet.name_domain(host, None);
    sheet.fact("user agent", http.at("http_user_agent").text());
    sheet.fact("method", http.at("http_method").text());
    sheet.name_domain(record.at("tls").at("sni").text(), None);
    let dns = record.at("dns");
    sheet.name_domain(dns.at("rrname").text(), None);
    for query in dns.at("query").each().chain(dns.at("queries").each()) {
        sheet.name_domain(query.at("rrname").text(), None);
    }
    let one = record.at("fileinfo");
    for info in [one].into_iter().chain(record.at("files").each()) {
        let hashes = Hashes::of(info.at("sha256").text(), info.at("sha1").text(), info.at("md5").text());
        if let Some(file) = sheet.file(info.at("filename").text(), hashes, info.at("size").number()) {
            // It is a name on the wire, not a place on a device.
            sheet.mention(as_name(file), Some(Part::Contextual));
        }
    }
    let mail = record.at("email");
    sheet.name_other("mail sender", mail.at("from").text());
    mail.at("to").texts().into_iter().for_each(|to| sheet.name_other("mail recipient", Some(to)));
}

fn as_name(thing: assize_domain::draft::Thing) -> assize_domain::draft::Thing {
    use assize_domain::draft::Thing;
    match thing {
        Thing::File(mut file) => {
            if let Some(path) = file.path.take() {
                file.name = Some(path.as_str().to_owned());
            }
            Thing::File(file)
        }
        other @ (Thing::Process(_)
        | Thing::Service { .. }
        | Thing::ScheduledTask { .. }
        | Thing::Driver { .. }
        | Thing::Registry { .. }
        | Thing::User { .. }
        | Thing::Ip { .. }
        | Thing::Url { .. }
        | Thing::Domain { .. }
        | Thing::Other { .. }) => other,
    }
}
