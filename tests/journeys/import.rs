//! Alerts of other products: known ones are folded, what names a device here is looked into there, and what another
//! product says never acts by itself (M107).
use crate::staged::{BAD, Home, ask, evidence, until};
use assize_domain::{
    action::ActionStatus,
    alert::AlertStatus,
    group::{AutomationLevel, UNGROUPED},
    id::{AlertId, DeviceId, IncidentId},
    incident::IncidentStatus,
    investigation::InvestigationStatus,
    verdict::Verdict,
};
use assize_engine::{
    Front,
    door::{ListAlerts, ListIncidents, ListInvestigations, ShowAlert, ShowIncident},
    import::{Options, import},
    view::{AlertDetail, Imported, IncidentRow, Investigation},
};
use std::io::Read;

/// An alert of Falco: `rule` on `host` about the program at `exe`.
fn falco(host: &str, rule: &str, exe: &str, second: u32) -> String {
    format!(
        r#"{{"hostname":"{host}","output":"Warning: {rule} (file={exe})","priority":"Warning","rule":"{rule}","source":"syscall","tags":["host","mitre_persistence"],"time":"2031-01-05T10:00:{second:02}.000000000Z","output_fields":{{"proc.exepath":"{exe}","proc.cmdline":"{exe} 900","proc.name":"parcel","user.name":"root"}}}}"#
    )
}

fn bring(home: &Home, text: &str, device: Option<&DeviceId>) -> Imported {
    bring_from(home, text.as_bytes(), device)
}

fn bring_from(home: &Home, from: impl Read + Send, device: Option<&DeviceId>) -> Imported {
    let front = Front::Here(home.engine.clone());
    import(&front, &home.person, from, Options::default(), "alerts.json", device.cloned()).unwrap()
}

fn shown(home: &Home, id: &AlertId) -> AlertDetail {
    ask!(home, ShowAlert { id: id.clone() })
}

fn looked(home: &Home, imported: &Imported) -> Investigation {
    let [id] = imported.investigations.as_slice() else { panic!("not one investigation: {imported:?}") };
    home.engine.settle_investigation(id).unwrap()
}

fn incidents(home: &Home) -> Vec<IncidentRow> {
    let request = ListIncidents {
        investigation_state: None,
        status: Vec::new(),
        severity: Vec::new(),
        text: None,
        limit: 100,
        after: None,
        snapshot: None,
    };
    ask!(home, request).incidents
}

fn why(detail: &AlertDetail) -> (InvestigationStatus, &str) {
    let skipped = detail.row.skipped.as_ref().expect("no investigation started from it");
    (skipped.state, &skipped.why)
}

/// M107, M25: what it names lies where a quick look does not go.
#[test]
fn an_alert_about_a_device_here_is_looked_into_around_what_it_names() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("web");
    device.plant("/srv/deep/down/parcel", BAD);
    let imported = bring(&home, &falco("web.example.org", "Drop and execute", "/srv/deep/down/parcel", 1), None);
    assert_eq!((imported.imported, imported.skipped, imported.incidents), (1, 0, 1));
    let found = looked(&home, &imported);
    assert_eq!((found.trigger.as_str(), found.state), ("alert", InvestigationStatus::PendingApproval));
    assert_eq!(evidence(&found, "/srv/deep/down/parcel").verdict, Verdict::Malicious);
    assert!(found.log.iter().any(|l| l.text.contains("this is here: parcel")), "{:#?}", found.log);
    let alert = shown(&home, &imported.alerts[0]);
    assert_eq!(alert.row.investigation_id, Some(found.id));
    assert!(!alert.evidence.is_empty());
    assert!(alert.origin.unwrap().original.starts_with(r#"{"hostname":"web.example.org""#), "the original is kept");
    let incident = ask!(home, ShowIncident { id: alert.row.incident_id });
    assert_eq!(incident.alerts_list.len(), 2, "the imported one, and what was found");
    assert!(incident.alerts_list.iter().any(|a| a.grouped.is_some()), "the second says why it is here");
}

/// M107
#[test]
fn the_same_alerts_again_change_nothing_and_are_counted() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("web");
    let text = [1, 2].map(|n| falco("web", "Drop and execute", "/srv/x", n)).join("\n");
    assert_eq!(bring(&home, &text, None).imported, 2);
    let again = bring(&home, &text, Some(&device.id));
    assert_eq!((again.imported, again.duplicates, again.records), (0, 2, 2));
    assert_eq!((again.alerts.len(), again.investigations.len(), incidents(&home).len()), (0, 0, 1));
    // Twice in one file is once too.
    let twice = [3, 3].map(|n| falco("web", "Drop and execute", "/srv/x", n)).join("\n");
    let folded = bring(&home, &twice, None);
    assert_eq!((folded.imported, folded.duplicates), (1, 1));
}

/// M107: spec 1.4, the reason is shown.
#[test]
fn alerts_that_belong_together_share_an_incident_and_say_why() {
    let home = Home::at(AutomationLevel::SemiAll);
    let first = bring(&home, &falco("elsewhere", "Drop and execute", "/srv/x", 1), None);
    let second = bring(&home, &falco("elsewhere", "Drop and execute", "/srv/y", 2), None);
    let other = bring(&home, &falco("elsewhere", "Quite another rule", "/srv/x", 3), None);
    let [first, second, other] = [first, second, other].map(|i| shown(&home, &i.alerts[0]));
    assert_eq!(first.row.incident_id, second.row.incident_id);
    assert_ne!(first.row.incident_id, other.row.incident_id);
    assert_eq!(first.row.grouped, None);
    assert_eq!(second.row.grouped.as_deref(), Some("The same rule (“Drop and execute”) on the same device."));
}

/// M107: an incident without hands.
#[test]
fn an_alert_about_nobody_here_becomes_an_incident_and_touches_no_device() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("web");
    device.plant("/tmp/parcel", BAD);
    for (host, n) in [("elsewhere", 1), ("localhost", 2)] {
        let imported = bring(&home, &falco(host, "Drop and execute", "/tmp/parcel", n), None);
        assert_eq!((imported.skipped, imported.investigations.len()), (1, 0), "{host}");
        let alert = shown(&home, &imported.alerts[0]);
        assert_eq!(alert.row.device, None);
        let (state, text) = why(&alert);
        assert_eq!(state, InvestigationStatus::UnsupportedAlert);
        assert!(text.contains(host) && text.contains("Nothing can be done about it from here"), "{text}");
    }
    assert!(device.has("/tmp/parcel"));
    let incident = incidents(&home).remove(0);
    assert_eq!((incident.status, incident.pending_actions, incident.devices.len()), (IncidentStatus::Active, 0, 0));
}

/// M107, M25: spec 2.3 row 0.
#[test]
fn where_nothing_is_automated_an_alert_says_so_and_starts_nothing() {
    let home = Home::at(AutomationLevel::SemiAll);
    home.set_level(UNGROUPED, AutomationLevel::None);
    let device = home.device("web");
    device.plant("/tmp/parcel", BAD);
    let imported = bring(&home, &falco("web", "Drop and execute", "/tmp/parcel", 1), None);
    let alert = shown(&home, &imported.alerts[0]);
    let (state, text) = why(&alert);
    assert_eq!(state, InvestigationStatus::NoAutomation);
    assert!(text.contains("web") && text.contains(UNGROUPED), "{text}");
    let request =
        ListInvestigations { status: Vec::new(), device: None, text: None, limit: 10, after: None, snapshot: None };
    assert_eq!(ask!(home, request).total, 0);
}

/// M107, M25: spec 1.5.1; what can still be there is looked at, and only what is there now counts.
#[test]
fn what_is_older_than_the_device_is_known_is_over_unless_it_names_what_can_be_there() {
    let home = Home::at(AutomationLevel::SemiAll);
    home.device("web");
    let long_ago = |text: String| text.replace("2031-", "2001-");
    let nothing = r#"{"hostname":"web","output":"Warning: x","priority":"Warning","rule":"Login","source":"syscall","time":"2001-01-05T10:00:00Z","output_fields":{"user.name":"root"}}"#;
    let over = bring(&home, nothing, None);
    assert_eq!(why(&shown(&home, &over.alerts[0])).0, InvestigationStatus::PreexistingAlert);
    let gone = bring(&home, &long_ago(falco("web", "Drop and execute", "/srv/gone", 1)), None);
    let looked = looked(&home, &gone);
    assert_eq!(looked.state, InvestigationStatus::Benign);
    assert!(looked.log.iter().any(|l| l.text.contains("Nothing that the alerts name is here")), "{:#?}", looked.log);
}

/// An alert of Microsoft Graph that judged a file by its hash.
fn judged(host: &str, path: &str, sha256: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap();
    format!(
        r##"{{"id":"da1","@odata.type":"#microsoft.graph.security.alert","title":"Malware seen","severity":"high","status":"new","serviceSource":"microsoftDefenderForEndpoint","detectionSource":"antivirus","createdDateTime":"2031-01-05T10:00:00Z","evidence":[{{"@odata.type":"#microsoft.graph.security.deviceEvidence","deviceDnsName":"{host}","verdict":"unknown","roles":[]}},{{"@odata.type":"#microsoft.graph.security.fileEvidence","verdict":"malicious","remediationStatus":"none","roles":[],"fileDetails":{{"sha256":"{sha256}","fileName":"{name}","filePath":"{folder}","fileSize":4}}}}]}}"##
    )
}

/// M107: a witness among others, at every level.
#[test]
fn what_another_product_judged_is_asked_about_and_never_acted_on_by_itself() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("web");
    device.plant("/tmp/box/tool", "An ordinary tool of this shop.\n");
    assert_eq!(device.investigate().state, InvestigationStatus::Benign, "by itself there is nothing to say about it");
    let elsewhere = bring(&home, &judged("web", "/tmp/box/tool", &"a".repeat(64)), None);
    let found = looked(&home, &elsewhere);
    assert_eq!(evidence(&found, "/tmp/box/tool").verdict, Verdict::NoThreatsFound, "they saw another content");

    let sum = evidence_sum(&found);
    let here = bring(&home, &judged("web", "/tmp/box/tool", &sum).replace("da1", "da2"), None);
    let found = looked(&home, &here);
    let item = evidence(&found, "/tmp/box/tool");
    assert_eq!(item.verdict, Verdict::Suspicious);
    assert!(item.reasons[0].text.contains("judged it malicious in an alert"), "{:?}", item.reasons);
    let statuses: Vec<ActionStatus> = found.actions.iter().map(|a| a.status).collect();
    assert_eq!(statuses, [ActionStatus::PendingApproval], "a person is asked");
    assert!(device.has("/tmp/box/tool"));
}

fn evidence_sum(found: &Investigation) -> String {
    let document = serde_json::to_value(evidence(found, "/tmp/box/tool")).unwrap();
    document["file"]["sha256"].as_str().expect("a file has a sum").to_owned()
}

/// Bad input: a line that never ends, one that is no JSON, bytes that are no text.
#[test]
fn what_cannot_be_read_is_named_by_its_line_and_the_rest_comes_in() {
    let home = Home::at(AutomationLevel::SemiAll);
    let good = |n| falco("elsewhere", "Drop and execute", "/srv/x", n);
    let endless = std::io::repeat(b'a').take(40 << 20);
    let start = format!("{}\n{{\"output\": not json\n{}\n{{\"rule\":\"", good(1), good(2));
    let end = format!("\n{}\n\u{0}\u{1}\n", good(3));
    let imported = bring_from(&home, start.as_bytes().chain(endless).chain(end.as_bytes()), None);
    assert_eq!(imported.imported, 3);
    let lines: Vec<u32> = imported.failed.iter().map(|f| f.line).collect();
    assert!(lines.starts_with(&[2, 4]), "{:?}", imported.failed);
    assert!(imported.failed.iter().all(|f| f.error.len() < 1_000), "a clear word, not the line itself");
    assert_eq!(imported.records, imported.imported + imported.rejected);
}

/// M107: what was closed elsewhere is not opened here.
#[test]
fn an_alert_that_was_resolved_in_the_other_product_is_no_work_here() {
    let home = Home::at(AutomationLevel::SemiAll);
    home.device("web");
    let text = judged("web", "/tmp/box/tool", &"a".repeat(64)).replace(r#""status":"new""#, r#""status":"resolved""#);
    let imported = bring(&home, &text, None);
    assert!(imported.investigations.is_empty());
    let alert = shown(&home, &imported.alerts[0]);
    assert_eq!(alert.row.status, AlertStatus::Resolved);
    assert_eq!(incidents(&home)[0].status, IncidentStatus::Resolved);
}

/// M105: what nobody looked into stays open when an investigation of the same incident ends well.
#[test]
fn an_incident_stays_open_while_one_of_its_alerts_was_never_looked_into() {
    let home = Home::at(AutomationLevel::SemiAll);
    home.device("web");
    let case = |id: &str, host: &str| {
        let text = judged(host, "/tmp/box/tool", &"a".repeat(64)).replace("da1", id);
        text.replacen('{', r#"{"incidentId":"77","#, 1)
    };
    let here = bring(&home, &case("da1", "web"), None);
    let elsewhere = bring(&home, &case("da2", "elsewhere"), None);
    assert_eq!(looked(&home, &here).state, InvestigationStatus::Benign);
    let [here, elsewhere] = [here, elsewhere].map(|i| shown(&home, &i.alerts[0]));
    assert_eq!(here.row.incident_id, elsewhere.row.incident_id);
    assert!(elsewhere.row.grouped.as_deref().is_some_and(|g| g.contains("77")), "{:?}", elsewhere.row.grouped);
    assert_eq!((here.row.status, elsewhere.row.status), (AlertStatus::Resolved, AlertStatus::New));
    let incident: IncidentId = here.row.incident_id;
    assert_eq!(ask!(home, ShowIncident { id: incident }).row.status, IncidentStatus::Active);
}

/// M149: the command line keeps its contract.
#[test]
fn the_command_line_imports_waits_and_shows() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("web");
    device.plant("/srv/deep/parcel", BAD);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.json");
    let lines = [falco("another-name", "Drop and execute", "/srv/deep/parcel", 1), "{broken".into()].join("\n");
    std::fs::write(&file, lines).unwrap();
    let file = file.to_str().unwrap();
    let ctl = home.ctl();
    let answer = ctl.ask(&["alert", "import", file, "--format", "falco", "--device", "web"]);
    assert_eq!((&answer["format"], answer["records"].as_u64()), (&"falco".into(), Some(2)));
    assert_eq!((answer["imported"].as_u64(), answer["duplicates"].as_u64()), (Some(1), Some(0)));
    assert_eq!(answer["failed"][0]["line"].as_u64(), Some(2));
    assert!(answer["fields"]["mapped"].as_array().is_some_and(|m| m.iter().any(|f| f == "rule")), "{answer}");
    assert!(answer["fields"]["kept_raw"].is_array());
    assert_eq!(answer["states"], serde_json::json!(["pending_approval"]), "it waited");
    let alert = ctl.ask(&["alert", "show", answer["alerts"][0].as_str().unwrap()]);
    assert_eq!((&alert["device"]["name"], &alert["investigation_id"]), (&"web".into(), &answer["investigations"][0]));
    let list = ctl.ask(&["alert", "list", "--status", "new", "--device", "web"]);
    assert_eq!(list["total"].as_u64(), Some(2), "{list}");

    assert_eq!(ctl.refused(&["alert", "import", file, "--format", "papyrus"]).status, 2);
    let zip = folder.path().join("alerts.zip");
    std::fs::write(&zip, b"PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00").unwrap();
    let refused = ctl.refused(&["alert", "import", zip.to_str().unwrap()]);
    assert_eq!((refused.status, refused.code.as_str()), (1, "bad_input"), "{refused:?}");
    let refused = ctl.refused(&["alert", "import", folder.path().to_str().unwrap()]);
    assert_eq!((refused.status, refused.code.as_str()), (1, "unreadable"));
    assert_eq!(ctl.refused(&["alert", "show", "none"]).code, "not_found");
}

/// M107: more than one batch, from one file, with one investigation.
#[test]
fn hundreds_of_alerts_about_one_device_are_one_investigation() {
    let home = Home::at(AutomationLevel::SemiAll);
    home.device("web");
    let text: String =
        (0..1_200).map(|n| falco("web", &format!("Rule {}", n % 7), &format!("/srv/{n}"), n % 60) + "\n").collect();
    let imported = bring(&home, &text, None);
    assert_eq!((imported.imported, imported.investigations.len()), (1_200, 1));
    let incidents = incidents(&home);
    assert_eq!(incidents.iter().map(|i| i.alerts).sum::<u32>(), 1_200);
    assert!(incidents.iter().all(|i| i.alerts <= 500), "an incident stays one that can be read");
    assert_eq!(looked(&home, &imported).state, InvestigationStatus::Benign);
    let open = || {
        let request = ListAlerts {
            status: vec![AlertStatus::New],
            severity: Vec::new(),
            device: None,
            text: None,
            limit: 10,
            after: None,
            snapshot: None,
        };
        ask!(home, request).total
    };
    until("every alert is resolved with its investigation, in whichever incident it is", || open() == 0);
}
