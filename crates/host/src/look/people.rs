//! Users, groups and homes as the device knows them: from its own `/etc/passwd` and `/etc/group`, never from the machine
//! this runs on.
use super::tree;
use crate::root::Root;
use std::collections::{BTreeMap, HashMap};

/// The people of a device.
#[derive(Clone, Debug, Default)]
pub struct People {
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
    homes: Vec<Home>,
}

/// A home folder and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// As the device names it.
    pub path: Vec<u8>,
    pub user: String,
}

impl People {
    pub fn read(root: &Root) -> Self {
        let mut people = Self::default();
        // The first line for a number wins, as for the system's own look-up.
        let mut homes: BTreeMap<Vec<u8>, String> = BTreeMap::new();
        for fields in lines(&tree::read(root, b"/etc/passwd").unwrap_or_default()) {
            let [name, _, uid, _, _, home, ..] = fields.as_slice() else { continue };
            let Some(uid) = number(uid) else { continue };
            let name = String::from_utf8_lossy(name).into_owned();
            people.users.entry(uid).or_insert_with(|| name.clone());
            if let Some(home) = home_folder(home) {
                homes.entry(home).or_insert(name);
            }
        }
        for fields in lines(&tree::read(root, b"/etc/group").unwrap_or_default()) {
            let [name, _, gid, ..] = fields.as_slice() else { continue };
            if let Some(gid) = number(gid) {
                people.groups.entry(gid).or_insert_with(|| String::from_utf8_lossy(name).into_owned());
            }
        }
        homes.entry(b"/root".to_vec()).or_insert_with(|| "root".to_owned());
        for name in tree::names(root, b"/home").unwrap_or_default() {
            use std::os::unix::ffi::OsStrExt;
            let path = tree::join(b"/home", name.as_bytes());
            homes.entry(path).or_insert_with(|| name.to_string_lossy().into_owned());
        }
        people.homes = homes
            .into_iter()
            .filter(|(path, _)| tree::follow(root, path).is_ok_and(|p| p.metadata.is_dir()))
            .map(|(path, user)| Home { path, user })
            .collect();
        people
    }

    /// The name, or the number where the device knows none.
    pub fn user(&self, uid: u32) -> String {
        self.users.get(&uid).cloned().unwrap_or_else(|| uid.to_string())
    }

    /// The number of a user, where the device knows one.
    pub fn number(&self, user: &str) -> Option<u32> {
        self.users.iter().find(|(_, name)| *name == user).map(|(uid, _)| *uid)
    }

    pub fn group(&self, gid: u32) -> String {
        self.groups.get(&gid).cloned().unwrap_or_else(|| gid.to_string())
    }

    /// Existing home folders, by path.
    pub fn homes(&self) -> &[Home] {
        &self.homes
    }

    pub fn home_of(&self, user: &str) -> Option<&Home> {
        self.homes.iter().find(|h| h.user == user)
    }
}

fn lines(text: &[u8]) -> Vec<Vec<&[u8]>> {
    text.split(|b| *b == b'\n').map(|line| line.split(|b| *b == b':').collect()).collect()
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// System users are given places such as `/` or `/usr/sbin` as home; these are nobody's home.
fn home_folder(path: &[u8]) -> Option<Vec<u8>> {
    const NOT_HOMES: [&[u8]; 11] =
        [b"bin", b"sbin", b"usr", b"lib", b"lib64", b"etc", b"dev", b"proc", b"sys", b"boot", b"nonexistent"];
    let parts: Vec<&[u8]> = tree::components(path).collect();
    let first = parts.first()?;
    if !path.starts_with(b"/") || NOT_HOMES.contains(first) || parts.contains(&b"..".as_slice()) {
        return None;
    }
    let mut home = Vec::with_capacity(path.len());
    for part in parts {
        home.push(b'/');
        home.extend_from_slice(part);
    }
    Some(home)
}
