//! Windows events, as XML or as collectors turn them into JSON: what Defender found is an alert; everything else is an
//! event that happened.
use assize_domain::{
    alert::{Category, Severity},
    draft::{DraftKind, NamedProcess, Part, Thing},
};

use crate::{
    field::{Field, whole_number},
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

/// Events that people look for, by the beginning of their provider's name and their number. Elsewhere an event is
/// called by its provider and number.
const KNOWN: &[(&str, u64, &str, Severity, Category)] = &[
    ("Service Control", 7045, "A service was installed", Severity::Low, Category::Persistence),
    ("Microsoft-Windows-Security", 4697, "A service was installed", Severity::Low, Category::Persistence),
    ("Microsoft-Windows-Security", 4698, "A scheduled task was created", Severity::Low, Category::Persistence),
    (
        "Microsoft-Windows-Security",
        4699,
        "A scheduled task was deleted",
        Severity::Informational,
        Category::Persistence,
    ),
    ("Microsoft-Windows-Security", 4702, "A scheduled task was changed", Severity::Low, Category::Persistence),
    ("Microsoft-Windows-Security", 4720, "A user account was created", Severity::Low, Category::Persistence),
    ("Microsoft-Windows-Security", 4688, "A program was started", Severity::Informational, Category::Execution),
    ("Microsoft-Windows-Security", 4625, "A logon failed", Severity::Informational, Category::CredentialAccess),
    ("Microsoft-Windows-Eventlog", 1102, "The security log was cleared", Severity::Medium, Category::DefenseEvasion),
    ("Microsoft-Windows-Eventlog", 104, "A log was cleared", Severity::Low, Category::DefenseEvasion),
    ("Microsoft-Windows-Sysmon", 1, "A program was started", Severity::Informational, Category::Execution),
    (
        "Microsoft-Windows-Sysmon",
        3,
        "A program made a connection",
        Severity::Informational,
        Category::CommandAndControl,
    ),
    ("Microsoft-Windows-Sysmon", 5, "A program ended", Severity::Informational, Category::Execution),
    ("Microsoft-Windows-Sysmon", 6, "A driver was loaded", Severity::Informational, Category::Persistence),
    ("Microsoft-Windows-Sysmon", 7, "A library was loaded", Severity::Informational, Category::DefenseEvasion),
    ("Microsoft-Windows-Sysmon", 8, "A program started a thread in another", Severity::Low, Category::DefenseEvasion),
    ("Microsoft-Windows-Sysmon", 10, "A program opened another", Severity::Informational, Category::CredentialAccess),
    ("Microsoft-Windows-Sysmon", 11, "A file was created", Severity::Informational, Category::Execution),
    (
        "Microsoft-Windows-Sysmon",
        12,
        "A registry key was created or deleted",
        Severity::Informational,
        Category::Persistence,
    ),
    ("Microsoft-Windows-Sysmon", 13, "A registry value was set", Severity::Informational, Category::Persistence),
    ("Microsoft-Windows-Sysmon", 14, "A registry key was renamed", Severity::Informational, Category::Persistence),
    ("Microsoft-Windows-Sysmon", 19, "An event filter was registered", Severity::Low, Category::Persistence),
    ("Microsoft-Windows-Sysmon", 20, "An event consumer was registered", Severity::Low, Category::Persistence),
    ("Microsoft-Windows-Sysmon", 21, "A consumer was tied to a filter", Severity::Low, Category::Persistence),
    ("Microsoft-Windows-Sysmon", 22, "A name was looked up", Severity::Informational, Category::CommandAndControl),
    ("Microsoft-Windows-Sysmon", 23, "A file was deleted", Severity::Informational, Category::DefenseEvasion),
];

const DEFENDER: &str = "Microsoft-Windows-Windows Defender";

/// Defender's own events about something it found.
const DETECTIONS: &[u64] = &[1006, 1007, 1008, 1015, 1116, 1117, 1118, 1119, 1121, 1122];

/// The parts of one event, wherever this kind of record keeps them.
struct Parts<'a> {
    number: Field<'a>,
    provider: Field<'a>,
    computer: Field<'a>,
    channel: Field<'a>,
    time: Field<'a>,
    record: Field<'a>,
    user: Field<'a>,
    message: Field<'a>,
    data: Field<'a>,
}

/// An attribute, as JSON made of XML writes it.
fn attribute<'a>(of: Field<'a>, name: &str) -> Field<'a> {
    let inner = of.at("#attributes").at(name);
    if inner.is_there() { inner } else { of.at(name) }
}

impl<'a> Parts<'a> {
    fn of(record: Field<'a>) -> Self {
        let event = record.at("Event");
        let event = if event.is_there() { event } else { record };
        let system = event.at("System");
        if !system.is_there() {
            return Self::flat(record);
        }
        let id = system.at("EventID");
        let provider = system.at("Provider");
        let name = attribute(provider, "Name");
        let data = [event.at("EventData"), event.at("UserData")].into_iter().find(|d| d.is_there());
        Self {
            number: if id.at("#text").is_there() { id.at("#text") } else { id },
            provider: if name.is_there() { name } else { attribute(provider, "EventSourceName") },
            computer: system.at("Computer"),
            channel: system.at("Channel"),
            time: attribute(system.at("TimeCreated"), "SystemTime"),
            record: system.at("EventRecordID"),
            user: attribute(system.at("Security"), "UserID"),
            message: event.at("RenderingInfo").at("Message"),
            data: data.unwrap_or_else(|| event.at("EventData")),
        }
    }

    /// Everything side by side, as collectors write it.
    fn flat(record: Field<'a>) -> Self {
        let data = record.at("EventData");
        Self {
            number: record.any(&["EventID", "EventId", "Id"]),
            provider: record.any(&["SourceName", "ProviderName", "Provider_Name", "Provider"]),
            computer: record.any(&["Hostname", "Computer", "ComputerName", "MachineName"]),
            channel: record.any(&["Channel", "LogName"]),
            time: record.any(&["@timestamp", "UtcTime", "TimeCreated", "EventTime"]),
            record: record.any(&["RecordNumber", "EventRecordID", "RecordId"]),
            user: record.any(&["UserID", "UserId"]),
            message: record.at("Message"),
            data: if data.is_there() { data } else { record },
        }
    }
}

pub(super) fn is_like(record: Field<'_>) -> bool {
    let parts = Parts::of(record);
    parts.number.is_there() && parts.provider.is_there() && (parts.channel.is_there() || parts.computer.is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let parts = Parts::of(record);
    let Some(number) = parts.number.number() else {
        return Err("This is no Windows event: it has no event number.".to_owned());
    };
    let provider = parts.provider.text().unwrap_or_default();
    let is_alert = provider == DEFENDER && DETECTIONS.contains(&number);
    let source = if provider == DEFENDER { "Microsoft Defender Antivirus" } else { "Windows event log" };
    let mut sheet = Sheet::new(if is_alert { DraftKind::Alert } else { DraftKind::Event }, source, reading);
    sheet.draft().rule = Some(number.to_string());
    sheet.draft().product = Some(provider.clone());
    let computer = parts.computer.text();
    let channel = parts.channel.text().unwrap_or_default();
    sheet.draft().first = sheet.moment(parts.time);
    if let Some(record_id) = parts.record.text() {
        let key = [computer.as_deref().unwrap_or_default(), &channel, &record_id, parts.time.peek_str()];
        sheet.key("windows", &key);
        sheet.draft().external_id = Some(record_id);
    }
    sheet.fact("log", Some(channel));
    sheet.device_named(computer);
    entitle(&provider, number, &mut sheet);
    sheet.draft().description = parts.message.text().unwrap_or_default();
    if is_alert {
        found(parts.data, number, &mut sheet);
    } else {
        happened(parts.data, &mut sheet);
    }
    // The system itself writes most events; only another account says something.
    let user = parts.user.text().filter(|u| u != "S-1-5-18");
    sheet.name_user(None, None, user, Some(Part::Contextual));
    Ok(vec![sheet])
}

fn entitle(provider: &str, number: u64, sheet: &mut Sheet) {
    let known = KNOWN.iter().find(|(name, id, ..)| *id == number && provider.starts_with(name));
    match known {
        Some((_, _, title, severity, category)) => {
            sheet.draft().title = (*title).to_owned();
            sheet.draft().category = Some(*category);
            sheet.draft().severity = *severity;
        }
        None => {
            let short = provider.strip_prefix("Microsoft-Windows-").unwrap_or(provider);
            sheet.draft().title = format!("{short} event {number}");
        }
    }
}

/// What Wazuh passes on of a Windows event.
pub(super) fn inside_wazuh(system: Field<'_>, data: Field<'_>, sheet: &mut Sheet) {
    sheet.device_named(system.at("computer").text());
    sheet.fact("Windows event", system.at("eventID").text());
    sheet.fact("provider", system.at("providerName").text());
    sheet.fact("log", system.at("channel").text());
    happened(data, sheet);
}

/// Names are capitalised in the event itself and not where others pass it on.
fn at<'a>(data: Field<'a>, name: &str) -> Field<'a> {
    let found = data.at(name);
    if found.is_there() {
        return found;
    }
    let mut lower = name.to_owned();
    if let Some(first) = lower.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    data.at(&lower)
}

/// Windows writes `-` where it knows nothing.
fn said(data: Field<'_>, name: &str) -> Option<String> {
    at(data, name).text().filter(|t| t != "-" && t != "N/A")
}

fn first(data: Field<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|n| said(data, n))
}

fn pid(data: Field<'_>, names: &[&str]) -> Option<u32> {
    let text = first(data, names)?;
    whole_number(&text).and_then(|n| u32::try_from(n).ok())
}

/// Defender's detection.
fn found(data: Field<'_>, number: u64, sheet: &mut Sheet) {
    let threat = said(data, "Threat Name").or_else(|| said(data, "ID"));
    sheet.draft().title = match &threat {
        Some(threat) => format!("{threat} was found"),
        None => format!("Microsoft Defender Antivirus event {number}"),
    };
    sheet.draft().threat = threat;
    sheet.draft().product = said(data, "Product Name").or_else(|| sheet.draft().product.clone());
    let severity = match said(data, "Severity ID").as_deref() {
        Some("1") => Severity::Low,
        Some("2") => Severity::Medium,
        _ => Severity::High,
    };
    let word = said(data, "Severity Name").unwrap_or_else(|| "none stated".to_owned());
    sheet.severity(severity, word);
    let category = said(data, "Category Name");
    sheet.draft().category = Some(match category.as_deref() {
        Some("Potentially Unwanted Software" | "Adware" | "Joke Program") => Category::UnwantedSoftware,
        Some("Ransomware") => Category::Ransomware,
        Some("Exploit") => Category::Exploit,
        _ => Category::Malware,
    });
    sheet.category(category);
    let action = said(data, "Action Name").filter(|a| a != "Not Applicable");
    for place in said(data, "Path").unwrap_or_default().split(';') {
        resource(place.trim(), action.as_deref(), sheet);
    }
    let process = said(data, "Process Name").filter(|p| p != "Unknown");
    let exe = process.as_deref().filter(|p| p.contains('\\')).map(|p| sheet.path(p));
    sheet.name_process(NamedProcess { exe, ..NamedProcess::default() }, Some(Part::Contextual));
    sheet.name_user(said(data, "Detection User"), None, None, Some(Part::Contextual));
    for (name, field) in [
        ("threat number", "Threat ID"),
        ("detection", "Detection ID"),
        ("found by", "Source Name"),
        ("found in", "Origin Name"),
        ("type", "Type Name"),
        ("state of execution", "Execution Name"),
        ("action", "Action Name"),
        ("result", "Error Description"),
        ("more about it", "FWLink"),
    ] {
        sheet.fact(name, said(data, field));
    }
    if sheet.draft().description.is_empty() {
        let place = said(data, "Path").map_or_else(String::new, |p| format!(" in {p}"));
        sheet.draft().description = format!("{}{place}.", sheet.draft().title.clone());
    }
    if let Some(detected) = sheet.first_moment(&[at(data, "Detection Time")]) {
        sheet.draft().first = Some(detected);
    }
}

/// `file:_C:\a.exe`, `regkey:_HKLM\…`, `process:_pid:12,ProcessStart:…`, `containerfile:_C:\a.zip`.
fn resource(place: &str, action: Option<&str>, sheet: &mut Sheet) {
    let Some((kind, what)) = place.split_once(":_") else { return };
    let what = what.trim();
    let thing = match kind {
        "file" | "containerfile" | "webfile" | "startup" => {
            // Inside an archive: `C:\a.zip->b.exe`; from the web: `C:\a.exe|http://…`.
            let (path, rest) = what.split_once('|').unwrap_or((what, ""));
            if rest.starts_with("http") {
                sheet.name_url(Some(rest.split('|').next().unwrap_or(rest).to_owned()), None);
            }
            sheet.file(Some(path.split("->").next().unwrap_or(path).to_owned()), Hashes::default(), None)
        }
        "regkey" | "runkey" | "regkeyvalue" => Some(Thing::Registry { key: what.to_owned(), value: None, data: None }),
        "process" => {
            let pid = what.strip_prefix("pid:").and_then(|p| p.split(',').next()).and_then(|p| p.parse().ok());
            Some(Thing::Process(NamedProcess { pid, ..NamedProcess::default() }))
        }
        "service" => Some(Thing::Service { name: what.to_owned(), command: None }),
        "taskscheduler" => Some(Thing::ScheduledTask { name: what.to_owned(), command: None, user: None }),
        other => Some(Thing::Other { kind: other.to_owned(), name: what.to_owned() }),
    };
    if let Some(thing) = thing
        && let Some(mention) = sheet.mention(thing, Some(Part::Suspicious))
    {
        mention.treated = action.map(str::to_owned);
    }
}

/// The fields that Sysmon, the security log and the service manager use.
fn happened(data: Field<'_>, sheet: &mut Sheet) {
    process(data, sheet);
    let hashes = said(data, "Hashes").or_else(|| said(data, "Hash")).map(|h| Hashes::listed(&h)).unwrap_or_default();
    let image = first(data, &["Image", "NewProcessName"]).filter(|i| i.contains('\\'));
    let loaded = said(data, "ImageLoaded");
    let written = said(data, "TargetFilename");
    // The sums are those of what was loaded, else of what was written, else of the program itself.
    let mut sums = Some(hashes);
    for (path, part) in [(loaded, Part::Loaded), (written, Part::Created), (image, Part::Contextual)] {
        let Some(path) = path else { continue };
        let sums = sums.take().unwrap_or_default();
        if let Some(file) = sheet.file(Some(path), sums, None) {
            sheet.mention(file, Some(part));
        }
    }
    if let Some(key) =
        said(data, "TargetObject").or_else(|| said(data, "ObjectName").filter(|o| o.starts_with("\\REG")))
    {
        let value = said(data, "ObjectValueName");
        sheet.mention(Thing::Registry { key, value, data: first(data, &["Details", "NewValue"]) }, Some(Part::Edited));
    }
    if let Some(name) = said(data, "ServiceName") {
        let command = first(data, &["ImagePath", "ServiceFileName"]);
        sheet.mention(Thing::Service { name, command }, Some(Part::Created));
    }
    if let Some(name) = said(data, "TaskName") {
        let command = first(data, &["TaskContent", "TaskContentNew"]);
        let user = said(data, "SubjectUserName");
        sheet.mention(Thing::ScheduledTask { name, command, user }, Some(Part::Created));
    }
    for (name, domain, sid, part) in [
        ("User", "", "", Part::Contextual),
        ("SubjectUserName", "SubjectDomainName", "SubjectUserSid", Part::Contextual),
        ("TargetUserName", "TargetDomainName", "TargetSid", Part::Attacked),
        ("AccountName", "", "", Part::Contextual),
    ] {
        let sid = if sid.is_empty() { None } else { said(data, sid) };
        let domain = if domain.is_empty() { None } else { said(data, domain) };
        if let Some(name) = said(data, name) {
            sheet.name_user(Some(name), domain, sid, Some(part));
        }
    }
    let port = |name: &str| said(data, name).and_then(|p| p.parse().ok());
    sheet.name_ip(
        first(data, &["SourceIp", "IpAddress", "SourceAddress"]),
        port("SourcePort").or_else(|| port("IpPort")),
        Some(Part::Source),
    );
    let to_port = port("DestinationPort").or_else(|| port("DestPort"));
    sheet.name_ip(first(data, &["DestinationIp", "DestAddress"]), to_port, Some(Part::Destination));
    sheet.name_domain(first(data, &["QueryName", "DestinationHostname"]), None);
    for name in ["RuleName", "technique_id"] {
        if let Some(rule) = said(data, name) {
            sheet.technique(&rule);
            sheet.fact("rule", Some(rule));
        }
    }
    for (name, field) in [("consumer", "Consumer"), ("filter", "Filter"), ("query", "Query"), ("target", "Destination")]
    {
        sheet.fact(name, said(data, field));
    }
    sheet.fact("start type", first(data, &["StartType", "ServiceStartType"]));
    sheet.fact("registry details", said(data, "Details"));
    for value in at(data, "Data").texts() {
        sheet.fact("data", Some(value));
    }
}

fn process(data: Field<'_>, sheet: &mut Sheet) {
    // In the security log the new program has its own names, and `ProcessId` is its parent's.
    let is_new = at(data, "NewProcessName").is_there();
    let (exe, number) = if is_new { ("NewProcessName", "NewProcessId") } else { ("Image", "ProcessId") };
    let exe = said(data, exe).or_else(|| said(data, "ProcessName")).or_else(|| said(data, "SourceImage"));
    let parent = pid(data, if is_new { &["ProcessId"] } else { &["ParentProcessId"] });
    let process = NamedProcess {
        pid: pid(data, &[number, "SourceProcessId"]),
        exe: exe.as_deref().filter(|e| e.contains(['\\', '/'])).map(|e| sheet.path(e)),
        name: exe.filter(|e| !e.contains(['\\', '/'])),
        command_line: said(data, "CommandLine"),
        user: said(data, "User"),
        parent_pid: parent,
        ..NamedProcess::default()
    };
    sheet.name_process(process, Some(Part::Suspicious));
    let above = first(data, &["ParentImage", "ParentProcessName"]);
    let above = NamedProcess {
        pid: parent,
        exe: above.as_deref().filter(|e| e.contains('\\')).map(|e| sheet.path(e)),
        command_line: said(data, "ParentCommandLine"),
        ..NamedProcess::default()
    };
    if above.exe.is_some() || above.command_line.is_some() {
        sheet.name_process(above, Some(Part::Contextual));
    }
    if let Some(target) = said(data, "TargetImage") {
        let target = NamedProcess {
            pid: pid(data, &["TargetProcessId"]),
            exe: Some(sheet.path(&target)),
            ..NamedProcess::default()
        };
        sheet.name_process(target, Some(Part::Attacked));
    }
}
