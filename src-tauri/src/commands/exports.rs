//! A list as a file, where people look for what they saved.
use crate::desk::Desk;
use assize_domain::order::Fault;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tauri::Manager;

/// Writes a new file into the person's download folder (or into the data folder where there is none); never over another.
#[tauri::command]
#[specta::specta]
pub(crate) async fn keep_export(
    app: tauri::AppHandle,
    desk: tauri::State<'_, Desk>,
    name: String,
    text: String,
) -> Result<String, Fault> {
    let folder = app.path().download_dir().ok().filter(|f| f.is_dir()).unwrap_or_else(|| desk.exports_folder());
    let kept = tauri::async_runtime::spawn_blocking(move || keep(&folder, &name, &text)).await;
    match kept {
        Ok(Ok(file)) => Ok(file.display().to_string()),
        Ok(Err(e)) => Err(fault(&e.to_string())),
        Err(e) => Err(fault(&e.to_string())),
    }
}

fn keep(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    // Only a plain name: the page never chooses the place.
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    for number in 1..1000 {
        let file = folder.join(if number == 1 { format!("{plain}.csv") } else { format!("{plain}-{number}.csv") });
        match OpenOptions::new().write(true).create_new(true).open(&file) {
            Ok(mut out) => {
                out.write_all(text.as_bytes())?;
                out.sync_all()?;
                return Ok(file);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other("there are too many files of this name already"))
}

fn fault(reason: &str) -> Fault {
    Fault::new(
        "export",
        format!("The file could not be written: {reason}."),
        "Nothing else is affected. Make room, or check that the folder can be written to, and try again.",
    )
}

#[cfg(test)]
mod tests {
    use super::keep;

    #[test]
    fn an_export_never_replaces_a_file_and_never_leaves_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = keep(folder.path(), "../../history", "a").unwrap();
        let second = keep(folder.path(), "../../history", "b").unwrap();
        assert_ne!(first, second);
        for (file, text) in [(first, "a"), (second, "b")] {
            assert_eq!(file.parent(), Some(folder.path()));
            assert_eq!(std::fs::read_to_string(file).unwrap(), text);
        }
    }
}
