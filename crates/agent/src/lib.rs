//! A device's ears and hands: what `host` sees is judged by `detect` and told as one answer; orders go to `host`'s hands.
//! The same code serves this computer, a staged device and, later, a service on another computer.
#![forbid(unsafe_code)]

/// A device of this machine, as the engine drives it.
mod device;

/// Rules and watched hashes this device was given, kept and compiled.
mod shelf;

/// One look around: what there is, put together into one answer.
mod look;

/// Reading files: hashes, rules, package records, oddities; by several threads.
mod examine;

/// Running processes and what is odd about them.
mod processes;

/// What is arranged to be started, and what is odd about it.
mod startup;

/// The product itself is never a finding.
mod ourselves;

/// What is never acted on.
mod protect;

/// The antivirus program of the machine, where there is one.
mod antivirus;

/// Investigation packages: everything the device can tell about itself, in one archive.
mod package;

/// Witnesses for a file, shown to whoever decides about it.
mod witness;

/// The practice range: harmless stand-ins that show the whole way.
mod practice;

/// The small root service `assize-agent`.
pub mod service;

pub use antivirus::Antivirus;
pub use assize_host::{environment::set_at_start, installation};
pub use device::{LocalDevice, Where, open, open_through};
