//! Alerts of other products take their place here (M107): known ones are folded, what belongs together shares an incident
//! and says why, and what names a device of this installation is looked into there. What they say of a thing is a witness
//! among others: it can make a person be asked, and never acts by itself.
use crate::{
    Engine,
    directory::Directory,
    door::ImportAlerts,
    fault::{Stop, bad_input},
    open::by,
    view,
};
use assize_domain::{
    alert::{Alert, AlertStatus, Severity, Skipped},
    draft::{DeviceNamed, Draft, DraftKind},
    group::{AutomationLevel, Device, DeviceKind},
    id::{AlertId, DeviceId, IncidentId, InvestigationId},
    incident::{Incident, IncidentState, IncidentStatus, Resolution},
    investigation::{Investigation, InvestigationInput, InvestigationState, InvestigationStatus, Scope, Trigger},
    named::{MOST_NAMED, Named},
    order::Fault,
    record::Subject,
    role::{Actor, Person},
    text::visible,
    time::{Span, Stamp},
};
use assize_store::{ImportedRow, Stored, Writer};
use std::collections::{HashMap, HashSet};

/// One transaction holds nobody else up for long.
const MOST_AT_ONCE: usize = 2_000;

/// How long after its latest alert an incident takes further ones of the same story.
const STORY_GOES_ON: Span = Span::hours(24);

/// An incident with more alerts helps nobody: a further one is opened.
const MOST_ALERTS: u64 = 500;

/// Alerts that an investigation lists.
const MOST_JOINED: usize = 500;

/// Names that any machine may have: they name none.
const NOBODY: [&str; 6] = ["localhost", "localhost.localdomain", "localhost6", "unknown", "host", "-"];

/// One batch, in one transaction: all of it, or nothing.
pub(crate) fn import(engine: &Engine, who: &Person, request: ImportAlerts) -> Result<view::ImportedBatch, Fault> {
    if request.drafts.len() > MOST_AT_ONCE {
        let message = format!("No more than {MOST_AT_ONCE} alerts come in at once.");
        return Err(bad_input(message, "Nothing was imported. Hand them over in parts."));
    }
    let chosen = request.device.as_ref().map(|d| engine.device(d.as_str())).transpose()?;
    engine.write(|w| {
        let mut batch = Batch {
            engine,
            who,
            file: &request.file,
            format: &request.format,
            now: engine.now(),
            directory: Directory::read(w)?,
            chosen: chosen.clone(),
            incidents: HashMap::new(),
            stories: HashMap::new(),
            looks: HashMap::new(),
            told: view::ImportedBatch::default(),
        };
        for draft in request.drafts {
            batch.take(w, draft)?;
        }
        batch.finish(w)
    })
}

/// An incident that this batch adds to.
struct Growing {
    stored: Stored<Incident>,
    severity: Severity,
    alerts: u64,
    touched: bool,
}

/// An investigation that has not begun to look, and takes further alerts of its device.
struct Look {
    stored: Stored<Investigation>,
    next: Investigation,
    is_new: bool,
    touched: bool,
}

struct Batch<'a> {
    engine: &'a Engine,
    who: &'a Person,
    file: &'a str,
    format: &'a str,
    now: Stamp,
    directory: Directory,
    chosen: Option<Device>,
    incidents: HashMap<IncidentId, Growing>,
    stories: HashMap<String, IncidentId>,
    /// None: the device has none that could be joined.
    looks: HashMap<DeviceId, Option<Look>>,
    told: view::ImportedBatch,
}

/// What alerts have alike that belong together, and how that is said.
struct Story {
    key: String,
    why: String,
    /// The other product says so itself.
    is_case: bool,
}

impl Batch<'_> {
    fn take(&mut self, w: &mut Writer, mut draft: Draft) -> Result<(), Stop> {
        if w.imported_as(&draft.key)?.is_some() {
            self.told.duplicates += 1;
            return Ok(());
        }
        let id = AlertId(self.engine.new_id());
        let device = self.device(&draft);
        let skipped = device.as_ref().map_or_else(|| Some(unknown_device(&draft)), |d| self.skipped(&draft, d));
        let looked_at = device.as_ref().filter(|_| skipped.is_none());
        let story = story(&draft, device.as_ref(), self.format);
        let (incident, grouped) = self.incident(w, &draft, device.as_ref(), looked_at, &story)?;
        let investigation = match looked_at {
            Some(device) => Some(self.look(w, &draft, &id, device, &incident)?),
            None => None,
        };
        let original = std::mem::take(&mut draft.raw);
        let row = ImportedRow {
            alert_id: id.clone(),
            key: draft.key.clone(),
            story: story.key,
            format: self.format.to_owned(),
            file: self.file.to_owned(),
            imported_at: self.now,
            original,
        };
        self.told.skipped += u32::from(skipped.is_some());
        self.told.imported += 1;
        self.told.alerts.push(id.clone());
        w.insert_alert(&Alert {
            id,
            title: draft.title.clone(),
            description: draft.description.clone(),
            severity: draft.severity,
            status: draft.status,
            detection_source: draft.source.clone(),
            device_id: device.map(|d| d.id),
            incident_id: incident,
            investigation_id: investigation,
            created_at: self.now,
            updated_at: self.now,
            category: draft.category,
            grouped,
            skipped,
            imported: Some(Box::new(draft)),
        })?;
        w.insert_imported(&row)?;
        Ok(())
    }

    /// A person's word beats what the file says; else the first device of ours that it names, where that is one alone.
    fn device(&self, draft: &Draft) -> Option<Device> {
        if self.chosen.is_some() {
            return self.chosen.clone();
        }
        draft.devices.iter().find_map(|named| device_named(&self.directory.devices, named)).cloned()
    }

    /// Spec 2.3 rows 0 and 1.
    fn skipped(&self, draft: &Draft, device: &Device) -> Option<Skipped> {
        let group = self.directory.group_of(device);
        if group.level == AutomationLevel::None {
            let why = format!("The group of {} ({}) has no automated response.", device.name, group.name);
            return Some(Skipped { state: InvestigationStatus::NoAutomation, why });
        }
        let unsupported = |why: &str| Some(Skipped { state: InvestigationStatus::UnsupportedAlert, why: why.into() });
        match draft.kind {
            DraftKind::Alert => {}
            // Somebody says that it is about this device: what it names is looked for there.
            DraftKind::Event | DraftKind::Intelligence if self.chosen.is_some() => {}
            DraftKind::Incident => return unsupported("It is a case of another product; its alerts are looked into."),
            DraftKind::Event => return unsupported("It tells that something happened; nobody says that it is wrong."),
            DraftKind::Intelligence => {
                return unsupported("It tells of threats elsewhere; it does not say that anything happened here.");
            }
        }
        if draft.status == AlertStatus::Resolved {
            return unsupported("It was resolved in the other product already.");
        }
        // What happened before the device was known here is over, unless it names what can still be there: looking at
        // that harms nothing, and only what is there now can be acted on.
        let at = draft.last.or(draft.first).map(|m| m.at);
        let over = at.is_some_and(|at| at < device.created_at);
        let anything =
            draft.mentions.iter().any(|m| Named::of(m, &AlertId(String::new()), draft.severity, "").is_some());
        if over && !anything {
            let why =
                format!("It is older than {} is known here, and names nothing that could still be there.", device.name);
            return Some(Skipped { state: InvestigationStatus::PreexistingAlert, why });
        }
        None
    }

    /// The incident it belongs to, and why, where it was there before.
    fn incident(
        &mut self,
        w: &mut Writer,
        draft: &Draft,
        device: Option<&Device>,
        looked_at: Option<&Device>,
        story: &Story,
    ) -> Result<(IncidentId, Option<String>), Stop> {
        // What was closed is not opened again by a new alert, and what was closed elsewhere opens nothing here.
        if draft.status != AlertStatus::Resolved {
            let told = self.story(w, story)?;
            let looked = match looked_at {
                Some(device) => self.open_look(w, device)?.and_then(|l| l.next.incident_id.clone()),
                None => None,
            };
            let together = || "Automated investigation: it is looked into together with earlier alerts of this device.";
            let (first, second) = if story.is_case { (told, looked) } else { (looked, told) };
            let reason = |is_first: bool| {
                if is_first == story.is_case { story.why.clone() } else { together().to_owned() }
            };
            for (found, is_first) in [(first, true), (second, false)] {
                let Some(id) = found else { continue };
                if self.grow(w, &id, draft.severity)? {
                    self.stories.insert(story.key.clone(), id.clone());
                    return Ok((id, Some(reason(is_first))));
                }
            }
        }
        let id = self.open_incident(w, draft, device)?;
        self.stories.insert(story.key.clone(), id.clone());
        Ok((id, None))
    }

    fn story(&self, w: &Writer, story: &Story) -> Result<Option<IncidentId>, Stop> {
        if let Some(id) = self.stories.get(&story.key) {
            return Ok(Some(id.clone()));
        }
        let known = w.story(&story.key)?;
        Ok(known.filter(|s| self.now.since(s.latest) <= STORY_GOES_ON).map(|s| s.incident_id))
    }

    /// One more alert for this incident, if it can take one.
    fn grow(&mut self, w: &Writer, id: &IncidentId, severity: Severity) -> Result<bool, Stop> {
        if !self.incidents.contains_key(id) {
            let stored = w.incident(id)?;
            let alerts = w.count_alerts_of_incident(id)?;
            let severity = stored.value.severity;
            self.incidents.insert(id.clone(), Growing { stored, severity, alerts, touched: false });
        }
        let Some(growing) = self.incidents.get_mut(id) else { return Ok(false) };
        if growing.alerts >= MOST_ALERTS || growing.stored.value.status() == IncidentStatus::Resolved {
            return Ok(false);
        }
        growing.alerts += 1;
        growing.severity = growing.severity.max(severity);
        growing.touched = true;
        Ok(true)
    }

    fn open_incident(&mut self, w: &mut Writer, draft: &Draft, device: Option<&Device>) -> Result<IncidentId, Stop> {
        let elsewhere = || draft.devices.iter().find_map(|d| d.name.clone().or_else(|| d.ips.first().cloned()));
        let place = device.map(|d| d.name.clone()).or_else(elsewhere);
        let name = place.map_or_else(|| draft.title.clone(), |place| format!("{} on {place}", draft.title));
        let state = if draft.status == AlertStatus::Resolved {
            let reason = format!("It was resolved in {} already when it was imported.", draft.source);
            let why = match (draft.classification, &draft.determination) {
                (Some(classification), Some(determination)) => {
                    Resolution::Decided { classification, determination: determination.clone(), comment: Some(reason) }
                }
                (_, _) => Resolution::Automatic { reason },
            };
            IncidentState::Resolved { at: self.now, by: "import".into(), why }
        } else {
            IncidentState::Active
        };
        let incident = Incident {
            id: IncidentId(self.engine.new_id()),
            number: w.next_incident_number()?,
            name: visible(&name),
            severity: draft.severity,
            assigned_to: None,
            tags: Vec::new(),
            created_at: self.now,
            updated_at: self.now,
            state,
        };
        w.insert_incident(&incident)?;
        let text = format!("Opened by an imported alert: {}.", incident.name);
        w.append(&self.engine.entry(Actor::System, Subject::Incident, incident.id.as_str(), "N1", text))?;
        self.told.incidents += 1;
        let stored = w.incident(&incident.id)?;
        let growing = Growing { stored, severity: draft.severity, alerts: 1, touched: false };
        self.incidents.insert(incident.id.clone(), growing);
        Ok(incident.id)
    }

    /// What waits for its turn on this device, and can be told to look at more.
    fn open_look(&mut self, w: &Writer, device: &Device) -> Result<Option<&mut Look>, Stop> {
        if !self.looks.contains_key(&device.id) {
            let joinable = |i: &Investigation| {
                let waits = matches!(i.status(), InvestigationStatus::Starting | InvestigationStatus::Queued);
                i.device_id == device.id && waits && matches!(i.trigger, Trigger::Alert { .. })
            };
            let open = w.open_investigations()?.into_iter().find(|i| joinable(&i.value));
            let look = open.map(|stored| Look { next: stored.value.clone(), stored, is_new: false, touched: false });
            self.looks.insert(device.id.clone(), look);
        }
        Ok(self.looks.get_mut(&device.id).and_then(Option::as_mut))
    }

    /// I1, I13: an investigation of this device around what the alert names.
    fn look(
        &mut self,
        w: &mut Writer,
        draft: &Draft,
        alert: &AlertId,
        device: &Device,
        incident: &IncidentId,
    ) -> Result<InvestigationId, Stop> {
        let named = draft.mentions.iter().filter_map(|m| Named::of(m, alert, draft.severity, &draft.source));
        let now = self.now;
        if let Some(look) = self.open_look(w, device)? {
            // Every alert names its investigation; the other way round the first ones do.
            if look.next.alert_ids.len() < MOST_JOINED {
                let joined = InvestigationInput::AlertJoined { alert: alert.clone() };
                if let Ok(stepped) = look.next.clone().step(joined, now) {
                    look.next = stepped.investigation;
                }
            }
            for one in named {
                let known = look.next.named.iter().any(|n| n.thing == one.thing && n.severity >= one.severity);
                if !known && look.next.named.len() < MOST_NAMED {
                    look.next.named.push(one);
                }
            }
            look.touched = true;
            return Ok(look.next.id.clone());
        }
        let id = InvestigationId(self.engine.new_id());
        let investigation = Investigation {
            id: id.clone(),
            name: visible(&format!("{} on {}", draft.title, device.name)),
            trigger: Trigger::Alert { alert: alert.clone() },
            alert_ids: vec![alert.clone()],
            incident_id: Some(incident.clone()),
            device_id: device.id.clone(),
            scope: Scope::Quick,
            started_at: now,
            ended_at: None,
            examined: false,
            joined: Vec::new(),
            undone: 0,
            follows: None,
            named: named.take(MOST_NAMED).collect(),
            state: InvestigationState::Starting,
            log: Vec::new(),
        };
        w.insert_investigation(&investigation)?;
        let text = format!("{} started.", investigation.name);
        let mut entry = self.engine.entry(Actor::System, Subject::Investigation, id.as_str(), "I1", text);
        entry.to = Some(investigation.status().code().to_owned());
        w.append(&entry)?;
        let stored = w.investigation(&id)?;
        let look = Look { next: investigation, stored, is_new: true, touched: false };
        self.looks.insert(device.id.clone(), Some(look));
        Ok(id)
    }

    /// What grew is written once.
    fn finish(mut self, w: &mut Writer) -> Result<view::ImportedBatch, Stop> {
        for growing in self.incidents.into_values().filter(|g| g.touched) {
            let next = Incident { severity: growing.severity, updated_at: self.now, ..growing.stored.value.clone() };
            w.replace_incident(&growing.stored, &next)?;
        }
        for look in self.looks.into_values().flatten() {
            if look.touched {
                w.replace_investigation(&look.stored, &look.next)?;
            }
            if look.is_new || look.touched {
                self.told.investigations.push(look.next.id);
            }
        }
        if let Some(first) = self.told.alerts.first() {
            let known = match self.told.duplicates {
                0 => String::new(),
                n => format!(" {n} were known already."),
            };
            let text = format!("{} alerts imported from {}.{known}", self.told.imported, visible(self.file));
            w.append(&self.engine.entry(by(self.who), Subject::Alert, first.as_str(), "alerts_imported", text))?;
        }
        Ok(self.told)
    }
}

/// What belongs together: the same case of the other product, or the same rule on the same device.
fn story(draft: &Draft, device: Option<&Device>, format: &str) -> Story {
    let case = match draft.kind {
        DraftKind::Incident => draft.external_id.as_ref(),
        DraftKind::Alert | DraftKind::Event | DraftKind::Intelligence => draft.external_incident.as_ref(),
    };
    if let Some(case) = case {
        let why = format!("Same case ({}) in {}.", visible(case), draft.source);
        return Story { key: format!("{format}|case|{case}"), why, is_case: true };
    }
    let named = |d: &DeviceNamed| d.name.clone().or_else(|| d.id.clone()).or_else(|| d.ips.first().cloned());
    let place = device.map(|d| d.id.to_string()).or_else(|| draft.devices.iter().find_map(named)).unwrap_or_default();
    match draft.kind {
        DraftKind::Event => Story {
            key: format!("{format}|events|{place}"),
            why: format!("Events of the same device from {}.", draft.source),
            is_case: false,
        },
        DraftKind::Intelligence => {
            let why = format!("A report that {} told before.", draft.source);
            Story { key: format!("{format}|report|{}", draft.key), why, is_case: false }
        }
        DraftKind::Alert | DraftKind::Incident => {
            let rule = draft.rule.as_deref().unwrap_or(&draft.title);
            let why = format!("The same rule (“{}”) on the same device.", visible(rule));
            Story { key: format!("{format}|rule|{place}|{rule}"), why, is_case: false }
        }
    }
}

/// By its id, or by its host name where only one device has it.
fn device_named<'d>(devices: &'d [Device], named: &DeviceNamed) -> Option<&'d Device> {
    if let Some(found) = named.id.as_ref().and_then(|id| devices.iter().find(|d| d.id.as_str() == id)) {
        return Some(found);
    }
    let name = named.name.as_deref()?.trim().trim_end_matches('.');
    if name.is_empty() || NOBODY.contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    let mut found =
        devices.iter().filter(|d| !matches!(d.kind, DeviceKind::Practice { .. }) && same_host(&d.name, name));
    found.next().filter(|_| found.next().is_none())
}

/// `web` and `web.example.org` are the same host; two full names are compared in full.
fn same_host(one: &str, other: &str) -> bool {
    let short = |n: &str| n.split('.').next().unwrap_or_default().to_ascii_lowercase();
    one.eq_ignore_ascii_case(other) || (one.contains('.') != other.contains('.') && short(one) == short(other))
}

fn unknown_device(draft: &Draft) -> Skipped {
    let names: HashSet<&str> =
        draft.devices.iter().filter_map(|d| d.name.as_deref().or(d.ips.first().map(String::as_str))).collect();
    let mut names: Vec<String> = names.into_iter().map(visible).collect();
    names.sort();
    names.truncate(3);
    let why = match names.as_slice() {
        [] => "It names no device.".to_owned(),
        names => format!("It names no device that is known here ({}).", names.join(", ")),
    };
    Skipped {
        state: InvestigationStatus::UnsupportedAlert,
        why: format!("{why} Nothing can be done about it from here."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_domain::group::OsPlatform;

    fn device(id: &str, name: &str) -> Device {
        Device {
            id: id.into(),
            name: name.into(),
            domain: None,
            os: OsPlatform::Linux,
            os_version: String::new(),
            tags: Vec::new(),
            kind: DeviceKind::Staged { root: "/x".into() },
            created_at: Stamp(0),
        }
    }

    fn found(devices: &[Device], name: &str) -> Option<String> {
        let named = DeviceNamed { name: Some(name.into()), ..DeviceNamed::default() };
        device_named(devices, &named).map(|d| d.id.to_string())
    }

    /// M107
    #[test]
    fn a_device_is_named_by_its_host_name_and_never_by_one_that_several_have() {
        let devices =
            [device("1", "web"), device("2", "DB.example.org"), device("3", "twin"), device("4", "twin.local")];
        assert_eq!(found(&devices, "WEB.example.org").as_deref(), Some("1"));
        assert_eq!(found(&devices, "db").as_deref(), Some("2"));
        for nobody in ["twin", "localhost", "", "db.example.com", "webserver"] {
            assert_eq!(found(&devices, nobody), None, "{nobody}");
        }
        let by_id = DeviceNamed { id: Some("3".into()), name: Some("web".into()), ..DeviceNamed::default() };
        assert_eq!(device_named(&devices, &by_id).map(|d| d.name.as_str()), Some("twin"));
    }
}
