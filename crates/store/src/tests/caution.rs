//! What automation did by itself, counted; and what is remembered of a device that is removed.
use super::*;
use assize_domain::caution::{RuleVersion, RuleWord};

fn rule() -> RuleVersion {
    RuleVersion { rule: "dropper".into(), version: "1".into() }
}

/// M21: the count reads an index of its own, never all actions.
#[test]
fn counting_what_automation_did_reads_its_own_index() {
    let (folder, store) = store();
    drop(store);
    let db = rusqlite::Connection::open(folder.path().join("data").join("assize.db")).unwrap();
    let text = "EXPLAIN QUERY PLAN SELECT count(*) FROM action
                WHERE kind = 'quarantine_file' AND decided_by = 'automation' AND created_at > 1";
    let plan: String = db.query_row(text, (), |r| r.get(3)).unwrap();
    assert!(plan.contains("action_by_itself"), "{plan}");
}

/// M22: a rule acted on a device once, however often; the last word about it counts; what waits goes with its device.
#[test]
fn what_is_remembered_of_a_rule() {
    let (_folder, store) = store();
    stand(&store);
    let action = put(&store, 1, ActionStatus::PendingApproval, NOW);
    let device = seed::device(0, NOW).id;
    store
        .write(|w| {
            w.rule_acted(&rule(), &device, NOW)?;
            w.rule_acted(&rule(), &device, NOW)?;
            w.say_of_rule(&rule(), RuleWord::Doubted, NOW)?;
            w.say_of_rule(&rule(), RuleWord::Trusted, NOW)?;
            w.hold("new_rule", "dropper", &action.id, NOW)?;
            w.hold("new_rule", "dropper", &action.id, NOW)
        })
        .unwrap();
    let read =
        |store: &Store| store.read(|r| Ok((r.devices_of_rule(&rule())?, r.word_on_rule(&rule())?, r.held()?))).unwrap();
    let (devices, word, held) = read(&store);
    assert_eq!((devices, word), (vec![device.clone()], Some(RuleWord::Trusted)));
    assert_eq!((held.len(), held[0].waiting, held[0].since), (1, 1, NOW));
    let other = RuleVersion { version: "2".into(), ..rule() };
    assert_eq!(store.read(|r| r.word_on_rule(&other)).unwrap(), None, "another version is another rule");
    store.write(|w| w.remove_device(&device)).unwrap();
    let (devices, word, held) = read(&store);
    assert_eq!((devices.len(), word, held.len()), (0, Some(RuleWord::Trusted), 0));
}
