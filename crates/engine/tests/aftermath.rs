//! What comes after an order: answers that stay out, actions that do not go on, looks afterwards, and how long kept copies
//! stay.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod scripted;

use assize_domain::{
    action::{ActionStatus, RETENTION, RemediationStatus, Rung, StuckCause},
    entity::Bytes,
    group::AutomationLevel,
    id::{ActionId, VaultId},
    incident::IncidentStatus,
    order::{Conflict, Receipt},
    question::{Truth, VaultItem},
    time::Span,
    verdict::Weight,
};
use assize_engine::{
    Engine,
    door::{
        ApproveActions, CancelActions, ListActions, ListQuarantine, PinQuarantined, PlanAction, ShowIncident, Tab,
        UndoActions,
    },
    view,
};
use scripted::{Story, done, failed, file, now, pass, script};
use std::sync::Arc;

fn waiting() -> (Story, view::Action) {
    let story = Story::begin(AutomationLevel::SemiAll, vec![(file("/home/a/x", "ab"), Weight::Bad)]);
    let action = story.investigate().actions.remove(0);
    (story, action)
}

fn approve(story: &Story, id: &ActionId) -> view::Decision {
    story.ask(ApproveActions { ids: vec![id.clone()], comment: None, group_by_type: false })
}

fn completed() -> (Story, view::Action) {
    let (story, action) = waiting();
    approve(&story, &action.id);
    let action = story.settle(&action.id);
    assert_eq!(action.status, ActionStatus::Completed);
    (story, action)
}

fn undo(id: &ActionId) -> UndoActions {
    UndoActions { ids: vec![id.clone()], reason: None, conflict: Conflict::Stop, instances: false, allow_days: None }
}

/// Drives as a process does that has been there all the time: a minute later, so that everything is looked after.
fn later(story: &Story, span: Span) {
    pass(span);
    story.engine.drive_what_is_due().unwrap();
}

/// A process that starts anew.
fn restarted(story: &Story) -> Engine {
    Engine::open_with_clock(story.data.path(), scripted::open, Arc::new(now)).unwrap()
}

/// M159, M65: waiting for a device is shown with its cause, since when, and what to do, in the list and in the flyout.
#[test]
fn waiting_for_a_device_is_visible_with_its_cause() {
    let (story, action) = waiting();
    let away = story.away();
    approve(&story, &action.id);
    assert_eq!(story.settle(&action.id).status, ActionStatus::WaitingForDevice);
    let list = || story.ask(ListActions { tab: Some(Tab::History), ..ListActions::default() }).actions.remove(0);
    assert_eq!(list().stuck, None, "just now is not stuck");
    let since = now();
    pass(Span::hours(2));
    let stuck = list().stuck.unwrap();
    assert_eq!((stuck.cause, stuck.since), (StuckCause::DeviceAway, since));
    assert!(!stuck.hint.is_empty());
    assert_eq!(story.show(&action.id).action.stuck, Some(stuck));
    away.back();
    later(&story, Span::minutes(1));
    assert_eq!((list().status, list().stuck), (ActionStatus::Completed, None));
}

/// M159: an action that nobody carries out says so, and can still be cancelled.
#[test]
fn what_nobody_takes_up_is_visible_and_can_be_cancelled() {
    let (story, action) = waiting();
    approve(&story, &action.id);
    pass(Span::minutes(10));
    let stuck = story.show(&action.id).action.stuck.unwrap();
    assert_eq!(stuck.cause, StuckCause::NotTakenUp);
    let cancelled = story.ask(CancelActions { ids: vec![action.id.clone()], comment: Some("Too late.".into()) });
    assert_eq!(cancelled.results[0].status, ActionStatus::Cancelled);
    story.engine.drive_what_is_due().unwrap();
    assert!(script(|s| s.orders.is_empty()), "nothing reached the device");
}

/// M65: cancelled at every hop where it still can be: approved, queued, waiting for its device, and an undo that waits.
#[test]
fn what_has_not_been_handed_over_can_be_cancelled() {
    let cancel = |story: &Story, id: &ActionId| story.ask(CancelActions { ids: vec![id.clone()], comment: None });
    let (story, action) = waiting();
    approve(&story, &action.id);
    assert_eq!(cancel(&story, &action.id).results[0].status, ActionStatus::Cancelled, "approved");

    let (story, action) = waiting();
    let _away = story.away();
    approve(&story, &action.id);
    story.settle(&action.id);
    assert_eq!(cancel(&story, &action.id).results[0].status, ActionStatus::Cancelled, "waiting for its device");

    let (story, action) = completed();
    let _away = story.away();
    story.ask(undo(&action.id));
    assert_eq!(cancel(&story, &action.id).results[0].status, ActionStatus::Completed, "an undo that waits");
    assert_eq!(
        cancel(&story, &action.id).refused[0].fault.code,
        "not_now",
        "and what is done is undone, not cancelled"
    );
}

/// M159: an order whose answer stays out is given up after three days; when the device tells that it was done, that
/// counts, and it can be undone.
#[test]
fn an_answer_that_comes_after_days_still_counts() {
    let (story, action) = waiting();
    script(|s| {
        s.silent = 1;
        s.truth = Some(Truth::Unknown(failed_to_answer()));
    });
    approve(&story, &action.id);
    story.engine.drive_what_is_due().unwrap();
    let running = story.show(&action.id).action;
    assert_eq!(running.status, ActionStatus::Running);
    pass(Span::hours(1));
    assert_eq!(story.show(&action.id).action.stuck.unwrap().cause, StuckCause::Overdue);
    later(&story, Span::days(3));
    let given_up = story.show(&action.id).action;
    assert_eq!(given_up.status, ActionStatus::TimedOut, "nothing stays pending for ever");
    later(&story, Span::hours(1));
    assert_eq!(story.show(&action.id).action.status, ActionStatus::TimedOut);

    script(|s| {
        let order = s.orders.len();
        assert_eq!(order, 1, "and nothing was done twice");
        s.truth = None;
    });
    let order = order_of(&story, &action.id);
    let receipt = Receipt { order, outcome: done("v1"), steps: vec![], finished_at: now() };
    script(|s| s.truth = Some(Truth::Ended(receipt)));
    later(&story, Span::hours(1));
    let true_after_all = story.show(&action.id);
    assert_eq!(true_after_all.action.status, ActionStatus::Completed);
    assert!(true_after_all.action.undo.possible);
    assert_eq!(true_after_all.evidence.unwrap().remediation_status, RemediationStatus::Remediated);
}

fn failed_to_answer() -> assize_domain::order::Fault {
    assize_domain::order::Fault::new("away", "It does not answer.", "")
}

/// The order that is on its way, as the record has it.
fn order_of(story: &Story, id: &ActionId) -> assize_domain::id::OrderId {
    let store = assize_store::Store::open(story.data.path()).unwrap();
    let action = store.read(|r| r.action(id)).unwrap().value;
    action.notes.unanswered.unwrap()
}

/// M160, N5: the threat came back: told once, its evidence says so, and its incident is open again.
#[test]
fn what_came_back_opens_its_incident_again() {
    let (story, action) = completed();
    let incident = action.incident_id.clone().unwrap();
    let status = || story.ask(ShowIncident { id: incident.clone() }).row.status;
    later(&story, Span::minutes(1));
    assert_eq!(status(), IncidentStatus::Resolved, "it held at once");
    script(|s| s.back = Some("The same file lies there again.".into()));
    later(&story, Span::days(1));
    assert_eq!(status(), IncidentStatus::InProgress);
    let shown = story.show(&action.id);
    let look = shown.action.did_not_hold.unwrap();
    assert_eq!((look.rung, look.held), (Rung::AfterDay, Some(false)));
    assert_eq!(shown.evidence.unwrap().remediation_status, RemediationStatus::Unremediated);
    later(&story, Span::days(8));
    let told = |t: &&view::TimelineRow| t.event == "did_not_hold";
    assert_eq!(story.show(&action.id).timeline.iter().filter(told).count(), 1, "once");
    let activity = story.ask(ShowIncident { id: incident }).activity;
    assert!(activity.iter().any(|t| t.event == "N5" && t.text.contains("did not hold")), "{activity:#?}");
}

/// M160: at once, after a restart, after a day, after a week.
#[test]
fn what_was_done_is_looked_at_four_times() {
    let (story, action) = waiting();
    script(|s| s.boot = Some("first".into()));
    approve(&story, &action.id);
    story.settle(&action.id);
    let rungs = || story.show(&action.id).checks.iter().map(|c| c.rung).collect::<Vec<_>>();
    later(&story, Span::minutes(1));
    assert_eq!(rungs(), [Rung::AtOnce]);
    script(|s| s.boot = Some("second".into()));
    restarted(&story).drive_what_is_due().unwrap();
    assert_eq!(rungs(), [Rung::AtOnce, Rung::AfterRestart], "a process that starts sees that the device did");
    later(&story, Span::days(1));
    later(&story, Span::days(6));
    assert_eq!(rungs(), [Rung::AtOnce, Rung::AfterRestart, Rung::AfterDay, Rung::AfterWeek]);
    assert!(story.show(&action.id).checks.iter().all(|c| c.held == Some(true)));
}

/// M160: what was taken back is not looked for.
#[test]
fn what_was_taken_back_has_nothing_to_hold() {
    let (story, action) = completed();
    story.ask(undo(&action.id));
    story.settle(&action.id);
    script(|s| s.back = Some("It is there.".into()));
    later(&story, Span::days(8));
    let shown = story.show(&action.id);
    assert_eq!((shown.checks.len(), shown.action.did_not_hold), (0, None));
}

fn keep(action: &ActionId, id: &str) {
    let item = VaultItem {
        id: VaultId::from(id),
        order: "o".into(),
        action: action.clone(),
        path: "/home/a/x".into(),
        sha256: "ab".repeat(32),
        size: Bytes(3),
        quarantined_at: now(),
        verified_at: None,
        quarantined: true,
        restored: false,
        pinned: false,
    };
    script(|s| s.vault.push(item));
}

/// M87: a copy stays ninety days, people are warned a week before, and only then it goes; the undo says when.
#[test]
fn a_copy_goes_after_its_time_and_a_warning() {
    let (story, action) = completed();
    keep(&action.id, "v1");
    let listed = || story.ask(ListQuarantine {}).items;
    let end = now().after(RETENTION);
    later(&story, Span::days(80));
    assert_eq!((listed()[0].expires_at, listed()[0].warned_at), (Some(end), None));
    assert_eq!(story.show(&action.id).action.undo.until, action.finished_at.map(|at| at.after(RETENTION)));
    later(&story, Span::days(4));
    assert!(listed()[0].warned_at.is_some(), "a week before");
    later(&story, Span::days(5));
    assert_eq!(listed().len(), 1, "not before its time");
    later(&story, Span::days(2));
    assert_eq!(listed().len(), 0);
    let offer = story.show(&action.id).action.undo;
    assert!(!offer.possible && offer.reason.unwrap().contains("removed for good"));
    assert_eq!(story.ask(undo(&action.id)).refused[0].fault.code, "cannot_undo");
}

/// M87: where nothing was open for months, the warning comes first and the copy goes a week after it.
#[test]
fn nothing_goes_that_nobody_was_warned_of() {
    let (story, action) = completed();
    keep(&action.id, "v1");
    later(&story, Span::days(200));
    let item = story.ask(ListQuarantine {}).items.remove(0);
    assert!(item.warned_at.is_some());
    assert_eq!(item.expires_at, Some(now().after(Span::days(7))), "the warning moves the end");
    later(&story, Span::days(6));
    assert_eq!(story.ask(ListQuarantine {}).items.len(), 1);
    later(&story, Span::days(2));
    assert_eq!(story.ask(ListQuarantine {}).items.len(), 0);
}

/// M87: what a person pins stays, with everything the same action took away; unpinned, it is warned of first.
#[test]
fn what_is_pinned_stays() {
    let (story, action) = completed();
    keep(&action.id, "v1");
    keep(&action.id, "v2");
    let pin = |pinned| story.ask(PinQuarantined { id: VaultId::from("v1"), pinned }).items;
    assert!(pin(true).iter().all(|i| i.pinned && i.expires_at.is_none()));
    let offer = story.show(&action.id).action.undo;
    assert!(offer.pinned && offer.until.is_none());
    later(&story, Span::days(500));
    assert_eq!(story.ask(ListQuarantine {}).items.len(), 2);
    assert!(pin(false).iter().all(|i| !i.pinned));
    later(&story, Span::days(1));
    let items = story.ask(ListQuarantine {}).items;
    assert!(items.len() == 2 && items.iter().all(|i| i.warned_at.is_some()));
    let nothing = story.refused(PinQuarantined { id: VaultId::from("v3"), pinned: true });
    assert_eq!(nothing.code, "not_found");
}

/// M82, M87: a copy that went tells when and why, where its undo is planned after all.
#[test]
fn a_plan_tells_when_and_why_a_copy_went() {
    let (story, action) = completed();
    script(|s| s.ends = vec![failed("vault_missing")]);
    keep(&action.id, "v-other");
    let store = assize_store::Store::open(story.data.path()).unwrap();
    let kept = store.read(|r| r.action(&action.id)).unwrap().value.undo_offer().unwrap().proof.kept[0].clone();
    script(|s| s.vault[0].id = kept);
    // Another action's copy of the same content, so that the row itself still offers its undo.
    script(|s| s.vault[0].action = "another".into());
    later(&story, Span::days(84));
    later(&story, Span::days(8));
    let missing = assize_domain::question::Obstacle::new("vault_missing", "There is no such copy.", true);
    script(|s| s.undo_plan.obstacles = vec![missing]);
    let plan = story.ask(PlanAction { id: action.id.clone() });
    assert!(plan.obstacles[0].text.contains("removed for good"), "{}", plan.obstacles[0].text);
}
