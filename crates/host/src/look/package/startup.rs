//! What is arranged to be started: services, tasks and startup items, as the eyes see them and as their files say.
use super::{
    Work,
    gather::{Part, field},
    people::homes,
};
use crate::look::{startup::startup as all_startup, tree};
use assize_domain::{entity::Entity, text::visible};
use std::fmt::Write;

pub(super) fn services(work: &mut Work<'_>) {
    let seen = all_startup(work.root);
    let mut table = "kind\tname\tdefined in\tstarts\tas\tenabled\tdetail\n".to_owned();
    for item in &seen.items {
        let words = match &item.entity {
            Entity::Service { service: s } => {
                ["service", &s.name, s.path.as_str(), &s.exec, "-", yes(s.enabled), &s.state].map(visible)
            }
            Entity::ScheduledTask { scheduled_task: t } => {
                ["task", &t.name, t.path.as_str(), &t.command, &t.user, yes(t.enabled), &t.schedule].map(visible)
            }
            Entity::StartupItem { startup_item: s } => {
                let kind = serde_json::to_value(s.kind).ok().and_then(|k| k.as_str().map(str::to_owned));
                let kind = kind.unwrap_or_default();
                ["startup", &kind, s.path.as_str(), &s.command, &s.user, "yes", s.line.as_deref().unwrap_or("-")]
                    .map(visible)
            }
            Entity::File { .. }
            | Entity::Process { .. }
            | Entity::Driver { .. }
            | Entity::Registry { .. }
            | Entity::User { .. }
            | Entity::Ip { .. }
            | Entity::Url { .. }
            | Entity::Domain { .. }
            | Entity::Device { .. } => continue,
        };
        let _ = writeln!(table, "{}", words.map(|w| field(w.as_bytes())).join("\t"));
    }
    work.text("services/arranged.tsv", "everything that is arranged to be started", table);
    for fault in seen.faults {
        work.skip(&visible(fault.path.as_str()), &visible(&fault.text));
    }
    for folder in ["/etc/systemd/system", "/etc/systemd/user"] {
        work.units(folder.as_bytes());
    }
    for home in homes(work) {
        work.units(&tree::join(&home, b".config/systemd/user"));
    }
    if !work.root.is_live() {
        return work.not_running("services/running");
    }
    let list = ["list-units", "--all", "--full", "--plain", "--no-legend", "--no-pager"];
    work.ask_program("services/units.txt", "systemctl", &list);
    let timers = ["list-timers", "--all", "--full", "--no-legend", "--no-pager"];
    work.ask_program("services/timers.txt", "systemctl", &timers);
    let files = ["list-unit-files", "--full", "--no-legend", "--no-pager"];
    work.ask_program("services/unit-files.txt", "systemctl", &files);
}

fn yes(so: bool) -> &'static str {
    if so { "yes" } else { "no" }
}

impl Work<'_> {
    /// Unit files in a folder and in the folders directly below it (drop-ins, wants).
    fn units(&mut self, folder: &[u8]) {
        for path in self.entries(folder) {
            if self.over() {
                return;
            }
            let is_folder = tree::follow_folders(self.root, &path).is_ok_and(|p| p.metadata.is_dir());
            let inside = if is_folder { self.entries(&path) } else { vec![path] };
            for path in inside {
                self.own_file("services", &path, Part::Beginning);
            }
        }
    }
}

pub(super) fn tasks(work: &mut Work<'_>) {
    for path in ["/etc/crontab", "/etc/anacrontab", "/etc/cron.allow", "/etc/cron.deny"] {
        work.system_file("tasks", path.as_bytes(), Part::Beginning);
    }
    for folder in [
        "/etc/cron.d",
        "/etc/cron.hourly",
        "/etc/cron.daily",
        "/etc/cron.weekly",
        "/etc/cron.monthly",
        "/var/spool/cron",
        "/var/spool/cron/crontabs",
        "/var/spool/cron/atjobs",
        "/var/spool/at",
    ] {
        work.system_folder("tasks", folder.as_bytes());
    }
}

pub(super) fn startup(work: &mut Work<'_>) {
    for path in [
        "/etc/profile",
        "/etc/bash.bashrc",
        "/etc/bashrc",
        "/etc/zsh/zshrc",
        "/etc/environment",
        "/etc/rc.local",
        "/etc/rc.d/rc.local",
        "/etc/ld.so.preload",
        "/etc/ld.so.conf",
        "/etc/inittab",
    ] {
        work.system_file("startup", path.as_bytes(), Part::Beginning);
    }
    for folder in [
        "/etc/profile.d",
        "/etc/xdg/autostart",
        "/etc/udev/rules.d",
        "/etc/init.d",
        "/etc/ld.so.conf.d",
        "/etc/update-motd.d",
    ] {
        work.system_folder("startup", folder.as_bytes());
    }
    const OF_A_HOME: [&str; 9] = [
        ".profile",
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".zshrc",
        ".zprofile",
        ".ssh/authorized_keys",
        ".ssh/authorized_keys2",
    ];
    for home in homes(work) {
        for name in OF_A_HOME {
            work.own_file("startup", &tree::join(&home, name.as_bytes()), Part::Beginning);
        }
        for path in work.entries(&tree::join(&home, b".config/autostart")) {
            work.own_file("startup", &path, Part::Beginning);
        }
    }
}
