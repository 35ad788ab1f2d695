//! Each wall is tried with a deliberate breach from xtask/breaches/; a breach that nobody notices is a complaint.
//!
//! Linters meet their breaches in a scratch copy, under the configuration of the real house. There every line that ends
//! in `// breach` must be refused and no other line may be: a fixture that fails for another reason proves nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::shell::{self, Result, cargo, root, target, ui};
use crate::walls::{self, Package};

const MARK: &str = "// breach";

/// Breaches that were not noticed.
pub(crate) fn standing() -> Result<Vec<String>> {
    let mut complaints = of_dependencies()?;
    complaints.extend(of_sources()?);
    complaints.extend(of_lints()?);
    complaints.extend(of_screens()?);
    Ok(complaints)
}

fn fixtures() -> PathBuf {
    root().join("xtask/breaches")
}

/// Invented workspaces in which one crate depends on what it may not.
fn of_dependencies() -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Fixture {
        expect: String,
        packages: Vec<Package>,
    }
    let mut complaints = Vec::new();
    for file in files(&fixtures().join("dependencies")) {
        let fixture: Fixture = serde_json::from_str(&std::fs::read_to_string(&file)?)?;
        if !walls::dependencies(&fixture.packages).iter().any(|c| c.contains(&fixture.expect)) {
            complaints.push(unnoticed(&file, &fixture.expect));
        }
    }
    Ok(complaints)
}

/// A crate root without its promise, a program started outside the host, a dependency that nothing names.
fn of_sources() -> Result<Vec<String>> {
    let file = fixtures().join("crates/starts_programs.rs");
    let text = std::fs::read_to_string(&file)?;
    let mut complaints = Vec::new();
    if walls::forbids_unsafe("assize-engine", "lib.rs", &text).is_empty() {
        complaints.push(unnoticed(&file, "no #![forbid(unsafe_code)]"));
    }
    if walls::starts_no_program("assize-engine", "lib.rs", &text).is_empty() {
        complaints.push(unnoticed(&file, "starts a program"));
    }
    let forged = fixtures().join("crates/takes_words_for_orders.rs");
    if walls::verifies_no_order("assize-agent", "lib.rs", &std::fs::read_to_string(&forged)?).is_empty() {
        complaints.push(unnoticed(&forged, "makes an order of words"));
    }
    let package: Package =
        serde_json::from_str(r#"{ "name": "assize-engine", "dependencies": [{ "name": "uuid" }] }"#)?;
    if walls::unused_in(&package, &text).is_empty() {
        complaints.push(unnoticed(&file, "an unused dependency"));
    }
    Ok(complaints)
}

/// Clippy under the house's lints, and under the list of what the rules may not call.
fn of_lints() -> Result<Vec<String>> {
    let scratch = target().join("breaches");
    let crates = ["domain", "house"];
    std::fs::create_dir_all(&scratch)?;
    let members = crates.map(|name| format!("\"{name}\"")).join(", ");
    let lints = workspace_lints(&std::fs::read_to_string(root().join("Cargo.toml"))?);
    std::fs::write(
        scratch.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n{lints}"),
    )?;
    std::fs::copy(root().join("clippy.toml"), scratch.join("clippy.toml"))?;
    for name in crates {
        let folder = scratch.join(name);
        std::fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"breach-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n\n[lib]\npath = \"src/{name}.rs\"\n"
        );
        std::fs::write(folder.join("Cargo.toml"), manifest)?;
        std::fs::copy(fixtures().join(format!("crates/{name}.rs")), folder.join(format!("src/{name}.rs")))?;
    }
    std::fs::copy(root().join("crates/domain/clippy.toml"), scratch.join("domain/clippy.toml"))?;

    let mut clippy = cargo();
    clippy.current_dir(&scratch).args([
        "clippy",
        "--offline",
        "--keep-going",
        "--message-format=short",
        "--target-dir",
    ]);
    let said = clippy.arg(scratch.join("target")).args(["--", "-D", "warnings"]).output()?;
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    let mut complaints = Vec::new();
    for name in crates {
        let file = fixtures().join(format!("crates/{name}.rs"));
        let refused = refused_lines(&said, &format!("{name}/src/{name}.rs"));
        complaints.extend(compare(&file, &std::fs::read_to_string(&file)?, &refused, &said));
    }
    Ok(complaints)
}

/// Oxlint under the configuration of the screens.
fn of_screens() -> Result<Vec<String>> {
    // Outside the checkout: below target/ the files would be ignored, as git ignores them.
    let scratch = std::env::temp_dir().join(format!("assize-breaches-{}", std::process::id()));
    let outcome = of_screens_in(&scratch);
    let _ = std::fs::remove_dir_all(&scratch);
    outcome
}

fn of_screens_in(scratch: &Path) -> Result<Vec<String>> {
    let source = fixtures().join("ui");
    let all = files(&source);
    for file in &all {
        let copy = scratch.join(file.strip_prefix(&source).unwrap_or(file));
        std::fs::create_dir_all(copy.parent().unwrap_or(scratch))?;
        std::fs::copy(file, copy)?;
    }
    std::fs::copy(ui().join(".oxlintrc.json"), scratch.join(".oxlintrc.json"))?;
    let mut oxlint = shell::npx("oxlint");
    let said = oxlint.current_dir(scratch).args(["-c", ".oxlintrc.json", "--format=unix", "src"]).output();
    let said = said.map_err(|e| format!("oxlint: {e}"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut complaints = Vec::new();
    for file in all {
        let name = file.strip_prefix(&source).unwrap_or(&file).display().to_string();
        complaints.extend(compare(&file, &std::fs::read_to_string(&file)?, &refused_lines(&said, &name), &said));
    }
    Ok(complaints)
}

/// The lint tables of the root manifest, as they stand there.
fn workspace_lints(manifest: &str) -> String {
    let mut inside = false;
    let mut lints = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.starts_with("[workspace.lints");
        }
        if inside {
            lints.push_str(line);
            lints.push('\n');
        }
    }
    lints
}

/// Line numbers of messages such as `src/lib.rs:7:5: error: …`.
fn refused_lines(said: &str, file: &str) -> BTreeSet<usize> {
    said.lines()
        .filter_map(|line| line.trim_start().strip_prefix(file)?.strip_prefix(':')?.split(':').next()?.parse().ok())
        .collect()
}

fn compare(file: &Path, text: &str, refused: &BTreeSet<usize>, said: &str) -> Vec<String> {
    let marked: BTreeSet<usize> =
        text.lines().enumerate().filter(|(_, line)| line.trim_end().ends_with(MARK)).map(|(i, _)| i + 1).collect();
    let name = file.strip_prefix(root()).unwrap_or(file).display();
    let mut complaints: Vec<String> =
        marked.difference(refused).map(|line| format!("{name}:{line}: this breach was not noticed")).collect();
    complaints
        .extend(refused.difference(&marked).map(|line| format!("{name}:{line}: refused, and should have passed")));
    if !complaints.is_empty() {
        complaints.push(format!("what the linter said:\n{}", said.trim_end()));
    }
    complaints
}

fn unnoticed(file: &Path, what: &str) -> String {
    format!("{}: this breach was not noticed: {what}", file.strip_prefix(root()).unwrap_or(file).display())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_and_refused_lines_must_be_the_same() {
        let text = "fine\nbad // breach\n";
        let file = Path::new("x.rs");
        assert!(compare(file, text, &BTreeSet::from([2]), "").is_empty());
        assert!(!compare(file, text, &BTreeSet::new(), "").is_empty());
        assert!(!compare(file, text, &BTreeSet::from([1, 2]), "").is_empty());
    }

    #[test]
    fn only_the_lint_tables_are_taken_over() {
        let manifest = "[workspace]\na = 1\n[workspace.lints.rust]\nb = 2\n[profile.dev]\nc = 3\n";
        assert_eq!(workspace_lints(manifest), "[workspace.lints.rust]\nb = 2\n");
    }
}
