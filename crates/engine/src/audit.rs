//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn verify(_: &Engine, _: &Person, _: VerifyAudit) -> Result<view::AuditVerified, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn export(_: &Engine, _: &Person, _: ExportAudit) -> Result<view::RestoredTo, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
