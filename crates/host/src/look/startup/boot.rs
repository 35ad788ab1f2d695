//! What starting the computer or plugging something in runs: udev rules, kernel modules, init scripts.
use super::{Line, Look, lines, lossless, word};
use crate::look::{
    command::{Reading, Surroundings, arguments},
    driver::{self, ModuleFiles},
    tree,
};
use assize_domain::{
    entity::{Driver, Entity, StartupKind},
    text::DevicePath,
};
use std::collections::BTreeMap;

impl Look<'_> {
    pub(super) fn udev(&mut self) {
        let mut folders: Vec<&[u8]> =
            vec![b"/etc/udev/rules.d", b"/run/udev/rules.d", b"/usr/local/lib/udev/rules.d", b"/usr/lib/udev/rules.d"];
        if !self.is_link(b"/lib") {
            folders.push(b"/lib/udev/rules.d");
        }
        for folder in folders {
            for path in self.files(folder) {
                if path.ends_with(b".rules") {
                    self.udev_rules(&path);
                }
            }
        }
    }

    fn udev_rules(&mut self, path: &[u8]) {
        let Some(text) = self.text(path) else { return };
        let mut first: Option<Line<'_>> = None;
        let mut rule: Vec<u8> = Vec::new();
        for line in lines(&text) {
            let continues = line.bytes.ends_with(b"\\");
            rule.extend_from_slice(line.bytes.strip_suffix(b"\\").unwrap_or(line.bytes));
            let begun = first.get_or_insert(line);
            if continues {
                continue;
            }
            let whole = begun.bytes == rule.as_slice();
            let begun = first.take();
            let rule = std::mem::take(&mut rule);
            let trimmed = rule.trim_ascii();
            if trimmed.starts_with(b"#") {
                continue;
            }
            let programs = udev_programs(trimmed);
            if programs.is_empty() {
                continue;
            }
            let mut surroundings = Surroundings::new(self.root, None);
            surroundings.search = vec![b"/usr/lib/udev".to_vec(), b"/lib/udev".to_vec()];
            let mut reading = Reading::default();
            for program in &programs {
                reading.add(surroundings.program(&arguments(program)));
            }
            let command = programs.join(b"; ".as_slice());
            match begun {
                Some(line) if whole => self.add_line(StartupKind::UdevRule, path, &line, &command, "root", &reading),
                // A rule over several lines is told as its file.
                _ => self.add_file(StartupKind::UdevRule, path, &text, &command, "root", &reading),
            }
        }
    }

    pub(super) fn modules(&mut self) {
        let mut lists = vec![b"/etc/modules".to_vec()];
        for folder in [b"/etc/modules-load.d".as_slice(), b"/run/modules-load.d", b"/usr/lib/modules-load.d"] {
            lists.extend(self.files(folder).into_iter().filter(|p| p.ends_with(b".conf")));
        }
        let loaded = driver::loaded(self.root);
        let mut files = None;
        let mut drivers = BTreeMap::new();
        for path in lists {
            let Some(text) = self.text(&path) else { continue };
            for line in lines(&text) {
                let trimmed = line.bytes.trim_ascii();
                if trimmed.starts_with(b"#") || trimmed.starts_with(b";") {
                    continue;
                }
                let Some((name, _)) = word(trimmed) else { continue };
                let name = lossless(name);
                let starts = files.get_or_insert_with(|| ModuleFiles::read(self.root)).of(&name).to_vec();
                let reading = Reading { program: starts.first().cloned(), starts, runs: true, preload: false };
                self.add_line(StartupKind::ModuleList, &path, &line, trimmed, "root", &reading);
                drivers.entry(driver::plain_name(&name)).or_insert_with(|| Some(path.clone()));
            }
        }
        for module in &loaded {
            drivers.entry(module.name.clone()).or_insert(None);
        }
        for (name, list) in drivers {
            let files = files.get_or_insert_with(|| ModuleFiles::read(self.root));
            let (path, starts) = (files.in_use(&name), files.of(&name).to_vec());
            let is_loaded = loaded.iter().any(|m| m.name == name);
            let defined_in = path.as_ref().map_or(list.clone(), |p| Some(p.to_bytes())).unwrap_or_default();
            let config_path = list.map(|list| DevicePath::from_bytes(&list));
            let reading = Reading { program: starts.first().cloned(), starts, runs: true, preload: false };
            let driver = Driver { name, path, config_path, loaded: is_loaded };
            self.add(Entity::Driver { driver }, &reading, &defined_in);
        }
        for folder in [b"/etc/modprobe.d".as_slice(), b"/run/modprobe.d", b"/usr/lib/modprobe.d"] {
            for path in self.files(folder) {
                if path.ends_with(b".conf") {
                    self.modprobe(&path);
                }
            }
        }
    }

    /// `install NAME COMMAND`: a command in place of loading a module.
    fn modprobe(&mut self, path: &[u8]) {
        let Some(text) = self.text(path) else { return };
        for line in lines(&text) {
            let Some((b"install" | b"remove", rest)) = word(line.bytes.trim_ascii()) else { continue };
            let Some((_, command)) = word(rest) else { continue };
            let command = command.trim_ascii();
            let reading = self.surroundings(None).shell(command);
            self.add_line(StartupKind::ModuleList, path, &line, command, "root", &reading);
        }
    }

    pub(super) fn init(&mut self) {
        let mut scripts: Vec<Vec<u8>> = vec![b"/etc/rc.local".to_vec()];
        if !self.is_link(b"/etc/rc.d") {
            scripts.push(b"/etc/rc.d/rc.local".to_vec());
        }
        scripts.extend(self.files(b"/etc/init.d").into_iter().filter(|p| tree::base(p) != b"README"));
        let mut seen = Vec::new();
        for path in scripts {
            // One of the two rc.local is often a link to the other.
            let Some(place) = tree::regular(self.root, &path) else { continue };
            if seen.contains(&place.path) {
                continue;
            }
            seen.push(place.path);
            let Some(text) = self.text(&path) else { continue };
            let reading = self.script(&path, &text);
            self.add_file(StartupKind::InitScript, &path, &text, &path, "root", &reading);
        }
    }

    pub(super) fn is_link(&self, path: &[u8]) -> bool {
        tree::follow_folders(self.root, path).is_ok_and(|p| p.metadata.is_symlink())
    }
}

/// The programs that a rule runs: `RUN`, `RUN{program}`, `PROGRAM`, `IMPORT{program}`.
fn udev_programs(rule: &[u8]) -> Vec<Vec<u8>> {
    let mut programs = Vec::new();
    let mut rest = rule;
    while let Some(quote) = rest.iter().position(|b| *b == b'"') {
        let key = rest[..quote].trim_ascii().trim_ascii_start();
        let key = key.strip_prefix(b",").unwrap_or(key).trim_ascii();
        let end_of_name = key.iter().position(|b| matches!(b, b'+' | b'-' | b':' | b'=' | b'!')).unwrap_or(key.len());
        let name = key[..end_of_name].trim_ascii();
        let after = &rest[quote + 1..];
        let mut value = Vec::new();
        let mut at = 0;
        while let Some(b) = after.get(at) {
            match b {
                b'\\' if after.get(at + 1) == Some(&b'"') => {
                    value.push(b'"');
                    at += 1;
                }
                b'"' => break,
                b => value.push(*b),
            }
            at += 1;
        }
        if matches!(name, b"RUN" | b"RUN{program}" | b"PROGRAM" | b"IMPORT{program}") && !value.is_empty() {
            programs.push(value);
        }
        rest = after.get(at + 1..).unwrap_or_default();
    }
    programs
}
