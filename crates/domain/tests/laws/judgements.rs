//! From what was observed to verdicts (spec 2.3 rows 3 and 4, and the relations).
use crate::given::{self, NOW};
use assize_domain::{
    entity::{Entity, Relation, ScheduledTask, TaskKind},
    folders::FolderLists,
    group::OsPlatform,
    id::{GroupId, IndicatorId},
    indicator::{Indicator, IndicatorAction, IndicatorKind},
    judgement::{Circumstances, Judged, Link, Observed, judge, weigh},
    verdict::{Finding, FindingSource, Verdict, Weight},
};
use proptest::prelude::*;

const SHA: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn finding(weight: Weight) -> Finding {
    Finding::new(FindingSource::Heuristic, weight, "said")
}

fn observed(key: u32, entity: Entity, findings: &[Weight], links: &[(Relation, u32)]) -> Observed {
    let links = links.iter().map(|(relation, to)| Link { relation: *relation, to: *to }).collect();
    Observed { key, entity, findings: findings.iter().map(|w| finding(*w)).collect(), links }
}

fn file(key: u32, path: &str, findings: &[Weight]) -> Observed {
    let mut entity = given::file(path);
    if let Entity::File { file } = &mut entity {
        file.sha256 = Some(format!("{key:064}"));
    }
    observed(key, entity, findings, &[])
}

fn task(key: u32, command: &str, findings: &[Weight], links: &[(Relation, u32)]) -> Observed {
    let scheduled_task = ScheduledTask {
        kind: TaskKind::Cron,
        name: "t".into(),
        path: "/etc/cron.d/t".into(),
        command: command.into(),
        schedule: "@daily".into(),
        user: "root".into(),
        line: None,
        occurrence: 0,
        digest: String::new(),
        enabled: true,
    };
    observed(key, Entity::ScheduledTask { scheduled_task }, findings, links)
}

fn process(key: u32, exe: &str, script: Option<&str>, findings: &[Weight], links: &[(Relation, u32)]) -> Observed {
    observed(key, Entity::Process { process: given::process(Some(exe), script) }, findings, links)
}

fn indicator(action: IndicatorAction) -> Indicator {
    Indicator {
        id: IndicatorId::from("i"),
        kind: IndicatorKind::Sha256,
        value: SHA.into(),
        action,
        title: "Our tool".into(),
        group: None,
        expires_at: None,
        created_at: NOW,
        created_by: "ann".into(),
    }
}

fn judged(observed: Vec<Observed>, indicators: &[Indicator]) -> Vec<Judged> {
    let group = GroupId::from("g");
    let about =
        Circumstances { os: OsPlatform::Linux, folders: FolderLists::shipped(), indicators, group: &group, now: NOW };
    judge(observed, &about)
}

fn verdicts(observed: Vec<Observed>) -> Vec<Verdict> {
    judged(observed, &[]).into_iter().map(|j| j.verdict).collect()
}

fn weights() -> impl Strategy<Value = Vec<Weight>> {
    proptest::collection::vec(
        proptest::sample::select(vec![Weight::Good, Weight::Unknown, Weight::Odd, Weight::Bad]),
        0..5,
    )
}

fn relation() -> impl Strategy<Value = Relation> {
    proptest::sample::select(vec![
        Relation::Runs,
        Relation::RunsScript,
        Relation::Starts,
        Relation::ChildOf,
        Relation::DefinedIn,
        Relation::Holds,
    ])
}

proptest! {
    /// M17: an allow indicator ignores every bad sign, a block indicator every good one; the reason names it.
    #[test]
    fn an_indicator_decides_whatever_else_was_found(found in weights()) {
        let with = |action| {
            let mut one = file(1, "/tmp/x", &found);
            if let Entity::File { file } = &mut one.entity {
                file.sha256 = Some(SHA.into());
            }
            // Started by something bad: no way around the indicator by a relation either.
            let bad = task(2, "/tmp/x", &[Weight::Bad], &[(Relation::Starts, 1)]);
            judged(vec![one, bad], &[indicator(action)]).swap_remove(0)
        };
        let allowed = with(IndicatorAction::Allow);
        prop_assert_eq!(allowed.verdict, Verdict::NoThreatsFound);
        prop_assert!(allowed.reasons.iter().any(|r| r.text.contains("Our tool")));
        for action in [IndicatorAction::Block, IndicatorAction::BlockAndRemediate] {
            let blocked = with(action);
            prop_assert_eq!(blocked.verdict, Verdict::Malicious);
            prop_assert!(blocked.reasons.first().is_some_and(|r| r.weight == Weight::Bad));
        }
        prop_assert_eq!(with(IndicatorAction::Audit).verdict, judged(
            vec![file(1, "/tmp/x", &found), task(2, "/tmp/x", &[Weight::Bad], &[(Relation::Starts, 1)])], &[],
        )[0].verdict, "audit judges nothing");
    }

    /// M1: one verdict, and a witness for good never makes it worse.
    #[test]
    fn a_good_witness_never_raises_a_verdict(found in weights()) {
        let findings: Vec<Finding> = found.iter().map(|w| finding(*w)).collect();
        let mut with = findings.clone();
        with.push(finding(Weight::Good));
        prop_assert!(weigh(&with).0 <= weigh(&findings).0);
        let mut worse = findings.clone();
        worse.push(finding(Weight::Bad));
        prop_assert!(weigh(&worse).0 >= weigh(&findings).0, "nor a bad one better");
    }

    /// Only a strong witness makes anything Malicious: odd and unknown alone never do.
    #[test]
    fn nothing_becomes_malicious_without_a_strong_witness(
        found in proptest::collection::vec(weights(), 1..5),
        links in proptest::collection::vec((0u32..5, relation(), 0u32..5), 0..8),
    ) {
        let everything: Vec<Observed> = found
            .iter()
            .zip(0u32..)
            .map(|(w, key)| {
                let w: Vec<Weight> = w.iter().copied().filter(|w| *w != Weight::Bad).collect();
                let mut one = file(key, "/tmp/x", &w);
                one.links = links.iter().filter(|l| l.0 == key).map(|l| Link { relation: l.1, to: l.2 }).collect();
                one
            })
            .collect();
        prop_assert!(verdicts(everything).into_iter().all(|v| v < Verdict::Malicious));
    }

    /// Circles of relations end, no verdict falls by a relation, and everything keeps its place.
    #[test]
    fn inheritance_ends_and_only_raises(
        found in proptest::collection::vec(weights(), 1..6),
        links in proptest::collection::vec((0u32..6, relation(), 0u32..6), 0..20),
    ) {
        let of = |linked: bool| -> Vec<Observed> {
            found
                .iter()
                .zip(0u32..)
                .map(|(w, key)| {
                    let mut one = if key % 2 == 0 { file(key, "/tmp/x", w) } else { process(key, "/tmp/y", None, w, &[]) };
                    if linked {
                        one.links = links.iter().filter(|l| l.0 == key).map(|l| Link { relation: l.1, to: l.2 }).collect();
                    }
                    one
                })
                .collect()
        };
        let (alone, together) = (judged(of(false), &[]), judged(of(true), &[]));
        prop_assert_eq!(alone.len(), together.len());
        for (a, t) in alone.iter().zip(&together) {
            prop_assert_eq!(a.observed.key, t.observed.key);
            prop_assert!(t.verdict >= a.verdict, "{:?} {:?}", a.verdict, t.verdict);
        }
        for t in &together {
            for link in &t.observed.links {
                let used = together.iter().find(|j| j.observed.key == link.to);
                let runs = matches!(link.relation, Relation::Runs | Relation::RunsScript | Relation::Starts);
                if runs && used.is_some_and(|u| u.verdict == Verdict::Malicious) {
                    prop_assert_eq!(t.verdict, Verdict::Malicious, "what runs a bad file is as bad");
                }
            }
        }
    }
}

/// The relation of DEV-like cases: a known-bad file, the process that runs it, the line that starts it.
#[test]
fn a_bad_file_makes_what_runs_and_starts_it_bad() {
    let all = vec![
        task(3, "/tmp/.x/k 900", &[], &[(Relation::Starts, 1)]),
        process(2, "/tmp/.x/k", None, &[], &[(Relation::Runs, 1)]),
        file(1, "/tmp/.x/k", &[Weight::Bad]),
    ];
    let judged = judged(all, &[]);
    assert!(judged.iter().all(|j| j.verdict == Verdict::Malicious));
    assert!(judged[0].reasons.iter().any(|r| r.source == FindingSource::Relation && r.text.contains("/tmp/.x/k")));
}

/// A suspicion travels as a suspicion.
#[test]
fn an_odd_file_makes_its_process_odd_and_no_more() {
    let all = vec![process(2, "/tmp/k", None, &[], &[(Relation::Runs, 1)]), file(1, "/tmp/k", &[Weight::Odd])];
    assert_eq!(verdicts(all), [Verdict::Suspicious, Verdict::Suspicious]);
}

/// M155 in its basics: a bad line that uses a system tool does not blame the tool; what it brought along it does.
#[test]
fn a_startup_line_does_not_blame_the_system_program_it_uses() {
    let start = |path: &str, vouched: &[Weight]| {
        verdicts(vec![task(1, path, &[Weight::Bad], &[(Relation::Starts, 2)]), file(2, path, vouched)])[1]
    };
    assert_eq!(start("/usr/bin/find", &[]), Verdict::NoThreatsFound, "a core file");
    assert_eq!(start("/usr/local/bin/tool", &[Weight::Good]), Verdict::NoThreatsFound, "somebody vouches for it");
    assert_eq!(start("/usr/local/bin/tool", &[]), Verdict::Suspicious);
    assert_eq!(start("/tmp/k", &[Weight::Unknown]), Verdict::Suspicious);
}

/// An interpreter is a tool: the script is bad, the process that runs it is, the interpreter is not.
#[test]
fn an_interpreter_is_not_blamed_for_its_script() {
    let links = [(Relation::RunsScript, 1), (Relation::Runs, 3)];
    let all = vec![
        file(1, "/var/tmp/u.sh", &[Weight::Bad]),
        process(2, "/home/a/venv/bin/python3", Some("/var/tmp/u.sh"), &[], &links),
        file(3, "/home/a/venv/bin/python3", &[]),
    ];
    assert_eq!(verdicts(all), [Verdict::Malicious, Verdict::Malicious, Verdict::NoThreatsFound]);
}

/// M17: what a person allowed stays allowed when it turns up in bad company.
#[test]
fn an_allowed_program_does_not_inherit_a_verdict() {
    let mut runs = process(2, "/opt/tool", None, &[Weight::Odd], &[(Relation::Runs, 1)]);
    if let Entity::Process { process } = &mut runs.entity {
        process.image_sha256 = Some(SHA.into());
    }
    let all = vec![file(1, "/opt/tool", &[Weight::Bad]), runs];
    assert_eq!(judged(all.clone(), &[])[1].verdict, Verdict::Malicious);
    assert_eq!(judged(all, &[indicator(IndicatorAction::Allow)])[1].verdict, Verdict::NoThreatsFound);
}

/// M17: to allow an interpreter is not to allow what it runs.
#[test]
fn an_allowed_interpreter_does_not_cover_a_bad_script() {
    let mut runs = process(2, "/bin/dash", Some("/var/tmp/u.sh"), &[], &[(Relation::RunsScript, 1)]);
    if let Entity::Process { process } = &mut runs.entity {
        process.image_sha256 = Some(SHA.into());
    }
    let all = vec![file(1, "/var/tmp/u.sh", &[Weight::Bad]), runs];
    assert_eq!(judged(all, &[indicator(IndicatorAction::Allow)])[1].verdict, Verdict::Malicious);
}

/// M1: an analyser that failed says nothing about the item.
#[test]
fn a_failed_look_is_unknown_and_witnesses_that_disagree_ask_a_person() {
    let verdict = |w: &[Weight]| weigh(&w.iter().map(|w| finding(*w)).collect::<Vec<_>>()).0;
    assert_eq!(verdict(&[]), Verdict::NoThreatsFound);
    assert_eq!(verdict(&[Weight::Unknown]), Verdict::Unknown);
    assert_eq!(verdict(&[Weight::Unknown, Weight::Good]), Verdict::NoThreatsFound);
    assert_eq!(verdict(&[Weight::Unknown, Weight::Odd]), Verdict::Suspicious);
    assert_eq!(verdict(&[Weight::Bad, Weight::Good]), Verdict::Suspicious);
    assert_eq!(verdict(&[Weight::Odd, Weight::Good]), Verdict::NoThreatsFound);
}
