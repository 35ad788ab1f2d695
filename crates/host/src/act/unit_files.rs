//! What unit files say about a unit and about each other: who else is called so, what starts it, what needs it.
use super::links::shelves;
use crate::{
    handle::{Folder, Place},
    root::Root,
};
use assize_domain::text::DevicePath;
use std::io::Read;

/// Nobody writes a unit this long.
const MOST: u64 = 1 << 20;

/// A unit file of the same name in another folder, which counts once this one is gone.
pub fn other_definition(root: &Root, place: &Place, name: &str) -> Option<DevicePath> {
    let folders = shelves(root, place);
    let others = folders.iter().filter(|folder| folder.path() != place.folder.path());
    others.map(|folder| (folder, std::ffi::OsStr::new(name))).find_map(|(folder, name)| {
        let held = folder.open_file(name).ok().flatten()?;
        (held.size() > 0).then(|| folder.inside(name))
    })
}

/// What the administrator, or somebody in their name, added to a unit.
pub fn drop_ins_of(root: &Root, place: &Place, name: &str) -> Vec<DevicePath> {
    let mut found = Vec::new();
    for shelf in shelves(root, place).iter().filter(|f| !f.path().as_str().starts_with("/usr/lib/")) {
        let below = shelf.inside(std::ffi::OsStr::new(&format!("{name}.d")));
        let Ok(folder) = Folder::open_resolved(root, &below) else { continue };
        let names = folder.names().unwrap_or_default();
        found.extend(names.iter().filter(|n| n.to_string_lossy().ends_with(".conf")).map(|n| folder.inside(n)));
    }
    found.sort();
    found
}

/// Sockets, timers and paths that start a service when something happens.
pub fn triggers_of(root: &Root, place: &Place, name: &str) -> Vec<String> {
    let stem = name.strip_suffix(".service").unwrap_or(name);
    let mut found = Vec::new();
    for folder in shelves(root, place) {
        for file in folder.names().unwrap_or_default() {
            let Some(file) = file.to_str() else { continue };
            let Some((of, end)) = file.rsplit_once('.') else { continue };
            if !matches!(end, "socket" | "timer" | "path") || found.iter().any(|f| f == file) {
                continue;
            }
            let named = settings(&folder, file, &["Service", "Unit"]);
            let starts = if named.is_empty() { of == stem } else { named.iter().any(|n| n == name) };
            if starts {
                found.push(file.to_owned());
            }
        }
    }
    found
}

/// Units that do not start without this one.
pub fn needed_by(root: &Root, place: &Place, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in shelves(root, place) {
        for file in folder.names().unwrap_or_default() {
            let Some(file) = file.to_str().filter(|f| f.contains('.')) else { continue };
            let needs = settings(&folder, file, &["Requires", "BindsTo", "Requisite"]);
            if file != name && needs.iter().any(|n| n == name) && !found.iter().any(|f| f == file) {
                found.push(file.to_owned());
            }
        }
    }
    found
}

/// The words of these settings of a unit file.
fn settings(folder: &Folder, file: &str, keys: &[&str]) -> Vec<String> {
    let mut text = Vec::new();
    let read = folder.open_file(std::ffi::OsStr::new(file)).ok().flatten();
    if let Some(held) = read
        && held.file.take(MOST).read_to_end(&mut text).is_err()
    {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(key, _)| keys.contains(&key.trim()))
        .flat_map(|(_, value)| value.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}
