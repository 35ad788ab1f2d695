//! The operating system: what is there (`look`), what is done about it (`act`), and what is kept so that it can be taken
//! back (`vault`, `journal`). The only crate with `unsafe`, with system calls and with subprocesses.
//!
//! `cfg(target_os)` appears at this one seam; what a system cannot do is a value that says so, not a missing function.

/// Which file tree is meant: this computer, or a staged device below a folder.
pub mod root;

/// Opening what a path names, component by component, without following links.
pub mod handle;

/// Eyes: processes, places where programs arrange to be started, files, packages.
pub mod look;

/// Hands: each verb with plan, snapshot, apply, verify, undo.
pub mod act;

/// Sealed copies that undo what was done.
pub mod vault;

/// What was intended, written and synced before it is done.
pub mod journal;

/// The practice range, planted and removed.
pub mod practice;

/// The process's own environment, before anything else runs.
pub mod environment;

/// Installing and removing the service of this computer.
pub mod installation;
