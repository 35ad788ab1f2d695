//! Settings: one JSON text per key.
use crate::{
    error::StoreError,
    sql,
    store::{Reader, Writer},
};

pub(crate) const TABLE: &str = "
    CREATE TABLE setting (
        key   TEXT PRIMARY KEY,
        value TEXT NOT NULL CHECK (json_valid(value))
    ) STRICT, WITHOUT ROWID;
";

impl Reader {
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        sql::first(&self.db, "SELECT value FROM setting WHERE key = ?1", [key], |row| Ok(row.get(0)?))
    }
}

impl Writer {
    pub fn set_setting(&mut self, key: &str, json: &str) -> Result<(), StoreError> {
        let text = "INSERT INTO setting (key, value) VALUES (?1, ?2)
                    ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        sql::change(&self.db, text, [key, json]).map(drop)
    }
}
