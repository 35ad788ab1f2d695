//! Deciding: approve, reject, history, investigations that end by their results (M40, M42–M45).
use crate::staged::{BAD, Home, ODD, OTHER, TEMP, about, ask, statuses};
use assize_domain::{action::ActionStatus, group::AutomationLevel, id::ActionId, investigation::InvestigationStatus};
use assize_engine::door::{ApproveActions, ShowInvestigation, Tab};

/// M42, M44, M45
#[test]
fn approving_acts_and_leaves_a_row_with_the_person_and_the_time() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let waits = device.action_about(TEMP);
    assert_eq!(statuses(&home.tab(Tab::Pending)), [ActionStatus::PendingApproval]);
    assert!(home.tab(Tab::History).is_empty(), "nothing was done yet");

    let done = home.approve(&waits.id);
    assert_eq!(done.status, ActionStatus::Completed, "{:?}", done.result);
    assert!(!device.has(TEMP), "the file is away");
    assert!(home.tab(Tab::Pending).is_empty(), "it left the one tab");
    let history = home.tab(Tab::History);
    assert_eq!(history.len(), 1, "and is in the other");
    assert_eq!(history[0].decided_by.as_ref(), Some(&home.person.name));
    assert_eq!(history[0].decision.as_deref(), Some("approve"));
    assert!(history[0].decided_at >= Some(waits.created_at));
    assert_eq!(history[0].comment.as_deref(), Some("It has to go."));

    let detail = home.action(&waits.id);
    assert!(!detail.steps.is_empty(), "what was done is told");
    assert!(detail.timeline.iter().any(|row| row.who == home.person.name), "{:?}", detail.timeline);
    assert!(detail.action.undo.possible && detail.action.undo.proven_at.is_some(), "the kept copy was read back");
}

/// M44
#[test]
fn rejecting_prevents_the_action_and_is_recorded() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let waits = device.action_about(TEMP);
    let rejected = home.reject(&waits.id);
    assert_eq!(rejected.status, ActionStatus::Rejected);
    assert!(device.has(TEMP), "nothing was touched");
    let history = home.tab(Tab::History);
    assert_eq!(history[0].decided_by.as_ref(), Some(&home.person.name));
    assert!(!history[0].undo.possible, "there is nothing to undo");
    assert!(home.tab(Tab::Pending).is_empty());

    let again = device.investigate();
    assert!(
        again.actions.iter().all(|a| a.id == waits.id),
        "a person's no is not asked again the next moment: {:?}",
        again.actions
    );
}

/// M43: what the flyout offers is there for a pending row.
#[test]
fn a_pending_row_tells_what_where_why_and_what_would_follow() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let detail = home.action(&device.action_about(TEMP).id);
    assert!(detail.sentence.contains(TEMP) && detail.sentence.contains("shop"), "{}", detail.sentence);
    assert!(detail.action.investigation_id.is_some(), "its investigation can be opened");
    assert!(detail.evidence.as_ref().is_some_and(|e| e.place == TEMP), "its evidence is there");
    for text in [&detail.if_approved, &detail.if_rejected, &detail.if_nothing] {
        assert!(!text.is_empty());
    }
    assert!(!detail.action.undo.possible, "it was not carried out yet");
    assert_eq!(detail.timeline.len(), 1, "so far it was only proposed");
}

/// M40: the end comes from results. The same decisions, one result turned round, and the end is another.
#[test]
fn an_investigation_ends_by_results_and_not_by_approvals() {
    for (second_is_gone_wrong, end) in
        [(false, InvestigationStatus::Remediated), (true, InvestigationStatus::PartiallyRemediated)]
    {
        let home = Home::at(AutomationLevel::SemiAll);
        let device = home.device("shop");
        device.plant(TEMP, BAD);
        device.plant(OTHER, BAD);
        let found = device.investigate();
        assert_eq!(found.state, InvestigationStatus::PendingApproval);
        let ids: Vec<ActionId> = [TEMP, OTHER].iter().map(|p| about(&found, p).unwrap().id.clone()).collect();
        if second_is_gone_wrong {
            home.reject(&ids[1]);
        } else {
            home.approve(&ids[1]);
        }
        let middle = ask!(home, ShowInvestigation { id: found.id.clone() });
        assert_eq!(middle.state, InvestigationStatus::PendingApproval, "the first one still waits");
        home.approve(&ids[0]);
        let ended = ask!(home, ShowInvestigation { id: found.id });
        assert_eq!(ended.state, end);
        assert!(ended.ended_at.is_some());
    }
}

/// M40: nothing bad is left when a person declined what was only odd.
#[test]
fn declining_what_was_only_suspicious_ends_as_no_threats_found() {
    let home = Home::at(AutomationLevel::Full);
    let device = home.device("shop");
    device.plant(TEMP, ODD);
    let found = device.investigate();
    home.reject(&found.actions[0].id);
    let ended = ask!(home, ShowInvestigation { id: found.id });
    assert_eq!(ended.state, InvestigationStatus::Benign, "{}", ended.state_text);
    assert!(ended.state_text.contains("declined"), "{}", ended.state_text);
}

#[test]
fn actions_of_different_types_are_not_decided_in_one_go_by_accident() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    device.plant("/etc/cron.d/parcel", &format!("*/5 * * * * root {TEMP}\n"));
    device.investigate();
    let ids: Vec<ActionId> = home.tab(Tab::Pending).into_iter().map(|a| a.id).collect();
    assert!(ids.len() >= 2);
    let approve = |group_by_type| ApproveActions { ids: ids.clone(), comment: None, group_by_type };
    let refusal = home.engine.ask(&home.person, approve(false)).unwrap_err();
    assert_eq!(refusal.code, "mixed_types");
    assert_eq!(home.tab(Tab::Pending).len(), ids.len(), "nothing was decided");

    let decision = ask!(home, approve(true));
    assert!(decision.refused.is_empty());
    let ended = home.engine.settle_actions(&ids).unwrap();
    assert!(statuses(&ended).iter().all(|s| *s == ActionStatus::Completed), "{:?}", statuses(&ended));
    let mut approvals: Vec<_> = ended.iter().map(|a| (a.kind, a.approval_id.clone())).collect();
    approvals.sort_by_key(|(kind, _)| *kind);
    approvals.dedup();
    let kinds: std::collections::BTreeSet<_> = approvals.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(approvals.len(), kinds.len(), "one approval for each type");
}
