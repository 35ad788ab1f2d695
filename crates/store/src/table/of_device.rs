//! Reads about one device, over several tables.
use crate::{
    error::StoreError,
    page::count,
    sql::{self, doc, stamp},
    store::Reader,
};
use assize_domain::{
    action::Action,
    id::{DeviceId, InvestigationId},
    investigation::Investigation,
    remedy::ActionType,
    text::DevicePath,
    time::Stamp,
};

impl Reader {
    /// Pending ones and those that somebody has to carry on with.
    pub fn unfinished_actions_of_device(&self, id: &DeviceId) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.device_id = ?1 AND a.status IN
                        ('pending_approval', 'approved', 'queued', 'waiting_for_device', 'running', 'undoing')
                    ORDER BY a.seq";
        sql::all(&self.db, text, [id.as_str()], |r| doc("an action", r, 0))
    }

    /// Carried out, wholly or in part, and not taken back since.
    pub fn actions_in_force(&self, id: &DeviceId, kind: ActionType) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.device_id = ?1 AND a.kind = ?2 AND a.status IN
                        ('completed', 'partially_completed', 'undo_failed', 'partly_undone')
                    ORDER BY a.seq";
        sql::all(&self.db, text, (id.as_str(), kind.code()), |r| doc("an action", r, 0))
    }

    /// Carried out on it, wholly or in part, and not taken back since.
    pub fn undoable_of_device(&self, id: &DeviceId) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.device_id = ?1 AND a.status IN
                        ('completed', 'partially_completed', 'undo_failed', 'partly_undone')
                    ORDER BY a.seq";
        sql::all(&self.db, text, [id.as_str()], |r| doc("an action", r, 0))
    }

    /// Files of this content that were moved into quarantine and not taken back, on every device.
    pub fn quarantined_with_content(&self, sha256: &str) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.sha256 = ?1 AND a.kind = 'quarantine_file' AND a.status IN
                        ('completed', 'partially_completed', 'undo_failed', 'partly_undone')
                    ORDER BY a.seq";
        sql::all(&self.db, text, [sha256], |r| doc("an action", r, 0))
    }

    /// What was carried out, or taken back since, and began in that time; everything where no time is named.
    pub fn carried_out(&self, since: Option<Stamp>, until: Option<Stamp>) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.status IN
                        ('completed', 'partially_completed', 'undoing', 'undone', 'undo_failed', 'partly_undone')
                    AND d.doc ->> '$.started_at' BETWEEN ?1 AND ?2 ORDER BY a.seq";
        // Times are stored as text of one length in UTC, which sorts as the times do.
        let from = since.unwrap_or(Stamp(0)).to_string();
        let to = until.map_or_else(|| "9999".to_owned(), |u| u.to_string());
        sql::all(&self.db, text, (from, to), |r| doc("an action", r, 0))
    }

    /// Where files of this content were last seen on it.
    pub fn paths_with_content(&self, id: &DeviceId, sha256: &str) -> Result<Vec<DevicePath>, StoreError> {
        let text = "SELECT doc -> '$.entity.file.path' FROM evidence
                    WHERE device_id = ?1 AND kind = 'file' AND doc ->> '$.entity.file.sha256' = ?2
                    UNION SELECT json_quote(path) FROM examined WHERE device_id = ?1 AND sha256 = ?2";
        sql::all(&self.db, text, (id.as_str(), sha256), |r| doc("a path", r, 0))
    }

    /// What a person declined on it since then.
    pub fn rejected_actions_of_device(&self, id: &DeviceId, since: Stamp) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT d.doc FROM action AS a JOIN action_doc AS d ON d.seq = a.seq
                    WHERE a.device_id = ?1 AND a.status = 'rejected' AND a.updated_at >= ?2
                    ORDER BY a.seq";
        sql::all(&self.db, text, (id.as_str(), since.0), |r| doc("an action", r, 0))
    }

    /// When it was last looked at: what waits for a decision has been looked at too.
    pub fn last_investigated(&self, id: &DeviceId) -> Result<Option<Stamp>, StoreError> {
        let text = "SELECT max(coalesce(ended_at, started_at)) FROM investigation
                    WHERE device_id = ?1 AND (ended_at IS NOT NULL OR state = 'pending_approval')";
        Ok(sql::first(&self.db, text, [id.as_str()], |r| stamp(r, 0))?.flatten())
    }

    /// The investigation that looked last, on any device; its actions may still wait for a decision.
    pub fn last_look(&self) -> Result<Option<Investigation>, StoreError> {
        let text = "SELECT doc FROM investigation WHERE ended_at IS NOT NULL OR state = 'pending_approval'
                    ORDER BY coalesce(ended_at, started_at) DESC, seq DESC LIMIT 1";
        sql::first(&self.db, text, (), |r| doc("an investigation", r, 0))
    }

    /// How many files an investigation looked into with nothing to say about them.
    pub fn examined_by(&self, id: &InvestigationId) -> Result<u64, StoreError> {
        let text = "SELECT count(*) FROM examined WHERE investigation_id = ?1";
        Ok(sql::first(&self.db, text, [id.as_str()], |r| Ok(count(r.get(0)?)))?.unwrap_or(0))
    }

    /// SQLite's own check of the whole file.
    pub fn integrity(&self) -> Result<(), StoreError> {
        let answer: Option<String> = sql::first(&self.db, "PRAGMA quick_check(1)", (), |r| Ok(r.get(0)?))?;
        match answer.as_deref() {
            Some("ok") => Ok(()),
            Some(fault) => Err(StoreError::Damaged(fault.to_owned())),
            None => Err(StoreError::Damaged("no answer".to_owned())),
        }
    }
}
