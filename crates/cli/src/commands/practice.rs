//! `practice`: a device the application makes itself, to walk the whole way without any danger (M116).
use super::{Door, device, status};
use crate::reply::{Outcome, Reply};
use assize_engine::door::{MakePractice, RemovePractice};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Plant harmless files and processes below the data folder.
    Make,
    /// Remove all of it.
    Remove,
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::Make => {
            let made = door.engine.ask(&door.who, MakePractice {})?;
            let text = device::shown(&made).line("").line("Look at it with: assizectl investigate \"Practice range\"");
            Ok(Reply::new(&made, text))
        }
        Words::Remove => Ok(status::shown(&door.engine.ask(&door.who, RemovePractice {})?)),
    }
}
