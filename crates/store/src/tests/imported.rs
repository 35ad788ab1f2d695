//! Alerts of other products: known again by their key, about a device or about none.
use super::{NOW, stand, store};
use crate::{AlertQuery, ImportedRow, StoreError, migration, seed};
use assize_domain::alert::Alert;

fn elsewhere(i: u32) -> Alert {
    Alert { device_id: None, investigation_id: None, ..seed::alert(i, 0, NOW) }
}

fn row(alert: &Alert, key: &str, story: &str) -> ImportedRow {
    ImportedRow {
        alert_id: alert.id.clone(),
        key: key.into(),
        story: story.into(),
        format: "falco".into(),
        file: "alerts.json".into(),
        imported_at: NOW,
        original: "{\"rule\":\"R\"}".into(),
    }
}

/// M107
#[test]
fn an_alert_of_another_product_is_kept_once_with_its_original() {
    let (_folder, store) = store();
    stand(&store);
    let alert = Alert { incident_id: seed::incident(0, NOW).id, ..elsewhere(1) };
    store
        .write(|w| {
            w.insert_alert(&alert)?;
            w.insert_imported(&row(&alert, "falco:1", "host"))
        })
        .unwrap();
    store
        .read(|r| {
            assert_eq!(r.imported_as("falco:1")?, Some(alert.id.clone()));
            assert_eq!(r.imported_as("falco:2")?, None);
            assert_eq!(r.imported(&alert.id)?, Some(row(&alert, "falco:1", "host")));
            let story = r.story("host")?.expect("the story is known");
            assert_eq!((story.incident_id, story.alerts), (alert.incident_id.clone(), 2));
            assert_eq!(r.story("another")?, None);
            let page = r.alert_page(&AlertQuery { limit: 10, ..AlertQuery::default() })?;
            let device = |a: &Alert| page.rows.iter().find(|r| r.alert.id == a.id).map(|r| r.device_name.is_some());
            assert_eq!((device(&alert), device(&seed::alert(0, 0, NOW))), (Some(false), Some(true)));
            Ok(())
        })
        .unwrap();
    let again = store.write(|w| {
        let other = Alert { incident_id: alert.incident_id.clone(), ..elsewhere(2) };
        w.insert_alert(&other)?;
        w.insert_imported(&row(&other, "falco:1", "host"))
    });
    assert!(matches!(again, Err(StoreError::Taken { .. })), "{again:?}");
}

/// M107
#[test]
fn what_is_only_about_a_removed_device_goes_with_it() {
    let (_folder, store) = store();
    stand(&store);
    let alert = seed::alert(0, 0, NOW);
    store.write(|w| w.insert_imported(&row(&alert, "falco:1", "host"))).unwrap();
    store.write(|w| w.remove_device(&seed::device(0, NOW).id)).unwrap();
    assert_eq!(store.read(|r| r.imported_as("falco:1")).unwrap(), None);
}

#[test]
fn alerts_of_before_are_still_there_after_their_table_was_made_anew() {
    let mut db = rusqlite::Connection::open_in_memory().unwrap();
    db.pragma_update(None, "foreign_keys", true).unwrap();
    let newer = migration::ALL.iter().position(|m| m.id == "2026-11-24.2").unwrap();
    migration::run(&mut db, &migration::ALL[..newer]).unwrap();
    let insert = |db: &rusqlite::Connection, i: u32| {
        let alert = seed::alert(i, 0, NOW);
        let doc = serde_json::to_string(&alert).unwrap();
        let text = "INSERT INTO alert (id, entered, created_at, updated_at, search, doc) VALUES (?1, 1, 1, 1, '', ?2)";
        db.execute(text, (alert.id.as_str(), doc)).unwrap();
    };
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    (0..3).for_each(|i| insert(&db, i));
    db.execute("DELETE FROM alert WHERE seq = 3", ()).unwrap();
    migration::run(&mut db, migration::ALL).unwrap();
    insert(&db, 4);
    let mut all = db.prepare("SELECT seq, doc ->> '$.title' FROM alert ORDER BY seq").unwrap();
    let found: Vec<(i64, String)> =
        all.query_map((), |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(found.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 4], "no number is given twice");
    assert!(found.iter().all(|(_, title)| *title == seed::alert(0, 0, NOW).title));
}
