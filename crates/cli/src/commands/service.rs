//! `service`: install, remove and show the service of this computer. Changing it is an administrator's work (`sudo`, or
//! the window's button, which asks for the password).
use super::Door;
use crate::{
    data_folder,
    print::Text,
    reply::{Failure, Outcome, Reply},
};
use assize_agent::installation::{self, Install, Installation, Person, Place, adopt};
use assize_domain::{
    id::{ActionId, DeviceId},
    order::{Conflict, Fault},
};
use assize_engine::{
    Engine, Front,
    door::{ListDevices, ListMitigations, UndoActions},
    people::Account,
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Whether it is there, runs, and holds this computer isolated or restricted.
    Status,
    /// Install it and start it; whoever installs becomes an owner, and their data the service's.
    Install(Wish),
    /// Stop it and take it out of the start of the computer. Its data and the quarantined files stay.
    Remove {
        /// Release this computer first, should it be isolated or restricted.
        #[arg(long)]
        release: bool,
    },
    /// Which device of a data folder is this computer (installing asks for it).
    #[command(hide = true)]
    ThisComputer,
}

#[derive(Debug, Args)]
pub(crate) struct Wish {
    /// Who becomes owner, by name or number; whoever called sudo or pressed the button where nobody is named.
    #[arg(long, value_name = "USER")]
    person: Option<String>,
    /// The data folder that becomes the service's; that person's usual one where none is named.
    #[arg(long, value_name = "DIR", conflicts_with = "no_adopt")]
    adopt: Option<PathBuf>,
    /// Begin with empty data, and leave that person's where it is.
    #[arg(long)]
    no_adopt: bool,
}

pub(crate) fn run(data: Option<PathBuf>, words: Words) -> Outcome {
    match words {
        Words::Status => Ok(shown(&Place::this_computer().installation())),
        Words::Install(wish) => install(wish),
        Words::Remove { release } => {
            if release {
                let_loose()?;
            }
            let steps = installation::remove()?;
            Ok(Reply::new(&json!({ "steps": steps }), Text::default().lines(steps)))
        }
        Words::ThisComputer => {
            // Nothing is carried out and no device is opened: the folder is somebody else's, on its way to the service.
            let engine = Engine::open(&data_folder::chosen(data)?, assize_agent::open)?;
            let devices = engine.ask(&engine.person(), ListDevices {})?.devices;
            let this = devices.into_iter().find(|d| d.kind == "this_computer").map(|d| d.id);
            let id: DeviceId = this.ok_or_else(|| Fault::new("not_found", "No device is this computer.", ""))?;
            Ok(Reply::new(&json!({ "id": id }), Text::default().line(id.as_str())))
        }
    }
}

fn install(wish: Wish) -> Outcome {
    let named = wish.person.or_else(caller);
    let person = match &named {
        None => None,
        Some(words) => {
            let account = Account::told(words)
                .and_then(Account::with_uid)
                .ok_or_else(|| Failure::Words(format!("There is no local user “{words}”; name one with --person.")))?;
            Some(Person { name: account.name, uid: account.uid, gid: account.gid })
        }
    };
    let uid = person.as_ref().map_or(0, |p| p.uid);
    let adopt = if wish.no_adopt {
        None
    } else {
        let usual = || adopt::home_of(uid).filter(|folder| folder.join("assize.db").is_file());
        wish.adopt.or_else(usual)
    };
    let person = person.filter(|p| p.uid != 0);
    let installed = installation::install(&Install { person, adopt })?;
    Ok(Reply::new(&installed, Text::default().lines(&installed.steps)))
}

/// Whoever became root for this: the kernel knows only root by now, but these say whom they asked for a password.
fn caller() -> Option<String> {
    ["PKEXEC_UID", "SUDO_UID"].into_iter().find_map(|name| std::env::var(name).ok()).filter(|uid| !uid.is_empty())
}

/// Lifts what stands on this computer, through the service, and waits for it.
fn let_loose() -> Result<(), Failure> {
    let engine = Front::open(None, || data_folder::chosen(None), assize_agent::open)?;
    let door = Door { who: engine.person(), engine };
    let stands = door.engine.ask(&door.who, ListMitigations {})?;
    let this: Vec<DeviceId> = door
        .engine
        .ask(&door.who, ListDevices {})?
        .devices
        .into_iter()
        .filter(|d| d.kind == "this_computer")
        .map(|d| d.id)
        .collect();
    let ids: Vec<ActionId> =
        stands.mitigations.into_iter().filter(|m| this.contains(&m.device.id)).map(|m| m.action_id).collect();
    for id in ids {
        let reason = Some("The service is being removed.".to_owned());
        let request =
            UndoActions { ids: vec![id], reason, conflict: Conflict::Stop, instances: false, allow_days: None };
        let decision = door.engine.ask(&door.who, request)?;
        if let Some(refused) = decision.refused.into_iter().next() {
            return Err(refused.fault.into());
        }
        let undone: Vec<ActionId> = decision.results.into_iter().map(|a| a.id).collect();
        door.engine.settle_actions(&undone)?;
    }
    Ok(())
}

fn shown(how: &Installation) -> Reply {
    let said = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let text = Text::default()
        .field("packaged", said(how.packaged))
        .field("installed", said(how.enabled))
        .field("running", said(how.running))
        .field("holding", said(how.holding));
    Reply::new(how, text)
}
