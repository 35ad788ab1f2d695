//! The practice range: harmless files and processes that Assize plants below a folder of its own, so that a newcomer can
//! walk the whole way once (M116). Nothing outside that folder is touched, and one step removes it all.
use crate::{look::process::processes, root::Root};
use assize_domain::order::Fault;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

/// What the practice rules look for; ours alone, so that no other antivirus on the machine takes the files away.
const THREAT: &str = "assize practice range: harmless stand-in for a threat";
const ODDITY: &str = "assize practice range: harmless stand-in for something odd";

/// The stand-in program: a copy of the machine's own `sleep`.
const PROGRAM: &str = "tmp/.cache-sync/updaterd";

/// Files of an ordinary small computer that must stay untouched, and the intruder's beside them.
const FILES: &[(&str, u32, &str)] = &[
    ("etc/os-release", 0o644, "ID=practice\nPRETTY_NAME=\"Practice range\"\n"),
    ("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\nalex:x:1000:1000:Alex:/home/alex:/bin/sh\n"),
    ("etc/cron.d/backup", 0o644, "30 2 * * * root /usr/local/sbin/backup.sh\n"),
    ("usr/local/sbin/backup.sh", 0o755, "#!/bin/sh\ntar -C / -czf /srv/backup/home.tar.gz home\n"),
    ("home/alex/Documents/offer.txt", 0o644, "Offer for the bakery, valid until spring.\n"),
    ("var/www/html/index.html", 0o644, "<h1>Flour and Sons</h1>\n"),
    ("etc/cron.d/cache-sync", 0o644, "*/10 * * * * root /tmp/.cache-sync/updaterd 86400\n"),
];

/// Makes the range below `folder`, which must not exist yet, and starts its process.
pub fn plant(folder: &Path) -> Result<(), Fault> {
    if folder.exists() {
        return Err(Fault::new("practice_exists", "There is a practice range already.", "Use it, or remove it first."));
    }
    let made = files(folder).and_then(|()| start(folder));
    made.map_err(|e| {
        // Half a range is no range: what was made is ours alone.
        let _ = clear(folder);
        Fault::new("practice_failed", format!("The practice range could not be made: {e}."), "Nothing else was touched. Check the room in the data folder.")
    })
}

fn files(folder: &Path) -> io::Result<()> {
    for (path, mode, content) in FILES {
        write(folder, path, *mode, content.as_bytes())?;
    }
    write(folder, "home/alex/Downloads/invoice.txt.sh", 0o755, format!("#!/bin/sh\n# {ODDITY}\necho hello\n").as_bytes())?;
    write(folder, "home/alex/Downloads/voucher.txt", 0o644, format!("{THREAT}\n").as_bytes())?;
    let mut program = fs::read("/bin/sleep").or_else(|_| fs::read("/usr/bin/sleep"))?;
    program.extend_from_slice(THREAT.as_bytes());
    write(folder, PROGRAM, 0o755, &program)
}

fn write(folder: &Path, path: &str, mode: u32, content: &[u8]) -> io::Result<()> {
    let full = folder.join(path);
    if let Some(parent) = full.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&full, content)?;
    fs::set_permissions(&full, fs::Permissions::from_mode(mode))
}

fn start(folder: &Path) -> io::Result<()> {
    let mut child = Command::new(folder.join(PROGRAM))
        .arg("86400")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Somebody has to collect it once it ends, or it would stay in the process list as a dead entry.
    std::thread::Builder::new().name("practice".into()).spawn(move || child.wait()).map(drop)
}

/// How many of its processes are running.
pub fn running(folder: &Path) -> u32 {
    u32::try_from(processes(&Root::staged(folder)).len()).unwrap_or(u32::MAX)
}

/// Ends its processes and removes the folder with everything in it.
pub fn clear(folder: &Path) -> Result<(), Fault> {
    for seen in processes(&Root::staged(folder)) {
        let Some(pid) = i32::try_from(seen.process.pid).ok().and_then(Pid::from_raw) else { continue };
        // The handle is held while we look again: a number that was reused meanwhile is not ours to end.
        let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let same = processes(&Root::staged(folder)).iter().any(|p| p.process.start_ticks == seen.process.start_ticks && p.process.pid == seen.process.pid);
        if same {
            // Already gone is as good as ended.
            let _ = pidfd_send_signal(&handle, Signal::KILL);
        }
    }
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(Fault::new("practice_stays", format!("The practice folder could not be removed: {e}."), "Remove it by hand; it holds nothing real."))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M116
    #[test]
    fn a_practice_range_runs_its_process_and_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("practice");
        plant(&folder).unwrap();
        assert_eq!(plant(&folder).unwrap_err().code, "practice_exists");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while running(&folder) == 0 {
            assert!(std::time::Instant::now() < deadline, "the stand-in program did not start");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        clear(&folder).unwrap();
        assert!(!folder.exists());
        assert_eq!(running(&folder), 0);
    }
}
