//! Files below the places of a scope.
mod mounts;
mod places;

use super::{LookFault, packages::PackageDatabase, tree};
use crate::root::Root;
use assize_domain::{entity::FileIdentity, investigation::Scope, text::DevicePath};
use mounts::Mounts;
use places::{Place, Take, is_machine_made};
use std::{
    collections::{HashSet, VecDeque},
    fs::{DirEntry, Metadata},
    io,
    os::unix::{
        ffi::OsStringExt,
        fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

/// A regular file worth looking into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub path: DevicePath,
    /// Where it lies on the machine this runs on.
    pub real: PathBuf,
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    pub executable: bool,
    /// Which file on its volume: one file under several names needs to be read only once.
    pub identity: FileIdentity,
    pub links: u32,
}

/// What a walk met.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WalkSummary {
    /// Regular files met.
    pub seen: u64,
    /// Regular files handed on.
    pub candidates: u64,
    /// Regular files in system folders passed over because a package owns them.
    pub owned: u64,
    /// Regular files in system folders passed over because the system makes them itself.
    pub machine_made: u64,
    /// Places passed over or not seen to their end, with the reason.
    pub skipped: Vec<Skipped>,
    pub faults: Vec<LookFault>,
    /// How many more faults there were than are listed.
    pub more_faults: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: DevicePath,
    pub reason: String,
}

/// An account without rights meets thousands of closed folders; the first ones say it all.
const FAULTS: usize = 500;

/// Hands each regular file of the scope to `each`, once. Links are not followed. `skip` are real paths that are left
/// out with everything below them.
pub fn walk(
    root: &Root,
    scope: &Scope,
    packages: &PackageDatabase,
    skip: &[PathBuf],
    each: &mut dyn FnMut(Candidate),
) -> WalkSummary {
    let mut walk = Walk {
        root,
        packages,
        skip,
        mounts: Mounts::read(root),
        visited: HashSet::new(),
        whole_tree: !matches!(scope, Scope::Paths { .. }),
        each,
        out: WalkSummary::default(),
    };
    match scope {
        Scope::Quick => {
            for place in places::quick(root, packages) {
                walk.place(&place);
            }
        }
        Scope::Full => {
            for place in places::full() {
                walk.place(&place);
            }
        }
        Scope::Paths { paths } => {
            for path in paths {
                walk.given(path);
            }
        }
    }
    walk.out
}

struct Walk<'a> {
    root: &'a Root,
    packages: &'a PackageDatabase,
    skip: &'a [PathBuf],
    mounts: Mounts,
    /// Folders already walked, by device and inode: places overlap, and a folder can be mounted twice.
    visited: HashSet<(u64, u64)>,
    /// Not a person's own choice of paths: other computers' file systems are left out.
    whole_tree: bool,
    each: &'a mut dyn FnMut(Candidate),
    out: WalkSummary,
}

/// A file no larger than this is handed on however much was before it.
const SMALL: u64 = 64 * 1024;

/// What is left of what a place may take.
struct Allowance {
    entries: u32,
    bytes: u64,
    /// Files passed over because they are larger than what was left.
    passed: u64,
}

impl Allowance {
    fn takes(&mut self, size: u64) -> bool {
        match self.bytes.checked_sub(size) {
            Some(left) => {
                self.bytes = left;
                true
            }
            None if size <= SMALL => true,
            None => {
                self.passed += 1;
                false
            }
        }
    }
}

/// A folder still to be read.
struct Folder {
    path: Vec<u8>,
    depth: u32,
}

impl Walk<'_> {
    /// A path that a person named: a file, or a folder with everything below it.
    fn given(&mut self, path: &DevicePath) {
        match tree::follow(self.root, &path.to_bytes()) {
            Ok(place) if place.metadata.is_file() => {
                self.out.seen += 1;
                self.hand_on(&place.path, &place.metadata);
            }
            Ok(place) => self.place(&Place::new(place.path, Take::All)),
            Err(e) => self.fault(&path.to_bytes(), "A path that was asked for", &e),
        }
    }

    fn place(&mut self, place: &Place) {
        let start = match tree::follow(self.root, &place.path) {
            Ok(start) if start.metadata.is_dir() => start,
            Ok(_) => return,
            Err(e) if tree::is_absent(&e) => return,
            Err(e) => return self.fault(&place.path, "A folder", &e),
        };
        if let Some(reason) = self.mounts.why_skipped_within(&tree::real(self.root, &start.path), self.whole_tree) {
            return self.skipped(&start.path, reason);
        }
        let mut left = Allowance { entries: place.entries, bytes: place.bytes, passed: 0 };
        self.below(place, start.path, &mut left);
        if left.passed > 0 {
            let reason = format!(
                "It holds too much for the quick look. Larger files not read: {}; the full look reads all of them.",
                left.passed
            );
            self.skipped(&place.path, reason);
        }
    }

    /// Level by level, so that what lies near the top is met before an allowance is used up.
    fn below(&mut self, place: &Place, start: Vec<u8>, left: &mut Allowance) {
        let mut folders = VecDeque::from([Folder { path: start, depth: 0 }]);
        while let Some(folder) = folders.pop_front() {
            let real = tree::real(self.root, &folder.path);
            if folder.depth > 0 && place.leaves_out(&folder.path) || self.is_skipped(&real) {
                continue;
            }
            match std::fs::symlink_metadata(&real) {
                Ok(m) if m.is_dir() && self.visited.insert((m.dev(), m.ino())) => {}
                Ok(_) => continue,
                Err(e) => {
                    self.fault(&folder.path, "A folder", &e);
                    continue;
                }
            }
            if let Some(reason) = self.mounts.why_skipped_at(&real, self.whole_tree) {
                self.skipped(&folder.path, reason);
                continue;
            }
            let entries = match std::fs::read_dir(&real) {
                Ok(entries) => entries,
                Err(e) => {
                    self.fault(&folder.path, "A folder", &e);
                    continue;
                }
            };
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(e) => {
                        self.fault(&folder.path, "A folder", &e);
                        break;
                    }
                };
                if left.entries == 0 {
                    let reason = "It holds too many files for the quick look; the full look goes through all of it.";
                    return self.skipped(&place.path, reason.to_owned());
                }
                left.entries -= 1;
                self.entry(place, &folder, &entry, &mut folders, left);
            }
        }
    }

    fn entry(
        &mut self,
        place: &Place,
        folder: &Folder,
        entry: &DirEntry,
        folders: &mut VecDeque<Folder>,
        left: &mut Allowance,
    ) {
        // A file that ends while it is looked at is no fault.
        let Ok(kind) = entry.file_type() else { return };
        let path = tree::join(&folder.path, &entry.file_name().into_vec());
        if kind.is_dir() {
            if folder.depth < place.depth {
                folders.push_back(Folder { path, depth: folder.depth + 1 });
            }
            return;
        }
        if !kind.is_file() {
            return;
        }
        self.out.seen += 1;
        let unowned = matches!(place.take, Take::Unowned | Take::UnownedExecutables);
        if unowned && self.packages.owns(&path) {
            self.out.owned += 1;
            return;
        }
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(e) => return self.fault(&path, "A file", &e),
        };
        let executable = metadata.permissions().mode() & 0o111 != 0;
        let wanted = match place.take {
            Take::All => true,
            Take::Executables | Take::UnownedExecutables => executable || is_library(&path),
            Take::HiddenExecutables => executable && tree::base(&path).starts_with(b"."),
            Take::Unowned if !executable && is_machine_made(&path, self.packages) => {
                self.out.machine_made += 1;
                false
            }
            Take::Unowned => true,
        };
        if wanted && !self.is_skipped(&tree::real(self.root, &path)) && left.takes(metadata.len()) {
            self.hand_on(&path, &metadata);
        }
    }

    fn hand_on(&mut self, path: &[u8], metadata: &Metadata) {
        self.out.candidates += 1;
        let mode = metadata.permissions().mode() & 0o7777;
        (self.each)(Candidate {
            path: DevicePath::from_bytes(path),
            real: tree::real(self.root, path),
            size: metadata.len(),
            mode,
            executable: mode & 0o111 != 0,
            identity: FileIdentity { device: metadata.dev(), inode: metadata.ino() },
            links: u32::try_from(metadata.nlink()).unwrap_or(u32::MAX),
        });
    }

    fn is_skipped(&self, real: &Path) -> bool {
        self.skip.iter().any(|s| real.starts_with(s))
    }

    fn skipped(&mut self, path: &[u8], reason: String) {
        self.out.skipped.push(Skipped { path: DevicePath::from_bytes(path), reason });
    }

    fn fault(&mut self, path: &[u8], what: &str, error: &io::Error) {
        if error.kind() == io::ErrorKind::NotFound && self.whole_tree {
            return;
        }
        if self.out.faults.len() < FAULTS {
            self.out.faults.push(LookFault::new(&DevicePath::from_bytes(path), what, error));
        } else {
            self.out.more_faults += 1;
        }
    }
}

/// A shared library is loaded, not executed: its mode says nothing.
fn is_library(path: &[u8]) -> bool {
    // `libx.so`, `libx.so.1.2`, not `ld.so.cache`.
    let name = tree::base(path);
    let at = name.windows(3).rposition(|w| w == b".so");
    at.is_some_and(|at| name[at + 3..].iter().all(|b| b.is_ascii_digit() || *b == b'.'))
}

#[cfg(test)]
mod tests;
