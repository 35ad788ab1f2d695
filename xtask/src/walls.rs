//! The walls: which crate may depend on which, who holds the dangerous dependencies, who may start programs.
//!
//! Each rule is a function from what was read to a list of complaints, so that `breaches` can hand it a deliberate
//! breach and expect a complaint.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::breaches;
use crate::shell::{self, Result, cargo, root};

/// Our crates, and which of our crates each may know.
const ARROWS: &[(&str, &[&str])] = &[
    ("assize-domain", &[]),
    ("assize-detect", &["assize-domain"]),
    ("assize-host", &["assize-domain"]),
    ("assize-link", &["assize-domain"]),
    ("assize-store", &["assize-domain"]),
    ("assize-intake", &["assize-domain"]),
    ("assize-agent", &["assize-domain", "assize-detect", "assize-host", "assize-link"]),
    ("assize-engine", &["assize-domain", "assize-store", "assize-link", "assize-intake"]),
    ("assize-cli", &["assize-engine", "assize-agent", "assize-domain"]),
    ("assize", &["assize-engine", "assize-agent", "assize-domain"]),
    (
        "assize-tests",
        &["assize-engine", "assize-agent", "assize-domain", "assize-host", "assize-link", "assize-intake"],
    ),
    ("xtask", &[]),
];

/// Dependencies that hardly any crate may have. A trailing `*` stands for the rest of the name.
const HOLDERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["assize-store"]),
    ("libsqlite3-sys", &["assize-store"]),
    ("tauri*", &["assize"]),
    ("yara-x", &["assize-detect"]),
    ("evtx", &["assize-intake"]),
    // link asks the kernel who is at the other end of a socket, which the standard library cannot do yet.
    ("rustix", &["assize-host", "assize-link"]),
    ("signal-hook", &["assize-link"]),
    ("procfs", &["assize-host"]),
    ("zbus", &["assize-host"]),
    ("nftables", &["assize-host"]),
    ("libc", &["assize-host"]),
    ("nix", &["assize-host"]),
];

/// What the rules may be made of: nothing that opens a file or a socket.
const DOMAIN_MAY_USE: &[&str] =
    &["serde", "serde_json", "thiserror", "time", "specta", "specta-typescript", "proptest"];

/// Declared for its features alone, so no source names it.
const USED_UNSEEN: &[(&str, &str, &str)] = &[
    ("assize-detect", "rsa", "yara-x compiles only with its feature pkcs1v15"),
    ("assize-detect", "md-5", "its library is called md5"),
    ("assize-host", "md-5", "its library is called md5"),
    ("assize-domain", "specta-typescript", "the derive of specta names it in attributes"),
];

/// The only crate with unsafe code.
const UNSAFE_IN: &str = "assize-host";

/// Crates that may start other programs.
const STARTS_PROGRAMS: &[&str] = &["assize-host", "assize-tests", "xtask"];

/// Where words become orders (`domain::order::VerifiedOrder`): the rule, the one crate that applies it, and this file.
const VERIFIES_ORDERS: &[&str] = &["assize-domain", "assize-link", "xtask"];

pub(crate) fn run() -> Result {
    let mut complaints = standing()?;
    complaints.extend(unused()?);
    complaints.extend(breaches::standing()?);
    if complaints.is_empty() {
        println!("Every wall stands, and every breach was noticed.");
        return Ok(());
    }
    Err(complaints.join("\n").into())
}

/// What is wrong with the walls of the real house.
pub(crate) fn standing() -> Result<Vec<String>> {
    let packages = workspace()?;
    let mut complaints = dependencies(&packages);
    for package in &packages {
        for target in package.targets.iter().filter(|t| t.is_root_of_product()) {
            let text = std::fs::read_to_string(&target.src_path)?;
            complaints.extend(forbids_unsafe(&package.name, &shown(&target.src_path), &text));
        }
        for (file, text) in sources(&package.folder()) {
            let outside_product = file.strip_prefix(package.folder()).is_ok_and(|f| f.starts_with("tests"));
            if !outside_product {
                complaints.extend(starts_no_program(&package.name, &shown(&file), &text));
                complaints.extend(verifies_no_order(&package.name, &shown(&file), &text));
            }
        }
    }
    complaints.extend(domain_has_its_own_list()?);
    Ok(complaints)
}

/// Dependencies that nothing in their crate names.
pub(crate) fn unused() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for package in workspace()? {
        let text: String = sources(&package.folder()).into_iter().map(|(_, text)| text).collect();
        complaints.extend(unused_in(&package, &text));
    }
    Ok(complaints)
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    #[serde(default)]
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    #[serde(default)]
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    #[serde(default)]
    rename: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Package {
    fn folder(&self) -> PathBuf {
        self.manifest_path.parent().map(Path::to_owned).unwrap_or_default()
    }
}

impl Target {
    fn is_root_of_product(&self) -> bool {
        self.kind.iter().any(|kind| kind == "lib" || kind == "bin" || kind == "rlib")
    }
}

fn workspace() -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let text = shell::output(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let metadata: Metadata = serde_json::from_str(&text)?;
    Ok(metadata.packages)
}

/// Every arrow between our crates is one of the list, and every dangerous dependency has its one holder.
pub(crate) fn dependencies(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        let from = package.name.as_str();
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == from) else {
            complaints.push(format!(
                "{from} is not in the list of crates (xtask/src/walls.rs): say which crates it may know"
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            let ours = ARROWS.iter().any(|(name, _)| *name == to) || to.starts_with("assize");
            if ours && !allowed.contains(&to) {
                complaints.push(format!("{from} may not depend on {to}"));
            }
            if let Some((_, holders)) =
                HOLDERS.iter().find(|(pattern, holders)| matches(pattern, to) && !holders.contains(&from))
            {
                complaints.push(format!("{from} may not depend on {to}: only {} may", holders.join(" and ")));
            }
            if from == "assize-domain" && !ours && !DOMAIN_MAY_USE.contains(&to) {
                complaints.push(format!(
                    "{from} may not depend on {to}: it is not in the short list of what the rules are made of"
                ));
            }
        }
    }
    complaints
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

pub(crate) fn unused_in(package: &Package, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for dependency in &package.dependencies {
        let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
        let word = name.replace('-', "_");
        let excused = USED_UNSEEN.iter().any(|(from, to, _)| *from == package.name && *to == dependency.name);
        if !excused && !names(text, &word) {
            complaints.push(format!("{} declares {name} and never names it", package.name));
        }
    }
    complaints
}

/// Does the text hold the word by itself, not as a part of a longer one?
fn names(text: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part_of_name) && !text[at + word.len()..].starts_with(part_of_name))
}

pub(crate) fn forbids_unsafe(package: &str, file: &str, text: &str) -> Vec<String> {
    if package == UNSAFE_IN || text.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]") {
        return Vec::new();
    }
    vec![format!(
        "{file} does not say #![forbid(unsafe_code)]: what needs unsafe code, or another process, is asked of host"
    )]
}

/// Only `host` starts programs of the system; a crate's own tests may.
pub(crate) fn starts_no_program(package: &str, file: &str, text: &str) -> Vec<String> {
    if STARTS_PROGRAMS.contains(&package) || file.ends_with("/tests.rs") || file.contains("/src/tests/") {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line == "#[cfg(test)]" {
            break;
        }
        let code = line.split("//").next().unwrap_or_default();
        if let Some((_, rest)) = code.split_once("process::")
            && (rest.starts_with("Command") || (rest.starts_with('{') && names(rest, "Command")))
        {
            complaints.push(format!("{file}:{}: only host starts programs", number + 1));
        }
    }
    complaints
}

/// Only `link`, which asks the kernel who sent them, makes orders of words that came in.
pub(crate) fn verifies_no_order(package: &str, file: &str, text: &str) -> Vec<String> {
    if VERIFIES_ORDERS.contains(&package) || !names(text, "VerifiedOrder") {
        return Vec::new();
    }
    vec![format!("{file}: only link makes orders of words that came in")]
}

/// A crate's clippy.toml replaces the root's, so what the root allows must be repeated in it.
fn domain_has_its_own_list() -> Result<Vec<String>> {
    let own = std::fs::read_to_string(root().join("crates/domain/clippy.toml")).unwrap_or_default();
    let roots = std::fs::read_to_string(root().join("clippy.toml"))?;
    let settings = roots.lines().filter(|line| line.contains('=') && !line.starts_with('#'));
    Ok(settings
        .filter(|line| !own.contains(line.trim()))
        .map(|line| format!("crates/domain/clippy.toml does not repeat `{line}`"))
        .collect())
}

/// All Rust of a package.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("breaches") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            found.push((path, text));
        }
    }
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_a_part_of_a_word() {
        assert!(names("use serde::Serialize;", "serde"));
        assert!(!names("use serde_json::Value;", "serde"));
    }

    #[test]
    fn a_crate_may_start_programs_in_its_own_tests() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { use std::process::Command; }";
        assert!(starts_no_program("assize-store", "crates/store/src/lib.rs", text).is_empty());
        assert_eq!(starts_no_program("assize-store", "x.rs", "use std::process::{Child, Command};").len(), 1);
        assert!(starts_no_program("assize-host", "x.rs", "use std::process::Command;").is_empty());
    }
}
