//! Device groups and their automation levels; every change is recorded with who moved from where to where (M118, M119).
use crate::{
    Engine,
    directory::Directory,
    door::{AddGroup, AssignDevice, ChangeGroup, ListGroups, MoveGroup, RemoveGroup},
    fault::{Stop, bad_input, not_found},
    open::by,
    view,
};
use assize_domain::{
    group::{AutomationLevel, DeviceGroup, MatchingRule, RuleOperator, RuleProperty, UNGROUPED, moves},
    id::GroupId,
    order::Fault,
    record::Subject,
    role::Person,
};
use assize_store::{Reader, Writer};

pub(crate) fn list(engine: &Engine, _: &Person, _: ListGroups) -> Result<view::GroupList, Fault> {
    engine.read(all)
}

fn all(r: &Reader) -> Result<view::GroupList, Stop> {
    let directory = Directory::read(r)?;
    Ok(view::GroupList { groups: directory.groups.iter().map(|g| shown(&directory, g)).collect() })
}

fn shown(directory: &Directory, g: &DeviceGroup) -> view::Group {
    view::Group {
        id: g.id.clone(),
        name: g.name.clone(),
        description: g.description.clone(),
        level: g.level,
        rank: g.rank,
        rules: g.rules.clone(),
        devices: directory
            .devices
            .iter()
            .filter(|d| directory.group_of(d).id == g.id)
            .map(|d| directory.device(&d.id))
            .collect(),
    }
}

pub(crate) fn add(engine: &Engine, who: &Person, request: AddGroup) -> Result<view::Group, Fault> {
    let name = request.name.trim().to_owned();
    if name.is_empty() {
        return Err(bad_input("A group needs a name.", "Give it one."));
    }
    change(engine, who, "group_added", |w, groups| {
        if groups.iter().any(|g| g.name == name) {
            return Err(Fault::new(
                "name_taken",
                format!("There is already a group “{name}”."),
                "Choose another name.",
            )
            .into());
        }
        let rank = groups.iter().filter_map(|g| g.rank).max().unwrap_or(0) + 1;
        let group = DeviceGroup {
            id: GroupId(engine.new_id()),
            name: name.clone(),
            description: request.description,
            level: request.level,
            rank: Some(rank),
            rules: request.rules,
            created_at: engine.now(),
        };
        check(&group)?;
        w.insert_group(&group)?;
        Ok((group.id, format!("Group {name} added with level {}.", request.level.code()), None))
    })
}

fn check(group: &DeviceGroup) -> Result<(), Fault> {
    group.check().map_err(|why| bad_input(format!("{why}."), "Change the rules of the group."))
}

/// A change of groups: the record lists every device that moves and the level before and after.
fn change(
    engine: &Engine,
    who: &Person,
    event: &str,
    act: impl FnOnce(&mut Writer, &[DeviceGroup]) -> Result<(GroupId, String, Option<String>), Stop>,
) -> Result<view::Group, Fault> {
    engine.write(|w| {
        let before = w.groups()?;
        let (id, text, comment) = act(w, &before)?;
        let directory = Directory::read(w)?;
        let moved = moves(&before, &directory.groups, &directory.devices);
        let mut entry = engine.entry(by(who), Subject::Group, id.as_str(), event, text);
        entry.comment = comment;
        if !moved.is_empty() {
            let lines: Vec<String> = moved
                .iter()
                .map(|m| {
                    format!(
                        "{}: {} ({}) → {} ({})",
                        m.device,
                        m.from,
                        m.level_before.code(),
                        m.to,
                        m.level_after.code()
                    )
                })
                .collect();
            entry.detail = serde_json::to_string(&lines).ok();
        }
        w.append(&entry)?;
        let group = directory.groups.iter().find(|g| g.id == id).ok_or_else(|| not_found("group", id.as_str()))?;
        Ok(shown(&directory, group))
    })
}

fn named(groups: &[DeviceGroup], words: &str) -> Result<DeviceGroup, Stop> {
    let found = groups.iter().find(|g| g.id.as_str() == words).or_else(|| groups.iter().find(|g| g.name == words));
    found.cloned().ok_or_else(|| not_found("group", words).into())
}

pub(crate) fn change_level(
    engine: &Engine,
    who: &Person,
    group: &str,
    level: AutomationLevel,
) -> Result<view::Group, Fault> {
    self::change_group(
        engine,
        who,
        ChangeGroup { group: group.to_owned(), level: Some(level), rules: None, description: None, reason: None },
    )
}

pub(crate) fn change_group(engine: &Engine, who: &Person, request: ChangeGroup) -> Result<view::Group, Fault> {
    change(engine, who, "group_changed", |w, groups| {
        let mut group = named(groups, &request.group)?;
        let mut said = Vec::new();
        if let Some(level) = request.level {
            said.push(format!("level {} → {}", group.level.code(), level.code()));
            group.level = level;
        }
        if let Some(rules) = request.rules {
            if group.rank.is_none() {
                return Err(bad_input(
                    "The default group takes what no rule fits; it has no rules of its own.",
                    "Add a group instead.",
                )
                .into());
            }
            group.rules = rules;
            said.push("rules changed".into());
        }
        if let Some(description) = request.description {
            group.description = description;
            said.push("description changed".into());
        }
        check(&group)?;
        w.replace_group(&group)?;
        // Whoever sets the level of all devices has made the first choice.
        if request.level.is_some() && group.name == UNGROUPED {
            w.set_setting(crate::home::LEVEL_CHOSEN, "true")?;
        }
        Ok((group.id, format!("Group {}: {}.", group.name, said.join(", ")), request.reason))
    })
}

pub(crate) fn remove(engine: &Engine, who: &Person, request: RemoveGroup) -> Result<view::GroupList, Fault> {
    engine.write(|w| {
        let groups = w.groups()?;
        let group = named(&groups, request.id.as_str())?;
        if group.rank.is_none() {
            return Err(bad_input("The default group cannot be removed.", "Change its level instead.").into());
        }
        w.remove_group(&group.id)?;
        let mut rest = w.groups()?;
        let mut rank = 0;
        for g in rest.iter_mut().filter(|g| g.rank.is_some()) {
            rank += 1;
            g.rank = Some(rank);
        }
        w.replace_groups(&rest)?;
        w.append(&engine.entry(
            by(who),
            Subject::Group,
            group.id.as_str(),
            "group_removed",
            format!("Group {} removed.", group.name),
        ))?;
        all(w)
    })
}

/// One step up or down in rank; ranks stay without gaps.
pub(crate) fn shift(engine: &Engine, who: &Person, request: MoveGroup) -> Result<view::GroupList, Fault> {
    engine.write(|w| {
        let mut ranked: Vec<DeviceGroup> = w.groups()?.into_iter().filter(|g| g.rank.is_some()).collect();
        let at = ranked
            .iter()
            .position(|g| g.id == request.id)
            .ok_or_else(|| not_found("ranked group", request.id.as_str()))?;
        let to = if request.up { at.checked_sub(1) } else { Some(at + 1).filter(|to| *to < ranked.len()) };
        if let Some(to) = to {
            ranked.swap(at, to);
            for (g, rank) in ranked.iter_mut().zip(1..) {
                g.rank = Some(rank);
            }
            w.replace_groups(&ranked)?;
            let text = format!("Group {} moved {}.", ranked[to].name, if request.up { "up" } else { "down" });
            w.append(&engine.entry(by(who), Subject::Group, request.id.as_str(), "group_moved", text))?;
        }
        all(w)
    })
}

/// Gives the device a tag of the group's name and the group a rule for that tag.
pub(crate) fn assign(engine: &Engine, who: &Person, request: AssignDevice) -> Result<view::Group, Fault> {
    let mut device = engine.device(&request.device)?;
    change(engine, who, "device_assigned", |w, groups| {
        let mut group = named(groups, &request.group)?;
        if group.rank.is_none() {
            // Back to the default group: no ranked group may fit any more by tag.
            let tags: Vec<&str> = groups
                .iter()
                .flat_map(|g| &g.rules)
                .filter(|r| r.property == RuleProperty::Tag)
                .map(|r| r.value.as_str())
                .collect();
            device.tags.retain(|t| !tags.contains(&t.as_str()));
            w.replace_device(&device)?;
            return Ok((group.id, format!("{} belongs to no ranked group by tag any more.", device.name), None));
        }
        let tag = group.name.clone();
        if !device.tags.contains(&tag) {
            device.tags.push(tag.clone());
            w.replace_device(&device)?;
        }
        let rule = MatchingRule { property: RuleProperty::Tag, operator: RuleOperator::Equals, value: tag };
        if !group.rules.contains(&rule) {
            group.rules.push(rule);
            check(&group)?;
            w.replace_group(&group)?;
        }
        Ok((group.id, format!("{} assigned to {}.", device.name, group.name), None))
    })
}
