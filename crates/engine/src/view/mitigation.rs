//! What keeps devices isolated or restricted right now, as shown.
use super::{Action, DeviceRef};
use assize_domain::{id::ActionId, remedy::ActionType, time::Stamp};
use serde::{Deserialize, Serialize};
use specta::Type;

/// One measure that stands on a device (M128).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Mitigation {
    pub device: DeviceRef,
    #[serde(rename = "type")]
    pub kind: ActionType,
    /// What lifts it: the action to be undone.
    pub action_id: ActionId,
    /// Who, when and why; none where this installation does not know the action.
    pub action: Option<Action>,
    pub what: String,
    pub since: Stamp,
    pub until: Option<Stamp>,
    /// Read from the device just now; false where that was not possible.
    pub in_force: bool,
    /// What is not as it should be, one sentence each.
    pub complaints: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MitigationList {
    pub mitigations: Vec<Mitigation>,
    /// Devices that could not be asked, one sentence each.
    pub unasked: Vec<String>,
}
