//! Remove persistence: the line or the file goes, every other byte stays, and all of it comes back.
use super::*;
use crate::act::points::interfere;
use StartupKind::*;

const KIND: ActionType = ActionType::RemovePersistence;
const BAD: &str = "(/tmp/.x/bad 900 >/dev/null 2>&1 &)";

/// M131: each kind of file in its own words.
#[test]
fn the_line_of_every_kind_goes_alone_and_comes_back() {
    let rig = Rig::new();
    let hands = rig.hands();
    for (kind, path, before, line, after) in [
        (
            ShellProfile,
            "/home/u/.bashrc",
            "# mine\nalias a=b\nBAD\nexport X=1\n",
            BAD,
            "# mine\nalias a=b\nexport X=1\n",
        ),
        (ShellProfile, "/etc/profile.d/x.sh", "if a; then\n  b\n  BAD\nfi\n", "  BAD", "if a; then\n  b\nfi\n"),
        (ShellProfile, "/etc/profile.d/y.sh", "if a; then\n\tBAD\nfi\n", "\tBAD", "if a; then\n\t:\nfi\n"),
        (Preload, "/etc/ld.so.preload", "/usr/lib/good.so\n/tmp/bad.so\n", "/tmp/bad.so", "/usr/lib/good.so\n"),
        (
            AuthorizedKey,
            "/home/u/.ssh/authorized_keys",
            "ssh-rsa A me\nssh-rsa B evil",
            "ssh-rsa B evil",
            "ssh-rsa A me\n",
        ),
        (
            UdevRule,
            "/etc/udev/rules.d/9.rules",
            "A==\"b\", C=\"d\"\nRUN+=\"/tmp/x\"\n",
            "RUN+=\"/tmp/x\"",
            "A==\"b\", C=\"d\"\n",
        ),
        (ModuleList, "/etc/modules-load.d/x.conf", "loop\nevil\n", "evil", "loop\n"),
    ] {
        let (before, line) = (before.replace("BAD", BAD), line.replace("BAD", BAD));
        let real = rig.write(path, &before);
        dress(&real);
        let whole = tree(&rig);
        let target = startup_target(kind, path, &line, 0);
        let plan = hands.plan(KIND, &target);
        assert_eq!((plan.steps.len(), plan.obstacles.len()), (1, 0), "{path}: {plan:?}");
        assert_eq!(tree(&rig), whole, "{path}: planning touches nothing");
        let kept = done(&apply(&hands, KIND, &target));
        assert_eq!(fs::read_to_string(&real).unwrap(), after.replace("BAD", BAD), "{path}");
        gone(&apply(&hands, KIND, &target));
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert_eq!(tree(&rig), whole, "{path}");
    }
}

/// Spec 5.0: an empty shell left behind would look like something that still exists.
#[test]
fn what_would_be_left_with_comments_only_goes_whole() {
    let rig = Rig::new();
    let hands = rig.hands();
    for (kind, path, text, line) in [
        (ShellProfile, "/etc/profile.d/zz-locale.sh", "# locale helper\n(/tmp/.x/bad &)\n", "(/tmp/.x/bad &)"),
        (Preload, "/etc/ld.so.preload", "/tmp/bad.so\n", "/tmp/bad.so"),
        (ModuleList, "/etc/modules-load.d/x.conf", "; list\n# list\nevil\n", "evil"),
        (AuthorizedKey, "/root/.ssh/authorized_keys", "ssh-rsa B evil\n\n", "ssh-rsa B evil"),
    ] {
        let real = rig.write(path, text);
        dress(&real);
        let before = tree(&rig);
        let target = startup_target(kind, path, line, 0);
        let kept = done(&apply(&hands, KIND, &target));
        assert!(!real.exists(), "{path}");
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert_eq!(tree(&rig), before, "{path}");
    }
}

/// The systems own files stay, whatever is left in them.
#[test]
fn a_file_of_the_system_keeps_its_place_without_the_line() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write("/etc/profile", "# system\n/tmp/.x/bad &\n");
    let target = startup_target(ShellProfile, "/etc/profile", "/tmp/.x/bad &", 0);
    let kept = done(&apply(&hands, KIND, &target));
    assert_eq!(fs::read_to_string(&real).unwrap(), "# system\n");
    done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
    failed_with(
        &apply(&hands, KIND, &startup_file_target(ShellProfile, "/etc/profile", b"# system\n/tmp/.x/bad &\n")),
        "protected",
    );
}

#[test]
fn a_profile_is_never_left_with_half_a_block() {
    let rig = Rig::new();
    let hands = rig.hands();
    let text = "if /tmp/.x/bad; then\n  :\nfi\n";
    let real = rig.write("/home/u/.profile", text);
    let target = startup_target(ShellProfile, "/home/u/.profile", "if /tmp/.x/bad; then", 0);
    assert_eq!(hands.plan(KIND, &target).obstacles[0].code, "half_block");
    failed_with(&apply(&hands, KIND, &target), "half_block");
    assert_eq!(fs::read_to_string(&real).unwrap(), text);
    assert!(hands.vault_items().unwrap().is_empty());
}

#[test]
fn a_whole_file_goes_by_its_digest() {
    let rig = Rig::new();
    let hands = rig.hands();
    for (kind, path) in [
        (Autostart, "/home/u/.config/autostart/a.desktop"),
        (InitScript, "/etc/init.d/evil"),
        (UdevRule, "/etc/udev/rules.d/z.rules"),
    ] {
        let real = rig.write(path, "judged");
        dress(&real);
        let before = tree(&rig);
        let target = startup_file_target(kind, path, b"judged");
        let kept = done(&apply(&hands, KIND, &target));
        assert!(!real.exists());
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert_eq!(tree(&rig), before);
        fs::write(&real, "changed").unwrap();
        changed(&apply(&hands, KIND, &target));
    }
}

/// M151: at every moment somebody else may come to the place; nothing of theirs is lost.
#[test]
fn whoever_edits_the_file_meanwhile_loses_nothing() {
    for moment in ["began", "kept", "made", "armed", "renamed", "compared", "removed", "verified"] {
        let rig = Rig::new();
        let hands = rig.hands();
        let real = rig.write("/home/u/.bashrc", format!("a\n{BAD}\n"));
        let place = real.clone();
        let _interference = interfere(move |point| {
            if point == moment {
                fs::write(place.with_extension("new"), "theirs\n").unwrap();
                fs::rename(place.with_extension("new"), &place).unwrap();
            }
        });
        let receipt = apply(&hands, KIND, &startup_target(ShellProfile, "/home/u/.bashrc", BAD, 0));
        // Before the swap it is another file; after it, theirs came later and stands.
        assert_eq!(fs::read_to_string(&real).unwrap(), "theirs\n", "{moment}: {receipt:?}");
        let beside: Vec<_> = fs::read_dir(rig.real("/home/u")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(beside.len(), 1, "{moment}: {beside:?}");
    }
}

/// The same while the line comes back: their file stands, and nothing of ours is left beside it.
#[test]
fn whoever_edits_the_file_while_the_line_comes_back_loses_nothing() {
    for moment in ["began", "made", "armed", "renamed", "compared", "removed"] {
        let rig = Rig::new();
        let hands = rig.hands();
        let real = rig.write("/home/u/.bashrc", format!("a\n{BAD}\n"));
        let target = startup_target(ShellProfile, "/home/u/.bashrc", BAD, 0);
        let kept = done(&apply(&hands, KIND, &target));
        let place = real.clone();
        let _interference = interfere(move |point| {
            if point == moment {
                fs::write(place.with_extension("new"), "theirs\n").unwrap();
                fs::rename(place.with_extension("new"), &place).unwrap();
            }
        });
        let receipt = undo(&hands, KIND, &target, &kept, Conflict::Stop);
        assert_eq!(fs::read_to_string(&real).unwrap(), "theirs\n", "{moment}: {receipt:?}");
        assert_eq!(fs::read_dir(rig.real("/home/u")).unwrap().count(), 1, "{moment}");
    }
}

mod law {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Undoing the removal of any line of any file of lines is exact (M131, M68).
        #[test]
        fn undo_of_remove_is_as_before(
            lines in proptest::collection::vec("[ -~]{0,12}", 1..6),
            at in any::<proptest::sample::Index>(),
            ends in prop::bool::ANY,
            mode in 0o400u32..0o777,
        ) {
            let rig = Rig::in_memory();
            let hands = rig.hands();
            let mut text = lines.join("\n");
            if ends {
                text.push('\n');
            }
            let real = rig.write("/etc/modules-load.d/x.conf", &text);
            dress(&real);
            fs::set_permissions(&real, fs::Permissions::from_mode(mode | 0o400)).unwrap();
            let line = at.get(&lines);
            prop_assume!(!line.is_empty());
            let occurrence = lines.iter().take_while(|l| !std::ptr::eq(*l, line)).filter(|l| *l == line).count();
            let before = tree(&rig);
            let target = startup_target(ModuleList, "/etc/modules-load.d/x.conf", line, u32::try_from(occurrence).unwrap());
            let kept = done(&apply(&hands, KIND, &target));
            let after = fs::read_to_string(&real).unwrap_or_default();
            let had = lines.iter().filter(|l| *l == line).count();
            let has = after.lines().filter(|l| l == line).count();
            prop_assert!(has + 1 == had || !real.exists(), "{:?} → {:?}", text, after);
            done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
            prop_assert_eq!(tree(&rig), before);
        }
    }
}
