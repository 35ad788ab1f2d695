//! Any bytes as json: an answer, never a panic.
#![no_main]
#[path = "../read.rs"]
mod read;

use assize_intake::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read::all(bytes, Some(Format::Json)));
