//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn make(_: &Engine, _: &Person, _: MakePractice) -> Result<view::Device, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn remove(_: &Engine, _: &Person, _: RemovePractice) -> Result<view::Home, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
