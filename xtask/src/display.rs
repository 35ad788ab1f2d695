//! A display of our own: Xvfb, a session bus and a runtime folder, gone again when the value is dropped.

use std::ffi::OsStr;
use std::fs::{DirBuilder, remove_dir_all};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::shell::{self, Result};

pub(crate) struct Display {
    xvfb: Child,
    name: String,
    runtime: PathBuf,
}

/// Why a window cannot be shown by `Display::open`, if so.
pub(crate) fn missing() -> Option<String> {
    let absent: Vec<&str> = ["Xvfb", "dbus-run-session"].into_iter().filter(|p| !shell::has(p)).collect();
    (!absent.is_empty()).then(|| format!("not installed: {}", absent.join(", ")))
}

/// Is there a desktop that a person looks at?
pub(crate) fn present() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    set("DISPLAY") || set("WAYLAND_DISPLAY")
}

impl Display {
    pub(crate) fn open() -> Result<Self> {
        if let Some(reason) = missing() {
            return Err(reason.into());
        }
        // The number is chosen by Xvfb and told on its standard output, so that several may start at once.
        let mut xvfb = shell::command("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut number = String::new();
        if let Some(stdout) = xvfb.stdout.take() {
            BufReader::new(stdout).read_line(&mut number)?;
        }
        if number.trim().is_empty() {
            let _ = xvfb.kill();
            return Err(format!("Xvfb did not start: {}", xvfb.wait()?).into());
        }
        // Not below target/: sockets in it have names of at most 108 bytes.
        let runtime = std::env::temp_dir().join(format!("assize-display-{}", std::process::id()));
        let _ = remove_dir_all(&runtime);
        DirBuilder::new().mode(0o700).create(&runtime)?;
        Ok(Self { xvfb, name: format!(":{}", number.trim()), runtime })
    }

    /// A program that sees this display and a session bus of its own.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = shell::command("dbus-run-session");
        command.arg("--").arg(program);
        self.dress(&mut command);
        command
    }

    /// The application on a data folder of its own, as the leader of a process group (`end_group`).
    pub(crate) fn app(&self, app: &Path, data: &Path) -> Command {
        let mut command = self.command(app);
        command.env("ASSIZE_DATA", data).env("ASSIZE_MULTI", "1").process_group(0);
        command
    }

    /// A program that sees this display only (a screenshot needs no bus).
    pub(crate) fn plain(&self, program: &str) -> Command {
        let mut command = shell::command(program);
        self.dress(&mut command);
        command
    }

    fn dress(&self, command: &mut Command) {
        command
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_RUNTIME_DIR", &self.runtime)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1");
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.xvfb.kill();
        let _ = self.xvfb.wait();
        let _ = remove_dir_all(&self.runtime);
    }
}

/// Ends a program together with everything it started; it must have been started as the leader of a process group.
pub(crate) fn end_group(child: &mut Child) {
    for signal in ["-TERM", "-KILL"] {
        let group = format!("-{}", child.id());
        shell::succeeds(shell::command("kill").args([signal, "--", &group]));
        for _ in 0..40 {
            if matches!(child.try_wait(), Ok(Some(_))) {
                // The leader may go before its children: the group gets its last signal in any case.
                shell::succeeds(shell::command("kill").args(["-KILL", "--", &group]));
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
    let _ = child.wait();
}
