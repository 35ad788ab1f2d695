//! Device groups: which automation level governs a device (spec 1.2, 2.1; M10, M118, M119).
use crate::{
    id::{DeviceId, GroupId},
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// How much may happen without a person (spec 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AutomationLevel {
    Full,
    SemiAll,
    SemiCore,
    SemiNonTemp,
    None,
}

impl AutomationLevel {
    pub const ALL: [Self; 5] = [Self::Full, Self::SemiCore, Self::SemiNonTemp, Self::SemiAll, Self::None];

    pub fn code(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::SemiAll => "semi_all",
            Self::SemiCore => "semi_core",
            Self::SemiNonTemp => "semi_non_temp",
            Self::None => "none",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Full => "Full – remediate threats automatically",
            Self::SemiAll => "Semi – require approval for any remediation",
            Self::SemiCore => "Semi – require approval for core folders remediation",
            Self::SemiNonTemp => "Semi – require approval for non-temp folders remediation",
            Self::None => "No automated response",
        }
    }
}

/// The name of the group that takes every device no rule fits; always last, never removed.
pub const UNGROUPED: &str = "Ungrouped devices";

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleProperty {
    Name,
    Domain,
    Tag,
    OsPlatform,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleOperator {
    StartsWith,
    EndsWith,
    Equals,
    Contains,
    /// Operating system only; values separated by commas.
    IsOneOf,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MatchingRule {
    pub property: RuleProperty,
    pub operator: RuleOperator,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeviceGroup {
    pub id: GroupId,
    pub name: String,
    pub description: String,
    pub level: AutomationLevel,
    /// 1 wins. The default group has no rank: it is always last.
    pub rank: Option<u32>,
    pub rules: Vec<MatchingRule>,
    pub created_at: Stamp,
}

/// How many rows one property may have in a group.
pub const ROWS_PER_PROPERTY: usize = 10;
/// How many members a preview shows.
pub const PREVIEW: usize = 10;

/// Why a group cannot be as it was entered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupRefusal {
    #[error("a group needs a name")]
    NoName,
    #[error("the name “{UNGROUPED}” belongs to the group that takes every other device")]
    ReservedName,
    #[error("a property can have {ROWS_PER_PROPERTY} rows at most")]
    TooManyRows { property: RuleProperty },
    #[error("a rule needs a value")]
    EmptyValue { property: RuleProperty },
    #[error("this comparison does not fit this property")]
    Operator { property: RuleProperty, operator: RuleOperator },
    #[error("“{value}” is not an operating system; use linux, windows or macos")]
    UnknownPlatform { value: String },
    #[error("the group that takes every other device has no rules and no rank")]
    DefaultHasNoRules,
}

impl MatchingRule {
    fn fits(&self, device: &Device) -> bool {
        let wanted = self.value.trim().to_lowercase();
        let compare = |text: &str| {
            let text = text.to_lowercase();
            match self.operator {
                RuleOperator::StartsWith => text.starts_with(&wanted),
                RuleOperator::EndsWith => text.ends_with(&wanted),
                RuleOperator::Equals => text == wanted,
                RuleOperator::Contains => text.contains(&wanted),
                RuleOperator::IsOneOf => wanted.split(',').any(|one| one.trim() == text),
            }
        };
        match self.property {
            RuleProperty::Name => compare(&device.name),
            RuleProperty::Domain => device.domain.as_deref().is_some_and(compare),
            RuleProperty::Tag => device.tags.iter().any(|tag| compare(tag)),
            RuleProperty::OsPlatform => compare(device.os.code()),
        }
    }

    fn check(&self) -> Result<(), GroupRefusal> {
        let (property, operator) = (self.property, self.operator);
        if self.value.trim().is_empty() {
            return Err(GroupRefusal::EmptyValue { property });
        }
        let fits = match property {
            RuleProperty::Name | RuleProperty::Domain | RuleProperty::Tag => operator != RuleOperator::IsOneOf,
            RuleProperty::OsPlatform => operator == RuleOperator::IsOneOf,
        };
        if !fits {
            return Err(GroupRefusal::Operator { property, operator });
        }
        let known = |one: &str| OsPlatform::ALL.iter().any(|os| os.code().eq_ignore_ascii_case(one.trim()));
        match self.value.split(',').find(|one| property == RuleProperty::OsPlatform && !known(one)) {
            Some(one) => Err(GroupRefusal::UnknownPlatform { value: one.trim().to_owned() }),
            None => Ok(()),
        }
    }
}

impl DeviceGroup {
    pub fn is_default(&self) -> bool {
        self.rank.is_none()
    }

    /// Whether the rules take this device: every property that has rows must fit by one of them. Without rules a group
    /// takes nothing; the default group's membership is what is left over, see [`member_of`].
    pub fn fits(&self, device: &Device) -> bool {
        let properties: std::collections::BTreeSet<RuleProperty> = self.rules.iter().map(|r| r.property).collect();
        !properties.is_empty()
            && properties
                .into_iter()
                .all(|property| self.rules.iter().any(|r| r.property == property && r.fits(device)))
    }

    /// Whether the group may be saved as it is.
    pub fn check(&self) -> Result<(), GroupRefusal> {
        if self.is_default() {
            return if self.rules.is_empty() { Ok(()) } else { Err(GroupRefusal::DefaultHasNoRules) };
        }
        if self.name.trim().is_empty() {
            return Err(GroupRefusal::NoName);
        }
        if self.name.trim().eq_ignore_ascii_case(UNGROUPED) {
            return Err(GroupRefusal::ReservedName);
        }
        for rule in &self.rules {
            rule.check()?;
            if self.rules.iter().filter(|r| r.property == rule.property).count() > ROWS_PER_PROPERTY {
                return Err(GroupRefusal::TooManyRows { property: rule.property });
            }
        }
        Ok(())
    }

    /// The first devices, by name, that the rules take.
    pub fn preview<'a>(&self, devices: &'a [Device]) -> Vec<&'a Device> {
        let mut fitting: Vec<&Device> = devices.iter().filter(|d| self.fits(d)).collect();
        fitting.sort_by(|a, b| a.name.cmp(&b.name));
        fitting.truncate(PREVIEW);
        fitting
    }
}

/// The one group of a device: of those that fit the highest-ranked, else the default one.
pub fn member_of<'a>(groups: &'a [DeviceGroup], device: &Device) -> &'a DeviceGroup {
    groups
        .iter()
        .filter(|g| !g.is_default() && g.fits(device))
        .min_by_key(|g| g.rank)
        .or_else(|| groups.iter().find(|g| g.is_default()))
        .expect("BUG: an installation always has the default group")
}

/// One rank up (towards 1). False where it cannot go further.
pub fn promote(groups: &mut [DeviceGroup], id: &GroupId) -> bool {
    exchange(groups, id, |rank| rank.checked_sub(1))
}

/// One rank down. False where only the default group is below.
pub fn demote(groups: &mut [DeviceGroup], id: &GroupId) -> bool {
    exchange(groups, id, |rank| rank.checked_add(1))
}

fn exchange(groups: &mut [DeviceGroup], id: &GroupId, to: impl Fn(u32) -> Option<u32>) -> bool {
    close_gaps(groups);
    let at = |wanted: &dyn Fn(&DeviceGroup) -> bool| groups.iter().position(wanted);
    let Some(this) = at(&|g| g.id == *id) else { return false };
    let Some(rank) = groups[this].rank else { return false };
    let Some(other) = to(rank).and_then(|rank| at(&|g| g.rank == Some(rank))) else { return false };
    groups[this].rank = groups[other].rank;
    groups[other].rank = Some(rank);
    true
}

/// Numbers the ranks 1, 2, 3 … in their present order; after a removal, or before a change.
pub fn close_gaps(groups: &mut [DeviceGroup]) {
    let mut ranked: Vec<&mut DeviceGroup> = groups.iter_mut().filter(|g| !g.is_default()).collect();
    ranked.sort_by_key(|g| g.rank);
    for (rank, group) in (1..).zip(ranked) {
        group.rank = Some(rank);
    }
}

/// One device for which a change of groups makes a difference (M119).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Move {
    pub device: DeviceId,
    pub device_name: String,
    pub from: String,
    pub to: String,
    pub level_before: AutomationLevel,
    pub level_after: AutomationLevel,
}

/// Every device whose group or level a change alters, in the order of `devices`; shown before the change is saved.
pub fn moves(before: &[DeviceGroup], after: &[DeviceGroup], devices: &[Device]) -> Vec<Move> {
    let change = |device: &Device| {
        let (from, to) = (member_of(before, device), member_of(after, device));
        (from.id != to.id || from.level != to.level).then(|| Move {
            device: device.id.clone(),
            device_name: device.name.clone(),
            from: from.name.clone(),
            to: to.name.clone(),
            level_before: from.level,
            level_after: to.level,
        })
    };
    devices.iter().filter_map(change).collect()
}

/// A device as far as groups and decisions need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Device {
    pub id: DeviceId,
    pub name: String,
    pub domain: Option<String>,
    pub os: OsPlatform,
    pub os_version: String,
    pub tags: Vec<String>,
    pub kind: DeviceKind,
    pub created_at: Stamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum OsPlatform {
    Linux,
    Windows,
    Macos,
}

impl OsPlatform {
    pub const ALL: [Self; 3] = [Self::Linux, Self::Windows, Self::Macos];

    pub fn code(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Macos => "macos",
        }
    }
}

/// How a device is reached (design section 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceKind {
    ThisComputer,
    /// A file tree below a folder.
    Staged {
        root: crate::text::DevicePath,
    },
    /// A staged device that the application made itself, with harmless planted files.
    Practice {
        root: crate::text::DevicePath,
    },
}
