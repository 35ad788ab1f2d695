//! How processes talk: two sockets of this computer, and what is said through them. Whom one talks to is asked of the
//! kernel, never of the other side.
//!
//! The **door socket** leads to the engine of the service: whatever a front end may ask, for people. The **agent socket**
//! leads to the device itself: a closed list of verbs, for the engine alone.
#![forbid(unsafe_code)]

/// Pieces of a conversation: their length first, and never more than a limit.
pub mod frame;

/// The first words on both sides: which conversation, in which version.
pub mod hello;

/// Who is at the other end.
pub mod peer;

/// Listening, being reached, and many conversations at once.
pub mod socket;

/// One conversation from the side that asks.
mod talk;

/// From words that came in to an order that may be carried out.
pub mod verify;

/// The agent socket: a device in another process.
pub mod agent;

/// The door socket: the engine in another process.
pub mod door;

/// What the service manager is told, and what it says.
pub mod service;
