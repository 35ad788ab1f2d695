//! The exact thing an action is about, as it was when it was judged (M63, M151): an approval is of this and nothing else.
use crate::{
    entity::{Entity, EntityType, FileIdentity, ServiceScope, StartupKind, TaskKind},
    text::DevicePath,
    time::Stamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
        scope: ServiceScope,
        digest: String,
    },
    Driver {
        name: String,
        path: Option<DevicePath>,
        config_path: Option<DevicePath>,
    },
    Registry {
        key: String,
        value: Option<String>,
    },
    /// The device's network.
    Network {
        isolation: Isolation,
        /// When the device releases itself; none: until somebody releases it.
        until: Option<Stamp>,
    },
    /// Which programs may start on the device.
    CodeExecution {
        until: Option<Stamp>,
    },
    /// Everything a scan of the device reads.
    Scan {
        full: bool,
    },
    /// What the device can tell about itself.
    Package,
    /// Every copy of one content, wherever a device has it.
    Content {
        sha256: String,
        name: String,
        /// Where it lay on the device when it was asked for; every other copy is looked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<DevicePath>,
    },
}

/// How far a device is cut off (spec 1.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Isolation {
    /// Nothing but the device itself.
    Full,
    /// The addresses (or networks, `10.0.0.0/8`) that stay reachable, and the words of [`SERVICES`].
    Selective { allowed: Vec<String> },
}

impl Isolation {
    /// An isolation that leaves these addresses or networks reachable: each one valid, in its shortest form, in order
    /// and once, so that the same wish is the same isolation however it was written.
    pub fn leaving(allowed: &[String]) -> Result<Self, AddressError> {
        let mut networks = allowed.iter().map(|text| network(text)).collect::<Result<Vec<_>, _>>()?;
        networks.sort();
        networks.dedup();
        if networks.is_empty() { Err(AddressError::None) } else { Ok(Self::Selective { allowed: networks }) }
    }
}

/// Words that may stand among the addresses: asking for an address of its own, and asking the device's own name servers.
pub const SERVICES: [&str; 2] = ["dhcp", "dns"];

/// Why an address cannot stay reachable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("no address is named")]
    None,
    #[error("“{}” is neither an address, nor a network like 10.0.0.0/8, nor one of the words dhcp and dns", crate::text::visible(.0))]
    NotAnAddress(String),
    #[error("“{}” is every address there is, so nothing would be cut off", crate::text::visible(.0))]
    Everything(String),
}

/// `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`: with the bits cleared that the network does not name.
fn network(text: &str) -> Result<String, AddressError> {
    let text = text.trim();
    // Not addresses, but what addresses depend on.
    if SERVICES.contains(&text) {
        return Ok(text.to_owned());
    }
    let wrong = || AddressError::NotAnAddress(text.to_owned());
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| wrong())?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    if let IpAddr::V6(six) = address
        && six.to_ipv4_mapped().is_some()
    {
        return Err(wrong());
    }
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(bits);
    if length > bits {
        return Err(wrong());
    }
    if length == 0 {
        return Err(AddressError::Everything(text.to_owned()));
    }
    let network: IpAddr = match address {
        IpAddr::V4(a) => Ipv4Addr::from_bits(a.to_bits() & (u32::MAX << (32 - length))).into(),
        IpAddr::V6(a) => Ipv6Addr::from_bits(a.to_bits() & (u128::MAX << (128 - length))).into(),
    };
    Ok(if length == bits { network.to_string() } else { format!("{network}/{length}") })
}

impl Target {
    /// The same thing, whatever it looked like each time: what a second request for it joins (M67).
    pub fn same_thing(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { path: p, sha256: h, .. }, Self::File { path: q, sha256: i, .. }) => p == q && h == i,
            (Self::Process { pid: p, start_ticks: s, .. }, Self::Process { pid: q, start_ticks: t, .. }) => {
                p == q && s == t
            }
            (Self::Content { sha256: h, .. }, Self::Content { sha256: i, .. }) => h == i,
            // A device has one network and one rule for what may start on it.
            (Self::Network { .. }, Self::Network { .. }) | (Self::CodeExecution { .. }, Self::CodeExecution { .. }) => {
                true
            }
            (a, b) => a == b,
        }
    }

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
            Entity::Service { service } => Some(Self::Service {
                name: service.name.clone(),
                path: service.path.clone(),
                scope: service.scope,
                digest: service.digest.clone(),
            }),
            Entity::Driver { driver } => Some(Self::Driver {
                name: driver.name.clone(),
                path: driver.path.clone(),
                config_path: driver.config_path.clone(),
            }),
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

    /// When it is taken back by itself, for what a person wanted for a time only.
    pub fn until(&self) -> Option<Stamp> {
        if let Self::Network { until, .. } | Self::CodeExecution { until } = self { *until } else { None }
    }

    /// The type of thing it is about.
    pub fn entity_type(&self) -> EntityType {
        match self {
            Self::File { .. } | Self::Content { .. } => EntityType::File,
            Self::Process { .. } => EntityType::Process,
            Self::ScheduledTask { .. } => EntityType::ScheduledTask,
            Self::StartupItem { .. } => EntityType::StartupItem,
            Self::Service { .. } => EntityType::Service,
            Self::Driver { .. } => EntityType::Driver,
            Self::Registry { .. } => EntityType::Registry,
            Self::Network { .. } | Self::CodeExecution { .. } | Self::Scan { .. } | Self::Package => EntityType::Device,
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
            Self::Network { isolation: Isolation::Full, .. } => "all network connections".to_owned(),
            Self::Network { isolation: Isolation::Selective { allowed }, .. } => {
                format!("all network connections but {}", allowed.join(", "))
            }
            Self::CodeExecution { .. } => "programs that may start".to_owned(),
            Self::Scan { full: true } => "the whole device".to_owned(),
            Self::Scan { full: false } => "the places where threats usually are".to_owned(),
            Self::Package => "investigation package".to_owned(),
            Self::Content { sha256, name, .. } => format!("{name} (SHA-256 {sha256})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_wish_is_the_same_isolation_however_it_was_written() {
        let of = |all: &[&str]| Isolation::leaving(&all.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        let first = of(&["10.1.2.3/8", " 192.0.2.7", "2001:DB8::1/32"]).unwrap();
        assert_eq!(first, of(&["192.0.2.7/32", "2001:db8::/32", "10.0.0.0/8", "192.0.2.7"]).unwrap());
        let Isolation::Selective { allowed } = first else { panic!("{first:?}") };
        assert_eq!(allowed, ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]);
        let Ok(Isolation::Selective { allowed }) = of(&["dns", "192.0.2.7", "dhcp", "dns"]) else { panic!() };
        assert_eq!(allowed, ["192.0.2.7", "dhcp", "dns"]);
    }

    #[test]
    fn what_is_no_address_or_every_address_is_refused() {
        let of = |text: &str| Isolation::leaving(&[text.to_owned()]);
        for text in ["", "web-01", "10.0.0.0/33", "10.0.0/8", "1.2.3.4/", "::/129", "10.0.0.1; drop", "::ffff:10.0.0.1"]
        {
            assert!(matches!(of(text), Err(AddressError::NotAnAddress(_))), "{text}");
        }
        for text in ["0.0.0.0/0", "::/0"] {
            assert!(matches!(of(text), Err(AddressError::Everything(_))), "{text}");
        }
        assert_eq!(Isolation::leaving(&[]), Err(AddressError::None));
    }
}
