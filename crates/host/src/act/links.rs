//! The links that enable a unit (`wants`, `requires`, other names), and the link to `/dev/null` that stands in its way.
use super::{
    points::point,
    unit::is_user_unit,
    work::{Work, name_of},
};
use crate::{
    handle::{Folder, OpenError, Place},
    root::Root,
    vault::facts::{LinkFacts, Moment, moment},
};
use assize_domain::{
    text::{DevicePath, visible},
    time::Stamp,
};
use rustix::{
    fs::{self, AtFlags, FileType},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
};

const SYSTEM: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
const USER: [&str; 4] =
    ["/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"];

/// The folders in which the manager of this unit looks for units, and the one the unit lies in, each once.
pub fn shelves(root: &Root, place: &Place) -> Vec<Folder> {
    let known: &[&str] = if is_user_unit(&place.path()) { &USER } else { &SYSTEM };
    let mut folders: Vec<Folder> = known.iter().filter_map(|path| Folder::open(root, &(*path).into()).ok()).collect();
    let own = place.folder.path();
    // A drop-in lies one deeper.
    let own = own.as_str().strip_suffix(".d").and_then(|p| p.rsplit_once('/')).map_or(own.clone(), |(up, _)| up.into());
    folders.extend(Folder::open_resolved(root, &own).ok());
    // Users have two folders: one for their units, one for those that programs put there.
    let twin = own.as_str().replace("/.local/share/systemd/user", "/.config/systemd/user");
    folders.extend((twin != own.as_str()).then(|| Folder::open_resolved(root, &twin.as_str().into()).ok()).flatten());
    let mut seen = std::collections::BTreeSet::new();
    folders.retain(|folder| seen.insert(folder.path().clone()));
    folders
}

/// Every `wants`, `requires` and `upholds` link to this unit and every other name of it, where units are enabled and
/// beside the unit itself. `exactly`: only those that lead to this very file, because another one of its name remains.
pub fn links_to(root: &Root, place: &Place, exactly: bool) -> Vec<LinkFacts> {
    let bases = shelves(root, place);
    let beside = |base: &Folder| -> Vec<LinkFacts> {
        base.names().unwrap_or_default().iter().filter_map(|name| link_in(base, name)).collect()
    };
    // Other names: links beside the units that lead here.
    let mut links: Vec<LinkFacts> = bases.iter().flat_map(beside).filter(|link| leads_to(link, place)).collect();
    let mut names: Vec<Vec<u8>> = links.iter().map(|link| link.name.to_bytes()).collect();
    names.push(place.name.as_bytes().to_vec());
    for base in &bases {
        for name in base.names().unwrap_or_default() {
            let wants = [&b".wants"[..], b".requires", b".upholds"].iter().any(|end| name.as_bytes().ends_with(end));
            if let Some(folder) = wants.then(|| Folder::open(root, &base.inside(&name)).ok()).flatten() {
                links
                    .extend(beside(&folder).into_iter().filter(|l| names.iter().any(|n| is_of(&l.name.to_bytes(), n))));
            }
        }
    }
    links.retain(|link| !exactly || leads_to(link, place));
    links.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    links.dedup();
    links
}

/// The unit itself, or an instance of a template: `a@one.service` of `a@.service`.
fn is_of(link: &[u8], unit: &[u8]) -> bool {
    let template = || unit.windows(2).position(|w| w == b"@.").map(|at| (&unit[..=at], &unit[at + 1..]));
    link == unit || template().is_some_and(|(stem, end)| link.starts_with(stem) && link.ends_with(end))
}

/// By its text: what the way there means is read as the device means it.
fn leads_to(link: &LinkFacts, place: &Place) -> bool {
    let target = link.target.to_bytes();
    let whole = if target.starts_with(b"/") { target } else { [&link.folder.to_bytes()[..], b"/", &target].concat() };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in whole.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let named = parts.iter().fold(Vec::new(), |path, part| [&path[..], b"/", part].concat());
    let here = place.path().to_bytes();
    let merged = |path: &[u8]| if path.starts_with(b"/lib/") { [b"/usr", path].concat() } else { path.to_vec() };
    merged(&named) == merged(&here)
}

/// A link that is not there yet.
pub fn made(folder: &str, name: &DevicePath, target: &str, now: Stamp) -> LinkFacts {
    let at = Moment(now.0.div_euclid(1000), u32::try_from(now.0.rem_euclid(1000)).unwrap_or(0) * 1_000_000);
    LinkFacts {
        folder: folder.into(),
        name: name.clone(),
        target: target.into(),
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        accessed: at,
        modified: at,
    }
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
    let folder = match Folder::open_resolved(root, &link.folder) {
        Ok(folder) => folder,
        // With its folder gone, it is gone.
        Err(OpenError::Missing { .. }) => return Ok(false),
        Err(error) => return Err(error.to_string()),
    };
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

/// Makes the links that are not there.
pub fn make_links(work: &mut Work<'_>, links: &[LinkFacts]) {
    for link in links {
        let shown = visible(format!("{}/{}", link.folder, link.name).as_str());
        match make_link(work.tools.root, link) {
            Ok(()) => work.step(format!("The link {shown} to {} is there.", visible(link.target.as_str()))),
            Err(why) => work.told.left.push(format!("The link {shown} was not made: {why}.")),
        }
        point("linked");
    }
}

fn make_link(root: &Root, link: &LinkFacts) -> Result<(), String> {
    let said = |e: Errno| std::io::Error::from(e).to_string();
    let folder = match Folder::open_resolved(root, &link.folder) {
        Ok(folder) => folder,
        // systemctl removes a `.wants` folder with its last link.
        Err(OpenError::Missing { .. }) => {
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

pub fn link_in(folder: &Folder, name: &OsStr) -> Option<LinkFacts> {
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
