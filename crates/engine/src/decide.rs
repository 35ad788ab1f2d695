//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn approve(_: &Engine, _: &Person, _: ApproveActions) -> Result<view::Decision, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn reject(_: &Engine, _: &Person, _: RejectActions) -> Result<view::Decision, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn cancel(_: &Engine, _: &Person, _: CancelActions) -> Result<view::Decision, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn retry(_: &Engine, _: &Person, _: RetryActions) -> Result<view::Decision, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn undo(_: &Engine, _: &Person, _: UndoActions) -> Result<view::Decision, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn run(_: &Engine, _: &Person, _: RunAction) -> Result<view::Action, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
