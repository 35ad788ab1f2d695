//! Investigations as people read them.
use super::{Text, action, said, time};
use assize_domain::verdict::Verdict;
use assize_engine::view::{Evidence, Investigation, InvestigationPage, InvestigationRow};

pub(crate) fn listed(page: &InvestigationPage) -> Text {
    let rows = page.investigations.iter().map(row).collect();
    let head = ["ID", "STATE", "WAITING", "STARTED", "DEVICE", "NAME"];
    let text = Text::default().table(head, rows, "No investigation fits.");
    text.more(page.investigations.len(), page.total, page.next.as_deref())
}

pub(crate) fn row(i: &InvestigationRow) -> [String; 6] {
    [
        i.id.to_string(),
        i.state_label.clone(),
        i.pending_actions.to_string(),
        time(i.started_at),
        i.device.name.clone(),
        i.name.clone(),
    ]
}

pub(crate) fn shown(i: &Investigation) -> Text {
    let bad: Vec<&Evidence> = i.evidence.iter().filter(|e| e.verdict.is_bad()).collect();
    let fine = i.evidence.len() - bad.len();
    let undone = (i.undone > 0).then(|| format!("{} of its actions were taken back since", i.undone));
    let mut text = Text::default()
        .line(format!("{}: {}", i.name, i.state_label))
        .line(&i.state_text)
        .field("id", i.id.to_string())
        .field("device", i.device.name.clone())
        .field("level", i.device.level.label().to_owned())
        .field("verdict", said(i.verdict))
        .field("comment", i.trigger_comment.clone())
        .field("started", time(i.started_at))
        .field("ended", i.ended_at.map(time))
        .field("incident", i.incident_number.map(|n| format!("#{n}")))
        .field("undone", undone)
        .heading(&format!("Evidence ({fine} more without anything bad, {} files examined)", i.examined_files));
    text = evidence(text, &bad, "Nothing bad was found.");
    action::table(text.heading("Actions"), &i.actions, "No action was needed.")
}

pub(crate) fn evidence(text: Text, items: &[&Evidence], none: &str) -> Text {
    let row = |e: &&Evidence| {
        let reason = e.reasons.first().map(|r| r.text.clone()).unwrap_or_default();
        [said(e.verdict), said(e.entity.kind()), said(e.remediation_status), e.place.clone(), reason]
    };
    let mut items = items.to_vec();
    items.sort_by_key(|e| std::cmp::Reverse(e.verdict == Verdict::Malicious));
    text.table(["VERDICT", "TYPE", "REMEDIATION", "WHERE", "WHY"], items.iter().map(row).collect(), none)
}
