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

/// M48, M76, M121: a scan that a person asks for only looks; what it leads to is of the antivirus and goes back like the rest.
#[tokio::test]
async fn a_scan_is_asked_for_on_the_device_and_what_it_leads_to_goes_back() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("full");
    stage.device("shop", &[(OTHER, BAD)]);
    let scene = stage.open().await;
    let app = &scene.app;
    let file = scene.real("shop", OTHER);
    let before = mark(&file);
    let devices = scene.ctl.ask(&["device", "list"]);
    let shop = list(&devices, "devices").iter().find(|d| word(d, "name") == "shop").unwrap().clone();
    app.press("g d").await;
    app.click(&format!("device-row-{}", id(&shop))).await;
    app.click("run-run_antivirus_scan").await;
    app.click("scan-full").await;
    app.wait_text_has("run-plan", "Look through every file").await;
    assert!(!app.text("run-plan").await.contains("undone"), "nothing is changed, so nothing would be taken back");
    app.fill("run-comment", "Somebody brought a stick.").await;
    app.click("run-confirm").await;
    app.wait_text_has("device-latest", "1 threat").await;
    app.wait_until("what it led to is done", async || !file.exists()).await;

    let done = scene.ctl.ask(&["action", "list", "--tab", "history", "--source", "antivirus"]);
    let done = id(&list(&done, "actions")[0]);
    settled(app, &scene.ctl, &done, "completed").await;
    app.press("Escape").await;
    app.press("g h").await;
    let row = format!("row-{done}");
    assert_eq!(cell(app, &row, "source").await, "Antivirus");
    for known in list(&scene.ctl.ask(&["indicator", "list"]), "indicators") {
        scene.ctl.ask(&["indicator", "remove", word(known, "id")]);
    }
    app.click(&row).await;
    app.wait_text("flyout-status", "Completed").await;
    app.click("undo").await;
    app.wait_text("flyout-status", "Undone").await;
    assert_eq!(mark(&file), before, "bytes, permissions and time are what they were");
    scene.end().await;
}

/// M61, M121: stop and quarantine reaches every device that has the file, tells each of them, and goes back as one.
#[tokio::test]
async fn a_file_is_stopped_and_quarantined_on_every_device_that_has_it() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(OTHER, BAD)]);
    stage.device("kiosk", &[(OTHER, BAD), (TEMP, BAD)]);
    let found = investigate(&stage.ctl, "shop");
    investigate(&stage.ctl, "kiosk");
    let scene = stage.open().await;
    let app = &scene.app;
    app.wait_text_has("last-check", "Full check of").await;
    let places = [("shop", OTHER), ("kiosk", OTHER), ("kiosk", TEMP)].map(|(device, path)| scene.real(device, path));
    let before: Vec<_> = places.iter().map(|place| mark(place)).collect();
    let evidence = list(&found, "evidence").iter().find(|e| word(e, "place") == OTHER).unwrap();
    app.click("nav-incidents").await;
    app.click(&format!("incident-row-{}", word(&found, "incident_id"))).await;
    app.click("tab-evidence").await;
    app.click(&format!("evidence-row-{}", id(evidence))).await;
    app.click("more-actions").await;
    app.click("run-stop_and_quarantine_file").await;
    app.wait_text_has("run-plan", "kiosk").await;
    app.fill("run-comment", "It is on two computers.").await;
    app.click("run-confirm").await;
    app.wait_until("all copies are gone", async || places.iter().all(|place| !place.exists())).await;

    let asked = scene.ctl.ask(&["action", "list", "--type", "stop_and_quarantine_file"]);
    let first = list(&asked, "actions").iter().find(|a| a["parent"].is_null()).unwrap().clone();
    settled(app, &scene.ctl, &id(&first), "completed").await;
    app.press("Escape").await;
    app.press("g h").await;
    app.click(&format!("row-{}", id(&first))).await;
    app.wait_text("spread-succeeded", "2").await;
    app.wait_text_has("spread", "kiosk").await;
    app.wait_text_has("asked-by", "It is on two computers.").await;
    app.screenshot("stop-everywhere").await;
    for known in list(&scene.ctl.ask(&["indicator", "list"]), "indicators") {
        scene.ctl.ask(&["indicator", "remove", word(known, "id")]);
    }
    app.click("undo").await;
    app.click("undo-confirm").await;
    app.wait_until("all copies are back", async || places.iter().all(|place| place.exists())).await;
    app.wait_text("flyout-status", "Undone").await;
    let after: Vec<_> = places.iter().map(|place| mark(place)).collect();
    assert_eq!(after, before, "bytes, permissions and times are what they were");
    scene.end().await;
}

/// M121: what a person blocks from the evidence is known from then on, and what they allow is not caught.
#[tokio::test]
async fn a_person_blocks_and_allows_from_the_evidence() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(OTHER, ODD)]);
    let found = investigate(&stage.ctl, "shop");
    let evidence = list(&found, "evidence").iter().find(|e| word(e, "place") == OTHER).unwrap().clone();
    for known in list(&stage.ctl.ask(&["indicator", "list"]), "indicators") {
        stage.ctl.ask(&["indicator", "remove", word(known, "id")]);
    }
    let scene = stage.open().await;
    let app = &scene.app;
    app.click("nav-incidents").await;
    app.click(&format!("incident-row-{}", word(&found, "incident_id"))).await;
    app.click("tab-evidence").await;
    app.click(&format!("evidence-row-{}", id(&evidence))).await;
    for (told, title) in [("block", "Block"), ("allow", "Allow")] {
        app.click("more-actions").await;
        app.click(&format!("indicator-{told}")).await;
        app.find("indicator-dialog").await;
        app.screenshot(&format!("indicator-{told}")).await;
        app.click("indicator-confirm").await;
        app.wait_gone("indicator-dialog").await;
        app.wait_text_has("toast", &format!("{title}:")).await;
    }
    let known = scene.ctl.ask(&["indicator", "list"]);
    let known: Vec<(&str, &str)> =
        list(&known, "indicators").iter().map(|i| (word(i, "action"), word(i, "value"))).collect();
    let sha256 = word(&evidence["file"], "sha256");
    assert!(known.contains(&("allow", sha256)), "{known:?}");
    assert!(known.iter().any(|(action, value)| action.starts_with("block") && *value == sha256), "{known:?}");
    scene.end().await;
}

/// Design section 2: the device service says how it stands; where its files are not there, it says why it cannot be installed and what to do.
#[tokio::test]
async fn the_device_service_says_how_it_stands() {
    if window::cannot_be_shown() {
        return;
    }
    let scene = Stage::at("full").open().await;
    let app = &scene.app;
    app.press("g s").await;
    app.click("tab-service").await;
    app.find("service-standing").await;
    let standing =
        app.run("return document.querySelector(\"[data-testid='service-standing']\").dataset.standing").await;
    app.screenshot("service").await;
    // Nothing is installed or removed on the machine that this runs on.
    let packaged = std::path::Path::new("/usr/lib/systemd/system/assize-agent.service").exists();
    if packaged {
        assert_ne!(standing, "unpackaged");
    } else {
        assert_eq!(standing, "unpackaged");
        app.wait_text_has("service", "build the packages").await;
        assert!(!app.is_there("install-service").await, "no button that cannot work");
    }
    scene.end().await;
}

/// M159: what waits for a device says so, can be called off until then, and blocks no check of another device.
#[tokio::test]
async fn what_waits_for_a_device_says_so_and_can_be_called_off() {
    if window::cannot_be_shown() {
        return;
    }
    let stage = Stage::at("semi_all");
    stage.device("shop", &[(OTHER, BAD)]);
    let found = investigate(&stage.ctl, "shop");
    let waits = id(&list(&found, "actions")[0]);
    let scene = stage.open().await;
    let app = &scene.app;
    let root = scene.real("shop", "/");
    let aside = root.with_file_name("unplugged");
    std::fs::rename(&root, &aside).unwrap();
    app.press("g p").await;
    app.click(&format!("row-{waits}")).await;
    app.click("approve").await;
    app.wait_text("flyout-status", "Waiting for device").await;
    assert!(app.is_there("waits-for-device").await || app.is_there("stuck").await, "it says why it does not go on");
    assert!(!app.is_there("undo").await, "nothing was done that could be undone");
    app.press("Escape").await;
    app.click("nav-home").await;
    app.find("check-this-computer").await;
    app.press("g h").await;
    app.click(&format!("row-{waits}")).await;
    app.click("cancel").await;
    app.wait_text("flyout-status", "Cancelled").await;
    std::fs::rename(&aside, &root).unwrap();
    assert!(scene.real("shop", OTHER).exists(), "nothing was touched");
    scene.end().await;
}
