//! The service managers of this computer over D-Bus: the system's, and those of people who are logged in. Stop, start and
//! ask about a unit. Never fatal and never waited for longer than a few seconds: the files decide what starts at the next
//! boot.
use crate::root::Root;
use rustix::{
    fs::{self, AtFlags, CWD, FileType, Mode, OFlags},
    process::Uid,
    thread::set_thread_res_uid,
};
use std::{
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use zbus::OwnedObjectPath;

/// One call.
const LIMIT: Duration = Duration::from_secs(5);
/// How long a unit may take to stop before its processes are ended at once; and again for that.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
/// `SIGKILL`
const KILL: i32 = 9;

/// One row of `ListUnitsByNames`; the third and fourth fields are the state of its definition and of itself.
type UnitRow = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Whose manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    System,
    User(u32),
}

/// What the manager says about a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    /// `active`, `inactive`, `failed`, …
    pub active: String,
    /// `loaded`, `masked`, `not-found`, …
    pub definition: String,
}

impl UnitState {
    pub fn runs(&self) -> bool {
        matches!(self.active.as_str(), "active" | "activating" | "reloading" | "refreshing")
    }

    fn rests(&self) -> bool {
        matches!(self.active.as_str(), "inactive" | "failed")
    }
}

impl Manager {
    /// Only this computer has managers to talk to, and only when systemd runs it.
    pub fn of_system(root: &Root) -> Option<Self> {
        (root.is_live() && Path::new("/run/systemd/system").is_dir()).then_some(Self::System)
    }

    /// The manager of a person who is logged in.
    pub fn of_user(root: &Root, uid: u32) -> Option<Self> {
        Self::of_system(root)?;
        user_socket(uid).ok().map(|_| Self::User(uid))
    }

    /// The managers of everybody who is logged in.
    pub fn of_everybody(root: &Root) -> Vec<Self> {
        let folders = std::fs::read_dir("/run/user").into_iter().flatten().flatten();
        let uids = folders.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        uids.filter_map(|uid| Self::of_user(root, uid)).collect()
    }

    pub fn state(self, unit: &str) -> Result<UnitState, String> {
        let unit = unit.to_owned();
        self.limited(move |bus| async move {
            let reply = bus.call_method(Some(NAME), PATH, Some(MANAGER), "ListUnitsByNames", &(vec![unit],)).await?;
            let rows: Vec<UnitRow> = reply.body().deserialize()?;
            let none = UnitState { active: "inactive".into(), definition: "not-found".into() };
            Ok(rows.into_iter().next().map_or(none, |row| UnitState { definition: row.2, active: row.3 }))
        })
    }

    /// Stops it and waits until it has stopped; what does not stop in time is ended. That it failed by that, or because
    /// its definition is gone, is no failure of the computer: the manager forgets it.
    pub fn stop(self, unit: &str) -> Result<UnitState, String> {
        let state = self.stop_and_wait(unit)?;
        if state.active != "failed" {
            return Ok(state);
        }
        let name = unit.to_owned();
        self.limited(move |bus| async move {
            bus.call_method(Some(NAME), PATH, Some(MANAGER), "ResetFailedUnit", &(name,)).await.map(drop)
        })?;
        self.state(unit)
    }

    fn stop_and_wait(self, unit: &str) -> Result<UnitState, String> {
        let begun = Instant::now();
        self.change(unit, "StopUnit")?;
        let mut killed = false;
        loop {
            let state = self.state(unit)?;
            if state.rests() || begun.elapsed() > PATIENCE * 2 {
                return Ok(state);
            }
            if !killed && begun.elapsed() > PATIENCE {
                killed = true;
                let unit = unit.to_owned();
                self.limited(move |bus| async move {
                    bus.call_method(Some(NAME), PATH, Some(MANAGER), "KillUnit", &(unit, "all", KILL)).await.map(drop)
                })?;
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Starts it and waits a moment until it runs.
    pub fn start(self, unit: &str) -> Result<UnitState, String> {
        let begun = Instant::now();
        self.change(unit, "StartUnit")?;
        loop {
            let state = self.state(unit)?;
            if state.active != "activating" && state.active != "inactive" || begun.elapsed() > PATIENCE {
                return Ok(state);
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Reads the unit files again.
    pub fn reload(self) -> Result<(), String> {
        self.limited(
            |bus| async move { bus.call_method(Some(NAME), PATH, Some(MANAGER), "Reload", &()).await.map(drop) },
        )
    }

    fn change(self, unit: &str, method: &'static str) -> Result<(), String> {
        let unit = unit.to_owned();
        self.limited(move |bus| async move {
            bus.call_method(Some(NAME), PATH, Some(MANAGER), method, &(unit, "replace")).await.map(drop)
        })
    }

    /// A manager that does not answer must not hold up the order: the thread is left behind.
    fn limited<T, F>(self, call: impl FnOnce(zbus::Connection) -> F + Send + 'static) -> Result<T, String>
    where
        T: Send + 'static,
        F: Future<Output = zbus::Result<T>> + Send + 'static,
    {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let answer = self.builder().and_then(|builder| {
                let all = async move { call(builder.method_timeout(LIMIT).build().await?).await };
                zbus::block_on(all).map_err(|e| e.to_string())
            });
            // Nobody listens any more after the limit.
            let _ = tell.send(answer);
        });
        told.recv_timeout(LIMIT).unwrap_or_else(|_| Err("the service manager does not answer".into()))
    }

    fn builder(self) -> Result<zbus::connection::Builder<'static>, String> {
        match self {
            Self::System => Ok(zbus::connection::Builder::system()),
            Self::User(uid) => {
                user_socket(uid)?;
                Ok(zbus::connection::Builder::unix_stream(connected_as(uid)?).user_id(uid))
            }
        }
    }
}

/// Their bus answers only themselves, not even root. So this thread knocks as them; wherever they let the name lead by
/// now, it is with their own rights. It is a thread of its own ([`Manager::limited`]).
fn connected_as(uid: u32) -> Result<UnixStream, String> {
    let said = |e: rustix::io::Errno| std::io::Error::from(e).to_string();
    let me = rustix::process::geteuid();
    let them = Uid::from_raw(uid);
    if me != them {
        set_thread_res_uid(None, them, None).map_err(said)?;
    }
    let stream = UnixStream::connect(format!("/run/user/{uid}/bus"));
    if me != them {
        set_thread_res_uid(None, me, None).map_err(said)?;
    }
    stream.map_err(|e| e.to_string())
}

/// A person's own bus. Folder and socket have to be theirs, and no links: whoever owns the folder could lead us to the
/// system's bus, where the same words would stop a service of the system.
fn user_socket(uid: u32) -> Result<OwnedFd, String> {
    let said = |e: rustix::io::Errno| std::io::Error::from(e).to_string();
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = fs::openat(CWD, format!("/run/user/{uid}"), flags | OFlags::DIRECTORY, Mode::empty()).map_err(said)?;
    let socket = fs::openat(&folder, "bus", flags, Mode::empty()).map_err(said)?;
    let (of_folder, of_socket) = (fs::fstat(&folder).map_err(said)?, fs::fstat(&socket).map_err(said)?);
    let is_socket = FileType::from_raw_mode(of_socket.st_mode) == FileType::Socket;
    // Asked of the handle, not of the name.
    let same = fs::statat(&folder, "bus", AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|s| s.st_ino == of_socket.st_ino);
    if is_socket && same && of_folder.st_uid == uid && of_socket.st_uid == uid {
        Ok(socket)
    } else {
        Err("their session's bus is not their own".into())
    }
}
