//! Investigations as shown.
use super::{Action, DeviceRef, Evidence};
use assize_domain::{
    id::{IncidentId, InvestigationId},
    investigation::{InvestigationStatus, LogRow},
    time::Stamp,
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Investigation {
    pub id: InvestigationId,
    pub name: String,
    pub state: InvestigationStatus,
    pub state_label: String,
    /// One sentence that explains the state, with its data (what could not be treated, who stopped it and why).
    pub state_text: String,
    /// `manual` or `alert`, with its comment.
    pub trigger: String,
    pub trigger_comment: Option<String>,
    pub device: DeviceRef,
    pub incident_id: Option<IncidentId>,
    pub incident_number: Option<u32>,
    pub verdict: Verdict,
    pub started_at: Stamp,
    pub ended_at: Option<Stamp>,
    /// How many of its actions were taken back since it ended (I22).
    pub undone: u32,
    pub evidence: Vec<Evidence>,
    pub actions: Vec<Action>,
    pub log: Vec<LogRow>,
    /// Files that were looked into without anything to say about them.
    pub examined_files: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct InvestigationRow {
    pub id: InvestigationId,
    pub name: String,
    pub state: InvestigationStatus,
    pub state_label: String,
    pub trigger: String,
    pub device: DeviceRef,
    pub incident_number: Option<u32>,
    pub started_at: Stamp,
    pub ended_at: Option<Stamp>,
    pub pending_actions: u32,
    pub undone: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct InvestigationPage {
    pub investigations: Vec<InvestigationRow>,
    pub total: u32,
    pub next: Option<String>,
    pub newer: u32,
    pub snapshot: String,
}
