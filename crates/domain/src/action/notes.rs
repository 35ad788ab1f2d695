//! What is remembered of an action beside its state: the hops of its orders (M159), what it does again, what was asked
//! for while it ran, how long its copies are kept.
use super::{Recheck, RemediationStatus};
use crate::{
    id::{ActionId, ApprovalId, OrderId},
    policy::Verb,
    role::Person,
    time::{Span, Stamp},
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// How long kept copies stay after the action, unless somebody pins them (spec 5.2 rule 6).
pub const RETENTION: Span = Span::days(90);
/// How long before a kept copy goes for good people are warned.
pub const WARNING: Span = Span::days(7);

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Where the latest order to do it, and the latest to take it back, has come.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// T27: the undone action that this one does again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reapplies: Option<ActionId>,
    /// The action that does this one again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reapplied: Option<ActionId>,
    /// Asked for while it was being carried out: it comes right after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// The decision batch in which its undo was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_approval: Option<ApprovalId>,
    /// An order whose answer never came and that nobody waits for any more. The device may still tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<OrderId>,
    /// Which start of the device it was carried out in, where the device can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// Whether it held, looked at again and again (M160).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Recheck>,
    /// A person keeps its copies for good.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// When its copies were removed for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purged: Option<Stamp>,
}

/// A release that was asked for while the act was still under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub by: Person,
    pub reason: Option<String>,
}

/// A place an order has come to, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Hop {
    pub verb: Verb,
    pub hop: HopName,
    pub at: Stamp,
}

/// In the order in which an order comes to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum HopName {
    /// Decided, and due.
    Queued,
    /// Handed to whatever carries out the device's orders.
    Delivered,
    /// Written down there, to be done once.
    Accepted,
    /// Everything is prepared and proven; now it is done.
    Started,
    /// It ended, one way or another.
    Finished,
    /// The device looked afterwards and found it done.
    Verified,
}

impl Notes {
    /// A new order begins with its first hop; a later one is added once, in its place.
    pub fn hop(&mut self, verb: Verb, hop: HopName, at: Stamp) {
        if hop == HopName::Queued {
            self.hops.retain(|h| h.verb != verb);
        }
        if !self.hops.iter().any(|h| (h.verb, h.hop) == (verb, hop)) {
            self.hops.push(Hop { verb, hop, at });
            self.hops.sort_by_key(|h| (h.verb == Verb::Undo, h.hop));
        }
    }

    /// When the kept copies of what ended then go for good; none while a person keeps them.
    pub fn kept_until(&self, finished: Option<Stamp>) -> Option<Stamp> {
        finished.filter(|_| !self.pinned).map(|at| at.after(RETENTION))
    }
}

/// What evidence is called after a check that found the threat again: it was treated, and it is there.
pub const CAME_BACK: RemediationStatus = RemediationStatus::Unremediated;
