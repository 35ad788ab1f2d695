//! Broken rules, broken databases, broken copies: a clear word, and nothing lost.
use crate::staged::{BAD, CORE, Home, OTHER, TEMP, ask, evidence, until, write};
use assize_domain::{
    action::ActionStatus, group::AutomationLevel, indicator::IndicatorAction, investigation::InvestigationStatus,
    order::Conflict, verdict::Verdict,
};
use assize_engine::door::{ListIndicators, ListQuarantine, RemoveIndicator, Tab, VerifyQuarantine};
use assize_tests::Ctl;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

const RULE: &str = r#"rule shop_parcel {
    meta:
        description = "A text that this test planted."
        verdict = "Malicious"
    strings:
        $text = "a parcel nobody ordered"
    condition:
        $text
}"#;

/// Bad input: rule files that do not compile.
#[test]
fn a_broken_rule_file_is_named_and_the_others_still_hold() {
    let home = Home::at(AutomationLevel::SemiAll);
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("good.yar", RULE),
        ("broken.yar", "rule half { condition: and"),
        ("lists.hdb", "no hash here\n"),
        ("README.md", "These are our rules."),
    ] {
        write(&folder.path().join(name), text);
    }
    let answer = home.ctl().ask(&["rules", "add", folder.path().to_str().unwrap()]);
    let names = |list: &str, key: &str| -> Vec<String> {
        answer[list].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
    };
    let file = |path: &String| Path::new(path).file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names("added", "file").iter().map(file).collect::<Vec<_>>(), ["good.yar"]);
    assert_eq!(names("failed", "file").iter().map(file).collect::<Vec<_>>(), ["broken.yar", "lists.hdb"]);
    assert!(names("failed", "error").iter().all(|e| !e.is_empty()), "each with its reason: {answer}");

    let device = home.device("shop");
    device.plant(TEMP, "This is a parcel nobody ordered.\n");
    let found = device.investigate();
    let item = evidence(&found, TEMP);
    assert_eq!(item.verdict, Verdict::Malicious, "the good rule holds");
    assert_eq!(item.reasons[0].rule.as_deref(), Some("shop_parcel"));
}

#[test]
fn when_no_rule_file_can_be_used_the_call_is_refused_and_says_why() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("broken.yar"), "rule half { condition: and");
    let ctl = home.ctl();
    let refusal = ctl.refused(&["rules", "add", folder.path().join("broken.yar").to_str().unwrap()]);
    assert_eq!((refusal.status, refusal.code.as_str()), (1, "no_rules_added"));
    assert!(refusal.message.contains("broken.yar"), "{refusal:?}");
    let refusal = ctl.refused(&["rules", "add", folder.path().join("absent.yar").to_str().unwrap()]);
    assert!(refusal.message.contains("absent.yar"), "{refusal:?}");
    assert_eq!(ctl.ask(&["rules", "list"])["rules"].as_array().map(Vec::len), Some(0));
}

/// Bad input: a database from a newer version.
#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("assize.db");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("journeys/newer.db"), &database).unwrap();
    let before = fs::read(&database).unwrap();
    let refusal = Ctl::on(folder.path()).refused(&["action", "list"]);
    assert_eq!((refusal.status, refusal.code.as_str()), (1, "database_newer"), "{refusal:?}");
    assert!(!refusal.hint.is_empty(), "it says what to do");
    assert_eq!(fs::read(&database).unwrap(), before, "not a byte of it was changed");
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("assize.db");
    let text = "These are the accounts of the year, not a database. ".repeat(200);
    write(&database, &text);
    let refusal = Ctl::on(folder.path()).refused(&["status"]);
    assert_eq!((refusal.status, refusal.code.as_str()), (1, "database_damaged"), "{refusal:?}");
    assert_eq!(fs::read_to_string(&database).unwrap(), text);
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("file"), "in the way");
    let refusal = Ctl::on(folder.path().join("file/data")).refused(&["status"]);
    assert_eq!((refusal.status, refusal.code.as_str()), (1, "data_folder"), "{refusal:?}");
}

/// The sealed copies of all devices of a data folder.
fn copies(data: &Path) -> Vec<PathBuf> {
    let devices = fs::read_dir(data.join("devices")).unwrap().map(|d| d.unwrap().path().join("vault"));
    let items = devices.filter_map(|vault| fs::read_dir(vault).ok()).flatten().map(|item| item.unwrap().path());
    items.filter(|path| path.extension().is_none()).collect()
}

/// Bad input: a vault item with a flipped bit.
#[test]
fn a_kept_copy_with_a_flipped_bit_is_found_and_never_put_back() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(OTHER, BAD);
    let done = device.action_about(OTHER);
    assert_eq!(done.status, ActionStatus::Completed);
    let kept = copies(&home.data());
    let [copy] = kept.as_slice() else { panic!("one copy is kept: {kept:?}") };
    let mut sealed = fs::read(copy).unwrap();
    let middle = sealed.len() / 2;
    sealed[middle] ^= 0x10;
    fs::write(copy, sealed).unwrap();

    let check = ask!(home, VerifyQuarantine {});
    assert_eq!((check.checked, check.damaged.len()), (1, 1));
    let refusal = home.ctl().refused(&["quarantine", "verify"]);
    assert_eq!(refusal.status, 1);
    assert!(!refusal.message.is_empty() && !refusal.code.is_empty(), "{refusal:?}");

    for indicator in ask!(home, ListIndicators {}).indicators {
        ask!(home, RemoveIndicator { id: indicator.id });
    }
    let after = home.undo(&done.id, Conflict::Stop);
    assert_eq!(after.status, ActionStatus::UndoFailed, "{:?}", after.result);
    assert!(after.result.is_some_and(|f| !f.message.is_empty()), "it says why");
    assert!(!device.has(OTHER), "no altered file is put back");
    assert_eq!(copies(&home.data()), kept, "and the damaged copy is not thrown away");
}

/// M145: killed in the middle of carrying out, everything is either as before or as after, and the next start ends it.
#[test]
fn a_process_killed_while_it_acts_loses_nothing_and_the_next_one_goes_on() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    let paths: Vec<String> = (0..40).map(|n| format!("/srv/goods/parcel-{n:02}")).collect();
    for path in &paths {
        device.plant(path, BAD);
    }
    device.investigate();
    let ids: Vec<String> = home.tab(Tab::Pending).into_iter().map(|a| a.id.0).collect();
    assert_eq!(ids.len(), paths.len());
    let left = || paths.iter().filter(|p| device.has(p)).count();

    let ctl = home.ctl();
    let mut words = vec!["action", "approve"];
    words.extend(ids.iter().map(String::as_str));
    let mut command = ctl.command(&words);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the first file goes", || left() < paths.len());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(left() > 0, "it was killed in the middle");

    // Whatever is not at its place is kept, readable.
    let check = ask!(home, VerifyQuarantine {});
    assert!(check.damaged.is_empty(), "{:?}", check.damaged);
    for path in paths.iter().filter(|p| !device.has(p)) {
        assert!(check.items.iter().any(|i| i.path.as_str() == path), "{path} is neither here nor kept");
    }

    // The next call of any kind puts it right: what was approved stays approved.
    ctl.ask(&["status"]);
    let history = ctl.ask(&["action", "list", "--tab", "history", "--limit", "200"]);
    let ended: Vec<&str> =
        history["actions"].as_array().unwrap().iter().map(|a| a["status"].as_str().unwrap()).collect();
    assert_eq!(ended, vec!["completed"; paths.len()]);
    assert_eq!(left(), 0);

    for indicator in ask!(home, ListIndicators {}).indicators {
        ask!(home, RemoveIndicator { id: indicator.id });
    }
    let mut undo = vec!["action", "undo"];
    undo.extend(ids.iter().map(String::as_str));
    ctl.ask(&undo);
    for path in &paths {
        assert_eq!(fs::read_to_string(device.real(path)).unwrap(), BAD, "{path} is back");
    }
    assert!(ask!(home, ListQuarantine {}).items.is_empty());
}

/// A device whose folder went away waits; nothing fails, nothing is forgotten.
#[test]
fn an_approval_for_a_device_that_is_away_waits_for_it() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("stick");
    device.plant(OTHER, BAD);
    let waits = device.action_about(OTHER);
    let root = device.real("");
    let aside = root.with_extension("unplugged");
    fs::rename(&root, &aside).unwrap();
    let approved = home.approve(&waits.id);
    assert_eq!(approved.status, ActionStatus::WaitingForDevice, "{:?}", approved.result);
    fs::rename(&aside, &root).unwrap();
    home.engine.drive_what_is_due().unwrap();
    assert_eq!(home.action(&waits.id).action.status, ActionStatus::Completed);
    assert!(!device.has(OTHER));
}

/// An allowed file is left alone by everything else.
#[test]
fn what_a_person_allows_is_not_judged_bad_by_a_rule() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(CORE, BAD);
    let bad = ask!(home, ListIndicators {}).indicators.into_iter().find(|i| i.title == "Known bad").unwrap();
    ask!(home, RemoveIndicator { id: bad.id });
    home.know(&bad.value, IndicatorAction::Allow, "Our own tool");
    let found = device.investigate();
    assert_eq!(found.state, InvestigationStatus::Benign, "{:?}", found.evidence);
    assert!(device.has(CORE) && found.actions.is_empty());
}
