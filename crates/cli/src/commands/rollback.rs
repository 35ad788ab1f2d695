//! `rollback`: take back everything that belongs together, the last one first.
use super::{
    Door,
    action::{Conflicted, end_of, together},
};
use crate::{
    print::{Text, action::table},
    reply::{Failure, Outcome, Reply},
    wait,
    words::moment,
};
use assize_domain::{
    action::ActionStatus,
    id::{ActionId, InvestigationId},
    order::Fault,
    time::Stamp,
};
use assize_engine::{
    door::{PlanRollback, RollBack, RollBackBy},
    view::{Rollback, RollbackPlan},
};
use clap::Args;

#[derive(Debug, Args)]
#[group(id = "all", required = true, multiple = false, args = ["incident", "investigation", "rule", "since"])]
pub(crate) struct Words {
    /// Everything that was done for this incident: its id or number.
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    #[arg(long, value_name = "ID")]
    investigation: Option<String>,
    /// Everything that this rule led to.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// Everything that automation did from this moment on.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Stamp>,
    /// The end of that time; now where nothing is said.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "since")]
    until: Option<Stamp>,
    /// Of that time also what people decided.
    #[arg(long, requires = "since")]
    people_too: bool,
    /// Show what would go back; nothing is touched.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    conflict: Conflicted,
    /// Allow the files in the groups of their devices for so many days, so that they are not caught again.
    #[arg(long, value_name = "DAYS")]
    allow: Option<u32>,
    #[arg(long, value_name = "C", required_unless_present = "dry_run")]
    comment: Option<String>,
    /// Return at once; it goes back with the next process that has the data folder open.
    #[arg(long)]
    no_wait: bool,
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    let by = all(door, &words)?;
    if words.dry_run {
        let plan = door.engine.ask(&door.who, PlanRollback { by })?;
        return Ok(Reply::new(&plan, planned(&plan)));
    }
    let request = RollBack {
        by,
        comment: words.comment.unwrap_or_default(),
        conflict: words.conflict.conflict,
        allow_days: words.allow,
    };
    let mut result = door.engine.ask(&door.who, request)?;
    if !words.no_wait {
        let ids: Vec<ActionId> = result.results.iter().map(|a| a.id.clone()).collect();
        result.results = wait::with_progress(&door.engine, || door.engine.settle_actions(&ids))?;
    }
    let fault = if words.no_wait { None } else { not_back(&result) };
    Ok(Reply::new(&result, told(&result)).but(fault))
}

fn all(door: &Door, words: &Words) -> Result<RollBackBy, Failure> {
    if let Some(id) = &words.incident {
        let id = super::incident::identified(door, id.clone())?;
        return Ok(RollBackBy::Incident { id });
    }
    if let Some(id) = &words.investigation {
        return Ok(RollBackBy::Investigation { id: InvestigationId(id.clone()) });
    }
    if let Some(name) = &words.rule {
        return Ok(RollBackBy::Rule { name: name.clone() });
    }
    let Some(since) = words.since else { return Err(Failure::Words("Say what is to be taken back.".into())) };
    // As far as any clock of ours goes.
    let until = words.until.unwrap_or(Stamp(253_402_300_799_000));
    Ok(RollBackBy::Window { since, until, people_too: words.people_too })
}

/// What is not back, in one refusal that says how to go on.
fn not_back(result: &Rollback) -> Option<Fault> {
    let mut faults: Vec<Fault> = result.refused.iter().map(|r| r.fault.clone()).collect();
    let refused = |id: &ActionId| result.refused.iter().any(|r| r.id == *id);
    faults.extend(result.results.iter().filter(|a| !refused(&a.id)).filter_map(end_of));
    let n = faults.len();
    together(faults).map(|f| Fault {
        message: format!("{n} of {} are not back. {}", result.results.len(), f.message),
        hint: "Put right what stands in the way, or say what to do about it with --conflict; then ask for the same again: it goes on with what is left.".into(),
        ..f
    })
}

fn told(result: &Rollback) -> Text {
    let back = result.results.iter().filter(|a| a.status == ActionStatus::Undone).count();
    let text = Text::default().line(format!("{back} of {} are back.", result.results.len()));
    let text = if result.done > 0 { text.line(format!("{} had gone back before.", result.done)) } else { text };
    let text = table(text, &result.results, "Nothing was left to take back.");
    let refused = result.refused.iter().map(|r| format!("refused {}: {}", r.id, r.fault.message));
    let left = result.left.iter().map(|l| format!("stays: {}: {}", l.action.target_title, l.reason));
    text.lines(refused.chain(left))
}

fn planned(plan: &RollbackPlan) -> Text {
    let actions: Vec<_> = plan.steps.iter().map(|s| s.action.clone()).collect();
    let text = Text::default().line(format!("{} would go back, in this order.", actions.len()));
    let text = table(text, &actions, "Nothing is left to take back.");
    let met = plan
        .steps
        .iter()
        .flat_map(|s| s.obstacles.iter().map(|o| format!("{}: {}", s.action.target_title, o.text)).collect::<Vec<_>>());
    let left = plan.left.iter().map(|l| format!("stays: {}: {}", l.action.target_title, l.reason));
    text.lines(met.chain(left))
}
