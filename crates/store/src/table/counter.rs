//! Counters: the number of the last change of a list, the number of the last incident.
use crate::{error::StoreError, sql, store::Writer};
use rusqlite::Connection;

pub(crate) const TABLE: &str = "
    CREATE TABLE counter (
        name TEXT PRIMARY KEY,
        n    INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO counter (name, n) VALUES ('change', 0), ('incident', 0);
";

/// The newest change that a reader sees. Transactions are numbered in the order in which they commit, so a list's
/// snapshot is this number and never an open transaction.
pub(crate) fn latest_change(db: &Connection) -> Result<i64, StoreError> {
    let n = sql::first(db, "SELECT n FROM counter WHERE name = 'change'", (), |row| Ok(row.get(0)?))?;
    Ok(n.unwrap_or(0))
}

impl Writer {
    /// The number of this transaction.
    pub(crate) fn change_number(&mut self) -> Result<i64, StoreError> {
        if let Some(n) = self.change {
            return Ok(n);
        }
        let n = next(&self.db, "UPDATE counter SET n = n + 1 WHERE name = 'change' RETURNING n")?;
        self.change = Some(n);
        Ok(n)
    }

    /// Counts up and never goes back, also when an incident of a practice range is removed.
    pub fn next_incident_number(&mut self) -> Result<u32, StoreError> {
        let n = next(&self.db, "UPDATE counter SET n = n + 1 WHERE name = 'incident' RETURNING n")?;
        u32::try_from(n).map_err(|_| StoreError::Damaged("the number of incidents".into()))
    }
}

fn next(db: &Connection, text: &'static str) -> Result<i64, StoreError> {
    let n = sql::first(db, text, (), |row| Ok(row.get(0)?))?;
    n.ok_or_else(|| StoreError::Damaged("a counter is missing".into()))
}
