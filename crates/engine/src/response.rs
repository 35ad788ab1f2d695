//! A person's own response actions (spec 4.1 T4; M121): the exact target is looked for first, a second request for the
//! same thing joins the first, and what this device cannot do is refused before anything is stored, with the steps by hand.
use crate::{
    Engine,
    directory::Directory,
    door::{PlanRun, RunAction, RunScope},
    fault::{Stop, bad_input, from_refusal, not_found},
    open::by,
    view,
};
use assize_domain::{
    action::{Action, ActionInput, ActionState, PolicySnapshot, Proposal, Source},
    device::Device as DeviceLink,
    entity::{Entity, ServiceScope},
    group::Device,
    id::{ActionId, ApprovalId, InvestigationId},
    investigation::Scope,
    judgement::Observed,
    location::{Location, locate},
    mitigation::Holds,
    order::Fault,
    policy::{Outcome, Ruling, TraceRow},
    question::{Obstacle, Question},
    record::Subject,
    remedy::ActionType,
    role::Person,
    target::{Isolation, Target},
    text::{DevicePath, visible},
    time::{Span, Stamp},
    verdict::{Reason, Verdict},
};
use assize_store::{EvidenceRow, Reader, Writer};

/// The longest a temporary isolation or restriction may be asked for.
const LONGEST: Span = Span::days(30);

/// Ends of two requests that are closer than this are the same end.
const DOUBLED: Span = Span::seconds(30);

/// Paths named in one refusal.
const NAMED: usize = 5;

/// What is asked for, as exactly as it will be approved.
struct Wish {
    kind: ActionType,
    target: Target,
    verdict: Verdict,
    reasons: Vec<Reason>,
    location: Location,
    evidence: Option<EvidenceRow>,
}

/// What an earlier action on the same thing means for a new request.
enum Earlier {
    /// It is on its way, or done and still in force: nothing is done twice.
    Joins(Box<Action>),
    /// It waits for a decision, and this request is one.
    Approves(Box<Action>),
    /// It was asked for with other settings.
    Differs(Box<Action>),
}

pub(crate) fn run(engine: &Engine, who: &Person, request: RunAction) -> Result<view::Action, Fault> {
    let comment = request.comment.trim().to_owned();
    if comment.is_empty() {
        return Err(bad_input("A comment is needed for an action of your own.", "Say in a few words why."));
    }
    let (device, link) = engine.link_by_id(&request.device)?;
    able(link.as_ref(), request.kind)?;
    let wish = Wish::of(engine, &device, link.as_ref(), &request)?;
    crate::everywhere::refused(engine, &device, &wish.target, &wish.reasons)?;
    let in_force = in_force(link.as_ref(), wish.kind);
    engine.write(|w| match earlier(w, &device, &wish, &in_force, engine.now())? {
        Some(Earlier::Joins(first)) => join(engine, w, who, &first, &comment),
        Some(Earlier::Approves(first)) => {
            let approval = ApprovalId(engine.new_id());
            let input = ActionInput::Approve { by: who.clone(), approval, comment: Some(comment.clone()) };
            let action = engine.step_action(w, &first.id, input, by(who), Some(comment))?;
            Ok(Directory::read(w)?.action(&action))
        }
        Some(Earlier::Differs(first)) => Err(other_settings(&first).into()),
        None => insert(engine, w, who, &device, wish, &request, comment),
    })
}

/// The dry run of a person's own action: nothing is stored, nothing is touched (M61).
pub(crate) fn plan(engine: &Engine, _: &Person, request: PlanRun) -> Result<view::ActionPlan, Fault> {
    let request = request.action;
    let (device, link) = engine.link_by_id(&request.device)?;
    able(link.as_ref(), request.kind)?;
    let wish = Wish::of(engine, &device, link.as_ref(), &request)?;
    let mut plan = if wish.kind == ActionType::StopAndQuarantineFile {
        crate::everywhere::plan(engine, &device, link.as_ref(), &wish.target, false)?
    } else {
        crate::prevalence::told(engine, &wish.target, link.plan(wish.kind, &wish.target))?
    };
    let in_force = in_force(link.as_ref(), wish.kind);
    plan.obstacles.extend(engine.read(|r| {
        Ok(earlier(r, &device, &wish, &in_force, engine.now())?.map(|earlier| match earlier {
            Earlier::Joins(first) => Obstacle::new(
                "joins",
                format!("The same is already under way or in force ({}): asking again joins it.", first.id),
                false,
            ),
            Earlier::Approves(first) => Obstacle::new(
                "joins",
                format!("It waits for a decision ({}): asking for it approves it.", first.id),
                false,
            ),
            Earlier::Differs(first) => {
                let fault = other_settings(&first);
                Obstacle::new(&fault.code, format!("{} {}", fault.message, fault.hint), true)
            }
        }))
    })?);
    Ok(plan)
}

/// An action that nothing here can carry out is not asked for into failure: the steps by hand are shown instead (M130).
pub(crate) fn able(link: &dyn DeviceLink, kind: ActionType) -> Result<(), Fault> {
    link.capability(kind).map_err(|why| Fault::new("no_executor", why, "Nothing was asked of the device."))
}

/// What a person's own action would be about, looked for now.
pub(crate) fn exact_target(engine: &Engine, request: &RunAction) -> Result<Target, Fault> {
    let (device, link) = engine.link_by_id(&request.device)?;
    Ok(Wish::of(engine, &device, link.as_ref(), request)?.target)
}

fn join(engine: &Engine, w: &mut Writer, who: &Person, first: &Action, comment: &str) -> Result<view::Action, Stop> {
    let mut entry = engine.entry(
        by(who),
        Subject::Action,
        first.id.as_str(),
        "joined",
        format!("{} asked for the same again; it joins this action.", who.name),
    );
    entry.comment = Some(comment.to_owned());
    w.append(&entry)?;
    Ok(Directory::read(w)?.action(first))
}

fn insert(
    engine: &Engine,
    w: &mut Writer,
    who: &Person,
    device: &Device,
    wish: Wish,
    request: &RunAction,
    comment: String,
) -> Result<view::Action, Stop> {
    let directory = Directory::read(w)?;
    let group = directory.group_of(device);
    let ruling = Ruling {
        outcome: Outcome::Ask,
        decided_by_row: 0,
        trace: vec![TraceRow {
            row: 0,
            applied: true,
            text: format!("{} asked for it; levels govern automation only.", who.name),
        }],
    };
    // Only what is itself acted on changes its remediation status; a whole device is no answer to one piece of evidence.
    let answers = wish.evidence.as_ref().filter(|_| acts_on_things(wish.kind));
    let proposal = Proposal {
        id: ActionId(engine.new_id()),
        approval_id: ApprovalId(engine.new_id()),
        investigation_id: answers.map(|e| e.investigation_id.clone()),
        incident_id: wish.evidence.as_ref().and_then(|e| e.incident_id.clone()),
        evidence_id: answers.map(|e| e.id.clone()),
        device_id: device.id.clone(),
        kind: wish.kind,
        source: if request.command_line { Source::CommandLine } else { Source::ManualResponse },
        target: wish.target,
        policy: PolicySnapshot {
            group: group.name.clone(),
            level: group.level,
            verdict: wish.verdict,
            reasons: wish.reasons,
            class: wish.location.class,
            classified_by: wish.location.classified_by,
            ruling,
            folder_lists: crate::folder_lists::in_force(w)?.version,
            rules: Vec::new(),
        },
    };
    let stepped = Action::manual(proposal, who.clone(), comment, engine.now()).map_err(|r| from_refusal(&r))?;
    engine.insert_action(w, &stepped, by(who))?;
    Ok(directory.action(&stepped.action))
}

/// The actions whose measure the device itself says is in force in whole. What somebody else lifted is not.
fn in_force(link: &dyn DeviceLink, kind: ActionType) -> Vec<ActionId> {
    let stands = link.watch().into_iter().filter(|m| m.kind == kind && m.holds == Holds::InForce);
    stands.map(|m| m.action).collect()
}

/// An earlier action on the same thing that is open, or whose measure is still in force as it was asked for (M67). Asking
/// for other settings of what is in force is a new action: it takes the place of the old one.
fn earlier(
    r: &Reader,
    device: &Device,
    wish: &Wish,
    in_force: &[ActionId],
    now: Stamp,
) -> Result<Option<Earlier>, Stop> {
    // What is asked for now is asked for after an undo that is under way.
    let same = |a: &&Action| {
        a.kind == wish.kind && a.target.same_thing(&wish.target) && !matches!(a.state, ActionState::Undoing { .. })
    };
    for id in in_force {
        // A device may know of an action that this database does not.
        let Ok(stands) = r.action(id) else { continue };
        let stands = stands.value;
        if same(&&stands) && same_settings(&stands, &wish.target, now) {
            return Ok(Some(Earlier::Joins(Box::new(stands))));
        }
    }
    let open = r.unfinished_actions_of_device(&device.id)?;
    let Some(first) = open.iter().find(same) else { return Ok(None) };
    let first = Box::new(first.clone());
    Ok(Some(if !same_settings(&first, &wish.target, now) {
        Earlier::Differs(first)
    } else if first.is_pending() {
        Earlier::Approves(first)
    } else {
        Earlier::Joins(first)
    }))
}

fn acts_on_things(kind: ActionType) -> bool {
    match kind {
        ActionType::KillProcess
        | ActionType::StopService
        | ActionType::DisableDriver
        | ActionType::RemoveScheduledTask
        | ActionType::RemoveRegistryKey
        | ActionType::RemovePersistence
        | ActionType::QuarantineFile
        | ActionType::StopAndQuarantineFile => true,
        ActionType::IsolateDevice
        | ActionType::RestrictCodeExecution
        | ActionType::RunAntivirusScan
        | ActionType::CollectInvestigationPackage => false,
    }
}

/// The same addresses, until the same time. Two clicks are a moment apart; and one that waits for its device keeps the
/// length of time that was asked for.
fn same_settings(first: &Action, wanted: &Target, now: Stamp) -> bool {
    let alike = |first_until: Option<Stamp>, until: Option<Stamp>| match (first_until, until) {
        (Some(a), Some(b)) => {
            let length = a.since(first.created_at).0 - b.since(now).0;
            let end = a.since(b).0;
            end.abs() <= DOUBLED.0 || (!first.rests() && length.abs() <= DOUBLED.0)
        }
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    match (&first.target, wanted) {
        (Target::Network { isolation: a, until: t }, Target::Network { isolation: b, until: u }) => {
            a == b && alike(*t, *u)
        }
        (Target::CodeExecution { until: t }, Target::CodeExecution { until: u }) => alike(*t, *u),
        (_, _) => true,
    }
}

fn other_settings(first: &Action) -> Fault {
    let who = first.decided.as_ref().map_or("somebody", |d| d.by());
    Fault::new(
        "already_asked",
        format!(
            "{who} has already asked for “{}” on this device with other settings ({}). Nothing was changed.",
            first.kind.label(),
            visible(&first.target.title()),
        ),
        format!("Cancel that one first ({}), or wait until it is carried out, then ask again.", first.id),
    )
}

impl Wish {
    fn of(engine: &Engine, device: &Device, link: &dyn DeviceLink, request: &RunAction) -> Result<Self, Fault> {
        words_belong(request)?;
        let evidence = match &request.evidence {
            Some(id) => {
                let row = engine.read(|r| Ok(r.evidence(id)?))?;
                if row.device_id != device.id {
                    return Err(bad_input("That evidence is of another device.", "Name the device it was found on."));
                }
                Some(row)
            }
            None => None,
        };
        let now = engine.now();
        let until = until(request.for_seconds, now)?;
        let target = match request.kind {
            ActionType::IsolateDevice => Target::Network { isolation: isolation(request)?, until },
            ActionType::RestrictCodeExecution => Target::CodeExecution { until },
            ActionType::RunAntivirusScan => Target::Scan { full: request.scope == Some(RunScope::Full) },
            ActionType::CollectInvestigationPackage => Target::Package,
            ActionType::KillProcess
            | ActionType::StopService
            | ActionType::DisableDriver
            | ActionType::RemoveScheduledTask
            | ActionType::RemoveRegistryKey
            | ActionType::RemovePersistence
            | ActionType::QuarantineFile
            | ActionType::StopAndQuarantineFile => {
                return Self::of_thing(engine, device, link, request, evidence);
            }
        };
        Ok(Self {
            kind: request.kind,
            target,
            verdict: Verdict::Unknown,
            reasons: Vec::new(),
            location: Location::NOWHERE,
            evidence,
        })
    }

    /// An action on one thing of the device: what a piece of evidence showed, or what is looked for now by its name.
    fn of_thing(
        engine: &Engine,
        device: &Device,
        link: &dyn DeviceLink,
        request: &RunAction,
        evidence: Option<EvidenceRow>,
    ) -> Result<Self, Fault> {
        if let Some(row) = evidence {
            let target = target_of(request.kind, &row.entity)?;
            return Ok(Self {
                kind: request.kind,
                target,
                verdict: row.verdict,
                reasons: row.reasons.clone(),
                location: row.location.clone(),
                evidence: Some(row),
            });
        }
        let observed = match request.kind {
            ActionType::QuarantineFile | ActionType::StopAndQuarantineFile => {
                file(engine, device, link, request, request.kind == ActionType::StopAndQuarantineFile)?
            }
            ActionType::KillProcess => process(engine, link, request)?,
            ActionType::StopService => service(engine, link, request)?,
            ActionType::DisableDriver
            | ActionType::RemoveScheduledTask
            | ActionType::RemoveRegistryKey
            | ActionType::RemovePersistence
            | ActionType::IsolateDevice
            | ActionType::RestrictCodeExecution
            | ActionType::RunAntivirusScan
            | ActionType::CollectInvestigationPackage => {
                return Err(bad_input(
                    format!("“{}” is asked for by the evidence it is about.", request.kind.label()),
                    "Investigate the device, then name the evidence with --evidence.",
                ));
            }
        };
        let folders = engine.read(crate::folder_lists::in_force)?;
        Ok(Self {
            kind: request.kind,
            target: target_of(request.kind, &observed.entity)?,
            verdict: Verdict::Unknown,
            location: locate(&observed.entity, device.os, &folders),
            reasons: observed.findings,
            evidence: None,
        })
    }
}

/// The target of this kind of action on this entity, or why they do not go together.
fn target_of(kind: ActionType, entity: &Entity) -> Result<Target, Fault> {
    let target = match (kind, entity) {
        (ActionType::StopAndQuarantineFile, Entity::File { file }) => {
            let name = file.path.file_name().to_owned();
            let path = Some(file.path.clone());
            file.sha256.clone().map(|sha256| Target::Content { sha256, name, path })
        }
        (ActionType::StopAndQuarantineFile, Entity::Process { process }) => {
            let name = process.exe.as_ref().map_or("", DevicePath::file_name).to_owned();
            let path = process.exe.clone();
            process.image_sha256.clone().map(|sha256| Target::Content { sha256, name, path })
        }
        (ActionType::QuarantineFile, Entity::File { .. })
        | (ActionType::KillProcess, Entity::Process { .. })
        | (ActionType::StopService, Entity::Service { .. })
        | (ActionType::DisableDriver, Entity::Driver { .. })
        | (ActionType::RemoveScheduledTask, Entity::ScheduledTask { .. })
        | (ActionType::RemoveRegistryKey, Entity::Registry { .. })
        | (ActionType::RemovePersistence, Entity::StartupItem { .. }) => Target::of(entity),
        (kind, entity) => {
            let what = crate::open::noun(entity);
            return Err(bad_input(
                format!("“{}” cannot be done to a {what}.", kind.label()),
                "Choose an action that fits, or other evidence.",
            ));
        }
    };
    target.ok_or_else(|| {
        Fault::new("unreadable", "It could not be read, so there is nothing exact to act on.", "Nothing was touched.")
    })
}

/// Looks at these places of the device, and at all that runs or is arranged to be started.
fn look(engine: &Engine, link: &dyn DeviceLink, question: &Question) -> Result<Vec<Observed>, Fault> {
    let id = &question.investigation;
    let answer =
        link.ask(question, &mut |p| engine.set_progress(id, Some(format!("{} ({} files so far)", p.step, p.files))));
    engine.set_progress(id, None);
    Ok(answer?.observed)
}

fn file(
    engine: &Engine,
    device: &Device,
    link: &dyn DeviceLink,
    request: &RunAction,
    any_copy: bool,
) -> Result<Observed, Fault> {
    let sha256 = request.sha256.as_deref().map(hash).transpose()?;
    let paths: Vec<DevicePath> = match (&request.file, &sha256) {
        (Some(file), _) if file.starts_with('/') => vec![DevicePath::from(file.as_str())],
        (Some(file), _) => {
            let message = format!("“{}” is not a full path.", visible(file));
            return Err(bad_input(message, "Name the file from the root of the device, beginning with /."));
        }
        (None, Some(sha256)) => engine.read(|r| Ok(r.paths_with_content(&device.id, sha256)?))?,
        (None, None) => return Err(bad_input("Which file?", "Name it with --file or by its content with --sha256.")),
    };
    let matches = |o: &Observed| {
        let Entity::File { file } = &o.entity else { return false };
        let named = request.file.as_deref().is_none_or(|name| name == file.path.as_str());
        named && sha256.as_ref().is_none_or(|h| file.sha256.as_ref() == Some(h))
    };
    let id = InvestigationId(engine.new_id());
    let ask = |scope| Question { content: sha256.clone(), ..Question::new(id.clone(), scope) };
    let mut found: Vec<Observed> = Vec::new();
    if !paths.is_empty() {
        let seen = look(engine, link, &ask(Scope::Paths { paths: paths.clone() }))?;
        let there = seen.iter().any(|o| matches!(&o.entity, Entity::File { file } if paths.contains(&file.path)));
        if let (Some(name), Some(_), true) = (&request.file, &sha256, there)
            && !seen.iter().any(matches)
        {
            let message = format!("{} has another content by now than the one you named.", visible(name));
            return Err(Fault::new("changed", message, "Nothing was touched. Look at the file again."));
        }
        found = seen.into_iter().filter(matches).collect();
    }
    if found.is_empty() && request.file.is_none() {
        // No place is known, so every file has to be read.
        found = look(engine, link, &ask(Scope::Full))?.into_iter().filter(matches).collect();
    }
    if found.len() > 1 && !any_copy {
        let places: Vec<String> = found.iter().take(NAMED).map(|o| visible(&o.entity.place())).collect();
        let message = format!("{} files of this device have this content: {}.", found.len(), places.join(", "));
        return Err(bad_input(message, "Name one with --file, or stop and quarantine the file everywhere."));
    }
    let named = request.file.clone().or(sha256.clone()).unwrap_or_default();
    found.into_iter().next().ok_or_else(|| not_found("such file on this device as", &visible(&named)))
}

/// A SHA-256 as people write it.
fn hash(text: &str) -> Result<String, Fault> {
    use assize_domain::indicator::IndicatorKind;
    IndicatorKind::Sha256.parse_value(text).map_err(|e| bad_input(format!("{e}."), "Check the hash and try again."))
}

fn process(engine: &Engine, link: &dyn DeviceLink, request: &RunAction) -> Result<Observed, Fault> {
    let Some(pid) = request.pid else { return Err(bad_input("Which process?", "Name its number with --pid.")) };
    let running = look(engine, link, &nowhere(engine))?;
    let found = running.into_iter().find(|o| matches!(&o.entity, Entity::Process { process } if process.pid == pid));
    found.ok_or_else(|| not_found("process on this device with the number", &pid.to_string()))
}

/// By the exact name of its unit. Where the system and a person have one of the same name, the system's is meant.
fn service(engine: &Engine, link: &dyn DeviceLink, request: &RunAction) -> Result<Observed, Fault> {
    let Some(name) = &request.service else {
        return Err(bad_input("Which service?", "Name its unit with --service, like cups.service."));
    };
    let is_named =
        |o: &Observed, wanted: &str| matches!(&o.entity, Entity::Service { service } if service.name == wanted);
    let of_system =
        |o: &&Observed| matches!(&o.entity, Entity::Service { service } if service.scope == ServiceScope::System);
    let seen = look(engine, link, &nowhere(engine))?;
    let found: Vec<&Observed> = seen.iter().filter(|o| is_named(o, name)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let whole = format!("{name}.service");
            let message = format!("There is no service “{}” on this device.", visible(name));
            Err(if seen.iter().any(|o| is_named(o, &whole)) {
                Fault::new("not_found", message, format!("The unit is called {}: name it in full.", visible(&whole)))
            } else {
                Fault::new("not_found", message, "Nothing was touched. The name has to be that of the unit.")
            })
        }
        several => {
            let system: Vec<&Observed> = several.iter().copied().filter(|o| of_system(o)).collect();
            if let [one] = system.as_slice() {
                return Ok((*one).clone());
            }
            let places: Vec<String> = several.iter().take(NAMED).map(|o| visible(&o.entity.place())).collect();
            let message = format!("{} services have this name: {}.", several.len(), places.join(", "));
            Err(bad_input(message, "Investigate the device, then name the one you mean with --evidence."))
        }
    }
}

/// No place at all: what runs and what is arranged to be started is always looked at.
fn nowhere(engine: &Engine) -> Question {
    Question::new(InvestigationId(engine.new_id()), Scope::Paths { paths: Vec::new() })
}

fn isolation(request: &RunAction) -> Result<Isolation, Fault> {
    match (request.scope, request.allow.is_empty()) {
        (None | Some(RunScope::Full), true) => Ok(Isolation::Full),
        (Some(RunScope::Full), false) => Err(bad_input(
            "A full isolation leaves no address reachable.",
            "Ask for --scope selective with --allow, or leave --allow out.",
        )),
        (None | Some(RunScope::Selective), _) => Isolation::leaving(&request.allow)
            .map_err(|e| bad_input(format!("{e}."), "Name each address or network that stays with --allow.")),
        (Some(RunScope::Quick), _) => {
            Err(bad_input("An isolation is full or selective.", "Ask for --scope full or --scope selective."))
        }
    }
}

fn until(seconds: Option<u32>, now: Stamp) -> Result<Option<Stamp>, Fault> {
    let Some(seconds) = seconds else { return Ok(None) };
    let span = Span::seconds(i64::from(seconds));
    if span.0 == 0 || span > LONGEST {
        return Err(bad_input("That is no time it could last.", "From a second up to 30 days, such as 4h."));
    }
    Ok(Some(now.after(span)))
}

/// A word that means nothing for this kind of action is refused: `--for 1h` on a quarantine would promise what does not
/// happen.
fn words_belong(request: &RunAction) -> Result<(), Fault> {
    let kind = request.kind;
    let file = matches!(kind, ActionType::QuarantineFile | ActionType::StopAndQuarantineFile);
    let scoped = matches!(kind, ActionType::IsolateDevice | ActionType::RunAntivirusScan);
    let words = [
        ("--file", request.file.is_some(), file),
        ("--sha256", request.sha256.is_some(), file),
        ("--pid", request.pid.is_some(), kind == ActionType::KillProcess),
        ("--service", request.service.is_some(), kind == ActionType::StopService),
        ("--scope", request.scope.is_some(), scoped),
        ("--allow", !request.allow.is_empty(), kind == ActionType::IsolateDevice),
        ("--for", request.for_seconds.is_some(), kind.lasts()),
    ];
    if let Some((word, ..)) = words.iter().find(|(_, given, belongs)| *given && !belongs) {
        let message = format!("{word} means nothing for “{}”.", kind.label());
        return Err(bad_input(message, "Leave it out, or choose the action it belongs to."));
    }
    let by_name =
        request.file.is_some() || request.sha256.is_some() || request.pid.is_some() || request.service.is_some();
    if request.evidence.is_some() && by_name {
        return Err(bad_input("Evidence names one thing, and you named another.", "Name either one of them."));
    }
    if kind == ActionType::RunAntivirusScan && request.scope == Some(RunScope::Selective) {
        return Err(bad_input("A scan is quick or full.", "Ask for --scope quick or --scope full."));
    }
    Ok(())
}
