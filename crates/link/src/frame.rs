//! Pieces of a conversation: one byte for the kind, four for the length, then the piece. What the other side claims about
//! a length costs nothing: memory is taken as bytes arrive, and never beyond the limit.
use std::io::{self, Read, Write};

/// Kind and length.
const HEAD: usize = 5;

/// How much is taken from memory before anything of a piece has arrived.
const FIRST: usize = 64 * 1024;

/// The longest message of all: a look over a whole disk names every file that was looked into.
pub const LARGEST: usize = 512 * 1024 * 1024;

/// A short message and its head leave in one go.
const SHORT: usize = 64 * 1024;

/// The largest piece of a copy that is handed out.
pub const PART: usize = 256 * 1024;

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// JSON text.
    Message(Vec<u8>),
    /// A part of a copy.
    Part(Vec<u8>),
}

#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Between two pieces: an ordinary end.
    #[error("the other side has closed the connection")]
    Closed,
    #[error("the other side went away in the middle of a piece")]
    Cut,
    #[error("a piece of {length} bytes is longer than the {limit} bytes that are allowed here")]
    TooLong { length: u64, limit: u64 },
    #[error("the other side does not speak this language")]
    NotAFrame,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes one piece.
pub fn write(out: &mut impl Write, frame: &Frame) -> Result<(), FrameError> {
    let (kind, body) = match frame {
        Frame::Message(body) => (b'm', body),
        Frame::Part(body) => (b'p', body),
    };
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= LARGEST);
    let length = length.ok_or(FrameError::TooLong { length: body.len() as u64, limit: LARGEST as u64 })?;
    let mut head = [kind; HEAD];
    head[1..].copy_from_slice(&length.to_be_bytes());
    if body.len() <= SHORT {
        out.write_all(&[&head, body.as_slice()].concat())?;
    } else {
        out.write_all(&head)?;
        out.write_all(body)?;
    }
    Ok(out.flush()?)
}

/// Reads one piece; a message is at most `limit` bytes long, a part at most [`PART`].
pub fn read(from: &mut impl Read, limit: usize) -> Result<Frame, FrameError> {
    let mut head = [0; HEAD];
    match fill(from, &mut head)? {
        0 => return Err(FrameError::Closed),
        HEAD => {}
        _ => return Err(FrameError::Cut),
    }
    let (kind, limit): (fn(Vec<u8>) -> Frame, usize) = match head[0] {
        b'm' => (Frame::Message, limit),
        b'p' => (Frame::Part, PART.min(limit)),
        _ => return Err(FrameError::NotAFrame),
    };
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    if length > limit {
        return Err(FrameError::TooLong { length: length as u64, limit: limit as u64 });
    }
    Ok(kind(body(from, length)?))
}

/// Takes memory in steps: never more than twice what has arrived, never more than `length`.
fn body(from: &mut impl Read, length: usize) -> Result<Vec<u8>, FrameError> {
    let mut body = Vec::new();
    while body.len() < length {
        let have = body.len();
        let step = (length - have).min(have.max(FIRST));
        body.try_reserve_exact(step).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        body.resize(have + step, 0);
        if fill(from, &mut body[have..])? < step {
            return Err(FrameError::Cut);
        }
    }
    Ok(body)
}

/// Reads until the buffer is full or the other side ends.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(frame: &Frame) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, frame).unwrap();
        bytes
    }

    /// What arrives, and no more: asks how far it was read and how much memory was taken.
    struct Trickle<'a> {
        bytes: &'a [u8],
        step: usize,
    }

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.step.max(1).min(buffer.len()).min(self.bytes.len());
            buffer[..n].copy_from_slice(&self.bytes[..n]);
            self.bytes = &self.bytes[n..];
            Ok(n)
        }
    }

    #[test]
    fn a_length_that_is_only_claimed_costs_no_memory() {
        let mut bytes = vec![b'm'];
        bytes.extend_from_slice(&(512 * 1024 * 1024_u32).to_be_bytes());
        bytes.extend_from_slice(b"a little");
        let read = read(&mut bytes.as_slice(), 1 << 30);
        assert!(matches!(read, Err(FrameError::Cut)), "{read:?}");
        assert!(matches!(super::read(&mut bytes.as_slice(), 1 << 20), Err(FrameError::TooLong { .. })));
    }

    #[test]
    fn a_part_of_a_copy_has_its_own_limit() {
        let bytes = written(&Frame::Part(vec![7; PART + 1]));
        assert!(matches!(read(&mut bytes.as_slice(), 1 << 30), Err(FrameError::TooLong { .. })));
    }

    #[test]
    fn memory_is_never_taken_beyond_the_length_that_was_read() {
        let bytes = written(&Frame::Message(vec![1; 200_000]));
        let Frame::Message(body) = read(&mut bytes.as_slice(), 1 << 20).unwrap() else { panic!("a message") };
        assert_eq!((body.len(), body.capacity()), (200_000, 200_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever comes in, in whatever steps: a piece, an end, or a refusal; and of a piece never more than the limit.
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), step in 1_usize..9, limit in 0_usize..300) {
            let mut from = Trickle { bytes: &bytes, step };
            while let Ok(Frame::Message(body) | Frame::Part(body)) = read(&mut from, limit) {
                prop_assert!(body.len() <= limit && body.capacity() <= limit);
            }
        }

        #[test]
        fn what_was_written_is_read(body in prop::collection::vec(any::<u8>(), 0..3000), part: bool, step in 1_usize..700) {
            let frame = if part { Frame::Part(body) } else { Frame::Message(body) };
            let bytes = written(&frame);
            let mut from = Trickle { bytes: &bytes, step };
            prop_assert_eq!(read(&mut from, 3000).unwrap(), frame);
            prop_assert!(matches!(read(&mut from, 3000), Err(FrameError::Closed)));
            for cut in [1, bytes.len() / 2, bytes.len() - 1] {
                prop_assert!(matches!(read(&mut &bytes[..cut], 3000), Err(FrameError::Cut)));
            }
        }
    }
}
