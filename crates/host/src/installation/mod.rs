//! Installing, showing and removing the service of this computer: the user it runs as, the people it lets in, its units,
//! and the data of the person who installs it. Always root's work, and always asked for by a person.

/// A person's data becomes the service's.
pub mod adopt;

/// Programs of the system, in fixed places and without a shell.
pub mod programs;

use adopt::{Adopted, Adoption};
use assize_domain::{id::DeviceId, order::Fault, text::visible};
use rustix::{
    fs::{self, CWD, Mode, OFlags},
    process::{Gid, Uid, geteuid},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The user and the group of the service, as its sysusers.d file names them.
pub const USER: &str = "assize";
/// Where engine and device service keep their data.
pub const DATA: &str = "/var/lib/assize";
pub const STATE: &str = "/var/lib/assize-agent";
/// Where people reach it.
pub const DOOR: &str = "/run/assize/door.sock";

const PROGRAM: &str = "/usr/bin/assizectl";
const UNITS: [&str; 3] = ["assize-agent-reapply.service", "assize-agent.service", "assize.service"];

/// What the package puts there; installing the service needs nothing else.
const FILES: [&str; 7] = [
    PROGRAM,
    "/usr/bin/assize-agent",
    "/usr/lib/systemd/system/assize.service",
    "/usr/lib/systemd/system/assize-agent.service",
    "/usr/lib/systemd/system/assize-agent-reapply.service",
    "/usr/lib/sysusers.d/assize.conf",
    "/usr/lib/tmpfiles.d/assize.conf",
];

/// How the service stands on this computer. Anybody may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Its files are there, so that it can be installed.
    pub packaged: bool,
    /// It starts with the computer.
    pub enabled: bool,
    /// Somebody listens at its door.
    pub running: bool,
    /// An isolation or a restriction stands that only it can lift.
    pub holding: bool,
}

/// Where the files of a system are: this computer's, or those of a test.
#[derive(Clone, Debug)]
pub struct Place {
    pub top: PathBuf,
}

impl Place {
    pub fn this_computer() -> Self {
        Self { top: PathBuf::from("/") }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.top.join(path.trim_start_matches('/'))
    }

    pub fn installation(&self) -> Installation {
        let enabled = "/etc/systemd/system/multi-user.target.wants/assize.service";
        Installation {
            packaged: self.missing().is_none(),
            enabled: std::fs::symlink_metadata(self.at(enabled)).is_ok(),
            // A door that is shut to us has somebody behind it all the same.
            running: UnixStream::connect(self.at(DOOR))
                .map_or_else(|e| e.kind() == io::ErrorKind::PermissionDenied, |_| true),
            holding: self.holds(),
        }
    }

    fn missing(&self) -> Option<&'static str> {
        FILES.into_iter().find(|file| !self.at(file).is_file())
    }

    /// What stands is written down beside the vault. Who may not look there does not know.
    fn holds(&self) -> bool {
        let names = std::fs::read_dir(self.at(STATE).join("standing")).into_iter().flatten().flatten();
        names.into_iter().any(|entry| !entry.file_name().to_string_lossy().ends_with(".part"))
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Install {
    /// Who becomes owner at the door, and member of its group.
    pub person: Option<Person>,
    /// The data folder that becomes the service's.
    pub adopt: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// What was done, in sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    pub steps: Vec<String>,
    pub adopted: Option<Adopted>,
}

/// Installs the service of this computer and starts it; one that is there already is brought up to date.
pub fn install(wish: &Install) -> Result<Installed, Fault> {
    as_root()?;
    let place = Place::this_computer();
    if let Some(file) = place.missing() {
        let message = format!("The service cannot be installed: {file} is not there.");
        return Err(Fault::new("not_packaged", message, "Nothing was changed. Install the package of Assize first."));
    }
    if !Path::new("/run/systemd/system").is_dir() {
        return Err(Fault::new(
            "no_service_manager",
            "This computer is not run by systemd, so the service cannot be installed.",
            "Nothing was changed. Start assize-agent and assizectl serve by hand.",
        ));
    }
    let mut steps = Vec::new();
    programs::run("systemd-sysusers", &["assize.conf"]).map_err(|e| not_done("The user of the service", &e))?;
    programs::run("systemd-tmpfiles", &["--create", "assize.conf"])
        .map_err(|e| not_done("The service's folder", &e))?;
    let (uid, gid) = service_account()?;
    steps.push(format!("The service runs as the user {USER}."));

    let taken = std::fs::symlink_metadata(place.at(DATA).join("assize.db")).is_ok();
    let adopted = match &wish.adopt {
        Some(from) if taken => {
            steps.push(format!("The service has data of its own already; {} stays as it is.", from.display()));
            None
        }
        Some(from) => {
            stop();
            let owner = wish.person.as_ref().map_or((0, 0), |p| (p.uid, p.gid));
            let adoption = Adoption {
                from,
                owner,
                data: Path::new(DATA),
                state: Path::new(STATE),
                service: (uid, gid),
                this_computer: &|folder| this_computer(folder, uid, gid),
            };
            let adopted = adopt::adopt(&adoption)?;
            steps.extend(adopted.told());
            Some(adopted)
        }
        None => None,
    };
    if let Some(person) = &wish.person {
        let line = format!("m {} {USER}", person.name);
        programs::run("systemd-sysusers", &["--inline", &line]).map_err(|e| not_done("The person", &e))?;
        make_owner(Path::new(DATA), person.uid, (uid, gid))
            .map_err(|e| not_done("The person's role", &e.to_string()))?;
        steps.push(format!("{} is an owner and a member of the group {USER}.", visible(&person.name)));
    }
    programs::run("systemctl", &["daemon-reload"]).map_err(|e| not_done("The units", &e))?;
    let enable: Vec<&str> = ["enable"].into_iter().chain(UNITS).collect();
    programs::run("systemctl", &enable).map_err(|e| not_done("The units", &e))?;
    programs::run("systemctl", &["restart", "assize-agent.service", "assize.service"])
        .map_err(|e| not_done("The service", &e))?;
    wait_for_door()?;
    steps.push("Both parts run, and start with the computer.".to_owned());
    Ok(Installed { steps, adopted })
}

/// Stops the service and takes it out of the start of the computer. Its data, the vault above all, stays.
pub fn remove() -> Result<Vec<String>, Fault> {
    as_root()?;
    if Place::this_computer().holds() {
        return Err(Fault::new(
            "still_holding",
            "This computer is isolated or restricted, and without the service nobody could lift that.",
            "Nothing was changed. Release it first, or remove the service with --release.",
        ));
    }
    let disable: Vec<&str> = ["disable", "--now"].into_iter().chain(UNITS.into_iter().rev()).collect();
    programs::run("systemctl", &disable).map_err(|e| not_done("The units", &e))?;
    let mut steps = vec!["The service is stopped and does not start with the computer any more.".to_owned()];
    steps.push(format!("Its data stays in {DATA}, the quarantined files in {STATE}/vault; nothing of it was removed."));
    for uid in owners(Path::new(DATA)) {
        if let Some(folder) = adopt::home_of(uid).filter(|folder| adopt::forget(folder, uid)) {
            steps.push(format!("{} begins anew without the service.", folder.display()));
        }
    }
    Ok(steps)
}

/// Asks for an administrator's password and installs: the window's one button. Gives back what was printed.
pub fn ask_an_administrator(words: &[&str]) -> Result<String, Fault> {
    let words: Vec<&str> = [PROGRAM, "--json", "service"].into_iter().chain(words.iter().copied()).collect();
    programs::run("pkexec", &words).map_err(|said| {
        // 126 and 127: nobody gave a password.
        if said.contains("dismissed") || said.contains("Not authorized") {
            return Fault::new("no_password", "Nobody gave an administrator's password.", "Nothing was changed.");
        }
        let told: Option<Fault> = said.lines().rev().find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            serde_json::from_value(line.get("error")?.clone()).ok()
        });
        told.unwrap_or_else(|| not_done("The service", &said))
    })
}

fn as_root() -> Result<(), Fault> {
    if geteuid().is_root() {
        return Ok(());
    }
    Err(Fault::new(
        "needs_root",
        "Only an administrator can change the service of this computer.",
        "Nothing was changed. Use the button in the settings of the window, or sudo.",
    ))
}

fn service_account() -> Result<(u32, u32), Fault> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let account = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let named = fields.next() == Some(USER);
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        named.then_some((uid, gid))
    });
    account.ok_or_else(|| not_done("The user of the service", "it is not there although it was made"))
}

/// Which device of a database is this computer: read by the service's own user, since whoever made the database is not
/// trusted with root's rights.
fn this_computer(data: &Path, uid: u32, gid: u32) -> Result<DeviceId, Fault> {
    let (uid, gid) = (uid.to_string(), gid.to_string());
    let data = data.to_string_lossy();
    let words = ["--reuid", &uid, "--regid", &gid, "--clear-groups", "--no-new-privs", "--"];
    let words: Vec<&str> =
        words.into_iter().chain([PROGRAM, "--json", "--data", &data, "service", "this-computer"]).collect();
    let said = programs::run("setpriv", &words).map_err(|e| not_done("The database", &e))?;
    #[derive(Deserialize)]
    struct Told {
        id: DeviceId,
    }
    let told: Told = serde_json::from_str(&said).map_err(|e| not_done("The database", &e.to_string()))?;
    Ok(told.id)
}

fn stop() {
    // One that is not there or does not run is stopped.
    let _ = programs::run("systemctl", &["stop", "assize.service", "assize-agent.service"]);
}

fn wait_for_door() -> Result<(), Fault> {
    let begun = Instant::now();
    while UnixStream::connect(DOOR).is_err() {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err(Fault::new(
                "service_silent",
                "The service was installed and does not answer.",
                "Look at its log: journalctl -u assize -u assize-agent.",
            ));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The role of one more person; whoever had one keeps it. The folder is the service user's, so nothing here is by name
/// twice.
fn make_owner(data: &Path, uid: u32, service: (u32, u32)) -> io::Result<()> {
    match fs::mkdirat(CWD, data, Mode::RWXU) {
        Ok(()) => fs::chown(data, Some(Uid::from_raw(service.0)), Some(Gid::from_raw(service.1)))?,
        Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = fs::openat(CWD, data, flags, Mode::empty())?;
    let mut people = roles(&folder);
    people.insert(uid.to_string(), "owner".into());
    let draft = format!("people.json.{}.part", std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(fs::openat(&folder, &draft, flags, Mode::RUSR | Mode::WUSR)?);
    fs::fchown(&file, Some(Uid::from_raw(service.0)), Some(Gid::from_raw(service.1)))?;
    file.write_all(&serde_json::to_vec_pretty(&people)?)?;
    file.sync_all()?;
    fs::renameat(&folder, &draft, &folder, "people.json")?;
    Ok(fs::fsync(&folder)?)
}

fn roles(folder: impl rustix::fd::AsFd) -> serde_json::Map<String, serde_json::Value> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let read = fs::openat(folder, "people.json", flags, Mode::empty()).ok();
    let text = read.and_then(|fd| io::read_to_string(File::from(fd)).ok()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn owners(data: &Path) -> Vec<u32> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(folder) = fs::openat(CWD, data, flags, Mode::empty()) else { return Vec::new() };
    roles(&folder).keys().filter_map(|uid| uid.parse().ok()).collect()
}

fn not_done(what: &str, why: &str) -> Fault {
    let why = visible(why.trim()).trim_end_matches('.').to_owned();
    let hint = "What was done before stays, and doing it again goes on from there. No data was removed.";
    Fault::new("not_installed", format!("{what} could not be set up: {why}."), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn how_it_stands_is_read_from_the_files() {
        let top = tempfile::tempdir().unwrap();
        let place = Place { top: top.path().to_owned() };
        let none = Installation { packaged: false, enabled: false, running: false, holding: false };
        assert_eq!(place.installation(), none);
        let put = |path: &str| {
            let path = place.at(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        FILES.into_iter().for_each(put);
        put("/etc/systemd/system/multi-user.target.wants/assize.service");
        put("/var/lib/assize-agent/standing/isolation.part");
        assert_eq!(place.installation(), Installation { packaged: true, enabled: true, ..none });
        put("/var/lib/assize-agent/standing/isolation");
        std::fs::create_dir_all(place.at("/run/assize")).unwrap();
        let _door = std::os::unix::net::UnixListener::bind(place.at(DOOR)).unwrap();
        assert!(place.installation().holding && place.installation().running);
    }

    #[test]
    fn one_more_owner_takes_nobodys_role_away() {
        let top = tempfile::tempdir().unwrap();
        let data = top.path().join("data");
        let me = (geteuid().as_raw(), rustix::process::getegid().as_raw());
        make_owner(&data, 4001, me).unwrap();
        std::fs::write(data.join("people.json"), r#"{"4001":"owner","4002":"viewer"}"#).unwrap();
        make_owner(&data, 4003, me).unwrap();
        let text = std::fs::read_to_string(data.join("people.json")).unwrap();
        let people: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(people, serde_json::json!({ "4001": "owner", "4002": "viewer", "4003": "owner" }));
        assert_eq!(std::fs::metadata(data.join("people.json")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1);
        assert_eq!(owners(&data), [4001, 4002, 4003]);
    }

    #[test]
    fn only_root_changes_the_service() {
        if geteuid().is_root() {
            return assert!(as_root().is_ok());
        }
        assert_eq!(install(&Install::default()).unwrap_err().code, "needs_root");
        assert_eq!(remove().unwrap_err().code, "needs_root");
    }
}
