//! Actions as shown, in lists and in the flyout.
use super::DeviceRef;
use assize_domain::{
    action::{ActionStatus, Source},
    entity::EntityType,
    group::AutomationLevel,
    id::{ActionId, ApprovalId, EvidenceId, IncidentId, InvestigationId},
    location::LocationClass,
    order::Fault,
    policy::Ruling,
    question::Plan,
    remedy::ActionType,
    target::Target,
    time::Stamp,
    verdict::{Reason, Verdict},
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Action {
    pub id: ActionId,
    pub approval_id: Option<ApprovalId>,
    pub investigation_id: Option<InvestigationId>,
    pub incident_id: Option<IncidentId>,
    pub evidence_id: Option<EvidenceId>,
    pub device: DeviceRef,
    #[serde(rename = "type")]
    pub kind: ActionType,
    pub status: ActionStatus,
    pub source: Source,
    pub target: Target,
    /// The target in one line, and its short name.
    pub target_title: String,
    pub target_name: String,
    pub entity_type: EntityType,
    pub verdict: Verdict,
    pub location_class: LocationClass,
    pub classified_by: Option<String>,
    pub level: AutomationLevel,
    /// The reasons in plain sentences, strongest first, then the row that decided.
    pub why: Vec<String>,
    pub decision: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<Stamp>,
    pub comment: Option<String>,
    pub created_at: Stamp,
    pub updated_at: Stamp,
    pub started_at: Option<Stamp>,
    pub finished_at: Option<Stamp>,
    pub expires_at: Option<Stamp>,
    pub stale: Option<StaleNote>,
    /// How it ended, where it did not simply succeed.
    pub result: Option<Fault>,
    pub undo: UndoOffer,
    pub undone_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StaleNote {
    pub was: String,
    pub now: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct UndoOffer {
    pub possible: bool,
    pub reason: Option<String>,
    /// When the kept copy was last read back and compared.
    pub proven_at: Option<Stamp>,
}

/// A page of actions. `snapshot` goes back with the next request so that nothing moves under the pointer; `newer`
/// counts what arrived since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ActionPage {
    pub actions: Vec<Action>,
    pub total: u32,
    pub next: Option<String>,
    pub newer: u32,
    pub snapshot: String,
}

/// Everything the flyout shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ActionDetail {
    pub action: Action,
    /// One sentence: what is asked, or what was done.
    pub sentence: String,
    pub if_approved: String,
    pub if_rejected: String,
    pub if_nothing: String,
    pub reasons: Vec<Reason>,
    pub ruling: Ruling,
    pub evidence: Option<super::Evidence>,
    pub incident_number: Option<u32>,
    pub steps: Vec<String>,
    pub after: Vec<String>,
    pub timeline: Vec<TimelineRow>,
    /// The same thing elsewhere, and the other actions of its investigation.
    pub related: Vec<Related>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TimelineRow {
    pub at: Stamp,
    pub who: String,
    pub event: String,
    pub text: String,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Related {
    pub id: ActionId,
    #[serde(rename = "type")]
    pub kind: ActionType,
    pub status: ActionStatus,
    pub title: String,
}

/// The result of a batch: each item on its own, one bad item never stops the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Decision {
    pub approval_id: Option<ApprovalId>,
    pub results: Vec<Action>,
    /// The items that were refused, with the reason.
    pub refused: Vec<Refused>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Refused {
    pub id: ActionId,
    pub fault: Fault,
}

/// A verdict, with or without an action (M47).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct VerdictRow {
    pub id: String,
    pub evidence_id: Option<EvidenceId>,
    pub device: String,
    pub entity_type: EntityType,
    pub title: String,
    pub place: String,
    pub verdict: Verdict,
    pub reason: Option<String>,
    pub at: Stamp,
    pub has_action: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct VerdictPage {
    pub verdicts: Vec<VerdictRow>,
    pub total: u32,
    pub next: Option<String>,
    pub newer: u32,
    pub snapshot: String,
}

/// The dry run as shown: [`Plan`] unchanged.
pub type ActionPlan = Plan;
