//! The watcher: the kernel asks it about every file that is about to be opened or run in the places it watches, and waits
//! for its answer.
//!
//! Several threads take questions straight from the kernel, one at a time, so that one that takes long holds up nobody
//! else. None of them opens a file in a watched place: they read by the handle that comes with the question. A timekeeper
//! answers what is not answered in time with yes, and counts it. When this process dies, the kernel lets everything pass;
//! when the watch ends while it lives, what is watched is given up first and what still waits is answered with yes.
use super::{
    judge::{Answer, Asked, Judge},
    mounts::{Marks, Place, shown},
};
use nix::sys::fanotify::{EventFFlags, Fanotify, InitFlags, MarkFlags, MaskFlags, Response};
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    fs::CWD,
    io::Errno,
};
use std::{
    collections::BTreeSet,
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// No question waits longer: then the answer is yes.
pub const LIMIT: Duration = Duration::from_secs(2);
const PULSE: Duration = Duration::from_millis(100);
/// How often it is asked whether the watch is still wanted.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Is the watch still wanted? Asked now and then; no ends it.
pub type Wanted = Box<dyn Fn() -> bool + Send>;

/// What was counted since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub asked: u64,
    pub denied: u64,
    /// Answered with yes because there was no answer in time.
    pub shed: u64,
}

/// Ends with the value.
pub struct Watcher {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    group: Fanotify,
    stop: OwnedFd,
    ended: AtomicBool,
    judge: Judge,
    marks: Marks,
    marked: Mutex<BTreeSet<Place>>,
    /// Places that could not be watched, one sentence each.
    unwatched: Mutex<Vec<String>>,
    slots: Vec<Mutex<Option<Question>>>,
    limit: Duration,
    asked: AtomicU64,
    denied: AtomicU64,
    shed: AtomicU64,
}

/// One question that a thread works on.
struct Question {
    fd: RawFd,
    since: Instant,
    answered: bool,
}

impl Watcher {
    /// Begins to watch; `limit` is how long a question may take, [`LIMIT`] but in tests. Nothing is held up before everything is marked but what is asked meanwhile.
    pub fn start(marks: Marks, judge: Judge, wanted: Wanted, limit: Duration) -> io::Result<Self> {
        let flags = InitFlags::FAN_CLASS_CONTENT
            | InitFlags::FAN_CLOEXEC
            | InitFlags::FAN_NONBLOCK
            | InitFlags::FAN_UNLIMITED_QUEUE
            | InitFlags::FAN_UNLIMITED_MARKS;
        let handles =
            EventFFlags::O_RDONLY | EventFFlags::O_LARGEFILE | EventFFlags::O_CLOEXEC | EventFFlags::O_NOATIME;
        let group = Fanotify::init(flags, handles).map_err(io::Error::from)?;
        let stop = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let workers = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let shared = Arc::new(Shared {
            group,
            stop,
            ended: AtomicBool::new(false),
            judge,
            marks,
            marked: Mutex::default(),
            unwatched: Mutex::default(),
            slots: (0..workers).map(|_| Mutex::new(None)).collect(),
            limit,
            asked: AtomicU64::new(0),
            denied: AtomicU64::new(0),
            shed: AtomicU64::new(0),
        });
        let mut watcher = Self { shared: Arc::clone(&shared), threads: Vec::new() };
        for slot in 0..workers {
            let shared = Arc::clone(&shared);
            let thread = thread::Builder::new().name(format!("watch-{slot}"));
            watcher.threads.push(thread.spawn(move || shared.work(slot))?);
        }
        let keeper = Arc::clone(&shared);
        watcher
            .threads
            .push(thread::Builder::new().name("watch-time".into()).spawn(move || keeper.keep_time(&wanted))?);
        // From here on questions come, and threads are there to answer them.
        shared.mark_all()?;
        if lock(&shared.marked).is_empty() {
            return Err(io::Error::other("no place could be watched"));
        }
        Ok(watcher)
    }

    pub fn is_watching(&self) -> bool {
        !self.shared.ended.load(Ordering::Acquire) && self.threads.iter().all(|thread| !thread.is_finished())
    }

    pub fn counts(&self) -> Counts {
        let read = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Counts { asked: read(&self.shared.asked), denied: read(&self.shared.denied), shed: read(&self.shared.shed) }
    }

    /// How many places are watched.
    pub fn places(&self) -> usize {
        lock(&self.shared.marked).len()
    }

    /// Places that are not, one sentence each.
    pub fn unwatched(&self) -> Vec<String> {
        lock(&self.shared.unwatched).clone()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.end();
        for thread in self.threads.drain(..) {
            // What panicked answers nothing any more, and the kernel lets it pass.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn end(&self) {
        self.ended.store(true, Ordering::Release);
        // Full means that it was told already.
        let _ = rustix::io::write(&self.stop, &1u64.to_ne_bytes());
    }

    fn mark_all(&self) -> io::Result<()> {
        let mut unwatched = Vec::new();
        for place in self.marks.places()? {
            if lock(&self.marked).contains(&place) {
                continue;
            }
            let scope = if place.whole { MarkFlags::FAN_MARK_FILESYSTEM } else { MarkFlags::FAN_MARK_MOUNT };
            let mask = MaskFlags::FAN_OPEN_PERM | MaskFlags::FAN_OPEN_EXEC_PERM;
            match self.group.mark(MarkFlags::FAN_MARK_ADD | scope, mask, CWD, Some(&place.path)) {
                Ok(()) => drop(lock(&self.marked).insert(place)),
                Err(error) => {
                    let why = io::Error::from(error);
                    unwatched
                        .push(format!("Programs that are started from {} are not checked: {why}.", shown(&place.path)));
                }
            }
        }
        *lock(&self.unwatched) = unwatched;
        Ok(())
    }

    /// Answers questions until it is told to end.
    fn work(&self, slot: usize) {
        let _ends = Ends(self);
        while self.wait(&[self.group.as_fd(), self.stop.as_fd()], None) {
            match self.next() {
                Ok(Some((mask, pid, file))) => self.settle(slot, mask, pid, &file),
                // Another thread was faster.
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }

    /// Gives up what is watched, and lets pass what waits: from here on nobody waits for this process.
    fn give_up(&self) {
        self.end();
        for scope in [MarkFlags::FAN_MARK_FILESYSTEM, MarkFlags::FAN_MARK_MOUNT, MarkFlags::FAN_MARK_INODE] {
            let flush = MarkFlags::FAN_MARK_FLUSH | scope;
            // There may be none of that kind.
            let _ = self.group.mark::<_, str>(flush, MaskFlags::empty(), CWD, None);
        }
        self.shed_queue();
        for slot in &self.slots {
            if let Some(question) = lock(slot).as_mut().filter(|question| !question.answered) {
                question.answered = true;
                self.say(question.fd, true);
            }
        }
    }

    /// The next question; its handle is ours.
    fn next(&self) -> io::Result<Option<(MaskFlags, i32, OwnedFd)>> {
        let mut metadata = [0u8; EVENT];
        let read = match rustix::io::read(&self.group, &mut metadata) {
            Err(Errno::AGAIN | Errno::INTR) => return Ok(None),
            // The handle for this one could not be made; the kernel has answered it itself.
            Err(Errno::MFILE | Errno::NFILE | Errno::NOENT | Errno::PERM | Errno::TXTBSY | Errno::NXIO) => {
                return Ok(None);
            }
            other => other?,
        };
        let int = |at: usize| i32::from_ne_bytes([metadata[at], metadata[at + 1], metadata[at + 2], metadata[at + 3]]);
        let mut mask = [0u8; 8];
        mask.copy_from_slice(&metadata[8..16]);
        let fd = int(16);
        if read < EVENT || fd < 0 {
            return Ok(None);
        }
        #[expect(unsafe_code, reason = "the kernel hands the handle over as a number")]
        // SAFETY: the kernel opened it for this question, and nobody else has read this question.
        let file = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Some((MaskFlags::from_bits_truncate(u64::from_ne_bytes(mask)), int(20), file)))
    }

    fn settle(&self, slot: usize, mask: MaskFlags, pid: i32, file: &OwnedFd) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        // What this process opens itself must never wait for itself.
        if u32::try_from(pid).is_ok_and(|pid| pid == std::process::id()) {
            self.say(file.as_raw_fd(), true);
            return;
        }
        *lock(&self.slots[slot]) = Some(Question { fd: file.as_raw_fd(), since: Instant::now(), answered: false });
        let asked = if mask.contains(MaskFlags::FAN_OPEN_EXEC_PERM) { Asked::ToRun } else { Asked::ToOpen };
        // What cannot be judged is not run; what cannot be looked at is only opened.
        let answer = self.judge.answer(asked, pid, file.as_fd());
        let answer = answer.unwrap_or(if asked == Asked::ToRun { Answer::Denied } else { Answer::Allowed });
        let question = lock(&self.slots[slot]).take();
        if question.is_some_and(|question| !question.answered) {
            if answer == Answer::Denied {
                self.denied.fetch_add(1, Ordering::Relaxed);
            }
            self.say(file.as_raw_fd(), answer != Answer::Denied);
        }
        if answer == Answer::Trusted {
            self.ask_no_more(file.as_fd());
        }
    }

    fn say(&self, fd: RawFd, yes: bool) {
        let answer = if yes { Response::FAN_ALLOW } else { Response::FAN_DENY };
        let mut words = [0u8; 8];
        words[..4].copy_from_slice(&fd.to_ne_bytes());
        words[4..].copy_from_slice(&answer.bits().to_ne_bytes());
        // Whoever asked may have been killed meanwhile.
        let _ = rustix::io::write(&self.group, &words);
    }

    /// The kernel lets a trusted file pass by itself until somebody writes to it.
    fn ask_no_more(&self, file: BorrowedFd<'_>) {
        let Ok(before) = rustix::fs::fstat(file) else { return };
        let mask = MaskFlags::FAN_OPEN_PERM | MaskFlags::FAN_OPEN_EXEC_PERM;
        let flags = MarkFlags::FAN_MARK_IGNORED_MASK | MarkFlags::FAN_MARK_EVICTABLE;
        // Not to be had on older kernels: then they are asked each time, and remembered here.
        if self.group.mark::<_, str>(MarkFlags::FAN_MARK_ADD | flags, mask, file, None).is_err() {
            return;
        }
        // Written to between the judgement and this.
        let same =
            rustix::fs::fstat(file).is_ok_and(|now| super::judge::Key::of(&now) == super::judge::Key::of(&before));
        if !same || !self.judge.trusts(&before, file).unwrap_or(false) {
            let _ = self.group.mark::<_, str>(
                MarkFlags::FAN_MARK_REMOVE | MarkFlags::FAN_MARK_IGNORED_MASK,
                mask,
                file,
                None,
            );
        }
    }

    /// Answers what takes too long, watches what is mounted, and ends when nobody wants it any more.
    fn keep_time(&self, wanted: &Wanted) {
        let _gives_up = GivesUp(self);
        let mounts = File::open("/proc/self/mountinfo").ok();
        let mut asked = Instant::now();
        loop {
            if !self.wait(&[self.stop.as_fd()], Some(PULSE)) {
                return;
            }
            let busy = self.shed_late();
            if busy == self.slots.len() {
                self.shed_queue();
            }
            if asked.elapsed() >= ASK_EVERY {
                asked = Instant::now();
                if !wanted() {
                    return;
                }
            }
            if self.marks.follow() && mounts.as_ref().is_some_and(has_changed) {
                // What cannot be listed now is listed at the next change.
                let _ = self.mark_all();
            }
        }
    }

    /// Gives how many threads have been busy for half the time.
    fn shed_late(&self) -> usize {
        let mut busy = 0;
        for slot in &self.slots {
            let mut slot = lock(slot);
            let Some(question) = slot.as_mut() else { continue };
            busy += usize::from(question.since.elapsed() >= self.limit / 2);
            if question.since.elapsed() >= self.limit && !question.answered {
                question.answered = true;
                self.shed.fetch_add(1, Ordering::Relaxed);
                self.say(question.fd, true);
            }
        }
        busy
    }

    /// Nobody is there to take what waits.
    fn shed_queue(&self) {
        while let Ok(Some((_, _, file))) = self.next() {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.shed.fetch_add(1, Ordering::Relaxed);
            self.say(file.as_raw_fd(), true);
        }
    }

    /// Waits until one of these has something to say. False when it is time to end.
    fn wait(&self, handles: &[BorrowedFd<'_>], at_most: Option<Duration>) -> bool {
        let mut fds: Vec<PollFd<'_>> = handles.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let limit = at_most.and_then(|limit| Timespec::try_from(limit).ok());
        // Interrupted counts as having waited.
        let _ = poll(&mut fds, limit.as_ref());
        !self.ended.load(Ordering::Acquire)
    }
}

/// A thread that stops answering, for whatever reason, ends the watch.
struct Ends<'a>(&'a Shared);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

struct GivesUp<'a>(&'a Shared);

impl Drop for GivesUp<'_> {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// The size of one question without anything beside it, as the kernel lays it out.
const EVENT: usize = 24;

fn has_changed(mounts: &File) -> bool {
    let mut fds = [PollFd::new(mounts, PollFlags::PRI)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok_and(|n| n > 0)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked leaves plain values.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
