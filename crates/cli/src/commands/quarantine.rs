//! `quarantine`: what was moved away and is kept.
use super::{Door, local};
use crate::{
    print::{Text, time},
    reply::{Outcome, Reply},
};
use assize_domain::{id::VaultId, order::Fault};
use assize_engine::{
    door::{ListQuarantine, RestoreQuarantined, VerifyQuarantine},
    view::QuarantineItem,
};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    List,
    /// Read every kept copy back and compare it with what was written.
    Verify,
    /// Write a copy of one item to a folder; the item stays where it is.
    Restore {
        id: String,
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Not executable, under another name.
        #[arg(long)]
        inert: bool,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::List => {
            let list = door.engine.ask(&door.who, ListQuarantine {})?;
            let rows = list.items.iter().map(row).collect();
            let head = ["ID", "SINCE", "DEVICE", "BYTES", "PATH"];
            Ok(Reply::new(&list, Text::default().table(head, rows, "Nothing is in quarantine.")))
        }
        Words::Verify => {
            let result = door.engine.ask(&door.who, VerifyQuarantine {})?;
            let text = match result.damaged.len() {
                0 => format!("{} kept copies, all readable.", result.checked),
                n => format!("{n} of {} kept copies are damaged.", result.checked),
            };
            let text = Text::default().line(text).lines(result.damaged.iter().map(|f| &f.message));
            let damaged = result.damaged.first().map(|first| match result.damaged.len() {
                1 => first.clone(),
                n => Fault::new(
                    &first.code,
                    format!("{n} kept copies are damaged: {}", first.message),
                    first.hint.clone(),
                ),
            });
            Ok(Reply::new(&result, text).but(damaged))
        }
        Words::Restore { id, to, inert } => {
            let folder = local(&to)?;
            let written = door.engine.ask(&door.who, RestoreQuarantined { id: VaultId(id), folder, inert })?;
            Ok(Reply::new(&written, Text::default().line(format!("Written to {}.", written.file))))
        }
    }
}

fn row(i: &QuarantineItem) -> [String; 5] {
    [i.id.to_string(), time(i.quarantined_at), i.device.clone(), i.size.0.to_string(), i.path.to_string()]
}
