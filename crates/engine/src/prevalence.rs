//! How common and how old a content is, over all devices this installation knows (M155): the one witness that no device
//! can be by itself.
use crate::{Engine, fault::Stop};
use assize_domain::{
    order::Fault,
    question::{Plan, Witness, WitnessSays},
    target::Target,
    time::{Span, Stamp},
};
use assize_store::Reader;

/// As devices call the witness that they cannot be.
pub(crate) const NAME: &str = "How common and how old it is";
/// What was there that long, on more than one device, was there before the trouble began.
const OLD: Span = Span::days(30);
/// What nobody saw before yesterday is new.
const NEW: Span = Span::days(1);
/// One of two is half of all: below this many devices, rare says nothing.
const SOME: usize = 5;

/// Puts what all devices know in the place of what one of them cannot say.
pub(crate) fn told(engine: &Engine, target: &Target, mut plan: Plan) -> Result<Plan, Fault> {
    if let Some(place) = plan.witnesses.iter_mut().find(|w| w.name == NAME)
        && let Some(sha256) = content(target)
    {
        *place = engine.read(|r| witness(r, sha256, engine.now()))?;
    }
    Ok(plan)
}

fn witness(r: &Reader, sha256: &str, now: Stamp) -> Result<Witness, Stop> {
    let all = r.devices()?.len();
    let (on, first) = r.prevalence(sha256)?;
    let (says, detail) = match (on, first) {
        (0, _) | (_, None) => (WitnessSays::Unknown, "No look around has met this content yet.".to_owned()),
        (on, Some(first)) => {
            let age = now.since(first);
            let says = if on > 1 && age >= OLD {
                WitnessSays::Good
            } else if on == 1 && all >= SOME && age < NEW {
                WitnessSays::Bad
            } else {
                WitnessSays::Unknown
            };
            (says, format!("Seen on {on} of {all} known devices, first on {first}."))
        }
    };
    Ok(Witness { name: NAME.to_owned(), says, detail })
}

fn content(target: &Target) -> Option<&str> {
    match target {
        Target::File { sha256, .. } | Target::Content { sha256, .. } => Some(sha256),
        Target::Process { image_sha256, .. } => image_sha256.as_deref(),
        Target::ScheduledTask { .. }
        | Target::StartupItem { .. }
        | Target::Service { .. }
        | Target::Driver { .. }
        | Target::Registry { .. }
        | Target::Network { .. }
        | Target::CodeExecution { .. }
        | Target::Scan { .. }
        | Target::Package => None,
    }
}
