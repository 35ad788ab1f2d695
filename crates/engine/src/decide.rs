//! What people decide about actions: approve, reject, cancel and try again. Each item keeps its own result; one that is
//! refused never stops the rest.
use crate::{
    Engine,
    directory::Directory,
    door::{ApproveActions, CancelActions, RejectActions, RetryActions},
    fault::bad_input,
    open::by,
    view,
};
use assize_domain::{
    action::{Action, ActionInput},
    id::{ActionId, ApprovalId},
    order::Fault,
    remedy::ActionType,
    role::Person,
};
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

/// One approval id per decision batch; several types need the caller's word that they are decided by type (M49, M59).
pub(crate) fn batch(
    engine: &Engine,
    ids: &[ActionId],
    group_by_type: bool,
) -> Result<BTreeMap<ActionType, ApprovalId>, Fault> {
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
