//! Files in, answers out: our own cases, and those of the collection beside the checkout where there is one.

mod collection;
