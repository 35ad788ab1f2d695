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

/// A service manager of its own, in namespaces and a control group that go away with it: the only one the test may
/// talk to.
const OWN_MANAGER: &str = r#"
groups=$(mktemp -d) && mount -t cgroup2 none "$groups" || exit 77
own="$groups/assize-test-$$"
mkdir "$own" && echo $$ > "$own/cgroup.procs" || exit 77
unshare --mount --pid --fork --cgroup --kill-child sh -c "$INSIDE_OF_IT" sh "$@"; code=$?
echo $$ > "$groups/cgroup.procs"
for _ in 1 2 3 4 5; do find "$own" -depth -type d -exec rmdir {} + 2>/dev/null; [ -d "$own" ] || break; sleep 0.1; done
umount "$groups"; rmdir "$groups"
exit $code
"#;
const INSIDE_OF_IT: &str = r#"
mount -t tmpfs none /run && mount -t proc proc /proc && mount -t cgroup2 none /sys/fs/cgroup || exit 77
mkdir -p /run/systemd/system /run/user /run/units /run/home
export XDG_RUNTIME_DIR=/run/user HOME=/run/home SYSTEMD_UNIT_PATH=/run/units:/usr/lib/systemd/user
dbus-daemon --session --address=unix:path=/run/user/bus --fork || exit 77
export DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/bus DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/user/bus
/lib/systemd/systemd --user >/run/log 2>&1 &
up() { busctl --address=$DBUS_SYSTEM_BUS_ADDRESS status org.freedesktop.systemd1 >/dev/null 2>&1; }
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do up && break; sleep 0.2; done
up || exit 77
"$@"
"#;

/// M72 on a real service manager: what runs is stopped, and runs again after the undo.
#[test]
fn a_running_timer_is_stopped_and_runs_again_after_the_undo() {
    use std::process::Command;
    const INSIDE: &str = "ASSIZE_TEST_OWN_MANAGER";
    if std::env::var_os(INSIDE).is_some() {
        let system = |args: &[&str]| Command::new("systemctl").arg("--user").args(args).output().unwrap();
        let active = || system(&["is-active", "bad.timer"]).status.success();
        let timer = "[Timer]\nOnActiveSec=1000\n[Install]\nWantedBy=timers.target\n";
        fs::write("/run/units/bad.timer", timer).unwrap();
        fs::write("/run/units/bad.service", "[Service]\nExecStart=/bin/true\n").unwrap();
        fs::create_dir("/run/units/timers.target.wants").unwrap();
        std::os::unix::fs::symlink("../bad.timer", "/run/units/timers.target.wants/bad.timer").unwrap();
        system(&["daemon-reload"]);
        system(&["start", "bad.timer"]);
        assert!(active());
        let mut hands = Hands::open(Root::this_computer(), Path::new("/run/state"), clock).unwrap();
        hands.vault.without_reserve();
        let target = task_file_target(TaskKind::SystemdTimer, "/run/units/bad.timer", timer.as_bytes());
        let receipt = apply(&hands, KIND, &target);
        assert!(!active(), "{receipt:?}");
        assert!(!Path::new("/run/units/bad.timer").exists());
        let receipt = undo(&hands, KIND, &target, &done(&receipt), Conflict::Stop);
        done(&receipt);
        assert!(active(), "{receipt:?}");
        return;
    }
    let tools = ["/usr/bin/unshare", "/usr/bin/dbus-daemon", "/lib/systemd/systemd"];
    if !rustix::process::geteuid().is_root() || !tools.iter().all(|tool| Path::new(tool).exists()) {
        eprintln!("skipped: needs root, dbus-daemon and systemd");
        return;
    }
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", OWN_MANAGER, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "act::tests::timer::a_running_timer_is_stopped_and_runs_again_after_the_undo"])
        .env(INSIDE, "1")
        .env("INSIDE_OF_IT", INSIDE_OF_IT)
        .output()
        .unwrap();
    if output.status.code() == Some(77) {
        eprintln!("skipped: no service manager of its own can be started here");
        return;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
