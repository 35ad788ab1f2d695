//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListGroups) -> Result<view::GroupList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn add(_: &Engine, _: &Person, _: AddGroup) -> Result<view::Group, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn change(_: &Engine, _: &Person, _: ChangeGroup) -> Result<view::Group, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn remove(_: &Engine, _: &Person, _: RemoveGroup) -> Result<view::GroupList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn shift(_: &Engine, _: &Person, _: MoveGroup) -> Result<view::GroupList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn assign(_: &Engine, _: &Person, _: AssignDevice) -> Result<view::Group, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
