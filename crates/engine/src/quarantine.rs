//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListQuarantine) -> Result<view::QuarantineList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn verify(_: &Engine, _: &Person, _: VerifyQuarantine) -> Result<view::QuarantineCheck, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn restore(_: &Engine, _: &Person, _: RestoreQuarantined) -> Result<view::RestoredTo, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
