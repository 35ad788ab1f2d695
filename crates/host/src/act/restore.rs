//! Undo of everything that is files: identical bytes, path, owner, mode, times, attributes and flags, read back and
//! compared (M68). The file is made ready under a private name and gets its own name in one step, never through a link
//! and never over another file that nobody decided about.
use super::{
    driver, execution, isolation, line,
    links::{make_links, remove_links},
    moves,
    points::point,
    quarantine::{facts_of, folder_open, obstacle, unreadable},
    unit,
    way::{self, Way},
    work::{self, Copy, Early, Work, device_name, failed, gone, hash, not_opened, private_name, refused},
};
use crate::{
    handle::{Folder, Place},
    journal::{Exact, Op},
    vault::{
        Kept, Metadata, VaultError,
        facts::{Facts, Holed},
    },
};
use assize_domain::{
    id::VaultId,
    order::{Conflict, Fault, ReceiptOutcome},
    text::visible,
};
use rustix::io::Errno;
use std::ffi::OsString;

/// Undoes one action: every copy it kept, the last one first.
pub fn undo(work: &mut Work<'_>, kept: &[VaultId], conflict: &Conflict) -> ReceiptOutcome {
    if kept.is_empty() {
        return ReceiptOutcome::Gone {
            detail: "Nothing was kept for this action, so there is nothing to bring back.".into(),
        };
    }
    if let Err(error) = work.journal.back(&work.order, kept, conflict) {
        return work::journal(error);
    }
    let mut done = 0;
    for id in kept.iter().rev() {
        match one(work, id, conflict) {
            Ok(()) => done += 1,
            Err(end) if done == 0 => return end,
            Err(end) => work.told.left.push(obstacle(end).text),
        }
    }
    work.done()
}

/// Brings one item back, with everything that belongs to it.
pub fn one(work: &mut Work<'_>, id: &VaultId, conflict: &Conflict) -> Early<()> {
    let item = &work.tools.vault.check(id).map_err(refused)?;
    let now = (work.tools.clock)();
    work.tools.vault.mark(id, |m| m.verified_at = Some(now));
    // The leave to undo one action is no leave to bring back what another one took.
    if item.action != work.action {
        let message = format!("The vault item {id} belongs to another action.");
        let hint = "Nothing was touched. Undo that action instead.";
        return Err(ReceiptOutcome::Failed { fault: Fault::new("not_yours", message, hint) });
    }
    match item.kept {
        Kept::Links => {
            let unit = item.unit.clone().unwrap_or_default();
            work.arm(&[
                Op::Links { remove: true, links: unit.laid, item: item.id.clone() },
                Op::Links { remove: false, links: unit.links, item: item.id.clone() },
            ])?;
        }
        Kept::Made => unmake(work, item, conflict)?,
        Kept::Firewall => isolation::release(work, &item.id)?,
        Kept::Programs => execution::lift(work, &item.id)?,
        Kept::File | Kept::Before { .. } => {
            let mut way = Way::of(&work.tools, item, conflict)?;
            if matches!(way, Way::NoFolder { .. }) {
                way::make_parents(work, item)?;
                way = Way::of(&work.tools, item, conflict)?;
            }
            go(work, item, way)?;
        }
    }
    beside(work, item);
    Ok(())
}

/// What belongs to an item beside its file: links, what ran, what was loaded. Done again it changes nothing.
pub fn beside(work: &mut Work<'_>, item: &Metadata) {
    if let Some(unit) = &item.unit {
        remove_links(work, &unit.laid);
        make_links(work, &unit.links);
        unit::started_again(work, &item.path, unit);
    }
    if let Some(driver) = &item.driver {
        driver::loaded_again(work, driver);
    }
    let now = (work.tools.clock)();
    work.tools.vault.mark(&item.id, |m| m.restored_at = Some(now));
}

/// The folder that was made for it goes with it; whatever else came into it keeps it there.
fn without_folder(work: &Work<'_>, item: &Metadata) {
    if item.driver.as_ref().is_some_and(|d| d.folder_made)
        && let Ok(place) = Place::open(work.tools.root, &item.folder)
    {
        let _ = place.folder.remove_folder(&place.name);
    }
}

/// Takes away what we put there, and nothing else.
fn unmake(work: &mut Work<'_>, item: &Metadata, conflict: &Conflict) -> Early<()> {
    let path = visible(item.path.as_str());
    let place = match Place::open(work.tools.root, &item.path) {
        Ok(place) => place,
        Err(crate::handle::OpenError::Missing { .. }) => {
            work.step(format!("{path} is already gone."));
            return Ok(());
        }
        Err(error) => return Err(not_opened(error, "its folder")),
    };
    let Some(held) = place.open_file().map_err(|e| not_opened(e, "the file that was made"))? else {
        without_folder(work, item);
        work.step(format!("{path} is already gone."));
        return Ok(());
    };
    let size = held.size();
    let ours = size == item.facts.size;
    let sha256 = if ours { hash(&held.file, size).map_err(|e| unreadable(&item.path, &e))? } else { String::new() };
    let mut copy = item.id.clone();
    if sha256 != item.sha256 {
        if !matches!(conflict, Conflict::Replace) {
            return Err(way::not_as_left(&place, "It was changed since"));
        }
        // What somebody made of it goes to the vault first.
        work.tools.vault.room(size).map_err(refused)?;
        let sha256 = hash(&held.file, size).map_err(|e| unreadable(&item.path, &e))?;
        let of = Copy {
            path: &item.path,
            folder: &place.folder,
            file: Some(&held.file),
            facts: facts_of(&held, &item.path)?,
            sha256,
            kept: Kept::File,
            unit: None,
            driver: None,
        };
        copy = work.copy(&of)?;
    }
    folder_open(&place)?;
    let sha256 = hash(&held.file, size).map_err(|e| unreadable(&item.path, &e))?;
    let taken = Exact { identity: held.identity(), size, sha256 };
    let flags = facts_of(&held, &item.path)?.flags;
    let private = private_name()?;
    work.arm(&[Op::Take {
        folder: place.folder.path().clone(),
        name: device_name(&place.name),
        private: device_name(&private),
        taken: taken.clone(),
        flags,
        copy,
    }])?;
    moves::take(work, &place.folder, &place.name, &private, &taken, &held.file, flags)?;
    work.step(format!("{path} was taken away again."));
    without_folder(work, item);
    match place.folder.look(&place.name) {
        Ok(None) => work.told.proof.after.push(format!("{path} is not there any more.")),
        Ok(Some(_)) | Err(_) => work.told.left.push(format!("Another file came to {path} right after.")),
    }
    point("verified");
    Ok(())
}

fn go(work: &mut Work<'_>, item: &Metadata, way: Way) -> Early<()> {
    match way {
        Way::NoFolder { what } => Err(gone(&what.as_str().into())),
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
            folder_open(&place)?;
            let facts = facts_of(&present, &place.path())?;
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
                    unit: None,
                    driver: None,
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
        let found = if item.facts.holes {
            let mut holed = Holed::new(file);
            let found = vault.copy_out(&item.id, &mut holed).map_err(refused)?;
            let ended = holed.end();
            ended.map_err(|e| {
                failed(Errno::from_io_error(&e).unwrap_or(Errno::IO), "it cannot be written", &item.path)
            })?;
            found
        } else {
            vault.copy_out(&item.id, file).map_err(refused)?
        };
        if found == *item { Ok(()) } else { Err(refused(VaultError::Missing { id: item.id.to_string() })) }
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
            let same = hash(&held.file, put.size).is_ok_and(|sha256| sha256 == item.sha256);
            match Facts::of(&held.file, &held.stat) {
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

/// The same check for both directions of a swap that was found after a crash.
pub fn check_swapped(work: &mut Work<'_>, place: &Place, put: &Exact, flags: u32, item: Option<&Metadata>) {
    match item {
        Some(item) => check(work, place, item, put),
        None => line::check(work, place, put, flags),
    }
}
