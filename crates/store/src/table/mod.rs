//! One file per table. Reads are methods of `Reader`, writes of `Writer`.

pub(crate) mod counter;
pub(crate) mod record;
pub(crate) mod setting;

pub(crate) mod device;
pub(crate) mod device_group;
pub(crate) mod indicator;
pub(crate) mod rule_pack;

pub(crate) mod alert;
/// What came from other products.
pub(crate) mod imported;
pub(crate) mod incident;
pub(crate) mod investigation;
/// Reads about one device, over several tables.
pub(crate) mod of_device;

/// Where a content was seen, and the parts of an action.
pub(crate) mod content;
pub(crate) mod evidence;
pub(crate) mod examined;
/// Every verdict: evidence and examined files in one list.
pub(crate) mod verdict_page;

pub(crate) mod action;
/// The Action center's list of actions.
pub(crate) mod action_page;

/// What automation did by itself, counted.
pub(crate) mod caution;

/// What Home counts, from the same rows.
pub(crate) mod counts;
