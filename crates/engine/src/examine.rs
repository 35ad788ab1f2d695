//! One investigation from question to proposed actions: ask the device, judge, decide by the level of the device's own
//! group at this moment, and write everything in one transaction (M1–M11, M24).
use crate::{
    Engine, caution, directory::Directory, fault::Stop, named, open::noun, scans::Tally, transition::items_of,
};
use assize_domain::{
    action::{Action, PolicySnapshot, Proposal, RemediationStatus, Source},
    alert::{Alert, AlertStatus, Severity},
    caution::{RuleVersion, rests_on},
    device::Device as DeviceLink,
    entity::{Entity, EntityType, Relation, StartupKind},
    group::{AutomationLevel, Device, DeviceKind},
    id::{ActionId, AlertId, ApprovalId, EvidenceId, IncidentId, InvestigationId},
    incident::{Incident, IncidentState},
    indicator::{Indicator, IndicatorAction, IndicatorKind},
    investigation::{Investigation, InvestigationInput, Joined, LogRow, Trigger},
    judgement::{Circumstances, Judged, judge},
    location::LocationClass,
    policy::{Case, Outcome, PathlessItems, Rail, cell, evaluate, location_rails},
    protected::{PathPattern, Protected},
    question::{Answer, DevicePolicy, Question, RuleFile},
    record::Subject,
    remedy::remedy_for,
    role::Actor,
    target::Target,
    text::{DevicePath, visible},
    time::{Span, Stamp},
    verdict::{FindingSource, Verdict, Weight},
};
use assize_store::{EvidenceRow, Reader, Writer};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
};

/// A person's "no" to an item holds this long, unless a new alert names it (spec 2.7).
const DECLINED_FOR: Span = Span::hours(24);

/// A judged observation with the id under which it is stored.
struct Found {
    id: EvidenceId,
    judged: Judged,
}

impl Engine {
    /// Asks the device and stores what follows. Called by the driver only.
    pub(crate) fn examine(&self, id: &InvestigationId) -> Result<(), assize_domain::order::Fault> {
        let (investigation, device, policy) = self.read(|r| {
            let investigation = r.investigation(id)?.value;
            let device = r.device(&investigation.device_id)?;
            let policy = device_policy(r, &device, self.now())?;
            Ok((investigation, device, policy))
        })?;
        let answer = self.link(&device).and_then(|link| {
            link.policy(&policy)?;
            let antivirus = matches!(investigation.trigger, Trigger::Scan { .. });
            let question = Question { antivirus, ..Question::new(id.clone(), investigation.scope.clone()) };
            let question = named::asked(question, &investigation.named);
            self.ask_and_watch(link.as_ref(), &question).map(|a| (a, link))
        });
        match answer {
            Ok((answer, link)) => {
                let patterns = policy.protected.iter().filter_map(|p| PathPattern::parse(p).ok()).collect();
                let protected = Protected::with(patterns);
                self.write(|w| self.conclude(w, id, &device, link.as_ref(), &protected, answer))
            }
            Err(fault) => self.write(|w| {
                let stored = w.investigation(id)?;
                if stored.value.status().is_final() {
                    // Stopped by a person, and the device said so.
                    return Ok(());
                }
                let text = format!("{} {}", fault.message, fault.hint);
                let input = InvestigationInput::AnalyserFault { core_done: false, fault: text };
                let failed = self.step_investigation(w, stored, input, Actor::System)?;
                self.scan_ended(w, &failed, Err(&fault))
            }),
        }
    }

    fn conclude(
        &self,
        w: &mut Writer,
        id: &InvestigationId,
        device: &Device,
        link: &dyn DeviceLink,
        protected: &Protected,
        mut answer: Answer,
    ) -> Result<(), Stop> {
        let stored = w.investigation(id)?;
        if stored.value.status().is_final() {
            // Stopped by a person while the device was looking.
            return Ok(());
        }
        let now = self.now();
        let directory = Directory::read(w)?;
        let group = directory.group_of(device).clone();
        let indicators = w.indicators()?;
        let folders = crate::folder_lists::in_force(w)?;
        let told = named::found(&stored.value.named, &answer.observed, now);
        named::heard(&stored.value.named, &mut answer.observed);
        let read = answer.observed.iter().filter(|o| o.entity.kind() == EntityType::File).count();
        let files = read + answer.examined.len();
        let about = Circumstances { os: device.os, folders: &folders, indicators: &indicators, group: &group.id, now };
        let found: Vec<Found> = judge(answer.observed, &about)
            .into_iter()
            .map(|judged| Found { id: EvidenceId(self.new_id()), judged })
            .collect();
        w.upsert_examined(&device.id, id, &answer.examined, now)?;

        let worst = found.iter().filter(|f| f.judged.verdict.is_bad()).max_by_key(|f| (f.judged.verdict, rank(f)));
        let mut next = stored.value.clone();
        next.log.extend(answer.log.into_iter().map(|l| LogRow {
            at: l.at,
            action: l.action,
            status: l.status,
            text: l.text,
        }));
        next.log.extend(told);
        let incident = match worst {
            Some(worst) => Some(self.incident_for(w, &mut next, device, worst)?),
            None => next.incident_id.clone(),
        };
        self.store_evidence(w, &next, device, incident.as_ref(), &found)?;

        let open = self.answered_already(w, device)?;
        let loaded = still_loaded(&found, group.level);
        let mut in_order: Vec<&Found> = found.iter().collect();
        in_order.sort_by_key(|f| remedy_for(f.judged.observed.entity.kind()));
        let rests = rests_on(&found.iter().map(|f| &f.judged).collect::<Vec<_>>());
        let mut drivers = BTreeMap::new();
        for f in in_order {
            let observed = &f.judged.observed;
            // Disabling a driver takes it out of every list, so a line of one needs no action of its own.
            let covered = observed.links.iter().find_map(|l| drivers.get(&l.to));
            if let Some(action) = covered.filter(|_| f.judged.verdict.is_bad()) {
                next.joined.push(Joined { evidence: f.id.clone(), action: ActionId::clone(action) });
                continue;
            }
            let mut rails = rails(&f.judged, group.level, protected);
            rails.extend(loaded.get(&observed.key).cloned());
            let rules = rests.get(&observed.key).cloned().unwrap_or_default();
            let about = (incident.as_ref(), open.as_slice(), folders.version);
            let made = self.propose(w, &mut next, device, &group, link, f, about, rails, rules)?;
            drivers
                .extend(made.filter(|_| matches!(observed.entity, Entity::Driver { .. })).map(|id| (observed.key, id)));
        }
        next.log.push(summary(&found, now));
        w.replace_investigation(&stored, &next)?;
        let stored = w.investigation(id)?;
        let items = items_of(w, &stored.value)?;
        let examined = self.step_investigation(w, stored, InvestigationInput::Examined { items }, Actor::System)?;
        let titles =
            |v: Verdict| found.iter().filter(move |f| f.judged.verdict == v).map(|f| f.judged.observed.entity.title());
        let (threats, suspicious) = (titles(Verdict::Malicious).collect(), titles(Verdict::Suspicious).count());
        self.scan_ended(w, &examined, Ok(&Tally { files, threats, suspicious }))
    }

    fn store_evidence(
        &self,
        w: &mut Writer,
        investigation: &Investigation,
        device: &Device,
        incident: Option<&IncidentId>,
        found: &[Found],
    ) -> Result<(), Stop> {
        let ids: BTreeMap<u32, &EvidenceId> = found.iter().map(|f| (f.judged.observed.key, &f.id)).collect();
        let now = self.now();
        for f in found {
            let j = &f.judged;
            let counts = j.verdict.is_bad() || named::asks(&investigation.named, j.verdict, &j.observed.entity);
            let related =
                j.observed.links.iter().filter_map(|l| Some((l.relation, (*ids.get(&l.to)?).clone()))).collect();
            w.insert_evidence(&EvidenceRow {
                id: f.id.clone(),
                investigation_id: investigation.id.clone(),
                incident_id: incident.filter(|_| counts).cloned(),
                device_id: device.id.clone(),
                entity: j.observed.entity.clone(),
                verdict: j.verdict,
                reasons: j.reasons.clone(),
                location: j.location.clone(),
                remediation: RemediationStatus::None,
                related,
                first_seen: now,
                last_seen: now,
                indicator: j.indicator.as_ref().map(|(title, _)| title.clone()),
            })?;
        }
        Ok(())
    }

    /// Decides on one item and stores the action that follows, if any.
    #[expect(clippy::too_many_arguments, reason = "everything one decision depends on, each thing once")]
    fn propose(
        &self,
        w: &mut Writer,
        investigation: &mut Investigation,
        device: &Device,
        group: &assize_domain::group::DeviceGroup,
        link: &dyn DeviceLink,
        found: &Found,
        (incident, open, folders): (Option<&IncidentId>, &[Action], u32),
        mut rails: Vec<Rail>,
        rules: BTreeSet<RuleVersion>,
    ) -> Result<Option<ActionId>, Stop> {
        let j = &found.judged;
        let entity = &j.observed.entity;
        let Some(kind) = remedy_for(entity.kind()) else { return Ok(None) };
        if !(j.verdict.is_bad() || named::asks(&investigation.named, j.verdict, entity)) {
            return Ok(None);
        }
        let now = self.now();
        let Some(target) = Target::of(entity) else {
            let text = format!(
                "{} is judged {}, but could not be read well enough to act on it.",
                visible(&entity.place()),
                j.verdict.label()
            );
            investigation.log.push(LogRow { at: now, action: kind.label().into(), status: "failed".into(), text });
            return Ok(None);
        };
        if let Some(same) = open.iter().find(|a| a.kind == kind && a.target.same_thing(&target)) {
            let text = format!("{} is already answered by an earlier action.", visible(&entity.place()));
            investigation.log.push(LogRow { at: now, action: kind.label().into(), status: "joined".into(), text });
            investigation.joined.push(Joined { evidence: found.id.clone(), action: same.id.clone() });
            if same.is_pending() {
                w.set_remediation(&found.id, RemediationStatus::PendingApproval, now)?;
            }
            return Ok(None);
        }
        let executor = link.capability(kind).is_ok();
        let rule_on = |rails: &[Rail]| {
            evaluate(&Case {
                level: group.level,
                verdict: j.verdict,
                class: j.location.class,
                pathless: PathlessItems::Ask,
                indicator: j.indicator.as_ref().map(|(title, action)| (title.as_str(), *action)),
                exclusion: None,
                alert: named::gravest(&investigation.named, entity),
                rails,
                executor,
                reachable: true,
            })
        };
        let mut ruling = rule_on(&rails);
        if ruling.outcome == Outcome::Act {
            // Only what would act counts against the limits.
            rails.extend(caution::rails(w, device, kind, &rules, now)?);
            ruling = rule_on(&rails);
        }
        let proposal = Proposal {
            id: ActionId(self.new_id()),
            approval_id: ApprovalId(self.new_id()),
            investigation_id: Some(investigation.id.clone()),
            incident_id: incident.cloned(),
            evidence_id: Some(found.id.clone()),
            device_id: device.id.clone(),
            kind,
            source: match &investigation.trigger {
                Trigger::Scan { .. } => Source::Antivirus,
                Trigger::Alert { .. } | Trigger::Manual { .. } => Source::AutomatedInvestigation,
            },
            target,
            policy: PolicySnapshot {
                group: group.name.clone(),
                level: group.level,
                verdict: j.verdict,
                reasons: j.reasons.clone(),
                class: j.location.class,
                classified_by: j.location.classified_by.clone(),
                ruling,
                folder_lists: folders,
                rules: rules.into_iter().collect(),
            },
        };
        let Some(stepped) = Action::propose(proposal, now) else { return Ok(None) };
        self.insert_action(w, &stepped, Actor::Automation)?;
        self.caution_taken(w, device, &stepped.action, &rails)?;
        Ok(Some(stepped.action.id))
    }

    /// Actions on this device that a new one must not repeat: open ones, and what a person declined within a day.
    fn answered_already(&self, r: &Reader, device: &Device) -> Result<Vec<Action>, Stop> {
        let since = Stamp(self.now().0 - DECLINED_FOR.0);
        let mut all = r.unfinished_actions_of_device(&device.id)?;
        all.extend(r.rejected_actions_of_device(&device.id, since)?);
        Ok(all)
    }

    /// The incident this investigation belongs to, with its alert; made when the first bad thing is found.
    fn incident_for(
        &self,
        w: &mut Writer,
        investigation: &mut Investigation,
        device: &Device,
        worst: &Found,
    ) -> Result<IncidentId, Stop> {
        let now = self.now();
        let entity = &worst.judged.observed.entity;
        let severity = if worst.judged.verdict == Verdict::Malicious { Severity::High } else { Severity::Medium };
        let title = format!("{} {} “{}”", worst.judged.verdict.label(), noun(entity), visible(&entity.title()));
        let mut grouped = None;
        let id = match &investigation.incident_id {
            Some(id) => {
                grouped = Some("Automated investigation: it found this while looking into the alerts before.".into());
                id.clone()
            }
            None => {
                let incident = Incident {
                    id: IncidentId(self.new_id()),
                    number: w.next_incident_number()?,
                    name: format!("{title} on {}", device.name),
                    severity,
                    assigned_to: None,
                    tags: Vec::new(),
                    created_at: now,
                    updated_at: now,
                    state: IncidentState::Active,
                };
                w.insert_incident(&incident)?;
                w.append(&self.entry(
                    Actor::System,
                    Subject::Incident,
                    incident.id.as_str(),
                    "N1",
                    format!("Opened: {}.", incident.name),
                ))?;
                investigation.incident_id = Some(incident.id.clone());
                incident.id
            }
        };
        let alert = Alert {
            id: AlertId(self.new_id()),
            title,
            description: worst.judged.reasons.first().map(|r| r.text.clone()).unwrap_or_default(),
            severity,
            status: AlertStatus::New,
            detection_source: match &investigation.trigger {
                Trigger::Alert { .. } => "Automated investigation".into(),
                Trigger::Manual { person, .. } => format!("Investigation started by {}", person.name),
                Trigger::Scan { .. } => "Antivirus".into(),
            },
            device_id: Some(device.id.clone()),
            incident_id: id.clone(),
            investigation_id: Some(investigation.id.clone()),
            created_at: now,
            updated_at: now,
            category: None,
            grouped,
            skipped: None,
            imported: None,
        };
        w.insert_alert(&alert)?;
        Ok(id)
    }
}

/// What a device has to know before it looks.
pub(crate) fn device_policy(r: &Reader, device: &Device, now: Stamp) -> Result<DevicePolicy, Stop> {
    let mut rules: Vec<RuleFile> = r
        .rule_packs()?
        .into_iter()
        .filter(|p| p.enabled)
        .map(|p| RuleFile { name: p.name, kind: p.kind, body: p.body })
        .collect();
    if matches!(device.kind, DeviceKind::Practice { .. }) {
        rules.push(crate::practice::rule());
    }
    let mut watched_hashes: Vec<String> = r.indicators()?.into_iter().map(|i| i.value).collect();
    watched_hashes.sort();
    let directory = Directory::read(r)?;
    let group = &directory.group_of(device).id;
    let allows = |i: &Indicator| i.action == IndicatorAction::Allow && i.kind == IndicatorKind::Sha256;
    let allowed = r.indicators()?.into_iter().filter(|i| allows(i) && i.holds(group, now));
    let mut allowed_hashes: Vec<String> = allowed.map(|i| i.value).collect();
    allowed_hashes.sort();
    let protected = crate::protected::patterns(r)?;
    let vault_cap = caution::limits(r)?.vault_cap();
    let version = version(&rules, &watched_hashes, &protected, vault_cap.0);
    Ok(DevicePolicy { version, rules, watched_hashes, allowed_hashes, protected, vault_cap: Some(vault_cap) })
}

/// A text that changes whenever the policy does. It only tells a device that there is something new to read, so a
/// plain hash is enough.
fn version(rules: &[RuleFile], hashes: &[String], protected: &[String], vault_cap: u64) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    for rule in rules {
        (&rule.name, &rule.body).hash(&mut hasher);
    }
    hashes.hash(&mut hasher);
    (protected, vault_cap).hash(&mut hasher);
    format!("{}-{:016x}", rules.len() + hashes.len(), hasher.finish())
}

/// Safety rails that follow from the item itself (spec 2.3 row 9).
fn rails(j: &Judged, level: AutomationLevel, protected: &Protected) -> Vec<Rail> {
    let mut rails = location_rails(level, &j.location, PathlessItems::Ask);
    if let Entity::Process { process } = &j.observed.entity
        && process.container
    {
        rails.push(Rail::InContainer);
    }
    let blocked = matches!(j.indicator, Some((_, IndicatorAction::Block | IndicatorAction::BlockAndRemediate)));
    let owned =
        j.observed.findings.iter().find(|f| f.weight == Weight::Good && f.source == FindingSource::PackageDatabase);
    if let Some(owned) = owned
        && (blocked || j.verdict.is_bad())
        && j.location.class == LocationClass::Core
    {
        rails.push(Rail::ProtectedItem { what: owned.text.trim_end_matches('.').to_owned() });
    }
    rails.extend(on_the_list(&j.observed.entity, protected).map(|what| Rail::ProtectedItem { what }));
    rails
}

/// What is on the list of protected items is never acted on without a person; the device refuses it even then (M20).
fn on_the_list(entity: &Entity, protected: &Protected) -> Option<String> {
    let file = |path: &DevicePath| protected.file(path.as_str()).map(|reason| reason.what.to_owned());
    match entity {
        Entity::File { file: of } => of.resolved.as_ref().and_then(file).or_else(|| file(&of.path)),
        Entity::Service { service } => {
            let drop_in = service.path.as_str().contains(".service.d/");
            (protected.unit(&service.name) && !drop_in).then(|| "a service the system needs".to_owned())
        }
        Entity::Driver { driver } => {
            protected.module(&driver.name).then(|| "a module the computer may need to start".to_owned())
        }
        Entity::StartupItem { startup_item: of } if of.line.is_none() => file(&of.path),
        Entity::Process { .. }
        | Entity::StartupItem { .. }
        | Entity::ScheduledTask { .. }
        | Entity::Registry { .. }
        | Entity::User { .. }
        | Entity::Ip { .. }
        | Entity::Url { .. }
        | Entity::Domain { .. }
        | Entity::Device { .. } => None,
    }
}

/// Files that must not go before the entry that has them loaded, where that entry waits for a person at this level.
fn still_loaded(found: &[Found], level: AutomationLevel) -> BTreeMap<u32, Rail> {
    let mut held = BTreeMap::new();
    for f in found.iter().filter(|f| f.judged.verdict.is_bad()) {
        let j = &f.judged;
        let loads = match &j.observed.entity {
            Entity::StartupItem { startup_item } => startup_item.kind == StartupKind::Preload,
            Entity::Driver { driver } => driver.loaded,
            Entity::File { .. }
            | Entity::Process { .. }
            | Entity::Service { .. }
            | Entity::ScheduledTask { .. }
            | Entity::Registry { .. }
            | Entity::User { .. }
            | Entity::Ip { .. }
            | Entity::Url { .. }
            | Entity::Domain { .. }
            | Entity::Device { .. } => false,
        };
        let by_itself = cell(level, j.verdict, j.location.class, PathlessItems::Ask) == Outcome::Act
            && location_rails(level, &j.location, PathlessItems::Ask).is_empty();
        if !loads || by_itself {
            continue;
        }
        for link in j.observed.links.iter().filter(|l| l.relation == Relation::Starts) {
            held.insert(link.to, Rail::StillLoaded { by: visible(&j.observed.entity.place()) });
        }
    }
    held
}

/// Which finding names an incident best: what was dropped before what merely starts it.
fn rank(f: &Found) -> u8 {
    match &f.judged.observed.entity {
        Entity::File { .. } => 3,
        Entity::Process { .. } => 2,
        Entity::ScheduledTask { .. }
        | Entity::Service { .. }
        | Entity::StartupItem { .. }
        | Entity::Driver { .. }
        | Entity::Registry { .. } => 1,
        Entity::User { .. }
        | Entity::Ip { .. }
        | Entity::Url { .. }
        | Entity::Domain { .. }
        | Entity::Device { .. } => 0,
    }
}

fn summary(found: &[Found], at: Stamp) -> LogRow {
    let count = |v: Verdict| found.iter().filter(|f| f.judged.verdict == v).count();
    let text = format!(
        "{} things judged one by one: {} malicious, {} suspicious, {} not yet judged, {} with no threats found.",
        found.len(),
        count(Verdict::Malicious),
        count(Verdict::Suspicious),
        count(Verdict::Unknown),
        count(Verdict::NoThreatsFound),
    );
    LogRow { at, action: "Reach verdicts".into(), status: "done".into(), text }
}
