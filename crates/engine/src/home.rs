//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn show(_: &Engine, _: &Person, _: ShowHome) -> Result<view::Home, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn choose_level(_: &Engine, _: &Person, _: ChooseLevel) -> Result<view::Home, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
