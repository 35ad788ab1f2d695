//! `folders`: the core and temp folders that decide under the two location levels, and their edits (M13).
use super::Door;
use crate::{
    print::{Text, said},
    reply::{Outcome, Reply},
    words::word,
};
use assize_domain::{
    folders::{Folder, FolderList, FolderLists},
    group::OsPlatform,
};
use assize_engine::door::{ChangeFolders, FolderChange, ListFolders};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Every folder of both lists.
    List,
    /// A folder counts from now on; what was decided stays decided.
    Add {
        #[command(flatten)]
        place: Place,
    },
    /// A folder counts no longer.
    Remove {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// As the device itself writes it, `/srv/uploads/**`.
    pattern: String,
    /// core or temp
    #[arg(long, value_parser = word::<FolderList>)]
    list: FolderList,
    /// linux, windows or macos
    #[arg(long, value_parser = word::<OsPlatform>, default_value = "linux")]
    os: OsPlatform,
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    let change = |place: Place, act: fn(String) -> FolderChange| {
        let Place { pattern, list, os } = place;
        door.engine.ask(&door.who, ChangeFolders { os, list, change: act(pattern) })
    };
    let lists = match words {
        Words::List => door.engine.ask(&door.who, ListFolders {})?,
        Words::Add { place } => change(place, |pattern| FolderChange::Add { pattern })?,
        Words::Remove { place } => change(place, |pattern| FolderChange::Remove { pattern })?,
    };
    Ok(Reply::new(&lists, shown(&lists)))
}

fn shown(lists: &FolderLists) -> Text {
    let mut rows = Vec::new();
    for os in OsPlatform::ALL {
        let of = lists.of(os);
        for (list, folders) in [(FolderList::Core, &of.core), (FolderList::Temp, &of.temp)] {
            rows.extend(folders.iter().map(|folder| row(os, list, folder)));
        }
    }
    Text::default().table(["SYSTEM", "LIST", "FOLDER", "EXCEPT", "COUNTS"], rows, "No folder is listed.")
}

fn row(os: OsPlatform, list: FolderList, folder: &Folder) -> [String; 5] {
    let except: Vec<&str> = folder.except.iter().map(assize_domain::folders::Pattern::as_str).collect();
    [
        said(os),
        said(list),
        folder.pattern.as_str().to_owned(),
        except.join(" "),
        if folder.on { "yes" } else { "no" }.to_owned(),
    ]
}
