//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn run(_: &Engine, _: &Person, _: RunDoctor) -> Result<view::Doctor, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
