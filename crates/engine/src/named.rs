//! What an investigation's alerts name: asked for on the device, and heard as one witness among others once it is there.
use assize_domain::{
    alert::Severity,
    entity::Entity,
    investigation::LogRow,
    judgement::Observed,
    named::Named,
    question::Question,
    text::{DevicePath, visible},
    time::Stamp,
    verdict::{Finding, FindingSource, Verdict, Weight},
};
use std::collections::BTreeSet;

/// Files and contents that one look is told beyond everything it looks at anyway.
const MOST_FILES: usize = 1_000;

/// Things told by name in the log.
const TOLD: usize = 3;

/// The device looks at all of it.
pub(crate) fn asked(question: Question, named: &[Named]) -> Question {
    let files: BTreeSet<DevicePath> = named.iter().flat_map(Named::files).collect();
    let contents: BTreeSet<&str> = named.iter().flat_map(Named::contents).collect();
    Question {
        named: files.into_iter().take(MOST_FILES).collect(),
        contents: contents.into_iter().take(MOST_FILES).map(str::to_owned).collect(),
        ..question
    }
}

/// Another product's judgement of the very thing is a weak witness: a person may be asked, nothing acts by itself.
pub(crate) fn heard(named: &[Named], observed: &mut [Observed]) {
    for seen in observed {
        let Some(says) = named.iter().filter(|n| n.accuses(&seen.entity)).max_by_key(|n| (n.verdict, n.severity))
        else {
            continue;
        };
        let judged = match says.verdict {
            Some(Verdict::Malicious) => "malicious",
            Some(Verdict::Suspicious | Verdict::NoThreatsFound | Verdict::Unknown) | None => "suspicious",
        };
        let text = format!("{} judged it {judged} in an alert.", visible(&says.by));
        seen.findings.push(Finding::new(FindingSource::Alert, Weight::Odd, text).author(says.by.clone()));
    }
}

/// The gravest alert that names it (spec 2.3 row 6).
pub(crate) fn gravest(named: &[Named], entity: &Entity) -> Option<Severity> {
    named.iter().filter(|n| n.is(entity)).map(|n| n.severity).max()
}

/// A person is asked about what could not be judged, where a grave alert names it.
pub(crate) fn asks(named: &[Named], verdict: Verdict, entity: &Entity) -> bool {
    verdict == Verdict::Unknown && gravest(named, entity).is_some_and(|s| s >= Severity::Medium)
}

/// What was found of it, in one row of the log.
pub(crate) fn found(named: &[Named], observed: &[Observed], at: Stamp) -> Option<LogRow> {
    if named.is_empty() {
        return None;
    }
    let met = observed.iter().filter(|o| named.iter().any(|n| n.is(&o.entity)));
    let titles: BTreeSet<String> = met.map(|o| visible(&o.entity.title())).collect();
    let more = titles.len().saturating_sub(TOLD);
    let shown: Vec<String> = titles.into_iter().take(TOLD).collect();
    let text = match (shown.is_empty(), more) {
        (true, _) => "Nothing that the alerts name is here, or still here.".to_owned(),
        (false, 0) => format!("Of what the alerts name, this is here: {}.", shown.join(", ")),
        (false, n) => format!("Of what the alerts name, this is here: {} and {n} more.", shown.join(", ")),
    };
    Some(LogRow { at, action: "Look for what the alerts name".into(), status: "done".into(), text })
}
