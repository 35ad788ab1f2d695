//! Which places a scope walks, and which files in system folders the system makes itself.
use crate::{
    look::{
        command::plain,
        packages::PackageDatabase,
        people::{Home, People},
        tree,
    },
    root::Root,
};
use std::os::unix::ffi::OsStringExt;

/// One folder to walk.
pub(super) struct Place {
    pub(super) path: Vec<u8>,
    pub(super) take: Take,
    /// How many folders deep.
    pub(super) depth: u32,
    /// How many names are read before the place is left.
    pub(super) entries: u32,
    /// How many bytes of files are handed on; after that only small files are, which is what scripts are.
    pub(super) bytes: u64,
    /// Folders below that are not entered, as the device names them.
    except: Vec<Vec<u8>>,
    /// Names of folders that are not entered.
    except_names: &'static [&'static [u8]],
}

/// Which regular files of a place count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    All,
    /// Programs and shared libraries.
    Executables,
    HiddenExecutables,
    /// Files that no package owns and that the system does not make itself.
    Unowned,
    UnownedExecutables,
}

impl Place {
    pub(super) fn new(path: impl Into<Vec<u8>>, take: Take) -> Self {
        let path = path.into();
        Self { path, take, depth: u32::MAX, entries: u32::MAX, bytes: u64::MAX, except: Vec::new(), except_names: &[] }
    }

    /// A folder that anybody may fill with gigabytes.
    fn open_to_all(path: impl Into<Vec<u8>>) -> Self {
        Self { entries: FULL_FOLDER, bytes: MUCH, ..Self::new(path, Take::All) }
    }

    pub(super) fn leaves_out(&self, folder: &[u8]) -> bool {
        self.except.iter().any(|e| e == folder) || self.except_names.contains(&tree::base(folder))
    }
}

/// Everybody may write here, and what is here is meant to go.
const TEMP: [&[u8]; 3] = [b"/tmp", b"/var/tmp", b"/dev/shm"];

/// What a web server hands out, and too often runs.
const WEB: [&[u8]; 5] =
    [b"/var/www", b"/srv/www", b"/srv/http", b"/usr/share/nginx/html", b"/usr/local/apache2/htdocs"];

/// The system's own folders. `/usr/local` is the administrator's.
const CORE: [&[u8]; 8] = [b"/bin", b"/sbin", b"/lib", b"/lib32", b"/lib64", b"/libx32", b"/usr", b"/boot"];

const LOCAL: [&[u8]; 3] = [b"/usr/local/bin", b"/usr/local/sbin", b"/usr/local/lib"];

/// Hidden folders in a home are looked through so far and no further: the quick look has to stay quick.
const HIDDEN_DEPTH: u32 = 5;
const HIDDEN_ENTRIES: u32 = 20_000;

/// Folders of tools in hidden folders: tens of thousands of files that come and go with every build.
const TOOL_FOLDERS: [&[u8]; 9] = [
    b"registry",
    b"toolchains",
    b"node_modules",
    b".git",
    b"_cacache",
    b"site-packages",
    b"__pycache__",
    b"versions",
    b"extensions",
];

/// `/etc` or `/opt` can hold millions of files; the quick look goes this far.
const MANY: u32 = 200_000;

/// A temporary folder can hold whole disks; the quick look reads this much of each, nearest to the top first.
const MUCH: u64 = 1 << 30;
/// And so many names.
const FULL_FOLDER: u32 = 50_000;

/// Without a package database every file in a system folder is a stranger; the quick look takes this many.
const STRANGERS: u32 = 20_000;

pub(super) fn quick(root: &Root, packages: &PackageDatabase) -> Vec<Place> {
    let people = People::read(root);
    let mut places: Vec<Place> = TEMP.iter().map(|p| Place::open_to_all(*p)).collect();
    places.extend(children(root, b"/run/user").into_iter().map(Place::open_to_all));
    for home in people.homes() {
        places.extend(downloads(root, home).into_iter().map(Place::open_to_all));
    }
    let mut web: Vec<Vec<u8>> = WEB.iter().map(|p| p.to_vec()).collect();
    web.extend(children(root, b"/opt").into_iter().map(|p| tree::join(&p, b"htdocs")));
    let servers = children(root, b"/var/lib").into_iter().filter(|p| tree::base(p).starts_with(b"tomcat"));
    web.extend(servers.map(|p| tree::join(&p, b"webapps")));
    places.extend(web.into_iter().map(Place::open_to_all));
    for home in people.homes() {
        places.extend(hidden(root, home));
    }
    places.extend(LOCAL.iter().map(|p| Place { entries: MANY, ..Place::new(*p, Take::Executables) }));
    let entries = if packages.knows_anything() { u32::MAX } else { STRANGERS };
    places.extend(CORE.iter().map(|p| Place {
        entries,
        except: vec![b"/usr/local".to_vec()],
        ..Place::new(*p, Take::Unowned)
    }));
    for folder in [b"/etc".as_slice(), b"/opt"] {
        places.push(Place { entries: MANY, ..Place::new(folder, Take::UnownedExecutables) });
    }
    places
}

pub(super) fn full() -> Vec<Place> {
    let except = [b"/proc".as_slice(), b"/sys", b"/dev"].map(<[u8]>::to_vec).to_vec();
    vec![Place { except, ..Place::new(b"/", Take::All) }, Place::new(b"/dev/shm", Take::All)]
}

/// The folder for downloads, also under the name that the desktop gave it in the user's language.
fn downloads(root: &Root, home: &Home) -> Vec<Vec<u8>> {
    let mut found = vec![tree::join(&home.path, b"Downloads")];
    let text = tree::read(root, &tree::join(&home.path, b".config/user-dirs.dirs")).unwrap_or_default();
    for line in text.split(|b| *b == b'\n') {
        let Some(value) = line.trim_ascii().strip_prefix(b"XDG_DOWNLOAD_DIR=") else { continue };
        let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
        let path = match value.strip_prefix(b"$HOME") {
            Some(rest) => plain(&[home.path.as_slice(), b"/", rest].concat()),
            None if value.starts_with(b"/") => plain(value),
            None => continue,
        };
        // Switched off, it says the home itself: that is not a folder for downloads.
        let is_below = path.strip_prefix(home.path.as_slice()).is_some_and(|rest| rest.len() > 1);
        if is_below && !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// Programs hidden in a home: in its hidden folders, or hidden themselves.
fn hidden(root: &Root, home: &Home) -> Vec<Place> {
    let mut places = Vec::new();
    for path in children(root, &home.path) {
        if tree::base(&path).starts_with(b".") {
            places.push(Place {
                depth: HIDDEN_DEPTH,
                entries: HIDDEN_ENTRIES,
                except_names: &TOOL_FOLDERS,
                ..Place::new(path, Take::Executables)
            });
        }
    }
    places.push(Place { depth: 0, ..Place::new(home.path.clone(), Take::HiddenExecutables) });
    places
}

/// Folders directly in a folder.
fn children(root: &Root, folder: &[u8]) -> Vec<Vec<u8>> {
    tree::names(root, folder)
        .unwrap_or_default()
        .into_iter()
        .map(|name| tree::join(folder, &name.into_vec()))
        .filter(|path| tree::follow_folders(root, path).is_ok_and(|p| p.metadata.is_dir()))
        .collect()
}

/// Files that no package lists because the system makes them, in masses or very large. An executable file is never one.
struct MachineMade {
    /// Folder it must lie below.
    below: &'static str,
    name: Name,
    #[expect(dead_code, reason = "why the quick look may pass it over, for the reader of this table")]
    reason: &'static str,
}

enum Name {
    Is(&'static str),
    Starts(&'static str),
    Ends(&'static str),
}

const MACHINE_MADE: [MachineMade; 24] = [
    MachineMade {
        below: "/usr/share/mime/",
        name: Name::Ends(".xml"),
        reason: "update-mime-database splits its packages",
    },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("mime.cache"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("magic"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("globs"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("globs2"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("icons"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("generic-icons"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("aliases"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/mime/", name: Name::Is("subclasses"), reason: "update-mime-database" },
    MachineMade { below: "/usr/share/icons/", name: Name::Is("icon-theme.cache"), reason: "gtk-update-icon-cache" },
    MachineMade {
        below: "/usr/share/applications/",
        name: Name::Is("mimeinfo.cache"),
        reason: "update-desktop-database",
    },
    MachineMade {
        below: "/usr/share/glib-2.0/schemas/",
        name: Name::Is("gschemas.compiled"),
        reason: "glib-compile-schemas",
    },
    MachineMade { below: "/usr/lib/", name: Name::Is("giomodule.cache"), reason: "gio-querymodules" },
    MachineMade { below: "/usr/lib/", name: Name::Is("immodules.cache"), reason: "gtk-query-immodules" },
    MachineMade { below: "/usr/lib/", name: Name::Is("loaders.cache"), reason: "gdk-pixbuf-query-loaders" },
    MachineMade {
        below: "/usr/lib/locale/",
        name: Name::Is("locale-archive"),
        reason: "localedef; hundreds of megabytes",
    },
    MachineMade { below: "/usr/lib/udev/", name: Name::Is("hwdb.bin"), reason: "systemd-hwdb" },
    MachineMade { below: "/usr/lib/modules/", name: Name::Starts("modules."), reason: "depmod" },
    MachineMade { below: "/lib/modules/", name: Name::Starts("modules."), reason: "depmod" },
    MachineMade { below: "/usr/share/fonts/", name: Name::Is(".uuid"), reason: "fc-cache" },
    MachineMade { below: "/usr/lib/jvm/", name: Name::Ends(".jsa"), reason: "the archive of classes that java dumps" },
    MachineMade {
        below: "/boot/",
        name: Name::Starts("initrd.img-"),
        reason: "update-initramfs; large and compressed",
    },
    MachineMade { below: "/boot/", name: Name::Starts("initramfs-"), reason: "dracut; large and compressed" },
    MachineMade { below: "/boot/grub/", name: Name::Ends(".mod"), reason: "grub-install copies them from its package" },
];

pub(super) fn is_machine_made(path: &[u8], packages: &PackageDatabase) -> bool {
    let name = tree::base(path);
    let listed = MACHINE_MADE.iter().any(|made| {
        path.starts_with(made.below.as_bytes())
            && match made.name {
                Name::Is(whole) => name == whole.as_bytes(),
                Name::Starts(start) => name.starts_with(start.as_bytes()),
                Name::Ends(end) => name.ends_with(end.as_bytes()),
            }
    });
    listed || is_compiled_python(path, packages)
}

/// `a/__pycache__/b.cpython-311.pyc` is made from `a/b.py`, which a package owns.
fn is_compiled_python(path: &[u8], packages: &PackageDatabase) -> bool {
    let name = tree::base(path);
    let folder = tree::folder(path);
    if !name.ends_with(b".pyc") || tree::base(folder) != b"__pycache__" {
        return false;
    }
    let stem = name.split(|b| *b == b'.').next().unwrap_or_default();
    let source = [tree::folder(folder), b"/", stem, b".py"].concat();
    packages.owns(&source)
}
