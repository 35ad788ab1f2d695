//! Tells the page that something was written, whichever process wrote it.
use assize_engine::Front;
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri_specta::Event;

/// Screens ask again for what they show.
#[derive(Clone, Debug, Serialize, Deserialize, Type, Event)]
pub(crate) struct Changed {
    /// The highest record sequence, as decimal text.
    pub(crate) sequence: String,
}

/// Returns when the window has opened something else.
pub(crate) fn announce(app: &tauri::AppHandle, engine: &Front, still: impl Fn() -> bool) {
    let mut known = 0;
    while still() {
        let now = engine.wait_for_change(known, std::time::Duration::from_secs(10));
        if now != known && still() {
            known = now;
            // A window that is just closing hears nothing any more.
            let _ = Changed { sequence: now.to_string() }.emit(app);
        }
    }
}
