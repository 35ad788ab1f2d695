//! The few steps by which something on a device is taken away, swapped or put in place: each is one rename inside a held
//! folder, each can be told afterwards to have happened or not.
//!
//! Linux cannot remove a file by what it is, only by its name, and a name can come to mean another file at any moment.
//! So the name is renamed to one that nobody knows, what was caught is compared with what was approved, and only then
//! it is removed. A stranger goes back to its place. Whoever could put a stranger at the private name in between could
//! have removed it themselves, so nothing is gained by trying.
use super::{
    points::point,
    work::{Early, Work, failed, fault, gone, hash, private_name},
};
use crate::{
    handle::{self, Folder},
    journal::Exact,
    vault::facts::Facts,
};
use assize_domain::{
    order::{Fault, ReceiptOutcome},
    text::visible,
};
use rustix::io::Errno;
use std::{ffi::OsStr, fs::File};

/// What stands at a name.
#[derive(Debug, PartialEq, Eq)]
pub enum Stands {
    Nothing,
    Exact(Exact),
    /// Not an ordinary file, or one that cannot be read.
    Other(String),
}

impl Stands {
    /// Reads the content only of a file that is one of the `known` by its inode and size.
    pub fn at(folder: &Folder, name: &OsStr, known: &[&Exact]) -> Self {
        match folder.open_file(name) {
            Ok(None) => Self::Nothing,
            Ok(Some(held)) => {
                let (identity, size) = (held.identity(), held.size());
                let candidate = known.iter().any(|k| k.identity.inode == identity.inode && k.size == size);
                let sha256 = if candidate { hash(&held.file, size) } else { Ok(String::new()) };
                match sha256 {
                    Ok(sha256) => Self::Exact(Exact { identity, size, sha256 }),
                    Err(error) => Self::Other(format!("a file that cannot be read ({error})")),
                }
            }
            Err(handle::OpenError::NotAFile { kind, .. }) => Self::Other(kind.into()),
            Err(error) => Self::Other(error.to_string()),
        }
    }

    pub fn is(&self, exact: &Exact) -> bool {
        matches!(self, Self::Exact(found) if found == exact)
    }

    /// The same file on disk, whatever is in it now; device numbers may change with a restart.
    pub fn is_inode(&self, exact: &Exact) -> bool {
        matches!(self, Self::Exact(found) if found.identity.inode == exact.identity.inode)
    }

    pub fn text(&self) -> String {
        match self {
            Self::Nothing => "nothing".into(),
            Self::Exact(exact) => described(exact),
            Self::Other(what) => what.clone(),
        }
    }
}

pub fn described(exact: &Exact) -> String {
    let Exact { identity, size, sha256 } = exact;
    let content = if sha256.is_empty() { format!("{size} bytes") } else { format!("SHA-256 {sha256}") };
    format!("file {}:{} with {content}", identity.device, identity.inode)
}

/// Takes `name` away. `held` is the file that was approved, compared and copied.
pub fn take(
    work: &mut Work<'_>,
    folder: &Folder,
    name: &OsStr,
    private: &OsStr,
    taken: &Exact,
    held: &File,
    flags: u32,
) -> Early<()> {
    let path = folder.inside(name);
    unlock(held, flags).map_err(|e| failed(e, "its flags cannot be cleared", &path))?;
    if let Err(error) = folder.rename(name, private) {
        lock(held, flags);
        return Err(if error == Errno::NOENT { gone(&path) } else { failed(error, "it cannot be taken away", &path) });
    }
    point("renamed");
    let caught = Stands::at(folder, private, &[taken]);
    if !caught.is(taken) {
        // Locked again only once it is back: a locked file cannot even be renamed.
        let back = put_back(work, folder, private, name);
        lock(held, flags);
        back?;
        return Err(ReceiptOutcome::Changed { was: described(taken), now: caught.text() });
    }
    point("compared");
    if let Err(error) = remove(work, folder, private) {
        let back = put_back(work, folder, private, name);
        lock(held, flags);
        back?;
        return Err(failed(error, "it cannot be removed", &path));
    }
    lock_rest(held, flags);
    Ok(())
}

/// Removes what was caught and compared.
pub fn remove(work: &mut Work<'_>, folder: &Folder, private: &OsStr) -> Result<(), Errno> {
    folder.unlink(private)?;
    point("removed");
    synced(work, folder);
    Ok(())
}

/// Done is done; that a power cut right now could take it back is told.
fn synced(work: &mut Work<'_>, folder: &Folder) {
    if let Err(error) = folder.sync() {
        let error = std::io::Error::from(error);
        work.told.left.push(format!("{} could not be synced ({error}).", visible(folder.path().as_str())));
    }
}

/// A stranger goes back to its own name. When that is taken by now, it stays beside it under a name that can be seen:
/// nothing innocent is ever lost.
pub fn put_back(work: &mut Work<'_>, folder: &Folder, private: &OsStr, name: &OsStr) -> Early<()> {
    match folder.rename(private, name) {
        Ok(()) => {
            work.step("It was put back untouched.");
            synced(work, folder);
            Ok(())
        }
        Err(Errno::EXIST) => {
            let mut beside = name.to_owned();
            beside.push(".put-back-");
            beside.push(private_name()?.to_string_lossy().trim_start_matches(".assize-"));
            folder.rename(private, &beside).map_err(|e| stuck(work, folder, private, e))?;
            work.step(format!(
                "Its name was taken by then, so it lies beside it as {}.",
                visible(folder.inside(&beside).as_str())
            ));
            Ok(())
        }
        Err(error) => Err(stuck(work, folder, private, error)),
    }
}

fn stuck(work: &mut Work<'_>, folder: &Folder, private: &OsStr, error: Errno) -> ReceiptOutcome {
    work.told.keep_copies = true;
    let mut fault = fault(error, "it cannot be put back to its name", &folder.inside(private));
    fault.code = "not_put_back".into();
    fault.hint = "Nothing is lost: it lies under the name above. Rename it by hand.".into();
    ReceiptOutcome::Failed { fault }
}

/// Puts the prepared `private` at `name` and takes away what stood there.
pub fn swap(
    work: &mut Work<'_>,
    folder: &Folder,
    at: (&OsStr, &OsStr),
    taken: (&Exact, &File, u32),
    put: &Exact,
) -> Early<()> {
    let (name, private) = at;
    let (taken, held, flags) = taken;
    let path = folder.inside(name);
    unlock(held, flags).map_err(|e| failed(e, "its flags cannot be cleared", &path))?;
    if let Err(error) = folder.exchange(private, name) {
        lock(held, flags);
        discard(folder, private);
        return Err(match error {
            Errno::NOENT => gone(&path),
            Errno::INVAL | Errno::NOSYS => ReceiptOutcome::Failed {
                fault: Fault::new(
                    "unsupported",
                    format!("The file system of {} cannot swap two files in one step.", visible(path.as_str())),
                    "Nothing was touched. Change the file by hand.",
                ),
            },
            error => failed(error, "it cannot be changed", &path),
        });
    }
    point("renamed");
    let caught = Stands::at(folder, private, &[taken]);
    if !caught.is(taken) {
        let back = swap_back(work, folder, name, private, put);
        lock(held, flags);
        back?;
        return Err(ReceiptOutcome::Changed { was: described(taken), now: caught.text() });
    }
    point("compared");
    if let Err(error) = remove(work, folder, private) {
        let back = swap_back(work, folder, name, private, put);
        lock(held, flags);
        back?;
        return Err(failed(error, "it cannot be changed", &path));
    }
    lock_rest(held, flags);
    Ok(())
}

/// A stranger was caught by the swap: it goes back, and what we had put there is ours to remove.
pub fn swap_back(work: &mut Work<'_>, folder: &Folder, name: &OsStr, private: &OsStr, put: &Exact) -> Early<()> {
    folder.exchange(private, name).map_err(|e| stuck(work, folder, private, e))?;
    if Stands::at(folder, private, &[]).is_inode(put) {
        folder.unlink(private).map_err(|e| stuck(work, folder, private, e))?;
        work.step("It was put back untouched.");
        synced(work, folder);
        return Ok(());
    }
    // Yet another file came to the place between the two swaps. It was the last, so the place is its own; the earlier one
    // lies at `name` now: bring them apart.
    folder.exchange(private, name).map_err(|e| stuck(work, folder, private, e))?;
    put_back(work, folder, private, name)
}

/// Gives the prepared `private` the free name `name`. `EXIST` when it is not free any more.
pub fn place(work: &mut Work<'_>, folder: &Folder, name: &OsStr, private: &OsStr) -> Early<()> {
    let path = folder.inside(name);
    match folder.rename(private, name) {
        Ok(()) => {
            point("placed");
            synced(work, folder);
            Ok(())
        }
        Err(error) => {
            discard(folder, private);
            let taken = error == Errno::EXIST;
            Err(if taken {
                place_taken(&path.to_string())
            } else {
                failed(error, "it cannot be put in its place", &path)
            })
        }
    }
}

/// What was prepared and is not used goes at once, by the handle: its folder may have another name by now.
fn discard(folder: &Folder, private: &OsStr) {
    // Where this fails it is tried again by name.
    let _ = folder.unlink(private);
}

pub fn place_taken(path: &str) -> ReceiptOutcome {
    ReceiptOutcome::Failed {
        fault: Fault::new(
            "place_taken",
            format!("Another file stands at {} by now. Nothing was touched.", visible(path)),
            "Choose: keep both, replace it (it goes to the vault), restore to another folder, or leave it.",
        ),
    }
}

fn unlock(held: &File, flags: u32) -> Result<(), Errno> {
    if flags == 0 { Ok(()) } else { Facts::unlock(held) }
}

/// Another name of what was taken is as protected as before.
fn lock_rest(held: &File, flags: u32) {
    if flags != 0 && rustix::fs::fstat(held).is_ok_and(|stat| stat.st_nlink > 0) {
        lock(held, flags);
    }
}

/// Sets the flags again that were cleared; the file is where it was, so a failure loses nothing but the flag.
fn lock(held: &File, flags: u32) {
    if flags != 0 {
        let _ = Facts::only_flags(held, flags);
    }
}
