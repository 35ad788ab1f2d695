//! A front end's side of the door socket.
use super::Call;
use crate::{
    frame::LARGEST,
    hello::{Hello, Speaks},
    talk::{Asker, News, NoAnswer},
};
use assize_domain::order::Fault;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// Asks the service. `W` is what it says when it lets us in.
#[derive(Debug)]
pub struct Client<W> {
    asker: Asker<W>,
    path: PathBuf,
}

/// Where nothing is to be sent.
#[derive(Debug, Serialize)]
enum Nothing {}

/// Why the service cannot be used.
#[derive(Debug)]
pub enum NoService {
    /// Nobody listens there, or it is not the service.
    Nobody(io::Error),
    /// It is there and does not let us in.
    Refused(Fault),
}

impl<W: DeserializeOwned + Clone> Client<W> {
    /// Reaches the service and is let in. `behind` are the users who may be behind the socket beside ourselves.
    pub fn reach(path: &Path, behind: Vec<u32>) -> Result<Self, NoService> {
        let asker = Asker::new(path.to_owned(), Hello::new(Speaks::AssizeDoor, None), behind, LARGEST);
        match asker.reach() {
            Ok(()) => Ok(Self { asker, path: path.to_owned() }),
            Err(NoAnswer::Told(fault)) => Err(NoService::Refused(fault)),
            Err(NoAnswer::Nobody(error) | NoAnswer::NotTaken(error)) => Err(NoService::Nobody(error)),
            Err(NoAnswer::Lost(error)) => Err(NoService::Nobody(io::Error::other(error))),
        }
    }

    /// What it said when it let us in.
    pub fn welcome(&self) -> Option<W> {
        self.asker.welcome()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn ask<A: DeserializeOwned>(&self, request: &impl Serialize) -> Result<A, Fault> {
        let call: Call<_, Nothing> = Call::Ask(request);
        self.asker.ask(&call, &mut |_| Ok(())).map_err(|no| self.fault(no))
    }

    /// Bytes go to `out`; they are to be trusted only when this returns without a fault.
    pub fn take<A: DeserializeOwned>(&self, what: &impl Serialize, out: &mut dyn Write) -> Result<A, Fault> {
        let call: Call<Nothing, _> = Call::Take(what);
        let taken = self.asker.ask(&call, &mut |news| match news {
            News::Part(part) => out.write_all(part),
            News::Progress(_) | News::Accepted(_) => Ok(()),
        });
        taken.map_err(|no| self.fault(no))
    }

    /// The newest record, as soon as it is newer than `since` or the time is up.
    pub fn watch(&self, since: u64, at_most: Duration) -> Result<u64, Fault> {
        let at_most_ms = u32::try_from(at_most.as_millis()).unwrap_or(u32::MAX);
        let call: Call<Nothing, Nothing> = Call::Watch { since, at_most_ms };
        self.again(&call)
    }

    pub fn progress(&self) -> Result<Option<String>, Fault> {
        let call: Call<Nothing, Nothing> = Call::Progress;
        self.again(&call)
    }

    fn again<A: DeserializeOwned>(&self, call: &Call<Nothing, Nothing>) -> Result<A, Fault> {
        let ask = || self.asker.ask(call, &mut |_| Ok(()));
        let first = ask();
        let answer = if matches!(first, Err(NoAnswer::Lost(_))) { ask() } else { first };
        answer.map_err(|no| self.fault(no))
    }

    fn fault(&self, no: NoAnswer) -> Fault {
        match no {
            NoAnswer::Told(fault) => fault,
            NoAnswer::NotTaken(error) => Fault::new(
                "cannot_write",
                format!("What was handed out could not be written: {error}."),
                "The item is still in the vault. Make room, or choose another folder.",
            ),
            NoAnswer::Nobody(error) => Fault::new(
                "service_away",
                format!("The service does not answer at {}: {error}.", self.path.display()),
                "What was decided is carried out when it is back. Start it: systemctl start assize.",
            ),
            NoAnswer::Lost(_) => Fault::new(
                "service_lost",
                "The service went away before it had answered, so it is not known whether it heard this.",
                "Look at how things stand, then decide whether to ask again.",
            ),
        }
    }
}
