//! Evidence: everything an investigation judged one by one.
use crate::{
    error::{StoreError, taken},
    page::{Newest, Page, Wanted},
    sql::{self, Sql, code, doc, folded, json, needle},
    store::{Reader, Writer},
};
use assize_domain::{
    action::RemediationStatus,
    entity::{Entity, EntityType, Relation},
    id::{DeviceId, EvidenceId, IncidentId, InvestigationId},
    location::Location,
    time::Stamp,
    verdict::{Reason, Verdict},
};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

pub(crate) const TABLE: &str = "
    CREATE TABLE verdict (state TEXT PRIMARY KEY, gravity INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO verdict (state, gravity) VALUES
        ('no_threats_found', 0), ('unknown', 1), ('suspicious', 2), ('malicious', 3);
    CREATE TABLE entity_type (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO entity_type (state) VALUES
        ('file'), ('process'), ('service'), ('scheduled_task'), ('driver'), ('registry'), ('startup_item'), ('user'),
        ('ip'), ('url'), ('domain'), ('device');
    CREATE TABLE remediation_state (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO remediation_state (state) VALUES
        ('none'), ('pending_approval'), ('running'), ('remediated'), ('partially_remediated'), ('prevented'),
        ('not_found'), ('declined'), ('unremediated'), ('failed');
    CREATE TABLE evidence (
        seq              INTEGER PRIMARY KEY AUTOINCREMENT,
        id               TEXT NOT NULL UNIQUE,
        entered          INTEGER NOT NULL,
        first_seen       INTEGER NOT NULL,
        last_seen        INTEGER NOT NULL,
        remediation_at   INTEGER,
        title            TEXT NOT NULL,
        place            TEXT NOT NULL,
        search           TEXT NOT NULL,
        doc              TEXT NOT NULL,
        investigation_id TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.investigation_id') STORED
                         REFERENCES investigation (id) DEFERRABLE INITIALLY DEFERRED,
        incident_id      TEXT GENERATED ALWAYS AS (doc ->> '$.incident_id') STORED
                         REFERENCES incident (id) DEFERRABLE INITIALLY DEFERRED,
        device_id        TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.device_id') STORED
                         REFERENCES device (id) DEFERRABLE INITIALLY DEFERRED,
        kind             TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.entity.type') STORED
                         REFERENCES entity_type (state),
        verdict          TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.verdict') STORED REFERENCES verdict (state),
        remediation      TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.remediation') STORED
                         REFERENCES remediation_state (state)
    ) STRICT;
    CREATE INDEX evidence_seen ON evidence (last_seen);
    CREATE INDEX evidence_of_investigation ON evidence (investigation_id);
    CREATE INDEX evidence_of_incident ON evidence (incident_id, remediation);
    CREATE INDEX evidence_of_device ON evidence (device_id);
    CREATE INDEX evidence_judged ON evidence (verdict, last_seen);
    CREATE INDEX evidence_entered ON evidence (entered);
    CREATE INDEX evidence_filtered ON evidence (verdict, kind, device_id, id, search);
";

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRow {
    pub id: EvidenceId,
    pub investigation_id: InvestigationId,
    pub incident_id: Option<IncidentId>,
    pub device_id: DeviceId,
    pub entity: Entity,
    pub verdict: Verdict,
    /// Strongest first.
    pub reasons: Vec<Reason>,
    pub location: Location,
    pub remediation: RemediationStatus,
    /// This RELATION that.
    pub related: Vec<(Relation, EvidenceId)>,
    pub first_seen: Stamp,
    pub last_seen: Stamp,
    /// The title of the indicator that decided.
    pub indicator: Option<String>,
}

/// Filters of the list; an empty list is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct EvidenceQuery {
    pub verdict: Vec<Verdict>,
    pub kind: Vec<EntityType>,
    /// Only what no action was proposed for.
    pub without_action: bool,
    pub device: Option<DeviceId>,
    pub text: Option<String>,
    pub limit: u32,
    pub after: Option<String>,
    pub snapshot: Option<u64>,
}

const LIST: Newest =
    Newest { order: "evidence", from: "FROM evidence AS x", key: "x.last_seen", joins: "", columns: "x.doc" };

impl Reader {
    pub fn evidence(&self, id: &EvidenceId) -> Result<EvidenceRow, StoreError> {
        let text = "SELECT doc FROM evidence WHERE id = ?1";
        sql::first(&self.db, text, [id.as_str()], |r| row(r, 0))?
            .ok_or_else(|| StoreError::NotFound { what: "evidence", id: id.to_string() })
    }

    /// In the order in which it was stored.
    pub fn evidence_of_investigation(&self, id: &InvestigationId) -> Result<Vec<EvidenceRow>, StoreError> {
        let text = "SELECT doc FROM evidence WHERE investigation_id = ?1 ORDER BY seq";
        sql::all(&self.db, text, [id.as_str()], |r| row(r, 0))
    }

    /// In the order in which it was stored.
    pub fn evidence_of_incident(&self, id: &IncidentId) -> Result<Vec<EvidenceRow>, StoreError> {
        let text = "SELECT doc FROM evidence WHERE incident_id = ?1 ORDER BY seq";
        sql::all(&self.db, text, [id.as_str()], |r| row(r, 0))
    }

    /// The list, newest first.
    pub fn evidence_page(&self, query: &EvidenceQuery) -> Result<Page<EvidenceRow>, StoreError> {
        let mut filter = Sql::default();
        filter.any_of("AND x.verdict IN (SELECT value FROM json_each(?))", &query.verdict)?;
        filter.any_of("AND x.kind IN (SELECT value FROM json_each(?))", &query.kind)?;
        if query.without_action {
            filter.push("AND NOT EXISTS (SELECT 1 FROM action AS a WHERE a.evidence_id = x.id)");
        }
        if let Some(device) = &query.device {
            filter.push("AND x.device_id = ?").bind(device.to_string());
        }
        if let Some(needle) = needle(query.text.as_ref()) {
            filter.push("AND instr(x.search, ?) > 0").bind(needle);
        }
        let wanted = Wanted { limit: query.limit, after: query.after.as_ref(), snapshot: query.snapshot };
        LIST.page(&self.db, &filter, &wanted, |r| row(r, 2))
    }
}

fn row(r: &Row<'_>, index: usize) -> Result<EvidenceRow, StoreError> {
    doc("evidence", r, index)
}

impl Writer {
    pub fn insert_evidence(&mut self, evidence: &EvidenceRow) -> Result<(), StoreError> {
        let entered = self.change_number()?;
        let device = self.device(&evidence.device_id)?;
        let (title, place) = (evidence.entity.title(), evidence.entity.place());
        let search = folded([title.as_str(), &place, &device.name].into_iter().chain(hash(&evidence.entity)));
        let text = "INSERT INTO evidence (id, entered, first_seen, last_seen, title, place, search, doc)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let params = (
            evidence.id.as_str(),
            entered,
            evidence.first_seen.0,
            evidence.last_seen.0,
            &title,
            &place,
            search,
            json(evidence)?,
        );
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "evidence", evidence.id.as_str()))
    }

    /// What became of it. `now` is when it was last known to be so.
    pub fn set_remediation(
        &mut self,
        id: &EvidenceId,
        status: RemediationStatus,
        now: Stamp,
    ) -> Result<(), StoreError> {
        self.change_number()?;
        let text = "UPDATE evidence SET doc = json_set(doc, '$.remediation', ?2), remediation_at = ?3 WHERE id = ?1";
        match sql::change(&self.db, text, (id.as_str(), code(status)?, now.0))? {
            0 => Err(StoreError::NotFound { what: "evidence", id: id.to_string() }),
            _ => Ok(()),
        }
    }
}

/// The SHA-256 by which people look for it.
pub(crate) fn hash(entity: &Entity) -> Option<&str> {
    match entity {
        Entity::File { file } => file.sha256.as_deref(),
        Entity::Process { process } => process.image_sha256.as_deref(),
        Entity::Service { .. }
        | Entity::ScheduledTask { .. }
        | Entity::Driver { .. }
        | Entity::Registry { .. }
        | Entity::StartupItem { .. }
        | Entity::User { .. }
        | Entity::Ip { .. }
        | Entity::Url { .. }
        | Entity::Domain { .. }
        | Entity::Device { .. } => None,
    }
}
