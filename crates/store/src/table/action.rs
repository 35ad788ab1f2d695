//! Remediation actions. What lists filter and sort by stands in `action`, narrow and indexed; the value itself in
//! `action_doc`, so that a filter over 100,000 actions never reads their documents.
use crate::{
    error::{StoreError, taken},
    sql::{self, doc, folded, json},
    store::{Reader, Stored, Writer},
    table::evidence::hash,
};
use assize_domain::{
    action::{Action, ActionState, ActionStatus},
    id::{ActionId, EvidenceId, IncidentId, InvestigationId},
    target::Target,
    time::Stamp,
};
use rusqlite::Row;

pub(crate) const TABLE: &str = "
    CREATE TABLE action_type (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO action_type (state) VALUES
        ('kill_process'), ('stop_service'), ('disable_driver'), ('remove_scheduled_task'), ('remove_registry_key'),
        ('remove_persistence'), ('quarantine_file'), ('isolate_device'), ('restrict_code_execution'),
        ('run_antivirus_scan'), ('stop_and_quarantine_file'), ('collect_investigation_package');
    CREATE TABLE action_source (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO action_source (state) VALUES
        ('automated_investigation'), ('manual_response'), ('antivirus'), ('command_line');
    CREATE TABLE action_state (state TEXT PRIMARY KEY, progress INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO action_state (state, progress) VALUES
        ('pending_approval', 0), ('approved', 1), ('queued', 2), ('waiting_for_device', 3), ('running', 4),
        ('completed', 5), ('partially_completed', 6), ('failed', 7), ('skipped', 8), ('timed_out', 9),
        ('rejected', 10), ('expired', 11), ('cancelled', 12), ('undoing', 13), ('undone', 14), ('partly_undone', 15),
        ('undo_failed', 16);
    CREATE TABLE action (
        seq              INTEGER PRIMARY KEY AUTOINCREMENT,
        entered          INTEGER NOT NULL,
        changed          INTEGER NOT NULL,
        created_at       INTEGER NOT NULL,
        updated_at       INTEGER NOT NULL,
        expires_at       INTEGER NOT NULL,
        pending_since    INTEGER,
        due_at           INTEGER,
        gravity          INTEGER NOT NULL,
        progress         INTEGER NOT NULL,
        version          INTEGER NOT NULL,
        tab              TEXT NOT NULL CHECK (tab IN ('pending', 'history')),
        status           TEXT NOT NULL REFERENCES action_state (state),
        kind             TEXT NOT NULL REFERENCES action_type (state),
        source           TEXT NOT NULL REFERENCES action_source (state),
        verdict          TEXT NOT NULL REFERENCES verdict (state),
        entity_type      TEXT NOT NULL REFERENCES entity_type (state),
        decided_by       TEXT,
        device_name      TEXT NOT NULL COLLATE NOCASE,
        target           TEXT NOT NULL COLLATE NOCASE,
        device_id        TEXT NOT NULL REFERENCES device (id) DEFERRABLE INITIALLY DEFERRED,
        id               TEXT NOT NULL UNIQUE,
        approval_id      TEXT,
        investigation_id TEXT REFERENCES investigation (id) DEFERRABLE INITIALLY DEFERRED,
        incident_id      TEXT REFERENCES incident (id) DEFERRABLE INITIALLY DEFERRED,
        evidence_id      TEXT REFERENCES evidence (id) DEFERRABLE INITIALLY DEFERRED,
        sha256           TEXT,
        search           TEXT NOT NULL
    ) STRICT;
    CREATE TABLE action_doc (
        seq   INTEGER PRIMARY KEY REFERENCES action (seq) DEFERRABLE INITIALLY DEFERRED,
        doc   TEXT NOT NULL,
        state TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.state.status') STORED REFERENCES action_state (state)
    ) STRICT;
    CREATE INDEX action_updated ON action (tab, updated_at);
    CREATE INDEX action_created ON action (tab, created_at, seq, updated_at);
    CREATE INDEX action_expires ON action (tab, expires_at);
    CREATE INDEX action_kind ON action (tab, kind);
    CREATE INDEX action_named ON action (tab, device_name, seq, device_id);
    CREATE INDEX action_judged ON action (tab, gravity, seq, verdict);
    CREATE INDEX action_progress ON action (tab, progress, seq, status);
    CREATE INDEX action_target ON action (tab, target, seq, kind, search);
    CREATE INDEX action_entered ON action (tab, entered);
    CREATE INDEX action_filtered ON action
        (tab, kind, status, source, verdict, entity_type, decided_by, updated_at);
    CREATE INDEX action_text ON action (tab, search, kind);
    CREATE INDEX action_in_state ON action (status);
    CREATE INDEX action_due ON action (due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX action_of_device ON action (device_id);
    CREATE INDEX action_of_investigation ON action (investigation_id);
    CREATE INDEX action_of_incident ON action (incident_id, tab);
    CREATE INDEX action_of_evidence ON action (evidence_id);
    CREATE INDEX action_of_approval ON action (approval_id);
    CREATE INDEX action_of_hash ON action (sha256) WHERE sha256 IS NOT NULL;
    CREATE INDEX action_pending_since ON action (pending_since) WHERE pending_since IS NOT NULL;
";

fn value(r: &Row<'_>) -> Result<Action, StoreError> {
    doc("an action", r, 0)
}

impl Reader {
    pub fn action(&self, id: &ActionId) -> Result<Stored<Action>, StoreError> {
        let text = "SELECT d.doc, a.version FROM action AS a JOIN action_doc AS d ON d.seq = a.seq WHERE a.id = ?1";
        let found = sql::first(&self.db, text, [id.as_str()], |r| Ok(Stored { value: value(r)?, version: r.get(1)? }))?;
        found.ok_or_else(|| StoreError::NotFound { what: "action", id: id.to_string() })
    }

    /// In the order in which they were proposed.
    pub fn actions_of_investigation(&self, id: &InvestigationId) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.investigation_id = ?1 ORDER BY a.seq";
        sql::all(&self.db, text, [id.as_str()], value)
    }

    /// In the order in which they were proposed.
    pub fn actions_of_incident(&self, id: &IncidentId) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.incident_id = ?1 ORDER BY a.seq";
        sql::all(&self.db, text, [id.as_str()], value)
    }

    /// In the order in which they were proposed.
    pub fn actions_of_evidence(&self, id: &EvidenceId) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.evidence_id = ?1 ORDER BY a.seq";
        sql::all(&self.db, text, [id.as_str()], value)
    }

    /// Those that somebody has to carry on with: approved, queued, waiting for their device, running or undoing.
    pub fn open_actions(&self) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.status IN ('approved', 'queued', 'waiting_for_device', 'running', 'undoing')
                    ORDER BY a.seq";
        sql::all(&self.db, text, (), value)
    }

    /// Pending actions whose time to decide has run out at `now`.
    pub fn expiring_actions(&self, now: Stamp) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.status = 'pending_approval' AND a.due_at <= ?1 ORDER BY a.due_at, a.seq";
        sql::all(&self.db, text, [now.0], value)
    }

    /// Everything that the clock alone moves on at `now`: waiting too long for a person (T7) or for its device (T13,
    /// and an undo that was never handed over).
    pub fn due_actions(&self, now: Stamp) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.due_at <= ?1 ORDER BY a.due_at, a.seq";
        sql::all(&self.db, text, [now.0], value)
    }
}

impl Writer {
    pub fn insert_action(&mut self, action: &Action) -> Result<(), StoreError> {
        let change = self.change_number()?;
        let device = self.device(&action.device_id)?.name;
        let entity = match &action.evidence_id {
            Some(id) => Some(self.evidence(id)?.entity),
            None => None,
        };
        let columns = Columns::of(action);
        let text = "INSERT INTO action (entered, changed, created_at, updated_at, expires_at, pending_since, due_at,
                gravity, progress, version, tab, status, kind, source, verdict, entity_type, decided_by, device_name,
                target, device_id, id, approval_id, investigation_id, incident_id, evidence_id, sha256,
                search)
            VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, (SELECT gravity FROM verdict WHERE state = ?10),
                (SELECT progress FROM action_state WHERE state = ?7), 1, ?8, ?7, ?9, ?11, ?10, ?12, ?13, ?14, ?15, ?16,
                ?17, ?18, ?19, ?20, ?21, ?22, ?23)";
        let target = action.target.title();
        let inserted = self.db.prepare_cached(text)?.execute(rusqlite::params![
            change,
            action.created_at.0,
            action.updated_at.0,
            columns.expires_at,
            columns.pending_since,
            columns.due_at,
            action.status().code(),
            columns.tab,
            action.kind.code(),
            action.policy.verdict.code(),
            action.source.code(),
            entity.as_ref().map_or_else(|| action.target.entity_type().code(), |e| e.kind().code()),
            action.decided.as_ref().map(|d| d.by()),
            device,
            target,
            action.device_id.as_str(),
            action.id.as_str(),
            action.approval_id.as_ref().map(|i| i.as_str()),
            action.investigation_id.as_ref().map(|i| i.as_str()),
            action.incident_id.as_ref().map(|i| i.as_str()),
            action.evidence_id.as_ref().map(|i| i.as_str()),
            entity.as_ref().and_then(hash).or_else(|| of_content(&action.target)),
            folded([device.as_str(), &target]),
        ]);
        inserted.map_err(|e| taken(e, "action", action.id.as_str()))?;
        let seq = self.db.last_insert_rowid();
        sql::change(&self.db, "INSERT INTO action_doc (seq, doc) VALUES (?1, ?2)", (seq, json(action)?)).map(drop)
    }

    /// Stores what followed from `before` if nobody stored anything since it was read; the new version. Device, target
    /// and evidence never change; the investigation of a scan is known once it has begun.
    pub fn replace_action(&mut self, before: &Stored<Action>, action: &Action) -> Result<i64, StoreError> {
        let change = self.change_number()?;
        let columns = Columns::of(action);
        // An action that changes its tab is new to the list of that tab.
        let text = "UPDATE action SET version = version + 1, changed = ?3,
                entered = CASE WHEN tab = ?8 THEN entered ELSE ?3 END, updated_at = ?4, expires_at = ?5,
                pending_since = ?6, due_at = ?7, tab = ?8, status = ?9,
                progress = (SELECT progress FROM action_state WHERE state = ?9), decided_by = ?10, approval_id = ?11,
                investigation_id = ?12
            WHERE id = ?1 AND version = ?2 RETURNING seq";
        let params = rusqlite::params![
            before.value.id.as_str(),
            before.version,
            change,
            action.updated_at.0,
            columns.expires_at,
            columns.pending_since,
            columns.due_at,
            columns.tab,
            action.status().code(),
            action.decided.as_ref().map(|d| d.by()),
            action.approval_id.as_ref().map(|i| i.as_str()),
            action.investigation_id.as_ref().map(|i| i.as_str()),
        ];
        let Some(seq) = sql::first(&self.db, text, params, |r| Ok(r.get::<_, i64>(0)?))? else {
            return Err(self.action(&before.value.id).err().unwrap_or(StoreError::Conflict));
        };
        sql::change(&self.db, "UPDATE action_doc SET doc = ?2 WHERE seq = ?1", (seq, json(action)?))?;
        Ok(before.version + 1)
    }
}

/// The content an action is about, where no evidence tells.
fn of_content(target: &Target) -> Option<&str> {
    if let Target::File { sha256, .. } | Target::Content { sha256, .. } = target { Some(sha256) } else { None }
}

/// What the state of an action says in columns.
struct Columns {
    tab: &'static str,
    /// Far away where nothing expires, so that it sorts last.
    expires_at: i64,
    pending_since: Option<i64>,
    /// When the clock alone moves it on.
    due_at: Option<i64>,
}

impl Columns {
    fn of(action: &Action) -> Self {
        let (pending_since, due_at) = match &action.state {
            ActionState::PendingApproval { since, expires_at, .. } => (Some(since.0), Some(expires_at.0)),
            ActionState::WaitingForDevice { deadline, .. } | ActionState::Undoing { order: None, deadline, .. } => {
                (None, Some(deadline.0))
            }
            // When it is looked at again.
            ActionState::Completed { .. } => (None, action.next_check_at().map(|at| at.0)),
            // At any time: the device may still tell what became of it.
            ActionState::TimedOut { .. } | ActionState::UndoFailed { .. } if action.notes.unanswered.is_some() => {
                (None, Some(action.updated_at.0))
            }
            ActionState::Queued { .. }
            | ActionState::Running { .. }
            | ActionState::Undoing { order: Some(_), .. }
            | ActionState::Approved
            | ActionState::PartiallyCompleted { .. }
            | ActionState::Failed { .. }
            | ActionState::Skipped { .. }
            | ActionState::TimedOut { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. }
            | ActionState::Undone { .. }
            | ActionState::PartlyUndone { .. }
            | ActionState::UndoFailed { .. } => (None, None),
        };
        let pending = action.status() == ActionStatus::PendingApproval;
        Self {
            tab: if pending { "pending" } else { "history" },
            expires_at: due_at.filter(|_| pending).unwrap_or(i64::MAX),
            pending_since,
            due_at,
        }
    }
}
