//! The store as its callers meet it: what is kept, what is refused, what several processes do to one folder.
use crate::{
    ActionQuery, ActionSort, EvidenceQuery, IncidentQuery, Page, SortBy, Store, StoreError, Tab, VerdictQuery, seed,
};
use assize_domain::{
    action::{Action, ActionStatus, RemediationStatus, Source},
    alert::{AlertStatus, Severity},
    entity::{Bytes, EntityType},
    group::{AutomationLevel, UNGROUPED},
    incident::{Classification, IncidentState, Resolution},
    investigation::InvestigationStatus,
    question::Examined,
    record::Subject,
    remedy::ActionType,
    time::{Span, Stamp},
    verdict::Verdict,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

mod caution;
mod chain;
mod content;
mod imported;
mod migration;
mod processes;

const NOW: Stamp = Stamp(1_795_000_000_000);

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data")).unwrap();
    (folder, store)
}

/// Device 0 with one incident, one investigation and one alert.
fn stand(store: &Store) {
    store
        .write(|w| {
            w.insert_device(&seed::device(0, NOW))?;
            w.insert_incident(&seed::incident(0, NOW))?;
            w.insert_investigation(&seed::investigation(0, 0, InvestigationStatus::Running, NOW))?;
            w.insert_alert(&seed::alert(0, 0, NOW))
        })
        .unwrap();
}

fn put(store: &Store, i: u32, status: ActionStatus, at: Stamp) -> Action {
    let evidence = seed::evidence(i, 0, 0, at);
    let action = seed::action(i, &evidence, status, at);
    store
        .write(|w| {
            w.insert_evidence(&evidence)?;
            w.insert_action(&action)
        })
        .unwrap();
    action
}

#[test]
fn every_state_of_an_action_is_stored_and_read_back() {
    let (_folder, store) = store();
    stand(&store);
    for (i, status) in (0..).zip(ActionStatus::ALL) {
        let action = put(&store, i, status, NOW);
        assert_eq!(store.read(|r| r.action(&action.id)).unwrap().value, action, "{status:?}");
        let query = ActionQuery { status: vec![status], limit: 10, ..ActionQuery::default() };
        let page = store.read(|r| r.action_page(&query)).unwrap();
        assert_eq!(page.rows.len(), 1, "{status:?} is found by its state");
        assert_eq!(page.rows[0].action, action);
    }
}

#[test]
fn every_type_source_verdict_and_entity_of_an_action_is_stored() {
    let (_folder, store) = store();
    stand(&store);
    let evidence = seed::evidence(0, 0, 0, NOW);
    let mut i = 0;
    let mut store_one = |change: &dyn Fn(&mut Action)| {
        i += 1;
        let mut action = seed::action(i, &evidence, ActionStatus::Completed, NOW);
        action.evidence_id = None;
        change(&mut action);
        store.write(|w| w.insert_action(&action)).unwrap();
    };
    ActionType::ALL.iter().for_each(|kind| store_one(&|a| a.kind = *kind));
    Source::ALL.iter().for_each(|source| store_one(&|a| a.source = *source));
    Verdict::ALL.iter().for_each(|verdict| store_one(&|a| a.policy.verdict = *verdict));
    let entities: i64 = store.writer().db.query_row("SELECT count(*) FROM entity_type", (), |r| r.get(0)).unwrap();
    assert_eq!(entities, EntityType::ALL.len() as i64);
    for kind in EntityType::ALL {
        let known = "SELECT EXISTS (SELECT 1 FROM entity_type WHERE state = ?1)";
        assert!(store.writer().db.query_row(known, [kind.code()], |r| r.get::<_, bool>(0)).unwrap(), "{kind:?}");
    }
}

#[test]
fn every_state_of_an_investigation_is_stored_and_only_open_ones_are_open() {
    let (_folder, store) = store();
    stand(&store);
    for (i, status) in (1..).zip(InvestigationStatus::ALL) {
        let mut investigation = seed::investigation(i, 0, status, NOW);
        investigation.incident_id = None;
        store.write(|w| w.insert_investigation(&investigation)).unwrap();
        assert_eq!(store.read(|r| r.investigation(&investigation.id)).unwrap().value, investigation);
        let open = store.read(|r| r.open_investigations()).unwrap();
        assert_eq!(open.iter().any(|o| o.id == investigation.id), !status.is_final(), "{status:?}");
    }
}

#[test]
fn every_state_of_incidents_alerts_evidence_and_groups_is_stored() {
    let (_folder, store) = store();
    stand(&store);
    let resolution =
        |classification| Resolution::Decided { classification, determination: "Malware".into(), comment: None };
    let by = || "owner".to_owned();
    let states = [
        IncidentState::Active,
        IncidentState::InProgress,
        IncidentState::Resolved { at: NOW, by: by(), why: resolution(Classification::TruePositive) },
        IncidentState::Resolved { at: NOW, by: by(), why: Resolution::Automatic { reason: "All done.".into() } },
    ];
    let severities = [Severity::Informational, Severity::Low, Severity::Medium, Severity::High];
    for (i, (state, severity)) in (1..).zip(states.into_iter().zip(severities)) {
        let mut incident = seed::incident(i, NOW);
        (incident.state, incident.severity) = (state, severity);
        store.write(|w| w.insert_incident(&incident)).unwrap();
        assert_eq!(store.read(|r| r.incident(&incident.id)).unwrap().value, incident);
    }
    for status in [AlertStatus::New, AlertStatus::InProgress, AlertStatus::Resolved] {
        let alert = assize_domain::alert::Alert { status, ..seed::alert(0, 0, NOW) };
        store.write(|w| w.replace_alert(&alert)).unwrap();
        assert_eq!(store.read(|r| r.alert(&alert.id)).unwrap(), alert);
    }
    for (i, verdict) in (0..).zip(Verdict::ALL) {
        let mut evidence = seed::evidence(i, 0, 0, NOW);
        evidence.verdict = verdict;
        store.write(|w| w.insert_evidence(&evidence)).unwrap();
        for remediation in RemediationStatus::ALL {
            store.write(|w| w.set_remediation(&evidence.id, remediation, NOW)).unwrap();
            evidence.remediation = remediation;
            assert_eq!(store.read(|r| r.evidence(&evidence.id)).unwrap(), evidence);
        }
    }
    for level in AutomationLevel::ALL {
        let mut group = store.read(|r| r.group_named(UNGROUPED)).unwrap().unwrap();
        group.level = level;
        store.write(|w| w.replace_group(&group)).unwrap();
        assert_eq!(store.read(|r| r.group(&group.id)).unwrap(), group);
    }
}

#[test]
fn a_new_folder_asks_for_approval_of_everything_until_the_owner_chooses() {
    let (_folder, store) = store();
    let groups = store.read(|r| r.groups()).unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].name.as_str(), groups[0].level, groups[0].rank), (UNGROUPED, AutomationLevel::SemiAll, None));
    let refused = store.write(|w| w.remove_group(&groups[0].id)).unwrap_err();
    assert!(refused.is_not_found(), "the default group cannot be removed");
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, store) = store();
    assert_eq!(store.folder().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn of_two_who_decide_on_the_same_action_the_second_is_told() {
    let (_folder, store) = store();
    stand(&store);
    let action = put(&store, 0, ActionStatus::PendingApproval, NOW);
    let read = store.read(|r| r.action(&action.id)).unwrap();
    let decided = |status| Action { state: seed::action_state(status, NOW), ..action.clone() };
    store.write(|w| w.replace_action(&read, &decided(ActionStatus::Approved))).unwrap();
    let late = store.write(|w| w.replace_action(&read, &decided(ActionStatus::Rejected)));
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(store.read(|r| r.action(&action.id)).unwrap().status(), ActionStatus::Approved);

    let incident = store.read(|r| r.incident(&seed::incident(0, NOW).id)).unwrap();
    store.write(|w| w.replace_incident(&incident, &incident.value)).unwrap();
    let late = store.write(|w| w.replace_incident(&incident, &incident.value));
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    let investigation = store.read(|r| Ok(r.open_investigations()?.remove(0))).unwrap();
    store.write(|w| w.replace_investigation(&investigation, &investigation.value)).unwrap();
    let late = store.write(|w| w.replace_investigation(&investigation, &investigation.value));
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
}

#[test]
fn a_transition_and_its_record_are_stored_together_or_not_at_all() {
    let (_folder, store) = store();
    stand(&store);
    let action = put(&store, 0, ActionStatus::PendingApproval, NOW);
    let failed: Result<(), StoreError> = store.write(|w| {
        let read = w.action(&action.id)?;
        let next = Action { state: seed::action_state(ActionStatus::Approved, NOW), ..action.clone() };
        w.replace_action(&read, &next)?;
        w.append(&seed::entry(NOW, Subject::Action, action.id.as_str(), "T5"))?;
        assert_eq!(w.action(&action.id)?.status(), ActionStatus::Approved, "a writer sees its own writes");
        Err(StoreError::Conflict)
    });
    assert!(failed.is_err());
    assert_eq!(store.read(|r| r.action(&action.id)).unwrap().status(), ActionStatus::PendingApproval);
    assert_eq!(store.latest_seq().unwrap(), 0);

    let panicked = std::panic::catch_unwind(|| {
        store.write(|w| -> Result<(), StoreError> {
            w.append(&seed::entry(NOW, Subject::Action, "x", "T5"))?;
            panic!("in the middle of a transaction")
        })
    });
    assert!(panicked.is_err());
    assert_eq!(store.latest_seq().unwrap(), 0, "a panic takes the transaction back");
    store.write(|w| w.append(&seed::entry(NOW, Subject::Action, "x", "T5"))).unwrap();
    assert_eq!(store.latest_seq().unwrap(), 1, "and the store goes on");
}

#[test]
fn a_read_sees_one_snapshot_whatever_others_write_meanwhile() {
    let (_folder, store) = store();
    let version = store.data_version().unwrap();
    store
        .read(|r| {
            assert_eq!(r.devices()?.len(), 0);
            store.write(|w| w.insert_device(&seed::device(0, NOW)))?;
            assert_eq!(r.devices()?.len(), 0);
            Ok(())
        })
        .unwrap();
    assert_eq!(store.read(|r| r.devices()).unwrap().len(), 1);
    assert_ne!(store.data_version().unwrap(), version);
    assert_eq!(store.data_version().unwrap(), store.data_version().unwrap(), "nobody wrote in between");
}

/// M90
#[test]
fn the_incident_queue_filters_those_whose_investigation_waits_for_approval() {
    let (_folder, store) = store();
    store
        .write(|w| -> Result<(), StoreError> {
            w.insert_device(&seed::device(0, NOW))?;
            for (i, status) in [(0, InvestigationStatus::PendingApproval), (1, InvestigationStatus::Remediated)] {
                w.insert_incident(&seed::incident(i, Stamp(NOW.0 + i64::from(i))))?;
                w.insert_investigation(&seed::investigation(i, 0, status, NOW))?;
                w.insert_alert(&seed::alert(i, 0, NOW))?;
            }
            Ok(())
        })
        .unwrap();
    put(&store, 0, ActionStatus::PendingApproval, NOW);
    put(&store, 1, ActionStatus::Completed, NOW);
    let all = store.read(|r| r.incident_page(&IncidentQuery { limit: 10, ..IncidentQuery::default() })).unwrap();
    assert_eq!(all.rows.iter().map(|r| r.incident.number).collect::<Vec<_>>(), [2, 1], "newest first");
    let query = IncidentQuery {
        investigation_state: Some(InvestigationStatus::PendingApproval),
        limit: 10,
        ..IncidentQuery::default()
    };
    let page = store.read(|r| r.incident_page(&query)).unwrap();
    assert_eq!((page.total, page.rows.len()), (1, 1));
    let row = &page.rows[0];
    assert_eq!(row.incident.number, 1);
    assert_eq!(row.investigation_states, [InvestigationStatus::PendingApproval]);
    assert_eq!((row.pending_actions, row.evidence_pending, row.alerts, row.active_alerts), (1, 2, 1, 1));
    assert_eq!((row.devices.as_slice(), row.oldest_pending_at), (&["station-00".to_owned()][..], Some(NOW)));
    assert!(!row.practice);
    let by_device = IncidentQuery { text: Some("STATION-00".into()), limit: 10, ..IncidentQuery::default() };
    assert_eq!(store.read(|r| r.incident_page(&by_device)).unwrap().total, 2);
}

/// M47
#[test]
fn every_verdict_is_listed_and_says_whether_there_is_an_action() {
    let (_folder, store) = store();
    stand(&store);
    put(&store, 0, ActionStatus::PendingApproval, NOW);
    let lonely = seed::evidence(1, 0, 0, NOW);
    let device = seed::device(0, NOW).id;
    let files: Vec<Examined> = (0..40).map(examined).collect();
    store
        .write(|w| {
            w.insert_evidence(&lonely)?;
            w.upsert_examined(&device, &lonely.investigation_id, &files, NOW)?;
            w.upsert_examined(&device, &lonely.investigation_id, &files[..20], NOW.after(Span::seconds(1)))
        })
        .unwrap();
    let query = VerdictQuery { limit: 7, ..VerdictQuery::default() };
    let rows = walk(|after| store.read(|r| r.verdict_page(&VerdictQuery { after, ..query.clone() })).unwrap(), || {});
    assert_eq!(rows.len(), 42, "a second look at a file replaces the first");
    assert_eq!(rows.iter().map(|r| &r.id).collect::<BTreeSet<_>>().len(), 42);
    assert!(rows.is_sorted_by(|a, b| a.at >= b.at), "newest first");
    assert_eq!(rows.iter().filter(|r| r.has_action).count(), 1);
    let clean = VerdictQuery { verdict: vec![Verdict::NoThreatsFound], ..query };
    assert_eq!(store.read(|r| r.verdict_page(&clean)).unwrap().total, 40);
    let text = |text: &str| {
        let query = VerdictQuery { text: Some(text.into()), limit: 50, ..VerdictQuery::default() };
        store.read(|r| r.verdict_page(&query)).unwrap().total
    };
    assert_eq!((text("TOOL-3"), text("station-00"), text("updater-1.sh")), (11, 42, 1));
    let query = EvidenceQuery { without_action: true, limit: 9, ..EvidenceQuery::default() };
    assert_eq!(store.read(|r| r.evidence_page(&query)).unwrap().rows, [lonely]);
}

fn examined(i: u32) -> Examined {
    Examined {
        path: format!("/usr/bin/tool-{i}").as_str().into(),
        sha256: Some(format!("{i:064x}")),
        size: Bytes(10),
        verdict: Verdict::NoThreatsFound,
        finding: None,
    }
}

/// All rows of a list, page by page; `between` runs after each page.
fn walk<T>(mut page: impl FnMut(Option<String>) -> Page<T>, mut between: impl FnMut()) -> Vec<T> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let next = page(after);
        rows.extend(next.rows);
        between();
        after = next.next;
        if after.is_none() {
            return rows;
        }
    }
}

const ORDERS: [SortBy; 8] = [
    SortBy::Updated,
    SortBy::Created,
    SortBy::Type,
    SortBy::Device,
    SortBy::Verdict,
    SortBy::Status,
    SortBy::Expires,
    SortBy::Target,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn turning_pages_shows_every_action_once_while_others_are_stored(
        order in 0..ORDERS.len(),
        descending: bool,
        limit in 1..9_u32,
        tab in prop_oneof![Just(None), Just(Some(Tab::History)), Just(Some(Tab::Pending))],
        text in prop_oneof![Just(None), Just(Some("updater-".to_owned()))],
        newer in proptest::collection::vec((0..3_i64, 0..3_usize), 0..6),
    ) {
        let (_folder, store) = store();
        stand(&store);
        let states = [ActionStatus::PendingApproval, ActionStatus::Completed, ActionStatus::Rejected];
        for i in 0..24 {
            // Many equal keys: three times, three states.
            put(&store, i, states[(i / 3) as usize % 3], Stamp(NOW.0 + i64::from(i % 3)));
        }
        let sort = ActionSort { by: ORDERS[order], descending };
        let query = ActionQuery { sort, limit, tab, text, ..ActionQuery::default() };
        let whole = store.read(|r| r.action_page(&ActionQuery { limit: 100, ..query.clone() })).unwrap();
        let mut i = 100;
        let mut last = (0, 0);
        let rows = walk(
            |after| {
                let page = store.read(|r| r.action_page(&ActionQuery { after, ..query.clone() })).unwrap();
                last = (page.total, page.newer);
                page
            },
            || newer.iter().for_each(|(at, state)| {
                put(&store, i, states[*state], Stamp(NOW.0 + at));
                i += 1;
            }),
        );
        let ids = |rows: &[crate::ActionRow]| rows.iter().map(|r| r.action.id.clone()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&rows), ids(&whole.rows), "the same rows in the same order as on one long page");
        prop_assert_eq!(last.0, whole.total, "what was stored since is not in the total");
        let now = store.read(|r| r.action_page(&query)).unwrap();
        let seen = store.read(|r| r.action_page(&ActionQuery { snapshot: Some(whole.snapshot), ..query.clone() })).unwrap();
        prop_assert_eq!(seen.total + seen.newer, now.total, "but is counted as newer");
    }
}

#[test]
fn an_action_that_is_decided_leaves_the_pending_tab_and_is_new_in_history() {
    let (_folder, store) = store();
    stand(&store);
    let action = put(&store, 0, ActionStatus::PendingApproval, NOW);
    put(&store, 1, ActionStatus::PendingApproval, NOW);
    put(&store, 2, ActionStatus::Completed, NOW);
    let tab = |tab, snapshot| {
        let query = ActionQuery { tab: Some(tab), snapshot, limit: 10, ..ActionQuery::default() };
        store.read(|r| r.action_page(&query)).unwrap()
    };
    let before = tab(Tab::History, None);
    store
        .write(|w| {
            let read = w.action(&action.id)?;
            w.replace_action(&read, &Action { state: seed::action_state(ActionStatus::Queued, NOW), ..action.clone() })
        })
        .unwrap();
    assert_eq!(tab(Tab::Pending, Some(before.snapshot)).total, 1);
    let after = tab(Tab::History, Some(before.snapshot));
    assert_eq!((after.total, after.newer), (1, 1), "the list somebody reads does not move");
    assert_eq!(tab(Tab::History, None).total, 2);
    let counts = store.read(|r| r.counts()).unwrap();
    assert_eq!((counts.pending, counts.history, counts.running), (1, 2, 1));
    assert_eq!(counts.pending_by_type.iter().map(|(_, n)| n).sum::<u64>(), counts.pending);
}

#[test]
fn filters_of_the_action_center_are_bound_and_never_read_as_sql() {
    let (_folder, store) = store();
    stand(&store);
    let action = put(&store, 1, ActionStatus::Completed, NOW);
    put(&store, 2, ActionStatus::Rejected, NOW);
    let total = |query: ActionQuery| store.read(|r| r.action_page(&query)).unwrap().total;
    let base = ActionQuery { limit: 10, ..ActionQuery::default() };
    let text = |t: &str| total(ActionQuery { text: Some(t.into()), ..base.clone() });
    assert_eq!(text("Updater-1."), 1);
    assert_eq!(text("%"), 0, "no wildcards");
    assert_eq!(text("' OR 1=1 --"), 0);
    assert_eq!(text("  "), 2, "blank is no filter");
    assert_eq!(text(&format!("{:064X}", 1)), 1, "a whole hash finds its file");
    assert_eq!(text("station-00"), 2);
    assert_eq!(text(action.kind.label()), total(ActionQuery { kind: vec![action.kind], ..base.clone() }));
    assert_eq!(total(ActionQuery { approval: action.approval_id.clone(), ..base.clone() }), 2);
    assert_eq!(total(ActionQuery { investigation: action.investigation_id.clone(), ..base.clone() }), 2);
    assert_eq!(total(ActionQuery { device: Some(action.device_id), ..base.clone() }), 2);
    assert_eq!(total(ActionQuery { decided_by: Some("owner".into()), ..base.clone() }), 2);
    assert_eq!(
        total(ActionQuery { source: vec![action.source], status: vec![ActionStatus::Completed], ..base.clone() }),
        1
    );
    assert_eq!(total(ActionQuery { since: Some(action.updated_at.after(Span::days(9))), ..base.clone() }), 0);
    let lost = ActionQuery { after: Some("zz".into()), ..base.clone() };
    assert!(matches!(store.read(|r| r.action_page(&lost)), Err(StoreError::Cursor)));
}

#[test]
fn the_clock_finds_exactly_the_actions_it_moves() {
    let (_folder, store) = store();
    stand(&store);
    for (i, status) in (0..).zip(ActionStatus::ALL) {
        put(&store, i, status, NOW);
    }
    let states = |now| {
        let due = store.read(|r| r.due_actions(now)).unwrap();
        due.iter().map(Action::status).collect::<BTreeSet<_>>()
    };
    use ActionStatus::{PendingApproval, Undoing, WaitingForDevice};
    assert_eq!(states(NOW), BTreeSet::new());
    assert_eq!(states(NOW.after(Span::days(3))), BTreeSet::from([WaitingForDevice, Undoing]));
    assert_eq!(states(NOW.after(Span::days(7))), BTreeSet::from([PendingApproval, WaitingForDevice, Undoing]));
    assert_eq!(store.read(|r| r.open_actions()).unwrap().len(), 5);
}

#[test]
fn removing_a_practice_device_removes_what_is_about_it_and_keeps_the_records() {
    let (_folder, store) = store();
    stand(&store);
    put(&store, 0, ActionStatus::Completed, NOW);
    let device = seed::device(0, NOW).id;
    store
        .write(|w| -> Result<(), StoreError> {
            w.upsert_examined(
                &device,
                &seed::investigation(0, 0, InvestigationStatus::Running, NOW).id,
                &[examined(0)],
                NOW,
            )?;
            w.insert_device(&seed::device(1, NOW))?;
            w.insert_incident(&seed::incident(1, NOW))?;
            w.insert_investigation(&seed::investigation(1, 1, InvestigationStatus::Running, NOW))?;
            w.append(&seed::entry(NOW, Subject::Device, device.as_str(), "added"))?;
            w.remove_device(&device)
        })
        .unwrap();
    store
        .read(|r| {
            assert!(r.device(&device).is_err_and(|e| e.is_not_found()));
            assert_eq!(r.counts()?.history, 0);
            assert_eq!(r.verdict_page(&VerdictQuery { limit: 9, ..VerdictQuery::default() })?.total, 0);
            let left = r.incident_page(&IncidentQuery { limit: 9, ..IncidentQuery::default() })?;
            assert_eq!(left.rows.iter().map(|r| r.incident.number).collect::<Vec<_>>(), [2]);
            assert_eq!(r.records_of(Subject::Device, device.as_str())?.len(), 1);
            Ok(())
        })
        .unwrap();
    let number = |store: &Store| store.write(|w| w.next_incident_number()).unwrap();
    assert!(number(&store) < number(&store), "a number is never given twice");
}

/// Bad input: a full disk.
#[test]
fn a_full_disk_is_said_so_and_loses_nothing() {
    let (_folder, store) = store();
    stand(&store);
    put(&store, 0, ActionStatus::Completed, NOW);
    let pages: i64 = store.writer().db.pragma_query_value(None, "page_count", |r| r.get(0)).unwrap();
    store.writer().db.pragma_update(None, "max_page_count", pages + 3).unwrap();
    let files: Vec<Examined> = (0..5000).map(examined).collect();
    let device = seed::device(0, NOW).id;
    let investigation = seed::investigation(0, 0, InvestigationStatus::Running, NOW).id;
    let full = store.write(|w| w.upsert_examined(&device, &investigation, &files, NOW));
    assert!(matches!(full, Err(StoreError::Full)), "{full:?}");
    assert_eq!(store.read(|r| r.counts()).unwrap().history, 1, "what was stored before is still there");
    store.writer().db.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    assert_eq!(store.write(|w| w.upsert_examined(&device, &investigation, &files, NOW)).unwrap(), 5000);
}

#[test]
fn rule_packs_and_indicators_are_kept_and_a_second_of_the_same_name_is_refused() {
    use assize_domain::{
        indicator::{Indicator, IndicatorAction, IndicatorKind},
        question::RuleKind,
    };
    let (_folder, store) = store();
    for (i, kind) in [RuleKind::Yara, RuleKind::ClamavHdb, RuleKind::ClamavHsb].into_iter().enumerate() {
        let pack = crate::RulePackRow {
            id: format!("pack-{i}").as_str().into(),
            name: format!("{i}.rules"),
            kind,
            body: "rule a { condition: false }".into(),
            rules: 1,
            added_at: NOW,
            enabled: true,
            fault: None,
        };
        store.write(|w| w.insert_rule_pack(&pack)).unwrap();
        store.write(|w| w.set_rule_pack_fault(&pack.id, Some("line 1"))).unwrap();
        let kept = store.read(|r| r.rule_pack(&pack.id)).unwrap();
        assert_eq!(kept, crate::RulePackRow { fault: Some("line 1".into()), ..pack.clone() });
        let again = store.write(|w| w.insert_rule_pack(&crate::RulePackRow { id: "other".into(), ..pack }));
        assert!(matches!(again, Err(StoreError::Taken { .. })), "{again:?}");
    }
    let indicator = Indicator {
        id: "i".into(),
        kind: IndicatorKind::Sha256,
        value: "a".repeat(64),
        action: IndicatorAction::Allow,
        title: "Our own tool".into(),
        group: None,
        expires_at: None,
        created_at: NOW,
        created_by: "owner".into(),
    };
    store.write(|w| w.insert_indicator(&indicator)).unwrap();
    let again = store.write(|w| w.insert_indicator(&Indicator { id: "j".into(), ..indicator.clone() }));
    assert!(matches!(again, Err(StoreError::Taken { .. })), "one value, one scope, one indicator: {again:?}");
    assert_eq!(
        store.read(|r| r.indicators_for(IndicatorKind::Sha256, &indicator.value)).unwrap(),
        std::slice::from_ref(&indicator)
    );
    store.write(|w| w.remove_indicator(&indicator.id)).unwrap();
    assert_eq!(store.read(|r| r.indicators()).unwrap(), []);
    store.write(|w| w.set_setting("level", "1")).unwrap();
    store.write(|w| w.set_setting("level", "2")).unwrap();
    assert_eq!(store.read(|r| r.setting("level")).unwrap().as_deref(), Some("2"));
    assert!(store.write(|w| w.set_setting("level", "not json")).is_err());
}

/// Bad input: a file that is no database, and one of another program.
#[test]
fn a_file_that_is_not_ours_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("assize.db");
    std::fs::write(&file, "this is a letter, not a database".repeat(200)).unwrap();
    let refused = Store::open(folder.path()).err();
    assert!(matches!(refused, Some(StoreError::Damaged(_))), "{refused:?}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is a letter"));
    std::fs::remove_file(&file).unwrap();
    rusqlite::Connection::open(&file).unwrap().execute_batch("CREATE TABLE song (name TEXT)").unwrap();
    let before = std::fs::read(&file).unwrap();
    let refused = Store::open(folder.path()).err();
    assert!(matches!(refused, Some(StoreError::Damaged(_))), "{refused:?}");
    assert!(std::fs::read(&file).unwrap() == before);
}
