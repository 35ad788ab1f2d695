//! What evidence is about: one block of facts per type of entity, as the contract names them.
use crate::{text::DevicePath, time::Stamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use specta::Type;

/// One entity seen on a device. JSON: `{"type": "file", "file": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Entity {
    File { file: File },
    Process { process: Process },
    Service { service: Service },
    ScheduledTask { scheduled_task: ScheduledTask },
    Driver { driver: Driver },
    Registry { registry: Registry },
    StartupItem { startup_item: StartupItem },
    User { user: User },
    Ip { ip: Ip },
    Url { url: Url },
    Domain { domain: DomainName },
    Device { device: DeviceEntity },
}

/// The type of an [`Entity`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EntityType {
    File,
    Process,
    Service,
    ScheduledTask,
    Driver,
    Registry,
    StartupItem,
    User,
    Ip,
    Url,
    Domain,
    Device,
}

impl EntityType {
    pub const ALL: [Self; 12] = [
        Self::File,
        Self::Process,
        Self::Service,
        Self::ScheduledTask,
        Self::Driver,
        Self::Registry,
        Self::StartupItem,
        Self::User,
        Self::Ip,
        Self::Url,
        Self::Domain,
        Self::Device,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Process => "process",
            Self::Service => "service",
            Self::ScheduledTask => "scheduled_task",
            Self::Driver => "driver",
            Self::Registry => "registry",
            Self::StartupItem => "startup_item",
            Self::User => "user",
            Self::Ip => "ip",
            Self::Url => "url",
            Self::Domain => "domain",
            Self::Device => "device",
        }
    }
}

impl Entity {
    pub fn kind(&self) -> EntityType {
        match self {
            Self::File { .. } => EntityType::File,
            Self::Process { .. } => EntityType::Process,
            Self::Service { .. } => EntityType::Service,
            Self::ScheduledTask { .. } => EntityType::ScheduledTask,
            Self::Driver { .. } => EntityType::Driver,
            Self::Registry { .. } => EntityType::Registry,
            Self::StartupItem { .. } => EntityType::StartupItem,
            Self::User { .. } => EntityType::User,
            Self::Ip { .. } => EntityType::Ip,
            Self::Url { .. } => EntityType::Url,
            Self::Domain { .. } => EntityType::Domain,
            Self::Device { .. } => EntityType::Device,
        }
    }

    /// A short name for lists: the file's name, the process with its number, the line of a task.
    pub fn title(&self) -> String {
        match self {
            Self::File { file } => file.path.file_name().to_owned(),
            Self::Process { process } => format!("{} ({})", process.name(), process.pid),
            Self::Service { service } => service.name.clone(),
            Self::ScheduledTask { scheduled_task } => scheduled_task.name.clone(),
            Self::Driver { driver } => driver.name.clone(),
            Self::Registry { registry } => registry.value.clone().unwrap_or_else(|| registry.key.clone()),
            Self::StartupItem { startup_item } => startup_item.path.file_name().to_owned(),
            Self::User { user } => user.name.clone(),
            Self::Ip { ip } => ip.address.clone(),
            Self::Url { url } => url.url.clone(),
            Self::Domain { domain } => domain.domain.clone(),
            Self::Device { device } => device.name.clone(),
        }
    }

    /// Where it lies, for lists: the full path where there is one, else its name.
    pub fn place(&self) -> String {
        match self {
            Self::File { file } => file.path.to_string(),
            Self::Process { process } => {
                process.exe.as_ref().map_or_else(|| process.command_line.clone(), ToString::to_string)
            }
            Self::Service { service } => service.path.to_string(),
            Self::ScheduledTask { scheduled_task } => scheduled_task.path.to_string(),
            Self::Driver { driver } => driver.path.as_ref().map_or_else(|| driver.name.clone(), ToString::to_string),
            Self::Registry { registry } => registry.key.clone(),
            Self::StartupItem { startup_item } => startup_item.path.to_string(),
            Self::User { .. } | Self::Ip { .. } | Self::Url { .. } | Self::Domain { .. } | Self::Device { .. } => {
                self.title()
            }
        }
    }
}

/// A number too large for a JavaScript number travels as decimal text; sizes stay below 2^53 and travel as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct Bytes(#[specta(type = specta_typescript::Number)] pub u64);

/// Which file on a file system, whatever it is called now: device and inode numbers, written `dev:inode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileIdentity {
    pub device: u64,
    pub inode: u64,
}

impl Serialize for FileIdentity {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{}:{}", self.device, self.inode))
    }
}

impl<'de> Deserialize<'de> for FileIdentity {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.split_once(':')
            .and_then(|(device, inode)| Some(Self { device: device.parse().ok()?, inode: inode.parse().ok()? }))
            .ok_or_else(|| de::Error::custom("not a file identity"))
    }
}

impl Type for FileIdentity {
    fn definition(types: &mut specta::Types) -> specta::datatype::DataType {
        <String as Type>::definition(types)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct File {
    /// As the device names it; for a staged device without the folder it is staged in.
    pub path: DevicePath,
    /// Where the path really leads once every link is followed, when that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<DevicePath>,
    pub sha256: Option<String>,
    pub sha1: Option<String>,
    pub md5: Option<String>,
    pub size: Bytes,
    /// Octal text, `0755`.
    pub mode: String,
    /// `user:group`, by name where the device knows one.
    pub owner: String,
    pub package: Option<String>,
    pub identity: Option<FileIdentity>,
    /// How many names (hard links) the file has on its volume.
    pub links: u32,
    pub modified_at: Option<Stamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Process {
    pub pid: u32,
    pub started_at: Stamp,
    /// The kernel's own start time in clock ticks since boot, decimal text: with the pid it is the identity.
    pub start_ticks: String,
    /// The program file the kernel runs, without ` (deleted)`.
    pub exe: Option<DevicePath>,
    pub command_line: String,
    pub arguments: Vec<String>,
    pub user: String,
    pub exe_deleted: bool,
    /// The script an interpreter runs, resolved against its working folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<DevicePath>,
    pub parent_pid: Option<u32>,
    /// Runs in another mount namespace: its paths mean something else there.
    pub container: bool,
    /// SHA-256 of the running image, read through the kernel, also when its file is gone.
    pub image_sha256: Option<String>,
}

impl Process {
    /// What a person would call it: the name of its program.
    pub fn name(&self) -> &str {
        self.exe
            .as_ref()
            .map_or_else(|| self.arguments.first().map_or("process", String::as_str), DevicePath::file_name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ServiceScope {
    System,
    User,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Service {
    pub name: String,
    pub path: DevicePath,
    pub scope: ServiceScope,
    pub exec: String,
    /// `active`, `inactive`, … where a service manager answers; else `unknown`.
    pub state: String,
    pub enabled: bool,
    /// SHA-256 of the unit file at `path`.
    #[serde(default)]
    pub digest: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    Cron,
    SystemdTimer,
    At,
    WindowsTask,
    Launchd,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ScheduledTask {
    pub kind: TaskKind,
    pub name: String,
    /// The crontab, `cron.*` file, at job or timer unit that holds it.
    pub path: DevicePath,
    pub command: String,
    pub schedule: String,
    pub user: String,
    /// The exact line of a crontab, without its line end. None where the whole file is the task.
    pub line: Option<String>,
    /// Which of several equal lines, counted from 0.
    pub occurrence: u32,
    /// SHA-256 of the definition: of the line, or of the whole file where the file is the task.
    pub digest: String,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Driver {
    pub name: String,
    pub path: Option<DevicePath>,
    pub config_path: Option<DevicePath>,
    pub loaded: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Registry {
    pub key: String,
    pub value: Option<String>,
    pub data: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StartupKind {
    ShellProfile,
    Autostart,
    Preload,
    AuthorizedKey,
    UdevRule,
    ModuleList,
    InitScript,
    /// A script or command that another part of the system runs: network, package manager, login, log rotation.
    SystemHook,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StartupItem {
    pub kind: StartupKind,
    pub path: DevicePath,
    /// The exact line, where one line of a file is the item.
    pub line: Option<String>,
    pub occurrence: u32,
    pub command: String,
    /// Whose it is: the home's owner, or `root` for the whole system.
    pub user: String,
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct User {
    pub name: String,
    pub uid: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Ip {
    pub address: String,
    pub port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Url {
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DomainName {
    pub domain: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeviceEntity {
    pub name: String,
}

/// How one piece of evidence relates to another. Read `from` RELATION `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// A process runs this program file.
    Runs,
    /// An interpreter process runs this script.
    RunsScript,
    /// A scheduled task, service or startup item starts this file.
    Starts,
    /// A process was started by that process.
    ChildOf,
    /// A startup item, task or service is defined in this file.
    DefinedIn,
    /// A process has this file open or mapped without running it.
    Holds,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_its_type_and_one_block_of_that_name() {
        let ip = Entity::Ip { ip: Ip { address: "192.0.2.1".into(), port: None } };
        let json = serde_json::to_value(&ip).unwrap();
        assert_eq!(json, serde_json::json!({"type": "ip", "ip": {"address": "192.0.2.1", "port": null}}));
        assert_eq!(serde_json::from_value::<Entity>(json).unwrap(), ip);
    }

    #[test]
    fn every_entity_type_is_coded_as_serde_writes_it() {
        for kind in EntityType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
    }
}
