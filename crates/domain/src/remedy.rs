//! Which action answers which entity (spec 2.8; M15): a table, not code paths.
use crate::{entity::EntityType, time::Span};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Every kind of action the product knows (spec 1.7.1), as the contract spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ActionType {
    // In the order in which one threat's actions are executed (spec 2.7).
    KillProcess,
    StopService,
    DisableDriver,
    RemoveScheduledTask,
    RemoveRegistryKey,
    RemovePersistence,
    QuarantineFile,
    IsolateDevice,
    RestrictCodeExecution,
    RunAntivirusScan,
    StopAndQuarantineFile,
    CollectInvestigationPackage,
}

impl ActionType {
    pub const ALL: [Self; 12] = [
        Self::KillProcess,
        Self::StopService,
        Self::DisableDriver,
        Self::RemoveScheduledTask,
        Self::RemoveRegistryKey,
        Self::RemovePersistence,
        Self::QuarantineFile,
        Self::IsolateDevice,
        Self::RestrictCodeExecution,
        Self::RunAntivirusScan,
        Self::StopAndQuarantineFile,
        Self::CollectInvestigationPackage,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::KillProcess => "kill_process",
            Self::StopService => "stop_service",
            Self::DisableDriver => "disable_driver",
            Self::RemoveScheduledTask => "remove_scheduled_task",
            Self::RemoveRegistryKey => "remove_registry_key",
            Self::RemovePersistence => "remove_persistence",
            Self::QuarantineFile => "quarantine_file",
            Self::IsolateDevice => "isolate_device",
            Self::RestrictCodeExecution => "restrict_code_execution",
            Self::RunAntivirusScan => "run_antivirus_scan",
            Self::StopAndQuarantineFile => "stop_and_quarantine_file",
            Self::CollectInvestigationPackage => "collect_investigation_package",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::KillProcess => "Kill a process",
            Self::StopService => "Stop a service",
            Self::DisableDriver => "Disable a driver",
            Self::RemoveScheduledTask => "Remove a scheduled task",
            Self::RemoveRegistryKey => "Remove a registry key",
            Self::RemovePersistence => "Remove persistence",
            Self::QuarantineFile => "Quarantine a file",
            Self::IsolateDevice => "Isolate device",
            Self::RestrictCodeExecution => "Restrict code execution",
            Self::RunAntivirusScan => "Run antivirus scan",
            Self::StopAndQuarantineFile => "Stop and quarantine a file",
            Self::CollectInvestigationPackage => "Collect investigation package",
        }
    }

    /// May be stopped while it runs: it looks around, or is carried out as actions of its own.
    pub fn stops_midway(self) -> bool {
        match self {
            Self::RunAntivirusScan | Self::StopAndQuarantineFile => true,
            Self::KillProcess
            | Self::StopService
            | Self::DisableDriver
            | Self::RemoveScheduledTask
            | Self::RemoveRegistryKey
            | Self::RemovePersistence
            | Self::QuarantineFile
            | Self::IsolateDevice
            | Self::RestrictCodeExecution
            | Self::CollectInvestigationPackage => false,
        }
    }

    /// Stays in force after it was carried out, until somebody takes it back: a device is isolated once, and released once.
    pub fn lasts(self) -> bool {
        match self {
            Self::IsolateDevice | Self::RestrictCodeExecution => true,
            Self::KillProcess
            | Self::StopService
            | Self::DisableDriver
            | Self::RemoveScheduledTask
            | Self::RemoveRegistryKey
            | Self::RemovePersistence
            | Self::QuarantineFile
            | Self::RunAntivirusScan
            | Self::StopAndQuarantineFile
            | Self::CollectInvestigationPackage => false,
        }
    }

    /// What takes longer is worth a word to whoever waits.
    pub fn usually_within(self) -> Span {
        match self {
            Self::KillProcess
            | Self::StopService
            | Self::DisableDriver
            | Self::RemoveScheduledTask
            | Self::RemoveRegistryKey
            | Self::RemovePersistence
            | Self::IsolateDevice
            | Self::RestrictCodeExecution => Span::minutes(5),
            Self::QuarantineFile => Span::minutes(15),
            Self::CollectInvestigationPackage => Span::minutes(30),
            Self::RunAntivirusScan => Span::hours(12),
            Self::StopAndQuarantineFile => Span::days(3),
        }
    }

    /// Why an action of this type can never be undone; `None` where it can (spec 5.1; M75).
    pub fn never_undone(self) -> Option<&'static str> {
        match self {
            Self::KillProcess => Some(
                "A process that was ended cannot be brought back: what it held in memory is gone. Its command line is kept, so that it can be started again by hand.",
            ),
            Self::RunAntivirusScan | Self::CollectInvestigationPackage => {
                Some("It changed nothing on the device, so there is nothing to undo.")
            }
            Self::StopService
            | Self::DisableDriver
            | Self::RemoveScheduledTask
            | Self::RemoveRegistryKey
            | Self::RemovePersistence
            | Self::QuarantineFile
            | Self::IsolateDevice
            | Self::RestrictCodeExecution
            | Self::StopAndQuarantineFile => None,
        }
    }
}

/// The action proposed for a bad entity of this type; none where nothing is ever done by itself (spec 2.8). What a
/// process runs or a task starts is evidence of its own and gets its own row.
pub fn remedy_for(entity: EntityType) -> Option<ActionType> {
    match entity {
        EntityType::File => Some(ActionType::QuarantineFile),
        EntityType::Process => Some(ActionType::KillProcess),
        EntityType::Service => Some(ActionType::StopService),
        EntityType::Driver => Some(ActionType::DisableDriver),
        EntityType::Registry => Some(ActionType::RemoveRegistryKey),
        EntityType::ScheduledTask => Some(ActionType::RemoveScheduledTask),
        EntityType::StartupItem => Some(ActionType::RemovePersistence),
        EntityType::User | EntityType::Ip | EntityType::Url | EntityType::Domain | EntityType::Device => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_type_is_coded_as_serde_writes_it() {
        for kind in ActionType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
    }
}
