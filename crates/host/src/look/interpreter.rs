//! Programs that run other files: shells, script languages, wrappers.
