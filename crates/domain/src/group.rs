//! Device groups: which automation level governs a device (spec 1.2, 2.1; M10, M118, M119).
use crate::{
    id::{DeviceId, GroupId},
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// How much may happen without a person (spec 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AutomationLevel {
    Full,
    SemiAll,
    SemiCore,
    SemiNonTemp,
    None,
}

impl AutomationLevel {
    pub const ALL: [Self; 5] = [Self::Full, Self::SemiCore, Self::SemiNonTemp, Self::SemiAll, Self::None];

    pub fn code(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::SemiAll => "semi_all",
            Self::SemiCore => "semi_core",
            Self::SemiNonTemp => "semi_non_temp",
            Self::None => "none",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Full => "Full – remediate threats automatically",
            Self::SemiAll => "Semi – require approval for any remediation",
            Self::SemiCore => "Semi – require approval for core folders remediation",
            Self::SemiNonTemp => "Semi – require approval for non-temp folders remediation",
            Self::None => "No automated response",
        }
    }
}

/// The name of the group that takes every device no rule fits; always last, never removed.
pub const UNGROUPED: &str = "Ungrouped devices";

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleProperty {
    Name,
    Domain,
    Tag,
    OsPlatform,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleOperator {
    StartsWith,
    EndsWith,
    Equals,
    Contains,
    /// Operating system only; values separated by commas.
    IsOneOf,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MatchingRule {
    pub property: RuleProperty,
    pub operator: RuleOperator,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeviceGroup {
    pub id: GroupId,
    pub name: String,
    pub description: String,
    pub level: AutomationLevel,
    /// 1 wins. The default group has no rank: it is always last.
    pub rank: Option<u32>,
    pub rules: Vec<MatchingRule>,
    pub created_at: Stamp,
}

/// A device as far as groups and decisions need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    pub domain: Option<String>,
    pub os: OsPlatform,
    pub os_version: String,
    pub tags: Vec<String>,
    pub kind: DeviceKind,
    pub created_at: Stamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum OsPlatform {
    Linux,
    Windows,
    Macos,
}

/// How a device is reached (design section 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceKind {
    ThisComputer,
    /// A file tree below a folder.
    Staged {
        root: crate::text::DevicePath,
    },
    /// A staged device that the application made itself, with harmless planted files.
    Practice {
        root: crate::text::DevicePath,
    },
}
