//! The engine: drives the rules against the world and shows the result. Everything a front end can do goes through
//! [`door`]; nothing here decides what `domain` has not decided.
#![forbid(unsafe_code)]

/// The one door.
pub mod door;

/// Shapes for screens and the command line.
pub mod view;

/// The engine on one data folder, its clock and its ids.
mod open;

mod aftermath;
/// Work that goes on by itself: one driver at a time, also across processes.
mod driver;
mod everywhere;
mod examine;
mod scans;
mod timers;
mod transition;

/// What the door's requests do, one file per noun.
mod actions;
mod alerts;
mod audit;
mod caution;
mod decide;
mod devices;
mod doctor;
mod folder_lists;
mod groups;
mod home;
mod imports;
mod incidents;
mod indicators;
mod investigations;
mod mitigations;
mod named;
mod practice;
mod prevalence;
mod protected;
mod quarantine;
mod response;
mod retention;
mod rollback;
mod rules;
mod undo;
mod verdicts;

/// Reading for views: who is who.
mod directory;
mod fault;

mod copies;
/// The engine as a service: its door socket, who may come in, and the way to it for front ends.
pub mod front;
/// Files of other products, read by the front end that was handed them.
pub mod import;
pub mod people;
pub mod service;

pub use front::Front;
pub use open::{Clock, Engine, OpenDevice};
pub use timers::{Steady, Tick};
