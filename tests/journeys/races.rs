//! Nobody decides, or two at once (M67, spec 2.7).
use crate::staged::{BAD, Home, TEMP, ask};
use assize_domain::{action::ActionStatus, group::AutomationLevel, investigation::InvestigationStatus, time::Span};
use assize_engine::door::{ApproveActions, ShowInvestigation, Tab};
use std::{process::Stdio, thread};

/// M67: two real processes say different things about the same action at the same moment.
#[test]
fn of_two_people_who_decide_at_once_exactly_one_wins_and_the_other_learns_who() {
    for _ in 0..3 {
        let home = Home::at(AutomationLevel::SemiAll);
        let device = home.device("shop");
        device.plant(TEMP, BAD);
        let waits = device.action_about(TEMP);
        let ctl = home.ctl();
        let say = |word: &'static str, who: &'static str| {
            let mut command = ctl.command(&["action", word, waits.id.as_str()]);
            command.env("USER", who).stdout(Stdio::piped()).stderr(Stdio::piped());
            thread::spawn(move || command.output().unwrap())
        };
        let (yes, no) = (say("approve", "ann"), say("reject", "bob"));
        let (yes, no) = (yes.join().unwrap(), no.join().unwrap());
        assert_ne!(yes.status.success(), no.status.success(), "exactly one wins: {yes:?} {no:?}");
        let (winner, loser, state) =
            if yes.status.success() { ("ann", no, "completed") } else { ("bob", yes, "rejected") };
        let said = String::from_utf8(loser.stderr).unwrap();
        assert_eq!(loser.status.code(), Some(1), "{said}");
        assert!(said.contains("already_decided") && said.contains(winner), "the other sees who: {said}");
        let after = home.action(&waits.id).action;
        assert_eq!((after.status.code(), after.decided_by.as_deref()), (state, Some(winner)));
        assert_eq!(device.has(TEMP), winner == "bob", "the device is as the winner said");
    }
}

/// M67: a doubled approval is one execution.
#[test]
fn approving_twice_acts_once() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let waits = device.action_about(TEMP);
    let done = home.approve(&waits.id);
    device.plant(TEMP, BAD);
    let request = ApproveActions { ids: vec![waits.id.clone()], comment: None, group_by_type: false };
    let second = ask!(home, request);
    assert_eq!(second.refused.first().map(|r| r.fault.code.as_str()), Some("already_decided"));
    home.engine.settle_actions(std::slice::from_ref(&waits.id)).unwrap();
    assert!(device.has(TEMP), "the new file is not part of the old approval");
    assert_eq!(home.action(&waits.id).action.finished_at, done.finished_at);
}

/// Silence counts as rejection (spec 2.7); nobody has to look for that to happen.
#[test]
fn what_nobody_decides_within_seven_days_expires_and_is_left_alone() {
    let home = Home::at(AutomationLevel::SemiAll);
    let device = home.device("shop");
    device.plant(TEMP, BAD);
    let waits = device.action_about(TEMP);
    home.pass(Span(Span::days(7).0 - Span::minutes(5).0));
    home.engine.drive_what_is_due().unwrap();
    assert_eq!(home.action(&waits.id).action.status, ActionStatus::PendingApproval, "there are still five minutes");

    home.pass(Span::minutes(6));
    let request = ApproveActions { ids: vec![waits.id.clone()], comment: None, group_by_type: false };
    let late = ask!(home, request);
    assert_eq!(
        late.refused.first().map(|r| r.fault.code.as_str()),
        Some("expired"),
        "too late, also before it is noted"
    );

    home.engine.drive_what_is_due().unwrap();
    let after = home.action(&waits.id).action;
    assert_eq!((after.status, after.decision.as_deref()), (ActionStatus::Expired, Some("expired")));
    assert!(device.has(TEMP), "nothing was touched");
    assert!(home.tab(Tab::Pending).is_empty());
    let investigation = ask!(home, ShowInvestigation { id: waits.investigation_id.unwrap() });
    assert_eq!(investigation.state, InvestigationStatus::TerminatedSystem);
}
