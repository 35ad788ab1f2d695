//! Names that belong to the system: a program that borrows one and lies elsewhere wants to be overlooked.
use super::{
    odd,
    place::{Place, in_home, in_unpacked_tree, place},
};
use assize_domain::{
    text::{DevicePath, visible},
    verdict::Finding,
};

/// Services and guardians of a Linux system: nobody has a second one of these in a home or a temporary folder.
const SERVICES: [&str; 47] = [
    "accounts-daemon",
    "agetty",
    "anacron",
    "apache2",
    "atd",
    "auditd",
    "avahi-daemon",
    "chronyd",
    "containerd",
    "cron",
    "crond",
    "cupsd",
    "dbus-broker",
    "dbus-daemon",
    "dhclient",
    "dnsmasq",
    "dockerd",
    "fail2ban-server",
    "gdm3",
    "httpd",
    "init",
    "irqbalance",
    "journald",
    "lightdm",
    "logind",
    "mariadbd",
    "mysqld",
    "networkd",
    "nginx",
    "ntpd",
    "polkitd",
    "rsyslogd",
    "sddm",
    "smartd",
    "smbd",
    "snapd",
    "sshd",
    "sudo",
    "syslogd",
    "systemd",
    "thermald",
    "udevd",
    "udisksd",
    "unattended-upgrades",
    "wpa_supplicant",
    "NetworkManager",
    "ModemManager",
];

/// Threads of the kernel: no program file has such a name.
const KERNEL: [&str; 17] = [
    "kthreadd",
    "kswapd",
    "kworker",
    "ksoftirqd",
    "khugepaged",
    "kdevtmpfs",
    "kauditd",
    "kblockd",
    "kcompactd",
    "khungtaskd",
    "kintegrityd",
    "kthrotld",
    "ksmd",
    "kstrp",
    "migration",
    "oom_reaper",
    "rcu_sched",
];

/// Called like a thread of the kernel, perhaps with a number behind it.
pub fn is_kernel_name(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.split(['/', ':']).next().unwrap_or(bare);
    KERNEL.contains(&bare.trim_end_matches(|c: char| c.is_ascii_digit()))
}

fn is_service_name(name: &str) -> bool {
    SERVICES.contains(&name) || (name.starts_with("systemd-") && !name.contains('.'))
}

/// What is known about a program file that no package owns.
#[derive(Clone, Copy, Debug)]
pub struct Stranger<'a> {
    pub path: &'a DevicePath,
    /// The system's own program of that name, where there is one.
    pub namesake: Option<&'a DevicePath>,
    /// It runs now or is arranged to be started: not merely lying about.
    pub in_use: bool,
}

/// A system program's name at another place. Trees of whole systems (a container's root in a temporary folder) keep
/// their programs in folders for programs, and homes hold second copies of most tools: both are usual.
pub fn borrowed(program: &Stranger<'_>) -> Option<Finding> {
    let name = program.path.file_name();
    let lies = place(program.path);
    let odd_place = match lies {
        Place::Temp | Place::HiddenTemp => !in_unpacked_tree(program.path),
        Place::Hidden => true,
        Place::HomeTool | Place::Ordinary => in_home(program.path) && !in_unpacked_tree(program.path),
    };
    if !odd_place {
        return None;
    }
    let path = visible(program.path.as_str());
    if is_kernel_name(name) {
        let text =
            format!("It is called “{}” like a part of the kernel, but it is an ordinary program.", visible(name));
        return Some(odd("kernel-name", text));
    }
    if program.namesake.is_none() && program.in_use && is_service_name(name) && place(program.path).is_temp() {
        let text =
            format!("It is called “{}” like a service of a system, but it lies in a temporary folder.", visible(name));
        return Some(odd("system-name-elsewhere", text));
    }
    let namesake = program.namesake.filter(|n| *n != program.path)?;
    // A tool's copy in a temporary folder is only odd once somebody uses it; in a home it is not.
    let tells =
        is_service_name(name) || (program.in_use && matches!(lies, Place::Temp | Place::HiddenTemp | Place::Hidden));
    tells.then(|| {
        let text = format!(
            "It is called “{}” like the system's own {}, but it lies at {path} and no package installed it.",
            visible(name),
            visible(namesake.as_str())
        );
        odd("system-name-elsewhere", text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str, namesake: Option<&str>, in_use: bool) -> Option<String> {
        let (path, namesake) = (DevicePath::from(path), namesake.map(DevicePath::from));
        borrowed(&Stranger { path: &path, namesake: namesake.as_ref(), in_use })?.rule
    }

    #[test]
    fn a_service_in_a_temporary_folder_or_a_home_is_odd() {
        let logind = Some("/usr/lib/systemd/systemd-logind");
        assert_eq!(rule("/tmp/systemd-logind", logind, false).as_deref(), Some("system-name-elsewhere"));
        assert_eq!(rule("/home/ann/sshd", Some("/usr/sbin/sshd"), false).as_deref(), Some("system-name-elsewhere"));
        assert_eq!(rule("/opt/x/sshd", Some("/usr/sbin/sshd"), true), None, "a shop's own build is its own affair");
        assert_eq!(rule("/tmp/sshd", None, false), None, "a device without it has none to borrow from");
        assert!(rule("/tmp/sshd", None, true).is_some(), "once it runs that is no excuse");
    }

    #[test]
    fn a_tool_is_odd_in_a_temporary_folder_once_it_is_used() {
        assert_eq!(rule("/tmp/sleep", Some("/usr/bin/sleep"), false), None);
        assert!(rule("/tmp/sleep", Some("/usr/bin/sleep"), true).is_some());
        assert_eq!(rule("/home/ann/.cargo/bin/rg", Some("/usr/bin/rg"), true), None);
        assert_eq!(rule("/home/ann/rg", Some("/usr/bin/rg"), true), None);
        assert_eq!(rule("/tmp/rootfs/usr/bin/sshd", Some("/usr/bin/sshd"), false), None, "a whole system's tree");
        let logind = Some("/usr/lib/systemd/systemd-logind");
        assert_eq!(rule("/tmp/deb/usr/lib/systemd/systemd-logind", logind, false), None, "a package's content");
    }

    #[test]
    fn a_kernel_threads_name_belongs_to_no_file() {
        assert_eq!(rule("/tmp/.x/kswapd0", None, false).as_deref(), Some("kernel-name"));
        assert_eq!(rule("/dev/shm/kworker", None, false).as_deref(), Some("kernel-name"));
        assert!(is_kernel_name("[kworker/u8:2-events]") && is_kernel_name("kcompactd0"));
        assert!(!is_kernel_name("kwrite") && !is_kernel_name("systemd"));
    }
}
