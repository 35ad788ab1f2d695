//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListVerdicts) -> Result<view::VerdictPage, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
