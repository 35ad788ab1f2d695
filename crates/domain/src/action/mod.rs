//! One remediation action and its state machine (spec 4.1, T1–T34): `step` consumes a state and returns the next, or
//! refuses; a transition that is not listed does not exist.
use crate::{
    caution::RuleVersion,
    group::AutomationLevel,
    id::{ActionId, ApprovalId, DeviceId, EvidenceId, IncidentId, InvestigationId, OrderId},
    location::LocationClass,
    order::{Conflict, Fault, Proof, Receipt},
    policy::{Ruling, Verb},
    remedy::ActionType,
    role::{Person, Right},
    target::Target,
    time::{Span, Stamp},
    verdict::{Reason, Verdict},
};
use serde::{Deserialize, Serialize};
use specta::Type;

mod ladder;
mod notes;
mod stuck;
mod transitions;

pub use ladder::{Recheck, Rung};
pub use notes::{CAME_BACK, Hop, HopName, Notes, RETENTION, Release, WARNING};
pub use stuck::{Stuck, StuckCause};

/// How long an action waits for a person; silence counts as rejection (spec 2.7).
pub const APPROVAL_WAIT: Span = Span::days(7);
/// The longest an extended wait may reach from the first question.
pub const LONGEST_WAIT: Span = Span::days(30);
/// How long an approved or automatic action waits for its device.
pub const DEVICE_WAIT: Span = Span::days(3);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub id: ActionId,
    /// One per decision batch; none until somebody or something decided.
    pub approval_id: Option<ApprovalId>,
    /// The action this one is a part of: its state follows from those of its parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ActionId>,
    pub investigation_id: Option<InvestigationId>,
    pub incident_id: Option<IncidentId>,
    pub evidence_id: Option<EvidenceId>,
    pub device_id: DeviceId,
    pub kind: ActionType,
    pub source: Source,
    pub target: Target,
    pub policy: PolicySnapshot,
    pub decided: Option<Decided>,
    pub comment: Option<String>,
    pub created_at: Stamp,
    pub updated_at: Stamp,
    pub started_at: Option<Stamp>,
    pub finished_at: Option<Stamp>,
    /// What was done before a retry of the rest: it stays undoable whatever becomes of the retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Finished>,
    #[serde(default)]
    pub notes: Notes,
    pub state: ActionState,
}

/// Level, class and rule trace as they were at the moment of the verdict (M24): later changes of settings never alter them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySnapshot {
    pub group: String,
    pub level: AutomationLevel,
    pub verdict: Verdict,
    pub reasons: Vec<Reason>,
    pub class: LocationClass,
    pub classified_by: Option<String>,
    pub ruling: Ruling,
    pub folder_lists: u32,
    /// The rules, in the very version, that the verdict rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleVersion>,
}

/// Where an action came from (spec 1.7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    AutomatedInvestigation,
    ManualResponse,
    Antivirus,
    CommandLine,
}

impl Source {
    pub const ALL: [Self; 4] = [Self::AutomatedInvestigation, Self::ManualResponse, Self::Antivirus, Self::CommandLine];

    pub fn code(self) -> &'static str {
        match self {
            Self::AutomatedInvestigation => "automated_investigation",
            Self::ManualResponse => "manual_response",
            Self::Antivirus => "antivirus",
            Self::CommandLine => "command_line",
        }
    }
}

/// Who decided, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decided {
    Automation { at: Stamp },
    Approved { by: Person, at: Stamp },
    Manual { by: Person, at: Stamp },
    Rejected { by: Person, at: Stamp },
    Expired { at: Stamp },
}

impl Decided {
    pub fn at(&self) -> Stamp {
        match self {
            Self::Automation { at }
            | Self::Approved { at, .. }
            | Self::Manual { at, .. }
            | Self::Rejected { at, .. }
            | Self::Expired { at } => *at,
        }
    }
    pub fn by(&self) -> &str {
        match self {
            Self::Automation { .. } => "automation",
            Self::Approved { by, .. } | Self::Manual { by, .. } | Self::Rejected { by, .. } => &by.name,
            Self::Expired { .. } => "system",
        }
    }
    pub fn code(&self) -> &'static str {
        match self {
            Self::Automation { .. } => "auto",
            Self::Approved { .. } => "approve",
            Self::Manual { .. } => "manual",
            Self::Rejected { .. } => "reject",
            Self::Expired { .. } => "expired",
        }
    }
}

/// Was and now of a target that changed under an approval (T29).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Stale {
    pub was: String,
    pub now: String,
}

/// The work an undo starts from, and returns to when the undo fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    pub proof: Proof,
    pub steps: Vec<String>,
    /// What was left undone; empty when completed.
    pub left: Vec<String>,
}

/// A state with its own data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ActionState {
    PendingApproval {
        since: Stamp,
        expires_at: Stamp,
        stale: Option<Stale>,
    },
    Approved,
    Queued {
        deadline: Stamp,
        attempt: u32,
    },
    WaitingForDevice {
        deadline: Stamp,
        attempt: u32,
    },
    Running {
        order: OrderId,
        deadline: Stamp,
        attempt: u32,
    },
    Completed {
        work: Finished,
    },
    PartiallyCompleted {
        work: Finished,
    },
    Failed {
        fault: Fault,
        attempt: u32,
    },
    Skipped {
        reason: String,
    },
    TimedOut {
        reason: String,
        attempt: u32,
    },
    Rejected,
    Expired,
    Cancelled {
        comment: Option<String>,
    },
    Undoing {
        work: Finished,
        /// What a cancelled undo goes back to.
        before: Box<ActionState>,
        by: Person,
        reason: Option<String>,
        conflict: Conflict,
        order: Option<OrderId>,
        deadline: Stamp,
    },
    Undone {
        work: Finished,
        by: Person,
        after: Vec<String>,
    },
    PartlyUndone {
        work: Finished,
        by: Person,
        left: Vec<String>,
    },
    UndoFailed {
        work: Finished,
        fault: Fault,
    },
}

/// The state alone, as the contract spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ActionStatus {
    PendingApproval,
    Approved,
    Queued,
    WaitingForDevice,
    Running,
    Completed,
    PartiallyCompleted,
    Failed,
    Skipped,
    TimedOut,
    Rejected,
    Expired,
    Cancelled,
    Undoing,
    Undone,
    PartlyUndone,
    UndoFailed,
}

impl ActionStatus {
    pub const ALL: [Self; 17] = [
        Self::PendingApproval,
        Self::Approved,
        Self::Queued,
        Self::WaitingForDevice,
        Self::Running,
        Self::Completed,
        Self::PartiallyCompleted,
        Self::Failed,
        Self::Skipped,
        Self::TimedOut,
        Self::Rejected,
        Self::Expired,
        Self::Cancelled,
        Self::Undoing,
        Self::Undone,
        Self::PartlyUndone,
        Self::UndoFailed,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::PendingApproval => "pending_approval",
            Self::Approved => "approved",
            Self::Queued => "queued",
            Self::WaitingForDevice => "waiting_for_device",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::PartiallyCompleted => "partially_completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::TimedOut => "timed_out",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::PartlyUndone => "partly_undone",
            Self::UndoFailed => "undo_failed",
        }
    }
}

impl ActionStatus {
    /// Has reached a result and will not go on by itself.
    pub fn rests(self) -> bool {
        match self {
            Self::PendingApproval
            | Self::Completed
            | Self::PartiallyCompleted
            | Self::Failed
            | Self::Skipped
            | Self::TimedOut
            | Self::Rejected
            | Self::Expired
            | Self::Cancelled
            | Self::Undone
            | Self::PartlyUndone
            | Self::UndoFailed => true,
            Self::Approved | Self::Queued | Self::WaitingForDevice | Self::Running | Self::Undoing => false,
        }
    }
}

impl ActionState {
    /// The order that was handed to the device and whose receipt is still owed.
    pub fn order_on_its_way(&self) -> Option<&OrderId> {
        if let Self::Running { order, .. } | Self::Undoing { order: Some(order), .. } = self {
            Some(order)
        } else {
            None
        }
    }

    pub fn status(&self) -> ActionStatus {
        match self {
            Self::PendingApproval { .. } => ActionStatus::PendingApproval,
            Self::Approved => ActionStatus::Approved,
            Self::Queued { .. } => ActionStatus::Queued,
            Self::WaitingForDevice { .. } => ActionStatus::WaitingForDevice,
            Self::Running { .. } => ActionStatus::Running,
            Self::Completed { .. } => ActionStatus::Completed,
            Self::PartiallyCompleted { .. } => ActionStatus::PartiallyCompleted,
            Self::Failed { .. } => ActionStatus::Failed,
            Self::Skipped { .. } => ActionStatus::Skipped,
            Self::TimedOut { .. } => ActionStatus::TimedOut,
            Self::Rejected => ActionStatus::Rejected,
            Self::Expired => ActionStatus::Expired,
            Self::Cancelled { .. } => ActionStatus::Cancelled,
            Self::Undoing { .. } => ActionStatus::Undoing,
            Self::Undone { .. } => ActionStatus::Undone,
            Self::PartlyUndone { .. } => ActionStatus::PartlyUndone,
            Self::UndoFailed { .. } => ActionStatus::UndoFailed,
        }
    }
}

/// What may happen to an action. Times and ids come with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionInput {
    /// T5
    Approve { by: Person, approval: ApprovalId, comment: Option<String> },
    /// T6
    Reject { by: Person, approval: ApprovalId, comment: Option<String> },
    /// T7, and T13 for a device that did not come back
    Clock,
    /// T8
    Extend { by: Person, until: Stamp, reason: String },
    /// T9, T31
    TargetGone { reason: String },
    /// T10
    Enqueue,
    /// T11, T34
    DeviceUnreachable,
    /// T12
    DeviceBack,
    /// T14, T20, T32; for an undo that still waits: back to what it was
    Cancel { by: Person, comment: Option<String> },
    /// T15, and the first hop of an undo
    Start { order: OrderId },
    /// T16–T18, T23–T25, T29–T31, and T28/T33 after a restart: what the device says is true
    Receipt { receipt: Receipt },
    /// T19
    LimitReached,
    /// T28: the process died before anything was handed to the device
    NeverStarted,
    /// T21
    Retry { by: Person },
    /// T22, T26: the time is reached until which the person who decided wanted it; of actions with such a time alone
    TimerReached,
    /// T23: what was in force together with it was lifted, and it with that
    Lifted { by: Person, with: ActionId },
    /// T22, T26; of a lasting measure that is not in force yet: T14, T32, and T22 while it is being put in force
    Undo { by: Person, reason: Option<String>, conflict: Conflict },
}

/// A transition that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stepped {
    pub action: Action,
    /// `T1` … `T34` of spec 4.1.
    pub event: &'static str,
    pub effects: Vec<Effect>,
}

/// What has to follow from a transition, in the same transaction or right after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Evidence(RemediationStatus),
    /// An order is due: somebody must mint the permit and hand it over.
    Dispatch,
    /// Its investigation has to be computed again.
    Investigation,
    /// Its release was asked for while it was being put in force, and is due now (M67).
    Release(Release),
    /// Requests for the same that are older and not carried out yet must not come after its release (M67).
    CancelOlder,
    /// What was in force together with it is lifted too.
    LiftOthers {
        by: Person,
    },
}

/// What happened to a piece of evidence (spec 1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RemediationStatus {
    None,
    PendingApproval,
    Running,
    Remediated,
    PartiallyRemediated,
    Prevented,
    NotFound,
    Declined,
    Unremediated,
    Failed,
}

impl RemediationStatus {
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::PendingApproval,
        Self::Running,
        Self::Remediated,
        Self::PartiallyRemediated,
        Self::Prevented,
        Self::NotFound,
        Self::Declined,
        Self::Unremediated,
        Self::Failed,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PendingApproval => "pending_approval",
            Self::Running => "running",
            Self::Remediated => "remediated",
            Self::PartiallyRemediated => "partially_remediated",
            Self::Prevented => "prevented",
            Self::NotFound => "not_found",
            Self::Declined => "declined",
            Self::Unremediated => "unremediated",
            Self::Failed => "failed",
        }
    }
}

/// Why a step was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this cannot be done to an action that is {}", .status.code())]
    NotInThisState { status: ActionStatus },
    #[error("{by} already decided this at {at}")]
    AlreadyDecided { by: String, at: Stamp },
    #[error("the time to decide ran out at {expired_at}")]
    Expired { expired_at: Stamp },
    #[error("the role of {who} does not allow this")]
    NotPermitted { who: String, needs: Right },
    #[error("{why}")]
    CannotUndo { why: String },
    #[error("an action may wait for {} days at most", LONGEST_WAIT.0 / Span::days(1).0)]
    WaitTooLong,
}

/// Everything known when a verdict proposes an action (spec 4.1: *Proposed* is never stored).
#[derive(Clone, Debug)]
pub struct Proposal {
    pub id: ActionId,
    pub approval_id: ApprovalId,
    pub investigation_id: Option<InvestigationId>,
    pub incident_id: Option<IncidentId>,
    pub evidence_id: Option<EvidenceId>,
    pub device_id: DeviceId,
    pub kind: ActionType,
    pub source: Source,
    pub target: Target,
    pub policy: PolicySnapshot,
}

impl Action {
    /// T1, T2: by the ruling stored with it; `None` where the ruling proposes nothing.
    pub fn propose(p: Proposal, now: Stamp) -> Option<Stepped> {
        use crate::policy::Outcome;
        let (event, decided, approval_id, state, effects) = match p.policy.ruling.outcome {
            Outcome::Ask => (
                "T1",
                None,
                None,
                ActionState::PendingApproval { since: now, expires_at: now.after(APPROVAL_WAIT), stale: None },
                vec![Effect::Evidence(RemediationStatus::PendingApproval), Effect::Investigation],
            ),
            Outcome::Act => (
                "T2",
                Some(Decided::Automation { at: now }),
                Some(p.approval_id.clone()),
                ActionState::Queued { deadline: now.after(DEVICE_WAIT), attempt: 1 },
                vec![Effect::Evidence(RemediationStatus::Running), Effect::Dispatch],
            ),
            Outcome::Nothing | Outcome::NoInvestigation => return None,
        };
        let action = Self::from_proposal(p, decided, approval_id, state, None, now);
        Some(Stepped { action, event, effects })
    }

    /// T4: a person's own action is not held by any level (spec 2.7); a comment is required by the type.
    pub fn manual(p: Proposal, by: Person, comment: String, now: Stamp) -> Result<Stepped, Refusal> {
        transitions::permitted(&by, Right::Decide)?;
        let approval = Some(p.approval_id.clone());
        let state = ActionState::Queued { deadline: now.after(DEVICE_WAIT), attempt: 1 };
        let action = Self::from_proposal(p, Some(Decided::Manual { by, at: now }), approval, state, Some(comment), now);
        Ok(Stepped {
            action,
            event: "T4",
            effects: vec![Effect::Evidence(RemediationStatus::Running), Effect::Dispatch],
        })
    }

    fn from_proposal(
        p: Proposal,
        decided: Option<Decided>,
        approval_id: Option<ApprovalId>,
        state: ActionState,
        comment: Option<String>,
        now: Stamp,
    ) -> Self {
        let mut action = Self {
            id: p.id,
            approval_id,
            parent: None,
            investigation_id: p.investigation_id,
            incident_id: p.incident_id,
            evidence_id: p.evidence_id,
            device_id: p.device_id,
            kind: p.kind,
            source: p.source,
            target: p.target,
            policy: p.policy,
            decided,
            comment,
            created_at: now,
            updated_at: now,
            started_at: None,
            finished_at: None,
            earlier: None,
            notes: Notes::default(),
            state,
        };
        if action.status() == ActionStatus::Queued {
            action.notes.hop(Verb::Apply, HopName::Queued, now);
        }
        action
    }

    pub fn status(&self) -> ActionStatus {
        self.state.status()
    }

    /// Still in the Pending tab.
    pub fn is_pending(&self) -> bool {
        self.status() == ActionStatus::PendingApproval
    }

    /// Has reached a result and will not go on by itself.
    pub fn rests(&self) -> bool {
        self.status().rests()
    }

    /// Whether Undo may be pressed now, and in words why not (spec 5.2 rule 1).
    pub fn undo_offer(&self) -> Result<&Finished, String> {
        if let Some(why) = self.kind.never_undone() {
            return Err(why.to_owned());
        }
        if let Some(at) = self.notes.purged {
            return Err(format!("The kept copy was removed for good at {at}, when its time had run out."));
        }
        match &self.state {
            ActionState::Completed { work }
            | ActionState::PartiallyCompleted { work }
            | ActionState::UndoFailed { work, .. }
            | ActionState::PartlyUndone { work, .. } => {
                if work.proof.kept.is_empty() {
                    Err("Nothing was changed, so there is nothing to undo.".into())
                } else {
                    Ok(work)
                }
            }
            ActionState::Undoing { .. } => Err("It is being undone right now.".into()),
            ActionState::Undone { .. } => Err("It has already been undone.".into()),
            ActionState::PendingApproval { .. }
            | ActionState::Approved
            | ActionState::Queued { .. }
            | ActionState::WaitingForDevice { .. }
            | ActionState::Running { .. } => Err("It has not been carried out yet.".into()),
            ActionState::Failed { .. }
            | ActionState::Skipped { .. }
            | ActionState::TimedOut { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. } => Err("Nothing was changed, so there is nothing to undo.".into()),
        }
    }
}
