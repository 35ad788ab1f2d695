//! Where the data folder is when nobody names one: the platform's place for a person's data, the same the window uses.
use assize_domain::order::Fault;
use std::{ffi::OsString, path::PathBuf};

const NAME: &str = "assize";

pub(crate) fn chosen(named: Option<PathBuf>) -> Result<PathBuf, Fault> {
    if let Some(folder) = named.filter(|f| !f.as_os_str().is_empty()) {
        return Ok(folder);
    }
    usual(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME"))
}

/// The XDG rule: a relative value counts as none.
fn usual(xdg: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, Fault> {
    let absolute = |value: Option<OsString>| value.map(PathBuf::from).filter(|p| p.is_absolute());
    absolute(xdg).or_else(|| absolute(home).map(|h| h.join(".local/share"))).map(|top| top.join(NAME)).ok_or_else(
        || {
            Fault::new(
                "no_data_folder",
                "It is not known where your data is: neither XDG_DATA_HOME nor HOME is set.",
                "Name the folder with --data DIR or in ASSIZE_DATA.",
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_platforms_unless_one_is_named() {
        let at = |xdg: Option<&str>, home: Option<&str>| usual(xdg.map(Into::into), home.map(Into::into)).ok();
        assert_eq!(at(Some("/x"), Some("/h")), Some("/x/assize".into()));
        assert_eq!(at(Some("relative"), Some("/h")), Some("/h/.local/share/assize".into()));
        assert_eq!(at(None, Some("/h")), Some("/h/.local/share/assize".into()));
        assert_eq!(at(None, None), None, "no folder is guessed");
        assert_eq!(chosen(Some("/named".into())).unwrap(), PathBuf::from("/named"));
    }
}
