//! M145: the program dies at every moment of every act, and the device is as before or as intended, never neither.
//!
//! The dying is done by this test program itself, started again with one moment named in its environment.
use super::*;
use crate::act::points::POINTS;
use assize_domain::question::Truth;
use std::{collections::BTreeSet, process::Command};

const DIR: &str = "ASSIZE_TEST_CRASH_DIR";
const ACT: &str = "ASSIZE_TEST_CRASH_ACT";
const ORDER: &str = "ASSIZE_TEST_CRASH_ORDER";
const CRONTAB: &str = "/var/spool/cron/crontabs/root";
const TIMER: &str = "/etc/systemd/system/bad.timer";
const LINE: &str = "* * * * * /tmp/.x/bad";

#[derive(Clone, Copy, PartialEq)]
enum Case {
    File,
    Line,
    Timer,
}

impl Case {
    fn path(self) -> &'static str {
        match self {
            Self::File => "/tmp/.x/bad",
            Self::Line => CRONTAB,
            Self::Timer => TIMER,
        }
    }
    fn kind(self) -> ActionType {
        match self {
            Self::File => ActionType::QuarantineFile,
            Self::Line | Self::Timer => ActionType::RemoveScheduledTask,
        }
    }
    fn content(self) -> String {
        match self {
            Self::File => "judged ".repeat(20_000),
            Self::Line => format!("1 * * * * good\n{LINE}\n2 * * * * good"),
            Self::Timer => "[Timer]\n".into(),
        }
    }
    fn target(self, root: &Path) -> Target {
        match self {
            Self::File => file_target(root, &self.path().into()),
            Self::Line => line_target(CRONTAB, LINE, 0),
            Self::Timer => task_file_target(TaskKind::SystemdTimer, TIMER, self.content().as_bytes()),
        }
    }
    fn plant(self, rig: &Rig) -> State {
        let real = rig.write(self.path(), self.content());
        if self == Self::Timer {
            let wants = rig.real("/etc/systemd/system/timers.target.wants");
            fs::create_dir(&wants).unwrap();
            std::os::unix::fs::symlink(TIMER, wants.join("bad.timer")).unwrap();
        }
        dress(&real);
        self.state(rig)
    }
    fn state(self, rig: &Rig) -> State {
        let link = fs::read_link(rig.real("/etc/systemd/system/timers.target.wants/bad.timer")).ok();
        State { file: snapshot(&rig.real(self.path())), link }
    }
    /// The device after the act: the file gone, or without its line.
    fn is_acted(self, rig: &Rig) -> bool {
        let state = self.state(rig);
        match self {
            Self::File | Self::Timer => state.file.is_none() && state.link.is_none(),
            Self::Line => fs::read_to_string(rig.real(CRONTAB)).is_ok_and(|t| t == "1 * * * * good\n2 * * * * good"),
        }
    }
}

#[derive(Debug, PartialEq)]
struct State {
    file: Option<Snapshot>,
    link: Option<PathBuf>,
}

/// The program that dies.
#[test]
#[ignore = "started by the tests below"]
fn one_act_in_a_program_of_its_own() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else { return };
    let act = std::env::var(ACT).unwrap();
    let order = OrderId(std::env::var(ORDER).unwrap());
    let (case, verb) = act.split_once('-').unwrap();
    let case = match case {
        "file" => Case::File,
        "line" => Case::Line,
        _ => Case::Timer,
    };
    let hands = open(&dir);
    let receipt = if verb == "apply" {
        hands.carry_out(&apply_order(&order, case.kind(), case.target(&dir.join("device"))))
    } else {
        let kept = hands.vault_items().unwrap().into_iter().map(|i| i.id).collect();
        let target = task_file_target(TaskKind::Cron, case.path(), b"");
        hands.carry_out(&undo_order(&order, case.kind(), target, kept, Conflict::Stop))
    };
    done(&receipt);
}

/// True when it died at that moment, false when it came to its end without passing it.
fn died(rig: &Rig, act: &str, order: &OrderId, point: &str) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "act::tests::crash::one_act_in_a_program_of_its_own", "--ignored"])
        .env(DIR, rig.dir.path())
        .env(ACT, act)
        .env(ORDER, order.as_str())
        .env("ASSIZE_FAIL_POINT", point)
        .output()
        .unwrap();
    use std::os::unix::process::ExitStatusExt;
    let died = output.status.signal() == Some(6);
    assert!(died || output.status.success(), "{point}: {}", String::from_utf8_lossy(&output.stdout));
    died
}

fn every_moment(case: Case, name: &str, apply_points: &[&str], undo_points: &[&str]) {
    let (mut applied, mut undone) = (BTreeSet::new(), BTreeSet::new());
    for point in POINTS {
        let rig = Rig::in_memory();
        let before = case.plant(&rig);
        let order = fresh();
        if died(&rig, &format!("{name}-apply"), &order, point) {
            applied.insert(point);
        }
        let hands = rig.hands();
        match hands.truth(&order) {
            Truth::NeverStarted => {
                assert_eq!(case.state(&rig), before, "apply, {point}: as before");
                assert!(hands.vault_items().unwrap().is_empty(), "apply, {point}");
                done(&apply(&hands, case.kind(), &case.target(&rig.root())));
            }
            Truth::Ended(receipt) => {
                let kept = done(&receipt);
                assert_eq!(kept.len(), 1, "apply, {point}");
            }
            Truth::Unknown(fault) => panic!("apply, {point}: {fault:?}"),
        }
        assert!(case.is_acted(&rig), "apply, {point}: as intended");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new(), "apply, {point}");
        assert!(hands.verify_vault().unwrap().iter().all(|c| c.fault.is_none()), "apply, {point}");
        drop(hands);

        let order = fresh();
        if died(&rig, &format!("{name}-undo"), &order, point) {
            undone.insert(point);
        }
        let hands = rig.hands();
        match hands.truth(&order) {
            Truth::NeverStarted => {
                assert!(case.is_acted(&rig), "undo, {point}: as it was");
                let kept: Vec<_> = hands.vault_items().unwrap().into_iter().map(|i| i.id).collect();
                done(&undo(&hands, case.kind(), &line_target(case.path(), LINE, 0), &kept, Conflict::Stop));
            }
            Truth::Ended(receipt) => drop(done(&receipt)),
            Truth::Unknown(fault) => panic!("undo, {point}: {fault:?}"),
        }
        assert_eq!(case.state(&rig), before, "undo, {point}: as before");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new(), "undo, {point}");
        assert!(hands.vault_items().unwrap()[0].restored, "undo, {point}");
    }
    // The moments are really passed; else this test would prove nothing.
    assert_eq!(applied, apply_points.iter().copied().collect());
    assert_eq!(undone, undo_points.iter().copied().collect());
}

/// M145, M152
#[test]
fn a_quarantine_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(
        Case::File,
        "file",
        &["began", "kept", "armed", "renamed", "compared", "removed", "verified", "before-end"],
        &["began", "made", "armed", "placed", "verified", "before-end"],
    );
}

/// M145
#[test]
fn the_removal_of_a_line_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(
        Case::Line,
        "line",
        &["began", "kept", "made", "armed", "renamed", "compared", "removed", "verified", "before-end"],
        &["began", "made", "armed", "renamed", "compared", "removed", "placed", "verified", "before-end"],
    );
}

/// M145
#[test]
fn the_removal_of_a_timer_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(
        Case::Timer,
        "timer",
        &["began", "kept", "armed", "renamed", "compared", "removed", "verified", "linked", "before-end"],
        &["began", "made", "armed", "placed", "verified", "linked", "before-end"],
    );
}

/// A crash, and then somebody acts before the next start.
#[test]
fn what_happened_between_crash_and_start_is_never_overwritten() {
    for point in ["armed", "renamed"] {
        let rig = Rig::new();
        let real = rig.write("/tmp/.x/bad", Case::File.content());
        let order = fresh();
        assert!(died(&rig, "file-apply", &order, point));
        let aside = rig.real("/tmp/.x/aside");
        if point == "armed" {
            fs::rename(&real, &aside).unwrap();
        }
        fs::write(&real, "newcomer").unwrap();
        let hands = rig.hands();
        assert_eq!(fs::read(&real).unwrap(), b"newcomer", "{point}");
        assert_eq!(hands.vault_items().unwrap().len(), 1, "{point}: the copy is kept where it is not certain");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new(), "{point}");
        assert!(matches!(hands.truth(&order), Truth::Ended(_)), "{point}");
    }
}

/// Another living process at work is no crash.
#[test]
fn an_order_under_way_in_another_process_is_not_taken_for_unfinished() {
    let rig = Rig::new();
    let real = rig.write("/tmp/.x/bad", "judged");
    let hands = rig.hands();
    let dir = rig.dir.path().to_owned();
    let _interference = crate::act::points::interfere(move |point| {
        if point == "renamed" {
            // Opens while the order holds the lock: looks at nothing, waits for nothing.
            drop(open(&dir));
        }
    });
    let receipt = quarantine(&hands, &rig.file("/tmp/.x/bad"));
    done(&receipt);
    assert!(!real.exists());
}
