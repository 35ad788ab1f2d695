//! The EICAR test file: a text that every scanner agrees to report, so that people can try their protection.
use assize_domain::verdict::{Finding, FindingSource, OWN_VERSION, Weight};

/// The text, each byte turned by [`TURN`], so that neither this source nor our program is the test file itself.
const TURNED: [u8; 68] = [
    0x02, 0x6f, 0x15, 0x7b, 0x0a, 0x7f, 0x1a, 0x1b, 0x0a, 0x01, 0x6e, 0x06, 0x0a, 0x00, 0x02, 0x6f, 0x6e, 0x72, 0x0a,
    0x04, 0x73, 0x6d, 0x19, 0x19, 0x73, 0x6d, 0x27, 0x7e, 0x1f, 0x13, 0x19, 0x1b, 0x08, 0x77, 0x09, 0x0e, 0x1b, 0x14,
    0x1e, 0x1b, 0x08, 0x1e, 0x77, 0x1b, 0x14, 0x0e, 0x13, 0x0c, 0x13, 0x08, 0x0f, 0x09, 0x77, 0x0e, 0x1f, 0x09, 0x0e,
    0x77, 0x1c, 0x13, 0x16, 0x1f, 0x7b, 0x7e, 0x12, 0x71, 0x12, 0x70,
];
const TURN: u8 = 0x5a;

/// Its definition allows white space behind it, up to this length in all.
const LONGEST: usize = 128;

/// Exactly the test file by its definition: the 68 characters first, then nothing but white space.
pub fn is_test_file(content: &[u8]) -> bool {
    let Some((head, tail)) = content.split_at_checked(TURNED.len()) else { return false };
    content.len() <= LONGEST
        && head.iter().zip(TURNED).all(|(a, b)| *a == b ^ TURN)
        && tail.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x1a))
}

pub(crate) fn finding() -> Finding {
    let text = "This is the EICAR test file: harmless, and made so that people can try whether their protection works.";
    Finding::new(FindingSource::TestFile, Weight::Bad, text)
        .rule("eicar-test-file")
        .author("Assize")
        .version(OWN_VERSION)
}

/// The test file's content, for trying things out.
pub fn test_file() -> Vec<u8> {
    TURNED.iter().map(|b| b ^ TURN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashes::Hashes;

    #[test]
    fn the_text_is_the_published_one() {
        let hashes = Hashes::of(&test_file()[..]).unwrap();
        assert_eq!(hashes.sha256, "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f");
    }

    #[test]
    fn only_white_space_may_follow_and_not_too_much() {
        let with = |tail: &[u8]| is_test_file(&[&test_file()[..], tail].concat());
        assert!(with(b"") && with(b"\r\n") && with(&[b' '; 60]));
        assert!(!with(b"x") && !with(&[b' '; 61]) && !with(b"\0"));
        assert!(!is_test_file(&test_file()[..67]), "a part of it is not it");
        assert!(!is_test_file(&[b"see: ", &test_file()[..]].concat()), "a text that quotes it is not it");
    }
}
