//! Where a content was seen, on every device; and the parts of an action.
use crate::{
    error::StoreError,
    sql::{self, doc, stamp},
    store::Reader,
};
use assize_domain::{
    action::Action,
    id::{ActionId, DeviceId, EvidenceId},
    text::DevicePath,
    time::Stamp,
};

/// Parts are looked for by the action they are a part of, which few actions have.
pub(crate) const PARTS: &str = "
    ALTER TABLE action_doc ADD COLUMN parent TEXT GENERATED ALWAYS AS (doc ->> '$.parent') VIRTUAL;
    CREATE INDEX action_parts ON action_doc (parent) WHERE parent IS NOT NULL;
";

/// A device had this content there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub device_id: DeviceId,
    /// Of the file, or of the program that ran.
    pub path: DevicePath,
    pub at: Stamp,
    /// None where the file was looked into with nothing to say about it.
    pub evidence_id: Option<EvidenceId>,
}

impl Reader {
    /// Where files and running programs of this content were seen since then, the latest first.
    pub fn sightings(&self, sha256: &str, since: Stamp) -> Result<Vec<Sighting>, StoreError> {
        let text =
            "SELECT device_id, coalesce(doc -> '$.entity.file.path', doc -> '$.entity.process.exe'), last_seen, id
                    FROM evidence
                    WHERE last_seen >= ?2 AND kind IN ('file', 'process') AND instr(search, ?1) > 0
                      AND ?1 IN (doc ->> '$.entity.file.sha256', doc ->> '$.entity.process.image_sha256')
                      AND coalesce(doc ->> '$.entity.file.path', doc ->> '$.entity.process.exe') IS NOT NULL
                    UNION ALL
                    SELECT device_id, json_quote(path), at, NULL FROM examined WHERE at >= ?2 AND sha256 = ?1
                    ORDER BY 3 DESC";
        sql::all(&self.db, text, (sha256, since.0), |r| {
            Ok(Sighting {
                device_id: DeviceId(r.get(0)?),
                path: doc("a path", r, 1)?,
                at: stamp(r, 2)?.unwrap_or(Stamp(0)),
                evidence_id: r.get::<_, Option<String>>(3)?.map(EvidenceId),
            })
        })
    }

    /// On how many devices this content was seen, and when first.
    pub fn prevalence(&self, sha256: &str) -> Result<(u64, Option<Stamp>), StoreError> {
        let text = "SELECT count(DISTINCT device_id), min(at) FROM (
                    SELECT device_id, first_seen AS at FROM evidence
                    WHERE kind IN ('file', 'process') AND instr(search, ?1) > 0
                      AND ?1 IN (doc ->> '$.entity.file.sha256', doc ->> '$.entity.process.image_sha256')
                    UNION ALL SELECT device_id, at FROM examined WHERE sha256 = ?1)";
        let found = sql::first(&self.db, text, [sha256], |r| Ok((crate::page::count(r.get(0)?), stamp(r, 1)?)))?;
        Ok(found.unwrap_or((0, None)))
    }

    /// The parts of an action, in the order in which they were asked for.
    pub fn parts_of(&self, id: &ActionId) -> Result<Vec<Action>, StoreError> {
        let text = "SELECT doc FROM action_doc WHERE parent = ?1 ORDER BY seq";
        sql::all(&self.db, text, [id.as_str()], |r| doc("an action", r, 0))
    }
}
