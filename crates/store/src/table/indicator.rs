//! Indicators.
use crate::{
    error::{StoreError, taken},
    sql::{self, doc, json},
    store::{Reader, Writer},
};
use assize_domain::{
    id::IndicatorId,
    indicator::{Indicator, IndicatorKind},
};

pub(crate) const TABLE: &str = "
    CREATE TABLE indicator (
        id         TEXT PRIMARY KEY,
        doc        TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        kind       TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.kind') STORED,
        value      TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.value') STORED,
        scope      TEXT NOT NULL GENERATED ALWAYS AS (coalesce(doc ->> '$.group', '')) STORED,
        UNIQUE (kind, value, scope)
    ) STRICT;
";

impl Reader {
    /// All of them, newest first.
    pub fn indicators(&self) -> Result<Vec<Indicator>, StoreError> {
        let text = "SELECT doc FROM indicator ORDER BY created_at DESC, id DESC";
        sql::all(&self.db, text, (), |row| doc("an indicator", row, 0))
    }

    pub fn indicator(&self, id: &IndicatorId) -> Result<Indicator, StoreError> {
        let text = "SELECT doc FROM indicator WHERE id = ?1";
        sql::first(&self.db, text, [id.as_str()], |row| doc("an indicator", row, 0))?
            .ok_or_else(|| StoreError::NotFound { what: "indicator", id: id.to_string() })
    }

    /// Every indicator of one value, whatever its group.
    pub fn indicators_for(&self, kind: IndicatorKind, value: &str) -> Result<Vec<Indicator>, StoreError> {
        let text = "SELECT doc FROM indicator WHERE kind = ?1 AND value = ?2 ORDER BY scope";
        sql::all(&self.db, text, (sql::code(kind)?, value), |row| doc("an indicator", row, 0))
    }
}

impl Writer {
    pub fn insert_indicator(&mut self, indicator: &Indicator) -> Result<(), StoreError> {
        let text = "INSERT INTO indicator (id, doc, created_at) VALUES (?1, ?2, ?3)";
        let params = (indicator.id.as_str(), json(indicator)?, indicator.created_at.0);
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "indicator", &indicator.value))
    }

    pub fn remove_indicator(&mut self, id: &IndicatorId) -> Result<(), StoreError> {
        match sql::change(&self.db, "DELETE FROM indicator WHERE id = ?1", [id.as_str()])? {
            0 => Err(StoreError::NotFound { what: "indicator", id: id.to_string() }),
            _ => Ok(()),
        }
    }
}
