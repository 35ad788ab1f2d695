//! The product itself is never a finding: its program, its folders, and whoever started it.
use assize_domain::{entity::FileIdentity, text::DevicePath};
use assize_host::{look::process::SeenProcess, root::Root};
use std::{
    collections::{HashMap, HashSet},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What belongs to the product on the machine this runs on.
pub(crate) struct Ourselves {
    program: Option<FileIdentity>,
    /// Our program and the folders of our data, as real paths.
    skip: Vec<PathBuf>,
}

impl Ourselves {
    /// `skip` are the product's data folders. One that holds the device itself (a practice range lies below them) is no
    /// reason to see nothing of the device.
    pub(crate) fn new(root: &Root, skip: &[PathBuf]) -> Self {
        // Through the kernel: the path may belong to another file since we were started.
        let program = std::fs::metadata("/proc/self/exe").ok();
        let program = program.map(|m| FileIdentity { device: m.dev(), inode: m.ino() });
        let device = std::fs::canonicalize(root.path()).unwrap_or_else(|_| root.path().to_owned());
        let mut all: Vec<PathBuf> =
            skip.iter().map(|p| std::fs::canonicalize(p).unwrap_or_else(|_| p.clone())).collect();
        all.extend(std::env::current_exe());
        all.retain(|p| root.is_live() || !device.starts_with(p));
        Self { program, skip: all }
    }

    pub(crate) fn skip(&self) -> &[PathBuf] {
        &self.skip
    }

    pub(crate) fn is_program(&self, identity: &FileIdentity) -> bool {
        self.program.as_ref() == Some(identity)
    }

    /// Lies in one of our folders, or is our program.
    pub(crate) fn owns(&self, root: &Root, path: &DevicePath) -> bool {
        let real = root.real(path);
        self.skip.iter().any(|s| real.starts_with(s))
    }

    /// Our own processes: this one, whoever started it up to the first process, everything that runs our program, and
    /// everything that runs out of our folders (the practice range's stand-ins).
    pub(crate) fn processes(&self, root: &Root, all: &[SeenProcess]) -> HashSet<u32> {
        let parents: HashMap<u32, u32> =
            all.iter().filter_map(|p| Some((p.process.pid, p.process.parent_pid?))).collect();
        let mut ours: HashSet<u32> = all
            .iter()
            .filter(|p| {
                let image = p.image.as_ref();
                image
                    .is_some_and(|i| self.is_program(&i.identity) || (!p.process.container && self.owns(root, &i.path)))
                    || p.process.script.as_ref().is_some_and(|s| !p.process.container && self.owns(root, s))
            })
            .map(|p| p.process.pid)
            .collect();
        // Whoever started us, up to the first process. What ended in between may leave a circle: each is taken once.
        let mut line = HashSet::new();
        let mut next = Some(std::process::id());
        while let Some(pid) = next.filter(|pid| *pid > 1 && line.insert(*pid)) {
            next = parents.get(&pid).copied();
        }
        ours.extend(line);
        ours
    }
}

/// Whether a path of the machine this runs on lies in a folder, links followed as far as they lead.
pub(crate) fn lies_in(path: &Path, folder: &Path) -> bool {
    std::fs::canonicalize(path).is_ok_and(|p| p.starts_with(folder))
}
