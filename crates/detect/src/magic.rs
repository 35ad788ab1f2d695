//! What a file is, told by its first bytes and never by its name.

/// A kind of content, as far as rules and heuristics ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentKind {
    Elf,
    WindowsProgram,
    MacProgram,
    Script,
    Php,
    Gif,
    Png,
    Jpeg,
    Bmp,
    Webp,
    Pdf,
    Zip,
    Rar,
    SevenZip,
    Gzip,
    Xz,
    OfficeBinary,
    Rtf,
    Shortcut,
    Text,
    Other,
}

impl ContentKind {
    /// The word that published rules compare the variable `filetype` with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Elf => "ELF",
            Self::WindowsProgram => "EXE",
            Self::MacProgram => "MACHO",
            Self::Script => "SCRIPT",
            Self::Php => "PHP",
            Self::Gif => "GIF",
            Self::Png => "PNG",
            Self::Jpeg => "JPG",
            Self::Bmp => "BMP",
            Self::Webp => "WEBP",
            Self::Pdf => "PDF",
            Self::Zip => "ZIP",
            Self::Rar => "RAR",
            Self::SevenZip => "7ZIP",
            Self::Gzip => "GZIP",
            Self::Xz => "XZ",
            Self::OfficeBinary => "OLE",
            Self::Rtf => "RTF",
            Self::Shortcut => "LNK",
            Self::Text => "TEXT",
            Self::Other => "",
        }
    }

    /// Machine code of some system.
    pub fn is_program(self) -> bool {
        matches!(self, Self::Elf | Self::WindowsProgram | Self::MacProgram)
    }
}

/// Where a magic number stands and what it says. The first that fits decides.
const MAGIC: [(usize, &[u8], ContentKind); 25] = [
    (0, b"\x7fELF", ContentKind::Elf),
    (0, b"MZ", ContentKind::WindowsProgram),
    (0, b"\xfe\xed\xfa\xce", ContentKind::MacProgram),
    (0, b"\xfe\xed\xfa\xcf", ContentKind::MacProgram),
    (0, b"\xce\xfa\xed\xfe", ContentKind::MacProgram),
    (0, b"\xcf\xfa\xed\xfe", ContentKind::MacProgram),
    (0, b"#!", ContentKind::Script),
    (0, b"<?php", ContentKind::Php),
    (0, b"<?=", ContentKind::Php),
    (0, b"GIF87a", ContentKind::Gif),
    (0, b"GIF89a", ContentKind::Gif),
    (0, b"\x89PNG", ContentKind::Png),
    (0, b"\xff\xd8\xff", ContentKind::Jpeg),
    (0, b"BM", ContentKind::Bmp),
    (8, b"WEBP", ContentKind::Webp),
    (0, b"%PDF-", ContentKind::Pdf),
    (0, b"PK\x03\x04", ContentKind::Zip),
    (0, b"Rar!\x1a\x07", ContentKind::Rar),
    (0, b"7z\xbc\xaf\x27\x1c", ContentKind::SevenZip),
    (0, b"\x1f\x8b", ContentKind::Gzip),
    (0, b"\xfd7zXZ\0", ContentKind::Xz),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ContentKind::OfficeBinary),
    (0, b"{\\rtf", ContentKind::Rtf),
    (0, b"L\0\0\0\x01\x14\x02\0", ContentKind::Shortcut),
    (0, b"\xef\xbb\xbf<?php", ContentKind::Php),
];

pub fn kind_of(content: &[u8]) -> ContentKind {
    let found = MAGIC.iter().find(|(at, magic, _)| content.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    match found {
        // Two letters begin many a text.
        Some((_, _, ContentKind::WindowsProgram | ContentKind::Bmp)) if is_text(content) => ContentKind::Text,
        Some((_, _, kind)) => *kind,
        None if is_text(content) => ContentKind::Text,
        None => ContentKind::Other,
    }
}

/// No zero byte near the beginning: good enough to tell words from machine code.
fn is_text(content: &[u8]) -> bool {
    let head = &content[..content.len().min(1024)];
    !head.is_empty() && !head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_by_its_first_bytes() {
        for (content, kind) in [
            (&b"\x7fELF\x02\x01"[..], ContentKind::Elf),
            (b"MZ\x90\0\x03\0", ContentKind::WindowsProgram),
            (b"MZ is how this letter begins", ContentKind::Text),
            (b"BMW sold many cars", ContentKind::Text),
            (b"#!/bin/sh\n", ContentKind::Script),
            (b"GIF89a<?php", ContentKind::Gif),
            (b"RIFF\0\0\0\0WEBPVP8 ", ContentKind::Webp),
            (b"hello", ContentKind::Text),
            (b"\0\x01\x02", ContentKind::Other),
            (b"", ContentKind::Other),
        ] {
            assert_eq!(kind_of(content), kind, "{content:?}");
        }
    }
}
