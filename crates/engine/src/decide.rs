//! What people decide about actions: approve, reject, cancel, try again, undo, and act by themselves. Each item keeps its
//! own result; one that is refused never stops the rest.
use crate::{
    Engine,
    directory::Directory,
    door::{ApproveActions, CancelActions, RejectActions, RetryActions, RunAction, UndoActions},
    fault::{Stop, bad_input, not_found},
    open::by,
    view,
};
use assize_domain::{
    action::{Action, ActionInput, PolicySnapshot, Proposal, Source},
    entity::Entity,
    id::{ActionId, ApprovalId, InvestigationId},
    indicator::{IndicatorAction, IndicatorKind, winning},
    investigation::Scope,
    judgement::Observed,
    location::locate,
    order::Fault,
    policy::{Outcome, Ruling, TraceRow},
    question::Question,
    remedy::ActionType,
    role::{Actor, Person},
    target::Target,
    text::DevicePath,
    verdict::Verdict,
};
use assize_store::{Reader, Writer};
use std::collections::BTreeMap;

pub(crate) fn approve(engine: &Engine, who: &Person, request: ApproveActions) -> Result<view::Decision, Fault> {
    let approvals = batch(engine, &request.ids, request.group_by_type)?;
    // An action that nothing here can carry out is not approved into failure: the steps by hand are shown instead.
    let able = |action: &Action| {
        let link = engine.link_by_id(&action.device_id);
        let able = link.map_or(Ok(()), |(_, link)| link.capability(action.kind));
        able.map_err(|why| {
            Fault::new("no_executor", why, "Do it by hand as described, then reject this action with a comment.")
        })
    };
    each(engine, who, &request.ids, &approvals, request.comment.as_deref(), able, |_, approval, comment| {
        ActionInput::Approve { by: who.clone(), approval, comment }
    })
}

pub(crate) fn reject(engine: &Engine, who: &Person, request: RejectActions) -> Result<view::Decision, Fault> {
    let approvals = batch(engine, &request.ids, request.group_by_type)?;
    each(
        engine,
        who,
        &request.ids,
        &approvals,
        request.comment.as_deref(),
        |_| Ok(()),
        |_, approval, comment| ActionInput::Reject { by: who.clone(), approval, comment },
    )
}

pub(crate) fn cancel(engine: &Engine, who: &Person, request: CancelActions) -> Result<view::Decision, Fault> {
    let none = BTreeMap::new();
    each(
        engine,
        who,
        &request.ids,
        &none,
        request.comment.as_deref(),
        |_| Ok(()),
        |_, _, comment| ActionInput::Cancel { by: who.clone(), comment },
    )
}

pub(crate) fn retry(engine: &Engine, who: &Person, request: RetryActions) -> Result<view::Decision, Fault> {
    let none = BTreeMap::new();
    each(engine, who, &request.ids, &none, None, |_| Ok(()), |_, _, _| ActionInput::Retry { by: who.clone() })
}

pub(crate) fn undo(engine: &Engine, who: &Person, request: UndoActions) -> Result<view::Decision, Fault> {
    batch(engine, &request.ids, false)?;
    let none = BTreeMap::new();
    let conflict = request.conflict.clone();
    let allowed = |action: &Action| engine.read(|r| still_blocked(r, engine, action));
    each(engine, who, &request.ids, &none, request.reason.as_deref(), allowed, |_, _, reason| ActionInput::Undo {
        by: who.clone(),
        reason,
        conflict: conflict.clone(),
    })
}

/// Spec 5.2 rule 5: what a block indicator names would be caught again at once.
fn still_blocked(r: &Reader, engine: &Engine, action: &Action) -> Result<(), Stop> {
    let Target::File { sha256, .. } = &action.target else { return Ok(()) };
    let directory = Directory::read(r)?;
    let indicators = r.indicators()?;
    let group = directory.group_of_id(&action.device_id);
    let hit = winning(&indicators, &[(IndicatorKind::Sha256, sha256)], &group.id, engine.now());
    match hit {
        Some(i) if matches!(i.action, IndicatorAction::Block | IndicatorAction::BlockAndRemediate) => Err(Fault::new(
            "still_blocked",
            format!("The block indicator “{}” names this file, so it would be caught again at once.", i.title),
            "Remove that indicator or change it to allow, then undo.",
        )
        .into()),
        Some(_) | None => Ok(()),
    }
}

/// One approval id per decision batch; several types need the caller's word that they are decided by type (M49, M59).
fn batch(engine: &Engine, ids: &[ActionId], group_by_type: bool) -> Result<BTreeMap<ActionType, ApprovalId>, Fault> {
    if ids.is_empty() {
        return Err(bad_input("No action was named.", "Select at least one."));
    }
    let mut approvals = BTreeMap::new();
    for id in ids {
        let kind = engine.read(|r| Ok(r.action(id)?.value.kind))?;
        approvals.entry(kind).or_insert_with(|| ApprovalId(engine.new_id()));
    }
    if approvals.len() > 1 && !group_by_type {
        let names: Vec<&str> = approvals.keys().map(|k| k.label()).collect();
        return Err(Fault::new(
            "mixed_types",
            format!("These actions are of different types: {}.", names.join(", ")),
            "Decide them type by type, or ask for that with --group-by-type.",
        ));
    }
    Ok(approvals)
}

fn each(
    engine: &Engine,
    who: &Person,
    ids: &[ActionId],
    approvals: &BTreeMap<ActionType, ApprovalId>,
    comment: Option<&str>,
    allowed: impl Fn(&Action) -> Result<(), Fault>,
    input: impl Fn(&Action, ApprovalId, Option<String>) -> ActionInput,
) -> Result<view::Decision, Fault> {
    let comment = comment.map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned);
    let mut results = Vec::new();
    let mut refused = Vec::new();
    let mut seen = Vec::new();
    for id in ids {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let action = engine.read(|r| Ok(r.action(id)?.value))?;
        let approval = approvals.get(&action.kind).cloned().unwrap_or_else(|| ApprovalId(String::new()));
        let stepped = allowed(&action).and_then(|()| {
            let input = input(&action, approval, comment.clone());
            engine.write(|w| engine.step_action(w, id, input, by(who), comment.clone()))
        });
        if let Err(fault) = stepped {
            refused.push(view::Refused { id: id.clone(), fault });
        }
    }
    engine.read(|r| {
        let directory = Directory::read(r)?;
        for id in seen {
            results.push(directory.action(&r.action(id)?.value));
        }
        Ok(())
    })?;
    let approval_id = approvals.values().next().cloned();
    Ok(view::Decision { approval_id, results, refused })
}

/// T4: a person's own response action. The target is looked at first, so that it is exact like any other.
pub(crate) fn run(engine: &Engine, who: &Person, request: RunAction) -> Result<view::Action, Fault> {
    let comment = request.comment.trim().to_owned();
    if comment.is_empty() {
        return Err(bad_input("A comment is needed for an action of your own.", "Say in a few words why."));
    }
    let (device, link) = engine.link_by_id(&request.device)?;
    link.capability(request.kind).map_err(|why| Fault::new("no_executor", why, "See the steps by hand."))?;
    let scope = match (&request.file, request.kind) {
        (Some(file), ActionType::QuarantineFile) => Scope::Paths { paths: vec![DevicePath::from(file.as_str())] },
        (None, ActionType::QuarantineFile) => return Err(bad_input("Which file?", "Name it with --file.")),
        (_, ActionType::KillProcess) if request.pid.is_none() => {
            return Err(bad_input("Which process?", "Name it with --pid."));
        }
        (_, ActionType::KillProcess) => Scope::Paths { paths: Vec::new() },
        _other_kinds => {
            return Err(Fault::new(
                "not_available_yet",
                format!("“{}” cannot be started by hand in this version.", request.kind.label()),
                "Quarantine a file and kill a process can.",
            ));
        }
    };
    let question = Question::new(InvestigationId(engine.new_id()), scope);
    let answer = link.ask(&question, &mut |_| {})?;
    let wanted = |o: &&Observed| {
        if request.kind == ActionType::QuarantineFile {
            matches!(&o.entity, Entity::File { file } if request.file.as_deref() == Some(file.path.as_str()))
        } else {
            matches!(&o.entity, Entity::Process { process } if request.pid == Some(process.pid))
        }
    };
    let named = request.file.clone().or(request.pid.map(|p| p.to_string())).unwrap_or_default();
    let observed =
        answer.observed.iter().find(wanted).ok_or_else(|| not_found("such thing on this device as", &named))?;
    let target = Target::of(&observed.entity).ok_or_else(|| {
        Fault::new("unreadable", "It could not be read, so there is nothing exact to act on.", "Nothing was touched.")
    })?;
    let folders = engine.read(crate::folder_lists::in_force)?;
    let location = locate(&observed.entity, device.os, &folders);
    engine.write(|w: &mut Writer| {
        let directory = Directory::read(w)?;
        let group = directory.group_of(&device);
        let ruling = Ruling {
            outcome: Outcome::Ask,
            decided_by_row: 0,
            trace: vec![TraceRow {
                row: 0,
                applied: true,
                text: format!("{} asked for it; levels govern automation only.", who.name),
            }],
        };
        let proposal = Proposal {
            id: ActionId(engine.new_id()),
            approval_id: ApprovalId(engine.new_id()),
            investigation_id: None,
            incident_id: None,
            evidence_id: None,
            device_id: device.id.clone(),
            kind: request.kind,
            source: if request.command_line { Source::CommandLine } else { Source::ManualResponse },
            target,
            policy: PolicySnapshot {
                group: group.name.clone(),
                level: group.level,
                verdict: Verdict::Unknown,
                reasons: observed.findings.clone(),
                class: location.class,
                classified_by: location.classified_by.clone(),
                ruling,
                folder_lists: folders.version,
            },
        };
        let stepped =
            Action::manual(proposal, who.clone(), comment, engine.now()).map_err(|r| crate::fault::from_refusal(&r))?;
        engine.insert_action(w, &stepped, Actor::Person { person: who.clone() })?;
        Ok(directory.action(&stepped.action))
    })
}
