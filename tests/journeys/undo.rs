//! Taking back (M68, M72, M75).
use crate::staged::{BAD, Home, ODD, OTHER, TEMP, age, ask, mark};
use assize_domain::{
    action::ActionStatus, group::AutomationLevel, id::ActionId, indicator::IndicatorAction, order::Conflict,
    remedy::ActionType,
};
use assize_engine::{
    door::{ListIndicators, ListQuarantine, RemoveIndicator, ShowInvestigation, Tab},
    view::Action,
};
use std::fs;

/// What would be caught again at once is not put back: the indicators go first, as a person would do it.
fn forget_indicators(home: &Home) {
    for indicator in ask!(home, ListIndicators {}).indicators {
        if indicator.action != IndicatorAction::Warn {
            ask!(home, RemoveIndicator { id: indicator.id });
        }
    }
}

/// A file treated by itself, its indicator forgotten afterwards.
fn treated(home: &Home, path: &str, mode: u32) -> ActionId {
    let device = home.device("shop");
    device.plant(path, BAD);
    age(&device.real(path), mode);
    let done = device.action_about(path);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    forget_indicators(home);
    done.id
}

/// M68
#[test]
fn a_quarantined_file_comes_back_with_its_bytes_permissions_and_times() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    for (path, mode) in [(TEMP, 0o755), (OTHER, 0o640), ("/srv/goods/own", 0o4711), ("/tmp/a b\u{202E}c", 0o600)] {
        device.plant(path, BAD);
        age(&device.real(path), mode);
    }
    let paths = [TEMP, OTHER, "/srv/goods/own", "/tmp/a b\u{202E}c"];
    let before = paths.map(|p| mark(&device.real(p)));
    let found = device.investigate();
    assert_eq!(found.actions.len(), paths.len());
    assert!(paths.iter().all(|p| !device.has(p)), "all of them are away");
    assert_eq!(ask!(home, ListQuarantine {}).items.len(), paths.len());

    forget_indicators(&home);
    for action in &found.actions {
        let undone = home.undo(&action.id, Conflict::Stop);
        assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
        assert!(!undone.undo.possible, "it cannot be undone twice");
        assert_eq!(undone.undone_by.as_ref(), Some(&home.person.name));
    }
    assert_eq!(paths.map(|p| mark(&device.real(p))), before, "exactly as they were");
    assert!(ask!(home, ListQuarantine {}).items.is_empty(), "and no longer listed as kept");
    let investigation = ask!(home, ShowInvestigation { id: found.id });
    assert_eq!(investigation.state, found.state, "what was reached stays reached");
    assert_eq!(investigation.undone, 4, "the badge says how much was taken back");
}

/// Spec 5.2 rule 5
#[test]
fn what_a_block_list_names_is_not_put_back_before_it_is_off_the_list() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let done = device.action_about(TEMP);
    let refused = home.undo_refused(&done.id);
    assert_eq!(refused.code, "still_blocked");
    assert!(refused.message.contains("Known bad"), "the indicator is named: {}", refused.message);
    assert!(!device.has(TEMP));
    assert_eq!(home.action(&done.id).action.status, ActionStatus::Completed);
}

/// M68: what has been put in its place meanwhile is never lost.
#[test]
fn a_place_that_is_taken_stops_the_undo_unless_a_person_says_how() {
    let home = Home::at(AutomationLevel::Full);
    let id = treated(&home, OTHER, 0o644);
    let root = home.data().parent().unwrap().join("shop");
    let place = root.join(OTHER.trim_start_matches('/'));
    fs::write(&place, "Somebody else's.\n").unwrap();

    let stopped = home.undo(&id, Conflict::Stop);
    assert_eq!(stopped.status, ActionStatus::UndoFailed, "{:?}", stopped.result);
    assert_eq!(fs::read_to_string(&place).unwrap(), "Somebody else's.\n", "nothing was touched");
    assert!(stopped.undo.possible, "and it can be asked for again");

    let both = home.undo(&id, Conflict::KeepBoth);
    assert_eq!(both.status, ActionStatus::Undone, "{:?}", both.result);
    let mut texts: Vec<String> = fs::read_dir(place.parent().unwrap())
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    texts.sort();
    assert_eq!(texts, ["Somebody else's.\n", BAD], "both are there");
}

const TABLE: &str = "# keep the shop running\nSHELL=/bin/sh\n0 5 * * * ann /usr/bin/true\n*/5 * * * * root /tmp/parcel\n30 6 * * 1 root /usr/bin/true\n";

/// M72
#[test]
fn a_removed_task_comes_back_as_the_exact_line_it_was() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant("/etc/crontab", TABLE);
    age(&device.real("/etc/crontab"), 0o644);
    let before = mark(&device.real("/etc/crontab"));
    let found = device.investigate();
    let task: &Action =
        found.actions.iter().find(|a| a.kind == ActionType::RemoveScheduledTask).expect("the line goes");
    assert_eq!(task.status, ActionStatus::Completed, "{:?}", task.result);
    let now = fs::read_to_string(device.real("/etc/crontab")).unwrap();
    assert!(!now.contains(TEMP), "the line is out: {now}");
    assert!(now.contains("ann /usr/bin/true") && now.contains("30 6 * * 1"), "its neighbours stay: {now}");

    let undone = home.undo(&task.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert_eq!(mark(&device.real("/etc/crontab")), before, "bytes, permissions and times");
}

/// M72: a task that is a whole file.
#[test]
fn a_removed_cron_file_comes_back_whole() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant("/etc/cron.d/parcel", &format!("MAILTO=\"\"\n*/5 * * * * root {TEMP} --quiet\n"));
    age(&device.real("/etc/cron.d/parcel"), 0o600);
    let before = mark(&device.real("/etc/cron.d/parcel"));
    let found = device.investigate();
    let task = found.actions.iter().find(|a| a.kind == ActionType::RemoveScheduledTask).expect("the task goes");
    let active = fs::read_to_string(device.real("/etc/cron.d/parcel")).unwrap_or_default();
    assert!(!active.contains(TEMP), "nothing starts it any more: {active}");
    let undone = home.undo(&task.id, Conflict::Stop);
    assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
    assert_eq!(mark(&device.real("/etc/cron.d/parcel")), before);
}

/// M75
#[test]
fn an_ended_process_offers_no_undo_and_says_why() {
    let why = ActionType::KillProcess.never_undone().expect("there is a reason");
    assert!(why.contains("memory"), "in words a person understands: {why}");

    // The practice range runs harmless processes of its own; its folder can never reach a real device.
    let home = Home::at(AutomationLevel::SemiAll);
    let ctl = home.ctl();
    let range = ctl.ask(&["practice", "make"]);
    let found = ctl.ask(&["investigate", range["id"].as_str().unwrap()]);
    let kill = home.tab(Tab::Pending).into_iter().find(|a| a.kind == ActionType::KillProcess);
    let Some(kill) = kill else {
        ctl.ask(&["practice", "remove"]);
        panic!("the range has a process to end: {found}");
    };
    let done = home.approve(&kill.id);
    let refused = home.undo_refused(&kill.id);
    ctl.ask(&["practice", "remove"]);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    assert!(!done.undo.possible);
    assert_eq!(done.undo.reason.as_deref(), Some(why));
    assert_eq!((refused.code.as_str(), refused.message.as_str()), ("cannot_undo", why));
}

#[test]
fn a_declined_item_has_nothing_to_undo() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(TEMP, ODD);
    let waits = device.action_about(TEMP);
    assert!(!home.action(&waits.id).action.undo.possible);
    home.reject(&waits.id);
    assert_eq!(home.undo_refused(&waits.id).code, "cannot_undo");
}
