//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListRules) -> Result<view::RulePackList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn add(_: &Engine, _: &Person, _: AddRules) -> Result<view::RulesAdded, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn remove(_: &Engine, _: &Person, _: RemoveRules) -> Result<view::RulePackList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
