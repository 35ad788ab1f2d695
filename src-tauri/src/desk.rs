//! Where the page's requests wait for the engine: it opens on a thread of its own, so that the first paint does not wait.
use crate::changes;
use assize_domain::{order::Fault, role::Person};
use assize_engine::Front;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{Semaphore, watch};

/// A page that asks in a loop must not grow threads without end.
const AT_ONCE: usize = 4;

pub(crate) struct Desk {
    data: PathBuf,
    opened: watch::Sender<Opened>,
    /// Counts openings: what tells news of an earlier one ends.
    opening: Arc<AtomicU64>,
    seats: Semaphore,
}

#[derive(Clone)]
enum Opened {
    NotYet,
    Ready(Front),
    Failed(Fault),
}

impl Desk {
    pub(crate) fn new(data: PathBuf) -> Self {
        Self {
            data,
            opened: watch::Sender::new(Opened::NotYet),
            opening: Arc::default(),
            seats: Semaphore::new(AT_ONCE),
        }
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn preferences_file(&self) -> PathBuf {
        self.data.join("window.json")
    }

    pub(crate) fn exports_folder(&self) -> PathBuf {
        self.data.join("exports")
    }

    /// Opens the engine on a thread; what was asked meanwhile waits for it.
    pub(crate) fn open(&self, app: &tauri::AppHandle) {
        let (data, opened, app) = (self.data.clone(), self.opened.clone(), app.clone());
        let number = self.opening.fetch_add(1, Ordering::SeqCst) + 1;
        let newest = Arc::clone(&self.opening);
        let named = std::env::var_os("ASSIZE_DATA").is_some_and(|v| !v.is_empty()).then(|| data.clone());
        std::thread::spawn(move || match Front::open(named.as_deref(), || Ok(data), assize_agent::open) {
            Ok(engine) => {
                if let Err(e) = engine.drive_in_background() {
                    opened.send_replace(Opened::Failed(no_thread(&e)));
                    return;
                }
                opened.send_replace(Opened::Ready(engine.clone()));
                changes::announce(&app, &engine, || newest.load(Ordering::SeqCst) == number);
            }
            Err(fault) => {
                opened.send_replace(Opened::Failed(fault));
            }
        });
    }

    /// After a failure only: an open engine stays.
    pub(crate) fn open_again(&self, app: &tauri::AppHandle) {
        let failed = self.opened.send_if_modified(|state| {
            let failed = matches!(state, Opened::Failed(_));
            if failed {
                *state = Opened::NotYet;
            }
            failed
        });
        if failed {
            self.open(app);
        }
    }

    /// Lets go of what is open, and opens what is there now: the service was installed or removed.
    pub(crate) fn open_anew(&self, app: &tauri::AppHandle) {
        self.opened.send_replace(Opened::NotYet);
        self.open(app);
    }

    /// The engine, as soon as it is open.
    pub(crate) async fn engine(&self) -> Result<Front, Fault> {
        let mut opened = self.opened.subscribe();
        let state = opened.wait_for(|state| !matches!(state, Opened::NotYet)).await.map_err(|_| closing())?;
        match &*state {
            Opened::Ready(engine) => Ok(engine.clone()),
            Opened::Failed(fault) => Err(fault.clone()),
            Opened::NotYet => Err(closing()),
        }
    }

    /// Asks in the name of the person at this computer, off the page's own thread.
    pub(crate) async fn ask<A: Send + 'static>(
        &self,
        request: impl FnOnce(&Front, &Person) -> Result<A, Fault> + Send + 'static,
    ) -> Result<A, Fault> {
        let engine = self.engine().await?;
        let _seat = self.seats.acquire().await.map_err(|_| closing())?;
        let answer = tauri::async_runtime::spawn_blocking(move || request(&engine, &engine.person()));
        answer.await.map_err(|_| {
            Fault::new(
                "internal",
                "A part of the program stopped unexpectedly while answering.",
                "Nothing was decided by it. Try again; if it happens again, run the health check in Settings.",
            )
        })?
    }
}

fn no_thread(error: &std::io::Error) -> Fault {
    Fault::new(
        "internal",
        format!("The part that carries out decisions could not be started: {error}."),
        "Nothing was touched. Close other programs, then try again.",
    )
}

fn closing() -> Fault {
    Fault::new("closing", "The window is closing.", "Open it again.")
}
