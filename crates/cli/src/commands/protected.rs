//! `protected`: what is never acted on, by the list that ships and by people (M20).
use super::Door;
use crate::{
    print::{Text, time},
    reply::{Outcome, Reply},
};
use assize_engine::{
    door::{ChangeProtected, ListProtected},
    view::ProtectedList,
};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Everything that is never acted on.
    List,
    /// Nothing acts on it from now on, whoever decides. A star stands for any name; `/**` for all below a folder.
    Add { pattern: String },
    /// What a person added is protected no more. What ships stays.
    Remove { pattern: String },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    let change = |pattern, on| door.engine.ask(&door.who, ChangeProtected { pattern, on });
    let list = match words {
        Words::List => door.engine.ask(&door.who, ListProtected {})?,
        Words::Add { pattern } => change(pattern, true)?,
        Words::Remove { pattern } => change(pattern, false)?,
    };
    Ok(Reply::new(&list, shown(&list)))
}

fn shown(list: &ProtectedList) -> Text {
    let added = list.added.iter().map(|p| {
        let since = format!("added by {} on {}", p.added_by, time(p.added_at));
        [p.pattern.clone(), since]
    });
    let shipped = list.shipped.iter().flat_map(|g| g.items.iter().map(|item| [item.clone(), g.what.clone()]));
    Text::default().table(["WHAT", "WHY"], added.chain(shipped).collect(), "Nothing is protected.")
}
