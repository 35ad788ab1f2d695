//! What an imported alert names is asked for on its device, weighed with what is found there, and never acts by itself.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod scripted;

use assize_domain::{
    action::ActionStatus, group::AutomationLevel, id::DeviceId, investigation::InvestigationStatus, text::DevicePath,
    verdict::Verdict, verdict::Weight,
};
use assize_engine::{
    Front,
    door::{AddDevice, ShowAlert},
    import::{Options, import},
    view,
};
use scripted::{Story, file, script};

fn falco(host: &str, priority: &str, exe: &str) -> String {
    format!(
        r#"{{"hostname":"{host}","output":"It ran {exe}","priority":"{priority}","rule":"Ran {exe}","source":"syscall","time":"2027-01-05T10:00:00Z","output_fields":{{"proc.exepath":"{exe}","proc.name":"x"}}}}"#
    )
}

fn bring(story: &Story, text: &str) -> view::Imported {
    bring_about(story, text, None)
}

fn bring_about(story: &Story, text: &str, device: Option<DeviceId>) -> view::Imported {
    let front = Front::Here(story.engine.clone());
    import(&front, &story.engine.person(), text.as_bytes(), Options::default(), "alerts.json", device).unwrap()
}

fn looked(story: &Story, text: &str) -> view::Investigation {
    let imported = bring(story, text);
    story.engine.settle_investigation(&imported.investigations[0]).unwrap()
}

/// M107: spec 2.3 row 6.
#[test]
fn what_could_not_be_judged_is_asked_about_where_a_grave_alert_names_it_and_only_there() {
    let there = || vec![(file("/srv/x", "ab"), Weight::Unknown), (file("/srv/y", "cd"), Weight::Unknown)];
    let story = Story::begin(AutomationLevel::Full, there());
    let found = looked(&story, &falco("web-01", "Warning", "/srv/x"));
    assert_eq!(found.state, InvestigationStatus::PendingApproval);
    let [action] = found.actions.as_slice() else { panic!("{:#?}", found.actions) };
    assert_eq!((action.target_title.as_str(), action.status), ("/srv/x", ActionStatus::PendingApproval));
    assert_eq!(action.verdict, Verdict::Unknown, "a person is told that nobody judged it");
    assert_eq!(action.incident_id, found.incident_id);
    assert!(script(|s| s.orders.is_empty()));

    let story = Story::begin(AutomationLevel::Full, there());
    let found = looked(&story, &falco("web-01", "Notice", "/srv/x"));
    assert_eq!((found.state, found.actions.len()), (InvestigationStatus::Benign, 0), "a low alert asks nobody");
}

/// M107: good witnesses hold against what an alert names.
#[test]
fn to_be_named_proves_nothing() {
    let story = Story::begin(AutomationLevel::Full, vec![(file("/usr/bin/x", "ab"), Weight::Good)]);
    let found = looked(&story, &falco("web-01", "Critical", "/usr/bin/x"));
    assert_eq!((found.state, found.actions.len()), (InvestigationStatus::Benign, 0));
}

/// M107: the device is asked for exactly what is named.
#[test]
fn the_device_is_asked_for_what_several_alerts_name_in_one_look() {
    let story = Story::begin(AutomationLevel::SemiAll, vec![]);
    let text = ["/srv/a", "/srv/b", "/srv/a"].map(|exe| falco("web-01", "Warning", exe)).join("\n");
    let imported = bring(&story, &text);
    assert_eq!((imported.imported, imported.duplicates, imported.investigations.len()), (2, 1, 1));
    story.engine.settle_investigation(&imported.investigations[0]).unwrap();
    let asked = script(|s| s.questions.last().unwrap().named.clone());
    assert_eq!(asked, ["/srv/a", "/srv/b"].map(DevicePath::from));
}

/// M107, M25: that something happened is not that it was wrong.
#[test]
fn a_mere_event_starts_nothing_unless_a_person_says_which_device_it_is_about() {
    let story = Story::begin(AutomationLevel::SemiAll, vec![]);
    let event = r#"{"@timestamp":"2027-01-05T10:00:00Z","ecs":{"version":"8.11"},"event":{"kind":"event","category":["process"]},"host":{"name":"web-01"},"process":{"executable":"/srv/a","pid":7,"name":"a"},"message":"started"}"#;
    let told = bring(&story, event);
    let alert = story.ask(ShowAlert { id: told.alerts[0].clone() });
    let skipped = alert.row.skipped.expect("it says why nobody looks");
    assert_eq!(skipped.state, InvestigationStatus::UnsupportedAlert);
    assert!(skipped.why.contains("something happened"), "{}", skipped.why);
    let other = event.replace("/srv/a", "/srv/b");
    let told = bring_about(&story, &other, Some(story.device.clone()));
    story.engine.settle_investigation(&told.investigations[0]).unwrap();
    assert_eq!(script(|s| s.questions.last().unwrap().named.clone()), [DevicePath::from("/srv/b")]);
}

/// M107: two devices of one name are nobody's.
#[test]
fn a_name_that_two_devices_have_starts_nothing() {
    let story = Story::begin(AutomationLevel::Full, vec![(file("/srv/x", "ab"), Weight::Bad)]);
    let other = story.places.path().join("other");
    std::fs::create_dir(&other).unwrap();
    story.ask(AddDevice { name: "web-01.example.org".into(), root: Some(other.display().to_string()), os: None });
    let short = bring(&story, &falco("web-01", "Warning", "/srv/x"));
    let alert = story.ask(ShowAlert { id: short.alerts[0].clone() });
    assert_eq!((alert.row.device, alert.row.investigation_id), (None, None));
    assert!(script(|s| s.questions.is_empty()), "nobody was looked at");
}
