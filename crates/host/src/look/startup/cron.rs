//! Tasks by the clock outside systemd: crontabs, `cron.*` folders, anacron, at.
use super::{Line, Look, digest, lines, lossless, word};
use crate::look::{
    command::{Reading, assignment},
    tree,
};
use assize_domain::{
    entity::{Entity, ScheduledTask, TaskKind},
    time::Stamp,
};

/// How a line of a crontab is read.
#[derive(Clone, Copy)]
enum Form<'a> {
    /// Five fields, user, command.
    System,
    /// Five fields, command; the file is its user's.
    User(&'a str),
    /// Period, delay, name, command.
    Anacron,
}

/// A name that is long is cut in lists; the whole command stands beside it.
const NAME_LIMIT: usize = 160;

impl Look<'_> {
    pub(super) fn crontabs(&mut self) {
        self.crontab(b"/etc/crontab", Form::System, true);
        for path in self.files(b"/etc/cron.d") {
            // No cron reads what editors and package managers leave behind.
            let read =
                ![b"~".as_slice(), b".dpkg-old", b".dpkg-new", b".dpkg-dist", b".rpmsave", b".rpmnew", b".rpmorig"]
                    .iter()
                    .any(|end| path.ends_with(end));
            self.crontab(&path, Form::System, read);
        }
        for folder in [b"/var/spool/cron/crontabs".as_slice(), b"/var/spool/cron"] {
            for path in self.files(folder) {
                let user = String::from_utf8_lossy(tree::base(&path)).into_owned();
                self.crontab(&path, Form::User(&user), true);
            }
        }
        for period in ["hourly", "daily", "weekly", "monthly", "yearly"] {
            for path in self.files(format!("/etc/cron.{period}").as_bytes()) {
                if tree::base(&path) != b".placeholder" {
                    self.part(&path, period);
                }
            }
        }
        self.crontab(b"/etc/anacrontab", Form::Anacron, true);
        for folder in [b"/var/spool/cron/atjobs".as_slice(), b"/var/spool/at", b"/var/spool/atjobs"] {
            for path in self.files(folder) {
                self.at_job(&path);
            }
        }
    }

    fn crontab(&mut self, path: &[u8], form: Form<'_>, enabled: bool) {
        let Some(text) = self.text(path) else { return };
        let mut search = None;
        let mut home = None;
        for line in lines(&text) {
            let trimmed = line.bytes.trim_ascii();
            if trimmed.is_empty() || trimmed.starts_with(b"#") {
                continue;
            }
            if let Some((name, value)) = setting(trimmed) {
                match name {
                    b"PATH" => search = Some(value.split(|b| *b == b':').map(<[u8]>::to_vec).collect::<Vec<_>>()),
                    b"HOME" => home = Some(value.to_vec()),
                    _ => {}
                }
                continue;
            }
            let Some(entry) = entry(trimmed, form) else { continue };
            let reading = {
                let own_home = home.as_deref().or_else(|| self.home_of(&entry.user));
                let mut surroundings = crate::look::command::Surroundings::new(self.root, own_home);
                if let Some(search) = &search {
                    surroundings.search = search.iter().filter(|d| d.starts_with(b"/")).cloned().collect();
                }
                surroundings.shell(&before_input(entry.command))
            };
            self.line_task(path, &line, &entry, enabled, &reading);
        }
    }

    fn line_task(&mut self, path: &[u8], line: &Line<'_>, entry: &Entry<'_>, enabled: bool, reading: &Reading) {
        let command = lossless(entry.command);
        let name = entry.name.map_or_else(|| command.chars().take(NAME_LIMIT).collect(), lossless);
        let task = ScheduledTask {
            kind: TaskKind::Cron,
            name,
            path: self.really(path),
            command,
            schedule: entry.schedule.clone(),
            user: entry.user.clone(),
            line: Some(lossless(line.bytes)),
            occurrence: line.occurrence,
            digest: digest(line.bytes),
            enabled,
        };
        self.add(Entity::ScheduledTask { scheduled_task: task }, reading, path);
    }

    /// A file in `/etc/cron.daily` and its like: the file is the task.
    fn part(&mut self, path: &[u8], period: &str) {
        let Some(text) = self.text(path) else { return };
        let reading = self.script(path, &text);
        let name = tree::base(path);
        let executable = tree::follow(self.root, path)
            .is_ok_and(|p| std::os::unix::fs::PermissionsExt::mode(&p.metadata.permissions()) & 0o111 != 0);
        // Where run-parts starts them, a name with a dot is passed over.
        let named_well = name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let enabled = executable && named_well;
        self.file_task(
            TaskKind::Cron,
            path,
            &text,
            lossless(path),
            period.to_owned(),
            "root".into(),
            enabled,
            &reading,
        );
    }

    /// One job of at: a shell script with its surroundings written before the commands.
    fn at_job(&mut self, path: &[u8]) {
        let name = tree::base(path).to_vec();
        // Queue letter, five digits of number, eight of minutes since 1970, all hexadecimal.
        if name.len() != 14 || !name[1..].iter().all(u8::is_ascii_hexdigit) {
            return;
        }
        let Some(text) = self.text(path) else { return };
        let number = |digits: &[u8]| i64::from_str_radix(std::str::from_utf8(digits).unwrap_or("0"), 16).unwrap_or(0);
        let due = Stamp(number(&name[6..]).saturating_mul(60_000));
        let uid = text.split(|b| *b == b'\n').find_map(|l| l.strip_prefix(b"# atrun uid=")).and_then(|rest| {
            let digits = rest.split(|b| !b.is_ascii_digit()).next()?;
            std::str::from_utf8(digits).ok()?.parse::<u32>().ok()
        });
        let user = uid.map_or_else(|| "unknown".to_owned(), |uid| self.people.user(uid));
        let commands = at_commands(&text);
        let reading = self.surroundings(self.home_of(&user)).shell(&commands);
        let command =
            lossless(&commands.trim_ascii().split(|b| *b == b'\n').collect::<Vec<_>>().join(b"; ".as_slice()));
        self.file_task(TaskKind::At, path, &text, command, due.to_string(), user, true, &reading);
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one entity, each from another place")]
    fn file_task(
        &mut self,
        kind: TaskKind,
        path: &[u8],
        text: &[u8],
        command: String,
        schedule: String,
        user: String,
        enabled: bool,
        reading: &Reading,
    ) {
        let task = ScheduledTask {
            kind,
            name: lossless(tree::base(path)),
            path: self.really(path),
            command,
            schedule,
            user,
            line: None,
            occurrence: 0,
            digest: digest(text),
            enabled,
        };
        self.add(Entity::ScheduledTask { scheduled_task: task }, reading, path);
    }
}

struct Entry<'a> {
    schedule: String,
    user: String,
    command: &'a [u8],
    name: Option<&'a [u8]>,
}

/// One task line, already without white space around it.
fn entry<'a>(line: &'a [u8], form: Form<'_>) -> Option<Entry<'a>> {
    // Some crons take a minus sign before a line: do not log.
    let line = if matches!(form, Form::Anacron) { line } else { line.strip_prefix(b"-").unwrap_or(line) };
    let mut rest = line;
    let fields = match form {
        Form::Anacron => 2,
        Form::System | Form::User(_) if line.starts_with(b"@") => 1,
        Form::System | Form::User(_) => 5,
    };
    let mut schedule = Vec::new();
    for _ in 0..fields {
        let (field, after) = word(rest)?;
        let is_time = field
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'/' | b',' | b'-' | b'@' | b'~' | b'#'));
        if !is_time {
            return None;
        }
        schedule.push(lossless(field));
        rest = after;
    }
    let mut name = None;
    let user = match form {
        Form::User(user) => user.to_owned(),
        Form::Anacron => {
            let (identifier, after) = word(rest)?;
            name = Some(identifier);
            rest = after;
            "root".to_owned()
        }
        Form::System => {
            let (user, after) = word(rest)?;
            rest = after;
            lossless(user)
        }
    };
    (!rest.is_empty()).then(|| Entry { schedule: schedule.join(" "), user, command: rest, name })
}

/// `NAME = value`, with or without quotes.
fn setting(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|b| *b == b'=')?;
    let name = line[..at].trim_ascii();
    let name = name.strip_prefix(b"\"").and_then(|n| n.strip_suffix(b"\"")).unwrap_or(name);
    // The same rule for a name as the shell has.
    let mut probe = name.to_vec();
    probe.push(b'=');
    assignment(&probe)?;
    let value = line[at + 1..].trim_ascii();
    let bare = [b'"', b'\''].iter().find_map(|q| value.strip_prefix(&[*q])?.strip_suffix(&[*q]));
    Some((name, bare.unwrap_or(value)))
}

/// In a crontab an unescaped `%` ends the command; what follows is its input.
fn before_input(command: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(command.len());
    let mut bytes = command.iter().copied().peekable();
    while let Some(b) = bytes.next() {
        match b {
            b'\\' if bytes.peek() == Some(&b'%') => {
                out.push(b'%');
                bytes.next();
            }
            b'%' => return out,
            b => out.push(b),
        }
    }
    out
}

/// The commands of an at job, without the surroundings that at wrote before them.
fn at_commands(text: &[u8]) -> Vec<u8> {
    let all: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    // at writes `cd FOLDER || {`, three lines, then either a here-document for the shell or the commands themselves.
    let start = all.iter().position(|l| l.starts_with(b"cd ") && l.ends_with(b"|| {"));
    let Some(start) = start else {
        return all.iter().filter(|l| !l.starts_with(b"#")).copied().collect::<Vec<_>>().join(&b'\n');
    };
    let mut body = &all[start + 1..];
    if let Some(end) = body.iter().position(|l| l.starts_with(b"}")) {
        body = &body[end + 1..];
    }
    let document = body.first().and_then(|first| {
        let at = first.windows(2).position(|w| w == b"<<")?;
        Some(
            first[at + 2..]
                .trim_ascii()
                .iter()
                .copied()
                .filter(|b| !matches!(b, b'\'' | b'"' | b'-'))
                .collect::<Vec<u8>>(),
        )
    });
    if let Some(end) = document.filter(|end| !end.is_empty()) {
        let last = body.iter().rposition(|l| *l == end.as_slice()).unwrap_or(body.len());
        body = &body[1.min(body.len())..last.max(1).min(body.len())];
    }
    body.join(&b'\n')
}
