//! Alerts: what asks for an investigation (spec 1.3).
use crate::{
    id::{AlertId, DeviceId, IncidentId, InvestigationId},
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Alert {
    pub id: AlertId,
    pub title: String,
    pub description: String,
    pub severity: Severity,
    pub status: AlertStatus,
    pub detection_source: String,
    pub device_id: DeviceId,
    /// Every alert lives in exactly one incident.
    pub incident_id: IncidentId,
    pub investigation_id: Option<InvestigationId>,
    pub created_at: Stamp,
    pub updated_at: Stamp,
}
