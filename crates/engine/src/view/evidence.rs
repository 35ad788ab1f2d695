//! Evidence as shown: the facts of its entity, its verdict and what happened to it.
use super::DeviceRef;
use assize_domain::{
    action::RemediationStatus,
    entity::Entity,
    id::{ActionId, EvidenceId, IncidentId, InvestigationId},
    location::LocationClass,
    time::Stamp,
    verdict::{Reason, Verdict},
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// JSON: the fields below plus `type` and the block named after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Evidence {
    pub id: EvidenceId,
    #[serde(flatten)]
    pub entity: Entity,
    pub title: String,
    pub place: String,
    pub device: DeviceRef,
    pub investigation_id: InvestigationId,
    pub incident_id: Option<IncidentId>,
    pub verdict: Verdict,
    pub reasons: Vec<Reason>,
    pub remediation_status: RemediationStatus,
    pub location_class: LocationClass,
    pub related: Vec<EvidenceId>,
    pub first_seen: Stamp,
    pub last_seen: Stamp,
    /// The action that waits for a person about this item.
    pub pending_action: Option<ActionId>,
    /// All actions about this item, newest last.
    pub actions: Vec<ActionId>,
}

/// Evidence with what it relates to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct EvidenceDetail {
    pub evidence: Evidence,
    pub related: Vec<Evidence>,
}
