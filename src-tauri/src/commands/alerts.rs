//! Alerts, and files of other products: the page hands over what a person picked, never a path.
use crate::desk::Desk;
use assize_domain::{id::DeviceId, order::Fault};
use assize_engine::{
    door,
    import::{Options, Preview, import, preview},
    view,
};
use serde::Deserialize;
use specta::Type;

requests! {
    list_alerts asks ListAlerts;
    show_alert asks ShowAlert;
}

/// What a page can hand over at once; larger files come in by the command line, which reads them piece by piece.
const LARGEST: usize = 16 << 20;

/// A file that a person picked in the window.
#[derive(Clone, Debug, Deserialize, Type)]
pub(crate) struct PickedFile {
    name: String,
    bytes: Vec<u8>,
    options: Options,
    /// All of it is about this device; else whatever device an alert names.
    device: Option<DeviceId>,
}

/// What it would become; nothing is stored.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_alerts(desk: tauri::State<'_, Desk>, file: PickedFile) -> Result<Preview, Fault> {
    desk.ask(move |_, _| preview(bounded(&file)?, file.options.clone())).await
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn import_alerts(desk: tauri::State<'_, Desk>, file: PickedFile) -> Result<view::Imported, Fault> {
    desk.ask(move |engine, person| {
        import(engine, person, bounded(&file)?, file.options.clone(), &file.name, file.device.clone())
    })
    .await
}

fn bounded(file: &PickedFile) -> Result<&[u8], Fault> {
    if file.bytes.len() <= LARGEST {
        return Ok(&file.bytes);
    }
    let message = format!("{} is larger than {} MB.", file.name, LARGEST >> 20);
    Err(Fault::new("too_large", message, "Nothing was imported. Use: assizectl alert import FILE"))
}
