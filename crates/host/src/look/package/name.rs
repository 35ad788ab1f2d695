//! Names inside the archive: relative, of plain characters, and still telling where a member comes from.
use sha2::{Digest, Sha256};

/// Longer components are cut and end in a hash of the whole.
const LONGEST: usize = 100;
/// More folders than this become one, named by a hash.
const DEEPEST: usize = 16;

/// `section/` and the path with everything but plain characters written as `%XX`: two paths never share a name.
pub(super) fn member(section: &str, path: &[u8]) -> String {
    let parts: Vec<&[u8]> = path.split(|b| *b == b'/').filter(|c| !c.is_empty()).collect();
    let mut name = section.to_owned();
    let deep = parts.len() > DEEPEST;
    if deep {
        name.push_str("/%deep-");
        name.push_str(&digest(path));
    }
    let kept = if deep { &parts[parts.len() - 1..] } else { &parts };
    for part in kept {
        name.push('/');
        name.push_str(&component(part));
    }
    name
}

fn component(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    // A leading dot stays readable and can never be `.` or `..`, nor hide the file from who unpacks it.
    for (at, byte) in bytes.iter().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (*byte == b'.' && at > 0);
        if plain {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    if out.len() > LONGEST {
        // Everything here is ASCII, so any place may be cut at.
        out.truncate(LONGEST - 20);
        out.push_str("%cut-");
        out.push_str(&digest(bytes)[..12]);
    }
    out
}

fn digest(bytes: &[u8]) -> String {
    crate::vault::facts::hex(&Sha256::digest(bytes))[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_name_leads_out_or_carries_anything_strange(path in proptest::collection::vec(any::<u8>(), 0..400)) {
            let name = member("files", &path);
            prop_assert!(name.starts_with("files"));
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-%".contains(&b)), "{}", name);
            prop_assert!(name.split('/').all(|c| !c.is_empty() && c != "." && c != ".." && c.len() <= LONGEST), "{}", name);
        }
    }

    #[test]
    fn two_paths_never_share_a_name() {
        let long = vec![b'a'; 300];
        let mut longer = long.clone();
        longer.push(b'b');
        let deep = "/x".repeat(40);
        let paths: [&[u8]; 10] =
            [b"/a b", b"/a%20b", b"/a_b", b"/a\xffb", b"/a/b", b"/..", b"/%2E.", &long, &longer, deep.as_bytes()];
        let mut seen = HashMap::new();
        for path in paths {
            assert_eq!(seen.insert(member("x", path), path), None, "{path:?}");
        }
        assert_eq!(member("logs", b"/var/log/auth.log"), "logs/var/log/auth.log");
        assert_eq!(member("files", b"/home/ann/.bash_history"), "files/home/ann/%2Ebash_history");
    }
}
