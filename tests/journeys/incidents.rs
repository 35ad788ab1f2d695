//! Incidents: queue, page, evidence and deciding there (M90–M94).
use crate::staged::{BAD, Home, ODD, OTHER, TEMP, ask, evidence};
use assize_domain::{
    action::{ActionStatus, RemediationStatus},
    group::AutomationLevel,
    id::IncidentId,
    incident::{Classification, IncidentStatus},
    investigation::InvestigationStatus,
    verdict::Verdict,
};
use assize_engine::{
    door::{ListIncidents, ResolveIncident, ShowEvidence, ShowIncident, ShowInvestigation, Tab},
    view::{Incident, IncidentRow},
};

fn queue(home: &Home, investigation_state: Option<InvestigationStatus>) -> Vec<IncidentRow> {
    let request = ListIncidents {
        investigation_state,
        status: Vec::new(),
        severity: Vec::new(),
        text: None,
        limit: 50,
        after: None,
        snapshot: None,
    };
    ask!(home, request).incidents
}

fn waiting(home: &Home) -> Vec<IncidentRow> {
    queue(home, Some(InvestigationStatus::PendingApproval))
}

fn page(home: &Home, id: &IncidentId) -> Incident {
    ask!(home, ShowIncident { id: id.clone() })
}

/// M90
#[test]
fn the_queue_shows_the_incidents_where_something_waits() {
    let home = Home::at(AutomationLevel::SemiAll);
    let (shop, till) = (home.device("shop"), home.device("till"));
    shop.plant(TEMP, BAD);
    till.plant(TEMP, BAD);
    let (at_shop, at_till) = (shop.action_about(TEMP), till.action_about(TEMP));
    assert_eq!(waiting(&home).len(), 2);
    home.approve(&at_shop.id);
    let left = waiting(&home);
    assert_eq!(left.len(), 1, "the decided one is out of this filter");
    assert_eq!((left[0].id.clone(), left[0].pending_actions), (at_till.incident_id.unwrap(), 1));
    assert_eq!(left[0].devices, ["till"]);
    assert_eq!(queue(&home, None).len(), 2, "and still in the whole queue");
}

/// M91, M92
#[test]
fn the_page_tells_what_happened_and_lists_entities_with_verdict_and_remediation() {
    let home = Home::at(AutomationLevel::SemiCore);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant(OTHER, ODD);
    let found = device.investigate();
    let page = page(&home, found.incident_id.as_ref().expect("something bad makes an incident"));
    assert!(!page.summary.is_empty() && page.row.number > 0);
    assert_eq!(page.investigations.len(), 1);
    assert!(!page.alerts_list.is_empty() && page.devices_list.iter().any(|d| d.name == "shop"));
    let status = |path: &str| {
        let item = page.evidence.iter().find(|e| e.place == path).unwrap_or_else(|| panic!("{path} is listed"));
        (item.verdict, item.remediation_status)
    };
    assert_eq!(status(TEMP), (Verdict::Malicious, RemediationStatus::Remediated));
    assert_eq!(status(OTHER), (Verdict::Suspicious, RemediationStatus::PendingApproval));
    assert!(!page.activity.is_empty(), "who did what when");
}

/// M93
#[test]
fn an_item_offers_a_decision_only_while_it_waits() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let found = device.investigate();
    let id = evidence(&found, TEMP).id.clone();
    let before = ask!(home, ShowEvidence { id: id.clone() }).evidence;
    assert_eq!(before.remediation_status, RemediationStatus::PendingApproval);
    let offered = before.pending_action.expect("a decision is offered");
    home.approve(&offered);
    let after = ask!(home, ShowEvidence { id }).evidence;
    assert_eq!(after.remediation_status, RemediationStatus::Remediated);
    assert_eq!(after.pending_action, None, "and no longer");
    assert_eq!(after.actions, [offered], "what was done about it stays listed");
}

/// M94: one record, wherever it is looked at.
#[test]
fn a_decision_taken_on_an_item_is_the_one_the_action_center_and_the_investigation_show() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let found = device.investigate();
    let incident = found.incident_id.clone().unwrap();
    let offered = page(&home, &incident).evidence.iter().find_map(|e| e.pending_action.clone()).unwrap();
    home.reject(&offered);

    let everywhere = [
        home.tab(Tab::History).into_iter().find(|a| a.id == offered),
        page(&home, &incident).actions.into_iter().find(|a| a.id == offered),
        ask!(home, ShowInvestigation { id: found.id.clone() }).actions.into_iter().find(|a| a.id == offered),
        Some(home.action(&offered).action),
    ];
    for seen in everywhere {
        let seen = seen.expect("it is shown there");
        assert_eq!((seen.status, seen.decided_by.as_ref()), (ActionStatus::Rejected, Some(&home.person.name)));
    }
    let item = page(&home, &incident).evidence.into_iter().find(|e| e.place == TEMP).unwrap();
    assert_eq!(item.remediation_status, RemediationStatus::Declined);

    // And for another process that has the folder open.
    let elsewhere = home.ctl().ask(&["action", "show", offered.as_str()]);
    assert_eq!(elsewhere["status"], "rejected");
}

#[test]
fn an_incident_is_closed_by_a_person_only_when_nothing_waits_or_they_say_so() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let incident = device.investigate().incident_id.unwrap();
    let resolve = |even_so| ResolveIncident {
        id: incident.clone(),
        classification: Classification::TruePositive,
        determination: "malware".into(),
        comment: None,
        even_so,
    };
    let refused = home.engine.ask(&home.person, resolve(false)).unwrap_err();
    assert_eq!(refused.code, "actions_wait");
    let closed = ask!(home, resolve(true));
    assert_eq!(closed.row.status, IncidentStatus::Resolved);
    assert_eq!(closed.resolution.map(|r| r.by).as_ref(), Some(&home.person.name));
}
