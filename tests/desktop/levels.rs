//! The level that is chosen in the window is the level that the next verdict meets.

use assize_tests::{App, window};
use fantoccini::Locator;
use serde_json::Value;

use crate::stage::{BAD, CORE, ODD, OTHER, Scene, Stage, TEMP, cell, id, investigate, list, word};

const UNGROUPED: &str = "00000000-0000-7000-8000-000000000000";
const ODDITY: &str = "/srv/oddity";

async fn choose(app: &App, level: &str, reason: Option<&str>, name: &str) {
    app.press("g d").await;
    app.click("tab-groups").await;
    app.click(&format!("group-change-{UNGROUPED}")).await;
    app.find("group-level").await.select_by_value(level).await.expect("the level can be chosen");
    let confirm = app.find("group-change-confirm").await;
    if let Some(reason) = reason {
        assert!(!confirm.is_enabled().await.unwrap(), "{level} needs a reason");
        app.fill("group-reason", reason).await;
    }
    app.click("group-change-confirm").await;
    app.wait_text_has(&format!("group-level-{UNGROUPED}"), name).await;
    app.wait_gone("group-change-confirm").await;
}

/// A new device with four files, looked at under the level that holds now.
fn look_at(scene: &Scene, device: &str) -> Value {
    scene.device(device, &[(TEMP, BAD), (OTHER, BAD), (CORE, BAD), (ODDITY, ODD)]);
    investigate(&scene.ctl, device)
}

/// In the window: what acted by itself is in History, what asks is in Pending, and nowhere else.
async fn shows(scene: &Scene, found: &Value, level: &str, acted: &[&str], asks: &[&str]) {
    let app = &scene.app;
    let device = word(&found["device"], "name");
    let of = |path: &str| {
        let fits = |a: &&Value| word(a, "target_title") == path;
        id(list(found, "actions")
            .iter()
            .find(fits)
            .unwrap_or_else(|| panic!("{level}: nothing about {path}: {found:#}")))
    };
    assert_eq!(list(found, "actions").len(), acted.len() + asks.len(), "{level}");
    app.press("g h").await;
    for path in acted {
        let row = format!("row-{}", of(path));
        assert_eq!(cell(app, &row, "status").await, "Completed", "{level}: {path}");
        assert_eq!(cell(app, &row, "decision").await, "Automatic", "{level}: {path}");
        assert_eq!(cell(app, &row, "decided_by").await, "automation", "{level}: {path}");
        assert_eq!(cell(app, &row, "source").await, "Automation", "{level}: {path}");
        assert!(!scene.real(device, path).exists(), "{level}: {path} is in quarantine");
    }
    app.press("g p").await;
    for path in asks {
        app.find(&format!("row-{}", of(path))).await;
        assert!(scene.real(device, path).exists(), "{level}: {path} is untouched");
    }
    for path in acted {
        assert!(!app.is_there(&format!("row-{}", of(path))).await, "{level}: {path} asks nobody");
    }
}

/// M2, M3, M4, M5, M6, M7, M9, M24, M48
#[tokio::test]
async fn each_level_is_explained_can_be_chosen_and_is_what_happens_next() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    // What a rule that is new may do by itself is a story of its own.
    stage.ctl.ask(&["level", "limits", "--devices", "10"]);
    let scene = stage.open().await;
    let app = &scene.app;
    let first = look_at(&scene, "a-semi-all");
    shows(&scene, &first, "semi_all", &[], &[TEMP, OTHER, CORE, ODDITY]).await;

    app.press("g d").await;
    app.click("tab-groups").await;
    let levels = app.find("levels").await;
    let names = levels.find_all(Locator::Css("strong")).await.unwrap();
    assert_eq!(names.len(), 5, "five levels, each with what it means");
    assert!(levels.text().await.unwrap().contains("(recommended)"));
    app.screenshot("device-groups").await;

    choose(app, "semi_core", None, "core folders").await;
    let found = look_at(&scene, "b-semi-core");
    shows(&scene, &found, "semi_core", &[TEMP, OTHER], &[CORE, ODDITY]).await;

    choose(app, "semi_non_temp", None, "non-temp folders").await;
    let found = look_at(&scene, "c-semi-non-temp");
    shows(&scene, &found, "semi_non_temp", &[TEMP], &[OTHER, CORE, ODDITY]).await;

    choose(app, "full", Some("The shop is closed over the holidays."), "Full").await;
    let full = look_at(&scene, "d-full");
    shows(&scene, &full, "full", &[TEMP, OTHER, CORE], &[ODDITY]).await;
    // M24: what waited under another level waits on, and still says which level that was.
    let old = id(&list(&first, "actions")[0]);
    app.click(&format!("row-{old}")).await;
    app.click("show-details").await;
    app.wait_text_has("flyout", "Semi, everything asks at the time of the verdict").await;
    app.press("Escape").await;
    app.press("g h").await;
    app.find(&format!("row-{}", id(&list(&full, "actions")[0]))).await;
    app.screenshot("levels-history").await;

    choose(app, "none", Some("These are looked after by somebody else."), "No automated response").await;
    let before = scene.ctl.ask(&["action", "list"]);
    let none = look_at(&scene, "e-none");
    assert!(list(&none, "actions").is_empty(), "nothing is proposed: {none:#}");
    app.press("g p").await;
    app.wait_text("count-pending", "10").await;
    app.wait_text("count-history", "6").await;
    let after = scene.ctl.ask(&["action", "list"]);
    assert_eq!(before["total"], after["total"], "neither waiting nor done");
    scene.end().await;
}

/// M22: what a new rule would do on one device more than it may by itself waits, and the first screen says why.
#[tokio::test]
async fn a_new_rule_asks_after_its_first_devices_and_home_says_so() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    stage.ctl.ask(&["level", "limits", "--devices", "1"]);
    stage.device("till", &[(OTHER, BAD)]);
    stage.device("kiosk", &[(OTHER, BAD)]);
    investigate(&stage.ctl, "till");
    assert!(!stage.real("till", OTHER).exists(), "it acts by itself where it may");
    let waits = investigate(&stage.ctl, "kiosk");
    assert!(stage.real("kiosk", OTHER).exists(), "and asks from then on");
    let scene = stage.open().await;
    let app = &scene.app;
    app.wait_text_has("held", "Known bad").await;
    app.wait_text("waiting-count", "1").await;
    app.screenshot("home-held").await;
    app.click("view-pending").await;
    app.click(&format!("row-{}", id(&list(&waits, "actions")[0]))).await;
    app.click("approve").await;
    app.wait_text("flyout-status", "Completed").await;
    assert!(!scene.real("kiosk", OTHER).exists(), "a person said yes");
    scene.end().await;
}
