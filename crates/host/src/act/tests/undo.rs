//! Undo: everything comes back, and what stands in the way is never overwritten without a choice.
use super::*;
use std::process::Command;

const KIND: ActionType = ActionType::QuarantineFile;

fn taken(rig: &Rig, hands: &Hands) -> (PathBuf, Target, Vec<VaultId>, Snapshot) {
    let real = rig.write("/home/u/bad", "judged");
    let target = rig.file("/home/u/bad");
    dress(&real);
    let before = snapshot(&real).unwrap();
    let kept = done(&quarantine(hands, &target));
    (real, target, kept, before)
}

/// M68: bytes, mode with set-id bits, owner, times to the nanosecond, attributes, ACL.
#[test]
fn an_undone_quarantine_is_identical_in_everything_a_person_can_set() {
    let rig = Rig::new();
    let hands = rig.hands();
    let content: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    let real = rig.write("/home/u/bad", &content);
    dress(&real);
    match Command::new("setfacl").args(["-m", "u:4711:rwx,m:rwx"]).arg(&real).status() {
        Ok(status) if status.success() => dress_times(&real),
        other => eprintln!("without an ACL: setfacl says {other:?}"),
    }
    let before = snapshot(&real).unwrap();
    let target = rig.file("/home/u/bad");
    dress_times(&real);
    let kept = done(&quarantine(&hands, &target));
    // A default ACL of the folder gives every new file one; the old file had none of it.
    if let Err(error) = Command::new("setfacl").args(["-d", "-m", "u:4712:rwx"]).arg(rig.real("/home/u")).status() {
        eprintln!("without a default ACL: {error}");
    }
    let receipt = undo(&hands, KIND, &target, &kept, Conflict::Stop);
    done(&receipt);
    assert_eq!(snapshot(&real), Some(before));
    assert_eq!(fs::read(&real).unwrap(), content);
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    assert!(hands.vault_items().unwrap()[0].restored, "and the copy stays");
}

/// Spec 5.4: path occupied.
#[test]
fn a_taken_place_stops_unless_a_person_chose() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (real, target, kept, before) = taken(&rig, &hands);
    fs::write(&real, "newcomer").unwrap();
    let plan = hands.plan_undo(&kept, &Conflict::Stop);
    assert!(plan.obstacles.iter().any(|o| o.code == "place_taken" && o.blocking), "{plan:?}");
    failed_with(&undo(&hands, KIND, &target, &kept, Conflict::Stop), "place_taken");
    assert_eq!(fs::read(&real).unwrap(), b"newcomer");

    done(&undo(&hands, KIND, &target, &kept, Conflict::KeepBoth));
    assert_eq!(fs::read(&real).unwrap(), b"newcomer");
    assert_eq!(snapshot(&rig.real("/home/u/bad.restored")).as_ref(), Some(&before));

    fs::create_dir(rig.real("/srv")).unwrap();
    done(&undo(&hands, KIND, &target, &kept, Conflict::Elsewhere { folder: "/srv".into() }));
    assert_eq!(snapshot(&rig.real("/srv/bad")).as_ref(), Some(&before));
    let real_folder = rig.real("/srv").to_string_lossy().into_owned();
    done(&undo(&hands, KIND, &target, &kept, Conflict::Elsewhere { folder: real_folder }));
    assert_eq!(snapshot(&rig.real("/srv/bad.restored")).as_ref(), Some(&before));
    let nowhere = Conflict::Elsewhere { folder: "/nowhere".into() };
    failed_with(&undo(&hands, KIND, &target, &kept, nowhere), "parent_gone");

    let replaced = undo(&hands, KIND, &target, &kept, Conflict::Replace);
    let newcomer = done(&replaced);
    assert_eq!(snapshot(&real), Some(before));
    let out = hands.restore_elsewhere(&newcomer[0], rig.dir.path(), true).unwrap();
    assert_eq!(fs::read(out).unwrap(), b"newcomer", "what was replaced is in the vault");
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn a_place_that_is_taken_in_the_last_moment_is_not_overwritten() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (real, target, kept, _) = taken(&rig, &hands);
    let place = real.clone();
    let _interference = crate::act::points::interfere(move |point| {
        if point == "armed" {
            fs::write(&place, "newcomer").unwrap();
        }
    });
    failed_with(&undo(&hands, KIND, &target, &kept, Conflict::Stop), "place_taken");
    assert_eq!(fs::read(&real).unwrap(), b"newcomer");
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn a_link_or_folder_at_the_place_is_never_followed_or_replaced() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (real, target, kept, _) = taken(&rig, &hands);
    rig.write("/etc/precious", "precious");
    std::os::unix::fs::symlink("/etc/precious", &real).unwrap();
    for choice in [Conflict::Stop, Conflict::Replace] {
        failed_with(&undo(&hands, KIND, &target, &kept, choice), "place_taken");
    }
    assert_eq!(fs::read(rig.real("/etc/precious")).unwrap(), b"precious");
    assert!(fs::symlink_metadata(&real).unwrap().is_symlink());
}

/// Spec 5.4: parent folder gone.
#[test]
fn folders_that_are_gone_are_made_again_as_they_were() {
    let rig = Rig::new();
    let hands = rig.hands();
    rig.write("/home/u/.x/bad", "judged");
    fs::set_permissions(rig.real("/home/u/.x"), fs::Permissions::from_mode(0o1750)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(rig.real("/home/u/.x"), Some(1234), Some(4321)).unwrap();
    }
    let target = rig.file("/home/u/.x/bad");
    let facts = |path: &str| fs::metadata(rig.real(path)).map(|m| (m.mode(), m.uid(), m.gid())).unwrap();
    let before = (facts("/home/u"), facts("/home/u/.x"));
    let kept = done(&quarantine(&hands, &target));
    fs::remove_dir(rig.real("/home/u/.x")).unwrap();
    fs::remove_dir(rig.real("/home/u")).unwrap();
    assert_eq!(hands.plan_undo(&kept, &Conflict::Stop).obstacles[0].code, "parent_gone");
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!((facts("/home/u"), facts("/home/u/.x")), before);
    assert_eq!(fs::read(rig.real("/home/u/.x/bad")).unwrap(), b"judged");
}

#[test]
fn a_folder_that_is_another_one_by_now_gets_nothing() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (_, target, kept, _) = taken(&rig, &hands);
    fs::rename(rig.real("/home/u"), rig.real("/home/v")).unwrap();
    std::os::unix::fs::symlink("v", rig.real("/home/u")).unwrap();
    failed_with(&undo(&hands, KIND, &target, &kept, Conflict::Stop), "parent_changed");
    assert_eq!(fs::read_dir(rig.real("/home/v")).unwrap().count(), 0);
}

#[test]
fn what_is_back_already_is_not_brought_back_twice() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (real, target, kept, before) = taken(&rig, &hands);
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    let receipt = undo(&hands, KIND, &target, &kept, Conflict::Stop);
    done(&receipt);
    assert!(receipt.steps[0].contains("already"), "{receipt:?}");
    assert_eq!(snapshot(&real), Some(before));
}

/// The leave to undo one action is no leave for another one's copy.
#[test]
fn an_item_of_another_action_is_refused() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (real, target, kept, _) = taken(&rig, &hands);
    let other = undoing("another", KIND, target, Conflict::Stop).unwrap();
    let order = Order::undo(permit(&other, NOW).unwrap(), fresh(), kept, Conflict::Stop);
    failed_with(&hands.carry_out(&order), "not_yours");
    assert!(!real.exists());
}

#[test]
fn a_copy_elsewhere_is_inert_when_asked_and_never_set_id() {
    let rig = Rig::new();
    let hands = rig.hands();
    let (_, _, kept, _) = taken(&rig, &hands);
    let inert = hands.restore_elsewhere(&kept[0], rig.dir.path(), true).unwrap();
    assert_eq!(fs::metadata(&inert).unwrap().mode() & 0o7777, 0o400);
    assert!(inert.to_string_lossy().ends_with("bad.quarantined"), "{inert:?}");
    let plain = hands.restore_elsewhere(&kept[0], rig.dir.path(), false).unwrap();
    assert_eq!(fs::metadata(&plain).unwrap().mode() & 0o7777, 0o751);
    let again = hands.restore_elsewhere(&kept[0], rig.dir.path(), false).unwrap();
    assert_ne!(plain, again, "nothing is overwritten");
}
