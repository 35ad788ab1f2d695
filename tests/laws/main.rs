//! Properties that hold whatever comes in, over the crates put together and through the door. Every device is a file
//! tree in a folder of the test's own.

/// A data folder with one staged device, and files on it that each wait for a decision.
mod shop;

/// What was taken away comes back as it was, whatever it was (M68).
mod bring_back;

/// Whatever people decide in whatever order, nothing is lost and the rows tell the truth.
mod nothing_lost;
