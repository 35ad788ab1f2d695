//! The exact thing an action is about, as it was when it was judged (M63, M151): an approval is of this and nothing else.
use crate::{
    entity::{Entity, FileIdentity, StartupKind, TaskKind},
    text::DevicePath,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// What an order names, and what the executor compares immediately before it acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "target", rename_all = "snake_case")]
pub enum Target {
    File {
        path: DevicePath,
        sha256: String,
        identity: FileIdentity,
    },
    Process {
        pid: u32,
        start_ticks: String,
        exe: Option<DevicePath>,
        image_sha256: Option<String>,
        script: Option<DevicePath>,
    },
    ScheduledTask {
        kind: TaskKind,
        path: DevicePath,
        name: String,
        /// The exact crontab line; none where the whole file is the task.
        line: Option<String>,
        occurrence: u32,
        digest: String,
    },
    StartupItem {
        kind: StartupKind,
        path: DevicePath,
        line: Option<String>,
        occurrence: u32,
        digest: String,
    },
    Service {
        name: String,
        path: DevicePath,
    },
    Driver {
        name: String,
        config_path: Option<DevicePath>,
    },
    Registry {
        key: String,
        value: Option<String>,
    },
}

impl Target {
    /// The target of an action on this entity; `None` where the entity was not seen exactly enough to be acted on
    /// (a file that could not be read has no hash to approve).
    pub fn of(entity: &Entity) -> Option<Self> {
        match entity {
            Entity::File { file } => {
                Some(Self::File { path: file.path.clone(), sha256: file.sha256.clone()?, identity: file.identity? })
            }
            Entity::Process { process } => Some(Self::Process {
                pid: process.pid,
                start_ticks: process.start_ticks.clone(),
                exe: process.exe.clone(),
                image_sha256: process.image_sha256.clone(),
                script: process.script.clone(),
            }),
            Entity::ScheduledTask { scheduled_task: t } => Some(Self::ScheduledTask {
                kind: t.kind,
                path: t.path.clone(),
                name: t.name.clone(),
                line: t.line.clone(),
                occurrence: t.occurrence,
                digest: t.digest.clone(),
            }),
            Entity::StartupItem { startup_item: s } => Some(Self::StartupItem {
                kind: s.kind,
                path: s.path.clone(),
                line: s.line.clone(),
                occurrence: s.occurrence,
                digest: s.digest.clone(),
            }),
            Entity::Service { service } => {
                Some(Self::Service { name: service.name.clone(), path: service.path.clone() })
            }
            Entity::Driver { driver } => {
                Some(Self::Driver { name: driver.name.clone(), config_path: driver.config_path.clone() })
            }
            Entity::Registry { registry } => {
                Some(Self::Registry { key: registry.key.clone(), value: registry.value.clone() })
            }
            Entity::User { .. }
            | Entity::Ip { .. }
            | Entity::Url { .. }
            | Entity::Domain { .. }
            | Entity::Device { .. } => None,
        }
    }

    /// One line that names it in lists and sentences.
    pub fn title(&self) -> String {
        match self {
            Self::File { path, .. } => path.to_string(),
            Self::Process { pid, exe, script, .. } => {
                let image = script.as_ref().or(exe.as_ref()).map_or("process", DevicePath::as_str);
                format!("{image} (process {pid})")
            }
            Self::ScheduledTask { path, line: Some(line), .. } => format!("{path}: {line}"),
            Self::ScheduledTask { path, .. } => path.to_string(),
            Self::StartupItem { path, line: Some(line), .. } => format!("{path}: {line}"),
            Self::StartupItem { path, .. } | Self::Service { path, .. } => path.to_string(),
            Self::Driver { name, .. } => name.clone(),
            Self::Registry { key, value, .. } => value.as_ref().map_or_else(|| key.clone(), |v| format!("{key}\\{v}")),
        }
    }
}
