//! Named moments in every act, so that tests can crash there, halt there while somebody else acts, or let a sync fail.
//! Nothing in a product build: the moments exist only in tests and in builds with debug assertions, which are not shipped.
//!
//! A test of this crate acts in the same thread ([`interfere`]). A test of the whole product names what it wants in the
//! environment of the real program: `ASSIZE_FAIL_POINT=renamed` dies there as if by `kill -9`, `ASSIZE_HALT_POINT=renamed`
//! stops there until somebody sends `SIGCONT`, `journalled#3` means the third time. `ASSIZE_FAIL_SYNC=5` lets the fifth
//! sync fail, `5-` that one and all after it. `ASSIZE_POINTS_TO=FILE` only writes down what was passed.
use rustix::{fd::AsFd, io::Errno};

/// Every moment, in the order in which an order may pass them.
pub const POINTS: [&str; 14] = [
    "began",
    "kept",
    "made",
    "armed",
    "renamed",
    "compared",
    "removed",
    "placed",
    "linked",
    "stopped",
    "started",
    "unloaded",
    "verified",
    "before-end",
];

/// Before and after each line of the journal.
pub const JOURNAL_POINTS: [&str; 2] = ["journalling", "journalled"];

#[cfg(test)]
type Hook = Box<dyn FnMut(&str)>;

#[cfg(test)]
std::thread_local! {
    static HOOK: std::cell::RefCell<Option<Hook>> = const { std::cell::RefCell::new(None) };
}

/// Lets a test act at a moment, in the thread that carries out the order, until the value is dropped.
#[cfg(test)]
#[must_use]
pub fn interfere(hook: impl FnMut(&str) + 'static) -> Interference {
    HOOK.with(|h| *h.borrow_mut() = Some(Box::new(hook)));
    Interference
}

#[cfg(test)]
pub struct Interference;

#[cfg(test)]
impl Drop for Interference {
    fn drop(&mut self) {
        HOOK.with(|h| *h.borrow_mut() = None);
    }
}

#[cfg(not(any(test, debug_assertions)))]
pub fn point(_name: &str) {}

#[cfg(any(test, debug_assertions))]
pub fn point(name: &str) {
    faults::at(name);
    #[cfg(test)]
    HOOK.with(|h| {
        // Taken out while it runs: what it does may pass a moment itself.
        let Some(mut hook) = h.borrow_mut().take() else { return };
        hook(name);
        *h.borrow_mut() = Some(hook);
    });
}

/// Everything of this file or folder is on disk, or not.
pub fn sync(fd: impl AsFd) -> Result<(), Errno> {
    #[cfg(any(test, debug_assertions))]
    faults::before_sync()?;
    rustix::fs::fsync(fd)
}

/// Its content is on disk, or not.
pub fn sync_data(fd: impl AsFd) -> Result<(), Errno> {
    #[cfg(any(test, debug_assertions))]
    faults::before_sync()?;
    rustix::fs::fdatasync(fd)
}

#[cfg(any(test, debug_assertions))]
mod faults {
    use rustix::{
        io::Errno,
        process::{Signal, getpid, kill_process},
    };
    use std::{
        collections::BTreeMap,
        io::Write,
        sync::{
            Mutex, PoisonError,
            atomic::{AtomicU32, Ordering},
        },
    };

    /// How often each moment was passed.
    static PASSED: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());
    static SYNCS: AtomicU32 = AtomicU32::new(0);

    /// Adds a line to the file that was named, if one was.
    fn note(name: &str) {
        let Some(file) = std::env::var_os("ASSIZE_POINTS_TO") else { return };
        if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(file) {
            // Only a test reads it, and misses what is not there.
            let _ = file.write_all(format!("{name}\n").as_bytes());
        }
    }

    pub(super) fn at(name: &str) {
        note(name);
        let (fail, halt) = (std::env::var("ASSIZE_FAIL_POINT"), std::env::var("ASSIZE_HALT_POINT"));
        if fail.is_err() && halt.is_err() {
            return;
        }
        let time = {
            let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
            let times = passed.entry(name.to_owned()).or_default();
            *times += 1;
            *times
        };
        let meant = |wanted: &str| match wanted.split_once('#') {
            Some((wanted, number)) => wanted == name && number.parse() == Ok(time),
            None => wanted == name,
        };
        if fail.is_ok_and(|wanted| meant(&wanted)) {
            // No thread returns from a call into the kernel any more.
            let _ = kill_process(getpid(), Signal::KILL);
        }
        if halt.is_ok_and(|wanted| meant(&wanted)) {
            let _ = kill_process(getpid(), Signal::STOP);
            // Any thread may be the one that hears it and stops the others: this one must not run ahead meanwhile.
            std::thread::sleep(std::time::Duration::from_millis(250));
        }
    }

    pub(super) fn before_sync() -> Result<(), Errno> {
        note("sync");
        let Ok(wanted) = std::env::var("ASSIZE_FAIL_SYNC") else { return Ok(()) };
        let number = SYNCS.fetch_add(1, Ordering::Relaxed) + 1;
        let fails = match wanted.strip_suffix('-') {
            Some(first) => first.parse().is_ok_and(|first: u32| number >= first),
            None => wanted.parse() == Ok(number),
        };
        if fails { Err(Errno::IO) } else { Ok(()) }
    }
}
