//! Microsoft Graph: security alerts (version 2) with their evidence, and incidents with or without their alerts; also the
//! older alerts of the endpoint interface.
use assize_domain::{
    alert::{AlertStatus, Severity},
    draft::{DeviceNamed, DraftKind, Mention, NamedProcess, Part, Thing},
    incident::Classification,
    text::DevicePath,
    verdict::Verdict,
};

use crate::{
    field::Field,
    format::severity_word,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

pub(super) fn is_like(record: Field<'_>) -> bool {
    let kind = record.at("@odata.type").peek_str();
    kind.starts_with("#microsoft.graph")
        || record.at("serviceSource").is_there()
        || record.at("incidentWebUrl").is_there()
        || record.at("alertCreationTime").is_there()
        || (record.at("createdDateTime").is_there() && record.at("severity").is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let kind = record.at("@odata.type").peek_str();
    let is_incident = kind.ends_with(".incident") || (kind.is_empty() && record.at("displayName").is_there());
    if !is_incident {
        return alert(record, reading).map(|s| vec![s]);
    }
    let case = incident(record, reading)?;
    let mut sheets = vec![case];
    for inner in record.at("alerts").each() {
        let mut sheet = alert(inner, reading)?;
        sheet.draft().raw = inner.peek().to_string();
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn incident(record: Field<'_>, reading: Reading) -> Result<Sheet, String> {
    let (Some(id), Some(name)) = (record.at("id").text(), record.at("displayName").text()) else {
        return Err("This is no incident of Microsoft Graph: it has no id or no name.".to_owned());
    };
    let mut sheet = Sheet::new(DraftKind::Incident, "Microsoft Defender XDR", reading);
    sheet.key("msgraph", &["incident", record.at("tenantId").peek_str(), &id]);
    sheet.draft().external_incident = Some(id.clone());
    sheet.draft().external_id = Some(id);
    sheet.draft().title = name;
    let text = record.any(&["description", "summary"]).text();
    sheet.draft().description = text.unwrap_or_default();
    common(record, &mut sheet);
    sheet.fact("web page", record.at("incidentWebUrl").text());
    sheet.fact("merged into", record.at("redirectIncidentId").text());
    record.at("customTags").texts().into_iter().for_each(|t| sheet.tag(t));
    record.at("systemTags").texts().into_iter().for_each(|t| sheet.tag(t));
    Ok(sheet)
}

fn alert(record: Field<'_>, reading: Reading) -> Result<Sheet, String> {
    let (Some(id), Some(title)) = (record.any(&["id", "alertId"]).text(), record.at("title").text()) else {
        return Err("This is no alert of Microsoft Graph: it has no id or no title.".to_owned());
    };
    let source = source(record.at("serviceSource").text().or_else(|| record.at("productName").text()));
    let mut sheet = Sheet::new(DraftKind::Alert, &source, reading);
    sheet.key("msgraph", &[record.at("tenantId").peek_str(), &id]);
    sheet.draft().external_id = Some(id);
    sheet.draft().title = title;
    sheet.draft().description = record.at("description").text().unwrap_or_default();
    common(record, &mut sheet);
    sheet.draft().external_incident = record.at("incidentId").text().filter(|i| i != "0");
    sheet.draft().recommended_actions = record.any(&["recommendedActions", "recommendedAction"]).text();
    sheet.draft().product = record.at("productName").text().or_else(|| record.at("serviceSource").text());
    sheet.draft().rule = record.at("detectorId").text();
    sheet.draft().threat = record.any(&["threatDisplayName", "threatName", "threatFamilyName"]).text();
    for (name, field) in [
        ("service", "serviceSource"),
        ("detected by", "detectionSource"),
        ("threat family", "threatFamilyName"),
        ("actor", "actorDisplayName"),
        ("web page", "alertWebUrl"),
        ("policy", "alertPolicyId"),
    ] {
        sheet.fact(name, record.at(field).text());
    }
    sheet.category(record.at("category").text());
    record.at("mitreTechniques").texts().iter().for_each(|t| sheet.technique(t));
    let name = record.at("computerDnsName").text();
    sheet.device(DeviceNamed { name, id: record.at("machineId").text(), ..DeviceNamed::default() });
    for piece in record.at("evidence").each() {
        evidence(piece, &mut sheet);
    }
    Ok(sheet)
}

/// What alerts and incidents have alike.
fn common(record: Field<'_>, sheet: &mut Sheet) {
    if let Some(said) = record.at("severity").text() {
        let severity = severity_word(&said).unwrap_or(Severity::Medium);
        sheet.severity(severity, said);
    }
    let status = record.at("status").text().unwrap_or_default().to_ascii_lowercase();
    sheet.draft().status = match status.as_str() {
        "resolved" | "redirected" => AlertStatus::Resolved,
        "inprogress" => AlertStatus::InProgress,
        _ => AlertStatus::New,
    };
    let classification = record.at("classification").text().unwrap_or_default().to_ascii_lowercase();
    sheet.draft().classification = match classification.as_str() {
        "truepositive" => Some(Classification::TruePositive),
        "falsepositive" => Some(Classification::FalsePositive),
        "informationalexpectedactivity" | "benignpositive" => Some(Classification::InformationalExpectedActivity),
        _ => None,
    };
    let determination = record.at("determination").text().filter(|d| !d.eq_ignore_ascii_case("unknown"));
    sheet.draft().determination = determination.map(|said| match said.to_ascii_lowercase().as_str() {
        // Words of before August 2022.
        "apt" => "Multi-stage attack".to_owned(),
        "securitypersonnel" => "Security testing".to_owned(),
        _ => words(&said),
    });
    sheet.draft().assigned_to = record.at("assignedTo").text();
    let first = ["firstActivityDateTime", "firstEventTime", "createdDateTime", "alertCreationTime"];
    sheet.draft().first = sheet.first_moment(&first.map(|n| record.at(n)));
    let last = ["lastActivityDateTime", "lastEventTime", "lastUpdateDateTime", "lastUpdateTime"];
    sheet.draft().last = sheet.first_moment(&last.map(|n| record.at(n)));
    sheet.fact("tenant", record.at("tenantId").text());
    for comment in record.at("comments").each() {
        let by = comment.any(&["createdByDisplayName", "createdBy"]).text();
        let at = sheet.first_moment(&[comment.at("createdDateTime"), comment.at("createdTime")]);
        sheet.remark(comment.at("comment").text(), by, at);
    }
}

/// `microsoftDefenderForEndpoint` as people write it.
fn source(said: Option<String>) -> String {
    said.map_or_else(|| "Microsoft Graph".to_owned(), |s| if s.contains(' ') { s } else { words(&s) })
}

/// `multiStagedAttack` as words: `Multi Staged Attack`.
fn words(said: &str) -> String {
    let mut out = String::new();
    for c in said.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        out.push(if out.is_empty() { c.to_ascii_uppercase() } else { c });
    }
    out.replace(" For ", " for ")
}

fn evidence(piece: Field<'_>, sheet: &mut Sheet) {
    let kind = piece.any(&["@odata.type", "entityType"]).text().unwrap_or_default();
    let kind = kind.rsplit('.').next().unwrap_or_default().trim_end_matches("Evidence").to_ascii_lowercase();
    let before = sheet.draft().mentions.len();
    match kind.as_str() {
        "device" | "machine" => device(piece, sheet),
        "file" => file(piece, sheet),
        "process" => process(piece, sheet),
        "registrykey" | "registryvalue" | "registry" => registry(piece, sheet),
        "user" => user(piece, sheet),
        "ip" => {
            sheet.name_ip(piece.at("ipAddress").text(), None, None);
            sheet.fact("country of the address", piece.at("countryLetterCode").text());
        }
        "url" => sheet.name_url(piece.at("url").text(), None),
        "dns" => sheet.name_domain(piece.at("domainName").text(), None),
        "mailbox" => {
            sheet.name_other("mailbox", piece.any(&["primaryAddress", "displayName"]).text());
            user(piece, sheet);
        }
        "analyzedmessage" | "mailmessage" => {
            sheet.name_other("mail message", piece.any(&["subject", "networkMessageId"]).text());
            sheet.name_other("mail sender", piece.at("p1Sender").at("emailAddress").text());
            sheet.name_other("mail recipient", piece.at("recipientEmailAddress").text());
        }
        "mailcluster" => sheet.name_other("mail cluster", piece.at("clusterBy").text()),
        "securitygroup" => sheet.name_other("security group", piece.at("displayName").text()),
        "cloudapplication" => sheet.name_other("cloud app", piece.at("displayName").text()),
        "oauthapplication" => sheet.name_other("OAuth app", piece.any(&["displayName", "appId"]).text()),
        other => {
            let name = piece.any(&["name", "displayName", "resourceName", "resourceId"]).text();
            sheet.name_other(if other.is_empty() { "evidence" } else { other }, name);
        }
    }
    said_about(piece, before, sheet);
}

/// Roles, judgement and treatment hold for everything that this piece added.
fn said_about(piece: Field<'_>, before: usize, sheet: &mut Sheet) {
    let roles: Vec<Part> = piece.at("roles").texts().iter().filter_map(|r| Part::named(r)).collect();
    let verdict = piece.at("verdict").text().and_then(|v| match v.to_ascii_lowercase().as_str() {
        "malicious" => Some(Verdict::Malicious),
        "suspicious" => Some(Verdict::Suspicious),
        "nothreatsfound" | "clean" => Some(Verdict::NoThreatsFound),
        _ => None,
    });
    let treated = [piece.at("remediationStatus"), piece.at("detectionStatus")];
    let treated = treated.into_iter().filter_map(Field::text).find(|t| t != "none" && t != "detected");
    for tag in piece.at("tags").texts() {
        sheet.tag(tag);
    }
    for mention in sheet.draft().mentions.iter_mut().skip(before) {
        add(mention, &roles, verdict, treated.as_ref());
    }
}

fn add(mention: &mut Mention, roles: &[Part], verdict: Option<Verdict>, treated: Option<&String>) {
    for role in roles {
        if !mention.roles.contains(role) {
            mention.roles.push(*role);
        }
    }
    mention.verdict = mention.verdict.or(verdict);
    mention.treated = mention.treated.take().or_else(|| treated.cloned());
}

fn device(piece: Field<'_>, sheet: &mut Sheet) {
    let mut ips = piece.at("ipInterfaces").texts();
    ips.extend(piece.at("lastIpAddress").text());
    ips.dedup();
    sheet.device(DeviceNamed {
        name: piece.any(&["deviceDnsName", "hostName", "dnsDomain"]).text(),
        id: piece.any(&["mdeDeviceId", "deviceId", "azureAdDeviceId"]).text(),
        ips,
        os: piece.at("osPlatform").text(),
    });
    for user in piece.at("loggedOnUsers").each() {
        let (name, domain) = (user.at("accountName").text(), user.at("domainName").text());
        sheet.name_user(name, domain, None, Some(Part::Contextual));
    }
    sheet.fact("device group there", piece.at("rbacGroupName").text());
    sheet.fact("risk there", piece.at("riskScore").text());
}

/// Folder and name of one file.
fn full(folder: Option<String>, name: Option<String>) -> Option<String> {
    match (folder, name) {
        (Some(folder), Some(name)) if folder.ends_with(&name) => Some(folder),
        (Some(folder), Some(name)) => {
            let slash = if folder.contains('\\') { '\\' } else { '/' };
            Some(format!("{}{slash}{name}", folder.trim_end_matches(['\\', '/'])))
        }
        (folder, name) => folder.or(name),
    }
}

fn image(details: Field<'_>) -> (Option<String>, Hashes, Option<u64>) {
    let path = full(details.at("filePath").text(), details.at("fileName").text());
    let hashes = Hashes::of(details.at("sha256").text(), details.at("sha1").text(), details.at("md5").text());
    (path, hashes, details.at("fileSize").number())
}

fn file(piece: Field<'_>, sheet: &mut Sheet) {
    // The older interface has no block of its own.
    let details = piece.at("fileDetails");
    let (path, hashes, size) = image(if details.is_there() { details } else { piece });
    sheet.fact("publisher", details.at("filePublisher").text());
    sheet.fact("signer", details.at("signer").text());
    if let Some(file) = sheet.file(path, hashes, size) {
        sheet.mention(file, None);
    }
}

fn process(piece: Field<'_>, sheet: &mut Sheet) {
    let details = piece.at("imageFile");
    let (path, hashes, size) = image(if details.is_there() { details } else { piece });
    let account = piece.at("userAccount");
    let exe: Option<DevicePath> = path.as_deref().filter(|p| p.contains(['\\', '/'])).map(|p| sheet.path(p));
    let started = sheet.first_moment(&[piece.at("processCreationDateTime"), piece.at("processCreationTime")]);
    let process = NamedProcess {
        pid: piece.at("processId").small(),
        name: if exe.is_none() { path.clone() } else { None },
        exe,
        command_line: piece.at("processCommandLine").text(),
        user: account.at("accountName").text(),
        started_at: started.map(|m| m.at),
        parent_pid: piece.at("parentProcessId").small(),
        sha256: hashes.sha256.clone(),
    };
    sheet.name_process(process, None);
    if let Some(file) = sheet.file(path, hashes, size) {
        sheet.mention(file, None);
    }
    let (path, hashes, size) = image(piece.at("parentProcessImageFile"));
    if let Some(file) = sheet.file(path, hashes, size) {
        sheet.mention(file, Some(Part::Contextual));
    }
    user(piece, sheet);
}

fn registry(piece: Field<'_>, sheet: &mut Sheet) {
    let Some(key) = piece.at("registryKey").text() else { return };
    let key = match piece.at("registryHive").text() {
        Some(hive) if !key.starts_with(&hive) => format!("{hive}\\{key}"),
        _ => key,
    };
    let value = piece.any(&["registryValueName", "registryValueType"]).text();
    sheet.mention(Thing::Registry { key, value, data: piece.at("registryValue").text() }, None);
}

fn user(piece: Field<'_>, sheet: &mut Sheet) {
    let account = piece.at("userAccount");
    let account = if account.is_there() { account } else { piece };
    let name = account.any(&["accountName", "userPrincipalName"]).text();
    sheet.name_user(name, account.at("domainName").text(), account.at("userSid").text(), None);
    sheet.fact("principal name", account.at("userPrincipalName").text());
}
