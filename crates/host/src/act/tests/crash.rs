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
const SERVICE: &str = "/etc/systemd/system/bad.service";
const PACKAGED: &str = "/usr/lib/systemd/system/pkg.service";
const UNIT: &str = "[Service]\nExecStart=/tmp/.x/bad\n";
const LINE: &str = "* * * * * /tmp/.x/bad";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Case {
    File,
    Line,
    Timer,
    /// A line of a profile that is all its block holds.
    Profile,
    /// A list of libraries of which nothing would be left.
    Preload,
    Service,
    /// A service of a package: links go, and a mask is laid.
    Packaged,
    /// A rule of our own, one list edited, one taken whole.
    Driver,
    /// The same where the folder of rules has to be made.
    BareDriver,
}

impl Case {
    const ALL: [Self; 9] = [
        Self::File,
        Self::Line,
        Self::Timer,
        Self::Profile,
        Self::Preload,
        Self::Service,
        Self::Packaged,
        Self::Driver,
        Self::BareDriver,
    ];

    fn kind(self) -> ActionType {
        match self {
            Self::File => ActionType::QuarantineFile,
            Self::Line | Self::Timer => ActionType::RemoveScheduledTask,
            Self::Profile | Self::Preload => ActionType::RemovePersistence,
            Self::Service | Self::Packaged => ActionType::StopService,
            Self::Driver | Self::BareDriver => ActionType::DisableDriver,
        }
    }

    fn target(self, root: &Path) -> Target {
        match self {
            Self::File => file_target(root, &"/tmp/.x/bad".into()),
            Self::Line => line_target(CRONTAB, LINE, 0),
            Self::Timer => task_file_target(TaskKind::SystemdTimer, TIMER, b"[Timer]\n"),
            Self::Profile => startup_target(StartupKind::ShellProfile, "/home/u/.bashrc", "  /tmp/.x/bad", 0),
            Self::Preload => startup_target(StartupKind::Preload, "/etc/ld.so.preload", "/tmp/bad.so", 0),
            Self::Service => service_target(SERVICE, UNIT),
            Self::Packaged => service_target(PACKAGED, UNIT),
            Self::Driver | Self::BareDriver => driver_target("evil"),
        }
    }

    fn plant(self, rig: &Rig) -> BTreeMap<PathBuf, Thing> {
        let write = |path: &str, content: &str| dress(&rig.write(path, content));
        match self {
            Self::File => write("/tmp/.x/bad", &"judged ".repeat(20_000)),
            Self::Line => write(CRONTAB, &format!("1 * * * * good\n{LINE}\n2 * * * * good")),
            Self::Timer => {
                write(TIMER, "[Timer]\n");
                link(rig, "/etc/systemd/system/timers.target.wants/bad.timer", TIMER);
            }
            Self::Profile => write("/home/u/.bashrc", "if a; then\n  /tmp/.x/bad\nfi\n"),
            Self::Preload => write("/etc/ld.so.preload", "/tmp/bad.so\n"),
            Self::Service => {
                write(SERVICE, UNIT);
                link(rig, "/etc/systemd/system/multi-user.target.wants/bad.service", SERVICE);
                link(rig, "/etc/systemd/system/other-name.service", "bad.service");
            }
            Self::Packaged => {
                write(PACKAGED, UNIT);
                link(rig, "/etc/systemd/system/multi-user.target.wants/pkg.service", PACKAGED);
            }
            Self::Driver | Self::BareDriver => {
                write("/etc/modules", "loop\nevil\n");
                write("/etc/modules-load.d/x.conf", "evil\n");
                if self == Self::Driver {
                    write("/etc/modprobe.d/other.conf", "options loop a=1\n");
                }
            }
        }
        tree(rig)
    }

    /// How many copies the act keeps.
    fn copies(self) -> usize {
        match self {
            Self::Driver | Self::BareDriver => 3,
            Self::File | Self::Line | Self::Timer | Self::Profile | Self::Preload | Self::Service | Self::Packaged => 1,
        }
    }

    /// The device after the act, and nothing of the old one.
    fn is_acted(self, rig: &Rig) -> bool {
        let text = |path: &str| text(&rig.real(path));
        let none = |path: &str| fs::symlink_metadata(rig.real(path)).is_err();
        match self {
            Self::File => none("/tmp/.x/bad"),
            Self::Line => text(CRONTAB).is_some_and(|t| t == "1 * * * * good\n2 * * * * good"),
            Self::Timer => none(TIMER) && none("/etc/systemd/system/timers.target.wants/bad.timer"),
            Self::Profile => text("/home/u/.bashrc").is_some_and(|t| t == "if a; then\n  :\nfi\n"),
            Self::Preload => none("/etc/ld.so.preload"),
            Self::Service => {
                none(SERVICE)
                    && none("/etc/systemd/system/multi-user.target.wants/bad.service")
                    && none("/etc/systemd/system/other-name.service")
            }
            Self::Packaged => {
                let mask = fs::read_link(rig.real("/etc/systemd/system/pkg.service"));
                let wants = "/etc/systemd/system/multi-user.target.wants/pkg.service";
                mask.is_ok_and(|to| to == Path::new("/dev/null")) && none(wants) && text(PACKAGED).is_some()
            }
            Self::Driver | Self::BareDriver => {
                let rule = "blacklist evil\ninstall evil /bin/false\n";
                text("/etc/modprobe.d/assize-evil.conf").is_some_and(|t| t == rule)
                    && text("/etc/modules").is_some_and(|t| t == "loop\n")
                    && none("/etc/modules-load.d/x.conf")
            }
        }
    }
}

/// The program that dies.
#[test]
#[ignore = "started by the tests below"]
fn one_act_in_a_program_of_its_own() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else { return };
    let act = std::env::var(ACT).unwrap();
    let order = OrderId(std::env::var(ORDER).unwrap());
    let (case, verb) = act.split_once('-').unwrap();
    let case = Case::ALL.into_iter().find(|c| format!("{c:?}") == case).unwrap();
    let hands = open(&dir);
    let receipt = if verb == "apply" {
        hands.carry_out(&apply_order(&order, case.kind(), case.target(&dir.join("device"))))
    } else {
        let kept = hands.vault_items().unwrap().into_iter().map(|i| i.id).collect();
        hands.carry_out(&undo_order(&order, case.kind(), line_target("/x", "x", 0), kept, Conflict::Stop))
    };
    done(&receipt);
}

/// True when it died at that moment, false when it came to its end without passing it.
fn died(rig: &Rig, case: Case, verb: &str, order: &OrderId, point: &str) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "act::tests::crash::one_act_in_a_program_of_its_own", "--ignored"])
        .env(DIR, rig.dir.path())
        .env(ACT, format!("{case:?}-{verb}"))
        .env(ORDER, order.as_str())
        .env("ASSIZE_FAIL_POINT", point)
        .output()
        .unwrap();
    use std::os::unix::process::ExitStatusExt;
    let died = output.status.signal() == Some(9);
    assert!(died || output.status.success(), "{point}: {}", String::from_utf8_lossy(&output.stdout));
    died
}

/// Every byte, mode, owner, time and link of the device is compared, not what the journal says.
fn every_moment(case: Case, apply_points: &[&str], undo_points: &[&str]) {
    let (mut applied, mut undone) = (BTreeSet::new(), BTreeSet::new());
    for point in POINTS {
        let rig = Rig::in_memory();
        let before = case.plant(&rig);
        let order = fresh();
        if died(&rig, case, "apply", &order, point) {
            applied.insert(point);
        }
        let hands = rig.hands();
        match hands.truth(&order) {
            Truth::NeverStarted => {
                assert_eq!(tree(&rig), before, "apply, {point}: as before");
                assert!(hands.vault_items().unwrap().is_empty(), "apply, {point}");
                done(&apply(&hands, case.kind(), &case.target(&rig.root())));
            }
            Truth::Ended(receipt) => {
                let kept = done(&receipt);
                assert_eq!(kept.len(), case.copies(), "apply, {point}");
            }
            Truth::Unknown(fault) => panic!("apply, {point}: {fault:?}"),
        }
        assert!(case.is_acted(&rig), "apply, {point}: as intended");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new(), "apply, {point}");
        assert!(hands.verify_vault().unwrap().iter().all(|c| c.fault.is_none()), "apply, {point}");
        let acted = tree(&rig);
        drop(hands);

        let order = fresh();
        if died(&rig, case, "undo", &order, point) {
            undone.insert(point);
        }
        let hands = rig.hands();
        match hands.truth(&order) {
            Truth::NeverStarted => {
                assert_eq!(tree(&rig), acted, "undo, {point}: as it was");
                let kept: Vec<_> = hands.vault_items().unwrap().into_iter().map(|i| i.id).collect();
                done(&undo(&hands, case.kind(), &line_target("/x", "x", 0), &kept, Conflict::Stop));
            }
            Truth::Ended(receipt) => drop(done(&receipt)),
            Truth::Unknown(fault) => panic!("undo, {point}: {fault:?}"),
        }
        assert_eq!(tree(&rig), before, "undo, {point}: as before");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new(), "undo, {point}");
        assert!(hands.vault_items().unwrap().iter().all(|item| item.restored), "undo, {point}");
    }
    // The moments are really passed; else this test would prove nothing.
    assert_eq!(applied, apply_points.iter().copied().collect());
    assert_eq!(undone, undo_points.iter().copied().collect());
}

const TAKE: [&str; 8] = ["began", "kept", "armed", "renamed", "compared", "removed", "verified", "before-end"];
const EDIT: [&str; 9] = ["began", "kept", "made", "armed", "renamed", "compared", "removed", "verified", "before-end"];
const PUT_BACK: [&str; 6] = ["began", "made", "armed", "placed", "verified", "before-end"];
const EDIT_BACK: [&str; 9] =
    ["began", "made", "armed", "renamed", "compared", "removed", "placed", "verified", "before-end"];

/// M145, M152
#[test]
fn a_quarantine_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(Case::File, &TAKE, &PUT_BACK);
}

/// M145
#[test]
fn the_removal_of_a_line_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(Case::Line, &EDIT, &EDIT_BACK);
}

/// M145
#[test]
fn the_removal_of_a_timer_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(Case::Timer, &[&TAKE[..], &["linked"]].concat(), &[&PUT_BACK[..], &["linked"]].concat());
}

/// M145, M131
#[test]
fn the_removal_of_persistence_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(Case::Profile, &EDIT, &EDIT_BACK);
    every_moment(Case::Preload, &TAKE, &PUT_BACK);
}

/// M145, M70
#[test]
fn stopping_a_service_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    every_moment(Case::Service, &[&TAKE[..], &["linked"]].concat(), &[&PUT_BACK[..], &["linked"]].concat());
    let links = ["began", "kept", "armed", "linked", "before-end"];
    every_moment(Case::Packaged, &links, &["began", "armed", "linked", "before-end"]);
}

/// M145, M71
#[test]
fn disabling_a_driver_or_its_undo_that_dies_at_any_moment_is_whole_after_the_next_start() {
    let all = [&EDIT[..], &["placed"]].concat();
    for case in [Case::Driver, Case::BareDriver] {
        every_moment(case, &all, &EDIT_BACK);
    }
}

/// A crash, and then somebody acts before the next start.
#[test]
fn what_happened_between_crash_and_start_is_never_overwritten() {
    for point in ["armed", "renamed"] {
        let rig = Rig::new();
        let real = rig.write("/tmp/.x/bad", "judged ".repeat(20_000));
        let order = fresh();
        assert!(died(&rig, Case::File, "apply", &order, point));
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
