//! Indicators, rules, quarantine, audit and health as shown.
use assize_domain::{
    entity::Bytes,
    id::{ActionId, RulePackId, VaultId},
    indicator::Indicator,
    order::Fault,
    question::RuleKind,
    text::DevicePath,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IndicatorList {
    pub indicators: Vec<Indicator>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RulePack {
    pub id: RulePackId,
    pub name: String,
    pub kind: RuleKind,
    pub rules: u32,
    pub enabled: bool,
    pub added_at: Stamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RulePackList {
    pub rules: Vec<RulePack>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct RulesAdded {
    pub added: Vec<RuleFileAdded>,
    pub failed: Vec<RuleFileFailed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RuleFileAdded {
    pub id: RulePackId,
    pub file: String,
    pub kind: RuleKind,
    pub rules: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RuleFileFailed {
    pub file: String,
    pub error: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QuarantineItem {
    pub id: VaultId,
    pub action_id: ActionId,
    pub device: String,
    pub path: DevicePath,
    pub sha256: String,
    pub size: Bytes,
    pub quarantined_at: Stamp,
    /// When it goes for good; none while a person keeps it.
    pub expires_at: Option<Stamp>,
    /// Since when people are warned that its time runs out.
    pub warned_at: Option<Stamp>,
    /// A person keeps it for good.
    pub pinned: bool,
    pub verified_at: Option<Stamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QuarantineList {
    pub items: Vec<QuarantineItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QuarantineCheck {
    pub checked: u32,
    pub damaged: Vec<Fault>,
    pub items: Vec<QuarantineItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RestoredTo {
    pub file: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AuditVerified {
    pub records: u32,
    pub ok: bool,
    pub first_broken: Option<u32>,
}

/// What is never acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProtectedList {
    /// What people added.
    pub added: Vec<ProtectedPath>,
    /// What ships, which nobody takes off.
    pub shipped: Vec<ProtectedGroup>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProtectedPath {
    pub pattern: String,
    pub added_by: String,
    pub added_at: Stamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProtectedGroup {
    /// Follows “It is …”.
    pub what: String,
    pub items: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Check {
    pub name: String,
    pub ok: bool,
    pub detail: String,
    pub hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Doctor {
    pub checks: Vec<Check>,
}
