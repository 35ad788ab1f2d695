//! The service of this computer: how it stands, and the one button that installs it. An administrator's password is asked
//! for by the system, never here.
use crate::desk::Desk;
use assize_agent::installation::{Place, ask_an_administrator};
use assize_domain::order::Fault;
use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub(crate) struct ServiceStatus {
    /// Its files came with the package, so that it can be installed.
    packaged: bool,
    /// It starts with the computer.
    enabled: bool,
    /// Somebody listens at its door.
    running: bool,
    /// This window works through it.
    connected: bool,
    /// An isolation or a restriction stands that only it can lift.
    holding: bool,
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn service_status(desk: tauri::State<'_, Desk>) -> Result<ServiceStatus, Fault> {
    let connected = desk.engine().await.is_ok_and(|front| front.is_service());
    let how =
        tauri::async_runtime::spawn_blocking(|| Place::this_computer().installation()).await.map_err(|e| broke(&e))?;
    Ok(ServiceStatus {
        packaged: how.packaged,
        enabled: how.enabled,
        running: how.running,
        connected,
        holding: how.holding,
    })
}

/// Installs the service and hands it this window's data; then the window works through it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn install_service(
    app: tauri::AppHandle,
    desk: tauri::State<'_, Desk>,
) -> Result<ServiceStatus, Fault> {
    let data = desk.data().to_str().map(str::to_owned);
    change(&app, &desk, move || {
        let adopt = data.as_deref().into_iter().flat_map(|folder| ["--adopt", folder]);
        ask_an_administrator(&["install"].into_iter().chain(adopt).collect::<Vec<_>>())
    })
    .await?;
    service_status(desk).await
}

/// Stops the service and takes it out of the start of the computer; its data and the quarantined files stay.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_service(
    app: tauri::AppHandle,
    desk: tauri::State<'_, Desk>,
    release: bool,
) -> Result<ServiceStatus, Fault> {
    change(&app, &desk, move || {
        let words: &[&str] = if release { &["remove", "--release"] } else { &["remove"] };
        ask_an_administrator(words)
    })
    .await?;
    service_status(desk).await
}

/// Whoever takes the data over must find nobody at work on it. Afterwards the window opens what is there then.
async fn change(
    app: &tauri::AppHandle,
    desk: &Desk,
    change: impl FnOnce() -> Result<String, Fault> + Send + 'static,
) -> Result<(), Fault> {
    if let Ok(front) = desk.engine().await {
        front.stop_driving();
    }
    let done = tauri::async_runtime::spawn_blocking(change).await.map_err(|e| broke(&e)).and_then(|done| done);
    desk.open_anew(app);
    done.map(drop)
}

fn broke(error: &tauri::Error) -> Fault {
    Fault::new(
        "internal",
        format!("A part of the program stopped unexpectedly: {error}."),
        "Look at the service again.",
    )
}
