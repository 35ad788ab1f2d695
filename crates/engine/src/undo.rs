//! Taking back (spec 5): what stands in the way is told before the button is pressed, with what may be chosen; then one
//! action, several of one type, or every instance of a file; and what is offered afterwards.
use crate::{
    Engine,
    decide::batch,
    directory::Directory,
    door::{AllowAfterUndo, ReapplyAction, RunAction, UndoActions},
    fault::{Stop, bad_input, from_refusal},
    open::by,
    view,
};
use assize_domain::{
    action::{Action, ActionInput, ActionState, ActionStatus, DEVICE_WAIT, Finished, Notes, Proposal, Source},
    entity::Entity,
    id::{ActionId, ApprovalId, IndicatorId},
    indicator::{Indicator, IndicatorAction, IndicatorKind, winning},
    order::{Conflict, Fault},
    question::{Choice, Obstacle, Plan},
    record::Subject,
    remedy::ActionType,
    role::Person,
    target::Target,
    text::visible,
    time::Span,
    verdict::{FindingSource, Weight},
};
use assize_store::{Reader, Writer};
use std::collections::BTreeMap;

/// How long an allow indicator that is offered after an undo holds (spec 5.4).
pub(crate) const ALLOW_DAYS: u32 = 30;

pub(crate) fn undo(engine: &Engine, who: &Person, request: UndoActions) -> Result<view::Decision, Fault> {
    let mut ids = request.ids;
    if request.instances {
        let more = instances(engine, &ids)?;
        ids.extend(more);
    }
    let approvals = batch(engine, &ids, false)?;
    let wish = Wish { reason: request.reason, conflict: request.conflict, allow_days: request.allow_days };
    take_back(engine, who, &ids, &approvals, &wish)
}

/// How a person wants it taken back.
pub(crate) struct Wish {
    pub(crate) reason: Option<String>,
    pub(crate) conflict: Conflict,
    pub(crate) allow_days: Option<u32>,
}

/// Every other quarantined file with the same content as these.
fn instances(engine: &Engine, ids: &[ActionId]) -> Result<Vec<ActionId>, Fault> {
    engine.read(|r| {
        let mut more = Vec::new();
        for id in ids {
            let action = r.action(id)?.value;
            if action.kind != ActionType::QuarantineFile {
                let message = format!("“{}” has no other instances.", action.kind.label());
                return Err(bad_input(message, "Only quarantined files have; leave that choice out.").into());
            }
            more.extend(more_instances(r, &action)?);
        }
        Ok(more.into_iter().filter(|id| !ids.contains(id)).collect())
    })
}

/// The other actions that keep a file of the same content, on every device and in every place, and can be taken back.
pub(crate) fn more_instances(r: &Reader, action: &Action) -> Result<Vec<ActionId>, Stop> {
    let (ActionType::QuarantineFile, Target::File { sha256, .. }) = (action.kind, &action.target) else {
        return Ok(Vec::new());
    };
    let all = r.quarantined_with_content(sha256)?;
    Ok(all.into_iter().filter(|a| a.id != action.id && a.undo_offer().is_ok()).map(|a| a.id).collect())
}

/// Asks for each undo by itself: one that is refused never stops the rest.
pub(crate) fn take_back(
    engine: &Engine,
    who: &Person,
    ids: &[ActionId],
    approvals: &BTreeMap<ActionType, ApprovalId>,
    wish: &Wish,
) -> Result<view::Decision, Fault> {
    let mut seen: Vec<&ActionId> = Vec::new();
    let mut refused = Vec::new();
    for id in ids {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let action = engine.read(|r| Ok(r.action(id)?.value))?;
        if let Err(fault) = take_one_back(engine, who, &action, approvals.get(&action.kind), wish) {
            refused.push(view::Refused { id: id.clone(), fault });
        }
    }
    let results = engine.read(|r| {
        let directory = Directory::read(r)?;
        seen.iter().map(|id| Ok(directory.action(&r.action(id)?.value))).collect()
    })?;
    Ok(view::Decision { approval_id: approvals.values().next().cloned(), results, refused })
}

fn take_one_back(
    engine: &Engine,
    who: &Person,
    action: &Action,
    approval: Option<&ApprovalId>,
    wish: &Wish,
) -> Result<(), Fault> {
    let reason = wish.reason.as_deref().map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned);
    engine.write(|w| {
        if let Some(days) = wish.allow_days
            && sha256_of(&action.target).is_some()
        {
            allow(engine, w, who, action, Some(days))?;
        }
        still_blocked(w, engine, action)?;
        let input = ActionInput::Undo { by: who.clone(), reason: reason.clone(), conflict: wish.conflict.clone() };
        engine.step_action(w, &action.id, input, by(who), reason.clone())?;
        engine.note(w, &action.id, |notes| notes.undo_approval = approval.cloned())
    })
}

/// Spec 5.2 rule 5: what a block indicator names would be caught again at once.
fn still_blocked(r: &Reader, engine: &Engine, action: &Action) -> Result<(), Stop> {
    match blocking(r, engine, action)? {
        Some(title) => Err(Fault::new(
            "still_blocked",
            format!("The block indicator “{title}” names this file, so it would be caught again at once."),
            "Remove that indicator or allow the file with the undo, then undo.",
        )
        .into()),
        None => Ok(()),
    }
}

/// The title of the block indicator that would catch it again.
fn blocking(r: &Reader, engine: &Engine, action: &Action) -> Result<Option<String>, Stop> {
    let hit = deciding(r, engine, action)?;
    let blocks = |i: &Indicator| matches!(i.action, IndicatorAction::Block | IndicatorAction::BlockAndRemediate);
    Ok(hit.filter(blocks).map(|i| i.title))
}

/// The indicator that decides about the content of what an action took away.
fn deciding(r: &Reader, engine: &Engine, action: &Action) -> Result<Option<Indicator>, Stop> {
    let Some(sha256) = sha256_of(&action.target) else { return Ok(None) };
    let mut hashes = vec![(IndicatorKind::Sha256, sha256)];
    let evidence = action.evidence_id.as_ref().map(|id| r.evidence(id)).transpose()?;
    if let Some(Entity::File { file }) = evidence.as_ref().map(|e| &e.entity) {
        hashes.extend(file.sha1.as_deref().map(|h| (IndicatorKind::Sha1, h)));
        hashes.extend(file.md5.as_deref().map(|h| (IndicatorKind::Md5, h)));
    }
    let directory = Directory::read(r)?;
    let group = directory.group_of_id(&action.device_id);
    Ok(winning(&r.indicators()?, &hashes, &group.id, engine.now()).cloned())
}

/// Whether the content of an action is allowed in the group of its device already.
pub(crate) fn is_allowed(r: &Reader, engine: &Engine, action: &Action) -> Result<bool, Stop> {
    Ok(deciding(r, engine, action)?.is_some_and(|i| i.action == IndicatorAction::Allow))
}

/// The content an action is about, by which it can be allowed.
pub(crate) fn sha256_of(target: &Target) -> Option<&str> {
    match target {
        Target::File { sha256, .. } | Target::Content { sha256, .. } => Some(sha256),
        Target::Process { .. }
        | Target::ScheduledTask { .. }
        | Target::StartupItem { .. }
        | Target::Service { .. }
        | Target::Driver { .. }
        | Target::Registry { .. }
        | Target::Network { .. }
        | Target::CodeExecution { .. }
        | Target::Scan { .. }
        | Target::Package => None,
    }
}

/// What taking it back would meet, with every way on (M82). Touches nothing.
pub(crate) fn plan(engine: &Engine, action: &Action, work: &Finished) -> Result<Plan, Fault> {
    if action.kind == ActionType::StopAndQuarantineFile {
        return crate::everywhere::plan_undo(engine, action, |engine, part| match part.undo_offer() {
            Ok(work) => plan(engine, part, work),
            Err(_) => Ok(Plan::default()),
        });
    }
    let device = engine.read(|r| Ok(r.device(&action.device_id)?))?;
    let mut plan = if engine.reachable(&device) {
        engine.link(&device)?.plan_undo(&work.proof.kept, &Conflict::Stop)
    } else {
        let text = format!("{} is not there now. The undo waits for it and can be cancelled.", visible(&device.name));
        let until = engine.now().after(DEVICE_WAIT);
        let waits = Obstacle::new("device_away", text, false);
        Plan { obstacles: vec![Obstacle { choices: vec![Choice::Queue { until }], ..waits }], ..Plan::default() }
    };
    for obstacle in &mut plan.obstacles {
        choices(engine, action, work, obstacle)?;
    }
    let more = engine.read(|r| {
        let mut more = Vec::new();
        more.extend(caught_again(r, engine, action)?);
        more.extend(later(r, action)?);
        more.extend(duplicated(r, action)?);
        Ok(more)
    })?;
    plan.obstacles.extend(more);
    if work.proof.restart_needed {
        let text = "The device has to be restarted before everything is as it was.";
        plan.obstacles.push(Obstacle::new("restart_needed", text, false));
    }
    Ok(plan)
}

/// What a person may choose about an obstacle that the device told (spec 5.4).
fn choices(engine: &Engine, action: &Action, work: &Finished, obstacle: &mut Obstacle) -> Result<(), Fault> {
    if !obstacle.choices.is_empty() {
        return Ok(());
    }
    obstacle.choices = match obstacle.code.as_str() {
        "place_taken" => vec![Choice::KeepBoth, Choice::Replace, Choice::Elsewhere, Choice::Stop],
        "parent_gone" => vec![Choice::Recreate, Choice::Elsewhere],
        "parent_changed" => vec![Choice::Elsewhere, Choice::Replace, Choice::Stop],
        "vault_missing" | "vault_damaged" | "vault_key" => {
            obstacle.text.push_str(&why_gone(engine, work)?);
            elsewhere_kept(engine, action)?
        }
        _ => Vec::new(),
    };
    Ok(())
}

/// When and why a kept copy went, where that is on record.
fn why_gone(engine: &Engine, work: &Finished) -> Result<String, Fault> {
    engine.read(|r| {
        let mut said = String::new();
        for item in &work.proof.kept {
            let records = r.records_of(Subject::Vault, item.as_str())?;
            if let Some(record) = records.iter().rev().find(|r| r.entry.event == "vault_purged") {
                said = format!(" On {}: {}", record.entry.at, record.entry.text);
            }
        }
        Ok(said)
    })
}

/// Other devices that keep the same content.
fn elsewhere_kept(engine: &Engine, action: &Action) -> Result<Vec<Choice>, Fault> {
    let Some(sha256) = sha256_of(&action.target) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for device in engine.read(|r| Ok(r.devices()?))? {
        // A device that cannot be asked now keeps nothing that could be offered now.
        let vault = engine.link(&device).and_then(|link| link.vault()).unwrap_or_default();
        let same = vault.into_iter().filter(|i| i.action != action.id && i.sha256 == sha256);
        found.extend(same.map(|i| Choice::OtherDevice { device: device.name.clone(), item: i.id }));
    }
    Ok(found)
}

/// A block indicator, or whatever judged it, would catch it again.
fn caught_again(r: &Reader, engine: &Engine, action: &Action) -> Result<Option<Obstacle>, Stop> {
    let Some(sha256) = sha256_of(&action.target) else { return Ok(None) };
    let allow = vec![allow_choice(r, action, sha256)?, Choice::Stop];
    if let Some(title) = blocking(r, engine, action)? {
        let text = format!("The block indicator “{title}” names this file, so it would be caught again at once.");
        return Ok(Some(Obstacle { choices: allow, ..Obstacle::new("still_blocked", text, true) }));
    }
    if is_allowed(r, engine, action)? {
        return Ok(None);
    }
    let by_content = |s: FindingSource| match s {
        FindingSource::YaraRule
        | FindingSource::HashSignature
        | FindingSource::TestFile
        | FindingSource::Heuristic
        | FindingSource::Antivirus => true,
        FindingSource::Indicator
        | FindingSource::PackageDatabase
        | FindingSource::Relation
        | FindingSource::Analyser
        | FindingSource::Alert => false,
    };
    let reasons = &action.policy.reasons;
    let Some(reason) = reasons.iter().find(|f| f.weight == Weight::Bad && by_content(f.source)) else {
        return Ok(None);
    };
    let named = reason.rule.as_ref().map_or_else(|| reason.text.clone(), |rule| format!("the rule “{rule}”"));
    let text = format!("What judged it ({}) would find it again at the next look.", visible(&named));
    Ok(Some(Obstacle { choices: allow, ..Obstacle::new("would_be_caught", text, false) }))
}

fn allow_choice(r: &Reader, action: &Action, sha256: &str) -> Result<Choice, Stop> {
    let group = Directory::read(r)?.group_of_id(&action.device_id).name.clone();
    Ok(Choice::Allow { sha256: sha256.to_owned(), group, days: ALLOW_DAYS })
}

/// Later actions that changed the same place: undone first, the last one first.
fn later(r: &Reader, action: &Action) -> Result<Option<Obstacle>, Stop> {
    let (Some(finished), Some(place)) = (action.finished_at, path_of(&action.target)) else { return Ok(None) };
    let mut after: Vec<Action> = r
        .undoable_of_device(&action.device_id)?
        .into_iter()
        .filter(|a| (a.finished_at, &a.id) > (Some(finished), &action.id) && a.undo_offer().is_ok())
        .filter(|a| path_of(&a.target).is_some_and(|other| place == other || lies_below(place, other)))
        .collect();
    if after.is_empty() {
        return Ok(None);
    }
    after.sort_by(|a, b| (b.finished_at, &b.id).cmp(&(a.finished_at, &a.id)));
    let names: Vec<String> = after.iter().map(|a| format!("“{}” ({})", a.kind.label(), a.id)).collect();
    let text = format!("Done later in the same place: {}. Taken back first, everything fits.", names.join(", "));
    let actions = after.into_iter().map(|a| a.id).collect();
    let choices = vec![Choice::ReverseOrder { actions }, Choice::Stop];
    Ok(Some(Obstacle { choices, ..Obstacle::new("later_actions", text, false) }))
}

fn lies_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}

fn path_of(target: &Target) -> Option<&str> {
    match target {
        Target::File { path, .. }
        | Target::ScheduledTask { path, .. }
        | Target::StartupItem { path, .. }
        | Target::Service { path, .. } => Some(path.as_str()),
        Target::Driver { config_path, .. } => config_path.as_ref().map(|p| p.as_str()),
        Target::Process { .. }
        | Target::Registry { .. }
        | Target::Network { .. }
        | Target::CodeExecution { .. }
        | Target::Scan { .. }
        | Target::Package
        | Target::Content { .. } => None,
    }
}

/// Older requests for the same that have not begun: the release takes their place.
fn duplicated(r: &Reader, action: &Action) -> Result<Option<Obstacle>, Stop> {
    if !action.kind.lasts() {
        return Ok(None);
    }
    let open = r.unfinished_actions_of_device(&action.device_id)?;
    let waits = |s| matches!(s, ActionStatus::Approved | ActionStatus::Queued | ActionStatus::WaitingForDevice);
    let n = open.iter().filter(|a| a.id != action.id && a.kind == action.kind && waits(a.status())).count();
    let text = format!("{n} more of the same wait to be carried out. The release cancels them.");
    Ok((n > 0).then(|| Obstacle::new("duplicated", text, false)))
}

/// M84: an allow indicator, so that what came back is not caught again.
pub(crate) fn allow_after(engine: &Engine, who: &Person, request: AllowAfterUndo) -> Result<Indicator, Fault> {
    engine.write(|w| {
        let action = w.action(&request.id)?.value;
        if !matches!(action.status(), ActionStatus::Undone | ActionStatus::PartlyUndone) {
            let hint = "Undo it first, or allow the file together with the undo.";
            return Err(Fault::new("not_now", "It has not been undone, so there is nothing to allow.", hint).into());
        }
        allow(engine, w, who, &action, request.days)
    })
}

/// Allows the content of an action in the group of its device. One that is allowed already stays so, for the longer time.
fn allow(engine: &Engine, w: &mut Writer, who: &Person, action: &Action, days: Option<u32>) -> Result<Indicator, Stop> {
    let Some(sha256) = sha256_of(&action.target) else {
        let hint = "Change the rule that found it, or exclude its folder.";
        return Err(Fault::new("no_content", "It has no content by which it could be allowed.", hint).into());
    };
    if days == Some(0) {
        return Err(bad_input("That is no time it could hold.", "Name a number of days.").into());
    }
    let group = Directory::read(w)?.group_of_id(&action.device_id).clone();
    let expires_at = days.map(|d| engine.now().after(Span::days(i64::from(d))));
    let same =
        |i: &&Indicator| i.kind == IndicatorKind::Sha256 && i.value == sha256 && i.group.as_ref() == Some(&group.id);
    let standing = w.indicators()?.iter().find(same).cloned();
    if let Some(stands) = &standing {
        let longer = stands.expires_at.is_none_or(|end| expires_at.is_some_and(|wanted| end >= wanted));
        if stands.action == IndicatorAction::Allow && longer {
            return Ok(stands.clone());
        }
        w.remove_indicator(&stands.id)?;
        let text = format!("Indicator “{}” gives way to an allow indicator.", stands.title);
        let mut entry = engine.entry(by(who), Subject::Indicator, stands.id.as_str(), "indicator_removed", text);
        entry.detail = serde_json::to_string(stands).ok();
        w.append(&entry)?;
    }
    let title = format!("Allowed after an undo: {}", visible(&action.target.title()));
    let indicator = Indicator {
        id: IndicatorId(engine.new_id()),
        kind: IndicatorKind::Sha256,
        value: sha256.to_owned(),
        action: IndicatorAction::Allow,
        title: title.clone(),
        group: Some(group.id.clone()),
        expires_at,
        created_at: engine.now(),
        created_by: who.name.clone(),
    };
    w.insert_indicator(&indicator)?;
    let text = format!("Indicator “{title}” added for the group {}.", group.name);
    let mut entry = engine.entry(by(who), Subject::Indicator, indicator.id.as_str(), "indicator_added", text);
    entry.detail = serde_json::to_string(&indicator).ok();
    w.append(&entry)?;
    Ok(indicator)
}

/// T27: the undo was wrong; it is done again, as a new action of the same exact thing as it is now.
pub(crate) fn reapply(engine: &Engine, who: &Person, request: ReapplyAction) -> Result<view::Action, Fault> {
    let comment = request.comment.trim().to_owned();
    if comment.is_empty() {
        return Err(bad_input("A comment is needed to do it again.", "Say in a few words why."));
    }
    let first = engine.read(|r| Ok(r.action(&request.id)?.value))?;
    if !matches!(first.state, ActionState::Undone { .. } | ActionState::PartlyUndone { .. }) {
        let message = "Only what was undone can be done again.";
        return Err(Fault::new("not_now", message, "Nothing was changed. Look at the action as it is now."));
    }
    let (_, link) = engine.link_by_id(&first.device_id)?;
    crate::response::able(link.as_ref(), first.kind)?;
    // What came back is another file on the disk, so it is looked for again; its content has to be the same.
    let target = if let Target::File { path, sha256, .. } = &first.target {
        let asked = RunAction {
            file: Some(path.as_str().to_owned()),
            sha256: Some(sha256.clone()),
            ..RunAction::about(first.kind, &first.device_id)
        };
        crate::response::exact_target(engine, &asked)?
    } else {
        first.target.clone()
    };
    engine.write(|w| {
        let proposal = Proposal {
            id: ActionId(engine.new_id()),
            approval_id: ApprovalId(engine.new_id()),
            investigation_id: first.investigation_id.clone(),
            incident_id: first.incident_id.clone(),
            evidence_id: first.evidence_id.clone(),
            device_id: first.device_id.clone(),
            kind: first.kind,
            source: if request.command_line { Source::CommandLine } else { Source::ManualResponse },
            target: target.clone(),
            policy: first.policy.clone(),
        };
        let mut stepped =
            Action::manual(proposal, who.clone(), comment.clone(), engine.now()).map_err(|r| from_refusal(&r))?;
        stepped.action.notes.reapplies = Some(first.id.clone());
        stepped.event = "T27";
        engine.insert_action(w, &stepped, by(who))?;
        engine.note(w, &first.id, |notes| notes.reapplied = Some(stepped.action.id.clone()))?;
        Ok(Directory::read(w)?.action(&stepped.action))
    })
}

impl Engine {
    /// Remembers something about an action beside its state.
    pub(crate) fn note(&self, w: &mut Writer, id: &ActionId, change: impl FnOnce(&mut Notes)) -> Result<(), Stop> {
        let stored = w.action(id)?;
        let mut action = stored.value.clone();
        change(&mut action.notes);
        if action != stored.value {
            w.replace_action(&stored, &action)?;
        }
        Ok(())
    }
}

/// What is offered after an undo (M84).
pub(crate) fn after_undo(directory: &Directory, action: &Action) -> Option<view::AfterUndo> {
    if !matches!(action.state, ActionState::Undone { .. } | ActionState::PartlyUndone { .. }) {
        return None;
    }
    let allow_indicator = sha256_of(&action.target).map(|sha256| view::AllowOffer {
        sha256: sha256.to_owned(),
        group: directory.group_of_id(&action.device_id).name.clone(),
        days: ALLOW_DAYS,
    });
    let classify_incident = action.incident_id.clone();
    Some(view::AfterUndo { allow_indicator, classify_incident, reapply: action.notes.reapplied.is_none() })
}
