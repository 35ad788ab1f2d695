//! What was approved is exactly what is acted on (M63, M151).
use crate::staged::{BAD, Home, OTHER, TEMP, write};
use assize_domain::{action::ActionStatus, group::AutomationLevel};
use assize_engine::{door::Tab, view::Action};
use std::{fs, os::unix::fs::symlink, path::Path};

/// Something happens to the file between verdict and approval.
fn approved_after(change: impl FnOnce(&Path)) -> (Home, Action) {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(OTHER, BAD);
    let waits = device.action_about(OTHER);
    change(&device.real(OTHER));
    let after = home.approve(&waits.id);
    (home, after)
}

/// Back to Pending, marked, with what it was and what it is.
fn is_stale(home: &Home, after: &Action) {
    assert_eq!(after.status, ActionStatus::PendingApproval, "{:?}", after.result);
    let stale = after.stale.as_ref().expect("it is marked as changed");
    assert!(!stale.was.is_empty() && stale.was != stale.now, "{stale:?}");
    assert!(after.decided_by.is_none(), "the old approval is of the old file");
    assert_eq!(home.tab(Tab::Pending).len(), 1);
}

/// M63, M151
#[test]
fn a_file_that_was_written_anew_is_not_quarantined_under_the_old_verdict() {
    let (home, after) = approved_after(|path| write(path, "The accounts of the year.\n"));
    is_stale(&home, &after);
    let path = home.data().parent().unwrap().join("shop").join(OTHER.trim_start_matches('/'));
    assert_eq!(fs::read_to_string(path).unwrap(), "The accounts of the year.\n", "nothing was touched");
}

/// M151: the same bytes in another file are another file.
#[test]
fn a_file_that_was_exchanged_for_one_with_the_same_bytes_is_asked_about_again() {
    let (home, after) = approved_after(|path| {
        let aside = path.with_extension("new");
        write(&aside, BAD);
        fs::rename(&aside, path).unwrap();
    });
    is_stale(&home, &after);
    let path = home.data().parent().unwrap().join("shop").join(OTHER.trim_start_matches('/'));
    assert_eq!(fs::read_to_string(path).unwrap(), BAD, "nothing was touched");
}

/// M63, bad input: a link now stands where the file was.
#[test]
fn a_file_that_was_replaced_by_a_link_harms_neither_the_link_nor_where_it_leads() {
    let elsewhere = tempfile::tempdir().unwrap();
    let innocent = elsewhere.path().join("accounts");
    write(&innocent, BAD);
    let (home, after) = approved_after(|path| {
        fs::remove_file(path).unwrap();
        symlink(&innocent, path).unwrap();
    });
    assert_ne!(after.status, ActionStatus::Completed, "{after:?}");
    assert_eq!(fs::read_to_string(&innocent).unwrap(), BAD, "the file behind the link is untouched");
    let path = home.data().parent().unwrap().join("shop").join(OTHER.trim_start_matches('/'));
    assert_eq!(fs::read_link(path).unwrap(), innocent, "the link is where it was");
}

/// The same with a link in place of a folder on the way.
#[test]
fn a_folder_on_the_way_that_was_replaced_by_a_link_leads_nowhere() {
    let elsewhere = tempfile::tempdir().unwrap();
    let innocent = elsewhere.path().join("parcel");
    write(&innocent, BAD);
    let (_home, after) = approved_after(|path| {
        let folder = path.parent().unwrap();
        fs::rename(folder, folder.with_extension("old")).unwrap();
        symlink(elsewhere.path(), folder).unwrap();
    });
    assert_ne!(after.status, ActionStatus::Completed, "{after:?}");
    assert_eq!(fs::read_to_string(&innocent).unwrap(), BAD, "the file behind the link is untouched");
}

/// T31: nothing is left to act on.
#[test]
fn a_file_that_is_gone_is_skipped_and_not_called_done() {
    let (_home, after) = approved_after(|path| fs::remove_file(path).unwrap());
    assert_eq!(after.status, ActionStatus::Skipped, "{:?}", after.result);
    assert!(!after.undo.possible, "nothing was changed");
}

/// M151: a crontab line that was edited is not the line that was approved.
#[test]
fn a_task_that_was_edited_meanwhile_is_asked_about_again() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant("/etc/crontab", &format!("*/5 * * * * root {TEMP}\n"));
    device.investigate();
    let task = home.tab(Tab::Pending).into_iter().find(|a| a.kind.code() == "remove_scheduled_task").expect("asked");
    let edited = "*/5 * * * * root /usr/bin/true\n";
    device.plant("/etc/crontab", edited);
    let after = home.approve(&task.id);
    assert_ne!(after.status, ActionStatus::Completed, "{after:?}");
    assert_eq!(fs::read_to_string(device.real("/etc/crontab")).unwrap(), edited, "nothing was touched");
}
