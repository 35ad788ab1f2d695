//! The real operating system, as root, in a throw-away world (`assize_tests::world`) or, where a service manager
//! is needed, on a throw-away host (`assize_tests::host`).

/// This computer in such a world, and `assizectl` on it.
mod computer;

/// A host's service manager, as a person asks it.
mod system;

/// The world itself.
mod world;

/// A host with a service manager of its own.
mod hosts;

/// Found, treated, undone (M2, M3, M44, M46, M68, M72, M75).
mod whole_way;

/// Stopping services of every kind (M46, M70, M131).
mod services;

/// Scheduled tasks that fire and do not (M46, M72, M131).
mod tasks;

/// Trees of processes (M46, M75).
mod processes;

/// Every other place that starts something (M46, M72, M131).
mod persistence;

/// Cut off from the network and connected again (M73, M122, M129, M165).
mod isolation;

/// What may be run is restricted, and everything may be run again (M74, M123, M129).
mod execution;

/// What was approved is exactly what is acted on (M63, M151).
mod exact;

/// What acts by itself and what asks (M4, M6, M9).
mod levels;

/// Nothing was planted, nothing is found.
mod clean;

/// Death at every step of every verb, and a disk that refuses (M145, M152).
mod crashes;

/// Two at once, and death at any moment (M67, M145).
mod races;

/// The service as a package installs it (M65, M139, M149).
mod installed;
