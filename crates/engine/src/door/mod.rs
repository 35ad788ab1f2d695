//! The one door: every front end asks one of a closed set of typed requests; one function checks the caller's right to
//! each and carries it out. A permission cannot be forgotten in one of them.
mod requests;

use crate::{Engine, view};
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

mod carried {
    /// How a request is carried out. Private: nobody reaches past [`super::Engine::ask`].
    pub trait Carried: Sized {
        type Result;
        fn carry_out(self, engine: &crate::Engine, by: &assize_domain::role::Person) -> Self::Result;
    }
}

macro_rules! door {
    ($($request:ident needs $right:ident gives $answer:ty, by $function:path;)*) => {
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
        )*
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
    UndoActions needs Undo gives view::Decision, by crate::decide::undo;
    RunAction needs Decide gives view::Action, by crate::response::run;
    PlanRun needs View gives view::ActionPlan, by crate::response::plan;
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
    RestoreQuarantined needs Undo gives view::RestoredTo, by crate::quarantine::restore;
    VerifyAudit needs View gives view::AuditVerified, by crate::audit::verify;
    ExportAudit needs View gives view::RestoredTo, by crate::audit::export;
    RunDoctor needs View gives view::Doctor, by crate::doctor::run;
}

impl Engine {
    /// The door. Checks the right, then carries the request out.
    pub fn ask<R>(&self, by: &Person, request: R) -> Result<R::Answer, Fault>
    where
        R: Ask + carried::Carried<Result = Result<<R as Ask>::Answer, Fault>>,
    {
        if !by.role.may(R::RIGHT) {
            return Err(Fault::new(
                "no_permission",
                format!("{} may not do this.", by.name),
                "Ask somebody whose role allows it.",
            ));
        }
        request.carry_out(self, by)
    }
}
