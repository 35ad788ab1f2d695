//! What automation did by itself, counted: actions of one type over all devices (M21), and where each rule acted, what a
//! person said about it, and what waits because of either (M22).
use crate::{
    error::StoreError,
    page::count,
    sql,
    store::{Reader, Writer},
};
use assize_domain::{
    caution::{RuleVersion, RuleWord},
    id::{ActionId, DeviceId},
    remedy::ActionType,
    time::Stamp,
};

pub(crate) const TABLES: &str = "
    CREATE INDEX action_by_itself ON action (kind, created_at) WHERE decided_by = 'automation';
    CREATE TABLE rule_use (
        rule      TEXT NOT NULL,
        version   TEXT NOT NULL,
        device_id TEXT NOT NULL,
        at        INTEGER NOT NULL,
        PRIMARY KEY (rule, version, device_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rule_word (
        rule    TEXT NOT NULL,
        version TEXT NOT NULL,
        word    TEXT NOT NULL CHECK (word IN ('trusted', 'doubted')),
        at      INTEGER NOT NULL,
        PRIMARY KEY (rule, version)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE held (
        cause     TEXT NOT NULL,
        about     TEXT NOT NULL,
        action_id TEXT NOT NULL,
        at        INTEGER NOT NULL,
        PRIMARY KEY (cause, about, action_id)
    ) STRICT, WITHOUT ROWID;
";

/// Actions that wait because of one rail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRow {
    pub cause: String,
    pub about: String,
    pub waiting: u64,
    pub since: Stamp,
}

impl Reader {
    /// How many actions of this type automation began since then, on any device.
    pub fn automatic_since(&self, kind: ActionType, since: Stamp) -> Result<u64, StoreError> {
        // A person of that name would be counted as well, which only makes it more careful.
        let text = "SELECT count(*) FROM action WHERE kind = ?1 AND decided_by = 'automation' AND created_at > ?2";
        Ok(sql::first(&self.db, text, (kind.code(), since.0), |r| Ok(count(r.get(0)?)))?.unwrap_or(0))
    }

    /// Where this version of a rule has acted by itself.
    pub fn devices_of_rule(&self, of: &RuleVersion) -> Result<Vec<DeviceId>, StoreError> {
        let text = "SELECT device_id FROM rule_use WHERE rule = ?1 AND version = ?2";
        sql::all(&self.db, text, [&of.rule, &of.version], |r| Ok(DeviceId(r.get(0)?)))
    }

    pub fn word_on_rule(&self, of: &RuleVersion) -> Result<Option<RuleWord>, StoreError> {
        let text = "SELECT word = 'trusted' FROM rule_word WHERE rule = ?1 AND version = ?2";
        let trusted = sql::first(&self.db, text, [&of.rule, &of.version], |r| Ok(r.get::<_, bool>(0)?))?;
        Ok(trusted.map(|trusted| if trusted { RuleWord::Trusted } else { RuleWord::Doubted }))
    }

    /// Does anything wait for this reason?
    pub fn holds(&self, cause: &str, about: &str) -> Result<bool, StoreError> {
        let text = "SELECT 1 FROM held AS h JOIN action AS a ON a.id = h.action_id
                    WHERE h.cause = ?1 AND h.about = ?2 AND a.status = 'pending_approval' LIMIT 1";
        Ok(sql::first(&self.db, text, [cause, about], |_| Ok(()))?.is_some())
    }

    /// What waits, by its reason; the one that began last first.
    pub fn held(&self) -> Result<Vec<HeldRow>, StoreError> {
        let text = "SELECT h.cause, h.about, count(*), min(h.at) FROM held AS h JOIN action AS a ON a.id = h.action_id
                    WHERE a.status = 'pending_approval' GROUP BY h.cause, h.about ORDER BY min(h.at) DESC";
        sql::all(&self.db, text, (), |r| {
            Ok(HeldRow { cause: r.get(0)?, about: r.get(1)?, waiting: count(r.get(2)?), since: Stamp(r.get(3)?) })
        })
    }
}

impl Writer {
    pub fn rule_acted(&mut self, of: &RuleVersion, on: &DeviceId, at: Stamp) -> Result<(), StoreError> {
        let text = "INSERT INTO rule_use (rule, version, device_id, at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (rule, version, device_id) DO NOTHING";
        sql::change(&self.db, text, (&of.rule, &of.version, on.as_str(), at.0)).map(drop)
    }

    /// The last word counts.
    pub fn say_of_rule(&mut self, of: &RuleVersion, word: RuleWord, at: Stamp) -> Result<(), StoreError> {
        let word = match word {
            RuleWord::Trusted => "trusted",
            RuleWord::Doubted => "doubted",
        };
        let text = "INSERT INTO rule_word (rule, version, word, at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (rule, version) DO UPDATE SET word = excluded.word, at = excluded.at";
        sql::change(&self.db, text, (&of.rule, &of.version, word, at.0)).map(drop)
    }

    pub fn hold(&mut self, cause: &str, about: &str, action: &ActionId, at: Stamp) -> Result<(), StoreError> {
        let text = "INSERT INTO held (cause, about, action_id, at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (cause, about, action_id) DO NOTHING";
        sql::change(&self.db, text, (cause, about, action.as_str(), at.0)).map(drop)
    }
}
