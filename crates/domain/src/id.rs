//! Ids of stored things: UUIDv7 text, one type each so that they cannot be mixed up. Made outside; time and chance are parameters.
use serde::{Deserialize, Serialize};
use specta::Type;
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

ids! {
    DeviceId, GroupId, AlertId, IncidentId, InvestigationId, EvidenceId, ActionId,
    /// One per decision batch: everything approved or rejected in one go shares it.
    ApprovalId,
    /// An order runs once, however often it arrives.
    OrderId,
    /// An item of a device's vault.
    VaultId,
    IndicatorId, RulePackId, PersonId,
}
