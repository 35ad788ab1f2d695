//! Where a content was seen, and the parts of an action.
use super::{NOW, put, stand, store};
use crate::seed;
use assize_domain::{
    action::{Action, ActionStatus},
    entity::{Bytes, Entity},
    question::Examined,
    time::{Span, Stamp},
    verdict::Verdict,
};

/// M124: files and running programs of every device, since a moment; what was only examined counts too.
#[test]
fn a_content_is_found_wherever_it_was_seen_lately() {
    let (_folder, store) = store();
    stand(&store);
    let is_file = |e: &crate::EvidenceRow| matches!(e.entity, Entity::File { .. });
    let mut evidence = (0..).map(|i| seed::evidence(i, 0, 0, NOW)).find(is_file).unwrap();
    let hash = "ab".repeat(32);
    let Entity::File { file } = &mut evidence.entity else { unreachable!("it was looked for") };
    file.sha256 = Some(hash.clone());
    file.path = "/srv/a\u{EF90}b".into();
    let path = file.path.clone();
    store.write(|w| w.insert_evidence(&evidence)).unwrap();
    let examined = |path: &str, sha256: &str| Examined {
        path: path.into(),
        sha256: Some(sha256.to_owned()),
        size: Bytes(1),
        verdict: Verdict::NoThreatsFound,
        finding: None,
    };
    let long_ago = Stamp(NOW.0 - Span::days(31).0);
    store
        .write(|w| {
            let files = [examined("/srv/copy", &hash), examined("/srv/other", &"cd".repeat(32))];
            w.upsert_examined(&evidence.device_id, &evidence.investigation_id, &files, NOW)?;
            w.upsert_examined(&evidence.device_id, &evidence.investigation_id, &[examined("/srv/old", &hash)], long_ago)
        })
        .unwrap();
    let since = Stamp(NOW.0 - Span::days(30).0);
    let mut seen = store.read(|r| r.sightings(&hash, since)).unwrap();
    seen.sort_by(|a, b| a.path.cmp(&b.path));
    let paths: Vec<_> = seen.iter().map(|s| (s.path.clone(), s.evidence_id.clone())).collect();
    assert_eq!(paths, [(path, Some(evidence.id)), ("/srv/copy".into(), None)]);
    assert_eq!(store.read(|r| r.sightings(&"ef".repeat(32), since)).unwrap(), []);
}

/// M124
#[test]
fn the_parts_of_an_action_are_found_in_their_order() {
    let (_folder, store) = store();
    stand(&store);
    let whole = put(&store, 0, ActionStatus::Running, NOW);
    let parts: Vec<Action> = (1..4)
        .map(|i| {
            let part = Action {
                parent: Some(whole.id.clone()),
                ..seed::action(i, &seed::evidence(0, 0, 0, NOW), ActionStatus::Queued, NOW)
            };
            store.write(|w| w.insert_action(&part)).unwrap();
            part
        })
        .collect();
    put(&store, 9, ActionStatus::Queued, NOW);
    assert_eq!(store.read(|r| r.parts_of(&whole.id)).unwrap(), parts);
    assert_eq!(store.read(|r| r.parts_of(&parts[0].id)).unwrap(), []);
    let plan: String = store
        .writer()
        .db
        .query_row("EXPLAIN QUERY PLAN SELECT doc FROM action_doc WHERE parent = 'a' ORDER BY seq", (), |r| r.get(3))
        .unwrap();
    assert!(plan.contains("action_parts"), "{plan}");
}

/// The investigation of a scan is known once it has begun, and is then found by it.
#[test]
fn an_action_that_begins_an_investigation_is_found_by_it() {
    let (_folder, store) = store();
    stand(&store);
    let evidence = seed::evidence(0, 0, 0, NOW);
    let mut action = seed::action(0, &evidence, ActionStatus::Queued, NOW);
    (action.investigation_id, action.evidence_id) = (None, None);
    let id = evidence.investigation_id;
    store.write(|w| w.insert_action(&action)).unwrap();
    assert_eq!(store.read(|r| r.actions_of_investigation(&id)).unwrap(), []);
    store
        .write(|w| {
            let stored = w.action(&action.id)?;
            action.investigation_id = Some(id.clone());
            w.replace_action(&stored, &action)
        })
        .unwrap();
    assert_eq!(store.read(|r| r.actions_of_investigation(&id)).unwrap(), [action]);
}
