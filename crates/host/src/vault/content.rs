//! Which items have which bytes, so that the same content is kept once.
use super::{Kept, Metadata, PoisonError, Vault};
use assize_domain::id::VaultId;
use std::collections::HashMap;

/// What is remembered of the items, by content: only a hint, checked before it is relied on.
#[derive(Default)]
pub(super) struct Contents {
    /// The hash and length of each item that has bytes of its own; none for the others.
    seen: HashMap<VaultId, Option<(String, u64)>>,
}

impl Vault {
    /// An item that has the very same bytes, whole and proven just now. Only whole files are looked for: everything else
    /// is small.
    pub(super) fn same_content(&self, metadata: &Metadata) -> Option<VaultId> {
        if metadata.kept != Kept::File || metadata.facts.size == 0 {
            return None;
        }
        let ids = self.ids().ok()?;
        let wanted = Some((metadata.sha256.clone(), metadata.facts.size));
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        contents.seen.retain(|id, _| ids.contains(id));
        for id in &ids {
            if !contents.seen.contains_key(id) {
                let own = |m: &Metadata| m.kept == Kept::File && m.bytes_in.is_none();
                let content = self.metadata(id).ok().filter(own).map(|m| (m.sha256, m.facts.size));
                contents.seen.insert(id.clone(), content);
            }
        }
        let mut same = ids.into_iter().filter(|id| contents.seen.get(id) == Some(&wanted));
        same.find(|id| self.check(id).is_ok_and(|m| m.bytes_in.is_none() && m.sha256 == metadata.sha256))
    }
}
