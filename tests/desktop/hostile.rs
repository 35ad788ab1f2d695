//! A file whose name wants to be a picture, a sentence read backwards and two lines.

use assize_tests::{App, window};

use crate::stage::{BAD, Stage, action, id, investigate, list, settled, word};

const NAME: &str =
    "/srv/<img src=x onerror=\"window.taken=1\"><b>bold\u{202e}gpj.\n<script>window.taken=2<\u{2044}script>";
/// The same as it must be shown.
const SHOWN: &str =
    "<img src=x onerror=\"window.taken=1\"><b>bold\\u{202e}gpj.\\u{a}<script>window.taken=2<\u{2044}script>";

/// Nothing of it became part of the page.
async fn is_only_text(app: &App, where_: &str) {
    let script = "return { shown: document.body.textContent.includes(arguments[0]), taken: window.taken ?? null, \
                  made: document.querySelectorAll(\"[data-testid='frame'] img, [data-testid='frame'] b\").length, \
                  turned: document.body.textContent.includes('\\u202e') }";
    app.wait_until(&format!("{where_} shows the name"), async || {
        let seen = app.client.execute(script, vec![SHOWN.into()]).await.unwrap();
        assert_eq!(
            (&seen["taken"], &seen["made"], &seen["turned"]),
            (&().into(), &0.into(), &false.into()),
            "{where_}"
        );
        seen["shown"] == true
    })
    .await;
}

/// M43, M92 with evidence that was made to deceive.
#[tokio::test]
async fn a_hostile_name_is_text_everywhere_it_is_shown() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(NAME, BAD)]);
    let found = investigate(&stage.ctl, "shop");
    let waits = id(&action(&found, "quarantine_file", "/srv/"));
    let evidence = id(list(&found, "evidence").iter().find(|e| word(e, "verdict") == "malicious").unwrap());
    let scene = stage.open().await;
    let app = &scene.app;
    is_only_text(app, "home").await;
    app.press("g p").await;
    app.find(&format!("row-{waits}")).await;
    is_only_text(app, "the list").await;
    app.click(&format!("row-{waits}")).await;
    app.click("show-details").await;
    app.click("show-trace").await;
    is_only_text(app, "the flyout").await;
    app.screenshot("hostile-name").await;
    app.press("g i").await;
    app.click(&format!("incident-row-{}", word(&found, "incident_id"))).await;
    app.find("incident-summary").await;
    is_only_text(app, "the incident").await;
    app.click("tab-evidence").await;
    app.click(&format!("evidence-row-{evidence}")).await;
    is_only_text(app, "the evidence").await;
    app.click("evidence-approve").await;
    app.find("toast").await;
    is_only_text(app, "the message").await;
    settled(app, &scene.ctl, &waits, "completed").await;
    assert!(!scene.real("shop", NAME).exists(), "and the very file is in quarantine");
    app.press("Escape").await;
    app.click("tab-activity").await;
    is_only_text(app, "the activity").await;
    scene.end().await;
}
