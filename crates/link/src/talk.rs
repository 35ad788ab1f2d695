//! One conversation from the side that asks: connected when needed, kept for the next question, and made anew when the
//! other side has been restarted meanwhile.
use crate::{
    frame::{self, Frame, FrameError},
    hello::{Hello, greet, json, parse},
    socket::reach,
};
use assize_domain::{order::Fault, question::Progress, time::Stamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    io::{self, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// What a server answers: news on the way, and at last an answer or a fault.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply<T> {
    Progress(Progress),
    /// An order was verified and is about to be carried out.
    Accepted(Stamp),
    Answer(T),
    Fault(Fault),
}

/// News before the answer.
pub(crate) enum News<'a> {
    Progress(Progress),
    Accepted(Stamp),
    Part(&'a [u8]),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The other side refused or failed, and said so: it is known what became of the question.
    Told(Fault),
    /// Nobody is there: the question was never heard.
    Nobody(io::Error),
    /// It was asked, and then the line broke: what became of it is not known.
    Lost(FrameError),
    /// What was handed out could not be taken: the caller's own trouble.
    NotTaken(io::Error),
}

/// Asks one server. Any number of threads may ask at once; each has a line of its own meanwhile.
#[derive(Debug)]
pub(crate) struct Asker<W> {
    path: PathBuf,
    hello: Hello,
    /// Who may be behind the socket.
    behind: Vec<u32>,
    limit: usize,
    idle: Mutex<Vec<UnixStream>>,
    welcome: Mutex<Option<W>>,
}

/// Lines that are kept for the next question.
const KEPT: usize = 4;

impl<W: DeserializeOwned + Clone> Asker<W> {
    pub(crate) fn new(path: PathBuf, hello: Hello, behind: Vec<u32>, limit: usize) -> Self {
        Self { path, hello, behind, limit, idle: Mutex::default(), welcome: Mutex::default() }
    }

    /// What the server said last when it let us in.
    pub(crate) fn welcome(&self) -> Option<W> {
        self.welcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a line now, where none is kept.
    pub(crate) fn reach(&self) -> Result<(), NoAnswer> {
        let line = match self.kept() {
            Some(line) => line,
            None => self.connect()?,
        };
        self.keep(line);
        Ok(())
    }

    fn connect(&self) -> Result<UnixStream, NoAnswer> {
        let mut stream = reach(&self.path, &self.behind).map_err(NoAnswer::Nobody)?;
        let welcome: W = greet(&mut stream, &self.hello).map_err(|refusal| match refusal {
            Ok(fault) => NoAnswer::Told(fault),
            Err(FrameError::Io(error)) => NoAnswer::Nobody(error),
            Err(error) => NoAnswer::Nobody(io::Error::other(error)),
        })?;
        *self.welcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(welcome);
        Ok(stream)
    }

    fn kept(&self) -> Option<UnixStream> {
        loop {
            let line = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            // One that the server has closed (it was restarted) can be read at once: it says that it is at its end.
            let silent = line.set_nonblocking(true).is_ok()
                && io::Read::read(&mut &line, &mut [0]).is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock)
                && line.set_nonblocking(false).is_ok();
            if silent {
                return Some(line);
            }
        }
    }

    fn keep(&self, line: UnixStream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(line);
        }
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        question: &Q,
        hear: &mut dyn FnMut(News<'_>) -> io::Result<()>,
    ) -> Result<A, NoAnswer> {
        let words = json(question).map_err(NoAnswer::Lost)?;
        let mut line = match self.kept() {
            Some(line) => line,
            None => self.connect()?,
        };
        if frame::write(&mut line, &Frame::Message(words.clone())).is_err() {
            // Not heard whole, so not understood: it may be said again.
            line = self.connect()?;
            frame::write(&mut line, &Frame::Message(words)).map_err(NoAnswer::Lost)?;
        }
        loop {
            let reply = match frame::read(&mut line, self.limit).map_err(NoAnswer::Lost)? {
                Frame::Part(part) => {
                    hear(News::Part(&part)).map_err(NoAnswer::NotTaken)?;
                    continue;
                }
                Frame::Message(words) => parse::<Reply<A>>(&words).map_err(NoAnswer::Lost)?,
            };
            match reply {
                Reply::Progress(progress) => hear(News::Progress(progress)).map_err(NoAnswer::NotTaken)?,
                Reply::Accepted(at) => hear(News::Accepted(at)).map_err(NoAnswer::NotTaken)?,
                Reply::Answer(answer) => {
                    self.keep(line);
                    return Ok(answer);
                }
                Reply::Fault(fault) => {
                    self.keep(line);
                    return Err(NoAnswer::Told(fault));
                }
            }
        }
    }
}

/// Writes copies out in parts.
pub(crate) struct Parts<'a>(pub(crate) &'a mut UnixStream);

impl Write for Parts<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part = &bytes[..bytes.len().min(frame::PART)];
        frame::write(self.0, &Frame::Part(part.to_vec())).map_err(io::Error::other)?;
        Ok(part.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn reply<T: Serialize>(stream: &mut UnixStream, reply: &Reply<T>) -> Result<(), FrameError> {
    frame::write(stream, &Frame::Message(json(reply)?))
}
