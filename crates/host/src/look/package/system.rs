//! What the device is: system, programs, volumes, security settings, logs.
use super::{
    Work,
    gather::{Part, fact, field, kernel_names, shown},
};
use std::{fmt::Write, path::Path};

pub(super) fn system(work: &mut Work<'_>) {
    for path in ["/etc/os-release", "/etc/hostname", "/etc/machine-id", "/etc/timezone", "/etc/debian_version"] {
        work.system_file("system", path.as_bytes(), Part::Beginning);
    }
    if !work.root.is_live() {
        return work.not_running("system/running");
    }
    for name in ["version", "cmdline", "uptime", "loadavg", "cpuinfo", "meminfo"] {
        work.kernel_text(&format!("system/proc/{name}"), &format!("/proc/{name}"));
    }
    let mut hardware = String::new();
    for name in ["sys_vendor", "product_name", "product_version", "bios_vendor", "bios_version", "bios_date"] {
        if let Some(value) = fact(Path::new("/sys/class/dmi/id").join(name)) {
            let _ = writeln!(hardware, "{name}\t{value}");
        }
    }
    work.text("system/hardware.tsv", "/sys/class/dmi/id", hardware);
}

pub(super) fn apps(work: &mut Work<'_>) {
    if work.packages.knows_anything() {
        let mut packages: Vec<(&str, &str)> =
            work.packages.packages().map(|(name, version)| (name, version.unwrap_or("-"))).collect();
        packages.sort_unstable();
        packages.dedup();
        let mut list = "package\tversion\n".to_owned();
        for (name, version) in packages {
            let _ = writeln!(list, "{}\t{}", field(name.as_bytes()), field(version.as_bytes()));
        }
        work.text("apps/packages.tsv", "the records of dpkg and rpm", list);
    } else {
        work.skip("apps/packages.tsv", "There are no package records that could be read.");
    }
    let folders: [&[u8]; 8] = [
        b"/opt",
        b"/usr/local/bin",
        b"/usr/local/sbin",
        b"/usr/share/applications",
        b"/var/lib/flatpak/app",
        b"/var/lib/snapd/snaps",
        b"/etc/apt/sources.list.d",
        b"/etc/yum.repos.d",
    ];
    let mut list = String::new();
    for folder in folders {
        for path in work.entries(folder) {
            let _ = writeln!(list, "{}", shown(&path));
        }
    }
    work.text("apps/beside-packages.txt", "folders of programs and package sources", list);
    work.system_file("apps", b"/etc/apt/sources.list", Part::Beginning);
}

/// File systems of this machine whose size may be asked without waiting for another computer.
const LOCAL: [&str; 14] = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "vfat", "exfat", "ntfs3", "tmpfs", "overlay", "squashfs",
    "iso9660",
];

pub(super) fn volumes(work: &mut Work<'_>) {
    work.system_file("volumes", b"/etc/fstab", Part::Beginning);
    work.system_file("volumes", b"/etc/crypttab", Part::Beginning);
    if !work.root.is_live() {
        return work.not_running("volumes/mounted");
    }
    for (name, path) in [
        ("mountinfo", "/proc/self/mountinfo"),
        ("partitions", "/proc/partitions"),
        ("swaps", "/proc/swaps"),
        ("mdstat", "/proc/mdstat"),
    ] {
        work.kernel_text(&format!("volumes/proc/{name}"), path);
    }
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mut space = "mount point\ttype\tbytes\tfree\n".to_owned();
    for line in mounts.lines() {
        let mut words = line.split(' ');
        let (Some(_), Some(point), Some(kind)) = (words.next(), words.next(), words.next()) else { continue };
        // A file system of another computer may never answer.
        if !LOCAL.contains(&kind) {
            continue;
        }
        if let Ok(about) = rustix::fs::statvfs(point) {
            let (whole, free) = (about.f_blocks * about.f_frsize, about.f_bavail * about.f_frsize);
            let _ = writeln!(space, "{}\t{kind}\t{whole}\t{free}", field(point.as_bytes()));
        }
    }
    work.text("volumes/space.tsv", "statvfs of local mounts", space);
}

/// Settings of the kernel that say how well it defends itself.
const SETTINGS: [&str; 22] = [
    "kernel/randomize_va_space",
    "kernel/kptr_restrict",
    "kernel/dmesg_restrict",
    "kernel/perf_event_paranoid",
    "kernel/unprivileged_bpf_disabled",
    "kernel/unprivileged_userns_clone",
    "kernel/modules_disabled",
    "kernel/kexec_load_disabled",
    "kernel/core_pattern",
    "kernel/sysrq",
    "kernel/tainted",
    "kernel/yama/ptrace_scope",
    "user/max_user_namespaces",
    "fs/protected_symlinks",
    "fs/protected_hardlinks",
    "fs/protected_fifos",
    "fs/protected_regular",
    "fs/suid_dumpable",
    "net/ipv4/ip_forward",
    "net/ipv4/tcp_syncookies",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv6/conf/all/forwarding",
];

pub(super) fn security(work: &mut Work<'_>) {
    for path in [
        "/etc/ssh/sshd_config",
        "/etc/login.defs",
        "/etc/selinux/config",
        "/etc/sysctl.conf",
        "/etc/pam.conf",
        "/etc/nsswitch.conf",
        "/etc/audit/auditd.conf",
        "/etc/fapolicyd/fapolicyd.conf",
        "/etc/clamav/clamd.conf",
    ] {
        work.system_file("security", path.as_bytes(), Part::Beginning);
    }
    for folder in [
        "/etc/ssh/sshd_config.d",
        "/etc/pam.d",
        "/etc/security",
        "/etc/sysctl.d",
        "/etc/audit/rules.d",
        "/etc/polkit-1/rules.d",
        "/etc/fapolicyd/rules.d",
    ] {
        work.system_folder("security", folder.as_bytes());
    }
    if !work.root.is_live() {
        return work.not_running("security/running");
    }
    let mut settings = String::new();
    for name in SETTINGS {
        let value = fact(Path::new("/proc/sys").join(name)).unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(settings, "{name}\t{value}");
    }
    work.text("security/kernel-settings.tsv", "/proc/sys", settings);
    let mut modules = String::new();
    for (name, path) in [
        ("security modules", "/sys/kernel/security/lsm"),
        ("lockdown", "/sys/kernel/security/lockdown"),
        ("apparmor enabled", "/sys/module/apparmor/parameters/enabled"),
        ("selinux enforcing", "/sys/fs/selinux/enforce"),
        ("secure boot", "/sys/kernel/security/integrity/secureboot"),
    ] {
        let _ = writeln!(modules, "{name}\t{}", fact(path).unwrap_or_else(|| "-".to_owned()));
    }
    let _ = writeln!(modules, "files of /sys/kernel/security\t{}", kernel_names("/sys/kernel/security").join(" "));
    work.text("security/modules.tsv", "/sys", modules);
    work.kernel_text("security/apparmor-profiles", "/sys/kernel/security/apparmor/profiles");
}

pub(super) fn logs(work: &mut Work<'_>) {
    for name in [
        "auth.log",
        "auth.log.1",
        "secure",
        "syslog",
        "syslog.1",
        "messages",
        "kern.log",
        "daemon.log",
        "cron",
        "cron.log",
        "user.log",
        "boot.log",
        "dpkg.log",
        "dnf.log",
        "dnf.rpm.log",
        "apt/history.log",
        "apt/term.log",
        "audit/audit.log",
        "ufw.log",
        "firewalld",
        "clamav/clamav.log",
        "clamav/freshclam.log",
    ] {
        if work.over() {
            return work.skip("logs", "There was no time left for the rest of them.");
        }
        work.log_file(format!("/var/log/{name}").as_bytes());
    }
    if work.root.is_live() {
        work.ask_program(
            "logs/journal.txt",
            "journalctl",
            &["--no-pager", "--quiet", "--output=short-iso", "--lines=20000", "--boot"],
        );
    }
}
