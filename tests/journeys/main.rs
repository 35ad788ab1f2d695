//! Stories through the door: what a person wants, does and gets, without a window. Every device here is a file tree in a
//! folder of the test's own, looked after by the real agent; this computer itself is never looked at or touched.
#![expect(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

/// A folder that stands for a computer, and the engine that looks after it.
mod staged;

/// What happens by itself and what waits: levels and verdicts (M2–M11, M24).
mod levels;

/// Every verdict is recorded, also those that need no action (M1, M8, M9, M47).
mod verdicts;

/// Deciding: approve, reject, history, investigations that end by their results (M40, M42–M45).
mod decisions;

/// Nobody decides, or two at once (M67, spec 2.7).
mod races;

/// Taking back (M68, M72, M75).
mod undo;

/// Kept copies: how long, and for good (M87).
mod kept;

/// What was approved is exactly what is acted on (M63, M151).
mod exact_target;

/// Everything a device can tell about itself, in one archive (M123).
mod package;

/// Stop and quarantine a file on every device that has it (M124).
mod everywhere;

/// Antivirus scans, and what they lead to (M60, M76, M121).
mod scan;

/// Alerts of other products (M107).
mod import;

/// Incidents: queue, page, evidence and deciding there (M90–M94).
mod incidents;

/// What people protect, and how much automation may do (M20–M22).
mod protected;

/// Broken rules, broken databases, broken copies: a clear word, and nothing lost.
mod bad_input;

/// The command line keeps its contract (M149).
mod command_line;

/// The service: two sockets, several users, and processes that die (M65, M139, M145, M149, M159).
mod service;
