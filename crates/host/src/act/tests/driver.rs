//! Drivers: forbidden by a file of ours, taken out of the lists, and everything back exactly.
use super::*;
use crate::act::points::interfere;

const KIND: ActionType = ActionType::DisableDriver;
const RULE: &str = "/etc/modprobe.d/assize-usbmon_ext.conf";

fn plant(rig: &Rig) {
    for (path, text) in [
        ("/etc/modules", "# kernel modules\nloop\nusbmon-ext\n"),
        ("/etc/modules-load.d/usbmon-ext.conf", "# ours\nusbmon_ext\n"),
        ("/etc/modules-load.d/other.conf", "loop\n"),
        ("/usr/lib/modules-load.d/pkg.conf", "usbmon_ext\n"),
        ("/etc/modprobe.d/hook.conf", "options usbmon_ext a=1\ninstall usbmon_ext /tmp/.x/bad\n"),
        ("/lib/modules/6.1.0/extra/usbmon_ext.ko", "module"),
    ] {
        dress(&rig.write(path, text));
    }
    link(rig, "/etc/modules-load.d/modules.conf", "../modules");
}

/// M71, M131
#[test]
fn a_driver_is_forbidden_and_taken_out_of_every_list_and_comes_back() {
    for name in ["usbmon_ext", "usbmon-ext"] {
        let rig = Rig::new();
        let hands = rig.hands();
        plant(&rig);
        let before = tree(&rig);
        let target = driver_target(name);
        let plan = hands.plan(KIND, &target);
        assert_eq!((plan.steps.len(), plan.obstacles.len()), (4, 0), "{plan:?}");
        assert_eq!(tree(&rig), before, "planning touches nothing");
        let receipt = apply(&hands, KIND, &target);
        let kept = done(&receipt);
        let text = |path: &str| text(&rig.real(path));
        assert_eq!(text(RULE).as_deref(), Some("blacklist usbmon_ext\ninstall usbmon_ext /bin/false\n"));
        assert_eq!(text("/etc/modules").as_deref(), Some("# kernel modules\nloop\n"));
        assert_eq!(text("/etc/modules-load.d/usbmon-ext.conf"), None, "nothing else was in it");
        assert_eq!(text("/etc/modprobe.d/hook.conf").as_deref(), Some("options usbmon_ext a=1\n"));
        assert_eq!(text("/usr/lib/modules-load.d/pkg.conf").as_deref(), Some("usbmon_ext\n"), "a package's stays");
        assert!(rig.real("/lib/modules/6.1.0/extra/usbmon_ext.ko").exists());
        gone(&apply(&hands, KIND, &target));
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert_eq!(tree(&rig), before, "{name}");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_system_without_the_folder_of_rules_gets_one_and_loses_it_again() {
    let rig = Rig::new();
    let hands = rig.hands();
    rig.write("/etc/modules-load.d/x.conf", "evil\n");
    let before = tree(&rig);
    let target = driver_target("evil");
    let kept = done(&apply(&hands, KIND, &target));
    assert!(rig.real("/etc/modprobe.d/assize-evil.conf").exists());
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert_eq!(tree(&rig), before);
    // Somebody else put something there since: the folder is theirs by then.
    let kept = done(&apply(&hands, KIND, &target));
    rig.write("/etc/modprobe.d/theirs.conf", "x");
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    assert!(rig.real("/etc/modprobe.d/theirs.conf").exists());
}

#[test]
fn what_somebody_made_of_our_rule_is_only_taken_away_by_choice() {
    let rig = Rig::new();
    let hands = rig.hands();
    plant(&rig);
    let target = driver_target("usbmon_ext");
    let kept = done(&apply(&hands, KIND, &target));
    fs::write(rig.real(RULE), "mine\n").unwrap();
    let receipt = undo(&hands, KIND, &target, &kept, Conflict::Stop);
    // The lists come back, the rule stays and is told.
    assert!(matches!(&receipt.outcome, ReceiptOutcome::Partly { left, .. } if left.len() == 1), "{receipt:?}");
    assert_eq!(fs::read_to_string(rig.real(RULE)).unwrap(), "mine\n");
    let receipt = undo(&hands, KIND, &target, &kept, Conflict::Replace);
    let theirs = done(&receipt);
    assert!(!rig.real(RULE).exists());
    let out = hands.restore_elsewhere(theirs.last().unwrap(), rig.dir.path(), true).unwrap();
    assert_eq!(fs::read_to_string(out).unwrap(), "mine\n", "what somebody made of it is in the vault");
}

#[test]
fn a_part_of_the_kernel_and_what_the_computer_starts_with_are_refused() {
    let rig = Rig::new();
    let hands = rig.hands();
    rig.write("/lib/modules/6.1.0/modules.builtin", "kernel/x/evil-part.ko\n");
    let receipt = apply(&hands, KIND, &driver_target("evil_part"));
    let ReceiptOutcome::Unsupported { reason } = &receipt.outcome else { panic!("{receipt:?}") };
    assert!(reason.contains("By hand"), "{reason}");
    failed_with(&apply(&hands, KIND, &driver_target("ext4")), "protected");
    for name in ["", "a b", "a\nb", "../x", "a/b", "a;b", &"a".repeat(65)] {
        failed_with(&apply(&hands, KIND, &driver_target(name)), "bad_target");
    }
    assert!(!rig.real("/etc").exists(), "nothing was made");
}

/// M151: a list that somebody edits meanwhile keeps what they wrote, and the rule forbids the module all the same.
#[test]
fn a_list_that_changes_meanwhile_is_left_and_told() {
    for moment in ["armed", "placed"] {
        let rig = Rig::new();
        let hands = rig.hands();
        rig.write("/etc/modules", "loop\nevil\n");
        let place = rig.real("/etc/modules");
        let _interference = interfere(move |point| {
            if point == moment {
                fs::write(place.with_extension("new"), "evil\ntheirs\n").unwrap();
                fs::rename(place.with_extension("new"), &place).unwrap();
            }
        });
        let receipt = apply(&hands, KIND, &driver_target("evil"));
        let ReceiptOutcome::Partly { left, .. } = &receipt.outcome else { panic!("{moment}: {receipt:?}") };
        assert!(left.iter().any(|l| l.contains("/etc/modules")), "{left:?}");
        assert_eq!(fs::read_to_string(rig.real("/etc/modules")).unwrap(), "evil\ntheirs\n");
        assert!(rig.real("/etc/modprobe.d/assize-evil.conf").exists());
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    }
}

/// M151: while it is undone, somebody puts a file of theirs at the place of our rule: it goes back to its place.
#[test]
fn a_rule_that_becomes_somebody_elses_while_it_is_undone_is_left() {
    let rig = Rig::new();
    let hands = rig.hands();
    plant(&rig);
    let target = driver_target("usbmon_ext");
    let kept = done(&apply(&hands, KIND, &target));
    let place = rig.real(RULE);
    let mut armed = 0;
    let interference = interfere(move |point| {
        // The rule is what is brought back last: four copies, one by one.
        armed += u32::from(point == "armed");
        if point == "armed" && armed == 4 {
            fs::write(place.with_extension("new"), "theirs\n").unwrap();
            fs::rename(place.with_extension("new"), &place).unwrap();
        }
    });
    let receipt = undo(&hands, KIND, &target, &kept, Conflict::Stop);
    drop(interference);
    assert!(matches!(&receipt.outcome, ReceiptOutcome::Partly { left, .. } if left.len() == 1), "{receipt:?}");
    assert_eq!(fs::read_to_string(rig.real(RULE)).unwrap(), "theirs\n");
    assert_eq!(fs::read_to_string(rig.real("/etc/modules")).unwrap(), "# kernel modules\nloop\nusbmon-ext\n");
    assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
}

mod law {
    use super::*;
    use proptest::prelude::*;

    /// Lines of a list of modules: the one meant in its spellings, others, comments, blanks, words after the name.
    fn list() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            Just("bad_one"),
            Just("bad-one"),
            Just("  bad_one index=1"),
            Just("bad_one_more"),
            Just("loop"),
            Just("# bad_one"),
            Just("; x"),
            Just(""),
        ];
        (proptest::collection::vec(line, 0..6), prop::bool::ANY)
            .prop_map(|(lines, ends)| if ends { lines.join("\n") + "\n" } else { lines.join("\n") })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever the lists hold: no line loads the module any more, every other line stands, and undo is exact (M71).
        #[test]
        fn undo_of_disable_is_as_before(first in list(), second in list(), folder in prop::bool::ANY) {
            let rig = Rig::in_memory();
            let hands = rig.hands();
            let lists = ["/etc/modules", "/etc/modules-load.d/x.conf"];
            for (path, text) in lists.iter().zip([&first, &second]) {
                dress(&rig.write(path, text));
            }
            if folder {
                fs::create_dir_all(rig.real("/etc/modprobe.d")).unwrap();
            }
            let before = tree(&rig);
            let target = driver_target("bad-one");
            let kept = done(&apply(&hands, KIND, &target));
            let names_it = |line: &str| line.split_whitespace().next().is_some_and(|w| w.replace('-', "_") == "bad_one");
            for (path, was) in lists.iter().zip([&first, &second]) {
                let rest: Vec<&str> = was.lines().filter(|l| !names_it(l)).collect();
                match text(&rig.real(path)) {
                    Some(now) => prop_assert_eq!(now.lines().collect::<Vec<_>>(), rest),
                    None => prop_assert!(rest.iter().all(|l| l.is_empty() || l.starts_with(['#', ';'])), "{:?}", was),
                }
            }
            done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
            prop_assert_eq!(tree(&rig), before);
            prop_assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
        }
    }
}
