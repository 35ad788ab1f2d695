//! The whole way of a newcomer: choose, practise, look, decide, see what came of it, take it back, leave no trace.

use std::fs;
use std::path::Path;

use assize_tests::{App, window};

use crate::stage::{cell, id, list, mark, never_reloaded, settled, violations, word};

/// M3, M19, M42, M43, M44, M45, M63, M68, M75, M116
#[tokio::test]
async fn from_the_first_start_through_approval_and_undo_to_a_removed_practice_range() {
    if window::cannot_be_shown() {
        return;
    }
    let app = App::start().await;
    app.run("window.sameDocument = true").await;
    choose_a_level_with_the_keyboard(&app).await;
    app.screenshot("home-new").await;

    app.click("practice-start").await;
    app.wait_text("waiting-count", "9").await;
    let range = app.data().join("practice");
    app.screenshot("home").await;

    let pending = app.ctl().ask(&["action", "list", "--tab", "pending"]);
    let about = |kind: &str, name: &str| {
        let fits = |a: &&serde_json::Value| word(a, "type") == kind && word(a, "target_title").contains(name);
        id(list(&pending, "actions").iter().find(fits).unwrap_or_else(|| panic!("no {kind} {name}: {pending:#}")))
    };
    let file = about("quarantine_file", "/tmp/.sync/updater");
    let process = about("kill_process", "/tmp/.sync/updater");

    app.click("view-pending").await;
    app.wait_text("count-pending", "9").await;
    the_flyout_tells_all(&app, &file).await;
    approve_and_undo(&app, &file, &range.join("tmp/.sync/updater")).await;
    a_process_stays_ended(&app, &process, &range).await;

    app.click("nav-home").await;
    app.click("practice-remove").await;
    app.click("practice-remove-confirm").await;
    app.find("practice-start").await;
    assert!(!range.exists(), "the folder is gone");
    assert!(running_below(&range).is_empty(), "its programs are gone");
    app.wait_text("waiting-text", "Nothing waits for you.").await;
    app.click("nav-devices").await;
    app.wait_until("only this computer is left", async || app.count_css("[data-row]").await == 1).await;
    assert_eq!(app.count_css("[data-testid='practice-tag']").await, 0);

    never_reloaded(&app).await;
    assert_eq!(violations(&app).await, "0", "what the content security policy refused");
    app.close().await;
}

/// The first start; nothing but Tab and Enter.
async fn choose_a_level_with_the_keyboard(app: &App) {
    app.find("first-run").await;
    app.screenshot("first-run").await;
    let mut steps = 0;
    while app.focused().await != "choose-level-semi_all" {
        steps += 1;
        assert!(steps < 40, "Tab does not reach the choice; the focus is on {}", app.focused().await);
        app.press("Tab").await;
    }
    app.press("Enter").await;
    app.wait_gone("first-run").await;
    app.wait_text_has("level", "require approval for any remediation").await;
    assert_eq!(word(&app.ctl().ask(&["status"]), "level"), "semi_all");
}

/// What, where, why, what will change, whether it can be undone, and the four ways on.
async fn the_flyout_tells_all(app: &App, file: &str) {
    assert_eq!(cell(app, &format!("row-{file}"), "verdict").await, "Malicious");
    assert!(cell(app, &format!("row-{file}"), "device").await.contains("Practice"), "the row is marked");
    app.click(&format!("row-{file}")).await;
    app.wait_text("flyout-status", "Pending approval").await;
    let sentence = app.text("flyout-sentence").await;
    assert!(sentence.contains("updater") && sentence.contains("Practice range"), "what and where: {sentence}");
    app.wait_text_has("flyout-countdown", "counts as rejected").await;
    app.wait_text("flyout-verdict", "Malicious").await;
    assert!(app.text("reasons").await.len() > 20, "why");
    app.wait_text_has("plan", "can be undone").await;
    app.wait_text_has("ifs", "If you do nothing").await;
    app.wait_text_has("practice-banner", "Practice.").await;
    for testid in ["approve", "reject", "open-investigation", "go-hunt"] {
        assert!(app.find(testid).await.is_enabled().await.unwrap(), "{testid} is offered");
    }
    assert!(!app.is_there("undo").await, "there is nothing to undo yet");
    app.screenshot("action-center").await;

    app.click("show-trace").await;
    app.wait_text_has("trace", "decided").await;

    // Both ways lead on, and back to the same flyout.
    app.press("i").await;
    app.find("investigation").await;
    app.wait_text("investigation-state", "Pending approval").await;
    app.screenshot("investigation").await;
    app.client.back().await.unwrap();
    app.click("go-hunt").await;
    app.wait_text_has("hunt-later", "Nothing is searched here yet").await;
    app.client.back().await.unwrap();
    app.find("approve").await;
}

async fn approve_and_undo(app: &App, action: &str, file: &Path) {
    let before = mark(file);
    app.fill("comment", "Nobody here knows it.").await;
    app.click("approve").await;
    app.wait_gone(&format!("row-{action}")).await;
    settled(app, &app.ctl(), action, "completed").await;
    assert!(!file.exists(), "it is in quarantine");
    app.wait_text("count-pending", "8").await;
    app.wait_text("count-history", "1").await;

    app.click("tab-history").await;
    let row = format!("row-{action}");
    assert_eq!(cell(app, &row, "decision").await, "Approved");
    let person = word(&app.ctl().ask(&["status"]), "person").to_owned();
    assert_eq!(cell(app, &row, "decided_by").await, person);
    assert_ne!(cell(app, &row, "updated").await, "–", "when");
    app.click(&row).await;
    app.wait_text("flyout-status", "Completed").await;
    let timeline = app.text("flyout-timeline").await;
    assert!(timeline.contains(&person) && timeline.contains("Nobody here knows it."), "who and why: {timeline}");
    app.click("show-details").await;
    app.wait_until("the details name the path, the hash and the level", async || {
        let text = app.text("flyout").await;
        text.contains("/tmp/.sync/updater") && text.contains("SHA-256") && text.contains("Semi, everything asks")
    })
    .await;
    app.screenshot("history").await;

    app.click("undo").await;
    // The rule that found it would find it again: a newcomer is told, and goes on without allowing it.
    app.click("choice-would_be_caught-leave").await;
    app.click("undo-confirm").await;
    app.wait_text("flyout-status", "Undone").await;
    assert_eq!(mark(file), before, "bytes, permissions and time are what they were");
    app.press("Escape").await;
    app.wait_gone("flyout").await;
}

async fn a_process_stays_ended(app: &App, action: &str, range: &Path) {
    let before = running_below(range);
    app.press("g p").await;
    app.click(&format!("row-{action}")).await;
    app.click("approve").await;
    settled(app, &app.ctl(), action, "completed").await;
    assert_eq!(running_below(range).len() + 1, before.len(), "one program was ended");
    app.click("tab-history").await;
    app.click(&format!("row-{action}")).await;
    app.wait_text("flyout-status", "Completed").await;
    assert!(!app.find("undo").await.is_enabled().await.unwrap(), "Undo is there, and switched off");
    app.wait_text_has("undo-reason", "cannot be brought back").await;
    app.screenshot("kill-process").await;
    app.press("Escape").await;
}

/// Programs that lie below the folder and run.
fn running_below(folder: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let images = processes.filter_map(|p| fs::read_link(p.path().join("exe")).ok());
    images.filter(|image| image.starts_with(folder)).map(|image| image.display().to_string()).collect()
}
