//! SHA-256, SHA-1 and MD5 of one content in one pass: indicators and signature lists come in all three.
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Lower-case hexadecimal hashes of one content, and how long it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashes {
    pub sha256: String,
    pub sha1: String,
    pub md5: String,
    pub size: u64,
}

impl Hashes {
    pub fn of(reader: impl Read) -> io::Result<Self> {
        Self::keeping(reader, &mut Vec::new(), 0)
    }

    /// Reads all of it, and leaves its first `limit` bytes in `kept`, whose room is used again.
    pub fn keeping(mut reader: impl Read, kept: &mut Vec<u8>, limit: usize) -> io::Result<Self> {
        kept.clear();
        let (mut sha256, mut sha1, mut md5) = (Sha256::new(), Sha1::new(), Md5::new());
        let mut buffer = vec![0; 128 * 1024];
        let mut size = 0u64;
        loop {
            let n = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            let part = &buffer[..n];
            sha256.update(part);
            sha1.update(part);
            md5.update(part);
            size += n as u64;
            kept.extend_from_slice(&part[..n.min(limit.saturating_sub(kept.len()))]);
        }
        Ok(Self { sha256: hex(&sha256.finalize()), sha1: hex(&sha1.finalize()), md5: hex(&md5.finalize()), size })
    }

    /// Every spelling under which lists may name this content.
    pub fn all(&self) -> [&str; 3] {
        [&self.sha256, &self.sha1, &self.md5]
    }
}

/// Lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)] as char, DIGITS[usize::from(b & 15)] as char]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_hashes_of_abc_are_the_published_ones() {
        let hashes = Hashes::of(&b"abc"[..]).unwrap();
        assert_eq!(hashes.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hashes.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hashes.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hashes.size, 3);
    }

    #[test]
    fn only_the_beginning_is_kept_but_all_is_hashed() {
        let content = vec![7; 300 * 1024];
        let mut kept = vec![1, 2, 3];
        let hashes = Hashes::keeping(&content[..], &mut kept, 200 * 1024).unwrap();
        assert_eq!((kept.len(), hashes.size), (200 * 1024, 300 * 1024));
        assert_eq!(hashes, Hashes::of(&content[..]).unwrap());
    }
}
