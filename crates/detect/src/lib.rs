//! Judging content on a device: hash lists, signatures, rules and heuristics turned into findings.
//!
//! Pure on content and on facts that are handed in: no process, no network, no operating system. The only crate that
//! knows YARA-X; the one folder it writes to is the cache of compiled rules it is given. Read in this order:
#![forbid(unsafe_code)]

/// What a file is, told by its first bytes.
pub mod magic;

/// SHA-256, SHA-1 and MD5 in one pass.
pub mod hashes;

/// The EICAR test file.
pub mod test_file;

/// Hash signatures in ClamAV's formats.
pub mod signatures;

/// Rule files compiled into one set, our own among them.
pub mod rules;

/// Compiled rules kept between runs, loaded only when they are proven to be our own.
pub mod cache;

/// What a matching rule says, in a sentence and with its author.
mod said;

/// One scanner for each thread: content in, findings out.
pub mod scan;

/// A package that vouches for its file, or no longer does.
pub mod package;

/// Oddities of places, names, commands and processes.
pub mod heuristics;
