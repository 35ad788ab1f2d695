//! The audit record: who changed what, when and why; append-only and hash-chained (spec 4.4).
use crate::{role::Actor, time::Stamp};
use serde::{Deserialize, Serialize};
use specta::Type;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Action,
    Investigation,
    Incident,
    Alert,
    Evidence,
    Device,
    Group,
    Indicator,
    RulePack,
    Setting,
    Vault,
}

impl Subject {
    pub fn code(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Investigation => "investigation",
            Self::Incident => "incident",
            Self::Alert => "alert",
            Self::Evidence => "evidence",
            Self::Device => "device",
            Self::Group => "group",
            Self::Indicator => "indicator",
            Self::RulePack => "rule_pack",
            Self::Setting => "setting",
            Self::Vault => "vault",
        }
    }
}

/// A record before the store numbers and chains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Entry {
    pub at: Stamp,
    pub actor: Actor,
    pub subject: Subject,
    pub subject_id: String,
    /// `T5`, `I8`, `N2` of spec section 4, or the name of a settings change.
    pub event: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// A plain sentence.
    pub text: String,
    pub comment: Option<String>,
    /// What else is worth keeping, as JSON text: level, class, rule trace, order id, differences.
    pub detail: Option<String>,
}
