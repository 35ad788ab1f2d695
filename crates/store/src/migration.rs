//! The tables of every version so far: dated, appended, never edited. The whole batch succeeds or none of it.
use crate::{error::StoreError, table};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;

/// One change of the tables.
pub(crate) struct Migration {
    /// Date and number of the day: `2026-11-23.1`. Its order is the order of the list.
    pub(crate) id: &'static str,
    /// May a program that does not know this migration go on using the database?
    pub(crate) older_survive: bool,
    pub(crate) sql: &'static [&'static str],
}

/// Append; never edit or remove what was released.
pub(crate) const ALL: &[Migration] = &[
    Migration {
        id: "2026-11-23.1",
        older_survive: false,
        sql: &[
            table::counter::TABLE,
            table::record::TABLE,
            table::setting::TABLE,
            table::device_group::TABLE,
            table::device::TABLE,
            table::indicator::TABLE,
            table::rule_pack::TABLE,
            table::incident::TABLE,
            table::investigation::TABLE,
            table::alert::TABLE,
            table::evidence::TABLE,
            table::examined::TABLE,
            table::action::TABLE,
        ],
    },
    Migration { id: "2026-11-24.1", older_survive: true, sql: &[table::content::PARTS] },
    Migration {
        id: "2026-11-24.2",
        older_survive: false,
        sql: &[table::alert::WITHOUT_DEVICE, table::imported::TABLE],
    },
    // A program that does not know these limits does not keep them.
    Migration { id: "2026-11-24.3", older_survive: false, sql: &[table::caution::TABLES] },
];

/// “assz”: marks the file as ours, so that no other program's database is taken for one.
const APPLICATION: i32 = 0x6173_737a;

const OWN_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS migration (
        id            TEXT PRIMARY KEY,
        older_survive INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID";

/// Looks at an existing database without opening it for writing.
pub(crate) fn refuse_newer(path: &Path) -> Result<(), StoreError> {
    if !path.try_exists()? {
        return Ok(());
    }
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    check(&db, ALL).map(drop)
}

/// Applies what is missing, in one transaction.
pub(crate) fn run(db: &mut Connection, all: &[Migration]) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let applied = check(&tx, all)?;
    if all.iter().all(|m| applied.iter().any(|a| a == m.id)) {
        return Ok(());
    }
    tx.execute_batch(OWN_TABLE)?;
    for migration in all.iter().filter(|m| !applied.iter().any(|a| a == m.id)) {
        for sql in migration.sql {
            tx.execute_batch(sql)?;
        }
        tx.execute(
            "INSERT INTO migration (id, older_survive) VALUES (?1, ?2)",
            (migration.id, migration.older_survive),
        )?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    Ok(tx.commit()?)
}

/// Which migrations the database has; refuses one that a newer program changed beyond what this one understands.
fn check(db: &Connection, all: &[Migration]) -> Result<Vec<String>, StoreError> {
    let application: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if application != APPLICATION && tables > 0 {
        return Err(StoreError::Damaged("the file assize.db belongs to another program".into()));
    }
    if tables == 0 {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare("SELECT id, older_survive FROM migration ORDER BY id")?;
    let rows = statement.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
    let mut applied = Vec::new();
    for row in rows {
        let (id, older_survive) = row?;
        if !older_survive && !all.iter().any(|m| m.id == id) {
            let known = all.last().map_or("", |m| m.id).to_owned();
            return Err(StoreError::Newer { found: id, known });
        }
        applied.push(id);
    }
    Ok(applied)
}
