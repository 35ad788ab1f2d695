//! Hands: each verb with plan, snapshot, apply, verify, undo.
//!
//! An order goes through here once: the journal knows it, the verb's file prepares it (compare, copy, prove), `moves` does
//! it, the receipt says what is true. `restore` undoes, `recover` brings what a crash left half done to an end.
pub mod driver;
pub mod execution;
pub mod guard;
pub mod isolation;
pub mod line;
pub mod links;
pub mod loaded;
pub mod module_lists;
pub mod moves;
pub mod outside;
pub mod points;
pub mod process;
pub mod quarantine;
pub mod recover;
pub mod restore;
pub mod setting;
pub mod standing;
pub mod systemd;
pub mod unit;
pub mod unit_files;
pub mod way;
pub mod work;

#[cfg(test)]
pub(crate) mod tests;

use crate::{
    journal::{self, Journal, Unfinished},
    root::Root,
    vault::{Vault, VaultError},
};
use assize_domain::{
    entity::{Bytes, StartupKind, TaskKind},
    id::{OrderId, VaultId},
    mitigation::Mitigation,
    order::{Conflict, Fault, Order, Receipt, ReceiptOutcome},
    policy::Verb,
    question::{Obstacle, Plan, TakenOut, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::Target,
    text::DevicePath,
    time::Stamp,
};
use execution::Post;
use guard::Guard;
use line::Form;
use points::point;
use standing::Standing;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};
use work::{Told, Tools, Work, journal_fault};

/// The hands of one device.
pub struct Hands {
    root: Root,
    clock: fn() -> Stamp,
    guard: RwLock<Arc<Guard>>,
    vault: Vault,
    standing: Standing,
    post: Post,
    journal: Mutex<Journal>,
}

impl Hands {
    /// Reads key and journal and brings every unfinished order to an end. When another process is at work on this device,
    /// its orders are not unfinished: they are looked at when it has let go.
    pub fn open(root: Root, state: &Path, clock: fn() -> Stamp) -> Result<Self, Fault> {
        let vault = Vault::open(state).map_err(|e| e.fault())?;
        let standing = Standing::open(state).map_err(|e| journal_fault(&e.into()))?;
        let journal = journal::folder(state).map_err(Into::into).and_then(Journal::open);
        let journal = Mutex::new(journal.map_err(|e| journal_fault(&e))?);
        let guard = RwLock::new(Arc::new(Guard::shipped()));
        let hands = Self { root, clock, guard, vault, standing, post: Post::default(), journal };
        {
            let mut journal = hands.journal.lock().unwrap_or_else(PoisonError::into_inner);
            if journal.try_lock().map_err(|e| journal_fault(&e))? {
                let locked = Locked(journal);
                hands.reconcile(locked)?;
            }
        }
        Ok(hands)
    }

    /// What is never acted on from now on, beside what ships.
    pub fn protect(&self, guard: Guard) {
        *self.guard.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(guard);
    }

    /// Why a file is never acted on, where it is so.
    pub fn protected(&self, path: &DevicePath) -> Option<String> {
        let tools = self.tools();
        tools.guard.about(&self.root, path)
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Carries out one order once. The same id again returns the first receipt.
    pub fn carry_out(&self, order: &Order) -> Receipt {
        let locked = match self.locked() {
            Ok(locked) => locked,
            Err(fault) => return self.receipt(order.id(), ReceiptOutcome::Failed { fault }, Vec::new()),
        };
        if let Some(receipt) = locked.0.receipt(order.id()) {
            return receipt.clone();
        }
        self.run(order, locked)
    }

    /// What is true about an order after a crash.
    pub fn truth(&self, order: &OrderId) -> Truth {
        match self.locked() {
            Ok(locked) => locked.0.receipt(order).cloned().map_or(Truth::NeverStarted, Truth::Ended),
            // Without the journal nothing can be known, and nothing may be done again.
            Err(fault) => Truth::Ended(self.receipt(order, ReceiptOutcome::Failed { fault }, Vec::new())),
        }
    }

    /// What an action would change; touches nothing.
    pub fn plan(&self, kind: ActionType, target: &Target) -> Plan {
        match Verbs::of(kind, target) {
            Ok(Verbs::File(approved)) => quarantine::plan(&self.tools(), &approved, what(kind)),
            Ok(Verbs::Process(approved)) => process::plan(&self.tools(), &approved),
            Ok(Verbs::Line(line)) => line::plan(&self.tools(), &line, what(kind)),
            Ok(Verbs::Unit(unit)) => unit::plan(&self.tools(), &unit),
            Ok(Verbs::Driver(driver)) => driver::plan(&self.tools(), &driver),
            Ok(Verbs::Isolation(approved)) => isolation::plan(&self.tools(), &approved),
            Ok(Verbs::Execution(approved)) => execution::plan(&self.tools(), &approved),
            Err(text) => Plan { obstacles: vec![Obstacle::new("unsupported", text, true)], ..Plan::default() },
        }
    }

    /// What taking it back would meet; touches nothing.
    pub fn plan_undo(&self, kept: &[VaultId], conflict: &Conflict) -> Plan {
        let mut plan = Plan::default();
        for id in kept.iter().rev() {
            match self.vault.check(id) {
                Ok(item) => way::plan(&self.tools(), &item, conflict, &mut plan),
                Err(error) => {
                    let fault = error.fault();
                    let text = format!("{} {}", fault.message, fault.hint);
                    plan.obstacles.push(Obstacle::new(&fault.code, text, true));
                }
            }
        }
        plan
    }

    /// What this device can carry out, and why not otherwise.
    pub fn capability(&self, kind: ActionType) -> Result<(), String> {
        if kind == ActionType::IsolateDevice {
            isolation::capability(&self.root)
        } else if kind == ActionType::RestrictCodeExecution {
            execution::capability(&self.root, &self.post)
        } else {
            capability(kind)
        }
    }

    /// This process goes on (a service, a window): then it can watch what is run, and does when it is told to.
    pub fn live_long(&self) {
        self.post.live_long();
    }

    /// Where what is run is watched: everywhere, unless a test says otherwise.
    pub fn post(&self) -> &Post {
        &self.post
    }

    /// What stands on the device until it is lifted, and whether it really is in force; touches nothing.
    pub fn watch(&self) -> Vec<Mitigation> {
        let isolation = isolation::watch(&self.root, &self.standing);
        isolation.into_iter().chain(execution::watch(&self.root, &self.standing, &self.post)).collect()
    }

    /// Puts in force again what stands: to be called when a long-lived process starts, early at boot, and for what came
    /// since. Waits for an order that is being carried out.
    pub fn reapply(&self) -> Result<Vec<Mitigation>, Fault> {
        let _locked = self.locked()?;
        let tools = self.tools();
        // One that cannot be set again keeps no other from it.
        let (isolation, execution) = (isolation::reapply(&tools), execution::reapply(&tools));
        isolation.and(execution)?;
        Ok(self.watch())
    }

    /// Newest first. An item that cannot be opened is told by [`Hands::verify_vault`].
    pub fn vault_items(&self) -> Result<Vec<VaultItem>, Fault> {
        let ids = self.vault.ids().map_err(|e| e.fault())?;
        let mut items: Vec<VaultItem> =
            ids.iter().filter_map(|id| self.vault.metadata(id).ok()).map(|m| self.vault.item(&m)).collect();
        items.sort_by(|a, b| (b.quarantined_at, &b.id).cmp(&(a.quarantined_at, &a.id)));
        Ok(items)
    }

    /// What all kept copies together may take from now on.
    pub fn cap_vault(&self, bytes: u64) {
        self.vault.set_cap(bytes);
    }

    /// Keeps an item for good, or lets its time run again.
    pub fn pin(&self, item: &VaultId, pinned: bool) -> Result<(), Fault> {
        let _locked = self.locked()?;
        self.vault.pin(item, pinned).map_err(|e| e.fault())
    }

    /// Removes an item for good: one that nobody keeps, and that nothing in force is to be lifted by.
    pub fn purge(&self, item: &VaultId) -> Result<(), Fault> {
        let _locked = self.locked()?;
        let of = self.vault.metadata(item).map_err(|e| e.fault())?;
        let stands = self.watch();
        if stands.iter().any(|m| m.action == of.action || m.earlier.contains(&of.action)) {
            let error = VaultError::Needed { id: item.to_string(), why: "what it is to lift is in force".to_owned() };
            return Err(error.fault());
        }
        self.vault.purge(item).map_err(|e| e.fault())
    }

    /// Reads every item back and compares.
    pub fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault> {
        let ids = self.vault.ids().map_err(|e| e.fault())?;
        Ok(ids.iter().map(|id| self.verify(id)).collect())
    }

    fn verify(&self, id: &VaultId) -> VaultCheck {
        match self.vault.check(id) {
            Ok(metadata) => {
                let now = (self.clock)();
                self.vault.mark(id, |m| m.verified_at = Some(now));
                VaultCheck { item: self.vault.item(&metadata), fault: None }
            }
            Err(error) => {
                // Its content may be damaged and what it says of itself still be readable.
                let item = self.vault.metadata(id).map_or_else(|_| unreadable(id), |m| self.vault.item(&m));
                VaultCheck { item, fault: Some(error.fault()) }
            }
        }
    }

    /// Hands out the bytes of one item; they are to be trusted only when this returns without a fault.
    pub fn take_out(&self, item: &VaultId, out: &mut dyn std::io::Write) -> Result<TakenOut, Fault> {
        let of = self.vault.copy_out(item, out).map_err(|e| e.fault())?;
        Ok(TakenOut { path: of.path, mode: of.facts.mode & 0o777, size: Bytes(of.facts.size), sha256: of.sha256 })
    }

    /// Writes one item to `folder` on the machine this runs on; inert = not executable and renamed.
    pub fn restore_elsewhere(&self, item: &VaultId, folder: &Path, inert: bool) -> Result<PathBuf, Fault> {
        outside::write(&self.vault, item, folder, inert)
    }

    fn run(&self, order: &Order, mut locked: Locked<'_>) -> Receipt {
        let begun = locked.0.begin(order.id(), order.action(), order.kind(), order.verb(), (self.clock)());
        if let Err(error) = begun {
            return self.receipt(order.id(), work::journal(error), Vec::new());
        }
        point("began");
        let mut work = Work {
            tools: self.tools(),
            journal: &mut locked.0,
            order: order.id().clone(),
            action: order.action().clone(),
            kind: order.kind(),
            told: Told::default(),
        };
        let outcome = match order.verb() {
            Verb::Apply => apply(&mut work, order.kind(), order.target()),
            Verb::Undo => match order.kind().never_undone() {
                Some(why) => ReceiptOutcome::Unsupported { reason: why.to_owned() },
                None => restore::undo(&mut work, order.kept(), order.conflict()),
            },
        };
        self.end(work, outcome)
    }

    /// Clears what was prepared and not used, and writes the receipt.
    fn end(&self, work: Work<'_>, outcome: ReceiptOutcome) -> Receipt {
        let mine = work.journal.unfinished().into_iter().find(|u| u.order == work.order);
        let (made, items) = mine.map_or_else(Default::default, |u: Unfinished| (u.made, u.items));
        let happened = matches!(outcome, ReceiptOutcome::Done { .. } | ReceiptOutcome::Partly { .. });
        if !work.told.keep_copies {
            recover::clear(&work, &made);
            if !happened {
                items.iter().for_each(|id| self.vault.discard(id));
            }
        }
        let Work { journal, order, told, .. } = work;
        let receipt = self.receipt(&order, outcome, told.steps);
        point("before-end");
        // Not written, the next start reads the same truth off the device.
        let _ = journal.end(&receipt);
        receipt
    }

    /// Everything that no living process is working on and that has no end gets one.
    fn reconcile<'a>(&self, mut locked: Locked<'a>) -> Result<Locked<'a>, Fault> {
        for unfinished in locked.0.unfinished() {
            let mut work = Work {
                tools: self.tools(),
                journal: &mut locked.0,
                order: unfinished.order.clone(),
                action: unfinished.action.clone(),
                kind: unfinished.kind,
                told: Told::default(),
            };
            match recover::recover(&mut work, &unfinished) {
                Some(outcome) => drop(self.end(work, outcome)),
                None => {
                    recover::clear(&work, &unfinished.made);
                    unfinished.items.iter().for_each(|id| self.vault.discard(id));
                    locked.0.dropped(&unfinished.order).map_err(|e| journal_fault(&e))?;
                }
            }
        }
        self.vault.sweep();
        locked.0.compact().map_err(|e| journal_fault(&e))?;
        Ok(locked)
    }

    fn locked(&self) -> Result<Locked<'_>, Fault> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.lock().map_err(|e| journal_fault(&e))?;
        self.reconcile(Locked(journal))
    }

    fn tools(&self) -> Tools<'_> {
        let guard = Arc::clone(&self.guard.read().unwrap_or_else(PoisonError::into_inner));
        Tools {
            root: &self.root,
            vault: &self.vault,
            clock: self.clock,
            guard,
            standing: &self.standing,
            post: &self.post,
        }
    }

    fn receipt(&self, order: &OrderId, outcome: ReceiptOutcome, steps: Vec<String>) -> Receipt {
        Receipt { order: order.clone(), outcome, steps, finished_at: (self.clock)() }
    }
}

/// The journal while this process alone may write it.
struct Locked<'a>(MutexGuard<'a, Journal>);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

/// What an action type and its target come to on Linux.
enum Verbs<'a> {
    File(quarantine::Approved<'a>),
    Process(process::Approved<'a>),
    Line(line::Line<'a>),
    Unit(unit::Unit<'a>),
    Driver(driver::Driver<'a>),
    Isolation(isolation::Approved<'a>),
    Execution(execution::Approved),
}

impl<'a> Verbs<'a> {
    fn of(kind: ActionType, target: &'a Target) -> Result<Self, String> {
        capability(kind)?;
        match (kind, target) {
            (ActionType::QuarantineFile, Target::File { path, sha256, identity }) => {
                Ok(Self::File(quarantine::Approved { path, sha256, identity: Some(*identity) }))
            }
            (ActionType::KillProcess, Target::Process { pid, start_ticks, exe, image_sha256, script: _ }) => {
                Ok(Self::Process(process::Approved {
                    pid: *pid,
                    start_ticks,
                    exe: exe.as_ref(),
                    image_sha256: image_sha256.as_deref(),
                }))
            }
            (
                ActionType::RemoveScheduledTask,
                Target::ScheduledTask { kind: task, path, name: _, line, occurrence, digest },
            ) => match (task, line) {
                (TaskKind::Cron, Some(text)) => {
                    Ok(Self::Line(line::Line { path, text, occurrence: *occurrence, digest, form: Form::Crontab }))
                }
                (TaskKind::Cron | TaskKind::At, None) => {
                    Ok(Self::File(quarantine::Approved { path, sha256: digest, identity: None }))
                }
                (TaskKind::SystemdTimer, _) => Ok(Self::Unit(unit::Unit { path, digest, kind: unit::Kind::Timer })),
                (TaskKind::At, Some(_)) | (TaskKind::WindowsTask | TaskKind::Launchd, _) => {
                    Err("This kind of task does not exist on this system.".into())
                }
            },
            (
                ActionType::RemovePersistence,
                Target::StartupItem { kind: startup, path, line: Some(text), occurrence, digest },
            ) => {
                let form = form_of(*startup, path);
                Ok(Self::Line(line::Line { path, text, occurrence: *occurrence, digest, form }))
            }
            (ActionType::RemovePersistence, Target::StartupItem { path, line: None, digest, .. }) => {
                Ok(Self::File(quarantine::Approved { path, sha256: digest, identity: None }))
            }
            (ActionType::StopService, Target::Service { name: _, path, scope: _, digest }) => {
                Ok(Self::Unit(unit::Unit { path, digest, kind: unit::Kind::Service }))
            }
            (ActionType::DisableDriver, Target::Driver { name, path, config_path: _ }) => {
                Ok(Self::Driver(driver::Driver { name, path: path.as_ref() }))
            }
            (ActionType::IsolateDevice, Target::Network { isolation, until }) => {
                Ok(Self::Isolation(isolation::Approved { isolation, until: *until }))
            }
            (ActionType::RestrictCodeExecution, Target::CodeExecution { until }) => {
                Ok(Self::Execution(execution::Approved { until: *until }))
            }
            (_, target) => {
                Err(format!("“{}” cannot be done to {}.", kind.label(), assize_domain::text::visible(&target.title())))
            }
        }
    }
}

fn apply(work: &mut Work<'_>, kind: ActionType, target: &Target) -> ReceiptOutcome {
    match Verbs::of(kind, target) {
        Ok(Verbs::File(approved)) => quarantine::apply(work, &approved),
        Ok(Verbs::Process(approved)) => process::apply(work, &approved),
        Ok(Verbs::Line(line)) => line::apply(work, &line),
        Ok(Verbs::Unit(unit)) => unit::apply(work, &unit),
        Ok(Verbs::Driver(driver)) => driver::apply(work, &driver),
        Ok(Verbs::Isolation(approved)) => isolation::apply(work, &approved),
        Ok(Verbs::Execution(approved)) => execution::apply(work, &approved),
        Err(reason) => ReceiptOutcome::Unsupported { reason },
    }
}

/// How a file of this kind is read line by line.
fn form_of(kind: StartupKind, path: &DevicePath) -> Form {
    match kind {
        // Not a script: a list of variables.
        StartupKind::ShellProfile if path.as_str() == "/etc/environment" => Form::Plain,
        StartupKind::ShellProfile | StartupKind::InitScript => Form::Shell,
        StartupKind::ModuleList => Form::Modules,
        StartupKind::Autostart
        | StartupKind::Preload
        | StartupKind::AuthorizedKey
        | StartupKind::UdevRule
        | StartupKind::SystemHook => Form::Plain,
    }
}

/// What the only step of a plan is called.
fn what(kind: ActionType) -> &'static str {
    match kind {
        ActionType::RemoveScheduledTask => "Remove the scheduled task",
        ActionType::RemovePersistence => "Remove what starts it",
        ActionType::QuarantineFile
        | ActionType::KillProcess
        | ActionType::StopService
        | ActionType::DisableDriver
        | ActionType::RemoveRegistryKey
        | ActionType::IsolateDevice
        | ActionType::RestrictCodeExecution
        | ActionType::RunAntivirusScan
        | ActionType::StopAndQuarantineFile
        | ActionType::CollectInvestigationPackage => "Quarantine the file",
    }
}

fn capability(kind: ActionType) -> Result<(), String> {
    let by_hand = match kind {
        ActionType::QuarantineFile
        | ActionType::KillProcess
        | ActionType::RemoveScheduledTask
        | ActionType::RemovePersistence
        | ActionType::StopService
        | ActionType::DisableDriver
        | ActionType::IsolateDevice
        | ActionType::RestrictCodeExecution => return Ok(()),
        ActionType::RemoveRegistryKey => return Err("Linux has no registry.".into()),
        ActionType::RunAntivirusScan => "start the scan in the antivirus program itself",
        ActionType::StopAndQuarantineFile => "quarantine the file on each device by itself",
        ActionType::CollectInvestigationPackage => "copy the logs in /var/log to another disk",
    };
    Err(format!("“{}” comes with a later version; by hand: {by_hand}.", kind.label()))
}

/// An item of which not even the name can be read.
fn unreadable(id: &VaultId) -> VaultItem {
    VaultItem {
        id: id.clone(),
        order: OrderId(String::new()),
        action: assize_domain::id::ActionId(String::new()),
        path: DevicePath::from_bytes(b""),
        sha256: String::new(),
        size: assize_domain::entity::Bytes(0),
        quarantined_at: Stamp(0),
        verified_at: None,
        quarantined: false,
        restored: false,
        pinned: false,
    }
}
