//! Which package owns a file, and which checksum it had: the records of dpkg and rpm, read as data.
mod dpkg;
mod rpm;

use super::tree;
use crate::root::Root;
use assize_domain::text::DevicePath;
use std::{collections::hash_map::RandomState, hash::BuildHasher};

/// Every file that a package manager installed.
#[derive(Debug, Default)]
pub struct PackageDatabase {
    /// Sorted by `key`.
    entries: Vec<Entry>,
    packages: Vec<Package>,
    key: PathKey,
}

/// What the package manager says about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    pub package: String,
    pub version: Option<String>,
    /// Lower-case hex, as installed. None for folders, links and files the package makes itself.
    pub md5: Option<String>,
    pub sha256: Option<String>,
    /// A configuration file, which a person may change.
    pub conffile: bool,
}

#[derive(Debug)]
struct Package {
    name: String,
    version: Option<String>,
}

/// One owned path. The path itself is not kept: its keyed hash stands for it, and the key is drawn anew in every
/// process, so that nobody can name a file to look like one that is owned.
#[derive(Clone, Copy, Debug)]
struct Entry {
    path: u64,
    package: u32,
    sum: Sum,
    conffile: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    None,
    Md5([u8; 16]),
    Sha256([u8; 32]),
}

/// Turns a path into its key, names of merged folders folded (`/bin/x` is `/usr/bin/x` where `/bin` is a link).
#[derive(Debug, Default)]
struct PathKey {
    state: RandomState,
    /// Folder that is a link, and where it leads, both without the leading slash.
    merged: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Folders that distributions have merged into others.
const MERGED: [&[u8]; 9] =
    [b"bin", b"sbin", b"lib", b"lib32", b"lib64", b"libx32", b"libo32", b"usr/sbin", b"usr/lib64"];

impl PackageDatabase {
    pub fn read(root: &Root) -> Self {
        let mut all = Self { key: PathKey::read(root), ..Self::default() };
        dpkg::read(root, &mut all);
        rpm::read(root, &mut all);
        // Of several owners the one that knows a checksum says most.
        all.entries.sort_unstable_by_key(|e| (e.path, e.sum == Sum::None, e.package));
        all.entries.dedup_by_key(|e| e.path);
        all.entries.shrink_to_fit();
        all
    }

    pub fn owner(&self, path: &DevicePath) -> Option<Owned> {
        let entry = self.entry(&path.to_bytes())?;
        let package = self.packages.get(entry.package as usize)?;
        let (md5, sha256) = match entry.sum {
            Sum::None => (None, None),
            Sum::Md5(sum) => (Some(hex(&sum)), None),
            Sum::Sha256(sum) => (None, Some(hex(&sum))),
        };
        Some(Owned {
            package: package.name.clone(),
            version: package.version.clone(),
            md5,
            sha256,
            conffile: entry.conffile,
        })
    }

    /// The same question without the answer in text, for a walk over everything.
    pub(crate) fn owns(&self, path: &[u8]) -> bool {
        self.entry(path).is_some()
    }

    /// False where no package manager's records were found: then "no package owns it" says nothing.
    pub fn knows_anything(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Every installed package by name, with its version.
    pub fn packages(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.packages.iter().map(|p| (p.name.as_str(), p.version.as_deref()))
    }

    /// How many paths are owned.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn entry(&self, path: &[u8]) -> Option<&Entry> {
        let key = self.key.of(path.strip_prefix(b"/").unwrap_or(path));
        self.entries.binary_search_by_key(&key, |e| e.path).ok().map(|at| &self.entries[at])
    }
}

impl PathKey {
    fn read(root: &Root) -> Self {
        let mut merged = Vec::new();
        for folder in MERGED {
            let path = tree::join(b"/", folder);
            let is_link = tree::follow_folders(root, &path).is_ok_and(|p| p.metadata.is_symlink());
            if let Some(place) = tree::follow(root, &path).ok().filter(|p| is_link && p.metadata.is_dir()) {
                merged.push((folder.to_vec(), place.path.strip_prefix(b"/").unwrap_or(&place.path).to_vec()));
            }
        }
        Self { state: RandomState::new(), merged }
    }

    /// The path comes without its leading slash.
    fn of(&self, path: &[u8]) -> u64 {
        let folded = self.merged.iter().find_map(|(from, to)| {
            let rest = path.strip_prefix(from.as_slice())?;
            rest.starts_with(b"/").then_some((to, rest))
        });
        match folded {
            Some((to, rest)) => self.state.hash_one([to.as_slice(), rest].concat().as_slice()),
            None => self.state.hash_one(path),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// Hex text of exactly `N` bytes.
fn from_hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if text.len() != N * 2 {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests;
