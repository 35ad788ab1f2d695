//! The audit record: append-only by trigger, each record chained to the one before by its hash (spec 4.4, M141).
use crate::{
    error::StoreError,
    page::{count, hex, signed},
    sql::{self, code, json, parse},
    store::{Reader, Writer},
};
use assize_domain::record::{Entry, Subject};
use rusqlite::Row;
use sha2::{Digest, Sha256};

pub(crate) const TABLE: &str = "
    CREATE TABLE record (
        seq        INTEGER PRIMARY KEY AUTOINCREMENT,
        at         INTEGER NOT NULL,
        doc        TEXT NOT NULL,
        prev_hash  BLOB NOT NULL,
        hash       BLOB NOT NULL,
        subject    TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.subject') STORED,
        subject_id TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.subject_id') STORED
    ) STRICT;
    CREATE INDEX record_of ON record (subject, subject_id);
    CREATE TRIGGER record_is_not_changed BEFORE UPDATE ON record
        BEGIN SELECT raise(ABORT, 'records are never changed'); END;
    CREATE TRIGGER record_is_not_removed BEFORE DELETE ON record
        BEGIN SELECT raise(ABORT, 'records are never removed'); END;
";

pub(crate) const LATEST: &str = "SELECT coalesce(max(seq), 0) FROM record";

/// A record with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub seq: u64,
    pub entry: Entry,
    /// SHA-256 in lower-case hex; of zeros for the first record.
    pub prev_hash: String,
    pub hash: String,
}

/// What reading the whole chain again has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub records: u64,
    /// The first record that is missing or is not what was written.
    pub first_broken: Option<u64>,
}

fn row(r: &Row<'_>) -> Result<Record, StoreError> {
    Ok(Record {
        seq: count(r.get(0)?),
        entry: sql::doc("a record", r, 1)?,
        prev_hash: hex(&r.get::<_, Vec<u8>>(2)?),
        hash: hex(&r.get::<_, Vec<u8>>(3)?),
    })
}

impl Reader {
    pub fn latest_seq(&self) -> Result<u64, StoreError> {
        Ok(count(self.db.prepare_cached(LATEST)?.query_row((), |r| r.get(0))?))
    }

    /// The records after number `seq`, oldest first.
    pub fn records_after(&self, seq: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        let text = "SELECT seq, doc, prev_hash, hash FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        sql::all(&self.db, text, (signed(seq), limit), row)
    }

    /// Everything recorded about one thing, oldest first.
    pub fn records_of(&self, subject: Subject, id: &str) -> Result<Vec<Record>, StoreError> {
        let text = "SELECT seq, doc, prev_hash, hash FROM record WHERE subject = ?1 AND subject_id = ?2 ORDER BY seq";
        sql::all(&self.db, text, (code(subject)?, id), row)
    }

    /// Computes every hash again. A record that was changed, taken out or put in breaks the chain at its place.
    pub fn verify_chain(&self) -> Result<Verified, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT seq, at, doc, prev_hash, hash FROM record ORDER BY seq")?;
        let mut rows = statement.query(())?;
        let mut verified = Verified { records: 0, first_broken: None };
        let mut last = [0; 32];
        while let Some(r) = rows.next()? {
            let expected = signed(verified.records + 1);
            let (seq, at): (i64, i64) = (r.get(0)?, r.get(1)?);
            let (text, prev, stored): (String, Vec<u8>, Vec<u8>) = (r.get(2)?, r.get(3)?, r.get(4)?);
            let hash = chained(seq, at, &text, &last);
            if verified.first_broken.is_none() && (seq != expected || prev != last || stored != hash) {
                verified.first_broken = Some(count(expected));
            }
            last = hash;
            verified.records += 1;
        }
        if verified.first_broken.is_none() {
            // The chain cannot tell that its end was cut off; SQLite remembers the highest number it ever gave.
            let given = "SELECT seq FROM sqlite_sequence WHERE name = 'record'";
            let given: Option<i64> = sql::first(&self.db, given, (), |r| Ok(r.get(0)?))?;
            if given.map_or(0, count) > verified.records {
                verified.first_broken = Some(verified.records + 1);
            }
        }
        Ok(verified)
    }
}

impl Writer {
    /// Numbers and chains a record; it is stored with the rest of this transaction or not at all.
    pub fn append(&mut self, entry: &Entry) -> Result<u64, StoreError> {
        let newest = "SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1";
        let newest = sql::first(&self.db, newest, (), |r| Ok((r.get::<_, i64>(0)?, r.get::<_, Vec<u8>>(1)?)))?;
        let (seq, prev) = newest.map_or_else(|| (1, vec![0; 32]), |(seq, hash)| (seq + 1, hash));
        let text = json(entry)?;
        let hash = chained(seq, entry.at.0, &text, &prev);
        let insert = "INSERT INTO record (seq, at, doc, prev_hash, hash) VALUES (?1, ?2, ?3, ?4, ?5)";
        sql::change(&self.db, insert, (seq, entry.at.0, &text, &prev, &hash[..]))?;
        Ok(count(seq))
    }
}

/// SHA-256 in lower-case hex: names a content, such as a version of what devices must know.
pub fn digest(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// Everything that is stored of a record, each part at a fixed place, so that no two records have the same content.
fn chained(seq: i64, at: i64, text: &str, prev: &[u8]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(prev);
    sha.update(seq.to_be_bytes());
    sha.update(at.to_be_bytes());
    sha.update(text.as_bytes());
    sha.finalize().into()
}

impl Record {
    /// The entry's extra detail as JSON, where there is some.
    pub fn detail(&self) -> Result<Option<serde_json::Value>, StoreError> {
        self.entry.detail.as_deref().map(|text| parse("the detail of a record", text)).transpose()
    }
}
