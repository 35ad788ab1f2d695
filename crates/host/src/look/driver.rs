//! Kernel modules: what is loaded, what is built in, and which file a module's name means.
use super::tree;
use crate::root::Root;
use assize_domain::text::DevicePath;
use std::{collections::HashMap, os::unix::ffi::OsStringExt};

/// A module that the running kernel has loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// With `_`, as the kernel writes it.
    pub name: String,
    /// How many others use it.
    pub users: u32,
}

/// What is loaded on this computer; a staged device has no kernel.
pub fn loaded(root: &Root) -> Vec<Loaded> {
    if !root.is_live() {
        return Vec::new();
    }
    parse(&std::fs::read_to_string("/proc/modules").unwrap_or_default())
}

fn parse(text: &str) -> Vec<Loaded> {
    let line = |line: &str| {
        let mut fields = line.split(' ');
        let name = fields.next()?.to_owned();
        // `-` stands for a kernel that cannot unload anything.
        let users = fields.nth(1)?.parse().unwrap_or(u32::MAX);
        Some(Loaded { name, users })
    };
    text.lines().filter_map(line).collect()
}

/// One spelling: in names of modules `-` and `_` are the same.
pub fn plain_name(name: &str) -> String {
    name.replace('-', "_")
}

/// A part of the kernel itself, by the list that every kernel comes with.
pub fn is_built_in(root: &Root, name: &str) -> bool {
    let wanted = plain_name(name);
    tree::names(root, b"/lib/modules").unwrap_or_default().into_iter().any(|kernel| {
        let list = tree::join(&tree::join(b"/lib/modules", &kernel.into_vec()), b"modules.builtin");
        let text = tree::read(root, &list).unwrap_or_default();
        text.split(|b| *b == b'\n').any(|line| stem(tree::base(line)).is_some_and(|stem| stem == wanted))
    })
}

/// The files of all modules below `/lib/modules`, read once.
#[derive(Debug, Default)]
pub struct ModuleFiles(HashMap<String, Vec<Vec<u8>>>);

impl ModuleFiles {
    pub fn read(root: &Root) -> Self {
        let mut found: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
        for kernel in tree::names(root, b"/lib/modules").unwrap_or_default() {
            let mut folders = vec![(tree::join(b"/lib/modules", &kernel.into_vec()), 0)];
            while let Some((folder, depth)) = folders.pop() {
                let Ok(place) = tree::follow(root, &folder) else { continue };
                let Ok(entries) = std::fs::read_dir(tree::real(root, &place.path)) else { continue };
                for entry in entries.flatten() {
                    let Ok(kind) = entry.file_type() else { continue };
                    let file = entry.file_name().into_vec();
                    if kind.is_dir() && depth < 10 {
                        folders.push((tree::join(&place.path, &file), depth + 1));
                    } else if kind.is_file()
                        && let Some(stem) = stem(&file)
                    {
                        found.entry(stem).or_default().push(tree::join(&place.path, &file));
                    }
                }
            }
        }
        found.values_mut().for_each(|files| files.sort());
        Self(found)
    }

    /// The files of a module, for whichever kernel has one, by path.
    pub fn of(&self, name: &str) -> &[Vec<u8>] {
        self.0.get(&plain_name(name)).map_or(&[], Vec::as_slice)
    }

    /// The same for the running kernel first: of several kernels' files it is the one that is loaded.
    pub fn in_use(&self, name: &str) -> Option<DevicePath> {
        let running = rustix::system::uname().release().to_bytes().to_vec();
        let files = self.of(name);
        let of_running = |path: &&Vec<u8>| tree::components(path).any(|part| part == running);
        files.iter().find(of_running).or(files.first()).map(|path| DevicePath::from_bytes(path))
    }
}

/// `usb-storage.ko.xz` → `usb_storage`; none for what is no module.
fn stem(file: &[u8]) -> Option<String> {
    let at = file.windows(3).position(|w| w == b".ko")?;
    let (stem, end) = file.split_at(at);
    let is_module = matches!(end, b".ko" | b".ko.gz" | b".ko.xz" | b".ko.zst");
    (is_module && !stem.is_empty()).then(|| plain_name(&String::from_utf8_lossy(stem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_own_list_is_read_with_how_many_use_a_module() {
        let text = "loop 40960 0 - Live 0x0000000000000000\nsnd 126976 3 a,b,c, Live 0x0\nstuck 1 - - Live 0x0\nodd\n";
        let told: Vec<(String, u32)> = parse(text).into_iter().map(|m| (m.name, m.users)).collect();
        assert_eq!(told, [("loop".into(), 0), ("snd".into(), 3), ("stuck".into(), u32::MAX)]);
    }

    #[test]
    fn the_file_of_a_module_is_found_however_it_is_spelled_and_packed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("lib/modules/6.1.0/kernel/x");
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["usb-storage.ko.xz", "a.ko", "b.ko.zst", "not-a-module.ko.sig", "modules.dep", ".ko"] {
            std::fs::write(folder.join(name), "x").unwrap();
        }
        std::fs::write(dir.path().join("lib/modules/6.1.0/modules.builtin"), "kernel/fs/ext4/ext4.ko\n").unwrap();
        let root = Root::staged(dir.path());
        let files = ModuleFiles::read(&root);
        for name in ["usb_storage", "usb-storage"] {
            assert_eq!(files.in_use(name), Some("/lib/modules/6.1.0/kernel/x/usb-storage.ko.xz".into()));
        }
        assert_eq!((files.of("a").len(), files.of("b").len(), files.of("not_a_module").len()), (1, 1, 0));
        assert!(is_built_in(&root, "ext4") && !is_built_in(&root, "a"));
        assert_eq!(loaded(&root), [], "a staged device has no kernel");
    }
}
