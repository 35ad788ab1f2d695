//! How a device is reached: the one interface between the engine and whatever carries out its orders (this computer, a
//! staged device, later the fleet). It stands here so that neither side needs to know the other.
use crate::{
    action::Hop,
    id::{InvestigationId, OrderId, VaultId},
    mitigation::Mitigation,
    order::{Conflict, Fault, Order, Receipt},
    question::{Answer, DevicePolicy, Plan, Progress, Question, RuleFile, TakenOut, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::Target,
};
use serde::{Deserialize, Serialize};

/// A device that can be asked and ordered. Calls block; the engine runs them on its own threads.
pub trait Device: Send + Sync {
    /// Hands over what the device must know beforehand. Rule files that do not compile are reported, never fatal.
    fn policy(&self, policy: &DevicePolicy) -> Result<Vec<RuleFault>, Fault>;

    /// Is one rule file sound? How many rules it holds, or why not.
    fn check_rules(&self, file: &RuleFile) -> Result<u32, String>;

    /// One sentence: what this process may do on the device with its rights, and what it may not and why.
    fn rights(&self) -> String;

    /// Looks around. `Err` only when the device could not look at all; faults of single items are in the answer.
    fn ask(&self, question: &Question, progress: &mut dyn FnMut(Progress)) -> Result<Answer, Fault>;

    /// Somebody stopped this investigation: the look around ends at the next safe point and says so.
    fn stop_looking(&self, _investigation: &InvestigationId) {}

    /// What this device can carry out, and why not otherwise.
    fn capability(&self, kind: ActionType) -> Result<(), String>;

    /// What an action would change; touches nothing.
    fn plan(&self, kind: ActionType, target: &Target) -> Plan;

    /// What taking it back would meet; touches nothing.
    fn plan_undo(&self, kept: &[VaultId], conflict: &Conflict) -> Plan;

    /// Carries out one order once. The same id again returns the first receipt. An error says that no answer came: what
    /// became of the order is not known, and [`Device::truth`] has to be asked.
    fn carry_out(&self, order: Order) -> Result<Receipt, Fault>;

    /// How far an order is that is being carried out right now; none where it says nothing about itself.
    fn doing(&self, _order: &OrderId) -> Option<Progress> {
        None
    }

    /// Asks an order that is being carried out to end at its next safe point; its receipt tells what became of it, with
    /// the code `cancelled` where nothing was changed. An error says why it cannot be stopped any more.
    fn cancel(&self, _order: &OrderId) -> Result<(), String> {
        Err("It has passed the point where it can be stopped.".to_owned())
    }

    /// Where the device says an order has come to, beyond what whoever handed it over knows by itself.
    fn hops(&self, _order: &OrderId) -> Vec<Hop> {
        Vec::new()
    }

    /// Which start the device is in, where it can tell: another word after every restart.
    fn boot(&self) -> Option<String> {
        None
    }

    /// Looks whether what an action took away is there again (M160): in one sentence what was found, none where nothing
    /// was. A fault says that it could not look.
    fn returned(&self, _kind: ActionType, _target: &Target) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    /// What is true about an order after a crash; finishes or takes back what was left half done.
    fn truth(&self, order: &OrderId) -> Truth;

    /// What keeps the device changed until it is lifted, and whether it really is in force; touches nothing.
    fn watch(&self) -> Vec<Mitigation> {
        Vec::new()
    }

    /// Puts in force again, in whole, what should be: after a start, for what came since, or after somebody else took it
    /// away. What is lifted by itself by now is lifted. Tells what [`Device::watch`] tells afterwards.
    fn reapply(&self) -> Vec<Mitigation> {
        self.watch()
    }

    fn vault(&self) -> Result<Vec<VaultItem>, Fault>;

    /// Keeps an item for good, or lets its time run again.
    fn pin(&self, _item: &VaultId, _pinned: bool) -> Result<(), Fault> {
        Err(Fault::new("unsupported", "This device cannot keep an item for good.", "Nothing was changed."))
    }

    /// Removes an item whose time has run out, for good. Refused for one that is pinned.
    fn purge(&self, _item: &VaultId) -> Result<(), Fault> {
        Err(Fault::new("unsupported", "This device cannot remove kept copies.", "Nothing was changed."))
    }

    /// Reads every item back and compares.
    fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault>;

    /// Practice devices only: plants the harmless files and processes. Others refuse.
    fn plant_practice(&self) -> Result<(), Fault>;

    /// Practice devices only: ends its processes and removes its folder with its vault.
    fn clear_practice(&self) -> Result<(), Fault>;

    /// How many of its planted processes are running.
    fn practice_processes(&self) -> u32;

    /// Hands out the bytes of one item, for somebody who writes them with rights of their own. `out` is to be trusted
    /// only when this returns without a fault.
    fn take_out(&self, _item: &VaultId, _out: &mut dyn std::io::Write) -> Result<TakenOut, Fault> {
        Err(Fault::new("unsupported", "This device cannot hand out kept copies.", "Nothing was changed."))
    }

    /// Can be asked right now. A device in this process always can.
    fn reachable(&self) -> bool {
        true
    }

    /// How whatever carries out the orders is doing, in one sentence, or what is wrong with it.
    fn health(&self) -> Result<String, Fault> {
        Ok("Works inside this program.".to_owned())
    }

    /// Writes one item to `folder` on the machine this runs on; inert = not executable and renamed.
    fn restore_elsewhere(&self, item: &VaultId, folder: &str, inert: bool) -> Result<String, Fault>;
}

/// One rule file that the device refused, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFault {
    pub file: String,
    pub error: String,
}
