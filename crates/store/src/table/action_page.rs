//! The Action center's list: every filter and order of both tabs over 100,000 actions, paged by key.
use crate::{
    error::StoreError,
    page::{Cursor, Key, Page, count, cut, limit, snapshot},
    sql::{Sql, coded, doc, needle, parse},
    store::Reader,
};
use assize_domain::{
    action::{Action, ActionStatus, Source},
    alert::Severity,
    entity::{Entity, EntityType},
    id::{ApprovalId, DeviceId, InvestigationId},
    remedy::ActionType,
    time::Stamp,
    verdict::Verdict,
};
use rusqlite::Row;

/// One row of the Action center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRow {
    pub action: Action,
    pub version: i64,
    /// Its number in the order in which actions were proposed.
    pub seq: u64,
    pub device_name: String,
    pub entity: Option<Entity>,
    pub evidence_title: Option<String>,
    pub evidence_place: Option<String>,
    pub incident_number: Option<u32>,
    pub incident_name: Option<String>,
    /// Of its incident.
    pub severity: Option<Severity>,
    pub practice: bool,
}

/// *Pending*: waits for a person. *History*: everything else, also what is still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tab {
    Pending,
    History,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum SortBy {
    #[default]
    Updated,
    Created,
    Type,
    Device,
    Verdict,
    Status,
    Expires,
    Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActionSort {
    pub by: SortBy,
    pub descending: bool,
}

impl Default for ActionSort {
    fn default() -> Self {
        Self { by: SortBy::Updated, descending: true }
    }
}

/// Filters of the list; an empty list is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ActionQuery {
    pub tab: Option<Tab>,
    pub kind: Vec<ActionType>,
    pub status: Vec<ActionStatus>,
    pub device: Option<DeviceId>,
    pub source: Vec<Source>,
    pub investigation: Option<InvestigationId>,
    pub approval: Option<ApprovalId>,
    pub verdict: Vec<Verdict>,
    pub entity_type: Vec<EntityType>,
    pub decided_by: Option<String>,
    /// Changed at or after.
    pub since: Option<Stamp>,
    pub text: Option<String>,
    pub sort: ActionSort,
    pub limit: u32,
    pub after: Option<String>,
    pub snapshot: Option<u64>,
}

/// The fixed pieces of one order.
struct Order {
    name: &'static str,
    key: &'static str,
    /// The key of a row may change while somebody turns the pages.
    moves: bool,
    compare: &'static str,
    direction: &'static str,
}

impl ActionSort {
    fn order(self) -> Order {
        let (name, key, moves) = match self.by {
            SortBy::Updated => ("updated", "x.updated_at", true),
            SortBy::Created => ("created", "x.created_at", false),
            SortBy::Type => ("type", "x.kind", false),
            SortBy::Device => ("device", "x.device_name", false),
            SortBy::Verdict => ("verdict", "x.gravity", false),
            SortBy::Status => ("status", "x.progress", true),
            SortBy::Expires => ("expires", "x.expires_at", true),
            SortBy::Target => ("target", "x.target", false),
        };
        let (compare, direction) = if self.descending { ("<", "DESC") } else { (">", "ASC") };
        Order { name, key, moves, compare, direction }
    }
}

impl Reader {
    /// A page of actions. Rows that entered the tab after the snapshot are counted as `newer`. Under an order whose key
    /// changes (updated, status, expires), a row that changed since is counted as newer on the further pages too, so
    /// that no row is ever shown twice.
    pub fn action_page(&self, query: &ActionQuery) -> Result<Page<ActionRow>, StoreError> {
        let order = query.sort.order();
        let name = format!("action.{}.{}", order.name, order.direction);
        let after = Cursor::read(query.after.as_ref(), &name)?;
        let snapshot = snapshot(&self.db, query.snapshot, after.as_ref())?;
        let filter = filter(query)?;
        let mut counting = Sql::new(
            "SELECT count(*) FILTER (WHERE x.entered <= ?), count(*) FILTER (WHERE x.entered > ?) FROM action AS x
             WHERE 1",
        );
        counting.bind(snapshot).bind(snapshot).append(&filter);
        let (total, newer) = counting.one(&self.db, |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))?;
        let limit = limit(query.limit);
        let mut sql = Sql::new("SELECT");
        sql.push(order.key).push("AS key, x.seq AS seq FROM action AS x WHERE x.entered <= ?").bind(snapshot);
        sql.append(&filter);
        if let Some(after) = after {
            if order.moves {
                sql.push("AND x.changed <= ?").bind(snapshot);
            }
            sql.push("AND (").push(order.key).push(", x.seq)").push(order.compare).push("(?, ?)");
            sql.bind(after.key).bind(after.seq);
        }
        sql.push("ORDER BY").push(order.key).push(order.direction).push(", x.seq").push(order.direction);
        sql.push("LIMIT ?").bind(limit + 1);
        let picked = sql.rows(&self.db, |r| Ok((r.get::<_, Key>(0)?, r.get::<_, i64>(1)?, r.get::<_, i64>(1)?)))?;
        let (picked, next) = cut(picked, limit, &name, snapshot)?;
        let rows = picked.into_iter().map(|seq| self.action_row(seq)).collect::<Result<_, _>>()?;
        Ok(Page { rows, total: count(total), next, newer: count(newer), snapshot: count(snapshot) })
    }

    fn action_row(&self, seq: i64) -> Result<ActionRow, StoreError> {
        let text = "SELECT d.doc, a.version, a.seq, a.device_name, e.doc -> '$.entity', e.title, e.place, n.number,
                n.doc ->> '$.name', n.severity, v.kind = 'practice'
            FROM action AS a JOIN action_doc AS d ON d.seq = a.seq JOIN device AS v ON v.id = a.device_id
            LEFT JOIN evidence AS e ON e.id = a.evidence_id LEFT JOIN incident AS n ON n.id = a.incident_id
            WHERE a.seq = ?1";
        crate::sql::first(&self.db, text, [seq], row)?
            .ok_or_else(|| StoreError::Damaged(format!("the action in row {seq} has no document")))
    }
}

fn filter(query: &ActionQuery) -> Result<Sql, StoreError> {
    let mut filter = Sql::default();
    match query.tab {
        Some(Tab::Pending) => drop(filter.push("AND x.tab = 'pending'")),
        Some(Tab::History) => drop(filter.push("AND x.tab = 'history'")),
        None => {}
    }
    filter.any_of("AND x.kind IN (SELECT value FROM json_each(?))", &query.kind)?;
    filter.any_of("AND x.status IN (SELECT value FROM json_each(?))", &query.status)?;
    filter.any_of("AND x.source IN (SELECT value FROM json_each(?))", &query.source)?;
    filter.any_of("AND x.verdict IN (SELECT value FROM json_each(?))", &query.verdict)?;
    filter.any_of("AND x.entity_type IN (SELECT value FROM json_each(?))", &query.entity_type)?;
    if let Some(device) = &query.device {
        filter.push("AND x.device_id = ?").bind(device.to_string());
    }
    if let Some(investigation) = &query.investigation {
        filter.push("AND x.investigation_id = ?").bind(investigation.to_string());
    }
    if let Some(approval) = &query.approval {
        filter.push("AND x.approval_id = ?").bind(approval.to_string());
    }
    if let Some(by) = &query.decided_by {
        filter.push("AND x.decided_by = ?").bind(by.clone());
    }
    if let Some(since) = query.since {
        filter.push("AND x.updated_at >= ?").bind(since.0);
    }
    if let Some(needle) = needle(query.text.as_ref()) {
        filter.push("AND instr(x.search, ?) > 0").bind(needle);
    }
    Ok(filter)
}

fn row(r: &Row<'_>) -> Result<ActionRow, StoreError> {
    let entity: Option<String> = r.get(4)?;
    let severity: Option<String> = r.get(9)?;
    Ok(ActionRow {
        action: doc("an action", r, 0)?,
        version: r.get(1)?,
        seq: count(r.get(2)?),
        device_name: r.get(3)?,
        entity: entity.map(|text| parse("an entity", &text)).transpose()?,
        evidence_title: r.get(5)?,
        evidence_place: r.get(6)?,
        incident_number: r.get(7)?,
        incident_name: r.get(8)?,
        severity: severity.map(|_| coded("a severity", r, 9)).transpose()?,
        practice: r.get(10)?,
    })
}
