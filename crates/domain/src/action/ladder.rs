//! The verification ladder (M160): what was done is looked at again at once, after the device's next start, after a day
//! and after a week. What came back is told, once.
use super::{Action, ActionState};
use crate::{
    remedy::ActionType,
    time::{Span, Stamp},
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// When a look is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    AtOnce,
    AfterRestart,
    AfterDay,
    AfterWeek,
}

impl Rung {
    pub const ALL: [Self; 4] = [Self::AtOnce, Self::AfterRestart, Self::AfterDay, Self::AfterWeek];

    /// How long after the act; a restart comes when it comes.
    fn wait(self) -> Option<Span> {
        match self {
            Self::AtOnce => Some(Span(0)),
            Self::AfterRestart => None,
            Self::AfterDay => Some(Span::days(1)),
            Self::AfterWeek => Some(Span::days(7)),
        }
    }
}

/// One look afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Recheck {
    pub rung: Rung,
    pub at: Stamp,
    /// None where the device could not be looked at.
    pub held: Option<bool>,
    pub text: String,
}

impl Action {
    /// Whether looking again means anything: it was done to one thing, it stands, and nothing came back yet.
    fn is_watched(&self) -> bool {
        let about_a_thing = match self.kind {
            ActionType::KillProcess
            | ActionType::StopService
            | ActionType::DisableDriver
            | ActionType::RemoveScheduledTask
            | ActionType::RemoveRegistryKey
            | ActionType::RemovePersistence
            | ActionType::QuarantineFile => true,
            ActionType::IsolateDevice
            | ActionType::RestrictCodeExecution
            | ActionType::RunAntivirusScan
            | ActionType::StopAndQuarantineFile
            | ActionType::CollectInvestigationPackage => false,
        };
        about_a_thing && matches!(self.state, ActionState::Completed { .. }) && self.did_not_hold().is_none()
    }

    /// The look that found the threat again.
    pub fn did_not_hold(&self) -> Option<&Recheck> {
        self.notes.checks.iter().find(|c| c.held == Some(false))
    }

    fn was_looked_at(&self, rung: Rung) -> bool {
        // One that could not look is tried again until the last rung.
        self.notes.checks.iter().any(|c| c.rung == rung && c.held.is_some())
    }

    /// The rungs whose time has come. `boot` is the start the device is in now, where it can tell. One look answers all
    /// of them.
    pub fn rungs_due(&self, boot: Option<&str>, now: Stamp) -> Vec<Rung> {
        let Some(done) = self.finished_at.filter(|_| self.is_watched()) else { return Vec::new() };
        let due = |rung: &Rung| {
            let time = match rung.wait() {
                Some(wait) => now >= done.after(wait),
                None => boot.is_some() && self.notes.boot.is_some() && self.notes.boot.as_deref() != boot,
            };
            time && !self.was_looked_at(*rung)
        };
        Rung::ALL.into_iter().filter(due).collect()
    }

    /// When the clock alone asks for the next look; none when the last one was done. A device that cannot be looked at
    /// at that time is looked at when it is back.
    pub fn next_check_at(&self) -> Option<Stamp> {
        let done = self.finished_at.filter(|_| self.is_watched())?;
        let open = Rung::ALL.into_iter().filter(|r| !self.was_looked_at(*r));
        open.filter_map(Rung::wait).map(|wait| done.after(wait)).min()
    }

    /// What the look found, for every rung it answers. True when the threat is back and nobody knew.
    pub fn checked(&mut self, rungs: &[Rung], held: Option<bool>, text: &str, now: Stamp) -> bool {
        let known = self.did_not_hold().is_some();
        for rung in rungs {
            self.notes.checks.retain(|c| c.rung != *rung);
            self.notes.checks.push(Recheck { rung: *rung, at: now, held, text: text.to_owned() });
        }
        self.notes.checks.sort_by_key(|c| (c.at, c.rung));
        !known && held == Some(false) && !rungs.is_empty()
    }
}
