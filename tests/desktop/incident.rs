//! One record, decided wherever a person happens to look at it: in the incident, in the Action center, on the investigation
//! page, or outside of the window; every open screen shows it.

use assize_tests::{App, window};

use crate::stage::{BAD, CORE, OTHER, Stage, TEMP, action, cell, id, investigate, list, mark, rows, settled, word};

const TASK: &str = "/etc/cron.d/parcel";

async fn only_those_that_wait(app: &App) {
    app.click("filter-investigation-state").await;
    app.click("filter-investigation-state-pending_approval").await;
    app.wait_text_has("filter-investigation-state", "Pending action").await;
}

/// M40, M42, M44, M72, M90, M91, M92, M93, M94
#[tokio::test]
async fn what_is_decided_in_one_place_shows_in_every_other() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    let line = format!("*/5 * * * * root {TEMP}\n");
    stage.device("shop", &[(TEMP, BAD), (OTHER, BAD), (CORE, BAD), (TASK, &line)]);
    stage.device("kiosk", &[(OTHER, BAD)]);
    let over = investigate(&stage.ctl, "kiosk");
    stage.ctl.ask(&["action", "approve", &id(&action(&over, "quarantine_file", OTHER))]);
    let found = investigate(&stage.ctl, "shop");
    let [temp, other, core] = [TEMP, OTHER, CORE].map(|path| id(&action(&found, "quarantine_file", path)));
    let task = id(&action(&found, "remove_scheduled_task", TASK));
    let evidence_of = |path: &str, kind: &str| {
        let fits = |e: &&serde_json::Value| word(e, "place") == path && word(e, "type") == kind;
        id(list(&found, "evidence").iter().find(fits).unwrap_or_else(|| panic!("{path}: {:#?}", found["evidence"])))
    };
    let (temp_file, other_file) = (evidence_of(TEMP, "file"), evidence_of(OTHER, "file"));
    let incident = word(&found, "incident_id").to_owned();
    let scene = stage.open().await;
    let app = &scene.app;
    let task_file = mark(&scene.real("shop", TASK));

    // M90
    app.click("nav-incidents").await;
    app.wait_text("total", "2").await;
    only_those_that_wait(app).await;
    app.wait_text("total", "1").await;
    assert_eq!(rows(app, "incident-row-").await, std::slice::from_ref(&incident));
    assert_eq!(app.text(&format!("incident-pending-{incident}")).await, "4");
    app.screenshot("incidents").await;

    // M91
    app.click_css(&format!("[data-testid='incident-row-{incident}'] [data-column='name']")).await;
    assert!(app.text("incident-summary").await.len() > 40, "the summary is sentences");

    // M92
    app.click("tab-evidence").await;
    for (evidence, kind) in [(&temp_file, "File"), (&other_file, "File")] {
        let row = format!("evidence-row-{evidence}");
        assert_eq!(cell(app, &row, "type").await, kind);
        assert_eq!(cell(app, &row, "verdict").await, "Malicious");
        assert_eq!(cell(app, &row, "status").await, "Pending approval");
    }

    // M93
    app.click(&format!("evidence-row-{temp_file}")).await;
    app.wait_text("evidence-approve", "Approve pending action").await;
    app.wait_text("evidence-reject", "Reject pending action").await;
    app.screenshot("incident").await;
    app.click("evidence-approve").await;
    settled(app, &scene.ctl, &temp, "completed").await;
    assert!(!scene.real("shop", TEMP).exists());
    app.wait_text("evidence-status", "Remediated").await;
    assert!(!app.is_there("evidence-approve").await && !app.is_there("evidence-reject").await, "it is decided");
    app.wait_text(&format!("status-{temp_file}"), "Remediated").await;
    app.press("Escape").await;

    // M94: decided in the incident, seen in the Action center.
    app.press("g p").await;
    app.find(&format!("row-{task}")).await;
    assert!(!app.is_there(&format!("row-{temp}")).await, "decided in the incident, so it does not wait here");
    app.wait_text("count-pending", "3").await;

    // Decided outside of the window, seen in it.
    scene.ctl.ask(&["action", "approve", &task, "--comment", "By hand."]);
    app.wait_gone(&format!("row-{task}")).await;
    app.wait_text("nav-count-action-center", "2").await;
    assert!(
        !scene.real("shop", TASK).exists()
            || !std::fs::read_to_string(scene.real("shop", TASK)).unwrap().contains(TEMP)
    );

    // Decided on the investigation page.
    app.click(&format!("row-{other}")).await;
    app.click("open-investigation").await;
    app.find("investigation").await;
    app.click(&format!("row-{other}")).await;
    app.click("reject").await;
    app.wait_text("flyout-status", "Rejected").await;
    assert!(scene.real("shop", OTHER).exists(), "rejected is untouched");
    app.press("Escape").await;
    app.wait_text("investigation-state", "Pending approval").await;

    // Decided in the Action center; the incident knows, and waits for nobody any more.
    app.press("g p").await;
    app.click(&format!("row-{core}")).await;
    app.click("approve").await;
    settled(app, &scene.ctl, &core, "completed").await;
    app.press("g i").await;
    app.find(&format!("incident-row-{incident}")).await;
    only_those_that_wait(app).await;
    app.wait_text_has("incidents", "No incident fits these filters.").await;
    app.click("filter-clear").await;
    app.click(&format!("incident-row-{incident}")).await;
    app.click("tab-evidence").await;
    app.wait_text(&format!("status-{other_file}"), "Declined").await;
    // M40: one of four was left, so the investigation ends as what came of it, not as what was approved.
    app.click("tab-investigations").await;
    app.wait_text_has("incident", "Partially remediated").await;

    // M72: the task comes back as it was, and its row in History says so.
    app.press("g h").await;
    app.click(&format!("row-{task}")).await;
    app.wait_text("flyout-status", "Completed").await;
    app.click("undo").await;
    app.wait_text("flyout-status", "Undone").await;
    assert_eq!(mark(&scene.real("shop", TASK)), task_file, "line, permissions and time are what they were");
    scene.end().await;
}
