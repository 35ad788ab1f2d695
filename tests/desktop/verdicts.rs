//! Every verdict can be looked up, also those that needed no action.

use std::fs;

use assize_tests::window;

use crate::stage::{BAD, OTHER, Stage, investigate, rows};

/// M8, M47
#[tokio::test]
async fn what_was_found_harmless_is_listed_as_such_without_an_action() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    let tidy = ("/etc/cron.d/tidy", "0 3 * * * root /usr/local/bin/tidy\n");
    stage.device("shop", &[(OTHER, BAD), tidy, ("/usr/local/bin/tidy", "#!/bin/sh\necho tidied\n")]);
    let found = investigate(&stage.ctl, "shop");
    assert_eq!(found["actions"].as_array().map(Vec::len), Some(1), "{found:#}");
    let scene = stage.open().await;
    let app = &scene.app;
    app.press("g p").await;
    app.find("nothing-waits").await;
    app.click("tab-verdicts").await;
    app.find("has-action").await;
    let all = rows(app, "verdict-row-").await.len();
    assert_eq!(app.count_css("[data-testid='has-action']").await, 1, "one thing was treated");

    app.click("filter-verdict").await;
    app.click("filter-verdict-no_threats_found").await;
    app.press("Escape").await;
    app.wait_until("only the harmless ones are listed", async || {
        rows(app, "verdict-row-").await.len() + 1 == all && app.count_css("[data-testid='has-action']").await == 0
    })
    .await;
    let listed = rows(app, "verdict-row-").await.len();
    assert!(listed > 1, "also files that nothing was said about");
    assert_eq!(app.count_css("[data-testid='no-action']").await, listed, "each says that nothing was done");
    let text = app.text("list").await;
    assert!(text.contains("No threats found") && text.contains("Scheduled task"), "{text}");
    app.screenshot("verdicts").await;

    app.click("export").await;
    app.wait_text_has("toast", "exported").await;
    let said = app.text("toast").await;
    let file = said.split_whitespace().find(|w| w.ends_with(".csv")).expect("it says where").to_owned();
    let kept = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(kept.lines().count(), listed + 1, "a heading and exactly what is listed:\n{kept}");
    assert!(kept.contains("/etc/cron.d/tidy") && kept.contains("No action") && !kept.contains(OTHER), "{kept}");
    scene.end().await;
}
