//! Timers: the links that enable them and the unit itself.
use super::*;

const KIND: ActionType = ActionType::RemoveScheduledTask;

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
    let wants = link(&rig, "/etc/systemd/system/timers.target.wants/bad.timer", path);
    let requires = link(&rig, "/etc/systemd/system/x.target.requires/bad.timer", "../bad.timer");
    let other = link(&rig, "/etc/systemd/system/timers.target.wants/good.timer", "/usr/lib/systemd/system/good.timer");
    let modified = fs::symlink_metadata(&wants).unwrap().modified().unwrap();
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
    let wants = link(&rig, "/etc/systemd/system/timers.target.wants/pkg.timer", path);
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
    let wants = link(&rig, "/etc/systemd/system/timers.target.wants/bad.timer", path);
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

/// M72 on a real service manager: what runs is stopped, and runs again after the undo.
#[test]
fn a_running_timer_is_stopped_and_runs_again_after_the_undo() {
    manager::own("timer::a_running_timer_is_stopped_and_runs_again_after_the_undo", |manager| {
        let timer = "[Timer]\nOnActiveSec=1000\n[Install]\nWantedBy=timers.target\n";
        fs::write("/run/units/bad.timer", timer).unwrap();
        fs::write("/run/units/bad.service", "[Service]\nExecStart=/bin/true\n").unwrap();
        fs::create_dir("/run/units/timers.target.wants").unwrap();
        std::os::unix::fs::symlink("../bad.timer", "/run/units/timers.target.wants/bad.timer").unwrap();
        manager.ask(&["daemon-reload"]);
        manager.ask(&["start", "bad.timer"]);
        assert!(manager.runs("bad.timer"));
        let hands = manager.hands();
        let target = task_file_target(TaskKind::SystemdTimer, "/run/units/bad.timer", timer.as_bytes());
        let receipt = apply(&hands, KIND, &target);
        assert!(!manager.runs("bad.timer"), "{receipt:?}");
        assert!(!Path::new("/run/units/bad.timer").exists());
        let receipt = undo(&hands, KIND, &target, &done(&receipt), Conflict::Stop);
        done(&receipt);
        assert!(manager.runs("bad.timer"), "{receipt:?}");
    });
}
