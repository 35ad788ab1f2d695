//! After a crash (M145): what an unfinished order did is read off the device, and it is brought to one of two ends: as it
//! was before, or finished with the copy in the vault proven. Never neither.
use super::{
    driver, execution, isolation,
    links::{make_links, remove_links},
    moves::{self, Stands, described},
    process,
    quarantine::obstacle,
    restore, unit,
    work::{Early, Work, failed, name_of, not_opened, refused},
};
use crate::{
    handle::{Folder, Held, Place},
    journal::{Exact, Op, Unfinished},
    vault::{Metadata, VaultError, facts::Facts},
};
use assize_domain::{id::VaultId, order::ReceiptOutcome, policy::Verb, text::DevicePath};
use std::ffi::{OsStr, OsString};

/// Has a step of the order happened?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    Not,
    Done,
}

/// Brings one order to its end. `None`: nothing is changed on the device, and it may be ordered again.
pub fn recover(work: &mut Work<'_>, order: &Unfinished) -> Option<ReceiptOutcome> {
    let apply = matches!(order.verb, Verb::Apply);
    if apply {
        work.told.proof.kept.clone_from(&order.items);
    }
    let mut done = 0;
    let mut back = Vec::new();
    for op in &order.ops {
        match settle(work, order, op) {
            Ok(Settled::Done) => {
                done += 1;
                back.extend(brings_back(op));
            }
            // What was to follow it has not happened either.
            Ok(Settled::Not) if done == 0 && apply => break,
            // One of several steps: what was begun is finished.
            Ok(Settled::Not) if apply => match finish(work, op) {
                Ok(()) => done += 1,
                Err(end) => work.told.left.push(obstacle(end).text),
            },
            // An item that was about to be brought back; it is, below, if another one was.
            Ok(Settled::Not) => {}
            Err(end) => {
                // Where it is not certain that the device is as it was, no copy is given up.
                work.told.keep_copies |= !matches!(end, ReceiptOutcome::Changed { .. });
                if done == 0 {
                    return Some(end);
                }
                work.told.left.push(obstacle(end).text);
            }
        }
    }
    if done == 0 {
        return None;
    }
    if let (false, Some((items, conflict))) = (apply, &order.back) {
        for id in items.iter().rev().filter(|id| !back.contains(id)) {
            if let Err(end) = restore::one(work, id, conflict) {
                work.told.left.push(obstacle(end).text);
            }
        }
    }
    work.step("The program was interrupted; what it had begun was finished at the next start.");
    Some(work.done())
}

/// The item that a step of an undo brings back.
fn brings_back(op: &Op) -> Option<VaultId> {
    match op {
        Op::Place { restores, .. } => Some(restores.clone()),
        Op::Swap { restores, .. } => restores.clone(),
        Op::Links { item, .. } | Op::Release { item } | Op::Lift { item } => Some(item.clone()),
        // Something we had put there went; what belongs to it has not come back yet.
        Op::Take { .. }
        | Op::Put { .. }
        | Op::Unload { .. }
        | Op::Kill { .. }
        | Op::Isolate { .. }
        | Op::Restrict { .. } => None,
    }
}

/// Does a step of an order that was begun and has not got to it.
fn finish(work: &mut Work<'_>, op: &Op) -> Early<()> {
    match op {
        Op::Take { folder, name, private, taken, flags, copy } => {
            let at = At::open(work, folder, name, private)?.ok_or_else(|| super::work::gone(folder))?;
            proven(work, copy).map_err(refused)?;
            let held = at.held(taken)?;
            moves::take(work, &at.folder, &at.name, &at.private, taken, &held.file, *flags)?;
            told_gone(work, &at);
            Ok(())
        }
        Op::Swap { folder, name, private, taken, taken_flags, put, put_flags, copy, restores: _ } => {
            let at = At::open(work, folder, name, private)?.ok_or_else(|| super::work::gone(folder))?;
            copy.as_ref().map(|copy| proven(work, copy)).transpose().map_err(refused)?;
            let held = at.held(taken)?;
            moves::swap(work, &at.folder, (&at.name, &at.private), (taken, &held.file, *taken_flags), put)?;
            super::line::check(work, &at.into_place(), put, *put_flags);
            Ok(())
        }
        Op::Place { folder, name, private, .. } | Op::Put { folder, name, private, .. } => {
            let at = At::open(work, folder, name, private)?.ok_or_else(|| super::work::gone(folder))?;
            moves::place(work, &at.folder, &at.name, &at.private)
        }
        Op::Unload { name } => {
            driver::unload(work, name);
            Ok(())
        }
        // Settling these does them.
        Op::Links { .. }
        | Op::Kill { .. }
        | Op::Isolate { .. }
        | Op::Release { .. }
        | Op::Restrict { .. }
        | Op::Lift { .. } => Ok(()),
    }
}

fn settle(work: &mut Work<'_>, order: &Unfinished, op: &Op) -> Early<Settled> {
    match op {
        Op::Take { folder, name, private, taken, flags, copy } => {
            let Some(at) = At::open(work, folder, name, private)? else {
                // The folder itself is gone: the file with it, and the copy is what is left.
                return proven(work, copy).map(|_| Settled::Done).map_err(refused);
            };
            settle_take(work, &at, taken, *flags, copy)
        }
        Op::Swap { folder, name, private, taken, taken_flags, put, put_flags, copy, restores } => {
            let Some(at) = At::open(work, folder, name, private)? else { return Ok(Settled::Not) };
            let settled = settle_swap(work, &at, (taken, *taken_flags), put, copy.as_ref())?;
            if settled == Settled::Done {
                let item = restores.as_ref().and_then(|id| work.tools.vault.metadata(id).ok());
                restore::check_swapped(work, &at.into_place(), put, *put_flags, item.as_ref());
                if let Some(item) = &item {
                    restore::beside(work, item);
                }
            }
            Ok(settled)
        }
        Op::Place { folder, name, private, put, put_flags: _, restores } => {
            let Some(at) = At::open(work, folder, name, private)? else { return Ok(Settled::Not) };
            if at.private(put).is_inode(put) || !at.name().is_inode(put) {
                return Ok(Settled::Not);
            }
            let item = work.tools.vault.metadata(restores).map_err(refused)?;
            restore::check(work, &at.into_place(), &item, put);
            restore::beside(work, &item);
            Ok(Settled::Done)
        }
        Op::Put { folder, name, private, put, item: _ } => {
            let Some(at) = At::open(work, folder, name, private)? else { return Ok(Settled::Not) };
            let stands = !at.private(put).is_inode(put) && at.name().is_inode(put);
            Ok(if stands { Settled::Done } else { Settled::Not })
        }
        Op::Links { remove, links, item } => {
            let item = proven(work, item).map_err(refused)?;
            if *remove {
                remove_links(work, links);
            } else {
                make_links(work, links);
            }
            if order.verb == Verb::Undo {
                restore::beside(work, &item);
            } else if let Some(unit) = &item.unit {
                unit::stopped(work, &item.path, unit);
            }
            Ok(Settled::Done)
        }
        Op::Unload { name } => Ok(if driver::is_loaded(work, name) { Settled::Not } else { Settled::Done }),
        Op::Isolate { item } => Ok(if isolation::settle_isolate(work, item)? { Settled::Done } else { Settled::Not }),
        Op::Restrict { item } => Ok(if execution::settle_restrict(work, item)? { Settled::Done } else { Settled::Not }),
        Op::Lift { item } => {
            execution::settle_lift(work, item)?;
            let item = work.tools.vault.metadata(item).map_err(refused)?;
            restore::beside(work, &item);
            Ok(Settled::Done)
        }
        Op::Release { item } => {
            isolation::settle_release(work, item)?;
            let item = work.tools.vault.metadata(item).map_err(refused)?;
            restore::beside(work, &item);
            Ok(Settled::Done)
        }
        Op::Kill { pid, start_ticks } => {
            if process::runs(*pid, start_ticks) {
                return Ok(Settled::Not);
            }
            work.told.proof.after.push(format!("Process {pid} has ended."));
            Ok(Settled::Done)
        }
    }
}

fn settle_take(work: &mut Work<'_>, at: &At, taken: &Exact, flags: u32, copy: &VaultId) -> Early<Settled> {
    let private = at.private(taken);
    if same(&private, taken) {
        return match proven(work, copy) {
            Ok(_) => match moves::remove(work, &at.folder, &at.private) {
                Ok(()) => Ok(told_gone(work, at)),
                Err(error) => {
                    moves::put_back(work, &at.folder, &at.private, &at.name)?;
                    Err(failed(error, "it cannot be removed", &at.folder.inside(&at.name)))
                }
            },
            Err(error) => {
                moves::put_back(work, &at.folder, &at.private, &at.name)?;
                lock_again(at, flags);
                Err(refused(error))
            }
        };
    }
    if private != Stands::Nothing {
        moves::put_back(work, &at.folder, &at.private, &at.name)?;
        return Err(ReceiptOutcome::Changed { was: described(taken), now: private.text() });
    }
    if at.name().is_inode(taken) {
        lock_again(at, flags);
        return Ok(Settled::Not);
    }
    proven(work, copy).map(|_| told_gone(work, at)).map_err(refused)
}

fn settle_swap(
    work: &mut Work<'_>,
    at: &At,
    (taken, flags): (&Exact, u32),
    put: &Exact,
    copy: Option<&VaultId>,
) -> Early<Settled> {
    let private = at.private(taken);
    if private.is_inode(put) {
        lock_again(at, flags);
        return Ok(Settled::Not);
    }
    if private == Stands::Nothing {
        return Ok(if at.name().is_inode(taken) { Settled::Not } else { Settled::Done });
    }
    let back = |work: &mut Work<'_>| moves::swap_back(work, &at.folder, &at.name, &at.private, put);
    if same(&private, taken) {
        return match copy.map(|copy| proven(work, copy)).transpose() {
            Ok(_) => match moves::remove(work, &at.folder, &at.private) {
                Ok(()) => Ok(Settled::Done),
                Err(error) => {
                    back(work)?;
                    Err(failed(error, "it cannot be changed", &at.folder.inside(&at.name)))
                }
            },
            Err(error) => {
                back(work)?;
                lock_again(at, flags);
                Err(refused(error))
            }
        };
    }
    if at.name().is_inode(put) {
        back(work)?;
    } else {
        moves::put_back(work, &at.folder, &at.private, &at.name)?;
    }
    Err(ReceiptOutcome::Changed { was: described(taken), now: private.text() })
}

fn told_gone(work: &mut Work<'_>, at: &At) -> Settled {
    let path = assize_domain::text::visible(at.folder.inside(&at.name).as_str());
    match at.name() {
        Stands::Nothing => work.told.proof.after.push(format!("{path} is not there any more.")),
        Stands::Exact(_) | Stands::Other(_) => work.told.left.push(format!("Another file stands at {path} now.")),
    }
    Settled::Done
}

fn proven(work: &mut Work<'_>, copy: &VaultId) -> Result<Metadata, VaultError> {
    let metadata = work.tools.vault.check(copy)?;
    let now = (work.tools.clock)();
    work.told.proof.proven_at = Some(now);
    work.tools.vault.mark(copy, |m| m.verified_at = Some(now));
    Ok(metadata)
}

/// The same inode with the same content; device numbers may change with a restart.
fn same(stands: &Stands, exact: &Exact) -> bool {
    stands.is_inode(exact) && matches!(stands, Stands::Exact(found) if found.sha256 == exact.sha256)
}

fn lock_again(at: &At, flags: u32) {
    if let (true, Ok(Some(held))) = (flags != 0, at.folder.open_file(&at.name)) {
        // It is where it was; a flag that cannot be set is the only loss.
        let _ = Facts::only_flags(&held.file, flags);
    }
}

/// The two names of one step.
struct At {
    folder: Folder,
    name: OsString,
    private: OsString,
}

impl At {
    fn open(work: &Work<'_>, folder: &DevicePath, name: &DevicePath, private: &DevicePath) -> Early<Option<Self>> {
        match Folder::open_resolved(work.tools.root, folder) {
            Ok(folder) => Ok(Some(Self { folder, name: name_of(name), private: name_of(private) })),
            Err(crate::handle::OpenError::Missing { .. }) => Ok(None),
            Err(error) => Err(not_opened(error, "the folder it lay in")),
        }
    }

    fn private(&self, known: &Exact) -> Stands {
        Stands::at(&self.folder, &self.private, &[known])
    }

    fn name(&self) -> Stands {
        Stands::at(&self.folder, &self.name, &[])
    }

    /// The file at the name, when it is still the one that was to go.
    fn held(&self, taken: &Exact) -> Early<Held> {
        let held = self.folder.open_file(&self.name).map_err(|e| not_opened(e, &described(taken)))?;
        match held {
            Some(held) if held.identity().inode == taken.identity.inode => Ok(held),
            Some(_) | None => Err(ReceiptOutcome::Changed { was: described(taken), now: self.name().text() }),
        }
    }

    fn into_place(self) -> Place {
        Place { folder: self.folder, name: self.name }
    }
}

/// Removes the private files an order had made and not used, and a folder it had made that nothing came into.
pub fn clear(work: &Work<'_>, made: &[(DevicePath, DevicePath)]) {
    // The last one first: a folder can only go once what was made in it is gone.
    for (folder, private) in made.iter().rev() {
        let name = name_of(private);
        let is_ours = |name: &OsStr| name.as_encoded_bytes().starts_with(b".assize-");
        if let (true, Ok(folder)) = (is_ours(&name), Folder::open_resolved(work.tools.root, folder)) {
            // Used (renamed away) or never made: then there is nothing.
            let _ = folder.unlink(&name);
        } else if let (false, Ok(folder)) = (is_ours(&name), Folder::open_resolved(work.tools.root, folder)) {
            // Only an empty folder can be removed so.
            let _ = folder.remove_folder(&name);
        }
    }
}
