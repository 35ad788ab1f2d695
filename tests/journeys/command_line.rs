//! The command line keeps its contract (M149).
use crate::staged::{BAD, Home, ODD, OTHER, TEMP, write};
use assize_domain::group::AutomationLevel;
use assize_tests::Ctl;
use serde_json::Value;

fn has_fields(object: &Value, fields: &[&str]) {
    for field in fields {
        assert!(object.get(field).is_some(), "{field} is missing in {object:#}");
    }
}

const ACTION: [&str; 25] = [
    "id",
    "approval_id",
    "investigation_id",
    "incident_id",
    "evidence_id",
    "device",
    "type",
    "status",
    "source",
    "target",
    "verdict",
    "location_class",
    "classified_by",
    "level",
    "why",
    "decision",
    "decided_by",
    "decided_at",
    "comment",
    "created_at",
    "started_at",
    "finished_at",
    "expires_at",
    "stale",
    "undone_by",
];

/// M149: the objects of the contract, as they come from a whole round.
#[test]
fn the_objects_have_the_fields_of_the_contract() {
    let home = Home::at(AutomationLevel::SemiAll);
    let ctl = home.ctl();
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant("/etc/cron.d/parcel", &format!("*/5 * * * * root {TEMP}\n"));
    let investigation = ctl.ask(&["investigate", "shop", "--comment", "A look"]);
    has_fields(
        &investigation,
        &["id", "state", "state_label", "trigger", "verdict", "started_at", "ended_at", "evidence", "actions", "log"],
    );
    has_fields(&investigation["device"], &["id", "name", "group", "level"]);
    assert_eq!((&investigation["state"], &investigation["verdict"]), (&"pending_approval".into(), &"malicious".into()));
    let evidence = investigation["evidence"].as_array().unwrap();
    for item in evidence {
        has_fields(
            item,
            &["id", "type", "verdict", "reasons", "remediation_status", "related", "first_seen", "last_seen"],
        );
        let block = &item[item["type"].as_str().unwrap()];
        match item["type"].as_str().unwrap() {
            "file" => has_fields(block, &["path", "sha256", "sha1", "md5", "size", "mode", "owner"]),
            "scheduled_task" => has_fields(block, &["kind", "name", "path", "command", "schedule", "user"]),
            other => panic!("nothing of the type {other} was planted"),
        }
    }
    assert_eq!(evidence.len(), 2);

    let page = ctl.ask(&["action", "list", "--tab", "pending"]);
    assert_eq!((page["total"].as_u64(), &page["next"]), (Some(2), &Value::Null));
    for action in page["actions"].as_array().unwrap() {
        has_fields(action, &ACTION);
        has_fields(action, &["result", "undo"]);
        let shown = ctl.ask(&["action", "show", action["id"].as_str().unwrap()]);
        for field in ACTION {
            assert_eq!(shown[field], action[field], "the same {field} in the list and by itself");
        }
        let plan = ctl.ask(&["action", "plan", action["id"].as_str().unwrap()]);
        has_fields(&plan, &["steps", "witnesses", "obstacles"]);
        has_fields(&plan["steps"][0], &["what", "target", "reversible", "detail"]);
    }
    let incident = ctl.ask(&["incident", "show", investigation["incident_id"].as_str().unwrap()]);
    for list in ["alerts", "evidence", "actions", "activity"] {
        assert!(incident[list].as_array().is_some_and(|l| !l.is_empty()), "{list} of {incident:#}");
    }
    assert_eq!(ctl.ask(&["incident", "show", "1"])["id"], incident["id"], "also by its number");
    assert_eq!(ctl.ask(&["incident", "list", "--investigation-state", "pending_action"])["total"], 1);
}

/// M149: list, approve, reject, undo and export by script.
#[test]
fn a_script_decides_waits_undoes_and_exports() {
    let home = Home::at(AutomationLevel::SemiAll);
    let ctl = home.ctl();
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant(OTHER, ODD);
    ctl.ask(&["investigate", "shop", "--path", "/"]);
    let id = |path: &str| {
        let page = ctl.ask(&["action", "list"]);
        let found = page["actions"].as_array().unwrap().iter().find(|a| a["target"]["path"] == path).cloned();
        found.unwrap_or_else(|| panic!("{path} is listed: {page:#}"))["id"].as_str().unwrap().to_owned()
    };
    let (bad, odd) = (id(TEMP), id(OTHER));

    let approved = ctl.ask(&["action", "approve", &bad, "--comment", "gone"]);
    assert!(approved["approval_id"].is_string());
    assert_eq!(approved["results"][0]["status"], "completed", "it waited for the end");
    assert!(!device.has(TEMP));
    assert_eq!(ctl.ask(&["action", "reject", &odd])["results"][0]["status"], "rejected");
    let items = ctl.ask(&["quarantine", "list"]);
    has_fields(
        &items["items"][0],
        &["id", "action_id", "device", "path", "sha256", "size", "quarantined_at", "expires_at", "verified_at"],
    );

    let refused = ctl.refused(&["action", "undo", &bad]);
    assert_eq!((refused.status, refused.code.as_str()), (1, "still_blocked"), "{refused:?}");
    let indicators = ctl.ask(&["indicator", "list"]);
    for indicator in indicators["indicators"].as_array().unwrap() {
        ctl.ask(&["indicator", "remove", indicator["id"].as_str().unwrap()]);
    }
    let undone = ctl.ask(&["action", "undo", &bad, "--conflict", "keep-both"]);
    assert_eq!(undone["results"][0]["status"], "undone");
    assert!(device.has(TEMP));
    let again = ctl.refused(&["action", "undo", &bad]);
    assert_eq!((again.status, again.code.as_str()), (1, "cannot_undo"), "{again:?}");

    assert_eq!(ctl.ask(&["audit", "verify"])["ok"], true);
    let out = home.data().with_file_name("audit.jsonl");
    ctl.ask(&["audit", "export", "--out", out.to_str().unwrap()]);
    let lines = std::fs::read_to_string(out).unwrap();
    assert!(lines.lines().all(|l| serde_json::from_str::<Value>(l).is_ok()));
    assert!(lines.contains("gone"), "the comment is in the record");
}

/// Pages: every row once.
#[test]
fn following_the_pages_meets_every_action_once() {
    let home = Home::at(AutomationLevel::SemiAll);
    let ctl = home.ctl();
    let device = home.device("shop");
    for n in 0..7 {
        device.plant(&format!("/srv/goods/parcel-{n}"), BAD);
    }
    device.investigate();
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut words = vec!["action", "list", "--tab", "pending", "--limit", "3"];
        if let Some(cursor) = &after {
            words.extend(["--after", cursor.as_str()]);
        }
        let page = ctl.ask(&words);
        assert_eq!(page["total"], 7);
        seen.extend(page["actions"].as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (7, 7), "{seen:?}");
}

#[test]
fn what_is_not_waited_for_is_carried_out_by_the_next_call() {
    let home = Home::at(AutomationLevel::SemiAll);
    let ctl = home.ctl();
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let id = device.action_about(TEMP).id;
    let answer = ctl.ask(&["action", "approve", id.as_str(), "--no-wait"]);
    assert_eq!(answer["results"][0]["status"], "approved");
    assert!(device.has(TEMP), "nothing was carried out yet");
    assert_eq!(ctl.ask(&["action", "show", id.as_str()])["status"], "completed");
    assert!(!device.has(TEMP));
}

/// M63 as a script sees it.
#[test]
fn an_approval_of_something_that_changed_ends_with_status_one_and_tells_both() {
    let home = Home::at(AutomationLevel::SemiAll);
    let ctl = home.ctl();
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let id = device.action_about(TEMP).id;
    device.plant(TEMP, "Something else.\n");
    let output = ctl.command(&["action", "approve", id.as_str()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).expect("the document is there all the same");
    assert_eq!(document["results"][0]["status"], "pending_approval");
    has_fields(&document["results"][0]["stale"], &["was", "now"]);
    let error: Value = serde_json::from_slice(&output.stderr).expect("and the reason");
    assert_eq!(error["error"]["code"], "stale");
}

#[test]
fn refusals_and_wrong_words_have_their_own_status_and_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let ctl = Ctl::on(folder.path());
    for (words, status, code) in [
        (&["no-such-command"][..], 2, "wrong_words"),
        (&["action", "list", "--tab", "both"], 2, "wrong_words"),
        (&["group", "level", "Ungrouped devices", "half"], 2, "wrong_words"),
        (&["group", "create", "G", "--level", "full", "--rule", "colour", "equals", "red"], 2, "wrong_words"),
        (&["indicator", "add", "--action", "warn", "--title", "T"], 2, "wrong_words"),
        (&["indicator", "add", "--sha256", "a", "--md5", "b", "--action", "warn", "--title", "T"], 2, "wrong_words"),
        (&["action", "run", "kill_process", "--device", "x"], 2, "wrong_words"),
        (&["action", "show", "no-such-id"], 1, "not_found"),
        (&["action", "approve", "no-such-id"], 1, "not_found"),
        (&["investigation", "show", "no-such-id"], 1, "not_found"),
        (&["incident", "show", "99"], 1, "not_found"),
        (&["device", "show", "nobody"], 1, "not_found"),
        (&["investigate", "nobody"], 1, "not_found"),
        (&["indicator", "add", "--sha256", "abc", "--action", "warn", "--title", "T"], 1, "bad_input"),
        (&["audit", "export", "--out", "/tmp/x.pdf"], 1, "bad_input"),
        (&["hunt", "processes"], 1, "not_available_yet"),
        (&["alert", "import", "f.json", "--format", "wazuh"], 1, "unreadable"),
        (&["report", "incident", "1", "--out", "f.pdf"], 1, "not_available_yet"),
        (&["simulate", "--level", "full"], 1, "not_available_yet"),
        (&["serve", "--socket", "/no/such/folder/door.sock"], 1, "service_not_started"),
        (&["action", "undo", "no-such-id", "--instances"], 1, "not_found"),
    ] {
        let output = ctl.command(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
        assert!(output.stdout.is_empty(), "{words:?}: nothing but the refusal");
        let error: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{words:?}: {e}: {said}"));
        assert_eq!(error["error"]["code"], code, "{words:?}: {said}");
        assert!(error["error"]["message"].as_str().is_some_and(|m| !m.is_empty()), "{words:?}");
        assert!(error["error"].get("hint").is_some(), "{words:?}");
    }
}

#[test]
fn lists_of_an_empty_folder_are_documents_too() {
    let folder = tempfile::tempdir().unwrap();
    let ctl = Ctl::on(folder.path().join("not/there/yet"));
    for (words, list) in [
        (&["action", "list"][..], "actions"),
        (&["incident", "list"], "incidents"),
        (&["investigation", "list"], "investigations"),
        (&["indicator", "list"], "indicators"),
        (&["rules", "list"], "rules"),
        (&["quarantine", "list"], "items"),
        (&["verdict", "list"], "verdicts"),
    ] {
        assert_eq!(ctl.ask(words)[list].as_array().map(Vec::len), Some(0), "{words:?}");
    }
    let groups = ctl.ask(&["group", "list"]);
    assert_eq!(groups["groups"][0]["name"], "Ungrouped devices");
    assert_eq!(groups["groups"][0]["level"], "semi_all", "until somebody chooses, everything waits");
    assert_eq!(ctl.ask(&["device", "list"])["devices"].as_array().map(Vec::len), Some(1), "this computer");
    assert!(ctl.ask(&["doctor"])["checks"].as_array().is_some_and(|c| !c.is_empty()));
    assert_eq!(ctl.ask(&["audit", "verify"])["ok"], true);
}

#[test]
fn a_list_of_indicators_is_taken_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let ctl = Ctl::on(folder.path().join("data"));
    let file = folder.path().join("list.csv");
    let hash = "ab".repeat(32);
    write(
        &file,
        &format!(
            "type,value,action,title\nsha256,{hash},block_and_remediate,\"Bad, as told\"\nsha256,short,warn,Odd\ndomain,example.test,audit,Seen\n"
        ),
    );
    let report = ctl.ask(&["indicator", "import", file.to_str().unwrap()]);
    assert_eq!((report["rows"].as_u64(), report["added"].as_array().map(Vec::len)), (Some(3), Some(2)));
    assert_eq!(report["failed"][0]["row"], 3, "the line of the file");
    let list = ctl.ask(&["indicator", "list"]);
    assert!(list["indicators"].as_array().unwrap().iter().any(|i| i["title"] == "Bad, as told"));
    let twice = ctl.refused(&["indicator", "import", file.to_str().unwrap()]);
    assert_eq!((twice.status, twice.code.as_str()), (1, "nothing_imported"), "{twice:?}");
}

/// A file name can neither move the cursor nor reorder the words around it.
#[test]
fn what_people_read_shows_hostile_names_harmlessly() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant("/tmp/in\u{202E}voice\x1b[2J\nerror: all fine", BAD);
    device.investigate();
    let folder = home.data();
    let mut command = std::process::Command::new(assize_tests::places::program("assizectl"));
    let output = command.arg("--data").arg(folder).args(["action", "list"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.contains("\\u{202e}voice\\u{1b}[2J\\u{a}error"), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert_eq!(text.lines().count(), 2, "a heading and one row: {text}");
}

#[test]
fn without_a_folder_and_without_a_home_nothing_is_guessed() {
    let mut command = std::process::Command::new(assize_tests::places::program("assizectl"));
    for name in ["ASSIZE_DATA", "XDG_DATA_HOME", "HOME"] {
        command.env_remove(name);
    }
    let output = command.args(["--json", "status"]).output().unwrap();
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((output.status.code(), &error["error"]["code"]), (Some(1), &"no_data_folder".into()));
}
