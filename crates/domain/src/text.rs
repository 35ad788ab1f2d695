//! Text that came from a device and may be hostile: paths that are not UTF-8, control and direction characters.
use serde::{Deserialize, Serialize};
use specta::Type;
use std::fmt;

/// First code point that stands for a raw byte 0x80 in [`DevicePath`].
const RAW: u32 = 0xEF80;

/// A path on a device, without loss: valid UTF-8 as it is, every other byte as one private-use character
/// (U+EF80 + byte − 0x80). `from_bytes` and `to_bytes` are inverse for every byte string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct DevicePath(String);

impl DevicePath {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut out = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                // A name that really contains one of our stand-ins is stored byte by byte, so that the way back is unique.
                if raw_byte(c).is_some() {
                    let mut buffer = [0; 4];
                    c.encode_utf8(&mut buffer).bytes().for_each(|b| out.push(stand_in(b)));
                } else {
                    out.push(c);
                }
            }
            chunk.invalid().iter().for_each(|b| out.push(stand_in(*b)));
        }
        Self(out)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len());
        for c in self.0.chars() {
            match raw_byte(c) {
                Some(b) => out.push(b),
                None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component, or the whole when there is none.
    pub fn file_name(&self) -> &str {
        self.0.rsplit(['/', '\\']).next().filter(|n| !n.is_empty()).unwrap_or(&self.0)
    }
}

fn stand_in(byte: u8) -> char {
    // Bytes below 0x80 are always valid UTF-8 and never need one.
    char::from_u32(RAW + u32::from(byte.saturating_sub(0x80))).unwrap_or('\u{FFFD}')
}

fn raw_byte(c: char) -> Option<u8> {
    let offset = u32::from(c).checked_sub(RAW)?;
    u8::try_from(offset).ok().filter(|b| *b < 0x80).map(|b| b + 0x80)
}

impl From<&str> for DevicePath {
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for DevicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DevicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Evidence text for a terminal or a sentence: control characters, direction marks and raw bytes become visible
/// escapes, so that a file name can neither move the cursor nor reorder the words around it.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (raw_byte(c), c) {
            (Some(b), _) => out.push_str(&format!("\\x{b:02X}")),
            (None, c) if c.is_control() || is_direction(c) => out.push_str(&c.escape_unicode().to_string()),
            (None, c) => out.push(c),
        }
    }
    out
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_string_survives_as_a_path(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(DevicePath::from_bytes(&bytes).to_bytes(), bytes);
        }

        #[test]
        fn every_text_survives_as_a_path(text in "\\PC{0,32}") {
            prop_assert_eq!(DevicePath::from(text.as_str()).to_bytes(), text.into_bytes());
        }
    }

    #[test]
    fn a_hostile_name_is_made_visible() {
        assert_eq!(visible("inv\u{202E}fdp.exe\x1b[2J"), "inv\\u{202e}fdp.exe\\u{1b}[2J");
        assert_eq!(visible(DevicePath::from_bytes(b"a\xff").as_str()), "a\\xFF");
    }
}
