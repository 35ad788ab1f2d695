//! Examined files: the many that were looked into with nothing to say about them, or with a reason why not.
use crate::{
    error::StoreError,
    sql::{self, folded},
    store::Writer,
};
use assize_domain::{
    id::{DeviceId, InvestigationId},
    question::Examined,
    time::Stamp,
};

// Thousands of rows per investigation: their number is their id, the sentence stands alone for the reason, and
// `search` is there only where the path has capital letters.
pub(crate) const TABLE: &str = "
    CREATE TABLE examined (
        seq              INTEGER PRIMARY KEY AUTOINCREMENT,
        entered          INTEGER NOT NULL,
        at               INTEGER NOT NULL,
        device_id        TEXT NOT NULL REFERENCES device (id) DEFERRABLE INITIALLY DEFERRED,
        investigation_id TEXT NOT NULL,
        verdict          TEXT NOT NULL REFERENCES verdict (state),
        size             INTEGER NOT NULL,
        path             TEXT NOT NULL,
        sha256           TEXT,
        reason           TEXT,
        search           TEXT,
        UNIQUE (device_id, path)
    ) STRICT;
    CREATE INDEX examined_at ON examined (at, seq, verdict);
    CREATE INDEX examined_entered ON examined (entered);
    CREATE INDEX examined_by ON examined (investigation_id);
";

impl Writer {
    /// The newest look at each file of a device replaces the one before. Returns how many rows were written.
    pub fn upsert_examined(
        &mut self,
        device: &DeviceId,
        investigation: &InvestigationId,
        files: &[Examined],
        now: Stamp,
    ) -> Result<u64, StoreError> {
        let entered = self.change_number()?;
        let text = "INSERT INTO examined
                        (entered, at, device_id, investigation_id, verdict, size, path, sha256, reason, search)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                    ON CONFLICT (device_id, path) DO UPDATE SET
                        entered = excluded.entered, at = excluded.at, investigation_id = excluded.investigation_id,
                        verdict = excluded.verdict, size = excluded.size, sha256 = excluded.sha256,
                        reason = excluded.reason, search = excluded.search";
        let mut statement = self.db.prepare_cached(text)?;
        let mut written = 0;
        for file in files {
            let path = file.path.as_str();
            statement.execute((
                entered,
                now.0,
                device.as_str(),
                investigation.as_str(),
                file.verdict.code(),
                crate::page::signed(file.size.0),
                path,
                &file.sha256,
                file.finding.as_ref().map(|f| &f.text),
                Some(folded([path])).filter(|folded| folded != path),
            ))?;
            written += 1;
        }
        Ok(written)
    }

    /// A file that became evidence is no longer merely examined.
    pub fn remove_examined(&mut self, device: &DeviceId, path: &str) -> Result<(), StoreError> {
        self.change_number()?;
        let text = "DELETE FROM examined WHERE device_id = ?1 AND path = ?2";
        sql::change(&self.db, text, (device.as_str(), path)).map(drop)
    }
}
