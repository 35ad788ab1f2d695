//! Incidents as shown: the queue's rows and the incident page.
use super::{Action, DeviceRef, Evidence, InvestigationRow, TimelineRow};
use assize_domain::{
    alert::{AlertStatus, Category, Severity, Skipped},
    id::{AlertId, IncidentId, InvestigationId},
    incident::IncidentStatus,
    investigation::InvestigationStatus,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IncidentRow {
    pub id: IncidentId,
    pub number: u32,
    pub name: String,
    pub status: IncidentStatus,
    pub severity: Severity,
    pub investigation_states: Vec<InvestigationStatus>,
    pub pending_actions: u32,
    pub active_alerts: u32,
    pub alerts: u32,
    pub devices: Vec<String>,
    pub practice: bool,
    pub assigned_to: Option<String>,
    pub tags: Vec<String>,
    pub oldest_pending_at: Option<Stamp>,
    pub created_at: Stamp,
    pub last_activity: Stamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IncidentPage {
    pub incidents: Vec<IncidentRow>,
    pub total: u32,
    pub next: Option<String>,
    pub newer: u32,
    pub snapshot: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Incident {
    #[serde(flatten)]
    pub row: IncidentRow,
    /// What happened, in two or three plain sentences.
    pub summary: Vec<String>,
    pub resolution: Option<ResolutionNote>,
    pub alerts_list: Vec<Alert>,
    pub devices_list: Vec<DeviceRef>,
    pub investigations: Vec<InvestigationRow>,
    pub evidence: Vec<Evidence>,
    pub actions: Vec<Action>,
    pub activity: Vec<TimelineRow>,
}

/// Who closed it, when and why; automatic closing names the results that justified it (M105).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ResolutionNote {
    pub at: Stamp,
    pub by: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Alert {
    pub id: AlertId,
    pub title: String,
    pub description: String,
    pub severity: Severity,
    pub status: AlertStatus,
    pub detection_source: String,
    /// None: what it is about is no device here.
    pub device: Option<DeviceRef>,
    pub incident_id: IncidentId,
    pub investigation_id: Option<InvestigationId>,
    pub created_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Why it is in this incident, where it was not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouped: Option<String>,
    /// Why no investigation started from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
}
