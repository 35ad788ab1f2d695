//! What happens by itself and what waits: levels and verdicts (M2–M11, M24).
use crate::staged::{BAD, CORE, Home, ODD, OTHER, TEMP, about, ask};
use assize_domain::{
    action::ActionStatus,
    group::{AutomationLevel, UNGROUPED},
    verdict::Verdict,
};
use assize_engine::door::{AddGroup, AssignDevice, Tab};

const DOWNLOADS: &str = "/home/ann/Downloads/parcel";
const PLACES: [&str; 4] = [TEMP, DOWNLOADS, CORE, OTHER];

/// A malicious file in each place: whether it was treated by itself or waits.
fn malicious(level: AutomationLevel) -> [ActionStatus; 4] {
    let home = Home::at(level);
    let device = home.device("shop");
    for place in PLACES {
        device.plant(place, BAD);
    }
    let found = device.investigate();
    PLACES.map(|place| {
        let action = about(&found, place).unwrap_or_else(|| panic!("{level:?}: nothing is proposed for {place}"));
        assert_eq!(action.verdict, Verdict::Malicious, "{place}: it is on the block list");
        let acted = action.status == AUTO;
        assert_eq!(device.has(place), !acted, "{level:?}: {place} is {:?}", action.status);
        action.status
    })
}

const AUTO: ActionStatus = ActionStatus::Completed;
const WAITS: ActionStatus = ActionStatus::PendingApproval;

/// M2
#[test]
fn full_treats_what_is_malicious_by_itself_and_history_shows_it() {
    assert_eq!(malicious(AutomationLevel::Full), [AUTO, AUTO, AUTO, AUTO]);
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(CORE, BAD);
    let done = device.action_about(CORE);
    let history = home.tab(Tab::History);
    assert_eq!(history.len(), 1, "one thing was done");
    assert_eq!((history[0].id.clone(), history[0].decided_by.as_deref()), (done.id, Some("automation")));
    assert!(home.tab(Tab::Pending).is_empty(), "nobody is asked");
}

/// M3
#[test]
fn semi_all_asks_before_anything_malicious_is_treated() {
    assert_eq!(malicious(AutomationLevel::SemiAll), [WAITS, WAITS, WAITS, WAITS]);
}

/// M4
#[test]
fn semi_core_asks_in_core_folders_only() {
    assert_eq!(malicious(AutomationLevel::SemiCore), [AUTO, AUTO, WAITS, AUTO]);
}

/// M6
#[test]
fn semi_non_temp_treats_temp_and_downloads_only() {
    assert_eq!(malicious(AutomationLevel::SemiNonTemp), [AUTO, AUTO, WAITS, WAITS]);
}

/// M3: also for what is not a file.
#[test]
fn semi_all_asks_for_a_scheduled_task_and_what_it_starts() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant("/etc/cron.d/parcel", &format!("*/5 * * * * root {TEMP}\n"));
    let found = device.investigate();
    let kinds: Vec<_> = found.actions.iter().map(|a| (a.kind.code(), a.status)).collect();
    assert!(kinds.contains(&("quarantine_file", WAITS)), "{kinds:?}");
    assert!(kinds.contains(&("remove_scheduled_task", WAITS)), "{kinds:?}");
    assert!(device.has(TEMP) && device.has("/etc/cron.d/parcel"), "nothing was touched");
}

/// M3, M5, M7, M11
#[test]
fn what_is_only_suspicious_waits_at_every_level_wherever_it_lies() {
    for level in
        [AutomationLevel::Full, AutomationLevel::SemiAll, AutomationLevel::SemiCore, AutomationLevel::SemiNonTemp]
    {
        let home = Home::at(level);
        let device = home.device("shop");
        for place in PLACES {
            device.plant(place, ODD);
        }
        let found = device.investigate();
        for place in PLACES {
            let action = about(&found, place).unwrap_or_else(|| panic!("{level:?}: nobody is asked about {place}"));
            assert_eq!((action.verdict, action.status), (Verdict::Suspicious, WAITS), "{level:?}: {place}");
            assert!(device.has(place), "{level:?}: {place} was touched");
        }
    }
}

/// M10
#[test]
fn two_devices_in_different_groups_get_different_outcomes_for_the_same_file() {
    let home = Home::at(AutomationLevel::SemiAll);
    let (careful, quick) = (home.device("till"), home.device("kiosk"));
    let group =
        AddGroup { name: "Kiosks".into(), description: String::new(), level: AutomationLevel::Full, rules: Vec::new() };
    ask!(home, group);
    ask!(home, AssignDevice { device: "kiosk".into(), group: "Kiosks".into() });
    for device in [&careful, &quick] {
        device.plant(OTHER, BAD);
    }
    let (waits, done) = (careful.action_about(OTHER), quick.action_about(OTHER));
    assert_eq!((waits.level, waits.status), (AutomationLevel::SemiAll, WAITS));
    assert_eq!((done.level, done.status), (AutomationLevel::Full, AUTO));
    assert_eq!((waits.device.group.as_str(), done.device.group.as_str()), (UNGROUPED, "Kiosks"));
}

/// M24
#[test]
fn changing_the_level_alters_no_past_decision_and_executes_nothing_that_waits() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let waits = device.action_about(TEMP);
    home.set_level(UNGROUPED, AutomationLevel::Full);

    // A whole further round of work, of which the waiting item is no part.
    device.plant(OTHER, BAD);
    let second = device.investigate();
    assert_eq!(about(&second, OTHER).map(|a| (a.level, a.status)), Some((AutomationLevel::Full, AUTO)));

    let still = home.action(&waits.id);
    assert_eq!(still.action.status, WAITS, "a new level decides nothing that was asked before");
    assert_eq!(still.action.level, AutomationLevel::SemiAll, "the level of the decision stays with it");
    assert_eq!(still.ruling, home.action(&waits.id).ruling);
    assert!(device.has(TEMP));
}

/// M19
#[test]
fn every_action_tells_which_rules_led_to_it() {
    let home = Home::at(AutomationLevel::SemiCore);
    let device = home.device("shop");
    device.plant(CORE, BAD);
    let detail = home.action(&device.action_about(CORE).id);
    assert_eq!(detail.ruling.decided_by_row, 8, "the matrix decided");
    let said: Vec<&str> = detail.ruling.trace.iter().filter(|r| r.applied).map(|r| r.text.as_str()).collect();
    assert!(said.iter().any(|t| t.contains("Known bad")), "the indicator is named: {said:?}");
    assert!(said.iter().any(|t| t.contains("core folder")), "the place is named: {said:?}");
    assert!(detail.action.why.iter().any(|w| w.contains("Known bad")), "{:?}", detail.action.why);
    assert_eq!(detail.action.classified_by.as_deref(), Some(CORE));
}
