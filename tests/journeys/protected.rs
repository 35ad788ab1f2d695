//! What people protect, and how much automation may do, from the command line.
use crate::staged::{BAD, Home, TEMP};
use assize_domain::group::AutomationLevel;
use std::fs;

/// M20: whoever asks for it, the device itself refuses to act on what a person protects; automation does not even ask the
/// device, and says why. Taken off the list, it can be acted on.
#[test]
fn what_a_person_protects_is_refused_by_the_device_whoever_asks() {
    let home = Home::at(AutomationLevel::Full);
    let till = home.device("till-01");
    till.plant(TEMP, BAD);
    let ctl = home.ctl();
    let list = ctl.ask(&["protected", "add", "/tmp/parc*"]);
    assert_eq!(list["added"][0]["pattern"], "/tmp/parc*");
    let run = ["action", "run", "quarantine_file", "--device", till.id.as_str(), "--file", TEMP, "--comment", "story"];
    let refused = ctl.refused(&run);
    assert_eq!(refused.code, "protected", "{refused:?}");
    assert_eq!(fs::read_to_string(till.real(TEMP)).unwrap(), BAD, "nothing was touched");
    let looked = ctl.ask(&["investigate", till.id.as_str()]);
    let waits = looked["actions"].as_array().unwrap().iter().find(|a| a["target"]["path"] == TEMP).unwrap();
    assert_eq!(waits["status"], "pending_approval", "{waits}");
    let why = waits["why"].as_array().unwrap();
    assert!(why.iter().any(|w| w.as_str().unwrap().contains("list of protected items")), "{why:?}");

    let plan = ctl.ask(&["action", "plan", waits["id"].as_str().unwrap()]);
    let witness = plan["witnesses"].as_array().unwrap().iter().find(|w| w["name"] == "Protected items").unwrap();
    assert!(witness["detail"].as_str().unwrap().contains("something a person protected"), "{witness}");

    assert_eq!(ctl.refused(&["protected", "remove", "/bin/sh"]).code, "protected");
    ctl.ask(&["protected", "remove", "/tmp/parc*"]);
    let done = ctl.ask(&["action", "approve", waits["id"].as_str().unwrap()]);
    assert_eq!(done["results"][0]["status"], "completed", "{done}");
    assert!(!till.has(TEMP));
}

/// M21, M22: the limits from the command line, and nonsense refused.
#[test]
fn limits_are_shown_and_changed() {
    let home = Home::at(AutomationLevel::Full);
    let ctl = home.ctl();
    let before = ctl.ask(&["level", "limits"]);
    assert_eq!((&before["devices"], &before["held"]), (&2.into(), &serde_json::json!([])));
    let after = ctl.ask(&["level", "limits", "--same-type", "9", "--minutes", "5", "--vault-gib", "1"]);
    assert_eq!((&after["same_type"], &after["minutes"], &after["devices"]), (&9.into(), &5.into(), &2.into()));
    assert_eq!(ctl.refused(&["level", "limits", "--minutes", "0"]).code, "bad_input");
    assert_eq!(ctl.ask(&["status"])["held"], serde_json::json!([]));
}
