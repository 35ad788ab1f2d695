//! What is mounted, what of it is watched, and the second layer: temporary places that programs may not be started from.
use rustix::mount::{MountFlags, mount_remount};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs, io,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

/// Places that anybody may write to.
const TEMPORARY: [&str; 3] = ["/tmp", "/dev/shm", "/var/tmp"];
/// File systems made up by the kernel, in which nobody can put a program.
const MADE_UP: [&str; 20] = [
    "proc",
    "sysfs",
    "cgroup",
    "cgroup2",
    "devpts",
    "mqueue",
    "debugfs",
    "tracefs",
    "securityfs",
    "bpf",
    "pstore",
    "configfs",
    "fusectl",
    "hugetlbfs",
    "autofs",
    "binfmt_misc",
    "rpc_pipefs",
    "nsfs",
    "efivarfs",
    "selinuxfs",
];

/// Which places are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks(Which);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    Everywhere,
    Only(Vec<PathBuf>),
}

/// One place to be watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub path: PathBuf,
    /// The whole file system, wherever it is mounted, also for processes with mounts of their own; else this mount alone.
    pub whole: bool,
}

impl Marks {
    /// Everything that is mounted, also what comes later.
    pub fn everywhere() -> Self {
        Self(Which::Everywhere)
    }

    /// These mounts and nothing else: for tests, which must never watch the machine they run on.
    pub fn only(paths: Vec<PathBuf>) -> Self {
        Self(Which::Only(paths))
    }

    /// What is mounted later is watched too.
    pub fn follow(&self) -> bool {
        self.0 == Which::Everywhere
    }

    pub fn places(&self) -> io::Result<Vec<Place>> {
        match &self.0 {
            Which::Only(paths) => Ok(paths.iter().map(|path| Place { path: path.clone(), whole: false }).collect()),
            Which::Everywhere => {
                if cfg!(test) {
                    return Err(io::Error::other("a test watches only what it made itself"));
                }
                Ok(places(&mounted()?, crate::act::isolation::surroundings::in_container()))
            }
        }
    }
}

/// One line of the list of mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    device: String,
    /// Which part of the file system it shows.
    root: Vec<u8>,
    pub point: PathBuf,
    /// Of this mount alone: `rw,nosuid,nodev,relatime`.
    pub options: String,
    kind: String,
}

pub fn mounted() -> io::Result<Vec<Mount>> {
    Ok(listed(&fs::read("/proc/self/mountinfo")?))
}

fn listed(text: &[u8]) -> Vec<Mount> {
    let lines = text.split(|b| *b == b'\n');
    lines
        .filter_map(|line| {
            let fields: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
            let dash = fields.iter().position(|field| *field == b"-")?;
            let word = |at: usize| fields.get(at).map(|field| String::from_utf8_lossy(field).into_owned());
            Some(Mount {
                device: word(2)?,
                root: plain(fields.get(3)?),
                point: PathBuf::from(OsString::from_vec(plain(fields.get(4)?))),
                options: word(5)?,
                kind: word(dash + 1)?,
            })
        })
        .collect()
}

/// `\040` is a blank.
fn plain(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[3..];
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// A file system that is wholly visible here is watched as a whole. One of which only a part is shown belongs to whoever
/// contains us: of that, our own mounts are watched and nothing else. In a container that is all there is.
fn places(mounts: &[Mount], contained: bool) -> Vec<Place> {
    let mut systems: BTreeMap<&str, Vec<&Mount>> = BTreeMap::new();
    for mount in mounts.iter().filter(|mount| !MADE_UP.contains(&mount.kind.as_str())) {
        systems.entry(&mount.device).or_default().push(mount);
    }
    let mut out = BTreeSet::new();
    for mounts in systems.values() {
        let whole = mounts.iter().find(|mount| mount.root == b"/").filter(|_| !contained);
        match whole {
            Some(whole) => drop(out.insert(Place { path: whole.point.clone(), whole: true })),
            None => out.extend(mounts.iter().map(|mount| Place { path: mount.point.clone(), whole: false })),
        }
    }
    out.into_iter().collect()
}

/// A temporary place that is a mount of its own, with its options as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub point: PathBuf,
    pub options: String,
}

/// The temporary places from which programs may be started now, and which can be closed without touching anything else.
pub fn open_temporary(mounts: &[Mount]) -> Vec<Before> {
    let temporary = TEMPORARY.iter().filter_map(|path| {
        // The last one is what is seen there.
        mounts.iter().rev().find(|mount| mount.point == Path::new(path))
    });
    let open = temporary.filter(|mount| !has(&mount.options, "noexec"));
    open.map(|mount| Before { point: mount.point.clone(), options: mount.options.clone() }).collect()
}

pub fn options_of(mounts: &[Mount], point: &Path) -> Option<String> {
    mounts.iter().rev().find(|mount| mount.point == point).map(|mount| mount.options.clone())
}

pub fn has(options: &str, option: &str) -> bool {
    options.split(',').any(|word| word == option)
}

/// Closes a place to programs, or opens it again: of all its options this one alone is changed.
pub fn set_noexec(point: &Path, closed: bool) -> io::Result<()> {
    let options =
        options_of(&mounted()?, point).ok_or_else(|| io::Error::other("nothing is mounted there any more"))?;
    let mut flags = flags(&options);
    flags.set(MountFlags::NOEXEC, closed);
    Ok(mount_remount(point, flags | MountFlags::BIND, "")?)
}

fn flags(options: &str) -> MountFlags {
    let known = [
        ("ro", MountFlags::RDONLY),
        ("nosuid", MountFlags::NOSUID),
        ("nodev", MountFlags::NODEV),
        ("noexec", MountFlags::NOEXEC),
        ("noatime", MountFlags::NOATIME),
        ("nodiratime", MountFlags::NODIRATIME),
        ("relatime", MountFlags::RELATIME),
    ];
    let set = known.iter().filter(|(word, _)| has(options, word)).map(|(_, flag)| *flag);
    let flags = set.fold(MountFlags::empty(), |all, flag| all | flag);
    // Neither word: every access is noted, which the kernel would change by itself if it were not said.
    if has(options, "noatime") || has(options, "relatime") { flags } else { flags | MountFlags::STRICTATIME }
}

/// For sentences.
pub fn shown(path: &Path) -> String {
    assize_domain::text::visible(assize_domain::text::DevicePath::from_bytes(path.as_os_str().as_bytes()).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &[u8] = b"21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
        22 21 0:5 / /proc rw,nosuid - proc proc rw\n\
        23 21 0:30 / /tmp rw,nosuid,nodev shared:5 - tmpfs tmpfs rw\n\
        24 21 8:1 /srv/data /mnt/with\\040blank rw,relatime - ext4 /dev/sda1 rw\n\
        25 21 8:9 /part /bound ro,noexec - xfs /dev/sdb1 rw\n\
        26 21 0:31 / /dev/shm rw,nosuid,nodev,noexec - tmpfs shm rw\n";

    #[test]
    fn every_file_system_is_watched_and_one_of_which_only_a_part_is_shown_not_as_a_whole() {
        let mounts = listed(MOUNTS);
        let place = |path: &str, whole| Place { path: path.into(), whole };
        assert_eq!(
            places(&mounts, false),
            [place("/", true), place("/bound", false), place("/dev/shm", true), place("/tmp", true)]
        );
        let inside = places(&mounts, true);
        assert!(inside.iter().all(|place| !place.whole), "a container watches none of the machine around it");
        assert!(inside.contains(&place("/mnt/with blank", false)));
    }

    #[test]
    fn temporary_places_that_are_open_are_found_with_their_options() {
        let open = open_temporary(&listed(MOUNTS));
        assert_eq!(open, [Before { point: "/tmp".into(), options: "rw,nosuid,nodev".into() }]);
        assert_eq!(flags("rw,nosuid,nodev"), MountFlags::NOSUID | MountFlags::NODEV | MountFlags::STRICTATIME);
        assert_eq!(flags("ro,relatime"), MountFlags::RDONLY | MountFlags::RELATIME);
    }

    #[test]
    fn a_test_cannot_watch_the_machine() {
        assert!(Marks::everywhere().places().is_err());
    }
}
