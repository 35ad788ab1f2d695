//! Something or somebody was there first: the window says so, and nothing happens twice or to the wrong thing.

use std::fs;

use assize_tests::window;

use crate::stage::{BAD, OTHER, Stage, action, id, investigate, settled, word};

/// M63: approved was the old file, so the new one is not touched.
#[tokio::test]
async fn a_file_that_changed_meanwhile_is_back_in_pending_with_was_and_now() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(OTHER, BAD)]);
    let waits = id(&action(&investigate(&stage.ctl, "shop"), "quarantine_file", OTHER));
    let scene = stage.open().await;
    let app = &scene.app;
    app.click("nav-action-center").await;
    app.click(&format!("row-{waits}")).await;
    app.find("approve").await;

    let file = scene.real("shop", OTHER);
    fs::write(&file, "The accounts of the year.\n").unwrap();
    app.click("approve").await;
    app.wait_text_has("stale", "It changed since it was judged, so nothing was touched.").await;
    app.wait_text_has("stale-was", "The file that was judged").await;
    app.wait_text_has("stale-now", "The same file with other content").await;
    assert!(app.text("flyout").await.matches("SHA-256 ").count() == 2, "both contents, each told once");
    app.wait_text("flyout-status", "Pending approval").await;
    app.find("approve").await;
    // What was said in the moment of the approval is taken back, with its offer to undo.
    app.wait_text_has("toast", "changed since it was judged, so nothing was touched").await;
    assert!(!app.is_there("toast-action").await && !app.page_text().await.contains("Approved:"), "it was no success");
    app.screenshot("changed-meanwhile").await;
    assert_eq!(fs::read_to_string(&file).unwrap(), "The accounts of the year.\n", "nothing was touched");
    app.press("Escape").await;
    app.find(&format!("row-{waits}")).await;
    app.wait_text("count-pending", "1").await;
    scene.end().await;
}

/// M44, M94: the decision of somebody else stands, and the second person learns whose it is.
#[tokio::test]
async fn approving_what_somebody_else_just_rejected_says_who_did_and_when() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(OTHER, BAD)]);
    let waits = id(&action(&investigate(&stage.ctl, "shop"), "quarantine_file", OTHER));
    let scene = stage.open().await;
    let app = &scene.app;
    app.click("nav-action-center").await;
    app.click(&format!("row-{waits}")).await;
    app.find("approve").await;

    // The page is too busy to hear of anything until the other has decided; then Approve is pressed on what it shows.
    let press = "setTimeout(() => { const end = Date.now() + 6000; while (Date.now() < end); \
                 document.querySelector(\"[data-testid='approve']\").click(); }, 50)";
    app.run(press).await;
    let mut other = scene.ctl.command(&["action", "reject", &waits, "--comment", "We know it."]);
    let said = other.env("USER", "ann").output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));

    app.wait_text_has("toast", "ann already decided this at ").await;
    let said = app.text("toast").await;
    let zone = app.run("return new Date().toLocaleTimeString('en-GB', { timeZoneName: 'short' }).split(' ')[1]").await;
    assert!(said.contains(zone.as_str().unwrap()), "a local time says its zone: {said}");
    let stamp = said.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1] == b'T');
    assert!(!stamp, "no stamp of a machine: {said}");
    let page = app.page_text().await;
    assert!(page.contains("Not approved.") && !page.contains("Approved:"), "nobody is told otherwise: {page}");
    app.wait_text("flyout-status", "Rejected").await;
    app.wait_text_has("flyout-decided", "Decided by ann").await;
    assert!(!app.is_there("approve").await, "it is decided");
    app.screenshot("somebody-was-first").await;
    let after = settled(app, &scene.ctl, &waits, "rejected").await;
    assert_eq!(word(&after, "decided_by"), "ann");
    assert!(scene.real("shop", OTHER).exists(), "nothing was touched");
    scene.end().await;
}
