//! Opening the engine on a data folder: the store, the person, the devices it can reach, its clock and its ids.
use crate::{
    fault::{Stop, from_store, not_found},
    service::Served,
    timers::{Steady, Tick},
};
use assize_domain::{
    device::Device as DeviceLink,
    entity::Entity,
    group::{Device, DeviceKind, OsPlatform},
    id::{DeviceId, InvestigationId, OrderId, PersonId},
    order::Fault,
    record::{Entry, Subject},
    role::{Actor, Person, Role},
    time::{Span, Stamp},
};
use assize_store::{Reader, Store, Writer};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// How a stored device becomes one that can be asked and ordered.
pub trait OpenDevice: Fn(&Device, &Path) -> Result<Arc<dyn DeviceLink>, Fault> + Send + Sync + 'static {}

impl<F: Fn(&Device, &Path) -> Result<Arc<dyn DeviceLink>, Fault> + Send + Sync + 'static> OpenDevice for F {}

/// Tells the time. A parameter, so that a week can pass in a test.
pub type Clock = Arc<dyn Fn() -> Stamp + Send + Sync>;

/// The engine on one data folder. Cheap to clone; all clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    data: PathBuf,
    store: Store,
    open_device: Box<dyn OpenDevice>,
    links: Mutex<HashMap<DeviceId, Arc<dyn DeviceLink>>>,
    clock: Clock,
    steady: Steady,
    /// When the next timer is due, as far as this process knows.
    next_timer: Mutex<Option<Stamp>>,
    /// When it last looked whether what stands on this computer is in force.
    watched: Mutex<Option<Stamp>>,
    person: Person,
    progress: Mutex<HashMap<InvestigationId, String>>,
    /// Counts up whenever this process wrote, so that its own threads need not wait for the poll.
    wrote: Mutex<u64>,
    wake: Condvar,
    /// When everything was last looked after that is due by the clock alone.
    looked_after: Mutex<Option<Stamp>>,
    /// Orders whose answer was lost: their devices are asked what is true.
    unanswered: Mutex<HashSet<OrderId>>,
    /// What each device was told that people protect.
    told_protected: Mutex<HashMap<DeviceId, Vec<String>>>,
    /// This computer's service did not answer when it was last needed.
    away: AtomicBool,
    /// No driver of this process takes anything up any more.
    driven_out: AtomicBool,
    /// How it is reached, where it is the service's.
    served: OnceLock<Served>,
}

impl Engine {
    /// Opens (and first makes) the data folder. This computer becomes its first device by itself.
    pub fn open(data: &Path, open_device: impl OpenDevice) -> Result<Self, Fault> {
        let system = || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Stamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        };
        Self::open_with_clocks(data, open_device, Arc::new(system), Arc::new(crate::timers::steady))
    }

    /// With a clock of its own, and none that it is compared with.
    pub fn open_with_clock(data: &Path, open_device: impl OpenDevice, clock: Clock) -> Result<Self, Fault> {
        Self::open_with_clocks(data, open_device, clock, Arc::new(|| None))
    }

    pub fn open_with_clocks(
        data: &Path,
        open_device: impl OpenDevice,
        clock: Clock,
        steady: Steady,
    ) -> Result<Self, Fault> {
        let store = Store::open(data).map_err(|e| from_store(&e))?;
        let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
        let name = std::env::var("USER").ok().filter(|n| !n.is_empty()).unwrap_or_else(|| "owner".to_owned());
        let person = Person { id: PersonId(name.clone()), name, role: Role::Owner };
        let engine = Self {
            inner: Arc::new(Inner {
                data,
                store,
                open_device: Box::new(open_device),
                links: Mutex::default(),
                clock,
                steady,
                next_timer: Mutex::default(),
                watched: Mutex::default(),
                person,
                progress: Mutex::default(),
                wrote: Mutex::new(0),
                wake: Condvar::new(),
                looked_after: Mutex::default(),
                unanswered: Mutex::default(),
                told_protected: Mutex::default(),
                away: AtomicBool::new(false),
                driven_out: AtomicBool::new(false),
                served: OnceLock::new(),
            }),
        };
        engine.know_this_computer()?;
        Ok(engine)
    }

    fn know_this_computer(&self) -> Result<(), Fault> {
        if self.read(|r| Ok(r.devices()?.iter().any(|d| d.kind == DeviceKind::ThisComputer)))? {
            return Ok(());
        }
        let device = Device {
            id: DeviceId(self.new_id()),
            name: host_name(),
            domain: None,
            os: if cfg!(windows) {
                OsPlatform::Windows
            } else if cfg!(target_os = "macos") {
                OsPlatform::Macos
            } else {
                OsPlatform::Linux
            },
            os_version: os_version(Path::new("/")),
            tags: Vec::new(),
            kind: DeviceKind::ThisComputer,
            created_at: self.now(),
        };
        self.write(|w| {
            // Another process may have been first.
            if w.devices()?.iter().any(|d| d.kind == DeviceKind::ThisComputer) {
                return Ok(());
            }
            w.insert_device(&device)?;
            crate::caution::first_program(w)?;
            w.append(&self.entry(
                Actor::System,
                Subject::Device,
                device.id.as_str(),
                "device_added",
                format!("{} is this computer.", device.name),
            ))?;
            Ok(())
        })
    }

    /// The person at this installation: the one local owner.
    pub fn person(&self) -> Person {
        self.inner.person.clone()
    }

    pub fn data(&self) -> &Path {
        &self.inner.data
    }

    pub(crate) fn now(&self) -> Stamp {
        (self.inner.clock)()
    }

    /// The clock that nobody sets, where there is one.
    pub(crate) fn steady(&self) -> Option<Tick> {
        (self.inner.steady)()
    }

    pub(crate) fn set_next_timer(&self, next: Option<Stamp>) {
        *lock(&self.inner.next_timer) = next;
    }

    /// True once in a while, also when the clock was set back.
    pub(crate) fn may_watch(&self, now: Stamp, every: Span) -> bool {
        let mut watched = lock(&self.inner.watched);
        let may = watched.is_none_or(|at| now >= at.after(every) || now < at);
        if may {
            *watched = Some(now);
        }
        may
    }

    pub(crate) fn timer_is_due(&self) -> bool {
        lock(&self.inner.next_timer).is_some_and(|next| next <= self.now())
    }

    /// A new id: UUIDv7, so that ids sort by the time they were made.
    pub(crate) fn new_id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn read<T>(&self, f: impl FnOnce(&Reader) -> Result<T, Stop>) -> Result<T, Fault> {
        let result = self.inner.store.read(|r| Ok(f(r))).map_err(|e| from_store(&e))?;
        result.map_err(Fault::from)
    }

    /// One transaction: everything in `f` or nothing.
    pub(crate) fn write<T>(&self, f: impl FnOnce(&mut Writer) -> Result<T, Stop>) -> Result<T, Fault> {
        let result = self.inner.store.write(f).map_err(Fault::from);
        if result.is_ok() {
            *lock(&self.inner.wrote) += 1;
            self.inner.wake.notify_all();
        }
        result
    }

    /// Waits until this process writes or the time is up.
    pub(crate) fn rest(&self, seen: u64, at_most: Duration) -> u64 {
        let guard = lock(&self.inner.wrote);
        let (guard, _) = self
            .inner
            .wake
            .wait_timeout_while(guard, at_most, |wrote| *wrote == seen)
            .unwrap_or_else(PoisonError::into_inner);
        *guard
    }

    /// Blocks until there is a record newer than `since`, whichever process wrote it, or the time is up.
    pub fn wait_for_change(&self, since: u64, at_most: Duration) -> u64 {
        let end = Instant::now() + at_most;
        let mut wrote = *lock(&self.inner.wrote);
        loop {
            let newest = self.inner.store.latest_seq().unwrap_or(since);
            let now = Instant::now();
            if newest > since || now >= end {
                return newest;
            }
            wrote = self.rest(wrote, (end - now).min(Duration::from_millis(250)));
        }
    }

    /// The device behind a stored row, opened once.
    pub(crate) fn link(&self, device: &Device) -> Result<Arc<dyn DeviceLink>, Fault> {
        if let Some(link) = lock(&self.inner.links).get(&device.id) {
            return Ok(Arc::clone(link));
        }
        // Opening reconciles the device's journal and may take a moment: not under the lock.
        let link = (self.inner.open_device)(device, &self.inner.data)?;
        Ok(Arc::clone(lock(&self.inner.links).entry(device.id.clone()).or_insert(link)))
    }

    pub(crate) fn forget_link(&self, id: &DeviceId) {
        lock(&self.inner.links).remove(id);
        lock(&self.inner.told_protected).remove(id);
    }

    pub(crate) fn link_by_id(&self, id: &DeviceId) -> Result<(Device, Arc<dyn DeviceLink>), Fault> {
        let device = self.read(|r| Ok(r.device(id)?))?;
        let link = self.link(&device)?;
        Ok((device, link))
    }

    /// A device by id or by name.
    pub(crate) fn device(&self, words: &str) -> Result<Device, Fault> {
        self.read(|r| {
            let all = r.devices()?;
            let found =
                all.iter().find(|d| d.id.as_str() == words).or_else(|| all.iter().find(|d| d.name == words)).cloned();
            found.ok_or_else(|| not_found("device", words).into())
        })
    }

    pub(crate) fn this_computer(&self) -> Result<Device, Fault> {
        self.read(|r| {
            r.devices()?
                .into_iter()
                .find(|d| d.kind == DeviceKind::ThisComputer)
                .ok_or_else(|| not_found("device", "this computer").into())
        })
    }

    /// When it was last looked after, which is now from now on.
    pub(crate) fn looked_after(&self, now: Stamp) -> Option<Stamp> {
        let mut last = lock(&self.inner.looked_after);
        let before = *last;
        if before.is_none_or(|before| !(Span(0)..Span::minutes(1)).contains(&now.since(before))) {
            *last = Some(now);
        }
        before
    }

    pub(crate) fn unanswered(&self) -> MutexGuard<'_, HashSet<OrderId>> {
        lock(&self.inner.unanswered)
    }

    pub(crate) fn told_protected(&self, device: &DeviceId) -> Option<Vec<String>> {
        lock(&self.inner.told_protected).get(device).cloned()
    }

    pub(crate) fn has_told_protected(&self, device: &DeviceId, list: Vec<String>) {
        lock(&self.inner.told_protected).insert(device.clone(), list);
    }

    pub(crate) fn is_served(&self, served: Served) {
        // It is served once.
        let _ = self.inner.served.set(served);
    }

    pub(crate) fn served(&self) -> Option<&Served> {
        self.inner.served.get()
    }

    /// Background work of this process ends after what it is at, and its lock is free.
    pub fn stop_driving(&self) {
        self.inner.driven_out.store(true, Ordering::SeqCst);
        self.inner.wake.notify_all();
    }

    pub(crate) fn drive_again(&self) {
        self.inner.driven_out.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_driven_out(&self) -> bool {
        self.inner.driven_out.load(Ordering::SeqCst)
    }

    pub(crate) fn away(&self) -> bool {
        self.inner.away.load(Ordering::Relaxed)
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.inner.away.store(away, Ordering::Relaxed);
    }

    pub(crate) fn set_progress(&self, id: &InvestigationId, text: Option<String>) {
        let mut all = lock(&self.inner.progress);
        match text {
            Some(text) => all.insert(id.clone(), text),
            None => all.remove(id),
        };
    }

    pub(crate) fn own_progress(&self, id: &InvestigationId) -> Option<String> {
        lock(&self.inner.progress).get(id).cloned()
    }

    /// What a running investigation of this process does right now.
    pub fn progress(&self) -> Option<String> {
        lock(&self.inner.progress).values().next().cloned()
    }

    pub(crate) fn entry(
        &self,
        actor: Actor,
        subject: Subject,
        id: &str,
        event: &str,
        text: impl Into<String>,
    ) -> Entry {
        Entry {
            at: self.now(),
            actor,
            subject,
            subject_id: id.to_owned(),
            event: event.to_owned(),
            from: None,
            to: None,
            text: text.into(),
            comment: None,
            detail: None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while holding one of these leaves plain values that are still true.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|n| n.trim().to_owned())
        .filter(|n| !n.is_empty())
        .unwrap_or_else(|| "this-computer".to_owned())
}

/// The name a Linux file tree gives itself in `etc/os-release`.
pub(crate) fn os_version(root: &Path) -> String {
    std::fs::read_to_string(root.join("etc/os-release"))
        .ok()
        .and_then(|text| {
            let line = text.lines().find_map(|l| l.strip_prefix("PRETTY_NAME="))?;
            Some(line.trim_matches('"').to_owned())
        })
        .unwrap_or_default()
}

/// A person as an actor of records.
pub(crate) fn by(person: &Person) -> Actor {
    Actor::Person { person: person.clone() }
}

/// What to call an entity in a sentence.
pub(crate) fn noun(entity: &Entity) -> &'static str {
    match entity {
        Entity::File { .. } => "file",
        Entity::Process { .. } => "process",
        Entity::Service { .. } => "service",
        Entity::ScheduledTask { .. } => "scheduled task",
        Entity::Driver { .. } => "driver",
        Entity::Registry { .. } => "registry entry",
        Entity::StartupItem { .. } => "startup entry",
        Entity::User { .. } => "user account",
        Entity::Ip { .. } => "address",
        Entity::Url { .. } => "web address",
        Entity::Domain { .. } => "domain",
        Entity::Device { .. } => "device",
    }
}
