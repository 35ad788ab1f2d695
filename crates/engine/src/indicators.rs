//! Stub.
use crate::{Engine, door::*, view};
use assize_domain::{order::Fault, role::Person};

pub(crate) fn list(_: &Engine, _: &Person, _: ListIndicators) -> Result<view::IndicatorList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn add(_: &Engine, _: &Person, _: AddIndicator) -> Result<assize_domain::indicator::Indicator, Fault> {
    Err(Fault::new("not_ready", "", ""))
}

pub(crate) fn remove(_: &Engine, _: &Person, _: RemoveIndicator) -> Result<view::IndicatorList, Fault> {
    Err(Fault::new("not_ready", "", ""))
}
