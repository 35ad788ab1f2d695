//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListActions) -> Result<view::ActionPage, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn show(_: &Engine, _: &Person, _: ShowAction) -> Result<view::ActionDetail, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn plan(_: &Engine, _: &Person, _: PlanAction) -> Result<view::ActionPlan, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
