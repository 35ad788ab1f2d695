//! The service manager of this computer over D-Bus: stop, start and ask about a unit. Never fatal and never waited for
//! longer than a few seconds: the files decide what starts at the next boot.
use crate::root::Root;
use std::{path::Path, sync::mpsc, thread, time::Duration};
use zbus::OwnedObjectPath;

const LIMIT: Duration = Duration::from_secs(5);
const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";

/// One row of `ListUnitsByNames`; the fourth field is the active state.
type UnitRow = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Only this computer has a manager to talk to, and only when systemd runs it.
pub fn runs(root: &Root) -> bool {
    root.is_live() && Path::new("/run/systemd/system").is_dir()
}

pub fn is_active(unit: &str) -> Result<bool, String> {
    let unit = unit.to_owned();
    limited(async move {
        let reply =
            connect().await?.call_method(Some(NAME), PATH, Some(MANAGER), "ListUnitsByNames", &(vec![unit],)).await?;
        let rows: Vec<UnitRow> = reply.body().deserialize()?;
        Ok(rows.iter().any(|row| row.3 == "active" || row.3 == "activating"))
    })
}

pub fn stop(unit: &str) -> Result<(), String> {
    change(unit, "StopUnit")
}

pub fn start(unit: &str) -> Result<(), String> {
    change(unit, "StartUnit")
}

/// Reads the unit files again.
pub fn reload() -> Result<(), String> {
    limited(async { connect().await?.call_method(Some(NAME), PATH, Some(MANAGER), "Reload", &()).await.map(drop) })
}

fn change(unit: &str, method: &'static str) -> Result<(), String> {
    let unit = unit.to_owned();
    limited(async move {
        connect().await?.call_method(Some(NAME), PATH, Some(MANAGER), method, &(unit, "replace")).await.map(drop)
    })
}

async fn connect() -> zbus::Result<zbus::Connection> {
    zbus::connection::Builder::system().method_timeout(LIMIT).build().await
}

/// A manager that does not answer must not hold up the order: the thread is left behind.
fn limited<T: Send + 'static>(call: impl Future<Output = zbus::Result<T>> + Send + 'static) -> Result<T, String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more after the limit.
        let _ = tell.send(zbus::block_on(call).map_err(|e| e.to_string()));
    });
    told.recv_timeout(LIMIT).unwrap_or_else(|_| Err("the service manager does not answer".into()))
}
