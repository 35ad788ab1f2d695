//! The real program dies as if by `kill -9` at every step of every verb, done and taken back; and the disk does not take
//! what was written (M145, M152). What is compared is the device, byte by byte: it is as before or as intended, and the row
//! says which.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use assize_domain::action::ActionStatus;
use assize_engine::view::Action;
use assize_tests::{host, world};

use crate::computer::{Computer, MARKER, plant_program, sha256, write};
use crate::system::{exists, run, state, tree, unit};

const PROGRAM: &str = "/usr/local/lib/font-cache/worker";
const GOODS: &str = "/srv/goods";
const FOLDERS: &[&str] =
    &[GOODS, "/etc/cron.d", "/etc/systemd", "/usr/lib/systemd/system", "/etc/profile.d", "/home/ann"];
const PASSED: &str = "/run/passed";

/// What is done to one thing of its own, and taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    File,
    Line,
    TaskFile,
    Timer,
    Service,
    Packaged,
    Profile,
    Autostart,
}

impl Verb {
    fn kind(self) -> &'static str {
        match self {
            Self::File => "quarantine_file",
            Self::Line | Self::TaskFile | Self::Timer => "remove_scheduled_task",
            Self::Service | Self::Packaged => "stop_service",
            Self::Profile | Self::Autostart => "remove_persistence",
        }
    }

    fn unit(self, n: usize) -> Option<String> {
        match self {
            Self::Timer => Some(format!("font-{n}.timer")),
            Self::Service => Some(format!("font-server-{n}.service")),
            Self::Packaged => Some(format!("font-packaged-{n}.service")),
            Self::File | Self::Line | Self::TaskFile | Self::Profile | Self::Autostart => None,
        }
    }

    fn path(self, n: usize) -> String {
        match self {
            Self::File => format!("{GOODS}/parcel-{n}"),
            Self::Line => format!("/etc/cron.d/lines-{n}"),
            Self::TaskFile => format!("/etc/cron.d/whole-{n}"),
            Self::Timer | Self::Service => format!("/etc/systemd/system/{}", self.unit(n).expect("it is one")),
            Self::Packaged => format!("/usr/lib/systemd/system/{}", self.unit(n).expect("it is one")),
            Self::Profile => format!("/etc/profile.d/fonts-{n}.sh"),
            Self::Autostart => format!("/home/ann/.config/autostart/fonts-{n}.desktop"),
        }
    }

    fn text(self) -> String {
        let service = format!("[Service]\nExecStart={PROGRAM} 600\n[Install]\nWantedBy=multi-user.target\n");
        match self {
            Self::File => MARKER.repeat(3_000),
            Self::Line => format!("1 2 * * * root /usr/bin/true\n{}3 4 * * * root /usr/bin/true\n", self.bad_line()),
            Self::TaskFile => format!("# it\n5 4 * * * root {PROGRAM} 0\n"),
            Self::Timer => {
                "[Timer]\nOnCalendar=yearly\nUnit=font.service\n[Install]\nWantedBy=timers.target\n".to_owned()
            }
            Self::Service | Self::Packaged => service,
            Self::Profile => format!("umask 022\n{}", self.bad_line()),
            Self::Autostart => format!("[Desktop Entry]\nType=Application\nName=Fonts\nExec={PROGRAM} 600\n"),
        }
    }

    fn bad_line(self) -> String {
        if self == Self::Line { format!("5 4 * * * root {PROGRAM} 0\n") } else { format!("{PROGRAM} 600 &\n") }
    }

    fn plant(self, numbers: std::ops::Range<usize>) {
        let mut units = Vec::new();
        for n in numbers {
            unit(&self.path(n), &self.text());
            units.extend(self.unit(n));
        }
        if !units.is_empty() {
            let words: Vec<&str> = ["enable", "--now"].into_iter().chain(units.iter().map(String::as_str)).collect();
            run("systemctl", &words);
        }
    }

    fn state(self, n: usize) -> State {
        let path = self.path(n);
        let name = path.rsplit_once('/').expect("a full path").1;
        let links = ["multi-user", "timers"].map(|target| format!("/etc/systemd/system/{target}.target.wants/{name}"));
        let mask = format!("/etc/systemd/system/{name}");
        let files = tree(&[&path, &links[0], &links[1], &mask]);
        State { files, unit: self.unit(n).map(|unit| state(&unit)) }
    }

    /// Is it as it is meant to be once it was done?
    fn is_done(self, n: usize) -> bool {
        let path = self.path(n);
        let gone = !exists(&path);
        let rests = self.unit(n).is_none_or(|unit| state(&unit).0 == "inactive");
        match self {
            Self::File | Self::TaskFile | Self::Autostart | Self::Timer | Self::Service => gone && rests,
            Self::Packaged => !gone && rests && exists(&path.replace("/usr/lib", "/etc")),
            Self::Line | Self::Profile => {
                fs::read_to_string(&path).is_ok_and(|now| now == self.text().replace(&self.bad_line(), ""))
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct State {
    files: BTreeMap<PathBuf, String>,
    unit: Option<(String, String)>,
}

/// What goes wrong in one call.
#[derive(Clone, Debug)]
enum Trouble {
    Dies(String),
    SyncFails(usize),
    SyncsFailFrom(usize),
}

impl Trouble {
    fn variable(&self) -> (&'static str, String) {
        match self {
            Self::Dies(at) => ("ASSIZE_FAIL_POINT", at.clone()),
            Self::SyncFails(number) => ("ASSIZE_FAIL_SYNC", number.to_string()),
            Self::SyncsFailFrom(number) => ("ASSIZE_FAIL_SYNC", format!("{number}-")),
        }
    }
}

/// The steps of one verb, done and taken back: every moment with its number, and how many syncs.
struct Steps {
    moments: Vec<String>,
    syncs: usize,
}

fn steps() -> Steps {
    let text = fs::read_to_string(PASSED).expect("the program of a debug build writes down what it passes");
    fs::remove_file(PASSED).expect("it is ours");
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut moments = Vec::new();
    for name in text.lines() {
        let time = times.entry(name).or_default();
        *time += 1;
        if name != "sync" {
            moments.push(format!("{name}#{time}"));
        }
    }
    Steps { moments, syncs: times.get("sync").copied().unwrap_or_default() }
}

/// What is counted over a matrix.
#[derive(Default)]
struct Count {
    applies: usize,
    undos: usize,
    again: usize,
    kept_old: usize,
}

struct Matrix {
    computer: Computer,
    goods: String,
    indicator: String,
    count: Count,
}

impl Matrix {
    fn new() -> Self {
        let computer = Computer::at("semi_all");
        computer.block(&plant_program(PROGRAM));
        write("/tmp/goods", Verb::File.text().as_bytes());
        unit("/etc/systemd/system/font.service", &format!("[Service]\nExecStart={PROGRAM} 0\n"));
        let goods = sha256("/tmp/goods");
        let indicator = computer.block(&goods);
        for folder in FOLDERS {
            fs::create_dir_all(folder).expect("the host is writable");
        }
        Self { computer, goods, indicator, count: Count::default() }
    }

    /// One action for each of these, in their order.
    fn waiting(&self, verb: Verb, numbers: std::ops::Range<usize>) -> Vec<Action> {
        let found = self.computer.investigate(&["/srv", "/usr/local"]);
        let about = |n: usize| {
            let path = verb.path(n);
            let name = path.rsplit_once('/').expect("a full path").1;
            let named = |a: &&Action| {
                a.kind.code() == verb.kind()
                    && (a.target_title.ends_with(name) || a.target_title.contains(&format!("{name}:")))
            };
            let action = found.actions.iter().find(named);
            action.unwrap_or_else(|| panic!("nothing about {path}: {:#?}", found.actions)).clone()
        };
        numbers.map(about).collect()
    }

    /// What is on the list of bad things is not brought back; the rest of the list stays.
    fn forgiven(&mut self, work: impl FnOnce(&mut Self)) {
        self.computer.ctl.ask(&["indicator", "remove", &self.indicator]);
        work(self);
        self.indicator = self.computer.block(&self.goods);
    }

    fn call(&self, words: &[&str], trouble: Option<&Trouble>) -> Output {
        let mut call = self.computer.ctl.command(words);
        if let Some((name, value)) = trouble.map(Trouble::variable) {
            call.env(name, value);
        }
        call.stdin(Stdio::null()).output().expect("assizectl starts")
    }

    /// How one verb goes without trouble.
    fn rehearse(&mut self, verb: Verb) -> (Steps, Steps) {
        verb.plant(0..1);
        let before = verb.state(0);
        let action = self.waiting(verb, 0..1).remove(0);
        let mut both = Vec::new();
        for word in ["approve", "undo"] {
            let rehearsed = |matrix: &mut Self| {
                let mut call = matrix.computer.ctl.command(&["action", word, action.id.as_str()]);
                let done = call.env("ASSIZE_POINTS_TO", PASSED).output().expect("assizectl starts");
                assert!(done.status.success(), "{verb:?}: {done:?}");
            };
            if word == "undo" {
                self.forgiven(rehearsed)
            } else {
                rehearsed(self)
            }
            both.push(steps());
            assert_eq!(verb.is_done(0), word == "approve", "{verb:?}");
        }
        assert_eq!(verb.state(0), before, "{verb:?}");
        let undo = both.remove(1);
        (both.remove(0), undo)
    }

    /// Every trouble of the first list while it is done, every one of the second while it is taken back.
    fn run(&mut self, verb: Verb, applies: &[Trouble], undos: &[Trouble]) {
        let numbers = 1..applies.len().max(undos.len()) + 1;
        verb.plant(numbers.clone());
        let before: Vec<State> = numbers.clone().map(|n| verb.state(n)).collect();
        let mut waiting = self.waiting(verb, numbers.clone());
        for n in numbers.clone() {
            let was = format!("{verb:?} {n}, done, {:?}", applies.get(n - 1));
            let action = &mut waiting[n - 1];
            *action = self.carried_out(verb, n, action, applies.get(n - 1), &before[n - 1], &was);
        }
        self.forgiven(|matrix| {
            for n in numbers {
                let was = format!("{verb:?} {n}, undone, {:?}", undos.get(n - 1));
                matrix.taken_back(verb, n, &waiting[n - 1], undos.get(n - 1), &before[n - 1], &was);
            }
        });
    }

    fn carried_out(
        &mut self,
        verb: Verb,
        n: usize,
        action: &Action,
        trouble: Option<&Trouble>,
        before: &State,
        was: &str,
    ) -> Action {
        let action = if trouble.is_some() {
            self.count.applies += 1;
            self.struck(&["action", "approve", action.id.as_str()], action, trouble, was)
        } else {
            action.clone()
        };
        let kept = self.computer.quarantine().iter().filter(|path| **path == verb.path(n)).count();
        match action.status {
            ActionStatus::Completed | ActionStatus::PartiallyCompleted => {
                assert!(verb.is_done(n), "{was}: as intended: {action:#?} {:#?}", verb.state(n));
                assert!(action.undo.possible, "{was}: {action:#?}");
                action
            }
            ActionStatus::PendingApproval | ActionStatus::Failed => {
                assert_eq!(verb.state(n), *before, "{was}: as before: {action:#?}");
                assert_eq!(kept, 0, "{was}: what was not taken is not kept");
                self.count.kept_old += usize::from(trouble.is_some());
                let word = if action.status == ActionStatus::Failed { "retry" } else { "approve" };
                let done = self.call(&["action", word, action.id.as_str()], None);
                assert!(done.status.success(), "{was}: {done:?}");
                assert!(verb.is_done(n), "{was}: {:#?}", verb.state(n));
                self.computer.action(&action)
            }
            between @ (ActionStatus::Approved
            | ActionStatus::Queued
            | ActionStatus::WaitingForDevice
            | ActionStatus::Running
            | ActionStatus::Skipped
            | ActionStatus::TimedOut
            | ActionStatus::Rejected
            | ActionStatus::Expired
            | ActionStatus::Cancelled
            | ActionStatus::Undoing
            | ActionStatus::Undone
            | ActionStatus::PartlyUndone
            | ActionStatus::UndoFailed) => panic!("{was}: neither done nor not done, but {between:?}: {action:#?}"),
        }
    }

    fn taken_back(
        &mut self,
        verb: Verb,
        n: usize,
        action: &Action,
        trouble: Option<&Trouble>,
        before: &State,
        was: &str,
    ) {
        let action = if trouble.is_some() {
            self.count.undos += 1;
            self.struck(&["action", "undo", action.id.as_str()], action, trouble, was)
        } else {
            action.clone()
        };
        if !matches!(action.status, ActionStatus::Undone | ActionStatus::PartlyUndone) {
            let told = [ActionStatus::Completed, ActionStatus::PartiallyCompleted, ActionStatus::UndoFailed];
            assert!(told.contains(&action.status), "{was}: {action:#?}");
            assert!(verb.is_done(n), "{was}: as it was: {action:#?} {:#?}", verb.state(n));
            assert!(action.undo.possible, "{was}: it can be asked for again: {action:#?}");
            self.count.kept_old += usize::from(trouble.is_some());
            let undone = self.computer.undo(&action);
            assert_eq!(undone.status, ActionStatus::Undone, "{was}: {:?}", undone.result);
        }
        assert_eq!(verb.state(n), *before, "{was}: as before: {action:#?}");
    }

    /// One call in trouble; where it dies, the next one meets the same trouble while it puts that right. Gives the row
    /// that a process without trouble reads then.
    fn struck(&mut self, words: &[&str], action: &Action, trouble: Option<&Trouble>, was: &str) -> Action {
        let done = self.call(words, trouble);
        if let Some(Trouble::Dies(_)) = trouble {
            assert_eq!(done.status.signal(), Some(9), "{was}: it passes that moment: {done:?}");
            let next = self.call(&["status"], trouble);
            self.count.again += usize::from(next.status.signal() == Some(9));
        }
        self.computer.action(action)
    }

    fn whole(&self, was: &str) {
        let left: Vec<PathBuf> =
            tree(FOLDERS).into_keys().filter(|path| path.to_string_lossy().contains(".assize-")).collect();
        assert!(left.is_empty(), "{was}: half-done work lies about: {left:?}");
        self.computer.is_sound();
    }
}

fn dying(steps: &Steps) -> Vec<Trouble> {
    steps.moments.iter().cloned().map(Trouble::Dies).collect()
}

fn died_everywhere(verbs: &[Verb]) {
    assert!(world::is_world());
    let mut matrix = Matrix::new();
    for verb in verbs {
        let (apply, undo) = matrix.rehearse(*verb);
        let others = tree(FOLDERS);
        matrix.run(*verb, &dying(&apply), &dying(&undo));
        matrix.whole(&format!("{verb:?}"));
        let now = tree(FOLDERS);
        for (path, told) in others.iter().filter(|(path, _)| path.is_file() || path.is_symlink()) {
            assert_eq!(now.get(path), Some(told), "{verb:?}: nobody else's {} was touched", path.display());
        }
    }
    let Count { applies, undos, again, kept_old } = matrix.count;
    println!(
        "counted: crash matrix: {} verbs, {} deaths ({applies} while done, {undos} while taken back, {again} died again while that \
         was put right): {kept_old} found as before, the others as intended",
        verbs.len(),
        applies + undos,
    );
}

/// M145, M152
#[test]
fn the_real_program_dies_at_every_step_of_taking_files_and_lines_and_bringing_them_back() {
    const NAME: &str = "crashes::the_real_program_dies_at_every_step_of_taking_files_and_lines_and_bringing_them_back";
    host::inside(NAME, || died_everywhere(&[Verb::File, Verb::Line, Verb::TaskFile, Verb::Profile, Verb::Autostart]));
}

/// M145, M70, M72
#[test]
fn the_real_program_dies_at_every_step_of_stopping_units_and_starting_them_again() {
    const NAME: &str = "crashes::the_real_program_dies_at_every_step_of_stopping_units_and_starting_them_again";
    host::inside(NAME, || died_everywhere(&[Verb::Timer, Verb::Service, Verb::Packaged]));
}

/// M145, M73: the network is cut off or it is not, and the row tells which; the rules are as before once it is released.
#[test]
fn the_real_program_dies_at_every_step_of_isolating_and_releasing() {
    host::inside("crashes::the_real_program_dies_at_every_step_of_isolating_and_releasing", || {
        let computer = Computer::at("semi_all");
        let device = computer.ctl.ask(&["device", "list"])["devices"][0]["id"].as_str().expect("an id").to_owned();
        let cut =
            ["action", "run", "isolate_device", "--device", &device, "--scope", "full", "--comment", "It spreads."];
        let before = rules();
        let (apply, undo) = (rehearsed(&computer, &cut), {
            let action = newest(&computer);
            rehearsed(&computer, &["action", "undo", action.id.as_str()])
        });
        assert_eq!(rules(), before);
        let (mut kept_old, mut again) = (0, 0);
        for n in 0..apply.moments.len().max(undo.moments.len()) {
            let was = format!("{:?} {:?}", apply.moments.get(n), undo.moments.get(n));
            if let Some(moment) = apply.moments.get(n) {
                again += dies(&computer, &cut, moment);
            }
            let mut action = newest(&computer);
            assert_eq!(is_cut(), action.status == ActionStatus::Completed, "{was}: {action:#?}\n{}", rules());
            if !is_cut() {
                kept_old += 1;
                assert_eq!(rules(), before, "{was}: as before");
                computer.ctl.ask(&cut);
                action = newest(&computer);
            }
            assert!(is_cut() && action.status == ActionStatus::Completed && action.undo.possible, "{was}: {action:#?}");
            if let Some(moment) = undo.moments.get(n) {
                again += dies(&computer, &["action", "undo", action.id.as_str()], moment);
                action = computer.action(&action);
                assert_eq!(!is_cut(), action.status == ActionStatus::Undone, "{was}: {action:#?}\n{}", rules());
            }
            if is_cut() {
                kept_old += 1;
                assert_eq!(computer.undo(&action).status, ActionStatus::Undone, "{was}");
            }
            assert_eq!(rules(), before, "{was}: exactly as before");
        }
        computer.is_sound();
        println!(
            "counted: crash matrix of isolation: {} deaths while cut off, {} while released, {again} died again; {kept_old} found as \
             before, the others as intended",
            apply.moments.len(),
            undo.moments.len(),
        );
    });
}

fn rules() -> String {
    crate::system::said("nft", &["list", "ruleset"])
}

fn is_cut() -> bool {
    rules().contains("assize_isolation")
}

fn rehearsed(computer: &Computer, words: &[&str]) -> Steps {
    let mut call = computer.ctl.command(words);
    let done = call.env("ASSIZE_POINTS_TO", PASSED).output().expect("assizectl starts");
    assert!(done.status.success(), "{words:?}: {done:?}");
    steps()
}

/// Dies there; the next one meets the same moment while it puts that right. How often it died again.
fn dies(computer: &Computer, words: &[&str], moment: &str) -> usize {
    let call = |words: &[&str]| {
        let mut call = computer.ctl.command(words);
        call.env("ASSIZE_FAIL_POINT", moment).output().expect("assizectl starts").status.signal() == Some(9)
    };
    assert!(call(words), "it passes {moment}");
    usize::from(call(&["status"]))
}

/// The isolation that was asked for last, as a process without trouble reads it.
fn newest(computer: &Computer) -> Action {
    computer.ctl.ask(&["status"]);
    let rows = ["pending", "history"].map(|tab| computer.list(tab)).concat();
    let mut rows: Vec<Action> = rows.into_iter().filter(|a| a.kind.code() == "isolate_device").collect();
    rows.sort_by_key(|a| a.created_at);
    computer.action(rows.last().expect("one was asked for"))
}

/// M145: the disk says no, once or from then on, at each place where the hands wait for it.
#[test]
fn a_sync_that_fails_anywhere_leaves_the_old_or_the_new_and_the_row_tells_which() {
    host::inside("crashes::a_sync_that_fails_anywhere_leaves_the_old_or_the_new_and_the_row_tells_which", || {
        let mut matrix = Matrix::new();
        for verb in [Verb::File, Verb::Line, Verb::Service] {
            let (apply, undo) = matrix.rehearse(verb);
            let failing = |steps: &Steps| -> Vec<Trouble> {
                assert!(steps.syncs > 5, "{verb:?} waits for the disk {} times", steps.syncs);
                let once = (1..=steps.syncs).map(Trouble::SyncFails);
                once.chain((1..=steps.syncs).map(Trouble::SyncsFailFrom)).collect()
            };
            matrix.run(verb, &failing(&apply), &failing(&undo));
            matrix.whole(&format!("{verb:?}"));
        }
        let Count { applies, undos, kept_old, .. } = matrix.count;
        println!(
            "counted: syncs that failed: {applies} while done, {undos} while taken back; {kept_old} found as before"
        );
    });
}
