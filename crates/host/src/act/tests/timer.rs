//! Timers: the links that enable them and the unit itself.
use super::*;

const KIND: ActionType = ActionType::RemoveScheduledTask;

fn link(rig: &Rig, path: &str, to: &str) -> (PathBuf, std::time::SystemTime) {
    let real = rig.real(path);
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(to, &real).unwrap();
    let stamp = rustix::fs::Timespec { tv_sec: 1_000_000_001, tv_nsec: 7 };
    let times = rustix::fs::Timestamps { last_access: stamp, last_modification: stamp };
    rustix::fs::utimensat(rustix::fs::CWD, &real, &times, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap();
    let modified = fs::symlink_metadata(&real).unwrap().modified().unwrap();
    (real, modified)
}

/// M72: definition and enabled state.
#[test]
fn a_timer_of_the_administrator_goes_with_its_links_and_comes_back_enabled() {
    let rig = Rig::new();
    let hands = rig.hands();
    let unit = "[Timer]\nOnCalendar=daily\n";
    let path = "/etc/systemd/system/bad.timer";
    let real = rig.write(path, unit);
    dress(&real);
    let before = snapshot(&real);
    let (wants, modified) = link(&rig, "/etc/systemd/system/timers.target.wants/bad.timer", path);
    let (requires, _) = link(&rig, "/etc/systemd/system/x.target.requires/bad.timer", "../bad.timer");
    let (other, _) =
        link(&rig, "/etc/systemd/system/timers.target.wants/good.timer", "/usr/lib/systemd/system/good.timer");
    let target = task_file_target(TaskKind::SystemdTimer, path, unit.as_bytes());
    assert_eq!(hands.plan(KIND, &target).steps.len(), 3);
    let kept = done(&apply(&hands, KIND, &target));
    for gone in [&real, &wants, &requires] {
        assert!(fs::symlink_metadata(gone).is_err(), "{gone:?}");
    }
    assert!(fs::symlink_metadata(&other).is_ok());
    fs::remove_dir(requires.parent().unwrap()).unwrap();
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(snapshot(&real), before);
    assert_eq!(fs::read_link(&wants).unwrap(), Path::new(path));
    assert_eq!(fs::read_link(&requires).unwrap(), Path::new("../bad.timer"));
    assert_eq!(fs::symlink_metadata(&wants).unwrap().modified().unwrap(), modified);
}

#[test]
fn a_timer_of_a_package_is_only_disabled() {
    let rig = Rig::new();
    let hands = rig.hands();
    let unit = "[Timer]\nOnBootSec=1\n";
    let path = "/usr/lib/systemd/system/pkg.timer";
    let real = rig.write(path, unit);
    std::os::unix::fs::symlink("usr/lib", rig.real("/lib")).unwrap();
    let (wants, _) = link(&rig, "/etc/systemd/system/timers.target.wants/pkg.timer", path);
    let target = task_file_target(TaskKind::SystemdTimer, "/lib/systemd/system/pkg.timer", unit.as_bytes());
    let kept = done(&apply(&hands, KIND, &target));
    assert!(real.exists() && fs::symlink_metadata(&wants).is_err());
    assert!(hands.verify_vault().unwrap().iter().all(|c| c.fault.is_none()));
    gone(&apply(&hands, KIND, &target));
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(fs::read_link(&wants).unwrap(), Path::new(path));
}

#[test]
fn a_link_that_leads_elsewhere_by_now_is_left_and_told() {
    let rig = Rig::new();
    let hands = rig.hands();
    let path = "/etc/systemd/system/bad.timer";
    rig.write(path, "x");
    let (wants, _) = link(&rig, "/etc/systemd/system/timers.target.wants/bad.timer", path);
    let target = task_file_target(TaskKind::SystemdTimer, path, b"x");
    let swapped = wants.clone();
    let _interference = crate::act::points::interfere(move |point| {
        if point == "removed" {
            fs::remove_file(&swapped).unwrap();
            std::os::unix::fs::symlink("/else", &swapped).unwrap();
        }
    });
    let receipt = apply(&hands, KIND, &target);
    assert!(matches!(&receipt.outcome, ReceiptOutcome::Partly { left, .. } if left.len() == 1), "{receipt:?}");
    assert_eq!(fs::read_link(&wants).unwrap(), Path::new("/else"));
}
