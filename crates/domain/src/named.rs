//! What alerts name on a device, as far as somebody can go and look (spec 1.5, 2.3 row 6; M107): it is matched to what is
//! there by path, content or a process and its program, never by a bare name. To be named proves nothing.
use crate::{
    alert::Severity,
    draft::{Mention, NamedFile, NamedProcess, Thing},
    entity::{Entity, File},
    id::AlertId,
    text::DevicePath,
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};

/// How much one investigation keeps apart; who names more is looked at as far as everything is anyway.
pub const MOST_NAMED: usize = 200;

/// Words of a command line that are looked at as paths.
const PATHS_OF_A_LINE: usize = 8;

/// One thing that an alert names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub alert: AlertId,
    pub severity: Severity,
    /// Who says so: `Falco`.
    pub by: String,
    /// What they judged it to be, where they did.
    pub verdict: Option<Verdict>,
    pub thing: Thing,
}

impl Named {
    /// None for what cannot be looked for on a device, and for what lives in a container.
    pub fn of(mention: &Mention, alert: &AlertId, severity: Severity, by: &str) -> Option<Self> {
        if mention.container.is_some() || !can_be_looked_for(&mention.thing) {
            return None;
        }
        let verdict = mention.verdict;
        Some(Self { alert: alert.clone(), severity, by: by.to_owned(), verdict, thing: mention.thing.clone() })
    }

    /// Files to look at, whatever is to be said about them.
    pub fn files(&self) -> Vec<DevicePath> {
        let full = |p: &&DevicePath| p.as_str().starts_with('/');
        match &self.thing {
            Thing::File(NamedFile { path, .. }) | Thing::Driver { path, .. } => {
                path.iter().filter(full).cloned().collect()
            }
            Thing::Process(NamedProcess { exe, command_line, .. }) => {
                let line = command_line.as_deref().unwrap_or_default();
                exe.iter().filter(full).cloned().chain(paths_of(line)).collect()
            }
            Thing::Service { command, .. } | Thing::ScheduledTask { command, .. } => {
                paths_of(command.as_deref().unwrap_or_default()).collect()
            }
            Thing::Registry { .. }
            | Thing::User { .. }
            | Thing::Ip { .. }
            | Thing::Url { .. }
            | Thing::Domain { .. }
            | Thing::Other { .. } => Vec::new(),
        }
    }

    /// Contents to look for, in lower-case hex.
    pub fn contents(&self) -> Vec<&str> {
        match &self.thing {
            Thing::File(NamedFile { sha256, sha1, md5, .. }) => {
                [sha256, sha1, md5].into_iter().filter_map(|h| h.as_deref()).collect()
            }
            Thing::Process(NamedProcess { sha256, .. }) | Thing::Driver { sha256, .. } => {
                sha256.as_deref().into_iter().collect()
            }
            Thing::Service { .. }
            | Thing::ScheduledTask { .. }
            | Thing::Registry { .. }
            | Thing::User { .. }
            | Thing::Ip { .. }
            | Thing::Url { .. }
            | Thing::Domain { .. }
            | Thing::Other { .. } => Vec::new(),
        }
    }

    /// Is this what it names?
    pub fn is(&self, entity: &Entity) -> bool {
        match (&self.thing, entity) {
            (Thing::File(named), Entity::File { file }) => {
                lies_at(named.path.as_ref(), file) || self.same_content(file) == Some(true)
            }
            (Thing::Driver { path, .. }, Entity::File { file }) => {
                lies_at(path.as_ref(), file) || self.same_content(file) == Some(true)
            }
            (Thing::Process(named), Entity::File { file }) => {
                lies_at(named.exe.as_ref(), file) || self.same_content(file) == Some(true)
            }
            (Thing::File(named), Entity::Process { process }) => {
                let image = process.image_sha256.as_deref();
                !process.container && (same(named.path.as_ref(), process.exe.as_ref()) || says(&named.sha256, image))
            }
            (Thing::Process(named), Entity::Process { process }) => {
                let known = named.exe.is_some() || named.command_line.is_some() || named.name.is_some();
                let program = match (&named.exe, &named.command_line, &named.name) {
                    (Some(exe), _, _) => Some(exe) == process.exe.as_ref(),
                    (None, Some(line), _) => line.trim() == process.command_line.trim(),
                    (None, None, Some(name)) => name == process.name(),
                    (None, None, None) => false,
                };
                // The number alone may be somebody else's by now, and a bare name is anybody's.
                let number = match named.pid {
                    Some(pid) => pid == process.pid,
                    None => named.exe.is_some() || named.command_line.is_some(),
                };
                known && program && number && !process.container
            }
            (Thing::Service { name, .. }, Entity::Service { service }) => {
                *name == service.name || format!("{name}.service") == service.name
            }
            (Thing::ScheduledTask { name, command, .. }, Entity::ScheduledTask { scheduled_task }) => {
                *name == scheduled_task.path.as_str() || command.as_ref().is_some_and(|c| *c == scheduled_task.command)
            }
            (Thing::Driver { path, .. }, Entity::Driver { driver }) => same(path.as_ref(), driver.path.as_ref()),
            (_, _) => false,
        }
    }

    /// Is this what they judged bad: the content they saw, as far as they told which.
    pub fn accuses(&self, entity: &Entity) -> bool {
        let content = match entity {
            Entity::File { file } => self.same_content(file),
            Entity::Process { process } => match (self.contents().first(), &process.image_sha256) {
                (Some(named), Some(image)) if named.len() == image.len() => Some(named == image),
                (_, _) => None,
            },
            Entity::Service { .. }
            | Entity::ScheduledTask { .. }
            | Entity::Driver { .. }
            | Entity::Registry { .. }
            | Entity::StartupItem { .. }
            | Entity::User { .. }
            | Entity::Ip { .. }
            | Entity::Url { .. }
            | Entity::Domain { .. }
            | Entity::Device { .. } => None,
        };
        self.verdict.is_some_and(Verdict::is_bad) && content != Some(false) && self.is(entity)
    }

    /// None where the alert knows no hash, or none of a kind that the file has.
    fn same_content(&self, file: &File) -> Option<bool> {
        let have = [&file.sha256, &file.sha1, &file.md5];
        self.contents().into_iter().find_map(|named| {
            let mine = have.iter().filter_map(|h| h.as_deref()).find(|h| h.len() == named.len())?;
            Some(mine == named)
        })
    }
}

fn can_be_looked_for(thing: &Thing) -> bool {
    match thing {
        Thing::File(f) => f.path.is_some() || f.sha256.is_some() || f.sha1.is_some() || f.md5.is_some(),
        Thing::Process(p) => p.exe.is_some() || p.command_line.is_some() || (p.pid.is_some() && p.name.is_some()),
        Thing::Service { .. } | Thing::ScheduledTask { .. } => true,
        Thing::Driver { path, sha256 } => path.is_some() || sha256.is_some(),
        Thing::Registry { .. }
        | Thing::User { .. }
        | Thing::Ip { .. }
        | Thing::Url { .. }
        | Thing::Domain { .. }
        | Thing::Other { .. } => false,
    }
}

fn lies_at(path: Option<&DevicePath>, file: &File) -> bool {
    path.is_some_and(|p| *p == file.path || Some(p) == file.resolved.as_ref())
}

fn same(named: Option<&DevicePath>, seen: Option<&DevicePath>) -> bool {
    named.is_some() && named == seen
}

fn says(named: &Option<String>, seen: Option<&str>) -> bool {
    named.is_some() && named.as_deref() == seen
}

/// The words of a command line that are full paths. They are only looked at.
fn paths_of(line: &str) -> impl Iterator<Item = DevicePath> {
    let word = |w: &str| w.trim_matches(['"', '\'', ';', ',', ')', '(']).to_owned();
    line.split_whitespace()
        .map(word)
        .filter(|w| w.len() > 1 && w.starts_with('/'))
        .take(PATHS_OF_A_LINE)
        .map(|w| DevicePath::from(w.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        entity::{Bytes, Process},
        time::Stamp,
    };

    fn named(thing: Thing, verdict: Option<Verdict>) -> Named {
        let mention = Mention { thing, roles: Vec::new(), verdict, treated: None, container: None };
        Named::of(&mention, &"a".into(), Severity::High, "Somebody").unwrap()
    }

    fn process(pid: u32, exe: &str, line: &str) -> Entity {
        let process = Process {
            pid,
            started_at: Stamp(0),
            start_ticks: "1".into(),
            exe: Some(exe.into()),
            command_line: line.into(),
            arguments: Vec::new(),
            user: "root".into(),
            exe_deleted: false,
            script: None,
            parent_pid: None,
            container: false,
            image_sha256: None,
        };
        Entity::Process { process }
    }

    fn file(path: &str, sha256: &str) -> Entity {
        let file = File {
            path: path.into(),
            resolved: None,
            sha256: Some(sha256.into()),
            sha1: None,
            md5: None,
            size: Bytes(1),
            mode: "0755".into(),
            owner: "root:root".into(),
            package: None,
            identity: None,
            links: 1,
            modified_at: None,
        };
        Entity::File { file }
    }

    fn program(pid: Option<u32>, exe: Option<&str>, line: Option<&str>, name: Option<&str>) -> Thing {
        Thing::Process(NamedProcess {
            pid,
            exe: exe.map(DevicePath::from),
            command_line: line.map(str::to_owned),
            name: name.map(str::to_owned),
            ..NamedProcess::default()
        })
    }

    /// M107: a number that another program has by now is not what was meant.
    #[test]
    fn a_process_is_meant_by_its_program_and_never_by_its_number_or_a_bare_name_alone() {
        let there = process(7, "/tmp/.x/k", "k 900");
        assert!(named(program(Some(7), Some("/tmp/.x/k"), None, None), None).is(&there));
        assert!(named(program(Some(7), None, None, Some("k")), None).is(&there));
        assert!(named(program(None, None, Some("k 900"), None), None).is(&there));
        assert!(!named(program(Some(8), Some("/tmp/.x/k"), None, None), None).is(&there));
        assert!(!named(program(Some(7), Some("/usr/bin/ssh"), None, Some("k")), None).is(&there));
        for useless in [program(Some(7), None, None, None), program(None, None, None, Some("k"))] {
            let mention = Mention { thing: useless, roles: vec![], verdict: None, treated: None, container: None };
            assert_eq!(Named::of(&mention, &"a".into(), Severity::High, "x"), None);
        }
    }

    /// M107: what lies inside a container has another place outside.
    #[test]
    fn what_is_named_inside_a_container_is_not_looked_for_outside() {
        let thing = program(Some(7), Some("/bin/sh"), None, None);
        let mention = Mention { thing, roles: vec![], verdict: None, treated: None, container: Some("web".into()) };
        assert_eq!(Named::of(&mention, &"a".into(), Severity::High, "x"), None);
    }

    /// M107: a judgement is about the content they saw.
    #[test]
    fn somebody_elses_judgement_does_not_pass_to_another_content_at_the_same_place() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let thing = NamedFile { path: Some("/srv/x".into()), sha256: Some(a.clone()), ..NamedFile::default() };
        let said = named(Thing::File(thing), Some(Verdict::Malicious));
        assert!(said.is(&file("/srv/x", &b)), "it is still the place that was named");
        assert!(!said.accuses(&file("/srv/x", &b)));
        assert!(said.accuses(&file("/srv/x", &a)));
        assert!(said.accuses(&file("/srv/elsewhere", &a)));
        assert_eq!(said.files(), [DevicePath::from("/srv/x")]);
    }

    #[test]
    fn a_command_line_names_the_files_in_it() {
        let said = named(program(None, None, Some("sh -c '/tmp/a; /var/tmp/b' x/y"), None), None);
        assert_eq!(said.files(), [DevicePath::from("/tmp/a"), DevicePath::from("/var/tmp/b")]);
    }
}
