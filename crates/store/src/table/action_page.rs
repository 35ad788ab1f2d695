//! The Action center's list: every filter and order of both tabs over 100,000 actions, paged by key.
use crate::{
    error::StoreError,
    page::{Cursor, Key, Page, count, cut, limit, snapshot},
    sql::{Sql, coded, doc, folded, json, needle, parse},
    store::Reader,
    table::counter,
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
    /// The index that has the rows of a tab in this order.
    from: &'static str,
    /// The key of a row may change while somebody turns the pages.
    moves: bool,
    compare: &'static str,
    direction: &'static str,
}

impl ActionSort {
    fn order(self) -> Order {
        let (name, key, from, moves) = match self.by {
            SortBy::Updated => ("updated", "x.updated_at", "FROM action AS x INDEXED BY action_updated", true),
            SortBy::Created => ("created", "x.created_at", "FROM action AS x INDEXED BY action_created", false),
            SortBy::Type => ("type", "x.kind", "FROM action AS x INDEXED BY action_kind", false),
            SortBy::Device => ("device", "x.device_name", "FROM action AS x INDEXED BY action_named", false),
            SortBy::Verdict => ("verdict", "x.gravity", "FROM action AS x INDEXED BY action_judged", false),
            SortBy::Status => ("status", "x.progress", "FROM action AS x INDEXED BY action_progress", true),
            SortBy::Expires => ("expires", "x.expires_at", "FROM action AS x INDEXED BY action_expires", true),
            SortBy::Target => ("target", "x.target", "FROM action AS x INDEXED BY action_target", false),
        };
        let (compare, direction) = if self.descending { ("<", "DESC") } else { (">", "ASC") };
        Order { name, key, from, moves, compare, direction }
    }
}

/// Up to so many matching rows are sorted; more are met soon enough on a walk along the order's index.
const FEW: usize = if cfg!(test) { 10 } else { 3000 };

/// The rows of one tab that match, whatever the snapshot.
struct Matching {
    total: u64,
    /// Their numbers as a JSON array, when they are few.
    few: Option<String>,
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
        let latest = counter::latest_change(&self.db)?;
        let tabs = query.tab.map_or(vec![Tab::Pending, Tab::History], |tab| vec![tab]);
        let limit = limit(query.limit);
        let (mut total, mut newer, mut picked) = (0, 0, Vec::new());
        for tab in tabs {
            let matching = self.matching(tab, query)?;
            let since = if latest > snapshot { self.entered_since(tab, query, snapshot)? } else { 0 };
            newer += since;
            total += matching.total.saturating_sub(since);
            if matching.total > 0 {
                let mut sql = Sql::new("SELECT");
                sql.push(order.key).push("AS key, x.seq AS seq");
                match matching.few {
                    Some(few) => {
                        sql.push("FROM action AS x WHERE x.seq IN (SELECT value FROM json_each(?))").bind(few);
                    }
                    None => {
                        sql.push(order.from).push("WHERE x.tab = ?").bind(tab.code().to_owned());
                        sql.append(&filter(query, Scan::Walk)?);
                    }
                }
                sql.push("AND +x.entered <= ?").bind(snapshot);
                if let Some(after) = &after {
                    if order.moves {
                        sql.push("AND +x.changed <= ?").bind(snapshot);
                    }
                    sql.push("AND (").push(order.key).push(", x.seq)").push(order.compare).push("(?, ?)");
                    sql.bind(after.key.clone()).bind(after.seq);
                }
                sql.push("ORDER BY").push(order.key).push(order.direction).push(", x.seq").push(order.direction);
                sql.push("LIMIT ?").bind(limit + 1);
                picked.extend(
                    sql.rows(&self.db, |r| Ok((r.get::<_, Key>(0)?, r.get::<_, i64>(1)?, r.get::<_, i64>(1)?)))?,
                );
            }
        }
        if query.tab.is_none() {
            picked.sort_by(|a, b| {
                let ascending = a.0.as_listed().cmp(&b.0.as_listed()).then(a.1.cmp(&b.1));
                if query.sort.descending { ascending.reverse() } else { ascending }
            });
        }
        let (picked, next) = cut(picked, limit, &name, snapshot)?;
        let rows = picked.into_iter().map(|seq| self.action_row(seq)).collect::<Result<_, _>>()?;
        Ok(Page { rows, total, next, newer, snapshot: count(snapshot) })
    }

    /// Counts the rows of a tab that match, reading nothing but an index that has the columns of the filter.
    fn matching(&self, tab: Tab, query: &ActionQuery) -> Result<Matching, StoreError> {
        let plain = filter(query, Scan::Match)?;
        if plain.is_empty() {
            let mut sql = Sql::new("SELECT count(*) FROM action AS x WHERE x.tab = ?");
            sql.bind(tab.code().to_owned());
            return Ok(Matching { total: count(sql.one(&self.db, |r| r.get(0))?), few: None });
        }
        let mut sql = Sql::new("SELECT x.seq");
        let one_of_many = query.device.is_some() || query.investigation.is_some() || query.approval.is_some();
        sql.push(match (one_of_many, needle(query.text.as_ref())) {
            (true, _) => "FROM action AS x WHERE +x.tab = ?",
            (false, Some(needle)) if is_hash(&needle) => "FROM action AS x WHERE +x.tab = ?",
            (false, Some(_)) => "FROM action AS x INDEXED BY action_text WHERE x.tab = ?",
            (false, None) => "FROM action AS x INDEXED BY action_filtered WHERE x.tab = ?",
        });
        sql.bind(tab.code().to_owned()).append(&plain);
        let (mut total, mut few) = (0, Vec::new());
        sql.each(&self.db, |r| {
            total += 1;
            if few.len() < FEW {
                few.push(r.get::<_, i64>(0)?);
            }
            Ok(())
        })?;
        let few = if total <= few.len() { Some(json(&few)?) } else { None };
        Ok(Matching { total: total as u64, few })
    }

    /// How many matching rows entered the tab after the snapshot.
    fn entered_since(&self, tab: Tab, query: &ActionQuery, snapshot: i64) -> Result<u64, StoreError> {
        let mut sql =
            Sql::new("SELECT count(*) FROM action AS x INDEXED BY action_entered WHERE x.tab = ? AND x.entered > ?");
        sql.bind(tab.code().to_owned()).bind(snapshot).append(&filter(query, Scan::Walk)?);
        Ok(count(sql.one(&self.db, |r| r.get(0))?))
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

impl Tab {
    fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::History => "history",
        }
    }
}

/// What the filter is for: finding the rows, or checking rows that come in the order of an index. Every `+` keeps
/// SQLite from taking an index that does not serve the purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scan {
    Match,
    Walk,
}

fn filter(query: &ActionQuery, scan: Scan) -> Result<Sql, StoreError> {
    let mut filter = Sql::default();
    filter.any_of("AND +x.kind IN (SELECT value FROM json_each(?))", &query.kind)?;
    filter.any_of("AND +x.status IN (SELECT value FROM json_each(?))", &query.status)?;
    filter.any_of("AND +x.source IN (SELECT value FROM json_each(?))", &query.source)?;
    filter.any_of("AND +x.verdict IN (SELECT value FROM json_each(?))", &query.verdict)?;
    filter.any_of("AND +x.entity_type IN (SELECT value FROM json_each(?))", &query.entity_type)?;
    let mut one = |find: &'static str, check: &'static str, id: Option<String>| {
        if let Some(id) = id {
            filter.push(if scan == Scan::Match { find } else { check }).bind(id);
        }
    };
    one("AND x.device_id = ?", "AND +x.device_id = ?", query.device.as_ref().map(ToString::to_string));
    one(
        "AND x.investigation_id = ?",
        "AND +x.investigation_id = ?",
        query.investigation.as_ref().map(ToString::to_string),
    );
    one("AND x.approval_id = ?", "AND +x.approval_id = ?", query.approval.as_ref().map(ToString::to_string));
    if let Some(by) = &query.decided_by {
        filter.push("AND +x.decided_by = ?").bind(by.clone());
    }
    if let Some(since) = query.since {
        filter.push("AND +x.updated_at >= ?").bind(since.0);
    }
    if let Some(needle) = needle(query.text.as_ref()) {
        if is_hash(&needle) {
            filter.push(if scan == Scan::Match { "AND x.sha256 = ?" } else { "AND +x.sha256 = ?" }).bind(needle);
        } else {
            // What stands in every row of a type is looked for in its few names.
            let kinds: Vec<_> = ActionType::ALL.into_iter().filter(|k| folded([k.label()]).contains(&needle)).collect();
            filter.push("AND (instr(x.search, ?) > 0 OR +x.kind IN (SELECT value FROM json_each(?)))");
            filter.bind(needle).bind(json(&kinds)?);
        }
    }
    Ok(filter)
}

/// A whole SHA-256 is looked up, not searched.
fn is_hash(needle: &str) -> bool {
    needle.len() == 64 && needle.bytes().all(|b| b.is_ascii_hexdigit())
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
