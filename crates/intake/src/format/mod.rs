//! The formats, one file each: a record's fields become a draft. Which format a file is, is told by its beginning.
use std::fmt;

use assize_domain::alert::Severity;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    field::Field,
    sheet::{Reading, Sheet},
};

pub(crate) mod csv;
pub(crate) mod ecs;
pub(crate) mod eve;
pub(crate) mod falco;
pub(crate) mod guardduty;
pub(crate) mod misp;
pub(crate) mod msgraph;
pub(crate) mod ocsf;
pub(crate) mod osquery;
pub(crate) mod stix;
pub(crate) mod wazuh;
pub(crate) mod windows;

/// What a file may be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Wazuh,
    Msgraph,
    Ecs,
    Eve,
    Falco,
    Ocsf,
    Stix,
    Misp,
    Guardduty,
    Osquery,
    WindowsXml,
    Evtx,
    Csv,
    /// JSON of no known kind, read by its columns as a table is.
    Json,
}

impl Format {
    pub const ALL: [Self; 14] = [
        Self::Wazuh,
        Self::Msgraph,
        Self::Ecs,
        Self::Eve,
        Self::Falco,
        Self::Ocsf,
        Self::Stix,
        Self::Misp,
        Self::Guardduty,
        Self::Osquery,
        Self::WindowsXml,
        Self::Evtx,
        Self::Csv,
        Self::Json,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Wazuh => "wazuh",
            Self::Msgraph => "msgraph",
            Self::Ecs => "ecs",
            Self::Eve => "eve",
            Self::Falco => "falco",
            Self::Ocsf => "ocsf",
            Self::Stix => "stix",
            Self::Misp => "misp",
            Self::Guardduty => "guardduty",
            Self::Osquery => "osquery",
            Self::WindowsXml => "windows_xml",
            Self::Evtx => "evtx",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Wazuh => "Wazuh alerts",
            Self::Msgraph => "Microsoft Graph security alerts and incidents",
            Self::Ecs => "Elastic Common Schema",
            Self::Eve => "Suricata EVE",
            Self::Falco => "Falco",
            Self::Ocsf => "Open Cybersecurity Schema Framework",
            Self::Stix => "STIX 2",
            Self::Misp => "MISP events",
            Self::Guardduty => "Amazon GuardDuty findings",
            Self::Osquery => "osquery results",
            Self::WindowsXml => "Windows events as XML or JSON",
            Self::Evtx => "Windows event log",
            Self::Csv => "Table (CSV)",
            Self::Json => "JSON of another kind",
        }
    }

    /// By its code or another name people use for it.
    pub fn named(text: &str) -> Option<Self> {
        let word = text.trim().to_ascii_lowercase().replace('-', "_");
        let other = match word.as_str() {
            "suricata" => Some(Self::Eve),
            "elastic" | "elasticsearch" | "kibana" => Some(Self::Ecs),
            "graph" | "defender" => Some(Self::Msgraph),
            "windows_event_xml" | "xml" | "windows" | "sysmon" => Some(Self::WindowsXml),
            "stix2" => Some(Self::Stix),
            _ => None,
        };
        other.or_else(|| Self::ALL.into_iter().find(|f| f.code() == word))
    }

    /// One JSON record of this format; a reason where it is not one.
    pub(crate) fn read(self, record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
        match self {
            Self::Wazuh => wazuh::read(record, reading),
            Self::Msgraph => msgraph::read(record, reading),
            Self::Ecs => ecs::read(record, reading),
            Self::Eve => eve::read(record, reading),
            Self::Falco => falco::read(record, reading),
            Self::Ocsf => ocsf::read(record, reading),
            Self::Stix => stix::read(record, reading),
            Self::Misp => misp::read(record, reading),
            Self::Guardduty => guardduty::read(record, reading),
            Self::Osquery => osquery::read(record, reading),
            Self::WindowsXml | Self::Evtx => windows::read(record, reading),
            Self::Csv | Self::Json => Err("This is read by its columns.".to_owned()),
        }
    }

    /// Does this JSON record look like one of this format?
    fn is_like(self, record: Field<'_>) -> bool {
        match self {
            Self::Wazuh => wazuh::is_like(record),
            Self::Msgraph => msgraph::is_like(record),
            Self::Ecs => ecs::is_like(record),
            Self::Eve => eve::is_like(record),
            Self::Falco => falco::is_like(record),
            Self::Ocsf => ocsf::is_like(record),
            Self::Stix => stix::is_like(record),
            Self::Misp => misp::is_like(record),
            Self::Guardduty => guardduty::is_like(record),
            Self::Osquery => osquery::is_like(record),
            Self::WindowsXml => windows::is_like(record),
            Self::Evtx | Self::Csv | Self::Json => false,
        }
    }

    /// The format of a JSON record; the narrower ones are tried before those that others build on.
    pub(crate) fn of(record: Field<'_>) -> Option<Self> {
        [
            Self::Stix,
            Self::Misp,
            Self::Guardduty,
            Self::Ocsf,
            Self::Falco,
            Self::Eve,
            Self::Wazuh,
            Self::Osquery,
            Self::WindowsXml,
            Self::Msgraph,
            Self::Ecs,
        ]
        .into_iter()
        .find(|f| f.is_like(record))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The words that products have for how grave something is.
pub(crate) fn severity_word(text: &str) -> Option<Severity> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "critical" | "fatal" | "emergency" | "alert" | "severe" | "high" | "very high" | "error" | "important" => {
            Severity::High
        }
        "medium" | "moderate" | "warning" | "warn" => Severity::Medium,
        "low" | "minor" | "notice" => Severity::Low,
        "informational" | "info" | "information" | "none" | "debug" | "verbose" | "clear" => Severity::Informational,
        _ => return None,
    })
}

/// Severity of 0 to 100, as risk scores count.
pub(crate) fn severity_of_hundred(score: f64) -> Severity {
    match score {
        s if s >= 70.0 => Severity::High,
        s if s >= 40.0 => Severity::Medium,
        s if s >= 20.0 => Severity::Low,
        _ => Severity::Informational,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_coded_as_serde_writes_it_and_known_by_its_names() {
        for format in Format::ALL {
            assert_eq!(serde_json::to_value(format).unwrap(), format.code());
            assert_eq!(Format::named(format.code()), Some(format));
            assert!(!format.label().is_empty());
        }
        assert_eq!(Format::named("Suricata"), Some(Format::Eve));
        assert_eq!(Format::named("windows-xml"), Some(Format::WindowsXml));
        assert_eq!(Format::named("auto"), None);
    }
}
