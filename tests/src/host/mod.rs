//! Throw-away Debian hosts: a real service manager, cron, a network of its own, on a disk that dies with it.
//!
//! [`inside`] runs a whole test in a host, as [`crate::world::inside`] does in a world. [`Host`] stands beside one: for
//! tests that restart it, cut its power, or talk to it from the street in front of it.

mod base;

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::world::{MARKER, is_world};
use crate::{Ctl, places, skip};

const GUARD: &str = include_str!("guard.sh");
const BOOT: &str = include_str!("boot.sh");
/// A host is up within two or three seconds; test machines are shared.
const PATIENCE: Duration = Duration::from_secs(60);
const PULSE: Duration = Duration::from_millis(50);
/// The host, and who stands in the street in front of it.
pub const ADDRESS: &str = "10.77.0.2";
pub const STREET: &str = "10.77.0.1";
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Where `assizectl` keeps its things in a host.
pub const DATA: &str = "/var/lib/assize-data";

/// Runs `body` in a new host, started there by the host's own service manager. `test` is the full name of the calling
/// test.
pub fn inside(test: &str, body: impl FnOnce()) {
    if let Ok(name) = std::env::var(MARKER) {
        assert_eq!(name, test, "this host was made for another test");
        assert!(is_world() && is_host(), "{MARKER} is set, but this is not a throw-away host: nothing was touched");
        return body();
    }
    let Some(host) = Host::boot() else { return };
    let program = std::env::current_exe().expect("a test knows its own file");
    let program = program.to_str().expect("its name is text");
    let marker = format!("--setenv={MARKER}={test}");
    let mut run = host.command(&["systemd-run", "--quiet", "--pipe", "--wait", "--collect", &marker]);
    run.args(["--setenv=HOME=/root", "--setenv=RUST_BACKTRACE=1", "--property=KillMode=process"]);
    let done =
        run.args([program, test, "--exact", "--nocapture", "--test-threads=1"]).output().expect("nsenter starts");
    // Renamed, so that nobody who counts summary lines counts the inner one too.
    let [out, err] =
        [&done.stdout, &done.stderr].map(|text| String::from_utf8_lossy(text).replace("test result:", "in the host:"));
    assert!(done.status.success(), "the test failed in its host ({}):\n{out}\n{err}", done.status);
    assert!(out.contains("1 passed"), "no test of this program is called {test}:\n{out}\n{err}");
    print!("{out}");
    crate::world::tell_counts(&out);
}

/// Is this process in a host with a service manager of its own?
pub fn is_host() -> bool {
    Path::new("/run/systemd/system").is_dir() && fs::read("/run/host/container-manager").is_ok()
}

/// A running host. Dropping it takes it away; so does the death of whoever holds it.
pub struct Host {
    /// Ends the host when its standard input ends.
    guard: Child,
    log: File,
    group: PathBuf,
    /// The host's first process, as this process counts.
    leader: u32,
}

impl Host {
    /// Boots a new one; `None` where there can be none, which was said and, with `CI` set, failed the test.
    pub fn boot() -> Option<Self> {
        match Self::attempt() {
            Ok(host) => Some(host),
            Err(reason) => {
                skip::whole_unless_ci(&format!("no test host: {reason}"));
                None
            }
        }
    }

    fn attempt() -> Result<Self, String> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let uids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
        if uids.split_whitespace().nth(1) != Some("0") {
            return Err("it needs root".to_owned());
        }
        let programs = ["debootstrap", "systemd-nspawn", "unshare", "setpriv", "nsenter", "ip", "apt-get"];
        let absent = skip::absent(&programs);
        if !absent.is_empty() {
            return Err(format!("not here: {}", absent.join(", ")));
        }
        let groups = control_groups()?;
        let base = base::folder()?;
        let log = tempfile::tempfile().map_err(|e| e.to_string())?;
        let copy = || log.try_clone().map_err(|e| e.to_string());
        let mut guard = Command::new("/bin/bash");
        guard.args(["-c", GUARD, "guard"]);
        guard.env("ASSIZE_BOOT", BOOT).env("ASSIZE_BASE", base).env("ASSIZE_GROUPS", &groups);
        guard.env("ASSIZE_EXPOSE", exposed());
        guard.stdin(Stdio::piped()).stdout(copy()?).stderr(copy()?);
        let guard = guard.spawn().map_err(|e| e.to_string())?;
        let mut host = Self { group: groups.join(format!("assize-host-{}", guard.id())), guard, log, leader: 0 };
        host.wait_until_up()?;
        Ok(host)
    }

    /// The control group of everything that belongs to it: there as long as any of that lives.
    pub fn group(&self) -> &Path {
        &self.group
    }

    /// A program in the host, as root, beside what its service manager started.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut enter = Command::new("nsenter");
        enter.args(self.way_in()).args(words).stdin(Stdio::null());
        enter
    }

    fn way_in(&self) -> Vec<String> {
        let leader = format!("--target={}", self.leader);
        let words = [&leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--", "env", "-i", PATH];
        words.into_iter().chain(["HOME=/root", "LANG=C.UTF-8"]).map(str::to_owned).collect()
    }

    /// What it says; failing fails the test.
    pub fn run(&self, words: &[&str]) -> String {
        let done = self.command(words).output().expect("nsenter starts");
        assert!(done.status.success(), "{}: {}", words.join(" "), both(&done));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    pub fn succeeds(&self, words: &[&str]) -> bool {
        self.command(words).output().expect("nsenter starts").status.success()
    }

    /// `assizectl` in the host, as root.
    pub fn ctl(&self) -> Ctl {
        Ctl::through("nsenter", self.way_in(), DATA)
    }

    /// A program in the street in front of the host: it can be reached at [`STREET`].
    pub fn in_street(&self, words: &[&str]) -> Command {
        let mut enter = Command::new("nsenter");
        enter.arg(format!("--target={}", self.street())).arg("--net").args(words).stdin(Stdio::null());
        enter
    }

    /// The process that keeps the host: it stands in the street.
    fn street(&self) -> u32 {
        let keeper = parent_of(self.leader).and_then(parent_of);
        keeper.expect("a running host has a keeper")
    }

    /// Writes a file in the host. Its folder is made where it is missing.
    pub fn write(&self, path: &str, text: &str, mode: u32) {
        let folder = Path::new(path).parent().and_then(Path::to_str).expect("a file lies in a folder");
        self.run(&["mkdir", "-p", folder]);
        let mut tee = self.command(&["tee", path]);
        let mut tee = tee.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("nsenter starts");
        let stdin = tee.stdin.take().expect("it is piped");
        std::io::Write::write_all(&mut { stdin }, text.as_bytes()).expect("it reads");
        assert!(tee.wait().expect("it ends").success(), "{path} cannot be written");
        self.run(&["chmod", &format!("{mode:o}"), path]);
    }

    /// An orderly restart: services are stopped, disks are kept.
    pub fn restart(&mut self) {
        // Not through its own answer: the connection goes away with it.
        let _ = self.command(&["systemctl", "reboot"]).output();
        self.wait_for_another();
    }

    /// Everything stops at once, and then it is switched on again.
    pub fn cut_power(&mut self) {
        fs::write(format!("/proc/{}/root/mnt/again", self.street()), "").expect("its keeper has a folder for that");
        let leader = self.leader.to_string();
        assert!(Command::new("kill").args(["-KILL", &leader]).status().expect("kill starts").success());
        self.wait_for_another();
    }

    fn wait_for_another(&mut self) {
        let before = self.leader;
        let start = Instant::now();
        while Path::new(&format!("/proc/{before}")).exists() {
            assert!(start.elapsed() < PATIENCE, "the host does not go down:\n{}", self.said());
            std::thread::sleep(PULSE);
        }
        if let Err(reason) = self.wait_until_up() {
            panic!("the host did not come up again: {reason}");
        }
    }

    fn wait_until_up(&mut self) -> Result<(), String> {
        let start = Instant::now();
        loop {
            if let Some(leader) = leader_below(self.guard.id()) {
                self.leader = leader;
                let state = self.command(&["systemctl", "is-system-running", "--wait"]).output();
                let state = state.map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned());
                if state.as_deref().is_ok_and(|state| state == "running") {
                    return Ok(());
                }
                if state.as_deref().is_ok_and(|state| state == "degraded") {
                    let failed = self.run(&["systemctl", "list-units", "--failed", "--no-legend", "--plain"]);
                    return Err(format!("it started, but not everything in it: {failed}"));
                }
            }
            let ended = self.guard.try_wait().map_err(|e| e.to_string())?.is_some();
            if ended || start.elapsed() > PATIENCE {
                let how = if ended { "it ended while it was started" } else { "it did not start in time" };
                return Err(format!("{how}: {}", self.said()));
            }
            std::thread::sleep(PULSE);
        }
    }

    /// What its start printed.
    fn said(&mut self) -> String {
        let mut said = String::new();
        let _ = self.log.rewind();
        let _ = self.log.read_to_string(&mut said);
        let last: Vec<&str> = said.lines().rev().take(12).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The end of its input is what it waits for.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn both(done: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

/// The built programs, at their own places, separated by colons.
fn exposed() -> String {
    let mut folders = vec![places::built_beside(), places::programs()];
    folders.dedup();
    let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    folders.join(":")
}

/// Where the unified control groups are mounted, and that a group can be made there.
fn control_groups() -> Result<PathBuf, String> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount = mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let place = fields.nth(1)?;
        (fields.next() == Some("cgroup2")).then(|| PathBuf::from(place))
    });
    let mount = mount.ok_or("this machine has no unified control groups")?;
    let probe = mount.join(format!("assize-probe-{}-{:?}", std::process::id(), std::thread::current().id()));
    fs::create_dir(&probe).map_err(|e| format!("no control group can be made in {}: {e}", mount.display()))?;
    let _ = fs::remove_dir(&probe);
    Ok(mount)
}

/// The first process of the host that this guard keeps: two process namespaces further down, and number 1 there.
fn leader_below(guard: u32) -> Option<u32> {
    let numbers = |pid: u32| -> Option<(String, Vec<u32>)> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let numbers = field("NSpid:")?.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        Some((field("Name:")?.to_owned(), numbers))
    };
    let depth = numbers(guard)?.1.len() + 2;
    let mut below = vec![guard];
    while let Some(pid) = below.pop() {
        if numbers(pid).is_some_and(|(name, n)| n.len() == depth && n.last() == Some(&1) && name == "systemd") {
            return Some(pid);
        }
        below.extend(children(pid));
    }
    None
}

fn children(of: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent_of(*pid) == Some(of)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
