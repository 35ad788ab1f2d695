//! Many realistic actions at once, for benches and tests: spread over devices, investigations, types and states.
use crate::{EvidenceRow, Store, StoreError, Writer};
use assize_domain::{
    action::{Action, ActionState, ActionStatus, Decided, Finished, PolicySnapshot, RemediationStatus, Source, Stale},
    alert::{Alert, AlertStatus, Severity},
    entity::{Bytes, Entity, EntityType, File, FileIdentity, ScheduledTask, TaskKind},
    group::{AutomationLevel, Device, DeviceKind, OsPlatform},
    id::{ActionId, AlertId, ApprovalId, DeviceId, EvidenceId, IncidentId, InvestigationId, PersonId, VaultId},
    incident::{Incident, IncidentState},
    investigation::{Investigation, InvestigationState, InvestigationStatus, Scope, Trigger},
    location::{Location, LocationClass},
    order::{Conflict, Fault, Proof},
    policy::{Case, PathlessItems, evaluate},
    record::{Entry, Subject},
    remedy::ActionType,
    role::{Actor, Person, Role},
    target::Target,
    time::{Span, Stamp},
    verdict::{Finding, FindingSource, Verdict, Weight},
};

/// Actions of one investigation.
const PER_INVESTIGATION: u32 = 25;
const DEVICES: u32 = 50;
/// Actions stored in one transaction.
const BATCH: u32 = 5_000;

/// Stores `n` actions, one in ten of them pending, with their devices, incidents, investigations and evidence.
pub fn actions(store: &Store, n: u32, now: Stamp) -> Result<(), StoreError> {
    store.write(|w| (0..DEVICES).try_for_each(|i| w.insert_device(&device(i, now))))?;
    for first in (0..n).step_by(BATCH as usize) {
        store.write(|w| (first..n.min(first + BATCH)).try_for_each(|i| one(w, i, now)))?;
    }
    Ok(())
}

/// The action number `i` with everything it stands on; [`device`] has to be there.
fn one(w: &mut Writer, i: u32, now: Stamp) -> Result<(), StoreError> {
    let group = i / PER_INVESTIGATION;
    let of = group % DEVICES;
    let at = Stamp(now.0 - i64::from(mixed(i, 180 * 24 * 60)) * 60_000);
    if i.is_multiple_of(PER_INVESTIGATION) {
        w.insert_incident(&incident(group, at))?;
        w.insert_investigation(&investigation(group, of, InvestigationStatus::PendingApproval, at))?;
        w.insert_alert(&alert(group, of, at))?;
    }
    let evidence = evidence(i, group, of, at);
    let status = match mixed(i, 100) {
        0..10 => ActionStatus::PendingApproval,
        10..70 => ActionStatus::Completed,
        70..80 => ActionStatus::Rejected,
        80..86 => ActionStatus::Undone,
        86..92 => ActionStatus::Failed,
        92..96 => ActionStatus::Expired,
        _ => ActionStatus::Skipped,
    };
    w.insert_evidence(&evidence)?;
    let action = action(i, &evidence, status, at);
    w.insert_action(&action)?;
    w.append(&entry(at, Subject::Action, action.id.as_str(), "T1"))?;
    Ok(())
}

/// Spreads neighbours: the same `i` gives the same number below `below`.
fn mixed(i: u32, below: u32) -> u32 {
    (i.wrapping_mul(2_654_435_761) >> 8) % below
}

fn id(kind: u32, i: u32) -> String {
    format!("0199{kind:04x}-{:04x}-7000-8000-{i:012x}", i & 0xffff)
}

pub fn device(i: u32, now: Stamp) -> Device {
    Device {
        id: DeviceId(id(1, i)),
        name: format!("station-{i:02}"),
        domain: Some("example.test".into()),
        os: OsPlatform::Linux,
        os_version: "Debian GNU/Linux 13".into(),
        tags: vec![],
        kind: DeviceKind::ThisComputer,
        created_at: now,
    }
}

pub fn incident(i: u32, at: Stamp) -> Incident {
    let severities = [Severity::Informational, Severity::Low, Severity::Medium, Severity::High];
    Incident {
        id: IncidentId(id(2, i)),
        number: i + 1,
        name: format!("Unwanted program on station-{:02}", i % DEVICES),
        severity: severities[(i % 4) as usize],
        assigned_to: None,
        tags: vec![],
        created_at: at,
        updated_at: at,
        state: IncidentState::Active,
    }
}

pub fn alert(i: u32, of: u32, at: Stamp) -> Alert {
    Alert {
        id: AlertId(id(7, i)),
        title: "A program in a temporary folder was started by cron".into(),
        description: "Seen while this computer was checked.".into(),
        severity: Severity::Medium,
        status: AlertStatus::New,
        detection_source: "Automated investigation".into(),
        device_id: Some(DeviceId(id(1, of))),
        incident_id: IncidentId(id(2, i)),
        investigation_id: Some(InvestigationId(id(3, i))),
        created_at: at,
        updated_at: at,
        category: None,
        grouped: None,
        skipped: None,
        imported: None,
    }
}

pub fn investigation(i: u32, of: u32, status: InvestigationStatus, at: Stamp) -> Investigation {
    Investigation {
        id: InvestigationId(id(3, i)),
        name: format!("Quick check of station-{of:02}"),
        trigger: Trigger::Manual { person: person(), comment: "As every week.".into() },
        alert_ids: vec![],
        incident_id: Some(IncidentId(id(2, i))),
        device_id: DeviceId(id(1, of)),
        scope: Scope::Quick,
        started_at: at,
        ended_at: status.is_final().then_some(at),
        examined: true,
        joined: vec![],
        undone: 0,
        follows: None,
        named: Vec::new(),
        state: investigation_state(status, at),
        log: vec![],
    }
}

pub fn evidence(i: u32, group: u32, of: u32, at: Stamp) -> EvidenceRow {
    let folders = ["/tmp/.cache", "/home/office/Downloads", "/var/www/html/uploads", "/usr/local/bin"];
    let path = format!("{}/updater-{i}.sh", folders[mixed(i, 4) as usize]);
    let hash = format!("{i:064x}");
    let entity = if mixed(i, 5) == 0 {
        Entity::ScheduledTask {
            scheduled_task: ScheduledTask {
                kind: TaskKind::Cron,
                name: format!("*/5 * * * * {path}"),
                path: "/var/spool/cron/crontabs/office".into(),
                command: path.clone(),
                schedule: "*/5 * * * *".into(),
                user: "office".into(),
                line: Some(format!("*/5 * * * * {path} --quiet")),
                occurrence: 0,
                digest: hash,
                enabled: true,
            },
        }
    } else {
        Entity::File {
            file: File {
                path: path.as_str().into(),
                resolved: None,
                sha256: Some(hash),
                sha1: Some(format!("{i:040x}")),
                md5: Some(format!("{i:032x}")),
                size: Bytes(4096 + u64::from(i)),
                mode: "0755".into(),
                owner: "office:office".into(),
                package: None,
                identity: Some(FileIdentity { device: 2049, inode: u64::from(i) }),
                links: 1,
                modified_at: Some(at),
            },
        }
    };
    EvidenceRow {
        id: EvidenceId(id(4, i)),
        investigation_id: InvestigationId(id(3, group)),
        incident_id: Some(IncidentId(id(2, group))),
        device_id: DeviceId(id(1, of)),
        entity,
        verdict: if mixed(i, 3) == 0 { Verdict::Suspicious } else { Verdict::Malicious },
        reasons: vec![
            Finding::new(FindingSource::YaraRule, Weight::Bad, "It downloads a program and runs it unseen.")
                .rule("dropper_shell")
                .author("Assize"),
            Finding::new(FindingSource::Heuristic, Weight::Odd, "A program in a temporary folder is started by cron."),
        ],
        location: Location { class: LocationClass::Temp, classified_by: Some(path), ..Location::NOWHERE },
        remediation: RemediationStatus::PendingApproval,
        related: vec![],
        first_seen: at,
        last_seen: at,
        indicator: None,
    }
}

pub fn action(i: u32, evidence: &EvidenceRow, status: ActionStatus, at: Stamp) -> Action {
    let level = AutomationLevel::SemiAll;
    let ruling = evaluate(&Case {
        level,
        verdict: evidence.verdict,
        class: evidence.location.class,
        pathless: PathlessItems::Ask,
        indicator: None,
        exclusion: None,
        alert: None,
        rails: &[],
        executor: true,
        reachable: true,
    });
    let pending = status == ActionStatus::PendingApproval;
    let later = at.after(Span::minutes(i64::from(mixed(i, 3000))));
    Action {
        id: ActionId(id(5, i)),
        approval_id: (!pending).then(|| ApprovalId(id(6, i / 3))),
        investigation_id: Some(evidence.investigation_id.clone()),
        incident_id: evidence.incident_id.clone(),
        evidence_id: Some(evidence.id.clone()),
        device_id: evidence.device_id.clone(),
        kind: match evidence.entity.kind() {
            EntityType::ScheduledTask => ActionType::RemoveScheduledTask,
            EntityType::File
            | EntityType::Process
            | EntityType::Service
            | EntityType::Driver
            | EntityType::Registry
            | EntityType::StartupItem
            | EntityType::User
            | EntityType::Ip
            | EntityType::Url
            | EntityType::Domain
            | EntityType::Device => ActionType::QuarantineFile,
        },
        source: Source::ALL[mixed(i, 4) as usize],
        target: Target::of(&evidence.entity).unwrap_or(Target::Package),
        policy: PolicySnapshot {
            group: "Ungrouped devices".into(),
            level,
            verdict: evidence.verdict,
            reasons: evidence.reasons.clone(),
            class: evidence.location.class,
            classified_by: evidence.location.classified_by.clone(),
            ruling,
            folder_lists: 1,
            rules: Vec::new(),
        },
        decided: (!pending).then(|| Decided::Approved { by: person(), at: later }),
        comment: None,
        created_at: at,
        updated_at: if pending { at } else { later },
        started_at: None,
        finished_at: None,
        earlier: None,
        parent: None,
        notes: assize_domain::action::Notes::default(),
        state: action_state(status, at),
    }
}

/// A state of this status, with what belongs to it.
pub fn action_state(status: ActionStatus, at: Stamp) -> ActionState {
    let work = Finished {
        proof: Proof { kept: vec![VaultId("kept".into())], proven_at: Some(at), ..Proof::default() },
        steps: vec!["Copied into the vault and read back.".into(), "Taken away.".into()],
        left: vec![],
    };
    let fault = || Fault::new("no_rights", "It may not be touched.", "Run the device service.");
    let deadline = at.after(Span::days(3));
    match status {
        ActionStatus::PendingApproval => ActionState::PendingApproval {
            since: at,
            expires_at: at.after(Span::days(7)),
            stale: Some(Stale { was: "one".into(), now: "another".into() }),
        },
        ActionStatus::Approved => ActionState::Approved,
        ActionStatus::Queued => ActionState::Queued { deadline, attempt: 1 },
        ActionStatus::WaitingForDevice => ActionState::WaitingForDevice { deadline, attempt: 1 },
        ActionStatus::Running => ActionState::Running { order: "order".into(), deadline, attempt: 1 },
        ActionStatus::Completed => ActionState::Completed { work },
        ActionStatus::PartiallyCompleted => ActionState::PartiallyCompleted { work },
        ActionStatus::Failed => ActionState::Failed { fault: fault(), attempt: 1 },
        ActionStatus::Skipped => ActionState::Skipped { reason: "It was gone.".into() },
        ActionStatus::TimedOut => ActionState::TimedOut { reason: "It took too long.".into(), attempt: 1 },
        ActionStatus::Rejected => ActionState::Rejected,
        ActionStatus::Expired => ActionState::Expired,
        ActionStatus::Cancelled => ActionState::Cancelled { comment: None },
        ActionStatus::Undoing => ActionState::Undoing {
            before: Box::new(ActionState::Completed { work: work.clone() }),
            work,
            by: person(),
            reason: None,
            conflict: Conflict::Stop,
            order: None,
            deadline,
        },
        ActionStatus::Undone => ActionState::Undone { work, by: person(), after: vec![] },
        ActionStatus::PartlyUndone => ActionState::PartlyUndone { work, by: person(), left: vec!["one".into()] },
        ActionStatus::UndoFailed => ActionState::UndoFailed { work, fault: fault() },
    }
}

/// A state of this status, with what belongs to it.
pub fn investigation_state(status: InvestigationStatus, at: Stamp) -> InvestigationState {
    let fault = || "An analyser stopped.".to_owned();
    match status {
        InvestigationStatus::Starting => InvestigationState::Starting,
        InvestigationStatus::Queued => InvestigationState::Queued { since: at },
        InvestigationStatus::Running => InvestigationState::Running,
        InvestigationStatus::PendingApproval => InvestigationState::PendingApproval { since: at },
        InvestigationStatus::PendingResource => InvestigationState::PendingResource { since: at, deadline: at },
        InvestigationStatus::Benign => InvestigationState::Benign { declined: 0 },
        InvestigationStatus::Remediated => InvestigationState::Remediated,
        InvestigationStatus::PartiallyRemediated => {
            InvestigationState::PartiallyRemediated { untreated: vec!["one".into()] }
        }
        InvestigationStatus::PartiallyInvestigated => InvestigationState::PartiallyInvestigated { fault: fault() },
        InvestigationStatus::Failed => InvestigationState::Failed { fault: fault() },
        InvestigationStatus::InnerFailure => InvestigationState::InnerFailure { fault: fault() },
        InvestigationStatus::TerminatedUser => {
            InvestigationState::TerminatedUser { by: person(), comment: "Enough.".into() }
        }
        InvestigationStatus::TerminatedSystem => InvestigationState::TerminatedSystem { reason: fault(), treated: 0 },
        InvestigationStatus::TerminatedThrottling => InvestigationState::TerminatedThrottling,
        InvestigationStatus::UnsupportedAlert => InvestigationState::UnsupportedAlert,
        InvestigationStatus::UnsupportedOs => InvestigationState::UnsupportedOs,
        InvestigationStatus::PreexistingAlert => InvestigationState::PreexistingAlert,
        InvestigationStatus::SuppressedAlert => InvestigationState::SuppressedAlert,
        InvestigationStatus::NoAutomation => InvestigationState::NoAutomation,
        InvestigationStatus::Unknown => InvestigationState::Unknown,
    }
}

pub fn entry(at: Stamp, subject: Subject, id: &str, event: &str) -> Entry {
    Entry {
        at,
        actor: Actor::Person { person: person() },
        subject,
        subject_id: id.to_owned(),
        event: event.to_owned(),
        from: None,
        to: Some("pending_approval".into()),
        text: "Quarantine a file: a person is asked.".into(),
        comment: Some("Seen in the weekly meeting.".into()),
        detail: None,
    }
}

pub fn person() -> Person {
    Person { id: PersonId("1000".into()), name: "owner".into(), role: Role::Owner }
}
