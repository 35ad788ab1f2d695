//! Alerts: what asks for an investigation (spec 1.3).
use crate::{
    draft::Draft,
    id::{AlertId, DeviceId, IncidentId, InvestigationId},
    investigation::InvestigationStatus,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Informational,
    Low,
    Medium,
    High,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    New,
    InProgress,
    Resolved,
}

/// The stage of an attack, or the kind of threat, that an alert is about (spec 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    InitialAccess,
    Execution,
    Persistence,
    PrivilegeEscalation,
    DefenseEvasion,
    CredentialAccess,
    Discovery,
    LateralMovement,
    Collection,
    CommandAndControl,
    Exfiltration,
    Impact,
    Malware,
    Ransomware,
    UnwantedSoftware,
    SuspiciousActivity,
    Exploit,
    CustomDetection,
}

impl Category {
    pub const ALL: [Self; 18] = [
        Self::InitialAccess,
        Self::Execution,
        Self::Persistence,
        Self::PrivilegeEscalation,
        Self::DefenseEvasion,
        Self::CredentialAccess,
        Self::Discovery,
        Self::LateralMovement,
        Self::Collection,
        Self::CommandAndControl,
        Self::Exfiltration,
        Self::Impact,
        Self::Malware,
        Self::Ransomware,
        Self::UnwantedSoftware,
        Self::SuspiciousActivity,
        Self::Exploit,
        Self::CustomDetection,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::InitialAccess => "initial_access",
            Self::Execution => "execution",
            Self::Persistence => "persistence",
            Self::PrivilegeEscalation => "privilege_escalation",
            Self::DefenseEvasion => "defense_evasion",
            Self::CredentialAccess => "credential_access",
            Self::Discovery => "discovery",
            Self::LateralMovement => "lateral_movement",
            Self::Collection => "collection",
            Self::CommandAndControl => "command_and_control",
            Self::Exfiltration => "exfiltration",
            Self::Impact => "impact",
            Self::Malware => "malware",
            Self::Ransomware => "ransomware",
            Self::UnwantedSoftware => "unwanted_software",
            Self::SuspiciousActivity => "suspicious_activity",
            Self::Exploit => "exploit",
            Self::CustomDetection => "custom_detection",
        }
    }

    /// What another product calls it, however it spells the words: `Defense Evasion`, `defence-evasion`, `TA0005`.
    pub fn named(text: &str) -> Option<Self> {
        let letters: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let letters = letters.to_ascii_lowercase().replace("defence", "defense");
        let of_number = match letters.as_str() {
            "ta0001" => Some(Self::InitialAccess),
            "ta0002" => Some(Self::Execution),
            "ta0003" => Some(Self::Persistence),
            "ta0004" => Some(Self::PrivilegeEscalation),
            "ta0005" => Some(Self::DefenseEvasion),
            "ta0006" => Some(Self::CredentialAccess),
            "ta0007" | "reconnaissance" | "recon" | "ta0043" => Some(Self::Discovery),
            "ta0008" => Some(Self::LateralMovement),
            "ta0009" => Some(Self::Collection),
            "ta0011" | "commandcontrol" | "c2" => Some(Self::CommandAndControl),
            "ta0010" => Some(Self::Exfiltration),
            "ta0040" => Some(Self::Impact),
            _ => None,
        };
        of_number.or_else(|| Self::ALL.into_iter().find(|c| c.code().replace('_', "") == letters))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Alert {
    pub id: AlertId,
    pub title: String,
    pub description: String,
    pub severity: Severity,
    pub status: AlertStatus,
    pub detection_source: String,
    /// None: what it is about is no device here, and nothing can be done about it from here.
    pub device_id: Option<DeviceId>,
    /// Every alert lives in exactly one incident.
    pub incident_id: IncidentId,
    pub investigation_id: Option<InvestigationId>,
    pub created_at: Stamp,
    pub updated_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Why it is in this incident, where it was not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouped: Option<String>,
    /// Why no investigation started from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
    /// What another product told, without its original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Box<Draft>>,
}

/// An alert that started no investigation (spec 1.5.1, I2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Skipped {
    /// One of the states that begin with “Skipped”.
    pub state: InvestigationStatus,
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_is_coded_as_serde_writes_it_and_known_by_its_name() {
        for category in Category::ALL {
            assert_eq!(serde_json::to_value(category).unwrap(), category.code());
            assert_eq!(Category::named(category.code()), Some(category));
        }
        assert_eq!(Category::named("Defence Evasion"), Some(Category::DefenseEvasion));
        assert_eq!(Category::named("CommandAndControl"), Some(Category::CommandAndControl));
        assert_eq!(Category::named("AnonymousLogin"), None);
    }
}
