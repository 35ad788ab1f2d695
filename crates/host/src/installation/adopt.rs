//! A person's data becomes the service's: database and kept copies are copied, and what was there before stays beside it
//! under another name. What a person's own programs could have written is not believed with root's rights: only ordinary
//! files of that person are copied, nothing that was left half done is taken up, and of the kept copies only those that
//! the person could have put back without us.
use crate::{
    handle::Folder,
    journal::{self, Journal},
    root::Root,
    vault::{Kept, Metadata, Vault, disk::private_folder, facts::hex},
};
use assize_domain::{
    id::DeviceId,
    order::Fault,
    text::{DevicePath, visible},
};
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{self, AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, RenameFlags, Stat},
    io::Errno,
    process::{Gid, Uid, geteuid},
};
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Write},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

/// Tells the programs of that person where everything is now (`engine::front` looks for it).
pub const NOTE: &str = "with-the-service.txt";

/// How long whoever carries out decisions there may take to let go.
const PATIENCE: Duration = Duration::from_secs(30);

const DATABASES: [&str; 4] = ["assize.db", "assize.db-wal", "telemetry.db", "telemetry.db-wal"];

/// What belongs to a device. Compiled rules are not among it: they are code, and made again.
const OF_A_DEVICE: [&str; 4] = ["journal", "vault.key", "vault", "standing"];

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
const NEW: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What is to be taken over, from whom, to where.
pub struct Adoption<'a> {
    pub from: &'a Path,
    /// Whose it is, user and group.
    pub owner: (u32, u32),
    pub data: &'a Path,
    pub state: &'a Path,
    /// The user and group of the service.
    pub service: (u32, u32),
    /// Tells which device of the copied database is this computer.
    pub this_computer: &'a dyn Fn(&Path) -> Result<DeviceId, Fault>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// Where everything is that was there before.
    pub kept: PathBuf,
    /// Kept copies of this computer that the service has now.
    pub copies: usize,
    /// Those that it does not believe; they are where they were.
    pub left: usize,
}

impl Adopted {
    pub fn told(&self) -> Vec<String> {
        let mut told = vec![format!(
            "The database and {} kept copies are the service's now; what was there before is in {}.",
            self.copies,
            self.kept.display()
        )];
        if self.left > 0 {
            told.push(format!(
                "{} kept copies stayed there alone: they are not of a kind that this person could have put back.",
                self.left
            ));
        }
        told
    }
}

/// Takes a data folder over. Nothing of it is changed before everything has been copied.
pub fn adopt(a: &Adoption<'_>) -> Result<Adopted, Fault> {
    let from = own_folder(a)?;
    let _driving = let_go(from.fd())?;
    let (data, state) = (staged(a.data), staged(a.state));
    for folder in [&data, &state] {
        clear(folder).map_err(|e| not_copied(&e))?;
    }
    for folder in [a.data, a.state] {
        vacant(folder).map_err(|e| not_copied(&e))?;
    }
    let placed = copy(a, &from, &data, &state).and_then(|counted| {
        place(&data, a.data).map_err(|e| not_copied(&e))?;
        // Without the other half it is nothing, and the next attempt would take it for the service's own.
        place(&state, a.state).inspect_err(|_| drop(clear(a.data))).map_err(|e| not_copied(&e))?;
        Ok(counted)
    });
    if placed.is_err() {
        // Copies, and nothing else.
        let _ = clear(&data).and_then(|()| clear(&state));
    }
    let (copies, left) = placed?;
    put_aside(a, &from).map(|kept| Adopted { kept, copies, left })
}

/// The usual data folder of a user of this computer, where there is one.
pub fn home_of(uid: u32) -> Option<PathBuf> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let home = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2)?.parse() == Ok(uid)).then(|| (*fields.get(5).unwrap_or(&"")).to_owned())
    })?;
    let folder = Path::new(&home).join(".local/share/assize");
    std::fs::symlink_metadata(&folder).is_ok_and(|facts| facts.is_dir()).then_some(folder)
}

/// Takes the note away, so that the person's programs work without the service again. True when there was one.
pub fn forget(folder: &Path, owner: u32) -> bool {
    let path = DevicePath::from_bytes(folder.as_os_str().as_bytes());
    let Ok(folder) = Folder::open(&Root::this_computer(), &path) else { return false };
    folder.stat().is_ok_and(|s| s.st_uid == owner) && folder.unlink(OsStr::new(NOTE)).is_ok()
}

fn own_folder(a: &Adoption<'_>) -> Result<Folder, Fault> {
    let path = DevicePath::from_bytes(a.from.as_os_str().as_bytes());
    let refused = |why: String| {
        let message = format!("The data folder {} cannot be taken over: {why}.", a.from.display());
        Fault::new("not_adopted", message, "Nothing was changed. Install without it (--no-adopt), or name another one.")
    };
    let folder = Folder::open(&Root::this_computer(), &path).map_err(|e| refused(e.to_string()))?;
    let owner = folder.stat().map_err(|e| refused(e.to_string()))?.st_uid;
    if owner == a.owner.0 { Ok(folder) } else { Err(refused(format!("it belongs to user {owner}"))) }
}

/// Whoever carries out decisions in this folder ends what they are at, and begins nothing more while this is held.
fn let_go(from: impl AsFd) -> Result<OwnedFd, Fault> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = fs::openat(from, "driver.lock", flags, Mode::RUSR | Mode::WUSR).map_err(|e| not_copied(&e.into()))?;
    let begun = Instant::now();
    loop {
        match fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock),
            Err(_) if begun.elapsed() < PATIENCE => sleep(Duration::from_millis(100)),
            Err(_) => {
                return Err(Fault::new(
                    "still_open",
                    "Assize is open with this data and carries out decisions.",
                    "Nothing was changed. Close its windows, or use the button in the window itself.",
                ));
            }
        }
    }
}

fn copy(a: &Adoption<'_>, from: &Folder, data: &Path, state: &Path) -> Result<(usize, usize), Fault> {
    let io = |e: io::Error| not_copied(&e);
    let to_data = private_folder(CWD, data).map_err(io)?;
    databases(a, from.fd(), &to_data)?;
    let theirs = Copier { owner: a.owner.0, new_owner: a.service };
    theirs.give(&to_data).map_err(io)?;
    let this = (a.this_computer)(data)?;
    if let Some(packages) = theirs.folder(from.fd(), OsStr::new("packages")).map_err(io)? {
        theirs.tree(&packages, &to_data, OsStr::new("packages"), 2).map_err(io)?;
    }
    let to_state = private_folder(CWD, state).map_err(io)?;
    let roots = Copier { owner: a.owner.0, new_owner: (0, 0) };
    if let Some(devices) = theirs.folder(from.fd(), OsStr::new("devices")).map_err(io)? {
        let to_devices = theirs.make(&to_data, OsStr::new("devices")).map_err(io)?;
        for name in names(&devices).map_err(io)? {
            let Some(device) = theirs.folder(&devices, &name).map_err(io)? else { continue };
            if name.as_bytes() == this.as_str().as_bytes() {
                roots.some(&device, &to_state).map_err(io)?;
            } else {
                let to = theirs.make(&to_devices, &name).map_err(io)?;
                theirs.some(&device, &to).map_err(io)?;
            }
        }
    }
    let counted = sift(state, a.owner.0)?;
    for folder in [&to_data, &to_state] {
        fs::fsync(folder).map_err(|e| not_copied(&e.into()))?;
    }
    Ok(counted)
}

/// Database and log belong together: they are copied until nobody has written meanwhile.
fn databases(a: &Adoption<'_>, from: impl AsFd, to: &OwnedFd) -> Result<(), Fault> {
    let copier = Copier { owner: a.owner.0, new_owner: a.service };
    let seen = || DATABASES.map(|name| fs::statat(&from, name, AtFlags::SYMLINK_NOFOLLOW).ok().map(|s| mark(&s)));
    for _ in 0..5 {
        let before = seen();
        for name in DATABASES {
            match fs::unlinkat(to, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(error) => return Err(not_copied(&error.into())),
            }
            copier.file(&from, to, OsStr::new(name)).map_err(|e| not_copied(&e))?;
        }
        if before == seen() {
            return Ok(());
        }
        sleep(Duration::from_millis(500));
    }
    Err(Fault::new("still_open", "Something goes on writing to this data.", "Nothing was changed. Close Assize first."))
}

fn mark(stat: &Stat) -> (u64, i64, i64, u64) {
    (stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

/// Copies ordinary files of one user, links not followed, to another.
struct Copier {
    owner: u32,
    new_owner: (u32, u32),
}

impl Copier {
    /// A folder of that user in here; none where there is none.
    fn folder(&self, at: impl AsFd, name: &OsStr) -> io::Result<Option<OwnedFd>> {
        let fd = match fs::openat(at, name, FOLDER, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok((fs::fstat(&fd)?.st_uid == self.owner).then_some(fd))
    }

    /// The service's user has looked at its new database by now, and may have made the folder already.
    fn make(&self, at: &OwnedFd, name: &OsStr) -> io::Result<OwnedFd> {
        match fs::mkdirat(at, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let fd = fs::openat(at, name, FOLDER, Mode::empty())?;
        let owner = fs::fstat(&fd)?.st_uid;
        if owner != geteuid().as_raw() && owner != self.new_owner.0 {
            return Err(io::Error::other("a folder in it belongs to another user"));
        }
        fs::fchmod(&fd, Mode::RWXU)?;
        self.give(&fd)?;
        Ok(fd)
    }

    fn give(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(fs::fchown(fd, Some(Uid::from_raw(self.new_owner.0)), Some(Gid::from_raw(self.new_owner.1)))?)
    }

    /// What a device's state folder is made of.
    fn some(&self, from: &OwnedFd, to: &OwnedFd) -> io::Result<()> {
        for name in OF_A_DEVICE.map(OsStr::new) {
            match self.folder(from, name)? {
                Some(folder) => self.tree(&folder, to, name, 2)?,
                None => self.file(from, to, name)?,
            }
        }
        Ok(())
    }

    fn tree(&self, from: &OwnedFd, to: &OwnedFd, name: &OsStr, depth: u32) -> io::Result<()> {
        let to = self.make(to, name)?;
        for name in names(from)? {
            match self.folder(from, &name)? {
                Some(folder) if depth > 0 => self.tree(&folder, &to, &name, depth - 1)?,
                Some(_) => {}
                None => self.file(from, &to, &name)?,
            }
        }
        Ok(fs::fsync(&to)?)
    }

    /// Nothing where there is no ordinary file of that user.
    fn file(&self, from: impl AsFd, to: &OwnedFd, name: &OsStr) -> io::Result<()> {
        match fs::statat(&from, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if self.takes(&stat) => {}
            Ok(_) | Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let mut file = File::from(fs::openat(&from, name, READ, Mode::empty())?);
        if !self.takes(&fs::fstat(&file)?) {
            return Ok(());
        }
        let mut copy = File::from(fs::openat(to, name, NEW, Mode::RUSR | Mode::WUSR)?);
        io::copy(&mut file, &mut copy)?;
        self.give(&copy)?;
        copy.sync_all()
    }

    fn takes(&self, stat: &Stat) -> bool {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_uid == self.owner
    }
}

fn names(folder: impl AsFd) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::Dir::read_from(folder)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Of what came from a person, only what that person could have done without us stays; of root's own, everything.
fn sift(state: &Path, owner: u32) -> Result<(usize, usize), Fault> {
    let io = |e: io::Error| not_copied(&e);
    let mut journal = journal::folder(state).map_err(Into::into).and_then(Journal::open).map_err(|e| unsound(&e))?;
    journal.lock().map_err(|e| unsound(&e))?;
    if !journal.unfinished().is_empty() {
        return Err(Fault::new(
            "half_done",
            "An action of this data was interrupted and has no end yet.",
            "Nothing was changed. Open Assize once, so that it is put right, then install the service.",
        ));
    }
    journal.unlock();
    let vault = Vault::open(state).map_err(|e| e.fault())?;
    let ids = vault.ids().map_err(|e| e.fault())?;
    let mut left = 0;
    for id in &ids {
        let believed = owner == 0 || vault.metadata(id).is_ok_and(|m| could_put_back(&m, owner));
        if !believed {
            vault.discard(id);
            left += 1;
        }
    }
    // One that has its bytes in another goes with it: it would give nothing back.
    for id in vault.ids().map_err(|e| e.fault())? {
        let bytes = vault.metadata(&id).ok().and_then(|m| m.bytes_in);
        if bytes.is_some_and(|other| vault.metadata(&other).is_err()) {
            vault.discard(&id);
            left += 1;
        }
    }
    if owner != 0 {
        // An isolation is root's doing; whoever else writes one down made it up.
        clear(&state.join("standing")).map_err(io)?;
    }
    Ok((ids.len() - left, left))
}

/// A file of that user's own, without rights beyond theirs, in a folder that is theirs.
fn could_put_back(item: &Metadata, owner: u32) -> bool {
    let kind = matches!(item.kept, Kept::File | Kept::Before { .. } | Kept::Links);
    let privileged = |name: &String| {
        ["security.", "trusted.", "system.posix_acl"].iter().any(|p| name.starts_with(&hex(p.as_bytes())))
    };
    let plain = item.facts.uid == owner
        && item.facts.mode & 0o6000 == 0
        && !item.facts.locked()
        && !item.facts.xattrs.keys().any(privileged);
    let folder = Folder::open(&Root::this_computer(), &item.folder).and_then(|folder| {
        let stat = folder.stat().map_err(|error| crate::handle::OpenError::System { what: String::new(), error })?;
        Ok(stat.st_uid == owner || stat.st_mode & 0o1002 == 0o1002)
    });
    kind && plain && folder.unwrap_or(false)
}

fn staged(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".adopting");
    PathBuf::from(name)
}

fn clear(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// What is there already would be hidden or lost.
fn vacant(folder: &Path) -> io::Result<()> {
    let empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => true,
        Err(e) => return Err(e),
    };
    if empty { Ok(()) } else { Err(io::Error::other(format!("{} is not empty", folder.display()))) }
}

fn place(staged: &Path, folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        Ok(()) | Err(_) => {}
    }
    fs::renameat_with(CWD, staged, CWD, folder, RenameFlags::NOREPLACE)?;
    if let Some(parent) = folder.parent() {
        fs::fsync(fs::openat(CWD, parent, FOLDER, Mode::empty())?)?;
    }
    Ok(())
}

/// The folder gets another name, and in its place a new one says where everything is.
fn put_aside(a: &Adoption<'_>, from: &Folder) -> Result<PathBuf, Fault> {
    let io = |e: io::Error| {
        let message = format!("The service has the data now, but {} could not be put aside: {e}.", a.from.display());
        Fault::new("not_put_aside", message, "Nothing was lost. Rename the folder by hand.")
    };
    let name = a.from.file_name().unwrap_or(OsStr::new("assize"));
    let parent = a.from.parent().unwrap_or(Path::new("/"));
    let path = DevicePath::from_bytes(parent.as_os_str().as_bytes());
    let at = Folder::open(&Root::this_computer(), &path).map_err(|e| io(io::Error::other(e.to_string())))?;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut aside = name.to_owned();
    aside.push(format!(".before-service-{since}"));
    let result = || -> io::Result<()> {
        fs::renameat_with(at.fd(), name, at.fd(), &aside, RenameFlags::NOREPLACE)?;
        fs::mkdirat(at.fd(), name, Mode::RWXU)?;
        let new = fs::openat(at.fd(), name, FOLDER, Mode::empty())?;
        let given = Copier { owner: a.owner.0, new_owner: a.owner };
        let mut note = File::from(fs::openat(&new, NOTE, NEW, Mode::from_raw_mode(0o644))?);
        write!(
            note,
            "Assize works through the service of this computer, which has taken over what was here ({}).\n\
             What was here before is kept unchanged in {}.\n",
            a.data.display(),
            parent.join(&aside).display()
        )?;
        given.give(&note)?;
        note.sync_all()?;
        // How this person likes the window stays theirs.
        given.file(from.fd(), &new, OsStr::new("window.json"))?;
        given.give(&new)?;
        fs::fsync(&new)?;
        Ok(fs::fsync(at.fd())?)
    };
    result().map_err(io)?;
    Ok(parent.join(aside))
}

fn not_copied(error: &io::Error) -> Fault {
    let message = format!("The data could not be copied to the service: {error}.");
    Fault::new("not_adopted", message, "Nothing of it was changed. See whether the disk is full, then try again.")
}

fn unsound(error: &journal::JournalError) -> Fault {
    let message = format!("The data cannot be taken over: {}.", visible(&error.to_string()));
    Fault::new("not_adopted", message, "Nothing of it was changed. Install without it (--no-adopt).")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::Hands;
    use assize_domain::{order::Receipt, order::ReceiptOutcome, target::Target, time::Stamp};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    /// A person's data folder below a temporary one, and where it goes.
    struct Home {
        top: tempfile::TempDir,
    }

    impl Home {
        /// As programs of that person leave it: a database, this computer's state with copies of these real files, another
        /// device's, and what is the window's.
        fn new(owner: u32, taken: &[&Path]) -> Self {
            let home = Self { top: tempfile::tempdir().unwrap() };
            let put = |name: &str, text: &str| {
                let path = home.from().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            };
            put("assize.db", "database");
            put("assize.db-wal", "log");
            put("window.json", "{}");
            put("devices/other/vault.key", "another key");
            put("devices/this/rules/key", "compiled");
            put("devices/this/standing/isolation", "made up");
            let hands = Hands::open(Root::this_computer(), &home.from().join("devices/this"), || Stamp(1)).unwrap();
            for path in taken {
                let receipt = take(&hands, path);
                assert!(matches!(receipt.outcome, ReceiptOutcome::Done { .. }), "{receipt:?}");
            }
            drop(hands);
            home.give(owner);
            home
        }

        fn from(&self) -> PathBuf {
            self.top.path().join("home/assize")
        }

        fn give(&self, owner: u32) {
            let mut all = vec![self.top.path().join("home"), self.from()];
            while let Some(path) = all.pop() {
                std::os::unix::fs::lchown(&path, Some(owner), Some(owner)).unwrap();
                if path.is_dir() && !path.is_symlink() {
                    all.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
                }
            }
        }

        fn adopt(&self, owner: u32) -> Result<Adopted, Fault> {
            let (data, state) = (self.at("data"), self.at("state"));
            let service = (geteuid().as_raw(), rustix::process::getegid().as_raw());
            let this_computer = |_: &Path| Ok(DeviceId::from("this"));
            adopt(&Adoption {
                from: &self.from(),
                owner: (owner, owner),
                data: &data,
                state: &state,
                service,
                this_computer: &this_computer,
            })
        }

        fn at(&self, name: &str) -> PathBuf {
            self.top.path().join(name)
        }
    }

    fn take(hands: &Hands, path: &Path) -> Receipt {
        let facts = std::fs::metadata(path).unwrap();
        let identity = assize_domain::entity::FileIdentity { device: facts.dev(), inode: facts.ino() };
        let sha256 = crate::act::work::hash(&File::open(path).unwrap(), facts.len()).unwrap();
        let path = DevicePath::from_bytes(path.as_os_str().as_bytes());
        crate::act::tests::apply(
            hands,
            assize_domain::remedy::ActionType::QuarantineFile,
            &Target::File { path, sha256, identity },
        )
    }

    fn file(path: PathBuf, owner: u32, mode: u32) -> PathBuf {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, path.as_os_str().as_bytes()).unwrap();
        std::os::unix::fs::chown(&path, Some(owner), Some(owner)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn text(path: PathBuf) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_was_there_is_the_services_and_stays_under_another_name() {
        let me = geteuid().as_raw();
        let files = tempfile::tempdir().unwrap();
        let bad = file(files.path().join("bad"), me, 0o600);
        let home = Home::new(me, &[&bad]);
        let adopted = home.adopt(me).unwrap();
        assert_eq!((adopted.copies, adopted.left), (1, 0));
        assert_eq!(
            (text(home.at("data/assize.db")), text(home.at("data/assize.db-wal"))),
            ("database".into(), "log".into())
        );
        assert_eq!(text(home.at("data/devices/other/vault.key")), "another key");
        assert!(!home.at("data/devices/this").exists() && !home.at("state/rules").exists());
        let hands = Hands::open(Root::this_computer(), &home.at("state"), || Stamp(2)).unwrap();
        assert!(hands.verify_vault().unwrap().iter().all(|c| c.fault.is_none()));
        assert_eq!(hands.vault_items().unwrap().len(), 1);
        // Everything that was there is where it says, and the folder itself says so.
        assert_eq!(text(adopted.kept.join("assize.db")), "database");
        assert!(text(home.from().join(NOTE)).contains(adopted.kept.to_str().unwrap()));
        assert_eq!(text(home.from().join("window.json")), "{}");
        assert!(!home.from().join("assize.db").exists());
        assert!(!staged(&home.at("data")).exists());
        assert!(forget(&home.from(), me) && !forget(&home.from(), me));
    }

    #[test]
    fn of_what_a_person_kept_root_believes_only_what_they_could_have_put_back() {
        if !geteuid().is_root() {
            return;
        }
        let files = tempfile::tempdir().unwrap();
        std::fs::set_permissions(files.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let theirs = files.path().join("theirs");
        let good = file(theirs.join("good"), 4001, 0o644);
        std::os::unix::fs::chown(&theirs, Some(4001), None).unwrap();
        let set_id = file(theirs.join("set-id"), 4001, 0o4755);
        let roots = file(theirs.join("roots"), 0, 0o644);
        let elsewhere = file(files.path().join("elsewhere"), 4001, 0o644);
        let home = Home::new(4001, &[&good, &set_id, &roots, &elsewhere]);
        // Another user's file in the folder, and a link out of it, are not theirs to give.
        std::fs::write(home.from().join("devices/other/journal"), "roots").unwrap();
        std::fs::remove_file(home.from().join("assize.db-wal")).unwrap();
        symlink("/etc/shadow", home.from().join("assize.db-wal")).unwrap();
        let adopted = home.adopt(4001).unwrap();
        assert_eq!((adopted.copies, adopted.left), (1, 3));
        assert!(!home.at("data/assize.db-wal").exists() && !home.at("data/devices/other/journal").exists());
        assert!(!home.at("state/standing").exists(), "nobody but root isolates");
        let hands = Hands::open(Root::this_computer(), &home.at("state"), || Stamp(2)).unwrap();
        assert_eq!(hands.vault_items().unwrap()[0].path, DevicePath::from_bytes(good.as_os_str().as_bytes()));
        let facts = std::fs::metadata(home.at("state/vault.key")).unwrap();
        assert_eq!((facts.uid(), facts.mode() & 0o777), (0, 0o600));
        assert_eq!(std::fs::metadata(home.from()).unwrap().uid(), 4001);
    }

    #[test]
    fn nothing_is_taken_over_that_is_open_or_another_persons_or_would_hide_what_is_there() {
        let me = geteuid().as_raw();
        let home = Home::new(me, &[]);
        assert_eq!(home.adopt(me + 1).unwrap_err().code, "not_adopted");
        file(home.at("data/assize.db"), me, 0o600);
        let fault = home.adopt(me).unwrap_err();
        assert!(fault.code == "not_adopted" && fault.message.contains("not empty"), "{fault:?}");
        assert_eq!(text(home.from().join("assize.db")), "database", "as it was");
        assert!(!home.from().join(NOTE).exists() && !staged(&home.at("data")).exists());
    }
}
