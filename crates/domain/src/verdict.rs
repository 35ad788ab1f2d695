//! What a piece of evidence is, and the findings that say so.
use serde::{Deserialize, Serialize};
use specta::Type;

/// The judgement on one piece of evidence (M1). Ordered from harmless to harmful; `Unknown` is not a verdict but
/// the honest absence of one: it never acts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    NoThreatsFound,
    Unknown,
    Suspicious,
    Malicious,
}

impl Verdict {
    pub const ALL: [Self; 4] = [Self::NoThreatsFound, Self::Unknown, Self::Suspicious, Self::Malicious];

    pub fn label(self) -> &'static str {
        match self {
            Self::NoThreatsFound => "No threats found",
            Self::Unknown => "Not yet judged",
            Self::Suspicious => "Suspicious",
            Self::Malicious => "Malicious",
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::NoThreatsFound => "no_threats_found",
            Self::Unknown => "unknown",
            Self::Suspicious => "suspicious",
            Self::Malicious => "malicious",
        }
    }

    /// Needs somebody's attention.
    pub fn is_bad(self) -> bool {
        match self {
            Self::Suspicious | Self::Malicious => true,
            Self::NoThreatsFound | Self::Unknown => false,
        }
    }
}

/// How much one finding can carry by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Speaks for the item: a package owns it and its checksum matches.
    Good,
    /// An analyser could not look (error, time-out, unreadable): says nothing about the item.
    Unknown,
    /// Odd: enough to ask a person, never enough to act.
    Odd,
    /// A strong witness: known-bad hash, signature, high-confidence rule.
    Bad,
}

/// Where a finding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FindingSource {
    Indicator,
    YaraRule,
    HashSignature,
    TestFile,
    Heuristic,
    PackageDatabase,
    Relation,
    Analyser,
    /// The antivirus program of the machine.
    Antivirus,
    /// Another product, in an alert that was imported from it.
    Alert,
}

/// One thing that one analyser says about one piece of evidence, in a sentence a shop owner understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Finding {
    pub text: String,
    pub source: FindingSource,
    pub weight: Weight,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Another text whenever the rule says something else, where that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Begins the version of rules that are part of the program itself. No hash of a file has it.
pub const OWN_VERSION: &str = "assize:";

impl Finding {
    pub fn new(source: FindingSource, weight: Weight, text: impl Into<String>) -> Self {
        Self { text: text.into(), source, weight, rule: None, author: None, version: None }
    }
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}

/// Why a verdict was reached: the findings that carried it, strongest first. Shape of `reasons` in the contract.
pub type Reason = Finding;
