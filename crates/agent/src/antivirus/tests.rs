//! Talking to a daemon that speaks as clamd does, and to some that do not.
use super::*;
use assize_detect::test_file::test_file;
use std::{
    os::unix::net::UnixListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// What the stand-in says to a content.
type Says = fn(&[u8]) -> Reply;

enum Reply {
    Text(String),
    /// Nothing, and the line stays open.
    Silence,
    HangUp,
}

/// A daemon at a socket of its own, until it is dropped.
struct StandIn {
    folder: tempfile::TempDir,
    received: Arc<Mutex<Vec<usize>>>,
    ends: Arc<AtomicBool>,
}

impl StandIn {
    fn new(says: Says) -> Self {
        let stand_in = Self { folder: tempfile::tempdir().unwrap(), received: Arc::default(), ends: Arc::default() };
        let listener = UnixListener::bind(stand_in.socket()).unwrap();
        let (received, ends) = (Arc::clone(&stand_in.received), Arc::clone(&stand_in.ends));
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                match answer(&mut stream, says, &received) {
                    Reply::Text(text) => drop(stream.write_all(format!("{text}\0").as_bytes())),
                    Reply::Silence => open.push(stream),
                    Reply::HangUp => {}
                }
            }
        });
        stand_in
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.ctl")
    }

    fn clamd(&self) -> Clamd {
        let antivirus = Antivirus { patience: Duration::from_millis(300), ..Antivirus::at(self.socket()) };
        antivirus.open().unwrap().unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(self.socket());
    }
}

fn answer(stream: &mut UnixStream, says: Says, received: &Mutex<Vec<usize>>) -> Reply {
    let mut command = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).unwrap_or(0) == 1 && byte[0] != 0 {
        command.push(byte[0]);
    }
    match command.as_slice() {
        b"zPING" => Reply::Text("PONG".into()),
        b"zVERSION" => Reply::Text("ClamAV 1.4.3/27500/Mon Nov 23 08:00:00 2026".into()),
        b"zINSTREAM" => {
            let mut content = Vec::new();
            loop {
                let mut length = [0; 4];
                if stream.read_exact(&mut length).is_err() {
                    return Reply::HangUp;
                }
                let length = u32::from_be_bytes(length) as usize;
                if length == 0 {
                    break;
                }
                let start = content.len();
                content.resize(start + length, 0);
                stream.read_exact(&mut content[start..]).unwrap();
            }
            received.lock().unwrap().push(content.len());
            says(&content)
        }
        other => panic!("not a command it knows: {other:?}"),
    }
}

fn sound(content: &[u8]) -> Reply {
    Reply::Text(match content {
        c if c == test_file() => "stream: Win.Test.EICAR_HDB-1 FOUND".into(),
        c if c.starts_with(b"PUA") => "stream: PUA.Tool.Odd-1 FOUND".into(),
        c if c.starts_with(b"large") => "INSTREAM size limit exceeded. ERROR".into(),
        _ => "stream: OK".into(),
    })
}

/// M121
#[test]
fn the_daemon_is_asked_and_its_own_words_are_told() {
    let stand_in = StandIn::new(sound);
    let clamd = stand_in.clamd();
    assert!(clamd.version.starts_with("ClamAV 1.4.3"));
    assert_eq!(clamd.judge(b"harmless"), None);
    let found = clamd.judge(&test_file()).unwrap();
    assert_eq!((found.source, found.weight), (FindingSource::Antivirus, Weight::Bad));
    assert_eq!((found.rule.as_deref(), found.author.as_deref()), (Some("Win.Test.EICAR_HDB-1"), Some("ClamAV")));
    assert_eq!(clamd.judge(b"PUA tool").unwrap().weight, Weight::Odd, "what is merely unwanted asks a person");
    let large = clamd.judge(b"large").unwrap();
    assert_eq!(large.weight, Weight::Unknown);
    assert!(large.text.contains("INSTREAM size limit exceeded"), "{}", large.text);
    let (status, text) = clamd.told();
    assert_eq!(status, "partly");
    assert!(text.contains("asked about 4 files and named a threat in 2"), "{text}");
}

#[test]
fn a_content_arrives_whole_and_not_beyond_what_is_taken() {
    let stand_in = StandIn::new(sound);
    let clamd = stand_in.clamd();
    assert_eq!(clamd.judge(&vec![b'x'; 3 * CHUNK + 7]), None);
    let clamd = Clamd { takes: 1000, ..clamd };
    assert_eq!(clamd.judge(&vec![b'x'; 5000]), None);
    assert_eq!(*stand_in.received.lock().unwrap(), [3 * CHUNK + 7, 1000]);
    assert_eq!(clamd.judge(b""), None, "nothing is asked about nothing");
}

/// Spec 2.3 row 6: what the engine fails to say is unknown, and it is not waited for again and again.
#[test]
fn silence_noise_and_hanging_up_are_unknown() {
    for says in [(|_| Reply::Silence) as Says, |_| Reply::HangUp, |_| Reply::Text("\u{202E}FOUND it\x1b[2J".into())] {
        let stand_in = StandIn::new(says);
        let clamd = stand_in.clamd();
        for _ in 0..FAILURES {
            let finding = clamd.judge(b"x").unwrap();
            assert_eq!((finding.source, finding.weight), (FindingSource::Antivirus, Weight::Unknown));
            assert!(!finding.text.chars().any(|c| c.is_control() || c == '\u{202E}'), "{:?}", finding.text);
        }
        assert_eq!(clamd.judge(b"x"), None, "it is not asked any more");
        let (status, text) = clamd.told();
        assert_eq!(status, "partly");
        assert!(text.contains("1 files were judged by Assize alone"), "{text}");
    }
}

#[test]
fn a_machine_without_it_has_none_and_a_dead_socket_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let antivirus = Antivirus::at(folder.path().join("clamd.ctl"));
    assert!(antivirus.open().is_none());
    drop(UnixListener::bind(folder.path().join("clamd.ctl")).unwrap());
    assert_eq!(antivirus.open().unwrap().err().as_deref(), Some("nobody listens at its socket"));
}

#[test]
fn the_socket_is_where_its_settings_say() {
    let text = "# LocalSocket /tmp/no\nLocalSocket /var/run/clamav/clamd.ctl\nUser clamav\nStreamMaxLength 100M\n";
    assert_eq!(settings(text), (Some("/var/run/clamav/clamd.ctl".into()), 100 << 20));
    assert_eq!(settings("LocalSocket relative\nStreamMaxLength 0\n"), (None, TAKES));
    assert_eq!(size("64K"), Some(64 << 10));
    assert_eq!(size("12x"), None);
}
