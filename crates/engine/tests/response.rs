//! A person's own response actions: the exact target, refusals before anything is asked of the device, and a second
//! request that joins the first.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod scripted;

use assize_domain::{
    action::{ActionStatus, Source},
    entity::{Entity, Process, Service, ServiceScope},
    group::AutomationLevel,
    id::EvidenceId,
    mitigation::Holds,
    order::Fault,
    policy::Verb,
    remedy::ActionType,
    role::{Person, Role},
    target::{Isolation, Target},
    time::Span,
    verdict::Weight,
};
use assize_engine::{
    door::{PlanRun, RunAction, RunScope, ShowDevice},
    view,
};
use scripted::{Story, file, pass, script};

fn request(story: &Story, kind: ActionType) -> RunAction {
    RunAction {
        kind,
        device: story.device.clone(),
        file: None,
        sha256: None,
        pid: None,
        service: None,
        evidence: None,
        scope: None,
        allow: vec![],
        for_seconds: None,
        comment: "It has to be.".into(),
        command_line: false,
    }
}

fn run(story: &Story, request: RunAction) -> Result<view::Action, Fault> {
    story.engine.ask(&story.engine.person(), request)
}

fn refused(story: &Story, request: RunAction) -> Fault {
    let fault = run(story, request).unwrap_err();
    assert!(script(|s| s.orders.is_empty()), "nothing was asked of the device");
    fault
}

fn service(name: &str, path: &str, scope: ServiceScope) -> (Entity, Weight) {
    let service = Service {
        name: name.into(),
        path: path.into(),
        scope,
        exec: "/usr/sbin/x".into(),
        state: "active".into(),
        enabled: true,
        digest: "cd".repeat(32),
    };
    (Entity::Service { service }, Weight::Good)
}

/// M121, M60: an action of a person's own shows at once, is carried out, and keeps its source, person and comment.
#[test]
fn a_persons_own_action_is_in_history_at_once_with_its_source() {
    let story = Story::begin(AutomationLevel::SemiAll, vec![(file("/home/a/x", "ab"), Weight::Good)]);
    let mut asked = request(&story, ActionType::QuarantineFile);
    asked.file = Some("/home/a/x".into());
    let action = run(&story, asked).unwrap();
    assert_eq!((action.status, action.source), (ActionStatus::Queued, Source::ManualResponse));
    assert_eq!(story.history()[0].id, action.id, "listed before it is carried out");
    let ended = story.settle(&action.id);
    assert_eq!(ended.status, ActionStatus::Completed);
    assert_eq!(ended.decided_by, Some(story.engine.person().name));
    assert_eq!(ended.comment.as_deref(), Some("It has to be."));
    assert!(ended.why.iter().any(|w| w.contains("levels govern automation only")), "{:?}", ended.why);
}

/// M121: every kind of action takes its own words and becomes its own exact target.
#[test]
fn every_kind_of_action_has_its_exact_target() {
    let story = Story::begin(
        AutomationLevel::None,
        vec![
            (file("/home/a/x", "ab"), Weight::Good),
            service("cups.service", "/usr/lib/systemd/system/cups.service", ServiceScope::System),
        ],
    );
    let base = |kind| request(&story, kind);
    let asked = [
        RunAction { scope: Some(RunScope::Full), ..base(ActionType::IsolateDevice) },
        RunAction { for_seconds: Some(3600), ..base(ActionType::RestrictCodeExecution) },
        RunAction { scope: Some(RunScope::Full), ..base(ActionType::RunAntivirusScan) },
        base(ActionType::CollectInvestigationPackage),
        RunAction { service: Some("cups.service".into()), ..base(ActionType::StopService) },
        RunAction { file: Some("/home/a/x".into()), ..base(ActionType::StopAndQuarantineFile) },
    ];
    let sha256 = "ab".repeat(32);
    let until = scripted::now().after(Span::hours(1));
    let wanted = [
        Target::Network { isolation: Isolation::Full, until: None },
        Target::CodeExecution { until: Some(until) },
        Target::Scan { full: true },
        Target::Package,
        Target::Service {
            name: "cups.service".into(),
            path: "/usr/lib/systemd/system/cups.service".into(),
            scope: ServiceScope::System,
            digest: "cd".repeat(32),
        },
        Target::Content { sha256, name: "x".into(), path: Some("/home/a/x".into()) },
    ];
    for (asked, wanted) in asked.into_iter().zip(wanted) {
        let kind = asked.kind;
        assert_eq!(run(&story, asked).unwrap().target, wanted, "{kind:?}");
    }
}

/// M122: a selective isolation names what stays reachable, in one spelling.
#[test]
fn a_selective_isolation_says_what_stays() {
    let story = Story::begin(AutomationLevel::None, vec![]);
    let base = || request(&story, ActionType::IsolateDevice);
    let allow = vec!["10.9.8.7/8".to_owned(), "192.0.2.7".to_owned()];
    for wrong in [
        RunAction { scope: Some(RunScope::Selective), ..base() },
        RunAction { scope: Some(RunScope::Full), allow: allow.clone(), ..base() },
        RunAction { scope: Some(RunScope::Quick), ..base() },
        RunAction { allow: vec!["0.0.0.0/0".into()], ..base() },
        RunAction { allow: vec!["the office".into()], ..base() },
        RunAction { for_seconds: Some(0), ..base() },
        RunAction { for_seconds: Some(31 * 86400), ..base() },
    ] {
        assert_eq!(refused(&story, wrong).code, "bad_input");
    }
    let action = run(&story, RunAction { allow, ..base() }).unwrap();
    let allowed = vec!["10.0.0.0/8".to_owned(), "192.0.2.7".to_owned()];
    assert_eq!(action.target, Target::Network { isolation: Isolation::Selective { allowed }, until: None });
}

/// M130: what the device cannot do is told before it is tried, in the list of what it can and at the request.
#[test]
fn what_a_device_cannot_do_is_refused_before_anything_is_asked() {
    let story = Story::begin(AutomationLevel::None, vec![]);
    script(|s| s.unable = vec![ActionType::IsolateDevice]);
    let fault = refused(&story, request(&story, ActionType::IsolateDevice));
    assert_eq!((fault.code.as_str(), fault.message.as_str()), ("no_executor", "By hand: pull the plug."));
    assert!(story.history().is_empty(), "and no row that fails late");
    let device = story.engine.ask(&story.engine.person(), ShowDevice { device: "web-01".into() }).unwrap();
    assert_eq!(device.capabilities.len(), ActionType::ALL.len());
    for able in device.capabilities {
        let isolate = able.kind == ActionType::IsolateDevice;
        assert_eq!((able.possible, able.reason.is_some()), (!isolate, isolate), "{:?}", able.kind);
    }
}

/// M121: a word that would promise what does not happen is refused, and so is a comment that says nothing.
#[test]
fn words_that_do_not_belong_are_refused() {
    let story = Story::begin(AutomationLevel::None, vec![(file("/home/a/x", "ab"), Weight::Good)]);
    let quarantine = || RunAction { file: Some("/home/a/x".into()), ..request(&story, ActionType::QuarantineFile) };
    for wrong in [
        RunAction { for_seconds: Some(60), ..quarantine() },
        RunAction { pid: Some(1), ..quarantine() },
        RunAction { scope: Some(RunScope::Full), ..quarantine() },
        RunAction { comment: "  ".into(), ..quarantine() },
        RunAction { file: Some("x".into()), ..quarantine() },
        RunAction { file: None, ..quarantine() },
        RunAction { evidence: Some(EvidenceId::from("e")), ..quarantine() },
        request(&story, ActionType::KillProcess),
        request(&story, ActionType::StopService),
        request(&story, ActionType::RemovePersistence),
        RunAction { scope: Some(RunScope::Selective), ..request(&story, ActionType::RunAntivirusScan) },
    ] {
        assert_eq!(refused(&story, wrong).code, "bad_input");
    }
    let missing = RunAction { file: Some("/home/a/y".into()), ..quarantine() };
    assert_eq!(refused(&story, missing).code, "not_found");
    let viewer = Person { role: Role::Viewer, ..story.engine.person() };
    assert_eq!(story.engine.ask(&viewer, quarantine()).unwrap_err().code, "no_permission");
}

/// M63, M121: a file can be named by its content; a content it does not have, or two places, are not guessed about.
#[test]
fn a_file_is_found_by_its_content() {
    let story = Story::begin(AutomationLevel::None, vec![(file("/home/a/x", "ab"), Weight::Good)]);
    let base = || request(&story, ActionType::QuarantineFile);
    let by_hash = || RunAction { sha256: Some("AB".repeat(32)), ..base() };
    let action = run(&story, by_hash()).unwrap();
    assert_eq!(action.target_title, "/home/a/x");
    assert_eq!(script(|s| s.questions.pop()).unwrap().content, Some("ab".repeat(32)), "the device looks for it");
    story.settle(&action.id);

    script(|s| s.orders.clear());
    let other = RunAction { file: Some("/home/a/x".into()), sha256: Some("cd".repeat(32)), ..base() };
    assert_eq!(refused(&story, other).code, "changed");
    assert_eq!(refused(&story, RunAction { sha256: Some("ab".into()), ..base() }).code, "bad_input");
    script(|s| s.shows.push((file("/home/b/x", "ab"), Weight::Good)));
    let several = refused(&story, by_hash());
    assert!(several.message.contains("/home/a/x, /home/b/x"), "{}", several.message);
}

/// M121: a service is the unit of exactly that name, the system's where a person has one of the same name.
#[test]
fn a_service_is_named_exactly() {
    let story = Story::begin(
        AutomationLevel::None,
        vec![
            service("cups.service", "/home/ann/.config/systemd/user/cups.service", ServiceScope::User),
            service("cups.service", "/etc/systemd/system/cups.service", ServiceScope::System),
            service("own.service", "/home/ann/.config/systemd/user/own.service", ServiceScope::User),
            service("own.service", "/home/bob/.config/systemd/user/own.service", ServiceScope::User),
        ],
    );
    let named = |name: &str| RunAction { service: Some(name.into()), ..request(&story, ActionType::StopService) };
    let fault = refused(&story, named("cups"));
    assert_eq!(fault.code, "not_found");
    assert!(fault.hint.contains("cups.service"), "the name in full is told: {}", fault.hint);
    assert_eq!(refused(&story, named("own.service")).code, "bad_input");
    assert_eq!(run(&story, named("cups.service")).unwrap().target_title, "/etc/systemd/system/cups.service");
}

/// M121, M93: from the flyout, an action is about that evidence, and the evidence shows what became of it.
#[test]
fn evidence_is_acted_on_as_it_was_seen() {
    let story = Story::begin(AutomationLevel::None, vec![(file("/home/a/x", "ab"), Weight::Bad)]);
    let evidence = story.investigate().evidence.remove(0);
    let about = |kind| RunAction { evidence: Some(evidence.id.clone()), ..request(&story, kind) };
    assert_eq!(refused(&story, about(ActionType::KillProcess)).code, "bad_input", "a file is no process");
    let action = run(&story, about(ActionType::QuarantineFile)).unwrap();
    assert_eq!(action.target_title, "/home/a/x");
    assert_eq!(action.evidence_id, Some(evidence.id.clone()));
    assert_eq!(action.verdict, evidence.verdict, "what was known about it is kept with the action");
    assert_eq!(story.settle(&action.id).status, ActionStatus::Completed);
    let shown = story.show(&action.id).evidence.unwrap();
    assert_eq!(shown.remediation_status, assize_domain::action::RemediationStatus::Remediated);
}

/// M67: a request that comes twice is carried out once.
#[test]
fn a_second_request_joins_the_first() {
    let story = Story::begin(AutomationLevel::None, vec![(file("/home/a/x", "ab"), Weight::Good)]);
    let isolate = || RunAction { for_seconds: Some(3600), ..request(&story, ActionType::IsolateDevice) };
    let first = run(&story, isolate()).unwrap();
    let doubled = run(&story, isolate()).unwrap();
    assert_eq!(first.id, doubled.id, "while it waits");
    assert_eq!(story.settle(&first.id).status, ActionStatus::Completed);
    pass(Span::minutes(5));
    // The same wish as far as the person is concerned: isolated until an hour from the first one.
    let again = RunAction { for_seconds: Some(3600), ..request(&story, ActionType::IsolateDevice) };
    let other = run(&story, again).unwrap();
    assert_ne!(other.id, first.id, "an hour from now is later than an hour from then");
    story.settle(&other.id);
    let kinds: Vec<(ActionType, Verb)> = script(|s| s.orders.iter().map(|o| (o.kind, o.verb)).collect());
    assert_eq!(kinds, [(ActionType::IsolateDevice, Verb::Apply); 2], "the doubled one was carried out once");
    let joined = story.show(&first.id).timeline.into_iter().filter(|t| t.event == "joined").count();
    assert_eq!(joined, 1, "who asked again is recorded");
}

/// M67: what is in force is not put in force again, unless somebody else lifted it.
#[test]
fn a_device_that_is_isolated_is_not_isolated_again() {
    let story = Story::begin(AutomationLevel::None, vec![]);
    let isolate = || request(&story, ActionType::IsolateDevice);
    let first = run(&story, isolate()).unwrap();
    story.settle(&first.id);
    assert_eq!(run(&story, isolate()).unwrap().id, first.id);
    assert_eq!(script(|s| s.orders.len()), 1);
    script(|s| s.stands[0].holds = Holds::Lifted { how: "Somebody emptied the firewall.".into() });
    let again = run(&story, isolate()).unwrap();
    assert_ne!(again.id, first.id, "what the device says is true counts");
}

/// M67: two wishes that contradict each other are not both carried out.
#[test]
fn other_settings_of_what_is_under_way_are_refused() {
    let story = Story::begin(AutomationLevel::None, vec![]);
    let away = story.away();
    let first = run(&story, request(&story, ActionType::IsolateDevice)).unwrap();
    assert_eq!(story.settle(&first.id).status, ActionStatus::WaitingForDevice);
    let other = RunAction { allow: vec!["192.0.2.7".into()], ..request(&story, ActionType::IsolateDevice) };
    assert_eq!(refused(&story, other).code, "already_asked");
    assert_eq!(run(&story, request(&story, ActionType::IsolateDevice)).unwrap().id, first.id);
    away.back();
    story.engine.drive_what_is_due().unwrap();
    assert_eq!(story.settle(&first.id).status, ActionStatus::Completed);
}

/// M67: what waits for a decision is decided by a person who asks for just that.
#[test]
fn asking_for_what_waits_approves_it() {
    let story = Story::begin(AutomationLevel::SemiAll, vec![(file("/home/a/x", "ab"), Weight::Bad)]);
    let waits = story.investigate().actions.remove(0);
    assert_eq!(waits.status, ActionStatus::PendingApproval);
    let asked = RunAction { file: Some("/home/a/x".into()), ..request(&story, ActionType::QuarantineFile) };
    let action = run(&story, asked).unwrap();
    assert_eq!((&action.id, action.decision.as_deref()), (&waits.id, Some("approve")));
    assert_eq!(story.settle(&action.id).status, ActionStatus::Completed);
    assert_eq!(script(|s| s.orders.len()), 1);
}

/// M61: a dry run stores nothing, orders nothing, and says when it would join.
#[test]
fn a_dry_run_of_an_own_action_stores_and_orders_nothing() {
    let story = Story::begin(AutomationLevel::None, vec![]);
    let asked = || RunAction { comment: String::new(), ..request(&story, ActionType::IsolateDevice) };
    let who = story.engine.person();
    assert_eq!(story.engine.ask(&who, PlanRun { action: asked() }).unwrap().obstacles, []);
    assert!(story.history().is_empty() && script(|s| s.orders.is_empty()));
    run(&story, request(&story, ActionType::IsolateDevice)).unwrap();
    let plan = story.engine.ask(&who, PlanRun { action: asked() }).unwrap();
    assert_eq!((plan.obstacles[0].code.as_str(), plan.obstacles[0].blocking), ("joins", false));
}

/// M121: a process is the one that runs now under this number.
#[test]
fn a_process_is_the_one_that_runs_now() {
    let process = Process {
        pid: 4711,
        started_at: scripted::now(),
        start_ticks: "99".into(),
        exe: Some("/home/a/x".into()),
        command_line: "x".into(),
        arguments: vec![],
        user: "ann".into(),
        exe_deleted: false,
        script: None,
        parent_pid: None,
        container: false,
        image_sha256: Some("ab".repeat(32)),
    };
    let story = Story::begin(AutomationLevel::None, vec![(Entity::Process { process }, Weight::Good)]);
    let kill = |pid| RunAction { pid: Some(pid), ..request(&story, ActionType::KillProcess) };
    assert_eq!(refused(&story, kill(4712)).code, "not_found");
    let action = run(&story, kill(4711)).unwrap();
    let Target::Process { pid, start_ticks, .. } = &action.target else { panic!("{:?}", action.target) };
    assert_eq!((*pid, start_ticks.as_str()), (4711, "99"), "with when it started, so that no other one is meant");
}
