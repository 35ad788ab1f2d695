//! What must not go before something else is changed (spec 2.7): a library that every program is told to load, a module
//! that logging in asks for, a kernel module that is loaded. Taken away first, it would break the device.
use super::work::Early;
use crate::{
    handle::Place,
    look::{file::real_path, tree},
    root::Root,
};
use assize_domain::{
    order::{Fault, ReceiptOutcome},
    text::{DevicePath, visible},
};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Refuses what something still needs to find at its place.
pub fn not_needed(root: &Root, place: &Place) -> Early<()> {
    let path = place.path();
    let name = place.name.as_bytes().to_vec();
    let has = |part: &[u8]| name.windows(part.len()).any(|w| w == part);
    let by = if has(b".ko") {
        loaded_module(root, &name)
    } else if has(b".so") {
        preloaded(root, &path).or_else(|| asked_for_at_login(root, &path, &name))
    } else {
        // A library may have any name.
        preloaded(root, &path)
    };
    match by {
        None => Ok(()),
        Some((why, hint)) => Err(ReceiptOutcome::Failed {
            fault: Fault::new(
                "still_loaded",
                format!("{} stays for now: {why}.", visible(path.as_str())),
                format!("Nothing was touched. {hint}"),
            ),
        }),
    }
}

type Needed = (String, String);

/// Every program would complain at its start about a library that is named here and not there.
fn preloaded(root: &Root, path: &DevicePath) -> Option<Needed> {
    const LIST: &str = "/etc/ld.so.preload";
    let text = tree::read(root, LIST.as_bytes()).ok()?;
    let names = text.split(|b| *b == b'\n').flat_map(|line| {
        let line = line.split(|b| *b == b'#').next().unwrap_or_default();
        line.split(|b| b.is_ascii_whitespace() || *b == b':')
    });
    let mut leads = names.filter(|n| n.starts_with(b"/")).map(DevicePath::from_bytes);
    leads.any(|named| named == *path || real_path(root, &named).is_ok_and(|real| real == *path)).then(|| {
        (
            format!("{LIST} still has every program load it, and each would print an error"),
            format!("Remove its entry in {LIST} first; then try again."),
        )
    })
}

/// Without a module that is named in PAM nobody could log in any more.
fn asked_for_at_login(root: &Root, path: &DevicePath, name: &[u8]) -> Option<Needed> {
    let mut files: Vec<Vec<u8>> = tree::names(root, b"/etc/pam.d")
        .unwrap_or_default()
        .into_iter()
        .map(|n| tree::join(b"/etc/pam.d", &n.into_vec()))
        .collect();
    files.push(b"/etc/pam.conf".to_vec());
    let bytes = path.to_bytes();
    let folder_of_modules = tree::base(tree::folder(&bytes)) == b"security";
    let names_it = |word: &[u8]| {
        (word.starts_with(b"/") && real_path(root, &DevicePath::from_bytes(word)).is_ok_and(|real| real == *path))
            || (folder_of_modules && word == name)
    };
    let file = files.into_iter().find(|file| {
        let text = tree::read(root, file).unwrap_or_default();
        text.split(|b| *b == b'\n')
            .filter(|line| !line.trim_ascii_start().starts_with(b"#"))
            .any(|line| line.split(u8::is_ascii_whitespace).any(names_it))
    })?;
    let file = visible(DevicePath::from_bytes(&file).as_str());
    Some((
        format!("{file} still asks for it, and nobody could log in without it"),
        format!("Take the line that names it out of {file} first, keep a session open, and try again."),
    ))
}

fn loaded_module(root: &Root, name: &[u8]) -> Option<Needed> {
    if !root.is_live() {
        return None;
    }
    let stem = String::from_utf8_lossy(name.split(|b| *b == b'.').next()?).replace('-', "_");
    crate::look::driver::loaded(root).into_iter().any(|m| m.name == stem).then(|| {
        (
            format!("the module {} made of it is loaded", visible(&stem)),
            "Disable the driver first; where it cannot be unloaded, restart and try again.".to_owned(),
        )
    })
}
