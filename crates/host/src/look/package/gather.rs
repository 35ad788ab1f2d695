//! Taking things into the package: texts that were made, and files of the device, each within its limit.
use super::{Found, Member, Work, name};
use crate::{
    handle::{Folder, OpenError, Place},
    look::tree,
};
use assize_domain::text::{DevicePath, visible};
use std::{
    ffi::OsStr,
    io::{self, Read, Seek, SeekFrom},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::Path,
    time::Instant,
};

/// Which part of a file that is too large says most.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Beginning,
    End,
}

impl Work<'_> {
    pub(super) fn late(&self) -> bool {
        Instant::now() >= self.end
    }

    /// True when nothing more is to be read.
    pub(super) fn over(&self) -> bool {
        self.late() || (self.stopped)()
    }

    pub(super) fn skip(&mut self, what: &str, why: &str) {
        (self.each)(Found::Skipped { what: what.to_owned(), why: why.to_owned() });
    }

    /// What only a running system knows.
    pub(super) fn not_running(&mut self, what: &str) {
        self.skip(what, "This device is a file tree, not a running system: there is nothing to ask.");
    }

    pub(super) fn text(&mut self, name: &str, source: &str, body: impl Into<Vec<u8>>) {
        self.text_noted(name, source, body, None);
    }

    /// A text that was put together, cut where it would be too large.
    pub(super) fn text_noted(&mut self, name: &str, source: &str, body: impl Into<Vec<u8>>, note: Option<String>) {
        let mut body = body.into();
        let mut note = note;
        let whole = body.len() as u64;
        if whole > self.left {
            if self.left == 0 {
                return self.skip(name, "The package is full.");
            }
            body.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            note = Some(cut(&note, format!("Cut at {} of {whole} bytes: the package is full.", body.len())));
        }
        self.left -= body.len() as u64;
        let member = Member { name: name.to_owned(), source: source.to_owned(), body, note };
        (self.each)(Found::Member(member));
    }

    /// A file of the kernel's: its length is known only when it was read.
    pub(super) fn kernel_text(&mut self, name: &str, path: &str) {
        match read_bounded(Path::new(path), self.limits.file) {
            Ok((body, whole)) => {
                let note = (!whole).then(|| format!("Cut at {} bytes.", self.limits.file));
                self.text_noted(name, path, body, note);
            }
            Err(e) if tree::is_absent(&e) => {}
            Err(e) => self.skip(path, &why(&e)),
        }
    }

    /// A file of the device that belongs to the system: links of the system itself are followed, inside its root.
    pub(super) fn system_file(&mut self, section: &str, path: &[u8], part: Part) {
        let real = match tree::follow(self.root, path) {
            Ok(place) => place.path,
            Err(e) if tree::is_absent(&e) => return,
            Err(e) => return self.skip(&shown(path), &why(&e)),
        };
        self.device_file(section, path, &real, part, self.limits.file);
    }

    /// A log: its end, and more of it than of other files.
    pub(super) fn log_file(&mut self, path: &[u8]) {
        self.device_file("logs", path, path, Part::End, self.limits.log);
    }

    /// A file in somebody's own folder: a link there is named and not followed.
    pub(super) fn own_file(&mut self, section: &str, path: &[u8], part: Part) {
        self.device_file(section, path, path, part, self.limits.file);
    }

    fn device_file(&mut self, section: &str, named: &[u8], path: &[u8], part: Part, most: u64) {
        if self.is_ours(path) {
            return;
        }
        let opened = Place::open(self.root, &DevicePath::from_bytes(path)).and_then(|place| place.open_file());
        let held = match opened {
            Ok(Some(held)) => held,
            Ok(None) | Err(OpenError::Missing { .. } | OpenError::NotAFolder { .. }) => return,
            Err(OpenError::NotAFile { kind: "a folder", .. }) => return,
            Err(OpenError::NotAFile { kind, .. }) => {
                return self.skip(&shown(named), &format!("It is {kind}, not an ordinary file."));
            }
            Err(e @ (OpenError::UnsafeLink { .. } | OpenError::BadPath { .. })) => {
                return self.skip(&shown(named), &format!("{e}."));
            }
            Err(OpenError::System { error, .. }) => return self.skip(&shown(named), &why(&error.into())),
        };
        let size = held.size();
        let most = most.min(self.left);
        if most == 0 {
            return self.skip(&shown(named), "The package is full.");
        }
        let from = if part == Part::End && size > most { size - most } else { 0 };
        let mut file = held.file;
        let mut body = Vec::new();
        let read = file.seek(SeekFrom::Start(from)).and_then(|_| file.take(most).read_to_end(&mut body));
        if let Err(e) = read {
            return self.skip(&shown(named), &why(&e));
        }
        let note = (size > most).then(|| match part {
            Part::Beginning => format!("Cut at {} of {size} bytes.", body.len()),
            Part::End => format!("Cut: the last {} of {size} bytes.", body.len()),
        });
        self.text_noted(&name::member(section, named), &shown(named), body, note);
    }

    /// Every file directly in a folder of the system.
    pub(super) fn system_folder(&mut self, section: &str, folder: &[u8]) {
        for path in self.entries(folder) {
            if self.over() {
                return;
            }
            self.system_file(section, &path, Part::Beginning);
        }
    }

    /// The full paths in a folder, sorted. What cannot be listed is told.
    pub(super) fn entries(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        match Folder::open(self.root, &DevicePath::from_bytes(folder)) {
            Ok(held) => match held.names() {
                Ok(mut names) => {
                    names.sort();
                    names.into_iter().map(|n| tree::join(folder, &n.into_vec())).collect()
                }
                Err(e) => {
                    self.skip(&shown(folder), &why(&e.into()));
                    Vec::new()
                }
            },
            Err(OpenError::Missing { .. } | OpenError::NotAFolder { .. }) => Vec::new(),
            Err(OpenError::System { error, .. }) => {
                self.skip(&shown(folder), &why(&error.into()));
                Vec::new()
            }
            Err(e @ (OpenError::UnsafeLink { .. } | OpenError::NotAFile { .. } | OpenError::BadPath { .. })) => {
                self.skip(&shown(folder), &format!("{e}."));
                Vec::new()
            }
        }
    }

    /// One of the product's own folders, or in one.
    pub(super) fn is_ours(&self, path: &[u8]) -> bool {
        let real = tree::real(self.root, path);
        self.skip.iter().any(|own| real.starts_with(own))
    }
}

/// Text of a device in a line of a table: no tabs, no line ends, nothing that moves a cursor.
pub(super) fn field(bytes: &[u8]) -> String {
    shown(bytes)
}

pub(super) fn shown(path: &[u8]) -> String {
    visible(DevicePath::from_bytes(path).as_str())
}

/// In words.
pub(super) fn why(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::PermissionDenied {
        "This account may not read it.".to_owned()
    } else {
        format!("It could not be read: {error}.")
    }
}

fn cut(before: &Option<String>, now: String) -> String {
    before.as_ref().map_or_else(|| now.clone(), |b| format!("{b} {now}"))
}

/// The beginning of a file, and whether that is all of it.
pub(super) fn read_bounded(path: &Path, most: u64) -> io::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut body)?;
    let whole = body.len() as u64 <= most;
    body.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok((body, whole))
}

/// A small text of the kernel's without its line end; nothing where there is none.
pub(super) fn fact(path: impl AsRef<Path>) -> Option<String> {
    let (body, _) = read_bounded(path.as_ref(), 64 << 10).ok()?;
    Some(field(body.trim_ascii()))
}

/// The names in a folder of the kernel's, sorted.
pub(super) fn kernel_names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| field(OsStr::as_bytes(&e.file_name())))
        .collect();
    names.sort();
    names
}
