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
    let (_, other) = quarantined(&rig, &hands, "/tmp/worse", &[8; 100_000]);
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

/// M86: whichever byte of an item is altered, reading it back tells, nothing is handed out of it, and nothing is restored;
/// opened by hand it is neither readable nor runnable.
#[test]
fn an_item_altered_in_any_byte_is_noticed_and_gives_nothing_back() {
    let rig = Rig::new();
    let hands = rig.hands();
    let content = b"#!/bin/sh\necho a very recognisable text\n";
    let (target, id) = quarantined(&rig, &hands, "/tmp/bad", content);
    let file = item_file(&rig, &id);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o600, "not even its owner runs it");
    let whole = fs::read(&file).unwrap();
    assert!(!whole.windows(8).any(|w| content.windows(8).any(|c| c == w)), "no piece of it is readable");
    let folder = rig.dir.path().join("elsewhere");
    fs::create_dir(&folder).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&file, &bytes).unwrap();
        let checks = hands.verify_vault().unwrap();
        assert_eq!(checks[0].fault.as_ref().map(|f| f.code.as_str()), Some("vault_damaged"), "byte {at}");
        assert!(hands.take_out(&id, &mut std::io::sink()).is_err(), "byte {at}");
        if at % 32 == 0 {
            assert_eq!(hands.restore_elsewhere(&id, &folder, true).unwrap_err().code, "vault_damaged");
            let kept = std::slice::from_ref(&id);
            failed_with(&undo(&hands, ActionType::QuarantineFile, &target, kept, Conflict::Stop), "vault_damaged");
            assert!(!rig.real("/tmp/bad").exists());
        }
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing half is left");
    fs::write(&file, &whole).unwrap();
    done(&undo(&hands, ActionType::QuarantineFile, &target, &[id], Conflict::Stop));
    assert_eq!(fs::read(rig.real("/tmp/bad")).unwrap(), content);
}

/// M86: the same bytes are kept once, also by another process; each file comes back as it was, and the bytes stay as long
/// as any item needs them.
#[test]
fn the_same_content_is_kept_once() {
    let rig = Rig::new();
    let content: Vec<u8> = (0..300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (first, a) = quarantined(&rig, &rig.hands(), "/tmp/one", &content);
    let hands = rig.hands();
    let (second, b) = quarantined(&rig, &hands, "/srv/two", &content);
    let size = |id: &VaultId| fs::metadata(item_file(&rig, id)).unwrap().len();
    assert!(size(&a) > 300_000 && size(&b) < 10_000, "{} {}", size(&a), size(&b));
    assert!(hands.verify_vault().unwrap().iter().all(|c| c.fault.is_none()));
    assert_eq!(hands.purge(&a).unwrap_err().code, "vault_needed");
    done(&undo(&hands, ActionType::QuarantineFile, &second, std::slice::from_ref(&b), Conflict::Stop));
    done(&undo(&hands, ActionType::QuarantineFile, &first, std::slice::from_ref(&a), Conflict::Stop));
    assert_eq!(fs::read(rig.real("/srv/two")).unwrap(), content);
    assert_eq!(fs::read(rig.real("/tmp/one")).unwrap(), content);

    // What is damaged is leant on by nobody.
    let (_, c) = quarantined(&rig, &hands, "/tmp/three", b"three");
    let mut bytes = fs::read(item_file(&rig, &c)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(item_file(&rig, &c), bytes).unwrap();
    let (_, d) = quarantined(&rig, &hands, "/tmp/four", b"three");
    assert!(hands.take_out(&d, &mut std::io::sink()).is_ok());
}

/// M87: what a person keeps for good is not removed, also after a restart; unpinned it goes, and only it.
#[test]
fn a_pinned_item_stays_until_it_is_unpinned() {
    let rig = Rig::new();
    let (_, id) = quarantined(&rig, &rig.hands(), "/tmp/bad", b"bad");
    let (target, other) = quarantined(&rig, &rig.hands(), "/tmp/other", b"other");
    rig.hands().pin(&id, true).unwrap();
    let hands = rig.hands();
    assert!(hands.vault_items().unwrap().iter().any(|i| i.id == id && i.pinned));
    assert_eq!(hands.purge(&id).unwrap_err().code, "vault_pinned");
    hands.pin(&id, false).unwrap();
    hands.purge(&id).unwrap();
    assert_eq!(hands.purge(&id).unwrap_err().code, "vault_missing");
    assert_eq!(hands.vault_items().unwrap().len(), 1);
    done(&undo(&hands, ActionType::QuarantineFile, &target, &[other], Conflict::Stop));
}

/// The vault's cap: what is more than it may hold is refused before anything is touched; what it holds comes back all the
/// same, and room that was made counts.
#[test]
fn a_vault_that_is_full_takes_nothing_more_and_gives_everything_back() {
    let rig = Rig::new();
    let hands = rig.hands();
    hands.cap_vault(1_000_000);
    let noise = |seed: u32| -> Vec<u8> {
        (0..600_000u32).map(|n| ((n ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8).collect()
    };
    let (first, kept) = quarantined(&rig, &hands, "/tmp/first", &noise(1));
    let real = rig.write("/tmp/second", noise(77));
    let before = snapshot(&real);
    let second = rig.file("/tmp/second");
    let refused = quarantine(&hands, &second);
    failed_with(&refused, "vault_full");
    assert_eq!(snapshot(&real), before);
    assert_eq!(hands.vault_items().unwrap().len(), 1, "nothing half is left");
    assert!(rig.leftovers().is_empty());
    done(&undo(&hands, ActionType::QuarantineFile, &first, std::slice::from_ref(&kept), Conflict::Stop));
    hands.purge(&kept).unwrap();
    done(&quarantine(&hands, &second));
}

/// A disk that fills up, at every degree of fullness: a quarantine is done in whole or not at all, and what was taken away
/// before comes back also when no byte is left, because the journal has its room beforehand. Needs root.
#[test]
fn on_a_disk_that_fills_up_everything_is_whole_and_undo_still_works() {
    const INSIDE: &str = "ASSIZE_TEST_FILLING_DISK";
    let Some(disk) = std::env::var_os(INSIDE).map(PathBuf::from) else {
        return on_a_small_disk(INSIDE, "8m", "on_a_disk_that_fills_up_everything_is_whole_and_undo_still_works");
    };
    let rig = Rig::new();
    let mut hands = Hands::open(Root::staged(rig.root()), &disk.join("state"), clock).unwrap();
    hands.vault.without_reserve();
    let filler = disk.join("filler");
    let (mut taken, mut refused) = (0, 0);
    for left in [400_000usize, 120_000, 100_000, 60_000, 20_000, 4_096, 0] {
        let path = format!("/tmp/bad-{left}");
        let real = rig.write(&path, vec![(left % 251) as u8; 100_000]);
        dress(&real);
        let before = snapshot(&real);
        let target = rig.file(&path);
        let first = quarantine(&hands, &target);
        let kept = done(&first).to_vec();
        fill(&filler, left);
        // Its undo needs no room on this disk but for the journal.
        done(&undo(&hands, ActionType::QuarantineFile, &target, &kept, Conflict::Stop));
        assert_eq!(snapshot(&real), before, "{left} bytes left");
        hands.purge(&kept[0]).unwrap();
        fill(&filler, left);
        let target = rig.file(&path);
        let receipt = quarantine(&hands, &target);
        match &receipt.outcome {
            ReceiptOutcome::Done { proof } => {
                taken += 1;
                assert!(!real.exists());
                fs::remove_file(&filler).unwrap();
                done(&undo(&hands, ActionType::QuarantineFile, &target, &proof.kept, Conflict::Stop));
            }
            other @ (ReceiptOutcome::Partly { .. }
            | ReceiptOutcome::Gone { .. }
            | ReceiptOutcome::Changed { .. }
            | ReceiptOutcome::Failed { .. }
            | ReceiptOutcome::Unsupported { .. }) => {
                refused += 1;
                let ReceiptOutcome::Failed { fault } = other else { panic!("{other:?}") };
                assert!(["vault_refused", "no_space"].contains(&fault.code.as_str()), "{fault:?}");
                fs::remove_file(&filler).unwrap();
            }
        }
        assert_eq!(snapshot(&real), before, "{left} bytes left: whole, or given back");
        assert!(rig.leftovers().is_empty());
        let again = Hands::open(Root::staged(rig.root()), &disk.join("state"), clock).unwrap();
        assert!(again.verify_vault().unwrap().iter().all(|c| c.fault.is_none()), "{left} bytes left");
    }
    assert!(taken > 0 && refused > 0, "{taken} {refused}");
}

/// Fills the disk up to so many bytes.
fn fill(file: &Path, left: usize) {
    use std::io::Write;
    let mut filler = fs::File::create(file).unwrap();
    while filler.write_all(&[1; 4096]).is_ok() {}
    let length = filler.metadata().unwrap().len();
    filler.set_len(length.saturating_sub(left as u64)).unwrap();
}

/// Runs the same test again inside a mount namespace of its own, with a small disk.
fn on_a_small_disk(inside: &str, size: &str, test: &str) {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: needs root");
        return;
    }
    let disk = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-c", &format!("mount -t tmpfs -o size={size} none \"$0\" && exec \"$@\"")])
        .arg(disk.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("act::tests::vault::{test}")])
        .env(inside, disk.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
