//! Waiting for work to end, with a sign of life on a terminal.
use assize_domain::text::visible;
use assize_engine::Front;
use std::{
    io::{IsTerminal, Write},
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};

const EVERY: Duration = Duration::from_millis(200);

/// Runs `work`; meanwhile a terminal shows what the engine is doing.
pub(crate) fn with_progress<T>(engine: &Front, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    std::thread::scope(|threads| {
        let (done, ended) = mpsc::channel::<()>();
        threads.spawn(move || {
            let mut shown = String::new();
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let now = engine.progress().unwrap_or_default();
                if now != shown {
                    // One line that is written over; evidence text in it cannot move the cursor.
                    let _ = write!(std::io::stderr().lock(), "\r\x1b[2K{}", visible(&now));
                    shown = now;
                }
            }
            if !shown.is_empty() {
                let _ = write!(std::io::stderr().lock(), "\r\x1b[2K");
            }
        });
        let result = work();
        drop(done);
        result
    })
}
