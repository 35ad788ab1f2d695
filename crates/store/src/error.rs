//! What can go wrong with the data folder, named for what the caller can do about it.
use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Install the newer version; the file was not touched.
    #[error(
        "the database was written by a newer version of Assize (its format is of {found}, this version knows up to {known}); nothing was changed"
    )]
    Newer { found: String, known: String },
    /// Make room and try again; what was stored before is unharmed.
    #[error("the disk is full: the change was not stored, everything stored before is unharmed")]
    Full,
    /// Try again.
    #[error("another process is writing to the database; try again in a moment")]
    Busy,
    /// Bring back a backup.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Read it again and decide anew.
    #[error("it was changed by somebody else in the meantime; nothing was stored")]
    Conflict,
    #[error("there is no {what} “{id}”")]
    NotFound { what: &'static str, id: String },
    /// Choose another name.
    #[error("there is already a {what} like this: “{id}”")]
    Taken { what: &'static str, id: String },
    /// Start again from the first page.
    #[error("this place in the list is not known; start again from its first page")]
    Cursor,
    /// Look at the folder: rights, a disk that is gone.
    #[error("the data folder cannot be used: {0}")]
    Io(#[from] std::io::Error),
    #[error("the database refused: {0}")]
    Sql(rusqlite::Error),
}

impl StoreError {
    /// Stable spelling for what crosses a border.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "database_newer",
            Self::Full => "disk_full",
            Self::Busy => "database_busy",
            Self::Damaged(_) => "database_damaged",
            Self::Conflict => "conflict",
            Self::NotFound { .. } => "not_found",
            Self::Taken { .. } => "taken",
            Self::Cursor => "unknown_place",
            Self::Io(_) => "data_folder",
            Self::Sql(_) => "database",
        }
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(detail),
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
                Self::Io(std::io::Error::other(detail))
            }
            _ => Self::Sql(error),
        }
    }
}

/// A stored text that no longer reads as what it was written as.
pub(crate) fn unreadable(what: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{what} cannot be read: {error}"))
}

/// The refusal of an insert: the name is taken, or whatever SQLite says.
pub(crate) fn taken(error: rusqlite::Error, what: &'static str, id: &str) -> StoreError {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    match error.sqlite_error() {
        Some(e) if matches!(e.extended_code, SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) => {
            StoreError::Taken { what, id: id.to_owned() }
        }
        Some(_) | None => error.into(),
    }
}
