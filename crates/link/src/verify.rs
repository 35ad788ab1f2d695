//! From words that came in to an order that may be carried out: asked of the kernel who sent them, compared with what the
//! same order id said before. What is refused is counted and recorded; nothing of it is done.
use crate::peer::Peer;
use assize_domain::{
    id::{DeviceId, OrderId},
    order::{Arrival, Before, Fault, Order, OrderMessage, Unverified, VerifiedOrder},
    text::visible,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

/// How many order ids are remembered with their words. The receipts of all others are in the device's journal: an order
/// that comes again after so many others gets its first receipt, whatever it says now.
const REMEMBERED: usize = 20_000;

/// The record of what was refused: when it has grown to this, it becomes the old one and a new one begins.
const LONGEST_RECORD: u64 = 1024 * 1024;

/// Whom a device obeys, and what it has heard so far.
#[derive(Debug)]
pub struct Gate {
    obeys: Vec<u32>,
    heard: Mutex<Heard>,
    record: Mutex<()>,
    folder: PathBuf,
    refused: AtomicU64,
}

#[derive(Debug)]
struct Heard {
    file: File,
    lines: usize,
    words: HashMap<OrderId, Words>,
    /// Oldest first.
    age: VecDeque<OrderId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    Fingerprint([u8; 32]),
    Void,
}

/// One line of the file of orders.
#[derive(Serialize, Deserialize)]
struct Line {
    order: OrderId,
    /// SHA-256 of the words; none when its sender was told that nothing came of it.
    words: Option<String>,
}

impl Gate {
    /// `folder` keeps what was heard, over restarts.
    pub fn open(folder: &Path, obeys: Vec<u32>) -> io::Result<Self> {
        let heard = Mutex::new(Heard::open(&folder.join("orders"))?);
        Ok(Self { obeys, heard, record: Mutex::new(()), folder: folder.to_owned(), refused: AtomicU64::new(0) })
    }

    /// Messages and callers that were refused since the process started.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// May this caller say anything at all?
    pub fn lets_in(&self, peer: Peer) -> Result<(), Fault> {
        if self.obeys.contains(&peer.uid) {
            return Ok(());
        }
        let why = Unverified::Stranger { uid: peer.uid };
        self.refuse(peer, None, &why.to_string());
        Err(refusal(&why))
    }

    /// Words become an order here and nowhere else.
    pub fn verify(&self, message: OrderMessage, peer: Peer, device: &DeviceId) -> Result<Order, Fault> {
        let id = message.id.clone();
        let fingerprint = fingerprint(&message);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match heard.words.get(&id) {
            None => Before::Never,
            Some(Words::Void) => Before::Void,
            Some(Words::Fingerprint(first)) if *first == fingerprint => Before::Same,
            Some(Words::Fingerprint(_)) => Before::Other,
        };
        let arrival = Arrival { uid: peer.uid, obeys: &self.obeys, device, before };
        match VerifiedOrder::check(message, &arrival) {
            Ok(verified) => {
                if before == Before::Never {
                    heard.remember(&id, Words::Fingerprint(fingerprint)).map_err(|e| not_kept(&e))?;
                }
                Ok(Order::received(verified))
            }
            Err(why) => {
                drop(heard);
                self.refuse(peer, Some(&id), &why.to_string());
                Err(refusal(&why))
            }
        }
    }

    /// Its sender is about to be told that nothing came of this order. Whatever of it may still be on its way comes too
    /// late now.
    pub fn void(&self, order: &OrderId) -> Result<(), Fault> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.remember(order, Words::Void).map_err(|e| not_kept(&e))
    }

    /// Counts and records what was refused.
    pub fn refuse(&self, peer: Peer, order: Option<&OrderId>, why: &str) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let _one = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let line = serde_json::json!({ "at": now(), "uid": peer.uid, "pid": peer.pid, "order": order, "why": why });
        // It was counted, and it is told; where it cannot be written, refusing it is what matters.
        let _ = self.write_down(&format!("{line}\n"));
        let order = order.map(|id| format!(" order {}", visible(id.as_str()))).unwrap_or_default();
        eprintln!("refused{order} from user {} (process {}): {why}", peer.uid, peer.pid);
    }

    fn write_down(&self, line: &str) -> io::Result<()> {
        let path = self.folder.join("refused.log");
        if fs::metadata(&path).is_ok_and(|facts| facts.len() > LONGEST_RECORD) {
            fs::rename(&path, self.folder.join("refused.old.log"))?;
        }
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }
}

impl Heard {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
        let mut heard = Self { file, lines: 0, words: HashMap::new(), age: VecDeque::new() };
        for line in BufReader::new(heard.file.try_clone()?).split(b'\n') {
            heard.lines += 1;
            // A line that a crash tore is one order that was not begun.
            let Ok(line) = serde_json::from_slice::<Line>(&line?) else { continue };
            let words = match line.words {
                None => Some(Words::Void),
                Some(text) => unhex(&text).map(Words::Fingerprint),
            };
            if let Some(words) = words {
                heard.take(line.order, words);
            }
        }
        if heard.lines > 2 * REMEMBERED {
            heard.shorten(path)?;
        }
        Ok(heard)
    }

    fn take(&mut self, order: OrderId, words: Words) {
        if self.words.insert(order.clone(), words).is_none() {
            self.age.push_back(order);
        }
        while self.age.len() > REMEMBERED {
            if let Some(oldest) = self.age.pop_front() {
                self.words.remove(&oldest);
            }
        }
    }

    fn remember(&mut self, order: &OrderId, words: Words) -> io::Result<()> {
        let mut line = line(order, words)?;
        // Should half of a line stand before it, that one is lost and not this.
        line.insert(0, b'\n');
        self.file.write_all(&line)?;
        self.take(order.clone(), words);
        Ok(())
    }

    /// Written anew under another name first: a crash leaves the old one.
    fn shorten(&mut self, path: &Path) -> io::Result<()> {
        let draft = path.with_extension("draft");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        for order in &self.age {
            if let Some(words) = self.words.get(order) {
                file.write_all(&line(order, *words)?)?;
                file.write_all(b"\n")?;
            }
        }
        file.sync_all()?;
        fs::rename(&draft, path)?;
        self.file = OpenOptions::new().append(true).open(path)?;
        self.lines = self.age.len();
        Ok(())
    }
}

fn line(order: &OrderId, words: Words) -> io::Result<Vec<u8>> {
    let words = match words {
        Words::Void => None,
        Words::Fingerprint(bytes) => Some(hex(&bytes)),
    };
    Ok(serde_json::to_vec(&Line { order: order.clone(), words })?)
}

fn fingerprint(message: &OrderMessage) -> [u8; 32] {
    let words = serde_json::to_vec(message).expect("BUG: every order is plain JSON");
    Sha256::digest(words).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn refusal(why: &Unverified) -> Fault {
    let code = match why {
        Unverified::Stranger { .. } => "not_obeyed",
        Unverified::OtherDevice => "other_device",
        Unverified::Altered => "order_altered",
        Unverified::Void => "order_void",
    };
    let hint = match why {
        Unverified::Stranger { .. } => "Ask through the door of the service, in your own name.",
        Unverified::OtherDevice | Unverified::Altered | Unverified::Void => {
            "Nothing was touched, and it was recorded. Look at the action again and decide anew."
        }
    };
    Fault::new(code, format!("The device service refused: {why}."), hint)
}

fn not_kept(error: &io::Error) -> Fault {
    Fault::new(
        "order_not_kept",
        format!("The device service cannot write down what it was ordered: {error}."),
        "Nothing was touched. See whether the disk that holds /var/lib/assize-agent is full, then try again.",
    )
}

pub(crate) fn now() -> Stamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_domain::{order::Conflict, policy::Verb, remedy::ActionType, target::Target};

    const SERVICE: Peer = Peer { uid: 970, gid: 970, pid: 1 };

    fn message(id: &str, target: Target) -> OrderMessage {
        OrderMessage {
            id: id.into(),
            action: "a".into(),
            device: "d".into(),
            kind: ActionType::RunAntivirusScan,
            verb: Verb::Apply,
            target,
            kept: vec![],
            conflict: Conflict::Stop,
        }
    }

    fn record(folder: &Path) -> String {
        fs::read_to_string(folder.join("refused.log")).unwrap_or_default()
    }

    /// M139, M145: what an order said is remembered over restarts; altered, it is refused and recorded.
    #[test]
    fn an_order_may_come_again_but_never_say_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let device = DeviceId::from("d");
        let first = message("o1", Target::Scan { full: false });
        let open = || Gate::open(folder.path(), vec![SERVICE.uid]).unwrap();
        let gate = open();
        assert!(gate.verify(first.clone(), SERVICE, &device).is_ok());
        assert!(gate.verify(first.clone(), SERVICE, &device).is_ok(), "the line was lost; it comes again");
        for gate in [gate, open()] {
            let altered = gate.verify(message("o1", Target::Scan { full: true }), SERVICE, &device);
            assert_eq!(altered.unwrap_err().code, "order_altered");
            assert_eq!(gate.refused(), 1);
        }
        assert!(open().verify(first, SERVICE, &device).is_ok());
        assert_eq!(record(folder.path()).matches("said something else").count(), 2);
    }

    #[test]
    fn what_was_told_as_never_started_never_starts() {
        let folder = tempfile::tempdir().unwrap();
        let gate = Gate::open(folder.path(), vec![SERVICE.uid]).unwrap();
        gate.void(&"o2".into()).unwrap();
        for gate in [gate, Gate::open(folder.path(), vec![SERVICE.uid]).unwrap()] {
            let late = gate.verify(message("o2", Target::Package), SERVICE, &"d".into());
            assert_eq!(late.unwrap_err().code, "order_void");
        }
    }

    #[test]
    fn a_stranger_is_refused_counted_and_recorded_and_so_is_an_order_for_another_device() {
        let folder = tempfile::tempdir().unwrap();
        let gate = Gate::open(folder.path(), vec![SERVICE.uid]).unwrap();
        let stranger = Peer { uid: 0, ..SERVICE };
        assert_eq!(gate.lets_in(stranger).unwrap_err().code, "not_obeyed");
        assert!(gate.lets_in(SERVICE).is_ok());
        let words = || message("o3", Target::Package);
        assert_eq!(gate.verify(words(), stranger, &"d".into()).unwrap_err().code, "not_obeyed");
        assert_eq!(gate.verify(words(), SERVICE, &"another".into()).unwrap_err().code, "other_device");
        assert_eq!(gate.refused(), 3);
        let told = record(folder.path());
        assert_eq!(told.lines().count(), 3);
        assert!(told.contains("\"order\":\"o3\"") && told.contains("\"uid\":0"), "{told}");
        assert!(
            gate.verify(words(), SERVICE, &"d".into()).is_ok(),
            "what was refused before was not remembered as said"
        );
    }

    #[test]
    fn a_torn_line_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let device = DeviceId::from("d");
        let open = || Gate::open(folder.path(), vec![SERVICE.uid]).unwrap();
        open().verify(message("o1", Target::Package), SERVICE, &device).map(drop).unwrap();
        let mut file = OpenOptions::new().append(true).open(folder.path().join("orders")).unwrap();
        file.write_all(b"\n{\"order\":\"torn").unwrap();
        open().verify(message("o2", Target::Package), SERVICE, &device).map(drop).unwrap();
        let gate = open();
        for id in ["o1", "o2"] {
            let altered = gate.verify(message(id, Target::Scan { full: true }), SERVICE, &device);
            assert_eq!(altered.unwrap_err().code, "order_altered", "{id}");
        }
    }

    #[test]
    fn the_file_of_orders_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders");
        let mut text = String::new();
        for n in 0..2 * REMEMBERED + 2 {
            text.push_str(&format!("{{\"order\":\"o{n}\",\"words\":null}}\n"));
        }
        fs::write(&path, text).unwrap();
        let heard = Heard::open(&path).unwrap();
        assert_eq!((heard.words.len(), heard.lines), (REMEMBERED, REMEMBERED));
        let again = Heard::open(&path).unwrap();
        assert_eq!(again.words.len(), REMEMBERED);
        assert!(
            again.words.contains_key(&OrderId::from(format!("o{}", 2 * REMEMBERED + 1).as_str())),
            "the newest stay"
        );
    }
}
