//! Quarantine: what it takes, and what it must leave alone.
use super::*;
use crate::act::points::interfere;
use std::os::unix::ffi::OsStrExt;

/// M63, M145: the copy is proven, the name is empty, nothing else is touched.
#[test]
fn a_quarantined_file_is_gone_and_its_sealed_copy_is_proven() {
    let rig = Rig::new();
    let real = rig.write("/tmp/.x/miner", "harmless text that stands for a miner");
    rig.write("/tmp/.x/other", "stays");
    let hands = rig.hands();
    let receipt = quarantine(&hands, &rig.file("/tmp/.x/miner"));
    let kept = done(&receipt);
    let ReceiptOutcome::Done { proof } = &receipt.outcome else { unreachable!() };
    assert_eq!((kept.len(), proof.proven_at), (1, Some(NOW)));
    assert!(!real.exists());
    assert_eq!(fs::read(rig.real("/tmp/.x/other")).unwrap(), b"stays");
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    let items = hands.vault_items().unwrap();
    assert_eq!((items[0].path.as_str(), items[0].quarantined, items[0].restored), ("/tmp/.x/miner", true, false));
}

/// M63, M151
#[test]
fn a_file_whose_content_or_identity_changed_is_not_touched() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/a", "judged");
    let target = rig.file("/a");
    fs::write(&real, "judgeD").unwrap();
    changed(&quarantine(&hands, &target));
    assert_eq!(fs::read(&real).unwrap(), b"judgeD");
    // The same bytes in another file are another file.
    fs::write(rig.real("/b"), "judged").unwrap();
    fs::rename(rig.real("/b"), &real).unwrap();
    changed(&quarantine(&hands, &target));
    assert_eq!(fs::read(&real).unwrap(), b"judged");
    fs::remove_file(&real).unwrap();
    gone(&quarantine(&hands, &target));
    assert!(hands.vault_items().unwrap().is_empty());
}

/// M151: between verdict and order the file became a link, a pipe, a folder; or its folder did.
#[test]
fn what_is_no_file_any_more_is_not_followed_opened_or_touched() {
    let rig = Rig::new();
    let hands = rig.hands();
    let precious = rig.write("/etc/precious", "judged");
    for kind in ["link", "pipe", "folder"] {
        let real = rig.write("/tmp/bad", "judged");
        let target = rig.file("/tmp/bad");
        fs::remove_file(&real).unwrap();
        match kind {
            "link" => std::os::unix::fs::symlink("../etc/precious", &real).unwrap(),
            "pipe" => rustix::fs::mkfifoat(rustix::fs::CWD, &real, rustix::fs::Mode::RWXU).unwrap(),
            _ => fs::create_dir(&real).unwrap(),
        }
        changed(&quarantine(&hands, &target));
        assert!(fs::symlink_metadata(&real).is_ok(), "{kind}");
        if kind == "folder" { fs::remove_dir(&real).unwrap() } else { fs::remove_file(&real).unwrap() }
    }
    // The folder itself is swapped for a link to where a file of the same name lies.
    rig.write("/home/u/bad", "judged");
    rig.write("/opt/bad", "judged");
    let target = rig.file("/home/u/bad");
    fs::rename(rig.real("/home/u"), rig.real("/home/away")).unwrap();
    std::os::unix::fs::symlink("/opt", rig.real("/home/u")).unwrap();
    changed(&quarantine(&hands, &target));
    assert_eq!(fs::read(&precious).unwrap(), b"judged");
    assert_eq!(fs::read(rig.real("/opt/bad")).unwrap(), b"judged");
    assert_eq!(fs::read(rig.real("/home/away/bad")).unwrap(), b"judged");
}

/// Design rule 4: the rename caught somebody else's file; it goes back, bit for bit.
#[test]
fn a_stranger_that_comes_in_the_last_moment_goes_back_to_its_place() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/tmp/bad", "judged");
    let target = rig.file("/tmp/bad");
    let (aside, place) = (rig.real("/tmp/aside"), real.clone());
    let _interference = interfere(move |point| {
        if point == "armed" {
            fs::rename(&place, &aside).unwrap();
            fs::write(&place, "innocent").unwrap();
        }
    });
    changed(&quarantine(&hands, &target));
    assert_eq!(fs::read(&real).unwrap(), b"innocent");
    assert_eq!(fs::read(rig.real("/tmp/aside")).unwrap(), b"judged", "the judged one is where it was moved to");
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    assert!(hands.vault_items().unwrap().is_empty());
}

#[test]
fn a_stranger_whose_place_is_taken_again_lies_visibly_beside_it() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/tmp/bad", "judged");
    let target = rig.file("/tmp/bad");
    let place = real.clone();
    let _interference = interfere(move |point| match point {
        "armed" => fs::write(&place, "innocent").unwrap(),
        "renamed" => fs::write(&place, "newest").unwrap(),
        _ => {}
    });
    changed(&quarantine(&hands, &target));
    assert_eq!(fs::read(&real).unwrap(), b"newest");
    let beside: Vec<_> = fs::read_dir(rig.real("/tmp")).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(beside.iter().any(|p| fs::read(p).unwrap() == b"innocent"), "{beside:?}");
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn a_file_that_comes_back_at_once_is_told() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/tmp/bad", "judged");
    let target = rig.file("/tmp/bad");
    let place = real.clone();
    let _interference = interfere(move |point| {
        if point == "removed" {
            fs::write(&place, "again").unwrap();
        }
    });
    let receipt = quarantine(&hands, &target);
    assert!(matches!(&receipt.outcome, ReceiptOutcome::Partly { left, .. } if left.len() == 1), "{receipt:?}");
}

#[test]
fn other_names_of_the_same_file_are_told() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/tmp/bad", "judged");
    fs::hard_link(&real, rig.real("/tmp/second")).unwrap();
    let receipt = quarantine(&hands, &rig.file("/tmp/bad"));
    let ReceiptOutcome::Partly { left, proof } = &receipt.outcome else { panic!("{receipt:?}") };
    assert!(left[0].contains("/tmp/second"), "{left:?}");
    assert_eq!(proof.kept.len(), 1);
}

/// An order runs once, also when it arrives again later or through another process.
#[test]
fn the_same_order_again_gets_the_first_receipt_and_does_nothing() {
    let rig = Rig::new();
    let real = rig.write("/tmp/bad", "judged");
    let target = rig.file("/tmp/bad");
    let id = fresh();
    let hands = rig.hands();
    let first = hands.carry_out(&apply_order(&id, ActionType::QuarantineFile, target.clone()));
    done(&first);
    fs::write(&real, "judged").unwrap();
    assert_eq!(hands.carry_out(&apply_order(&id, ActionType::QuarantineFile, rig.file("/tmp/bad"))), first);
    assert_eq!(rig.hands().carry_out(&apply_order(&id, ActionType::QuarantineFile, rig.file("/tmp/bad"))), first);
    assert!(real.exists());
    assert_eq!(hands.truth(&id), assize_domain::question::Truth::Ended(first));
    assert_eq!(hands.truth(&fresh()), assize_domain::question::Truth::NeverStarted);
}

/// M68
#[test]
fn names_that_are_no_text_and_files_without_bytes_go_and_come_back() {
    let rig = Rig::new();
    let hands = rig.hands();
    for (name, content) in
        [(&b"/tmp/a\xff\xfe\n b"[..], &b""[..]), (b"/tmp/\xc3\x28", b"x"), (b"/tmp/ (deleted)", b"y")]
    {
        let path = DevicePath::from_bytes(name);
        let real = Root::staged(rig.root()).real(&path);
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        fs::write(&real, content).unwrap();
        dress(&real);
        let before = snapshot(&real).unwrap();
        let target = file_target(&rig.root(), &path);
        dress(&real);
        let kept = done(&quarantine(&hands, &target));
        assert!(!real.exists(), "{:?}", real.as_os_str().as_bytes());
        done(&undo(&hands, ActionType::QuarantineFile, &target, &kept, Conflict::Stop));
        assert_eq!(snapshot(&real), Some(before));
    }
}

/// Needs root and a file system with flags.
#[test]
fn a_file_protected_by_a_flag_goes_and_comes_back_protected() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/tmp/bad", "judged");
    let target = rig.file("/tmp/bad");
    let immutable = rustix::fs::IFlags::IMMUTABLE.bits();
    if Facts::only_flags(&fs::File::open(&real).unwrap(), immutable).is_err() {
        eprintln!("skipped: needs root and a disk that knows flags");
        return;
    }
    let before = snapshot(&real).unwrap();
    assert_eq!(before.facts.flags, immutable);
    // Not taken, because it changed while it was unlocked: protected as it was.
    let place = real.clone();
    let interference = interfere(move |point| {
        if point == "renamed" {
            let caught = fs::read_dir(place.parent().unwrap()).unwrap().next().unwrap().unwrap().path();
            fs::write(caught, "Judged").unwrap();
        }
    });
    changed(&quarantine(&hands, &target));
    drop(interference);
    assert_eq!(snapshot(&real).unwrap().facts.flags, immutable);
    Facts::only_flags(&fs::File::open(&real).unwrap(), 0).unwrap();
    fs::write(&real, "judged").unwrap();
    dress_times(&real);
    Facts::only_flags(&fs::File::open(&real).unwrap(), immutable).unwrap();
    let before = Snapshot { facts: snapshot(&real).unwrap().facts, ..before };
    let kept = done(&quarantine(&hands, &target));
    done(&undo(&hands, ActionType::QuarantineFile, &target, &kept, Conflict::Stop));
    let after = snapshot(&real);
    Facts::only_flags(&fs::File::open(&real).unwrap(), 0).unwrap();
    assert_eq!(after, Some(before));
}

#[test]
fn a_plan_touches_nothing_and_foresees_what_an_order_would_meet() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/tmp/bad", "judged");
    dress(&real);
    let before = snapshot(&real);
    let target = rig.file("/tmp/bad");
    dress(&real);
    let plan = hands.plan(ActionType::QuarantineFile, &target);
    assert_eq!((plan.steps.len(), plan.obstacles.len()), (1, 0), "{plan:?}");
    assert_eq!(snapshot(&real), before);
    fs::write(&real, "other").unwrap();
    assert_eq!(hands.plan(ActionType::QuarantineFile, &target).obstacles[0].code, "changed");
    fs::remove_file(&real).unwrap();
    assert_eq!(hands.plan(ActionType::QuarantineFile, &target).obstacles[0].code, "gone");
    assert_eq!(hands.plan(ActionType::StopService, &target).obstacles[0].code, "unsupported");
    assert!(hands.capability(ActionType::QuarantineFile).is_ok());
    assert!(hands.capability(ActionType::RemoveRegistryKey).unwrap_err().contains("no registry"));
}

#[test]
fn the_program_its_vault_and_its_journal_are_never_taken() {
    let rig = Rig::new();
    // The whole of the test's folder is the device, so that the state lies on it.
    let hands = Hands::open(Root::staged(rig.dir.path()), &rig.state(), clock).unwrap();
    for path in ["/state/vault.key", "/state/journal"] {
        let target = file_target(rig.dir.path(), &path.into());
        failed_with(&quarantine(&hands, &target), "protected");
    }
    let program = std::env::current_exe().unwrap();
    let live = Hands::open(Root::this_computer(), &rig.dir.path().join("live"), clock).unwrap();
    let path = DevicePath::from_bytes(program.as_os_str().as_encoded_bytes());
    failed_with(&quarantine(&live, &file_target(Path::new("/"), &path)), "protected");
    assert!(program.exists() && rig.state().join("vault.key").exists());
}

/// Whoever owns the file can make it longer than any disk at no cost: nothing may read it to its end.
#[test]
fn a_file_without_end_is_refused_and_does_not_hold_us_up() {
    let rig = Rig::new();
    let hands = Hands::open(Root::staged(rig.root()), &rig.state(), clock).unwrap();
    let real = rig.write("/tmp/bad", "judged");
    let target = rig.file("/tmp/bad");
    let stretch = |path: &Path| fs::File::options().write(true).open(path).unwrap().set_len(1 << 43).unwrap();
    stretch(&real);
    failed_with(&quarantine(&hands, &target), "vault_refused");
    fs::File::options().write(true).open(&real).unwrap().set_len(6).unwrap();
    let place = real.clone();
    let interference = interfere(move |point| {
        if point == "armed" {
            stretch(&place);
        }
    });
    changed(&quarantine(&hands, &target));
    drop(interference);
    assert_eq!(fs::metadata(&real).unwrap().len(), 1 << 43);
    let crontab = line_target("/tmp/bad", "x", 0);
    failed_with(&apply(&hands, ActionType::RemoveScheduledTask, &crontab), "bad_target");
}
