//! How an item gets back to its place, decided before anything is touched: is the place free, is it what we left, is the
//! folder still the same, and what did a person choose where it is not.
use super::{
    guard::Touch,
    moves,
    quarantine::{facts_of, obstacle, unreadable},
    work::{Early, Tools, Work, failed, hash, name_of, not_opened, refused},
};
use crate::{
    handle::{Folder, Held, OpenError, Place},
    journal::Exact,
    root::Root,
    vault::{Kept, Metadata},
};
use assize_domain::{
    order::{Conflict, Fault, ReceiptOutcome},
    question::{Obstacle, Plan, PlanStep, Reversible},
    text::{DevicePath, visible},
};
use rustix::fs::{Gid, Mode, OFlags, Uid};
use std::path::Path;

/// How an item gets back, decided before anything is touched.
pub enum Way {
    /// Nothing stands there.
    Free(Place),
    /// What stands there makes way; `keep` when it goes to the vault first.
    Over { place: Place, present: Box<Held>, exact: Exact, keep: bool },
    /// It is there already, with everything it had.
    Already(Place),
    /// Its folder is gone and can be made again.
    NoFolder { what: String },
}

impl Way {
    pub fn of(tools: &Tools<'_>, item: &Metadata, conflict: &Conflict) -> Early<Self> {
        let root = tools.root;
        let wanted = Place::open(root, &item.path);
        let place = match (wanted, conflict) {
            (_, Conflict::Elsewhere { folder }) => elsewhere(root, folder, item)?,
            (Ok(place), _) => place,
            (Err(OpenError::Missing { what }), _) => return Ok(Self::NoFolder { what }),
            (Err(error), _) => return Err(not_opened(error, "its folder")),
        };
        if !matches!(conflict, Conflict::Elsewhere { .. }) {
            same_folder(&place, item, conflict)?;
        }
        let stands = place.folder.look(&place.name).map_err(|e| not_opened(e, "its place"))?;
        let after = match &item.kept {
            Kept::Before { after_sha256 } => Some(after_sha256.as_str()),
            Kept::File | Kept::Links | Kept::Made | Kept::Firewall | Kept::Programs => None,
        };
        if stands.is_none() {
            // For a line of a crontab an empty place is not what we left: somebody removed the file since.
            let ours = after.is_none() || !matches!(conflict, Conflict::Stop);
            return if ours { Ok(Self::Free(place)) } else { Err(not_as_left(&place, "It is gone by now")) };
        }
        match conflict {
            Conflict::KeepBoth | Conflict::Elsewhere { .. } => return Ok(Self::Free(free_name(place)?)),
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
        let taken = || match after {
            Some(_) => not_as_left(&place, "It was changed since"),
            None => moves::place_taken(&place.path().to_string()),
        };
        let size = present.size();
        // Neither what it was nor what we left has this length, and nobody chose to replace it: no need to read it.
        if !matches!(conflict, Conflict::Replace) && size > item.facts.size {
            return Err(taken());
        }
        tools.vault.room(size).map_err(refused)?;
        let sha256 = hash(&present.file, size).map_err(|e| unreadable(&place.path(), &e))?;
        let exact = Exact { identity: present.identity(), size, sha256 };
        let facts = facts_of(&present, &place.path())?;
        if exact.sha256 == item.sha256 && item.facts.differences(&facts).is_empty() {
            return Ok(Self::Already(place));
        }
        if after == Some(exact.sha256.as_str()) {
            return Ok(Self::Over { place, present: Box::new(present), exact, keep: false });
        }
        if matches!(conflict, Conflict::Replace) {
            tools.guard.file(root, tools.vault, &place, &present, Touch::Whole)?;
            return Ok(Self::Over { place, present: Box::new(present), exact, keep: true });
        }
        Err(taken())
    }
}

/// What undoing this item would meet; touches nothing.
pub fn plan(tools: &Tools<'_>, item: &Metadata, conflict: &Conflict, plan: &mut Plan) {
    let target = visible(item.path.as_str());
    let detail = match &item.kept {
        Kept::File => {
            format!("{} bytes come back with owner, mode, times and attributes, and are compared.", item.facts.size)
        }
        Kept::Before { .. } => "The file gets the content back that it had before the line was removed.".into(),
        Kept::Links => "The links that enable it are made again.".into(),
        Kept::Made => "The file that was put there is taken away again.".into(),
        Kept::Firewall => "The isolation is released; the rules of others stay as they are.".into(),
        Kept::Programs => "Every program may be run again, from wherever it might before.".into(),
    };
    plan.steps.push(PlanStep { what: "Bring it back".into(), target, reversible: Reversible::Yes, detail });
    if matches!(item.kept, Kept::Links | Kept::Made | Kept::Firewall | Kept::Programs) {
        return;
    }
    match Way::of(tools, item, conflict) {
        Ok(Way::Free(_) | Way::Over { .. } | Way::Already(_)) => {}
        Ok(Way::NoFolder { what }) => plan.obstacles.push(Obstacle::new(
            "parent_gone",
            format!("The folder {} is gone and will be made again.", visible(&what)),
            false,
        )),
        Err(end) => plan.obstacles.push(obstacle(end)),
    }
}

/// Makes the folders again that are gone, with the owner and mode they had.
pub fn make_parents(work: &mut Work<'_>, item: &Metadata) -> Early<()> {
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
        let now = rustix::fs::fstat(&fd).map_err(cannot)?;
        if (now.st_uid, now.st_gid) != (facts.uid, facts.gid) {
            let (uid, gid) = (Uid::from_raw(facts.uid), Gid::from_raw(facts.gid));
            rustix::fs::fchown(&fd, Some(uid), Some(gid)).map_err(cannot)?;
        }
        rustix::fs::fchmod(&fd, Mode::from_raw_mode(facts.mode)).map_err(cannot)?;
        parent.folder.sync().map_err(cannot)?;
        work.step(format!("The folder {} was gone and was made again.", visible(facts.path.as_str())));
    }
    Ok(())
}

pub fn not_as_left(place: &Place, how: &str) -> ReceiptOutcome {
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

/// A folder that a person named: on the device. For a staged device its path on this machine is understood too.
fn elsewhere(root: &Root, folder: &str, item: &Metadata) -> Early<Place> {
    let path = if root.is_live() { None } else { root.inside(Path::new(folder)) };
    let path = path.unwrap_or_else(|| DevicePath::from(folder));
    let name = DevicePath::from_bytes(item.path.to_bytes().rsplit(|b| *b == b'/').next().unwrap_or(b"restored"));
    let opened = match path.as_str().starts_with('/') {
        true => Folder::open(root, &path),
        false => Err(OpenError::BadPath { what: path.to_string() }),
    };
    match opened {
        Ok(folder) => Ok(Place { folder, name: name_of(&name) }),
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
