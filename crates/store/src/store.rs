//! The open data folder: one writer, a few readers, and a watch on what other processes write.
use crate::{
    error::StoreError,
    lock::{self, DriverLock},
    migration,
};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const FILE: &str = "assize.db";
/// How long a write waits for another process before it says [`StoreError::Busy`].
const PATIENCE: Duration = Duration::from_secs(5);
/// Readers at the same time; more wait for one of these.
const READERS: usize = 4;

/// The data folder. Cheap to clone; safe to share between threads and processes.
///
/// Neither [`Store::read`] nor [`Store::write`] may be called inside a `write` of the same store: the writer can read.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    readers: Pool,
    watch: Mutex<Connection>,
    // Dropped last: the last connection to close puts the write-ahead log into the database, which a reader cannot.
    writer: Mutex<Writer>,
}

/// Reads of one consistent snapshot.
pub struct Reader {
    pub(crate) db: Connection,
}

/// Writes of one transaction; reads see them.
pub struct Writer {
    reader: Reader,
    /// The number of this transaction among those that changed lists, once it has one.
    pub(crate) change: Option<i64>,
}

impl Deref for Writer {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

/// A value with the version that a change of it has to name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    pub value: T,
    pub version: i64,
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl Store {
    /// Opens the data folder and brings its tables up to date; makes both where there are none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        make_private(folder)?;
        let path = folder.join(FILE);
        // Two processes that open a new folder at once would both switch its journal mode.
        let gate = wait_for(&folder.join("open.lock"))?;
        migration::refuse_newer(&path)?;
        let mut db = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        migration::run(&mut db, migration::ALL)?;
        drop(gate);
        let watch = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let writer = Mutex::new(Writer { reader: Reader { db }, change: None });
        let readers = Pool { path, state: Mutex::default(), freed: Condvar::new() };
        Ok(Self(Arc::new(Shared { folder: folder.to_owned(), writer, readers, watch: Mutex::new(watch) })))
    }

    /// Runs `f` on one snapshot: whatever others write meanwhile, `f` sees the state of its first read.
    pub fn read<T>(&self, f: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let reader = self.0.readers.take()?;
        reader.begin("BEGIN DEFERRED")?;
        let ending = Ending(&reader);
        let value = f(&reader)?;
        drop(ending);
        Ok(value)
    }

    /// Runs `f` in one transaction: all of it is stored when `f` succeeds, nothing of it otherwise.
    pub fn write<T, E: From<StoreError>>(&self, f: impl FnOnce(&mut Writer) -> Result<T, E>) -> Result<T, E> {
        let mut writer = held(&self.0.writer);
        writer.change = None;
        writer.begin("BEGIN IMMEDIATE")?;
        let unfinished = Unfinished(&mut writer);
        let value = f(unfinished.0)?;
        unfinished.0.db.execute_batch("COMMIT").map_err(StoreError::from)?;
        unfinished.0.change = None;
        Ok(value)
    }

    /// A number that changes whenever any other connection, of this process or another, has written.
    pub fn data_version(&self) -> Result<u64, StoreError> {
        let watch = held(&self.0.watch);
        let version: i64 = watch.prepare_cached("PRAGMA data_version")?.query_row((), |row| row.get(0))?;
        Ok(version.unsigned_abs())
    }

    /// The number of the newest record; 0 before the first.
    pub fn latest_seq(&self) -> Result<u64, StoreError> {
        let watch = held(&self.0.watch);
        let seq: i64 = watch.prepare_cached(crate::table::record::LATEST)?.query_row((), |row| row.get(0))?;
        Ok(seq.unsigned_abs())
    }

    /// Becomes the one that drives the automatic work; `None` while another process (or another part of this one) does.
    pub fn try_drive(&self) -> Result<Option<DriverLock>, StoreError> {
        lock::try_drive(&self.0.folder)
    }

    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    #[cfg(test)]
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        held(&self.0.writer)
    }
}

impl Reader {
    fn begin(&self, how: &str) -> Result<(), StoreError> {
        Ok(self.db.execute_batch(how)?)
    }
}

/// Ends a reader's snapshot on every way out.
struct Ending<'a>(&'a Reader);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        // Nothing was written; where even this fails, the connection is refused at its next BEGIN.
        let _ = self.0.db.execute_batch("COMMIT");
    }
}

/// Takes a transaction back on every way out but a successful COMMIT.
struct Unfinished<'a>(&'a mut Writer);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.change = None;
        // A full disk makes SQLite take it back by itself.
        if !self.0.db.is_autocommit() {
            let _ = self.0.db.execute_batch("ROLLBACK");
        }
    }
}

/// Read-only connections: made when first needed, never more than [`READERS`].
struct Pool {
    path: PathBuf,
    state: Mutex<Idle>,
    freed: Condvar,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Reader>,
    made: usize,
}

impl Pool {
    fn take(&self) -> Result<Lent<'_>, StoreError> {
        let mut idle = held(&self.state);
        loop {
            if let Some(reader) = idle.connections.pop() {
                return Ok(Lent { pool: self, reader: Some(reader) });
            }
            if idle.made < READERS {
                let db = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                idle.made += 1;
                return Ok(Lent { pool: self, reader: Some(Reader { db }) });
            }
            idle = self.freed.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A reader that goes back to its pool.
struct Lent<'a> {
    pool: &'a Pool,
    reader: Option<Reader>,
}

impl Deref for Lent<'_> {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        self.reader.as_ref().expect("BUG: a lent reader is there until it is dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            held(&self.pool.state).connections.push(reader);
            self.pool.freed.notify_one();
        }
    }
}

/// A panic while it was held left at most an open transaction, which its guard has taken back.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(PATIENCE)?;
    // KiB: holds the narrow list tables of 100,000 actions, so that filters need not read the file again.
    db.pragma_update(None, "cache_size", -32_768)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

fn wait_for(path: &Path) -> Result<fs::File, StoreError> {
    let start = Instant::now();
    loop {
        if let Some(file) = lock::try_lock(path)? {
            return Ok(file);
        }
        if start.elapsed() > 4 * PATIENCE {
            return Err(StoreError::Busy);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn make_private(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}
