//! Listening on a path, being reached there, and many conversations at once: each on a thread of its own, as many as are
//! allowed and not one more.
use crate::{
    hello,
    peer::{Peer, own_uid},
};
use assize_domain::order::Fault;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::Mode,
    process::umask,
};
use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    net::Shutdown,
    os::unix::{
        fs::{FileTypeExt, MetadataExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Conversations at the same time; one program keeps a handful.
const MOST: usize = 128;

/// Of one user.
const MOST_OF_ONE: usize = 48;

/// How often the one who waits for callers shows that it is alive.
const BEAT: Duration = Duration::from_secs(5);

/// A socket that is being listened on. Its name goes when this is dropped.
#[derive(Debug)]
pub struct Listening {
    listener: UnixListener,
    path: PathBuf,
    /// Which file the name meant when it was made.
    made: (u64, u64),
}

impl Listening {
    /// Makes the socket with exactly this mode, from the first moment on. What a dead process left under the name goes; a
    /// living one keeps it. To be called before the process has threads that make files.
    pub fn on(path: &Path, mode: u32) -> io::Result<Self> {
        if UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another program listens there already"));
        }
        if fs::symlink_metadata(path).is_ok_and(|facts| facts.file_type().is_socket()) {
            fs::remove_file(path)?;
        }
        // Changing the mode afterwards would be by name, and a name can be made to mean something else.
        let before = umask(Mode::from_raw_mode(!mode & 0o777));
        let bound = UnixListener::bind(path);
        umask(before);
        let listener = bound?;
        listener.set_nonblocking(true)?;
        let facts = fs::symlink_metadata(path)?;
        Ok(Self { listener, path: path.to_owned(), made: (facts.dev(), facts.ino()) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands each caller to `talk` on a thread of its own, until `stop`.
    pub fn serve(&self, stop: &Arc<Stop>, talk: impl Fn(UnixStream, Peer) + Send + Sync + 'static) -> io::Result<()> {
        let talk = Arc::new(talk);
        let callers = Arc::new(Callers::default());
        while !stop.is_set() {
            stop.beats.fetch_add(1, Ordering::Relaxed);
            self.wait(stop)?;
            let (stream, peer) = match self.listener.accept().and_then(|(s, _)| Peer::of(&s).map(|p| (s, p))) {
                Ok(caller) => caller,
                // Nobody there, or gone again, or no handle left for one more: the next one may come.
                Err(error) => {
                    if error.kind() != io::ErrorKind::WouldBlock {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                    continue;
                }
            };
            if stream.set_nonblocking(false).is_err() {
                continue;
            }
            let Some(seat) = Seat::take(&callers, &stream, peer.uid) else {
                busy(stream);
                continue;
            };
            let talk = Arc::clone(&talk);
            let thread = std::thread::Builder::new().name("caller".into()).spawn(move || {
                talk(stream, peer);
                drop(seat);
            });
            // Without a thread the caller hears the connection end, and its seat is free again.
            drop(thread);
        }
        // Whoever is being answered still hears the answer; nothing more is heard from anybody.
        let all = lock(&callers.all);
        for taken in all.values() {
            let _ = taken.line.shutdown(Shutdown::Read);
        }
        // One that does not listen to its answer is not waited for.
        drop(callers.gone.wait_timeout_while(all, Duration::from_secs(5), |all| !all.is_empty()));
        Ok(())
    }

    fn wait(&self, stop: &Stop) -> io::Result<()> {
        let mut both = [PollFd::new(&self.listener, PollFlags::IN), PollFd::new(&stop.bell, PollFlags::IN)];
        let beat = Timespec { tv_sec: BEAT.as_secs().cast_signed(), tv_nsec: 0 };
        match poll(&mut both, Some(&beat)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Another one may have put its own there.
        if fs::symlink_metadata(&self.path).is_ok_and(|facts| (facts.dev(), facts.ino()) == self.made) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn busy(mut stream: UnixStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(200)));
    hello::refuse(
        &mut stream,
        &Fault::new("busy", "The service has too many callers at once.", "Close some programs, then try again."),
    );
}

/// Who is being talked to.
#[derive(Default)]
struct Callers {
    all: Mutex<HashMap<u64, Taken>>,
    gone: Condvar,
}

struct Taken {
    uid: u32,
    line: UnixStream,
}

struct Seat {
    callers: Arc<Callers>,
    number: u64,
}

impl Seat {
    fn take(callers: &Arc<Callers>, stream: &UnixStream, uid: u32) -> Option<Self> {
        let line = stream.try_clone().ok()?;
        let mut all = lock(&callers.all);
        let of_one = all.values().filter(|taken| taken.uid == uid).count();
        if all.len() >= MOST || of_one >= MOST_OF_ONE {
            return None;
        }
        let number = all.keys().max().map_or(0, |last| last + 1);
        all.insert(number, Taken { uid, line });
        Some(Self { callers: Arc::clone(callers), number })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.callers.all).remove(&self.number);
        self.callers.gone.notify_all();
    }
}

/// Says when to end, and lets what must not be cut off come to its end first.
#[derive(Debug)]
pub struct Stop {
    set: AtomicBool,
    bell: UnixStream,
    ring: Mutex<UnixStream>,
    beats: AtomicU64,
    working: Mutex<u32>,
    idle: Condvar,
}

impl Stop {
    pub fn new() -> io::Result<Arc<Self>> {
        let (bell, ring) = UnixStream::pair()?;
        Ok(Arc::new(Self {
            set: AtomicBool::new(false),
            bell,
            ring: Mutex::new(ring),
            beats: AtomicU64::new(0),
            working: Mutex::new(0),
            idle: Condvar::new(),
        }))
    }

    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::SeqCst)
    }

    /// From now on nothing new begins.
    pub fn set(&self) {
        self.set.store(true, Ordering::SeqCst);
        // A bell that was rung before is heard all the same.
        let _ = lock(&self.ring).write(&[1]);
    }

    /// Counts up while callers are waited for: what stands still is not alive.
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// `None` when nothing new may begin. The value is held while the work lasts.
    pub fn work(self: &Arc<Self>) -> Option<Working> {
        let mut working = lock(&self.working);
        if self.is_set() {
            return None;
        }
        *working += 1;
        Some(Working(Arc::clone(self)))
    }

    /// Waits until everything that had begun has ended. False when it takes longer.
    pub fn wait_for_work(&self, at_most: Duration) -> bool {
        let end = Instant::now() + at_most;
        let mut working = lock(&self.working);
        while *working > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            working = self.idle.wait_timeout(working, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// Something that must not be cut off.
#[derive(Debug)]
pub struct Working(Arc<Stop>);

impl Drop for Working {
    fn drop(&mut self) {
        *lock(&self.0.working) -= 1;
        self.0.idle.notify_all();
    }
}

/// Lets these users in beside the socket's own group: an access list, for whoever was added to the group a moment ago, as
/// programs that run already keep the groups they were started with.
pub fn admit(path: &Path, uids: &[u32]) -> io::Result<()> {
    const READ_WRITE: u16 = 6;
    const NOBODY: u32 = u32::MAX;
    let (owner, user, group, mask, other) = (0x01, 0x02, 0x04, 0x10, 0x20);
    let mut entries = vec![(owner, READ_WRITE, NOBODY)];
    let mut uids = uids.to_vec();
    uids.sort_unstable();
    uids.dedup();
    entries.extend(uids.iter().map(|uid| (user, READ_WRITE, *uid)));
    entries.extend([(group, READ_WRITE, NOBODY), (mask, READ_WRITE, NOBODY), (other, 0, NOBODY)]);
    // Version 2 of the kernel's own form.
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        let tag: u16 = tag;
        list.extend_from_slice(&tag.to_le_bytes());
        list.extend_from_slice(&rights.to_le_bytes());
        list.extend_from_slice(&id.to_le_bytes());
    }
    rustix::fs::lsetxattr(path, "system.posix_acl_access", &list, rustix::fs::XattrFlags::empty())?;
    Ok(())
}

/// Reaches a socket, if one of these users listens there. Whoever may write to a folder could lay another socket there:
/// the kernel tells who is behind it.
pub fn reach(path: &Path, behind: &[u32]) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(path)?;
    let peer = Peer::of(&stream)?;
    if behind.contains(&peer.uid) || peer.uid == own_uid() {
        Ok(stream)
    } else {
        let told = format!("user {} listens there, who is not the service", peer.uid);
        Err(io::Error::new(io::ErrorKind::PermissionDenied, told))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, os::unix::fs::PermissionsExt};

    fn serving(
        path: &Path,
        talk: impl Fn(UnixStream, Peer) + Send + Sync + 'static,
    ) -> (Arc<Stop>, std::thread::JoinHandle<()>) {
        let stop = Stop::new().unwrap();
        let listening = Listening::on(path, 0o660).unwrap();
        let ends = Arc::clone(&stop);
        (stop, std::thread::spawn(move || listening.serve(&ends, talk).unwrap()))
    }

    #[test]
    fn a_socket_has_its_mode_is_not_taken_from_the_living_and_goes_with_its_listener() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let (stop, serving) = serving(&path, |mut stream, _| stream.write_all(b"here").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        assert_eq!(Listening::on(&path, 0o660).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let mut said = String::new();
        reach(&path, &[]).unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "here");
        stop.set();
        serving.join().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn whoever_was_named_is_let_in_beside_the_group() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let _listening = Listening::on(&path, 0o660).unwrap();
        match admit(&path, &[4_000_002, 4_000_001, 4_000_002]) {
            Ok(()) => {
                let mut list = [0; 256];
                let length = rustix::fs::lgetxattr(&path, "system.posix_acl_access", &mut list).unwrap();
                assert_eq!(length, 4 + 6 * 8, "owner, two users, group, mask, others");
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
            }
            // A file system without access lists: the group alone is let in.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{error}"),
        }
    }

    #[test]
    fn what_a_dead_process_left_is_replaced_and_what_is_no_socket_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        // Dropped without removing the name, as a killed process does.
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(Listening::on(&path, 0o600).unwrap());
        fs::write(&path, "a text").unwrap();
        assert!(Listening::on(&path, 0o600).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"a text");
    }

    #[test]
    fn more_callers_than_allowed_are_told_so_and_a_seat_that_is_free_is_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let (stop, serving) = serving(&path, |mut stream, _| drop(stream.read(&mut [0])));
        let held: Vec<_> = (0..MOST_OF_ONE).map(|_| reach(&path, &[]).unwrap()).collect();
        let mut one_more = reach(&path, &[]).unwrap();
        let mut said = Vec::new();
        one_more.read_to_end(&mut said).unwrap();
        assert!(String::from_utf8_lossy(&said).contains("busy"));
        drop(held);
        // Threads that end give their seats back one after the other.
        let free = || {
            let mut stream = reach(&path, &[]).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            stream.read(&mut [0; 8]).is_err()
        };
        while !free() {}
        stop.set();
        serving.join().unwrap();
    }

    #[test]
    fn what_has_begun_ends_before_the_process_does() {
        let stop = Stop::new().unwrap();
        let work = stop.work().unwrap();
        stop.set();
        assert!(stop.work().is_none(), "nothing new");
        assert!(!stop.wait_for_work(Duration::from_millis(10)));
        drop(work);
        assert!(stop.wait_for_work(Duration::from_secs(5)));
    }
}
