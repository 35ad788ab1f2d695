//! Investigations and their list.
use crate::{
    error::{StoreError, taken},
    page::{Newest, Page, Wanted},
    sql::{self, Sql, doc, folded, json, needle},
    store::{Reader, Stored, Writer},
};
use assize_domain::{
    id::{DeviceId, IncidentId, InvestigationId},
    investigation::{Investigation, InvestigationStatus},
};
use rusqlite::Row;

pub(crate) const TABLE: &str = "
    CREATE TABLE investigation_state (state TEXT PRIMARY KEY, final INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO investigation_state (state, final) VALUES
        ('starting', 0), ('queued', 0), ('running', 0), ('pending_approval', 0), ('pending_resource', 0),
        ('benign', 1), ('remediated', 1), ('partially_remediated', 1), ('partially_investigated', 1), ('failed', 1),
        ('inner_failure', 1), ('terminated_user', 1), ('terminated_system', 1), ('terminated_throttling', 1),
        ('unsupported_alert', 1), ('unsupported_os', 1), ('preexisting_alert', 1), ('suppressed_alert', 1),
        ('no_automation', 1), ('unknown', 1);
    CREATE TABLE investigation (
        seq         INTEGER PRIMARY KEY AUTOINCREMENT,
        id          TEXT NOT NULL UNIQUE,
        version     INTEGER NOT NULL,
        entered     INTEGER NOT NULL,
        started_at  INTEGER NOT NULL,
        ended_at    INTEGER,
        search      TEXT NOT NULL,
        doc         TEXT NOT NULL,
        incident_id TEXT GENERATED ALWAYS AS (doc ->> '$.incident_id') STORED
                    REFERENCES incident (id) DEFERRABLE INITIALLY DEFERRED,
        device_id   TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.device_id') STORED
                    REFERENCES device (id) DEFERRABLE INITIALLY DEFERRED,
        state       TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.state.state') STORED
                    REFERENCES investigation_state (state)
    ) STRICT;
    CREATE INDEX investigation_started ON investigation (started_at);
    CREATE INDEX investigation_ended ON investigation (ended_at);
    CREATE INDEX investigation_of_incident ON investigation (incident_id);
    CREATE INDEX investigation_of_device ON investigation (device_id);
    CREATE INDEX investigation_in_state ON investigation (state);
";

/// Filters of the list; an empty list is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InvestigationQuery {
    pub status: Vec<InvestigationStatus>,
    pub device: Option<DeviceId>,
    pub text: Option<String>,
    pub limit: u32,
    pub after: Option<String>,
    pub snapshot: Option<u64>,
}

const LIST: Newest = Newest {
    order: "investigation",
    from: "FROM investigation AS x",
    key: "x.started_at",
    joins: "",
    columns: "x.doc",
};

fn value(r: &Row<'_>, index: usize) -> Result<Investigation, StoreError> {
    doc("an investigation", r, index)
}

fn stored(r: &Row<'_>) -> Result<Stored<Investigation>, StoreError> {
    Ok(Stored { value: value(r, 0)?, version: r.get(1)? })
}

impl Reader {
    pub fn investigation(&self, id: &InvestigationId) -> Result<Stored<Investigation>, StoreError> {
        let text = "SELECT doc, version FROM investigation WHERE id = ?1";
        sql::first(&self.db, text, [id.as_str()], stored)?
            .ok_or_else(|| StoreError::NotFound { what: "investigation", id: id.to_string() })
    }

    /// Those that have not ended, oldest first.
    pub fn open_investigations(&self) -> Result<Vec<Stored<Investigation>>, StoreError> {
        let text = "SELECT doc, version FROM investigation
                    WHERE state IN (SELECT state FROM investigation_state WHERE final = 0) ORDER BY started_at, seq";
        sql::all(&self.db, text, (), stored)
    }

    /// Its own, and those that look into one of its alerts. Oldest first.
    pub fn investigations_of_incident(&self, id: &IncidentId) -> Result<Vec<Investigation>, StoreError> {
        let text = "SELECT doc FROM investigation
                    WHERE incident_id = ?1 OR id IN (SELECT investigation_id FROM alert WHERE incident_id = ?1)
                    ORDER BY started_at, seq";
        sql::all(&self.db, text, [id.as_str()], |r| value(r, 0))
    }

    /// Newest first.
    pub fn investigations_of_device(&self, id: &DeviceId) -> Result<Vec<Investigation>, StoreError> {
        let text = "SELECT doc FROM investigation WHERE device_id = ?1 ORDER BY started_at DESC, seq DESC";
        sql::all(&self.db, text, [id.as_str()], |r| value(r, 0))
    }

    /// The list, newest first.
    pub fn investigation_page(&self, query: &InvestigationQuery) -> Result<Page<Investigation>, StoreError> {
        let mut filter = Sql::default();
        filter.any_of("AND x.state IN (SELECT value FROM json_each(?))", &query.status)?;
        if let Some(device) = &query.device {
            filter.push("AND x.device_id = ?").bind(device.to_string());
        }
        if let Some(needle) = needle(query.text.as_ref()) {
            filter.push("AND instr(x.search, ?) > 0").bind(needle);
        }
        let wanted = Wanted { limit: query.limit, after: query.after.as_ref(), snapshot: query.snapshot };
        LIST.page(&self.db, &filter, &wanted, |r| value(r, 2))
    }
}

impl Writer {
    pub fn insert_investigation(&mut self, investigation: &Investigation) -> Result<(), StoreError> {
        let entered = self.change_number()?;
        let device = self.device(&investigation.device_id)?;
        let text = "INSERT INTO investigation (id, version, entered, started_at, ended_at, search, doc)
                    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6)";
        let params = (
            investigation.id.as_str(),
            entered,
            investigation.started_at.0,
            investigation.ended_at.map(|s| s.0),
            folded([investigation.name.as_str(), &device.name, investigation.id.as_str()]),
            json(investigation)?,
        );
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "investigation", investigation.id.as_str()))
    }

    /// Stores what followed from `before` if nobody stored anything since it was read; the new version.
    pub fn replace_investigation(
        &mut self,
        before: &Stored<Investigation>,
        investigation: &Investigation,
    ) -> Result<i64, StoreError> {
        self.change_number()?;
        let text = "UPDATE investigation SET version = version + 1, ended_at = ?3, doc = ?4
                    WHERE id = ?1 AND version = ?2";
        let params =
            (before.value.id.as_str(), before.version, investigation.ended_at.map(|s| s.0), json(investigation)?);
        match sql::change(&self.db, text, params)? {
            0 => Err(self.investigation(&before.value.id).err().unwrap_or(StoreError::Conflict)),
            _ => Ok(before.version + 1),
        }
    }
}
