//! A device of this machine, as the engine drives it: this computer, or a file tree below a folder.
use crate::{
    antivirus::Antivirus,
    look::Look,
    ourselves::{Ourselves, lies_in},
    package::{About, Packages},
    practice::{self, Practice},
    protect,
    shelf::{self, Shelf},
    witness::witnesses,
};
use assize_domain::{
    device::{Device, RuleFault},
    group::{self, DeviceKind},
    id::{InvestigationId, OrderId, VaultId},
    mitigation::Mitigation,
    order::{Conflict, Fault, Order, Receipt, ReceiptOutcome},
    policy::Verb,
    question::{
        Answer, AnswerLog, DevicePolicy, Plan, Progress, Question, RuleFile, TakenOut, Truth, VaultCheck, VaultItem,
    },
    remedy::ActionType,
    target::Target,
    text::{DevicePath, visible},
    time::Stamp,
};
use assize_host::{
    act::Hands,
    look::{file::Inspector, packages::PackageDatabase},
    root::Root,
};
use assize_link::agent::RemoteDevice;
use std::{
    collections::HashMap,
    ffi::OsString,
    os::unix::{ffi::OsStringExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// Which device is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    ThisComputer,
    /// The file tree below a folder.
    Staged(PathBuf),
    /// The same, made by the application itself.
    Practice(PathBuf),
}

/// One device of this machine.
pub struct LocalDevice {
    root: Root,
    hands: Hands,
    shelf: Shelf,
    ourselves: Ourselves,
    practice: Option<Practice>,
    /// Package records as they were read last: plans are asked for one after the other.
    packages: Mutex<Option<(Instant, Arc<PackageDatabase>)>>,
    collected: Packages,
    antivirus: Antivirus,
    /// Who looks around right now, and whether somebody wants it to end.
    looking: Mutex<HashMap<InvestigationId, bool>>,
}

/// Why an order that acts cannot be stopped.
const PASSED: &str = "It has passed the point where it can be stopped.";

/// For that long, plans may use package records that were read before.
const RECENT: Duration = Duration::from_secs(60);

/// Opens the device behind a stored row. Its vault, journal and rules lie in the data folder, by its id.
pub fn open(device: &group::Device, data: &Path) -> Result<Arc<dyn Device>, Fault> {
    let path = |p: &assize_domain::text::DevicePath| PathBuf::from(OsString::from_vec(p.to_bytes()));
    let place = match &device.kind {
        DeviceKind::ThisComputer => Where::ThisComputer,
        DeviceKind::Staged { root } => Where::Staged(path(root)),
        DeviceKind::Practice { root } => Where::Practice(path(root)),
    };
    let state = data.join("devices").join(device.id.as_str());
    let device = LocalDevice::open(place, &state, vec![data.to_owned()])?;
    Ok(Arc::new(device.collecting_into(data.join("packages"))))
}

/// The same, but this computer through its device service behind `socket`; `behind` are the users who may be there beside
/// ourselves.
pub fn open_through(
    socket: PathBuf,
    behind: Vec<u32>,
) -> impl Fn(&group::Device, &Path) -> Result<Arc<dyn Device>, Fault> + Send + Sync + 'static {
    move |device, data| match &device.kind {
        DeviceKind::ThisComputer => Ok(Arc::new(RemoteDevice::new(&socket, &device.id, behind.clone()))),
        DeviceKind::Staged { .. } | DeviceKind::Practice { .. } => open(device, data),
    }
}

impl LocalDevice {
    /// `state` holds the device's vault, journal and rules; `skip` are the product's own folders, which are never looked
    /// into.
    pub fn open(place: Where, state: &Path, mut skip: Vec<PathBuf>) -> Result<Self, Fault> {
        let (root, practice) = match place {
            Where::ThisComputer => (Root::this_computer(), None),
            Where::Staged(folder) => (Root::staged(folder), None),
            Where::Practice(folder) => (Root::staged(&folder), Some(Practice::new(folder, state.to_owned()))),
        };
        let hands = Hands::open(root.clone(), state, now)?;
        skip.push(state.to_owned());
        let ourselves = Ourselves::new(&root, &skip);
        let collected = Packages::new(state.join("packages"));
        let shelf = Shelf::open(state);
        // What a person protected counts before the first policy of this run comes.
        hands.protect(protect::guard(&root, &ourselves, &shelf.protected()).0);
        // As does what may be run although the device is restricted.
        hands.post().allow(shelf.allowed());
        if let Some(cap) = shelf.vault_cap() {
            hands.cap_vault(cap);
        }
        Ok(Self {
            root,
            hands,
            shelf,
            ourselves,
            practice,
            packages: Mutex::default(),
            collected,
            antivirus: Antivirus::of_this_machine(),
            looking: Mutex::default(),
        })
    }

    /// Scans ask this antivirus program instead of the one that the machine's settings name.
    #[must_use]
    pub fn asking(self, antivirus: Antivirus) -> Self {
        Self { antivirus, ..self }
    }

    fn looking(&self) -> MutexGuard<'_, HashMap<InvestigationId, bool>> {
        // A panic while holding it leaves plain values that are still true.
        self.looking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This process goes on, so it can watch what is run for as long as somebody wants that.
    pub fn live_long(&self) {
        self.hands.live_long();
    }

    /// Investigation packages go to this folder instead of the device's own.
    #[must_use]
    pub fn collecting_into(self, folder: PathBuf) -> Self {
        Self { collected: Packages::new(folder), ..self }
    }

    fn collect(&self, order: &Order) -> Receipt {
        if let Err(fault) = self.there() {
            let outcome = ReceiptOutcome::Failed { fault };
            return Receipt { order: order.id().clone(), outcome, steps: Vec::new(), finished_at: now() };
        }
        let packages = self.read_packages();
        let about = About {
            root: &self.root,
            packages: &packages,
            skip: self.ourselves.skip(),
            rights: self.rights(),
            summary: self.summary(),
            clock: now,
        };
        self.collected.carry_out(order, &about)
    }

    fn there(&self) -> Result<(), Fault> {
        if self.root.path().is_dir() {
            return Ok(());
        }
        Err(Fault::new(
            "no_device",
            format!("The folder of this device is not there: {}.", self.root.path().display()),
            "Nothing was changed. Mount it again, or remove the device.",
        ))
    }

    /// What Assize itself keeps and uses on the device.
    fn summary(&self) -> String {
        let mut text = String::new();
        match self.hands.vault_items() {
            Ok(items) => {
                text.push_str(&format!("{} copies are in the vault:\n", items.len()));
                for i in items {
                    let path = visible(i.path.as_str());
                    text.push_str(&format!("  {} {path} {} bytes, SHA-256 {}\n", i.quarantined_at, i.size.0, i.sha256));
                }
            }
            Err(fault) => text.push_str(&format!("The vault could not be read: {}\n", fault.message)),
        }
        let in_force = self.shelf.in_force();
        let (rules, signatures) = (in_force.rules.rule_count(), in_force.rules.signature_count());
        text.push_str(&format!(
            "{rules} rules, {signatures} hash signatures and {} hashes of indicators are in use.\n",
            in_force.watched.len()
        ));
        text
    }

    fn read_packages(&self) -> Arc<PackageDatabase> {
        let fresh = Arc::new(PackageDatabase::read(&self.root));
        let mut kept = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((Instant::now(), Arc::clone(&fresh)));
        fresh
    }

    fn recent_packages(&self) -> Arc<PackageDatabase> {
        let kept = self.packages.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept {
            Some((read, packages)) if read.elapsed() < RECENT => packages,
            _ => self.read_packages(),
        }
    }

    fn range(&self) -> Result<&Practice, Fault> {
        self.practice.as_ref().ok_or_else(practice::not_a_range)
    }
}

impl Device for LocalDevice {
    fn policy(&self, policy: &DevicePolicy) -> Result<Vec<RuleFault>, Fault> {
        let (guard, refused) = protect::guard(&self.root, &self.ourselves, &policy.protected);
        self.hands.protect(guard);
        if let Some(cap) = policy.vault_cap {
            self.hands.cap_vault(cap.0);
        }
        let mut faults = self.shelf.take(policy)?;
        faults.extend(refused);
        if self.hands.post().allow(policy.allowed_hashes.iter().cloned().collect()) {
            // What could not be put in force is told to whoever asks what stands.
            self.reapply();
        }
        Ok(faults)
    }

    fn check_rules(&self, file: &RuleFile) -> Result<u32, String> {
        shelf::check(file)
    }

    fn rights(&self) -> String {
        if is_root() {
            "Assize runs with the rights of root here: it can look into everything and act on everything.".into()
        } else {
            "Assize runs with the rights of your own account here: it sees and acts on what belongs to you. What belongs to \
             the system or to others it partly cannot see and cannot change."
                .into()
        }
    }

    fn ask(&self, question: &Question, progress: &mut dyn FnMut(Progress)) -> Result<Answer, Fault> {
        self.there()?;
        progress(Progress { step: "Reading rules and package records".into(), files: 0 });
        let in_force = self.shelf.in_force();
        let packages = self.read_packages();
        let (clamd, silent) = match question.antivirus.then(|| self.antivirus.open()).flatten() {
            Some(Ok(clamd)) => (Some(clamd), None),
            Some(Err(why)) => (None, Some(("partly", format!("ClamAV is installed and cannot be asked: {why}.")))),
            None if question.antivirus => (None, Some(("done", "No antivirus program is installed here.".to_owned()))),
            None => (None, None),
        };
        let id = &question.investigation;
        let look = Look {
            root: &self.root,
            packages: &packages,
            in_force: &in_force,
            ourselves: &self.ourselves,
            clock: now,
            antivirus: clamd.as_ref(),
            content: question.content.as_deref(),
            named: &question.named,
            contents: &question.contents,
            stopped: &|| self.looking().get(id) == Some(&true),
        };
        self.looking().insert(id.clone(), false);
        let mut answer = look.around(&question.scope, progress);
        if self.looking().remove(id) == Some(true) {
            return Err(Fault::new("stopped", "Somebody stopped it while it was looking.", "Nothing was changed."));
        }
        answer.log.extend(silent.map(|(status, text)| AnswerLog {
            at: now(),
            action: "antivirus".into(),
            status: status.into(),
            text,
        }));
        Ok(answer)
    }

    fn stop_looking(&self, investigation: &InvestigationId) {
        if let Some(stopped) = self.looking().get_mut(investigation) {
            *stopped = true;
        }
    }

    fn capability(&self, kind: ActionType) -> Result<(), String> {
        match kind {
            // Eyes are enough.
            ActionType::RunAntivirusScan | ActionType::CollectInvestigationPackage => Ok(()),
            // Its parts are ordered one by one.
            ActionType::StopAndQuarantineFile => self.hands.capability(ActionType::QuarantineFile),
            ActionType::KillProcess
            | ActionType::StopService
            | ActionType::DisableDriver
            | ActionType::RemoveScheduledTask
            | ActionType::RemoveRegistryKey
            | ActionType::RemovePersistence
            | ActionType::QuarantineFile
            | ActionType::IsolateDevice
            | ActionType::RestrictCodeExecution => self.hands.capability(kind),
        }
    }

    fn plan(&self, kind: ActionType, target: &Target) -> Plan {
        if kind == ActionType::CollectInvestigationPackage {
            return self.collected.plan();
        }
        if let Target::Scan { full } = target {
            return self.antivirus.plan(*full);
        }
        let mut plan = self.hands.plan(kind, target);
        if plan.witnesses.is_empty() {
            let protected = |path: &DevicePath| self.hands.protected(path);
            plan.witnesses = witnesses(target, &self.recent_packages(), &Inspector::new(&self.root), protected);
        }
        plan
    }

    fn plan_undo(&self, kept: &[VaultId], conflict: &Conflict) -> Plan {
        self.hands.plan_undo(kept, conflict)
    }

    fn carry_out(&self, order: Order) -> Result<Receipt, Fault> {
        Ok(match (order.kind(), order.verb()) {
            (ActionType::CollectInvestigationPackage, Verb::Apply) => self.collect(&order),
            _ => self.hands.carry_out(&order),
        })
    }

    fn doing(&self, order: &OrderId) -> Option<Progress> {
        self.collected.doing(order)
    }

    fn cancel(&self, order: &OrderId) -> Result<(), String> {
        if self.collected.stop(order) { Ok(()) } else { Err(PASSED.to_owned()) }
    }

    fn truth(&self, order: &OrderId) -> Truth {
        self.collected.receipt(order).map_or_else(|| self.hands.truth(order), Truth::Ended)
    }

    fn watch(&self) -> Vec<Mitigation> {
        self.hands.watch()
    }

    fn reapply(&self) -> Vec<Mitigation> {
        // What could not be put in force shows in what is told.
        self.hands.reapply().unwrap_or_else(|_| self.hands.watch())
    }

    fn vault(&self) -> Result<Vec<VaultItem>, Fault> {
        self.hands.vault_items()
    }

    fn pin(&self, item: &VaultId, pinned: bool) -> Result<(), Fault> {
        self.hands.pin(item, pinned)
    }

    fn purge(&self, item: &VaultId) -> Result<(), Fault> {
        self.hands.purge(item)
    }

    fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault> {
        self.hands.verify_vault()
    }

    fn plant_practice(&self) -> Result<(), Fault> {
        self.range()?.plant()
    }

    fn clear_practice(&self) -> Result<(), Fault> {
        self.range()?.clear()
    }

    fn practice_processes(&self) -> u32 {
        self.practice.as_ref().map_or(0, Practice::running)
    }

    fn take_out(&self, item: &VaultId, out: &mut dyn std::io::Write) -> Result<TakenOut, Fault> {
        self.hands.take_out(item, out)
    }

    fn restore_elsewhere(&self, item: &VaultId, folder: &str, inert: bool) -> Result<String, Fault> {
        let folder = Path::new(folder);
        if self.ourselves.skip().iter().any(|own| lies_in(folder, own)) && self.practice.is_none() {
            return Err(Fault::new(
                "own_folder",
                "Nothing is restored into the data folder of Assize itself.",
                "Choose another folder. The item is still in the vault.",
            ));
        }
        self.hands.restore_elsewhere(item, folder, inert).map(|path| path.display().to_string())
    }
}

/// UTC milliseconds, the one clock of a device.
pub(crate) fn now() -> Stamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Whether this process has the rights of root: the kernel says so by whom its own folder belongs to.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}
