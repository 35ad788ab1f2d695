//! The records of dpkg: a list and checksums per package, diversions, and the status of configuration files.
use super::{Entry, Package, PackageDatabase, PathKey, Sum, from_hex};
use crate::{look::tree, root::Root};
use std::{collections::HashMap, os::unix::ffi::OsStringExt};

const INFO: &[u8] = b"/var/lib/dpkg/info";

/// Where a diverted file really is, by the path that packages name.
type Diversions = HashMap<Vec<u8>, Diversion>;

struct Diversion {
    to: Vec<u8>,
    /// The package that the diversion leaves alone; none for one made by hand.
    except: Option<Vec<u8>>,
}

/// What the status file says about a package.
#[derive(Default)]
struct Status {
    version: Option<String>,
    /// Path without its slash, and checksum.
    conffiles: Vec<(Vec<u8>, [u8; 16])>,
}

pub(super) fn read(root: &Root, all: &mut PackageDatabase) {
    let names: Vec<Vec<u8>> =
        tree::names(root, INFO).unwrap_or_default().into_iter().map(OsStringExt::into_vec).collect();
    let packages: Vec<&[u8]> = names.iter().filter_map(|n| n.strip_suffix(b".list")).collect();
    if packages.is_empty() {
        return;
    }
    let diversions = diversions(root);
    let mut status = status(root);
    let first = all.packages.len();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 8);
    let share = packages.len().div_ceil(threads);
    let key = &all.key;
    let found: Vec<Vec<Entry>> = std::thread::scope(|scope| {
        let handles: Vec<_> = packages
            .chunks(share)
            .enumerate()
            .map(|(chunk, names)| {
                let diversions = &diversions;
                scope.spawn(move || {
                    let mut entries = Vec::new();
                    for (at, name) in names.iter().enumerate() {
                        let number = u32::try_from(first + chunk * share + at).unwrap_or(u32::MAX);
                        package(root, name, number, key, diversions, &mut entries);
                    }
                    entries
                })
            })
            .collect();
        // A thread that failed leaves its files unowned: they are looked into, never passed over.
        handles.into_iter().filter_map(|h| h.join().ok()).collect()
    });
    for entries in found {
        all.entries.extend(entries);
    }
    for (at, name) in packages.iter().enumerate() {
        let known = status.remove(*name).unwrap_or_default();
        let number = u32::try_from(first + at).unwrap_or(u32::MAX);
        for (path, md5) in known.conffiles {
            let path = all.key.of(&path);
            all.entries.push(Entry { path, package: number, sum: Sum::Md5(md5), conffile: true });
        }
        all.packages.push(Package { name: String::from_utf8_lossy(name).into_owned(), version: known.version });
    }
}

fn package(root: &Root, name: &[u8], number: u32, key: &PathKey, diversions: &Diversions, out: &mut Vec<Entry>) {
    let file =
        |end: &[u8]| std::fs::read(tree::real(root, &tree::join(INFO, &[name, end].concat()))).unwrap_or_default();
    let bare = name.split(|b| *b == b':').next().unwrap_or(name);
    let path_key = |path: &[u8]| match diversions.get(path) {
        Some(diversion) if diversion.except.as_deref() != Some(bare) => key.of(&diversion.to),
        _ => key.of(path),
    };
    for line in file(b".list").split(|b| *b == b'\n') {
        if let Some(path) = line.strip_prefix(b"/").filter(|p| !p.is_empty() && *p != b".") {
            out.push(Entry { path: path_key(path), package: number, sum: Sum::None, conffile: false });
        }
    }
    for line in file(b".md5sums").split(|b| *b == b'\n') {
        // `checksum  path`
        let Some((sum, path)) = line.split_at_checked(32) else { continue };
        let (Some(sum), Some(path)) = (from_hex(sum), path.strip_prefix(b"  ")) else { continue };
        out.push(Entry { path: path_key(path), package: number, sum: Sum::Md5(sum), conffile: false });
    }
}

/// Three lines each: the path, where it is instead, for which package.
fn diversions(root: &Root) -> Diversions {
    let text = tree::read(root, b"/var/lib/dpkg/diversions").unwrap_or_default();
    let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    lines
        .chunks_exact(3)
        .filter_map(|three| {
            let from = three[0].strip_prefix(b"/")?.to_vec();
            let to = three[1].strip_prefix(b"/")?.to_vec();
            let except = Some(three[2].to_vec()).filter(|p| p != b":");
            Some((from, Diversion { to, except }))
        })
        .collect()
}

/// By the name that the files in `info` have: `package` or `package:architecture`.
fn status(root: &Root) -> HashMap<Vec<u8>, Status> {
    let text = std::fs::read(tree::real(root, b"/var/lib/dpkg/status")).unwrap_or_default();
    let mut all = HashMap::new();
    let mut now = Paragraph::default();
    for line in text.split(|b| *b == b'\n') {
        if line.is_empty() {
            std::mem::take(&mut now).file(&mut all);
        } else if let Some(value) = line.strip_prefix(b"Package: ") {
            now.name = value;
        } else if let Some(value) = line.strip_prefix(b"Architecture: ") {
            now.architecture = value;
        } else if let Some(value) = line.strip_prefix(b"Version: ") {
            now.status.version = Some(String::from_utf8_lossy(value).into_owned());
        } else if line.starts_with(b"Multi-Arch: same") {
            now.several = true;
        } else if line.starts_with(b"Conffiles:") {
            now.in_conffiles = true;
            continue;
        } else if let Some(conffile) = line.strip_prefix(b" /").filter(|_| now.in_conffiles) {
            let mut words = conffile.split(|b| *b == b' ');
            let (path, sum) = (words.next(), words.next().and_then(from_hex));
            // What an older version left behind is no longer the package's.
            let obsolete = words.any(|w| w == b"obsolete" || w == b"remove-on-upgrade");
            if let (Some(path), Some(sum), false) = (path, sum, obsolete) {
                now.status.conffiles.push((path.to_vec(), sum));
            }
        }
        now.in_conffiles &= line.starts_with(b" ");
    }
    now.file(&mut all);
    all
}

#[derive(Default)]
struct Paragraph<'a> {
    name: &'a [u8],
    architecture: &'a [u8],
    several: bool,
    in_conffiles: bool,
    status: Status,
}

impl Paragraph<'_> {
    fn file(self, all: &mut HashMap<Vec<u8>, Status>) {
        if self.name.is_empty() {
            return;
        }
        let name = if self.several { [self.name, self.architecture].join(&b':') } else { self.name.to_vec() };
        all.insert(name, self.status);
    }
}
