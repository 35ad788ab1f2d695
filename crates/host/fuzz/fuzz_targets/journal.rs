//! Any bytes as a journal: read or refused, never a panic; and what was read once is read again the same way. Half of the
//! inputs get sound checksums, line by line, so that what stands behind them is reached.
#![no_main]
use assize_host::journal::{Journal, folder};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use std::fs;

fn sealed(lines: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for body in lines.split(|byte| *byte == b'\n') {
        let sum: String = Sha256::digest(body)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        text.extend_from_slice(sum.as_bytes());
        text.push(b' ');
        text.extend_from_slice(body);
        text.push(b'\n');
    }
    text
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let text = if first % 2 == 0 { rest.to_vec() } else { sealed(rest) };
    let state = tempfile::tempdir_in("/dev/shm").unwrap();
    // The folder and its lock are made first, as on a device.
    drop(Journal::open(folder(state.path()).unwrap()).unwrap());
    fs::write(state.path().join("journal"), &text).unwrap();
    let read = || {
        let mut journal = Journal::open(folder(state.path()).unwrap()).unwrap();
        journal.lock().is_ok().then(|| journal.unfinished())
    };
    let first = read();
    // A torn end was cut off by the first reading; nothing else may have been.
    assert_eq!(read(), first);
});
