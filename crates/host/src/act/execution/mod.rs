//! Restrict code execution: only programs, libraries and scripts that a package owns, unchanged, or that a person allowed
//! may be run. Everything else is denied when it is opened to be run; and temporary places that are mounts of their own
//! may not hold programs at all. Lifted by undo.
//!
//! What it covers: every start of a program or of a script by its own name; shared libraries and other code that can be
//! loaded anywhere, whoever opens them, so that they cannot be preloaded (copying them is denied as well); a program given
//! to the dynamic loader; a script given by name to a shell, Python, Perl, Ruby, PHP, Node or Lua. What it does not: text
//! that an interpreter reads from its standard input, its command line or a file that a running script names; code that a
//! running program makes in its own memory; interpreters it does not know; file systems of a container that shows only a
//! part of them. It holds while the process lives that watches: in between, and where it does not answer within two
//! seconds, the kernel lets everything pass.
pub mod judge;
pub mod mounts;
pub mod watcher;

use super::{
    points::point,
    setting,
    standing::{Holder, Measure, Standing},
    work::{Early, Tools, Work},
};
use crate::{journal::Op, look::packages::PackageDatabase, root::Root, vault::Kept};
use assize_domain::{
    id::VaultId,
    mitigation::{Holds, Mitigation},
    order::{Fault, ReceiptOutcome},
    question::{Obstacle, Plan, PlanStep, Reversible},
    remedy::ActionType,
    target::Target,
    text::{DevicePath, visible},
    time::Stamp,
};
use judge::Judge;
use mounts::{Before, Marks, shown};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashSet},
    fs, io,
    os::{
        fd::AsRawFd,
        unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use watcher::{Counts, Watcher};

/// Its file among what stands.
const NAME: &str = "execution";
/// Who holds this is watching.
const WATCH: &str = "execution.watch";
/// The number of the right to watch, in the kernel's list of rights.
const SYS_ADMIN: u64 = 1 << 21;
/// How long another process may take to end its watch.
const PATIENCE: Duration = Duration::from_secs(5);
/// Paths named in one sentence.
const NAMED: usize = 5;

/// What of the restriction belongs to the process rather than to the device.
pub struct Post {
    /// This process goes on: a service, a window. One that ends with its command cannot watch.
    lives_long: AtomicBool,
    marks: Mutex<Marks>,
    /// Contents that a person allowed, SHA-256 in lower-case hex.
    allowed: Mutex<HashSet<String>>,
    watching: Mutex<Option<Watcher>>,
}

impl Default for Post {
    fn default() -> Self {
        Self {
            lives_long: AtomicBool::new(false),
            marks: Mutex::new(Marks::everywhere()),
            allowed: Mutex::default(),
            watching: Mutex::default(),
        }
    }
}

impl Post {
    pub fn live_long(&self) {
        self.lives_long.store(true, Ordering::Release);
    }

    pub fn mark(&self, marks: Marks) {
        *lock(&self.marks) = marks;
    }

    /// What a person allowed by its content. True where that is news to a watch: it has ended then, because what was let
    /// pass once is not asked about again, and has to be begun anew ([`super::Hands::reapply`]).
    pub fn allow(&self, sha256: HashSet<String>) -> bool {
        let mut allowed = lock(&self.allowed);
        if *allowed == sha256 {
            return false;
        }
        *allowed = sha256;
        drop(allowed);
        lock(&self.watching).take().is_some()
    }

    fn is_watching(&self) -> bool {
        lock(&self.watching).as_ref().is_some_and(|w| w.is_watching())
    }

    pub fn counts(&self) -> Option<Counts> {
        lock(&self.watching).as_ref().map(|w| w.counts())
    }
}

/// What an approved restriction is of.
pub struct Approved {
    pub until: Option<Stamp>,
}

/// What has to be set again after a start exactly as it was set first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Temporary places that were closed to programs, with their options before.
    closed: Vec<Before>,
}

/// Why this device cannot be restricted at all, or not by this process.
pub fn capability(root: &Root, post: &Post) -> Result<(), String> {
    if !root.is_live() {
        return Err("On a device that is only a folder here no program is started.".into());
    }
    if !may_watch() {
        return Err("Only root may watch which programs are started, or the device service. By hand: mount home and temporary folders with the option noexec.".into());
    }
    if !post.lives_long.load(Ordering::Acquire) {
        return Err("It needs the device service: the restriction holds only while a program lives that watches, and this one ends with its command. Install it with sudo assizectl service install.".into());
    }
    Ok(())
}

fn may_watch() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    super::isolation::surroundings::rights(&status) & SYS_ADMIN != 0
}

/// What would be restricted and what would stop working; touches nothing.
pub fn plan(tools: &Tools<'_>, approved: &Approved) -> Plan {
    let mut plan = Plan::default();
    if let Err(why) = capability(tools.root, tools.post) {
        plan.obstacles.push(Obstacle::new("unsupported", why, true));
        return plan;
    }
    if let Err(fault) = in_time(approved, (tools.clock)()) {
        plan.obstacles.push(Obstacle::new(&fault.code, fault.message, true));
        return plan;
    }
    let step = |what: &str, target: String, detail: &str| PlanStep {
        what: what.to_owned(),
        target,
        reversible: Reversible::Yes,
        detail: detail.to_owned(),
    };
    let places = lock(&tools.post.marks).places().map(|places| places.len());
    plan.steps.push(step(
        "Check what is run",
        places.map_or_else(|_| "every place".into(), |n| format!("{n} file systems")),
        "Assize's own watcher is asked by the kernel before a program, library or script is run, and lets pass what a package owns, unchanged, or a person allowed.",
    ));
    let open = mounts::mounted().map(|all| mounts::open_temporary(&all)).unwrap_or_default();
    plan.steps.extend(open.iter().map(|place| {
        step(
            "Close a temporary place to programs",
            shown(&place.point),
            "It is mounted with the option noexec; nothing in it is changed.",
        )
    }));
    let packages = PackageDatabase::read(tools.root);
    if !packages.knows_anything() {
        let text = "No package manager's records are here, so nothing could be told apart and nothing could run.";
        plan.obstacles.push(Obstacle::new("no_packages", text, true));
    }
    let strangers = strangers(&packages);
    if !strangers.is_empty() {
        let named: Vec<String> = strangers.iter().take(NAMED).map(|path| visible(path)).collect();
        let more = strangers.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text = format!(
            "Programs that run now and belong to no package could not be started again: {}{more}.",
            named.join(", ")
        );
        plan.obstacles.push(Obstacle::new("own_programs", text, false));
    }
    if ["/usr/sbin/fapolicyd", "/usr/bin/fapolicyd"].iter().any(|path| Path::new(path).exists()) {
        let text = "fapolicyd is installed here. It is left as it is and not used: Assize watches by itself, and both have to agree.";
        plan.obstacles.push(Obstacle::new("fapolicyd", text, false));
    }
    if tools.standing.read::<Wish>(NAME).is_some() {
        plan.obstacles.push(Obstacle::new("already_restricted", "The device is restricted already.", false));
    }
    plan
}

/// Running programs that no package owns.
fn strangers(packages: &PackageDatabase) -> BTreeSet<String> {
    let own = std::env::current_exe().unwrap_or_default();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter(|entry| entry.file_name().as_bytes().iter().all(u8::is_ascii_digit));
    let images = numbers.filter_map(|entry| fs::read_link(entry.path().join("exe")).ok());
    let strangers =
        images.filter(|image| *image != own).map(|image| DevicePath::from_bytes(image.as_os_str().as_bytes()));
    strangers.filter(|path| packages.owner(path).is_none()).map(|path| path.to_string()).collect()
}

pub fn apply(work: &mut Work<'_>, approved: &Approved) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        capability(work.tools.root, work.tools.post).map_err(|reason| ReceiptOutcome::Unsupported { reason })?;
        in_time(approved, (work.tools.clock)()).map_err(failed)?;
        let stood = work.tools.standing.read::<Wish>(NAME);
        let joins = stood.is_some() && work.tools.post.is_watching();
        let before = mounts::mounted().map_err(|e| failed(cannot(&e)))?;
        let closed = match stood.as_ref().and_then(Measure::last) {
            Some(last) => last.wish.closed.clone(),
            None => mounts::open_temporary(&before),
        };
        let wish = Wish { closed };
        let text = serde_json::to_vec(&wish).map_err(|e| failed(cannot(&e.into())))?;
        let item = setting::keep(work, "What programs might be started from before", Kept::Programs, &text)?;
        work.arm(&[Op::Restrict { item: item.clone() }])?;
        let holder = Holder {
            action: work.action.clone(),
            item: item.clone(),
            since: (work.tools.clock)(),
            until: approved.until,
            wish: wish.clone(),
        };
        write(work.tools.standing, Some(&Measure::with(stood.as_ref(), holder)))?;
        point("made");
        if joins {
            work.step("The device was restricted already; nothing more was set.");
            return Ok(work.done());
        }
        let begun = begin(&work.tools, &wish).and_then(|()| {
            point("placed");
            probe(work.tools.standing, false)
        });
        if let Err(error) = begun {
            back(&work.tools, stood.as_ref(), &wish)?;
            return Err(failed(cannot(&error)));
        }
        point("verified");
        told(work, &wish);
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

fn told(work: &mut Work<'_>, wish: &Wish) {
    work.step("Only programs, libraries and scripts that a package owns, unchanged, or that a person allowed are run from now on.");
    for place in &wish.closed {
        work.step(format!("No program is run from {}.", shown(&place.point)));
    }
    work.told
        .proof
        .after
        .push("A program that belongs to nobody was refused, and one of a package was started.".into());
    let unwatched = lock(&work.tools.post.watching).as_ref().map(|w| w.unwatched()).unwrap_or_default();
    work.told.left.extend(unwatched);
}

/// Undo: lifts the restriction that the item belongs to, whoever else asked for it (M74).
pub fn lift(work: &mut Work<'_>, item: &VaultId) -> Early<()> {
    if !work.tools.root.is_live() || !may_watch() {
        let reason = "Only root may change which programs are started, or the device service.".to_owned();
        return Err(ReceiptOutcome::Unsupported { reason });
    }
    let stands = work.tools.standing.read::<Wish>(NAME);
    if !stands.as_ref().is_some_and(|m| m.is_held_by(item)) {
        work.step("This restriction had been lifted already.");
        return Ok(());
    }
    work.arm(&[Op::Lift { item: item.clone() }])?;
    finish_lift(work, item)
}

/// First it is no longer wanted, which ends the watch in whichever process it is; then the places are opened again.
fn finish_lift(work: &mut Work<'_>, item: &VaultId) -> Early<()> {
    let mut before = Vec::new();
    work.tools.vault.copy_out(item, &mut before).map_err(super::work::refused)?;
    let wish: Wish = serde_json::from_slice(&before).map_err(|e| failed(cannot(&e.into())))?;
    write(work.tools.standing, None)?;
    point("made");
    end_watch(&work.tools).map_err(failed)?;
    let not_opened = open_again(&wish);
    point("placed");
    work.step("Programs are no longer checked before they are run.");
    for (place, error) in not_opened {
        work.told.left.push(format!("Programs can still not be run from {}: {error}.", shown(&place.point)));
    }
    for place in opened_otherwise(&wish) {
        work.told.proof.after.push(format!("{} was mounted anew by somebody else meanwhile.", shown(&place.point)));
    }
    match probe(work.tools.standing, true) {
        Ok(()) => work.told.proof.after.push("A program that belongs to nobody was started as a test.".into()),
        Err(error) => work.told.left.push(format!("A program could not be started as a test: {error}.")),
    }
    point("verified");
    Ok(())
}

fn end_watch(tools: &Tools<'_>) -> Result<(), Fault> {
    // Its threads end before this goes on.
    drop(lock(&tools.post.watching).take());
    let start = Instant::now();
    while is_watched(tools.standing) {
        if start.elapsed() > PATIENCE {
            let message = "Another program of Assize still checks what is run, and does not end.";
            return Err(Fault::new(
                "not_lifted",
                message,
                "End that program, or restart the device service; then undo it again.",
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// After a crash: the watch died with its process, so an act that was begun is taken back.
pub fn settle_restrict(work: &mut Work<'_>, item: &VaultId) -> Early<bool> {
    let Some(stands) = work.tools.standing.read::<Wish>(NAME) else { return Ok(false) };
    let Some(mine) = stands.holders.iter().find(|h| h.item == *item).cloned() else { return Ok(false) };
    let others = stands.without(item);
    write(work.tools.standing, others.as_ref())?;
    if others.is_none() {
        for (place, error) in open_again(&mine.wish) {
            work.told.left.push(format!("Programs can still not be run from {}: {error}.", shown(&place.point)));
        }
    }
    Ok(false)
}

/// After a crash: a lifting that was begun is brought to its end.
pub fn settle_lift(work: &mut Work<'_>, item: &VaultId) -> Early<()> {
    finish_lift(work, item)
}

/// What stands, and whether it is in force; touches nothing.
pub fn watch(root: &Root, standing: &Standing, post: &Post) -> Option<Mitigation> {
    let stands = root.is_live().then(|| standing.read::<Wish>(NAME)).flatten()?;
    let last = stands.last()?.clone();
    let first = stands.holders.first()?;
    Some(Mitigation {
        kind: ActionType::RestrictCodeExecution,
        action: last.action,
        earlier: stands.holders.iter().rev().skip(1).map(|h| h.action.clone()).collect(),
        target: Target::CodeExecution { until: last.until },
        since: first.since,
        until: last.until,
        holds: holds(standing, post, &last.wish),
    })
}

fn holds(standing: &Standing, post: &Post, wish: &Wish) -> Holds {
    if !post.is_watching() && !is_watched(standing) {
        return Holds::Lifted { how: "Nobody checks what is run: the device service does not run.".into() };
    }
    let now = mounts::mounted().unwrap_or_default();
    let open = wish
        .closed
        .iter()
        .filter(|place| mounts::options_of(&now, &place.point).is_some_and(|options| !mounts::has(&options, "noexec")));
    let mut how: Vec<String> =
        open.map(|place| format!("Programs can be run from {} again.", shown(&place.point))).collect();
    how.extend(lock(&post.watching).as_ref().map(|w| w.unwatched()).unwrap_or_default());
    if how.is_empty() { Holds::InForce } else { Holds::Behind { how } }
}

/// Sets again what stands, in a process that goes on. Whose time has passed while nobody was there is lifted instead.
pub fn reapply(tools: &Tools<'_>) -> Result<(), Fault> {
    let Some(stands) = tools.root.is_live().then(|| tools.standing.read::<Wish>(NAME)).flatten() else { return Ok(()) };
    let Some(last) = stands.last() else { return Ok(()) };
    if last.until.is_some_and(|until| until <= (tools.clock)()) {
        tools.standing.write::<Wish>(NAME, None).map_err(|e| cannot(&e))?;
        end_watch(tools)?;
        open_again(&last.wish);
        return Ok(());
    }
    if !tools.post.lives_long.load(Ordering::Acquire) {
        return Ok(());
    }
    begin(tools, &last.wish).map_err(|e| cannot(&e))
}

/// Closes the temporary places, and begins to watch where nobody does.
fn begin(tools: &Tools<'_>, wish: &Wish) -> io::Result<()> {
    if !tools.post.is_watching() {
        let watching = &mut *lock(&tools.post.watching);
        *watching = None;
        let Some(held) = hold(tools.standing)? else {
            // Another process watches already.
            return close(wish);
        };
        let root = tools.root.clone();
        let read: judge::ReadPackages = Arc::new(move || PackageDatabase::read(&root));
        let own = own_programs();
        let own: Vec<&Path> = own.iter().map(PathBuf::as_path).collect();
        let judge = Judge::new(read, lock(&tools.post.allowed).clone(), &own);
        if !judge.knows_anything() {
            return Err(io::Error::other("no package manager's records are here, so nothing could be told apart"));
        }
        let marks = lock(&tools.post.marks).clone();
        let is_written = tools.standing.is_written(NAME)?;
        // Held as long as its threads live: that tells other processes that somebody watches.
        let wanted = move || held.as_raw_fd() >= 0 && is_written();
        *watching = Some(Watcher::start(marks, judge, Box::new(wanted), watcher::LIMIT)?);
    }
    close(wish)
}

/// Whoever only asks whether somebody watches holds it for a moment.
fn hold(standing: &Standing) -> io::Result<Option<fs::File>> {
    for _ in 0..10 {
        if let Some(held) = standing.hold(WATCH)? {
            return Ok(Some(held));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(None)
}

/// The programs of the product, which no package owns where it was not installed by one.
fn own_programs() -> Vec<PathBuf> {
    let Ok(this) = std::env::current_exe() else { return Vec::new() };
    let beside = this.parent().map(Path::to_owned).unwrap_or_default();
    let names = ["assize", "assizectl", "assize-agent"];
    names.iter().map(|name| beside.join(name)).chain([PathBuf::from("/proc/self/exe")]).collect()
}

fn close(wish: &Wish) -> io::Result<()> {
    wish.closed.iter().try_for_each(|place| mounts::set_noexec(&place.point, true))
}

/// Gives the places that could not be opened, and why.
fn open_again(wish: &Wish) -> Vec<(&Before, io::Error)> {
    let now = mounts::mounted().unwrap_or_default();
    let closed = wish.closed.iter().filter(|place| {
        // What was unmounted since, or mounted anew by somebody else, is theirs.
        mounts::options_of(&now, &place.point).is_some_and(|options| mounts::has(&options, "noexec"))
    });
    closed.filter_map(|place| Some((place, mounts::set_noexec(&place.point, false).err()?))).collect()
}

/// The places whose options are not exactly as they were.
fn opened_otherwise(wish: &Wish) -> Vec<&Before> {
    let now = mounts::mounted().unwrap_or_default();
    wish.closed.iter().filter(|place| mounts::options_of(&now, &place.point).as_ref() != Some(&place.options)).collect()
}

/// Starts a program that belongs to nobody, and one of a package: is the first refused, or let pass again?
fn probe(standing: &Standing, may_run: bool) -> io::Result<()> {
    let path = standing.private_path("probe")?;
    let mut options = fs::OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o700).open(&path);
    let text = b"#!/bin/true\n";
    let tried = made.and_then(|mut file| {
        io::Write::write_all(&mut file, text)?;
        drop(file);
        let start = |path: &Path| {
            let mut command = Command::new(path);
            command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status()
        };
        let stranger = start(&path);
        let owned = start(Path::new("/bin/true"))?;
        if !owned.success() {
            return Err(io::Error::other("a program of a package does not run any more"));
        }
        match (stranger, may_run) {
            (Ok(_), true) => Ok(()),
            (Ok(_), false) => Err(io::Error::other("a program that belongs to nobody could still be run")),
            (Err(error), false) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            (Err(error), _) => Err(error),
        }
    });
    // If it stays, it is a private file without meaning.
    let _ = fs::remove_file(&path);
    tried
}

/// As it was before a restriction that did not come to be.
fn back(tools: &Tools<'_>, stood: Option<&Measure<Wish>>, wish: &Wish) -> Early<()> {
    write(tools.standing, stood)?;
    if stood.is_none() {
        end_watch(tools).map_err(failed)?;
        open_again(wish);
    }
    Ok(())
}

fn is_watched(standing: &Standing) -> bool {
    // What cannot be asked is not known to be watched.
    standing.hold(WATCH).is_ok_and(|held| held.is_none())
}

fn in_time(approved: &Approved, now: Stamp) -> Result<(), Fault> {
    if approved.until.is_none_or(|until| until > now) {
        return Ok(());
    }
    let message = "The time until which the device was to be restricted has passed.";
    Err(Fault::new("bad_target", message, "Nothing was touched. Ask for it anew."))
}

fn write(standing: &Standing, measure: Option<&Measure<Wish>>) -> Early<()> {
    standing.write(NAME, measure).map_err(|e| failed(cannot(&e)))
}

fn cannot(error: &io::Error) -> Fault {
    let message = format!("What is run on this device cannot be restricted: {error}.");
    Fault::new(
        "not_restricted",
        message,
        "Programs start as before. Look at the rights and the mounts of this computer.",
    )
}

fn failed(fault: Fault) -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in between leaves values that are still true.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
