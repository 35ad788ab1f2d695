//! The first words on both sides: which conversation is meant, and in which version. Two programs that would
//! misunderstand each other say so, and part.
use crate::frame::{self, Frame, FrameError};
use assize_domain::{id::DeviceId, order::Fault};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    time::Duration,
};

/// No greeting is longer.
const LONGEST: usize = 8 * 1024;

/// Who says nothing for so long has nothing to say.
const PATIENCE: Duration = Duration::from_secs(5);

/// Changes whenever a message changes its meaning. Service and clients come out of one package, so one version is enough;
/// after an upgrade, what was started before it is told to start again.
pub const VERSION: u32 = 1;

/// Which of the two conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    AssizeAgent,
    AssizeDoor,
}

/// What a client says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub speaks: Speaks,
    pub version: u32,
    /// For the agent: which device its orders will be for.
    #[serde(default)]
    pub device: Option<DeviceId>,
}

/// What it hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Heard<T> {
    Welcome(T),
    Refused(Fault),
}

impl Hello {
    pub fn new(speaks: Speaks, device: Option<DeviceId>) -> Self {
        Self { speaks, version: VERSION, device }
    }
}

/// The client's side. `Err(Ok(fault))` is a refusal in words, `Err(Err(_))` is silence.
pub(crate) fn greet<T: for<'de> Deserialize<'de>>(
    stream: &mut UnixStream,
    hello: &Hello,
) -> Result<T, Result<Fault, FrameError>> {
    let words = |stream: &mut UnixStream| -> Result<Heard<T>, FrameError> {
        stream.set_read_timeout(Some(PATIENCE))?;
        // Whoever is refused at sight may find the door shut before these words are out; the refusal lies there to be read.
        let said = frame::write(stream, &Frame::Message(json(hello)?));
        let heard = message(stream, LONGEST).map_err(|silence| said.err().unwrap_or(silence))?;
        stream.set_read_timeout(None)?;
        parse(&heard)
    };
    match words(stream) {
        Ok(Heard::Welcome(welcome)) => Ok(welcome),
        Ok(Heard::Refused(fault)) => Err(Ok(fault)),
        Err(error) => Err(Err(error)),
    }
}

/// The server's side: what the client wants. One that speaks otherwise has been told so when this returns an error.
pub(crate) fn hear(stream: &mut UnixStream, speaks: Speaks) -> Result<Hello, FrameError> {
    stream.set_read_timeout(Some(PATIENCE))?;
    // Who asks and does not listen must not hold a conversation for ever.
    stream.set_write_timeout(Some(Duration::from_secs(60)))?;
    let hello: Hello = parse(&message(stream, LONGEST)?)?;
    if hello.speaks != speaks {
        return Err(FrameError::NotAFrame);
    }
    if hello.version != VERSION {
        let (message, hint) = if hello.version < VERSION {
            ("This program is older than the service.", "Close it and start it again.")
        } else {
            ("The service is older than this program.", "Restart the service: systemctl restart assize-agent assize.")
        };
        refuse(stream, &Fault::new("other_version", message, hint));
        return Err(FrameError::NotAFrame);
    }
    stream.set_read_timeout(None)?;
    Ok(hello)
}

pub(crate) fn welcome(stream: &mut impl Write, welcome: &impl Serialize) -> Result<(), FrameError> {
    frame::write(stream, &Frame::Message(json(&Heard::Welcome(welcome))?))
}

pub(crate) fn refuse(stream: &mut impl Write, fault: &Fault) {
    // One that does not listen is refused all the same.
    let _ = json(&Heard::<()>::Refused(fault.clone())).and_then(|words| frame::write(stream, &Frame::Message(words)));
}

pub(crate) fn json(value: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    serde_json::to_vec(value).map_err(|e| FrameError::Io(io::Error::from(e)))
}

pub(crate) fn parse<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, FrameError> {
    serde_json::from_slice(bytes).map_err(|_| FrameError::NotAFrame)
}

/// A message where only a message makes sense.
pub(crate) fn message(from: &mut impl Read, limit: usize) -> Result<Vec<u8>, FrameError> {
    match frame::read(from, limit)? {
        Frame::Message(words) => Ok(words),
        Frame::Part(_) => Err(FrameError::NotAFrame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(hello: Hello) -> (Result<Hello, FrameError>, Result<String, Result<Fault, FrameError>>) {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        let asked = std::thread::spawn(move || greet::<String>(&mut client, &hello));
        let heard = hear(&mut server, Speaks::AssizeAgent);
        if heard.is_ok() {
            welcome(&mut server, &"come in").unwrap();
        }
        drop(server);
        (heard, asked.join().unwrap())
    }

    #[test]
    fn two_that_understand_each_other_begin() {
        let hello = Hello::new(Speaks::AssizeAgent, Some("d1".into()));
        let (heard, asked) = conversation(hello.clone());
        assert_eq!(heard.unwrap(), hello);
        assert_eq!(asked.unwrap(), "come in");
    }

    #[test]
    fn who_is_refused_before_saying_anything_hears_why() {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        refuse(&mut server, &Fault::new("not_you", "Not you.", ""));
        drop(server);
        let refused = greet::<String>(&mut client, &Hello::new(Speaks::AssizeAgent, None));
        assert_eq!(refused.unwrap_err().unwrap().code, "not_you");
    }

    #[test]
    fn another_version_is_told_which_side_is_the_older_one() {
        for (version, says) in [(VERSION - 1, "program is older"), (VERSION + 1, "service is older")] {
            let (heard, asked) = conversation(Hello { version, ..Hello::new(Speaks::AssizeAgent, None) });
            assert!(heard.is_err());
            let Err(Ok(fault)) = asked else { panic!("{asked:?}") };
            assert_eq!(fault.code, "other_version");
            assert!(fault.message.contains(says), "{fault:?}");
        }
    }

    #[test]
    fn the_other_conversation_is_not_begun() {
        let (heard, asked) = conversation(Hello::new(Speaks::AssizeDoor, None));
        assert!(heard.is_err() && matches!(asked, Err(Err(FrameError::Closed))), "{asked:?}");
    }
}
