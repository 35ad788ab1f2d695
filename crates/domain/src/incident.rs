//! Incidents: what belongs together and who looks after it (spec 1.4, 4.3; the basics).
use crate::{
    alert::Severity,
    id::IncidentId,
    role::{Person, Right},
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    /// Shown as `#12`; counts up per installation.
    pub number: u32,
    pub name: String,
    pub severity: Severity,
    pub assigned_to: Option<String>,
    pub tags: Vec<String>,
    pub created_at: Stamp,
    pub updated_at: Stamp,
    pub state: IncidentState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum IncidentState {
    Active,
    InProgress,
    Resolved { at: Stamp, by: String, why: Resolution },
}

/// Why an incident was closed; automatic closing always says which results justified it (M105).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Resolution {
    Decided { classification: Classification, determination: String, comment: Option<String> },
    Automatic { reason: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Classification {
    TruePositive,
    InformationalExpectedActivity,
    FalsePositive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStatus {
    Active,
    InProgress,
    Resolved,
}

impl IncidentState {
    pub fn status(&self) -> IncidentStatus {
        match self {
            Self::Active => IncidentStatus::Active,
            Self::InProgress => IncidentStatus::InProgress,
            Self::Resolved { .. } => IncidentStatus::Resolved,
        }
    }
}

impl IncidentStatus {
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::InProgress => "in_progress",
            Self::Resolved => "resolved",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentInput {
    /// N2
    Assign { by: Person, to: String },
    /// N3. `waiting`: actions that still wait; resolving with some needs `even_so`.
    Resolve {
        by: Person,
        classification: Classification,
        determination: String,
        comment: Option<String>,
        waiting: u32,
        even_so: bool,
    },
    /// N4: every investigation ended well and nobody had set a status.
    AutoResolve { reason: String },
    /// N5: what was treated is there again
    DidNotHold { reason: String },
    /// N5
    Reopen { by: Person, reason: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentStepped {
    pub incident: Incident,
    pub event: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IncidentRefusal {
    #[error("this cannot be done to an incident that is {}", .status.code())]
    NotInThisState { status: IncidentStatus },
    #[error("{waiting} actions still wait for a decision")]
    ActionsWait { waiting: u32 },
    #[error("the role of {who} does not allow this")]
    NotPermitted { who: String },
}

impl Incident {
    pub fn status(&self) -> IncidentStatus {
        self.state.status()
    }

    pub fn step(mut self, input: IncidentInput, now: Stamp) -> Result<IncidentStepped, IncidentRefusal> {
        let status = self.status();
        let wrong = Err(IncidentRefusal::NotInThisState { status });
        let event = match input {
            IncidentInput::Assign { by, to } => {
                permitted(&by)?;
                if status == IncidentStatus::Resolved {
                    return wrong;
                }
                self.assigned_to = Some(to);
                self.state = IncidentState::InProgress;
                "N2"
            }
            IncidentInput::Resolve { by, classification, determination, comment, waiting, even_so } => {
                permitted(&by)?;
                if status == IncidentStatus::Resolved {
                    return wrong;
                }
                if waiting > 0 && !even_so {
                    return Err(IncidentRefusal::ActionsWait { waiting });
                }
                let why = Resolution::Decided { classification, determination, comment };
                self.state = IncidentState::Resolved { at: now, by: by.name, why };
                "N3"
            }
            IncidentInput::AutoResolve { reason } => {
                // Somebody who took it on closes it themselves.
                if status != IncidentStatus::Active {
                    return wrong;
                }
                self.state =
                    IncidentState::Resolved { at: now, by: "automation".into(), why: Resolution::Automatic { reason } };
                "N4"
            }
            IncidentInput::DidNotHold { .. } => {
                if status != IncidentStatus::Resolved {
                    return wrong;
                }
                self.state = IncidentState::InProgress;
                "N5"
            }
            IncidentInput::Reopen { by, .. } => {
                permitted(&by)?;
                if status != IncidentStatus::Resolved {
                    return wrong;
                }
                self.state = IncidentState::InProgress;
                "N5"
            }
        };
        self.updated_at = now;
        Ok(IncidentStepped { incident: self, event })
    }
}

fn permitted(by: &Person) -> Result<(), IncidentRefusal> {
    if by.role.may(Right::Investigate) { Ok(()) } else { Err(IncidentRefusal::NotPermitted { who: by.name.clone() }) }
}
