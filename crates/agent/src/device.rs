//! A device of this machine, as the engine drives it: this computer, or a file tree below a folder.
use crate::{
    look::Look,
    ourselves::{Ourselves, lies_in},
    practice::{self, Practice},
    shelf::{self, Shelf},
    witness::witnesses,
};
use assize_domain::{
    device::{Device, RuleFault},
    group::{self, DeviceKind},
    id::{OrderId, VaultId},
    order::{Conflict, Fault, Order, Receipt},
    question::{Answer, DevicePolicy, Plan, Progress, Question, RuleFile, TakenOut, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::Target,
    time::Stamp,
};
use assize_host::{
    act::Hands,
    look::{file::Inspector, packages::PackageDatabase},
    root::Root,
};
use std::{
    ffi::OsString,
    os::unix::{ffi::OsStringExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
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
}

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
    Ok(Arc::new(LocalDevice::open(place, &state, vec![data.to_owned()])?))
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
        Ok(Self { root, hands, shelf: Shelf::open(state), ourselves, practice, packages: Mutex::default() })
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
        self.shelf.take(policy)
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
        if !self.root.path().is_dir() {
            return Err(Fault::new(
                "no_device",
                format!("The folder of this device is not there: {}.", self.root.path().display()),
                "Nothing was changed. Mount it again, or remove the device.",
            ));
        }
        progress(Progress { step: "Reading rules and package records".into(), files: 0 });
        let in_force = self.shelf.in_force();
        let packages = self.read_packages();
        let look =
            Look { root: &self.root, packages: &packages, in_force: &in_force, ourselves: &self.ourselves, clock: now };
        Ok(look.around(&question.scope, progress))
    }

    fn capability(&self, kind: ActionType) -> Result<(), String> {
        self.hands.capability(kind)
    }

    fn plan(&self, kind: ActionType, target: &Target) -> Plan {
        let mut plan = self.hands.plan(kind, target);
        if plan.witnesses.is_empty() {
            plan.witnesses = witnesses(target, &self.recent_packages(), &Inspector::new(&self.root));
        }
        plan
    }

    fn plan_undo(&self, kept: &[VaultId], conflict: &Conflict) -> Plan {
        self.hands.plan_undo(kept, conflict)
    }

    fn carry_out(&self, order: Order) -> Result<Receipt, Fault> {
        Ok(self.hands.carry_out(&order))
    }

    fn truth(&self, order: &OrderId) -> Truth {
        self.hands.truth(order)
    }

    fn vault(&self) -> Result<Vec<VaultItem>, Fault> {
        self.hands.vault_items()
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
