//! What screens and the command line are shown: one shape per noun, the same for both, as the contract spells it.
mod action;
mod alert;
mod device;
mod evidence;
mod home;
mod incident;
mod investigation;
mod mitigation;
mod settings;

pub use action::{
    Action, ActionDetail, ActionPage, ActionPlan, AfterUndo, AllowOffer, Decision, Refused, Related, Rollback,
    RollbackLeft, RollbackPlan, RollbackStep, Spread, SpreadDevice, StaleNote, TimelineRow, TypeApproval, UndoOffer,
    VerdictPage, VerdictRow,
};
pub use alert::{AlertDetail, AlertOrigin, AlertPage, AlertRow, ImportFailed, Imported, ImportedBatch, ImportedFields};
pub use device::{Capability, Device, DeviceList, DeviceMove, DeviceRef, Group, GroupList, GroupRef};
pub use evidence::{Evidence, EvidenceDetail};
pub use home::{Change, Held, HeldBy, Home, LimitsInForce, PracticeState};
pub use incident::{Alert, Incident, IncidentPage, IncidentRow, ResolutionNote};
pub use investigation::{Investigation, InvestigationPage, InvestigationRow};
pub use mitigation::{Mitigation, MitigationList};
pub use settings::{
    AuditVerified, Check, Doctor, IndicatorList, ProtectedGroup, ProtectedList, ProtectedPath, QuarantineCheck,
    QuarantineItem, QuarantineList, RestoredTo, RuleFileAdded, RuleFileFailed, RulePack, RulePackList, RulesAdded,
};
