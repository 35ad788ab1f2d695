//! Stand-in for the agent's door, until it is there.
use assize_domain::{device, group, order::Fault};
use std::{path::Path, sync::Arc};

pub(crate) fn open(_device: &group::Device, _data: &Path) -> Result<Arc<dyn device::Device>, Fault> {
    Err(Fault::new("not_ready", "This device cannot be looked at yet.", "Try again in a moment."))
}
