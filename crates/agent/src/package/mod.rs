//! Investigation packages: collected, written as one archive, read back and compared. The archive is its own record: an
//! order whose package lies there was carried out, any other left nothing behind.
mod archive;

use archive::{Archive, Manifest, Skipped, verify};
use assize_domain::{
    id::OrderId,
    order::{Fault, Order, Proof, Receipt, ReceiptOutcome},
    question::{Plan, PlanStep, Progress, Reversible},
    text::visible,
    time::Stamp,
};
use assize_host::{
    look::{
        package::{Collect, Found, Limits, Member, SECTIONS, collect},
        packages::PackageDatabase,
    },
    root::Root,
};
use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The folder of packages, and what is being collected.
pub(crate) struct Packages {
    folder: PathBuf,
    doing: Mutex<HashMap<OrderId, Doing>>,
}

#[derive(Clone)]
struct Doing {
    progress: Progress,
    stop: bool,
}

/// What a package is made of.
pub(crate) struct About<'a> {
    pub(crate) root: &'a Root,
    pub(crate) packages: &'a PackageDatabase,
    pub(crate) skip: &'a [PathBuf],
    pub(crate) rights: String,
    /// What Assize itself knows of the device, in lines.
    pub(crate) summary: String,
    pub(crate) clock: fn() -> Stamp,
}

/// Why there is no package.
enum Failed {
    Stopped,
    Io(&'static str, io::Error),
}

impl Packages {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, doing: Mutex::default() }
    }

    pub(crate) fn plan(&self) -> Plan {
        let step = |(section, what): &(&str, &str)| PlanStep {
            what: format!("Read: {section}"),
            target: (*what).to_owned(),
            reversible: Reversible::Yes,
            detail: "Nothing is changed on the device.".into(),
        };
        let mut plan = Plan { steps: SECTIONS.iter().map(step).collect(), ..Plan::default() };
        plan.steps.push(PlanStep {
            what: "Write one archive".into(),
            target: self.folder.display().to_string(),
            reversible: Reversible::Yes,
            detail: format!(
                "At most {} MB before compression, with the hash of every member. Only its owner can read it. The hashes of passwords and the environment of processes are left out.",
                Limits::default().total >> 20
            ),
        });
        plan
    }

    /// How far an order is.
    pub(crate) fn doing(&self, order: &OrderId) -> Option<Progress> {
        self.all().get(order).map(|d| d.progress.clone())
    }

    /// Whether the order is one of ours; it ends at the next member.
    pub(crate) fn stop(&self, order: &OrderId) -> bool {
        self.all().get_mut(order).map(|d| d.stop = true).is_some()
    }

    /// What became of an order, where its package lies there.
    pub(crate) fn receipt(&self, order: &OrderId) -> Option<Receipt> {
        let records = fs::read_dir(&self.folder).ok()?;
        records.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).find_map(|path| {
            let receipt: Receipt = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
            (receipt.order == *order && path.with_extension("tar.zst").is_file()).then_some(receipt)
        })
    }

    /// Collects once: the same order again returns the first receipt.
    pub(crate) fn carry_out(&self, order: &Order, about: &About<'_>) -> Receipt {
        if let Some(receipt) = self.receipt(order.id()) {
            return receipt;
        }
        let progress = Progress { step: "Collecting".into(), files: 0 };
        self.all().insert(order.id().clone(), Doing { progress, stop: false });
        let outcome = self.make(order, about);
        self.all().remove(order.id());
        let (outcome, steps) = match outcome {
            Ok(done) => done,
            Err(failed) => (ReceiptOutcome::Failed { fault: self.fault(failed) }, Vec::new()),
        };
        let receipt = Receipt { order: order.id().clone(), outcome, steps, finished_at: (about.clock)() };
        if matches!(receipt.outcome, ReceiptOutcome::Done { .. }) {
            // Without its record the package stays, and would be made again after a crash.
            let _ = self.record(order, &receipt);
        }
        receipt
    }

    fn make(&self, order: &Order, about: &About<'_>) -> Result<(ReceiptOutcome, Vec<String>), Failed> {
        let path = self.path(order)?;
        let draft = path.with_extension("draft");
        let made = self.write(order, about, &draft).and_then(|manifest| {
            let (sha256, bytes) = verify(&draft, &manifest).map_err(|e| Failed::Io("it does not read back", e))?;
            let place = fs::rename(&draft, &path).and_then(|()| fs::File::open(&self.folder)?.sync_all());
            place.map_err(|e| Failed::Io("it cannot be given its name", e))?;
            Ok((manifest, sha256, bytes))
        });
        // Ours and incomplete: without a name it means nothing.
        let (manifest, sha256, bytes) = made.inspect_err(|_| drop(fs::remove_file(&draft)))?;
        let read: u64 = manifest.members.iter().map(|m| m.bytes).sum();
        let cut = manifest.members.iter().filter(|m| m.note.as_ref().is_some_and(|n| n.contains("Cut"))).count();
        let after = vec![
            path.display().to_string(),
            format!("SHA-256 {sha256}, {bytes} bytes"),
            format!(
                "{} members, {read} bytes before compression, {cut} of them cut; {} things left out.",
                manifest.members.len(),
                manifest.skipped.len()
            ),
        ];
        let steps = vec![
            format!("{} things were collected; nothing was changed on the device.", manifest.members.len()),
            "The archive was read back: every member has the hash that its manifest names.".to_owned(),
            format!("{} things were left out; the manifest names each of them and why.", manifest.skipped.len()),
        ];
        let proof = Proof { proven_at: Some((about.clock)()), after, ..Proof::default() };
        Ok((ReceiptOutcome::Done { proof }, steps))
    }

    fn write(&self, order: &Order, about: &About<'_>, draft: &Path) -> Result<Manifest, Failed> {
        let cannot = |e| Failed::Io("it cannot be written", e);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(cannot)?;
        // What an interrupted collection left behind.
        let _ = fs::remove_file(draft);
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft).map_err(cannot)?;
        let at = (about.clock)();
        let mut archive = Archive::new(file, at).map_err(cannot)?;
        let mut skipped = Vec::new();
        let mut wrong = None;
        let stopped = || self.all().get(order.id()).is_some_and(|d| d.stop);
        let ended = {
            let failed = std::cell::Cell::new(false);
            let mut each = |found| match found {
                Found::Member(member) if wrong.is_none() => {
                    self.tell(order.id(), &member.name, archive.members().len());
                    wrong = archive.add(member).err();
                    failed.set(wrong.is_some());
                }
                Found::Member(_) => {}
                Found::Skipped { what, why } => skipped.push(Skipped { what, why }),
            };
            collect(Collect {
                root: about.root,
                packages: about.packages,
                skip: about.skip,
                limits: Limits::default(),
                stopped: &|| failed.get() || stopped(),
                each: &mut each,
            })
        };
        if let Some(e) = wrong {
            return Err(cannot(e));
        }
        if !ended {
            return Err(Failed::Stopped);
        }
        let summary = Member {
            name: "summary.txt".into(),
            source: "Assize".into(),
            body: summary(about, archive.members(), &skipped, at).into_bytes(),
            note: None,
        };
        archive.add(summary).map_err(cannot)?;
        let manifest = Manifest {
            format: 1,
            made_by: format!("Assize {}", env!("CARGO_PKG_VERSION")),
            action: order.action().to_string(),
            order: order.id().to_string(),
            collected_at: at,
            running: about.root.is_live(),
            rights: about.rights.clone(),
            members: archive.members().to_vec(),
            skipped,
        };
        archive.finish(&manifest).map_err(cannot)?;
        Ok(manifest)
    }

    fn record(&self, order: &Order, receipt: &Receipt) -> Result<(), Failed> {
        let cannot = |e| Failed::Io("its record cannot be written", e);
        let path = self.path(order)?.with_extension("").with_extension("json");
        let draft = path.with_extension("json-draft");
        let _ = fs::remove_file(&draft);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(cannot)?;
        let text = serde_json::to_vec(receipt).map_err(|e| cannot(e.into()))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(cannot)?;
        fs::rename(&draft, &path).map_err(cannot)
    }

    /// By the id of its action, which is ours: anything else in it is refused.
    fn path(&self, order: &Order) -> Result<PathBuf, Failed> {
        let id = order.action().as_str();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "the id of the action is no name of a file");
            return Err(Failed::Io("it has no name", error));
        }
        Ok(self.folder.join(format!("{id}.tar.zst")))
    }

    fn fault(&self, failed: Failed) -> Fault {
        match failed {
            Failed::Stopped => Fault::new(
                "cancelled",
                "It was stopped before the package was complete.",
                "Nothing was changed on the device, and no part of the package was kept.",
            ),
            Failed::Io(what, error) => {
                let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
                let hint = if full {
                    "Nothing was changed on the device. Make room on the disk of the data folder, then try again."
                } else {
                    "Nothing was changed on the device. Look at the disk of the data folder, then try again."
                };
                let code = if full { "no_space" } else { "package_not_written" };
                let folder = self.folder.display();
                Fault::new(code, format!("The package is not there: {what} ({error}), in {folder}."), hint)
            }
        }
    }

    fn tell(&self, order: &OrderId, name: &str, files: usize) {
        if let Some(doing) = self.all().get_mut(order) {
            let section = name.split('/').next().unwrap_or_default();
            doing.progress =
                Progress { step: format!("Collecting {section}"), files: u32::try_from(files).unwrap_or(u32::MAX) };
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<OrderId, Doing>> {
        // A panic while holding it leaves plain values that are still true.
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a person reads first.
fn summary(about: &About<'_>, members: &[archive::Listed], skipped: &[Skipped], at: Stamp) -> String {
    let kind = if about.root.is_live() { "a running system" } else { "a file tree, not a running system" };
    let mut text = format!("Collected at {at} from {kind}.\n{}\n\n{}\n", about.rights, about.summary.trim_end());
    text.push_str("\nWhat is in it:\n");
    for (section, what) in SECTIONS {
        let own = members.iter().filter(|m| m.name.split('/').next() == Some(section));
        let (count, bytes) = own.fold((0, 0), |(n, b), m| (n + 1, b + m.bytes));
        text.push_str(&format!("  {section}: {count} members, {bytes} bytes ({what})\n"));
    }
    text.push_str(&format!("\nLeft out ({}):\n", skipped.len()));
    for s in skipped {
        text.push_str(&format!("  {}: {}\n", visible(&s.what), visible(&s.why)));
    }
    text.push_str("\nmanifest.json names every member with where it comes from and its SHA-256.\n");
    text
}
