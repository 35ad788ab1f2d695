//! How this person likes the window. Never anything that a decision depends on: that is the engine's.
use crate::desk::Desk;
use assize_domain::order::Fault;
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri_plugin_store::StoreExt;

const KEY: &str = "preferences";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theme {
    Light,
    Dark,
    #[default]
    System,
}

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub(crate) struct Preferences {
    pub(crate) theme: Theme,
    /// Columns switched on or off against what is usual, as `list.column`.
    pub(crate) switched_columns: Vec<String>,
}

/// What was kept, or the usual where nothing (or nothing readable) was.
#[tauri::command]
#[specta::specta]
pub(crate) fn preferences(app: tauri::AppHandle, desk: tauri::State<'_, Desk>) -> Preferences {
    let kept = app.store(desk.preferences_file()).ok().and_then(|store| store.get(KEY));
    kept.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default()
}

#[tauri::command]
#[specta::specta]
pub(crate) fn keep_preferences(
    app: tauri::AppHandle,
    desk: tauri::State<'_, Desk>,
    preferences: Preferences,
) -> Result<(), Fault> {
    let fault = |e: String| {
        Fault::new(
            "preferences",
            format!("How you like the window could not be kept: {e}."),
            "Nothing else is affected. Check that the data folder can be written to.",
        )
    };
    let store = app.store(desk.preferences_file()).map_err(|e| fault(e.to_string()))?;
    store.set(KEY, serde_json::to_value(preferences).map_err(|e| fault(e.to_string()))?);
    store.save().map_err(|e| fault(e.to_string()))
}
