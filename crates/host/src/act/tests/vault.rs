//! The vault: what lies there, and that damage is noticed and touches nothing.
use super::*;
use crate::vault::Vault;

fn item_file(rig: &Rig, id: &VaultId) -> PathBuf {
    rig.state().join("vault").join(id.as_str())
}

fn quarantined(rig: &Rig, hands: &Hands, path: &str, content: &[u8]) -> (Target, VaultId) {
    rig.write(path, content);
    let target = rig.file(path);
    let kept = done(&quarantine(hands, &target));
    (target, kept[0].clone())
}

#[test]
fn bytes_at_rest_are_private_unreadable_and_not_executable() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (_, id) = quarantined(&rig, &hands, "/bad", b"#!/bin/sh\necho a very recognisable text\n");
    let bytes = fs::read(item_file(&rig, &id)).unwrap();
    assert!(!bytes.windows(12).any(|w| w == b"recognisable"));
    assert!(!bytes.windows(3).any(|w| w == b"bad"), "not even the name is readable");
    for file in [item_file(&rig, &id), rig.state().join("vault.key"), rig.state().join("journal")] {
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o600, "{file:?}");
    }
    for folder in [rig.state(), rig.state().join("vault")] {
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o7777, 0o700);
    }
}

/// "A vault item with a flipped bit": told in plain words, nothing restored, nothing lost.
#[test]
fn a_damaged_item_is_noticed_wherever_it_is_damaged() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (target, id) = quarantined(&rig, &hands, "/tmp/bad", &[7; 100_000]);
    let (_, other) = quarantined(&rig, &hands, "/tmp/worse", &[7; 100_000]);
    let whole = fs::read(item_file(&rig, &id)).unwrap();
    let flip = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let damages = [
        flip(30),
        flip(60),
        flip(whole.len() - 1),
        whole[..whole.len() - 1].to_vec(),
        whole[..10].to_vec(),
        Vec::new(),
        fs::read(item_file(&rig, &other)).unwrap(),
    ];
    for (n, damage) in damages.iter().enumerate() {
        fs::write(item_file(&rig, &id), damage).unwrap();
        failed_with(
            &undo(&hands, ActionType::QuarantineFile, &target, std::slice::from_ref(&id), Conflict::Stop),
            "vault_damaged",
        );
        assert!(!rig.real("/tmp/bad").exists());
        let checks = hands.verify_vault().unwrap();
        let faults: Vec<_> = checks.iter().filter(|c| c.fault.is_some()).map(|c| c.item.id.clone()).collect();
        assert_eq!(faults, std::slice::from_ref(&id), "damage {n}");
        assert_eq!(hands.plan_undo(std::slice::from_ref(&id), &Conflict::Stop).obstacles[0].code, "vault_damaged");
        assert_eq!(hands.restore_elsewhere(&id, rig.dir.path(), true).unwrap_err().code, "vault_damaged");
    }
    assert_eq!(fs::read_dir(rig.dir.path()).unwrap().count(), 2, "no half copies");
    fs::write(item_file(&rig, &id), &whole).unwrap();
    done(&undo(&hands, ActionType::QuarantineFile, &target, &[id], Conflict::Stop));
}

#[test]
fn an_id_is_never_a_path() {
    let rig = Rig::new();
    let hands = rig.hands();
    rig.write("/x", "x");
    for id in ["../vault.key", "", "..", "../../../../etc/passwd", "ABCDEFABCDEFABCDEFABCDEFABCDEFAB"] {
        assert_eq!(
            hands.restore_elsewhere(&VaultId(id.into()), rig.dir.path(), true).unwrap_err().code,
            "vault_missing"
        );
    }
}

#[test]
fn a_lost_key_is_told_and_not_replaced() {
    let rig = Rig::new();
    let (target, id) = quarantined(&rig, &rig.hands(), "/tmp/bad", b"x");
    let key = rig.state().join("vault.key");
    let saved = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let open = || Hands::open(Root::staged(rig.root()), &rig.state(), clock).map(drop);
    assert_eq!(open().unwrap_err().code, "vault_key");
    assert!(!key.exists());
    fs::write(&key, &saved).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(open().unwrap_err().code, "vault_key", "a key that others can read is no key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    done(&undo(&rig.hands(), ActionType::QuarantineFile, &target, &[id], Conflict::Stop));
}

#[test]
fn a_file_larger_than_the_room_is_foreseen() {
    let rig = Rig::new();
    let real = rig.write("/huge", "");
    // Sparse: larger than any disk, and takes no room itself.
    fs::File::options().write(true).open(&real).unwrap().set_len(1 << 43).unwrap();
    let vault = Vault::open(&rig.state()).unwrap();
    assert!(vault.room(fs::metadata(&real).unwrap().len()).is_err());
}

/// "A full disk": needs root for a disk of its own.
#[test]
fn a_full_disk_refuses_the_action_and_leaves_the_file() {
    const INSIDE: &str = "ASSIZE_TEST_SMALL_DISK";
    if let Some(disk) = std::env::var_os(INSIDE) {
        let disk = PathBuf::from(disk);
        let rig = Rig::new();
        let real = rig.write("/tmp/bad", vec![9; 400_000]);
        dress(&real);
        let before = snapshot(&real);
        let target = rig.file("/tmp/bad");
        dress(&real);
        let mut hands = Hands::open(Root::staged(rig.root()), &disk.join("state"), clock).unwrap();
        failed_with(&quarantine(&hands, &target), "vault_refused");
        hands.vault.without_reserve();
        failed_with(&quarantine(&hands, &target), "vault_refused");
        assert_eq!(snapshot(&real), before, "also when the disk fills up while the copy is written");
        assert!(hands.vault_items().unwrap().is_empty());
        assert_eq!(fs::read_dir(disk.join("state/vault")).unwrap().count(), 0, "and nothing half is left");
        return;
    }
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: needs root");
        return;
    }
    let disk = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-c", "mount -t tmpfs -o size=256k none \"$0\" && exec \"$@\""])
        .arg(disk.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "act::tests::vault::a_full_disk_refuses_the_action_and_leaves_the_file"])
        .env(INSIDE, disk.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_torn_journal_line_is_dropped_and_a_damaged_one_stops_everything() {
    use std::io::Write;
    let rig = Rig::new();
    rig.write("/tmp/bad", "judged");
    let target = rig.file("/tmp/bad");
    let id = fresh();
    let receipt = rig.hands().carry_out(&apply_order(&id, ActionType::QuarantineFile, target));
    let journal = rig.state().join("journal");
    let whole = fs::read(&journal).unwrap();
    fs::File::options().append(true).open(&journal).unwrap().write_all(b"0123456789abcdef {\"entry\":\"beg").unwrap();
    assert_eq!(rig.hands().truth(&id), assize_domain::question::Truth::Ended(receipt), "still known after a torn line");
    assert_eq!(fs::read(&journal).unwrap(), whole, "the torn line is cut off");
    let mut damaged = whole.clone();
    damaged[40] ^= 1;
    fs::write(&journal, damaged).unwrap();
    let fault = Hands::open(Root::staged(rig.root()), &rig.state(), clock).map(drop).unwrap_err();
    assert_eq!(fault.code, "journal_damaged");
}
