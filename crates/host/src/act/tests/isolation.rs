//! Isolation in a network of its own: what passes and what does not, who else set what, and that everything comes back.
use super::{
    network::{cable, datagram, inside, is_own, received, say, send_frame},
    *,
};
use crate::act::isolation::ruleset::TABLE;
use assize_domain::{mitigation::Holds, question::Truth, target::Isolation};
use std::process::Command;

const KIND: ActionType = ActionType::IsolateDevice;
const DIR: &str = "ASSIZE_TEST_CRASH_DIR";
const VERB: &str = "ASSIZE_TEST_CRASH_VERB";
const ORDER: &str = "ASSIZE_TEST_CRASH_ORDER";
const OTHERS: &str = "table inet others {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t\ttcp dport 7 drop\n\t}\n}\n";

fn full() -> Target {
    Target::Network { isolation: Isolation::Full, until: None }
}

fn selective(allowed: &[&str]) -> Target {
    let allowed = allowed.iter().map(|a| (*a).to_owned()).collect();
    Target::Network { isolation: Isolation::Selective { allowed }, until: None }
}

/// This computer, in a network that leads nowhere.
fn computer(state: &Path) -> Hands {
    assert!(is_own(), "the network of the machine is never touched");
    let mut hands = Hands::open(Root::this_computer(), state, clock).unwrap();
    hands.vault.without_reserve();
    hands
}

fn run_as(hands: &Hands, id: &str, target: &Target) -> Receipt {
    let order = Order::apply(permit(&action(id, KIND, target.clone()), NOW).unwrap(), fresh());
    hands.carry_out(&order)
}

fn undo_as(hands: &Hands, id: &str, target: &Target, kept: Vec<VaultId>) -> Receipt {
    let undoing = undoing(id, KIND, target.clone(), Conflict::Stop).unwrap();
    hands.carry_out(&Order::undo(permit(&undoing, NOW).unwrap(), fresh(), kept, Conflict::Stop))
}

/// What is set, without the numbers that the kernel gives.
fn filter() -> String {
    say("nft", &["list", "ruleset"])
}

fn is_set() -> bool {
    filter().contains(TABLE)
}

fn others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules");
    fs::write(&file, OTHERS).unwrap();
    say("nft", &["-f", file.to_str().unwrap()]);
}

fn holds(hands: &Hands) -> Holds {
    hands.watch().remove(0).holds
}

/// M73, M122, M62, M67: nothing of others is changed, a second one joins, and releasing twice is no error.
#[test]
fn an_isolation_is_set_read_back_joined_and_released() {
    inside("act::tests::isolation::an_isolation_is_set_read_back_joined_and_released", || {
        others();
        cable("v0", "v1");
        let before = filter();
        let folder = tempfile::tempdir().unwrap();
        let hands = computer(folder.path());
        let plan = hands.plan(KIND, &full());
        assert!(
            plan.obstacles.iter().any(|o| o.code == "other_firewall" && o.text.contains("inet others")),
            "{plan:?}"
        );
        assert!(plan.obstacles.iter().all(|o| !o.blocking));
        assert_eq!(filter(), before, "a plan touches nothing");

        let first = run_as(&hands, "one", &full());
        let kept = done(&first);
        assert_eq!(kept.len(), 1);
        let set = filter();
        assert!(set.contains("inet assize_isolation") && set.contains("netdev assize_isolation"), "{set}");
        assert!(set.contains("table inet others"));
        assert_eq!(holds(&hands), Holds::InForce);

        let second = done(&run_as(&hands, "two", &full()));
        assert_eq!(filter(), set, "a doubled isolation sets nothing");
        let watched = hands.watch().remove(0);
        assert_eq!((watched.action.as_str(), watched.earlier), ("two", vec![ActionId("one".into())]));

        done(&undo_as(&hands, "one", &full(), kept.clone()));
        assert_eq!(filter(), before, "exactly as before");
        assert!(hands.watch().is_empty());
        done(&undo_as(&hands, "two", &full(), second));
        assert_eq!(filter(), before);

        // A new one is not lifted by undoing what was released before.
        let third = done(&run_as(&hands, "three", &full()));
        done(&undo_as(&hands, "one", &full(), kept));
        assert!(is_set(), "the newer isolation stands");
        done(&undo_as(&hands, "three", &full(), third));
        assert_eq!(filter(), before);
        assert!(hands.verify_vault().unwrap().iter().all(|c| c.fault.is_none()));
    });
}

/// M122: every kind of exception reads back as it was set, and frames pass only to what was chosen.
#[test]
fn only_chosen_addresses_are_reached_even_by_frames_that_a_program_makes_itself() {
    inside(
        "act::tests::isolation::only_chosen_addresses_are_reached_even_by_frames_that_a_program_makes_itself",
        || {
            cable("v0", "v1");
            let folder = tempfile::tempdir().unwrap();
            let hands = computer(folder.path());
            let arrives = |to: [u8; 4]| {
                let before = received("v1");
                let sent = send_frame("v0", &datagram(to, 9));
                assert!(sent.is_ok() || received("v1") == before);
                received("v1") > before
            };
            assert!(arrives([10, 9, 0, 2]) && arrives([8, 8, 8, 8]), "connected");

            let kept = done(&run_as(&hands, "full", &full()));
            assert!(!arrives([10, 9, 0, 2]) && !arrives([8, 8, 8, 8]), "cut off");
            done(&undo_as(&hands, "full", &full(), kept));
            assert!(arrives([8, 8, 8, 8]), "connected again");

            let some = selective(&["10.9.0.2", "192.168.0.0/16", "2001:db8::1", "fd00::/8", "dhcp"]);
            let kept = done(&run_as(&hands, "some", &some));
            assert!(arrives([10, 9, 0, 2]) && arrives([192, 168, 7, 7]), "chosen");
            assert!(!arrives([8, 8, 8, 8]), "not chosen");
            done(&undo_as(&hands, "some", &some, kept));

            // The same, in another way, replaces it; one release is enough.
            let kept = done(&run_as(&hands, "some", &some));
            done(&run_as(&hands, "full", &full()));
            assert!(!arrives([10, 9, 0, 2]));
            done(&undo_as(&hands, "some", &some, kept));
            assert!(arrives([8, 8, 8, 8]) && !is_set());

            // Name servers of the device alone; here, where there may be none, only that the form is right.
            fs::write(folder.path().join("resolv.conf"), "nameserver 10.9.0.53\nnameserver 2001:db8::53\n").unwrap();
            let mine = folder.path().join("resolv.conf");
            say(
                "mount",
                &["--bind", mine.to_str().unwrap(), fs::canonicalize("/etc/resolv.conf").unwrap().to_str().unwrap()],
            );
            let names = selective(&["dns"]);
            let receipt = run_as(&hands, "names", &names);
            assert!(receipt.steps.iter().any(|s| s.contains("10.9.0.53 and 2001:db8::53")), "{receipt:?}");
            done(&receipt);
            let asks = |to: [u8; 4], port: u16| {
                let before = received("v1");
                let _ = send_frame("v0", &datagram(to, port));
                received("v1") > before
            };
            assert!(asks([10, 9, 0, 53], 53) && !asks([10, 9, 0, 53], 80) && !asks([8, 8, 8, 8], 53));
        },
    );
}

/// M122, M145: others take it away, change it, or a new interface comes.
#[test]
fn what_others_change_is_noticed_and_can_be_put_right() {
    inside("act::tests::isolation::what_others_change_is_noticed_and_can_be_put_right", || {
        cable("v0", "v1");
        let folder = tempfile::tempdir().unwrap();
        let hands = computer(folder.path());
        assert!(hands.watch().is_empty());
        let chosen = selective(&["10.9.0.2"]);
        let kept = done(&run_as(&hands, "one", &chosen));
        let set = filter();

        cable("late", "late2");
        assert!(matches!(holds(&hands), Holds::Behind { how } if how.iter().any(|h| h.contains("late"))));
        assert_eq!(hands.reapply().unwrap()[0].holds, Holds::InForce);
        let before = received("late2");
        let _ = send_frame("late", &datagram([8, 8, 8, 8], 9));
        assert_eq!(received("late2"), before, "a late interface is held back too");
        say("ip", &["link", "del", "late"]);
        assert_eq!(holds(&hands), Holds::InForce, "one that is gone is not missed");

        say("nft", &["insert", "rule", "inet", TABLE, "output", "accept"]);
        assert!(matches!(holds(&hands), Holds::Altered { .. }), "{:?}", holds(&hands));
        assert_eq!(hands.reapply().unwrap()[0].holds, Holds::InForce);

        say("nft", &["add", "chain", "inet", TABLE, "output", "{ policy accept; }"]);
        assert!(matches!(holds(&hands), Holds::Altered { .. }), "{:?}", holds(&hands));
        hands.reapply().unwrap();

        say("nft", &["delete", "table", "netdev", TABLE]);
        assert!(matches!(holds(&hands), Holds::Altered { .. }), "{:?}", holds(&hands));
        hands.reapply().unwrap();

        // As after a restart of the computer: nothing is set any more, and a start sets it again.
        say("nft", &["flush", "ruleset"]);
        assert!(matches!(holds(&hands), Holds::Lifted { .. }));
        drop(hands);
        let hands = computer(folder.path());
        assert_eq!(hands.reapply().unwrap()[0].holds, Holds::InForce);
        assert_eq!(filter(), set);

        // Released although others had removed it: no error (M67).
        say("nft", &["flush", "ruleset"]);
        done(&undo_as(&hands, "one", &chosen, kept));
        assert!(!is_set() && hands.reapply().unwrap().is_empty());
    });
}

/// M129: whose time ran out while nobody was there is released by the next start.
#[test]
fn a_start_after_its_time_releases_instead() {
    inside("act::tests::isolation::a_start_after_its_time_releases_instead", || {
        let folder = tempfile::tempdir().unwrap();
        let timed = Target::Network { isolation: Isolation::Full, until: Some(Stamp(NOW.0 + 1000)) };
        let hands = computer(folder.path());
        let kept = done(&run_as(&hands, "one", &timed));
        assert_eq!(hands.reapply().unwrap()[0].until, Some(Stamp(NOW.0 + 1000)));
        drop(hands);
        let late = Hands::open(Root::this_computer(), folder.path(), || Stamp(NOW.0 + 1000)).unwrap();
        assert!(late.reapply().unwrap().is_empty() && !is_set());
        done(&undo_as(&late, "one", &timed, kept));
        failed_with(&run_as(&late, "two", &timed), "bad_target");
        assert!(!is_set());
    });
}

/// M130
#[test]
fn a_folder_has_no_network_to_cut_off() {
    let rig = Rig::new();
    let hands = rig.hands();
    assert!(hands.capability(KIND).is_err());
    assert!(hands.plan(KIND, &full()).obstacles.iter().any(|o| o.blocking && o.code == "unsupported"));
    let receipt = run_as(&hands, "one", &full());
    assert!(matches!(receipt.outcome, ReceiptOutcome::Unsupported { .. }), "{receipt:?}");
    assert!(hands.vault_items().unwrap().is_empty());
}

/// The program that dies.
#[test]
#[ignore = "started by the test below"]
fn one_act_in_a_program_of_its_own() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else { return };
    let order = OrderId(std::env::var(ORDER).unwrap());
    let hands = computer(&dir);
    let receipt = if std::env::var(VERB).unwrap() == "apply" {
        hands.carry_out(&apply_order(&order, KIND, full()))
    } else {
        let kept = hands.vault_items().unwrap().into_iter().map(|i| i.id).collect();
        hands.carry_out(&undo_order(&order, KIND, full(), kept, Conflict::Stop))
    };
    done(&receipt);
}

/// True when it died at that moment, false when it came to its end without passing it.
fn died(dir: &Path, verb: &str, order: &OrderId, point: &str) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "act::tests::isolation::one_act_in_a_program_of_its_own", "--ignored"])
        .env(DIR, dir)
        .env(VERB, verb)
        .env(ORDER, order.as_str())
        .env("ASSIZE_FAIL_POINT", point)
        .output()
        .unwrap();
    use std::os::unix::process::ExitStatusExt;
    let died = output.status.signal() == Some(9);
    assert!(died || output.status.success(), "{point}: {}", String::from_utf8_lossy(&output.stdout));
    died
}

/// M145, M67: isolated or not, never neither, and the next start knows which; also when the computer itself restarted
/// in between, so that the kernel forgot everything.
#[test]
fn an_isolation_or_release_that_dies_at_any_moment_is_whole_after_the_next_start() {
    inside(
        "act::tests::isolation::an_isolation_or_release_that_dies_at_any_moment_is_whole_after_the_next_start",
        || {
            others();
            cable("v0", "v1");
            let before = filter();
            let moments = ["began", "kept", "armed", "made", "placed", "verified", "before-end"];
            for (point, reboots) in moments.into_iter().flat_map(|point| [(point, false), (point, true)]) {
                let folder = tempfile::tempdir().unwrap();
                let order = fresh();
                assert!(died(folder.path(), "apply", &order, point), "{point}");
                if reboots {
                    say("nft", &["flush", "ruleset"]);
                    others();
                }
                let hands = computer(folder.path());
                hands.reapply().unwrap();
                let kept = match hands.truth(&order) {
                    Truth::NeverStarted => {
                        assert_eq!(filter(), before, "isolate, {point}: as before");
                        assert!(
                            hands.vault_items().unwrap().is_empty() && hands.watch().is_empty(),
                            "isolate, {point}"
                        );
                        done(&apply(&hands, KIND, &full()))
                    }
                    Truth::Ended(receipt) => done(&receipt),
                    Truth::Unknown(fault) => panic!("{fault}"),
                };
                assert_eq!(kept.len(), 1);
                assert_eq!(holds(&hands), Holds::InForce, "isolate, {point}: as intended");
                drop(hands);

                let order = fresh();
                assert_eq!(died(folder.path(), "undo", &order, point), point != "kept", "{point}");
                if reboots {
                    say("nft", &["flush", "ruleset"]);
                    others();
                }
                let hands = computer(folder.path());
                hands.reapply().unwrap();
                match hands.truth(&order) {
                    Truth::NeverStarted => {
                        assert_eq!(holds(&hands), Holds::InForce, "release, {point}: as it was");
                        done(&undo(&hands, KIND, &full(), &kept, Conflict::Stop));
                    }
                    Truth::Ended(receipt) => drop(done(&receipt)),
                    Truth::Unknown(fault) => panic!("{fault}"),
                }
                assert_eq!(filter(), before, "release, {point}: as before");
                assert!(hands.watch().is_empty() && hands.vault_items().unwrap()[0].restored, "release, {point}");
            }
        },
    );
}
