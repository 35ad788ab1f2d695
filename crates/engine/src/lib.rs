//! The engine: drives the rules against the world and shows the result. Everything a front end can do goes through
//! [`door`]; nothing here decides what `domain` has not decided.
#![forbid(unsafe_code)]

/// The one door.
pub mod door;

/// Shapes for screens and the command line.
pub mod view;

/// The engine on one data folder, its clock and its ids.
mod open;

/// Work that goes on by itself: one driver at a time, also across processes.
mod driver;
mod examine;
mod transition;

/// What the door's requests do, one file per noun.
mod actions;
mod audit;
mod decide;
mod devices;
mod doctor;
mod folder_lists;
mod groups;
mod home;
mod incidents;
mod indicators;
mod investigations;
mod practice;
mod quarantine;
mod response;
mod rules;
mod verdicts;

/// Reading for views: who is who.
mod directory;
mod fault;

pub use open::{Clock, Engine, OpenDevice};
