//! A throw-away copy of this machine for tests that need root: own processes, own mounts, and a root file system whose
//! changes lie in memory and die with it.
//!
//! A test calls [`inside`] with its own name. Outside, that starts the same test program again in a new world, where the
//! same call runs the body. The body refuses to run anywhere else.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{places, skip};

const BUILD: &str = include_str!("world.sh");
/// Names the test that the world was made for.
pub(crate) const MARKER: &str = "ASSIZE_WORLD";

/// Runs `body` in a new world. `test` is the full name of the calling test, such as `files::a_file_goes_away`.
pub fn inside(test: &str, body: impl FnOnce()) {
    match std::env::var(MARKER) {
        Ok(name) => {
            assert_eq!(name, test, "this world was made for another test");
            assert!(is_world(), "{MARKER} is set, but this is not a throw-away world: nothing was touched");
            body();
        }
        Err(_) => match cannot_be_made() {
            Some(reason) => skip::whole_unless_ci(&reason),
            None => start(test),
        },
    }
}

/// Is this process in a world that may be changed? Both signs: the root is an overlay, and process 1 is the world's own.
pub fn is_world() -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let root_is_overlay = mounts.lines().any(|line| {
        let mut fields = line.split(' ');
        (fields.next(), fields.next(), fields.next()) == (Some("overlay"), Some("/"), Some("overlay"))
    });
    let init = std::fs::read("/proc/1/environ").unwrap_or_default();
    let made_here = init.split(|byte| *byte == 0).any(|variable| variable.starts_with(b"ASSIZE_WORLD="));
    root_is_overlay && made_here && std::env::var_os(MARKER).is_some()
}

fn cannot_be_made() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    if uids.split_whitespace().nth(1) != Some("0") {
        return Some("a world of its own needs root".to_owned());
    }
    let absent = skip::absent(&["unshare", "setpriv", "mount", "bash"]);
    if !absent.is_empty() {
        return Some(format!("not here: {}", absent.join(", ")));
    }
    let mut probe = namespaces();
    probe.args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stdout(Stdio::null()).stderr(Stdio::null());
    let works = probe.status().is_ok_and(|status| status.success());
    (!works).then(|| "this kernel or container refuses new namespaces".to_owned())
}

/// New namespaces that end with this process.
fn namespaces() -> Command {
    let mut unshare = Command::new("setpriv");
    unshare.args(["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--uts", "--ipc", "--net"]);
    unshare.args(["--fork", "--kill-child", "--propagation", "private"]);
    unshare
}

fn start(test: &str) {
    let program = std::env::current_exe().expect("a test knows its own file");
    let mut exposed: Vec<PathBuf> = vec![places::target(), places::checkout()];
    exposed.extend(places::collection(""));
    let exposed: Vec<String> =
        exposed.iter().filter_map(|path| path.canonicalize().ok()).map(|path| path.display().to_string()).collect();
    let mut world = namespaces();
    world
        .args(["/bin/bash", "-s"])
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/root")
        .env(MARKER, test)
        .env("ASSIZE_TEST", &program)
        .env("ASSIZE_EXPOSE", exposed.join(":"))
        .env_remove("ASSIZE_SKIPS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut world = world.spawn().expect("unshare starts");
    if let Some(mut stdin) = world.stdin.take() {
        stdin.write_all(BUILD.as_bytes()).expect("the world reads how it is built");
    }
    let done = world.wait_with_output().expect("the world ends");
    // Renamed, so that nobody who counts summary lines counts the inner one too.
    let said =
        [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).replace("test result:", "in the world:"));
    let [out, err] = said;
    assert!(done.status.success(), "the test failed in its world ({}):\n{out}\n{err}", done.status);
    assert!(out.contains("1 passed"), "no test of this program is called {test}:\n{out}\n{err}");
    // For whoever asks with --nocapture.
    print!("{out}");
    tell_counts(&out);
}

/// What a matrix counted is told in every run: written past the test runner, which keeps what a passing test prints.
pub(crate) fn tell_counts(out: &str) {
    for line in out.lines().filter_map(|line| Some(&line[line.find("counted: ")?..])) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// A program running in the world; ended when this is dropped.
pub struct Planted {
    child: Child,
}

/// Starts a copy of `sleep` under another name, and waits until that program runs.
pub fn plant_process(program: &str) -> Planted {
    assert!(is_world(), "processes are planted only in a throw-away world");
    let folder = Path::new(program).parent().expect("a program lies in a folder");
    std::fs::create_dir_all(folder).expect("the world is writable");
    std::fs::copy("/bin/sleep", program).expect("sleep can be copied");
    run_planted(program)
}

/// Starts a planted program that takes a number of seconds, as `sleep` does, and waits until it runs.
pub fn run_planted(program: &str) -> Planted {
    assert!(is_world(), "processes are planted only in a throw-away world");
    let program = PathBuf::from(program);
    let child = Command::new(&program).arg("600").stdin(Stdio::null()).spawn().expect("the copy starts");
    let planted = Planted { child };
    let start = Instant::now();
    while std::fs::read_link(format!("/proc/{}/exe", planted.pid())).ok().as_ref() != Some(&program) {
        assert!(start.elapsed() < Duration::from_secs(10), "{} did not start", program.display());
        std::thread::sleep(Duration::from_millis(10));
    }
    planted
}

impl Planted {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Does it still run? A process that ended and waits to be buried does not.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it and buries it: its number is free again.
    pub fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        self.end();
    }
}
