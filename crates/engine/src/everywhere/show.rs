//! The whole as people see it: its dry run, its progress by device, and what taking it back would meet.
use super::{Known, find::Leaf, parts::Parts, within_limit};
use crate::{Engine, directory::Directory, fault::Stop, view};
use assize_domain::{
    action::{Action, ActionStatus},
    device::Device as DeviceLink,
    group::Device,
    order::Fault,
    question::{Obstacle, Plan, PlanStep, Reversible},
    remedy::ActionType,
    spread::{Standing, fault, standing, together},
    target::Target,
    text::visible,
};
use assize_store::Reader;

/// What it would do, on its own device exactly and on the others as far as is known. Touches nothing.
pub(crate) fn plan(
    engine: &Engine,
    device: &Device,
    link: &dyn DeviceLink,
    target: &Target,
    alone: bool,
) -> Result<Plan, Fault> {
    let Target::Content { sha256, path, .. } = target else { return Ok(Plan::default()) };
    let known = engine.read(|r| Known::read(r, sha256, engine.now()))?;
    let found = engine.find(device, sha256, path.as_ref(), &known.sightings)?;
    let mut plan = Plan::default();
    for leaf in &found.leaves {
        add(&mut plan, link, leaf);
    }
    let all_refused = !found.leaves.is_empty() && found.leaves.iter().all(|l| l.refused.is_some());
    for fault in found.leaves.iter().filter_map(|l| l.refused.as_ref()) {
        plan.obstacles.push(Obstacle::new(&fault.code, fault.message.clone(), all_refused));
    }
    plan.obstacles.extend(found.notes.into_iter().map(|text| Obstacle::new("holds_it", text, false)));
    if alone {
        return Ok(plan);
    }
    let seen = known.seen_by(&device.id);
    let others = engine.read(|r| {
        seen.iter().filter(|id| **id != device.id).map(|id| Ok(r.device(id)?)).collect::<Result<Vec<_>, Stop>>()
    })?;
    for other in &others {
        let paths = known.sightings.iter().filter(|s| s.device_id == other.id).map(|s| visible(s.path.as_str()));
        let mut paths: Vec<String> = paths.collect();
        paths.sort();
        paths.dedup();
        let away = !engine.reachable(other);
        let detail = if away {
            "The device is not there now; it is waited for three days.".to_owned()
        } else {
            "It is looked at again first; only what has exactly this content is touched.".to_owned()
        };
        plan.steps.push(PlanStep {
            what: format!("Stop and quarantine it on {}", visible(&other.name)),
            target: paths.join(", "),
            reversible: Reversible::Partly,
            detail,
        });
    }
    if let Err(fault) = within_limit(seen.len()) {
        plan.obstacles.push(Obstacle::new(&fault.code, fault.message, true));
    }
    if let Some(text) = known.warning(&device.id) {
        plan.obstacles.push(Obstacle::new("widely_used", text, false));
    }
    Ok(plan)
}

fn add(plan: &mut Plan, link: &dyn DeviceLink, leaf: &Leaf) {
    if leaf.refused.is_some() {
        return;
    }
    let one = link.plan(leaf.kind, &leaf.target);
    plan.steps.extend(one.steps);
    plan.obstacles.extend(one.obstacles);
    if leaf.kind == ActionType::QuarantineFile && plan.witnesses.is_empty() {
        plan.witnesses = one.witnesses;
    }
}

/// What taking the whole back would meet: what each part would meet.
pub(crate) fn plan_undo(
    engine: &Engine,
    action: &Action,
    one: fn(&Engine, &Action) -> Result<Plan, Fault>,
) -> Result<Plan, Fault> {
    let parts = engine.read(|r| Ok(r.parts_of(&action.id)?))?;
    let mut plan = Plan::default();
    for part in parts.iter().rev().filter(|p| p.undo_offer().is_ok()) {
        let next = one(engine, part)?;
        plan.steps.extend(next.steps);
        for obstacle in next.obstacles {
            if !plan.obstacles.contains(&obstacle) {
                plan.obstacles.push(obstacle);
            }
        }
    }
    Ok(plan)
}

/// Counts and parts, by device; none for an action without parts.
pub(crate) fn spread_of(r: &Reader, directory: &Directory, action: &Action) -> Result<Option<view::Spread>, Stop> {
    if action.kind != ActionType::StopAndQuarantineFile {
        return Ok(None);
    }
    let parts = r.parts_of(&action.id)?;
    let own: Vec<&Action> = parts.iter().filter(|p| p.device_id == action.device_id).collect();
    let mut devices = vec![own_device(directory, action, &own)];
    for part in parts.iter().filter(|p| p.device_id != action.device_id) {
        let standing = standing(part.status());
        let said = (standing == Standing::Failed).then(|| fault(&part.state).message);
        devices.push(view::SpreadDevice {
            device: directory.device(&part.device_id),
            action: part.id.clone(),
            status: part.status(),
            standing,
            text: said,
        });
    }
    let count = |s: Standing| crate::actions::count(devices.iter().filter(|d| d.standing == s).count() as u64);
    Ok(Some(view::Spread {
        submitted_at: action.created_at,
        succeeded: count(Standing::Succeeded),
        failed: count(Standing::Failed),
        pending: count(Standing::Pending),
        parts: parts.iter().map(|p| directory.action(p)).collect(),
        devices,
    }))
}

/// The device it was asked for on stands as its own parts do.
fn own_device(directory: &Directory, action: &Action, own: &[&Action]) -> view::SpreadDevice {
    let here = together(own.iter().map(|p| standing(p.status())));
    let standing = if own.is_empty() { standing(action.status()) } else { here };
    let failed = own.iter().filter(|p| assize_domain::spread::standing(p.status()) == Standing::Failed);
    let text: Vec<String> = failed.map(|p| fault(&p.state).message).collect();
    let alone = (own.is_empty() && standing == Standing::Failed).then(|| fault(&action.state).message);
    view::SpreadDevice {
        device: directory.device(&action.device_id),
        action: action.id.clone(),
        status: action.status(),
        standing,
        text: if text.is_empty() { alone } else { Some(text.join(" ")) },
    }
}

/// How far it is, in one line.
pub(crate) fn tell(r: &Reader, action: &Action) -> Result<Option<String>, Stop> {
    if action.kind != ActionType::StopAndQuarantineFile || action.status() != ActionStatus::Running {
        return Ok(None);
    }
    let parts = Parts::read(r, &action.id)?;
    let [done, failed, open] = parts.counts();
    Ok(Some(format!("{done} of {} done, {failed} failed, {open} pending", done + failed + open)))
}
