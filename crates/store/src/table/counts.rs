//! What Home counts: computed from the rows that the lists show.
use crate::{
    error::StoreError,
    page::count,
    sql::{self, coded, stamp},
    store::Reader,
};
use assize_domain::{remedy::ActionType, time::Stamp};

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    pub pending: u64,
    pub history: u64,
    pub pending_by_type: Vec<(ActionType, u64)>,
    pub oldest_pending: Option<Stamp>,
    /// The pending action whose time to decide runs out first.
    pub next_expiry: Option<Stamp>,
    /// Approved, queued, waiting for the device, running or undoing.
    pub running: u64,
    /// Failed, timed out, or the undo failed.
    pub failed: u64,
    pub completed: u64,
    pub undone: u64,
    pub incidents_open: u64,
    pub alerts: u64,
    pub alerts_open: u64,
    /// Not yet ended.
    pub investigations_open: u64,
    pub last_investigation_end: Option<Stamp>,
    pub devices: u64,
}

impl Reader {
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        let by_status = "SELECT status, count(*) FROM action GROUP BY status ORDER BY status";
        for (status, n) in sql::all(&self.db, by_status, (), |r| Ok((coded("a status", r, 0)?, count(r.get(1)?))))? {
            use assize_domain::action::ActionStatus as S;
            match status {
                S::PendingApproval => counts.pending = n,
                S::Approved | S::Queued | S::WaitingForDevice | S::Running | S::Undoing => counts.running += n,
                S::Failed | S::TimedOut | S::UndoFailed => counts.failed += n,
                S::Completed | S::PartiallyCompleted => counts.completed += n,
                S::Undone | S::PartlyUndone => counts.undone += n,
                S::Skipped | S::Rejected | S::Expired | S::Cancelled => {}
            }
            if status != S::PendingApproval {
                counts.history += n;
            }
        }
        let by_type = "SELECT kind, count(*) FROM action WHERE tab = 'pending' GROUP BY kind ORDER BY kind";
        counts.pending_by_type =
            sql::all(&self.db, by_type, (), |r| Ok((coded("a type of action", r, 0)?, count(r.get(1)?))))?;
        let rest = "SELECT
            (SELECT min(pending_since) FROM action WHERE pending_since IS NOT NULL),
            (SELECT min(expires_at) FROM action WHERE tab = 'pending'),
            (SELECT count(*) FROM incident WHERE state IN ('active', 'in_progress')),
            (SELECT count(*) FROM alert),
            (SELECT count(*) FROM alert WHERE state IN ('new', 'in_progress')),
            (SELECT count(*) FROM investigation
                WHERE state IN (SELECT state FROM investigation_state WHERE final = 0)),
            (SELECT max(ended_at) FROM investigation),
            (SELECT count(*) FROM device)";
        let found = sql::first(&self.db, rest, (), |r| {
            counts.oldest_pending = stamp(r, 0)?;
            counts.next_expiry = stamp(r, 1)?;
            counts.incidents_open = count(r.get(2)?);
            counts.alerts = count(r.get(3)?);
            counts.alerts_open = count(r.get(4)?);
            counts.investigations_open = count(r.get(5)?);
            counts.last_investigation_end = stamp(r, 6)?;
            counts.devices = count(r.get(7)?);
            Ok(())
        })?;
        debug_assert!(found.is_some(), "a SELECT without FROM has one row");
        Ok(counts)
    }
}
