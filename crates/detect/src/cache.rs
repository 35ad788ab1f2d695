//! Compiled rules kept between runs. They hold native code, so bytes are only ever loaded when a key of this installation
//! proves that this installation wrote them.
use crate::rules::{Beside, Rules};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

const SUFFIX: &str = "compiled";
const TAG: usize = 32;

/// A folder of compiled sets, and the key that authenticates them.
pub struct Cache {
    folder: PathBuf,
    key: [u8; 32],
}

impl Cache {
    pub fn new(folder: impl Into<PathBuf>, key: [u8; 32]) -> Self {
        Self { folder: folder.into(), key }
    }

    /// The set made of exactly these inputs by exactly this engine; none when there is none or it is not authentic.
    pub(crate) fn load(&self, inputs: &[u8; 32]) -> Option<Rules> {
        let bytes = fs::read(self.path(inputs)).ok()?;
        let (tag, body) = bytes.split_at_checked(TAG)?;
        self.mac(inputs, body).verify_slice(tag).ok()?;
        let (length, rest) = body.split_at_checked(8)?;
        let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let (beside, compiled) = rest.split_at_checked(length)?;
        let beside: Beside = serde_json::from_slice(beside).ok()?;
        Some(Rules { yara: yara_x::Rules::deserialize(compiled).ok()?, beside })
    }

    /// A set that cannot be kept is compiled again next time: nothing else is lost.
    pub(crate) fn keep(&self, inputs: &[u8; 32], rules: &Rules) {
        let (Ok(compiled), Ok(beside)) = (rules.yara.serialize(), serde_json::to_vec(&rules.beside)) else { return };
        let body = [&(beside.len() as u64).to_le_bytes()[..], &beside, &compiled].concat();
        let tag = self.mac(inputs, &body).finalize().into_bytes();
        let path = self.path(inputs);
        if write_whole(&path, &[&tag[..], &body]).is_ok() {
            self.drop_others(&path);
        }
    }

    fn mac(&self, inputs: &[u8; 32], body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("BUG: this MAC takes keys of any length");
        mac.update(b"assize compiled rules 1\0");
        mac.update(yara_x::VERSION.as_bytes());
        mac.update(b"\0");
        mac.update(inputs);
        mac.update(body);
        mac
    }

    fn path(&self, inputs: &[u8; 32]) -> PathBuf {
        self.folder.join(format!("{}.{SUFFIX}", crate::hashes::hex(&inputs[..16])))
    }

    /// Only the newest set is of use.
    fn drop_others(&self, kept: &Path) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path != kept && path.extension().is_some_and(|e| e == SUFFIX) {
                // Another process may have been faster.
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Under a name of its own first, so that a reader never meets half a file.
fn write_whole(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut file = fs::File::create(&draft)?;
    for part in parts {
        file.write_all(part)?;
    }
    drop(file);
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_domain::question::{RuleFile, RuleKind};

    fn files() -> Vec<RuleFile> {
        let body = "rule zebra { strings: $a = \"zebra\" condition: $a }";
        vec![
            RuleFile { name: "z.yar".into(), kind: RuleKind::Yara, body: body.into() },
            RuleFile { name: "bad.yar".into(), kind: RuleKind::Yara, body: "rule".into() },
        ]
    }

    fn kept(folder: &Path) -> PathBuf {
        let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(all.len(), 1, "one set is kept: {all:?}");
        all.remove(0)
    }

    #[test]
    fn a_kept_set_says_the_same_as_a_fresh_one() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), [7; 32]);
        let (fresh, faults) = Rules::compile(&files(), Some(&cache));
        assert!(cache.load(&[0; 32]).is_none(), "other inputs are another set");
        let again = Rules::compile(&files(), Some(&cache));
        assert_eq!((fresh.rule_count(), &faults), (again.0.rule_count(), &again.1));
        assert_eq!(fresh.beside, again.0.beside);
    }

    #[test]
    fn a_changed_byte_or_another_key_is_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), [7; 32]);
        Rules::compile(&files(), Some(&cache));
        let path = kept(folder.path());
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let good = fs::read(&path).unwrap();
        // The file's name holds half of the inputs' hash, so look the inputs up by compiling again.
        let loads = |key: u8| {
            let before = fs::metadata(&path).unwrap().modified().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
            Rules::compile(&files(), Some(&Cache::new(folder.path(), [key; 32])));
            fs::metadata(&path).unwrap().modified().unwrap() == before
        };
        assert!(loads(7), "the untouched set {name} is loaded, not written again");
        for at in [0, TAG + 3, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(!loads(7), "byte {at} was changed");
        }
        assert!(!loads(8), "a set of another installation");
    }

    #[test]
    fn only_the_newest_set_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), [7; 32]);
        Rules::compile(&files(), Some(&cache));
        let first = kept(folder.path());
        Rules::compile(&[], Some(&cache));
        assert_ne!(kept(folder.path()), first);
    }
}
