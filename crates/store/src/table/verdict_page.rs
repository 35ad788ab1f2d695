//! Every verdict in one list (M47): evidence and examined files, newest first; rows without an action say so.
use crate::{
    error::StoreError,
    page::{Cursor, Key, Page, count, counted, cut, limit, snapshot},
    sql::{Sql, coded, folded, json, needle},
    store::Reader,
    table::counter,
};
use assize_domain::{
    entity::EntityType,
    id::{DeviceId, EvidenceId},
    time::Stamp,
    verdict::Verdict,
};
use rusqlite::Row;

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// Unique in the list: the id of the evidence, or a number for an examined file.
    pub id: String,
    pub device_id: DeviceId,
    pub device_name: String,
    pub entity_type: EntityType,
    pub title: String,
    pub place: String,
    pub verdict: Verdict,
    /// The strongest, in one sentence.
    pub reason: Option<String>,
    pub at: Stamp,
    pub evidence_id: Option<EvidenceId>,
    pub has_action: bool,
}

/// Filters of the list; an empty list is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VerdictQuery {
    pub verdict: Vec<Verdict>,
    pub device: Option<DeviceId>,
    pub text: Option<String>,
    pub limit: u32,
    pub after: Option<String>,
    pub snapshot: Option<u64>,
}

/// One of the two tables. Between equal times evidence comes first; a cursor's key is the time, its `seq` counts
/// evidence below zero so that one number orders both.
struct Side {
    from: &'static str,
    at: &'static str,
    /// Ascending in the order of the list among equal times.
    place: &'static str,
    joins: &'static str,
    columns: &'static str,
    /// Takes the needle and a JSON array of the devices that are named like it.
    text: &'static str,
}

const EVIDENCE: Side = Side {
    from: "FROM evidence AS x",
    at: "x.last_seen",
    place: "-(x.seq + 4611686018427387904)",
    joins: "JOIN device AS d ON d.id = x.device_id",
    columns: "x.id, x.device_id, d.name, x.kind, x.title, x.place, x.verdict, x.doc ->> '$.reasons[0].text',
        x.id, EXISTS (SELECT 1 FROM action AS a WHERE a.evidence_id = x.id)",
    text: "AND (instr(x.search, ?) > 0 OR x.device_id IN (SELECT value FROM json_each(?)))",
};

const EXAMINED: Side = Side {
    from: "FROM examined AS x",
    at: "x.at",
    place: "-x.seq",
    joins: "JOIN device AS d ON d.id = x.device_id",
    columns: "'examined-' || x.seq, x.device_id, d.name, 'file', NULL, x.path, x.verdict, x.reason, NULL, 0",
    text: "AND (instr(coalesce(x.search, x.path), ?) > 0 OR x.device_id IN (SELECT value FROM json_each(?)))",
};

const ORDER: &str = "verdict";

impl Reader {
    pub fn verdict_page(&self, query: &VerdictQuery) -> Result<Page<VerdictRow>, StoreError> {
        let after = Cursor::read(query.after.as_ref(), ORDER)?;
        let snapshot = snapshot(&self.db, query.snapshot, after.as_ref())?;
        let mut filter = Sql::default();
        filter.any_of("AND x.verdict IN (SELECT value FROM json_each(?))", &query.verdict)?;
        if let Some(device) = &query.device {
            filter.push("AND x.device_id = ?").bind(device.to_string());
        }
        let latest = counter::latest_change(&self.db)?;
        let needle = needle(query.text.as_ref());
        let named: Vec<DeviceId> = match &needle {
            Some(needle) => {
                let devices = self.devices()?.into_iter();
                devices.filter(|d| folded([d.name.as_str()]).contains(needle)).map(|d| d.id).collect()
            }
            None => Vec::new(),
        };
        let limit = limit(query.limit);
        let mut found = Vec::new();
        let (mut total, mut newer) = (0, 0);
        for side in [&EVIDENCE, &EXAMINED] {
            let mut filter = filter.clone();
            if let Some(needle) = &needle {
                filter.push(side.text).bind(needle.clone()).bind(json(&named)?);
            }
            let (old, new) = counted(&self.db, side.from, &filter, snapshot, latest)?;
            total += old;
            newer += new;
            let mut sql = Sql::new("SELECT");
            sql.push(side.at).push(",").push(side.place).push(",").push(side.columns).push(side.from).push(side.joins);
            sql.push("WHERE +x.entered <= ?").bind(snapshot).append(&filter);
            if let Some(after) = &after {
                // Two conditions, so that the index on the time is used for the first.
                sql.push("AND").push(side.at).push("<= ?").bind(after.key.clone());
                sql.push("AND (").push(side.at).push("< ? OR").bind(after.key.clone());
                sql.push(side.place).push("> ?)").bind(after.seq);
            }
            sql.push("ORDER BY").push(side.at).push("DESC, x.seq DESC LIMIT ?").bind(limit + 1);
            found.extend(sql.rows(&self.db, |r| Ok((r.get::<_, Key>(0)?, r.get::<_, i64>(1)?, row(r)?)))?);
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let (rows, next) = cut(found, limit, ORDER, snapshot)?;
        Ok(Page { rows, total, next, newer, snapshot: count(snapshot) })
    }
}

fn row(r: &Row<'_>) -> Result<VerdictRow, StoreError> {
    let place: String = r.get(7)?;
    let title: Option<String> = r.get(6)?;
    let evidence: Option<String> = r.get(10)?;
    Ok(VerdictRow {
        id: r.get(2)?,
        device_id: DeviceId(r.get(3)?),
        device_name: r.get(4)?,
        entity_type: coded("the type of an entity", r, 5)?,
        title: title.unwrap_or_else(|| place.rsplit(['/', '\\']).next().unwrap_or(&place).to_owned()),
        verdict: coded("a verdict", r, 8)?,
        reason: r.get(9)?,
        at: match r.get(0)? {
            Key::Number(at) => Stamp(at),
            Key::Text(text) => return Err(StoreError::Damaged(format!("“{text}” is not a time"))),
        },
        evidence_id: evidence.map(EvidenceId),
        has_action: r.get(11)?,
        place,
    })
}
