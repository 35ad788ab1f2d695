//! What is arranged to be started, and what is odd about it.
use crate::examine::{Examiner, Looked};
use assize_detect::heuristics::startup::{Arrangement, StartedFile, findings as oddities};
use assize_domain::{
    entity::{Entity, StartupKind},
    text::DevicePath,
    verdict::Finding,
};
use assize_host::look::startup::Started;
use std::collections::HashMap;

/// What is odd about one arrangement; a package that put it there and finds it unchanged speaks for it.
pub(crate) fn findings(
    started: &Started,
    looked: &HashMap<DevicePath, Looked>,
    examiner: &Examiner<'_>,
    vouched: &mut HashMap<DevicePath, Option<Finding>>,
) -> Vec<Finding> {
    let (kind, command) = command(&started.entity);
    let mut paths: Vec<&DevicePath> = started.starts.iter().collect();
    paths.extend(started.program.as_ref().filter(|p| !started.starts.contains(p)));
    let owners: Vec<Option<String>> = paths
        .iter()
        .map(|p| looked.get(p).and_then(|l| l.file.package.clone()).or_else(|| Some(examiner.owner(p, None)?.package)))
        .collect();
    let files: Vec<StartedFile<'_>> = paths
        .iter()
        .zip(&owners)
        .map(|(path, owner)| StartedFile {
            path,
            package: owner.as_deref(),
            machine_code: looked.get(path).is_some_and(|l| l.kind.is_program()),
        })
        .collect();
    let mut findings =
        oddities(&Arrangement { kind, command, starts: &files, packages_known: examiner.packages.knows_anything() });
    let word = vouched.entry(started.defined_in.clone()).or_insert_with(|| examiner.vouched(&started.defined_in));
    findings.extend(word.clone());
    findings
}

fn command(entity: &Entity) -> (Option<StartupKind>, &str) {
    match entity {
        Entity::ScheduledTask { scheduled_task } => (None, &scheduled_task.command),
        Entity::Service { service } => (None, &service.exec),
        Entity::StartupItem { startup_item } => match startup_item.kind {
            // A key and a list of names are no commands.
            StartupKind::AuthorizedKey | StartupKind::ModuleList => (Some(startup_item.kind), ""),
            StartupKind::ShellProfile
            | StartupKind::Autostart
            | StartupKind::Preload
            | StartupKind::UdevRule
            | StartupKind::InitScript
            | StartupKind::SystemHook => (Some(startup_item.kind), &startup_item.command),
        },
        Entity::File { .. }
        | Entity::Process { .. }
        | Entity::Driver { .. }
        | Entity::Registry { .. }
        | Entity::User { .. }
        | Entity::Ip { .. }
        | Entity::Url { .. }
        | Entity::Domain { .. }
        | Entity::Device { .. } => (None, ""),
    }
}
