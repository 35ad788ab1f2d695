//! The application opens, shows its frame, and its page obeys its own content security policy.

use assize_tests::{App, window};

#[tokio::test]
async fn the_window_opens_and_obeys_its_policy() {
    if window::cannot_be_shown() {
        return;
    }
    let app = App::start().await;
    app.find("nav-action-center").await;

    let styles = app.run("return [...document.querySelectorAll('style')].map(s => Boolean(s.nonce))").await;
    let styles = styles.as_array().cloned().unwrap_or_default();
    assert!(!styles.is_empty(), "the frame is styled");
    // Without its nonce a style tag is refused, and the style engine then loops until memory ends.
    assert!(styles.iter().all(|nonced| nonced == true), "every style tag has the nonce: {styles:?}");

    let violations = app.run("return document.documentElement.dataset.cspViolations ?? 'not counted'").await;
    assert_eq!(violations, "0", "what the policy refused");
    app.screenshot("opens").await;
    app.close().await;
}
