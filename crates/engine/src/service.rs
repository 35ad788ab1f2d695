//! The engine behind the door socket: for windows and command lines of whoever is let in, each with the rights of the
//! person the kernel names. It goes on when all of them are closed.
use crate::{
    Engine,
    copies::{Taking, hand_out},
    door::Request,
    people::People,
};
use assize_domain::{order::Fault, role::Person};
use assize_link::{
    door::{Desk, serve},
    peer::Peer,
    service::until_told_to_end,
    socket::{Listening, Stop, admit},
};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// What a front end hears when it is let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Who the caller is here.
    pub person: Person,
    pub version: String,
    /// Where the service keeps its data.
    pub data: PathBuf,
}

/// How this engine is reached, where it is the service's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub door: PathBuf,
    /// Where this computer's own device service listens; none where the engine acts with its own rights.
    pub agent: Option<PathBuf>,
}

impl Engine {
    /// Answers at the door socket until the service manager says that it is enough. Decisions are carried out meanwhile,
    /// whether anybody is at the door or not.
    pub fn serve(&self, served: Served) -> Result<(), Fault> {
        let door = served.door.clone();
        let cannot = |e: io::Error| cannot_serve(&door, &e);
        // Before any thread of ours makes files: the socket's mode is right from the first moment on.
        let listening = Listening::on(&door, 0o660).map_err(cannot)?;
        match People::read(self.data()) {
            // Who was added a moment ago is not in the group yet, as far as their programs know.
            Ok(people) => admit(&door, &people.uids()).unwrap_or_else(|e| eprintln!("warning: {e}")),
            Err(fault) => eprintln!("warning: {} {}", fault.message, fault.hint),
        }
        self.is_served(served);
        self.drive_in_background().map_err(cannot)?;
        let stop = Stop::new().map_err(cannot)?;
        let (ends, desk) = (Arc::clone(&stop), AtTheDoor(self.clone()));
        let serving = std::thread::Builder::new().name("callers".into()).spawn(move || {
            let served = serve(&listening, &ends, desk);
            drop(listening);
            served
        });
        let serving = serving.map_err(cannot)?;
        until_told_to_end(&stop, "Open.").map_err(cannot)?;
        self.stop_driving();
        match serving.join() {
            Ok(served) => served.map_err(cannot),
            Err(_) => Err(cannot(io::Error::other("a part of it stopped unexpectedly"))),
        }
    }
}

struct AtTheDoor(Engine);

impl Desk for AtTheDoor {
    type Request = Request;
    type Taking = Taking;
    type Caller = Person;
    type Welcome = Welcome;

    fn greet(&self, peer: Peer) -> Result<(Person, Welcome), Fault> {
        // A list that cannot be read gives nobody a right; the health check tells.
        let person = People::read(self.0.data()).unwrap_or_default().person(peer.uid);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok((person.clone(), Welcome { person, version, data: self.0.data().to_owned() }))
    }

    fn answer(&self, caller: &Person, request: Request) -> Result<Vec<u8>, Fault> {
        self.0.answer(caller, request)
    }

    fn hand_out(&self, caller: &Person, what: Taking, out: &mut dyn Write) -> Result<Vec<u8>, Fault> {
        hand_out(&self.0, caller, &what, out)
    }

    fn watch(&self, since: u64, at_most: Duration) -> u64 {
        self.0.wait_for_change(since, at_most)
    }

    fn progress(&self) -> Option<String> {
        self.0.progress()
    }
}

fn cannot_serve(door: &Path, error: &io::Error) -> Fault {
    Fault::new(
        "service_not_started",
        format!("The service cannot open its door at {}: {error}.", door.display()),
        "Nothing was touched. See whether the folder is there and belongs to the user of the service.",
    )
}
