//! The page's view of the shell is generated, and nothing is callable that is not listed.
use super::{all, names::NAMES};
use std::{collections::BTreeSet, path::Path};

fn bindings() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bindings.ts");
    all().export(specta_typescript::Typescript::default(), &file).unwrap();
    std::fs::read_to_string(&file).unwrap()
}

/// Writes ui/src/api/bindings.ts; with `CI` set it only compares.
#[test]
fn bindings_are_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/api/bindings.ts");
    let fresh = bindings();
    if std::fs::read_to_string(&file).unwrap_or_default() == fresh {
        return;
    }
    assert!(
        std::env::var_os("CI").is_none_or(|v| v.is_empty()),
        "ui/src/api/bindings.ts is not current: cargo xtask bindings"
    );
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, fresh).unwrap();
}

#[test]
fn every_command_is_registered_declared_and_allowed_and_nothing_else_is() {
    let text = bindings();
    let registered: BTreeSet<&str> = text
        .split("__TAURI_INVOKE")
        .skip(1)
        .filter_map(|rest| rest.split_once("(\"")?.1.split_once('"').map(|(name, _)| name))
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect();
    let declared: BTreeSet<&str> = NAMES.iter().copied().collect();
    assert_eq!(registered, declared, "collect_commands! and names.rs");

    let capability: serde_json::Value = serde_json::from_str(include_str!("../../capabilities/main.json")).unwrap();
    let allowed: BTreeSet<String> = capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|p| p.as_str()?.strip_prefix("allow-").map(|name| name.replace('-', "_")))
        .collect();
    assert_eq!(allowed, declared.iter().map(|n| (*n).to_owned()).collect(), "capabilities/main.json and names.rs");
}
