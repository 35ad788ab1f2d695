//! Everything a device can tell about itself, member by member, for an investigation package (spec S10).
//!
//! Nothing is changed, no link of a stranger is followed, and nothing is read without a limit: of what is too large the
//! part that says most is taken, and both the cut and everything left out are told.
mod gather;
mod kernel;
mod logins;
mod name;
mod network;
mod people;
mod processes;
mod program;
mod startup;
mod system;
mod temp;

#[cfg(test)]
mod tests;

use super::{packages::PackageDatabase, people::People};
use crate::root::Root;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// How much is taken and how long it may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes over all members.
    pub total: u64,
    /// Of one file.
    pub file: u64,
    /// Of one log, its end.
    pub log: u64,
    /// Files larger than this are listed without their hash.
    pub hashed: u64,
    /// Bytes read for hashes over all.
    pub hashing: u64,
    /// Names in lists of temporary folders.
    pub listed: u32,
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: 200 << 20,
            file: 2 << 20,
            log: 4 << 20,
            hashed: 64 << 20,
            hashing: 512 << 20,
            listed: 10_000,
            time: Duration::from_secs(120),
        }
    }
}

/// One file of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name in the archive: relative, of plain characters only.
    pub name: String,
    /// Where it comes from on the device, or what it was made of.
    pub source: String,
    pub body: Vec<u8>,
    /// What is to be known about it: cut, and where.
    pub note: Option<String>,
}

/// What comes out of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Member(Member),
    /// Left out, and why.
    Skipped {
        what: String,
        why: String,
    },
}

/// What a package is made of, in the order in which it is collected.
pub const SECTIONS: [(&str, &str); 13] = [
    ("system", "name, version, hardware, kernel command line"),
    ("processes", "every process with its parents, command line, program and mapped files"),
    ("network", "connections, interfaces, routes, neighbours, name servers, firewall"),
    ("users", "accounts, groups, sign-ins, sudo rights"),
    ("services", "units and timers"),
    ("tasks", "cron and at"),
    ("startup", "profiles, autostart, udev, preload, keys"),
    ("security", "security modules, kernel settings, sshd, PAM"),
    ("kernel", "loaded modules and their settings"),
    ("apps", "installed packages and programs"),
    ("volumes", "mounts, partitions, free space"),
    ("files", "open files, temporary folders with hashes, shell history"),
    ("logs", "the end of the system's logs"),
];

/// What collecting needs.
pub struct Collect<'a> {
    pub root: &'a Root,
    pub packages: &'a PackageDatabase,
    /// Real paths that are left out with everything below them: the product's own folders.
    pub skip: &'a [PathBuf],
    pub limits: Limits,
    /// True when somebody wants it to stop.
    pub stopped: &'a dyn Fn() -> bool,
    pub each: &'a mut dyn FnMut(Found),
}

/// Hands everything to `each`. False when it was stopped.
pub fn collect(what: Collect<'_>) -> bool {
    let end = Instant::now() + what.limits.time;
    let mut work = Work {
        root: what.root,
        packages: what.packages,
        people: People::read(what.root),
        skip: what.skip,
        left: what.limits.total,
        hashing: what.limits.hashing,
        limits: what.limits,
        end,
        stopped: what.stopped,
        each: what.each,
    };
    let sections: [fn(&mut Work<'_>); 13] = [
        system::system,
        processes::processes,
        network::network,
        people::users,
        startup::services,
        startup::tasks,
        startup::startup,
        system::security,
        kernel::kernel,
        system::apps,
        system::volumes,
        temp::files,
        system::logs,
    ];
    for (section, (name, _)) in sections.into_iter().zip(SECTIONS) {
        if (work.stopped)() {
            return false;
        }
        if work.late() {
            work.skip(name, "There was no time left for it.");
        } else {
            section(&mut work);
        }
    }
    !(work.stopped)()
}

/// One collection under way.
struct Work<'a> {
    root: &'a Root,
    packages: &'a PackageDatabase,
    people: People,
    skip: &'a [PathBuf],
    limits: Limits,
    /// Bytes that may still be taken.
    left: u64,
    /// Bytes that may still be read for hashes.
    hashing: u64,
    end: Instant,
    stopped: &'a dyn Fn() -> bool,
    each: &'a mut dyn FnMut(Found),
}
