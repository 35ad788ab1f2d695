//! Places where programs arrange to be started, and what these start.
use super::LookFault;
use crate::root::Root;
use assize_domain::{entity::Entity, text::DevicePath};

/// Everything that is arranged to be started.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Startup {
    pub items: Vec<Started>,
    pub faults: Vec<LookFault>,
}

/// One arrangement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// A scheduled task, a service or a startup item.
    pub entity: Entity,
    /// What the action really runs: behind wrappers and interpreters (`env`, `sh -c`, `python3 x.py` → `x.py`), its first
    /// executable. A full path is named also when nothing stands there; a bare name only when it is found.
    pub program: Option<DevicePath>,
    /// Every existing regular file that the command names as a program or script, links followed, in the order named.
    pub starts: Vec<DevicePath>,
    pub defined_in: DevicePath,
}

pub fn startup(_root: &Root) -> Startup {
    Startup::default()
}
