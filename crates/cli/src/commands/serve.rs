//! `serve`: the engine as a service. Windows and command lines reach it through its door socket; decisions are carried out
//! and timers run whether any of them is open or not (M65).
use crate::{
    data_folder,
    print::Text,
    reply::{Outcome, Reply},
};
use assize_engine::{Engine, front::door_socket, service::Served};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Words {
    /// Where windows and command lines reach it.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Where the device service of this computer listens. Without it the engine acts on this computer with its own rights.
    #[arg(long, value_name = "PATH")]
    agent: Option<PathBuf>,
}

/// Root is behind the socket of the device service.
const ROOT: u32 = 0;

pub(crate) fn run(data: Option<PathBuf>, words: Words) -> Outcome {
    let data = data_folder::chosen(data)?;
    let engine = match words.agent.clone() {
        Some(agent) => Engine::open(&data, assize_agent::open_through(agent, vec![ROOT]))?,
        None => Engine::open(&data, assize_agent::open)?,
    };
    engine.serve(Served { door: words.socket.unwrap_or_else(door_socket), agent: words.agent })?;
    Ok(Reply::new(&json!({ "ended": true }), Text::default().line("The service has ended.")))
}
