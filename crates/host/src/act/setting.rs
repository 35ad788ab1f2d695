//! A setting of the system kept in the vault before it is changed: what a program or file said, not a file itself.
use super::{
    points::point,
    work::{Early, Work, journal, refused},
};
use crate::vault::{
    self, Kept, Metadata,
    facts::{Facts, Moment, hex},
};
use assize_domain::{
    id::VaultId,
    text::{DevicePath, visible},
};
use sha2::{Digest, Sha256};

/// Seals what a setting said, reads it back and compares (M152). `name` says what it is in lists.
pub fn keep(work: &mut Work<'_>, name: &str, kept: Kept, content: &[u8]) -> Early<VaultId> {
    let id = vault::new_id().map_err(refused)?;
    let nothing = DevicePath::from_bytes(b"");
    let metadata = Metadata {
        id: id.clone(),
        order: work.order.clone(),
        action: work.action.clone(),
        kind: work.kind,
        kept,
        path: DevicePath::from(name),
        folder: nothing,
        parents: Vec::new(),
        sha256: hex(&Sha256::digest(content)),
        facts: facts(content.len()),
        unit: None,
        driver: None,
        bytes_in: None,
        quarantined_at: (work.tools.clock)(),
    };
    work.journal.keep(&work.order, &id).map_err(journal)?;
    work.tools.vault.keep(&metadata, &mut &content[..]).map_err(refused)?;
    point("kept");
    work.tools.vault.prove(&metadata).map_err(refused)?;
    let now = (work.tools.clock)();
    work.tools.vault.mark(&id, |m| m.verified_at = Some(now));
    work.told.proof.proven_at = Some(now);
    work.told.proof.kept.push(id.clone());
    work.step(format!("{} is in the vault and was read back.", visible(name)));
    Ok(id)
}

fn facts(length: usize) -> Facts {
    let never = Moment(0, 0);
    Facts {
        size: length as u64,
        mode: 0o600,
        uid: 0,
        gid: 0,
        accessed: never,
        modified: never,
        xattrs: std::collections::BTreeMap::new(),
        flags: 0,
        links: 0,
        holes: false,
    }
}
