//! What keeps a device changed until it is lifted (isolation, restriction), and whether it really is in force: what the
//! list of isolated and restricted devices is made of (M128).
use crate::{id::ActionId, remedy::ActionType, target::Target, time::Stamp};
use serde::{Deserialize, Serialize};
use specta::Type;

/// One measure that stands, as the device itself tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Mitigation {
    pub kind: ActionType,
    /// The action that put it in force as it is now.
    pub action: ActionId,
    /// Actions that asked for it before; lifting any of them lifts it.
    pub earlier: Vec<ActionId>,
    pub target: Target,
    /// When the first of them put it in force.
    pub since: Stamp,
    /// When it is lifted by itself; none: when somebody lifts it.
    pub until: Option<Stamp>,
    pub holds: Holds,
}

/// Whether a measure is in force, read from the system and not from what was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "holds", rename_all = "snake_case")]
pub enum Holds {
    InForce,
    /// In force, but not for what came since (a network interface, a mounted disk): putting it in force again covers it.
    Behind {
        how: Vec<String>,
    },
    /// Somebody else changed it.
    Altered {
        how: Vec<String>,
    },
    /// Somebody else took it away, or nobody put it back after a restart.
    Lifted {
        how: String,
    },
    /// It could not be looked at.
    Unknown {
        why: String,
    },
}

impl Holds {
    /// What is not as it should be, one sentence each; empty while it is in force.
    pub fn complaints(&self) -> Vec<String> {
        match self {
            Self::InForce => Vec::new(),
            Self::Behind { how } | Self::Altered { how } => how.clone(),
            Self::Lifted { how } => vec![how.clone()],
            Self::Unknown { why } => vec![why.clone()],
        }
    }
}
