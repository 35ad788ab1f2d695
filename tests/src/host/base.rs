//! The file system that every host starts from: made once with debootstrap, kept below target/.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::places;

const BUILD: &str = include_str!("base.sh");

/// What a small server has, and what the tests look at it with.
const PACKAGES: &[&str] = &[
    "systemd",
    "systemd-sysv",
    "dbus",
    "dbus-user-session",
    "libpam-systemd",
    "cron",
    "at",
    "iproute2",
    "nftables",
    "kmod",
    "procps",
    "acl",
    "attr",
    "libcap2-bin",
    "e2fsprogs",
    "ca-certificates",
];

/// The folder of the base; builds it when it is not there yet, which takes a minute or two.
pub(super) fn folder() -> Result<PathBuf, String> {
    let suite = suite()?;
    let mut recipe = DefaultHasher::new();
    (BUILD, PACKAGES).hash(&mut recipe);
    let hosts = places::target().join("test-hosts");
    let base = hosts.join(format!("base-{suite}-{:016x}", recipe.finish()));
    if base.is_dir() {
        return Ok(base);
    }
    fs::create_dir_all(&hosts).map_err(|e| format!("{}: {e}", hosts.display()))?;
    // Several tests want it at the same time: one builds, the others wait.
    let lock = File::create(hosts.join("lock")).map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    if !base.is_dir() {
        forget_others(&hosts, &suite);
        build(&suite, &base)?;
    }
    Ok(base)
}

/// What an earlier recipe made is of no more use.
fn forget_others(hosts: &Path, suite: &str) {
    for entry in fs::read_dir(hosts).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&format!("base-{suite}-")) {
            // Left lying about it costs room, nothing else.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn build(suite: &str, base: &Path) -> Result<(), String> {
    let mirror = mirror(suite)?;
    println!("building the test hosts' base: {suite} from {mirror}");
    let mut build = Command::new("setpriv");
    build.args(["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    build.args(["--propagation", "private", "/bin/bash", "-c", BUILD, "base", suite, &mirror]).arg(base);
    build.args(PACKAGES).stdin(Stdio::null());
    if let Some(proxy) = proxy() {
        build.env("http_proxy", proxy);
    }
    let done = build.output().map_err(|e| format!("debootstrap: {e}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    Err(format!(
        "the base of the test hosts could not be built: {}",
        last.into_iter().rev().collect::<Vec<_>>().join("; ")
    ))
}

/// The release of this machine: programs built here find their libraries there.
fn suite() -> Result<String, String> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    name.map(|name| name.trim_matches('"').to_owned())
        .filter(|name| Path::new("/usr/share/debootstrap/scripts").join(name).exists())
        .ok_or_else(|| "test hosts are made with debootstrap, which does not know this machine's release".to_owned())
}

/// From where this machine itself takes its packages.
fn mirror(suite: &str) -> Result<String, String> {
    let targets = said(&["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"])?;
    let uri = targets.lines().find_map(|line| line.strip_suffix(suite)?.strip_suffix(' ')).map(str::to_owned);
    let uri = uri.ok_or_else(|| format!("apt has no source of {suite} here, so there is no mirror to take it from"))?;
    let Some(list) = uri.strip_prefix("mirror+file:") else { return Ok(uri) };
    let list = fs::read_to_string(list.trim_end_matches('/')).map_err(|e| format!("{list}: {e}"))?;
    let first = list.split_whitespace().find(|word| word.starts_with("http"));
    first.map(str::to_owned).ok_or_else(|| "apt's list of mirrors is empty".to_owned())
}

fn proxy() -> Option<String> {
    let line = said(&["apt-config", "shell", "PROXY", "Acquire::http::Proxy"]).ok()?;
    line.trim().strip_prefix("PROXY=").map(|value| value.trim_matches('\'').to_owned())
}

fn said(words: &[&str]) -> Result<String, String> {
    let done = Command::new(words[0]).args(&words[1..]).output().map_err(|e| format!("{}: {e}", words[0]))?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
