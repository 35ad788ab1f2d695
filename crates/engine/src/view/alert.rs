//! Alerts as shown: the queue's rows, one with everything about it, and what became of an import.
use super::{DeviceRef, Evidence, TimelineRow};
use assize_domain::{
    alert::{AlertStatus, Category, Severity, Skipped},
    draft::Draft,
    id::{AlertId, IncidentId, InvestigationId},
    investigation::InvestigationStatus,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AlertRow {
    pub id: AlertId,
    pub title: String,
    pub severity: Severity,
    pub status: AlertStatus,
    pub category: Option<Category>,
    pub detection_source: String,
    /// None: what it is about is no device here.
    pub device: Option<DeviceRef>,
    pub incident_id: IncidentId,
    pub incident_number: u32,
    pub investigation_id: Option<InvestigationId>,
    pub investigation_state: Option<InvestigationStatus>,
    /// Why it is in this incident, where it was not the first.
    pub grouped: Option<String>,
    /// Why no investigation started from it.
    pub skipped: Option<Skipped>,
    pub imported: bool,
    pub first_event: Option<Stamp>,
    pub created_at: Stamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AlertPage {
    pub alerts: Vec<AlertRow>,
    pub total: u32,
    pub next: Option<String>,
    pub newer: u32,
    pub snapshot: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AlertDetail {
    #[serde(flatten)]
    pub row: AlertRow,
    pub description: String,
    /// What the other product told, as far as it was understood.
    pub told: Option<Draft>,
    pub origin: Option<AlertOrigin>,
    /// What its investigation found so far.
    pub evidence: Vec<Evidence>,
    pub activity: Vec<TimelineRow>,
}

/// Where an imported alert came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AlertOrigin {
    pub format: String,
    pub file: String,
    pub imported_at: Stamp,
    /// The whole record as it came.
    pub original: String,
}

/// What became of one batch.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct ImportedBatch {
    pub imported: u32,
    /// Known already: nothing was stored twice.
    pub duplicates: u32,
    /// Of the imported ones, those that started no investigation.
    pub skipped: u32,
    /// Incidents that were opened.
    pub incidents: u32,
    pub alerts: Vec<AlertId>,
    pub investigations: Vec<InvestigationId>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct Imported {
    pub format: String,
    pub records: u32,
    pub imported: u32,
    pub duplicates: u32,
    pub skipped: u32,
    pub incidents: u32,
    /// Records that could not be read: the first ones, and how many more.
    pub failed: Vec<ImportFailed>,
    pub more_failed: u32,
    pub rejected: u32,
    pub fields: ImportedFields,
    /// Alerts whose times state no zone: the chosen one was taken.
    pub without_zone: u32,
    pub alerts: Vec<AlertId>,
    pub more_alerts: u32,
    pub investigations: Vec<InvestigationId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ImportFailed {
    pub line: u32,
    pub record: u32,
    pub error: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct ImportedFields {
    /// Have a place of their own.
    pub mapped: Vec<String>,
    /// Are kept in the original.
    pub kept_raw: Vec<String>,
    /// There are more than are listed.
    pub more: bool,
}
