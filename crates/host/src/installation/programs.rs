//! Programs of the system that installing needs: looked for in fixed places, started without a shell and without the
//! caller's environment.
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

const PLACES: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// What pkexec hands on to whoever shows the question; nothing of it reaches a program that runs as root.
const OF_THE_SESSION: [&str; 4] = ["DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

/// Runs to the end. What it printed, or what it complained about.
pub fn run(program: &str, words: &[&str]) -> Result<String, String> {
    let place = PLACES.iter().map(|folder| PathBuf::from(folder).join(program)).find(|path| path.is_file());
    let Some(path) = place else { return Err(format!("the program {program} is not there")) };
    let mut command = Command::new(path);
    command.args(words).env_clear().env("PATH", PLACES.join(":")).env("LANG", "C").current_dir("/");
    for name in OF_THE_SESSION {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let done = command.stdin(Stdio::null()).output().map_err(|e| format!("{program}: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if done.status.success() {
        return Ok(text(&done.stdout));
    }
    let said = text(&done.stderr);
    Err(if said.is_empty() { format!("{program} ended with {}", done.status) } else { said })
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn a_program_is_run_without_a_shell_and_its_complaint_is_heard() {
        assert_eq!(run("echo", &["$HOME; id"]).as_deref(), Ok("$HOME; id"));
        assert!(run("ls", &["/no/such/place"]).unwrap_err().contains("No such file"));
        assert!(run("no-such-program", &[]).unwrap_err().contains("is not there"));
    }
}
