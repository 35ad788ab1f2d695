//! `level`: the owner's first choice, for the group that takes every device no rule fits; and how much automation may do
//! before a person has looked (M21, M22).
use super::{Door, status};
use crate::{
    print::Text,
    reply::{Outcome, Reply},
    words::word,
};
use assize_domain::group::AutomationLevel;
use assize_engine::{
    door::{ChangeLimits, ChooseLevel, ListLimits},
    view::LimitsInForce,
};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Until somebody chooses, everything waits for a person.
    Choose {
        /// full, semi_core, semi_non_temp, semi_all or none
        #[arg(value_parser = word::<AutomationLevel>)]
        level: AutomationLevel,
    },
    /// How much may run by itself before a person has looked; what waits because of it. What is named is changed.
    Limits {
        /// So many actions of one type, over all devices …
        #[arg(long, value_name = "N")]
        same_type: Option<u32>,
        /// … within so many minutes.
        #[arg(long, value_name = "N")]
        minutes: Option<u32>,
        /// A rule that is new or changed acts by itself on so many devices; 0 lets it only ask.
        #[arg(long, value_name = "N")]
        devices: Option<u32>,
        /// So many GiB may the kept copies of a device take.
        #[arg(long, value_name = "N")]
        vault_gib: Option<u32>,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::Choose { level } => Ok(status::shown(&door.engine.ask(&door.who, ChooseLevel { level })?)),
        Words::Limits { same_type: None, minutes: None, devices: None, vault_gib: None } => {
            Ok(shown(&door.engine.ask(&door.who, ListLimits {})?))
        }
        Words::Limits { same_type, minutes, devices, vault_gib } => {
            Ok(shown(&door.engine.ask(&door.who, ChangeLimits { same_type, minutes, devices, vault_gib })?))
        }
    }
}

fn shown(l: &LimitsInForce) -> Reply {
    let text = Text::default()
        .field("of one type", format!("{} within {} minutes, over all devices", l.limits.same_type, l.limits.minutes))
        .field("a new rule", format!("acts by itself on {} devices", l.limits.devices))
        .field("kept copies", format!("take {} GiB at most on a device", l.limits.vault_gib))
        .lines(l.held.iter().map(|h| h.text.as_str()));
    Reply::new(l, text)
}
