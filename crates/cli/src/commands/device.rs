//! `device`: this computer and file trees staged below a folder.
use super::{Door, local};
use crate::{
    print::{Text, said, time},
    reply::{Outcome, Reply},
    words::word,
};
use assize_domain::group::OsPlatform;
use assize_engine::{
    door::{AddDevice, ListDevices, ListMitigations, ShowDevice},
    view::{Device, Mitigation},
};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Add a staged device: the file tree below a folder.
    Add {
        #[arg(long)]
        name: String,
        /// The folder its files lie below. Without it: this computer.
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        /// linux or windows
        #[arg(long, value_parser = word::<OsPlatform>)]
        os: Option<OsPlatform>,
    },
    List,
    /// What keeps devices isolated or restricted right now, and whether it really is in force.
    Mitigations,
    Show {
        /// Id or name.
        device: String,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::Add { name, root, os } => {
            let root = root.as_deref().map(local).transpose()?;
            let device = door.engine.ask(&door.who, AddDevice { name, root, os })?;
            Ok(Reply::new(&device, shown(&device)))
        }
        Words::List => {
            let list = door.engine.ask(&door.who, ListDevices {})?;
            let rows = list.devices.iter().map(row).collect();
            let head = ["NAME", "KIND", "GROUP", "LEVEL", "WAITING", "ID"];
            Ok(Reply::new(&list, Text::default().table(head, rows, "There are no devices.")))
        }
        Words::Mitigations => {
            let list = door.engine.ask(&door.who, ListMitigations {})?;
            let rows = list.mitigations.iter().map(mitigation).collect();
            let head = ["DEVICE", "WHAT", "SINCE", "UNTIL", "IN FORCE", "BY", "ACTION"];
            let text = Text::default().table(head, rows, "No device is isolated or restricted.");
            Ok(Reply::new(&list, text))
        }
        Words::Show { device } => {
            let device = door.engine.ask(&door.who, ShowDevice { device })?;
            Ok(Reply::new(&device, shown(&device)))
        }
    }
}

fn row(d: &Device) -> [String; 6] {
    [
        d.name.clone(),
        d.kind.replace('_', " "),
        d.group.name.clone(),
        said(d.level),
        d.pending_actions.to_string(),
        d.id.to_string(),
    ]
}

fn mitigation(m: &Mitigation) -> [String; 7] {
    let by = m.action.as_ref().and_then(|a| a.decided_by.clone());
    [
        m.device.name.clone(),
        m.kind.label().to_owned(),
        time(m.since),
        m.until.map_or_else(|| "it is lifted by hand".to_owned(), time),
        if m.in_force { "yes".to_owned() } else { format!("no: {}", m.complaints.join(" ")) },
        by.unwrap_or_default(),
        m.action_id.to_string(),
    ]
}

pub(super) fn shown(d: &Device) -> Text {
    Text::default()
        .line(&d.name)
        .field("id", d.id.to_string())
        .field("kind", d.kind.replace('_', " "))
        .field("system", if d.os_version.is_empty() { said(d.os) } else { d.os_version.clone() })
        .field("folder", d.root.clone())
        .field("group", d.group.name.clone())
        .field("level", d.level.label().to_owned())
        .field("waiting", d.pending_actions.to_string())
        .field("last check", d.last_investigated_at.map_or_else(|| "never".to_owned(), time))
}
