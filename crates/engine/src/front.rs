//! What a front end holds: the engine in its own process, or the way to the service's engine. Both answer the same
//! requests, so that no command needs to know which of the two it is.
use crate::{
    Engine, OpenDevice,
    door::{Request, ShowAction, ShowInvestigation, Through},
    service::Welcome,
    view,
};
use assize_domain::{
    action::ActionStatus,
    id::{ActionId, InvestigationId},
    order::Fault,
    role::{Person, Role},
};
use assize_link::{
    door::{Client, NoService, SOCKET},
    peer::Account,
};
use serde::de::DeserializeOwned;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Left in a person's data folder when the service took its content over: without the service, an empty folder must not
/// pass for everything there is.
pub const WITH_THE_SERVICE: &str = "with-the-service.txt";

/// Names another door socket; for tests, and for a second installation.
const SOCKET_VARIABLE: &str = "ASSIZE_DOOR";

/// The user the service runs as.
const USER: &str = "assize";

/// The engine, here or in the service. Cheap to clone.
#[derive(Clone)]
pub enum Front {
    Here(Engine),
    There(Arc<Service>),
}

/// The way to the service.
pub struct Service {
    client: Client<Welcome>,
}

impl Front {
    /// A folder that was named is always opened here. Otherwise the service answers, where there is one; and where there
    /// is none, the usual folder is opened here.
    pub fn open(
        named: Option<&Path>,
        usual: impl FnOnce() -> Result<PathBuf, Fault>,
        open_device: impl OpenDevice,
    ) -> Result<Self, Fault> {
        if let Some(data) = named {
            return Engine::open(data, open_device).map(Self::Here);
        }
        let socket = door_socket();
        let behind = [Some(0), Account::named(USER).map(|a| a.uid)].into_iter().flatten().collect();
        let error = match Client::reach(&socket, behind) {
            Ok(client) => return Ok(Self::There(Arc::new(Service { client }))),
            Err(NoService::Refused(fault)) => return Err(fault),
            Err(NoService::Nobody(error)) => error,
        };
        let usual = usual()?;
        if usual.join(WITH_THE_SERVICE).exists() {
            return Err(silent(&socket, &error));
        }
        Engine::open(&usual, open_device).map(Self::Here)
    }

    /// Asks the door. The service knows by itself who asks.
    pub fn ask<R: Through>(&self, by: &Person, request: R) -> Result<R::Answer, Fault> {
        match self {
            Self::Here(engine) => request.here(engine, by),
            Self::There(service) => request.there(service),
        }
    }

    /// Who asks.
    pub fn person(&self) -> Person {
        match self {
            Self::Here(engine) => engine.person(),
            Self::There(service) => service.client.welcome().map(|w| w.person).unwrap_or_else(|| Person {
                id: "".into(),
                name: String::new(),
                role: Role::Viewer,
            }),
        }
    }

    /// Is it the service that answers?
    pub fn is_service(&self) -> bool {
        match self {
            Self::Here(_) => false,
            Self::There(_) => true,
        }
    }

    /// A long-lived process carries out decisions on its own thread; the service does so by itself.
    pub fn drive_in_background(&self) -> io::Result<()> {
        match self {
            Self::Here(engine) => engine.drive_in_background(),
            Self::There(_) => Ok(()),
        }
    }

    /// Before somebody else takes the data folder over: this process carries out nothing more.
    pub fn stop_driving(&self) {
        match self {
            Self::Here(engine) => engine.stop_driving(),
            Self::There(_) => {}
        }
    }

    pub fn drive_what_is_due(&self) -> Result<(), Fault> {
        match self {
            Self::Here(engine) => engine.drive_what_is_due(),
            Self::There(_) => Ok(()),
        }
    }

    /// Blocks until there is a record newer than `since`, or the time is up.
    pub fn wait_for_change(&self, since: u64, at_most: Duration) -> u64 {
        match self {
            Self::Here(engine) => engine.wait_for_change(since, at_most),
            Self::There(service) => service.client.watch(since, at_most).unwrap_or_else(|_| {
                // It is being started again; whoever waits asks again.
                std::thread::sleep(at_most.min(Duration::from_millis(500)));
                since
            }),
        }
    }

    /// What a running investigation does right now.
    pub fn progress(&self) -> Option<String> {
        match self {
            Self::Here(engine) => engine.progress(),
            Self::There(service) => service.client.progress().ok().flatten(),
        }
    }

    /// Waits until an investigation rests.
    pub fn settle_investigation(&self, id: &InvestigationId) -> Result<view::Investigation, Fault> {
        match self {
            Self::Here(engine) => engine.settle_investigation(id),
            Self::There(service) => self.until(|| {
                let shown: view::Investigation =
                    service.ask(Request::ShowInvestigation(ShowInvestigation { id: id.clone() }))?;
                Ok(shown.state.rests().then_some(shown))
            }),
        }
    }

    /// Waits until each of these actions rests or waits for its device.
    pub fn settle_actions(&self, ids: &[ActionId]) -> Result<Vec<view::Action>, Fault> {
        match self {
            Self::Here(engine) => engine.settle_actions(ids),
            Self::There(service) => self.until(|| {
                let mut all = Vec::new();
                for id in ids {
                    let shown: view::ActionDetail = service.ask(Request::ShowAction(ShowAction { id: id.clone() }))?;
                    let status = shown.action.status;
                    if !status.rests() && status != ActionStatus::WaitingForDevice {
                        return Ok(None);
                    }
                    all.push(shown.action);
                }
                Ok(Some(all))
            }),
        }
    }

    /// Looks again whenever something was written. A service that is being started again is waited for: what was decided
    /// goes on there.
    fn until<T>(&self, mut look: impl FnMut() -> Result<Option<T>, Fault>) -> Result<T, Fault> {
        let mut seen = 0;
        let mut away = 0;
        loop {
            match look() {
                Ok(Some(ended)) => return Ok(ended),
                Ok(None) => away = 0,
                Err(fault) if matches!(fault.code.as_str(), "service_away" | "service_lost") && away < 60 => away += 1,
                Err(fault) => return Err(fault),
            }
            seen = self.wait_for_change(seen, Duration::from_secs(5));
        }
    }
}

impl Service {
    pub(crate) fn ask<A: DeserializeOwned>(&self, request: Request) -> Result<A, Fault> {
        self.client.ask(&request)
    }

    pub(crate) fn take<A: DeserializeOwned>(
        &self,
        what: &crate::copies::Taking,
        out: &mut dyn Write,
    ) -> Result<A, Fault> {
        self.client.take(what, out)
    }
}

/// Where the service's door is.
pub fn door_socket() -> PathBuf {
    std::env::var_os(SOCKET_VARIABLE).filter(|v| !v.is_empty()).map_or_else(|| SOCKET.into(), PathBuf::from)
}

fn silent(socket: &Path, error: &io::Error) -> Fault {
    Fault::new(
        "service_away",
        format!(
            "Your data is with the service of this computer, which does not answer at {}: {error}.",
            socket.display()
        ),
        "Nothing is lost. Start it: systemctl start assize. If it says that you may not: log out and in once where it was only just installed; else ask an administrator to add you.",
    )
}
