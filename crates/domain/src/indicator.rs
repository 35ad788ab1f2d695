//! Indicators: what a person told us beforehand about a hash, an address or a name (spec 1.8; M17).
use crate::{
    id::{GroupId, IndicatorId},
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    Sha256,
    Sha1,
    Md5,
    Ip,
    Url,
    Domain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorAction {
    Allow,
    Audit,
    Warn,
    Block,
    BlockAndRemediate,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Indicator {
    pub id: IndicatorId,
    pub kind: IndicatorKind,
    /// Lower-case hex for hashes, as entered (trimmed) for the rest.
    pub value: String,
    pub action: IndicatorAction,
    pub title: String,
    pub group: Option<GroupId>,
    pub expires_at: Option<Stamp>,
    pub created_at: Stamp,
    pub created_by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndicatorError {
    #[error("a {kind} is {length} hexadecimal characters long")]
    Hash { kind: &'static str, length: usize },
    #[error("the value is empty")]
    Empty,
    #[error("a title is needed: it is what people see when this indicator decides")]
    NoTitle,
}

impl IndicatorKind {
    /// The value in the one spelling under which it is stored and compared.
    pub fn parse_value(self, text: &str) -> Result<String, IndicatorError> {
        let text = text.trim();
        let hash = |kind, length| {
            let hex = text.to_ascii_lowercase();
            let right = hex.len() == length && hex.bytes().all(|b| b.is_ascii_hexdigit());
            right.then_some(hex).ok_or(IndicatorError::Hash { kind, length })
        };
        match self {
            Self::Sha256 => hash("SHA-256", 64),
            Self::Sha1 => hash("SHA-1", 40),
            Self::Md5 => hash("MD5", 32),
            Self::Ip | Self::Url | Self::Domain if text.is_empty() => Err(IndicatorError::Empty),
            Self::Ip | Self::Url => Ok(text.to_owned()),
            Self::Domain => Ok(text.trim_end_matches('.').to_ascii_lowercase()),
        }
    }
}

impl Indicator {
    /// Still in force at `now` for a device of this group.
    pub fn holds(&self, group: &GroupId, now: Stamp) -> bool {
        self.expires_at.is_none_or(|end| now < end) && self.group.as_ref().is_none_or(|g| g == group)
    }
}

/// The indicator that wins for a file with these hashes: SHA-256 before SHA-1 before MD5 whatever the group, then
/// the one scoped to the group before the one for all devices, then Allow before Warn before Block (spec 1.8).
pub fn winning<'a>(
    indicators: impl IntoIterator<Item = &'a Indicator>,
    hashes: &[(IndicatorKind, &str)],
    group: &GroupId,
    now: Stamp,
) -> Option<&'a Indicator> {
    indicators
        .into_iter()
        .filter(|i| i.holds(group, now) && hashes.iter().any(|(kind, value)| *kind == i.kind && *value == i.value))
        .min_by_key(|i| (i.kind, i.group.is_none(), caution(i.action)))
}

fn caution(action: IndicatorAction) -> u8 {
    match action {
        IndicatorAction::Allow => 0,
        IndicatorAction::Warn => 1,
        IndicatorAction::BlockAndRemediate => 2,
        IndicatorAction::Block => 3,
        IndicatorAction::Audit => 4,
    }
}
