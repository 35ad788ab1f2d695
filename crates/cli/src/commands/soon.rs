//! Words of the contract whose part of the product has not landed: they exist, and say so.
use crate::words::Command;
use assize_domain::order::Fault;
use clap::Args;
use std::ffi::OsString;

/// Whatever follows.
#[derive(Debug, Args)]
pub(crate) struct Words {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<OsString>,
}

pub(crate) fn refusal(command: &Command) -> Option<Fault> {
    match command {
        Command::Hunt(_) => Some(not_yet("Hunting with queries")),
        Command::Report(_) => Some(not_yet("Writing incident reports")),
        Command::Simulate(_) => Some(not_yet("Trying a level on what happened before")),
        Command::Alert(_)
        | Command::Device(_)
        | Command::Group(_)
        | Command::Folders(_)
        | Command::Level(_)
        | Command::Protected(_)
        | Command::Indicator(_)
        | Command::Rules(_)
        | Command::Investigate(_)
        | Command::Incident(_)
        | Command::Investigation(_)
        | Command::Action(_)
        | Command::Verdict(_)
        | Command::Quarantine(_)
        | Command::Rollback(_)
        | Command::Audit(_)
        | Command::Practice(_)
        | Command::Serve(_)
        | Command::Service(_)
        | Command::Status
        | Command::Doctor => None,
    }
}

pub(crate) fn not_yet(what: &str) -> Fault {
    Fault::new("not_available_yet", format!("{what} is not part of this version."), "Nothing was done.")
}
