//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListInvestigations) -> Result<view::InvestigationPage, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn show(_: &Engine, _: &Person, _: ShowInvestigation) -> Result<view::Investigation, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn start(_: &Engine, _: &Person, _: StartInvestigation) -> Result<view::Investigation, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn stop(_: &Engine, _: &Person, _: StopInvestigation) -> Result<view::Investigation, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
