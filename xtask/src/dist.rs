//! `cargo xtask dist`: the .deb and the .rpm, with the window and `assizectl` in them.

use crate::setup;
use crate::shell::{self, Result, command, root, target};

/// The bundler of the same release line as the `tauri` crate; it needs neither dpkg nor rpm.
const BUNDLER: &str = "@tauri-apps/cli@2.12.5";

pub(crate) fn run() -> Result {
    setup::build_release(false)?;

    // What the packages hold beside the window. The configuration of the shell stays free of build paths.
    let assizectl = target().join("release").join("assizectl");
    let files = serde_json::json!({ "/usr/bin/assizectl": assizectl });
    let config = serde_json::json!({
        "bundle": { "active": true, "targets": ["deb", "rpm"], "linux": { "deb": { "files": files }, "rpm": { "files": files } } },
    });
    let config_file = target().join("dist-config.json");
    std::fs::write(&config_file, serde_json::to_vec_pretty(&config)?)?;

    let npx = shell::find("npx").ok_or("npx is not installed")?;
    shell::run(
        command(npx)
            .current_dir(root().join("src-tauri"))
            .args(["--yes", BUNDLER, "bundle", "--ci", "--bundles", "deb,rpm", "--config"])
            .arg(&config_file),
    )?;

    let bundles = target().join("release").join("bundle");
    for kind in ["deb", "rpm"] {
        let made = std::fs::read_dir(bundles.join(kind)).into_iter().flatten().flatten();
        for file in made.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == kind)) {
            let size = std::fs::metadata(&file)?.len();
            println!("{} ({:.1} MB)", file.display(), size as f64 / 1e6);
        }
    }
    Ok(())
}
