//! Incidents and their queue.
use crate::{
    error::{StoreError, taken},
    page::{Newest, Page, Wanted},
    sql::{self, Sql, doc, folded, json, needle, stamp},
    store::{Reader, Stored, Writer},
};
use assize_domain::{
    alert::Severity,
    id::IncidentId,
    incident::{Incident, IncidentStatus},
    investigation::InvestigationStatus,
    time::Stamp,
};
use rusqlite::Row;

pub(crate) const TABLE: &str = "
    CREATE TABLE severity (state TEXT PRIMARY KEY, gravity INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO severity (state, gravity) VALUES ('informational', 0), ('low', 1), ('medium', 2), ('high', 3);
    CREATE TABLE incident_state (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO incident_state (state) VALUES ('active'), ('in_progress'), ('resolved');
    CREATE TABLE incident (
        seq        INTEGER PRIMARY KEY AUTOINCREMENT,
        id         TEXT NOT NULL UNIQUE,
        version    INTEGER NOT NULL,
        entered    INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        search     TEXT NOT NULL,
        doc        TEXT NOT NULL,
        number     INTEGER NOT NULL GENERATED ALWAYS AS (doc ->> '$.number') STORED UNIQUE,
        state      TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.state.status') STORED REFERENCES incident_state (state),
        severity   TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.severity') STORED REFERENCES severity (state)
    ) STRICT;
    CREATE INDEX incident_created ON incident (created_at);
    CREATE INDEX incident_in_state ON incident (state);
";

/// One row of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    pub incident: Incident,
    pub version: i64,
    /// The states of its investigations, each once.
    pub investigation_states: Vec<InvestigationStatus>,
    pub pending_actions: u32,
    pub evidence_pending: u32,
    pub active_alerts: u32,
    pub alerts: u32,
    /// Names.
    pub devices: Vec<String>,
    pub oldest_pending_at: Option<Stamp>,
    pub last_activity: Stamp,
    /// Everything in it happened on practice devices.
    pub practice: bool,
}

/// Filters of the queue; an empty list is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct IncidentQuery {
    /// M90: *Pending action* is `PendingApproval`.
    pub investigation_state: Option<InvestigationStatus>,
    pub status: Vec<IncidentStatus>,
    pub severity: Vec<Severity>,
    pub text: Option<String>,
    pub limit: u32,
    pub after: Option<String>,
    pub snapshot: Option<u64>,
}

const LIST: Newest = Newest {
    order: "incident",
    from: "FROM incident AS x",
    key: "x.created_at",
    joins: "",
    columns: "x.doc, x.version,
        (SELECT json_group_array(DISTINCT i.state) FROM investigation AS i WHERE i.incident_id = x.id),
        (SELECT count(*) FROM action AS a WHERE a.incident_id = x.id AND a.tab = 'pending'),
        (SELECT count(*) FROM evidence AS e WHERE e.incident_id = x.id AND e.remediation = 'pending_approval'),
        (SELECT count(*) FROM alert AS l WHERE l.incident_id = x.id AND l.state <> 'resolved'),
        (SELECT count(*) FROM alert AS l WHERE l.incident_id = x.id),
        (SELECT json_group_array(name) FROM (SELECT d.name FROM device AS d WHERE d.id IN (
            SELECT l.device_id FROM alert AS l WHERE l.incident_id = x.id
            UNION SELECT i.device_id FROM investigation AS i WHERE i.incident_id = x.id) ORDER BY d.name)),
        (SELECT min(a.pending_since) FROM action AS a WHERE a.incident_id = x.id AND a.tab = 'pending'),
        max(x.updated_at,
            coalesce((SELECT max(l.updated_at) FROM alert AS l WHERE l.incident_id = x.id), 0),
            coalesce((SELECT max(a.updated_at) FROM action AS a WHERE a.incident_id = x.id), 0),
            coalesce((SELECT max(coalesce(i.ended_at, i.started_at)) FROM investigation AS i
                WHERE i.incident_id = x.id), 0)),
        coalesce((SELECT min(d.kind = 'practice') FROM device AS d WHERE d.id IN (
            SELECT l.device_id FROM alert AS l WHERE l.incident_id = x.id
            UNION SELECT i.device_id FROM investigation AS i WHERE i.incident_id = x.id)), 0)",
};

fn row(r: &Row<'_>) -> Result<IncidentRow, StoreError> {
    Ok(IncidentRow {
        incident: doc("an incident", r, 2)?,
        version: r.get(3)?,
        investigation_states: doc("the states of investigations", r, 4)?,
        pending_actions: r.get(5)?,
        evidence_pending: r.get(6)?,
        active_alerts: r.get(7)?,
        alerts: r.get(8)?,
        devices: doc("the names of devices", r, 9)?,
        oldest_pending_at: stamp(r, 10)?,
        last_activity: Stamp(r.get(11)?),
        practice: r.get(12)?,
    })
}

impl Reader {
    pub fn incident(&self, id: &IncidentId) -> Result<Stored<Incident>, StoreError> {
        let text = "SELECT doc, version FROM incident WHERE id = ?1";
        let found = sql::first(&self.db, text, [id.as_str()], |r| {
            Ok(Stored { value: doc("an incident", r, 0)?, version: r.get(1)? })
        })?;
        found.ok_or_else(|| StoreError::NotFound { what: "incident", id: id.to_string() })
    }

    /// By the number people use.
    pub fn incident_numbered(&self, number: u32) -> Result<Option<Stored<Incident>>, StoreError> {
        let text = "SELECT doc, version FROM incident WHERE number = ?1";
        sql::first(&self.db, text, [number], |r| Ok(Stored { value: doc("an incident", r, 0)?, version: r.get(1)? }))
    }

    /// The row of one incident, as the queue shows it.
    pub fn incident_row(&self, id: &IncidentId) -> Result<IncidentRow, StoreError> {
        let mut one = Sql::new("AND x.id = ?");
        one.bind(id.to_string());
        let page = LIST.page(&self.db, &one, &Wanted { limit: 1, after: None, snapshot: None }, row)?;
        page.rows.into_iter().next().ok_or_else(|| StoreError::NotFound { what: "incident", id: id.to_string() })
    }

    /// The queue, newest first.
    pub fn incident_page(&self, query: &IncidentQuery) -> Result<Page<IncidentRow>, StoreError> {
        let mut filter = Sql::default();
        if let Some(state) = query.investigation_state {
            filter.push("AND EXISTS (SELECT 1 FROM investigation AS i WHERE i.incident_id = x.id AND i.state = ?)");
            filter.bind(state.code().to_owned());
        }
        filter.any_of("AND x.state IN (SELECT value FROM json_each(?))", &query.status)?;
        filter.any_of("AND x.severity IN (SELECT value FROM json_each(?))", &query.severity)?;
        if let Some(needle) = needle(query.text.as_ref()) {
            filter.push(
                "AND (instr(x.search, ?) > 0 OR EXISTS (SELECT 1 FROM alert AS l JOIN device AS d ON d.id = l.device_id
                      WHERE l.incident_id = x.id AND instr(lower(d.name), ?) > 0))",
            );
            filter.bind(needle.clone()).bind(needle);
        }
        let wanted = Wanted { limit: query.limit, after: query.after.as_ref(), snapshot: query.snapshot };
        LIST.page(&self.db, &filter, &wanted, row)
    }
}

impl Writer {
    pub fn insert_incident(&mut self, incident: &Incident) -> Result<(), StoreError> {
        let entered = self.change_number()?;
        let text = "INSERT INTO incident (id, version, entered, created_at, updated_at, search, doc)
                    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6)";
        let params = (
            incident.id.as_str(),
            entered,
            incident.created_at.0,
            incident.updated_at.0,
            search(incident),
            json(incident)?,
        );
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "incident", incident.id.as_str()))
    }

    /// Stores what followed from `before` if nobody stored anything since it was read; the new version.
    pub fn replace_incident(&mut self, before: &Stored<Incident>, incident: &Incident) -> Result<i64, StoreError> {
        self.change_number()?;
        let text = "UPDATE incident SET version = version + 1, updated_at = ?3, search = ?4, doc = ?5
                    WHERE id = ?1 AND version = ?2";
        let params =
            (before.value.id.as_str(), before.version, incident.updated_at.0, search(incident), json(incident)?);
        match sql::change(&self.db, text, params)? {
            0 => Err(self.incident(&before.value.id).err().unwrap_or(StoreError::Conflict)),
            _ => Ok(before.version + 1),
        }
    }
}

fn search(incident: &Incident) -> String {
    let number = format!("#{}", incident.number);
    let tags = incident.tags.iter().map(String::as_str);
    folded([incident.name.as_str(), &number].into_iter().chain(tags).chain(incident.assigned_to.as_deref()))
}
