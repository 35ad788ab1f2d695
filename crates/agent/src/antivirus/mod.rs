//! The antivirus program of the machine, where ClamAV is installed: its daemon is asked about contents over its own
//! socket. What it says is a finding like any other; what it fails to say is unknown, and never acts.
use assize_domain::{
    question::{Plan, PlanStep, Reversible},
    text::visible,
    verdict::{Finding, FindingSource, Weight},
};
use assize_host::look::daemon;
use std::{
    fs,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

const SETTINGS: [&str; 4] =
    ["/etc/clamav/clamd.conf", "/etc/clamd.d/scan.conf", "/etc/clamd.conf", "/usr/local/etc/clamav/clamd.conf"];

const SOCKETS: [&str; 5] = [
    "/run/clamav/clamd.ctl",
    "/run/clamav/clamd.sock",
    "/run/clamd.scan/clamd.sock",
    "/var/run/clamav/clamd.ctl",
    "/var/run/clamd.scan/clamd.sock",
];

/// It takes so much of a content where its settings say nothing else.
const TAKES: usize = 25 << 20;
/// No answer is longer.
const LONGEST: u64 = 4096;
/// One content may take so long, and one step of talking.
const PATIENCE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(30);
/// After so many failures in a row it is not asked any more.
const FAILURES: u32 = 5;
const CHUNK: usize = 64 << 10;
/// Users of the system itself have numbers below this; what anybody else runs is not believed.
const PEOPLE_FROM: u32 = 1000;

/// Where its daemon answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Antivirus {
    sockets: Vec<PathBuf>,
    takes: usize,
    patience: Duration,
}

/// Its daemon, which answered.
pub(crate) struct Clamd {
    socket: PathBuf,
    takes: usize,
    patience: Duration,
    /// Its own words about itself.
    pub(crate) version: String,
    failures: AtomicU32,
    asked: AtomicU32,
    found: AtomicU32,
    failed: AtomicU32,
    passed: AtomicU32,
}

impl Antivirus {
    /// As this machine has it: by the settings of its daemon, else at the usual places.
    pub fn of_this_machine() -> Self {
        let text = SETTINGS.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let (named, takes) = settings(&text);
        let mut sockets: Vec<PathBuf> = named.into_iter().collect();
        sockets.extend(SOCKETS.iter().map(PathBuf::from));
        Self { sockets, takes, patience: PATIENCE }
    }

    /// At this socket and no other.
    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { sockets: vec![socket.into()], takes: TAKES, patience: PATIENCE }
    }

    /// The dry run of a scan: it only looks.
    pub(crate) fn plan(&self, full: bool) -> Plan {
        let step = |what: &str, target: &str, detail: &str| PlanStep {
            what: what.to_owned(),
            target: target.to_owned(),
            reversible: Reversible::Yes,
            detail: detail.to_owned(),
        };
        let looked_at = if full {
            ("Look through every file", "The whole device")
        } else {
            ("Look at what runs, what starts by itself, and where things like to hide", "The usual places")
        };
        let mut steps = vec![step(looked_at.0, looked_at.1, "Nothing is changed on the device.")];
        if self.sockets.iter().any(|s| s.symlink_metadata().is_ok()) {
            steps.push(step("Ask ClamAV about the same files", "ClamAV", "What it reports becomes evidence."));
        }
        let judged = "What is found becomes evidence. What is done about it follows the automation level.";
        steps.push(step("Judge what was found", "Evidence", judged));
        Plan { steps, ..Plan::default() }
    }

    /// None where it is not installed; why, where it is there and does not answer.
    pub(crate) fn open(&self) -> Option<Result<Clamd, String>> {
        let socket = self.sockets.iter().find(|s| s.symlink_metadata().is_ok())?.clone();
        let mut clamd = Clamd {
            socket,
            takes: self.takes,
            patience: self.patience,
            version: String::new(),
            failures: AtomicU32::new(0),
            asked: AtomicU32::new(0),
            found: AtomicU32::new(0),
            failed: AtomicU32::new(0),
            passed: AtomicU32::new(0),
        };
        Some(match clamd.hello() {
            Ok(version) => {
                clamd.version = version;
                Ok(clamd)
            }
            Err(e) => Err(said(&e)),
        })
    }
}

impl Clamd {
    fn hello(&self) -> io::Result<String> {
        let answer = self.ask(b"zPING\0", &[])?;
        if answer != "PONG" {
            return Err(io::Error::other(format!("it answers “{answer}”")));
        }
        self.ask(b"zVERSION\0", &[])
    }

    /// What it says about a content, of which `content` may be the beginning.
    pub(crate) fn judge(&self, content: &[u8]) -> Option<Finding> {
        if content.is_empty() {
            return None;
        }
        if self.failures.load(Ordering::Relaxed) >= FAILURES {
            self.passed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.ask(b"zINSTREAM\0", &content[..content.len().min(self.takes)]);
        let told = answer.map_err(|e| said(&e)).and_then(|a| read(&a));
        match told {
            Ok(None) => {
                self.failures.store(0, Ordering::Relaxed);
                None
            }
            Ok(Some(name)) => {
                self.failures.store(0, Ordering::Relaxed);
                self.found.fetch_add(1, Ordering::Relaxed);
                Some(finding(&name))
            }
            Err(why) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                self.failed.fetch_add(1, Ordering::Relaxed);
                let text = format!("ClamAV could not judge it: {why}.");
                Some(Finding::new(FindingSource::Antivirus, Weight::Unknown, text).author("ClamAV"))
            }
        }
    }

    /// What it did in this scan, as a row of the log.
    pub(crate) fn told(&self) -> (&'static str, String) {
        let [asked, found, failed, passed] =
            [&self.asked, &self.found, &self.failed, &self.passed].map(|n| n.load(Ordering::Relaxed));
        let mut text = format!("{} was asked about {asked} files and named a threat in {found}.", self.version);
        if failed > 0 {
            text.push_str(&format!(" About {failed} it could not say anything: these are not judged by it."));
        }
        if passed > 0 {
            text.push_str(&format!(" Then it stopped answering: {passed} files were judged by Assize alone."));
        }
        (if failed + passed > 0 { "partly" } else { "done" }, text)
    }

    /// One command, the content after it where there is one, and its answer without the zero at the end.
    fn ask(&self, command: &[u8], content: &[u8]) -> io::Result<String> {
        let end = Instant::now() + self.patience;
        let (mut stream, user) = daemon::connect(&self.socket, STEP.min(self.patience))?;
        if user != 0 && user >= PEOPLE_FROM && user != daemon::our_user() {
            return Err(io::Error::other("somebody else than the system listens at its socket"));
        }
        stream.write_all(command)?;
        let sent = if content.is_empty() { Ok(()) } else { send(&mut stream, content, end) };
        // It may have had enough before everything was sent, and then says why.
        let answer = receive(&mut stream, end);
        match (sent, answer) {
            (_, Ok(answer)) if !answer.is_empty() => Ok(answer),
            (Err(e), _) | (Ok(()), Err(e)) => Err(e),
            (Ok(()), Ok(_)) => Err(io::Error::other("it said nothing")),
        }
    }
}

/// Pieces, each with its length before it, and an empty one at the end.
fn send(stream: &mut UnixStream, content: &[u8], end: Instant) -> io::Result<()> {
    for piece in content.chunks(CHUNK) {
        if Instant::now() >= end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let length = u32::try_from(piece.len()).unwrap_or(0);
        stream.write_all(&length.to_be_bytes())?;
        stream.write_all(piece)?;
    }
    stream.write_all(&[0; 4])
}

fn receive(stream: &mut UnixStream, end: Instant) -> io::Result<String> {
    let mut answer = Vec::new();
    let mut buffer = [0; 512];
    while !answer.contains(&0) && (answer.len() as u64) < LONGEST {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer)? {
            0 => break,
            n => answer.extend_from_slice(&buffer[..n]),
        }
    }
    let text = answer.split(|b| *b == 0).next().unwrap_or_default();
    Ok(visible(String::from_utf8_lossy(text).trim()))
}

/// The name of the threat; none where it found nothing.
fn read(answer: &str) -> Result<Option<String>, String> {
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    if said == "OK" {
        return Ok(None);
    }
    match said.strip_suffix(" FOUND") {
        Some(name) if !name.is_empty() => Ok(Some(name.to_owned())),
        _ => Err(format!("it says “{}”", said.strip_suffix(" ERROR").unwrap_or(said))),
    }
}

/// What is merely unwanted or guessed is a question for a person.
fn finding(name: &str) -> Finding {
    let guessed = ["PUA.", "Heuristics.", "PhishTank."].iter().any(|start| name.starts_with(start));
    let weight = if guessed { Weight::Odd } else { Weight::Bad };
    let text = format!("ClamAV knows its content as “{name}”.");
    Finding::new(FindingSource::Antivirus, weight, text).rule(name).author("ClamAV")
}

fn said(error: &io::Error) -> String {
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) {
        "it did not answer in time".to_owned()
    } else if kind == io::ErrorKind::PermissionDenied {
        "this account may not talk to it".to_owned()
    } else if kind == io::ErrorKind::ConnectionRefused {
        "nobody listens at its socket".to_owned()
    } else {
        visible(&error.to_string())
    }
}

/// Its socket and how much of a content it takes, as its settings say.
fn settings(text: &str) -> (Option<PathBuf>, usize) {
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let (word, value) = line.trim().split_once(char::is_whitespace)?;
            (word == name).then(|| value.trim().trim_matches('"'))
        })
    };
    let socket = value("LocalSocket").map(Path::new).filter(|p| p.is_absolute()).map(Path::to_owned);
    let takes = value("StreamMaxLength").and_then(size).unwrap_or(TAKES);
    (socket, takes)
}

/// `100M`; nothing where it is no size, and no limit at all is taken for the usual one.
fn size(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: usize = digits.parse().ok().filter(|n| *n > 0)?;
    match &text[digits.len()..] {
        "" => Some(number),
        "K" | "k" => number.checked_mul(1 << 10),
        "M" | "m" => number.checked_mul(1 << 20),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
