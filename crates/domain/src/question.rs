//! What is asked of a device and what it answers: the shapes that cross between the engine and an agent.
use crate::{
    entity::Bytes,
    id::{ActionId, InvestigationId, OrderId, VaultId},
    investigation::Scope,
    judgement::Observed,
    order::{Fault, Receipt},
    text::DevicePath,
    time::Stamp,
    verdict::{Finding, Verdict},
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Look around on a device and report everything worth judging.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub investigation: InvestigationId,
    pub scope: Scope,
    /// The antivirus program of the machine is asked about every file too, where there is one.
    #[serde(default)]
    pub antivirus: bool,
    /// The SHA-256 of a content: every file met that has it is reported, with the processes that hold it.
    #[serde(default)]
    pub content: Option<String>,
    /// Files that an alert names: looked at wherever they lie, and reported whatever is to be said about them.
    #[serde(default)]
    pub named: Vec<DevicePath>,
    /// Contents (lower-case hex) that an alert names: every file met that has one of them is reported.
    #[serde(default)]
    pub contents: Vec<String>,
}

impl Question {
    /// A look around, as every investigation begins.
    pub fn new(investigation: InvestigationId, scope: Scope) -> Self {
        Self { investigation, scope, antivirus: false, content: None, named: Vec::new(), contents: Vec::new() }
    }
}

/// What the device knows beforehand; pushed whenever its version changes, kept by the device (design section 2).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DevicePolicy {
    /// Changes whenever anything below does.
    pub version: String,
    pub rules: Vec<RuleFile>,
    /// Lower-case hex hashes (SHA-256, SHA-1, MD5) that indicators name: a file with one of them is always reported.
    pub watched_hashes: Vec<String>,
    /// Contents (SHA-256, lower-case hex) that a person allows: they may be run although the device is restricted.
    #[serde(default)]
    pub allowed_hashes: Vec<String>,
    /// Paths that a person protects beside what ships ([`crate::protected::PathPattern`]).
    #[serde(default)]
    pub protected: Vec<String>,
    /// What all kept copies together may take; as the device knows it where nothing is said.
    #[serde(default)]
    pub vault_cap: Option<Bytes>,
}

/// One rule file as a person added it. What kind it is was told by its content when it was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFile {
    pub name: String,
    pub kind: RuleKind,
    pub body: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    Yara,
    /// ClamAV `.hdb`: MD5:size:name.
    ClamavHdb,
    /// ClamAV `.hsb`: SHA-1 or SHA-256:size:name.
    ClamavHsb,
}

/// How far an investigation has come, for a person who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Progress {
    pub step: String,
    pub files: u32,
}

/// Everything a device saw. `observed` are the things that are judged one by one (every process, everything that
/// arranges to be started, what these start, every file with a finding or a watched hash); `examined` are the other
/// files that were looked into, with nothing to say about them or a reason why they could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answer {
    pub observed: Vec<Observed>,
    pub examined: Vec<Examined>,
    pub log: Vec<AnswerLog>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerLog {
    pub at: Stamp,
    pub action: String,
    /// `done`, `partly`, `failed`.
    pub status: String,
    pub text: String,
}

/// A file that was examined: no threats found, or unknown with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    pub path: DevicePath,
    pub sha256: Option<String>,
    pub size: Bytes,
    pub verdict: Verdict,
    pub finding: Option<Finding>,
}

/// What an action would do, with nothing touched (M61 in its basics).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct Plan {
    pub steps: Vec<PlanStep>,
    pub witnesses: Vec<Witness>,
    pub obstacles: Vec<Obstacle>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlanStep {
    pub what: String,
    pub target: String,
    pub reversible: Reversible,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Reversible {
    Yes,
    Partly,
    No,
}

/// A good sign, a bad sign, or nothing known (M155 in its basics).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Witness {
    pub name: String,
    pub says: WitnessSays,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum WitnessSays {
    Good,
    Bad,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Obstacle {
    /// `changed`, `gone`, `protected`, `no_rights`, `place_taken`, `unsupported`, …
    pub code: String,
    pub text: String,
    /// Nothing can be done while it stands.
    pub blocking: bool,
    /// What a person may choose about it; empty where there is nothing to choose.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

impl Obstacle {
    pub fn new(code: &str, text: impl Into<String>, blocking: bool) -> Self {
        Self { code: code.to_owned(), text: text.into(), blocking, choices: Vec::new() }
    }
}

/// A way on past an obstacle (spec 5.4): an offer, which the person takes by the request that names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub enum Choice {
    /// Leave everything as it is now.
    Stop,
    /// What comes back gets another name beside what stands there.
    KeepBoth,
    /// What stands there goes to the vault.
    Replace,
    /// To a folder the person names.
    Elsewhere,
    /// Folders that are gone are made again with the owner and mode they had.
    Recreate,
    /// An allow indicator for this content in this group, so that it is not caught again.
    Allow { sha256: String, group: String, days: u32 },
    /// Another device keeps the same content, from where it can be restored to a folder.
    OtherDevice { device: String, item: VaultId },
    /// It waits for its device until then, and can be cancelled.
    Queue { until: Stamp },
    /// These later actions are undone first, the last one first.
    ReverseOrder { actions: Vec<ActionId> },
}

/// What is true on the device about an order, asked after a crash (M145).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "truth", content = "told", rename_all = "snake_case")]
pub enum Truth {
    /// Never heard of it, or heard and touched nothing.
    NeverStarted,
    /// It ended, and this is how.
    Ended(Receipt),
    /// The device cannot be asked now: it is asked again later, and nothing is done meanwhile.
    Unknown(Fault),
}

/// One item of a device's vault, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct VaultItem {
    pub id: VaultId,
    pub order: OrderId,
    pub action: ActionId,
    pub path: DevicePath,
    pub sha256: String,
    pub size: Bytes,
    pub quarantined_at: Stamp,
    pub verified_at: Option<Stamp>,
    /// False for a before-image of something that was changed in place (a crontab line), true for a whole file that
    /// was taken away.
    pub quarantined: bool,
    /// Already put back.
    pub restored: bool,
    /// A person keeps it for good.
    #[serde(default)]
    pub pinned: bool,
}

/// What a vault item was, told with its bytes when they are handed out to be written elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOut {
    /// Where it was on its device.
    pub path: DevicePath,
    /// Its permissions without set-id bits.
    pub mode: u32,
    pub size: Bytes,
    pub sha256: String,
}

/// The result of reading one vault item back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultCheck {
    pub item: VaultItem,
    pub fault: Option<Fault>,
}
