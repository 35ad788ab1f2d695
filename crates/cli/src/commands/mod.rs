//! The commands, one file per noun: their words, the request at the door, the answer.
use crate::{
    data_folder,
    reply::{Failure, Outcome},
    words::{Command, Words},
};
use assize_domain::{id::DeviceId, order::Fault, role::Person};
use assize_engine::{Front, door::ShowDevice};
use std::path::Path;

pub(crate) mod action;
pub(crate) mod alert;
pub(crate) mod audit;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod folders;
pub(crate) mod group;
pub(crate) mod incident;
pub(crate) mod indicator;
pub(crate) mod investigate;
pub(crate) mod investigation;
pub(crate) mod level;
pub(crate) mod practice;
pub(crate) mod protected;
pub(crate) mod quarantine;
pub(crate) mod rollback;
pub(crate) mod rules;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod soon;
pub(crate) mod status;
pub(crate) mod verdict;

pub(crate) fn run(words: Words) -> Outcome {
    // What is not there yet says so without touching a data folder.
    if let Some(refusal) = soon::refusal(&words.command) {
        return Err(refusal.into());
    }
    // These two are about the service itself and ask no engine.
    if let Command::Serve(serve) = words.command {
        return serve::run(words.data, serve);
    }
    if let Command::Service(service) = words.command {
        return service::run(words.data, service);
    }
    let named = words.data.filter(|folder| !folder.as_os_str().is_empty());
    let engine = Front::open(named.as_deref(), || data_folder::chosen(None), assize_agent::open)?;
    let door = Door { who: engine.person(), engine };
    door.put_right();
    match words.command {
        Command::Device(words) => device::run(&door, words),
        Command::Group(words) => group::run(&door, words),
        Command::Folders(words) => folders::run(&door, words),
        Command::Level(words) => level::run(&door, words),
        Command::Protected(words) => protected::run(&door, words),
        Command::Indicator(words) => indicator::run(&door, words),
        Command::Rules(words) => rules::run(&door, words),
        Command::Alert(words) => alert::run(&door, words),
        Command::Investigate(words) => investigate::run(&door, words),
        Command::Incident(words) => incident::run(&door, words),
        Command::Investigation(words) => investigation::run(&door, words),
        Command::Action(words) => action::run(&door, words),
        Command::Verdict(words) => verdict::run(&door, words),
        Command::Quarantine(words) => quarantine::run(&door, words),
        Command::Rollback(words) => rollback::run(&door, words),
        Command::Audit(words) => audit::run(&door, words),
        Command::Practice(words) => practice::run(&door, words),
        Command::Status => status::run(&door),
        Command::Doctor => doctor::run(&door),
        Command::Hunt(_) | Command::Report(_) | Command::Simulate(_) | Command::Serve(_) | Command::Service(_) => {
            Err(soon::not_yet("This command").into())
        }
    }
}

/// The engine, here or in the service, with the person who called.
pub(crate) struct Door {
    engine: Front,
    who: Person,
}

impl Door {
    /// What a process that died left half done, deadlines that passed, decisions that nobody carried out yet: done
    /// before anything is answered, unless another process is at it.
    fn put_right(&self) {
        // What could not be put right shows on its own row; the command that was asked for goes on.
        let _ = self.engine.drive_what_is_due();
    }

    /// The id of a device that was named by its id or its name.
    fn device(&self, words: String) -> Result<DeviceId, Fault> {
        Ok(self.engine.ask(&self.who, ShowDevice { device: words })?.id)
    }
}

/// A path on this machine as the door takes it: full, and as text.
fn local(path: &Path) -> Result<String, Failure> {
    let wrong = |why: String| Failure::Words(format!("The path {} cannot be used: {why}.", path.display()));
    let full = std::path::absolute(path).map_err(|e| wrong(e.to_string()))?;
    full.into_os_string().into_string().map_err(|_| wrong("its name is not UTF-8 text".to_owned()))
}
