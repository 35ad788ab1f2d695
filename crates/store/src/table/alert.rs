//! Alerts and their queue.
use crate::{
    error::{StoreError, taken},
    page::{Newest, Page, Wanted},
    sql::{self, Sql, coded, doc, folded, json, needle},
    store::{Reader, Writer},
};
use assize_domain::{
    alert::{Alert, AlertStatus, Severity},
    id::{AlertId, DeviceId, IncidentId, InvestigationId},
    investigation::InvestigationStatus,
};
use rusqlite::Row;

pub(crate) const TABLE: &str = "
    CREATE TABLE alert_state (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO alert_state (state) VALUES ('new'), ('in_progress'), ('resolved');
    CREATE TABLE alert (
        seq              INTEGER PRIMARY KEY AUTOINCREMENT,
        id               TEXT NOT NULL UNIQUE,
        entered          INTEGER NOT NULL,
        created_at       INTEGER NOT NULL,
        updated_at       INTEGER NOT NULL,
        search           TEXT NOT NULL,
        doc              TEXT NOT NULL,
        incident_id      TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.incident_id') STORED
                         REFERENCES incident (id) DEFERRABLE INITIALLY DEFERRED,
        device_id        TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.device_id') STORED
                         REFERENCES device (id) DEFERRABLE INITIALLY DEFERRED,
        investigation_id TEXT GENERATED ALWAYS AS (doc ->> '$.investigation_id') STORED
                         REFERENCES investigation (id) DEFERRABLE INITIALLY DEFERRED,
        state            TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.status') STORED REFERENCES alert_state (state),
        severity         TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.severity') STORED REFERENCES severity (state)
    ) STRICT;
    CREATE INDEX alert_created ON alert (created_at);
    CREATE INDEX alert_of_incident ON alert (incident_id);
    CREATE INDEX alert_of_device ON alert (device_id);
    CREATE INDEX alert_of_investigation ON alert (investigation_id);
    CREATE INDEX alert_in_state ON alert (state);
";

/// What came later: an alert may be about no device of this installation.
pub(crate) const WITHOUT_DEVICE: &str = "
    CREATE TABLE alert_of_any (
        seq              INTEGER PRIMARY KEY AUTOINCREMENT,
        id               TEXT NOT NULL UNIQUE,
        entered          INTEGER NOT NULL,
        created_at       INTEGER NOT NULL,
        updated_at       INTEGER NOT NULL,
        search           TEXT NOT NULL,
        doc              TEXT NOT NULL,
        incident_id      TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.incident_id') STORED
                         REFERENCES incident (id) DEFERRABLE INITIALLY DEFERRED,
        device_id        TEXT GENERATED ALWAYS AS (doc ->> '$.device_id') STORED
                         REFERENCES device (id) DEFERRABLE INITIALLY DEFERRED,
        investigation_id TEXT GENERATED ALWAYS AS (doc ->> '$.investigation_id') STORED
                         REFERENCES investigation (id) DEFERRABLE INITIALLY DEFERRED,
        state            TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.status') STORED REFERENCES alert_state (state),
        severity         TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.severity') STORED REFERENCES severity (state)
    ) STRICT;
    INSERT INTO alert_of_any (seq, id, entered, created_at, updated_at, search, doc)
        SELECT seq, id, entered, created_at, updated_at, search, doc FROM alert;
    UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'alert')
        WHERE name = 'alert_of_any';
    DROP TABLE alert;
    ALTER TABLE alert_of_any RENAME TO alert;
    CREATE INDEX alert_created ON alert (created_at);
    CREATE INDEX alert_of_incident ON alert (incident_id);
    CREATE INDEX alert_of_device ON alert (device_id) WHERE device_id IS NOT NULL;
    CREATE INDEX alert_of_investigation ON alert (investigation_id) WHERE investigation_id IS NOT NULL;
    CREATE INDEX alert_in_state ON alert (state);
";

/// One row of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    pub alert: Alert,
    pub device_name: Option<String>,
    pub incident_number: u32,
    pub investigation_state: Option<InvestigationStatus>,
    pub practice: bool,
}

/// Filters of the queue; an empty list is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AlertQuery {
    pub status: Vec<AlertStatus>,
    pub severity: Vec<Severity>,
    pub device: Option<DeviceId>,
    pub text: Option<String>,
    pub limit: u32,
    pub after: Option<String>,
    pub snapshot: Option<u64>,
}

const LIST: Newest = Newest {
    order: "alert",
    from: "FROM alert AS x",
    key: "x.created_at",
    joins: "LEFT JOIN device AS d ON d.id = x.device_id JOIN incident AS n ON n.id = x.incident_id
            LEFT JOIN investigation AS i ON i.id = x.investigation_id",
    columns: "x.doc, d.name, n.number, i.state,
        coalesce(d.kind = 'practice', 0)",
};

fn row(r: &Row<'_>) -> Result<AlertRow, StoreError> {
    let state: Option<String> = r.get(5)?;
    Ok(AlertRow {
        alert: doc("an alert", r, 2)?,
        device_name: r.get(3)?,
        incident_number: r.get(4)?,
        investigation_state: state.map(|_| coded("the state of an investigation", r, 5)).transpose()?,
        practice: r.get(6)?,
    })
}

impl Reader {
    pub fn alert(&self, id: &AlertId) -> Result<Alert, StoreError> {
        sql::first(&self.db, "SELECT doc FROM alert WHERE id = ?1", [id.as_str()], |r| doc("an alert", r, 0))?
            .ok_or_else(|| StoreError::NotFound { what: "alert", id: id.to_string() })
    }

    /// Oldest first.
    pub fn alerts_of_incident(&self, id: &IncidentId) -> Result<Vec<Alert>, StoreError> {
        let text = "SELECT doc FROM alert WHERE incident_id = ?1 ORDER BY created_at, seq";
        sql::all(&self.db, text, [id.as_str()], |r| doc("an alert", r, 0))
    }

    /// The incidents that its alerts are in.
    pub fn incidents_of_alerts(&self, id: &InvestigationId) -> Result<Vec<IncidentId>, StoreError> {
        let text = "SELECT DISTINCT incident_id FROM alert WHERE investigation_id = ?1";
        sql::all(&self.db, text, [id.as_str()], |r| Ok(IncidentId(r.get(0)?)))
    }

    pub fn count_alerts_of_incident(&self, id: &IncidentId) -> Result<u64, StoreError> {
        let text = "SELECT count(*) FROM alert WHERE incident_id = ?1";
        let count: Option<i64> = sql::first(&self.db, text, [id.as_str()], |r| Ok(r.get(0)?))?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    /// The queue, newest first.
    pub fn alert_page(&self, query: &AlertQuery) -> Result<Page<AlertRow>, StoreError> {
        let mut filter = Sql::default();
        filter.any_of("AND x.state IN (SELECT value FROM json_each(?))", &query.status)?;
        filter.any_of("AND x.severity IN (SELECT value FROM json_each(?))", &query.severity)?;
        if let Some(device) = &query.device {
            filter.push("AND x.device_id = ?").bind(device.to_string());
        }
        if let Some(needle) = needle(query.text.as_ref()) {
            filter.push("AND instr(x.search, ?) > 0").bind(needle);
        }
        let wanted = Wanted { limit: query.limit, after: query.after.as_ref(), snapshot: query.snapshot };
        LIST.page(&self.db, &filter, &wanted, row)
    }
}

impl Writer {
    pub fn insert_alert(&mut self, alert: &Alert) -> Result<(), StoreError> {
        let entered = self.change_number()?;
        let text = "INSERT INTO alert (id, entered, created_at, updated_at, search, doc)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let params =
            (alert.id.as_str(), entered, alert.created_at.0, alert.updated_at.0, self.search_of(alert)?, json(alert)?);
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "alert", alert.id.as_str()))
    }

    /// Read it in the same transaction before.
    pub fn replace_alert(&mut self, alert: &Alert) -> Result<(), StoreError> {
        self.change_number()?;
        let text = "UPDATE alert SET updated_at = ?2, search = ?3, doc = ?4 WHERE id = ?1";
        let params = (alert.id.as_str(), alert.updated_at.0, self.search_of(alert)?, json(alert)?);
        match sql::change(&self.db, text, params)? {
            0 => Err(StoreError::NotFound { what: "alert", id: alert.id.to_string() }),
            _ => Ok(()),
        }
    }

    fn search_of(&self, alert: &Alert) -> Result<String, StoreError> {
        let device = alert.device_id.as_ref().map(|id| self.device(id)).transpose()?;
        let elsewhere = alert.imported.iter().flat_map(|d| &d.devices).filter_map(|d| d.name.as_deref());
        let words = [alert.title.as_str(), &alert.detection_source].into_iter();
        Ok(folded(words.chain(device.iter().map(|d| d.name.as_str())).chain(elsewhere.take(5))))
    }
}
