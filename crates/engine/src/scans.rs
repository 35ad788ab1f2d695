//! What reads a device for minutes and changes nothing on it: investigations, antivirus scans and packages. They have a
//! thread of their own, so that what was decided does not wait for them. A scan is an investigation that asks the
//! antivirus program too; its action runs as long as that looks, and tells what it found.
use crate::{Engine, fault::Stop, open::by, view};
use assize_domain::{
    action::{Action, ActionInput, ActionState, ActionStatus, Decided, Stepped},
    device::Device as DeviceLink,
    group::Device,
    id::{InvestigationId, OrderId},
    investigation::{Investigation, InvestigationInput, InvestigationState, InvestigationStatus, Scope, Trigger},
    order::{Fault, Proof, Receipt, ReceiptOutcome},
    policy::permit,
    question::{Answer, Question},
    record::Subject,
    remedy::ActionType,
    role::{Actor, Person},
    target::Target,
    text::visible,
};
use assize_store::Writer;
use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

/// How often a look is told to others, and whether somebody wants it to end.
const WATCHED: Duration = Duration::from_millis(500);
/// What nobody has written for so long belongs to a process that is gone.
const OLD: Duration = Duration::from_secs(10);
/// Threats named in the result.
const NAMED: usize = 5;

/// Carried out beside the actions that change something.
pub(crate) fn only_reads(kind: ActionType) -> bool {
    match kind {
        ActionType::CollectInvestigationPackage | ActionType::RunAntivirusScan => true,
        ActionType::KillProcess
        | ActionType::StopService
        | ActionType::DisableDriver
        | ActionType::RemoveScheduledTask
        | ActionType::RemoveRegistryKey
        | ActionType::RemovePersistence
        | ActionType::QuarantineFile
        | ActionType::IsolateDevice
        | ActionType::RestrictCodeExecution
        | ActionType::StopAndQuarantineFile => false,
    }
}

/// What a scan came to.
pub(crate) struct Tally {
    pub(crate) files: usize,
    pub(crate) threats: Vec<String>,
    pub(crate) suspicious: usize,
}

impl Tally {
    fn sentence(&self) -> String {
        let mut text = format!("{} file{} read, ", grouped(self.files), if self.files == 1 { "" } else { "s" });
        match self.threats.len() {
            0 => text.push_str("no threats"),
            n => {
                let names: Vec<String> = self.threats.iter().take(NAMED).map(|t| visible(t)).collect();
                text.push_str(&format!("{n} threat{}: {}", if n == 1 { "" } else { "s" }, names.join(", ")));
                if n > NAMED {
                    text.push_str(&format!(" and {} more", n - NAMED));
                }
            }
        }
        if self.suspicious > 0 {
            text.push_str(&format!("; {} more suspicious", self.suspicious));
        }
        text.push('.');
        text
    }
}

/// 12,345
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Engine {
    /// A package that is due.
    fn next_package(&self) -> Result<Option<Action>, Fault> {
        let open = self.read(|r| Ok(r.open_actions()?))?;
        for action in open {
            let due = matches!(action.state, ActionState::Queued { .. });
            if due && action.kind == ActionType::CollectInvestigationPackage {
                let device = self.read(|r| Ok(r.device(&action.device_id)?))?;
                if self.reachable(&device) {
                    return Ok(Some(action));
                }
            }
        }
        Ok(None)
    }

    /// Whether anything waits for the thread that reads.
    pub(crate) fn reading_is_due(&self) -> Result<bool, Fault> {
        Ok(self.next_package()?.is_some() || self.next_investigation()?.is_some())
    }

    /// One package or one investigation. True when something was done.
    pub(crate) fn read_once(&self) -> Result<bool, Fault> {
        if let Some(action) = self.next_package()? {
            let device = self.read(|r| Ok(r.device(&action.device_id)?))?;
            self.dispatch(&action, &device)?;
            return Ok(true);
        }
        self.run_investigation()
    }

    /// Begins a scan: it joins one of the same device that has not ended, or starts an investigation of its own.
    pub(crate) fn run_scan(&self, action: &Action, device: &Device) -> Result<bool, Fault> {
        if !matches!(action.state, ActionState::Queued { .. }) || !self.reachable(device) {
            return Ok(false);
        }
        let Target::Scan { full } = action.target else { return Ok(false) };
        // The leave is used up here: looking needs none, and what it finds is decided by the level.
        if permit(action, self.now()).is_err() {
            self.write(|w| self.step_action(w, &action.id, ActionInput::DeviceUnreachable, Actor::System, None))?;
            return Ok(true);
        }
        self.write(|w| {
            let stored = w.action(&action.id)?;
            if stored.value != *action {
                return Ok(());
            }
            let open = w.open_investigations()?;
            let same = open.iter().map(|i| &i.value).find(|i| joinable(i, device, full));
            let id = match (same, &action.investigation_id) {
                (Some(open), _) => open.id.clone(),
                (None, _) => self.insert_scan(w, action, device, full)?,
            };
            let linked = Action { investigation_id: Some(id), ..stored.value.clone() };
            w.replace_action(&stored, &linked)?;
            let start = ActionInput::Start { order: OrderId(self.new_id()) };
            self.step_action(w, &action.id, start, Actor::System, None).map(drop)
        })?;
        Ok(true)
    }

    fn insert_scan(
        &self,
        w: &mut Writer,
        action: &Action,
        device: &Device,
        full: bool,
    ) -> Result<InvestigationId, Stop> {
        let who = match &action.decided {
            Some(Decided::Manual { by, .. } | Decided::Approved { by, .. }) => by.clone(),
            Some(Decided::Automation { .. } | Decided::Rejected { .. } | Decided::Expired { .. }) | None => {
                self.person()
            }
        };
        let id = InvestigationId(self.new_id());
        let comment = action.comment.clone().unwrap_or_default();
        let how = if full { "full" } else { "quick" };
        let investigation = Investigation {
            id: id.clone(),
            name: format!("Antivirus scan of {} ({how})", device.name),
            trigger: Trigger::Scan { action: action.id.clone(), person: who.clone(), comment: comment.clone() },
            alert_ids: Vec::new(),
            incident_id: None,
            device_id: device.id.clone(),
            scope: if full { Scope::Full } else { Scope::Quick },
            started_at: self.now(),
            ended_at: None,
            examined: false,
            joined: Vec::new(),
            undone: 0,
            follows: None,
            named: Vec::new(),
            state: InvestigationState::Starting,
            log: Vec::new(),
        };
        w.insert_investigation(&investigation)?;
        let text = format!("{} started.", investigation.name);
        let mut entry = self.entry(by(&who), Subject::Investigation, id.as_str(), "I3", text);
        entry.to = Some(investigation.status().code().to_owned());
        entry.comment = Some(comment);
        w.append(&entry)?;
        Ok(id)
    }

    /// Asks the device, tells others how far it is, and ends it when somebody stopped it in whatever process.
    pub(crate) fn ask_and_watch(&self, link: &dyn DeviceLink, question: &Question) -> Result<Answer, Fault> {
        let id = &question.investigation;
        let mut watched = Instant::now();
        let answer = link.ask(question, &mut |p| {
            let text = format!("{} ({} files so far)", p.step, p.files);
            self.set_progress(id, Some(text.clone()));
            if watched.elapsed() >= WATCHED {
                watched = Instant::now();
                self.share_progress(id, &text);
                if self.read(|r| Ok(r.investigation(id)?.value.status().is_final())).unwrap_or(false) {
                    link.stop_looking(id);
                }
            }
        });
        self.set_progress(id, None);
        let _ = std::fs::remove_file(self.progress_file(id));
        answer
    }

    /// The look of a scan ended, and with it every scan that waited for it.
    pub(crate) fn scan_ended(
        &self,
        w: &mut Writer,
        investigation: &Investigation,
        result: Result<&Tally, &Fault>,
    ) -> Result<(), Stop> {
        if !matches!(investigation.trigger, Trigger::Scan { .. }) {
            return Ok(());
        }
        let told = investigation.log.iter().filter(|row| row.action == "antivirus").map(|row| row.text.clone());
        let steps: Vec<String> = investigation.log.iter().map(|row| row.text.clone()).collect();
        let outcome = match result {
            Ok(tally) => {
                let mut after = vec![tally.sentence()];
                after.extend(told);
                ReceiptOutcome::Done { proof: Proof { after, ..Proof::default() } }
            }
            Err(fault) => ReceiptOutcome::Failed { fault: fault.clone() },
        };
        for action in running_scans(w, investigation)? {
            let Some(order) = action.state.order_on_its_way().cloned() else { continue };
            let receipt = Receipt { order, outcome: outcome.clone(), steps: steps.clone(), finished_at: self.now() };
            self.step_action(w, &action.id, ActionInput::Receipt { receipt }, Actor::System, None)?;
        }
        Ok(())
    }

    /// T20: a scan that was cancelled ends its look, unless another scan waits for it too.
    pub(crate) fn scan_was_stopped(&self, w: &mut Writer, stepped: &Stepped, who: &Actor) -> Result<(), Stop> {
        let action = &stepped.action;
        let (ActionType::RunAntivirusScan, "T20", Actor::Person { person }) = (action.kind, stepped.event, who) else {
            return Ok(());
        };
        let Some(id) = &action.investigation_id else { return Ok(()) };
        let stored = w.investigation(id)?;
        if stored.value.status().is_final() || stored.value.examined || !running_scans(w, &stored.value)?.is_empty() {
            return Ok(());
        }
        let comment = action.comment.clone().unwrap_or_default();
        let input = InvestigationInput::Stop { by: person.clone(), comment };
        self.step_investigation(w, stored, input, who.clone()).map(drop)
    }

    /// An investigation was stopped by a person: the scans that waited for it are cancelled.
    pub(crate) fn stop_scans_of(
        &self,
        w: &mut Writer,
        investigation: &Investigation,
        who: &Person,
        comment: &str,
    ) -> Result<(), Stop> {
        for action in running_scans(w, investigation)? {
            let input = ActionInput::Cancel { by: who.clone(), comment: Some(comment.to_owned()) };
            self.step_action(w, &action.id, input, by(who), Some(comment.to_owned()))?;
        }
        Ok(())
    }

    /// Says of each running action what it does right now (M60).
    pub(crate) fn tell_progress(&self, actions: &mut [view::Action]) {
        for shown in actions.iter_mut().filter(|a| a.status == ActionStatus::Running) {
            let Ok(action) = self.read(|r| Ok(r.action(&shown.id)?.value)) else { continue };
            shown.progress = self.progress_of(&action);
        }
    }

    fn progress_of(&self, action: &Action) -> Option<String> {
        match (action.kind, &action.investigation_id) {
            (ActionType::RunAntivirusScan, Some(id)) => {
                let waits = || {
                    let status = self.read(|r| Ok(r.investigation(id)?.value.status())).ok()?;
                    let queued = matches!(status, InvestigationStatus::Starting | InvestigationStatus::Queued);
                    queued.then(|| "Waits for its turn on the device".to_owned())
                };
                self.own_progress(id).or_else(|| self.shared_progress(id)).or_else(waits)
            }
            (ActionType::StopAndQuarantineFile, _) => self.read(|r| crate::everywhere::tell(r, action)).ok().flatten(),
            (_, _) => {
                let order = action.state.order_on_its_way()?;
                let (_, link) = self.link_by_id(&action.device_id).ok()?;
                link.doing(order).map(|p| format!("{} ({} so far)", p.step, p.files))
            }
        }
    }

    /// Where other processes on this data folder see how far a look is.
    fn progress_file(&self, id: &InvestigationId) -> PathBuf {
        self.data().join("progress").join(id.as_str())
    }

    fn share_progress(&self, id: &InvestigationId, text: &str) {
        let file = self.progress_file(id);
        // Nothing depends on it: who cannot read it sees that it runs.
        let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        let _ = made.and_then(|()| std::fs::write(file, text));
    }

    fn shared_progress(&self, id: &InvestigationId) -> Option<String> {
        let file = self.progress_file(id);
        let written = std::fs::metadata(&file).ok()?.modified().ok()?;
        let age = SystemTime::now().duration_since(written).unwrap_or_default();
        if age > OLD {
            return None;
        }
        std::fs::read_to_string(file).ok().filter(|text| !text.is_empty())
    }
}

/// A scan of the same device that looks at least as far and has not told what it found.
fn joinable(open: &Investigation, device: &Device, full: bool) -> bool {
    matches!(open.trigger, Trigger::Scan { .. })
        && open.device_id == device.id
        && !open.examined
        && !open.status().is_final()
        && (!full || open.scope == Scope::Full)
}

fn running_scans(w: &Writer, investigation: &Investigation) -> Result<Vec<Action>, Stop> {
    let mut all = w.actions_of_investigation(&investigation.id)?;
    all.retain(|a| a.kind == ActionType::RunAntivirusScan && matches!(a.state, ActionState::Running { .. }));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_one_sentence() {
        let tally = |files, threats: &[&str], suspicious| {
            let threats = threats.iter().map(|t| (*t).to_owned()).collect();
            Tally { files, threats, suspicious }.sentence()
        };
        assert_eq!(tally(12_345, &["a", "b"], 0), "12,345 files read, 2 threats: a, b.");
        assert_eq!(tally(1_000_000, &[], 3), "1,000,000 files read, no threats; 3 more suspicious.");
        assert_eq!(
            tally(7, &["a\x1b", "b", "c", "d", "e", "f"], 1),
            "7 files read, 6 threats: a\\u{1b}, b, c, d, e and 1 more; 1 more suspicious."
        );
    }
}
