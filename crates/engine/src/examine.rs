//! One investigation from question to proposed actions: ask the device, judge, decide by the level of the device's own
//! group at this moment, and write everything in one transaction (M1–M11, M24).
use crate::{Engine, directory::Directory, fault::Stop, open::noun, transition::items_of};
use assize_domain::{
    action::{Action, PolicySnapshot, Proposal, RemediationStatus, Source},
    alert::{Alert, AlertStatus, Severity},
    device::Device as DeviceLink,
    entity::Entity,
    group::{AutomationLevel, Device, DeviceKind},
    id::{ActionId, AlertId, ApprovalId, EvidenceId, IncidentId, InvestigationId},
    incident::{Incident, IncidentState},
    indicator::IndicatorAction,
    investigation::{Investigation, InvestigationInput, Joined, LogRow, Trigger},
    judgement::{Circumstances, Judged, judge},
    location::LocationClass,
    policy::{Case, PathlessItems, Rail, evaluate, location_rails},
    question::{Answer, DevicePolicy, Question, RuleFile},
    record::Subject,
    remedy::remedy_for,
    role::Actor,
    target::Target,
    text::visible,
    time::Span,
    verdict::{FindingSource, Verdict, Weight},
};
use assize_store::{EvidenceRow, Reader, Writer};
use std::{
    collections::BTreeMap,
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
            let policy = device_policy(r, &device)?;
            Ok((investigation, device, policy))
        })?;
        let answer = self.link(&device).and_then(|link| {
            link.policy(&policy)?;
            let question = Question::new(id.clone(), investigation.scope.clone());
            let answer = link.ask(&question, &mut |p| {
                self.set_progress(id, Some(format!("{} ({} files so far)", p.step, p.files)));
            });
            answer.map(|a| (a, link))
        });
        self.set_progress(id, None);
        match answer {
            Ok((answer, link)) => self.write(|w| self.conclude(w, id, &device, link.as_ref(), answer)),
            Err(fault) => self.write(|w| {
                let stored = w.investigation(id)?;
                let text = format!("{} {}", fault.message, fault.hint);
                self.step_investigation(
                    w,
                    stored,
                    InvestigationInput::AnalyserFault { core_done: false, fault: text },
                    Actor::System,
                )?;
                Ok(())
            }),
        }
    }

    fn conclude(
        &self,
        w: &mut Writer,
        id: &InvestigationId,
        device: &Device,
        link: &dyn DeviceLink,
        answer: Answer,
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
        let incident = match worst {
            Some(worst) => Some(self.incident_for(w, &mut next, device, worst)?),
            None => None,
        };
        self.store_evidence(w, id, device, incident.as_ref(), &found)?;

        let open = self.answered_already(w, device)?;
        for f in &found {
            self.propose(w, &mut next, device, &group, link, f, incident.as_ref(), &open, folders.version)?;
        }
        next.log.push(summary(&found, now));
        w.replace_investigation(&stored, &next)?;
        let stored = w.investigation(id)?;
        let items = items_of(w, &stored.value)?;
        self.step_investigation(w, stored, InvestigationInput::Examined { items }, Actor::System)?;
        Ok(())
    }

    fn store_evidence(
        &self,
        w: &mut Writer,
        id: &InvestigationId,
        device: &Device,
        incident: Option<&IncidentId>,
        found: &[Found],
    ) -> Result<(), Stop> {
        let ids: BTreeMap<u32, &EvidenceId> = found.iter().map(|f| (f.judged.observed.key, &f.id)).collect();
        let now = self.now();
        for f in found {
            let j = &f.judged;
            let related =
                j.observed.links.iter().filter_map(|l| Some((l.relation, (*ids.get(&l.to)?).clone()))).collect();
            w.insert_evidence(&EvidenceRow {
                id: f.id.clone(),
                investigation_id: id.clone(),
                incident_id: incident.filter(|_| j.verdict.is_bad()).cloned(),
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
        incident: Option<&IncidentId>,
        open: &[Action],
        folders: u32,
    ) -> Result<(), Stop> {
        let j = &found.judged;
        let entity = &j.observed.entity;
        let Some(kind) = remedy_for(entity.kind()) else { return Ok(()) };
        if !j.verdict.is_bad() {
            return Ok(());
        }
        let now = self.now();
        let Some(target) = Target::of(entity) else {
            let text = format!(
                "{} is judged {}, but could not be read well enough to act on it.",
                visible(&entity.place()),
                j.verdict.label()
            );
            investigation.log.push(LogRow { at: now, action: kind.label().into(), status: "failed".into(), text });
            return Ok(());
        };
        if let Some(same) = open.iter().find(|a| a.kind == kind && a.target.same_thing(&target)) {
            let text = format!("{} is already answered by an earlier action.", visible(&entity.place()));
            investigation.log.push(LogRow { at: now, action: kind.label().into(), status: "joined".into(), text });
            investigation.joined.push(Joined { evidence: found.id.clone(), action: same.id.clone() });
            if same.is_pending() {
                w.set_remediation(&found.id, RemediationStatus::PendingApproval, now)?;
            }
            return Ok(());
        }
        let rails = rails(j, group.level);
        let ruling = evaluate(&Case {
            level: group.level,
            verdict: j.verdict,
            class: j.location.class,
            pathless: PathlessItems::Ask,
            indicator: j.indicator.as_ref().map(|(title, action)| (title.as_str(), *action)),
            exclusion: None,
            alert: None,
            rails: &rails,
            executor: link.capability(kind).is_ok(),
            reachable: true,
        });
        let proposal = Proposal {
            id: ActionId(self.new_id()),
            approval_id: ApprovalId(self.new_id()),
            investigation_id: Some(investigation.id.clone()),
            incident_id: incident.cloned(),
            evidence_id: Some(found.id.clone()),
            device_id: device.id.clone(),
            kind,
            source: Source::AutomatedInvestigation,
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
            },
        };
        if let Some(stepped) = Action::propose(proposal, now) {
            self.insert_action(w, &stepped, Actor::Automation)?;
        }
        Ok(())
    }

    /// Actions on this device that a new one must not repeat: open ones, and what a person declined within a day.
    fn answered_already(&self, r: &Reader, device: &Device) -> Result<Vec<Action>, Stop> {
        let since = assize_domain::time::Stamp(self.now().0 - DECLINED_FOR.0);
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
        let id = match &investigation.incident_id {
            Some(id) => id.clone(),
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
            device_id: device.id.clone(),
            incident_id: id.clone(),
            investigation_id: Some(investigation.id.clone()),
            created_at: now,
            updated_at: now,
        };
        w.insert_alert(&alert)?;
        Ok(id)
    }
}

/// What a device has to know before it looks.
pub(crate) fn device_policy(r: &Reader, device: &Device) -> Result<DevicePolicy, Stop> {
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
    let version = version(&rules, &watched_hashes);
    Ok(DevicePolicy { version, rules, watched_hashes, ..DevicePolicy::default() })
}

/// A text that changes whenever the policy does. It only tells a device that there is something new to read, so a
/// plain hash is enough.
fn version(rules: &[RuleFile], hashes: &[String]) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    for rule in rules {
        (&rule.name, &rule.body).hash(&mut hasher);
    }
    hashes.hash(&mut hasher);
    format!("{}-{:016x}", rules.len() + hashes.len(), hasher.finish())
}

/// Safety rails that follow from the item itself (spec 2.3 row 9).
fn rails(j: &Judged, level: AutomationLevel) -> Vec<Rail> {
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
    rails
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

fn summary(found: &[Found], at: assize_domain::time::Stamp) -> LogRow {
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
