//! `action`: what waits for a decision, deciding it, and taking it back.
use super::Door;
use crate::{
    print::{
        Text,
        action::{brief, decided, listed, planned, shown},
        time,
    },
    reply::{Failure, Outcome, Reply},
    wait,
    words::{Paging, seconds, word},
};
use assize_domain::{
    action::{ActionStatus, Source},
    id::{ActionId, EvidenceId, InvestigationId},
    order::{Conflict, Fault},
    remedy::ActionType,
    verdict::Verdict,
};
use assize_engine::{
    door::{
        ActionSort, AllowAfterUndo, ApproveActions, CancelActions, ListActions, PlanAction, PlanRun, ReapplyAction,
        RejectActions, RetryActions, RunAction, RunScope, ShowAction, Tab, UndoActions,
    },
    view::{Action, ActionDetail, Decision},
};
use clap::{Args, Subcommand};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    List(List),
    Show {
        id: String,
    },
    /// What would change; nothing is touched.
    Plan {
        id: String,
    },
    /// Say yes, and wait until it was carried out.
    Approve {
        #[command(flatten)]
        batch: Batch,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Say no: nothing is touched.
    Reject {
        #[command(flatten)]
        batch: Batch,
    },
    /// Take a decision back before it is carried out.
    Cancel {
        #[arg(required = true)]
        ids: Vec<String>,
        #[arg(long, value_name = "C")]
        comment: Option<String>,
    },
    /// Try again what failed.
    Retry {
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Put everything back as it was.
    Undo(Undo),
    /// After an undo: allow the file in the group of its device.
    Allow {
        id: String,
        /// For so many days; for good where nothing is said.
        #[arg(long, value_name = "N")]
        days: Option<u32>,
    },
    /// After an undo that was wrong: do it again.
    Reapply {
        id: String,
        #[arg(long, value_name = "C")]
        comment: String,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// An action of your own.
    Run(Run),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// pending or history; both where none is named
    #[arg(long, value_parser = word::<Tab>)]
    tab: Option<Tab>,
    #[arg(long = "type", value_name = "T", value_parser = word::<ActionType>)]
    kind: Vec<ActionType>,
    #[arg(long, value_name = "S", value_parser = word::<ActionStatus>)]
    status: Vec<ActionStatus>,
    #[arg(long, value_name = "V", value_parser = word::<Verdict>)]
    verdict: Vec<Verdict>,
    #[arg(long, value_name = "D")]
    device: Option<String>,
    #[arg(long, value_name = "S", value_parser = word::<Source>)]
    source: Vec<Source>,
    #[arg(long, value_name = "ID")]
    investigation: Option<String>,
    /// Part of a name or path.
    #[arg(long)]
    text: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

#[derive(Debug, Args)]
pub(crate) struct Batch {
    #[arg(required = true)]
    ids: Vec<String>,
    #[arg(long, value_name = "C")]
    comment: Option<String>,
    /// Allow different types, each type as one decision.
    #[arg(long)]
    group_by_type: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Waiting {
    /// Return at once; it is carried out by the next process that has the data folder open.
    #[arg(long)]
    no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    #[arg(required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    conflict: Conflicted,
    /// Also every other instance of this file, on every device.
    #[arg(long)]
    instances: bool,
    /// Allow the file in the group of its device for so many days, so that it is not caught again.
    #[arg(long, value_name = "DAYS")]
    allow: Option<u32>,
    #[arg(long, value_name = "C")]
    comment: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
}

#[derive(Debug, Args)]
pub(crate) struct Conflicted {
    /// When its place is taken: stop, keep_both, replace or elsewhere=DIR
    #[arg(long, value_parser = conflict, default_value = "stop")]
    pub(crate) conflict: Conflict,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[arg(value_name = "TYPE", value_parser = word::<ActionType>)]
    kind: ActionType,
    #[arg(long, value_name = "D")]
    device: String,
    #[arg(long, value_name = "P")]
    file: Option<String>,
    #[arg(long, value_name = "H")]
    sha256: Option<String>,
    #[arg(long, value_name = "N")]
    pid: Option<u32>,
    /// The exact name of a unit, like cups.service
    #[arg(long, value_name = "S")]
    service: Option<String>,
    /// What it is about, as an investigation found it.
    #[arg(long, value_name = "ID")]
    evidence: Option<String>,
    /// Isolation: full or selective. Scan: quick or full.
    #[arg(long, value_name = "X", value_parser = word::<RunScope>)]
    scope: Option<RunScope>,
    /// An address or network that a selective isolation leaves reachable, or one of the words dhcp and dns.
    #[arg(long, value_name = "ADDR")]
    allow: Vec<String>,
    /// Isolation and restriction: taken back by itself after that time, like 4h
    #[arg(long = "for", value_name = "DURATION", value_parser = seconds)]
    duration: Option<u32>,
    #[arg(long, value_name = "C", required_unless_present = "dry_run")]
    comment: Option<String>,
    /// Show what would change; nothing is touched.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    waiting: Waiting,
}

fn conflict(text: &str) -> Result<Conflict, String> {
    if let Some(folder) = text.strip_prefix("elsewhere=") {
        let folder = super::local(Path::new(folder)).map_err(|f| match f {
            Failure::Words(message) => message,
            Failure::Refused(fault) => fault.message,
        })?;
        return Ok(Conflict::Elsewhere { folder });
    }
    match text.to_ascii_lowercase().replace('-', "_").as_str() {
        "stop" => Ok(Conflict::Stop),
        "keep_both" => Ok(Conflict::KeepBoth),
        "replace" => Ok(Conflict::Replace),
        _ => Err("expected stop, keep_both, replace or elsewhere=DIR".to_owned()),
    }
}

/// What a decision asks for, to tell whether it came about.
#[derive(Clone, Copy)]
enum Asked {
    CarryOut,
    Reject,
    Cancel,
    Undo,
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::List(list) => {
            let page = door.engine.ask(&door.who, request(door, list)?)?;
            Ok(Reply::new(&page, listed(&page)))
        }
        Words::Show { id } => {
            let detail = door.engine.ask(&door.who, ShowAction { id: ActionId(id) })?;
            Ok(Reply::new(&flat(&detail), shown(&detail)))
        }
        Words::Plan { id } => {
            let plan = door.engine.ask(&door.who, PlanAction { id: ActionId(id) })?;
            Ok(Reply::new(&plan, planned(&plan)))
        }
        Words::Approve { batch: Batch { ids, comment, group_by_type }, waiting } => {
            let request = ApproveActions { ids: named(ids), comment, group_by_type };
            end(door, door.engine.ask(&door.who, request)?, Asked::CarryOut, &waiting)
        }
        Words::Reject { batch: Batch { ids, comment, group_by_type } } => {
            let request = RejectActions { ids: named(ids), comment, group_by_type };
            Ok(reply(&door.engine.ask(&door.who, request)?, Asked::Reject))
        }
        Words::Cancel { ids, comment } => {
            Ok(reply(&door.engine.ask(&door.who, CancelActions { ids: named(ids), comment })?, Asked::Cancel))
        }
        Words::Retry { ids, waiting } => {
            end(door, door.engine.ask(&door.who, RetryActions { ids: named(ids) })?, Asked::CarryOut, &waiting)
        }
        Words::Undo(undo) => {
            let request = UndoActions {
                ids: named(undo.ids),
                reason: undo.comment,
                conflict: undo.conflict.conflict,
                instances: undo.instances,
                allow_days: undo.allow,
            };
            end(door, door.engine.ask(&door.who, request)?, Asked::Undo, &undo.waiting)
        }
        Words::Allow { id, days } => {
            let indicator = door.engine.ask(&door.who, AllowAfterUndo { id: ActionId(id), days })?;
            let until =
                indicator.expires_at.map_or_else(|| "for good".to_owned(), |end| format!("until {}", time(end)));
            let text = Text::default().line(format!("“{}”, {until}.", indicator.title));
            Ok(Reply::new(&indicator, text))
        }
        Words::Reapply { id, comment, waiting } => {
            let request = ReapplyAction { id: ActionId(id), comment, command_line: true };
            let action = door.engine.ask(&door.who, request)?;
            ended(door, action, &waiting)
        }
        Words::Run(words) => own(door, words),
    }
}

fn named(ids: Vec<String>) -> Vec<ActionId> {
    ids.into_iter().map(ActionId).collect()
}

fn request(door: &Door, list: List) -> Result<ListActions, Fault> {
    Ok(ListActions {
        tab: list.tab,
        kind: list.kind,
        status: list.status,
        device: list.device.map(|d| door.device(d)).transpose()?,
        source: list.source,
        investigation: list.investigation.map(InvestigationId),
        verdict: list.verdict,
        text: list.text,
        // By a time that never changes, so that following the pages loses nothing when something is decided meanwhile.
        sort: ActionSort::Created,
        descending: true,
        limit: list.paging.limit,
        after: list.paging.after,
        ..ListActions::default()
    })
}

/// The action itself, as the contract has it, with everything else about it beside its fields.
fn flat(detail: &ActionDetail) -> serde_json::Value {
    let mut document = serde_json::to_value(detail).expect("BUG: every shape of the door is plain JSON");
    let action = document.as_object_mut().and_then(|d| d.remove("action"));
    if let (Some(all), Some(serde_json::Value::Object(action))) = (document.as_object_mut(), action) {
        all.extend(action);
    }
    document
}

fn end(door: &Door, mut decision: Decision, asked: Asked, waiting: &Waiting) -> Outcome {
    if waiting.no_wait {
        return Ok(reply_unended(&decision));
    }
    let ids: Vec<ActionId> = decision.results.iter().map(|a| a.id.clone()).collect();
    decision.results = wait::with_progress(&door.engine, || door.engine.settle_actions(&ids))?;
    Ok(reply(&decision, asked))
}

fn own(door: &Door, words: Run) -> Outcome {
    let device = door.device(words.device)?;
    let request = RunAction {
        kind: words.kind,
        device,
        file: words.file,
        sha256: words.sha256,
        pid: words.pid,
        service: words.service,
        evidence: words.evidence.map(EvidenceId),
        scope: words.scope,
        allow: words.allow,
        for_seconds: words.duration,
        comment: words.comment.unwrap_or_default(),
        command_line: true,
    };
    if words.dry_run {
        let plan = wait::with_progress(&door.engine, || door.engine.ask(&door.who, PlanRun { action: request }))?;
        return Ok(Reply::new(&plan, planned(&plan)));
    }
    let action = wait::with_progress(&door.engine, || door.engine.ask(&door.who, request))?;
    ended(door, action, &words.waiting)
}

/// One action of a person's own, after its end unless nobody waits.
fn ended(door: &Door, mut action: Action, waiting: &Waiting) -> Outcome {
    if waiting.no_wait {
        return Ok(Reply::new(&action, brief(&action)));
    }
    let ended = wait::with_progress(&door.engine, || door.engine.settle_actions(std::slice::from_ref(&action.id)))?;
    action = ended.into_iter().next().unwrap_or(action);
    Ok(Reply::new(&action, brief(&action)).but(otherwise(&action, Asked::CarryOut)))
}

fn reply_unended(decision: &Decision) -> Reply {
    let refused = decision.refused.iter().map(|r| r.fault.clone()).collect();
    Reply::new(decision, decided(decision)).but(together(refused))
}

fn reply(decision: &Decision, asked: Asked) -> Reply {
    let is_refused = |a: &&Action| decision.refused.iter().any(|r| r.id == a.id);
    let mut faults: Vec<Fault> = decision.refused.iter().map(|r| r.fault.clone()).collect();
    faults.extend(decision.results.iter().filter(|a| !is_refused(a)).filter_map(|a| otherwise(a, asked)));
    Reply::new(decision, decided(decision)).but(together(faults))
}

/// Several reasons as one error: the code where they agree, every sentence once.
pub(crate) fn together(faults: Vec<Fault>) -> Option<Fault> {
    let first = faults.first()?.clone();
    if faults.len() == 1 {
        return Some(first);
    }
    let same = faults.iter().all(|f| f.code == first.code);
    let mut sentences: Vec<String> = Vec::new();
    for f in faults {
        if !sentences.contains(&f.message) {
            sentences.push(f.message);
        }
    }
    Some(Fault {
        code: if same { first.code } else { "not_all".to_owned() },
        message: sentences.join(" "),
        hint: first.hint,
    })
}

/// How an undo ended, where it is not back.
pub(crate) fn end_of(a: &Action) -> Option<Fault> {
    otherwise(a, Asked::Undo)
}

/// How it ended, where that is not what was asked for. What still waits for its device may yet come about, and what
/// was gone already needs nothing more.
fn otherwise(a: &Action, asked: Asked) -> Option<Fault> {
    let as_asked = match asked {
        Asked::CarryOut => matches!(
            a.status,
            ActionStatus::Completed
                | ActionStatus::Skipped
                | ActionStatus::Approved
                | ActionStatus::Queued
                | ActionStatus::WaitingForDevice
                | ActionStatus::Running
        ),
        Asked::Reject => a.status == ActionStatus::Rejected,
        // Cancelling an undo that had not begun leaves what was done before.
        Asked::Cancel => matches!(a.status, ActionStatus::Cancelled | ActionStatus::Completed),
        // A release of what had not begun yet cancels it.
        Asked::Undo => {
            let released = a.kind.lasts() && matches!(a.status, ActionStatus::Cancelled | ActionStatus::Running);
            released || matches!(a.status, ActionStatus::Undone | ActionStatus::Undoing)
        }
    };
    if as_asked {
        return None;
    }
    if let Some(stale) = &a.stale {
        return Some(Fault::new(
            "stale",
            format!(
                "{} changed since it was judged: was {}, is now {}. Nothing was touched.",
                a.target_title, stale.was, stale.now
            ),
            "Look at it again and decide anew.",
        ));
    }
    Some(match &a.result {
        Some(result) => {
            Fault::new(&result.code, format!("{}: {}", a.target_title, result.message), result.hint.clone())
        }
        None => Fault::new(
            "ended_otherwise",
            format!("{} is {}.", a.target_title, a.status.code().replace('_', " ")),
            "See assizectl action show for what happened.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_taken_is_answered_in_one_of_four_ways() {
        assert_eq!(conflict("keep-both"), Ok(Conflict::KeepBoth));
        assert_eq!(conflict("elsewhere=/srv/back"), Ok(Conflict::Elsewhere { folder: "/srv/back".to_owned() }));
        assert!(conflict("elsewhere=").is_err(), "a folder is needed");
        assert!(conflict("maybe").is_err());
    }

    #[test]
    fn reasons_that_agree_keep_their_code() {
        let fault = |code: &str, message: &str| Fault::new(code, message, "");
        assert_eq!(together(vec![]), None);
        let same = together(vec![fault("expired", "A."), fault("expired", "A."), fault("expired", "B.")]).unwrap();
        assert_eq!((same.code.as_str(), same.message.as_str()), ("expired", "A. B."));
        assert_eq!(together(vec![fault("a", "A."), fault("b", "B.")]).unwrap().code, "not_all");
    }
}
