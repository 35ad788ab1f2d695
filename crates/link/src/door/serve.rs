//! The engine's side of the door socket.
use super::{Call, LONGEST_QUESTION};
use crate::{
    frame::{self, Frame, FrameError},
    hello::{self, Speaks, message, parse},
    peer::Peer,
    socket::{Listening, Stop},
    talk::{Parts, Reply, reply},
};
use assize_domain::order::Fault;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, Write},
    os::unix::net::UnixStream,
    sync::Arc,
    time::Duration,
};

/// Longer than this nobody waits in one go: a caller that has gone must be noticed some time.
const LONGEST_WATCH: Duration = Duration::from_secs(60);

/// Whoever answers behind the door.
pub trait Desk: Send + Sync + 'static {
    type Request: DeserializeOwned;
    type Taking: DeserializeOwned;
    /// Who a caller is here.
    type Caller;
    /// What a caller hears first.
    type Welcome: Serialize;

    fn greet(&self, peer: Peer) -> Result<(Self::Caller, Self::Welcome), Fault>;

    /// The answer as JSON.
    fn answer(&self, caller: &Self::Caller, request: Self::Request) -> Result<Vec<u8>, Fault>;

    /// The bytes go to `out`; what is to be said about them is returned, as JSON.
    fn hand_out(&self, caller: &Self::Caller, what: Self::Taking, out: &mut dyn Write) -> Result<Vec<u8>, Fault>;

    /// The newest record, as soon as it is newer than `since` or the time is up.
    fn watch(&self, since: u64, at_most: Duration) -> u64;

    fn progress(&self) -> Option<String>;
}

/// Answers callers until it is told to stop.
pub fn serve<D: Desk>(listening: &Listening, stop: &Arc<Stop>, desk: D) -> io::Result<()> {
    let ends = Arc::clone(stop);
    listening.serve(stop, move |mut stream, peer| {
        // A line that breaks or speaks otherwise is at its end; what was decided before stays decided.
        let _ = talk(&mut stream, peer, &desk, &ends);
    })
}

fn talk<D: Desk>(stream: &mut UnixStream, peer: Peer, desk: &D, stop: &Arc<Stop>) -> Result<(), FrameError> {
    hello::hear(stream, Speaks::AssizeDoor)?;
    match desk.greet(peer) {
        Ok((_, welcome)) => hello::welcome(stream, &welcome)?,
        Err(fault) => {
            hello::refuse(stream, &fault);
            return Ok(());
        }
    }
    loop {
        let words = match message(stream, LONGEST_QUESTION) {
            Ok(words) => words,
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        };
        let Ok(call) = parse::<Call<D::Request, D::Taking>>(&words) else {
            reply::<()>(stream, &Reply::Fault(unknown()))?;
            continue;
        };
        drop(words);
        // Each time anew: a role may have been taken away since this line was made.
        let caller = match desk.greet(peer) {
            Ok((caller, _)) => caller,
            Err(fault) => {
                reply::<()>(stream, &Reply::Fault(fault))?;
                continue;
            }
        };
        match call {
            Call::Ask(request) => {
                let Some(_working) = stop.work() else { return Ok(()) };
                answer(stream, desk.answer(&caller, request))?;
            }
            Call::Take(what) => {
                let mut line = stream.try_clone()?;
                let said = desk.hand_out(&caller, what, &mut Parts(&mut line));
                answer(stream, said)?;
            }
            Call::Watch { since, at_most_ms } => {
                let newest = watch(desk, since, Duration::from_millis(u64::from(at_most_ms)), stop);
                reply(stream, &Reply::Answer(newest))?;
            }
            Call::Progress => reply(stream, &Reply::Answer(desk.progress()))?,
        }
    }
}

/// In short stretches, so that a service that ends does not wait for those who wait.
fn watch<D: Desk>(desk: &D, since: u64, at_most: Duration, stop: &Stop) -> u64 {
    let mut left = at_most.min(LONGEST_WATCH);
    loop {
        let stretch = left.min(Duration::from_secs(1));
        let newest = desk.watch(since, stretch);
        left = left.saturating_sub(stretch);
        if newest > since || left.is_zero() || stop.is_set() {
            return newest;
        }
    }
}

fn answer(stream: &mut UnixStream, said: Result<Vec<u8>, Fault>) -> Result<(), FrameError> {
    match said {
        // It is JSON already.
        Ok(json) => frame::write(stream, &Frame::Message([b"{\"answer\":".as_slice(), &json, b"}"].concat())),
        Err(fault) => reply::<()>(stream, &Reply::Fault(fault)),
    }
}

fn unknown() -> Fault {
    Fault::new(
        "unknown_request",
        "The service was asked for something it does not know.",
        "Nothing was changed. Restart the service so that it is of the same version as this program.",
    )
}
