//! The laws of the rules: what must hold for every input, and the tables of the specification cell by cell.
#![forbid(unsafe_code)]

/// What happens to an action, and who may make it happen.
mod actions;
/// Whether what was done held, and whether what was asked for goes on.
mod afterwards;
/// Commands: which file stands for them.
mod commands;
/// Folder lists as data.
mod folders;
/// Device groups.
mod groups;
/// Incidents.
mod incidents;
/// Investigations.
mod investigations;
/// From findings to verdicts.
mod judgements;
/// Where things lie.
mod locations;
/// The matrix and the order of evaluation.
mod matrix;
/// Stopping and quarantining a file on many devices.
mod spread;
/// What a person wanted for a time only.
mod timers;

/// Things that many laws need.
mod given {
    use assize_domain::{
        action::{PolicySnapshot, Proposal, Source},
        entity::{Bytes, Entity, File, FileIdentity, Process},
        group::AutomationLevel,
        id::{ActionId, ApprovalId, DeviceId, EvidenceId, PersonId},
        location::LocationClass,
        policy::{Outcome, Ruling},
        remedy::ActionType,
        role::{Person, Role},
        target::Target,
        time::Stamp,
        verdict::Verdict,
    };

    pub(crate) const NOW: Stamp = Stamp(1_795_000_000_000);

    pub(crate) fn person(role: Role) -> Person {
        Person { id: PersonId::from("p"), name: "ann".into(), role }
    }

    pub(crate) fn file(path: &str) -> Entity {
        Entity::File {
            file: File {
                path: path.into(),
                resolved: None,
                sha256: Some("a".repeat(64)),
                sha1: None,
                md5: None,
                size: Bytes(1),
                mode: "0755".into(),
                owner: "root:root".into(),
                package: None,
                identity: Some(FileIdentity { device: 1, inode: 2 }),
                links: 1,
                modified_at: None,
            },
        }
    }

    pub(crate) fn process(exe: Option<&str>, script: Option<&str>) -> Process {
        Process {
            pid: 42,
            started_at: NOW,
            start_ticks: "9".into(),
            exe: exe.map(Into::into),
            command_line: String::new(),
            arguments: vec![],
            user: "root".into(),
            exe_deleted: false,
            script: script.map(Into::into),
            parent_pid: None,
            container: false,
            image_sha256: None,
        }
    }

    pub(crate) fn proposal(outcome: Outcome, kind: ActionType) -> Proposal {
        let target = Target::of(&file("/tmp/x")).expect("a file that was read has a target");
        Proposal {
            id: ActionId::from("a1"),
            approval_id: ApprovalId::from("auto"),
            investigation_id: None,
            incident_id: None,
            evidence_id: Some(EvidenceId::from("e1")),
            device_id: DeviceId::from("d1"),
            kind,
            source: Source::AutomatedInvestigation,
            target,
            policy: PolicySnapshot {
                group: "Servers".into(),
                level: AutomationLevel::SemiCore,
                verdict: Verdict::Malicious,
                reasons: vec![],
                class: LocationClass::Temp,
                classified_by: Some("/tmp/x".into()),
                ruling: Ruling { outcome, decided_by_row: 8, trace: vec![] },
                folder_lists: 1,
                rules: Vec::new(),
            },
        }
    }
}
