//! Places where programs arrange to be started, and what these start.
mod boot;
mod cron;
mod hooks;
mod login;
mod unit;
mod unit_file;

use super::{
    LookFault,
    command::{Reading, Surroundings},
    people::People,
    tree,
};
use crate::root::Root;
use assize_domain::{
    entity::{Entity, StartupItem, StartupKind},
    text::DevicePath,
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, os::unix::ffi::OsStringExt};

/// Everything that is arranged to be started.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Startup {
    pub items: Vec<Started>,
    pub faults: Vec<LookFault>,
}

/// One arrangement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// A scheduled task, a service, a startup item or a driver.
    pub entity: Entity,
    /// What the action really runs: behind wrappers and interpreters (`env`, `sh -c`, `python3 x.py` → `x.py`), its first
    /// executable. A full path is named also when nothing stands there; a bare name only when it is found.
    pub program: Option<DevicePath>,
    /// Every existing regular file that the command names as a program or script, links followed, in the order named.
    pub starts: Vec<DevicePath>,
    pub defined_in: DevicePath,
}

/// Looks at every place where Linux starts programs from.
pub fn startup(root: &Root) -> Startup {
    let people = People::read(root);
    let mut look = Look { root, people: &people, out: Startup::default() };
    look.crontabs();
    look.units();
    look.profiles();
    look.autostart();
    look.preload();
    look.authorized_keys();
    look.udev();
    look.modules();
    look.init();
    look.hooks();
    look.out
}

struct Look<'a> {
    root: &'a Root,
    people: &'a People,
    out: Startup,
}

/// One line of a file.
struct Line<'a> {
    /// Without its line end.
    bytes: &'a [u8],
    /// Which of several equal lines, counted from 0.
    occurrence: u32,
}

impl<'a> Look<'a> {
    fn surroundings(&self, home: Option<&'a [u8]>) -> Surroundings<'a> {
        Surroundings::new(self.root, home)
    }

    fn home_of(&self, user: &str) -> Option<&'a [u8]> {
        self.people.home_of(user).map(|h| h.path.as_slice())
    }

    /// A whole file; what cannot be read is told, what is not there is nothing.
    fn text(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        match tree::read(self.root, path) {
            Ok(text) => Some(text),
            Err(e) if tree::is_absent(&e) => None,
            Err(e) => {
                let path = DevicePath::from_bytes(path);
                self.out.faults.push(LookFault::new(&path, "A file that starts programs", &e));
                None
            }
        }
    }

    /// The full paths of what a folder holds, by name.
    fn entries(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        match tree::names(self.root, folder) {
            Ok(names) => names.into_iter().map(|n| tree::join(folder, &n.into_vec())).collect(),
            Err(e) => {
                let path = DevicePath::from_bytes(folder);
                self.out.faults.push(LookFault::new(&path, "A folder of files that start programs", &e));
                Vec::new()
            }
        }
    }

    /// The same, without folders and whatever else is not a file in the end.
    fn files(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        let mut entries = self.entries(folder);
        entries.retain(|path| match tree::follow(self.root, path) {
            Ok(place) => place.metadata.is_file(),
            Err(e) => !tree::is_absent(&e),
        });
        entries
    }

    fn add(&mut self, entity: Entity, reading: &Reading, defined_in: &[u8]) {
        self.out.items.push(Started {
            entity,
            program: reading.program_path(),
            starts: reading.start_paths(),
            defined_in: DevicePath::from_bytes(defined_in),
        });
    }

    /// One line of a file that is a startup item.
    fn add_line(
        &mut self,
        kind: StartupKind,
        path: &[u8],
        line: &Line<'_>,
        command: &[u8],
        user: &str,
        reading: &Reading,
    ) {
        let item = StartupItem {
            kind,
            path: self.really(path),
            line: Some(lossless(line.bytes)),
            occurrence: line.occurrence,
            command: lossless(command),
            user: user.to_owned(),
            digest: digest(line.bytes),
        };
        self.add(Entity::StartupItem { startup_item: item }, reading, path);
    }

    /// A whole file that is a startup item.
    fn add_file(&mut self, kind: StartupKind, path: &[u8], text: &[u8], command: &[u8], user: &str, reading: &Reading) {
        let item = StartupItem {
            kind,
            path: self.really(path),
            line: None,
            occurrence: 0,
            command: lossless(command),
            user: user.to_owned(),
            digest: digest(text),
        };
        self.add(Entity::StartupItem { startup_item: item }, reading, path);
    }

    /// The path of the file itself where a link stands at the end of the path: the file is what an act would change.
    fn really(&self, path: &[u8]) -> DevicePath {
        let is_link = tree::follow_folders(self.root, path).is_ok_and(|p| p.metadata.is_symlink());
        let real = is_link.then(|| tree::regular(self.root, path)).flatten();
        real.map_or_else(|| DevicePath::from_bytes(path), |place| place.device_path())
    }

    /// A script that is started as a file: itself, and what its lines start outside the system's own folders (those are
    /// a script's daily tools).
    fn script(&self, path: &[u8], text: &[u8]) -> Reading {
        let mut reading = Reading::default();
        if let Some(place) = tree::regular(self.root, path) {
            reading.starts.push(place.path);
        }
        reading.program = Some(path.to_vec());
        reading.runs = true;
        if is_shell_script(text) {
            let mut named = self.surroundings(Some(b"/")).shell(text);
            named.starts.retain(|p| !TOOL_FOLDERS.iter().any(|folder| p.starts_with(folder)));
            reading.add(named);
        }
        reading
    }
}

const TOOL_FOLDERS: [&[u8]; 6] = [b"/usr/bin/", b"/usr/sbin/", b"/usr/lib/", b"/bin/", b"/sbin/", b"/lib/"];

/// Shell text, as opposed to a program or a script in another language.
fn is_shell_script(text: &[u8]) -> bool {
    let Some(first) = text.strip_prefix(b"#!") else { return !text.contains(&0) };
    let first = first.split(|b| *b == b'\n').next().unwrap_or_default();
    first
        .split(|b| b.is_ascii_whitespace())
        .any(|word| matches!(tree::base(word), b"sh" | b"bash" | b"dash" | b"ash" | b"zsh" | b"ksh"))
}

fn lines(text: &[u8]) -> Vec<Line<'_>> {
    let mut seen: HashMap<&[u8], u32> = HashMap::new();
    text.strip_suffix(b"\n")
        .unwrap_or(text)
        .split(|b| *b == b'\n')
        .map(|bytes| {
            let count = seen.entry(bytes).or_insert(0);
            let occurrence = *count;
            *count += 1;
            Line { bytes, occurrence }
        })
        .collect()
}

/// Lower-case hex.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut out, byte| {
        for half in [byte >> 4, byte & 15] {
            out.push(char::from(b"0123456789abcdef"[usize::from(half)]));
        }
        out
    })
}

/// Bytes as text without loss, the way [`DevicePath`] writes names.
fn lossless(bytes: &[u8]) -> String {
    DevicePath::from_bytes(bytes).as_str().to_owned()
}

/// Splits at the first run of white space: a word, and the rest without white space before it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    if text.is_empty() {
        return None;
    }
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    Some((&text[..end], text[end..].trim_ascii_start()))
}

#[cfg(test)]
mod tests;
