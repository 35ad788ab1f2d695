//! The real window. Each file is a story that a person could walk through with mouse and keyboard.
#![expect(clippy::unwrap_used, reason = "what goes wrong in a helper of a test fails the test")]

/// A data folder that was used before, with staged devices beside it.
mod stage;

/// The application opens and obeys its own policy.
mod opens;

/// From the first start to the removed practice range (M19, M42–M45, M63, M68, M75, M116).
mod walk;

/// The same with nothing but keys.
mod keys;

/// Deciding in the incident, in the Action center, on the investigation page, and outside of the window (M90–M94).
mod incident;

/// The five levels, chosen here and felt there (M2–M9, M22, M24, M48).
mod levels;

/// Two devices in different groups (M1, M10).
mod groups;

/// Every verdict (M8, M47).
mod verdicts;

/// Names that want to be more than names.
mod hostile;

/// Something or somebody was there first (M63).
mod contested;

/// A person's own actions (M48, M61, M73, M74, M76, M121, M123, M130, M159).
mod response;

/// Taking back (M70, M77, M78, M82-M87, M153).
mod takeback;
