//! One look around: processes, what is arranged to be started, and files, put together into one answer.
use crate::{
    antivirus::Clamd,
    examine::{Done, Examiner, Job, Looked, RULES_READ},
    ourselves::Ourselves,
    processes,
    shelf::InForce,
    startup,
};
use assize_domain::{
    entity::{Bytes, Entity, File, FileIdentity, Relation, StartupKind},
    investigation::Scope,
    judgement::{Link, Observed},
    question::{Answer, AnswerLog, Examined, Progress},
    text::DevicePath,
    time::Stamp,
    verdict::{Finding, Verdict, Weight},
};
use assize_host::{
    look::{
        driver::plain_name,
        file::Inspector,
        files::{WalkSummary, walk},
        packages::PackageDatabase,
        process::{SeenProcess, held_by, processes as all_processes},
        startup::{Started, Startup, startup as all_startup},
    },
    root::Root,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

/// How many files are read at the same time.
const THREADS: usize = 2;

/// Named files that wait to be read.
const WAITING: usize = 4096;

/// How often a waiting person is told.
const TOLD: Duration = Duration::from_millis(250);

/// What one look needs.
pub(crate) struct Look<'a> {
    pub(crate) root: &'a Root,
    pub(crate) packages: &'a PackageDatabase,
    pub(crate) in_force: &'a InForce,
    pub(crate) ourselves: &'a Ourselves,
    pub(crate) clock: fn() -> Stamp,
    /// The antivirus program of the machine, where it was asked for and answers.
    pub(crate) antivirus: Option<&'a Clamd>,
    /// Every file of this content is reported, with who holds it.
    pub(crate) content: Option<&'a str>,
    /// What an alert names: files wherever they lie, and contents.
    pub(crate) named: &'a [DevicePath],
    pub(crate) contents: &'a [String],
    /// True when somebody wants it to end.
    pub(crate) stopped: &'a (dyn Fn() -> bool + Sync),
}

/// Everything that came back from reading.
#[derive(Default)]
struct Files {
    looked: HashMap<DevicePath, Looked>,
    images: HashMap<FileIdentity, Result<(String, Vec<Finding>), Finding>>,
    unreadable: Vec<(DevicePath, bool, Finding)>,
    examined: Vec<Examined>,
    read: u32,
    bytes: u64,
    cut: u32,
}

impl Look<'_> {
    pub(crate) fn around(&self, scope: &Scope, progress: &mut dyn FnMut(Progress)) -> Answer {
        let mut log = Log { rows: Vec::new(), clock: self.clock, since: Instant::now() };
        let mut told = Told { progress, last: None, files: 0 };
        log.row("rules", self.said_of_rules());

        told.say("Looking at running processes");
        let seen: Vec<SeenProcess> = all_processes(self.root).into_iter().filter(|p| !p.kernel_thread).collect();
        let unseen = seen.iter().filter(|p| p.image.is_none()).count();
        log.row("processes", said_of_processes(seen.len(), unseen));

        told.say("Looking at what is arranged to be started");
        let mut startup = all_startup(self.root);
        startup.items.retain(|item| !self.is_ordinary_driver(item));
        log.row("startup", said_of_startup(&startup));

        let inspector = Inspector::new(self.root);
        let mut examiner = Examiner::new(self.root, &inspector, self.packages, self.in_force, self.ourselves);
        examiner.antivirus = self.antivirus;
        examiner.content = self.content;
        examiner.contents_named = self.contents.iter().map(String::as_str).collect();
        told.say("Looking into files");
        let (files, summary) = self.files(&examiner, &seen, &startup, scope, &mut told);
        log.row("files", said_of_files(&files, &summary));
        if let Some(clamd) = self.antivirus {
            log.row("antivirus", clamd.told());
        }
        said_of_gaps(&summary).into_iter().for_each(|row| log.row("gaps", row));

        told.say("Putting it together");
        let answer = self.put_together(&examiner, seen, &startup, files);
        Answer { log: log.rows, ..answer }
    }

    /// Names every file worth reading, and reads them by several threads while the walk goes on.
    fn files(
        &self,
        examiner: &Examiner<'_>,
        seen: &[SeenProcess],
        startup: &Startup,
        scope: &Scope,
        told: &mut Told<'_>,
    ) -> (Files, WalkSummary) {
        let (jobs, named) = jobs(seen, startup, self.named);
        let mut files = Files::default();
        let mut summary = WalkSummary::default();
        std::thread::scope(|threads| {
            let (send, receive) = mpsc::sync_channel::<Job>(WAITING);
            let (done, finished) = mpsc::channel::<Done>();
            let receive = std::sync::Arc::new(Mutex::new(receive));
            for _ in 0..THREADS {
                let (receive, done) = (std::sync::Arc::clone(&receive), done.clone());
                threads.spawn(move || {
                    let mut reader = examiner.reader();
                    loop {
                        let next = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(job) = next else { break };
                        if (self.stopped)() {
                            continue;
                        }
                        if done.send(reader.read(job)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop((done, receive));
            let take = |files: &mut Files, told: &mut Told<'_>| {
                while let Ok(one) = finished.try_recv() {
                    files.take(one);
                }
                told.files(files.read);
            };
            for job in jobs {
                // Fails only when every reader is gone, and then there is nobody to read anything.
                let _ = send.send(job);
                take(&mut files, told);
            }
            summary = walk(self.root, scope, self.packages, self.ourselves.skip(), &mut |candidate| {
                if !named.contains(&candidate.path) && !(self.stopped)() {
                    // What a person named is judged by itself, also when there is nothing to say about it.
                    let in_use = matches!(scope, Scope::Paths { paths } if paths.contains(&candidate.path));
                    let _ = send.send(Job::File { path: candidate.path, in_use });
                }
                take(&mut files, told);
            });
            drop(send);
            loop {
                match finished.recv_timeout(TOLD) {
                    Ok(one) => files.take(one),
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                }
                told.files(files.read);
            }
        });
        (files, summary)
    }

    /// A module that is loaded and that a package brought, and no list of the administrator names: hundreds of them.
    fn is_ordinary_driver(&self, item: &Started) -> bool {
        let Entity::Driver { driver } = &item.entity else { return false };
        let file = driver.path.as_ref();
        driver.config_path.is_none() && file.is_none_or(|path| self.packages.owner(path).is_some())
    }

    /// Keys, findings and relations. Everything refers to files by key, so files get theirs first.
    fn put_together(
        &self,
        examiner: &Examiner<'_>,
        mut seen: Vec<SeenProcess>,
        startup: &Startup,
        mut files: Files,
    ) -> Answer {
        let mut observed = Vec::new();
        let mut file_keys: HashMap<DevicePath, (u32, Option<FileIdentity>)> = HashMap::new();
        let mut next_key = 0..;
        let mut key = || next_key.next().unwrap_or(u32::MAX);
        let mut paths: Vec<&DevicePath> = files.looked.keys().collect();
        paths.sort();
        for path in paths {
            let looked = &files.looked[path];
            let key = key();
            file_keys.insert(path.clone(), (key, Some(looked.identity)));
            let entity = Entity::File { file: looked.file.clone() };
            observed.push(Observed { key, entity, findings: looked.findings.clone(), links: Vec::new() });
        }
        for (path, in_use, finding) in std::mem::take(&mut files.unreadable) {
            if in_use {
                let key = key();
                file_keys.insert(path.clone(), (key, None));
                let entity = Entity::File { file: unread(path) };
                observed.push(Observed { key, entity, findings: vec![finding], links: Vec::new() });
            } else {
                files.examined.push(Examined {
                    path,
                    sha256: None,
                    size: Bytes(0),
                    verdict: Verdict::Unknown,
                    finding: Some(finding),
                });
            }
        }
        let ours = self.ourselves.processes(self.root, &seen);
        let wanted: HashMap<FileIdentity, u32> = files
            .looked
            .iter()
            .filter(|(_, l)| self.content.is_some() && l.file.sha256.as_deref() == self.content)
            .filter_map(|(path, l)| Some((l.identity, file_keys.get(path)?.0)))
            .collect();
        let wanted_files: HashSet<FileIdentity> = wanted.keys().copied().collect();
        let process_keys: HashMap<u32, u32> = seen.iter().map(|p| (p.process.pid, key())).collect();
        for process in &mut seen {
            let mut findings =
                if ours.contains(&process.process.pid) { Vec::new() } else { processes::findings(process, examiner) };
            let mut links = Vec::new();
            self.running_image(process, &files, &file_keys, &mut findings, &mut links);
            let script = process.process.script.as_ref().filter(|_| !process.process.container);
            if let Some((to, _)) = script.and_then(|s| file_keys.get(s)) {
                links.push(Link { relation: Relation::RunsScript, to: *to });
            }
            if !wanted.is_empty() && !ours.contains(&process.process.pid) {
                let held = held_by(process.process.pid, &wanted_files);
                let held =
                    held.iter().filter_map(|id| wanted.get(id)).map(|to| Link { relation: Relation::Holds, to: *to });
                // Whoever runs it holds it too.
                links.extend(held.filter(|l| !links.iter().any(|k| k.to == l.to)).collect::<Vec<_>>());
            }
            if let Some(to) = process.process.parent_pid.and_then(|p| process_keys.get(&p)) {
                links.push(Link { relation: Relation::ChildOf, to: *to });
            }
            let key = process_keys[&process.process.pid];
            let entity = Entity::Process { process: process.process.clone() };
            observed.push(Observed { key, entity, findings, links });
        }
        let mut vouched = HashMap::new();
        let keys: Vec<u32> = startup.items.iter().map(|_| key()).collect();
        let drivers: HashMap<&str, u32> =
            startup.items.iter().zip(&keys).filter_map(|(item, key)| Some((driver_of(item)?, *key))).collect();
        for (item, key) in startup.items.iter().zip(keys) {
            let findings = startup::findings(item, &files.looked, examiner, &mut vouched);
            let starts = item.starts.iter().filter_map(|p| file_keys.get(p));
            let mut links: Vec<Link> = starts.map(|(to, _)| Link { relation: Relation::Starts, to: *to }).collect();
            let defined = file_keys.get(&item.defined_in);
            links.extend(defined.map(|(to, _)| Link { relation: Relation::DefinedIn, to: *to }));
            let listed = listed_module(item).and_then(|name| drivers.get(name.as_str()).copied());
            links.extend(listed.map(|to| Link { relation: Relation::Starts, to }));
            observed.push(Observed { key, entity: item.entity.clone(), findings, links });
        }
        Answer { observed, examined: files.examined, log: Vec::new() }
    }

    /// The hash of the running image, and what its content says. A file on the disk is linked only when it is that image.
    fn running_image(
        &self,
        process: &mut SeenProcess,
        files: &Files,
        file_keys: &HashMap<DevicePath, (u32, Option<FileIdentity>)>,
        findings: &mut Vec<Finding>,
        links: &mut Vec<Link>,
    ) {
        let Some(image) = &process.image else {
            if !crate::device::is_root() {
                findings.push(processes::unseen());
            }
            return;
        };
        let on_disk =
            files.looked.get(&image.path).filter(|l| !process.process.container && l.identity == image.identity);
        if let Some(looked) = on_disk {
            process.process.image_sha256.clone_from(&looked.file.sha256);
            if let Some((to, _)) = file_keys.get(&image.path) {
                links.push(Link { relation: Relation::Runs, to: *to });
            }
            return;
        }
        match files.images.get(&image.identity) {
            Some(Ok((sha256, found))) => {
                process.process.image_sha256 = Some(sha256.clone());
                findings.extend(found.iter().cloned());
            }
            Some(Err(finding)) => findings.push(finding.clone()),
            None => {}
        }
    }

    fn said_of_rules(&self) -> (&'static str, String) {
        let (rules, signatures) = (self.in_force.rules.rule_count(), self.in_force.rules.signature_count());
        let text = format!(
            "{rules} rules, {signatures} hash signatures and {} hashes of indicators are in use.",
            self.in_force.watched.len()
        );
        match self.in_force.faults.len() {
            0 => ("done", text),
            n => ("partly", format!("{text} {n} rule files have errors and are used as far as they are sound.")),
        }
    }
}

impl Files {
    fn take(&mut self, done: Done) {
        match done {
            Done::Nothing => return,
            Done::Image { identity, found } => {
                self.images.insert(identity, found.map(|(hashes, findings)| (hashes.sha256, findings)));
            }
            Done::Unreadable { path, in_use, finding } => self.unreadable.push((path, in_use, finding)),
            Done::Looked(looked) => {
                self.bytes += looked.file.size.0;
                self.cut += u32::from(looked.cut);
                let tells = looked.findings.iter().any(|f| matches!(f.weight, Weight::Odd | Weight::Bad));
                if looked.in_use || looked.watched || tells {
                    self.looked.insert(looked.file.path.clone(), *looked);
                } else {
                    let finding = looked.findings.into_iter().max_by_key(|f| f.weight);
                    let unknown = finding.as_ref().is_some_and(|f| f.weight == Weight::Unknown);
                    self.examined.push(Examined {
                        path: looked.file.path,
                        sha256: looked.file.sha256,
                        size: looked.file.size,
                        verdict: if unknown { Verdict::Unknown } else { Verdict::NoThreatsFound },
                        finding,
                    });
                }
            }
        }
        self.read += 1;
    }
}

/// Files that run, are arranged to be started or were named, each once, and running images that no path leads to.
fn jobs(seen: &[SeenProcess], startup: &Startup, alert: &[DevicePath]) -> (Vec<Job>, HashSet<DevicePath>) {
    let mut named = HashSet::new();
    let mut images = HashSet::new();
    let mut jobs = Vec::new();
    for process in seen {
        let p = &process.process;
        let Some(image) = &process.image else { continue };
        if image.same_file && !p.container {
            if named.insert(image.path.clone()) {
                jobs.push(Job::File { path: image.path.clone(), in_use: true });
            }
        } else if images.insert(image.identity) {
            jobs.push(Job::Image {
                pid: p.pid,
                start_ticks: p.start_ticks.clone(),
                path: image.path.clone(),
                identity: image.identity,
                user: p.user.clone(),
            });
        }
        if let Some(script) = p.script.as_ref().filter(|s| !p.container && named.insert((*s).clone())) {
            jobs.push(Job::File { path: script.clone(), in_use: true });
        }
    }
    // What an alert names is judged by itself, also when there is nothing to say about it.
    for path in startup.items.iter().flat_map(|i| &i.starts).chain(alert) {
        if named.insert(path.clone()) {
            jobs.push(Job::File { path: path.clone(), in_use: true });
        }
    }
    (jobs, named)
}

fn driver_of(item: &Started) -> Option<&str> {
    if let Entity::Driver { driver } = &item.entity { Some(&driver.name) } else { None }
}

/// The module that a line of a list names. A line of `/etc/modprobe.d` runs a command in place of loading one.
fn listed_module(item: &Started) -> Option<String> {
    let Entity::StartupItem { startup_item: of } = &item.entity else { return None };
    let list = of.kind == StartupKind::ModuleList && !of.path.as_str().contains("/modprobe.d/");
    list.then(|| of.command.split_whitespace().next().map(plain_name)).flatten()
}

/// A file of which only the name is known.
fn unread(path: DevicePath) -> File {
    File {
        path,
        resolved: None,
        sha256: None,
        sha1: None,
        md5: None,
        size: Bytes(0),
        mode: String::new(),
        owner: String::new(),
        package: None,
        identity: None,
        links: 0,
        modified_at: None,
    }
}

struct Log {
    rows: Vec<AnswerLog>,
    clock: fn() -> Stamp,
    since: Instant,
}

impl Log {
    fn row(&mut self, action: &str, (status, text): (&str, String)) {
        let text = format!("{text} ({:.1} s)", self.since.elapsed().as_secs_f64());
        self.since = Instant::now();
        self.rows.push(AnswerLog { at: (self.clock)(), action: action.to_owned(), status: status.to_owned(), text });
    }
}

/// Tells a waiting person, but not more often than an eye follows.
struct Told<'a> {
    progress: &'a mut dyn FnMut(Progress),
    last: Option<Instant>,
    files: u32,
}

impl Told<'_> {
    fn say(&mut self, step: &str) {
        self.last = Some(Instant::now());
        (self.progress)(Progress { step: step.to_owned(), files: self.files });
    }

    fn files(&mut self, files: u32) {
        self.files = files;
        if self.last.is_none_or(|l| l.elapsed() >= TOLD) {
            self.say("Looking into files");
        }
    }
}

fn said_of_processes(all: usize, unseen: usize) -> (&'static str, String) {
    match unseen {
        _ if crate::device::is_root() => ("done", format!("{all} processes are running.")),
        0 => ("done", format!("{all} processes are running.")),
        n => {
            let text = format!("{all} processes are running; of {n} this account may not see which program they run.");
            ("partly", text)
        }
    }
}

fn said_of_startup(startup: &Startup) -> (&'static str, String) {
    let text = format!("{} things are arranged to be started.", startup.items.len());
    match startup.faults.as_slice() {
        [] => ("done", text),
        [one] => ("partly", format!("{text} {}: {}", one.path, one.text)),
        [first, more @ ..] => (
            "partly",
            format!("{text} {}: {} And {} more places could not be read.", first.path, first.text, more.len()),
        ),
    }
}

fn said_of_files(files: &Files, summary: &WalkSummary) -> (&'static str, String) {
    let mut text = format!(
        "{} files were looked into ({} MB); {} files of packages and {} that the system makes itself were passed over.",
        files.read,
        files.bytes >> 20,
        summary.owned,
        summary.machine_made,
    );
    if files.cut > 0 {
        text.push_str(&format!(
            " {} are larger than {} MB: their hash is of all of it, rules looked at the beginning.",
            files.cut,
            RULES_READ >> 20
        ));
    }
    match files.unreadable.len() {
        0 => ("done", text),
        n => ("partly", format!("{text} {n} could not be read and are not judged.")),
    }
}

fn said_of_gaps(summary: &WalkSummary) -> Option<(&'static str, String)> {
    let faults = summary.faults.len() as u64 + summary.more_faults;
    let mut parts = Vec::new();
    if let Some(first) = summary.faults.first() {
        parts.push(format!("{faults} places could not be read, the first: {}: {}", first.path, first.text));
    }
    if let Some(first) = summary.skipped.first() {
        let n = summary.skipped.len();
        parts.push(format!("{n} places were passed over, the first: {}: {}", first.path, first.reason));
    }
    let status = if faults > 0 { "partly" } else { "done" };
    (!parts.is_empty()).then(|| (status, parts.join(" ")))
}
