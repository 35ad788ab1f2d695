//! `assize-agent`: the device service of this computer. It runs as root, listens on one socket, and obeys one user.
#![forbid(unsafe_code)]

use assize_agent::{
    Where,
    service::{SOCKET, STATE, Service, USER},
};
use assize_domain::{order::Fault, text::visible};
use assize_link::peer::Account;
use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, Parser)]
#[command(name = "assize-agent", version, about = "The device service of Assize: carries out what its engine orders.")]
struct Words {
    /// Where it listens.
    #[arg(long, value_name = "PATH", default_value = SOCKET)]
    socket: PathBuf,
    /// Its vault, its journal and its rules.
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// The user, by name or number, whose orders it carries out, and nobody else's.
    #[arg(long, value_name = "USER", default_value = USER)]
    obey: String,
    /// A staged device, the file tree below a folder, instead of this computer.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Puts in force again what stands on this computer (isolation), and ends: for early at boot, before the network.
    #[arg(long)]
    reapply: bool,
}

fn main() -> ExitCode {
    match run(Words::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {}\nhint: {}", visible(&fault.message), visible(&fault.hint));
            ExitCode::FAILURE
        }
    }
}

fn run(words: Words) -> Result<(), Fault> {
    let Words { socket, state, obey, root, reapply } = words;
    let place = root.map_or(Where::ThisComputer, Where::Staged);
    if reapply {
        let service = Service { place, state, socket, obeys: Vec::new() };
        return service.device().map(drop);
    }
    let uid = Account::told(&obey).ok_or_else(|| {
        Fault::new(
            "no_such_user",
            format!("There is no user “{}” on this computer.", visible(&obey)),
            "Install the service with assizectl service install, or name another user with --obey.",
        )
    })?;
    Service { place, state, socket, obeys: vec![uid] }.run()
}
