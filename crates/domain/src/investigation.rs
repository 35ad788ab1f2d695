//! One investigation and its state machine (spec 1.5, 4.2, I1–I22); its end state is computed from results, never from
//! decisions (M40).
use crate::{
    action::ActionStatus,
    id::{ActionId, AlertId, DeviceId, EvidenceId, IncidentId, InvestigationId},
    named::Named,
    role::{Person, Right},
    time::{Span, Stamp},
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// The longest an investigation may wait for its turn (spec 2.7).
pub const QUEUE_LIMIT: Span = Span::hours(24);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Investigation {
    pub id: InvestigationId,
    pub name: String,
    pub trigger: Trigger,
    pub alert_ids: Vec<AlertId>,
    pub incident_id: Option<IncidentId>,
    pub device_id: DeviceId,
    pub scope: Scope,
    pub started_at: Stamp,
    pub ended_at: Option<Stamp>,
    /// Set once the device has told all it saw; from then on only actions can be open.
    pub examined: bool,
    /// Findings that an earlier, still open action already answers: a second identical request joins the first.
    #[serde(default)]
    pub joined: Vec<Joined>,
    /// How many of its actions were undone after it ended (I22).
    pub undone: u32,
    /// Running again after this one (I21).
    pub follows: Option<InvestigationId>,
    /// What its alerts name on the device: looked at wherever it lies.
    #[serde(default)]
    pub named: Vec<Named>,
    pub state: InvestigationState,
    pub log: Vec<LogRow>,
}

/// This finding is answered by that action of another investigation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    pub evidence: EvidenceId,
    pub action: ActionId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Trigger {
    Alert {
        alert: AlertId,
    },
    Manual {
        person: Person,
        comment: String,
    },
    /// An antivirus scan that somebody asked for; the action ends with it.
    Scan {
        action: ActionId,
        person: Person,
        comment: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Scope {
    Quick,
    Full,
    Paths { paths: Vec<crate::text::DevicePath> },
}

/// One row of the investigation log (spec 1.5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LogRow {
    pub at: Stamp,
    pub action: String,
    pub status: String,
    pub text: String,
}

/// The states of spec 1.5.1 with what belongs to each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InvestigationState {
    Starting,
    Queued { since: Stamp },
    Running,
    PendingApproval { since: Stamp },
    PendingResource { since: Stamp, deadline: Stamp },
    Benign { declined: u32 },
    Remediated,
    PartiallyRemediated { untreated: Vec<String> },
    PartiallyInvestigated { fault: String },
    Failed { fault: String },
    InnerFailure { fault: String },
    TerminatedUser { by: Person, comment: String },
    TerminatedSystem { reason: String, treated: u32 },
    TerminatedThrottling,
    UnsupportedAlert,
    UnsupportedOs,
    PreexistingAlert,
    SuppressedAlert,
    NoAutomation,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum InvestigationStatus {
    Starting,
    Queued,
    Running,
    PendingApproval,
    PendingResource,
    Benign,
    Remediated,
    PartiallyRemediated,
    PartiallyInvestigated,
    Failed,
    InnerFailure,
    TerminatedUser,
    TerminatedSystem,
    TerminatedThrottling,
    UnsupportedAlert,
    UnsupportedOs,
    PreexistingAlert,
    SuppressedAlert,
    NoAutomation,
    Unknown,
}

impl InvestigationStatus {
    pub const ALL: [Self; 20] = [
        Self::Starting,
        Self::Queued,
        Self::Running,
        Self::PendingApproval,
        Self::PendingResource,
        Self::Benign,
        Self::Remediated,
        Self::PartiallyRemediated,
        Self::PartiallyInvestigated,
        Self::Failed,
        Self::InnerFailure,
        Self::TerminatedUser,
        Self::TerminatedSystem,
        Self::TerminatedThrottling,
        Self::UnsupportedAlert,
        Self::UnsupportedOs,
        Self::PreexistingAlert,
        Self::SuppressedAlert,
        Self::NoAutomation,
        Self::Unknown,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::PendingApproval => "pending_approval",
            Self::PendingResource => "pending_resource",
            Self::Benign => "benign",
            Self::Remediated => "remediated",
            Self::PartiallyRemediated => "partially_remediated",
            Self::PartiallyInvestigated => "partially_investigated",
            Self::Failed => "failed",
            Self::InnerFailure => "inner_failure",
            Self::TerminatedUser => "terminated_user",
            Self::TerminatedSystem => "terminated_system",
            Self::TerminatedThrottling => "terminated_throttling",
            Self::UnsupportedAlert => "unsupported_alert",
            Self::UnsupportedOs => "unsupported_os",
            Self::PreexistingAlert => "preexisting_alert",
            Self::SuppressedAlert => "suppressed_alert",
            Self::NoAutomation => "no_automation",
            Self::Unknown => "unknown",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Starting => "Starting",
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::PendingApproval => "Pending approval",
            Self::PendingResource => "Waiting for device",
            Self::Benign => "No threats found",
            Self::Remediated => "Remediated",
            Self::PartiallyRemediated => "Partially remediated",
            Self::PartiallyInvestigated => "Partially investigated",
            Self::Failed => "Failed",
            Self::InnerFailure => "Inner failure",
            Self::TerminatedUser => "Terminated by user",
            Self::TerminatedSystem => "Terminated by system",
            Self::TerminatedThrottling => "Terminated by throttling",
            Self::UnsupportedAlert => "Skipped – unsupported alert type",
            Self::UnsupportedOs => "Skipped – unsupported operating system",
            Self::PreexistingAlert => "Skipped – alert older than onboarding",
            Self::SuppressedAlert => "Skipped – suppressed alert",
            Self::NoAutomation => "Skipped – no automated response",
            Self::Unknown => "Unknown",
        }
    }

    /// Ended, pending approval or waiting for its device: nothing happens until somebody else acts.
    pub fn rests(self) -> bool {
        match self {
            Self::Starting | Self::Queued | Self::Running => false,
            Self::PendingApproval | Self::PendingResource => true,
            Self::Benign
            | Self::Remediated
            | Self::PartiallyRemediated
            | Self::PartiallyInvestigated
            | Self::Failed
            | Self::InnerFailure
            | Self::TerminatedUser
            | Self::TerminatedSystem
            | Self::TerminatedThrottling
            | Self::UnsupportedAlert
            | Self::UnsupportedOs
            | Self::PreexistingAlert
            | Self::SuppressedAlert
            | Self::NoAutomation
            | Self::Unknown => true,
        }
    }

    pub fn is_final(self) -> bool {
        match self {
            Self::Starting | Self::Queued | Self::Running | Self::PendingApproval | Self::PendingResource => false,
            Self::Benign
            | Self::Remediated
            | Self::PartiallyRemediated
            | Self::PartiallyInvestigated
            | Self::Failed
            | Self::InnerFailure
            | Self::TerminatedUser
            | Self::TerminatedSystem
            | Self::TerminatedThrottling
            | Self::UnsupportedAlert
            | Self::UnsupportedOs
            | Self::PreexistingAlert
            | Self::SuppressedAlert
            | Self::NoAutomation
            | Self::Unknown => true,
        }
    }
}

impl InvestigationState {
    pub fn status(&self) -> InvestigationStatus {
        match self {
            Self::Starting => InvestigationStatus::Starting,
            Self::Queued { .. } => InvestigationStatus::Queued,
            Self::Running => InvestigationStatus::Running,
            Self::PendingApproval { .. } => InvestigationStatus::PendingApproval,
            Self::PendingResource { .. } => InvestigationStatus::PendingResource,
            Self::Benign { .. } => InvestigationStatus::Benign,
            Self::Remediated => InvestigationStatus::Remediated,
            Self::PartiallyRemediated { .. } => InvestigationStatus::PartiallyRemediated,
            Self::PartiallyInvestigated { .. } => InvestigationStatus::PartiallyInvestigated,
            Self::Failed { .. } => InvestigationStatus::Failed,
            Self::InnerFailure { .. } => InvestigationStatus::InnerFailure,
            Self::TerminatedUser { .. } => InvestigationStatus::TerminatedUser,
            Self::TerminatedSystem { .. } => InvestigationStatus::TerminatedSystem,
            Self::TerminatedThrottling => InvestigationStatus::TerminatedThrottling,
            Self::UnsupportedAlert => InvestigationStatus::UnsupportedAlert,
            Self::UnsupportedOs => InvestigationStatus::UnsupportedOs,
            Self::PreexistingAlert => InvestigationStatus::PreexistingAlert,
            Self::SuppressedAlert => InvestigationStatus::SuppressedAlert,
            Self::NoAutomation => InvestigationStatus::NoAutomation,
            Self::Unknown => InvestigationStatus::Unknown,
        }
    }
}

/// One of its findings as far as the end state needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub title: String,
    pub verdict: Verdict,
    /// The states of the actions proposed for it.
    pub actions: Vec<ActionStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvestigationInput {
    /// I4, I6
    SlotFree,
    /// I5
    NoSlot,
    /// I7
    Clock,
    /// I9
    DeviceGone { deadline: Stamp },
    /// I10
    DeviceBack,
    /// I13
    AlertJoined { alert: AlertId },
    /// The device has told all it saw; `items` are its findings with their actions (I8, I15–I17).
    Examined { items: Vec<Item> },
    /// The results of its actions changed (I8, I11, I12, I15–I17, I22).
    Results { items: Vec<Item>, last_expired: bool },
    /// I18, I19
    AnalyserFault { core_done: bool, fault: String },
    /// I20
    Stop { by: Person, comment: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvestigationStepped {
    pub investigation: Investigation,
    pub event: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvestigationRefusal {
    #[error("this cannot happen to an investigation that is {}", .status.label())]
    NotInThisState { status: InvestigationStatus },
    #[error("nothing changed")]
    NothingNew,
    #[error("the role of {who} does not allow this")]
    NotPermitted { who: String },
}

impl Investigation {
    pub fn status(&self) -> InvestigationStatus {
        self.state.status()
    }

    /// Ended, pending approval or waiting for its device: nothing happens until somebody else acts.
    pub fn rests(&self) -> bool {
        self.status().rests()
    }

    pub fn step(mut self, input: InvestigationInput, now: Stamp) -> Result<InvestigationStepped, InvestigationRefusal> {
        let status = self.status();
        let wrong = Err(InvestigationRefusal::NotInThisState { status });
        let (event, state) = match input {
            InvestigationInput::SlotFree if status == InvestigationStatus::Starting => {
                ("I4", InvestigationState::Running)
            }
            InvestigationInput::SlotFree if status == InvestigationStatus::Queued => {
                ("I6", InvestigationState::Running)
            }
            InvestigationInput::NoSlot if status == InvestigationStatus::Starting => {
                ("I5", InvestigationState::Queued { since: now })
            }
            InvestigationInput::Clock => {
                let InvestigationState::Queued { since } = &self.state else { return wrong };
                if now.since(*since) <= QUEUE_LIMIT {
                    return wrong;
                }
                ("I7", InvestigationState::TerminatedThrottling)
            }
            InvestigationInput::DeviceGone { deadline }
                if matches!(status, InvestigationStatus::Running | InvestigationStatus::PendingApproval) =>
            {
                ("I9", InvestigationState::PendingResource { since: now, deadline })
            }
            InvestigationInput::DeviceBack if status == InvestigationStatus::PendingResource => {
                ("I10", InvestigationState::Running)
            }
            InvestigationInput::AlertJoined { alert } if !status.is_final() => {
                self.alert_ids.push(alert);
                ("I13", self.state.clone())
            }
            InvestigationInput::Examined { items } if status == InvestigationStatus::Running => {
                self.examined = true;
                self.conclude(&items, now)
            }
            InvestigationInput::Results { items, last_expired } => return self.results(&items, last_expired, now),
            InvestigationInput::AnalyserFault { core_done, fault } if status == InvestigationStatus::Running => {
                if core_done {
                    ("I18", InvestigationState::PartiallyInvestigated { fault })
                } else {
                    ("I19", InvestigationState::Failed { fault })
                }
            }
            InvestigationInput::Stop { by, comment } if !status.is_final() => {
                if !by.role.may(Right::Decide) {
                    return Err(InvestigationRefusal::NotPermitted { who: by.name });
                }
                ("I20", InvestigationState::TerminatedUser { by, comment })
            }
            InvestigationInput::SlotFree
            | InvestigationInput::NoSlot
            | InvestigationInput::DeviceGone { .. }
            | InvestigationInput::DeviceBack
            | InvestigationInput::AlertJoined { .. }
            | InvestigationInput::Examined { .. }
            | InvestigationInput::AnalyserFault { .. }
            | InvestigationInput::Stop { .. } => return wrong,
        };
        Ok(self.to(event, state, now))
    }

    fn results(
        self,
        items: &[Item],
        last_expired: bool,
        now: Stamp,
    ) -> Result<InvestigationStepped, InvestigationRefusal> {
        let undone = items.iter().flat_map(|i| &i.actions).filter(|s| **s == ActionStatus::Undone).count();
        let undone = u32::try_from(undone).unwrap_or(u32::MAX);
        if self.status().is_final() {
            // I22: what was reached stays reached; the badge tells what was taken back since.
            if undone == self.undone {
                return Err(InvestigationRefusal::NothingNew);
            }
            let state = self.state.clone();
            let mut next = self.to("I22", state, now);
            next.investigation.undone = undone;
            return Ok(next);
        }
        if !self.examined {
            return Err(InvestigationRefusal::NothingNew);
        }
        if last_expired && !items.iter().any(open) {
            let treated = items.iter().flat_map(|i| &i.actions).filter(|s| **s == ActionStatus::Completed).count();
            let treated = u32::try_from(treated).unwrap_or(u32::MAX);
            let reason = "Nobody decided in time, which counts as rejected.".to_owned();
            return Ok(self.to("I12", InvestigationState::TerminatedSystem { reason, treated }, now));
        }
        let (event, state) = self.conclude(items, now);
        if state.status() == self.status() {
            return Err(InvestigationRefusal::NothingNew);
        }
        let waited = self.status() == InvestigationStatus::PendingResource;
        let event = match (&state, waited) {
            (InvestigationState::Running, true) => "I10",
            (_, _) => event,
        };
        Ok(self.to(event, state, now))
    }

    /// The state that follows from the results alone (spec 4.2 end-state rule).
    fn conclude(&self, items: &[Item], now: Stamp) -> (&'static str, InvestigationState) {
        let statuses = || items.iter().flat_map(|i| &i.actions);
        if statuses().any(|s| !at_rest(*s)) {
            return ("I11", InvestigationState::Running);
        }
        if statuses().any(|s| *s == ActionStatus::PendingApproval) {
            return ("I8", InvestigationState::PendingApproval { since: now });
        }
        end_state(items)
    }

    fn to(mut self, event: &'static str, state: InvestigationState, now: Stamp) -> InvestigationStepped {
        if state.status().is_final() && self.ended_at.is_none() {
            self.ended_at = Some(now);
        }
        self.state = state;
        InvestigationStepped { investigation: self, event }
    }
}

fn open(item: &Item) -> bool {
    item.actions.iter().any(|s| *s == ActionStatus::PendingApproval || !at_rest(*s))
}

/// Not going on by itself. `Undoing` counts as treated: the investigation is about what was found then.
fn at_rest(status: ActionStatus) -> bool {
    match status {
        ActionStatus::Approved | ActionStatus::Queued | ActionStatus::WaitingForDevice | ActionStatus::Running => false,
        ActionStatus::PendingApproval
        | ActionStatus::Completed
        | ActionStatus::PartiallyCompleted
        | ActionStatus::Failed
        | ActionStatus::Skipped
        | ActionStatus::TimedOut
        | ActionStatus::Rejected
        | ActionStatus::Expired
        | ActionStatus::Cancelled
        | ActionStatus::Undoing
        | ActionStatus::Undone
        | ActionStatus::PartlyUndone
        | ActionStatus::UndoFailed => true,
    }
}

/// End state as a pure function of results (spec 4.2): bad is what is Malicious, or Suspicious with an approved action.
pub fn end_state(items: &[Item]) -> (&'static str, InvestigationState) {
    let mut bad = 0;
    let mut declined = 0;
    let mut untreated = Vec::new();
    for item in items.iter().filter(|i| i.verdict.is_bad()) {
        let rejected = item.actions.iter().all(|s| matches!(s, ActionStatus::Rejected | ActionStatus::Expired));
        if item.verdict == Verdict::Suspicious && (item.actions.is_empty() || rejected) {
            declined += u32::from(rejected && !item.actions.is_empty());
            continue;
        }
        bad += 1;
        let treated = !item.actions.is_empty() && item.actions.iter().all(|s| was_treated(*s));
        if !treated {
            untreated.push(item.title.clone());
        }
    }
    match (bad, untreated.is_empty()) {
        (0, _) => ("I15", InvestigationState::Benign { declined }),
        (_, true) => ("I16", InvestigationState::Remediated),
        (_, false) => ("I17", InvestigationState::PartiallyRemediated { untreated }),
    }
}

fn was_treated(status: ActionStatus) -> bool {
    match status {
        ActionStatus::Completed
        | ActionStatus::Skipped
        | ActionStatus::Undoing
        | ActionStatus::Undone
        | ActionStatus::PartlyUndone
        | ActionStatus::UndoFailed => true,
        ActionStatus::PendingApproval
        | ActionStatus::Approved
        | ActionStatus::Queued
        | ActionStatus::WaitingForDevice
        | ActionStatus::Running
        | ActionStatus::PartiallyCompleted
        | ActionStatus::Failed
        | ActionStatus::TimedOut
        | ActionStatus::Rejected
        | ActionStatus::Expired
        | ActionStatus::Cancelled => false,
    }
}
