//! The form of a vault item on disk: a plain header, then chunks of authenticated encryption.
//!
//! ```text
//! magic 8 | version 2 | vault id 16 | nonce prefix 19 | length of metadata 4
//! sealed metadata (one chunk) | sealed content in chunks of 64 KiB, at least one, the last one marked
//! ```
//! Every chunk has its own nonce (prefix, its number, whether it is the last) and authenticates the whole header. So a
//! changed bit, a chunk left out, doubled, moved or taken from another item, and a file cut short all fail to open.
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{AeadInOut, KeyInit},
};
use std::io::{self, Read, Write};

const MAGIC: [u8; 8] = *b"ASSIZE\0V";
const VERSION: u16 = 1;
const PREFIX: usize = 19;
pub(super) const HEADER: usize = 8 + 2 + 16 + PREFIX + 4;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// Attributes of one file can hold some hundred KiB; more is not metadata of ours.
const MOST_METADATA: usize = 16 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("its content does not match its seal: it was changed, cut short or belongs to another item")]
    Damaged,
    #[error("it was written by a newer version ({0})")]
    Newer(u16),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The key of one vault.
pub struct Key(pub(super) [u8; 32]);

/// Nonce and header of one item; counts its chunks.
struct Stream {
    cipher: XChaCha20Poly1305,
    header: [u8; HEADER],
    count: u32,
}

impl Stream {
    fn new(key: &Key, header: [u8; HEADER]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&key.0.into()), header, count: 0 }
    }

    fn nonce(&mut self, last: bool) -> Result<XNonce, SealError> {
        let mut nonce = [0u8; PREFIX + 5];
        nonce[..PREFIX].copy_from_slice(&self.header[26..26 + PREFIX]);
        nonce[PREFIX..PREFIX + 4].copy_from_slice(&self.count.to_be_bytes());
        nonce[PREFIX + 4] = u8::from(last);
        self.count =
            self.count.checked_add(1).ok_or_else(|| io::Error::other("the file is too large for the vault"))?;
        Ok(nonce.into())
    }

    fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        let nonce = self.nonce(last)?;
        self.cipher.encrypt_in_place(&nonce, &self.header, chunk).map_err(|_| io::Error::other("sealing failed").into())
    }

    fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), SealError> {
        let nonce = self.nonce(last)?;
        self.cipher.decrypt_in_place(&nonce, &self.header, chunk).map_err(|_| SealError::Damaged)
    }
}

/// Seals `metadata` and all of `content` into `out`.
pub fn seal(
    key: &Key,
    id: [u8; 16],
    nonce: [u8; PREFIX],
    metadata: &[u8],
    content: &mut dyn Read,
    out: &mut dyn Write,
) -> Result<(), SealError> {
    let length = u32::try_from(metadata.len())
        .ok()
        .filter(|_| metadata.len() <= MOST_METADATA)
        .ok_or_else(|| io::Error::other("too many attributes"))?;
    let mut header = [0u8; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..10].copy_from_slice(&VERSION.to_be_bytes());
    header[10..26].copy_from_slice(&id);
    header[26..26 + PREFIX].copy_from_slice(&nonce);
    header[26 + PREFIX..].copy_from_slice(&length.to_be_bytes());
    out.write_all(&header)?;
    let mut stream = Stream::new(key, header);
    let mut chunk = metadata.to_vec();
    stream.seal(&mut chunk, false)?;
    out.write_all(&chunk)?;
    let mut next = piece(content, CHUNK)?;
    loop {
        let mut chunk = std::mem::take(&mut next);
        if chunk.len() == CHUNK {
            next = piece(content, CHUNK)?;
        }
        let last = next.is_empty();
        stream.seal(&mut chunk, last)?;
        out.write_all(&chunk)?;
        if last {
            return Ok(());
        }
    }
}

/// An item that is being read: its metadata is known to be true, its content is checked chunk by chunk.
pub struct Opened<R> {
    stream: Stream,
    input: R,
    pub metadata: Vec<u8>,
}

/// Opens an item and its metadata. Content is only true once [`Opened::content`] has returned without an error.
pub fn open<R: Read>(key: &Key, id: [u8; 16], mut input: R) -> Result<Opened<R>, SealError> {
    let header: [u8; HEADER] = piece(&mut input, HEADER)?.try_into().map_err(|_| SealError::Damaged)?;
    if header[..8] != MAGIC || header[10..26] != id {
        return Err(SealError::Damaged);
    }
    let version = u16::from_be_bytes([header[8], header[9]]);
    if version > VERSION {
        return Err(SealError::Newer(version));
    }
    let length = &header[26 + PREFIX..];
    let length = u32::from_be_bytes(length.try_into().map_err(|_| SealError::Damaged)?) as usize;
    if length > MOST_METADATA {
        return Err(SealError::Damaged);
    }
    let mut stream = Stream::new(key, header);
    let mut metadata = piece(&mut input, length + TAG)?;
    stream.open(&mut metadata, false)?;
    Ok(Opened { stream, input, metadata })
}

impl<R: Read> Opened<R> {
    pub fn content(mut self, out: &mut dyn Write) -> Result<(), SealError> {
        let mut next = piece(&mut self.input, CHUNK + TAG)?;
        loop {
            let mut chunk = std::mem::take(&mut next);
            if chunk.len() == CHUNK + TAG {
                next = piece(&mut self.input, CHUNK + TAG)?;
            }
            let last = next.is_empty();
            self.stream.open(&mut chunk, last)?;
            out.write_all(&chunk)?;
            if last {
                return Ok(());
            }
        }
    }
}

/// Up to `most` bytes; fewer only at the end.
fn piece(input: &mut (impl Read + ?Sized), most: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(most.min(CHUNK + TAG));
    input.take(most as u64).read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: [u8; 16] = [7; 16];

    fn sealed(content: &[u8], id: [u8; 16], nonce: u8) -> Vec<u8> {
        let mut out = Vec::new();
        seal(&Key([1; 32]), id, [nonce; PREFIX], b"{}", &mut &content[..], &mut out).unwrap();
        out
    }

    fn opened(bytes: &[u8], id: [u8; 16]) -> Result<Vec<u8>, SealError> {
        let mut out = Vec::new();
        open(&Key([1; 32]), id, bytes)?.content(&mut out)?;
        Ok(out)
    }

    #[test]
    fn every_length_around_a_chunk_comes_back() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5] {
            let content: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            assert_eq!(opened(&sealed(&content, ID, 1), ID).unwrap(), content, "{length}");
        }
    }

    #[test]
    fn a_cut_at_a_chunk_a_swap_of_chunks_and_anything_added_are_noticed() {
        let content: Vec<u8> = (0..3 * CHUNK).map(|i| (i % 251) as u8).collect();
        let item = sealed(&content, ID, 1);
        let start = HEADER + 2 + TAG;
        let step = CHUNK + TAG;
        assert!(opened(&item[..start + step], ID).is_err(), "cut after a whole chunk");
        assert!(opened(&item[..start], ID).is_err(), "no content at all");
        let mut swapped = item[..start].to_vec();
        for n in [1, 0, 2] {
            swapped.extend_from_slice(&item[start + n * step..start + (n + 1) * step]);
        }
        assert!(opened(&swapped, ID).is_err());
        let mut longer = item.clone();
        longer.push(0);
        assert!(opened(&longer, ID).is_err());
        assert!(opened(&item, [8; 16]).is_err(), "another item's name");
        let other = sealed(&content, ID, 2);
        let spliced = [&item[..start], &other[start..]].concat();
        assert!(opened(&spliced, ID).is_err(), "another item's content");
    }

    proptest! {
        #[test]
        fn any_changed_bit_is_noticed(content in proptest::collection::vec(any::<u8>(), 0..200), at in any::<proptest::sample::Index>(), bit in 0u8..8) {
            let mut item = sealed(&content, ID, 3);
            let at = at.index(item.len());
            item[at] ^= 1 << bit;
            prop_assert!(opened(&item, ID).is_err());
        }
    }
}
