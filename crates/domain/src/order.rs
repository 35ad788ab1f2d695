//! What is handed to a device and what comes back: an order cannot be built without a permit, and runs once.
use crate::{
    id::{ActionId, DeviceId, OrderId, VaultId},
    policy::{Permit, Verb},
    remedy::ActionType,
    target::Target,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// One exact act for one device. Built only from a [`Permit`], by move; received bytes never become one here:
///
/// ```compile_fail
/// let o: assize_domain::order::Order = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug, Serialize)]
#[must_use]
pub struct Order {
    id: OrderId,
    action: ActionId,
    device: DeviceId,
    kind: ActionType,
    verb: Verb,
    target: Target,
    /// For an undo: what was kept when the action was carried out.
    kept: Vec<VaultId>,
    conflict: Conflict,
}

impl Order {
    pub fn apply(permit: Permit, id: OrderId) -> Self {
        Self::build(permit, id, Vec::new(), Conflict::Stop)
    }

    pub fn undo(permit: Permit, id: OrderId, kept: Vec<VaultId>, conflict: Conflict) -> Self {
        Self::build(permit, id, kept, conflict)
    }

    fn build(permit: Permit, id: OrderId, kept: Vec<VaultId>, conflict: Conflict) -> Self {
        Self {
            id,
            action: permit.action().clone(),
            device: permit.device().clone(),
            kind: permit.kind(),
            verb: permit.verb(),
            target: permit.target().clone(),
            kept,
            conflict,
        }
    }

    pub fn id(&self) -> &OrderId {
        &self.id
    }
    pub fn action(&self) -> &ActionId {
        &self.action
    }
    pub fn device(&self) -> &DeviceId {
        &self.device
    }
    pub fn kind(&self) -> ActionType {
        self.kind
    }
    pub fn verb(&self) -> Verb {
        self.verb
    }
    pub fn target(&self) -> &Target {
        &self.target
    }
    pub fn kept(&self) -> &[VaultId] {
        &self.kept
    }
    pub fn conflict(&self) -> &Conflict {
        &self.conflict
    }
}

/// What to do when the place of a restored item is taken (spec 5.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub enum Conflict {
    Stop,
    KeepBoth,
    Replace,
    Elsewhere { folder: String },
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Receipt {
    pub order: OrderId,
    pub outcome: ReceiptOutcome,
    /// What was done, in order, in plain words.
    pub steps: Vec<String>,
    pub finished_at: Stamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// Done and verified on the device.
    Done { proof: Proof },
    /// Some parts done.
    Partly { proof: Proof, left: Vec<String> },
    /// There was nothing to act on.
    Gone { detail: String },
    /// The target is no longer what was approved; nothing was touched.
    Changed { was: String, now: String },
    /// Could not be done; nothing was lost. The code is stable, the rest is for people.
    Failed { fault: Fault },
    /// This device has no means for it.
    Unsupported { reason: String },
}

/// An error as it crosses every border of the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub code: String,
    pub message: String,
    pub hint: String,
}

impl Fault {
    pub fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into() }
    }
}

/// What the device kept and proved.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct Proof {
    /// Vault items that undo this, in the order in which they were made.
    pub kept: Vec<VaultId>,
    /// When the copies were last read back and compared.
    pub proven_at: Option<Stamp>,
    /// True after a change that only a restart completes.
    pub restart_needed: bool,
    /// What was found after the act (or restored, for an undo), one line each.
    pub after: Vec<String>,
}
