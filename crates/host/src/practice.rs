//! Starting and ending the harmless processes of a practice range: programs below one folder, and no others.
use crate::{look::process::processes, root::Root};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::{
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How long a process may take to be gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// Starts `program`, which must be a copy of the machine's own `sleep`, for so many seconds. It outlives who started it.
pub fn start(program: &Path, seconds: u32) -> io::Result<()> {
    let mut child = Command::new(program)
        // Where one program is many tools, its name decides which.
        .arg0("sleep")
        .arg(seconds.to_string())
        .current_dir("/")
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    // Somebody has to take its end, or its number stays taken as long as we run.
    std::thread::Builder::new().name("practice".into()).stack_size(64 << 10).spawn(move || drop(child.wait()))?;
    Ok(())
}

/// How many processes run a program that lies below the folder.
pub fn running(folder: &Path) -> usize {
    processes(&Root::staged(folder)).iter().filter(|p| p.image.is_some()).count()
}

/// Ends every process that runs a program below the folder, and waits until they are gone.
pub fn end_all(folder: &Path) -> io::Result<()> {
    let root = Root::staged(folder);
    for seen in processes(&root) {
        let Some(pid) = i32::try_from(seen.process.pid).ok().and_then(Pid::from_raw) else { continue };
        let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        // Asked again once the handle is held: a number used again belongs to somebody else.
        let still = crate::look::process::process(&root, seen.process.pid);
        if still.is_some_and(|s| s.process.start_ticks == seen.process.start_ticks && s.image == seen.image) {
            pidfd_send_signal(&handle, Signal::KILL)?;
        }
    }
    let begun = Instant::now();
    while running(folder) > 0 {
        if begun.elapsed() > PATIENCE {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "a process of the practice range did not end"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_practice_process_runs_until_it_is_ended_and_nothing_else_is() {
        let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copies = [&ours, &other].map(|f| f.path().join("stand-in"));
        for copy in &copies {
            std::fs::copy("/bin/sleep", copy).unwrap();
            start(copy, 60).unwrap();
        }
        let seen = |folder: &tempfile::TempDir| running(folder.path());
        let begun = Instant::now();
        while (seen(&ours), seen(&other)) != (1, 1) {
            assert!(begun.elapsed() < PATIENCE, "both run");
            std::thread::sleep(Duration::from_millis(10));
        }
        end_all(ours.path()).unwrap();
        assert_eq!((seen(&ours), seen(&other)), (0, 1));
        end_all(other.path()).unwrap();
    }
}
