//! Quarantine a file: its sealed copy is in the vault and proven before the original goes. Undo is in `restore`.
use super::{
    guard::Touch,
    loaded,
    moves::{self, described},
    points::point,
    work::{self, Copy, Early, Tools, Work, can_bring_back, device_name, failed, hash, open_target, private_name},
};
use crate::{
    handle::{Held, Place},
    journal::{Exact, Op},
    vault::{Kept, UnitFacts, facts::Facts},
};
use assize_domain::{
    entity::FileIdentity,
    id::VaultId,
    order::{Fault, ReceiptOutcome},
    question::{Obstacle, Plan, PlanStep, Reversible},
    text::{DevicePath, visible},
};
use rustix::fs::IFlags;

/// What was approved of a file. A task's file is approved by its content alone.
pub struct Approved<'a> {
    pub path: &'a DevicePath,
    pub sha256: &'a str,
    pub identity: Option<FileIdentity>,
}

impl Approved<'_> {
    fn was(&self) -> String {
        let content = format!("SHA-256 {}", self.sha256);
        match self.identity {
            Some(FileIdentity { device, inode }) => format!("file {device}:{inode} with {content}"),
            None => format!("file with {content}"),
        }
    }

    /// Opens the target and compares it with what was approved. The handle stays the file that was compared.
    pub fn open(&self, tools: &Tools<'_>) -> Early<(Place, Held, Exact)> {
        let (root, vault) = (tools.root, tools.vault);
        let (place, held) = open_target(root, self.path, &self.was())?;
        tools.guard.file(root, vault, &place, &held, Touch::Whole)?;
        let (identity, size) = (held.identity(), held.size());
        let changed = |sha256| {
            Err(ReceiptOutcome::Changed { was: self.was(), now: described(&Exact { identity, size, sha256 }) })
        };
        if self.identity.is_some_and(|approved| approved != identity) {
            return changed(String::new());
        }
        // What has no room in the vault cannot be taken anyway; asked before reading, because a file can be made
        // longer than anybody can read.
        vault.room_for(size).map_err(work::refused)?;
        let sha256 = hash(&held.file, size).map_err(|e| unreadable(self.path, &e))?;
        if !sha256.eq_ignore_ascii_case(self.sha256) {
            return changed(sha256);
        }
        loaded::not_needed(root, &place)?;
        Ok((place, held, Exact { identity, size, sha256 }))
    }
}

pub fn unreadable(path: &DevicePath, error: &std::io::Error) -> ReceiptOutcome {
    ReceiptOutcome::Failed {
        fault: Fault::new(
            "unreadable",
            format!("{} cannot be read to its end ({error}).", visible(path.as_str())),
            "Nothing was touched. Look at the disk and try again.",
        ),
    }
}

pub fn apply(work: &mut Work<'_>, approved: &Approved<'_>) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        let (place, held, exact) = approved.open(&work.tools)?;
        take_whole(work, approved.path, &place, &held, &exact, None)?;
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

/// Copies, proves, arms, takes away, checks. Also used for tasks that are whole files.
pub fn take_whole(
    work: &mut Work<'_>,
    path: &DevicePath,
    place: &Place,
    held: &Held,
    exact: &Exact,
    unit: Option<UnitFacts>,
) -> Early<VaultId> {
    let facts = facts_of(held, path)?;
    can_bring_back(&facts, path)?;
    folder_open(place)?;
    let flags = facts.flags;
    let locked = facts.locked();
    let of = Copy {
        path,
        folder: &place.folder,
        file: Some(&held.file),
        facts,
        sha256: exact.sha256.clone(),
        kept: Kept::File,
        unit: unit.clone(),
        driver: None,
    };
    let copy = work.copy(&of)?;
    let private = private_name()?;
    let mut ops = vec![Op::Take {
        folder: place.folder.path().clone(),
        name: device_name(&place.name),
        private: device_name(&private),
        taken: exact.clone(),
        flags,
        copy: copy.clone(),
    }];
    ops.extend(unit.map(|t| Op::Links { remove: true, links: t.links, item: copy.clone() }));
    work.arm(&ops)?;
    moves::take(work, &place.folder, &place.name, &private, exact, &held.file, flags)?;
    if locked {
        work.step(
            "It was protected against change by a flag of the file system; the flag was cleared and is recorded.",
        );
    }
    work.step(format!("{} was taken away.", visible(path.as_str())));
    check_gone(work, place, held);
    Ok(copy)
}

/// Reads the device again (M62): the name must be empty, and other names of the same file are told.
fn check_gone(work: &mut Work<'_>, place: &Place, held: &Held) {
    let path = visible(place.path().as_str());
    match place.folder.look(&place.name) {
        Ok(None) => work.told.proof.after.push(format!("{path} is not there any more.")),
        Ok(Some(_)) => {
            work.told.left.push(format!("Another file came to {path} right after; look for what puts it there."))
        }
        Err(error) => work.told.left.push(format!("It cannot be checked whether it is gone: {error}.")),
    }
    let remaining = rustix::fs::fstat(&held.file).map_or(0, |stat| stat.st_nlink);
    if remaining > 0 {
        let beside = other_names(place, held);
        let told = if beside.is_empty() { String::new() } else { format!(", among them {}", beside.join(", ")) };
        let word =
            if remaining == 1 { "other name of the same file remains" } else { "other names of the same file remain" };
        work.told.left.push(format!("{remaining} {word} on this disk{told}."));
    }
    point("verified");
}

/// Other names in the same folder; elsewhere on the disk only a search of all of it would find them.
fn other_names(place: &Place, held: &Held) -> Vec<String> {
    let same = |name: &std::ffi::OsString| {
        place.folder.look(name).ok().flatten().is_some_and(|stat| crate::handle::identity(&stat) == held.identity())
    };
    let names = place.folder.names().unwrap_or_default();
    names.iter().filter(|n| **n != place.name && same(n)).map(|n| visible(place.folder.inside(n).as_str())).collect()
}

pub fn facts_of(held: &Held, path: &DevicePath) -> Early<Facts> {
    Facts::of(&held.file, &held.stat).map_err(|e| failed(e, "its attributes cannot be read", path))
}

/// A folder that is itself protected against change stops every rename in it; say so before anything is begun.
pub fn folder_open(place: &Place) -> Early<()> {
    let flags = rustix::fs::ioctl_getflags(place.folder.fd()).unwrap_or(IFlags::empty());
    if !flags.intersects(IFlags::IMMUTABLE | IFlags::APPEND) {
        return Ok(());
    }
    let folder = visible(place.folder.path().as_str());
    Err(ReceiptOutcome::Failed {
        fault: Fault::new(
            "folder_locked",
            format!("The folder {folder} is protected against change by a flag of the file system."),
            format!("Nothing was touched. Clear it with chattr -i -a on {folder} and try again."),
        ),
    })
}

pub fn plan(tools: &Tools<'_>, approved: &Approved<'_>, what: &str) -> Plan {
    let mut plan = Plan::default();
    let name = visible(approved.path.as_str());
    match approved.open(tools) {
        Err(end) => plan.obstacles.push(obstacle(end)),
        Ok((place, held, _)) => {
            let size = held.size();
            let detail = format!(
                "A sealed copy of {size} bytes goes to the vault with owner, mode, times and attributes, is read back and compared; then {name} is taken away."
            );
            plan.steps.push(PlanStep { what: what.into(), target: name, reversible: Reversible::Yes, detail });
            if held.stat.st_nlink > 1 {
                let others = held.stat.st_nlink - 1;
                let text = format!("The file has {others} other names on this disk; they will remain.");
                plan.obstacles.push(Obstacle::new("other_names", text, false));
            }
            let checks = facts_of(&held, approved.path)
                .and_then(|facts| can_bring_back(&facts, approved.path))
                .and_then(|()| folder_open(&place));
            plan.obstacles.extend(checks.err().map(obstacle));
        }
    }
    plan
}

/// An outcome that was foreseen, as something that stands in the way.
pub fn obstacle(end: ReceiptOutcome) -> Obstacle {
    let (code, text) = match end {
        ReceiptOutcome::Gone { detail } => ("gone".into(), detail),
        ReceiptOutcome::Changed { was, now } => ("changed".into(), format!("It was {was} and is now {now}.")),
        ReceiptOutcome::Failed { fault } => (fault.code, format!("{} {}", fault.message, fault.hint)),
        ReceiptOutcome::Unsupported { reason } => ("unsupported".into(), reason),
        ReceiptOutcome::Done { .. } | ReceiptOutcome::Partly { .. } => {
            ("done".into(), "There is nothing to do.".into())
        }
    };
    Obstacle::new(&code, text, true)
}
