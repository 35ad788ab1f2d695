//! The first screen, and what tells screens that something changed.
use super::Action;
use assize_domain::{group::AutomationLevel, id::DeviceId, time::Stamp};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Home {
    /// Nobody has chosen an automation level yet: until then everything waits for a person.
    pub first_run: bool,
    pub level: AutomationLevel,
    pub person: String,
    pub this_computer: Option<DeviceId>,
    /// What this installation may do here, and what it may not and why.
    pub rights: String,
    pub pending: u32,
    pub running: u32,
    pub failed: u32,
    pub history: u32,
    pub alerts: u32,
    pub open_incidents: u32,
    pub oldest_pending: Option<Action>,
    pub last_check_at: Option<Stamp>,
    pub last_check_text: Option<String>,
    /// An investigation is running now: what it does.
    pub checking: Option<String>,
    pub practice: Option<PracticeState>,
    /// What automation would have done and a safety rail holds back for a person (M21, M22).
    pub held: Vec<Held>,
}

/// Actions that wait because automation did much, or because of a rule that is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Held {
    pub cause: HeldBy,
    /// The type of the actions, or the name of the rule.
    pub about: String,
    pub waiting: u32,
    pub since: Stamp,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    MassActions,
    NewRule,
}

/// How much automation may do before a person has looked, and what waits because of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LimitsInForce {
    #[serde(flatten)]
    pub limits: assize_domain::caution::Limits,
    pub held: Vec<Held>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PracticeState {
    pub device_id: DeviceId,
    pub folder: String,
    pub processes: u32,
}

/// Sent to the window when anything was written, by whichever process. Screens ask again for what they show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Change {
    /// The highest record sequence, as decimal text.
    pub sequence: String,
}
