//! Undo of everything that is files: identical bytes, path, owner, mode, times, attributes and flags, read back and
//! compared (M68). The file is made ready under a private name and gets its own name in one step, never through a link
//! and never over another file that nobody decided about.
use super::{
    crontab, moves,
    points::point,
    timer,
    work::{Copy, Early, Work, device_name, failed, fault, hash, not_opened, refused},
};
use crate::{
    handle::{Folder, Held, OpenError, Place},
    journal::{Exact, Op},
    root::Root,
    vault::{Kept, Metadata, facts::Facts},
};
use assize_domain::{
    id::VaultId,
    order::{Conflict, Fault, ReceiptOutcome},
    question::Plan,
    text::{DevicePath, visible},
};
use rustix::{
    fs::{Gid, Mode, OFlags, Uid},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

/// Undoes one action: every copy it kept, the last one first.
pub fn undo(work: &mut Work<'_>, kept: &[VaultId], conflict: &Conflict) -> ReceiptOutcome {
    if kept.is_empty() {
        return ReceiptOutcome::Gone {
            detail: "Nothing was kept for this action, so there is nothing to bring back.".into(),
        };
    }
    for (done, id) in kept.iter().rev().enumerate() {
        match one(work, id, conflict) {
            Ok(()) => {}
            Err(end) if done == 0 => return end,
            Err(end) => work.told.left.push(crate::act::quarantine::obstacle(end).text),
        }
    }
    work.done()
}

fn one(work: &mut Work<'_>, id: &VaultId, conflict: &Conflict) -> Early<()> {
    let item = &work.tools.vault.check(id).map_err(refused)?;
    let now = (work.tools.clock)();
    work.tools.vault.mark(id, |m| m.verified_at = Some(now));
    // The leave to undo one action is no leave to bring back what another one took.
    if item.action != work.action {
        let message = format!("The vault item {id} belongs to another action.");
        let hint = "Nothing was touched. Undo that action instead.";
        return Err(ReceiptOutcome::Failed { fault: Fault::new("not_yours", message, hint) });
    }
    if item.kept == Kept::Links {
        let links = item.timer.as_ref().map(|t| t.links.clone()).unwrap_or_default();
        work.arm(&[Op::Links { remove: false, links: links.clone(), item: item.id.clone() }])?;
        timer::make_links(work, &links);
    } else {
        let way = way(work, item, conflict)?;
        go(work, item, way)?;
        if let Some(timer) = &item.timer {
            timer::make_links(work, &timer.links);
        }
    }
    if let Some(timer) = &item.timer {
        timer::started_again(work, timer);
    }
    let now = (work.tools.clock)();
    work.tools.vault.mark(id, |m| m.restored_at = Some(now));
    Ok(())
}

/// How an item gets back, decided before anything is touched.
enum Way {
    /// Nothing stands there.
    Free(Place),
    /// What stands there makes way; `keep` when it goes to the vault first.
    Over { place: Place, present: Held, exact: Exact, keep: bool },
    /// It is there already, with everything it had.
    Already(Place),
}

fn way(work: &mut Work<'_>, item: &Metadata, conflict: &Conflict) -> Early<Way> {
    let root = work.tools.root;
    let wanted = Place::open(root, &item.path);
    let place = match (wanted, conflict) {
        (_, Conflict::Elsewhere { folder }) => elsewhere(root, folder, item)?,
        (Ok(place), _) => place,
        (Err(OpenError::Missing { .. }), _) => {
            make_parents(work, item)?;
            Place::open(root, &item.path).map_err(|e| not_opened(e, "its folder"))?
        }
        (Err(error), _) => return Err(not_opened(error, "its folder")),
    };
    if !matches!(conflict, Conflict::Elsewhere { .. }) {
        same_folder(&place, item, conflict)?;
    }
    let stands = place.folder.look(&place.name).map_err(|e| not_opened(e, "its place"))?;
    let after = match &item.kept {
        Kept::Before { after_sha256 } => Some(after_sha256.as_str()),
        Kept::File | Kept::Links => None,
    };
    if stands.is_none() {
        // For a line of a crontab an empty place is not what we left: somebody removed the file since.
        let ours = after.is_none() || !matches!(conflict, Conflict::Stop);
        return if ours { Ok(Way::Free(place)) } else { Err(not_as_left(&place, "It is gone by now")) };
    }
    match conflict {
        Conflict::KeepBoth | Conflict::Elsewhere { .. } => return Ok(Way::Free(free_name(place)?)),
        Conflict::Stop | Conflict::Replace => {}
    }
    let present = match place.open_file() {
        Ok(Some(present)) => present,
        Ok(None) => return Err(moves::place_taken(&place.path().to_string())),
        Err(OpenError::NotAFile { what, kind }) => {
            let message =
                format!("{} is {kind} by now, which cannot be replaced. Nothing was touched.", visible(&what));
            let hint = "Choose to keep both or to restore to another folder.";
            return Err(ReceiptOutcome::Failed { fault: Fault::new("place_taken", message, hint) });
        }
        Err(error) => return Err(not_opened(error, "its place")),
    };
    let (sha256, _) = hash(&present.file).map_err(|e| crate::act::quarantine::unreadable(&place.path(), &e))?;
    let exact = Exact { identity: present.identity(), sha256 };
    let facts = crate::act::quarantine::facts_of(&present, &place.path())?;
    if exact.sha256 == item.sha256 && item.facts.differences(&facts).is_empty() {
        return Ok(Way::Already(place));
    }
    if after == Some(exact.sha256.as_str()) {
        return Ok(Way::Over { place, present, exact, keep: false });
    }
    match (conflict, after) {
        (Conflict::Replace, _) => Ok(Way::Over { place, present, exact, keep: true }),
        (_, Some(_)) => Err(not_as_left(&place, "It was changed since")),
        (_, None) => Err(moves::place_taken(&place.path().to_string())),
    }
}

fn go(work: &mut Work<'_>, item: &Metadata, way: Way) -> Early<()> {
    match way {
        Way::Already(place) => {
            work.step(format!("{} is already back as it was.", visible(place.path().as_str())));
            Ok(())
        }
        Way::Free(place) => {
            let (private, put) = ready(work, &place.folder, item)?;
            work.arm(&[Op::Place {
                folder: place.folder.path().clone(),
                name: device_name(&place.name),
                private: device_name(&private),
                put: put.clone(),
                put_flags: item.facts.flags,
                restores: item.id.clone(),
            }])?;
            moves::place(work, &place.folder, &place.name, &private)?;
            check(work, &place, item, &put);
            Ok(())
        }
        Way::Over { place, present, exact, keep } => {
            crate::act::quarantine::folder_open(&place)?;
            let facts = crate::act::quarantine::facts_of(&present, &place.path())?;
            let flags = facts.flags;
            let copy = if keep {
                let path = place.path();
                let of = Copy {
                    path: &path,
                    folder: &place.folder,
                    file: Some(&present.file),
                    facts,
                    sha256: exact.sha256.clone(),
                    kept: Kept::File,
                    timer: None,
                };
                Some(work.copy(&of)?)
            } else {
                None
            };
            let (private, put) = ready(work, &place.folder, item)?;
            work.arm(&[Op::Swap {
                folder: place.folder.path().clone(),
                name: device_name(&place.name),
                private: device_name(&private),
                taken: exact.clone(),
                taken_flags: flags,
                put: put.clone(),
                put_flags: item.facts.flags,
                copy,
                restores: Some(item.id.clone()),
            }])?;
            moves::swap(work, &place.folder, (&place.name, &private), (&exact, &present.file, flags), &put)?;
            point("placed");
            check(work, &place, item, &put);
            Ok(())
        }
    }
}

/// The item as a private file in that folder, complete but for its flags.
fn ready(work: &mut Work<'_>, folder: &Folder, item: &Metadata) -> Early<(OsString, Exact)> {
    let vault = work.tools.vault;
    let (private, put) = work.prepare(folder, &item.facts, true, |file| {
        let found = vault.copy_out(&item.id, file).map_err(refused)?;
        if found == *item {
            Ok(())
        } else {
            Err(refused(crate::vault::VaultError::Missing { id: item.id.to_string() }))
        }
    })?;
    if put.sha256 == item.sha256 {
        Ok((private, put))
    } else {
        Err(failed(Errno::IO, "what was written does not read back as it was", &folder.inside(&private)))
    }
}

/// Sets the flags, reads everything back and compares (M68).
pub fn check(work: &mut Work<'_>, place: &Place, item: &Metadata, put: &Exact) {
    let path = visible(place.path().as_str());
    match place.open_file() {
        Ok(Some(held)) if held.identity() == put.identity => {
            if Facts::only_flags(&held.file, item.facts.flags).is_err() {
                work.told.left.push(format!("The flags of {path} could not be set again."));
            }
            let same = hash(&held.file).is_ok_and(|(sha256, _)| sha256 == item.sha256);
            let now = rustix::fs::fstat(&held.file).and_then(|_| Facts::of(&held.file, &held.stat));
            match now {
                Ok(now) if same && item.facts.differences(&now).is_empty() => {
                    work.step(format!("{path} is back with its owner, mode, times and attributes."));
                    work.told.proof.after.push(format!("{path} has SHA-256 {} again.", item.sha256));
                }
                Ok(_) if !same => work.told.left.push(format!("{path} was changed right after it came back.")),
                Ok(now) => {
                    let differences = item.facts.differences(&now);
                    work.told.left.extend(differences.into_iter().map(|d| format!("{path}: {d}.")));
                }
                Err(error) => {
                    work.told.left.push(format!("{path} cannot be read back: {}.", std::io::Error::from(error)));
                }
            }
        }
        Ok(_) => work.told.left.push(format!("Another file came to {path} right after.")),
        Err(error) => work.told.left.push(format!("It cannot be checked: {error}.")),
    }
    point("verified");
}

fn not_as_left(place: &Place, how: &str) -> ReceiptOutcome {
    let path = visible(place.path().as_str());
    ReceiptOutcome::Failed {
        fault: Fault::new(
            "place_taken",
            format!("{path} is not as it was left. {how}. Nothing was touched."),
            "Choose: keep both, replace it (it goes to the vault), restore to another folder, or leave it.",
        ),
    }
}

/// The folder must still be the one it was taken from: a link may have been laid, or another user have made it anew.
fn same_folder(place: &Place, item: &Metadata, conflict: &Conflict) -> Early<()> {
    let moved = *place.folder.path() != item.folder;
    let recorded = item.parents.last().map(|p| p.uid);
    let owner = place.folder.stat().map(|s| s.st_uid).ok();
    let other_owner = recorded.is_some() && recorded != owner && !matches!(conflict, Conflict::Replace);
    if !moved && !other_owner {
        return Ok(());
    }
    let folder = visible(place.folder.path().as_str());
    let message = if moved {
        format!("The way to it leads to {folder} now, not to {}. Nothing was touched.", visible(item.folder.as_str()))
    } else {
        format!("The folder {folder} belongs to another user than before. Nothing was touched.")
    };
    Err(ReceiptOutcome::Failed {
        fault: Fault::new("parent_changed", message, "Look at the folder; then restore to another folder or replace."),
    })
}

/// Makes the folders again that are gone, with the owner and mode they had.
fn make_parents(work: &mut Work<'_>, item: &Metadata) -> Early<()> {
    let root = work.tools.root;
    for facts in &item.parents {
        let cannot = |e| failed(e, "the folder cannot be made again", &facts.path);
        let parent = Place::open(root, &facts.path).map_err(|e| not_opened(e, "its folder"))?;
        if parent.folder.look(&parent.name).map_err(|e| not_opened(e, "its folder"))?.is_some() {
            continue;
        }
        rustix::fs::mkdirat(parent.folder.fd(), &parent.name, Mode::RWXU).map_err(cannot)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(parent.folder.fd(), &parent.name, flags, Mode::empty()).map_err(cannot)?;
        rustix::fs::fchown(&fd, Some(Uid::from_raw(facts.uid)), Some(Gid::from_raw(facts.gid))).map_err(cannot)?;
        rustix::fs::fchmod(&fd, Mode::from_raw_mode(facts.mode)).map_err(cannot)?;
        parent.folder.sync().map_err(cannot)?;
        work.step(format!("The folder {} was gone and was made again.", visible(facts.path.as_str())));
    }
    Ok(())
}

/// A folder that a person named: on the device. For a staged device its path on this machine is understood too.
fn elsewhere(root: &Root, folder: &str, item: &Metadata) -> Early<Place> {
    let path = if root.is_live() { None } else { root.inside(Path::new(folder)) };
    let path = path.unwrap_or_else(|| DevicePath::from(folder));
    let name = DevicePath::from_bytes(item.path.to_bytes().rsplit(|b| *b == b'/').next().unwrap_or(b"restored"));
    match Folder::open(root, &path) {
        Ok(folder) => Ok(Place { folder, name: crate::act::work::name_of(&name) }),
        Err(error) => {
            let message = format!("The folder to restore to cannot be used: {error}.");
            let hint = "Nothing was touched. Name another folder.";
            Err(ReceiptOutcome::Failed { fault: Fault::new("parent_gone", message, hint) })
        }
    }
}

/// `NAME.restored`, `NAME.restored-2`, …
fn free_name(place: Place) -> Early<Place> {
    let Place { folder, name } = place;
    for n in 1..1000 {
        let suffix = if n == 1 { ".restored".to_owned() } else { format!(".restored-{n}") };
        let mut candidate = name.clone();
        candidate.push(suffix);
        if folder.look(&candidate).map_err(|e| not_opened(e, "its place"))?.is_none() {
            return Ok(Place { folder, name: candidate });
        }
    }
    Err(moves::place_taken(&folder.inside(&name).to_string()))
}

/// What undoing this item would meet; touches nothing.
pub fn plan(root: &Root, item: &Metadata, conflict: &Conflict, plan: &mut Plan) {
    use assize_domain::question::{Obstacle, PlanStep, Reversible};
    let target = visible(item.path.as_str());
    let detail = match &item.kept {
        Kept::File => {
            format!("{} bytes come back with owner, mode, times and attributes, and are compared.", item.facts.size)
        }
        Kept::Before { .. } => "The file gets the content back that it had before the line was removed.".into(),
        Kept::Links => "The links that enable it are made again.".into(),
    };
    plan.steps.push(PlanStep { what: "Bring it back".into(), target, reversible: Reversible::Yes, detail });
    if item.kept == Kept::Links {
        return;
    }
    let mut meet = |code: &str, text: String, blocking| {
        plan.obstacles.push(Obstacle { code: code.into(), text, blocking });
    };
    if let Conflict::Elsewhere { folder } = conflict {
        if let Err(end) = elsewhere(root, folder, item) {
            plan.obstacles.push(crate::act::quarantine::obstacle(end));
        }
        return;
    }
    match Place::open(root, &item.path) {
        Err(OpenError::Missing { what }) => {
            meet("parent_gone", format!("The folder {} is gone and will be made again.", visible(&what)), false);
        }
        Err(error) => meet("parent_changed", format!("{error}."), true),
        Ok(place) => {
            if let Err(end) = same_folder(&place, item, conflict) {
                plan.obstacles.push(crate::act::quarantine::obstacle(end));
                return;
            }
            let stands = moves::Stands::at(&place.folder, &place.name);
            let as_left = match (&item.kept, &stands) {
                (Kept::File, moves::Stands::Nothing) => true,
                (Kept::Before { after_sha256 }, moves::Stands::Exact(exact)) => exact.sha256 == *after_sha256,
                _ => false,
            };
            let back = matches!(&stands, moves::Stands::Exact(exact) if exact.sha256 == item.sha256);
            if !as_left && !back {
                let blocking = matches!(conflict, Conflict::Stop);
                meet(
                    "place_taken",
                    format!("At {} stands {} now.", visible(place.path().as_str()), stands.text()),
                    blocking,
                );
            }
        }
    }
}

/// Writes an item to a folder of the machine this runs on.
pub fn write_elsewhere(
    vault: &crate::vault::Vault,
    id: &VaultId,
    folder: &Path,
    inert: bool,
) -> Result<std::path::PathBuf, Fault> {
    let item = vault.check(id).map_err(|e| e.fault())?;
    let held = Folder::outside(folder).map_err(|e| {
        Fault::new(
            "parent_gone",
            format!("The folder cannot be used: {e}."),
            "Nothing was touched. Name another folder.",
        )
    })?;
    let bytes = item.path.to_bytes();
    let mut name = OsString::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(
        bytes.rsplit(|b| *b == b'/').next().unwrap_or(b"restored"),
    ));
    if inert {
        name.push(".quarantined");
    }
    let stem = name.clone();
    let mut n = 1;
    let mut file = loop {
        match held.create(&name) {
            Ok(file) => break file,
            Err(Errno::EXIST) if n < 1000 => {
                n += 1;
                name = stem.clone();
                name.push(format!("-{n}"));
            }
            Err(error) => return Err(fault(error, "it cannot be written there", &held.inside(&name))),
        }
    };
    // Never with set-id bits, and for an inert copy nothing but reading by its owner.
    let mode = if inert { 0o400 } else { item.facts.mode & 0o777 };
    let written = vault.copy_out(id, &mut file).map_err(|e| e.fault()).and_then(|_| {
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))
            .and_then(|()| rustix::fs::fsync(&file))
            .map_err(|e| fault(e, "it cannot be written there", &held.inside(&name)))
    });
    match written {
        Ok(()) => Ok(folder.join(&name)),
        Err(fault) => {
            // Ours and incomplete; if it stays, it is a private file without meaning.
            let _ = held.unlink(&name);
            Err(fault)
        }
    }
}

/// The same check for both directions of a swap that was found after a crash.
pub fn check_swapped(work: &mut Work<'_>, place: &Place, put: &Exact, flags: u32, item: Option<&Metadata>) {
    match item {
        Some(item) => check(work, place, item, put),
        None => crontab::check(work, place, put, flags),
    }
}
