//! The one door: every front end asks one of a closed set of typed requests; one function checks the caller's right to
//! each and carries it out. A permission cannot be forgotten in one of them.
mod requests;

use crate::{Engine, front::Service, view};
use assize_domain::{
    order::Fault,
    role::{Person, Right},
};
pub use requests::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A request with the type of its answer and the right it needs.
pub trait Ask: Serialize + DeserializeOwned + carried::Carried {
    type Answer: Serialize + DeserializeOwned;
    const RIGHT: Right;
}

/// The same question, wherever the engine is: here, or in the service.
pub trait Through: Ask {
    fn here(self, engine: &Engine, by: &Person) -> Result<Self::Answer, Fault>;
    fn there(self, service: &Service) -> Result<Self::Answer, Fault>;
}

mod carried {
    /// How a request is carried out. Private: nobody reaches past [`super::Engine::ask`].
    pub trait Carried: Sized {
        type Result;
        fn carry_out(self, engine: &crate::Engine, by: &assize_domain::role::Person) -> Self::Result;
    }
}

/// Over the socket: asked as it is, or, where a file is written, written by the caller with the caller's own rights.
macro_rules! over_the_socket {
    ($service:expr, $this:expr, $request:ident) => {
        $service.ask(Request::$request($this))
    };
    ($service:expr, $this:expr, $request:ident, $writer:path) => {
        $writer($service, $this)
    };
}

/// In the service: what would write a file with its rights is refused.
macro_rules! in_the_service {
    ($engine:expr, $by:expr, $request:expr) => {
        json(&$engine.ask($by, $request)?)
    };
    ($engine:expr, $by:expr, $request:expr, $writer:path) => {{
        let _ = $request;
        Err(by_the_caller())
    }};
}

macro_rules! door {
    ($($request:ident needs $right:ident gives $answer:ty, by $function:path $(, written by $writer:path)?;)*) => {
        /// Every request there is, as it crosses a socket.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(tag = "request", rename_all = "snake_case")]
        pub enum Request {
            $($request($request),)*
        }

        $(
            impl Ask for $request {
                type Answer = $answer;
                const RIGHT: Right = Right::$right;
            }

            impl carried::Carried for $request {
                type Result = Result<$answer, Fault>;
                fn carry_out(self, engine: &Engine, by: &Person) -> Self::Result {
                    $function(engine, by, self)
                }
            }

            impl Through for $request {
                fn here(self, engine: &Engine, by: &Person) -> Result<$answer, Fault> {
                    engine.ask(by, self)
                }
                fn there(self, service: &Service) -> Result<$answer, Fault> {
                    over_the_socket!(service, self, $request $(, $writer)?)
                }
            }
        )*

        impl Engine {
            /// A request that came through the socket; the answer as JSON.
            pub(crate) fn answer(&self, by: &Person, request: Request) -> Result<Vec<u8>, Fault> {
                match request {
                    $(Request::$request(request) => in_the_service!(self, by, request $(, $writer)?),)*
                }
            }
        }
    };
}

door! {
    ShowHome needs View gives view::Home, by crate::home::show;
    ListActions needs View gives view::ActionPage, by crate::actions::list;
    ShowAction needs View gives view::ActionDetail, by crate::actions::show;
    PlanAction needs View gives view::ActionPlan, by crate::actions::plan;
    ApproveActions needs Decide gives view::Decision, by crate::decide::approve;
    RejectActions needs Decide gives view::Decision, by crate::decide::reject;
    CancelActions needs Decide gives view::Decision, by crate::decide::cancel;
    RetryActions needs Decide gives view::Decision, by crate::decide::retry;
    UndoActions needs Undo gives view::Decision, by crate::undo::undo;
    AllowAfterUndo needs Settings gives assize_domain::indicator::Indicator, by crate::undo::allow_after;
    ReapplyAction needs Decide gives view::Action, by crate::undo::reapply;
    PlanRollback needs View gives view::RollbackPlan, by crate::rollback::plan;
    RollBack needs Undo gives view::Rollback, by crate::rollback::roll_back;
    RunAction needs Decide gives view::Action, by crate::response::run;
    PlanRun needs View gives view::ActionPlan, by crate::response::plan;
    ListAlerts needs View gives view::AlertPage, by crate::alerts::list;
    ShowAlert needs View gives view::AlertDetail, by crate::alerts::show;
    ImportAlerts needs Investigate gives view::ImportedBatch, by crate::imports::import;
    ListVerdicts needs View gives view::VerdictPage, by crate::verdicts::list;
    ListIncidents needs View gives view::IncidentPage, by crate::incidents::list;
    ShowIncident needs View gives view::Incident, by crate::incidents::show;
    AssignIncident needs Investigate gives view::Incident, by crate::incidents::assign;
    ResolveIncident needs Investigate gives view::Incident, by crate::incidents::resolve;
    ShowEvidence needs View gives view::EvidenceDetail, by crate::incidents::evidence;
    ListInvestigations needs View gives view::InvestigationPage, by crate::investigations::list;
    ShowInvestigation needs View gives view::Investigation, by crate::investigations::show;
    StartInvestigation needs Investigate gives view::Investigation, by crate::investigations::start;
    StopInvestigation needs Decide gives view::Investigation, by crate::investigations::stop;
    ListMitigations needs View gives view::MitigationList, by crate::mitigations::list;
    ListDevices needs View gives view::DeviceList, by crate::devices::list;
    ShowDevice needs View gives view::Device, by crate::devices::show;
    AddDevice needs Settings gives view::Device, by crate::devices::add;
    ListGroups needs View gives view::GroupList, by crate::groups::list;
    AddGroup needs Settings gives view::Group, by crate::groups::add;
    ChangeGroup needs Settings gives view::Group, by crate::groups::change_group;
    RemoveGroup needs Settings gives view::GroupList, by crate::groups::remove;
    MoveGroup needs Settings gives view::GroupList, by crate::groups::shift;
    AssignDevice needs Settings gives view::Group, by crate::groups::assign;
    ListFolders needs View gives assize_domain::folders::FolderLists, by crate::folder_lists::list;
    ChangeFolders needs Settings gives assize_domain::folders::FolderLists, by crate::folder_lists::change;
    ChooseLevel needs Settings gives view::Home, by crate::home::choose_level;
    ListProtected needs View gives view::ProtectedList, by crate::protected::list;
    ChangeProtected needs Settings gives view::ProtectedList, by crate::protected::change;
    ListLimits needs View gives view::LimitsInForce, by crate::caution::list;
    ChangeLimits needs Settings gives view::LimitsInForce, by crate::caution::change;
    MakePractice needs Investigate gives view::Device, by crate::practice::make;
    RemovePractice needs Investigate gives view::Home, by crate::practice::remove;
    ListIndicators needs View gives view::IndicatorList, by crate::indicators::list;
    AddIndicator needs Settings gives assize_domain::indicator::Indicator, by crate::indicators::add;
    RemoveIndicator needs Settings gives view::IndicatorList, by crate::indicators::remove;
    ListRules needs View gives view::RulePackList, by crate::rules::list;
    AddRules needs Settings gives view::RulesAdded, by crate::rules::add;
    RemoveRules needs Settings gives view::RulePackList, by crate::rules::remove;
    ListQuarantine needs View gives view::QuarantineList, by crate::quarantine::list;
    VerifyQuarantine needs View gives view::QuarantineCheck, by crate::quarantine::verify;
    PinQuarantined needs Undo gives view::QuarantineList, by crate::retention::pin;
    RestoreQuarantined needs Undo gives view::RestoredTo, by crate::quarantine::restore,
        written by crate::copies::restore;
    VerifyAudit needs View gives view::AuditVerified, by crate::audit::verify;
    ExportAudit needs View gives view::RestoredTo, by crate::audit::export, written by crate::copies::export;
    RunDoctor needs View gives view::Doctor, by crate::doctor::run;
}

impl Engine {
    /// The door. Checks the right, then carries the request out.
    pub fn ask<R>(&self, by: &Person, request: R) -> Result<R::Answer, Fault>
    where
        R: Ask + carried::Carried<Result = Result<<R as Ask>::Answer, Fault>>,
    {
        permitted(by, R::RIGHT)?;
        request.carry_out(self, by)
    }
}

pub(crate) fn permitted(by: &Person, needs: Right) -> Result<(), Fault> {
    if by.role.may(needs) {
        return Ok(());
    }
    let message = format!("{} may not do this.", by.name);
    Err(Fault::new("no_permission", message, "Ask somebody whose role allows it."))
}

pub(crate) fn json(answer: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(answer)
        .map_err(|e| Fault::new("internal", format!("The answer cannot be written down: {e}."), "Nothing was changed."))
}

fn by_the_caller() -> Fault {
    Fault::new(
        "written_by_you",
        "The service writes to no place that a person names.",
        "Nothing was written. A program of this version takes the bytes and writes them itself.",
    )
}
