//! Files below the places of a scope.
use super::{LookFault, packages::PackageDatabase};
use crate::root::Root;
use assize_domain::{investigation::Scope, text::DevicePath};
use std::path::PathBuf;

/// A regular file worth looking into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub path: DevicePath,
    /// Where it lies on the machine this runs on.
    pub real: PathBuf,
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    pub executable: bool,
}

/// What a walk met.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WalkSummary {
    /// Regular files met.
    pub seen: u64,
    /// Regular files handed on.
    pub candidates: u64,
    /// Regular files in system folders passed over because a package owns them.
    pub owned: u64,
    /// Places passed over, with the reason.
    pub skipped: Vec<Skipped>,
    pub faults: Vec<LookFault>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: DevicePath,
    pub reason: String,
}

pub fn walk(
    _root: &Root,
    _scope: &Scope,
    _packages: &PackageDatabase,
    _skip: &[PathBuf],
    _each: &mut dyn FnMut(Candidate),
) -> WalkSummary {
    WalkSummary::default()
}
