//! The folder lists as editable, versioned data (spec 2.4, 2.5; M12, M13).
use serde::{Deserialize, Serialize};

/// Core and temp list of one operating system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderLists {
    pub version: u32,
}
