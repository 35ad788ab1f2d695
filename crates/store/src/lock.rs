//! The driver lock: exactly one process carries out the automatic work on a data folder (design section 5).
use crate::error::StoreError;
use std::{
    fs::{File, TryLockError},
    path::Path,
};

/// Held while this process drives. The operating system frees it when it is dropped or the process dies, however it dies.
#[derive(Debug)]
#[must_use]
pub struct DriverLock {
    // Closing the file is what releases the lock.
    _file: File,
}

pub(crate) fn try_drive(folder: &Path) -> Result<Option<DriverLock>, StoreError> {
    Ok(try_lock(&folder.join("driver.lock"))?.map(|file| DriverLock { _file: file }))
}

pub(crate) fn try_lock(path: &Path) -> Result<Option<File>, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
