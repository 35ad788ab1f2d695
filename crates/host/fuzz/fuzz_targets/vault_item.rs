//! Any bytes as an item of the vault: opened or refused, never a panic, never more memory than the limits, and never taken
//! for whole unless its seal and its hash say so. Half of the inputs are sealed with the right key, so that what stands
//! behind the seal is reached.
#![no_main]
use assize_domain::id::VaultId;
use assize_host::vault::Vault;
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{AeadInOut, KeyInit},
};
use libfuzzer_sys::fuzz_target;
use std::{fs, os::unix::fs::PermissionsExt};

const KEY: [u8; 32] = [7; 32];
const NAME: &str = "00000000000000000000000000000001";

/// As `vault::seal` writes it: the header, what is said about the file, its content in one piece.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (metadata, content) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let content = &content[..content.len().min(64 * 1024)];
    let mut header = b"ASSIZE\0V\0\x01".to_vec();
    header.extend_from_slice(&[0; 15]);
    header.push(1);
    header.extend_from_slice(&[9; 19]);
    header.extend_from_slice(&u32::try_from(metadata.len()).unwrap().to_be_bytes());
    let mut out = header.clone();
    for (number, (part, last)) in [(metadata, 0u8), (content, 1)].into_iter().enumerate() {
        let mut nonce = [9u8; 24];
        nonce[19..23].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
        nonce[23] = last;
        let mut part = part.to_vec();
        XChaCha20Poly1305::new(&KEY.into()).encrypt_in_place(&nonce.into(), &header, &mut part).unwrap();
        out.extend_from_slice(&part);
    }
    out
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let item = if first % 2 == 0 { rest.to_vec() } else { sealed(rest) };
    let state = tempfile::tempdir_in("/dev/shm").unwrap();
    let key = state.path().join("vault.key");
    fs::write(&key, KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let vault = Vault::open(state.path()).unwrap();
    fs::write(state.path().join("vault").join(NAME), &item).unwrap();
    let id = VaultId(NAME.to_owned());
    let mut out = Vec::new();
    let copied = vault.copy_out(&id, &mut out);
    assert_eq!(vault.check(&id).is_ok(), copied.is_ok());
    if let Ok(metadata) = copied {
        assert_eq!(metadata.id, id);
        let _ = vault.item(&metadata);
    }
    let _ = (vault.ids(), vault.metadata(&id));
});
