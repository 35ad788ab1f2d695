//! Any bytes on the agent socket: pieces or refusals, never more memory than the limit, never a panic; and no words but
//! those of the list are understood.
#![no_main]
use assize_link::{agent, frame};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 64 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let mut from = bytes;
    while let Ok(piece) = frame::read(&mut from, LIMIT) {
        let (frame::Frame::Message(body) | frame::Frame::Part(body)) = piece;
        assert!(body.capacity() <= LIMIT);
        agent::understands(&body);
    }
});
