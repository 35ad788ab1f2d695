//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListDevices) -> Result<view::DeviceList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn show(_: &Engine, _: &Person, _: ShowDevice) -> Result<view::Device, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn add(_: &Engine, _: &Person, _: AddDevice) -> Result<view::Device, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
