//! Is the data folder open yet?
use crate::desk::Desk;
use assize_domain::order::Fault;

/// Answers once the engine is open, or says why it could not be opened.
#[tauri::command]
#[specta::specta]
pub(crate) async fn opening(desk: tauri::State<'_, Desk>) -> Result<(), Fault> {
    desk.engine().await.map(|_| ())
}

/// Tries again after a failure.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_again(app: tauri::AppHandle, desk: tauri::State<'_, Desk>) -> Result<(), Fault> {
    desk.open_again(&app);
    desk.engine().await.map(|_| ())
}
