//! M151: somebody with root's patience acts between any two steps. Whatever is put at the place, the folder or the number
//! of what was approved, nothing innocent is lost, written or ended, and what was caught by a rename is put back.
//!
//! The matrix: every kind of swap, at every moment that a quarantine, its undo and the end of a process pass. Then rounds
//! in which several things happen at moments drawn by lot (`ASSIZE_RACE_ROUNDS` in all).
use super::*;
use crate::act::points::interfere;
use assize_domain::question::VaultItem;
use rustix::{
    fs::CWD,
    mount::{UnmountFlags, mount_bind, unmount},
};
use std::{
    cell::{Cell, RefCell},
    env, io,
    process::{Child, Command, Stdio},
    rc::Rc,
};

const FILE: ActionType = ActionType::QuarantineFile;
const MARKER: &str = "ASSIZE_TEST_RACES";
/// Names the processes of the machine itself, which this test has to have left.
const OUTSIDE: &str = "ASSIZE_TEST_RACES_OUTSIDE";
const ROUNDS: &str = "ASSIZE_RACE_ROUNDS";
/// Rounds drawn by lot in an ordinary run.
const BY_LOT: usize = 60;
const DROP: &str = "/home/u/drop";
const BAD: &str = "/home/u/drop/bad";
const INNOCENT: &str = "/srv/innocent";
const NEXT: &str = "/proc/sys/kernel/ns_last_pid";

/// Runs the body with mounts and process numbers of its own.
fn inside(test: &str, body: impl FnOnce()) {
    let numbers = || fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    if env::var(MARKER).is_ok_and(|name| name == test) {
        assert!(env::var(OUTSIDE).is_ok_and(|outside| outside != numbers()), "these are the machine's own processes");
        return body();
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]);
    let probe = Command::new("unshare").args(["--mount", "--pid", "--fork", "true"]).status();
    if !probe.is_ok_and(|status| status.success()) {
        let ci = env::var("CI").is_ok_and(|v| !v.is_empty() && v != "0" && v != "false");
        assert!(!ci, "CI is set, and this test cannot run: it needs root and namespaces");
        println!("skipped: mounts and process numbers of its own need root and a kernel that gives them");
        return;
    }
    let unshare = unshare.arg(env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let output = unshare.env(MARKER, test).env(OUTSIDE, numbers()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("test result:", "in a world of its own:");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
    print!("{out}");
    // Told in every run: written past the test runner, which keeps what a passing test prints.
    for line in out.lines().filter(|line| line.starts_with("counted: ")) {
        let _ = io::Write::write_all(&mut io::stderr(), format!("{line}\n").as_bytes());
    }
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Swap {
    /// Another file comes to the name.
    File,
    /// The name is written to, as `>` in a shell does.
    Write,
    /// The name becomes a link to somebody's file.
    Link,
    /// The name becomes another name of somebody's file.
    HardLink,
    /// The name becomes a folder.
    Directory,
    /// The folder goes and another one with a file of the same name comes.
    Folder,
    /// The folder becomes a link to somebody's folder.
    FolderLink,
    /// Somebody's folder is mounted over the folder.
    Mount,
    /// Somebody's file is mounted over the file.
    MountFile,
}

impl Swap {
    const ALL: [Self; 9] = [
        Self::File,
        Self::Write,
        Self::Link,
        Self::HardLink,
        Self::Directory,
        Self::Folder,
        Self::FolderLink,
        Self::Mount,
        Self::MountFile,
    ];
}

/// Numbers by lot, the same for the same seed.
struct Lot(u64);

impl Lot {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }
}

/// Something that is nobody's to take: where it was put, and what it is.
#[derive(Clone, Debug)]
struct Innocent {
    at: PathBuf,
    inode: u64,
    content: Option<String>,
}

/// Who acts between the steps. Never destroys anything: what stands in the way is moved aside.
#[derive(Clone)]
struct Somebody {
    device: PathBuf,
    innocents: Rc<RefCell<Vec<Innocent>>>,
    did: Rc<Cell<usize>>,
    mounted: Rc<Cell<bool>>,
}

impl Somebody {
    fn at(&self, path: &str) -> PathBuf {
        self.device.join(path.trim_start_matches('/'))
    }

    fn aside(&self, path: &Path) {
        let aside = self.at(&format!("/srv/aside/{}", self.did.get()));
        if fs::rename(path, &aside).is_ok() {
            let mut innocents = self.innocents.borrow_mut();
            innocents.iter_mut().for_each(|i| {
                if let Ok(rest) = i.at.strip_prefix(path) {
                    i.at = if rest.as_os_str().is_empty() { aside.clone() } else { aside.join(rest) };
                }
            });
        }
    }

    fn puts(&self, path: &Path, content: Option<String>) {
        let inode = fs::symlink_metadata(path).unwrap().ino();
        self.innocents.borrow_mut().push(Innocent { at: path.to_owned(), inode, content });
    }

    fn stranger(&self, path: &Path) -> io::Result<()> {
        let content = format!("a stranger's, number {}", self.did.get());
        fs::write(path, &content)?;
        self.puts(path, Some(content));
        Ok(())
    }

    fn mounts(&self, what: &str, over: &Path) -> io::Result<()> {
        mount_bind(self.at(what), over)?;
        self.mounted.set(true);
        Ok(())
    }

    /// What cannot be done at that moment is not done.
    fn does(&self, swap: Swap) {
        self.did.set(self.did.get() + 1);
        let _ = self.tries(swap);
    }

    fn tries(&self, swap: Swap) -> io::Result<()> {
        let (folder, bad) = (self.at(DROP), self.at(BAD));
        // Over what is mounted or a link he would act on what is somebody's himself.
        if self.mounted.get() || !fs::symlink_metadata(&folder)?.is_dir() {
            return Ok(());
        }
        match swap {
            Swap::File => {
                self.aside(&bad);
                self.stranger(&bad)
            }
            Swap::Write => {
                let content = format!("written by somebody, number {}", self.did.get());
                let was = fs::symlink_metadata(&bad);
                if was.as_ref().is_ok_and(|m| !m.is_file() || m.nlink() > 1) {
                    return Ok(());
                }
                fs::write(&bad, &content)?;
                let inode = fs::metadata(&bad)?.ino();
                self.innocents.borrow_mut().retain(|i| i.inode != inode);
                self.puts(&bad, Some(content));
                Ok(())
            }
            Swap::Link => {
                self.aside(&bad);
                std::os::unix::fs::symlink("../../../srv/innocent/passwd", &bad)?;
                self.puts(&bad, None);
                Ok(())
            }
            Swap::HardLink => {
                self.aside(&bad);
                fs::hard_link(self.at("/srv/innocent/passwd"), &bad)?;
                self.puts(&bad, Some("the accounts".into()));
                Ok(())
            }
            Swap::Directory => {
                self.aside(&bad);
                fs::create_dir(&bad)?;
                self.puts(&bad, None);
                Ok(())
            }
            Swap::Folder => {
                self.aside(&folder);
                fs::create_dir(&folder)?;
                self.stranger(&bad)
            }
            Swap::FolderLink => {
                self.aside(&folder);
                std::os::unix::fs::symlink("../../srv/innocent", &folder)
            }
            Swap::Mount => self.mounts(INNOCENT, &folder),
            Swap::MountFile => self.mounts("/srv/innocent/passwd", &bad),
        }
    }
}

/// A device with one bad file, somebody's folder, and room to put things aside.
struct Round {
    rig: Rig,
    somebody: Somebody,
    what: String,
}

impl Round {
    fn new(what: String) -> Self {
        let rig = Rig::in_memory();
        rig.write(BAD, judged());
        for (path, content) in [("passwd", "the accounts"), ("bad", "somebody's file of that name")] {
            let path = rig.write(&format!("{INNOCENT}/{path}"), content);
            dress_times(&path);
        }
        fs::create_dir(rig.real("/srv/aside")).unwrap();
        let somebody =
            Somebody { device: rig.root(), innocents: Rc::default(), did: Rc::default(), mounted: Rc::default() };
        Self { rig, somebody, what }
    }

    /// Every file and link on the device, by its number.
    fn found(&self) -> BTreeMap<u64, Vec<(PathBuf, Option<String>)>> {
        fn walk(dir: &Path, out: &mut BTreeMap<u64, Vec<(PathBuf, Option<String>)>>) {
            for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
                let (path, meta) = (entry.path(), entry.path().symlink_metadata().unwrap());
                let content = if meta.is_file() { Some(text(&path).unwrap()) } else { None };
                out.entry(meta.ino()).or_default().push((path.clone(), content));
                if meta.is_dir() {
                    walk(&path, out);
                }
            }
        }
        let mut out = BTreeMap::new();
        walk(&self.rig.root(), &mut out);
        out
    }

    /// Nothing innocent was lost, moved or written, and nothing was put among what is somebody's.
    fn is_innocent(&self, alone: bool) {
        while unmount(self.rig.real(BAD), UnmountFlags::DETACH).is_ok() {}
        while unmount(self.rig.real(DROP), UnmountFlags::DETACH).is_ok() {}
        let (found, what) = (self.found(), &self.what);
        let names: Vec<_> = fs::read_dir(self.rig.real(INNOCENT)).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{what}: nothing came to somebody's folder: {names:?}");
        for (name, content) in [("passwd", "the accounts"), ("bad", "somebody's file of that name")] {
            let path = self.rig.real(&format!("{INNOCENT}/{name}"));
            assert_eq!(text(&path).as_deref(), Some(content), "{what}: {name}");
            assert_eq!(fs::metadata(&path).unwrap().mtime(), 999_999_999, "{what}: {name} was not even touched");
        }
        for innocent in self.somebody.innocents.borrow().iter() {
            let all = found.get(&innocent.inode).unwrap_or_else(|| panic!("{what}: lost: {innocent:?} {found:#?}"));
            assert!(all.iter().any(|(_, content)| *content == innocent.content), "{what}: {innocent:?} {all:?}");
            let in_place = all.iter().any(|(path, _)| *path == innocent.at);
            assert!(in_place || !alone, "{what}: it is where it was put: {innocent:?} {all:?}");
        }
        assert_eq!(self.rig.leftovers(), Vec::<PathBuf>::new(), "{what}");
    }

    fn has_judged(&self) -> bool {
        self.found().values().flatten().any(|(_, content)| content.as_deref() == Some(judged()))
    }
}

fn judged() -> &'static str {
    "judged, and found bad"
}

/// When somebody acts: at one moment, or by lot at any.
#[derive(Clone, Copy)]
enum When {
    At(usize, Swap),
    ByLot(u64),
    Never,
}

/// Carries out what is given while somebody acts, and counts the moments.
fn meanwhile(somebody: &Somebody, when: When, act: impl FnOnce() -> Receipt) -> (Receipt, usize) {
    let passed = Rc::new(Cell::new(0));
    let (count, other) = (Rc::clone(&passed), somebody.clone());
    let mut lot = Lot(if let When::ByLot(seed) = when { seed | 1 } else { 1 });
    let interference = interfere(move |_| {
        let moment = count.get();
        count.set(moment + 1);
        match when {
            When::At(at, swap) if at == moment => other.does(swap),
            When::ByLot(_) if lot.below(4) == 0 => other.does(Swap::ALL[lot.below(Swap::ALL.len())]),
            When::At(..) | When::ByLot(_) | When::Never => {}
        }
    });
    let receipt = act();
    drop(interference);
    (receipt, passed.get())
}

fn happened(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, ReceiptOutcome::Done { .. } | ReceiptOutcome::Partly { .. })
}

fn kept(hands: &Hands) -> Vec<VaultItem> {
    assert!(hands.verify_vault().unwrap().iter().all(|check| check.fault.is_none()), "every copy is whole");
    hands.vault_items().unwrap()
}

#[derive(Default)]
struct Count {
    quarantines: usize,
    undos: usize,
    kills: usize,
    swaps: usize,
    put_back: usize,
    done: usize,
}

impl Count {
    fn note(&mut self, somebody: &Somebody, receipt: &Receipt) {
        self.swaps += somebody.did.get();
        self.put_back += usize::from(receipt.steps.iter().any(|step| step.contains("put back untouched")));
        self.done += usize::from(happened(receipt));
    }

    fn quarantine(&mut self, when: When, what: String) -> usize {
        let round = Round::new(what);
        let (target, inode) = (round.rig.file(BAD), fs::metadata(round.rig.real(BAD)).unwrap().ino());
        let hands = round.rig.hands();
        let (receipt, moments) = meanwhile(&round.somebody, when, || quarantine(&hands, &target));
        let written = round.somebody.innocents.borrow().iter().any(|i| i.inode == inode);
        round.is_innocent(!matches!(when, When::ByLot(_)));
        let (items, what) = (kept(&hands), &round.what);
        if happened(&receipt) {
            assert_eq!(items.len(), 1, "{what}: {receipt:?}");
            assert!(!round.found().contains_key(&inode), "{what}: it is gone: {receipt:?}");
        } else {
            assert!(round.found().contains_key(&inode), "{what}: it is there: {receipt:?}");
            assert!(written || round.has_judged(), "{what}: as it was: {receipt:?}");
        }
        self.quarantines += 1;
        self.note(&round.somebody, &receipt);
        moments
    }

    fn undo(&mut self, when: When, what: String) -> usize {
        let round = Round::new(what);
        let (target, hands) = (round.rig.file(BAD), round.rig.hands());
        let ids = done(&quarantine(&hands, &target));
        let (receipt, moments) = meanwhile(&round.somebody, when, || undo(&hands, FILE, &target, &ids, Conflict::Stop));
        let written = round
            .somebody
            .innocents
            .borrow()
            .iter()
            .any(|i| i.content.as_deref().is_some_and(|content| content.starts_with("written by")));
        round.is_innocent(!matches!(when, When::ByLot(_)));
        let (items, what) = (kept(&hands), &round.what);
        assert_eq!(items.len(), 1, "{what}: the copy stays: {receipt:?}");
        assert!(!happened(&receipt) || written || round.has_judged(), "{what}: it is back: {receipt:?}");
        if !happened(&receipt) {
            assert!(!items[0].restored && !round.has_judged(), "{what}: as it was: {receipt:?}");
        }
        self.undos += 1;
        self.note(&round.somebody, &receipt);
        moments
    }

    /// The judged process ends by itself at that moment, and an innocent gets its number.
    fn kill(&mut self, at: Option<usize>, what: &str) -> usize {
        let rig = Rig::in_memory();
        let hands = rig.hands();
        let program = rig.write("/tmp/.x/sleeper", "");
        fs::copy("/bin/sleep", &program).unwrap();
        let start = |program: &Path| Command::new(program).arg("600").stdin(Stdio::null()).spawn().unwrap();
        let mut bad = start(&program);
        let pid = bad.id();
        // The kernel counts starts in hundredths of a second, and whoever is judged was looked at for longer than that.
        std::thread::sleep(std::time::Duration::from_millis(25));
        let target = Target::Process {
            pid,
            start_ticks: ticks(pid).unwrap(),
            exe: Some("/tmp/.x/sleeper".into()),
            image_sha256: Some(hex(&Sha256::digest(fs::read(&program).unwrap()))),
            script: None,
        };
        let innocent: Rc<RefCell<Option<(Child, String)>>> = Rc::default();
        let (passed, successor) = (Rc::new(Cell::new(0)), Rc::clone(&innocent));
        let count = Rc::clone(&passed);
        let bad_process = Rc::new(RefCell::new(bad));
        let other = Rc::clone(&bad_process);
        let interference = interfere(move |_| {
            let moment = count.get();
            count.set(moment + 1);
            if at != Some(moment) {
                return;
            }
            let mut bad = other.borrow_mut();
            bad.kill().and_then(|()| bad.wait()).unwrap();
            // The same program, so that nothing but its start tells it from the judged one.
            for _ in 0..200 {
                fs::write(NEXT, (pid - 1).to_string()).unwrap();
                let mut child = start(&program);
                if child.id() == pid {
                    *successor.borrow_mut() = Some((child, ticks(pid).unwrap()));
                    return;
                }
                child.kill().and_then(|()| child.wait()).unwrap();
            }
            panic!("the number {pid} did not come again");
        });
        let receipt = apply(&hands, ActionType::KillProcess, &target);
        drop(interference);
        if let Some((mut child, since)) = innocent.borrow_mut().take() {
            assert!(child.try_wait().unwrap().is_none(), "{what}: the innocent runs: {receipt:?}");
            assert_eq!(ticks(pid), Some(since), "{what}");
            child.kill().and_then(|()| child.wait()).unwrap();
            self.swaps += 1;
        } else {
            assert!(at.is_none() && happened(&receipt), "{what}: {receipt:?}");
        }
        bad = Rc::into_inner(bad_process).unwrap().into_inner();
        assert!(bad.wait().is_ok());
        self.kills += 1;
        self.done += usize::from(happened(&receipt));
        passed.get()
    }
}

fn ticks(pid: u32) -> Option<String> {
    let stat = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?.stat().ok()?;
    Some(stat.starttime.to_string())
}

/// M151, M63, M67
#[test]
fn nobody_innocent_is_lost_or_ended_whoever_acts_between_two_steps() {
    inside("act::tests::races::nobody_innocent_is_lost_or_ended_whoever_acts_between_two_steps", || {
        // So that mounts made here have a mount of their own to lie on.
        mount_bind("/dev/shm", "/dev/shm").unwrap();
        assert!(rustix::fs::statat(CWD, NEXT, rustix::fs::AtFlags::empty()).is_ok(), "{NEXT}");
        let mut count = Count::default();
        let (taken, back) =
            (count.quarantine(When::Never, "nobody acts".into()), count.undo(When::Never, "nobody acts".into()));
        assert_eq!(count.done, 2);
        for swap in Swap::ALL {
            for at in 0..taken {
                count.quarantine(When::At(at, swap), format!("quarantine, {swap:?} at {at}"));
            }
            for at in 0..back {
                count.undo(When::At(at, swap), format!("undo, {swap:?} at {at}"));
            }
        }
        let ends = count.kill(None, "nobody acts");
        for at in 0..ends {
            count.kill(Some(at), &format!("kill at {at}"));
        }
        let matrix = count.quarantines + count.undos + count.kills;
        let rounds = env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(matrix + BY_LOT);
        for round in matrix..rounds {
            let seed = (round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            match round % 8 {
                0 => count.kill(Some(round / 8 % ends), &format!("kill, round {round}")),
                1..=4 => count.quarantine(When::ByLot(seed), format!("quarantine, round {round}")),
                _ => count.undo(When::ByLot(seed), format!("undo, round {round}")),
            };
        }
        let Count { quarantines, undos, kills, swaps, put_back, done } = count;
        println!();
        println!(
            "counted: race matrix: {} rounds ({quarantines} quarantines over {taken} moments, {undos} undos over {back}, {kills} kills \
             over {ends}), {swaps} swaps of {} kinds; {done} done, {put_back} strangers put back, nobody innocent lost",
            quarantines + undos + kills,
            Swap::ALL.len() + 1,
        );
        assert!(put_back > 5, "some were caught by the rename: {put_back}");
    });
}
