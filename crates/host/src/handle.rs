//! Opening what a path names, component by component, without following links.
//!
//! A path is text that somebody else can make mean something else at any moment. So the hands walk it once, hold the
//! folder it ends in, and from then on name things only relative to that folder.
//!
//! **Links on the way.** Many good paths go through links of the system itself (`/bin` → `usr/bin`, `/var/run` → `/run`),
//! so a link in the way cannot simply be refused. It is followed, inside the device's root and never out of it, when
//! nobody could have laid it to borrow our rights:
//! 1. it belongs to root, to ourselves, or to the owner of the folder it leads to: a user may arrange their own tree,
//!    but not lead us into somebody else's; and
//! 2. it does not lie in a folder that everybody may write, unless that folder is sticky and the link belongs to the
//!    folder's owner (the rule of the kernel's `protected_symlinks`).
//!
//! The last component is never followed: a target that is a link is not the file that was judged.
use crate::root::Root;
use assize_domain::{entity::FileIdentity, text::DevicePath};
use rustix::{
    fs::{self, AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, Stat},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::{OsStrExt, OsStringExt},
    },
};

/// As many links as the kernel itself would follow.
const MOST_LINKS: u32 = 40;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is not there", assize_domain::text::visible(what))]
    Missing { what: String },
    #[error("{} is a link that somebody could have laid to mislead", assize_domain::text::visible(what))]
    UnsafeLink { what: String },
    #[error("{} is not a folder", assize_domain::text::visible(what))]
    NotAFolder { what: String },
    #[error("{} is {kind}, not an ordinary file", assize_domain::text::visible(what))]
    NotAFile { what: String, kind: &'static str },
    #[error("{} is not a path that can be acted on", assize_domain::text::visible(what))]
    BadPath { what: String },
    #[error("{} cannot be opened: {error}", assize_domain::text::visible(what))]
    System { what: String, error: Errno },
}

/// A folder that is held: whatever its path is made to mean later, this stays the same folder.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    /// Its path on the device with every link resolved.
    path: DevicePath,
}

/// A name inside a held folder.
#[derive(Debug)]
pub struct Place {
    pub folder: Folder,
    pub name: OsString,
}

/// An ordinary file that is held open for reading, with its facts as they were when it was opened.
#[derive(Debug)]
pub struct Held {
    pub file: File,
    pub stat: Stat,
}

impl Held {
    pub fn identity(&self) -> FileIdentity {
        identity(&self.stat)
    }

    pub fn size(&self) -> u64 {
        u64::try_from(self.stat.st_size).unwrap_or(0)
    }
}

pub fn identity(stat: &Stat) -> FileIdentity {
    FileIdentity { device: stat.st_dev, inode: stat.st_ino }
}

impl Place {
    /// Walks to the folder of `path` and holds it. The last component need not be there.
    pub fn open(root: &Root, path: &DevicePath) -> Result<Self, OpenError> {
        let bytes = path.to_bytes();
        let bad = || OpenError::BadPath { what: path.to_string() };
        let (parent, name) = split(&bytes).ok_or_else(bad)?;
        let mut walk = Walk::start(root)?;
        for component in parent.split(|b| *b == b'/') {
            // What the device reported never contains these; somebody who writes them means another place.
            if component == b".." || component == b"." {
                return Err(bad());
            }
            walk.enter(component)?;
        }
        Ok(Self { folder: walk.hold()?, name: OsString::from_vec(name.to_vec()) })
    }

    /// Path on the device, with the links of the way resolved.
    pub fn path(&self) -> DevicePath {
        self.folder.inside(&self.name)
    }

    pub fn open_file(&self) -> Result<Option<Held>, OpenError> {
        self.folder.open_file(&self.name)
    }
}

impl Folder {
    /// A folder of the device, through trustworthy links.
    pub fn open(root: &Root, path: &DevicePath) -> Result<Self, OpenError> {
        let mut walk = Walk::start(root)?;
        for component in path.to_bytes().split(|b| *b == b'/') {
            if component == b".." || component == b"." {
                return Err(OpenError::BadPath { what: path.to_string() });
            }
            walk.enter(component)?;
        }
        walk.hold()
    }

    /// A folder whose path was resolved before: a link anywhere on it is refused.
    pub fn open_resolved(root: &Root, path: &DevicePath) -> Result<Self, OpenError> {
        let folder = Self::open(root, path)?;
        let same = folder
            .path
            .to_bytes()
            .split(|b| *b == b'/')
            .filter(|c| !c.is_empty())
            .eq(path.to_bytes().split(|b| *b == b'/').filter(|c| !c.is_empty()));
        if same { Ok(folder) } else { Err(OpenError::UnsafeLink { what: path.to_string() }) }
    }

    /// A folder on the machine this runs on, not on the device: named by a person, so links are theirs to lay.
    pub fn outside(path: &std::path::Path) -> Result<Self, OpenError> {
        let what = path.to_string_lossy().into_owned();
        let fd = fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|error| system(&what, error))?;
        Ok(Self { fd, path: DevicePath::from_bytes(path.as_os_str().as_bytes()) })
    }

    pub fn path(&self) -> &DevicePath {
        &self.path
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The device's path of a name in here.
    pub fn inside(&self, name: &OsStr) -> DevicePath {
        let mut bytes = self.path.to_bytes();
        if bytes.last() != Some(&b'/') {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name.as_bytes());
        DevicePath::from_bytes(&bytes)
    }

    pub fn stat(&self) -> Result<Stat, Errno> {
        fs::fstat(&self.fd)
    }

    /// What a name in here is now, links not followed; `None` when there is nothing.
    pub fn look(&self, name: &OsStr) -> Result<Option<Stat>, OpenError> {
        match fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    /// Opens an ordinary file; a link, pipe, device or folder is refused before it is opened, because opening some of
    /// them waits or does something.
    pub fn open_file(&self, name: &OsStr) -> Result<Option<Held>, OpenError> {
        let Some(seen) = self.look(name)? else { return Ok(None) };
        self.ordinary(name, &seen)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        // Reading must not change the access time that an undo has to bring back; only the owner and root may ask so.
        let fd = match fs::openat(&self.fd, name, flags | OFlags::NOATIME, Mode::empty()) {
            Err(Errno::PERM) => fs::openat(&self.fd, name, flags, Mode::empty()),
            other => other,
        };
        let fd = match fd {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => {
                return Err(OpenError::NotAFile { what: self.inside(name).to_string(), kind: "a link" });
            }
            Err(error) => return Err(self.failed(name, error)),
        };
        let stat = fs::fstat(&fd).map_err(|error| self.failed(name, error))?;
        self.ordinary(name, &stat)?;
        Ok(Some(Held { file: File::from(fd), stat }))
    }

    /// A new private file that nobody else can open.
    pub fn create(&self, name: &OsStr) -> Result<File, Errno> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR).map(File::from)
    }

    /// Renames only where nothing stands; `EXIST` otherwise.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
        match fs::renameat_with(&self.fd, from, &self.fd, to, RenameFlags::NOREPLACE) {
            // Some file systems know no flags. A second name and the removal of the first never overwrites either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                fs::linkat(&self.fd, from, &self.fd, to, AtFlags::empty())?;
                fs::unlinkat(&self.fd, from, AtFlags::empty())
            }
            other => other,
        }
    }

    /// Swaps two names in one step.
    pub fn exchange(&self, one: &OsStr, other: &OsStr) -> Result<(), Errno> {
        fs::renameat_with(&self.fd, one, &self.fd, other, RenameFlags::EXCHANGE)
    }

    pub fn unlink(&self, name: &OsStr) -> Result<(), Errno> {
        fs::unlinkat(&self.fd, name, AtFlags::empty())
    }

    /// Removes a folder in here if it is empty.
    pub fn remove_folder(&self, name: &OsStr) -> Result<(), Errno> {
        fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR)
    }

    /// Makes what was renamed and removed in here last through a power cut.
    pub fn sync(&self) -> Result<(), Errno> {
        match crate::act::points::sync(&self.fd) {
            // Held without the right to list it, or a file system that cannot: nothing more can be done.
            Err(Errno::BADF | Errno::INVAL) => Ok(()),
            other => other,
        }
    }

    pub fn names(&self) -> Result<Vec<OsString>, Errno> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name.to_vec()));
            }
        }
        Ok(names)
    }

    fn ordinary(&self, name: &OsStr, stat: &Stat) -> Result<(), OpenError> {
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => return Ok(()),
            FileType::Directory => "a folder",
            FileType::Symlink => "a link",
            FileType::Fifo => "a pipe",
            FileType::Socket => "a socket",
            FileType::CharacterDevice | FileType::BlockDevice => "a device",
            FileType::Unknown => "something unknown",
        };
        Err(OpenError::NotAFile { what: self.inside(name).to_string(), kind })
    }

    fn failed(&self, name: &OsStr, error: Errno) -> OpenError {
        system(&self.inside(name).to_string(), error)
    }
}

/// The way from the root of the device: every folder on it is held, so that `..` in a link leads where it really leads
/// and never above the root.
struct Walk {
    way: Vec<(OwnedFd, Vec<u8>)>,
    links: u32,
    me: u32,
}

impl Walk {
    fn start(root: &Root) -> Result<Self, OpenError> {
        let fd = fs::openat(CWD, root.path(), OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|error| system(&root.path().to_string_lossy(), error))?;
        Ok(Self { way: vec![(fd, Vec::new())], links: 0, me: rustix::process::geteuid().as_raw() })
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.way.last().expect("BUG: the root is never left").0.as_fd()
    }

    fn path(&self) -> Vec<u8> {
        let mut path = self.way.iter().skip(1).fold(Vec::new(), |mut path, (_, name)| {
            path.push(b'/');
            path.extend_from_slice(name);
            path
        });
        if path.is_empty() {
            path.push(b'/');
        }
        path
    }

    fn named(&self, component: &[u8]) -> String {
        let mut path = self.path();
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(component);
        DevicePath::from_bytes(&path).to_string()
    }

    fn enter(&mut self, component: &[u8]) -> Result<(), OpenError> {
        match component {
            b"" | b"." => return Ok(()),
            b".." => {
                if self.way.len() > 1 {
                    self.way.pop();
                }
                return Ok(());
            }
            _ => {}
        }
        let failed = |walk: &Self, error| system(&walk.named(component), error);
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd =
            fs::openat(self.here(), OsStr::from_bytes(component), flags, Mode::empty()).map_err(|e| failed(self, e))?;
        let stat = fs::fstat(&fd).map_err(|e| failed(self, e))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                self.way.push((fd, component.to_vec()));
                Ok(())
            }
            FileType::Symlink => self.follow(&fd, &stat, component),
            FileType::RegularFile
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Err(OpenError::NotAFolder { what: self.named(component) }),
        }
    }

    fn follow(&mut self, link: &OwnedFd, stat: &Stat, component: &[u8]) -> Result<(), OpenError> {
        let what = self.named(component);
        self.links += 1;
        let folder = fs::fstat(self.here()).map_err(|error| system(&what, error))?;
        if self.links > MOST_LINKS || !keeps_its_place(stat, &folder) {
            return Err(OpenError::UnsafeLink { what });
        }
        let target = fs::readlinkat(link, "", Vec::new()).map_err(|error| system(&what, error))?;
        let target = target.to_bytes();
        if target.starts_with(b"/") {
            self.way.truncate(1);
        }
        for component in target.split(|b| *b == b'/') {
            self.enter(component)?;
        }
        let leads_to = fs::fstat(self.here()).map_err(|error| system(&what, error))?;
        let ours = stat.st_uid == 0 || stat.st_uid == self.me;
        if ours || stat.st_uid == leads_to.st_uid { Ok(()) } else { Err(OpenError::UnsafeLink { what }) }
    }

    fn hold(self) -> Result<Folder, OpenError> {
        let path = DevicePath::from_bytes(&self.path());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // "." of a held folder is that folder: this only adds the right to list and sync it, where we have it.
        let fd = match fs::openat(self.here(), ".", flags, Mode::empty()) {
            Err(Errno::ACCESS) => fs::openat(self.here(), ".", OFlags::PATH | flags, Mode::empty()),
            other => other,
        }
        .map_err(|error| system(path.as_str(), error))?;
        Ok(Folder { fd, path })
    }
}

/// Could somebody else than its folder's owner have put this link there?
fn keeps_its_place(link: &Stat, folder: &Stat) -> bool {
    let everybody_writes = folder.st_mode & 0o002 != 0;
    let sticky = folder.st_mode & 0o1000 != 0;
    !everybody_writes || (sticky && link.st_uid == folder.st_uid)
}

fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.contains(&0) || !path.starts_with(b"/") {
        return None;
    }
    let slash = path.iter().rposition(|b| *b == b'/')?;
    let (parent, name) = (&path[..slash], &path[slash + 1..]);
    (!name.is_empty() && name != b"." && name != b"..").then_some((parent, name))
}

fn system(what: &str, error: Errno) -> OpenError {
    let what = what.to_owned();
    match error {
        Errno::NOENT => OpenError::Missing { what },
        Errno::NOTDIR => OpenError::NotAFolder { what },
        error => OpenError::System { what, error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs as stdfs, os::unix::fs::PermissionsExt, os::unix::fs::symlink};

    fn device() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        stdfs::set_permissions(dir.path(), stdfs::Permissions::from_mode(0o755)).unwrap();
        let root = Root::staged(dir.path());
        (dir, root)
    }

    #[test]
    fn a_path_through_a_link_of_the_system_is_held_where_it_really_lies() {
        let (dir, root) = device();
        stdfs::create_dir_all(dir.path().join("usr/bin")).unwrap();
        symlink("usr/bin", dir.path().join("bin")).unwrap();
        stdfs::write(dir.path().join("usr/bin/tool"), "x").unwrap();
        let place = Place::open(&root, &"/bin/tool".into()).unwrap();
        assert_eq!(place.path(), "/usr/bin/tool".into());
        assert!(place.open_file().unwrap().is_some());
        assert!(Folder::open_resolved(&root, &"/usr/bin".into()).is_ok());
        assert!(Folder::open_resolved(&root, &"/bin".into()).is_err(), "a resolved path has no links");
    }

    #[test]
    fn a_link_of_a_staged_device_never_leads_out_of_it() {
        let (dir, root) = device();
        stdfs::create_dir(dir.path().join("etc")).unwrap();
        symlink("/etc", dir.path().join("absolute")).unwrap();
        symlink("../../../../../../etc", dir.path().join("relative")).unwrap();
        for path in ["/absolute/x", "/relative/x"] {
            assert_eq!(Place::open(&root, &path.into()).unwrap().path(), "/etc/x".into(), "{path}");
        }
        assert!(Place::open(&root, &"/etc/../../x".into()).is_err(), "dots in a target are refused");
        assert!(Place::open(&root, &"x".into()).is_err());
    }

    #[test]
    fn the_last_component_is_never_followed() {
        let (dir, root) = device();
        stdfs::write(dir.path().join("real"), "x").unwrap();
        symlink("real", dir.path().join("link")).unwrap();
        let place = Place::open(&root, &"/link".into()).unwrap();
        assert!(matches!(place.open_file(), Err(OpenError::NotAFile { kind: "a link", .. })));
    }

    /// Needs root for the owners; else there is nothing to show.
    #[test]
    fn a_link_that_another_user_laid_is_not_followed_into_a_foreign_folder() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: needs root");
            return;
        }
        let (dir, root) = device();
        for folder in ["home", "home/mallory", "home/mallory/own", "etc", "tmp"] {
            stdfs::create_dir(dir.path().join(folder)).unwrap();
        }
        let own = |path: &str, uid| std::os::unix::fs::lchown(dir.path().join(path), Some(uid), Some(uid)).unwrap();
        own("home/mallory", 1000);
        own("home/mallory/own", 1000);
        symlink("/etc", dir.path().join("home/mallory/bait")).unwrap();
        symlink("own", dir.path().join("home/mallory/fine")).unwrap();
        own("home/mallory/bait", 1000);
        own("home/mallory/fine", 1000);
        assert!(matches!(Place::open(&root, &"/home/mallory/bait/x".into()), Err(OpenError::UnsafeLink { .. })));
        assert!(Place::open(&root, &"/home/mallory/fine/x".into()).is_ok());
        stdfs::set_permissions(dir.path().join("tmp"), stdfs::Permissions::from_mode(0o1777)).unwrap();
        symlink("/home/mallory", dir.path().join("tmp/bait")).unwrap();
        own("tmp/bait", 1000);
        assert!(matches!(Place::open(&root, &"/tmp/bait/x".into()), Err(OpenError::UnsafeLink { .. })));
    }
}
