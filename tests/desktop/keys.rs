//! Hands on the keyboard: open, look, approve, see, take back; the mouse is never touched.

use assize_tests::window;

use crate::stage::{BAD, OTHER, Stage, TEMP, action, id, investigate, list, mark, settled, word};

/// M43, M44, M45, M68
#[tokio::test]
async fn open_approve_and_undo_with_keys_alone() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(TEMP, BAD), (OTHER, BAD)]);
    let found = investigate(&stage.ctl, "shop");
    let scene = stage.open().await;
    let app = &scene.app;
    app.press("g p").await;
    app.find(&format!("row-{}", id(&action(&found, "quarantine_file", OTHER)))).await;
    // No key decides before something is open or selected.
    app.press("a r u").await;
    app.press("j j k j Enter").await;
    app.find("flyout").await;
    let open = app.run("return location.hash.match(/open=%?2?2?([0-9a-f-]{36})/)[1]").await;
    let open = open.as_str().expect("the address says what is open").to_owned();
    let file = scene.real("shop", word(&scene.ctl.ask(&["action", "show", &open]), "target_title"));
    let before = mark(&file);

    app.press("c").await;
    assert_eq!(app.focused().await, "comment");
    // While somebody types, a letter is a letter.
    app.press("a u").await;
    app.press("Escape").await;
    app.find(&format!("row-{open}")).await;
    app.press("Enter").await;
    app.find("approve").await;
    app.press("a").await;
    settled(app, &scene.ctl, &open, "completed").await;
    assert!(!file.exists());
    app.wait_text("count-pending", "1").await;

    app.press("Escape").await;
    app.wait_gone("flyout").await;
    app.press("g h").await;
    app.find(&format!("row-{open}")).await;
    app.press("j Enter").await;
    app.wait_text("flyout-status", "Completed").await;
    // Brought back it would be caught again at once, so that is asked first.
    app.press("u").await;
    app.wait_text_has("undo-question-still_blocked", "The block indicator “Known bad”").await;
    app.press("Escape").await;
    app.wait_gone("undo-dialog").await;
    app.find("flyout").await;
    assert!(!file.exists(), "what is only asked is untouched");
    for known in list(&scene.ctl.ask(&["indicator", "list"]), "indicators") {
        scene.ctl.ask(&["indicator", "remove", word(known, "id")]);
    }
    app.wait_gone("obstacle-still_blocked").await;
    app.press("u").await;
    app.wait_text("flyout-status", "Undone").await;
    assert_eq!(mark(&file), before, "bytes, permissions and time are what they were");
    app.press("Escape").await;
    app.wait_gone("flyout").await;
    app.press("?").await;
    app.wait_text_has("keys", "No key decides").await;
    scene.end().await;
}
