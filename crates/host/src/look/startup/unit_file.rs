//! The text of a systemd unit and its drop-ins: what they run, when, as whom.
use crate::look::command::{Reading, Surroundings, arguments, assignment};

/// What the settings of a unit come to, drop-ins included.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// Key and command, without the settings that a later empty one took back.
    execs: Vec<(Vec<u8>, Vec<u8>)>,
    /// When a timer fires: key and value.
    times: Vec<(Vec<u8>, Vec<u8>)>,
    preloads: Vec<Vec<u8>>,
    pub(super) user: Option<Vec<u8>>,
    /// The unit that a timer starts, when it is named.
    pub(super) starts_unit: Option<Vec<u8>>,
}

impl Unit {
    /// Reads one file on top of what was read before; true when it says what to run.
    pub(super) fn read(&mut self, text: &[u8]) -> bool {
        let mut section: Vec<u8> = Vec::new();
        let mut says = false;
        for line in logical_lines(text) {
            let line = line.trim_ascii();
            if line.starts_with(b"[") {
                section = line.to_vec();
                continue;
            }
            let Some(at) = line.iter().position(|b| *b == b'=') else { continue };
            let (key, value) = (line[..at].trim_ascii(), line[at + 1..].trim_ascii());
            match section.as_slice() {
                b"[Timer]" if key == b"Unit" => self.starts_unit = Some(value.to_vec()),
                b"[Timer]" if key.starts_with(b"On") => set(&mut self.times, key, value),
                b"[Service]" if key.starts_with(b"Exec") && is_exec(key) => {
                    set(&mut self.execs, key, value);
                    says = true;
                }
                b"[Service]" if key == b"User" => self.user = Some(value.to_vec()).filter(|v| !v.is_empty()),
                b"[Service]" if key == b"Environment" => {
                    let found: Vec<Vec<u8>> = arguments(value)
                        .into_iter()
                        .filter(|w| matches!(assignment(w), Some((b"LD_PRELOAD" | b"LD_AUDIT", _))))
                        .collect();
                    says |= !found.is_empty();
                    self.preloads.extend(found);
                }
                _ => {}
            }
        }
        says
    }

    /// `ExecStart` first, then the others, joined.
    pub(super) fn command(&self) -> Vec<u8> {
        let commands: Vec<&[u8]> = self.ordered().map(|(_, c)| c.as_slice()).collect();
        commands.join(b"; ".as_slice())
    }

    pub(super) fn schedule(&self) -> Vec<u8> {
        let times: Vec<Vec<u8>> = self.times.iter().map(|(k, v)| [k.as_slice(), v].join(&b'=')).collect();
        times.join(b"; ".as_slice())
    }

    pub(super) fn reading(&self, surroundings: &Surroundings<'_>, name: &[u8]) -> Reading {
        let mut reading = Reading::default();
        for (_, command) in self.ordered() {
            let command = command.trim_ascii_start();
            let length = command.iter().take_while(|b| b"-@:+!|".contains(b)).count();
            let (marks, command) = command.split_at(length);
            let expanded = expand(command, surroundings.home, name);
            // A lone `;` parts several commands of one setting.
            for words in arguments(&expanded).split(|w| w == b";") {
                let mut words = words.to_vec();
                if marks.contains(&b'@') && words.len() > 1 {
                    // The second word is only the name it goes by.
                    words.remove(1);
                }
                reading.add(surroundings.program(&words));
            }
        }
        for preload in &self.preloads {
            reading.add(surroundings.program(std::slice::from_ref(preload)));
        }
        reading
    }

    fn ordered(&self) -> impl Iterator<Item = &(Vec<u8>, Vec<u8>)> {
        let first = self.execs.iter().filter(|(k, _)| k == b"ExecStart");
        first.chain(self.execs.iter().filter(|(k, _)| k != b"ExecStart"))
    }
}

fn is_exec(key: &[u8]) -> bool {
    matches!(
        key,
        b"ExecStart"
            | b"ExecStartPre"
            | b"ExecStartPost"
            | b"ExecStop"
            | b"ExecStopPost"
            | b"ExecReload"
            | b"ExecCondition"
    )
}

/// An empty value takes back what was set before.
fn set(list: &mut Vec<(Vec<u8>, Vec<u8>)>, key: &[u8], value: &[u8]) {
    if value.is_empty() {
        list.retain(|(k, _)| k != key);
    } else {
        list.push((key.to_vec(), value.to_vec()));
    }
}

/// Lines without comments, those that end in a backslash joined with the next.
fn logical_lines(text: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut line: Vec<u8> = Vec::new();
    for part in text.split(|b| *b == b'\n') {
        let part = part.strip_suffix(b"\r").unwrap_or(part);
        if matches!(part.trim_ascii_start().first(), Some(b'#' | b';')) {
            continue;
        }
        if let Some(begun) = part.strip_suffix(b"\\") {
            line.extend_from_slice(begun);
            line.push(b' ');
        } else {
            line.extend_from_slice(part);
            out.push(std::mem::take(&mut line));
        }
    }
    out.push(line);
    out
}

/// The specifiers whose meaning is known here.
fn expand(text: &[u8], home: Option<&[u8]>, name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        match bytes.next() {
            Some(b'h') => out.extend_from_slice(home.unwrap_or(b"/root")),
            Some(b'n') => out.extend_from_slice(name),
            Some(b'%') => out.push(b'%'),
            Some(other) => out.extend_from_slice(&[b'%', other]),
            None => out.push(b'%'),
        }
    }
    out
}
