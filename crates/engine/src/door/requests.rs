//! The requests of the door: what a front end may ask for, and with which words.
use assize_domain::{
    action::{ActionStatus, Source},
    alert::{AlertStatus, Severity},
    draft::Draft,
    entity::EntityType,
    folders::FolderList,
    group::{AutomationLevel, MatchingRule, OsPlatform},
    id::{
        ActionId, AlertId, ApprovalId, DeviceId, EvidenceId, GroupId, IncidentId, IndicatorId, InvestigationId,
        RulePackId, VaultId,
    },
    incident::{Classification, IncidentStatus},
    indicator::{IndicatorAction, IndicatorKind},
    investigation::InvestigationStatus,
    order::Conflict,
    remedy::ActionType,
    time::Stamp,
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};
use specta::Type;

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize, Type)]
        pub struct $name { $($(#[$inner])* pub $field: $type,)* }
    )*};
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    Pending,
    History,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ActionSort {
    #[default]
    Updated,
    Created,
    Type,
    Device,
    Verdict,
    Status,
    Expires,
    Target,
}

/// How far a person's own action goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RunScope {
    Full,
    Selective,
    Quick,
}

requests! {
    ShowHome {}

    /// A page of actions. Empty lists and `None` mean "any".
    #[derive(Default)]
    ListActions {
        tab: Option<Tab>,
        kind: Vec<ActionType>,
        status: Vec<ActionStatus>,
        device: Option<DeviceId>,
        source: Vec<Source>,
        investigation: Option<InvestigationId>,
        approval: Option<ApprovalId>,
        verdict: Vec<Verdict>,
        entity_type: Vec<EntityType>,
        since: Option<Stamp>,
        text: Option<String>,
        sort: ActionSort,
        descending: bool,
        limit: u32,
        after: Option<String>,
        snapshot: Option<String>,
    }
    ShowAction { id: ActionId, }
    /// The dry run: what would change (or, for an action that can be undone, what undoing would meet).
    PlanAction { id: ActionId, }
    /// Several ids must have the same type unless `group_by_type` (one approval id per type then).
    ApproveActions { ids: Vec<ActionId>, comment: Option<String>, group_by_type: bool, }
    RejectActions { ids: Vec<ActionId>, comment: Option<String>, group_by_type: bool, }
    CancelActions { ids: Vec<ActionId>, comment: Option<String>, }
    RetryActions { ids: Vec<ActionId>, }
    UndoActions {
        ids: Vec<ActionId>,
        reason: Option<String>,
        conflict: Conflict,
        /// Also every other instance of these files, on every device (quarantined files only).
        #[serde(default)]
        instances: bool,
        /// Allow the content in the group of its device for so many days, so that it is not caught again.
        #[serde(default)]
        allow_days: Option<u32>,
    }
    /// After an undo: allow the content in the group of its device, for so many days or for good.
    AllowAfterUndo { id: ActionId, days: Option<u32>, }
    /// The undo was wrong: do it again, as a new action.
    ReapplyAction { id: ActionId, comment: String, command_line: bool, }
    /// The dry run of a rollback.
    PlanRollback { by: RollBackBy, }
    /// Take back everything that belongs together, the last one first. Asked again it goes on with what is left.
    RollBack { by: RollBackBy, comment: String, conflict: Conflict, allow_days: Option<u32>, }
    /// A person's own response action. What it is about is named in one way: by `file` (a full path), `sha256`, `pid`,
    /// `service` (a unit's name) or `evidence`; isolation, restriction, scan and package are about the whole device.
    RunAction {
        kind: ActionType,
        device: DeviceId,
        file: Option<String>,
        sha256: Option<String>,
        pid: Option<u32>,
        service: Option<String>,
        evidence: Option<EvidenceId>,
        /// Isolation: full (where nothing is said) or selective. Scan: quick (where nothing is said) or full.
        scope: Option<RunScope>,
        /// Addresses and networks that a selective isolation leaves reachable.
        allow: Vec<String>,
        /// Isolation and restriction: the device takes it back by itself after so many seconds.
        for_seconds: Option<u32>,
        comment: String,
        /// Came from the command line rather than the window.
        command_line: bool,
    }
    /// The dry run of a person's own action: what it would change. Needs no comment.
    PlanRun { action: RunAction, }
    ListAlerts {
        status: Vec<AlertStatus>,
        severity: Vec<Severity>,
        device: Option<DeviceId>,
        text: Option<String>,
        limit: u32,
        after: Option<String>,
        snapshot: Option<String>,
    }
    ShowAlert { id: AlertId, }
    /// A part of a file of another product, as [`crate::import`] read it: one transaction.
    ImportAlerts {
        file: String,
        format: String,
        /// All of it is about this device; else whatever device an alert names.
        device: Option<DeviceId>,
        drafts: Vec<Draft>,
    }
    ListVerdicts {
        verdict: Vec<Verdict>,
        device: Option<DeviceId>,
        text: Option<String>,
        limit: u32,
        after: Option<String>,
        snapshot: Option<String>,
    }
    ListIncidents {
        investigation_state: Option<InvestigationStatus>,
        status: Vec<IncidentStatus>,
        severity: Vec<Severity>,
        text: Option<String>,
        limit: u32,
        after: Option<String>,
        snapshot: Option<String>,
    }
    ShowIncident { id: IncidentId, }
    AssignIncident { id: IncidentId, to: String, }
    ResolveIncident {
        id: IncidentId,
        classification: Classification,
        determination: String,
        comment: Option<String>,
        /// Resolve although actions still wait.
        even_so: bool,
    }
    ShowEvidence { id: EvidenceId, }
    ListInvestigations {
        status: Vec<InvestigationStatus>,
        device: Option<DeviceId>,
        text: Option<String>,
        limit: u32,
        after: Option<String>,
        snapshot: Option<String>,
    }
    ShowInvestigation { id: InvestigationId, }
    /// Starts at once and returns; the investigation goes on by itself.
    StartInvestigation {
        /// None: this computer.
        device: Option<DeviceId>,
        /// Empty: the scope below.
        paths: Vec<String>,
        full: bool,
        comment: String,
    }
    StopInvestigation { id: InvestigationId, comment: String, }
    /// What keeps devices isolated or restricted right now, as they tell it themselves.
    ListMitigations {}
    ListDevices {}
    /// By id or by name.
    ShowDevice { device: String, }
    AddDevice { name: String, root: Option<String>, os: Option<OsPlatform>, }
    ListGroups {}
    AddGroup { name: String, description: String, level: AutomationLevel, rules: Vec<MatchingRule>, }
    /// Only what is given changes. Changing to Full or None asks for a reason in the window; it is recorded here.
    ChangeGroup {
        group: String,
        level: Option<AutomationLevel>,
        rules: Option<Vec<MatchingRule>>,
        description: Option<String>,
        reason: Option<String>,
    }
    RemoveGroup { id: GroupId, }
    /// One step up or down in rank.
    MoveGroup { id: GroupId, up: bool, }
    /// Gives the device a tag and the group a rule for it.
    AssignDevice { device: String, group: String, }
    /// The core and temp folders that decide under the two location levels.
    ListFolders {}
    ChangeFolders { os: OsPlatform, list: FolderList, change: FolderChange, }
    /// The owner's first choice.
    ChooseLevel { level: AutomationLevel, }
    /// What is never acted on (M20).
    ListProtected {}
    /// A person adds a path (`on`), or takes off what a person added.
    ChangeProtected { pattern: String, on: bool, }
    /// How much automation may do before a person has looked (M21, M22).
    ListLimits {}
    /// Only what is given changes: so many actions of one type in so many minutes, a new rule on so many devices,
    /// so many GiB of kept copies on each device.
    ChangeLimits { same_type: Option<u32>, minutes: Option<u32>, devices: Option<u32>, vault_gib: Option<u32>, }
    MakePractice {}
    RemovePractice {}
    ListIndicators {}
    AddIndicator {
        kind: IndicatorKind,
        value: String,
        action: IndicatorAction,
        title: String,
        expires_at: Option<Stamp>,
        group: Option<String>,
    }
    RemoveIndicator { id: IndicatorId, }
    ListRules {}
    AddRules { files: Vec<RuleText>, }
    RemoveRules { id: RulePackId, }
    ListQuarantine {}
    VerifyQuarantine {}
    /// Keep a copy (and all that the same action took away) for good, or let its time run again.
    PinQuarantined { id: VaultId, pinned: bool, }
    RestoreQuarantined { id: VaultId, folder: String, inert: bool, }
    VerifyAudit {}
    /// Writes the whole audit trail to a file on this machine, by its ending: `.csv` or `.jsonl`.
    ExportAudit { out: String, }
    RunDoctor {}
}

/// What is taken back together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "all", rename_all = "snake_case")]
pub enum RollBackBy {
    Incident {
        id: IncidentId,
    },
    Investigation {
        id: InvestigationId,
    },
    /// What this rule led to, by its name as reasons tell it.
    Rule {
        name: String,
    },
    /// What began in that time by automation's decision alone, or also by people's.
    Window {
        since: Stamp,
        until: Stamp,
        people_too: bool,
    },
    Actions {
        ids: Vec<ActionId>,
    },
}

impl RunAction {
    /// Of this kind on this device, with nothing else said yet.
    pub fn about(kind: ActionType, device: &DeviceId) -> Self {
        Self {
            kind,
            device: device.clone(),
            file: None,
            sha256: None,
            pid: None,
            service: None,
            evidence: None,
            scope: None,
            allow: Vec::new(),
            for_seconds: None,
            comment: String::new(),
            command_line: false,
        }
    }
}

/// One edit of a folder list.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum FolderChange {
    Add {
        pattern: String,
    },
    Remove {
        pattern: String,
    },
    /// Windows only: the strict preset of the temp list (spec 2.4).
    Strict {
        on: bool,
    },
}

/// A rule file with its content: the front end reads it, the engine never opens a path it was told.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct RuleText {
    pub file: String,
    pub body: String,
}
