//! Stop a service, remove a systemd timer: the links that enable it go, and the unit file goes to the vault, unless a
//! package brought it (below `/usr/lib` or `/lib`): then the links go and a service is masked by a link to `/dev/null`,
//! because the package would miss or restore its file. A drop-in that adds to a unit goes alone, and the unit goes on.
//!
//! What runs is stopped only once its definition is gone and the manager has read its files again: its own commands for
//! being stopped do not run any more.
use super::{
    guard,
    links::{link_in, links_to, made, make_links, remove_links},
    points::point,
    quarantine::{self, facts_of, obstacle, take_whole},
    systemd::{Manager, UnitState},
    unit_files::{drop_ins_of, needed_by, other_definition, triggers_of},
    work::{Copy, Early, Tools, Work, device_name},
};
use crate::{
    handle::{Folder, Held, Place},
    journal::{Exact, Op},
    look::{file::real_path, people::People},
    root::Root,
    vault::{Kept, UnitFacts},
};
use assize_domain::{
    order::ReceiptOutcome,
    question::{Obstacle, Plan, PlanStep, Reversible},
    text::{DevicePath, visible},
};

/// A unit that was approved by the content of its file.
pub struct Unit<'a> {
    pub path: &'a DevicePath,
    pub digest: &'a str,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Timer,
    Service,
}

impl Kind {
    fn what(self) -> &'static str {
        match self {
            Self::Timer => "Remove the timer",
            Self::Service => "Stop the service",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Service => "service",
        }
    }
}

/// A unit as it is now.
struct Found {
    place: Place,
    held: Held,
    exact: Exact,
    facts: UnitFacts,
    way: Way,
}

/// What becomes of the unit file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Vault,
    /// A package owns it: it stays.
    Stays,
    /// A link that leads to a file elsewhere is what makes it a unit: the link goes, the file is no unit then.
    Link,
}

fn find(tools: &Tools<'_>, unit: &Unit<'_>) -> Early<Found> {
    let root = tools.root;
    let link = linked_in(root, unit.path);
    let real = link.as_ref().map_or(unit.path, |(_, real)| real);
    let approved = quarantine::Approved { path: real, sha256: unit.digest, identity: None };
    let (place, held, exact) = approved.open(tools)?;
    let is_link = link.is_some();
    let place = link.map_or(place, |(place, _)| place);
    let drop_in = drop_in_of(&place);
    let name = drop_in.clone().unwrap_or_else(|| place.name.to_string_lossy().into_owned());
    let other = other_definition(root, &place, &name);
    // Without this file the unit is what it was before; the system needs it to go on.
    let goes_on = drop_in.is_some() || (other.is_some() && tools.guard.is_unit(&name));
    if tools.guard.is_unit(&name) && !goes_on {
        let message = format!("The system needs {} to run, so it is not stopped.", visible(&name));
        return Err(guard::refusal(message, "Nothing was touched. Stop it by hand if you are sure."));
    }
    let way = match () {
        () if is_link => Way::Link,
        () if is_packaged(&place) && drop_in.is_none() => Way::Stays,
        () => Way::Vault,
    };
    let mut links = match (&drop_in, &other) {
        (Some(_), _) => Vec::new(),
        (None, other) => links_to(root, &place, other.is_some()),
    };
    if is_link {
        links.extend(link_in(&place.folder, &place.name));
    }
    let mut laid = Vec::new();
    if way == Way::Stays && unit.kind == Kind::Service {
        let shelf = if is_user_unit(unit.path) { "/etc/systemd/user" } else { "/etc/systemd/system" };
        let nobody =
            Folder::open(root, &shelf.into()).ok().is_none_or(|f| f.look(&place.name).is_ok_and(|s| s.is_none()));
        laid.extend(nobody.then(|| made(shelf, &device_name(&place.name), "/dev/null", (tools.clock)())));
    }
    let managers = managers(root, unit.path);
    let runs = |name: &str| managers.iter().any(|m| m.state(name).is_ok_and(|s| s.runs()));
    let active = runs(&name);
    let mut others = if goes_on || unit.kind == Kind::Timer { Vec::new() } else { triggers_of(root, &place, &name) };
    // The instances of a template, by the links that enable them.
    others.extend(links.iter().map(|l| l.name.to_string()).filter(|n| name.contains("@.") && *n != name));
    others.sort();
    others.dedup();
    others.retain(|other| runs(other));
    let drop_ins = if goes_on { Vec::new() } else { drop_ins_of(root, &place, &name) };
    let facts = UnitFacts { unit: name, links, active, laid, others, drop_ins, goes_on };
    Ok(Found { place, held, exact, facts, way })
}

pub fn apply(work: &mut Work<'_>, unit: &Unit<'_>) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        let Found { place, held, exact, facts, way } = find(&work.tools, unit)?;
        match way {
            Way::Vault => {
                take_whole(work, unit.path, &place, &held, &exact, Some(facts.clone()))?;
                remove_links(work, &facts.links);
            }
            Way::Stays | Way::Link => {
                if facts.links.is_empty() && facts.laid.is_empty() && !facts.active {
                    let detail = format!("{} is part of a package and nothing starts it.", visible(unit.path.as_str()));
                    return Err(ReceiptOutcome::Gone { detail });
                }
                let item = work.copy(&Copy {
                    path: unit.path,
                    folder: &place.folder,
                    file: None,
                    facts: facts_of(&held, unit.path)?,
                    sha256: exact.sha256.clone(),
                    kept: Kept::Links,
                    unit: Some(facts.clone()),
                    driver: None,
                })?;
                work.arm(&[
                    Op::Links { remove: true, links: facts.links.clone(), item: item.clone() },
                    Op::Links { remove: false, links: facts.laid.clone(), item },
                ])?;
                let path = visible(unit.path.as_str());
                work.step(match way {
                    Way::Stays => format!("{path} belongs to a package and stays; it is only disabled."),
                    Way::Link | Way::Vault => format!("{path} is a link to a file that is no unit without it."),
                });
                remove_links(work, &facts.links);
                make_links(work, &facts.laid);
            }
        }
        for drop_in in &facts.drop_ins {
            work.step(format!(
                "{} adds to it and stays; it means nothing without the unit.",
                visible(drop_in.as_str())
            ));
        }
        stopped(work, unit.path, &facts);
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

pub fn plan(tools: &Tools<'_>, unit: &Unit<'_>) -> Plan {
    let Found { place, facts, way, .. } = match find(tools, unit) {
        Ok(found) => found,
        Err(end) => return Plan { obstacles: vec![obstacle(end)], ..Plan::default() },
    };
    let approved = quarantine::Approved { path: unit.path, sha256: unit.digest, identity: None };
    let what = if facts.goes_on { "Take the addition away" } else { unit.kind.what() };
    let mut plan = match way {
        Way::Vault => quarantine::plan(tools, &approved, what),
        Way::Stays | Way::Link => Plan::default(),
    };
    let mut step = |what: &str, target: String, detail: String| {
        plan.steps.push(PlanStep { what: what.into(), target, reversible: Reversible::Yes, detail });
    };
    let noun = unit.kind.noun();
    for link in &facts.links {
        let target = visible(format!("{}/{}", link.folder, link.name).as_str());
        let detail = format!("The link to {} that enables the {noun} is removed.", visible(link.target.as_str()));
        step(&format!("Disable the {noun}"), target, detail);
    }
    for link in &facts.laid {
        let target = visible(format!("{}/{}", link.folder, link.name).as_str());
        step(
            &format!("Mask the {noun}"),
            target,
            format!("A link to /dev/null; while it is there, nothing starts the {noun}."),
        );
    }
    let name = visible(&facts.unit);
    if facts.goes_on {
        plan.obstacles.push(Obstacle::new(
            "goes_on",
            format!("{name} itself is not stopped; what changed counts from its next start."),
            false,
        ));
        return plan;
    }
    for other in &facts.others {
        step("Stop what belongs to it", visible(other), format!("{} starts {name} or is one of it.", visible(other)));
    }
    if facts.active {
        step(unit.kind.what(), name.clone(), "Its processes are told to end, and ended after 5 seconds.".into());
    }
    for drop_in in &facts.drop_ins {
        let text = format!("{} adds to {name} and stays; it means nothing without it.", visible(drop_in.as_str()));
        plan.obstacles.push(Obstacle::new("adds_to_it", text, false));
    }
    for needs in needed_by(tools.root, &place, &facts.unit) {
        let text = format!("{} needs {name} and will not start without it.", visible(&needs));
        plan.obstacles.push(Obstacle::new("needed_by", text, false));
    }
    plan
}

/// Lets the managers forget the unit, then stops what runs, and looks whether it did (M62).
pub fn stopped(work: &mut Work<'_>, path: &DevicePath, facts: &UnitFacts) {
    if Manager::of_system(work.tools.root).is_none() {
        return;
    }
    let managers = managers(work.tools.root, path);
    if managers.is_empty() {
        work.step("The user who owns it is not logged in; their manager learns of it at the next login.");
        return;
    }
    reloaded(work, &managers);
    let name = visible(&facts.unit);
    if facts.goes_on {
        work.step(format!("{name} itself was not stopped; what changed counts from its next start."));
        return;
    }
    let runs = |m: &Manager, unit: &str| m.state(unit).is_ok_and(|s| s.runs());
    for other in &facts.others {
        for manager in managers.iter().filter(|m| runs(m, other)) {
            match manager.stop(other) {
                Ok(_) => work.step(format!("{}, which belongs to it, was stopped.", visible(other))),
                Err(why) => work.told.left.push(format!("{} could not be stopped ({why}).", visible(other))),
            }
        }
    }
    for manager in managers.iter().filter(|m| facts.active || runs(m, &facts.unit)) {
        match manager.stop(&facts.unit) {
            Ok(state) if !state.runs() && state.active != "deactivating" => {
                work.step(format!("{name} was stopped."));
                work.told.proof.after.push(told(&facts.unit, &state));
            }
            Ok(state) => work.told.left.push(format!("{name} still runs ({}); look again in a while.", state.active)),
            Err(why) => work.told.left.push(format!("{name} could not be stopped ({why}); it ends with a restart.")),
        }
    }
    point("stopped");
}

/// After an undo: known to the managers again, and running if it ran.
pub fn started_again(work: &mut Work<'_>, path: &DevicePath, facts: &UnitFacts) {
    let managers = managers(work.tools.root, path);
    if managers.is_empty() {
        return;
    }
    reloaded(work, &managers);
    if facts.goes_on {
        return;
    }
    let again = facts.others.iter().chain(facts.active.then_some(&facts.unit));
    for unit in again {
        for manager in &managers {
            match manager.start(unit) {
                Ok(state) if state.runs() => {
                    work.step(format!("{} runs again.", visible(unit)));
                    work.told.proof.after.push(told(unit, &state));
                }
                // What runs once and ends has run.
                Ok(state) if state.active == "inactive" => work.step(format!("{} was started again.", visible(unit))),
                Ok(state) => work.told.left.push(format!("{} was started and is {} now.", visible(unit), state.active)),
                Err(why) => work.told.left.push(format!(
                    "{} is back and could not be started ({why}); it starts with a restart.",
                    visible(unit)
                )),
            }
        }
    }
    point("started");
}

fn told(unit: &str, state: &UnitState) -> String {
    format!("{} is {} and its definition {}.", visible(unit), visible(&state.active), visible(&state.definition))
}

fn reloaded(work: &mut Work<'_>, managers: &[Manager]) {
    for manager in managers {
        if let Err(why) = manager.reload() {
            work.step(format!("The service manager could not be told to read its files again ({why})."));
        }
    }
}

/// Who runs units that lie there.
fn managers(root: &Root, path: &DevicePath) -> Vec<Manager> {
    if !is_user_unit(path) {
        return Manager::of_system(root).into_iter().collect();
    }
    if Manager::of_system(root).is_none() {
        return Vec::new();
    }
    let people = People::read(root);
    let bytes = path.to_bytes();
    let below = |home: &[u8]| bytes.strip_prefix(home).is_some_and(|rest| rest.starts_with(b"/"));
    match people.homes().iter().filter(|h| below(&h.path)).max_by_key(|h| h.path.len()) {
        Some(home) => people.number(&home.user).and_then(|uid| Manager::of_user(root, uid)).into_iter().collect(),
        None => Manager::of_everybody(root),
    }
}

/// Where a unit is a link at the end of its path: the link, and the file it leads to.
fn linked_in(root: &Root, path: &DevicePath) -> Option<(Place, DevicePath)> {
    let place = Place::open(root, path).ok()?;
    let seen = place.folder.look(&place.name).ok()??;
    let is_link = rustix::fs::FileType::from_raw_mode(seen.st_mode).is_symlink();
    let real = is_link.then(|| real_path(root, path).ok()).flatten()?;
    Some((place, real))
}

pub fn is_user_unit(path: &DevicePath) -> bool {
    path.as_str().contains("/systemd/user/")
}

fn is_packaged(place: &Place) -> bool {
    let path = place.path();
    ["/usr/lib/", "/lib/"].iter().any(|folder| path.as_str().starts_with(folder))
}

/// `NAME.service.d/x.conf` adds to `NAME.service`.
fn drop_in_of(place: &Place) -> Option<String> {
    let folder = place.folder.path().file_name().to_owned();
    let name = folder.strip_suffix(".d")?;
    name.contains('.').then(|| name.to_owned())
}
