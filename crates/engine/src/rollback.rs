//! Taking back everything that belongs together: an incident (M153), an investigation, what a rule led to, a stretch of
//! time (M85). Mixed types, the last one done first, each with its own result; what is left is taken up by asking again.
use crate::{
    Engine,
    directory::Directory,
    door::{PlanRollback, RollBack, RollBackBy},
    fault::{Stop, bad_input},
    open::by,
    undo::{self, Wish},
    view,
};
use assize_domain::{
    action::{Action, ActionStatus, Decided},
    id::{ActionId, ApprovalId},
    order::{Conflict, Fault},
    record::Subject,
    remedy::ActionType,
    role::Person,
};
use assize_store::Reader;
use std::collections::BTreeMap;

/// What goes back, in the order in which it does, and what cannot.
struct Chosen {
    back: Vec<Action>,
    left: Vec<(Action, String)>,
    /// Has gone back before, or is going.
    done: u32,
}

/// The dry run: nothing is touched.
pub(crate) fn plan(engine: &Engine, _: &Person, request: PlanRollback) -> Result<view::RollbackPlan, Fault> {
    let chosen = engine.read(|r| choose(r, &request.by))?;
    let mut obstacles = Vec::new();
    for action in &chosen.back {
        let plan = match action.undo_offer() {
            Ok(work) => undo::plan(engine, action, work)?,
            Err(_) => view::ActionPlan::default(),
        };
        // What is undone in this very step is no obstacle to it.
        let met = plan.obstacles.into_iter().filter(|o| o.code != "later_actions");
        obstacles.push(met.collect::<Vec<_>>());
    }
    engine.read(|r| {
        let directory = Directory::read(r)?;
        let steps = chosen.back.iter().zip(obstacles);
        Ok(view::RollbackPlan {
            steps: steps.map(|(a, obstacles)| view::RollbackStep { action: directory.action(a), obstacles }).collect(),
            left: left(&directory, &chosen.left),
            done: chosen.done,
        })
    })
}

pub(crate) fn roll_back(engine: &Engine, who: &Person, request: RollBack) -> Result<view::Rollback, Fault> {
    let comment = request.comment.trim().to_owned();
    if comment.is_empty() {
        return Err(bad_input("A comment is needed to take so much back.", "Say in a few words why."));
    }
    if matches!(request.conflict, Conflict::Elsewhere { .. }) {
        let hint = "Undo those actions one by one.";
        return Err(bad_input("Files of several places are not thrown together into one folder.", hint));
    }
    let chosen = engine.read(|r| choose(r, &request.by))?;
    let mut approvals: BTreeMap<ActionType, ApprovalId> = BTreeMap::new();
    for action in &chosen.back {
        approvals.entry(action.kind).or_insert_with(|| ApprovalId(engine.new_id()));
    }
    let ids: Vec<ActionId> = chosen.back.iter().map(|a| a.id.clone()).collect();
    if !ids.is_empty() {
        engine.write(|w| {
            let (subject, id) = subject(&request.by);
            let text = format!("{} actions are taken back, the last one first.", ids.len());
            let mut entry = engine.entry(by(who), subject, &id, "rolled_back", text);
            entry.comment = Some(comment.clone());
            entry.detail = serde_json::to_string(&serde_json::json!({ "by": request.by, "actions": ids })).ok();
            w.append(&entry)?;
            Ok(())
        })?;
    }
    let wish = Wish { reason: Some(comment), conflict: request.conflict, allow_days: request.allow_days };
    let decision = undo::take_back(engine, who, &ids, &approvals, &wish)?;
    engine.read(|r| {
        let directory = Directory::read(r)?;
        Ok(view::Rollback {
            approvals: approvals.iter().map(|(kind, id)| view::TypeApproval { kind: *kind, id: id.clone() }).collect(),
            results: decision.results.clone(),
            refused: decision.refused.clone(),
            left: left(&directory, &chosen.left),
            done: chosen.done,
        })
    })
}

fn left(directory: &Directory, left: &[(Action, String)]) -> Vec<view::RollbackLeft> {
    left.iter().map(|(a, why)| view::RollbackLeft { action: directory.action(a), reason: why.clone() }).collect()
}

fn subject(by: &RollBackBy) -> (Subject, String) {
    match by {
        RollBackBy::Incident { id } => (Subject::Incident, id.to_string()),
        RollBackBy::Investigation { id } => (Subject::Investigation, id.to_string()),
        RollBackBy::Rule { name } => (Subject::RulePack, name.clone()),
        RollBackBy::Window { since, until, .. } => (Subject::Action, format!("{since}/{until}")),
        RollBackBy::Actions { .. } => (Subject::Action, "chosen".to_owned()),
    }
}

/// The actions that are meant, those that can go back in reverse order of what was done. Asked again, it chooses what is
/// left: what has gone back is counted, what failed is tried again.
fn choose(r: &Reader, by: &RollBackBy) -> Result<Chosen, Stop> {
    let meant = meant(r, by)?;
    let mut chosen = Chosen { back: Vec::new(), left: Vec::new(), done: 0 };
    for action in meant {
        match action.status() {
            ActionStatus::Undone | ActionStatus::Undoing => chosen.done += 1,
            // Nothing was done, so nothing is left of it.
            ActionStatus::Failed
            | ActionStatus::Skipped
            | ActionStatus::TimedOut
            | ActionStatus::Rejected
            | ActionStatus::Expired
            | ActionStatus::Cancelled => {}
            ActionStatus::PendingApproval => {
                chosen.left.push((action, "It waits for a decision: reject it.".to_owned()));
            }
            ActionStatus::Approved | ActionStatus::Queued | ActionStatus::WaitingForDevice | ActionStatus::Running => {
                let why = "It has been decided and is on its way: cancel it, or ask again when it is done.";
                chosen.left.push((action, why.to_owned()));
            }
            ActionStatus::Completed
            | ActionStatus::PartiallyCompleted
            | ActionStatus::PartlyUndone
            | ActionStatus::UndoFailed => match action.undo_offer() {
                Ok(_) => chosen.back.push(action),
                // Whatever took nothing away has left nothing behind.
                Err(_) if !changed_something(&action) => {}
                Err(why) => chosen.left.push((action, why)),
            },
        }
    }
    // Within one moment in the reverse of the order in which one threat's actions are carried out.
    chosen.back.sort_by(|a, b| (b.finished_at, b.kind, &b.id).cmp(&(a.finished_at, a.kind, &a.id)));
    Ok(chosen)
}

fn changed_something(action: &Action) -> bool {
    !matches!(action.kind, ActionType::RunAntivirusScan | ActionType::CollectInvestigationPackage)
}

fn meant(r: &Reader, by: &RollBackBy) -> Result<Vec<Action>, Stop> {
    let all: Vec<Action> = match by {
        RollBackBy::Incident { id } => {
            r.incident(id)?;
            r.actions_of_incident(id)?
        }
        RollBackBy::Investigation { id } => {
            r.investigation(id)?;
            r.actions_of_investigation(id)?
        }
        RollBackBy::Rule { name } => {
            if name.trim().is_empty() {
                return Err(bad_input("Which rule?", "Name it as the reasons of an action do.").into());
            }
            let named = |a: &Action| a.policy.reasons.iter().any(|f| f.rule.as_deref() == Some(name.as_str()));
            r.carried_out(None, None)?.into_iter().filter(named).collect()
        }
        RollBackBy::Window { since, until, people_too } => {
            if until <= since {
                return Err(bad_input("The end lies before the beginning.", "Name the earlier moment first.").into());
            }
            let by_itself = |a: &Action| *people_too || matches!(a.decided, Some(Decided::Automation { .. }));
            r.carried_out(Some(*since), Some(*until))?.into_iter().filter(by_itself).collect()
        }
        RollBackBy::Actions { ids } => {
            ids.iter().map(|id| Ok(r.action(id)?.value)).collect::<Result<Vec<_>, Stop>>()?
        }
    };
    // What is a part goes back with its whole.
    let wholes: Vec<ActionId> = all.iter().map(|a| a.id.clone()).collect();
    Ok(all.into_iter().filter(|a| a.parent.as_ref().is_none_or(|whole| !wholes.contains(whole))).collect())
}
