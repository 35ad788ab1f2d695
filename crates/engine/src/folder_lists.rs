//! The core and temp lists of folders: shipped as data, edited by the owner, every edit a new version and a record (M13).
use crate::{
    Engine,
    door::{ChangeFolders, FolderChange, ListFolders},
    fault::{Stop, bad_input},
    open::by,
};
use assize_domain::{
    folders::{FolderLists, Preset},
    order::Fault,
    record::Subject,
    role::Person,
};
use assize_store::Reader;

const SETTING: &str = "folder_lists";

/// The lists in force: the owner's if there was an edit, else those that ship.
pub(crate) fn in_force(r: &Reader) -> Result<FolderLists, Stop> {
    match r.setting(SETTING)? {
        None => Ok(FolderLists::shipped().clone()),
        Some(text) => serde_json::from_str(&text).map_err(|e| {
            Fault::new(
                "folder_lists_damaged",
                format!("The folder lists cannot be read: {e}."),
                "Nothing is decided without them. Restore the data folder.",
            )
            .into()
        }),
    }
}

pub(crate) fn list(engine: &Engine, _: &Person, _: ListFolders) -> Result<FolderLists, Fault> {
    engine.read(in_force)
}

pub(crate) fn change(engine: &Engine, who: &Person, request: ChangeFolders) -> Result<FolderLists, Fault> {
    engine.write(|w| {
        let before = in_force(w)?;
        let (os, list) = (request.os, request.list);
        let (next, text) = match &request.change {
            FolderChange::Add { pattern } => (
                before.with_pattern_added(os, list, pattern),
                format!("{pattern} added to the {list:?} list of {os:?}"),
            ),
            FolderChange::Remove { pattern } => (
                before.with_pattern_removed(os, list, pattern),
                format!("{pattern} removed from the {list:?} list of {os:?}"),
            ),
            FolderChange::Strict { on } => {
                let preset = if *on { Preset::Strict } else { Preset::Documented };
                (Ok(before.with_preset(preset)), format!("preset {preset:?}"))
            }
        };
        let next = next.map_err(|why| bad_input(format!("{why}."), "Write the folder as the device itself would."))?;
        let json = serde_json::to_string(&next)
            .map_err(|e| Fault::new("folder_lists", e.to_string(), "Nothing was changed."))?;
        w.set_setting(SETTING, &json)?;
        let mut entry = engine.entry(
            by(who),
            Subject::Setting,
            SETTING,
            "folders_changed",
            format!("Folder lists, version {}: {text}.", next.version),
        );
        entry.detail = serde_json::to_string(&before).ok();
        w.append(&entry)?;
        Ok(next)
    })
}
