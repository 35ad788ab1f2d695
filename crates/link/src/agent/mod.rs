//! The agent socket: a device in another process. A closed list of verbs, each of them one method of
//! [`assize_domain::device::Device`]; whatever is not on it does not exist.
mod remote;
mod serve;

pub use remote::RemoteDevice;
pub use serve::{Agent, serve};

use assize_domain::{
    id::{InvestigationId, OrderId, VaultId},
    order::{Conflict, OrderMessage},
    question::{DevicePolicy, Question, RuleFile},
    remedy::ActionType,
    target::Target,
};
use serde::{Deserialize, Serialize};

/// Everything a device can be asked or told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
enum Call {
    Policy { policy: DevicePolicy },
    CheckRules { file: RuleFile },
    Rights,
    Health,
    Ask { question: Question },
    StopLooking { investigation: InvestigationId },
    Capability { kind: ActionType },
    Plan { kind: ActionType, target: Target },
    PlanUndo { kept: Vec<VaultId>, conflict: Conflict },
    CarryOut { order: OrderMessage },
    Doing { order: OrderId },
    Cancel { order: OrderId },
    Hops { order: OrderId },
    Boot,
    Returned { kind: ActionType, target: Target },
    Truth { order: OrderId },
    Watch,
    Reapply,
    Vault,
    Pin { item: VaultId, pinned: bool },
    Purge { item: VaultId },
    VerifyVault,
    TakeOut { item: VaultId },
}

/// Whether words name a verb of the list. Fuzzing asks nothing else.
pub fn understands(words: &[u8]) -> bool {
    crate::hello::parse::<Call>(words).is_ok()
}

/// What the agent says of itself to whom it lets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Welcome {
    version: String,
}
