//! `cargo xtask dist`: the .deb and the .rpm, with the window, `assizectl`, and both halves of the service in them.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::setup;
use crate::shell::{self, Result, command, root, target};

/// The bundler of the same release line as the `tauri` crate; it needs neither dpkg nor rpm.
const BUNDLER: &str = "@tauri-apps/cli@2.12.5";

/// What the packages hold beside the window: where it goes, and what it is below the folder of built programs or below
/// `packaging/`. `host::installation` looks for the same files before it installs the service.
const PROGRAMS: [(&str, &str); 2] = [("/usr/bin/assizectl", "assizectl"), ("/usr/bin/assize-agent", "assize-agent")];
const FILES: [(&str, &str); 6] = [
    ("/usr/lib/systemd/system/assize.service", "systemd/assize.service"),
    ("/usr/lib/systemd/system/assize-agent.service", "systemd/assize-agent.service"),
    ("/usr/lib/systemd/system/assize-agent-reapply.service", "systemd/assize-agent-reapply.service"),
    ("/usr/lib/sysusers.d/assize.conf", "systemd/assize.sysusers.conf"),
    ("/usr/lib/tmpfiles.d/assize.conf", "systemd/assize.tmpfiles.conf"),
    ("/usr/share/polkit-1/actions/org.assize.service.policy", "org.assize.service.policy"),
];

pub(crate) fn run() -> Result {
    setup::build_release(false)?;
    let config_file = target().join("dist-config.json");
    std::fs::write(&config_file, serde_json::to_vec_pretty(&config(&target().join("release")))?)?;

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

/// The configuration of the shell stays free of build paths; this one is added to it.
fn config(programs: &std::path::Path) -> Value {
    let packaging = root().join("packaging");
    let of = |(to, from): &(&str, &str), folder: &std::path::Path| ((*to).to_owned(), json!(folder.join(from)));
    let files: serde_json::Map<String, Value> =
        PROGRAMS.iter().map(|f| of(f, programs)).chain(FILES.iter().map(|f| of(f, &packaging))).collect();
    let script = |name: &str| -> PathBuf { packaging.join("scripts").join(name) };
    let package = |recommends: &[&str]| {
        json!({
            "files": files,
            "recommends": recommends,
            "postInstallScript": script("post-install.sh"),
            "preRemoveScript": script("pre-remove.sh"),
            "postRemoveScript": script("post-remove.sh"),
        })
    };
    // The button in the window asks for a password through polkit; isolating sets rules through nft.
    let (deb, rpm) = (package(&["pkexec | policykit-1", "nftables"]), package(&["polkit", "nftables"]));
    json!({ "bundle": { "active": true, "targets": ["deb", "rpm"], "linux": { "deb": deb, "rpm": rpm } } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_packages_is_there_and_every_one_that_installing_needs_is_in_them() {
        let packaging = root().join("packaging");
        for (_, file) in FILES {
            assert!(packaging.join(file).is_file(), "{file}");
        }
        let installing = std::fs::read_to_string(root().join("crates/host/src/installation/mod.rs")).unwrap();
        let (_, list) = installing.split_once("const FILES:").unwrap();
        let (list, _) = list.split_once("];").unwrap();
        let packed: Vec<&str> = PROGRAMS.iter().chain(&FILES).map(|(to, _)| *to).collect();
        for needed in list.split('"').filter(|word| word.starts_with("/usr/")) {
            assert!(packed.contains(&needed), "{needed} is in no package");
        }
        assert!(list.contains("assize-agent"), "the list was found");
    }

    #[test]
    fn a_package_removes_no_data() {
        for script in ["post-install.sh", "pre-remove.sh", "post-remove.sh"] {
            let text = std::fs::read_to_string(root().join("packaging/scripts").join(script)).unwrap();
            assert!(!text.contains("rm ") && !text.contains("userdel"), "{script}");
        }
    }
}
