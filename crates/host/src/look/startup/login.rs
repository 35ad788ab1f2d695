//! What a login or a desktop session starts: shell profiles, autostart entries, preloaded libraries, authorized keys.
use super::{Look, lines, word};
use crate::look::{
    command::{
        Reading, arguments,
        block::{Alone, alone},
    },
    tree,
};
use assize_domain::entity::StartupKind;

/// Profiles of the whole system.
const SYSTEM_PROFILES: [&[u8]; 13] = [
    b"/etc/profile",
    b"/etc/bash.bashrc",
    b"/etc/bashrc",
    b"/etc/bash.bash_logout",
    b"/etc/zsh/zshenv",
    b"/etc/zsh/zprofile",
    b"/etc/zsh/zshrc",
    b"/etc/zsh/zlogin",
    b"/etc/zshenv",
    b"/etc/zshrc",
    b"/etc/environment",
    b"/etc/csh.cshrc",
    b"/etc/ssh/sshrc",
];

/// No script: a list of variables.
const ENVIRONMENT: &[u8] = b"/etc/environment";

/// Profiles in a home, and what else is run line by line with each login or session.
const HOME_PROFILES: [&[u8]; 15] = [
    b".bashrc",
    b".bash_profile",
    b".bash_login",
    b".bash_logout",
    b".bash_aliases",
    b".profile",
    b".zshrc",
    b".zshenv",
    b".zprofile",
    b".zlogin",
    b".xprofile",
    b".xsessionrc",
    b".xsession",
    b".xinitrc",
    b".ssh/rc",
];

impl Look<'_> {
    pub(super) fn profiles(&mut self) {
        for path in SYSTEM_PROFILES {
            self.profile(path, "root", None);
        }
        for path in self.files(b"/etc/profile.d") {
            self.profile(&path, "root", None);
        }
        for home in self.people.homes() {
            for name in HOME_PROFILES {
                self.profile(&tree::join(&home.path, name), &home.user, Some(&home.path));
            }
        }
    }

    /// Each line that runs something is one item.
    fn profile(&mut self, path: &[u8], user: &str, home: Option<&[u8]>) {
        let Some(text) = self.text(path) else { return };
        let mut end = 0;
        let mut parts: Option<(Vec<&[u8]>, Reading)> = None;
        for line in lines(&text) {
            let start = end;
            end = (start + line.bytes.len() + 1).min(text.len());
            let command = line.bytes.trim_ascii();
            if command.is_empty() || command.starts_with(b"#") {
                continue;
            }
            let reading = crate::look::command::Surroundings::new(self.root, home).shell(command);
            if !reading.runs && !reading.preload {
                continue;
            }
            // What is a part of something longer is told as its file: without it, the rest could not be read.
            if path == ENVIRONMENT || alone(&text, &(start..end)) != Alone::No {
                self.add_line(StartupKind::ShellProfile, path, &line, command, user, &reading);
            } else {
                let (commands, all) = parts.get_or_insert_default();
                commands.push(command);
                all.add(reading);
            }
        }
        if let Some((commands, reading)) = parts {
            let command = commands.join(b"; ".as_slice());
            self.add_file(StartupKind::ShellProfile, path, &text, &command, user, &reading);
        }
    }

    pub(super) fn autostart(&mut self) {
        let mut folders = vec![(b"/etc/xdg/autostart".to_vec(), "root".to_owned(), None)];
        for home in self.people.homes() {
            let folder = tree::join(&home.path, b".config/autostart");
            folders.push((folder, home.user.clone(), Some(home.path.as_slice())));
        }
        for (folder, user, home) in folders {
            for path in self.files(&folder) {
                if path.ends_with(b".desktop") {
                    self.desktop_entry(&path, &user, home);
                }
            }
        }
    }

    fn desktop_entry(&mut self, path: &[u8], user: &str, home: Option<&[u8]>) {
        let Some(text) = self.text(path) else { return };
        let mut in_entry = false;
        let mut exec = None;
        let mut off = false;
        for line in text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii) {
            if line.starts_with(b"[") {
                in_entry = line == b"[Desktop Entry]";
                continue;
            }
            let Some(at) = line.iter().position(|b| *b == b'=').filter(|_| in_entry) else { continue };
            let (key, value) = (line[..at].trim_ascii(), line[at + 1..].trim_ascii());
            match key {
                b"Exec" => exec = exec.or(Some(value)),
                b"Hidden" => off |= value == b"true",
                b"X-GNOME-Autostart-enabled" => off |= value == b"false",
                _ => {}
            }
        }
        let Some(exec) = exec.filter(|_| !off) else { return };
        let words: Vec<Vec<u8>> = arguments(exec)
            .into_iter()
            // `%f`, `%U`: what a desktop would put in.
            .filter(|w| !(w.len() == 2 && w[0] == b'%'))
            .collect();
        let reading = self.surroundings_for(home).program(&words);
        self.add_file(StartupKind::Autostart, path, &text, exec, user, &reading);
    }

    fn surroundings_for<'h>(&'h self, home: Option<&'h [u8]>) -> crate::look::command::Surroundings<'h> {
        crate::look::command::Surroundings::new(self.root, home)
    }

    /// Libraries that the loader puts into every program.
    pub(super) fn preload(&mut self) {
        const PATH: &[u8] = b"/etc/ld.so.preload";
        let Some(text) = self.text(PATH) else { return };
        for line in lines(&text) {
            let names = line.bytes.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
            if names.is_empty() {
                continue;
            }
            let mut reading = Reading { preload: true, ..Reading::default() };
            for name in names.split(|b| b.is_ascii_whitespace() || *b == b':').filter(|n| n.starts_with(b"/")) {
                reading.program.get_or_insert_with(|| name.to_vec());
                if let Some(place) = tree::regular(self.root, name) {
                    reading.starts.push(place.path);
                }
            }
            self.add_line(StartupKind::Preload, PATH, &line, names, "root", &reading);
        }
    }

    pub(super) fn authorized_keys(&mut self) {
        for home in self.people.homes() {
            for name in [b".ssh/authorized_keys".as_slice(), b".ssh/authorized_keys2"] {
                let path = tree::join(&home.path, name);
                let Some(text) = self.text(&path) else { continue };
                for line in lines(&text) {
                    let trimmed = line.bytes.trim_ascii();
                    if trimmed.is_empty() || trimmed.starts_with(b"#") {
                        continue;
                    }
                    let Some(key) = key(trimmed) else { continue };
                    let forced = key.forced.as_deref();
                    let reading = forced.map(|c| self.surroundings_for(Some(&home.path)).shell(c)).unwrap_or_default();
                    self.add_line(StartupKind::AuthorizedKey, &path, &line, &key.shown, &home.user, &reading);
                }
            }
        }
    }
}

struct Key {
    /// Type and comment.
    shown: Vec<u8>,
    /// The command that logging in with the key runs.
    forced: Option<Vec<u8>>,
}

/// `[options] type key [comment]`
fn key(line: &[u8]) -> Option<Key> {
    let is_type =
        |w: &[u8]| [b"ssh-".as_slice(), b"ecdsa-", b"sk-", b"cert-authority"].iter().any(|start| w.starts_with(start));
    let (options, rest) = match word(line)? {
        (first, _) if is_type(first) => (&line[..0], line),
        _ => {
            // Options may hold quoted white space.
            let mut quoted = false;
            let end = line.iter().enumerate().position(|(i, b)| {
                if *b == b'"' && (i == 0 || line[i - 1] != b'\\') {
                    quoted = !quoted;
                }
                !quoted && matches!(b, b' ' | b'\t')
            })?;
            (&line[..end], line[end..].trim_ascii_start())
        }
    };
    let (kind, rest) = word(rest)?;
    let (_, comment) = word(rest)?;
    let mut shown = kind.to_vec();
    if !comment.is_empty() {
        shown.push(b' ');
        shown.extend_from_slice(comment);
    }
    const COMMAND: &[u8] = b"command=\"";
    let forced = options.windows(COMMAND.len()).position(|w| w.eq_ignore_ascii_case(COMMAND)).map(|at| {
        let mut out = Vec::new();
        let mut bytes = options[at + COMMAND.len()..].iter().copied().peekable();
        while let Some(b) = bytes.next() {
            match b {
                b'\\' if bytes.peek() == Some(&b'"') => {}
                b'"' if out.last() != Some(&b'\\') => break,
                b => out.push(b),
            }
            if b == b'\\' && bytes.peek() == Some(&b'"') {
                out.push(b'"');
                bytes.next();
            }
        }
        out
    });
    Some(Key { shown, forced })
}
