//! The rules of Assize, pure: no clock, no disk, no network, no operating system.
//!
//! Read in the order of the data: what was seen, how it is judged, what may be done about it, who allowed it,
//! and what became of it.
#![forbid(unsafe_code)]

pub mod id;
/// Time, ids and hostile text: the small values everything is made of.
pub mod text;
pub mod time;

pub mod alert;
/// What other products tell, and what they name.
pub mod draft;
/// What was seen on a device, and how each thing relates to the others.
pub mod entity;
pub mod named;
pub mod question;

pub mod indicator;
pub mod judgement;
/// What it is: findings are weighed into one verdict with its reasons.
pub mod verdict;

/// Where it lies and whose device it is on.
pub mod command;
pub mod folders;
pub mod group;
pub mod location;

/// How much automation may do before a person has looked.
pub mod caution;
pub mod policy;
/// What is never acted on, whoever decided.
pub mod protected;
/// What may be done about it, by whom: the only mint of [`policy::Permit`].
pub mod remedy;
pub mod role;

pub mod action;
pub mod device;
pub mod mitigation;
pub mod order;
pub mod spread;
/// What was done: an action, its order, its receipt, its undo.
pub mod target;

pub mod incident;
/// What it belongs to.
pub mod investigation;

/// What is remembered of every change.
pub mod record;
