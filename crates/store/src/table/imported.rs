//! Alerts of other products: the key by which each is known again, where it came from, and its original.
use crate::{
    error::{StoreError, taken},
    sql::{self, stamp},
    store::{Reader, Writer},
};
use assize_domain::{
    id::{AlertId, IncidentId},
    time::Stamp,
};

pub(crate) const TABLE: &str = "
    CREATE TABLE imported (
        seq         INTEGER PRIMARY KEY,
        alert_id    TEXT NOT NULL UNIQUE REFERENCES alert (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        key         TEXT NOT NULL UNIQUE,
        -- What alerts of one story have alike: the next one joins the incident of the latest.
        story       TEXT NOT NULL,
        format      TEXT NOT NULL,
        file        TEXT NOT NULL,
        imported_at INTEGER NOT NULL,
        original    TEXT NOT NULL
    ) STRICT;
    CREATE INDEX imported_story ON imported (story, seq);
";

/// Where an alert came from, with its original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRow {
    pub alert_id: AlertId,
    pub key: String,
    pub story: String,
    pub format: String,
    pub file: String,
    pub imported_at: Stamp,
    pub original: String,
}

/// The incident that the latest alert of a story is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub incident_id: IncidentId,
    pub latest: Stamp,
    /// How many alerts the incident holds.
    pub alerts: u64,
}

impl Reader {
    pub fn imported(&self, id: &AlertId) -> Result<Option<ImportedRow>, StoreError> {
        let text = "SELECT alert_id, key, story, format, file, imported_at, original FROM imported WHERE alert_id = ?1";
        sql::first(&self.db, text, [id.as_str()], |r| {
            Ok(ImportedRow {
                alert_id: AlertId(r.get(0)?),
                key: r.get(1)?,
                story: r.get(2)?,
                format: r.get(3)?,
                file: r.get(4)?,
                imported_at: stamp(r, 5)?.unwrap_or_default(),
                original: r.get(6)?,
            })
        })
    }

    /// The alert that was made of this before.
    pub fn imported_as(&self, key: &str) -> Result<Option<AlertId>, StoreError> {
        let text = "SELECT alert_id FROM imported WHERE key = ?1";
        sql::first(&self.db, text, [key], |r| Ok(AlertId(r.get(0)?)))
    }

    pub fn story(&self, story: &str) -> Result<Option<Story>, StoreError> {
        let text = "SELECT a.incident_id, m.imported_at,
                        (SELECT count(*) FROM alert AS o WHERE o.incident_id = a.incident_id)
                    FROM imported AS m JOIN alert AS a ON a.id = m.alert_id
                    WHERE m.story = ?1 ORDER BY m.seq DESC LIMIT 1";
        sql::first(&self.db, text, [story], |r| {
            let alerts: i64 = r.get(2)?;
            Ok(Story {
                incident_id: IncidentId(r.get(0)?),
                latest: stamp(r, 1)?.unwrap_or_default(),
                alerts: alerts.unsigned_abs(),
            })
        })
    }
}

impl Writer {
    pub fn insert_imported(&mut self, row: &ImportedRow) -> Result<(), StoreError> {
        let text = "INSERT INTO imported (alert_id, key, story, format, file, imported_at, original)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let params =
            (row.alert_id.as_str(), &row.key, &row.story, &row.format, &row.file, row.imported_at.0, &row.original);
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "imported alert", &row.key))
    }
}
