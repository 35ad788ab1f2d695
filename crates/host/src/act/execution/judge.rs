//! Whether a file that is about to be run, or read by a program that runs it, may be: by what it is and whose it is.
//! Nothing is opened here but the file's own handle, and the records of packages when they were changed.
use crate::{
    look::{
        interpreter::{Runs, interpreter},
        packages::PackageDatabase,
        tree,
    },
    vault::facts::hex,
};
use assize_domain::text::DevicePath;
use md5::Md5;
use rustix::fs::{FileType, Stat};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    fs, io,
    os::{
        fd::{AsRawFd, BorrowedFd},
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

/// More files than that are forgotten all at once and judged anew.
const REMEMBERED: usize = 200_000;
/// The records of packages are not read again sooner.
const READ_AGAIN: Duration = Duration::from_secs(5);
const RECORDS: [&str; 2] = ["/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite"];

/// Reads the records of packages.
pub type ReadPackages = Arc<dyn Fn() -> PackageDatabase + Send + Sync>;

/// What may be run.
pub struct Judge {
    read_packages: ReadPackages,
    packages: RwLock<(Arc<PackageDatabase>, Option<SystemTime>, Instant)>,
    /// Contents that a person allowed, SHA-256 in lower-case hex.
    allowed: HashSet<String>,
    /// Our own programs, by device and inode.
    own: HashSet<(u64, u64)>,
    known: Mutex<HashMap<Key, Known>>,
    /// One thread at a time reads the records; the others go on answering, also the questions that this reading raises.
    reading: Mutex<()>,
}

/// A file as it is now: what is changed in any way is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    device: u64,
    inode: u64,
    size: i64,
    changed: (i64, i64),
    modified: (i64, i64),
}

impl Key {
    pub fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: stat.st_size,
            changed: (stat.st_ctime, i64::try_from(stat.st_ctime_nsec).unwrap_or(0)),
            modified: (stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    form: Option<Form>,
    trusted: Option<bool>,
}

/// What a file is by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A shared library, or a program that can be loaded anywhere, which looks the same.
    Library,
    /// Another program in machine code.
    Program,
    Other,
}

/// What is asked, and what is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    ToRun,
    ToOpen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It may, and so may everybody as long as it is not changed: it need not be asked again.
    Trusted,
    Allowed,
    Denied,
}

impl Judge {
    /// `own` are programs of the product itself; they belong to no package where they were not installed by one.
    pub fn new(read_packages: ReadPackages, allowed: HashSet<String>, own: &[&Path]) -> Self {
        let own = own.iter().filter_map(|path| fs::metadata(path).ok()).map(|m| (m.dev(), m.ino())).collect();
        let packages = Arc::new(read_packages());
        let packages = RwLock::new((packages, records(), Instant::now()));
        Self { read_packages, packages, allowed, own, known: Mutex::default(), reading: Mutex::default() }
    }

    /// False where no package says anything: then nothing at all could be run.
    pub fn knows_anything(&self) -> bool {
        self.packages.read().unwrap_or_else(PoisonError::into_inner).0.knows_anything()
    }

    pub fn answer(&self, asked: Asked, pid: i32, file: BorrowedFd<'_>) -> io::Result<Answer> {
        let stat = rustix::fs::fstat(file)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(Answer::Allowed);
        }
        let judged = |is_trusted: bool| if is_trusted { Answer::Trusted } else { Answer::Denied };
        match asked {
            Asked::ToRun => Ok(judged(self.trusts(&stat, file)?)),
            // One that is being made.
            Asked::ToOpen if stat.st_size == 0 => Ok(Answer::Allowed),
            Asked::ToOpen => match self.form(&stat, file)? {
                Form::Library => Ok(judged(self.trusts(&stat, file)?)),
                form @ (Form::Program | Form::Other) => {
                    if !Reader::of(pid).runs(form, &stat) {
                        return Ok(Answer::Allowed);
                    }
                    Ok(judged(self.trusts(&stat, file)?))
                }
            },
        }
    }

    fn form(&self, stat: &Stat, file: BorrowedFd<'_>) -> io::Result<Form> {
        let key = Key::of(stat);
        if let Some(form) = self.known(&key).form {
            return Ok(form);
        }
        let mut head = [0u8; 18];
        let read = rustix::io::pread(file, &mut head, 0)?;
        let form = form_of(&head[..read]);
        self.remember(key, |known| known.form = Some(form));
        Ok(form)
    }

    /// Owned by a package with the checksum that it came with, or allowed by a person, or ours.
    pub fn trusts(&self, stat: &Stat, file: BorrowedFd<'_>) -> io::Result<bool> {
        if self.own.contains(&(stat.st_dev, stat.st_ino)) {
            return Ok(true);
        }
        let key = Key::of(stat);
        if let Some(trusted) = self.known(&key).trusted
            && (trusted || !self.records_changed())
        {
            return Ok(trusted);
        }
        let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
        let path = DevicePath::from_bytes(path.as_os_str().as_bytes());
        let packages = Arc::clone(&self.packages.read().unwrap_or_else(PoisonError::into_inner).0);
        let owned = packages.owner(&path);
        let (md5, sha256) = owned.map_or((None, None), |owned| (owned.md5, owned.sha256));
        let wants_sha256 = sha256.is_some() || !self.allowed.is_empty();
        let (is_md5, is_sha256) = hashes(file, md5.is_some(), wants_sha256)?;
        let same = |wanted: &Option<String>, is: &Option<String>| wanted.is_some() && wanted == is;
        let trusted = same(&md5, &is_md5)
            || same(&sha256, &is_sha256)
            || is_sha256.is_some_and(|sha256| self.allowed.contains(&sha256));
        // What was changed while it was read is judged the next time it is asked for.
        if Key::of(&rustix::fs::fstat(file)?) == key {
            self.remember(key, |known| known.trusted = Some(trusted));
            return Ok(trusted);
        }
        Ok(false)
    }

    /// A package may have come or been renewed. Reads the records again then, and forgets who was not trusted.
    fn records_changed(&self) -> bool {
        let now = records();
        {
            let known = self.packages.read().unwrap_or_else(PoisonError::into_inner);
            if known.1 == now || known.2.elapsed() < READ_AGAIN {
                return false;
            }
        }
        let Ok(_reading) = self.reading.try_lock() else { return false };
        let fresh = Arc::new((self.read_packages)());
        *self.packages.write().unwrap_or_else(PoisonError::into_inner) = (fresh, now, Instant::now());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values_mut().for_each(|known| known.trusted = known.trusted.filter(|trusted| *trusted));
        true
    }

    fn known(&self, key: &Key) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied().unwrap_or_default()
    }

    fn remember(&self, key: Key, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        change(known.entry(key).or_default());
    }
}

fn records() -> Option<SystemTime> {
    RECORDS.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok()).max()
}

fn form_of(head: &[u8]) -> Form {
    let Some(rest) = head.strip_prefix(b"\x7fELF") else { return Form::Other };
    // The byte order stands in the sixth byte, the kind in the seventeenth and eighteenth.
    let kind = match (rest.get(1), rest.get(12), rest.get(13)) {
        (Some(2), Some(high), Some(low)) => u16::from_be_bytes([*high, *low]),
        (_, Some(low), Some(high)) => u16::from_le_bytes([*low, *high]),
        _ => 0,
    };
    if kind == 3 { Form::Library } else { Form::Program }
}

fn hashes(file: BorrowedFd<'_>, md5: bool, sha256: bool) -> io::Result<(Option<String>, Option<String>)> {
    if !md5 && !sha256 {
        return Ok((None, None));
    }
    let (mut old, mut new) = (Md5::new(), Sha256::new());
    let mut buffer = vec![0u8; 128 * 1024];
    let mut at = 0;
    loop {
        let n = rustix::io::pread(file, &mut buffer, at)?;
        if n == 0 {
            break;
        }
        if md5 {
            old.update(&buffer[..n]);
        }
        if sha256 {
            new.update(&buffer[..n]);
        }
        at += n as u64;
    }
    Ok((md5.then(|| hex(&old.finalize())), sha256.then(|| hex(&new.finalize()))))
}

/// The process that opens a file.
struct Reader {
    pid: i32,
    image: Vec<u8>,
}

impl Reader {
    fn of(pid: i32) -> Self {
        let image = fs::read_link(format!("/proc/{pid}/exe")).map(|path| path.as_os_str().as_bytes().to_vec());
        Self { pid, image: image.unwrap_or_default() }
    }

    /// Does it open this file to run it, as far as can be told by what it was started with?
    fn runs(&self, form: Form, stat: &Stat) -> bool {
        let image = tree::base(&self.image);
        let loads = is_loader(image);
        if form != Form::Other {
            return loads;
        }
        if !loads && interpreter(image).is_none() && image != b"busybox" {
            return false;
        }
        let line = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|b| *b == 0).collect();
        let script = script(image, &words);
        script.is_some_and(|script| self.is(script, stat))
    }

    /// Is that word of its command line the file?
    fn is(&self, word: &[u8], stat: &Stat) -> bool {
        let base = if word.starts_with(b"/") { "root" } else { "cwd" };
        let mut path = format!("/proc/{}/{base}/", self.pid).into_bytes();
        path.extend_from_slice(word);
        fs::metadata(Path::new(std::ffi::OsStr::from_bytes(&path)))
            .is_ok_and(|m| (m.dev(), m.ino()) == (stat.st_dev, stat.st_ino))
    }
}

/// The dynamic loader, which runs what it is given.
fn is_loader(image: &[u8]) -> bool {
    [&b"ld-linux"[..], b"ld-musl", b"ld.so", b"ld64.so", b"ld-2."].iter().any(|start| image.starts_with(start))
}

/// The word of a command line that names the script.
fn script<'a>(image: &[u8], words: &[&'a [u8]]) -> Option<&'a [u8]> {
    let (program, arguments) = if is_loader(image) {
        // `ld.so [options] program arguments`
        let at = 1 + words.get(1..)?.iter().position(|word| !word.starts_with(b"--"))?;
        (*words.get(at)?, words.get(at + 1..)?)
    } else if image == b"busybox" && words.first().is_some_and(|name| tree::base(name) == b"busybox") {
        (*words.get(1)?, words.get(2..)?)
    } else if image == b"busybox" {
        (*words.first()?, words.get(1..)?)
    } else {
        (image, words.get(1..)?)
    };
    match interpreter(program)?.runs(arguments) {
        Runs::Script(at) => arguments.get(at).copied(),
        Runs::Shell(_) | Runs::Nothing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::Root;
    use std::{
        fs::File,
        os::{fd::AsFd, unix::fs::FileExt},
    };

    /// A machine with one package, whose files are where the test may write.
    fn machine(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, content).unwrap();
        (folder, program)
    }

    fn judge_with(folder: &Path, program: &Path, allowed: &[&str]) -> Judge {
        let root = folder.join("root");
        let info = root.join("var/lib/dpkg/info");
        fs::create_dir_all(&info).unwrap();
        let sum = hex(&Md5::digest(fs::read(program).unwrap()));
        let path = program.to_str().unwrap();
        fs::write(info.join("tool.list"), format!("{path}\n")).unwrap();
        fs::write(info.join("tool.md5sums"), format!("{sum}  {}\n", &path[1..])).unwrap();
        let read: ReadPackages = Arc::new(move || PackageDatabase::read(&Root::staged(&root)));
        Judge::new(read, allowed.iter().map(|a| (*a).to_owned()).collect(), &[])
    }

    fn trusts(judge: &Judge, path: &Path) -> bool {
        let file = File::open(path).unwrap();
        judge.trusts(&rustix::fs::fstat(&file).unwrap(), file.as_fd()).unwrap()
    }

    /// M123
    #[test]
    fn what_a_package_owns_is_trusted_until_it_is_changed() {
        let (folder, program) = machine(b"\x7fELF program");
        let judge = judge_with(folder.path(), &program, &[]);
        assert!(judge.knows_anything() && trusts(&judge, &program));
        let copy = folder.path().join("copy");
        fs::copy(&program, &copy).unwrap();
        assert!(!trusts(&judge, &copy), "the same content somewhere else belongs to nobody");
        File::options().write(true).open(&program).unwrap().write_at(b"!", 5).unwrap();
        assert!(!trusts(&judge, &program), "changed");
    }

    #[test]
    fn what_a_person_allowed_is_trusted_wherever_it_is() {
        let (folder, program) = machine(b"\x7fELF program");
        let allowed = hex(&Sha256::digest(b"our own tool"));
        let judge = judge_with(folder.path(), &program, &[&allowed]);
        let tool = folder.path().join("tool");
        fs::write(&tool, "our own tool").unwrap();
        assert!(trusts(&judge, &tool));
        fs::write(&tool, "our own tool, changed").unwrap();
        assert!(!trusts(&judge, &tool));
    }

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let elf = |class: u8, order: u8, kind: [u8; 2]| {
            [&b"\x7fELF"[..], &[class, order, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], &kind].concat()
        };
        assert_eq!(form_of(&elf(2, 1, [3, 0])), Form::Library);
        assert_eq!(form_of(&elf(2, 1, [2, 0])), Form::Program);
        assert_eq!(form_of(&elf(1, 2, [0, 3])), Form::Library);
        for other in [&b""[..], b"#!/bin/sh", b"\x7fELF", b"\x7fEL"] {
            assert_ne!(form_of(other), Form::Library, "{other:?}");
        }
    }

    #[test]
    fn the_script_is_found_whoever_reads_it() {
        let find = |image: &str, line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            script(image.as_bytes(), &words).map(|s| String::from_utf8_lossy(s).into_owned())
        };
        assert_eq!(find("bash", "bash -x /tmp/a.sh b").as_deref(), Some("/tmp/a.sh"));
        assert_eq!(find("python3.11", "python3 -u a.py").as_deref(), Some("a.py"));
        assert_eq!(find("ld-linux-x86-64.so.2", "ld.so --inhibit-cache /bin/bash a.sh").as_deref(), Some("a.sh"));
        assert_eq!(find("busybox", "sh a.sh").as_deref(), Some("a.sh"));
        assert_eq!(find("busybox", "/bin/busybox ash a.sh").as_deref(), Some("a.sh"));
        assert_eq!(find("bash", "bash -c text"), None);
        assert_eq!(find("perl", "perl /usr/bin/tool data.txt").as_deref(), Some("/usr/bin/tool"), "not its data");
        assert_eq!(find("cat", "cat a.sh"), None);
    }
}
