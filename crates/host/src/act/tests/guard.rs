//! What is never acted on, whatever was ordered (M20).
use super::*;
use crate::act::guard::Guard;
use assize_domain::protected::{PathPattern, Protected};
use std::sync::Arc;

const KIND: ActionType = ActionType::QuarantineFile;

/// M20, M155
#[test]
fn a_protected_file_is_refused_by_every_name_it_has_and_its_neighbours_are_not() {
    let rig = Rig::new();
    let hands = rig.hands();
    for folder in ["/usr/bin", "/usr/lib/systemd", "/boot", "/etc"] {
        fs::create_dir_all(rig.real(folder)).unwrap();
    }
    link(&rig, "/bin", "usr/bin");
    link(&rig, "/sbin", "usr/sbin");
    link(&rig, "/usr/bin/sh", "odd-shell");
    link(&rig, "/usr/sbin/init", "../lib/systemd/systemd");
    for path in [
        "/usr/bin/bash",
        "/bin/bash",
        "/usr/bin/odd-shell",
        "/usr/lib/systemd/systemd",
        "/boot/vmlinuz-6.1",
        "/etc/shadow",
    ] {
        let real = rig.write(path, "judged");
        let before = snapshot(&real);
        let plan = hands.plan(KIND, &rig.file(path));
        assert!(
            plan.steps.is_empty() && plan.obstacles[0].code == "protected" && plan.obstacles[0].blocking,
            "{plan:?}"
        );
        failed_with(&quarantine(&hands, &rig.file(path)), "protected");
        assert_eq!(snapshot(&real), before, "{path}");
    }
    for path in ["/usr/bin/bash2", "/usr/bin/dropped", "/etc/shadow.bak", "/tmp/bash"] {
        rig.write(path, "judged");
        done(&quarantine(&hands, &rig.file(path)));
    }
}

/// M20: what a person adds, and that the refusal says so when the content is not its package's.
#[test]
fn what_a_person_protects_is_protected_and_a_changed_file_of_a_package_is_told() {
    let rig = Rig::new();
    let hands = rig.hands();
    let added = vec![PathPattern::parse("/srv/shop/**").unwrap()];
    let word = Arc::new(|path: &DevicePath| {
        path.as_str().ends_with("bash").then(|| "It is not the one that the package bash installed.".to_owned())
    });
    hands.protect(Guard::new(Protected::with(added), vec![rig.real("/own")], Some(word)));
    for path in ["/srv/shop/till", "/own/database"] {
        rig.write(path, "judged");
        failed_with(&quarantine(&hands, &rig.file(path)), "protected");
    }
    rig.write("/usr/bin/bash", "judged");
    let receipt = quarantine(&hands, &rig.file("/usr/bin/bash"));
    let ReceiptOutcome::Failed { fault } = &receipt.outcome else { panic!("{receipt:?}") };
    assert!(fault.hint.contains("not the one that the package bash installed"), "{fault:?}");
    assert_eq!(hands.protected(&"/srv/shop/till".into()).as_deref(), Some("something a person protected"));
}

#[test]
fn a_link_laid_in_the_last_moment_does_not_lead_to_a_protected_file() {
    let rig = Rig::new();
    let hands = rig.hands();
    let precious = rig.write("/usr/bin/bash", "judged");
    rig.write("/home/u/bin/bash", "judged");
    let target = rig.file("/home/u/bin/bash");
    fs::remove_dir_all(rig.real("/home/u/bin")).unwrap();
    std::os::unix::fs::symlink("/usr/bin", rig.real("/home/u/bin")).unwrap();
    let receipt = quarantine(&hands, &target);
    assert!(!matches!(receipt.outcome, ReceiptOutcome::Done { .. }), "{receipt:?}");
    assert!(precious.exists());
}

#[test]
fn a_unit_of_the_system_is_not_stopped_and_one_that_hides_it_goes() {
    let rig = Rig::new();
    let hands = rig.hands();
    let unit = "[Service]\nExecStart=/tmp/.x/bad\n";
    let path = "/etc/systemd/system/dbus.service";
    rig.write(path, unit);
    failed_with(&apply(&hands, ActionType::StopService, &service_target(path, unit)), "protected");
    rig.write("/usr/lib/systemd/system/dbus.service", "[Service]\nExecStart=/usr/bin/dbus-daemon\n");
    let plan = hands.plan(ActionType::StopService, &service_target(path, unit));
    assert!(plan.obstacles.iter().any(|o| o.code == "goes_on"), "{plan:?}");
    done(&apply(&hands, ActionType::StopService, &service_target(path, unit)));
    assert!(!rig.real(path).exists());
}

/// Spec 2.7: what would break the device if it went first.
#[test]
fn what_every_program_or_every_login_loads_waits_for_its_entry_to_go() {
    let rig = Rig::new();
    let hands = rig.hands();
    fs::create_dir_all(rig.real("/usr/lib/x86_64-linux-gnu/security")).unwrap();
    link(&rig, "/lib", "usr/lib");
    rig.write("/etc/ld.so.preload", "# all\n/lib/x86_64-linux-gnu/libevil.so\n");
    rig.write("/etc/pam.d/sshd", "# auth required pam_old.so\nauth sufficient pam_evil.so quiet\n");
    for (path, list) in [
        ("/usr/lib/x86_64-linux-gnu/libevil.so", "/etc/ld.so.preload"),
        ("/usr/lib/x86_64-linux-gnu/security/pam_evil.so", "/etc/pam.d/sshd"),
    ] {
        let real = rig.write(path, "judged");
        let target = rig.file(path);
        assert_eq!(hands.plan(KIND, &target).obstacles[0].code, "still_loaded");
        failed_with(&quarantine(&hands, &target), "still_loaded");
        assert!(real.exists());
        rig.write(list, "# nothing\n");
        done(&quarantine(&hands, &target));
    }
    rig.write("/usr/lib/x86_64-linux-gnu/security/pam_old.so", "judged");
    done(&quarantine(&hands, &rig.file("/usr/lib/x86_64-linux-gnu/security/pam_old.so")));
}
