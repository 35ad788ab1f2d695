//! `quarantine`: what was moved away and is kept.
use super::{Door, local};
use crate::{
    print::{Text, time},
    reply::{Outcome, Reply},
};
use assize_domain::{id::VaultId, order::Fault};
use assize_engine::{
    door::{ListQuarantine, PinQuarantined, RestoreQuarantined, VerifyQuarantine},
    view::{QuarantineItem, QuarantineList},
};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    List,
    /// Read every kept copy back and compare it with what was written.
    Verify,
    /// Keep an item, and all that was taken away with it, for good.
    Pin {
        id: String,
    },
    /// Let its time run again.
    Unpin {
        id: String,
    },
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
            Ok(Reply::new(&list, listed(&list)))
        }
        Words::Pin { id } => pin(door, id, true),
        Words::Unpin { id } => pin(door, id, false),
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

fn pin(door: &Door, id: String, pinned: bool) -> Outcome {
    let list = door.engine.ask(&door.who, PinQuarantined { id: VaultId(id), pinned })?;
    Ok(Reply::new(&list, listed(&list)))
}

fn listed(list: &QuarantineList) -> Text {
    let head = ["ID", "SINCE", "KEPT UNTIL", "DEVICE", "BYTES", "PATH"];
    let text = Text::default().table(head, list.items.iter().map(row).collect(), "Nothing is in quarantine.");
    let ending = list.items.iter().filter(|i| i.warned_at.is_some()).count();
    match ending {
        0 => text,
        1 => text.line("").line("1 of them goes for good soon: assizectl quarantine pin keeps it."),
        n => text.line("").line(format!("{n} of them go for good soon: assizectl quarantine pin keeps them.")),
    }
}

fn row(i: &QuarantineItem) -> [String; 6] {
    let until = match (i.pinned, i.expires_at) {
        (true, _) => "pinned".to_owned(),
        (false, Some(end)) => time(end),
        (false, None) => String::new(),
    };
    [i.id.to_string(), time(i.quarantined_at), until, i.device.clone(), i.size.0.to_string(), i.path.to_string()]
}
