//! Databases of other versions: refused or brought up to date, never half of it.
use crate::{
    Store, StoreError,
    migration::{ALL, Migration, run},
};

fn applied(store: &Store, id: &str, older_survive: bool) {
    let db = rusqlite::Connection::open(store.folder().join("assize.db")).unwrap();
    db.execute("INSERT INTO migration (id, older_survive) VALUES (?1, ?2)", (id, older_survive)).unwrap();
}

/// Bad input: a database from a newer version.
#[test]
fn a_database_of_a_newer_version_is_refused_and_left_untouched() {
    let (_folder, store) = super::store();
    applied(&store, "2099-01-01.1", false);
    let folder = store.folder().to_owned();
    drop(store);
    let before = std::fs::read(folder.join("assize.db")).unwrap();
    let Err(StoreError::Newer { found, known }) = Store::open(&folder) else { panic!("it was opened") };
    assert_eq!((found.as_str(), known.as_str()), ("2099-01-01.1", ALL.last().unwrap().id));
    assert!(std::fs::read(folder.join("assize.db")).unwrap() == before);
}

#[test]
fn a_newer_version_that_older_ones_survive_is_opened() {
    let (_folder, store) = super::store();
    applied(&store, "2099-01-01.1", true);
    let folder = store.folder().to_owned();
    drop(store);
    Store::open(&folder).unwrap();
}

#[test]
fn of_a_batch_of_migrations_all_are_applied_or_none() {
    let step = |id, sql| Migration { id, older_survive: false, sql };
    let mut db = rusqlite::Connection::open_in_memory().unwrap();
    let good = || step("2026-01-01.1", &["CREATE TABLE one (a INTEGER) STRICT"]);
    let bad = step("2026-01-02.1", &["CREATE TABLE two (a INTEGER) STRICT", "CREATE TABLE one (a INTEGER) STRICT"]);
    assert!(run(&mut db, &[good(), bad]).is_err());
    let tables = |db: &rusqlite::Connection| -> i64 {
        db.query_row("SELECT count(*) FROM sqlite_schema", (), |r| r.get(0)).unwrap()
    };
    assert_eq!(tables(&db), 0, "not even the first one stays");
    let later = || step("2026-01-02.1", &["ALTER TABLE one ADD COLUMN b INTEGER"]);
    run(&mut db, &[good()]).unwrap();
    run(&mut db, &[good(), later()]).unwrap();
    run(&mut db, &[good(), later()]).unwrap();
    db.execute("INSERT INTO one (a, b) VALUES (1, 2)", ()).unwrap();
}

#[test]
fn migrations_are_dated_and_in_order() {
    assert!(ALL.is_sorted_by(|a, b| a.id < b.id));
    assert!(ALL.iter().all(|m| m.id.len() >= 12 && m.id.as_bytes()[10] == b'.'));
}

#[test]
fn an_up_to_date_database_is_opened_again_with_all_it_holds() {
    let (_folder, store) = super::store();
    super::stand(&store);
    let again = Store::open(store.folder()).unwrap();
    assert_eq!(again.read(|r| r.devices()).unwrap().len(), 1);
    assert_eq!(again.read(|r| r.groups()).unwrap().len(), 1, "the default group is made once");
}
