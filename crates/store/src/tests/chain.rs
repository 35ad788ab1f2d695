//! The record: append-only, and whoever changes the file behind our back is found out (M141).
use super::{NOW, store};
use crate::{Store, StoreError, Verified, seed};
use assize_domain::record::Subject;

fn append(store: &Store, n: u32) {
    store
        .write(|w| {
            (0..n).try_for_each(|i| w.append(&seed::entry(NOW, Subject::Action, &format!("a{i}"), "T5")).map(drop))
        })
        .unwrap();
}

/// What the chain says after somebody with the rights of the file's owner took the triggers away and ran `sql`.
fn tampered(sql: &str) -> Verified {
    let (_folder, store) = store();
    append(&store, 9);
    let db = rusqlite::Connection::open(store.folder().join("assize.db")).unwrap();
    db.execute_batch("DROP TRIGGER record_is_not_changed; DROP TRIGGER record_is_not_removed;").unwrap();
    db.execute_batch(sql).unwrap();
    store.read(|r| r.verify_chain()).unwrap()
}

#[test]
fn records_are_numbered_chained_and_read_back() {
    let (_folder, store) = store();
    append(&store, 5);
    let records = store.read(|r| r.records_after(2, 10)).unwrap();
    assert_eq!(records.iter().map(|r| r.seq).collect::<Vec<_>>(), [3, 4, 5]);
    assert!(records.windows(2).all(|pair| pair[1].prev_hash == pair[0].hash), "each names the one before");
    assert_eq!(records[0].entry, seed::entry(NOW, Subject::Action, "a2", "T5"));
    assert_eq!(store.read(|r| r.records_of(Subject::Action, "a3")).unwrap(), records[1..2]);
    assert_eq!(store.latest_seq().unwrap(), 5);
    let verified = store.read(|r| r.verify_chain()).unwrap();
    assert_eq!(verified, Verified { records: 5, first_broken: None });
}

#[test]
fn a_record_can_be_neither_changed_nor_removed() {
    let (_folder, store) = store();
    append(&store, 2);
    for sql in ["UPDATE record SET at = 0 WHERE seq = 1", "DELETE FROM record WHERE seq = 2", "DELETE FROM record"] {
        let refused = store.write(|w| Ok::<_, StoreError>(w.db.execute(sql, ())?));
        let Err(StoreError::Sql(error)) = refused else { panic!("{sql} was carried out") };
        assert!(error.to_string().contains("records are never"), "{error}");
    }
    assert_eq!(store.read(|r| r.records_after(0, 9)).unwrap().len(), 2);
}

/// M141
#[test]
fn the_first_altered_record_is_named() {
    let broken = |sql: &str| tampered(sql).first_broken;
    assert_eq!(broken("SELECT 1"), None);
    assert_eq!(broken("UPDATE record SET doc = json_set(doc, '$.comment', 'never said') WHERE seq = 4"), Some(4));
    assert_eq!(broken("UPDATE record SET at = at + 1 WHERE seq = 7"), Some(7));
    assert_eq!(broken("UPDATE record SET hash = zeroblob(32) WHERE seq = 2"), Some(2));
    assert_eq!(broken("DELETE FROM record WHERE seq = 5"), Some(5));
    assert_eq!(broken("DELETE FROM record WHERE seq = 1"), Some(1));
    assert_eq!(broken("DELETE FROM record WHERE seq = 9"), Some(9), "cut off at the end");
    assert_eq!(
        broken("UPDATE record SET seq = -seq WHERE seq IN (3, 4); UPDATE record SET seq = 7 + seq WHERE seq < 0"),
        Some(3)
    );
    let put_in = "INSERT INTO record (seq, at, doc, prev_hash, hash)
                  SELECT 10, at, doc, hash, hash FROM record WHERE seq = 9";
    assert_eq!(broken(put_in), Some(10));
}
