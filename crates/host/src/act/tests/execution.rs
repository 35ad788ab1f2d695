//! Restriction in mounts of its own: what is let pass and what is not, and that everything may be run again afterwards.
//! Nothing here watches a mount that this test did not make.
use super::{
    network::{inside, is_own, say},
    *,
};
use crate::{
    act::execution::{
        judge::{Judge, ReadPackages},
        mounts::{Marks, mounted, options_of},
        watcher::{Counts, LIMIT, Watcher},
    },
    look::packages::PackageDatabase,
};
use assize_domain::{mitigation::Holds, question::Truth};
use md5::Md5;
use std::{
    collections::HashSet,
    io,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

const KIND: ActionType = ActionType::RestrictCodeExecution;
const DIR: &str = "ASSIZE_TEST_CRASH_DIR";
const VERB: &str = "ASSIZE_TEST_CRASH_VERB";
const ORDER: &str = "ASSIZE_TEST_CRASH_ORDER";

fn restriction() -> Target {
    Target::CodeExecution { until: None }
}

/// A disk in memory that only this test sees.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Self {
        assert!(is_own(), "nothing of the machine is ever watched");
        let disk = Self(tempfile::tempdir().unwrap());
        say("mount", &["-t", "tmpfs", "-o", "mode=755", "tmpfs", disk.0.path().to_str().unwrap()]);
        disk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn marks(&self) -> Marks {
        Marks::only(vec![self.0.path().to_owned()])
    }

    /// These files belong to a package as they are now.
    fn package(&self, files: &[&Path]) -> ReadPackages {
        let root = tempfile::tempdir().unwrap().keep();
        let info = root.join("var/lib/dpkg/info");
        fs::create_dir_all(&info).unwrap();
        let names: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
        let sum = |file: &Path| hex(&Md5::digest(fs::read(file).unwrap()));
        let sums: String =
            files.iter().map(|file| format!("{}  {}\n", sum(file), &file.to_str().unwrap()[1..])).collect();
        fs::write(info.join("tool.list"), names).unwrap();
        fs::write(info.join("tool.md5sums"), sums).unwrap();
        Arc::new(move || PackageDatabase::read(&Root::staged(&root)))
    }

    fn watch(&self, files: &[&Path]) -> Watcher {
        let judge = Judge::new(self.package(files), HashSet::new(), &[]);
        Watcher::start(self.marks(), judge, Box::new(|| true), LIMIT).unwrap()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn start(words: &[&str]) -> io::Result<Output> {
    Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).output()
}

fn runs(words: &[&str]) -> bool {
    start(words).is_ok_and(|output| output.status.success())
}

#[track_caller]
fn is_denied(words: &[&str]) {
    let error = start(words).expect_err("it is refused");
    assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::PERM.raw_os_error()), "{words:?}: {error}");
}

fn loader() -> String {
    let places = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    places.into_iter().find(|place| Path::new(place).exists()).unwrap().to_owned()
}

/// M123, M74: by every way in, and after the end of the watch by every way again.
#[test]
fn only_what_a_package_owns_unchanged_is_run() {
    inside("act::tests::execution::only_what_a_package_owns_unchanged_is_run", || {
        let disk = Disk::new();
        let program = fs::read("/bin/true").unwrap();
        let library = fs::read(fs::canonicalize("/proc/self/exe").unwrap()).unwrap();
        let (owned, stranger) = (disk.write("owned", &program), disk.write("stranger", &program));
        let owned_script = disk.write("owned.sh", b"#!/bin/sh\necho ran\n");
        let script = disk.write("stranger.sh", b"#!/bin/sh\necho ran\n");
        let preload = disk.write("stranger.so", &library);
        let data = disk.write("data.txt", b"only text\n");
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let all = [&owned, &stranger, &owned_script, &script, &preload, &data].map(|path| text(path));
        let [owned, stranger, owned_script, script, preload, data] = all.each_ref().map(String::as_str);
        let loader = loader();
        let preloaded = || {
            let mut command = Command::new("/bin/true");
            String::from_utf8(command.env("LD_PRELOAD", preload).output().unwrap().stderr).unwrap()
        };
        let before = |what: &str| {
            for way in
                [&[owned][..], &[stranger], &[owned_script], &[script], &["/bin/sh", script], &[&loader, stranger]]
            {
                assert!(runs(way), "{what}: {way:?}");
            }
        };
        before("before");
        let watcher = disk.watch(&[Path::new(owned), Path::new(owned_script)]);
        for _ in 0..2 {
            assert!(runs(&[owned]) && runs(&[owned_script]) && runs(&["/bin/sh", owned_script]));
            assert!(runs(&[&loader, owned]));
            is_denied(&[stranger]);
            is_denied(&[script]);
            assert!(!runs(&["/bin/sh", script]), "a script through its interpreter");
            assert!(!runs(&["/bin/sh", "-e", script]));
            assert!(!runs(&[&loader, stranger]), "a program through the loader");
            assert!(!runs(&[&loader, "/bin/sh", script]), "both");
            assert!(preloaded().contains("cannot be preloaded"), "{}", preloaded());
            assert!(runs(&["/bin/cat", data]) && runs(&["/bin/cat", script]), "reading is no running");
            assert!(fs::read(stranger).is_ok(), "this process itself never waits for itself");
        }
        // Written to, it is no longer what the package brought.
        fs::OpenOptions::new().append(true).open(owned).and_then(|mut f| io::Write::write_all(&mut f, b"!")).unwrap();
        is_denied(&[owned]);
        let Counts { asked, denied, shed } = watcher.counts();
        assert!(denied >= 13 && asked > denied && shed == 0, "{asked} {denied} {shed}");
        assert!(watcher.is_watching() && watcher.places() == 1);
        drop(watcher);
        before("afterwards");
    });
}

/// A file that takes too long to judge holds nobody up for ever, and that is counted.
#[test]
fn what_is_not_answered_in_time_passes_and_is_counted() {
    inside("act::tests::execution::what_is_not_answered_in_time_passes_and_is_counted", || {
        let disk = Disk::new();
        let (small, large) = (disk.write("small", b""), disk.write("large", b""));
        let judge = Judge::new(disk.package(&[&small, &large]), HashSet::new(), &[]);
        // Its sum is that of an empty file, so it is denied if there is time to read it.
        fs::File::options().write(true).open(&large).unwrap().set_len(600 << 20).unwrap();
        let limit = Duration::from_millis(100);
        let watcher = Watcher::start(disk.marks(), judge, Box::new(|| true), limit).unwrap();
        let error = start(&[large.to_str().unwrap()]).unwrap_err();
        let no_program = Some(rustix::io::Errno::NOEXEC.raw_os_error());
        assert_eq!(error.raw_os_error(), no_program, "it came as far as the kernel's own judgement");
        assert!(watcher.counts().shed >= 1);
    });
}

/// The watch ends when nobody wants it any more, and whoever waits is let go.
#[test]
fn an_unwanted_watch_ends_by_itself() {
    inside("act::tests::execution::an_unwanted_watch_ends_by_itself", || {
        let disk = Disk::new();
        let stranger = disk.write("stranger", &fs::read("/bin/true").unwrap());
        let judge = Judge::new(disk.package(&[]), HashSet::new(), &[]);
        let wanted = disk.write("wanted", b"");
        let still = wanted.clone();
        let watcher = Watcher::start(disk.marks(), judge, Box::new(move || still.exists()), LIMIT).unwrap();
        is_denied(&[stranger.to_str().unwrap()]);
        fs::remove_file(wanted).unwrap();
        while watcher.is_watching() {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(runs(&[stranger.to_str().unwrap()]));
    });
}

/// This computer, of which only this disk is watched.
fn computer(disk: &Path) -> Hands {
    assert!(is_own(), "nothing of the machine is ever watched");
    let mut hands = Hands::open(Root::this_computer(), &disk.join("state"), clock).unwrap();
    hands.vault.without_reserve();
    hands.post().mark(Marks::only(vec![disk.to_owned()]));
    hands.live_long();
    hands
}

fn holds(hands: &Hands) -> Option<Holds> {
    hands.watch().into_iter().find(|m| m.kind == KIND).map(|m| m.holds)
}

/// A temporary place that is a mount of its own.
fn temporary() -> impl Fn() -> String {
    say("mount", &["-t", "tmpfs", "-o", "mode=1777,nosuid", "tmpfs", "/var/tmp"]);
    || options_of(&mounted().unwrap(), Path::new("/var/tmp")).unwrap()
}

/// M74, M123, M62, M67
#[test]
fn a_restriction_is_set_proven_joined_and_lifted() {
    inside("act::tests::execution::a_restriction_is_set_proven_joined_and_lifted", || {
        let disk = Disk::new();
        let options = temporary();
        let before = options();
        let program = fs::read("/bin/true").unwrap();
        let stranger = disk.write("stranger", &program);
        let stranger = stranger.to_str().unwrap();
        fs::write("/var/tmp/tool", &program).unwrap();
        fs::set_permissions("/var/tmp/tool", fs::Permissions::from_mode(0o755)).unwrap();
        assert!(runs(&[stranger]) && runs(&["/var/tmp/tool"]));

        let hands = computer(disk.0.path());
        let plan = hands.plan(KIND, &restriction());
        assert!(plan.obstacles.iter().all(|o| !o.blocking) && plan.steps.len() >= 2, "{plan:?}");
        assert!(runs(&[stranger]) && options() == before, "a plan touches nothing");

        let kept = done(&apply(&hands, KIND, &restriction()));
        assert_eq!((kept.len(), holds(&hands)), (1, Some(Holds::InForce)));
        is_denied(&[stranger]);
        assert!(options().contains("noexec") && !runs(&["/var/tmp/tool"]));
        let again = done(&apply(&hands, KIND, &restriction()));
        assert_eq!(hands.watch()[0].earlier.len(), 1, "the second joins the first");

        // Somebody opens the place again: told, and put right when asked.
        say("mount", &["-o", "remount,bind,exec", "/var/tmp"]);
        assert!(matches!(holds(&hands), Some(Holds::Behind { .. })));
        hands.reapply().unwrap();
        assert_eq!(holds(&hands), Some(Holds::InForce));

        // Another process lifts it; this one stops watching.
        let other = Hands::open(Root::this_computer(), &disk.path("state"), clock).unwrap();
        assert_eq!(holds(&other), Some(Holds::InForce), "another process sees that somebody watches");
        done(&undo(&other, KIND, &restriction(), &kept, Conflict::Stop));
        assert!(runs(&[stranger]) && runs(&["/var/tmp/tool"]));
        assert_eq!((options(), holds(&hands), holds(&other)), (before, None, None));
        done(&undo(&hands, KIND, &restriction(), &again, Conflict::Stop));
    });
}

/// M165: when the service ends the kernel lets everything pass, and the next start watches again.
#[test]
fn a_restriction_is_in_force_again_after_a_start() {
    inside("act::tests::execution::a_restriction_is_in_force_again_after_a_start", || {
        let disk = Disk::new();
        let stranger = disk.write("stranger", &fs::read("/bin/true").unwrap());
        let stranger = stranger.to_str().unwrap();
        let hands = computer(disk.0.path());
        let timed = Target::CodeExecution { until: Some(Stamp(NOW.0 + 1000)) };
        let kept = done(&apply(&hands, KIND, &timed));
        is_denied(&[stranger]);
        drop(hands);
        assert!(runs(&[stranger]));
        let hands = computer(disk.0.path());
        assert!(matches!(holds(&hands), Some(Holds::Lifted { .. })));
        assert_eq!(hands.reapply().unwrap()[0].holds, Holds::InForce);
        is_denied(&[stranger]);
        drop(hands);

        let late = Hands::open(Root::this_computer(), &disk.path("state"), || Stamp(NOW.0 + 1000)).unwrap();
        late.post().mark(disk.marks());
        late.live_long();
        assert!(late.reapply().unwrap().is_empty() && runs(&[stranger]), "its time is over");
        done(&undo(&late, KIND, &timed, &kept, Conflict::Stop));
    });
}

/// M130
#[test]
fn a_program_that_ends_with_its_command_cannot_restrict_and_says_so() {
    let rig = Rig::new();
    assert!(rig.hands().capability(KIND).unwrap_err().contains("folder"));
    let this = Hands::open(Root::this_computer(), &rig.state(), clock).unwrap();
    let why = this.capability(KIND).unwrap_err();
    assert!(why.contains("device service"), "{why}");
    let receipt = apply(&this, KIND, &restriction());
    assert!(matches!(receipt.outcome, ReceiptOutcome::Unsupported { .. }), "{receipt:?}");
    assert!(this.vault_items().unwrap().is_empty() && this.watch().is_empty());
}

/// The program that dies.
#[test]
#[ignore = "started by the test below"]
fn one_act_in_a_program_of_its_own() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else { return };
    let order = OrderId(std::env::var(ORDER).unwrap());
    let hands = computer(&dir);
    let receipt = if std::env::var(VERB).unwrap() == "apply" {
        hands.carry_out(&apply_order(&order, KIND, restriction()))
    } else {
        hands.reapply().unwrap();
        let kept = hands.vault_items().unwrap().into_iter().map(|i| i.id).collect();
        hands.carry_out(&undo_order(&order, KIND, restriction(), kept, Conflict::Stop))
    };
    done(&receipt);
}

/// True when it died at that moment, false when it came to its end without passing it.
fn died(dir: &Path, verb: &str, order: &OrderId, point: &str) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "act::tests::execution::one_act_in_a_program_of_its_own", "--ignored"])
        .env(DIR, dir)
        .env(VERB, verb)
        .env(ORDER, order.as_str())
        .env("ASSIZE_FAIL_POINT", point)
        .output()
        .unwrap();
    use std::os::unix::process::ExitStatusExt;
    let died = output.status.signal().is_some();
    assert!(died || output.status.success(), "{point}: {}", String::from_utf8_lossy(&output.stdout));
    died
}

/// M145: whoever waits for a watcher that dies is let go, and the next start leaves nothing half done.
#[test]
fn a_restriction_or_its_lifting_that_dies_at_any_moment_is_whole_after_the_next_start() {
    inside(
        "act::tests::execution::a_restriction_or_its_lifting_that_dies_at_any_moment_is_whole_after_the_next_start",
        || {
            let options = temporary();
            let before = options();
            let moments = ["began", "kept", "armed", "made", "placed", "verified", "before-end"];
            for point in moments {
                let disk = Disk::new();
                let stranger = disk.write("stranger", &fs::read("/bin/true").unwrap());
                let stranger = stranger.to_str().unwrap();
                let order = fresh();
                assert!(died(disk.0.path(), "apply", &order, point), "{point}");
                assert!(runs(&[stranger]), "{point}: nobody watches, nobody waits");
                let hands = computer(disk.0.path());
                hands.reapply().unwrap();
                let kept = match hands.truth(&order) {
                    Truth::NeverStarted => {
                        assert_eq!(
                            (options(), hands.watch()),
                            (before.clone(), vec![]),
                            "restrict, {point}: as before"
                        );
                        assert!(hands.vault_items().unwrap().is_empty(), "restrict, {point}");
                        done(&apply(&hands, KIND, &restriction()))
                    }
                    Truth::Ended(receipt) => done(&receipt),
                    Truth::Unknown(fault) => panic!("{fault}"),
                };
                assert_eq!(holds(&hands), Some(Holds::InForce), "restrict, {point}: as intended");
                drop(hands);

                let order = fresh();
                assert_eq!(died(disk.0.path(), "undo", &order, point), point != "kept", "{point}");
                let hands = computer(disk.0.path());
                hands.reapply().unwrap();
                match hands.truth(&order) {
                    Truth::NeverStarted => {
                        assert_eq!(holds(&hands), Some(Holds::InForce), "lift, {point}: as it was");
                        done(&undo(&hands, KIND, &restriction(), &kept, Conflict::Stop));
                    }
                    Truth::Ended(receipt) => drop(done(&receipt)),
                    Truth::Unknown(fault) => panic!("{fault}"),
                }
                assert!(runs(&[stranger]), "lift, {point}");
                assert_eq!((options(), hands.watch()), (before.clone(), vec![]), "lift, {point}: as before");
            }
        },
    );
}
