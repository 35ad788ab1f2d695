//! The same file on two devices, each treated by the level of its own group.

use assize_tests::window;

use crate::stage::{BAD, OTHER, Stage, action, cell, id, investigate, list, rows, word};

/// M1, M10
#[tokio::test]
async fn the_same_file_is_treated_by_the_level_of_each_devices_own_group() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("till", &[(OTHER, BAD)]);
    stage.device("office", &[(OTHER, BAD)]);
    stage.ctl.ask(&["group", "create", "Tills", "--level", "full"]);
    stage.ctl.ask(&["group", "assign", "till", "Tills"]);
    let [till, office] = ["till", "office"].map(|device| investigate(&stage.ctl, device));
    let [acted, asks] = [&till, &office].map(|found| id(&action(found, "quarantine_file", OTHER)));
    let scene = stage.open().await;
    let app = &scene.app;

    // M10: one acted by itself, the other waits.
    app.press("g p").await;
    app.find(&format!("row-{asks}")).await;
    assert_eq!(rows(app, "row-").await, std::slice::from_ref(&asks), "only the office asks");
    assert_eq!(cell(app, &format!("row-{asks}"), "device").await, "office");
    app.press("g h").await;
    let row = format!("row-{acted}");
    assert_eq!(cell(app, &row, "device").await, "till");
    assert_eq!(cell(app, &row, "status").await, "Completed");
    assert_eq!(cell(app, &row, "decision").await, "Automatic");
    assert!(!scene.real("till", OTHER).exists() && scene.real("office", OTHER).exists());

    // M1: whatever was looked at has one verdict, and it is one of three words.
    for found in [&till, &office] {
        app.press("g i").await;
        app.click(&format!("incident-row-{}", word(found, "incident_id"))).await;
        app.click("tab-evidence").await;
        for evidence in list(found, "evidence") {
            let verdict = cell(app, &format!("evidence-row-{}", id(evidence)), "verdict").await;
            assert!(["Malicious", "Suspicious", "No threats found"].contains(&verdict.as_str()), "{verdict:?}");
        }
    }
    scene.end().await;
}
