//! May it happen, and who allowed it: the decision matrix and evaluation order of spec 2.2 and 2.3, and the only mint
//! of [`Permit`].
use crate::{
    action::{Action, ActionState, Decided},
    alert::Severity,
    group::AutomationLevel,
    id::{ActionId, DeviceId},
    indicator::IndicatorAction,
    location::{Location, LocationClass},
    remedy::ActionType,
    target::Target,
    text::visible,
    time::Stamp,
    verdict::Verdict,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// What one cell of the matrix says (spec 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Executed without a person.
    Act,
    /// Waits in Pending.
    Ask,
    /// The verdict is recorded; no action, nothing pending.
    Nothing,
    /// No investigation by automation at all.
    NoInvestigation,
}

/// Setting for spec 2.2 exception 3: non-file items without a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PathlessItems {
    #[default]
    Ask,
    /// What is not shown to lie in a core folder runs by itself under SEMI_CORE.
    LiteralReading,
}

/// The matrix: 5 levels × 3 verdicts × 5 location classes. `Unknown` never reaches it (row 6 decides before).
pub fn cell(level: AutomationLevel, verdict: Verdict, class: LocationClass, pathless: PathlessItems) -> Outcome {
    match (level, verdict) {
        (AutomationLevel::None, _) => Outcome::NoInvestigation,
        (_, Verdict::NoThreatsFound | Verdict::Unknown) => Outcome::Nothing,
        (_, Verdict::Suspicious) => Outcome::Ask,
        (AutomationLevel::Full, Verdict::Malicious) => Outcome::Act,
        (AutomationLevel::SemiAll, Verdict::Malicious) => Outcome::Ask,
        (AutomationLevel::SemiCore, Verdict::Malicious) => match class {
            LocationClass::Core | LocationClass::Both => Outcome::Ask,
            LocationClass::Temp | LocationClass::Other => Outcome::Act,
            LocationClass::None => match pathless {
                PathlessItems::Ask => Outcome::Ask,
                PathlessItems::LiteralReading => Outcome::Act,
            },
        },
        (AutomationLevel::SemiNonTemp, Verdict::Malicious) => match class {
            LocationClass::Both | LocationClass::Temp => Outcome::Act,
            LocationClass::Core | LocationClass::Other | LocationClass::None => Outcome::Ask,
        },
    }
}

/// A safety rail: may only turn acting into asking (spec 2.3 row 9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "rail", rename_all = "snake_case")]
pub enum Rail {
    ProtectedItem {
        what: String,
    },
    RemoteFile,
    /// The item or a link to it lies where this level asks.
    StricterLink,
    InContainer,
    /// Something loads it as long as an entry names it, and that entry waits for a person (spec 2.7).
    StillLoaded {
        by: String,
    },
    NoBackupSpace,
    MassActionBreaker {
        same_type: u32,
        minutes: u32,
    },
    /// M22: what says so is new or was changed, and no person has agreed with it yet.
    NewRule {
        rule: String,
        devices: u32,
    },
    /// M22: what it did by itself was taken back by a person.
    DoubtedRule {
        rule: String,
    },
}

impl Rail {
    pub fn text(&self) -> String {
        match self {
            Self::ProtectedItem { what } => format!("It is on the list of protected items ({what})."),
            Self::RemoteFile => "It lies on a network drive, where bringing it back is not certain.".into(),
            Self::StricterLink => "It is reached through a link, and one of the two places asks for approval.".into(),
            Self::InContainer => "It belongs to a container, whose files are not this device's own.".into(),
            Self::StillLoaded { by } => {
                format!("{by} still has it loaded. That goes first and waits for a person; so does this.")
            }
            Self::NoBackupSpace => "There is no room to keep a copy for undo.".into(),
            Self::MassActionBreaker { same_type, minutes } => {
                format!(
                    "{same_type} actions of this kind ran by themselves within {minutes} minutes; a person should look first."
                )
            }
            Self::NewRule { rule, devices } => {
                let rule = visible(rule);
                format!(
                    "The rule “{rule}” is new or was changed. It may act by itself on {devices} {} only, until a person approves something it found.",
                    if *devices == 1 { "device" } else { "devices" }
                )
            }
            Self::DoubtedRule { rule } => {
                format!(
                    "A person took back what the rule “{}” did by itself. It asks from now on, until it is changed or what was taken back is done again.",
                    visible(rule)
                )
            }
        }
    }
}

/// Spec 2.6 rule 6: of a link and its real target, the one that waits at this level decides. `None` where the level
/// treats both alike.
pub fn stricter_link(
    level: AutomationLevel,
    real: LocationClass,
    link: LocationClass,
    pathless: PathlessItems,
) -> Option<Rail> {
    let outcome = |class| cell(level, Verdict::Malicious, class, pathless);
    (outcome(real) != outcome(link)).then_some(Rail::StricterLink)
}

/// The rails that follow from where an item lies.
pub fn location_rails(level: AutomationLevel, location: &Location, pathless: PathlessItems) -> Vec<Rail> {
    let link = location.link_class.and_then(|link| stricter_link(level, location.class, link, pathless));
    location.remote.then_some(Rail::RemoteFile).into_iter().chain(link).collect()
}

/// Everything the decision on one item depends on.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub level: AutomationLevel,
    pub verdict: Verdict,
    pub class: LocationClass,
    pub pathless: PathlessItems,
    /// Rows 3 and 4 have already rewritten the verdict; this is which indicator did.
    pub indicator: Option<(&'a str, IndicatorAction)>,
    /// Row 2: the automation exclusion that matches.
    pub exclusion: Option<&'a str>,
    /// Row 6: the gravest alert that names the item.
    pub alert: Option<Severity>,
    pub rails: &'a [Rail],
    /// Row 10: does the device have an executor for the proposed action?
    pub executor: bool,
    /// Row 11.
    pub reachable: bool,
}

/// One line of the readable trace (M19): the row of spec 2.3, whether it applied, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TraceRow {
    pub row: u8,
    pub applied: bool,
    pub text: String,
}

/// The decision on one item, with its trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Ruling {
    pub outcome: Outcome,
    pub decided_by_row: u8,
    pub trace: Vec<TraceRow>,
}

/// Walks the rows of spec 2.3 in order. Rows 0 and 2 end it, rows 3–4 were applied when judging and are told, rows 5–8
/// decide, rows 9–11 only make the outcome more careful.
pub fn evaluate(case: &Case<'_>) -> Ruling {
    let mut trace = Vec::new();
    let mut row = |row: u8, applied: bool, text: String| trace.push(TraceRow { row, applied, text });
    let none = case.level == AutomationLevel::None;
    row(0, none, format!("Automation level of the device's group: {}.", case.level.label()));
    if none {
        return Ruling { outcome: Outcome::NoInvestigation, decided_by_row: 0, trace };
    }
    if let Some(exclusion) = case.exclusion {
        row(2, true, format!("Not examined: excluded by “{exclusion}”."));
        return Ruling { outcome: Outcome::Nothing, decided_by_row: 2, trace };
    }
    match case.indicator {
        Some((title, IndicatorAction::Allow)) => row(3, true, format!("The indicator “{title}” allows it.")),
        Some((title, IndicatorAction::Audit)) => row(4, true, format!("The indicator “{title}” only records it.")),
        Some((title, IndicatorAction::Warn | IndicatorAction::Block | IndicatorAction::BlockAndRemediate)) => {
            row(4, true, format!("The indicator “{title}” decides the verdict."));
        }
        None => row(3, false, "No indicator names it.".into()),
    }
    let (mut outcome, decided_by_row) = match case.verdict {
        Verdict::NoThreatsFound => {
            row(5, true, "No threats found: nothing is done.".into());
            (Outcome::Nothing, 5)
        }
        Verdict::Unknown => {
            let named = case.alert.is_some_and(|s| s >= Severity::Medium);
            let text = if named {
                "It could not be judged, and an alert names it: a person is asked."
            } else {
                "It could not be judged. Unknown never acts by itself."
            };
            row(6, true, text.into());
            (if named { Outcome::Ask } else { Outcome::Nothing }, 6)
        }
        Verdict::Suspicious => {
            row(7, true, "Suspicious items wait for a person at every level.".into());
            (Outcome::Ask, 7)
        }
        Verdict::Malicious => {
            let outcome = cell(case.level, case.verdict, case.class, case.pathless);
            row(8, true, format!("Malicious, in {}: {}.", place(case.class), said(outcome)));
            (outcome, 8)
        }
    };
    let mut decided = decided_by_row;
    let mut lower = |outcome: &mut Outcome, number: u8| {
        if *outcome == Outcome::Act {
            *outcome = Outcome::Ask;
            decided = number;
        }
    };
    if case.rails.is_empty() {
        row(9, false, "No safety rail applies.".into());
    }
    for rail in case.rails {
        row(9, outcome == Outcome::Act, rail.text());
        lower(&mut outcome, 9);
    }
    if matches!(outcome, Outcome::Act | Outcome::Ask) && !case.executor {
        row(10, true, "This device has no means to carry it out; the steps by hand are shown.".into());
        lower(&mut outcome, 10);
    }
    if outcome == Outcome::Act && !case.reachable {
        row(11, true, "The device cannot be reached now; the decision stands and waits for it.".into());
    }
    Ruling { outcome, decided_by_row: decided, trace }
}

fn place(class: LocationClass) -> &'static str {
    match class {
        LocationClass::Core => "a core folder of the system",
        LocationClass::Both => "a folder that counts as core and as temporary",
        LocationClass::Temp => "a temporary folder",
        LocationClass::Other => "neither a core nor a temporary folder",
        LocationClass::None => "no folder that can be determined",
    }
}

fn said(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Act => "this level acts at once",
        Outcome::Ask => "this level asks a person",
        Outcome::Nothing => "nothing is done",
        Outcome::NoInvestigation => "no automated response",
    }
}

/// Leave to do one exact thing once. Only this module can make one; it cannot be copied, stored or received:
///
/// ```compile_fail
/// use assize_domain::policy::Permit;
/// fn copy(p: &Permit) -> Permit { p.clone() }
/// ```
/// ```compile_fail
/// let p: assize_domain::policy::Permit = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug)]
#[must_use]
pub struct Permit {
    action: ActionId,
    device: DeviceId,
    kind: ActionType,
    target: Target,
    verb: Verb,
}

/// Do it, or take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Apply,
    Undo,
}

impl Permit {
    pub fn action(&self) -> &ActionId {
        &self.action
    }
    pub fn device(&self) -> &DeviceId {
        &self.device
    }
    pub fn kind(&self) -> ActionType {
        self.kind
    }
    pub fn target(&self) -> &Target {
        &self.target
    }
    pub fn verb(&self) -> Verb {
        self.verb
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPermit {
    #[error("nobody has allowed this action")]
    NotAllowed,
    #[error("the decision is older than the action may wait")]
    TooOld,
}

/// Mints the permit of an action whose decision stands: automation's by the matrix, a person's by approval, or a
/// person's undo. Called right before the order is made, also after a restart: the permit itself is never stored, so
/// a decision that no longer stands (cancelled, expired, stale) mints nothing.
pub fn permit(action: &Action, now: Stamp) -> Result<Permit, NoPermit> {
    let verb = match (&action.state, &action.decided) {
        (ActionState::Queued { deadline, .. }, Some(decided)) => {
            let allowed = match decided {
                Decided::Automation { .. } => action.policy.ruling.outcome == Outcome::Act,
                Decided::Approved { .. } | Decided::Manual { .. } => true,
                Decided::Rejected { .. } | Decided::Expired { .. } => false,
            };
            if !allowed {
                return Err(NoPermit::NotAllowed);
            }
            if now >= *deadline {
                return Err(NoPermit::TooOld);
            }
            Verb::Apply
        }
        // One that was handed over already has its order; it is told what became of it, not ordered again.
        (ActionState::Undoing { order: None, deadline, .. }, Some(_)) => {
            if now >= *deadline {
                return Err(NoPermit::TooOld);
            }
            Verb::Undo
        }
        (
            ActionState::Queued { .. }
            | ActionState::Undoing { .. }
            | ActionState::PendingApproval { .. }
            | ActionState::Approved
            | ActionState::WaitingForDevice { .. }
            | ActionState::Running { .. }
            | ActionState::Completed { .. }
            | ActionState::PartiallyCompleted { .. }
            | ActionState::Failed { .. }
            | ActionState::Skipped { .. }
            | ActionState::TimedOut { .. }
            | ActionState::Rejected
            | ActionState::Expired
            | ActionState::Cancelled { .. }
            | ActionState::Undone { .. }
            | ActionState::PartlyUndone { .. }
            | ActionState::UndoFailed { .. },
            _,
        ) => return Err(NoPermit::NotAllowed),
    };
    Ok(Permit {
        action: action.id.clone(),
        device: action.device_id.clone(),
        kind: action.kind,
        target: action.target.clone(),
        verb,
    })
}
