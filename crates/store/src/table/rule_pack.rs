//! Rule packs: the rule files a person added.
use crate::{
    error::{StoreError, taken},
    sql::{self, code, coded},
    store::{Reader, Writer},
};
use assize_domain::{id::RulePackId, question::RuleKind, time::Stamp};
use rusqlite::Row;

pub(crate) const TABLE: &str = "
    CREATE TABLE rule_kind (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO rule_kind (state) VALUES ('yara'), ('clamav_hdb'), ('clamav_hsb');
    CREATE TABLE rule_pack (
        id       TEXT PRIMARY KEY,
        name     TEXT NOT NULL UNIQUE,
        kind     TEXT NOT NULL REFERENCES rule_kind (state),
        rules    INTEGER NOT NULL,
        added_at INTEGER NOT NULL,
        enabled  INTEGER NOT NULL,
        fault    TEXT,
        body     TEXT NOT NULL
    ) STRICT;
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePackRow {
    pub id: RulePackId,
    pub name: String,
    pub kind: RuleKind,
    pub body: String,
    /// How many rules it holds.
    pub rules: u32,
    pub added_at: Stamp,
    pub enabled: bool,
    /// Why a device refused it.
    pub fault: Option<String>,
}

fn row(r: &Row<'_>) -> Result<RulePackRow, StoreError> {
    Ok(RulePackRow {
        id: RulePackId(r.get(0)?),
        name: r.get(1)?,
        kind: coded("the kind of a rule pack", r, 2)?,
        rules: r.get(3)?,
        added_at: Stamp(r.get(4)?),
        enabled: r.get(5)?,
        fault: r.get(6)?,
        body: r.get(7)?,
    })
}

impl Reader {
    pub fn rule_packs(&self) -> Result<Vec<RulePackRow>, StoreError> {
        let text = "SELECT id, name, kind, rules, added_at, enabled, fault, body FROM rule_pack ORDER BY name";
        sql::all(&self.db, text, (), row)
    }

    pub fn rule_pack(&self, id: &RulePackId) -> Result<RulePackRow, StoreError> {
        let text = "SELECT id, name, kind, rules, added_at, enabled, fault, body FROM rule_pack WHERE id = ?1";
        sql::first(&self.db, text, [id.as_str()], row)?
            .ok_or_else(|| StoreError::NotFound { what: "rule pack", id: id.to_string() })
    }
}

impl Writer {
    pub fn insert_rule_pack(&mut self, pack: &RulePackRow) -> Result<(), StoreError> {
        let text = "INSERT INTO rule_pack (id, name, kind, rules, added_at, enabled, fault, body)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let kind = code(pack.kind)?;
        let params =
            (pack.id.as_str(), &pack.name, kind, pack.rules, pack.added_at.0, pack.enabled, &pack.fault, &pack.body);
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "rule pack", &pack.name))
    }

    /// What a device said about it.
    pub fn set_rule_pack_fault(&mut self, id: &RulePackId, fault: Option<&str>) -> Result<(), StoreError> {
        let text = "UPDATE rule_pack SET fault = ?2 WHERE id = ?1";
        found(sql::change(&self.db, text, (id.as_str(), fault))?, id)
    }

    pub fn set_rule_pack_enabled(&mut self, id: &RulePackId, enabled: bool) -> Result<(), StoreError> {
        let text = "UPDATE rule_pack SET enabled = ?2 WHERE id = ?1";
        found(sql::change(&self.db, text, (id.as_str(), enabled))?, id)
    }

    pub fn remove_rule_pack(&mut self, id: &RulePackId) -> Result<(), StoreError> {
        found(sql::change(&self.db, "DELETE FROM rule_pack WHERE id = ?1", [id.as_str()])?, id)
    }
}

fn found(changed: usize, id: &RulePackId) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::NotFound { what: "rule pack", id: id.to_string() }) } else { Ok(()) }
}
