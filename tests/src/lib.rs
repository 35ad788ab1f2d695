//! What the tests of the whole product share: where its programs are, what may be skipped, and how to drive them.
//!
//! The tests themselves lie beside this folder: `journeys`, `laws`, `cases`, `endpoint`, `desktop`.
#![forbid(unsafe_code)]

/// `assizectl`, as a person or a script calls it.
pub mod ctl;

/// Throw-away Debian hosts with a service manager of their own.
pub mod host;

/// Where the built programs and the collected test data are.
pub mod places;

/// Tests that cannot do their work here say so.
pub mod skip;

/// The real window, driven through WebKitWebDriver.
pub mod window;

/// A throw-away copy of this machine for tests that need root.
pub mod world;

pub use ctl::Ctl;
pub use host::Host;
pub use window::App;
