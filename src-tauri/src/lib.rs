//! The desktop shell: parse, ask the engine, map the fault. No decisions.
#![forbid(unsafe_code)]

/// One command for each request of the door.
mod commands;

/// The engine, opened beside the first paint, and who may ask it at once.
mod desk;

/// News for the page.
mod changes;

use std::path::PathBuf;
use tauri::Manager;

/// Opens the window and returns when it is closed.
pub fn run() {
    let commands = commands::all();
    let mut builder = tauri::Builder::default();
    // Tests open several windows at once, each on a folder of its own.
    if std::env::var_os("ASSIZE_MULTI").is_none_or(|v| v.is_empty()) {
        // Must be the first plugin.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _words, _folder| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.show();
                let _ = window.set_focus();
            }
        }));
    }
    builder
        .plugin(tauri_plugin_store::Builder::new().build())
        .invoke_handler(commands.invoke_handler())
        .setup(move |app| {
            commands.mount_events(app);
            let desk = desk::Desk::new(data_folder(app)?);
            desk.open(app.handle());
            app.manage(desk);
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("BUG: the window could not be opened");
}

/// The folder that `assizectl` uses too.
fn data_folder(app: &tauri::App) -> tauri::Result<PathBuf> {
    match std::env::var_os("ASSIZE_DATA").filter(|v| !v.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(app.path().data_dir()?.join("assize")),
    }
}
