//! From what a device observed to one verdict for each thing, with its reasons: findings are weighed, then verdicts
//! travel along relations until nothing new follows (spec 2.3 rows 3–4; issue of relations: a bad file makes its
//! process, task and startup item bad; a bad process or task makes the file it brought along suspicious).
use crate::{
    entity::{Entity, Relation, StartupKind},
    folders::FolderLists,
    group::OsPlatform,
    id::GroupId,
    indicator::{Indicator, IndicatorAction, IndicatorKind, winning},
    location::{Location, LocationClass, locate},
    time::Stamp,
    verdict::{Finding, FindingSource, Reason, Verdict, Weight},
};
use serde::{Deserialize, Serialize};

/// One thing a device looked at, before anybody judged it. `key` is its place in the device's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    pub key: u32,
    pub entity: Entity,
    pub findings: Vec<Finding>,
    pub links: Vec<Link>,
}

/// This observation RELATION that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub relation: Relation,
    pub to: u32,
}

/// A judged observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub observed: Observed,
    pub verdict: Verdict,
    /// Strongest first.
    pub reasons: Vec<Reason>,
    pub location: Location,
    /// The indicator that decided (spec 2.3 rows 3 and 4).
    pub indicator: Option<(String, IndicatorAction)>,
}

/// What judging needs to know beside the observations.
pub struct Circumstances<'a> {
    pub os: OsPlatform,
    pub folders: &'a FolderLists,
    pub indicators: &'a [Indicator],
    pub group: &'a GroupId,
    pub now: Stamp,
}

/// Judges everything one device reported together.
pub fn judge(observed: Vec<Observed>, about: &Circumstances<'_>) -> Vec<Judged> {
    let mut judged: Vec<Judged> = observed.into_iter().map(|o| judge_alone(o, about)).collect();
    let index: std::collections::BTreeMap<u32, usize> =
        judged.iter().enumerate().map(|(i, j)| (j.observed.key, i)).collect();
    let links: Vec<(usize, Relation, usize)> = judged
        .iter()
        .enumerate()
        .flat_map(|(i, j)| j.observed.links.iter().map(move |l| (i, l.relation, l.to)))
        .filter_map(|(i, relation, to)| index.get(&to).map(|t| (i, relation, *t)))
        .collect();
    // Every round raises at least one verdict or is the last; there are two steps to rise.
    let mut changed = true;
    while changed {
        changed = false;
        for &(user, relation, used) in &links {
            changed |= inherit_from_used(&mut judged, user, relation, used);
            changed |= inherit_from_user(&mut judged, user, relation, used);
        }
    }
    for j in &mut judged {
        j.reasons.sort_by_key(|r| std::cmp::Reverse(r.weight));
    }
    judged
}

fn judge_alone(observed: Observed, about: &Circumstances<'_>) -> Judged {
    let location = locate(&observed.entity, about.os, about.folders);
    let (mut verdict, mut reasons) = weigh(&observed.findings);
    let mut indicator = None;
    if let Some(hit) = winning(about.indicators, &hashes(&observed.entity), about.group, about.now) {
        let said = |weight, text| {
            let said = Finding::new(FindingSource::Indicator, weight, text).rule(hit.title.clone());
            said.author(hit.created_by.clone()).version(hit.id.as_str())
        };
        match hit.action {
            IndicatorAction::Allow => {
                verdict = Verdict::NoThreatsFound;
                reasons.insert(0, said(Weight::Good, format!("Allowed by the indicator “{}”.", hit.title)));
            }
            IndicatorAction::Warn => {
                verdict = Verdict::Suspicious;
                reasons.insert(0, said(Weight::Odd, format!("Its hash is on the warn list as “{}”.", hit.title)));
            }
            IndicatorAction::Block | IndicatorAction::BlockAndRemediate => {
                verdict = Verdict::Malicious;
                reasons.insert(0, said(Weight::Bad, format!("Its hash is on the block list as “{}”.", hit.title)));
            }
            // Audit raises an alert and judges nothing.
            IndicatorAction::Audit => {}
        }
        indicator = Some((hit.title.clone(), hit.action));
    }
    Judged { observed, verdict, reasons, location, indicator }
}

/// Findings of one item → verdict and the findings that carried it. A good witness takes the weight off odd
/// findings and makes a strong one a question for a person: the witnesses disagree.
pub fn weigh(findings: &[Finding]) -> (Verdict, Vec<Reason>) {
    let has = |w| findings.iter().any(|f| f.weight == w);
    let verdict = match (has(Weight::Bad), has(Weight::Odd), has(Weight::Good), has(Weight::Unknown)) {
        (true, _, false, _) => Verdict::Malicious,
        (true, _, true, _) | (false, true, false, _) => Verdict::Suspicious,
        (false, true, true, _) | (false, false, true, _) | (false, false, false, false) => Verdict::NoThreatsFound,
        (false, false, false, true) => Verdict::Unknown,
    };
    (verdict, findings.to_vec())
}

fn hashes(entity: &Entity) -> Vec<(IndicatorKind, &str)> {
    match entity {
        Entity::File { file } => {
            [(IndicatorKind::Sha256, &file.sha256), (IndicatorKind::Sha1, &file.sha1), (IndicatorKind::Md5, &file.md5)]
                .into_iter()
                .filter_map(|(kind, value)| Some((kind, value.as_deref()?)))
                .collect()
        }
        // An interpreter's own hash says nothing about the script: it runs, and that is judged through the relation.
        Entity::Process { process } if process.script.is_some() => Vec::new(),
        Entity::Process { process } => {
            process.image_sha256.as_deref().map(|h| (IndicatorKind::Sha256, h)).into_iter().collect()
        }
        Entity::Ip { ip } => vec![(IndicatorKind::Ip, &ip.address)],
        Entity::Url { url } => vec![(IndicatorKind::Url, &url.url)],
        Entity::Domain { domain } => vec![(IndicatorKind::Domain, &domain.domain)],
        Entity::Service { .. }
        | Entity::ScheduledTask { .. }
        | Entity::Driver { .. }
        | Entity::Registry { .. }
        | Entity::StartupItem { .. }
        | Entity::User { .. }
        | Entity::Device { .. } => Vec::new(),
    }
}

/// What runs or starts a bad file is as bad as the file.
fn inherit_from_used(judged: &mut [Judged], user: usize, relation: Relation, used: usize) -> bool {
    let verb = match relation {
        Relation::Runs | Relation::RunsScript => "It runs",
        Relation::Starts if loads(&judged[user].observed.entity) => "It loads",
        Relation::Starts => "It starts",
        Relation::ChildOf | Relation::DefinedIn | Relation::Holds => return false,
    };
    let file = &judged[used];
    let (verdict, weight) = match file.verdict {
        Verdict::Malicious => (Verdict::Malicious, Weight::Bad),
        Verdict::Suspicious => (Verdict::Suspicious, Weight::Odd),
        Verdict::NoThreatsFound | Verdict::Unknown => return false,
    };
    if judged[user].verdict >= verdict || allowed(&judged[user]) {
        return false;
    }
    let text =
        format!("{verb} {}, which is judged {}.", crate::text::visible(&file.observed.entity.place()), verdict.label());
    let target = &mut judged[user];
    target.verdict = verdict;
    target.reasons.push(Finding::new(FindingSource::Relation, weight, text));
    true
}

/// What it names is a library or a module, which is not started.
fn loads(entity: &Entity) -> bool {
    match entity {
        Entity::Driver { .. } => true,
        Entity::StartupItem { startup_item } => {
            matches!(startup_item.kind, StartupKind::Preload | StartupKind::ModuleList)
        }
        Entity::File { .. }
        | Entity::Process { .. }
        | Entity::Service { .. }
        | Entity::ScheduledTask { .. }
        | Entity::Registry { .. }
        | Entity::User { .. }
        | Entity::Ip { .. }
        | Entity::Url { .. }
        | Entity::Domain { .. }
        | Entity::Device { .. } => false,
    }
}

/// A file that a bad process or startup entry brought along is at least suspicious: unless somebody vouches for it
/// or it is part of the system, where the startup entry merely uses it.
fn inherit_from_user(judged: &mut [Judged], user: usize, relation: Relation, used: usize) -> bool {
    let who = &judged[user];
    let file = &judged[used];
    let says = match relation {
        // An interpreter is a tool: what it runs is the script.
        Relation::Runs if matches!(&who.observed.entity, Entity::Process { process } if process.script.is_some()) => {
            return false;
        }
        Relation::Runs | Relation::RunsScript => "It is run by",
        Relation::Starts => "It is started by",
        Relation::ChildOf | Relation::DefinedIn | Relation::Holds => return false,
    };
    let vouched = file.observed.findings.iter().any(|f| f.weight == Weight::Good) || allowed(file);
    let system = matches!(file.location.class, LocationClass::Core | LocationClass::None);
    if !who.verdict.is_bad() || file.verdict.is_bad() || vouched || system {
        return false;
    }
    let text = format!(
        "{says} {}, which is judged {}.",
        crate::text::visible(&who.observed.entity.title()),
        who.verdict.label()
    );
    let target = &mut judged[used];
    target.verdict = Verdict::Suspicious;
    target.reasons.push(Finding::new(FindingSource::Relation, Weight::Odd, text));
    true
}

fn allowed(judged: &Judged) -> bool {
    matches!(judged.indicator, Some((_, IndicatorAction::Allow)))
}
