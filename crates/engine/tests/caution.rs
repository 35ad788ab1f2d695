//! How much automation may do before a person has looked: the mass-action breaker, new rules, and what people protect.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod scripted;

use assize_domain::{
    action::{ActionStatus, RemediationStatus},
    entity::Entity,
    group::AutomationLevel,
    id::{ActionId, DeviceId},
    investigation::InvestigationStatus,
    order::Conflict,
    question::{Witness, WitnessSays},
    remedy::ActionType,
    role::{Person, Role},
    time::Span,
    verdict::Weight,
};
use assize_engine::{
    Engine,
    door::{
        ApproveActions, ChangeGroup, ChangeLimits, ChangeProtected, ListActions, ListLimits, ListProtected, PlanAction,
        ReapplyAction, RunDoctor, ShowEvidence, ShowHome, ShowInvestigation, StartInvestigation, Tab, UndoActions,
    },
    view,
};
use scripted::{Story, file, pass, script};
use std::path::Path;

fn files(names: &[&str]) -> Vec<(Entity, Weight)> {
    names.iter().map(|n| (file(&format!("/tmp/{n}"), n), Weight::Bad)).collect()
}

fn limit(story: &Story, same_type: u32, minutes: u32, devices: u32) {
    let limits =
        ChangeLimits { same_type: Some(same_type), minutes: Some(minutes), devices: Some(devices), vault_gib: None };
    let now = story.ask(limits).limits;
    assert_eq!((now.same_type, now.minutes, now.devices), (same_type, minutes, devices));
}

/// Looks around on a device; what it decided there, the first decision first.
fn look(story: &Story, device: &DeviceId) -> Vec<view::Action> {
    let start =
        StartInvestigation { device: Some(device.clone()), paths: vec![], full: false, comment: "story".into() };
    let id = story.ask(start).id;
    story.engine.settle_investigation(&id).unwrap();
    let of = |tab| {
        let list = ListActions { tab: Some(tab), investigation: Some(id.clone()), ..ListActions::default() };
        story.ask(list).actions
    };
    let mut all = of(Tab::History);
    all.extend(of(Tab::Pending));
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

fn count(actions: &[view::Action], status: ActionStatus) -> usize {
    actions.iter().filter(|a| a.status == status).count()
}

fn recorded(story: &Story, event: &str) -> usize {
    let store = assize_store::Store::open(story.data.path()).unwrap();
    let all = store.read(|r| r.records_after(0, 10_000)).unwrap();
    all.iter().filter(|r| r.entry.event == event).count()
}

/// M21: over all devices, what is more than n of one type in t minutes waits for a person, says why, and the owner is
/// told once, on Home, in the health page and in the record.
#[test]
fn more_automatic_actions_than_the_limit_wait_for_a_person() {
    let story = Story::begin(AutomationLevel::Full, files(&["a", "b"]));
    limit(&story, 3, 10, 100);
    let first = look(&story, &story.device);
    assert_eq!(count(&first, ActionStatus::Completed), 2);
    assert!(story.ask(ShowHome {}).held.is_empty());
    let other = story.another("web-02");
    script(|s| s.shows = files(&["c", "d", "e"]));
    let second = look(&story, &other);
    assert_eq!(count(&second, ActionStatus::Completed), 1, "the third of a kind, on another device");
    assert_eq!(count(&second, ActionStatus::PendingApproval), 2);
    let waits = second.iter().find(|a| a.status == ActionStatus::PendingApproval).unwrap();
    assert!(waits.why.iter().any(|w| w.contains("3 actions of this kind")), "{:?}", waits.why);
    let held = story.ask(ShowHome {}).held;
    assert_eq!((held.len(), held[0].cause, held[0].waiting), (1, view::HeldBy::MassActions, 2));
    assert!(held[0].text.contains("Quarantine"), "{}", held[0].text);
    assert_eq!(recorded(&story, "breaker_tripped"), 1, "told once, not once per item");
    let checks = story.ask(RunDoctor {}).checks;
    assert!(checks.iter().any(|c| c.name == "Automatic actions" && !c.ok), "health tells as well");

    // After the time automation acts again; what waited goes on waiting (M16).
    pass(Span::minutes(11));
    script(|s| s.shows = files(&["f"]));
    let third = look(&story, &other);
    assert_eq!(count(&third, ActionStatus::Completed), 1);
    assert_eq!(story.show(&waits.id).action.status, ActionStatus::PendingApproval);
    limit(&story, 100, 10, 100);
    story.engine.drive_what_is_due().unwrap();
    assert_eq!(story.show(&waits.id).action.status, ActionStatus::PendingApproval, "no other limit lets it go");
}

/// M21: what waits for a person by its level is no action of automation, and people's own are not counted either.
#[test]
fn only_what_ran_by_itself_counts() {
    let story = Story::begin(AutomationLevel::SemiAll, files(&["a", "b", "c"]));
    limit(&story, 1, 60, 100);
    let asked = look(&story, &story.device);
    assert_eq!(count(&asked, ActionStatus::PendingApproval), 3);
    assert!(asked.iter().all(|a| !a.why.iter().any(|w| w.contains("actions of this kind"))));
    let ids: Vec<ActionId> = asked.iter().map(|a| a.id.clone()).collect();
    story.ask(ApproveActions { ids: ids.clone(), comment: None, group_by_type: false });
    story.engine.settle_actions(&ids).unwrap();
    full(&story);
    script(|s| s.shows = files(&["d"]));
    assert_eq!(count(&look(&story, &story.device), ActionStatus::Completed), 1);
}

fn full(story: &Story) {
    story.ask(ChangeGroup {
        group: "Ungrouped devices".into(),
        level: Some(AutomationLevel::Full),
        rules: None,
        description: None,
        reason: None,
    });
}

/// M22: a new rule acts by itself on so many devices, then asks everywhere else until a person agreed with it; changed,
/// it is new again. What waited by then goes on waiting.
#[test]
fn a_new_rule_acts_on_few_devices_until_a_person_agrees() {
    let story = Story::begin(AutomationLevel::Full, files(&["a"]));
    script(|s| s.rule = Some(("dropper".into(), "v1".into())));
    limit(&story, 1000, 60, 2);
    let on: Vec<DeviceId> = (2..=6).map(|n| story.another(&format!("web-0{n}"))).collect();
    assert_eq!(count(&look(&story, &story.device), ActionStatus::Completed), 1);
    assert_eq!(count(&look(&story, &on[0]), ActionStatus::Completed), 1);
    let third = look(&story, &on[1]);
    let fourth = look(&story, &on[2]);
    for held in [&third[0], &fourth[0]] {
        assert_eq!(held.status, ActionStatus::PendingApproval);
        assert!(held.why.iter().any(|w| w.contains("“dropper” is new or was changed")), "{:?}", held.why);
    }
    script(|s| s.shows = files(&["b"]));
    assert_eq!(count(&look(&story, &on[0]), ActionStatus::Completed), 1, "where it acted it goes on");
    let home = story.ask(ShowHome {}).held;
    assert_eq!((home[0].cause, home[0].about.as_str(), home[0].waiting), (view::HeldBy::NewRule, "dropper", 2));
    assert_eq!(recorded(&story, "rule_held"), 1);

    story.ask(ApproveActions { ids: vec![third[0].id.clone()], comment: None, group_by_type: false });
    assert_eq!(recorded(&story, "rule_trusted"), 1);
    story.engine.settle_actions(&[third[0].id.clone()]).unwrap();
    assert_eq!(story.show(&fourth[0].id).action.status, ActionStatus::PendingApproval, "M16: it asked, so it waits");
    assert_eq!(count(&look(&story, &on[3]), ActionStatus::Completed), 1, "a person agreed with it");

    script(|s| s.rule = Some(("dropper".into(), "v2".into())));
    script(|s| s.shows = files(&["c"]));
    let changed: Vec<_> = on[..3].iter().map(|d| look(&story, d)[0].status).collect();
    assert_eq!(changed, [ActionStatus::Completed, ActionStatus::Completed, ActionStatus::PendingApproval]);
}

/// M22: what a new rule did and a person took back holds it back everywhere, also where it acted, until that is done
/// again.
#[test]
fn a_new_rule_whose_work_was_undone_only_asks() {
    let story = Story::begin(AutomationLevel::Full, files(&["a"]));
    script(|s| s.rule = Some(("dropper".into(), "v1".into())));
    let done = look(&story, &story.device).remove(0);
    story.ask(UndoActions {
        ids: vec![done.id.clone()],
        reason: Some("harmless".into()),
        conflict: Conflict::Stop,
        instances: false,
        allow_days: None,
    });
    story.engine.settle_actions(std::slice::from_ref(&done.id)).unwrap();
    script(|s| s.shows = files(&["b"]));
    let again = look(&story, &story.device).remove(0);
    assert_eq!(again.status, ActionStatus::PendingApproval);
    assert!(again.why.iter().any(|w| w.contains("A person took back")), "{:?}", again.why);
    story.ask(ApproveActions { ids: vec![again.id], comment: None, group_by_type: false });
    script(|s| s.shows = files(&["c"]));
    assert_eq!(look(&story, &story.device)[0].status, ActionStatus::PendingApproval, "one approval is no trust");
    script(|s| s.shows = files(&["a"]));
    story.ask(ReapplyAction { id: done.id, comment: "it was bad".into(), command_line: false });
    script(|s| s.shows = files(&["d"]));
    assert_eq!(look(&story, &story.device)[0].status, ActionStatus::Completed);
}

/// M22: rules that are part of the program as it was first installed are no news; a level was chosen for them.
#[test]
fn the_rules_of_the_first_installation_are_known() {
    let story = Story::begin(AutomationLevel::Full, files(&["a"]));
    limit(&story, 1000, 60, 0);
    script(|s| s.rule = Some(("own".into(), "assize:1".into())));
    assert_eq!(look(&story, &story.device)[0].status, ActionStatus::Completed);
    let store = assize_store::Store::open(story.data.path()).unwrap();
    store.write(|w| w.set_setting("first_program", "\"0.0.1\"")).unwrap();
    script(|s| s.rule = Some(("own".into(), "assize:2".into())));
    script(|s| s.shows = files(&["b"]));
    assert_eq!(look(&story, &story.device)[0].status, ActionStatus::PendingApproval, "an upgrade changed it");
    script(|s| s.rule = Some(("own".into(), "assize:1".into())));
    script(|s| s.shows = files(&["c"]));
    assert_eq!(look(&story, &story.device)[0].status, ActionStatus::Completed, "and this one it did not");
}

/// M21, M22: only an owner changes the limits, and to nothing that makes no sense; the change is recorded.
#[test]
fn limits_are_the_owners() {
    let story = Story::begin(AutomationLevel::Full, vec![]);
    let before = story.ask(ListLimits {});
    let wrong = story.refused(ChangeLimits { same_type: Some(0), minutes: None, devices: None, vault_gib: None });
    assert_eq!(wrong.code, "bad_input");
    let approver = Person { role: Role::Approver, ..story.engine.person() };
    let change = ChangeLimits { same_type: Some(7), minutes: None, devices: None, vault_gib: None };
    assert_eq!(story.engine.ask(&approver, change.clone()).unwrap_err().code, "no_permission");
    assert_eq!(story.ask(ListLimits {}), before);
    let after = story.ask(change).limits;
    story.ask(ChangeLimits { same_type: None, minutes: None, devices: None, vault_gib: Some(3) });
    let cap = script(|s| s.policies.last().unwrap().vault_cap);
    assert_eq!(cap.map(|b| b.0), Some(3 << 30), "devices are told at once");
    assert_eq!((after.same_type, after.minutes), (7, before.limits.minutes));
    assert_eq!(recorded(&story, "limits_changed"), 2);
}

/// M20: what a person protects is told to every device before the next order, also by a process that knows nothing of
/// the change; a device that cannot be told gets no order. What ships stays.
#[test]
fn devices_know_what_people_protect_before_they_are_ordered_anything() {
    let story = Story::begin(AutomationLevel::Full, files(&["a"]));
    let told = |s: &Story| s.ask(ListProtected {}).added.iter().map(|p| p.pattern.clone()).collect::<Vec<_>>();
    story.ask(ChangeProtected { pattern: "/srv//ledger/**".into(), on: true });
    assert_eq!(told(&story), ["/srv/ledger/**"]);
    assert_eq!(script(|s| s.policies.last().unwrap().protected.clone()), ["/srv/ledger/**"]);
    let version = script(|s| s.policies.last().unwrap().version.clone());

    let second = Engine::open_with_clock(story.data.path(), open, std::sync::Arc::new(scripted::now)).unwrap();
    drop(second);
    script(|s| s.policies.clear());
    look(&story, &story.device);
    assert!(script(|s| s.policies.iter().all(|p| p.protected == ["/srv/ledger/**"])));

    let again = story.refused(ChangeProtected { pattern: "/srv/ledger/**".into(), on: true });
    assert_eq!(again.code, "protected_already");
    assert_eq!(story.refused(ChangeProtected { pattern: "ledger".into(), on: true }).code, "bad_input");
    assert_eq!(story.refused(ChangeProtected { pattern: "/**".into(), on: true }).code, "bad_input");
    assert_eq!(story.refused(ChangeProtected { pattern: "/bin/sh".into(), on: false }).code, "protected");
    assert_eq!(story.refused(ChangeProtected { pattern: "/srv/other".into(), on: false }).code, "not_found");

    script(|s| s.deaf = true);
    story.ask(ChangeProtected { pattern: "/srv/till".into(), on: true });
    let waiting = {
        script(|s| s.orders.clear());
        let run = assize_engine::door::RunAction {
            comment: "story".into(),
            ..assize_engine::door::RunAction::about(assize_domain::remedy::ActionType::IsolateDevice, &story.device)
        };
        let id = story.ask(run).id;
        story.settle(&id)
    };
    assert_eq!(waiting.status, ActionStatus::Failed);
    assert_eq!(waiting.result.unwrap().code, "protected_untold");
    assert!(script(|s| s.orders.is_empty()), "no order went out");
    script(|s| s.deaf = false);
    story.ask(ChangeProtected { pattern: "/srv/ledger/**".into(), on: false });
    assert_eq!(told(&story), ["/srv/till"]);
    let last = script(|s| s.policies.last().unwrap().clone());
    assert_eq!(last.protected, ["/srv/till"]);
    assert_ne!(last.version, version, "devices notice");
    assert!(story.ask(ListProtected {}).shipped.iter().any(|g| g.items.contains(&"/bin/sh".to_owned())));
}

/// M155: how common and how old a content is, is told over all devices this installation knows, in the dry run and with it
/// in the flyout; rare among few devices is no sign at all.
#[test]
fn the_approver_is_told_how_common_and_how_old_a_content_is() {
    let story = Story::begin(AutomationLevel::SemiAll, files(&["a"]));
    let device = Witness {
        name: "How common and how old it is".into(),
        says: WitnessSays::Unknown,
        detail: "Only this device is known, so nothing can be said about others.".into(),
    };
    script(|s| s.plan.witnesses = vec![device]);
    let waits = look(&story, &story.device).remove(0);
    let witness = || story.ask(PlanAction { id: waits.id.clone() }).witnesses.remove(0);
    assert_eq!(witness().says, WitnessSays::Unknown, "{}", witness().detail);
    assert!(witness().detail.contains("Seen on 1 of 2 known devices"), "{}", witness().detail);
    let on: Vec<DeviceId> = (2..=5).map(|n| story.another(&format!("web-0{n}"))).collect();
    assert_eq!(witness().says, WitnessSays::Bad, "new, and on one of six only");
    pass(Span::days(2));
    assert_eq!(witness().says, WitnessSays::Unknown, "rare, but no longer new");
    look(&story, &on[0]);
    assert!(witness().detail.contains("Seen on 2 of 6"), "{}", witness().detail);
    pass(Span::days(3));
    assert_eq!(witness().says, WitnessSays::Unknown);
    let old = {
        pass(Span::days(40));
        witness()
    };
    assert_eq!(old.says, WitnessSays::Good, "on several devices for long");
}

/// M81: containing needs other devices that refuse a device, a person or an address. There is nothing to contain here: no
/// such action is on offer, so there is none to release, and the health page says so.
#[test]
fn nothing_can_be_contained_here_and_the_product_says_so() {
    let story = Story::begin(AutomationLevel::Full, vec![]);
    assert!(ActionType::ALL.iter().all(|kind| !kind.code().contains("contain")));
    let checks = story.ask(RunDoctor {}).checks;
    let said = checks.iter().find(|c| c.name.starts_with("Contain")).unwrap();
    assert!(said.ok && said.detail.contains("nothing to release"), "{}", said.detail);
    assert!(said.detail.contains("Isolate"), "it names what there is instead: {}", said.detail);
}

/// M80: after an undo the evidence says that it is no longer remediated, and its investigation carries the count; where
/// everything is taken back it still tells that it was remediated.
#[test]
fn what_was_restored_shows_on_its_evidence_and_its_investigation() {
    let story = Story::begin(AutomationLevel::Full, files(&["a", "b"]));
    let done = look(&story, &story.device);
    let evidence = |a: &view::Action| {
        let id = a.evidence_id.clone().unwrap();
        story.ask(ShowEvidence { id }).evidence.remediation_status
    };
    assert_eq!(done.iter().map(evidence).collect::<Vec<_>>(), [RemediationStatus::Remediated; 2]);
    story.ask(UndoActions {
        ids: vec![done[0].id.clone()],
        reason: Some("harmless".into()),
        conflict: Conflict::Stop,
        instances: false,
        allow_days: None,
    });
    story.engine.settle_actions(&[done[0].id.clone()]).unwrap();
    assert_eq!(
        done.iter().map(evidence).collect::<Vec<_>>(),
        [RemediationStatus::Unremediated, RemediationStatus::Remediated]
    );
    let investigation = story.ask(ShowInvestigation { id: done[0].investigation_id.clone().unwrap() });
    assert_eq!(investigation.undone, 1, "the badge");
    assert_eq!(investigation.state, InvestigationStatus::Remediated, "its end is kept (I22)");
}

fn open(
    device: &assize_domain::group::Device,
    data: &Path,
) -> Result<std::sync::Arc<dyn assize_domain::device::Device>, assize_domain::order::Fault> {
    scripted::open(device, data)
}
