//! What is remembered, in SQLite: one data folder, several processes (design section 5).
//!
//! A read sees one consistent snapshot; a write is one short transaction in which a transition and its record commit
//! together. A domain value is stored as its JSON in `doc`; what lists filter and sort by stands beside it in columns.
#![forbid(unsafe_code)]

mod error;
/// Who drives the automatic work: one process at a time.
mod lock;
/// The dated list of changes to the tables.
mod migration;
/// Fixed pieces of SQL with bound values, and pages that do not move.
mod page;
mod sql;
mod store;

/// One file per table: its definition, its row, its reads, its writes.
mod table;

/// Many realistic actions at once, for benches.
#[cfg(any(test, feature = "seed"))]
pub mod seed;

#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use lock::DriverLock;
pub use page::Page;
pub use store::{Reader, Store, Stored, Writer};
pub use table::{
    action_page::{ActionQuery, ActionRow, ActionSort, SortBy, Tab},
    alert::{AlertQuery, AlertRow},
    caution::HeldRow,
    content::Sighting,
    counts::Counts,
    evidence::{EvidenceQuery, EvidenceRow},
    imported::{ImportedRow, Story},
    incident::{IncidentQuery, IncidentRow},
    investigation::InvestigationQuery,
    record::{Record, Verified, digest},
    rule_pack::RulePackRow,
    verdict_page::{VerdictQuery, VerdictRow},
};
