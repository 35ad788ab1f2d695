//! Remove a systemd timer: the links that enable it go, and the unit file goes to the vault, unless a package brought it
//! (below `/usr/lib` or `/lib`): then only the links go, because the package would miss or restore its file.
use super::{
    points::point,
    quarantine::{self, facts_of, obstacle, take_whole},
    systemd,
    work::{Copy, Early, Work, name_of},
};
use crate::{
    handle::{Folder, Place},
    journal::Op,
    root::Root,
    vault::{
        Kept, TimerFacts, Vault,
        facts::{LinkFacts, moment},
    },
};
use assize_domain::{
    order::ReceiptOutcome,
    question::{Plan, PlanStep, Reversible},
    text::{DevicePath, visible},
};
use rustix::{
    fs::{self, AtFlags, FileType},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
};

const SYSTEM: [&str; 4] =
    ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];
const USER: [&str; 4] =
    ["/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"];

pub fn apply(work: &mut Work<'_>, path: &DevicePath, digest: &str) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        let approved = quarantine::Approved { path, sha256: digest, identity: None };
        let (place, held, exact) = approved.open(work.tools.root, work.tools.vault)?;
        let links = links_to(work.tools.root, &place);
        let unit = place.name.to_string_lossy().into_owned();
        let active = manages(work.tools.root, path) && systemd::is_active(&unit).unwrap_or(false);
        let timer = TimerFacts { unit, links, active };
        if is_packaged(&place) {
            if timer.links.is_empty() && !active {
                let detail = format!("{} is part of a package and nothing enables it.", visible(path.as_str()));
                return Err(ReceiptOutcome::Gone { detail });
            }
            let item = work.copy(&Copy {
                path,
                folder: &place.folder,
                file: None,
                facts: facts_of(&held, path)?,
                sha256: exact.sha256.clone(),
                kept: Kept::Links,
                timer: Some(timer.clone()),
            })?;
            work.arm(&[Op::Links { remove: true, links: timer.links.clone(), item }])?;
            work.step(format!("{} belongs to a package and stays; it is only disabled.", visible(path.as_str())));
        } else {
            take_whole(work, path, &place, &held, &exact, Some(timer.clone()))?;
        }
        remove_links(work, &timer.links);
        stopped(work, path, &timer);
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

pub fn plan(root: &Root, vault: &Vault, path: &DevicePath, digest: &str) -> Plan {
    let approved = quarantine::Approved { path, sha256: digest, identity: None };
    let (place, _, _) = match approved.open(root, vault) {
        Ok(open) => open,
        Err(end) => return Plan { obstacles: vec![obstacle(end)], ..Plan::default() },
    };
    let mut plan = if is_packaged(&place) {
        Plan::default()
    } else {
        quarantine::plan(root, vault, &approved, "Remove the timer")
    };
    for link in links_to(root, &place) {
        let target = visible(format!("{}/{}", link.folder, link.name).as_str());
        let detail = format!("The link to {} that enables the timer is removed.", visible(link.target.as_str()));
        plan.steps.push(PlanStep { what: "Disable the timer".into(), target, reversible: Reversible::Yes, detail });
    }
    plan
}

/// Each link is removed only while it still is the link that was recorded. Told again after a crash: what is gone is gone.
pub fn remove_links(work: &mut Work<'_>, links: &[LinkFacts]) {
    for link in links {
        let shown = visible(format!("{}/{}", link.folder, link.name).as_str());
        match remove_link(work.tools.root, link) {
            Ok(true) => work.step(format!("The link {shown} was removed.")),
            Ok(false) => {}
            Err(why) => work.told.left.push(format!("The link {shown} was not removed: {why}.")),
        }
        point("linked");
    }
}

fn remove_link(root: &Root, link: &LinkFacts) -> Result<bool, String> {
    let folder = Folder::open_resolved(root, &link.folder).map_err(|e| e.to_string())?;
    let name = name_of(&link.name);
    match folder.look(&name).map_err(|e| e.to_string())? {
        None => return Ok(false),
        Some(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink => {
            return Err("it is no link any more".into());
        }
        Some(_) => {}
    }
    if read_link(&folder, &name).as_ref() != Some(&link.target) {
        return Err("it leads to another place by now".into());
    }
    folder.unlink(&name).and_then(|()| folder.sync()).map(|()| true).map_err(|e| std::io::Error::from(e).to_string())
}

/// Makes the links again that are not there.
pub fn make_links(work: &mut Work<'_>, links: &[LinkFacts]) {
    for link in links {
        let shown = visible(format!("{}/{}", link.folder, link.name).as_str());
        match make_link(work.tools.root, link) {
            Ok(()) => work.step(format!("The link {shown} is back.")),
            Err(why) => work.told.left.push(format!("The link {shown} was not made again: {why}.")),
        }
        point("linked");
    }
}

fn make_link(root: &Root, link: &LinkFacts) -> Result<(), String> {
    let said = |e: Errno| std::io::Error::from(e).to_string();
    let folder = match Folder::open_resolved(root, &link.folder) {
        Ok(folder) => folder,
        // systemctl removes a `.wants` folder with its last link.
        Err(crate::handle::OpenError::Missing { .. }) => {
            let place = Place::open(root, &link.folder).map_err(|e| e.to_string())?;
            fs::mkdirat(place.folder.fd(), &place.name, fs::Mode::from_raw_mode(0o755)).map_err(said)?;
            Folder::open_resolved(root, &link.folder).map_err(|e| e.to_string())?
        }
        Err(error) => return Err(error.to_string()),
    };
    let name = name_of(&link.name);
    match fs::symlinkat(name_of(&link.target), folder.fd(), &name) {
        Ok(()) => {}
        Err(Errno::EXIST) if read_link(&folder, &name).as_ref() == Some(&link.target) => {}
        Err(Errno::EXIST) => return Err("something else stands there".into()),
        Err(error) => return Err(said(error)),
    }
    link.set(folder.fd(), &name).and_then(|()| folder.sync()).map_err(said)
}

/// Stops what runs and lets the manager forget the unit.
pub fn stopped(work: &mut Work<'_>, path: &DevicePath, timer: &TimerFacts) {
    if !systemd::runs(work.tools.root) {
        return;
    }
    if !manages(work.tools.root, path) {
        work.step("The manager of the user who owns it learns of it at the next login.");
        return;
    }
    if timer.active {
        match systemd::stop(&timer.unit) {
            Ok(()) => work.step("The running timer was stopped."),
            Err(why) => work.step(format!("The running timer could not be stopped ({why}); it ends with a restart.")),
        }
    }
    reloaded(work);
}

/// After an undo: known to the manager again, and running if it ran.
pub fn started_again(work: &mut Work<'_>, timer: &TimerFacts) {
    if !systemd::runs(work.tools.root) {
        return;
    }
    reloaded(work);
    if timer.active {
        match systemd::start(&timer.unit) {
            Ok(()) => work.step("The timer runs again."),
            Err(why) => work.step(format!("The timer could not be started ({why}); it starts with a restart.")),
        }
    }
}

fn reloaded(work: &mut Work<'_>) {
    if let Err(why) = systemd::reload() {
        work.step(format!("The service manager could not be told to read its files again ({why})."));
    }
}

/// A unit of the system's own manager; a user's manager cannot be reached from here.
fn manages(root: &Root, path: &DevicePath) -> bool {
    systemd::runs(root) && !is_user_unit(path)
}

fn is_user_unit(path: &DevicePath) -> bool {
    path.as_str().contains("/systemd/user/")
}

fn is_packaged(place: &Place) -> bool {
    let path = place.path();
    ["/usr/lib/", "/lib/"].iter().any(|folder| path.as_str().starts_with(folder))
}

/// Every `wants` and `requires` link to this unit, where units are enabled and beside the unit itself.
fn links_to(root: &Root, place: &Place) -> Vec<LinkFacts> {
    let shelves = if is_user_unit(&place.path()) { USER } else { SYSTEM };
    let mut bases: Vec<Folder> = shelves.iter().filter_map(|path| Folder::open(root, &(*path).into()).ok()).collect();
    bases.extend(Folder::open_resolved(root, place.folder.path()).ok());
    let mut links: Vec<LinkFacts> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for base in bases.iter().filter(|base| seen.insert(base.path().clone())) {
        for name in base.names().unwrap_or_default() {
            let wants = [&b".wants"[..], b".requires"].iter().any(|end| name.as_bytes().ends_with(end));
            if let Some(folder) = wants.then(|| Folder::open(root, &base.inside(&name)).ok()).flatten() {
                links.extend(link_in(&folder, &place.name));
            }
        }
    }
    links.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    links.dedup();
    links
}

fn link_in(folder: &Folder, name: &OsStr) -> Option<LinkFacts> {
    let stat = fs::statat(folder.fd(), name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
        return None;
    }
    Some(LinkFacts {
        folder: folder.path().clone(),
        name: DevicePath::from_bytes(name.as_bytes()),
        target: read_link(folder, name)?,
        uid: stat.st_uid,
        gid: stat.st_gid,
        accessed: moment(stat.st_atime, stat.st_atime_nsec),
        modified: moment(stat.st_mtime, stat.st_mtime_nsec),
    })
}

fn read_link(folder: &Folder, name: &OsStr) -> Option<DevicePath> {
    let target = fs::readlinkat(folder.fd(), name, Vec::new()).ok()?;
    Some(DevicePath::from_bytes(OsString::from_vec(target.into_bytes()).as_bytes()))
}
