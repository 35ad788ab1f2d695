//! Any bytes of no stated format: an answer, never a panic.
#![no_main]
#[path = "../read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read::all(bytes, None));
