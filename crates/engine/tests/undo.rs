//! Taking back: what stands in the way is told with its choices, several go back together and in the right order, and
//! what is left is taken up by asking again.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod scripted;

use assize_domain::{
    action::{ActionStatus, HopName},
    entity::{Bytes, Entity, ScheduledTask, Service, ServiceScope, TaskKind},
    group::AutomationLevel,
    id::{ActionId, VaultId},
    indicator::{IndicatorAction, IndicatorKind},
    order::{Conflict, Fault, Proof, ReceiptOutcome},
    policy::Verb,
    question::{Choice, Obstacle, Plan, VaultItem},
    remedy::ActionType,
    role::{Person, Role},
    time::Span,
    verdict::Weight,
};
use assize_engine::{
    door::{
        AddIndicator, AllowAfterUndo, ListIndicators, PlanAction, PlanRollback, ReapplyAction, RollBack, RollBackBy,
        RunAction, ShowInvestigation, UndoActions,
    },
    view,
};
use scripted::{Story, done, failed, file, now, pass, script};

fn undo_of(ids: &[&ActionId]) -> UndoActions {
    UndoActions {
        ids: ids.iter().map(|id| (*id).clone()).collect(),
        reason: Some("It was ours.".into()),
        conflict: Conflict::Stop,
        instances: false,
        allow_days: None,
    }
}

/// One file in quarantine, by automation.
fn quarantined() -> (Story, view::Action) {
    let story = Story::begin(AutomationLevel::Full, vec![(file("/home/a/x", "ab"), Weight::Bad)]);
    let action = story.investigate().actions.remove(0);
    assert_eq!(action.status, ActionStatus::Completed);
    (story, action)
}

fn met(story: &Story, id: &ActionId) -> Vec<Obstacle> {
    story.ask(PlanAction { id: id.clone() }).obstacles
}

fn with(story: &Story, id: &ActionId, code: &str) -> Obstacle {
    let all = met(story, id);
    all.iter().find(|o| o.code == code).unwrap_or_else(|| panic!("no {code} in {all:#?}")).clone()
}

fn device_says(code: &str, blocking: bool) {
    let obstacles = vec![Obstacle::new(code, "Something is in the way.", blocking)];
    script(|s| s.undo_plan = Plan { obstacles, ..Plan::default() });
}

/// M82, M83: the place is taken.
#[test]
fn a_taken_place_comes_with_four_ways_on() {
    let (story, action) = quarantined();
    device_says("place_taken", true);
    let taken = with(&story, &action.id, "place_taken");
    assert!(taken.blocking);
    assert_eq!(taken.choices, [Choice::KeepBoth, Choice::Replace, Choice::Elsewhere, Choice::Stop]);
}

/// M82: its folder is gone, or is another one by now.
#[test]
fn a_folder_that_is_gone_is_made_again_or_another_one_is_chosen() {
    let (story, action) = quarantined();
    device_says("parent_gone", false);
    assert_eq!(with(&story, &action.id, "parent_gone").choices, [Choice::Recreate, Choice::Elsewhere]);
    device_says("parent_changed", true);
    let choices = [Choice::Elsewhere, Choice::Replace, Choice::Stop];
    assert_eq!(with(&story, &action.id, "parent_changed").choices, choices);
}

fn kept(action: &ActionId, id: &str, content: &str) -> VaultItem {
    VaultItem {
        id: VaultId::from(id),
        order: "o".into(),
        action: action.clone(),
        path: "/home/a/x".into(),
        sha256: content.repeat(64 / content.len()),
        size: Bytes(3),
        quarantined_at: now(),
        verified_at: None,
        quarantined: true,
        restored: false,
        pinned: false,
    }
}

/// M82, M83: the copy is damaged or gone: another device that keeps the same content is offered.
#[test]
fn a_copy_that_is_gone_offers_another_device_that_keeps_it() {
    let (story, action) = quarantined();
    script(|s| s.vault = vec![kept(&"elsewhere".into(), "v9", "ab"), kept(&"elsewhere".into(), "v8", "cd")]);
    for code in ["vault_missing", "vault_damaged"] {
        device_says(code, true);
        let gone = with(&story, &action.id, code);
        let item = VaultId::from("v9");
        assert!(gone.choices.contains(&Choice::OtherDevice { device: "web-01".into(), item }), "{:?}", gone.choices);
        assert!(!gone.choices.iter().any(|c| matches!(c, Choice::OtherDevice { item, .. } if item.as_str() == "v8")));
    }
}

/// M82, M65: the device is away: the undo waits for it, for so long, and can be cancelled.
#[test]
fn a_device_that_is_away_is_told_and_waited_for() {
    let (story, action) = quarantined();
    let away = story.away();
    let told = with(&story, &action.id, "device_away");
    assert!(!told.blocking);
    assert_eq!(told.choices, [Choice::Queue { until: now().after(Span::days(3)) }]);
    story.ask(undo_of(&[&action.id]));
    let waits = story.settle(&action.id);
    assert_eq!(waits.status, ActionStatus::Undoing, "and whoever waits is not kept for ever");
    let cancel = assize_engine::door::CancelActions { ids: vec![action.id.clone()], comment: None };
    assert_eq!(story.ask(cancel).results[0].status, ActionStatus::Completed, "back to what it was");
    story.ask(undo_of(&[&action.id]));
    away.back();
    story.engine.drive_what_is_due().unwrap();
    assert_eq!(story.settle(&action.id).status, ActionStatus::Undone);
}

/// M82, M159: an undo of a device that never comes back ends by itself.
#[test]
fn an_undo_that_waits_too_long_ends() {
    let (story, action) = quarantined();
    let _away = story.away();
    story.ask(undo_of(&[&action.id]));
    pass(Span::days(3));
    story.engine.drive_what_is_due().unwrap();
    let ended = story.show(&action.id).action;
    assert_eq!((ended.status, ended.result.unwrap().code.as_str()), (ActionStatus::UndoFailed, "device_away"));
}

fn block(story: &Story) {
    story.ask(AddIndicator {
        kind: IndicatorKind::Sha256,
        value: "ab".repeat(32),
        action: IndicatorAction::Block,
        title: "Known bad".into(),
        expires_at: None,
        group: None,
    });
}

/// M82, M84: what a block indicator names would be caught again: allowing it for thirty days goes with the undo.
#[test]
fn what_is_blocked_goes_back_once_it_is_allowed() {
    let (story, action) = quarantined();
    block(&story);
    let blocked = with(&story, &action.id, "still_blocked");
    let allow = Choice::Allow { sha256: "ab".repeat(32), group: "Ungrouped devices".into(), days: 30 };
    assert!(blocked.blocking && blocked.text.contains("Known bad"));
    assert_eq!(blocked.choices, [allow, Choice::Stop]);
    let refused = story.ask(undo_of(&[&action.id])).refused.remove(0);
    assert_eq!(refused.fault.code, "still_blocked");
    let allowed = story.ask(UndoActions { allow_days: Some(30), ..undo_of(&[&action.id]) });
    assert_eq!(allowed.refused, []);
    assert_eq!(story.settle(&action.id).status, ActionStatus::Undone);
    let indicators = story.ask(ListIndicators {}).indicators;
    let allow = indicators.iter().find(|i| i.action == IndicatorAction::Allow).unwrap();
    assert_eq!(allow.expires_at, Some(now().after(Span::days(30))));
    assert!(allow.group.is_some(), "for the group of that device alone");
    assert_eq!(indicators.len(), 2, "and the block stays for everybody else");
}

/// M82: what a rule found would be found again: told, and no hindrance.
#[test]
fn what_a_rule_found_would_be_found_again() {
    let (story, action) = quarantined();
    let caught = with(&story, &action.id, "would_be_caught");
    assert!(!caught.blocking && caught.text.contains("a_rule"), "{}", caught.text);
    assert!(matches!(caught.choices[0], Choice::Allow { days: 30, .. }));
    story.ask(UndoActions { allow_days: Some(30), ..undo_of(&[&action.id]) });
    story.settle(&action.id);
    story.ask(ReapplyAction { id: action.id.clone(), comment: "After all.".into(), command_line: false });
}

fn task(line: &str) -> Entity {
    let scheduled_task = ScheduledTask {
        kind: TaskKind::Cron,
        name: "x".into(),
        path: "/etc/crontab".into(),
        command: "/home/a/x".into(),
        schedule: "* * * * *".into(),
        user: "root".into(),
        line: Some(line.into()),
        occurrence: 0,
        digest: "ef".repeat(32),
        enabled: true,
    };
    Entity::ScheduledTask { scheduled_task }
}

fn service() -> Entity {
    let service = Service {
        name: "x.service".into(),
        path: "/etc/systemd/system/x.service".into(),
        scope: ServiceScope::System,
        exec: "/home/a/x".into(),
        state: "active".into(),
        enabled: true,
        digest: "cd".repeat(32),
    };
    Entity::Service { service }
}

/// M82: what was done later in the same place is named, to be undone first.
#[test]
fn later_actions_in_the_same_place_are_named() {
    let shows = vec![(task("* * * * * root /home/a/x"), Weight::Bad), (task("@reboot root /home/a/x"), Weight::Bad)];
    let story = Story::begin(AutomationLevel::SemiAll, shows);
    let mut waits = story.investigate().actions;
    let approve = |story: &Story, id: &ActionId| {
        let ids = vec![id.clone()];
        story.ask(assize_engine::door::ApproveActions { ids, comment: None, group_by_type: false });
        pass(Span::seconds(1));
        story.settle(id)
    };
    let (second, first) = (waits.remove(1), waits.remove(0));
    assert_eq!(approve(&story, &first.id).status, ActionStatus::Completed);
    pass(Span::minutes(1));
    assert_eq!(approve(&story, &second.id).status, ActionStatus::Completed);
    let told = with(&story, &first.id, "later_actions");
    assert_eq!(told.choices[0], Choice::ReverseOrder { actions: vec![second.id.clone()] });
    assert!(met(&story, &second.id).iter().all(|o| o.code != "later_actions"), "nothing came after the last one");
    script(|s| s.orders.clear());
    let by = RollBackBy::Actions { ids: vec![first.id.clone(), second.id.clone()] };
    roll_back(&story, by);
    let order: Vec<ActionId> = script(|s| s.orders.iter().map(|o| o.action.clone()).collect());
    assert_eq!(order, [second.id, first.id], "however they were named");
}

/// M82: a change that only a restart completes says so.
#[test]
fn a_needed_restart_is_told() {
    let story = Story::begin(AutomationLevel::SemiAll, vec![(file("/home/a/x", "ab"), Weight::Bad)]);
    let action = story.investigate().actions.remove(0);
    let proof = Proof { kept: vec!["v".into()], restart_needed: true, ..Proof::default() };
    script(|s| s.ends = vec![ReceiptOutcome::Done { proof }]);
    story.ask(assize_engine::door::ApproveActions {
        ids: vec![action.id.clone()],
        comment: None,
        group_by_type: false,
    });
    story.settle(&action.id);
    assert!(!with(&story, &action.id, "restart_needed").blocking);
}

fn isolate(story: &Story, allow: &[&str]) -> view::Action {
    let allow = allow.iter().map(|a| (*a).to_owned()).collect();
    let base = RunAction::about(ActionType::IsolateDevice, &story.device);
    story.ask(RunAction { allow, comment: "It spreads.".into(), ..base })
}

/// M67, M73, M82: of isolations in any state, none is left after a release.
#[test]
fn a_release_wins_over_every_older_isolation() {
    let story = Story::begin(AutomationLevel::None, vec![]);
    let first = isolate(&story, &[]);
    story.settle(&first.id);
    let second = isolate(&story, &["192.0.2.7"]);
    story.settle(&second.id);
    assert_eq!(script(|s| s.orders.len()), 2, "other settings take the place of the first ones");
    let away = story.away();
    let third = isolate(&story, &["192.0.2.8"]);
    assert_eq!(story.settle(&third.id).status, ActionStatus::WaitingForDevice);
    away.back();
    let told = with(&story, &first.id, "duplicated");
    assert!(told.text.contains('1'), "{}", told.text);

    story.ask(undo_of(&[&first.id]));
    assert_eq!(story.settle(&first.id).status, ActionStatus::Undone);
    assert_eq!(story.show(&second.id).action.status, ActionStatus::Undone, "lifted with it");
    assert_eq!(story.show(&third.id).action.status, ActionStatus::Cancelled, "and never carried out");
    story.engine.drive_what_is_due().unwrap();
    let verbs: Vec<Verb> = script(|s| s.orders.iter().map(|o| o.verb).collect());
    assert_eq!(verbs, [Verb::Apply, Verb::Apply, Verb::Undo]);
    assert!(script(|s| s.stands.is_empty()), "the device is free");
}

/// M67: a release of what waits for its device cancels it.
#[test]
fn what_waits_for_its_device_is_released_before_it_comes() {
    let story = Story::begin(AutomationLevel::None, vec![]);
    let away = story.away();
    let waits = isolate(&story, &[]);
    story.settle(&waits.id);
    let released = story.ask(undo_of(&[&waits.id]));
    assert_eq!((released.refused.len(), released.results[0].status), (0, ActionStatus::Cancelled));
    away.back();
    story.engine.drive_what_is_due().unwrap();
    assert!(script(|s| s.orders.is_empty()), "the device never heard of it");
}

/// M77, M79: several of one type at once, one decision; mixed types and those who may not are refused.
#[test]
fn several_of_one_type_go_back_in_one_decision() {
    let shows =
        vec![(file("/home/a/x", "ab"), Weight::Bad), (file("/home/a/y", "cd"), Weight::Bad), (service(), Weight::Bad)];
    let story = Story::begin(AutomationLevel::Full, shows);
    let all = story.investigate().actions;
    let of = |kind| all.iter().filter(move |a| a.kind == kind).map(|a| &a.id);
    let files: Vec<&ActionId> = of(ActionType::QuarantineFile).collect();
    let mixed: Vec<&ActionId> = all.iter().map(|a| &a.id).collect();
    assert_eq!(story.refused(undo_of(&mixed)).code, "mixed_types");
    let approver = Person { role: Role::Approver, ..story.engine.person() };
    let refused = story.engine.ask(&approver, undo_of(&files)).unwrap_err();
    assert_eq!(refused.code, "no_permission", "to approve is not to undo");
    let decision = story.ask(undo_of(&files));
    assert_eq!(decision.refused, []);
    for id in &files {
        let undone = story.settle(id);
        assert_eq!((undone.status, undone.undo_approval_id), (ActionStatus::Undone, decision.approval_id.clone()));
    }
}

/// M78: X is every other restorable copy of that content on every device, exactly.
#[test]
fn more_instances_are_counted_exactly() {
    let shows = vec![(file("/home/a/x", "ab"), Weight::Bad), (file("/home/b/x", "ab"), Weight::Bad)];
    let story = Story::begin(AutomationLevel::Full, shows);
    let here = story.investigate().actions;
    let other = story.another("web-02");
    let start = assize_engine::door::StartInvestigation {
        device: Some(other),
        paths: vec![],
        full: false,
        comment: "there too".into(),
    };
    script(|s| s.shows.push((file("/home/a/z", "cd"), Weight::Bad)));
    let started = story.ask(start);
    let there = story.engine.settle_investigation(&started.id).unwrap().actions;
    assert_eq!((here.len(), there.len()), (2, 3));
    let x = |id: &ActionId| story.show(id).more_instances;
    assert_eq!(x(&here[0].id), 3, "one more here, two there; the other content is none of them");
    story.ask(undo_of(&[&there[0].id]));
    story.settle(&there[0].id);
    assert_eq!(x(&here[0].id), 2, "what went back is no longer there to go back");
    let all = story.ask(UndoActions { instances: true, ..undo_of(&[&here[0].id]) });
    assert_eq!((all.results.len(), all.refused.len()), (3, 0));
    all.results.iter().for_each(|a| assert_eq!(story.settle(&a.id).status, ActionStatus::Undone));
    assert_eq!(x(&here[0].id), 0);
    let other_content = there.iter().find(|a| a.target_name == "z").unwrap();
    assert_eq!(story.show(&other_content.id).action.status, ActionStatus::Completed);
    let wrong = isolate(&story, &[]);
    assert_eq!(story.refused(UndoActions { instances: true, ..undo_of(&[&wrong.id]) }).code, "bad_input");
}

fn mixed() -> (Story, view::Investigation) {
    let shows = vec![
        (file("/home/a/x", "ab"), Weight::Bad),
        (task("* * * * * root /home/a/x"), Weight::Bad),
        (service(), Weight::Bad),
    ];
    let story = Story::begin(AutomationLevel::Full, shows);
    let found = story.investigate();
    assert!(found.actions.len() == 3 && found.actions.iter().all(|a| a.status == ActionStatus::Completed));
    script(|s| s.orders.clear());
    (story, found)
}

fn roll_back(story: &Story, by: RollBackBy) -> view::Rollback {
    let asked = RollBack { by, comment: "A bad day.".into(), conflict: Conflict::Stop, allow_days: None };
    let mut result = story.ask(asked);
    let ids: Vec<ActionId> = result.results.iter().map(|a| a.id.clone()).collect();
    result.results = story.engine.settle_actions(&ids).unwrap();
    result
}

/// M153, M85: a whole incident, mixed types, in the reverse order of what was done, with one decision for each type.
#[test]
fn a_whole_incident_goes_back_in_reverse_order() {
    let (story, found) = mixed();
    let by = || RollBackBy::Incident { id: found.incident_id.clone().unwrap() };
    let plan = story.ask(PlanRollback { by: by() });
    let planned: Vec<ActionType> = plan.steps.iter().map(|s| s.action.kind).collect();
    let reverse = [ActionType::QuarantineFile, ActionType::RemoveScheduledTask, ActionType::StopService];
    assert_eq!(planned, reverse);
    assert!(script(|s| s.orders.is_empty()), "a dry run orders nothing");
    let result = roll_back(&story, by());
    let done: Vec<ActionType> = script(|s| s.orders.iter().map(|o| o.kind).collect());
    assert_eq!(done, reverse);
    assert!(result.results.iter().all(|a| a.status == ActionStatus::Undone));
    assert_eq!(result.approvals.len(), 3, "one decision for each type");
    assert_eq!(story.ask(ShowInvestigation { id: found.id }).undone, 3, "M80: the badge tells");
    let again = roll_back(&story, by());
    assert_eq!((again.results.len(), again.done), (0, 3), "and nothing is taken back twice");
}

/// M153: what could not go back is reported, the rest goes on, and asking again takes up what is left.
#[test]
fn a_rollback_that_failed_in_part_is_resumed() {
    let (story, found) = mixed();
    script(|s| s.ends = vec![done("v"), failed("place_taken"), done("v")]);
    let by = || RollBackBy::Investigation { id: found.id.clone() };
    let first = roll_back(&story, by());
    let ends: Vec<(ActionType, ActionStatus)> = first.results.iter().map(|a| (a.kind, a.status)).collect();
    assert_eq!(
        ends,
        [
            (ActionType::QuarantineFile, ActionStatus::Undone),
            (ActionType::RemoveScheduledTask, ActionStatus::UndoFailed),
            (ActionType::StopService, ActionStatus::Undone),
        ]
    );
    let second = roll_back(&story, by());
    assert_eq!((second.results.len(), second.done), (1, 2));
    assert_eq!(second.results[0].status, ActionStatus::Undone);
}

/// M85: by the rule that found it, whoever decided.
#[test]
fn what_a_rule_led_to_goes_back_by_its_name() {
    let (story, _) = mixed();
    let by = |name: &str| RollBackBy::Rule { name: name.into() };
    assert_eq!(story.ask(PlanRollback { by: by("another_rule") }).steps.len(), 0);
    assert_eq!(roll_back(&story, by("a_rule")).results.len(), 3);
    assert_eq!(story.refused(PlanRollback { by: by(" ") }).code, "bad_input");
}

/// M85: by a stretch of time what automation did; what people decided only where that is asked for.
#[test]
fn a_stretch_of_time_takes_back_what_automation_did() {
    let before = now();
    let (story, _) = mixed();
    let own = isolate(&story, &[]);
    story.settle(&own.id);
    pass(Span::hours(1));
    let end = now();
    let by = |people_too| RollBackBy::Window { since: before, until: end, people_too };
    assert_eq!(story.ask(PlanRollback { by: by(false) }).steps.len(), 3);
    assert_eq!(story.ask(PlanRollback { by: by(true) }).steps.len(), 4);
    let later = RollBackBy::Window { since: end, until: end.after(Span::hours(1)), people_too: true };
    assert_eq!(story.ask(PlanRollback { by: later }).steps.len(), 0);
    let backwards = RollBackBy::Window { since: end, until: before, people_too: true };
    assert_eq!(story.refused(PlanRollback { by: backwards }).code, "bad_input");
    let silent = RollBack { by: by(false), comment: " ".into(), conflict: Conflict::Stop, allow_days: None };
    assert_eq!(story.refused(silent).code, "bad_input");
}

/// M85, M75: what cannot go back is named, with the reason.
#[test]
fn what_cannot_go_back_is_named() {
    let process = assize_domain::entity::Process {
        pid: 4711,
        started_at: now(),
        start_ticks: "9".into(),
        exe: Some("/home/a/x".into()),
        command_line: "x".into(),
        arguments: vec![],
        user: "ann".into(),
        exe_deleted: false,
        script: None,
        parent_pid: None,
        container: false,
        image_sha256: None,
    };
    let shows = vec![(Entity::Process { process }, Weight::Bad), (file("/home/a/x", "ab"), Weight::Bad)];
    let story = Story::begin(AutomationLevel::Full, shows);
    let found = story.investigate();
    let plan = story.ask(PlanRollback { by: RollBackBy::Investigation { id: found.id } });
    assert_eq!((plan.steps.len(), plan.left.len()), (1, 1));
    assert_eq!(plan.left[0].action.kind, ActionType::KillProcess);
    assert!(plan.left[0].reason.contains("memory"), "{}", plan.left[0].reason);
}

/// M84, T27: after an undo it can be allowed, and done again as a new action that knows the old one.
#[test]
fn after_an_undo_it_is_allowed_or_done_again() {
    let (story, action) = quarantined();
    let allow = || AllowAfterUndo { id: action.id.clone(), days: Some(30) };
    let again = || ReapplyAction { id: action.id.clone(), comment: "It was bad.".into(), command_line: false };
    assert_eq!(action.after_undo, None);
    assert_eq!((story.refused(allow()).code, story.refused(again()).code), ("not_now".into(), "not_now".into()));
    story.ask(undo_of(&[&action.id]));
    story.settle(&action.id);
    let offer = story.show(&action.id).action.after_undo.unwrap();
    assert_eq!(offer.allow_indicator.map(|o| (o.sha256, o.days)), Some(("ab".repeat(32), 30)));
    assert!(offer.reapply && offer.classify_incident.is_some());

    assert_eq!(story.ask(allow()).action, IndicatorAction::Allow);
    story.ask(allow());
    assert_eq!(story.ask(ListIndicators {}).indicators.len(), 1, "allowed once");
    assert_eq!(story.show(&action.id).action.after_undo.unwrap().allow_indicator, None, "no longer offered");

    let new = story.ask(again());
    assert_eq!((new.reapplies.as_ref(), new.status), (Some(&action.id), ActionStatus::Queued));
    assert_eq!(story.settle(&new.id).status, ActionStatus::Completed);
    let first = story.show(&action.id).action;
    assert_eq!((first.reapplied_by, first.status), (Some(new.id), ActionStatus::Undone));
    assert!(!first.after_undo.unwrap().reapply, "once");
}

/// M84, M63: what came back and was changed since is not taken for the same thing.
#[test]
fn what_changed_since_the_undo_is_not_done_again_blindly() {
    let (story, action) = quarantined();
    story.ask(undo_of(&[&action.id]));
    story.settle(&action.id);
    script(|s| s.shows = vec![(file("/home/a/x", "cd"), Weight::Good)]);
    let again = ReapplyAction { id: action.id, comment: "It was bad.".into(), command_line: false };
    assert_eq!(story.refused(again).code, "changed");
}

/// M159: the hops of both orders, with the device's own where it tells them.
#[test]
fn the_flyout_shows_where_the_orders_have_come_to() {
    let (story, action) = quarantined();
    let at = now().after(Span::seconds(1));
    script(|s| s.hops = vec![assize_domain::action::Hop { verb: Verb::Undo, hop: HopName::Accepted, at }]);
    story.ask(undo_of(&[&action.id]));
    story.settle(&action.id);
    let hops: Vec<(Verb, HopName)> = story.show(&action.id).hops.iter().map(|h| (h.verb, h.hop)).collect();
    use HopName::{Accepted, Delivered, Finished, Queued, Verified};
    let apply = [Queued, Delivered, Finished, Verified].map(|h| (Verb::Apply, h));
    let undo = [Queued, Delivered, Accepted, Finished, Verified].map(|h| (Verb::Undo, h));
    assert_eq!(hops, [apply.as_slice(), undo.as_slice()].concat());
}

/// M66: the end of an undo that did not work keeps its code, its words and the next step.
#[test]
fn a_failed_undo_says_what_to_do() {
    let (story, action) = quarantined();
    script(|s| s.ends = vec![failed("place_taken")]);
    story.ask(undo_of(&[&action.id]));
    let result: Option<Fault> = story.settle(&action.id).result;
    assert_eq!(result.map(|f| (f.code, f.hint.is_empty())), Some(("place_taken".into(), false)));
}
