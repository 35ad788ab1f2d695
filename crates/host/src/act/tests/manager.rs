//! A service manager of its own for tests, in namespaces and a control group that go away with it: the only one a test may
//! talk to.
use super::*;
use std::process::{Command, Output};

const BUILD: &str = r#"
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
mount -t tmpfs -o mode=700 none /root || exit 77
mkdir -p /run/systemd/system /run/user/0 /run/units /root/.config/systemd/user && chmod 700 /run/user/0
units=/run/units:/root/.config/systemd/user:/usr/lib/systemd/user
export XDG_RUNTIME_DIR=/run/user/0 HOME=/root SYSTEMD_UNIT_PATH=$units
dbus-daemon --session --address=unix:path=/run/user/0/bus --fork || exit 77
export DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/0/bus DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/user/0/bus
/lib/systemd/systemd --user >/run/log 2>&1 &
up() { busctl --address=$DBUS_SYSTEM_BUS_ADDRESS status org.freedesktop.systemd1 >/dev/null 2>&1; }
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do up && break; sleep 0.2; done
up || exit 77
"$@"
"#;
const INSIDE: &str = "ASSIZE_TEST_OWN_MANAGER";

/// The manager, seen from inside its namespaces. Units lie in `/run/units` and in root's own folder for them.
pub(super) struct OwnManager;

impl OwnManager {
    pub(super) fn ask(&self, args: &[&str]) -> Output {
        Command::new("systemctl").arg("--user").args(args).output().unwrap()
    }

    pub(super) fn runs(&self, unit: &str) -> bool {
        self.ask(&["is-active", unit]).status.success()
    }

    pub(super) fn hands(&self) -> Hands {
        let mut hands = Hands::open(Root::this_computer(), Path::new("/run/state"), clock).unwrap();
        hands.vault.without_reserve();
        hands
    }
}

/// Runs `body` inside; `test` is the name of the calling test below `act::tests`.
pub(super) fn own(test: &str, body: impl FnOnce(&OwnManager)) {
    if std::env::var_os(INSIDE).is_some() {
        return body(&OwnManager);
    }
    let tools = ["/usr/bin/unshare", "/usr/bin/dbus-daemon", "/lib/systemd/systemd"];
    if !rustix::process::geteuid().is_root() || !tools.iter().all(|tool| Path::new(tool).exists()) {
        eprintln!("skipped: needs root, dbus-daemon and systemd");
        return;
    }
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", BUILD, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("act::tests::{test}")])
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
