//! Devices and groups as shown.
use assize_domain::{
    group::{AutomationLevel, MatchingRule, OsPlatform},
    id::{DeviceId, GroupId},
    remedy::ActionType,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// A device where it is only mentioned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeviceRef {
    pub id: DeviceId,
    pub name: String,
    pub group: String,
    pub level: AutomationLevel,
    /// A practice range: marked as such everywhere.
    pub practice: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    pub os: OsPlatform,
    pub os_version: String,
    pub domain: Option<String>,
    pub tags: Vec<String>,
    /// `this_computer`, `staged`, `practice`.
    pub kind: String,
    /// The folder of a staged device.
    pub root: Option<String>,
    pub group: GroupRef,
    pub level: AutomationLevel,
    pub pending_actions: u32,
    pub last_investigated_at: Option<Stamp>,
    pub created_at: Stamp,
    /// Every kind of action, and whether this device can carry it out (M130).
    pub capabilities: Vec<Capability>,
}

/// Whether a device can carry out one kind of action; where not, why, with the steps by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Capability {
    #[serde(rename = "type")]
    pub kind: ActionType,
    pub possible: bool,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeviceList {
    pub devices: Vec<Device>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct GroupRef {
    pub id: GroupId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub description: String,
    pub level: AutomationLevel,
    /// None for the default group, which is always last.
    pub rank: Option<u32>,
    pub rules: Vec<MatchingRule>,
    pub devices: Vec<DeviceRef>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct GroupList {
    pub groups: Vec<Group>,
}

/// A device that a change of groups would move (M119).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeviceMove {
    pub device: String,
    pub from: String,
    pub to: String,
    pub level_before: AutomationLevel,
    pub level_after: AutomationLevel,
}
