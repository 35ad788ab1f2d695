//! `assizectl`: everything the window can do that makes sense without a window, on the same engine (M149).
#![forbid(unsafe_code)]

/// The words of a call.
mod words;

/// The commands, one file per noun: their words, the request at the door, the answer.
mod commands;

/// Answers as people read them.
mod print;

/// Where the data folder is.
mod data_folder;

/// What goes to standard output and standard error, and with which exit status.
mod reply;

/// Waiting for work to end, with a sign of life on a terminal.
mod wait;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let json = std::env::args_os().skip(1).any(|word| word == "--json");
    match words::Words::try_parse() {
        Ok(words) => reply::finish(commands::run(words), json),
        Err(error) => reply::wrong_words(&error, json),
    }
}
