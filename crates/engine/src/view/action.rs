//! Actions as shown, in lists and in the flyout.
use super::DeviceRef;
use assize_domain::{
    action::{ActionStatus, Hop, Recheck, Source, Stuck},
    entity::EntityType,
    group::AutomationLevel,
    id::{ActionId, ApprovalId, EvidenceId, IncidentId, InvestigationId},
    location::LocationClass,
    order::Fault,
    policy::Ruling,
    question::{Obstacle, Plan},
    remedy::ActionType,
    spread::Standing,
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
    /// What came of it, in one line, where it was carried out.
    pub outcome: Option<String>,
    /// What it is doing right now, while it runs.
    pub progress: Option<String>,
    /// The action this one is a part of.
    pub parent: Option<ActionId>,
    pub undo: UndoOffer,
    pub undone_by: Option<String>,
    /// The decision batch in which its undo was asked for.
    pub undo_approval_id: Option<ApprovalId>,
    /// What is offered once it is undone; none before.
    pub after_undo: Option<AfterUndo>,
    /// The undone action that this one does again, and the one that does this one again.
    pub reapplies: Option<ActionId>,
    pub reapplied_by: Option<ActionId>,
    /// Why it does not go on, where it should: with its cause and what to do (in lists and the flyout).
    pub stuck: Option<Stuck>,
    /// The look afterwards that found the threat again (M160).
    pub did_not_hold: Option<Recheck>,
}

/// What is offered after an undo (M84): that it is not caught again, that the incident is called a false positive, and to
/// do it again if the undo was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AfterUndo {
    /// None where there is no content that could be allowed, or where it is allowed already (in the flyout).
    pub allow_indicator: Option<AllowOffer>,
    pub classify_incident: Option<IncidentId>,
    pub reapply: bool,
}

/// An allow indicator for this content in this group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AllowOffer {
    pub sha256: String,
    pub group: String,
    pub days: u32,
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
    /// When the kept copies go for good; none where nothing is kept, or a person keeps them.
    pub until: Option<Stamp>,
    /// A person keeps the copies for good.
    pub pinned: bool,
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
    /// How far an action is that is carried out on several devices.
    pub spread: Option<Spread>,
    /// Where its orders have come to, to do it and to take it back (M159).
    pub hops: Vec<Hop>,
    /// Looks afterwards: at once, after a restart, a day, a week (M160).
    pub checks: Vec<Recheck>,
    /// How many other instances of this file can be taken back with it, exactly, and which (M78).
    pub more_instances: u32,
    pub more_instance_ids: Vec<ActionId>,
}

/// What a rollback would do: the steps in their order, each with what stands in its way, and what cannot go back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RollbackPlan {
    pub steps: Vec<RollbackStep>,
    pub left: Vec<RollbackLeft>,
    /// How many have gone back already.
    pub done: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RollbackStep {
    pub action: Action,
    pub obstacles: Vec<Obstacle>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RollbackLeft {
    pub action: Action,
    pub reason: String,
}

/// A rollback that was asked for; the results tell how each went once it has settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Rollback {
    /// One decision for each type.
    pub approvals: Vec<TypeApproval>,
    pub results: Vec<Action>,
    pub refused: Vec<Refused>,
    pub left: Vec<RollbackLeft>,
    pub done: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TypeApproval {
    #[serde(rename = "type")]
    pub kind: ActionType,
    pub id: ApprovalId,
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

/// Stop and quarantine a file, by device and by part; each leads to its action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Spread {
    pub submitted_at: Stamp,
    /// How many devices stand so.
    pub succeeded: u32,
    pub failed: u32,
    pub pending: u32,
    /// The device it was asked for on first.
    pub devices: Vec<SpreadDevice>,
    pub parts: Vec<Action>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SpreadDevice {
    pub device: DeviceRef,
    pub action: ActionId,
    pub status: ActionStatus,
    pub standing: Standing,
    /// Why it failed.
    pub text: Option<String>,
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
