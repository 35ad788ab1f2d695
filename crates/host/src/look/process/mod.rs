//! Running processes: read from the kernel, each through one handle so that a number used again is never mixed up.
mod holders;

pub use holders::held_by;

use super::{
    command::plain,
    interpreter::{Runs, interpreter},
    people::People,
    tree,
};
use crate::root::Root;
use assize_domain::{
    entity::{FileIdentity, Process},
    text::DevicePath,
    time::Stamp,
};
use rustix::fs::{AtFlags, Stat};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::{
        fd::AsFd,
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::{Path, PathBuf},
};

/// A process with what the kernel says about its image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenProcess {
    /// `image_sha256` is left open: see [`open_image`].
    pub process: Process,
    pub kernel_thread: bool,
    /// None for kernel threads and for processes whose image this account may not see.
    pub image: Option<ImageFile>,
}

/// The file a process runs, as the kernel holds it, also when its name is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// Equal to `process.exe`.
    pub path: DevicePath,
    pub identity: FileIdentity,
    pub size: u64,
    /// Lives in memory only and never had a name on a volume (`memfd:`).
    pub memfd: bool,
    /// A regular file stands at that path now: after an upgrade another one than the running image.
    pub same_path_exists: bool,
    /// The file that stands at that path is the running image itself.
    pub same_file: bool,
}

/// Every process of a device, by number. A process that ends while it is looked at is left out.
pub fn processes(root: &Root) -> Vec<SeenProcess> {
    let Some(view) = View::new(root) else { return Vec::new() };
    let mut pids: Vec<i32> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids.into_iter().filter_map(|pid| view.see(pid)).collect()
}

/// One process by its number; `None` when it is gone or does not belong to this device.
pub fn process(root: &Root, pid: u32) -> Option<SeenProcess> {
    View::new(root)?.see(i32::try_from(pid).ok()?)
}

/// Opens the running image through the kernel, also when its file is gone; the process is checked to be still the same
/// one after opening.
pub fn open_image(pid: u32, start_ticks: &str) -> io::Result<File> {
    let gone = || io::Error::new(io::ErrorKind::NotFound, "the process has ended");
    let process = procfs::process::Process::new(i32::try_from(pid).map_err(|_| gone())?).map_err(into_io)?;
    let image = process.open_relative("exe").map_err(into_io)?;
    let now = stat_of(&process).ok_or_else(gone)?.start_ticks;
    if now != start_ticks { Err(gone()) } else { Ok(image) }
}

/// The environment a process was started with; the process is checked to be still the same one after reading.
pub fn environment(pid: u32, start_ticks: &str) -> io::Result<Vec<(String, String)>> {
    let gone = || io::Error::new(io::ErrorKind::NotFound, "the process has ended");
    let process = procfs::process::Process::new(i32::try_from(pid).map_err(|_| gone())?).map_err(into_io)?;
    let mut bytes = Vec::new();
    process.open_relative("environ").map_err(into_io)?.take(1 << 20).read_to_end(&mut bytes)?;
    if stat_of(&process).ok_or_else(gone)?.start_ticks != start_ticks {
        return Err(gone());
    }
    let variables = bytes.split(|b| *b == 0).filter_map(|v| {
        let at = v.iter().position(|b| *b == b'=')?;
        Some((text(&v[..at]), text(&v[at + 1..])))
    });
    Ok(variables.collect())
}

/// What is the same for every process of one look.
struct View<'a> {
    root: &'a Root,
    /// The root's real folder, free of links, as the kernel names images below it.
    folder: PathBuf,
    people: People,
    boot: Stamp,
    ticks_per_second: u64,
    our_mounts: Option<(u64, u64)>,
    our_root: Option<(u64, u64)>,
}

impl<'a> View<'a> {
    fn new(root: &'a Root) -> Option<Self> {
        let identity = |path: &str| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
        Some(Self {
            root,
            folder: std::fs::canonicalize(root.path()).ok()?,
            people: People::read(root),
            boot: Stamp(i64::try_from(procfs::boot_time_secs().unwrap_or(0)).unwrap_or(0).saturating_mul(1000)),
            ticks_per_second: procfs::ticks_per_second().max(1),
            our_mounts: identity("/proc/self/ns/mnt"),
            our_root: identity("/proc/self/root"),
        })
    }

    fn see(&self, pid: i32) -> Option<SeenProcess> {
        let handle = procfs::process::Process::new(pid).ok()?;
        let stat = stat_of(&handle)?;
        let uid = effective_uid(&handle)?;
        let link = handle.exe().ok();
        let words = words_of(&handle, link.is_some());
        let image = link.as_deref().and_then(|link| self.image(&handle, link));
        let container = self.is_container(&handle);
        let deleted = image.as_ref().is_some_and(|(_, deleted)| *deleted);
        let mut image = image.map(|(image, _)| image);
        let mut script = image.as_ref().and_then(|i| self.script(&handle, i, &words, container));
        if !self.root.is_live() {
            let of_image = image.as_ref().and_then(|i| self.inside(&i.path));
            let of_script = script.as_ref().and_then(|s| self.inside(s));
            if of_image.is_none() && of_script.is_none() {
                return None;
            }
            // An interpreter of this machine that runs a staged script keeps its own name.
            if let (Some(image), Some(path)) = (image.as_mut(), of_image) {
                image.path = path;
            }
            script = of_script;
        }
        let kernel_thread = link.is_none() && stat.flags & KERNEL_THREAD != 0;
        let arguments: Vec<String> = words.iter().map(|w| text(w)).collect();
        let command_line = if arguments.is_empty() { format!("[{}]", text(&stat.name)) } else { arguments.join(" ") };
        let since_boot = stat.start_ticks.parse::<u64>().unwrap_or(0).saturating_mul(1000) / self.ticks_per_second;
        let process = Process {
            pid: u32::try_from(pid).ok()?,
            started_at: Stamp(self.boot.0.saturating_add(i64::try_from(since_boot).unwrap_or(0))),
            start_ticks: stat.start_ticks,
            exe: image.as_ref().map(|i| i.path.clone()),
            command_line,
            arguments,
            user: self.people.user(uid),
            exe_deleted: deleted,
            script,
            parent_pid: stat.parent.filter(|p| *p != 0),
            container,
            image_sha256: None,
        };
        Some(SeenProcess { process, kernel_thread, image })
    }

    /// The image by the kernel's handle, and whether its name is gone.
    fn image(&self, handle: &procfs::process::Process, link: &Path) -> Option<(ImageFile, bool)> {
        let held = stat_relative(handle, "exe")?;
        let shown = link.as_os_str().as_bytes();
        // A name may itself end in " (deleted)": only a file without names left has the kernel's mark.
        let marked = shown.strip_suffix(b" (deleted)");
        let (name, deleted) = match marked {
            Some(name) if held.st_nlink == 0 || !is_same(&at(shown), &held) => (name, true),
            _ => (shown, false),
        };
        let memfd = name.starts_with(b"/memfd:");
        let stands = if memfd { None } else { std::fs::symlink_metadata(at(name)).ok().filter(|m| m.is_file()) };
        let identity = FileIdentity { device: held.st_dev, inode: held.st_ino };
        let image = ImageFile {
            path: DevicePath::from_bytes(name),
            identity,
            size: u64::try_from(held.st_size).unwrap_or(0),
            memfd,
            same_path_exists: stands.is_some(),
            same_file: stands.is_some_and(|m| m.dev() == identity.device && m.ino() == identity.inode),
        };
        Some((image, deleted))
    }

    /// The file that an interpreter runs.
    fn script(
        &self,
        handle: &procfs::process::Process,
        image: &ImageFile,
        words: &[Vec<u8>],
        container: bool,
    ) -> Option<DevicePath> {
        let path = image.path.to_bytes();
        let mut arguments: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let mut name = path.as_slice();
        if tree::base(name).starts_with(b"busybox") {
            // Busybox is what it is called as, or what its first argument says.
            if arguments.first().is_some_and(|w| tree::base(w).starts_with(b"busybox")) {
                arguments.remove(0);
            }
            name = arguments.first()?;
        }
        let interpreter = interpreter(name)?;
        let rest = arguments.get(1..)?;
        let Runs::Script(at) = interpreter.runs(rest) else { return None };
        let word = rest[at];
        if word.is_empty() {
            return None;
        }
        // Asked in the process's own view of the tree: its working folder, and in a container its own root.
        let pid = handle.pid();
        let seen = if word.starts_with(b"/") {
            tree::join(format!("/proc/{pid}/root").as_bytes(), word)
        } else {
            tree::join(format!("/proc/{pid}/cwd").as_bytes(), word)
        };
        if !std::fs::metadata(at_bytes(&seen)).is_ok_and(|m| m.is_file()) {
            return None;
        }
        let named = if word.starts_with(b"/") {
            word.to_vec()
        } else {
            tree::join(handle.cwd().ok()?.as_os_str().as_bytes(), word)
        };
        let plain = plain(&named);
        if container {
            return Some(DevicePath::from_bytes(&plain));
        }
        let real = std::fs::canonicalize(at_bytes(&plain)).ok();
        Some(DevicePath::from_bytes(real.as_deref().map_or(&plain, |p| p.as_os_str().as_bytes())))
    }

    /// A real path below the root, as the device names it.
    fn inside(&self, real: &DevicePath) -> Option<DevicePath> {
        let bytes = real.to_bytes();
        let rest = Path::new(OsStr::from_bytes(&bytes)).strip_prefix(&self.folder).ok()?;
        let mut path = b"/".to_vec();
        path.extend_from_slice(rest.as_os_str().as_bytes());
        Some(DevicePath::from_bytes(&path))
    }

    /// Another mount namespace alone is daily life (a service with a private /tmp); a container has another root too.
    fn is_container(&self, handle: &procfs::process::Process) -> bool {
        let identity = |name| stat_relative(handle, name).map(|s| (s.st_dev, s.st_ino));
        match (identity("ns/mnt"), self.our_mounts, identity("root"), self.our_root) {
            (Some(mounts), Some(ours), Some(root), Some(our_root)) => mounts != ours && root != our_root,
            _ => false,
        }
    }
}

/// `PF_KTHREAD` of the kernel's process flags.
const KERNEL_THREAD: u32 = 0x0020_0000;

struct KernelStat {
    name: Vec<u8>,
    parent: Option<u32>,
    flags: u32,
    start_ticks: String,
}

/// `/proc/PID/stat`. The name stands in parentheses and may itself contain spaces and parentheses.
fn stat_of(handle: &procfs::process::Process) -> Option<KernelStat> {
    let bytes = contents(handle, "stat")?;
    let open = bytes.iter().position(|b| *b == b'(')?;
    let close = bytes.iter().rposition(|b| *b == b')')?;
    let fields: Vec<&str> = std::str::from_utf8(bytes.get(close + 1..)?).ok()?.split_ascii_whitespace().collect();
    Some(KernelStat {
        name: bytes.get(open + 1..close)?.to_vec(),
        parent: fields.get(1)?.parse().ok(),
        flags: fields.get(6)?.parse().ok()?,
        // Field 22 of the line; the state behind the name is field 3.
        start_ticks: (*fields.get(19)?).to_owned(),
    })
}

/// With whose rights it runs.
fn effective_uid(handle: &procfs::process::Process) -> Option<u32> {
    let bytes = contents(handle, "status")?;
    let line = bytes.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"Uid:"))?;
    std::str::from_utf8(line).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The words of its command line. For a moment while a program is being exchanged for another the kernel has none to
/// show; a process may also have wiped its own.
fn words_of(handle: &procfs::process::Process, has_image: bool) -> Vec<Vec<u8>> {
    for attempt in 0..3 {
        let bytes = contents(handle, "cmdline").unwrap_or_default();
        let text = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
        if !text.is_empty() {
            return text.split(|b| *b == 0).map(<[u8]>::to_vec).collect();
        }
        if !has_image {
            break;
        }
        if attempt < 2 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    Vec::new()
}

fn contents(handle: &procfs::process::Process, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    // A command line is as long as its process likes.
    handle.open_relative(name).ok()?.take(1 << 20).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn stat_relative(handle: &procfs::process::Process, name: &str) -> Option<Stat> {
    // Opened as a place, not for reading: following the kernel's own link needs no more.
    let place = handle.open_relative_flags(name, rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC).ok()?;
    rustix::fs::statat(place.as_fd(), "", AtFlags::EMPTY_PATH).ok()
}

fn is_same(path: &Path, held: &Stat) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|m| m.dev() == held.st_dev && m.ino() == held.st_ino)
}

fn at(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

fn at_bytes(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn text(bytes: &[u8]) -> String {
    DevicePath::from_bytes(bytes).as_str().to_owned()
}

fn into_io(error: procfs::ProcError) -> io::Error {
    match error {
        procfs::ProcError::PermissionDenied(_) => io::Error::from(io::ErrorKind::PermissionDenied),
        procfs::ProcError::NotFound(_) => io::Error::new(io::ErrorKind::NotFound, "the process has ended"),
        procfs::ProcError::Io(error, _) => error,
        error @ (procfs::ProcError::Incomplete(_)
        | procfs::ProcError::Other(_)
        | procfs::ProcError::InternalError(_)) => io::Error::other(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
