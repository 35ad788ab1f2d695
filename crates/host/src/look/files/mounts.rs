//! File systems that a walk leaves alone: the kernel's own, and those of other computers.
use crate::root::Root;
use std::{
    collections::HashMap,
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

/// What is mounted where.
pub(super) struct Mounts {
    /// Type by mount point; the root as this machine writes it and with every link followed can differ.
    types: HashMap<PathBuf, String>,
    root: PathBuf,
    real_root: PathBuf,
}

/// Windows into the kernel: nothing there is a file on a disk.
const KERNEL: [&str; 20] = [
    "proc",
    "sysfs",
    "cgroup",
    "cgroup2",
    "debugfs",
    "tracefs",
    "securityfs",
    "pstore",
    "bpf",
    "configfs",
    "devpts",
    "mqueue",
    "hugetlbfs",
    "fusectl",
    "binfmt_misc",
    "efivarfs",
    "selinuxfs",
    "nsfs",
    "rpc_pipefs",
    "fuse.lxcfs",
];

/// File systems of other computers, and those that are mounted by being looked at.
const REMOTE: [&str; 16] = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "ncpfs", "lustre", "beegfs", "gpfs", "ocfs2", "gfs2",
    "autofs", "coda",
];

/// FUSE file systems whose data lies on this machine. Any other may reach anywhere, and may not answer.
const LOCAL_FUSE: [&str; 6] =
    ["fuseblk", "fuse.exfat", "fuse.ntfs-3g", "fuse.ext2", "fuse.fuse-overlayfs", "fuse.mergerfs"];

/// Where container engines show the merged layers that they keep elsewhere below the same folder.
const ENGINES: [&str; 3] = ["/var/lib/docker", "/var/lib/containers", "/var/lib/containerd"];

impl Mounts {
    pub(super) fn read(root: &Root) -> Self {
        let text = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
        let types = text.split(|b| *b == b'\n').filter_map(mount).collect();
        let real_root = std::fs::canonicalize(root.path()).unwrap_or_else(|_| root.path().to_path_buf());
        Self { types, root: root.path().to_path_buf(), real_root }
    }

    /// For a folder that is itself a mount point.
    pub(super) fn why_skipped_at(&self, real: &Path, whole_tree: bool) -> Option<String> {
        let real = self.as_mounted(real);
        why(&real, self.types.get(&real)?, whole_tree)
    }

    /// For a folder somewhere inside a mount.
    pub(super) fn why_skipped_within(&self, real: &Path, whole_tree: bool) -> Option<String> {
        let real = self.as_mounted(real);
        let (point, kind) = real.ancestors().find_map(|a| self.types.get_key_value(a))?;
        why(point, kind, whole_tree)
    }

    fn as_mounted(&self, real: &Path) -> PathBuf {
        match real.strip_prefix(&self.root) {
            // Joining nothing would add a slash at the end.
            Ok(rest) if rest.as_os_str().is_empty() => self.real_root.clone(),
            Ok(rest) => self.real_root.join(rest),
            Err(_) => real.to_path_buf(),
        }
    }
}

fn why(point: &Path, kind: &str, whole_tree: bool) -> Option<String> {
    if KERNEL.contains(&kind) {
        return Some(format!("It is a window into the kernel ({kind}), not files."));
    }
    if !whole_tree {
        return None;
    }
    let other_fuse = kind.starts_with("fuse") && !LOCAL_FUSE.contains(&kind);
    if REMOTE.contains(&kind) || other_fuse {
        return Some(format!("It is a file system that may lie elsewhere ({kind}); name its path to look into it."));
    }
    let merged = kind == "overlay" && ENGINES.iter().any(|engine| point.starts_with(engine));
    merged.then(|| "A container engine shows its layers here; they are looked at where they are kept.".to_owned())
}

/// One line: the mount point is field 5, the type follows the lone dash.
fn mount(line: &[u8]) -> Option<(PathBuf, String)> {
    let mut fields = line.split(|b| *b == b' ');
    let point = unescaped(fields.nth(4)?);
    let kind = fields.skip_while(|f| *f != b"-").nth(1)?;
    Some((PathBuf::from(OsString::from_vec(point)), String::from_utf8_lossy(kind).into_owned()))
}

/// White space and backslashes are written as `\040`.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(b) = text.get(at) {
        let octal = text.get(at + 1..at + 4).and_then(|d| std::str::from_utf8(d).ok());
        match octal.filter(|_| *b == b'\\').and_then(|d| u8::from_str_radix(d, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None => {
                out.push(*b);
                at += 1;
            }
        }
    }
    out
}
