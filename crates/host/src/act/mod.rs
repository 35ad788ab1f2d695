//! Hands: each verb with plan, snapshot, apply, verify, undo.
use crate::root::Root;
use assize_domain::{
    id::{OrderId, VaultId},
    order::{Conflict, Fault, Order, Receipt, ReceiptOutcome},
    question::{Plan, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::Target,
    time::Stamp,
};
use std::path::{Path, PathBuf};

/// The hands of one device.
pub struct Hands {
    root: Root,
    clock: fn() -> Stamp,
}

impl Hands {
    /// Reads key and journal and brings every unfinished order to an end.
    pub fn open(root: Root, _state: &Path, clock: fn() -> Stamp) -> Result<Self, Fault> {
        Ok(Self { root, clock })
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Carries out one order once. The same id again returns the first receipt.
    pub fn carry_out(&self, order: &Order) -> Receipt {
        Receipt {
            order: order.id().clone(),
            outcome: ReceiptOutcome::Unsupported { reason: "not built yet".into() },
            steps: vec![],
            finished_at: (self.clock)(),
        }
    }

    /// What is true about an order after a crash.
    pub fn truth(&self, _order: &OrderId) -> Truth {
        Truth::NeverStarted
    }

    /// What an action would change; touches nothing.
    pub fn plan(&self, _kind: ActionType, _target: &Target) -> Plan {
        Plan::default()
    }

    /// What taking it back would meet; touches nothing.
    pub fn plan_undo(&self, _kept: &[VaultId], _conflict: &Conflict) -> Plan {
        Plan::default()
    }

    /// What this device can carry out, and why not otherwise.
    pub fn capability(&self, _kind: ActionType) -> Result<(), String> {
        Err("not built yet".into())
    }

    pub fn vault_items(&self) -> Result<Vec<VaultItem>, Fault> {
        Ok(Vec::new())
    }

    /// Reads every item back and compares.
    pub fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault> {
        Ok(Vec::new())
    }

    /// Writes one item to `folder` on the machine this runs on; inert = not executable and renamed.
    pub fn restore_elsewhere(&self, item: &VaultId, _folder: &Path, _inert: bool) -> Result<PathBuf, Fault> {
        Err(Fault::new("not_found", format!("The vault has no item {item}."), "Nothing was touched."))
    }
}
