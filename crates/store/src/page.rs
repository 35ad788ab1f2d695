//! Pages of lists that do not move (design section 3.12): a cursor names the last row shown, a snapshot the newest
//! change that belongs to the list; what came later is counted, not mixed in.
use crate::{error::StoreError, sql::Sql};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

/// One page. `total` counts the rows of the filter that belong to the snapshot, `newer` those that came since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub total: u64,
    /// Hand it in as `after` for the next page; none on the last one.
    pub next: Option<String>,
    pub newer: u64,
    /// Hand it in with every further page, and to ask what is newer.
    pub snapshot: u64,
}

/// The most rows of one page.
const LONGEST: u32 = 1000;

/// How many rows a page of this limit has.
pub(crate) fn limit(asked: u32) -> i64 {
    i64::from(asked.clamp(1, LONGEST))
}

/// The place after one row of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Names the order: a cursor of another one is refused.
    pub(crate) order: String,
    pub(crate) snapshot: i64,
    pub(crate) key: Key,
    pub(crate) seq: i64,
}

/// What the rows are ordered by, before their number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    /// In the order of SQLite's NOCASE, which text columns of lists have.
    pub(crate) fn as_listed(&self) -> Self {
        match self {
            Self::Number(n) => Self::Number(*n),
            Self::Text(t) => Self::Text(t.to_ascii_lowercase()),
        }
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(n) => Self::Integer(n),
            Key::Text(t) => Self::Text(t),
        }
    }
}

impl rusqlite::types::FromSql for Key {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        value.as_i64().map(Self::Number).or_else(|_| Ok(Self::Text(value.as_str()?.to_owned())))
    }
}

impl Cursor {
    /// Opaque text without any character that a link or a shell would have to quote.
    pub(crate) fn write(&self) -> Result<String, StoreError> {
        let json = crate::sql::json(self)?;
        Ok(hex(json.as_bytes()))
    }

    pub(crate) fn read(text: Option<&String>, order: &str) -> Result<Option<Self>, StoreError> {
        let Some(text) = text else { return Ok(None) };
        let bytes = unhex(text).ok_or(StoreError::Cursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| StoreError::Cursor)?;
        if cursor.order == order { Ok(Some(cursor)) } else { Err(StoreError::Cursor) }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|n| char::from(DIGITS[usize::from(n)])).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|p| p[0] << 4 | p[1]).collect())
}

/// A number as SQLite counts.
pub(crate) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A count out of SQLite.
pub(crate) fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A list that shows its newest rows first. The table goes by `x` and has a number `seq` and the number of the change
/// that made its row, `entered`; every piece is fixed text.
pub(crate) struct Newest {
    pub(crate) order: &'static str,
    /// `FROM alert AS x`
    pub(crate) from: &'static str,
    /// `x.created_at`
    pub(crate) key: &'static str,
    /// What the rows need beside it: joins.
    pub(crate) joins: &'static str,
    pub(crate) columns: &'static str,
}

/// Where a page starts and how long it is.
pub(crate) struct Wanted<'a> {
    pub(crate) limit: u32,
    pub(crate) after: Option<&'a String>,
    pub(crate) snapshot: Option<u64>,
}

impl Newest {
    /// `filter` is `AND …` pieces over `x`; `row` reads the columns, which begin at index 2.
    pub(crate) fn page<T>(
        &self,
        db: &rusqlite::Connection,
        filter: &Sql,
        wanted: &Wanted<'_>,
        mut row: impl FnMut(&rusqlite::Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let after = Cursor::read(wanted.after, self.order)?;
        let snapshot = snapshot(db, wanted.snapshot, after.as_ref())?;
        let latest = crate::table::counter::latest_change(db)?;
        let (total, newer) = counted(db, self.from, filter, snapshot, latest)?;
        let mut sql = Sql::new("SELECT");
        sql.push(self.key).push(", x.seq,").push(self.columns).push(self.from).push(self.joins);
        sql.push("WHERE +x.entered <= ?").bind(snapshot).append(filter);
        if let Some(after) = after {
            sql.push("AND (").push(self.key).push(", x.seq) < (?, ?)").bind(after.key).bind(after.seq);
        }
        let limit = limit(wanted.limit);
        sql.push("ORDER BY").push(self.key).push("DESC, x.seq DESC LIMIT ?").bind(limit + 1);
        let found = sql.rows(db, |r| Ok((r.get::<_, Key>(0)?, r.get::<_, i64>(1)?, row(r)?)))?;
        let (rows, next) = cut(found, limit, self.order, snapshot)?;
        Ok(Page { rows, total, next, newer, snapshot: count(snapshot) })
    }
}

/// How many rows of the filter belong to the snapshot, and how many came since. Two counts, because each alone is
/// answered by an index.
pub(crate) fn counted(
    db: &rusqlite::Connection,
    from: &'static str,
    filter: &Sql,
    snapshot: i64,
    latest: i64,
) -> Result<(u64, u64), StoreError> {
    let mut all = Sql::new("SELECT count(*)");
    all.push(from).push("WHERE 1").append(filter);
    let all = count(all.one(db, |r| r.get(0))?);
    if latest <= snapshot {
        return Ok((all, 0));
    }
    let mut newer = Sql::new("SELECT count(*)");
    newer.push(from).push("WHERE x.entered > ?").bind(snapshot).append(filter);
    let newer = count(newer.one(db, |r| r.get(0))?);
    Ok((all.saturating_sub(newer), newer))
}

/// The snapshot of this page: the one asked for, else that of the first page, else now.
pub(crate) fn snapshot(
    db: &rusqlite::Connection,
    asked: Option<u64>,
    after: Option<&Cursor>,
) -> Result<i64, StoreError> {
    match (asked, after) {
        (Some(asked), _) => Ok(signed(asked)),
        (None, Some(after)) => Ok(after.snapshot),
        (None, None) => crate::table::counter::latest_change(db),
    }
}

/// One row more than the page was read: whether there is a next page is known, not guessed.
pub(crate) fn cut<T>(
    mut found: Vec<(Key, i64, T)>,
    limit: i64,
    order: &str,
    snapshot: i64,
) -> Result<(Vec<T>, Option<String>), StoreError> {
    let keep = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > keep;
    found.truncate(keep);
    let next = match found.last() {
        Some((key, seq, _)) if more => {
            Some(Cursor { order: order.to_owned(), snapshot, key: key.clone(), seq: *seq }.write()?)
        }
        Some(_) | None => None,
    };
    Ok((found.into_iter().map(|(_, _, row)| row).collect(), next))
}
