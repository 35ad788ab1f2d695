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

    /// The same as plain words, for a device in another process.
    pub fn message(&self) -> OrderMessage {
        OrderMessage {
            id: self.id.clone(),
            action: self.action.clone(),
            device: self.device.clone(),
            kind: self.kind,
            verb: self.verb,
            target: self.target.clone(),
            kept: self.kept.clone(),
            conflict: self.conflict.clone(),
        }
    }

    /// The order that a permit stands behind in the process that sent these words.
    pub fn received(verified: VerifiedOrder) -> Self {
        let OrderMessage { id, action, device, kind, verb, target, kept, conflict } = verified.0;
        Self { id, action, device, kind, verb, target, kept, conflict }
    }
}

/// An order as plain words, as it crosses from one process to another. It orders nothing: whoever receives it has to
/// verify it first, and what it says is no order by itself:
///
/// ```compile_fail
/// let m: assize_domain::order::OrderMessage = serde_json::from_str("{}").unwrap();
/// let o: assize_domain::order::Order = m.into();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMessage {
    pub id: OrderId,
    pub action: ActionId,
    pub device: DeviceId,
    pub kind: ActionType,
    pub verb: Verb,
    pub target: Target,
    pub kept: Vec<VaultId>,
    pub conflict: Conflict,
}

/// How a message came in. What the system itself says, never what the message says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// Who sent it, as the kernel tells.
    pub uid: u32,
    /// Whose orders this device carries out.
    pub obeys: &'a [u32],
    /// Which device this is.
    pub device: &'a DeviceId,
    /// What is remembered of this order id.
    pub before: Before,
}

/// Whether an order id came in before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Never,
    /// With the same words: its first receipt is the answer.
    Same,
    /// With other words.
    Other,
    /// Its sender was told that nothing came of it: then nothing may come of it any more.
    Void,
}

/// Why words that came in are no order. Nothing is done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    #[error("user {uid} may not give orders here")]
    Stranger { uid: u32 },
    #[error("it is for another device")]
    OtherDevice,
    #[error("this order came in before and said something else")]
    Altered,
    #[error("this order was reported as never started")]
    Void,
}

/// Words that were checked. Nothing else becomes an [`Order`] outside the process that holds the permit; of our crates
/// only `link`, which asks the kernel who the sender is, may name this type (a wall in `xtask`).
#[derive(Debug)]
#[must_use]
pub struct VerifiedOrder(OrderMessage);

impl VerifiedOrder {
    pub fn check(message: OrderMessage, arrival: &Arrival<'_>) -> Result<Self, Unverified> {
        if !arrival.obeys.contains(&arrival.uid) {
            return Err(Unverified::Stranger { uid: arrival.uid });
        }
        if message.device != *arrival.device {
            return Err(Unverified::OtherDevice);
        }
        match arrival.before {
            Before::Never | Before::Same => Ok(Self(message)),
            Before::Other => Err(Unverified::Altered),
            Before::Void => Err(Unverified::Void),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> OrderMessage {
        OrderMessage {
            id: "o1".into(),
            action: "a1".into(),
            device: "d1".into(),
            kind: ActionType::CollectInvestigationPackage,
            verb: Verb::Apply,
            target: Target::Package,
            kept: vec![],
            conflict: Conflict::Stop,
        }
    }

    /// M139: whom the words come from, for whom they are and whether they were other words before decides; what they say
    /// does not.
    #[test]
    fn words_become_an_order_only_from_the_right_user_for_this_device_and_unaltered() {
        let device = DeviceId::from("d1");
        let arrival = |uid, before| Arrival { uid, obeys: &[970], device: &device, before };
        let check = |arrival: &Arrival<'_>| VerifiedOrder::check(message(), arrival).map(Order::received);
        let order = check(&arrival(970, Before::Never)).unwrap();
        assert_eq!(order.message(), message(), "nothing was added and nothing lost");
        assert!(check(&arrival(970, Before::Same)).is_ok(), "the first receipt is the answer");
        assert_eq!(check(&arrival(0, Before::Never)).unwrap_err(), Unverified::Stranger { uid: 0 }, "not even root");
        assert_eq!(check(&arrival(970, Before::Other)).unwrap_err(), Unverified::Altered);
        assert_eq!(check(&arrival(970, Before::Void)).unwrap_err(), Unverified::Void);
        let other = DeviceId::from("d2");
        let elsewhere = Arrival { device: &other, ..arrival(970, Before::Never) };
        assert_eq!(check(&elsewhere).unwrap_err(), Unverified::OtherDevice);
    }
}
