//! Tables: whatever columns somebody has, with a proposal of what each of them means that a person can change.
use std::collections::BTreeMap;

use assize_domain::{
    alert::{AlertStatus, Category, Severity},
    draft::{DeviceNamed, DraftKind, NamedProcess, Part, Thing},
};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    field::Field,
    format::{severity_of_hundred, severity_word},
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    Id,
    Title,
    Description,
    Severity,
    Status,
    Category,
    Technique,
    Time,
    EndTime,
    Source,
    Rule,
    Threat,
    DeviceName,
    DeviceId,
    DeviceIp,
    User,
    FilePath,
    FileName,
    Sha256,
    Sha1,
    Md5,
    ProcessId,
    ProcessPath,
    CommandLine,
    SourceIp,
    SourcePort,
    DestinationIp,
    DestinationPort,
    Url,
    Domain,
    RegistryKey,
    Tag,
    Comment,
}

impl Column {
    /// Words that name such a column, without spaces and signs; the plainer ones stand later, and the first that fits wins.
    const WORDS: &[(Self, &[&str])] = &[
        (Self::Sha256, &["sha256"]),
        (Self::Sha1, &["sha1"]),
        (Self::Md5, &["md5"]),
        (Self::ProcessId, &["processid", "pid"]),
        (Self::CommandLine, &["commandline", "cmdline", "processcommandline", "command"]),
        (Self::ProcessPath, &["processpath", "processimage", "image", "exe", "executable", "initiatingprocess"]),
        (Self::FilePath, &["filepath", "fullpath", "path", "folderpath", "location", "file", "object"]),
        (Self::FileName, &["filename"]),
        (Self::SourcePort, &["sourceport", "srcport", "sport"]),
        (Self::DestinationPort, &["destinationport", "destport", "dstport", "dport"]),
        (Self::SourceIp, &["sourceip", "srcip", "sourceaddress", "srcaddr", "clientip", "attackerip", "remoteip"]),
        (Self::DestinationIp, &["destinationip", "destip", "dstip", "destinationaddress", "dstaddr", "serverip"]),
        (Self::DeviceIp, &["deviceip", "hostip", "agentip", "ip", "ipaddress", "localip"]),
        (Self::DeviceId, &["deviceid", "hostid", "agentid", "machineid", "assetid"]),
        (
            Self::DeviceName,
            &[
                "devicename",
                "hostname",
                "host",
                "computer",
                "computername",
                "machine",
                "device",
                "endpoint",
                "agent",
                "asset",
                "server",
            ],
        ),
        (Self::Technique, &["technique", "techniques", "mitretechnique", "mitre", "attack", "ttp"]),
        (Self::Category, &["category", "tactic", "class", "classification", "alerttype", "type"]),
        (Self::Severity, &["severity", "priority", "level", "risk", "riskscore", "criticality"]),
        (Self::Status, &["status", "state"]),
        (Self::EndTime, &["endtime", "lastseen", "lastevent", "lastactivity"]),
        (
            Self::Time,
            &[
                "time",
                "timestamp",
                "date",
                "datetime",
                "eventtime",
                "starttime",
                "created",
                "createdat",
                "firstseen",
                "detectedat",
                "detectiontime",
                "alerttime",
                "timegenerated",
                "timeutc",
                "timestamputc",
                "dateutc",
            ],
        ),
        (Self::Threat, &["threat", "threatname", "malware", "malwarename", "virus", "virusname", "detection"]),
        (Self::Rule, &["rule", "ruleid", "rulename", "signatureid", "sid"]),
        (
            Self::Title,
            &["title", "alert", "alertname", "alerttitle", "name", "signature", "event", "subject", "summary"],
        ),
        (Self::Description, &["description", "details", "detail", "message", "text", "reason"]),
        (Self::Source, &["source", "product", "detectionsource", "vendor", "provider", "tool", "sensor"]),
        (Self::User, &["user", "username", "account", "accountname", "login"]),
        (Self::Url, &["url", "uri", "link"]),
        (Self::Domain, &["domain", "fqdn", "dnsname"]),
        (Self::RegistryKey, &["registrykey", "regkey", "registry"]),
        (Self::Tag, &["tag", "tags", "label", "labels"]),
        (Self::Comment, &["comment", "comments", "note", "notes"]),
        (Self::Id, &["id", "alertid", "eventid", "uuid", "guid", "externalid", "incidentid"]),
    ];

    /// What a heading seems to mean.
    pub(crate) fn guess(heading: &str) -> Option<Self> {
        // Of `alert.host.name` the last word counts, together with the one before it where that makes one.
        let mut words = heading.rsplit('.');
        let (last, before) = (words.next().unwrap_or_default(), words.next());
        if let Some(found) = before.and_then(|b| Self::of_word(&format!("{b}{last}"))) {
            return Some(found);
        }
        Self::of_word(last)
    }

    fn of_word(heading: &str) -> Option<Self> {
        let word: String = heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        Self::WORDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(column, _)| *column)
    }
}

/// What each column of a table means, by its heading. A column without a meaning stays in the original alone.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct Mapping {
    pub columns: BTreeMap<String, Column>,
}

impl Mapping {
    /// A proposal by the headings; no meaning is given twice where one column can hold it only.
    pub(crate) fn guess(headings: &[String]) -> Self {
        let mut columns: BTreeMap<String, Column> = BTreeMap::new();
        for heading in headings {
            let Some(column) = Column::guess(heading) else { continue };
            let several = matches!(column, Column::Tag | Column::Comment | Column::Technique);
            if several || !columns.values().any(|c| *c == column) {
                columns.insert(heading.clone(), column);
            }
        }
        Self { columns }
    }
}

/// One row, as an object of its headings.
pub(crate) fn read(row: Field<'_>, mapping: &Mapping, reading: Reading) -> Result<Vec<Sheet>, String> {
    let mut said: BTreeMap<Column, Field<'_>> = BTreeMap::new();
    let mut sheet = Sheet::new(DraftKind::Alert, "Table", reading);
    for (heading, column) in &mapping.columns {
        let field = row.dotted(heading);
        if !field.is_there() || field.peek().as_str().is_some_and(|t| t.trim().is_empty()) {
            continue;
        }
        // These may stand in several columns.
        if *column == Column::Tag {
            let said = field.text().unwrap_or_default();
            said.split([',', ';', '|']).map(str::trim).filter(|t| !t.is_empty()).for_each(|t| sheet.tag(t));
        } else if *column == Column::Comment {
            sheet.remark(field.text(), None, None);
        } else if *column == Column::Technique {
            field.text().iter().for_each(|t| sheet.technique(t));
        } else {
            said.insert(*column, field);
        }
    }
    let text = |column: Column| said.get(&column).and_then(|f| f.text()).map(|t| t.trim().to_owned());
    let number = |column: Column| text(column).and_then(|t| t.parse::<u32>().ok());
    let port = |column: Column| number(column).and_then(|n| u16::try_from(n).ok());
    let threat = text(Column::Threat);
    let rule = text(Column::Rule);
    let title = text(Column::Title).or_else(|| threat.clone()).or_else(|| rule.clone());
    let Some(title) = title.or_else(|| text(Column::Description)).or_else(|| text(Column::FilePath)) else {
        return Err("No column of this row says what it is about.".to_owned());
    };
    sheet.draft().title = title;
    sheet.draft().description = text(Column::Description).unwrap_or_default();
    sheet.draft().threat = threat;
    sheet.draft().rule = rule;
    if let Some(source) = text(Column::Source) {
        sheet.draft().source = source;
    }
    if let Some(id) = text(Column::Id) {
        let (time, title) = (text(Column::Time).unwrap_or_default(), sheet.draft().title.clone());
        sheet.key("csv", &[&id, &time, &title]);
        sheet.draft().external_id = Some(id);
    }
    grave(text(Column::Severity), &mut sheet);
    sheet.draft().status = match text(Column::Status).unwrap_or_default().to_ascii_lowercase().as_str() {
        "resolved" | "closed" | "done" | "fixed" => AlertStatus::Resolved,
        "in progress" | "in_progress" | "acknowledged" | "assigned" | "investigating" => AlertStatus::InProgress,
        _ => AlertStatus::New,
    };
    let category = text(Column::Category);
    sheet.category(category);
    sheet.draft().category.get_or_insert(Category::SuspiciousActivity);
    if let Some(field) = said.get(&Column::Time) {
        sheet.draft().first = sheet.moment(*field);
    }
    if let Some(field) = said.get(&Column::EndTime) {
        sheet.draft().last = sheet.moment(*field);
    }
    let ips = text(Column::DeviceIp).into_iter().collect();
    sheet.device(DeviceNamed { name: text(Column::DeviceName), id: text(Column::DeviceId), ips, os: None });
    let hashes = Hashes::of(text(Column::Sha256), text(Column::Sha1), text(Column::Md5));
    let path = match (text(Column::FilePath), text(Column::FileName)) {
        (Some(folder), Some(name)) if !folder.ends_with(&name) => {
            let slash = if folder.contains('\\') { '\\' } else { '/' };
            Some(format!("{}{slash}{name}", folder.trim_end_matches(slash)))
        }
        (path, name) => path.or(name),
    };
    if let Some(file) = sheet.file(path, hashes, None) {
        sheet.mention(file, Some(Part::Suspicious));
    }
    let process = NamedProcess {
        pid: number(Column::ProcessId),
        exe: text(Column::ProcessPath).filter(|p| p.contains(['/', '\\'])).map(|p| sheet.path(&p)),
        name: text(Column::ProcessPath).filter(|p| !p.contains(['/', '\\'])),
        command_line: text(Column::CommandLine),
        user: text(Column::User),
        ..NamedProcess::default()
    };
    sheet.name_process(process, Some(Part::Suspicious));
    sheet.name_user(text(Column::User), None, None, Some(Part::Contextual));
    sheet.name_ip(text(Column::SourceIp), port(Column::SourcePort), Some(Part::Source));
    sheet.name_ip(text(Column::DestinationIp), port(Column::DestinationPort), Some(Part::Destination));
    sheet.name_url(text(Column::Url), None);
    sheet.name_domain(text(Column::Domain), None);
    if let Some(key) = text(Column::RegistryKey) {
        sheet.mention(Thing::Registry { key, value: None, data: None }, Some(Part::Suspicious));
    }
    Ok(vec![sheet])
}

fn grave(said: Option<String>, sheet: &mut Sheet) {
    let Some(said) = said else {
        sheet.severity(Severity::Medium, "none stated");
        return;
    };
    let severity = severity_word(&said).or_else(|| match said.parse::<f64>() {
        Ok(score) if score > 10.0 => Some(severity_of_hundred(score)),
        // 1 to 5, or 1 to 10: which way it counts nobody says.
        Ok(_) | Err(_) => None,
    });
    if severity.is_none() {
        sheet.note("Its severity is in no words that are known here: medium was taken.");
    }
    sheet.severity(severity.unwrap_or(Severity::Medium), said);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_guessed_in_every_spelling() {
        for (heading, column) in [
            ("Alert Name", Column::Title),
            ("host_name", Column::DeviceName),
            ("SHA-256", Column::Sha256),
            ("Time (UTC)", Column::Time),
            ("Src IP", Column::SourceIp),
            ("Process Command Line", Column::CommandLine),
        ] {
            assert_eq!(Column::guess(heading), Some(column), "{heading}");
        }
        let headings = ["Title", "Name", "Severity", "odd"].map(str::to_owned);
        let mapping = Mapping::guess(&headings);
        assert_eq!(mapping.columns.len(), 2);
        assert_eq!(mapping.columns.get("Title"), Some(&Column::Title));
    }
}
