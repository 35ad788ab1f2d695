//! Durable timers (M129, M165): what a person wanted for a time only is taken back at that time, by whichever process
//! drives then. Each deadline is stored with the database, so it survives restarts; a second clock that nobody can set
//! notices when the first one jumps, and every deadline moves with the jump, so that four hours stay four hours.
use crate::{Engine, fault::Stop};
use assize_domain::{
    action::{Action, ActionInput, ActionStatus, Decided},
    id::ActionId,
    order::Fault,
    record::Subject,
    role::Actor,
    time::{Span, Stamp},
};
use assize_store::{Reader, Writer};
use serde::{Deserialize, Serialize};
use std::{fs, sync::Arc};

const SETTING: &str = "timers";
/// Less is no jump: clocks are corrected all the time (spec 2.7).
const JUMP: Span = Span::hours(1);
/// So long nothing expires after a jump; then the new time is taken for true.
const PAUSE: Span = Span::hours(24);
/// A release that failed is tried again after this.
const AGAIN: Span = Span::minutes(5);
/// How old what is remembered of the clocks may become, without and with a timer that runs.
const REMEMBERED: (Span, Span) = (Span::hours(1), Span::minutes(1));

/// What the clock says that counts since the computer was started and that nobody sets; none where there is no such clock.
pub type Steady = Arc<dyn Fn() -> Option<Tick> + Send + Sync>;

/// One reading of that clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// Which start of the computer it counts from, and milliseconds since.
    pub boot: String,
    pub at: i64,
}

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Timers {
    /// Where both clocks stood, by the time that was true then.
    anchor: Option<Anchor>,
    /// The last jump, while nothing expires because of it.
    jumped: Option<Jump>,
    armed: Vec<Armed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Anchor {
    tick: Tick,
    utc: Stamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Jump {
    by: i64,
    from: Tick,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Armed {
    action: ActionId,
    due: Stamp,
}

impl Timers {
    fn read(r: &Reader) -> Result<Self, Stop> {
        // What cannot be read is begun anew: the times themselves stand on the actions.
        Ok(r.setting(SETTING)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn write(&self, w: &mut Writer) -> Result<(), Stop> {
        let json = serde_json::to_string(self)
            .map_err(|e| Fault::new("timers", e.to_string(), "Nothing was changed. Try again."))?;
        Ok(w.set_setting(SETTING, &json)?)
    }

    /// When to look next. What could not be released is looked at when it may be tried again, not all the time.
    fn next(&self, now: Stamp) -> Option<Stamp> {
        let first = self.armed.iter().map(|a| a.due).min();
        first.map(|due| if due <= now { now.after(AGAIN) } else { due })
    }

    /// Compares the clocks. A jump moves every deadline that was set by the old time; gives by how much.
    fn compare(&mut self, tick: &Tick, now: Stamp) -> Option<i64> {
        let anchor = self.anchor.get_or_insert_with(|| Anchor { tick: tick.clone(), utc: now });
        let passed = if anchor.tick.boot == tick.boot { tick.at - anchor.tick.at } else { 0 };
        let expected = anchor.utc.after(Span(passed));
        let by = now.since(expected).0;
        // The time in which the computer was off cannot be known: only a step back shows.
        let jumped = if anchor.tick.boot == tick.boot { by.abs() > JUMP.0 } else { by < -JUMP.0 };
        // Small corrections are not taken over, or many small ones would pass for none.
        let utc = if jumped || anchor.tick.boot != tick.boot { now } else { expected };
        *anchor = Anchor { tick: tick.clone(), utc };
        if self.jumped.as_ref().is_some_and(|j| j.from.boot != tick.boot || tick.at - j.from.at >= PAUSE.0) {
            self.jumped = None;
        }
        if !jumped {
            return None;
        }
        self.armed.iter_mut().for_each(|armed| armed.due = armed.due.after(Span(by)));
        // Back to where it was: then nothing is in doubt any more.
        let back = self.jumped.as_ref().is_some_and(|j| (j.by + by).abs() <= JUMP.0);
        self.jumped = (!back).then(|| Jump { by, from: tick.clone() });
        Some(by)
    }
}

impl Engine {
    /// Compares the clocks and takes back what is due. True when something was done.
    pub(crate) fn ring_timers(&self) -> Result<bool, Fault> {
        let now = self.now();
        let before = self.read(Timers::read)?;
        let mut timers = before.clone();
        let jump = self.steady().and_then(|tick| timers.compare(&tick, now));
        let due = self.read(|r| {
            let mut due = timers.armed.iter().filter(|a| a.due <= now);
            due.try_fold(false, |any, armed| Ok(any || may_ring(&r.action(&armed.action)?.value, now)))
        })?;
        let remembered = before.anchor.as_ref().map(|a| &a.tick);
        let reached = timers.anchor.as_ref().map(|a| &a.tick);
        let limit = if timers.armed.is_empty() { REMEMBERED.0 } else { REMEMBERED.1 };
        let stale = match (remembered, reached) {
            (Some(old), Some(new)) => old.boot != new.boot || new.at - old.at >= limit.0,
            (None, new) => new.is_some(),
            (Some(_), None) => false,
        };
        if jump.is_none() && timers.jumped == before.jumped && !due && !stale {
            self.set_next_timer(timers.next(now));
            return Ok(false);
        }
        let rang = self.write(|w| {
            // Another process may have changed it since.
            let mut timers = Timers::read(w)?;
            if let Some(by) = self.steady().and_then(|tick| timers.compare(&tick, now)) {
                self.told_of_jump(w, &timers, by)?;
            }
            timers.write(w)?;
            let mut rang = false;
            for id in timers.armed.iter().filter(|a| a.due <= now).map(|a| &a.action) {
                rang |= self.ring(w, id, now)?;
            }
            Ok(rang)
        })?;
        self.set_next_timer(self.read(Timers::read)?.next(now));
        Ok(rang)
    }

    fn told_of_jump(&self, w: &mut Writer, timers: &Timers, by: i64) -> Result<(), Stop> {
        let hours = by as f64 / Span::hours(1).0 as f64;
        let how = if by > 0 { "ahead" } else { "back" };
        let text = format!(
            "The clock of this computer jumped {how} by {:.1} hours. Nothing expires for a day, and every timer keeps its length.",
            hours.abs()
        );
        w.append(&self.entry(Actor::System, Subject::Setting, "clock", "clock_jumped", text))?;
        for armed in &timers.armed {
            let text = format!("The clock jumped; it is released at {} by the clock as it is now.", armed.due);
            w.append(&self.entry(Actor::System, Subject::Action, armed.action.as_str(), "timer_moved", text))?;
        }
        Ok(())
    }

    fn ring(&self, w: &mut Writer, id: &ActionId, now: Stamp) -> Result<bool, Stop> {
        let action = w.action(id)?.value;
        if !may_ring(&action, now) {
            return Ok(false);
        }
        let decided_at = |a: &Action| a.decided.as_ref().map(Decided::at);
        let newer = w.actions_in_force(&action.device_id, action.kind)?;
        if let Some(newer) = newer.iter().find(|other| other.id != action.id && decided_at(other) > decided_at(&action))
        {
            self.disarm(w, id)?;
            let text = format!("Its time is over, but {} asked for the same since: that one's time counts.", newer.id);
            w.append(&self.entry(Actor::System, Subject::Action, id.as_str(), "timer_superseded", text))?;
            return Ok(true);
        }
        self.step_action(w, id, ActionInput::TimerReached, Actor::System, Some("Its time is over.".into()))?;
        Ok(true)
    }

    /// Part of every transition: what stands and has a time is armed, what does not stand is not.
    pub(crate) fn arm(&self, w: &mut Writer, action: &Action) -> Result<(), Stop> {
        let Some(until) = action.target.until() else { return Ok(()) };
        let mut timers = Timers::read(w)?;
        let armed = timers.armed.iter().any(|a| a.action == action.id);
        match action.status() {
            ActionStatus::Completed | ActionStatus::PartiallyCompleted if !armed => {
                timers.armed.push(Armed { action: action.id.clone(), due: until });
                timers.write(w)
            }
            ActionStatus::Undone if armed => self.disarm(w, &action.id),
            ActionStatus::PendingApproval
            | ActionStatus::Approved
            | ActionStatus::Queued
            | ActionStatus::WaitingForDevice
            | ActionStatus::Running
            | ActionStatus::Completed
            | ActionStatus::PartiallyCompleted
            | ActionStatus::Failed
            | ActionStatus::Skipped
            | ActionStatus::TimedOut
            | ActionStatus::Rejected
            | ActionStatus::Expired
            | ActionStatus::Cancelled
            | ActionStatus::Undoing
            | ActionStatus::Undone
            | ActionStatus::PartlyUndone
            | ActionStatus::UndoFailed => Ok(()),
        }
    }

    fn disarm(&self, w: &mut Writer, id: &ActionId) -> Result<(), Stop> {
        let mut timers = Timers::read(w)?;
        timers.armed.retain(|a| a.action != *id);
        timers.write(w)
    }

    /// Whether nothing may expire now, because the clock jumped (spec 2.7).
    pub(crate) fn expiry_pauses(&self) -> Result<bool, Fault> {
        Ok(self.read(Timers::read)?.jumped.is_some())
    }

    /// How the clocks are, for whoever asks about health.
    pub(crate) fn clocks(&self) -> Result<String, Fault> {
        let timers = self.read(Timers::read)?;
        if let Some(jump) = &timers.jumped {
            let message = format!(
                "The clock of this computer jumped by {:.1} hours. Nothing expires for a day after that; timers keep their length.",
                jump.by as f64 / Span::hours(1).0 as f64
            );
            return Err(Fault::new(
                "clock_jumped",
                message,
                "See whether the date and time of this computer are right.",
            ));
        }
        Ok(match timers.armed.iter().map(|a| a.due).min() {
            None => "No timer runs.".to_owned(),
            Some(next) => format!("{} timers run; the next is due at {next}.", timers.armed.len()),
        })
    }
}

/// Does it stand, and was no release of it tried a moment ago?
fn may_ring(action: &Action, now: Stamp) -> bool {
    match action.status() {
        ActionStatus::Completed | ActionStatus::PartiallyCompleted => true,
        ActionStatus::UndoFailed | ActionStatus::PartlyUndone => {
            now >= action.updated_at.after(AGAIN) || now < action.updated_at
        }
        ActionStatus::PendingApproval
        | ActionStatus::Approved
        | ActionStatus::Queued
        | ActionStatus::WaitingForDevice
        | ActionStatus::Running
        | ActionStatus::Failed
        | ActionStatus::Skipped
        | ActionStatus::TimedOut
        | ActionStatus::Rejected
        | ActionStatus::Expired
        | ActionStatus::Cancelled
        | ActionStatus::Undoing
        | ActionStatus::Undone => false,
    }
}

/// The kernel's count since the start, which goes on while the computer sleeps.
pub(crate) fn steady() -> Option<Tick> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Some(Tick { boot, at: (seconds * 1000.0) as i64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOON: Stamp = Stamp(1_795_000_000_000);

    fn tick(boot: &str, at: Span) -> Tick {
        Tick { boot: boot.into(), at: at.0 }
    }

    fn armed(due: Stamp) -> Timers {
        let armed = vec![Armed { action: "a".into(), due }];
        let mut timers = Timers { armed, ..Timers::default() };
        assert_eq!(timers.compare(&tick("one", Span(0)), NOON), None);
        timers
    }

    /// M165: a clock that jumps ahead or back changes no length, and nothing expires meanwhile.
    #[test]
    fn four_hours_stay_four_hours() {
        let due = NOON.after(Span::hours(4));
        for by in [Span::hours(5), Span(-Span::hours(30).0)] {
            let mut timers = armed(due);
            let passed = Span::hours(1);
            let now = NOON.after(passed).after(by);
            assert_eq!(timers.compare(&tick("one", passed), now), Some(by.0));
            assert_eq!(timers.armed[0].due, due.after(by));
            assert!(timers.jumped.is_some());
            let later = Span(passed.0 + PAUSE.0);
            assert_eq!(timers.compare(&tick("one", later), now.after(PAUSE)), None);
            assert_eq!(timers.jumped, None, "after a day the new time counts");
            assert_eq!(timers.armed[0].due, due.after(by));
        }
    }

    #[test]
    fn a_clock_that_comes_back_leaves_everything_as_it_was() {
        let due = NOON.after(Span::hours(4));
        let mut timers = armed(due);
        timers.compare(&tick("one", Span::minutes(1)), NOON.after(Span::days(3)));
        assert!(timers.jumped.is_some());
        timers.compare(&tick("one", Span::minutes(2)), NOON.after(Span::minutes(2)));
        assert_eq!((timers.jumped, timers.armed[0].due.0 / 120_000), (None, due.0 / 120_000));
    }

    /// Many small steps are one jump.
    #[test]
    fn a_clock_that_is_moved_bit_by_bit_is_noticed() {
        let mut timers = armed(NOON.after(Span::hours(4)));
        let jumps: i64 = (1..=10)
            .filter_map(|n| timers.compare(&tick("one", Span::minutes(n)), NOON.after(Span::minutes(n * 30))))
            .sum();
        assert!(jumps >= Span::hours(4).0 - Span::hours(1).0, "{jumps}");
    }

    /// M165: while the computer was off, time passed that nobody measured; a clock that is earlier than before is wrong.
    #[test]
    fn after_a_restart_of_the_computer_only_a_step_back_shows() {
        let due = NOON.after(Span::hours(4));
        let mut timers = armed(due);
        assert_eq!(timers.compare(&tick("two", Span(5)), NOON.after(Span::days(9))), None);
        assert_eq!(timers.armed[0].due, due, "it is due at once");
        let mut timers = armed(due);
        let back = Span(-Span::days(365).0);
        assert_eq!(timers.compare(&tick("two", Span(5)), NOON.after(back)), Some(back.0));
        assert_eq!(timers.armed[0].due, due.after(back), "at most as long again as it was off");
    }

    proptest! {
        /// Whatever the clock does in steps that are jumps, what is left of a timer is what was left of it.
        #[test]
        fn what_is_left_of_a_timer_depends_on_no_clock_that_can_be_set(
            steps in proptest::collection::vec((1i64..10_000_000, -1_000_000_000i64..1_000_000_000), 1..20)
        ) {
            let length = Span::days(30);
            let mut timers = armed(NOON.after(length));
            let (mut steady, mut wall) = (0, NOON.0);
            for (passes, jumps) in steps {
                steady += passes;
                wall += passes + jumps;
                timers.compare(&tick("one", Span(steady)), Stamp(wall));
                let left = timers.armed[0].due.0 - wall;
                prop_assert!((left - (length.0 - steady)).abs() <= JUMP.0, "{left}");
            }
        }
    }
}
