//! Declares the shell's own commands: from then on each is denied unless a capability file lists it.

#[path = "src/commands/names.rs"]
mod names;

fn main() {
    println!("cargo::rerun-if-changed=src/commands/names.rs");
    println!("cargo::rerun-if-changed=capabilities");
    let manifest = tauri_build::AppManifest::new().commands(names::NAMES);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("BUG: the configuration of the shell is wrong");
}
