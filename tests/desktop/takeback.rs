//! Taking back: several at once, the same file elsewhere, a place that is taken, everything of an incident, and what comes after.

use std::fs;

use assize_tests::{App, window};

use crate::stage::{BAD, CORE, OTHER, Scene, Stage, TEMP, action, id, investigate, list, mark, settled, word};

const UNIT: &str = "/etc/systemd/system/parcel.service";
const UNIT_TEXT: &str = "[Service]\nExecStart=/tmp/parcel\n[Install]\nWantedBy=multi-user.target\n";

/// Nothing would catch again what comes back.
fn forget_what_is_known(scene: &Scene) {
    for known in list(&scene.ctl.ask(&["indicator", "list"]), "indicators") {
        scene.ctl.ask(&["indicator", "remove", word(known, "id")]);
    }
}

async fn open_in_history(app: &App, action: &str) {
    app.press("g h").await;
    app.click(&format!("row-{action}")).await;
    app.wait_text("flyout-status", "Completed").await;
}

/// M77, M78: one ticked box and the same file comes back on every device.
#[tokio::test]
async fn the_same_file_comes_back_everywhere_with_one_decision() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    stage.device("shop", &[(OTHER, BAD), (TEMP, BAD)]);
    stage.device("kiosk", &[(OTHER, BAD)]);
    let first = id(&action(&investigate(&stage.ctl, "shop"), "quarantine_file", OTHER));
    investigate(&stage.ctl, "kiosk");
    let scene = stage.open().await;
    let app = &scene.app;
    forget_what_is_known(&scene);
    let places = [("shop", OTHER), ("shop", TEMP), ("kiosk", OTHER)].map(|(device, path)| scene.real(device, path));
    assert!(places.iter().all(|place| !place.exists()), "all are in quarantine");
    open_in_history(app, &first).await;
    app.click("apply-more").await;
    app.wait_text("undo", "Undo 3 actions").await;
    app.click("undo").await;
    app.wait_until("all three are named", async || app.count_css("[data-testid='undo-list'] li").await == 3).await;
    app.screenshot("undo-instances").await;
    app.click("undo-confirm").await;
    app.wait_text("flyout-status", "Undone").await;
    app.wait_until("all are back", async || places.iter().all(|place| place.exists())).await;
    let undone = scene.ctl.ask(&["action", "list", "--tab", "history", "--status", "undone"]);
    assert_eq!(undone["total"], 3, "each has its own result");
    scene.end().await;
}

/// M77: several rows of one type go back from one dialog.
#[tokio::test]
async fn several_rows_of_one_type_go_back_together() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    let line = format!("*/5 * * * * root {TEMP}\n");
    stage.device("shop", &[(TEMP, BAD), ("/etc/cron.d/one", &line), ("/etc/cron.d/two", &line)]);
    let found = investigate(&stage.ctl, "shop");
    let tasks = ["/etc/cron.d/one", "/etc/cron.d/two"].map(|path| id(&action(&found, "remove_scheduled_task", path)));
    let scene = stage.open().await;
    let app = &scene.app;
    app.press("g h").await;
    for task in &tasks {
        app.click(&format!("select-{task}")).await;
    }
    app.wait_text("bulk-undo", "Undo 2 actions").await;
    app.click("bulk-undo").await;
    app.find("undo-dialog").await;
    app.click("undo-confirm").await;
    for (task, path) in tasks.iter().zip(["/etc/cron.d/one", "/etc/cron.d/two"]) {
        settled(app, &scene.ctl, task, "undone").await;
        assert_eq!(fs::read_to_string(scene.real("shop", path)).unwrap(), line);
    }
    scene.end().await;
}

/// M82, M83, M84: what stands in its place is a question; afterwards it can be allowed, and done again.
#[tokio::test]
async fn a_taken_place_is_a_question_and_afterwards_it_can_be_done_again() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    stage.device("shop", &[(OTHER, BAD)]);
    let waits = id(&action(&investigate(&stage.ctl, "shop"), "quarantine_file", OTHER));
    let scene = stage.open().await;
    let app = &scene.app;
    forget_what_is_known(&scene);
    let place = scene.real("shop", OTHER);
    fs::write(&place, "The accounts of the year.\n").unwrap();
    open_in_history(app, &waits).await;
    app.click("undo").await;
    app.find("undo-question-place_taken").await;
    app.click("choice-place_taken-elsewhere").await;
    assert!(!app.find("undo-confirm").await.is_enabled().await.unwrap(), "a folder has to be named");
    app.click("choice-place_taken-keep_both").await;
    app.screenshot("undo-place-taken").await;
    app.click("undo-confirm").await;
    app.wait_text("flyout-status", "Undone").await;
    assert_eq!(fs::read_to_string(&place).unwrap(), "The accounts of the year.\n", "what stood there is untouched");
    let beside = fs::read_dir(place.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 2, "what came back stands beside it");

    // M84
    app.click("allow-days").await;
    app.wait_gone("allow-days").await;
    let known = scene.ctl.ask(&["indicator", "list"]);
    assert_eq!(word(&list(&known, "indicators")[0], "action"), "allow");
    app.find("reapply").await;
    app.screenshot("after-undo").await;
    scene.end().await;
}

/// M70: a service that was stopped comes back with its file, from the flyout.
#[tokio::test]
async fn a_stopped_service_comes_back_from_the_flyout() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    stage.device("shop", &[(TEMP, BAD), (UNIT, UNIT_TEXT)]);
    let wants = stage.real("shop", "/etc/systemd/system/multi-user.target.wants/parcel.service");
    fs::create_dir_all(wants.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(UNIT, &wants).unwrap();
    let before = mark(&stage.real("shop", UNIT));
    let found = investigate(&stage.ctl, "shop");
    let service = id(&action(&found, "stop_service", "parcel.service"));
    let scene = stage.open().await;
    let app = &scene.app;
    assert!(wants.symlink_metadata().is_err(), "it does not start by itself any more");
    open_in_history(app, &service).await;
    app.click("show-hops").await;
    app.find("hop-apply-verified").await;
    app.click("undo").await;
    app.wait_text("flyout-status", "Undone").await;
    assert_eq!(mark(&scene.real("shop", UNIT)), before, "its file is what it was");
    assert_eq!(fs::read_link(&wants).unwrap().to_str(), Some(UNIT), "and it starts by itself again");
    scene.end().await;
}

/// M85, M153: everything of an incident, mixed types, the last one done first. M86: and what lies in quarantine is whole.
#[tokio::test]
async fn everything_of_an_incident_goes_back_after_a_dry_run() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    let line = format!("*/5 * * * * root {TEMP}\n");
    stage.device("shop", &[(TEMP, BAD), (CORE, BAD), ("/etc/cron.d/parcel", &line)]);
    let found = investigate(&stage.ctl, "shop");
    let scene = stage.open().await;
    let app = &scene.app;
    forget_what_is_known(&scene);

    app.press("g h").await;
    app.click("tab-quarantine").await;
    app.wait_until("what lies there is listed", async || app.count_css("[data-row]").await == 3).await;
    app.click_css("[data-row]").await;
    app.wait_text_has("quarantine-flyout", "Proven whole").await;
    app.screenshot("quarantine").await;
    app.press("Escape").await;
    app.click("verify-quarantine").await;
    app.wait_text_has("toast", "All are whole.").await;

    app.press("g i").await;
    app.click(&format!("incident-row-{}", word(&found, "incident_id"))).await;
    app.click("rollback").await;
    app.wait_text_has("rollback-count", "3 actions go back, the last one first").await;
    assert!(!scene.real("shop", TEMP).exists(), "a dry run touches nothing");
    app.fill("rollback-comment", "The rule was wrong.").await;
    app.screenshot("rollback").await;
    app.click("rollback-confirm").await;
    app.wait_text("rollback-report", "3 went back.").await;
    for path in [TEMP, CORE, "/etc/cron.d/parcel"] {
        assert!(scene.real("shop", path).exists(), "{path} is back");
    }
    app.click("rollback-close").await;
    app.wait_gone("rollback").await;
    scene.end().await;
}
