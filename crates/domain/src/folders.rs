//! The folder lists as editable, versioned data (spec 2.4, 2.5; M12, M13): which folders count as core, which as temporary.
use crate::group::OsPlatform;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use specta::Type;
use std::sync::LazyLock;

/// The lists of all operating systems, with the number that a decision made by them remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FolderLists {
    /// Grows with every edit.
    pub version: u32,
    pub preset: Preset,
    pub windows: OsLists,
    pub linux: OsLists,
    pub macos: OsLists,
}

/// How the documented contradiction about Program Files is read (spec 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Every documented row counts.
    #[default]
    Documented,
    /// Without the rows that make Program Files and other folders of the system temporary.
    Strict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OsLists {
    pub core: Vec<Folder>,
    pub temp: Vec<Folder>,
    /// Places that belong to another computer although their path does not say so.
    pub remote: Vec<Folder>,
}

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Folder {
    pub pattern: Pattern,
    /// Below it, but not meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Pattern>,
    /// Optional rows ship switched off.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub on: bool,
    /// Counts under the strict preset too.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub strict: bool,
    /// Where the row comes from, for the people who edit it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// Which of an operating system's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FolderList {
    Core,
    Temp,
    Remote,
}

/// Why an edit was refused. The lists are as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderRefusal {
    #[error("a folder starts with \\ on Windows, with / or ~/ elsewhere; it has no drive letter and no variable")]
    NotAFolder,
    #[error("“{part}” cannot be used: a star stands for one whole folder, ends the pattern, or ends a folder's name")]
    Wildcard { part: String },
    #[error("“{part}” cannot be used: write the folder as it is")]
    Dots { part: String },
    #[error("this would be the whole disk")]
    Everything,
    #[error("the list already has {pattern}")]
    AlreadyThere { pattern: String },
    #[error("the list does not have {pattern}")]
    NotThere { pattern: String },
}

static SHIPPED: LazyLock<FolderLists> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/folders.json")).expect("BUG: the shipped folder lists do not read")
});

impl FolderLists {
    /// The lists as they ship.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    pub fn of(&self, os: OsPlatform) -> &OsLists {
        match os {
            OsPlatform::Windows => &self.windows,
            OsPlatform::Linux => &self.linux,
            OsPlatform::Macos => &self.macos,
        }
    }

    /// The next version, with the preset chosen.
    pub fn with_preset(&self, preset: Preset) -> Self {
        Self { preset, version: self.version + 1, ..self.clone() }
    }

    /// The next version, with one more folder.
    pub fn with_pattern_added(&self, os: OsPlatform, list: FolderList, pattern: &str) -> Result<Self, FolderRefusal> {
        let pattern = Pattern::parse(pattern)?;
        if pattern.windows != (os == OsPlatform::Windows) {
            return Err(FolderRefusal::NotAFolder);
        }
        let mut next = self.next();
        let rows = next.rows(os, list);
        if rows.iter().any(|r| r.pattern.parts == pattern.parts && r.pattern.home == pattern.home) {
            return Err(FolderRefusal::AlreadyThere { pattern: pattern.text });
        }
        rows.push(Folder { pattern, except: Vec::new(), on: true, strict: true, note: String::new() });
        Ok(next)
    }

    /// The next version, without this folder.
    pub fn with_pattern_removed(&self, os: OsPlatform, list: FolderList, pattern: &str) -> Result<Self, FolderRefusal> {
        let mut next = self.next();
        let rows = next.rows(os, list);
        let at = position(rows, pattern)?;
        rows.remove(at);
        Ok(next)
    }

    /// The next version, with an optional folder switched on or off.
    pub fn with_pattern_switched(
        &self,
        os: OsPlatform,
        list: FolderList,
        pattern: &str,
        on: bool,
    ) -> Result<Self, FolderRefusal> {
        let mut next = self.next();
        let rows = next.rows(os, list);
        let at = position(rows, pattern)?;
        rows[at].on = on;
        Ok(next)
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    fn rows(&mut self, os: OsPlatform, list: FolderList) -> &mut Vec<Folder> {
        let lists = match os {
            OsPlatform::Windows => &mut self.windows,
            OsPlatform::Linux => &mut self.linux,
            OsPlatform::Macos => &mut self.macos,
        };
        match list {
            FolderList::Core => &mut lists.core,
            FolderList::Temp => &mut lists.temp,
            FolderList::Remote => &mut lists.remote,
        }
    }

    /// The rows of a list that count now.
    pub(crate) fn in_force(&self, os: OsPlatform, list: FolderList) -> impl Iterator<Item = &Folder> {
        let lists = self.of(os);
        let rows = match list {
            FolderList::Core => &lists.core,
            FolderList::Temp => &lists.temp,
            FolderList::Remote => &lists.remote,
        };
        rows.iter().filter(|r| r.on && (r.strict || self.preset == Preset::Documented))
    }
}

fn position(rows: &[Folder], pattern: &str) -> Result<usize, FolderRefusal> {
    rows.iter()
        .position(|r| r.pattern.text == pattern)
        .ok_or_else(|| FolderRefusal::NotThere { pattern: pattern.to_owned() })
}

/// A folder and everything below it. `~` is any user's home, `*` in the middle one folder, `lib*` any folder whose name
/// begins so; a star at the end is the same as none. Written as text everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    pub(crate) windows: bool,
    pub(crate) home: bool,
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Any,
    Name { exact: String, folded: String },
    Begins { exact: String, folded: String },
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, FolderRefusal> {
        let text = text.trim();
        let windows = text.starts_with('\\');
        let home = text.starts_with("~/");
        if text.starts_with("\\\\") || text.contains('%') || text.contains('$') && !windows {
            return Err(FolderRefusal::NotAFolder);
        }
        let body = text
            .strip_prefix("~/")
            .or_else(|| text.strip_prefix(if windows { '\\' } else { '/' }))
            .ok_or(FolderRefusal::NotAFolder)?;
        let separators: &[char] = if windows { &['\\', '/'] } else { &['/'] };
        let mut names: Vec<&str> = body.split(separators).filter(|p| !p.is_empty()).collect();
        if matches!(names.last(), Some(&("*" | "**"))) {
            names.pop();
        }
        if names.is_empty() || names.iter().all(|n| *n == "*") {
            return Err(FolderRefusal::Everything);
        }
        let parts = names.into_iter().map(Part::parse).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), windows, home, parts })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Part {
    fn parse(name: &str) -> Result<Self, FolderRefusal> {
        if name == "*" {
            return Ok(Self::Any);
        }
        if matches!(name, "." | "..") {
            return Err(FolderRefusal::Dots { part: name.to_owned() });
        }
        let (stem, begins) = name.strip_suffix('*').map_or((name, false), |stem| (stem, true));
        if stem.contains(['*', '?', '"', '<', '>', '|', ':']) {
            return Err(FolderRefusal::Wildcard { part: name.to_owned() });
        }
        let (exact, folded) = (stem.to_owned(), stem.to_lowercase());
        Ok(if begins { Self::Begins { exact, folded } } else { Self::Name { exact, folded } })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(de::Error::custom)
    }
}

impl Type for Pattern {
    fn definition(types: &mut specta::Types) -> specta::datatype::DataType {
        <String as Type>::definition(types)
    }
}
