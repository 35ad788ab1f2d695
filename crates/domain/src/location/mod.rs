//! Where an artifact lies: the location class of spec 2.2, computed from its path by the folder lists (spec 2.4–2.6).
use crate::{
    command,
    entity::{Entity, Process, Service, TaskKind},
    folders::{FolderList, FolderLists, Part, Pattern},
    group::OsPlatform,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// One spelling for every path: prefixes, drives, `..`, short names, streams, variables (spec 2.6 rule 1).
mod normal;
use normal::{Normal, normalise};

/// Location class of an artifact: two independent lists, so four answers, and one for "no path at all".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LocationClass {
    Core,
    Both,
    Temp,
    Other,
    /// No path can be determined.
    None,
}

impl LocationClass {
    pub const ALL: [Self; 5] = [Self::Core, Self::Both, Self::Temp, Self::Other, Self::None];
}

/// A class with what decided it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Location {
    /// Of the real target.
    pub class: LocationClass,
    /// Of the link through which it was named, where that differs. Which of the two is stricter depends on the level:
    /// [`crate::policy::stricter_link`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_class: Option<LocationClass>,
    /// The path that was classified; `None` for [`LocationClass::None`].
    pub classified_by: Option<String>,
    /// On a network file system: never acted on without a person (spec 2.6 rule 7).
    pub remote: bool,
}

impl Location {
    /// No path can be determined.
    pub const NOWHERE: Self = Self { class: LocationClass::None, link_class: None, classified_by: None, remote: false };

    /// Every class that has a say in the outcome: if one of them waits at a level, the item waits (spec 2.6 rule 6).
    pub fn outcome_classes(&self) -> impl Iterator<Item = LocationClass> {
        std::iter::once(self.class).chain(self.link_class)
    }
}

/// The class of one path (spec 2.6 rules 1–5, 7–9).
pub fn classify(path: &str, os: OsPlatform, lists: &FolderLists) -> Location {
    let Some(normal) = normalise(path, os) else { return Location::NOWHERE };
    let temp = lists.in_force(os, FolderList::Temp).any(|row| {
        below(&row.pattern, &normal, os, Reading::Exact)
            && !row.except.iter().any(|e| below(e, &normal, os, Reading::Exact))
    });
    let core = lists.in_force(os, FolderList::Core).any(|row| {
        below(&row.pattern, &normal, os, Reading::Careful)
            && !row.except.iter().any(|e| below(e, &normal, os, Reading::Exact))
    });
    let remote = normal.remote
        || lists.in_force(os, FolderList::Remote).any(|row| below(&row.pattern, &normal, os, Reading::Exact));
    let class = match (core && !normal.remote, temp && !normal.remote) {
        (true, true) => LocationClass::Both,
        (true, false) => LocationClass::Core,
        (false, true) => LocationClass::Temp,
        (false, false) => LocationClass::Other,
    };
    Location { class, link_class: None, classified_by: Some(path.to_owned()), remote }
}

/// The class of a real target and of the link that led to it (spec 2.6 rule 6).
pub fn classify_both(real: &str, link: &str, os: OsPlatform, lists: &FolderLists) -> Location {
    let (at_real, at_link) = (classify(real, os, lists), classify(link, os, lists));
    let remote = at_real.remote || at_link.remote;
    if at_real.class == at_link.class {
        // Named as people know it: the way there makes no difference.
        return Location { remote, ..at_link };
    }
    Location { link_class: Some(at_link.class), remote, ..at_real }
}

/// Classifies an entity by the program or script it points to (spec 2.6 rule 10).
pub fn locate(entity: &Entity, os: OsPlatform, lists: &FolderLists) -> Location {
    let of = |path: Option<&str>| path.map_or(Location::NOWHERE, |path| classify(path, os, lists));
    match entity {
        Entity::File { file } => match &file.resolved {
            Some(real) => classify_both(real.as_str(), file.path.as_str(), os, lists),
            None => of(Some(file.path.as_str())),
        },
        Entity::Process { process } => of(of_process(process, os).as_deref()),
        Entity::Service { service } => of(of_service(service, os).as_deref()),
        Entity::ScheduledTask { scheduled_task } => match scheduled_task.kind {
            TaskKind::WindowsTask => of(command::windows_file_behind(&scheduled_task.command).as_deref()),
            TaskKind::SystemdTimer => of(command::file_behind(unit_command(&scheduled_task.command)).as_deref()),
            TaskKind::Cron | TaskKind::At | TaskKind::Launchd => {
                of(command::file_behind(&scheduled_task.command).as_deref())
            }
        },
        Entity::Driver { driver } => of(driver.path.as_ref().map(crate::text::DevicePath::as_str)),
        Entity::Registry { registry } => of(registry.data.as_deref().and_then(in_registry_data).as_deref()),
        // The line is part of the file that holds it: that is what a removal changes.
        Entity::StartupItem { startup_item } => of(Some(startup_item.path.as_str())),
        Entity::User { .. }
        | Entity::Ip { .. }
        | Entity::Url { .. }
        | Entity::Domain { .. }
        | Entity::Device { .. } => Location::NOWHERE,
    }
}

fn of_process(process: &Process, os: OsPlatform) -> Option<String> {
    if let Some(script) = &process.script {
        return Some(script.as_str().to_owned());
    }
    let image = process.exe.as_ref()?.as_str();
    if os == OsPlatform::Windows {
        // `rundll32 LIBRARY,ENTRY`: the library is what runs; code without a file leaves the image.
        return command::windows_file_behind(&process.command_line)
            .filter(|path| path.contains(':') || path.starts_with('\\'))
            .or_else(|| Some(image.to_owned()));
    }
    // A program that was never in a file.
    (!image.starts_with("/memfd:") && !image.starts_with("anon_inode:")).then(|| image.to_owned())
}

fn of_service(service: &Service, os: OsPlatform) -> Option<String> {
    match os {
        OsPlatform::Windows => command::windows_file_behind(&service.exec),
        OsPlatform::Linux | OsPlatform::Macos => command::file_behind(unit_command(&service.exec)),
    }
}

/// A unit's command without the marks that systemd puts before the program.
fn unit_command(exec: &str) -> &str {
    exec.trim_start().trim_start_matches(['-', '@', ':', '+', '!', '|'])
}

/// The executable named in registry data. Text that merely holds a name is no path.
fn in_registry_data(data: &str) -> Option<String> {
    command::windows_file_behind(data).filter(|path| normalise(path, OsPlatform::Windows).is_some())
}

/// How names that only the disk could resolve are read.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// They are not the folder. What matches lies below it.
    Exact,
    /// They may be the folder, and the folder itself counts: used where a match makes the outcome more careful.
    Careful,
}

fn below(pattern: &Pattern, path: &Normal, os: OsPlatform, reading: Reading) -> bool {
    let parts = if pattern.home {
        match path.below_home(os) {
            Some(parts) => parts,
            None => return false,
        }
    } else {
        &path.parts
    };
    let room = match reading {
        Reading::Exact => parts.len() > pattern.parts.len(),
        Reading::Careful => parts.len() >= pattern.parts.len(),
    };
    let folds = normal::folds_case(os);
    room && pattern.parts.iter().zip(parts).all(|(part, name)| match part {
        Part::Any => true,
        Part::Name { exact, folded } => {
            let wanted = if folds { folded } else { exact };
            wanted == name || (reading == Reading::Careful && normal::may_be_short_for(name, wanted, os))
        }
        Part::Begins { exact, folded } => name.starts_with(if folds { folded.as_str() } else { exact.as_str() }),
    })
}
