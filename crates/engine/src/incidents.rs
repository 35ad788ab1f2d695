//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListIncidents) -> Result<view::IncidentPage, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn show(_: &Engine, _: &Person, _: ShowIncident) -> Result<view::Incident, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn assign(_: &Engine, _: &Person, _: AssignIncident) -> Result<view::Incident, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn resolve(_: &Engine, _: &Person, _: ResolveIncident) -> Result<view::Incident, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn evidence(_: &Engine, _: &Person, _: ShowEvidence) -> Result<view::EvidenceDetail, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
