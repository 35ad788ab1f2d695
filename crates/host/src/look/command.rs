//! What a command line names as programs and scripts.
