//! `level choose`: the owner's first choice, for the group that takes every device no rule fits.
use super::{Door, status};
use crate::{reply::Outcome, words::word};
use assize_domain::group::AutomationLevel;
use assize_engine::door::ChooseLevel;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Until somebody chooses, everything waits for a person.
    Choose {
        /// full, semi_core, semi_non_temp, semi_all or none
        #[arg(value_parser = word::<AutomationLevel>)]
        level: AutomationLevel,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    let Words::Choose { level } = words;
    Ok(status::shown(&door.engine.ask(&door.who, ChooseLevel { level })?))
}
