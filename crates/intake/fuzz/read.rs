//! What every target does with its bytes, and what must hold of what comes out.
use assize_intake::{Format, Options, open};

pub fn all(bytes: &[u8], format: Option<Format>) {
    let Ok(mut import) = open(bytes, Options { format, ..Options::default() }) else { return };
    for draft in import.by_ref().flatten() {
        assert!(!draft.key.is_empty() && !draft.title.is_empty());
        assert!(draft.mentions.len() <= 2_000 && draft.offers.len() <= 20_000);
    }
    let account = import.fidelity();
    assert!(account.rejected <= account.records);
}
