//! The administrator's lists of kernel modules to load, and taking a module out of them.
use super::{
    driver::FOLDER,
    line::{self, Edit, Form},
    moves,
    quarantine::{facts_of, folder_open},
    work::{Copy, Early, Tools, Work, can_bring_back, device_name, not_opened, private_name},
};
use crate::{
    handle::{OpenError, Place},
    journal::Op,
    look::{driver::plain_name, tree},
    vault::Kept,
};
use assize_domain::text::{DevicePath, visible};
use std::{ffi::OsString, os::unix::ffi::OsStringExt};

/// Lists of modules to load that are the administrator's; those of packages stay, the file in `/etc/modprobe.d` is for
/// them too.
pub const LISTS: [&str; 2] = ["/etc/modules", "/etc/initramfs-tools/modules"];
const LIST_FOLDERS: [&str; 3] = ["/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d"];

/// Every file that has the module loaded, with its lines that do so taken out.
pub fn edits(tools: &Tools<'_>, name: &str) -> Early<Vec<(DevicePath, Edit, u32)>> {
    let mut files: Vec<(DevicePath, bool)> = LISTS.iter().map(|path| (DevicePath::from(*path), false)).collect();
    let folders = LIST_FOLDERS.iter().map(|folder| (*folder, false)).chain([(FOLDER, true)]);
    for (folder, rules) in folders {
        for file in tree::names(tools.root, folder.as_bytes()).unwrap_or_default() {
            let path = tree::join(folder.as_bytes(), &file.into_vec());
            if path.ends_with(b".conf") {
                files.push((DevicePath::from_bytes(&path), rules));
            }
        }
    }
    let mut edits = Vec::new();
    for (path, rules) in files {
        let place = match Place::open(tools.root, &path) {
            Ok(place) => place,
            Err(OpenError::Missing { .. }) => continue,
            Err(error) => return Err(not_opened(error, "a list of modules")),
        };
        // A link leads to a file that is looked at by its own name, or to nothing of ours.
        let seen = place.folder.look(&place.name).map_err(|e| not_opened(e, "a list of modules"))?;
        if !seen.is_some_and(|s| rustix::fs::FileType::from_raw_mode(s.st_mode).is_file()) {
            continue;
        }
        let read = line::read(tools, &path, "a list of modules")?;
        let names_it = |line: &[u8]| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
            let word = |w: Option<&[u8]>| plain_name(&String::from_utf8_lossy(w.unwrap_or_default()));
            if rules {
                words.next() == Some(b"install") && word(words.next()) == name
            } else {
                word(words.next()) == name
            }
        };
        let (gone, rest): (Vec<&[u8]>, Vec<&[u8]>) =
            line::lines(&read.bytes).map(|range| &read.bytes[range]).partition(|line| names_it(line));
        let forbids = |line: &&[u8]| String::from_utf8_lossy(line).trim_end().ends_with("/bin/false");
        if gone.is_empty() || (rules && gone.iter().all(forbids)) {
            continue;
        }
        let after = rest.concat();
        let lines = u32::try_from(gone.len()).unwrap_or(u32::MAX);
        let whole = line::is_empty(&after, Form::Modules) && !tools.guard.keeps_whole(tools.root, &read.place);
        edits.push((path, read.into_edit(after, whole), lines));
    }
    Ok(edits)
}

/// One list, ready to be changed.
pub enum Prepared {
    Lines(line::Prepared),
    Whole { op: Op, private: OsString },
}

impl Prepared {
    pub fn op(&self) -> &Op {
        match self {
            Self::Lines(prepared) => &prepared.op,
            Self::Whole { op, .. } => op,
        }
    }
}

pub fn prepare(work: &mut Work<'_>, path: &DevicePath, edit: &Edit) -> Early<Prepared> {
    if !edit.whole {
        return line::prepare(work, path, edit).map(Prepared::Lines);
    }
    let facts = facts_of(&edit.held, path)?;
    can_bring_back(&facts, path)?;
    folder_open(&edit.place)?;
    let flags = facts.flags;
    let copy = work.copy(&Copy {
        path,
        folder: &edit.place.folder,
        file: Some(&edit.held.file),
        facts,
        sha256: edit.exact.sha256.clone(),
        kept: Kept::File,
        unit: None,
        driver: None,
    })?;
    let private = private_name()?;
    let op = Op::Take {
        folder: edit.place.folder.path().clone(),
        name: device_name(&edit.place.name),
        private: device_name(&private),
        taken: edit.exact.clone(),
        flags,
        copy,
    };
    Ok(Prepared::Whole { op, private })
}

pub fn change(work: &mut Work<'_>, path: &DevicePath, edit: &Edit, lines: u32, prepared: &Prepared) -> Early<()> {
    let shown = visible(path.as_str());
    match prepared {
        Prepared::Lines(prepared) => {
            let said = format!("{lines} lines that load the module were removed from {shown}.");
            line::put(work, edit, prepared, said)
        }
        Prepared::Whole { op, private } => {
            let Op::Take { flags, .. } = op else { return Ok(()) };
            let (folder, name) = (&edit.place.folder, &edit.place.name);
            moves::take(work, folder, name, private, &edit.exact, &edit.held.file, *flags)?;
            work.step(format!("Nothing else was in {shown}, so the whole file is in the vault."));
            Ok(())
        }
    }
}
