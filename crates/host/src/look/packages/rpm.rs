//! The records of rpm, asked of the rpm program: its database is no format to read by hand.
use super::{Entry, Package, PackageDatabase, Sum, from_hex};
use crate::{look::tree, root::Root};
use std::{
    collections::HashMap,
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const DATABASES: [&[u8]; 3] = [b"/usr/lib/sysimage/rpm", b"/var/lib/rpm", b"/usr/share/rpm"];

const PROGRAMS: [&str; 2] = ["/usr/bin/rpm", "/bin/rpm"];

/// A healthy database answers in a few seconds; a damaged one must not hold up the look.
const PATIENCE: Duration = Duration::from_secs(30);

/// Per file: package, version, marks, checksum, path. A path with a line end in it cannot be told apart and is skipped.
const FORMAT: &str = "[%{=NAME}\\t%{=VERSION}-%{=RELEASE}\\t%{FILEFLAGS:fflags}\\t%{FILEDIGESTS}\\t%{FILENAMES}\\n]";

pub(super) fn read(root: &Root, all: &mut PackageDatabase) {
    let has_database = DATABASES.iter().any(|folder| {
        tree::names(root, folder)
            .unwrap_or_default()
            .iter()
            .any(|n| n.to_str().is_some_and(|n| matches!(n, "rpmdb.sqlite" | "Packages" | "Packages.db")))
    });
    if !has_database {
        return;
    }
    let Some(program) = PROGRAMS.iter().find(|p| Path::new(p).is_file()) else { return };
    let Some(answer) = ask(program, root) else { return };
    let mut numbers: HashMap<Vec<u8>, u32> = HashMap::new();
    for line in answer.split(|b| *b == b'\n') {
        let mut fields = line.splitn(5, |b| *b == b'\t');
        let (Some(name), Some(version), Some(flags), Some(sum), Some(path)) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let Some(path) = path.strip_prefix(b"/") else { continue };
        let number = *numbers.entry([name, version].join(&b'\t')).or_insert_with(|| {
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            all.packages.push(Package { name: text(name), version: Some(text(version)) });
            u32::try_from(all.packages.len() - 1).unwrap_or(u32::MAX)
        });
        let sum = from_hex(sum).map(Sum::Sha256).or_else(|| from_hex(sum).map(Sum::Md5)).unwrap_or(Sum::None);
        // `c`: configuration; `g`: a file that the package only claims.
        let conffile = flags.contains(&b'c');
        all.entries.push(Entry { path: all.key.of(path), package: number, sum, conffile });
    }
}

fn ask(program: &str, root: &Root) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .env_clear()
        .env("LC_ALL", "C")
        .arg("--root")
        .arg(std::fs::canonicalize(root.path()).ok()?)
        .args(["-qa", "--nosignature", "--nodigest", "--qf", FORMAT])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut out = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).ok().map(|_| bytes)
    });
    let ended = wait(&mut child);
    let bytes = reader.join().ok().flatten()?;
    // Half an answer would make owned files look like strangers.
    ended.then_some(bytes)
}

/// True when it ended well in time; otherwise it is stopped.
fn wait(child: &mut Child) -> bool {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) | Err(_) => {
                // Our own child, not yet waited for: its number cannot be another's.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
