//! Every verdict is recorded, also those that need no action (M1, M8, M9, M47).
use crate::staged::{BAD, Home, ODD, OTHER, TEMP, ask, evidence};
use assize_domain::{group::AutomationLevel, investigation::InvestigationStatus, verdict::Verdict};
use assize_engine::{
    door::{ListIncidents, ListVerdicts, Tab},
    view::VerdictRow,
};

const CLEAN: &str = "/srv/goods/list.txt";

fn verdicts(home: &Home, verdict: Vec<Verdict>, text: &str) -> Vec<VerdictRow> {
    let text = Some(text.to_owned());
    ask!(home, ListVerdicts { verdict, device: None, text, limit: 100, after: None, snapshot: None }).verdicts
}

/// M8, M47
#[test]
fn what_is_clean_leads_to_nothing_and_its_verdict_can_still_be_found() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(CLEAN, "Three chairs and a table.\n");
    let found = device.investigate();
    assert_eq!((found.state, found.verdict), (InvestigationStatus::Benign, Verdict::NoThreatsFound));
    assert!(found.actions.is_empty() && home.tab(Tab::Pending).is_empty() && home.tab(Tab::History).is_empty());
    let rows = verdicts(&home, vec![Verdict::NoThreatsFound], "list.txt");
    let row = rows.iter().find(|r| r.place == CLEAN).expect("the clean file is listed");
    assert!(!row.has_action, "a row without an action is marked so");
    assert!(verdicts(&home, vec![Verdict::Malicious], "list.txt").is_empty(), "the filter holds");
}

/// M1
#[test]
fn each_examined_thing_ends_with_exactly_one_verdict() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant(OTHER, ODD);
    device.plant(CLEAN, "Three chairs and a table.\n");
    // Looked at twice: still one verdict each, the newest.
    device.investigate();
    let found = device.investigate();
    for (path, verdict) in [(TEMP, Verdict::Malicious), (OTHER, Verdict::Suspicious), (CLEAN, Verdict::NoThreatsFound)]
    {
        let rows = verdicts(&home, Vec::new(), path);
        let now: Vec<Verdict> = rows.iter().filter(|r| r.place == path).map(|r| r.verdict).collect();
        assert!(!now.is_empty() && now.iter().all(|v| *v == verdict), "{path}: {now:?}");
        if verdict.is_bad() {
            let item = evidence(&found, path);
            assert_eq!(item.verdict, verdict);
            assert!(!item.reasons.is_empty(), "{path}: a verdict has its reasons");
        }
    }
    assert_eq!(found.verdict, Verdict::Malicious, "the worst of its evidence");
}

/// M9: nothing runs by itself for these devices; what a person starts is judged, and proposes nothing.
#[test]
fn level_none_leaves_everything_to_people() {
    let home = Home::at(AutomationLevel::None);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let found = device.investigate();
    assert_eq!(evidence(&found, TEMP).verdict, Verdict::Malicious, "a person who asks gets an answer");
    assert!(found.actions.is_empty(), "and no proposal");
    assert!(home.tab(Tab::Pending).is_empty() && home.tab(Tab::History).is_empty());
    assert!(device.has(TEMP), "nothing was touched");
    let waiting = ListIncidents {
        investigation_state: Some(InvestigationStatus::PendingApproval),
        status: Vec::new(),
        severity: Vec::new(),
        text: None,
        limit: 10,
        after: None,
        snapshot: None,
    };
    assert_eq!(ask!(home, waiting).total, 0, "nothing waits in the queue either");
}

/// The EICAR test file, put together from pieces so that nothing on the way eats this source.
#[test]
fn the_test_file_of_the_antivirus_makers_is_found_without_any_indicator() {
    let home = Home::new();
    let device = home.device("shop");
    let parts = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE", "!$H+H*"];
    device.plant("/tmp/sample.com", &parts.concat());
    let found = device.investigate();
    let item = evidence(&found, "/tmp/sample.com");
    assert_eq!(item.verdict, Verdict::Malicious, "{:?}", item.reasons);
    assert_eq!(found.state, InvestigationStatus::PendingApproval, "before the owner chose a level everything waits");
}
