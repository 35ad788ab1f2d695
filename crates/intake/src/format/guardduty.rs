//! Amazon GuardDuty: findings as the interface gives them (`Id`) and as its events write them (`id`).
use assize_domain::{
    alert::{AlertStatus, Category, Severity},
    draft::{DeviceNamed, DraftKind, NamedProcess, Part},
};

use crate::{
    field::Field,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

/// A field under either spelling.
fn at<'a>(field: Field<'a>, name: &str) -> Field<'a> {
    let found = field.at(name);
    if found.is_there() {
        return found;
    }
    let mut lower = name.to_owned();
    if let Some(first) = lower.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    field.at(&lower)
}

/// As an event the finding is the `detail`.
fn finding(record: Field<'_>) -> Field<'_> {
    let detail = record.at("detail");
    if detail.is_there() && at(detail, "Service").is_there() { detail } else { record }
}

pub(super) fn is_like(record: Field<'_>) -> bool {
    let record = finding(record);
    let service = at(record, "Service");
    at(record, "Type").peek_str().contains('/')
        && at(record, "AccountId").is_there()
        && (at(service, "ServiceName").peek_str() == "guardduty" || at(service, "DetectorId").is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let record = finding(record);
    let (Some(kind), Some(id)) = (at(record, "Type").text(), at(record, "Id").text()) else {
        return Err("This is no GuardDuty finding: it has no type or no id.".to_owned());
    };
    let mut sheet = Sheet::new(DraftKind::Alert, "Amazon GuardDuty", reading);
    let account = at(record, "AccountId").text();
    sheet.key("guardduty", &[account.as_deref().unwrap_or_default(), &id]);
    sheet.draft().external_id = Some(id);
    sheet.draft().title = at(record, "Title").text().unwrap_or_else(|| kind.clone());
    sheet.draft().description = at(record, "Description").text().unwrap_or_default();
    if let Some(score) = at(record, "Severity").decimal() {
        let severity = match score {
            s if s >= 7.0 => Severity::High,
            s if s >= 4.0 => Severity::Medium,
            _ => Severity::Low,
        };
        sheet.severity(severity, format!("{score}"));
    }
    purpose(&kind, &mut sheet);
    sheet.draft().rule = Some(kind);
    let service = at(record, "Service");
    if at(service, "Archived").truth() == Some(true) {
        sheet.draft().status = AlertStatus::Resolved;
    }
    sheet.draft().first = sheet.first_moment(&[at(service, "EventFirstSeen"), at(record, "CreatedAt")]);
    sheet.draft().last = sheet.first_moment(&[at(service, "EventLastSeen"), at(record, "UpdatedAt")]);
    sheet.fact("account", account);
    for (name, field) in [
        ("region", at(record, "Region")),
        ("finding", at(record, "Arn")),
        ("seen so many times", at(service, "Count")),
        ("its part", at(service, "ResourceRole")),
    ] {
        sheet.fact(name, field.text());
    }
    resource(at(record, "Resource"), &mut sheet);
    action(at(service, "Action"), &mut sheet);
    for detail in at(at(service, "Evidence"), "ThreatIntelligenceDetails").each() {
        for threat in at(detail, "ThreatNames").texts() {
            sheet.draft().threat.get_or_insert(threat);
        }
        sheet.fact("threat list", at(detail, "ThreatListName").text());
    }
    runtime(at(service, "RuntimeDetails"), &mut sheet);
    malware(at(service, "EbsVolumeScanDetails"), &mut sheet);
    malware(at(service, "MalwareScanDetails"), &mut sheet);
    Ok(vec![sheet])
}

/// `Trojan:EC2/DriveBySourceTraffic!DNS`: what it is for stands first.
fn purpose(kind: &str, sheet: &mut Sheet) {
    let said = kind.split(':').next().unwrap_or_default();
    let category = match said {
        "Backdoor" | "Trojan" | "CryptoCurrency" => Some(Category::Malware),
        "Recon" => Some(Category::Discovery),
        "Stealth" => Some(Category::DefenseEvasion),
        "UnauthorizedAccess" => Some(Category::InitialAccess),
        "Policy" | "PenTest" | "Behavior" => Some(Category::SuspiciousActivity),
        _ => None,
    };
    sheet.draft().category = category;
    sheet.category(Some(said.to_owned()));
}

fn resource(resource: Field<'_>, sheet: &mut Sheet) {
    sheet.fact("kind of resource", at(resource, "ResourceType").text());
    let machine = at(resource, "InstanceDetails");
    if machine.is_there() {
        let (mut ips, mut name) = (Vec::new(), None);
        for network in at(machine, "NetworkInterfaces").each() {
            ips.extend(at(network, "PrivateIpAddress").text());
            ips.extend(at(network, "PublicIp").text());
            name = name.or_else(|| at(network, "PrivateDnsName").text());
        }
        for tag in at(machine, "Tags").each() {
            let (key, value) = (at(tag, "Key").text(), at(tag, "Value").text());
            if let (Some(key), Some(value)) = (key, value) {
                if key == "Name" {
                    name = Some(value.clone());
                }
                sheet.tag(format!("{key}: {value}"));
            }
        }
        let os = at(machine, "Platform").text();
        sheet.device(DeviceNamed { name, id: at(machine, "InstanceId").text(), ips, os });
    }
    let key = at(resource, "AccessKeyDetails");
    sheet.name_user(at(key, "UserName").text(), None, at(key, "PrincipalId").text(), Some(Part::Compromised));
    sheet.fact("access key", at(key, "AccessKeyId").text());
    for bucket in at(resource, "S3BucketDetails").each() {
        sheet.name_other("bucket", at(bucket, "Name").text());
    }
    let cluster = at(resource, "EksClusterDetails");
    sheet.name_other("cluster", at(cluster, "Name").text());
    let container = at(resource, "ContainerDetails");
    sheet.name_other("container", at(container, "Name").text());
}

fn action(action: Field<'_>, sheet: &mut Sheet) {
    sheet.fact("action", at(action, "ActionType").text());
    let remote = |what: Field<'_>, sheet: &mut Sheet| {
        let port = at(at(what, "RemotePortDetails"), "Port").port();
        let details = at(what, "RemoteIpDetails");
        sheet.name_ip(at(details, "IpAddressV4").text(), port, Some(Part::Attacker));
        sheet.name_ip(at(details, "IpAddressV6").text(), port, Some(Part::Attacker));
        let local = at(at(what, "LocalPortDetails"), "Port").port();
        sheet.name_ip(at(at(what, "LocalIpDetails"), "IpAddressV4").text(), local, Some(Part::Attacked));
    };
    let call = at(action, "AwsApiCallAction");
    remote(call, sheet);
    sheet.fact("call", at(call, "Api").text());
    sheet.fact("called service", at(call, "ServiceName").text());
    sheet.name_domain(at(at(call, "DomainDetails"), "Domain").text(), None);
    for (kind, name) in at(call, "AffectedResources").members() {
        sheet.name_other(kind, name.text());
    }
    remote(at(action, "NetworkConnectionAction"), sheet);
    remote(at(action, "KubernetesApiCallAction"), sheet);
    remote(at(action, "RdsLoginAttemptAction"), sheet);
    for probe in at(at(action, "PortProbeAction"), "PortProbeDetails").each() {
        remote(probe, sheet);
    }
    sheet.name_domain(at(at(action, "DnsRequestAction"), "Domain").text(), Some(Part::CommandAndControl));
}

fn runtime(details: Field<'_>, sheet: &mut Sheet) {
    let process = at(details, "Process");
    let exe = at(process, "ExecutablePath").text();
    let sha256 = Hashes::of(at(process, "ExecutableSha256").text(), None, None).sha256;
    let named = NamedProcess {
        pid: at(process, "Pid").small(),
        name: at(process, "Name").text(),
        exe: exe.as_deref().map(|p| sheet.path(p)),
        user: at(process, "User").text(),
        started_at: sheet.moment(at(process, "StartTime")).map(|m| m.at),
        parent_pid: at(process, "ParentPid").small(),
        sha256: sha256.clone(),
        command_line: None,
    };
    sheet.name_process(named, Some(Part::Suspicious));
    if let Some(file) = sheet.file(exe, Hashes { sha256, ..Hashes::default() }, None) {
        sheet.mention(file, Some(Part::Suspicious));
    }
}

fn malware(scan: Field<'_>, sheet: &mut Sheet) {
    let by_name = at(at(at(scan, "ScanDetections"), "ThreatDetectedByName"), "ThreatNames");
    for threat in by_name.each().chain(at(scan, "Threats").each()) {
        if let Some(name) = at(threat, "Name").text() {
            sheet.draft().threat.get_or_insert(name);
        }
        for file in at(threat, "FilePaths").each().chain(at(threat, "ItemPaths").each()) {
            let mut hashes = Hashes::default();
            if let Some(hash) = at(file, "Hash").text() {
                hashes.add(&hash);
            }
            let path = at(file, "FilePath").text().or_else(|| at(file, "NestedItemPath").text());
            if let Some(file) = sheet.file(path, hashes, None) {
                sheet.mention(file, Some(Part::Suspicious));
            }
        }
    }
}
