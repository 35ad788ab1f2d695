//! Actions as people read them.
use super::{Text, said, time};
use assize_domain::question::Plan;
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
        .field("undo", undo)
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
    let obstacles = p
        .obstacles
        .iter()
        .map(|o| [if o.blocking { "stops it" } else { "note" }.to_owned(), o.code.clone(), o.text.clone()]);
    Text::default()
        .table(["STEP", "TARGET", "REVERSIBLE", "DETAIL"], steps.collect(), "Nothing would be done.")
        .heading("Witnesses")
        .table(["SAYS", "WHO", "DETAIL"], witnesses.collect(), "None.")
        .heading("Obstacles")
        .table(["", "CODE", "WHAT"], obstacles.collect(), "None.")
}

pub(crate) fn decided(decision: &Decision) -> Text {
    let refused = decision.refused.iter().map(|r| format!("refused {}: {}", r.id, r.fault.message));
    table(Text::default(), &decision.results, "Nothing was decided.").lines(refused)
}
