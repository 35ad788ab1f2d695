//! Services: their links, their file, what starts them, and what they add to others.
use super::*;
use crate::act::points::interfere;

const KIND: ActionType = ActionType::StopService;
const UNIT: &str = "[Service]\nExecStart=/tmp/.x/bad\n[Install]\nWantedBy=multi-user.target\n";
const PATH: &str = "/etc/systemd/system/bad.service";

/// M70, M131: file, links and other names go, and come back with their times.
#[test]
fn a_service_goes_with_everything_that_enables_it_and_comes_back() {
    let rig = Rig::new();
    let hands = rig.hands();
    dress(&rig.write(PATH, UNIT));
    rig.write("/etc/systemd/system/good.service", "[Service]\nRequires=bad.service\n");
    let gone = [
        link(&rig, "/etc/systemd/system/multi-user.target.wants/bad.service", PATH),
        link(&rig, "/etc/systemd/system/x.target.requires/bad.service", "../bad.service"),
        link(&rig, "/etc/systemd/system/y.target.upholds/bad.service", "../bad.service"),
        link(&rig, "/etc/systemd/system/dbus-org.bad.service", "bad.service"),
        link(&rig, "/etc/systemd/system/graphical.target.wants/dbus-org.bad.service", "../dbus-org.bad.service"),
        rig.real(PATH),
    ];
    let stays = link(&rig, "/etc/systemd/system/multi-user.target.wants/good.service", "../good.service");
    rig.write("/etc/systemd/system/bad.service.d/nice.conf", "[Service]\nNice=1\n");
    let before = tree(&rig);
    let target = service_target(PATH, UNIT);
    let plan = hands.plan(KIND, &target);
    assert_eq!(plan.steps.len(), 6, "{plan:?}");
    for told in ["needed_by", "adds_to_it"] {
        assert!(plan.obstacles.iter().any(|o| o.code == told && !o.blocking), "{plan:?}");
    }
    assert_eq!(tree(&rig), before, "planning touches nothing");
    let kept = done(&apply(&hands, KIND, &target));
    for path in &gone {
        assert!(fs::symlink_metadata(path).is_err(), "{path:?}");
    }
    assert!(fs::symlink_metadata(stays).is_ok());
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig), before);
}

#[test]
fn a_service_of_a_package_is_masked_and_its_file_stays() {
    let rig = Rig::new();
    let hands = rig.hands();
    let path = "/usr/lib/systemd/system/pkg.service";
    let real = rig.write(path, UNIT);
    fs::create_dir_all(rig.real("/etc/systemd/system")).unwrap();
    link(&rig, "/lib", "usr/lib");
    let wants =
        link(&rig, "/etc/systemd/system/multi-user.target.wants/pkg.service", "/lib/systemd/system/pkg.service");
    let before = tree(&rig);
    let target = service_target("/lib/systemd/system/pkg.service", UNIT);
    assert_eq!(hands.plan(KIND, &target).steps.len(), 2);
    let kept = done(&apply(&hands, KIND, &target));
    let mask = rig.real("/etc/systemd/system/pkg.service");
    assert_eq!(fs::read_link(&mask).unwrap(), Path::new("/dev/null"));
    assert!(real.exists() && fs::symlink_metadata(&wants).is_err());
    gone(&apply(&hands, KIND, &target));
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig), before);
    // What somebody else laid there since is not ours to take away.
    let kept = done(&apply(&hands, KIND, &target));
    fs::remove_file(&mask).unwrap();
    std::os::unix::fs::symlink("/else", &mask).unwrap();
    let receipt = undo(&hands, KIND, &target, &kept, Conflict::Stop);
    assert!(matches!(&receipt.outcome, ReceiptOutcome::Partly { left, .. } if left.len() == 1), "{receipt:?}");
    assert_eq!(fs::read_link(&mask).unwrap(), Path::new("/else"));
}

/// A drop-in adds to a unit that is somebody else's: only the addition goes.
#[test]
fn a_drop_in_goes_alone_and_its_unit_stays_enabled() {
    let rig = Rig::new();
    let hands = rig.hands();
    rig.write("/usr/lib/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd\n");
    link(&rig, "/etc/systemd/system/multi-user.target.wants/ssh.service", "/usr/lib/systemd/system/ssh.service");
    let path = "/etc/systemd/system/ssh.service.d/10-x.conf";
    dress(&rig.write(path, "[Service]\nExecStartPre=/tmp/.x/bad\n"));
    let before = tree(&rig);
    let target = service_target(path, "[Service]\nExecStartPre=/tmp/.x/bad\n");
    let plan = hands.plan(KIND, &target);
    assert!(plan.steps.len() == 1 && plan.obstacles.iter().any(|o| o.code == "goes_on"), "{plan:?}");
    let kept = done(&apply(&hands, KIND, &target));
    let now = tree(&rig);
    let lost: Vec<_> = before.keys().filter(|path| !now.contains_key(*path)).collect();
    assert_eq!(lost, [&rig.real(path)]);
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig), before);
}

/// A file in `/etc` that hides the package's own of the same name: the package's counts again, and stays enabled.
#[test]
fn a_unit_that_hides_another_one_takes_only_its_own_links() {
    let rig = Rig::new();
    let hands = rig.hands();
    rig.write("/usr/lib/systemd/system/cron.service", "[Service]\nExecStart=/usr/sbin/cron\n");
    let of_package = "/usr/lib/systemd/system/cron.service";
    let stays = link(&rig, "/etc/systemd/system/multi-user.target.wants/cron.service", of_package);
    let own = "/etc/systemd/system/cron.service";
    let goes = link(&rig, "/etc/systemd/system/x.target.wants/cron.service", own);
    rig.write(own, UNIT);
    let before = tree(&rig);
    let target = service_target(own, UNIT);
    let kept = done(&apply(&hands, KIND, &target));
    assert!(fs::symlink_metadata(&stays).is_ok() && fs::symlink_metadata(&goes).is_err());
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig), before);
}

/// `systemctl link`: the link is what makes the file a unit.
#[test]
fn a_unit_that_is_linked_in_from_elsewhere_loses_its_link_only() {
    let rig = Rig::new();
    let hands = rig.hands();
    let file = rig.write("/opt/x/bad.service", UNIT);
    let linked = link(&rig, PATH, "/opt/x/bad.service");
    let wants = link(&rig, "/etc/systemd/system/multi-user.target.wants/bad.service", PATH);
    let before = tree(&rig);
    let target = service_target(PATH, UNIT);
    let kept = done(&apply(&hands, KIND, &target));
    assert!(file.exists() && fs::symlink_metadata(&linked).is_err() && fs::symlink_metadata(&wants).is_err());
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig), before);
}

#[test]
fn the_unit_of_a_user_lies_in_their_home_with_its_links() {
    let rig = Rig::new();
    let hands = rig.hands();
    let path = "/home/u/.config/systemd/user/bad.service";
    dress(&rig.write(path, UNIT));
    let wants = link(&rig, "/home/u/.config/systemd/user/default.target.wants/bad.service", "../bad.service");
    let before = tree(&rig);
    let target = service_target(path, UNIT);
    let kept = done(&apply(&hands, KIND, &target));
    assert!(!rig.real(path).exists() && fs::symlink_metadata(wants).is_err());
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig), before);
}

/// M63, M151
#[test]
fn a_unit_that_changed_since_or_changes_meanwhile_is_left() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write(PATH, "[Service]\nExecStart=/usr/bin/good\n");
    let wants = link(&rig, "/etc/systemd/system/multi-user.target.wants/bad.service", PATH);
    changed(&apply(&hands, KIND, &service_target(PATH, UNIT)));
    for moment in ["kept", "armed"] {
        fs::write(&real, UNIT).unwrap();
        let place = real.clone();
        let _interference = interfere(move |point| {
            if point == moment {
                fs::write(place.with_extension("new"), "theirs").unwrap();
                fs::rename(place.with_extension("new"), &place).unwrap();
            }
        });
        changed(&apply(&hands, KIND, &service_target(PATH, UNIT)));
        assert_eq!(fs::read_to_string(&real).unwrap(), "theirs", "{moment}");
        assert!(fs::symlink_metadata(&wants).is_ok(), "{moment}: and it stays enabled");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    }
}

/// M151: what comes to its place while it is being brought back is not overwritten, and undoing it again is possible.
#[test]
fn a_unit_whose_place_is_taken_while_it_comes_back_waits_for_a_choice() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write(PATH, UNIT);
    link(&rig, "/etc/systemd/system/multi-user.target.wants/bad.service", PATH);
    let before = tree(&rig);
    let target = service_target(PATH, UNIT);
    let kept = done(&apply(&hands, KIND, &target));
    let place = real.clone();
    let interference = interfere(move |point| {
        if point == "armed" {
            fs::write(&place, "theirs").unwrap();
        }
    });
    failed_with(&undo(&hands, KIND, &target, &kept, Conflict::Stop), "place_taken");
    drop(interference);
    assert_eq!(fs::read_to_string(&real).unwrap(), "theirs");
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    fs::remove_file(&real).unwrap();
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig).len(), before.len());
}

/// M70, M62 on a real service manager: stopped and not restarted, its socket too; running again after the undo.
#[test]
fn a_running_service_is_stopped_for_good_and_runs_again_after_the_undo() {
    manager::own("service::a_running_service_is_stopped_for_good_and_runs_again_after_the_undo", |manager| {
        let unit =
            "[Service]\nExecStart=/bin/sleep 900\nExecStop=/bin/touch /run/stop-ran\nRestart=always\nRestartSec=0\n";
        fs::write("/run/units/bad.service", unit).unwrap();
        fs::write("/run/units/bad.socket", "[Socket]\nListenStream=/run/bad.sock\n").unwrap();
        fs::create_dir("/run/units/default.target.wants").unwrap();
        std::os::unix::fs::symlink("../bad.service", "/run/units/default.target.wants/bad.service").unwrap();
        manager.ask(&["daemon-reload"]);
        manager.ask(&["start", "bad.socket", "bad.service"]);
        assert!(manager.runs("bad.service") && manager.runs("bad.socket"));
        let hands = manager.hands();
        let target = service_target("/run/units/bad.service", unit);
        let plan = hands.plan(KIND, &target);
        assert_eq!(plan.steps.len(), 4, "{plan:?}");
        let receipt = apply(&hands, KIND, &target);
        let kept = done(&receipt);
        assert!(!manager.runs("bad.service") && !manager.runs("bad.socket"), "{receipt:?}");
        assert!(!Path::new("/run/stop-ran").exists(), "its own commands do not run any more");
        let ReceiptOutcome::Done { proof } = &receipt.outcome else { unreachable!() };
        assert!(proof.after.iter().any(|a| a.contains("bad.service is ")), "{proof:?}");
        let receipt = undo(&hands, KIND, &target, &kept, Conflict::Stop);
        done(&receipt);
        assert!(manager.runs("bad.service") && manager.runs("bad.socket"), "{receipt:?}");
        assert!(Path::new("/run/units/default.target.wants/bad.service").is_symlink());
    });
}

/// The manager of a person who is logged in, over that person's own bus; one that is not theirs is not spoken to.
#[test]
fn a_users_running_service_is_stopped_over_their_own_bus() {
    manager::own("service::a_users_running_service_is_stopped_over_their_own_bus", |manager| {
        let path = "/root/.config/systemd/user/bad.service";
        let unit = "[Service]\nExecStart=/bin/sleep 900\nRestart=always\n";
        fs::write(path, unit).unwrap();
        manager.ask(&["daemon-reload"]);
        manager.ask(&["start", "bad.service"]);
        assert!(manager.runs("bad.service"));
        let hands = manager.hands();
        let target = service_target(path, unit);
        // A bus that somebody else owns could be the system's: nothing is said to it.
        std::os::unix::fs::chown("/run/user/0/bus", Some(1234), None).unwrap();
        let receipt = apply(&hands, KIND, &target);
        let kept = done(&receipt);
        assert!(
            manager.runs("bad.service") && receipt.steps.iter().any(|s| s.contains("not logged in")),
            "{receipt:?}"
        );
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        std::os::unix::fs::chown("/run/user/0/bus", Some(0), None).unwrap();
        let kept = done(&apply(&hands, KIND, &target));
        assert!(!manager.runs("bad.service"));
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert!(manager.runs("bad.service"));
    });
}

mod law {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever enables a unit, wherever it lies: it is disabled, nothing else is touched, and undo is exact (M70).
        #[test]
        fn undo_of_stop_is_as_before(
            packaged in prop::bool::ANY,
            wanted in proptest::collection::btree_set("[a-c]\\.(target\\.wants|target\\.requires|service\\.wants)", 0..4),
            relative in prop::bool::ANY,
            another in prop::bool::ANY,
            mode in 0o400u32..0o777,
        ) {
            let rig = Rig::in_memory();
            let hands = rig.hands();
            let path = if packaged { "/usr/lib/systemd/system/bad.service" } else { PATH };
            fs::create_dir_all(rig.real("/etc/systemd/system")).unwrap();
            let real = rig.write(path, UNIT);
            dress(&real);
            fs::set_permissions(&real, fs::Permissions::from_mode(mode)).unwrap();
            let to = if relative && !packaged { "../bad.service" } else { path };
            let mut links: Vec<PathBuf> = wanted
                .iter()
                .map(|folder| link(&rig, &format!("/etc/systemd/system/{folder}/bad.service"), to))
                .collect();
            if another {
                links.push(link(&rig, "/etc/systemd/system/alias.service", path));
            }
            let stays = link(&rig, "/etc/systemd/system/a.target.wants/good.service", "../good.service");
            let before = tree(&rig);
            let target = service_target(path, UNIT);
            let kept = done(&apply(&hands, KIND, &target));
            for link in &links {
                prop_assert!(fs::symlink_metadata(link).is_err(), "{:?}", link);
            }
            prop_assert!(fs::symlink_metadata(&stays).is_ok());
            prop_assert_eq!(real.exists(), packaged);
            done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
            prop_assert_eq!(tree(&rig), before);
        }
    }
}
