//! One spelling for every path, so that no disguise of a folder makes a difference (spec 2.6 rules 1–3, 5, 7–9; M14).
use crate::group::OsPlatform;

/// A path as components, folded to lower case where the operating system does not tell cases apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Normal {
    pub(super) parts: Vec<String>,
    pub(super) remote: bool,
}

/// Stands for a home whose place is not told; no component can be called so.
const HOME: &str = "~/";

impl Normal {
    /// The components below the home of whoever's home it is.
    pub(super) fn below_home(&self, os: OsPlatform) -> Option<&[String]> {
        let names: Vec<&str> = self.parts.iter().take(2).map(String::as_str).collect();
        let deep = match (os, names.as_slice()) {
            (_, [HOME, ..]) => 1,
            (OsPlatform::Linux, ["home", _]) | (OsPlatform::Macos, ["users", _]) => 2,
            (OsPlatform::Linux, ["root", ..]) => 1,
            (OsPlatform::Macos, ["private", "var"]) if self.parts.get(2).is_some_and(|p| p == "root") => 3,
            (OsPlatform::Linux | OsPlatform::Macos | OsPlatform::Windows, _) => return None,
        };
        self.parts.get(deep..)
    }
}

/// Rule 2. A case-sensitive macOS volume is read like the usual one.
pub(super) fn folds_case(os: OsPlatform) -> bool {
    match os {
        OsPlatform::Windows | OsPlatform::Macos => true,
        OsPlatform::Linux => false,
    }
}

/// `None` where the text is no path, or one that only the running system could follow.
pub(super) fn normalise(path: &str, os: OsPlatform) -> Option<Normal> {
    match os {
        OsPlatform::Windows => windows(path),
        OsPlatform::Linux => {
            let parts = unix(path)?;
            // What these lead to is known only to the process that asks.
            let magic = match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["proc", second, ..] => *second == "self" || second.bytes().all(|b| b.is_ascii_digit()),
                ["dev", "fd", ..] | ["dev", "stdin"] => true,
                _ => false,
            };
            (!magic).then_some(Normal { parts, remote: false })
        }
        OsPlatform::Macos => {
            let mut parts: Vec<String> = unix(path)?.iter().map(|p| p.to_lowercase()).collect();
            fold_macos(&mut parts);
            Some(Normal { parts, remote: false })
        }
    }
}

fn unix(path: &str) -> Option<Vec<String>> {
    let expanded = unix_variable(path);
    let path = expanded.as_deref().unwrap_or(path);
    let mut parts = Vec::new();
    let rest = if let Some(rest) = path.strip_prefix('/') {
        rest
    } else {
        // `~` and `~name`, as commands write a home.
        parts.push(HOME.to_owned());
        path.strip_prefix('~')?.split_once('/')?.1
    };
    let somebodys = !parts.is_empty();
    resolve(rest.split('/'), &mut parts);
    // Above an unknown home nothing is known.
    (!somebodys || parts.first().is_some_and(|p| p == HOME)).then_some(parts)
}

/// A variable at the start, as commands write it; plain defaults.
fn unix_variable(path: &str) -> Option<String> {
    let after = path.strip_prefix('$')?;
    let (name, rest) = match after.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => after.split_at(after.find('/').unwrap_or(after.len())),
    };
    let folder = match name {
        "HOME" => "~",
        "TMPDIR" | "TMP" | "TEMP" => "/tmp",
        "XDG_CACHE_HOME" => "~/.cache",
        "XDG_CONFIG_HOME" => "~/.config",
        "XDG_DATA_HOME" => "~/.local/share",
        "XDG_STATE_HOME" => "~/.local/state",
        "XDG_RUNTIME_DIR" => "/run/user/0",
        "XDG_DOWNLOAD_DIR" => "~/Downloads",
        _ => return None,
    };
    rest.starts_with('/').then(|| format!("{folder}{rest}"))
}

/// Rule 9: the two names of one folder.
fn fold_macos(parts: &mut Vec<String>) {
    let starts =
        |parts: &[String], with: &[&str]| parts.len() >= with.len() && parts.iter().zip(with).all(|(p, w)| p == w);
    while starts(parts, &["system", "volumes", "data"]) {
        parts.drain(..3);
    }
    if ["tmp", "var", "etc"].iter().any(|name| parts.first().is_some_and(|p| p == name)) {
        parts.insert(0, "private".to_owned());
    }
}

fn resolve<'a>(names: impl Iterator<Item = &'a str>, parts: &mut Vec<String>) {
    for name in names {
        match name {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name.to_owned()),
        }
    }
}

fn windows(path: &str) -> Option<Normal> {
    let text = path.trim().replace('/', "\\");
    let text = windows_variable(&text).unwrap_or(text);
    windows_rooted(&text, 0)
}

/// `text` with backslashes only.
fn windows_rooted(text: &str, depth: usize) -> Option<Normal> {
    // Prefixes inside prefixes: a few are real, more are a trick.
    if depth > 4 {
        return None;
    }
    for prefix in ["\\\\?\\", "\\\\.\\", "\\??\\", "\\DosDevices\\", "\\GLOBAL??\\"] {
        if let Some(rest) = strip(text, prefix) {
            let verbatim = prefix == "\\\\?\\" || prefix == "\\??\\";
            return device(rest, verbatim, depth);
        }
    }
    if let Some(rest) = strip(text, "\\Device\\") {
        return kernel_device(rest);
    }
    if let Some(rest) = strip(text, "\\SystemRoot\\") {
        return Some(local(&format!("windows\\{rest}"), false));
    }
    if let Some(rest) = text.strip_prefix("\\\\") {
        return Some(remote(rest));
    }
    if let Some(rest) = drive(text) {
        // `C:name` is relative to a folder that only the process knows.
        return rest.strip_prefix('\\').map(|rest| local(rest, false));
    }
    if let Some(rest) = text.strip_prefix('\\') {
        return Some(local(rest, false));
    }
    // How drivers are registered: relative to the Windows folder.
    strip(text, "System32\\").map(|rest| local(&format!("windows\\system32\\{rest}"), false))
}

/// What stands behind `\\?\` and its like.
fn device(rest: &str, verbatim: bool, depth: usize) -> Option<Normal> {
    if let Some(rest) = strip(rest, "UNC\\") {
        return Some(remote(rest));
    }
    if let Some(rest) = strip(rest, "GLOBALROOT") {
        return windows_rooted(rest, depth + 1);
    }
    if let Some(rest) = drive(rest) {
        return rest.strip_prefix('\\').map(|rest| local(rest, verbatim));
    }
    if strip(rest, "Volume{").is_some() {
        return rest.split_once('\\').map(|(_, rest)| local(rest, verbatim));
    }
    strip(rest, "HarddiskVolume").and_then(|rest| rest.split_once('\\')).map(|(_, rest)| local(rest, verbatim))
}

/// What stands behind `\Device\`.
fn kernel_device(rest: &str) -> Option<Normal> {
    let (name, below) = rest.split_once('\\')?;
    let name = name.to_ascii_lowercase();
    if name.starts_with("harddiskvolume") {
        return Some(local(below, true));
    }
    matches!(name.as_str(), "mup" | "lanmanredirector" | "webdavredirector" | "vmsmb").then_some(below).map(remote)
}

fn drive(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    let letter = chars.next()?;
    (letter.is_ascii_alphabetic() && chars.next() == Some(':')).then_some(chars.as_str())
}

fn remote(rest: &str) -> Normal {
    let mut parts = Vec::new();
    resolve(rest.split('\\'), &mut parts);
    Normal { parts: parts.iter().map(|p| p.to_lowercase()).collect(), remote: true }
}

/// A path below the root of a volume. Verbatim paths keep dots and spaces at the end of a name.
fn local(rest: &str, verbatim: bool) -> Normal {
    let mut parts = Vec::new();
    resolve(rest.split('\\'), &mut parts);
    let last = parts.len().saturating_sub(1);
    let mut parts: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(i, part)| {
            // Rule 5: a stream belongs to its host.
            let host = part.split(':').next().unwrap_or(part);
            let name = match (verbatim, i == last) {
                (true, _) => host,
                (false, true) => host.trim_end_matches([' ', '.']),
                (false, false) => host.strip_suffix('.').unwrap_or(host),
            };
            name.to_lowercase()
        })
        .collect();
    for (i, part) in parts.iter_mut().enumerate() {
        if let Some(long) = known_short_name(i, part) {
            *part = long.to_owned();
        }
    }
    Normal { parts, remote: false }
}

/// Short names that Windows gives these folders when it is installed.
fn known_short_name(depth: usize, name: &str) -> Option<&'static str> {
    match (depth, name) {
        (0, "progra~1") => Some("program files"),
        (0, "progra~2") => Some("program files (x86)"),
        (0, "docume~1") => Some("documents and settings"),
        (2, "locals~1") => Some("local settings"),
        _ => None,
    }
}

/// Could this short name (`WINDOW~1`, `PR12AB~1`) stand for the long one? Which one it is, only the disk knows.
pub(super) fn may_be_short_for(name: &str, long: &str, os: OsPlatform) -> bool {
    if os != OsPlatform::Windows {
        return false;
    }
    let Some((stem, number)) = name.split_once('~') else { return false };
    let number = number.split('.').next().unwrap_or(number);
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) || stem.is_empty() {
        return false;
    }
    let letters: String = long.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    // With many alike Windows keeps two letters and adds four digits of a checksum.
    let hashed = stem.len() == 6 && stem.is_char_boundary(2) && stem[2..].bytes().all(|b| b.is_ascii_hexdigit());
    letters.starts_with(stem) || (hashed && letters.starts_with(&stem[..2]))
}

/// A variable at the start; plain defaults.
fn windows_variable(text: &str) -> Option<String> {
    let (name, rest) = text.strip_prefix('%')?.split_once('%')?;
    if !(rest.is_empty() || rest.starts_with('\\')) {
        return None;
    }
    let folder = match name.to_ascii_lowercase().as_str() {
        "systemdrive" | "homedrive" => "C:",
        "systemroot" | "windir" => "C:\\Windows",
        "programfiles" | "programw6432" => "C:\\Program Files",
        "programfiles(x86)" => "C:\\Program Files (x86)",
        "commonprogramfiles" | "commonprogramw6432" => "C:\\Program Files\\Common Files",
        "commonprogramfiles(x86)" => "C:\\Program Files (x86)\\Common Files",
        "programdata" | "allusersprofile" => "C:\\ProgramData",
        "public" => "C:\\Users\\Public",
        "userprofile" => "C:\\Users\\user",
        "homepath" => "\\Users\\user",
        "appdata" => "C:\\Users\\user\\AppData\\Roaming",
        "localappdata" => "C:\\Users\\user\\AppData\\Local",
        "temp" | "tmp" => "C:\\Users\\user\\AppData\\Local\\Temp",
        "comspec" => "C:\\Windows\\System32\\cmd.exe",
        _ => return None,
    };
    Some(format!("{folder}{rest}"))
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}
