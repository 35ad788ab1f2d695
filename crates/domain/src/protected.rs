//! What is never taken away, stopped or switched off, whatever the role and whoever decided (M20): the shipped list, and
//! what a person adds. Items are named exactly; that something merely lies in a folder of the system protects nothing.
use serde::Deserialize;
use std::sync::LazyLock;

/// Everything protected on a device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    files: Vec<Group>,
    units: Vec<NamePattern>,
    /// Images of processes that are never ended.
    processes: Vec<PathPattern>,
    /// The same, but only the process that the first process started: those it starts in turn serve one person each.
    listeners: Vec<PathPattern>,
    /// Kernel modules, with `_` for `-`.
    modules: Vec<String>,
}

/// Files that are protected for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// Follows “It is …”.
    what: String,
    /// The file stays; single lines that were added to it may go.
    #[serde(default)]
    lines: bool,
    paths: Vec<PathPattern>,
}

/// Why a file is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// Follows “It is …”.
    pub what: &'a str,
    /// Single lines may be taken out of it.
    pub lines: bool,
}

static SHIPPED: LazyLock<Protected> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/protected.json"))
        .expect("BUG: the shipped list of protected items does not read")
});

impl Protected {
    /// The list as it ships.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The shipped list and what a person added. Nothing that ships can be taken off it.
    pub fn with(added: Vec<PathPattern>) -> Self {
        let mut all = Self::shipped().clone();
        if !added.is_empty() {
            all.files.push(Group { what: "something a person protected".into(), lines: false, paths: added });
        }
        all
    }

    /// Is a file protected by this path? The path has no links in it but, perhaps, its last component.
    pub fn file(&self, path: &str) -> Option<Reason<'_>> {
        self.group(|pattern| pattern.matches(path))
    }

    /// Patterns without a star: what they lead to on a device, links followed, is protected as well.
    pub fn exact_files(&self) -> impl Iterator<Item = (&str, Reason<'_>)> {
        self.files.iter().flat_map(|group| {
            let exact = group.paths.iter().filter(|p| p.is_exact());
            exact.map(|p| (p.as_str(), Reason { what: &group.what, lines: group.lines }))
        })
    }

    /// Everything on it, for people: what it is, and its paths or names.
    pub fn told(&self) -> Vec<(&str, Vec<String>)> {
        let mut all: Vec<(&str, Vec<String>)> =
            self.files.iter().map(|g| (g.what.as_str(), g.paths.iter().map(ToString::to_string).collect())).collect();
        all.push(("a service the system needs", self.units.iter().map(|u| u.0.clone()).collect()));
        let processes = self.processes.iter().chain(&self.listeners);
        all.push(("a program that is never ended", processes.map(ToString::to_string).collect()));
        all.push(("a module the computer may need to start", self.modules.clone()));
        all
    }

    pub fn unit(&self, name: &str) -> bool {
        self.units.iter().any(|pattern| matches(&pattern.0, name))
    }

    /// Is a process with this image protected? `first` when the first process started it.
    pub fn process(&self, image: &str, first: bool) -> bool {
        let named = |list: &[PathPattern]| list.iter().any(|pattern| pattern.matches(image));
        named(&self.processes) || (first && named(&self.listeners))
    }

    /// In names of modules `-` and `_` are the same.
    pub fn module(&self, name: &str) -> bool {
        let name = name.replace('-', "_");
        self.modules.contains(&name)
    }

    fn group(&self, holds: impl Fn(&PathPattern) -> bool) -> Option<Reason<'_>> {
        let mut found = self.files.iter().filter(|group| group.paths.iter().any(&holds));
        let first = found.next()?;
        // The stricter reason counts.
        let group = if first.lines { found.find(|g| !g.lines).unwrap_or(first) } else { first };
        Some(Reason { what: &group.what, lines: group.lines })
    }
}

/// A file, or files by a star inside a name; `/**` at the end is everything below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    below: bool,
}

/// Why a pattern protects nothing that could be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternRefusal {
    #[error("“{}” is no path: it starts with /", crate::text::visible(.0))]
    NotAPath(String),
    #[error("“{}” would be the whole disk", crate::text::visible(.0))]
    Everything(String),
    #[error("“{}” cannot be used: write the path as it is, without . and ..", crate::text::visible(.0))]
    Dots(String),
    #[error("“{}” cannot be used: ** stands for everything below a folder and ends the pattern", crate::text::visible(.0))]
    Stars(String),
}

impl PathPattern {
    pub fn parse(text: &str) -> Result<Self, PatternRefusal> {
        let text = text.trim();
        let told = || text.to_owned();
        if !text.starts_with('/') {
            return Err(PatternRefusal::NotAPath(told()));
        }
        let (path, below) = text.strip_suffix("/**").map_or((text, false), |folder| (folder, true));
        if path.contains("**") {
            return Err(PatternRefusal::Stars(told()));
        }
        let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
        if parts.iter().any(|p| matches!(*p, "." | "..")) {
            return Err(PatternRefusal::Dots(told()));
        }
        if parts.iter().all(|p| *p == "*") {
            return Err(PatternRefusal::Everything(told()));
        }
        let text = parts.iter().fold(String::new(), |all, part| format!("{all}/{part}"));
        Ok(Self { text, below })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn is_exact(&self) -> bool {
        !self.below && !self.text.contains('*')
    }

    fn matches(&self, path: &str) -> bool {
        let (mut parts, mut names) = (self.text.split('/').skip(1), path.split('/').skip(1).filter(|n| !n.is_empty()));
        loop {
            match (parts.next(), names.next()) {
                (Some(part), Some(name)) if matches(part, name) => {}
                (Some(_), _) => return false,
                // The folder itself is as protected as what is below it.
                (None, name) => return name.is_none() || self.below,
            }
        }
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.text, if self.below { "/**" } else { "" })
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// The name of a unit, a star for any text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct NamePattern(String);

/// A star stands for any text, also none.
fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Option<&'static str> {
        Protected::shipped().file(path).map(|r| r.what)
    }

    /// M20
    #[test]
    fn what_the_computer_cannot_do_without_is_on_the_list() {
        for path in [
            "/usr/bin/bash",
            "/bin/sh",
            "/usr/lib/systemd/systemd",
            "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            "/usr/lib64/libc.so.6",
            "/usr/bin/dpkg",
            "/usr/bin/rpm",
            "/usr/bin/apt-get",
            "/usr/sbin/sshd",
            "/usr/bin/sudo",
            "/boot/vmlinuz-6.1.0-18-amd64",
            "/boot/initrd.img-6.1.0-18-amd64",
            "/boot/grub/grub.cfg",
            "/etc/passwd",
            "/etc/shadow",
            "/etc/fstab",
            "/usr/bin/assizectl",
            "/var/lib/assize/devices/x/vault.key",
        ] {
            assert!(file(path).is_some(), "{path}");
        }
    }

    #[test]
    fn what_merely_lies_beside_a_protected_file_is_not() {
        for path in [
            "/usr/bin/bashx",
            "/usr/bin/x/bash",
            "/usr/local/bin/bash",
            "/usr/lib/systemd/system/systemd-netwrkd.service",
            "/usr/lib/systemd/systemd-netwrkd",
            "/usr/lib/x86_64-linux-gnu/libselinux-ext.so",
            "/etc/cron.d/x",
            "/etc/ld.so.preload",
            "/boot/x",
            "/var/lib/assize-other/x",
            "/tmp/usr/bin/bash",
        ] {
            assert_eq!(file(path), None, "{path}");
        }
    }

    #[test]
    fn lines_may_be_taken_out_of_a_profile_and_not_out_of_the_accounts() {
        let lines = |path| Protected::shipped().file(path).map(|r| r.lines);
        assert_eq!(lines("/etc/profile"), Some(true));
        assert_eq!(lines("/etc/passwd"), Some(false));
        let mine = Protected::with(vec![PathPattern::parse("/etc/profile").unwrap()]);
        assert_eq!(mine.file("/etc/profile").map(|r| r.lines), Some(false), "the stricter reason counts");
    }

    #[test]
    fn units_processes_and_modules_are_named_one_by_one() {
        let list = Protected::shipped();
        for (unit, is) in [
            ("dbus.service", true),
            ("systemd-journald.service", true),
            ("user@1000.service", true),
            ("assize-agent.service", true),
            ("systemd-netwrkd.service", false),
            ("dbus-session.service", false),
            ("cron.service", false),
        ] {
            assert_eq!(list.unit(unit), is, "{unit}");
        }
        assert!(list.process("/usr/bin/dbus-daemon", false) && !list.process("/usr/bin/bash", true));
        assert!(list.process("/usr/sbin/sshd", true) && !list.process("/usr/sbin/sshd", false));
        assert!(list.module("dm-mod") && list.module("nvme_core") && !list.module("usbmon_ext"));
    }

    #[test]
    fn what_a_person_adds_is_protected_beside_what_ships() {
        let added = ["/srv/shop/**", "/opt/*/bin/app-*", "/home/ann/keys"].map(|p| PathPattern::parse(p).unwrap());
        let list = Protected::with(added.to_vec());
        for (path, is) in [
            ("/srv/shop/a/b", true),
            ("/srv/shop", true),
            ("/srv/shopping", false),
            ("/opt/x/bin/app-1", true),
            ("/opt/x/y/bin/app-1", false),
            ("/home/ann/keys", true),
            ("/home/ann/keys2", false),
            ("/usr/bin/bash", true),
        ] {
            assert_eq!(list.file(path).is_some(), is, "{path}");
        }
    }

    #[test]
    fn a_pattern_that_names_nothing_or_everything_is_refused() {
        let refused = |text: &str| PathPattern::parse(text).unwrap_err();
        assert!(matches!(refused("srv/x"), PatternRefusal::NotAPath(_)));
        for all in ["/", "/**", "/*", "//", "/*/**"] {
            assert!(matches!(refused(all), PatternRefusal::Everything(_)), "{all}");
        }
        assert!(matches!(refused("/srv/../etc"), PatternRefusal::Dots(_)));
        assert!(matches!(refused("/srv/**/x"), PatternRefusal::Stars(_)));
    }

    #[test]
    fn a_star_is_any_text_inside_one_name() {
        for (pattern, name, is) in [
            ("a*", "a", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("*.so*", "x.so.1", true),
            ("a*a", "a", false),
            ("ab", "abc", false),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(matches(pattern, name), is, "{pattern} {name}");
        }
    }
}
