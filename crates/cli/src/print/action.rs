//! Actions as people read them.
use super::{Text, said, time};
use assize_domain::question::{Choice, Plan};
use assize_engine::view::{Action, ActionDetail, ActionPage, Decision, TimelineRow};

pub(crate) fn listed(page: &ActionPage) -> Text {
    table(Text::default(), &page.actions, "No action fits.").more(page.actions.len(), page.total, page.next.as_deref())
}

pub(crate) fn table(text: Text, actions: &[Action], none: &str) -> Text {
    let row = |a: &Action| {
        [
            a.id.to_string(),
            said(a.kind),
            said(a.status),
            said(a.verdict),
            time(a.created_at),
            a.device.name.clone(),
            a.target_title.clone(),
        ]
    };
    let head = ["ID", "ACTION", "STATUS", "VERDICT", "SINCE", "DEVICE", "WHAT"];
    text.table(head, actions.iter().map(row).collect(), none)
}

/// One action after it was run or asked for.
pub(crate) fn brief(a: &Action) -> Text {
    let by = a.decided_by.as_ref().map(|by| match a.decided_at {
        Some(at) => format!("{by}, {}", time(at)),
        None => by.clone(),
    });
    let undo = match (&a.undo.reason, a.undo.possible) {
        (_, true) => "possible".to_owned(),
        (Some(why), false) => format!("no: {why}"),
        (None, false) => "no".to_owned(),
    };
    Text::default()
        .field("id", a.id.to_string())
        .field("status", said(a.status))
        .field("verdict", said(a.verdict))
        .field("device", a.device.name.clone())
        .field("what", a.target_title.clone())
        .field("decided by", by)
        .field("comment", a.comment.clone())
        .field("expires", a.expires_at.map(time))
        .field("changed", a.stale.as_ref().map(|s| format!("was {}, is now {}", s.was, s.now)))
        .field("result", a.result.as_ref().map(|f| format!("{} {}", f.message, f.hint)))
        .field("doing", a.progress.clone())
        .field("outcome", a.outcome.clone())
        .field("undo", undo)
        .field("kept until", if a.undo.pinned { Some("pinned".to_owned()) } else { a.undo.until.map(time) })
        .field("stuck", a.stuck.as_ref().map(|s| format!("{} {}", s.text, s.hint)))
        .field("did not hold", a.did_not_hold.as_ref().map(|c| format!("{} {}", time(c.at), c.text)))
}

pub(crate) fn shown(d: &ActionDetail) -> Text {
    let numbered = |texts: &[String]| texts.iter().map(|t| format!("  {t}")).collect::<Vec<_>>();
    let waiting = [
        format!("  approved: {}", d.if_approved),
        format!("  rejected: {}", d.if_rejected),
        format!("  left alone: {}", d.if_nothing),
    ];
    let pending = d.action.status == assize_domain::action::ActionStatus::PendingApproval;
    let mut text = Text::default().line(&d.sentence);
    text = text.lines(brief(&d.action).lines);
    text = text.heading("Why").lines(numbered(&d.action.why));
    if pending {
        text = text.heading("If it is").lines(waiting);
    }
    if !d.steps.is_empty() {
        text = text.heading("What was done").lines(numbered(&d.steps));
    }
    if !d.after.is_empty() {
        text = text.heading("What was found after").lines(numbered(&d.after));
    }
    if !d.hops.is_empty() {
        let hops = d.hops.iter().map(|h| [said(h.verb), said(h.hop), time(h.at)]).collect();
        text = text.heading("Its orders").table(["TO", "CAME TO", "AT"], hops, "");
    }
    if !d.checks.is_empty() {
        let held = |held: Option<bool>| match held {
            Some(true) => "held",
            Some(false) => "did not hold",
            None => "not known",
        };
        let rows = d.checks.iter().map(|c| [said(c.rung), held(c.held).to_owned(), time(c.at), c.text.clone()]);
        text = text.heading("Looked at again").table(["WHEN", "", "AT", "WHAT"], rows.collect(), "");
    }
    if d.more_instances > 0 {
        text = text
            .line("")
            .line(format!("{} more instances of this file can be undone with it: --instances", d.more_instances));
    }
    timeline(text.heading("What happened"), &d.timeline)
}

pub(crate) fn timeline(text: Text, rows: &[TimelineRow]) -> Text {
    let row = |r: &TimelineRow| {
        let comment = r.comment.as_ref().map(|c| format!(" “{c}”")).unwrap_or_default();
        [time(r.at), r.who.clone(), format!("{}{comment}", r.text)]
    };
    text.table(["WHEN", "WHO", "WHAT"], rows.iter().map(row).collect(), "Nothing was recorded.")
}

pub(crate) fn planned(p: &Plan) -> Text {
    let steps = p.steps.iter().map(|s| [s.what.clone(), s.target.clone(), said(s.reversible), s.detail.clone()]);
    let witnesses = p.witnesses.iter().map(|w| [said(w.says), w.name.clone(), w.detail.clone()]);
    let obstacles = p.obstacles.iter().map(|o| {
        let choices: Vec<String> = o.choices.iter().map(chosen).collect();
        [if o.blocking { "stops it" } else { "note" }.to_owned(), o.code.clone(), o.text.clone(), choices.join(" · ")]
    });
    Text::default()
        .table(["STEP", "TARGET", "REVERSIBLE", "DETAIL"], steps.collect(), "Nothing would be done.")
        .heading("Witnesses")
        .table(["SAYS", "WHO", "DETAIL"], witnesses.collect(), "None.")
        .heading("Obstacles")
        .table(["", "CODE", "WHAT", "CHOICES"], obstacles.collect(), "None.")
}

/// A way on, in the words of a call.
fn chosen(choice: &Choice) -> String {
    match choice {
        Choice::Stop => "leave it".to_owned(),
        Choice::KeepBoth => "--conflict keep_both".to_owned(),
        Choice::Replace => "--conflict replace".to_owned(),
        Choice::Elsewhere => "--conflict elsewhere=DIR".to_owned(),
        Choice::Recreate => "the folder is made again".to_owned(),
        Choice::Allow { days, group, .. } => format!("--allow {days} (in the group {group})"),
        Choice::OtherDevice { device, item } => format!("quarantine restore {item} --to DIR (kept on {device})"),
        Choice::Queue { until } => format!("it waits until {}", time(*until)),
        Choice::ReverseOrder { actions } => {
            let ids: Vec<&str> = actions.iter().map(|a| a.as_str()).collect();
            format!("undo first: {}", ids.join(", "))
        }
    }
}

pub(crate) fn decided(decision: &Decision) -> Text {
    let refused = decision.refused.iter().map(|r| format!("refused {}: {}", r.id, r.fault.message));
    table(Text::default(), &decision.results, "Nothing was decided.").lines(refused)
}
