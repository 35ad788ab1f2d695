//! An alert as another product told it, before it has a place here (spec 1.3; M107): what was understood of it, what it
//! names, and its own text in full. Nothing in it is proof: a draft names things, the device tells what is there.
use crate::{
    alert::{AlertStatus, Category, Severity},
    entity::Bytes,
    incident::Classification,
    indicator::IndicatorKind,
    text::DevicePath,
    time::Stamp,
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// What kind of thing the other product wrote down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DraftKind {
    /// Somebody's analyser says that something is wrong.
    Alert,
    /// The other product's own case, without the alerts in it.
    Incident,
    /// Something happened; nobody says that it is wrong.
    Event,
    /// Knowledge about threats elsewhere: nothing happened here.
    Intelligence,
}

/// How the moment of a draft is known to be that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// The source names its time zone, or counts from 1970 in UTC.
    Stated,
    /// The source names none; the importing person's choice (UTC where nothing was chosen) was taken.
    Assumed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
pub struct Moment {
    pub at: Stamp,
    pub zone: Zone,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Draft {
    pub kind: DraftKind,
    /// The same for the same alert in another file or another run: format and id, or format and content.
    pub key: String,
    /// Which record of the file it was, counted from 1.
    pub record: u32,
    /// On which line of the file it began.
    pub line: u32,
    /// Its id in the other product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The id of the case it belongs to in the other product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_incident: Option<String>,
    pub title: String,
    pub description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended_actions: Option<String>,
    pub severity: Severity,
    /// In the other product's own words: `Warning`, `level 12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity_said: Option<String>,
    pub status: AlertStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub determination: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_said: Option<String>,
    /// ATT&CK numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub techniques: Vec<String>,
    /// What detected it, as lists show it: `Falco`, `Microsoft Defender for Endpoint`.
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The rule that made it, by its number or name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who wrote the rule or the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threat: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// When it began to happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
    /// Whose device it may be about, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceNamed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// Values that the other product offers as indicators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Remark>,
    /// Short values that have no field of their own here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// What had to be assumed or cut to read it, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The whole record as it came. Bytes that are not UTF-8 stand as in [`DevicePath`].
    pub raw: String,
}

/// A device as somebody else calls it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct DeviceNamed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ips: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
}

/// Something an alert names, with what the alert says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Mention {
    pub thing: Thing,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Part>,
    /// The other product's judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What the other product did about it, in its own word: `prevented`, `quarantined`, `blocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treated: Option<String>,
    /// The container it lives in: its paths and numbers mean something else outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
}

/// The thing itself, as far as the alert knows it. Every member may be missing: an alert is not a look at the device.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Thing {
    File(NamedFile),
    Process(NamedProcess),
    Service {
        name: String,
        command: Option<String>,
    },
    ScheduledTask {
        name: String,
        command: Option<String>,
        user: Option<String>,
    },
    Driver {
        path: Option<DevicePath>,
        sha256: Option<String>,
    },
    Registry {
        key: String,
        value: Option<String>,
        data: Option<String>,
    },
    User {
        name: String,
        domain: Option<String>,
        sid: Option<String>,
    },
    Ip {
        address: String,
        port: Option<u16>,
    },
    Url {
        url: String,
    },
    Domain {
        domain: String,
    },
    /// Mailboxes, messages, groups, cloud things: kept by kind and name.
    Other {
        kind: String,
        name: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize, Type)]
pub struct NamedFile {
    /// In full. A bare file name is in `name` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<DevicePath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Bytes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize, Type)]
pub struct NamedProcess {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exe: Option<DevicePath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_pid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The part something plays in an alert (spec 1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Unknown,
    Contextual,
    Scanned,
    Source,
    Destination,
    Created,
    Added,
    Edited,
    Compromised,
    Attacked,
    Attacker,
    CommandAndControl,
    Loaded,
    Suspicious,
    PolicyViolator,
}

impl Part {
    pub const ALL: [Self; 15] = [
        Self::Unknown,
        Self::Contextual,
        Self::Scanned,
        Self::Source,
        Self::Destination,
        Self::Created,
        Self::Added,
        Self::Edited,
        Self::Compromised,
        Self::Attacked,
        Self::Attacker,
        Self::CommandAndControl,
        Self::Loaded,
        Self::Suspicious,
        Self::PolicyViolator,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Contextual => "contextual",
            Self::Scanned => "scanned",
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Created => "created",
            Self::Added => "added",
            Self::Edited => "edited",
            Self::Compromised => "compromised",
            Self::Attacked => "attacked",
            Self::Attacker => "attacker",
            Self::CommandAndControl => "command_and_control",
            Self::Loaded => "loaded",
            Self::Suspicious => "suspicious",
            Self::PolicyViolator => "policy_violator",
        }
    }

    /// However the other product spells it: `commandAndControl`, `policy violator`.
    pub fn named(text: &str) -> Option<Self> {
        let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let letters = letters.to_ascii_lowercase();
        Self::ALL.into_iter().find(|p| p.code().replace('_', "") == letters)
    }
}

/// A value that could become an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
pub struct Offer {
    pub kind: IndicatorKind,
    /// In the spelling of [`IndicatorKind::parse_value`].
    pub value: String,
    pub title: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Remark {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Stamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

impl Draft {
    /// Things of the device itself that somebody could go and look at: not those inside containers.
    pub fn of_the_device(&self) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(|m| m.container.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_coded_as_serde_writes_it_and_known_by_its_name() {
        for part in Part::ALL {
            assert_eq!(serde_json::to_value(part).unwrap(), part.code());
            assert_eq!(Part::named(part.code()), Some(part));
        }
        assert_eq!(Part::named("commandAndControl"), Some(Part::CommandAndControl));
        assert_eq!(Part::named("myAsset"), None);
    }

    #[test]
    fn a_thing_is_its_type_and_what_is_known_of_it() {
        let thing = Thing::Process(NamedProcess { pid: Some(7), ..NamedProcess::default() });
        let json = serde_json::to_value(&thing).unwrap();
        assert_eq!(json, serde_json::json!({"type": "process", "pid": 7}));
        assert_eq!(serde_json::from_value::<Thing>(json).unwrap(), thing);
    }
}
