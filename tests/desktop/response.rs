//! What a person asks for: on a piece of evidence, on a whole device; what would change comes first, what cannot be done says so.

use assize_tests::window;

use crate::stage::{BAD, ODD, OTHER, Stage, TEMP, cell, id, investigate, list, mark, settled, word};

/// M48, M76, M121, M130: quarantining by hand, from the evidence, and back again.
#[tokio::test]
async fn a_person_quarantines_from_the_evidence_after_seeing_what_would_change() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(OTHER, ODD), (TEMP, BAD)]);
    let found = investigate(&stage.ctl, "shop");
    let odd = list(&found, "evidence").iter().find(|e| word(e, "place") == OTHER).unwrap().clone();
    let waits = odd["pending_action"].as_str().expect("it waits").to_owned();
    stage.ctl.ask(&["action", "reject", &waits, "--comment", "Not yet."]);
    for known in list(&stage.ctl.ask(&["indicator", "list"]), "indicators") {
        stage.ctl.ask(&["indicator", "remove", word(known, "id")]);
    }
    let scene = stage.open().await;
    let app = &scene.app;
    let file = scene.real("shop", OTHER);
    let before = mark(&file);
    app.click("nav-incidents").await;
    app.click(&format!("incident-row-{}", word(&found, "incident_id"))).await;
    app.click("tab-evidence").await;
    app.click(&format!("evidence-row-{}", id(&odd))).await;
    app.wait_text("evidence-status", "Declined").await;
    app.click("more-actions").await;
    app.click("run-quarantine_file").await;
    app.wait_text_has("run-plan", "can be undone").await;
    assert!(app.text("run-plan").await.contains(OTHER), "it names what would change");
    assert!(!app.find("run-confirm").await.is_enabled().await.unwrap(), "a reason is needed");
    assert!(file.exists(), "a dry run touches nothing");
    app.screenshot("run-quarantine").await;
    app.fill("run-comment", "Nobody here knows it.").await;
    app.click("run-confirm").await;
    app.wait_text_has("toast", "Done and checked:").await;
    assert!(!file.exists(), "it is in quarantine");
    app.wait_text("evidence-status", "Remediated").await;

    // It is in History as what it is, and goes back like every other.
    app.press("Escape").await;
    app.press("g h").await;
    let done = list(&scene.ctl.ask(&["action", "list", "--tab", "history", "--source", "manual_response"]), "actions")
        [0]
    .clone();
    let row = format!("row-{}", id(&done));
    assert_eq!(cell(app, &row, "source").await, "By hand");
    app.click(&row).await;
    app.wait_text("flyout-status", "Completed").await;
    app.click("undo").await;
    app.wait_text("flyout-status", "Undone").await;
    assert_eq!(mark(&file), before, "bytes, permissions and time are what they were");
    settled(app, &scene.ctl, &id(&done), "undone").await;
    scene.end().await;
}

/// M73, M74, M121, M123, M130: what a folder cannot do is said with its reason before anybody asks for it; what it can is done.
#[tokio::test]
async fn what_a_device_cannot_do_is_explained_and_what_it_can_is_asked_for_there() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(OTHER, BAD)]);
    let found = investigate(&stage.ctl, "shop");
    let scene = stage.open().await;
    let app = &scene.app;
    app.press("g d").await;
    app.click(&format!("device-row-{}", word(&found["device"], "id"))).await;
    app.find("device-actions").await;
    for (kind, why) in [("isolate_device", "network"), ("restrict_code_execution", "")] {
        app.wait_text_has(&format!("run-{kind}"), "not possible here").await;
        app.click(&format!("run-{kind}")).await;
        app.wait_text_has("run-unable", why).await;
        assert!(!app.is_there("run-confirm").await, "{kind} cannot be asked for into failure");
        app.click("run-leave").await;
        app.wait_gone("run-dialog").await;
    }
    app.click("run-collect_investigation_package").await;
    app.find("run-plan").await;
    app.fill("run-comment", "For the insurance.").await;
    app.click("run-confirm").await;
    app.wait_text_has("device-latest", "Collect investigation package").await;
    app.wait_text_has("device-latest", "Completed").await;
    app.screenshot("device-response").await;
    let asked = scene.ctl.ask(&["action", "list", "--tab", "history", "--type", "collect_investigation_package"]);
    assert_eq!(word(&list(&asked, "actions")[0], "comment"), "For the insurance.");
    scene.end().await;
}
