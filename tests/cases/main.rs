//! Files in, answers out: our own cases, and those of the collection beside the checkout where there is one.

mod collection;

/// What is planted, what has to be seen in it, and what may happen (M2–M11, M68, M72).
mod detection;

/// Alerts, reports and event logs of other products (M107).
mod imports;
