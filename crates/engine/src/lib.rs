//! The engine: drives the rules against the world and shows the result. Everything a front end can do goes through
//! [`door`]; nothing here decides what `domain` has not decided.
#![forbid(unsafe_code)]

/// The one door.
pub mod door;

/// Shapes for screens and the command line.
pub mod view;

mod actions;
mod audit;
mod decide;
mod devices;
mod doctor;
mod groups;
mod home;
mod incidents;
mod indicators;
mod investigations;
mod practice;
mod quarantine;
mod rules;
mod verdicts;

/// The engine on one data folder.
#[derive(Clone)]
pub struct Engine {}
