//! The small root service: one device behind the agent socket, obeying one user. The same device as in-process; what is
//! here is only when it begins and when it ends.
use crate::{LocalDevice, Where};
use assize_domain::{device::Device, order::Fault};
use assize_link::{
    agent::{Agent, serve},
    service::until_told_to_end,
    socket::{Listening, Stop},
    verify::Gate,
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where everything of the service is unless somebody says otherwise.
pub const SOCKET: &str = "/run/assize/agent.sock";
pub const STATE: &str = "/var/lib/assize-agent";
/// The engine of the service: its user, and where its data is.
pub const USER: &str = "assize";
pub const DATA: &str = "/var/lib/assize";

/// How the service is run.
#[derive(Clone, Debug)]
pub struct Service {
    pub place: Where,
    pub state: PathBuf,
    pub socket: PathBuf,
    /// Whose orders are carried out.
    pub obeys: Vec<u32>,
}

impl Service {
    /// Opens the device: what a crash left half done is brought to an end, and what stands on the device until it is
    /// lifted is in force again.
    pub fn device(&self) -> Result<LocalDevice, Fault> {
        self.opened(false)
    }

    /// The same for a process that goes on: it can also watch what is run.
    fn opened(&self, goes_on: bool) -> Result<LocalDevice, Fault> {
        let device = LocalDevice::open(self.place.clone(), &self.state, self.ours())?;
        if goes_on {
            device.live_long();
        }
        // What could not be put in force is told to whoever asks what stands.
        device.reapply();
        Ok(device)
    }

    /// Answers until the service manager says that it is enough.
    pub fn run(&self) -> Result<(), Fault> {
        let device = Arc::new(self.opened(true)?);
        let gate =
            Gate::open(&self.state, self.obeys.clone()).map_err(|e| cannot("keep its orders", &self.state, &e))?;
        let begun = || cannot_begin(&self.socket);
        let stop = Stop::new().map_err(|e| begun()(&e))?;
        let listening = Listening::on(&self.socket, 0o660).map_err(|e| begun()(&e))?;
        let real = self.place == Where::ThisComputer;
        let agent = Agent { device, gate, stop: Arc::clone(&stop), real };
        let serving = std::thread::Builder::new().name("callers".into()).spawn(move || {
            let served = serve(&listening, agent);
            drop(listening);
            served
        });
        let serving = serving.map_err(|e| begun()(&e))?;
        until_told_to_end(&stop, "Ready for orders.").map_err(|e| begun()(&e))?;
        match serving.join() {
            Ok(served) => served.map_err(|e| begun()(&e)),
            Err(_) => Err(begun()(&io::Error::other("a part of it stopped unexpectedly"))),
        }
    }

    /// What belongs to the product although this process does not run it.
    fn ours(&self) -> Vec<PathBuf> {
        let mut ours = vec![PathBuf::from(DATA)];
        if let Some(folder) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
            ours.extend(["assize", "assizectl"].map(|program| folder.join(program)));
        }
        ours
    }
}

fn cannot_begin(socket: &Path) -> impl Fn(&io::Error) -> Fault + '_ {
    move |error| cannot("listen", socket, error)
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Fault {
    Fault::new(
        "agent_not_started",
        format!("The device service cannot {what} at {}: {error}.", path.display()),
        "Nothing was touched. See whether the folder is there, belongs to root, and has room.",
    )
}
