//! What reads a device for minutes and changes nothing on it: investigations, antivirus scans and packages. They have a
//! thread of their own, so that what was decided does not wait for them.
use crate::{Engine, view};
use assize_domain::{
    action::{Action, ActionState, ActionStatus},
    order::Fault,
    remedy::ActionType,
};

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
}

impl Engine {
    /// Says of each running action what it does right now (M60).
    pub(crate) fn tell_progress(&self, actions: &mut [view::Action]) {
        for shown in actions.iter_mut().filter(|a| a.status == ActionStatus::Running) {
            let Ok(action) = self.read(|r| Ok(r.action(&shown.id)?.value)) else { continue };
            shown.progress = self.progress_of_action(&action);
        }
    }

    fn progress_of_action(&self, action: &Action) -> Option<String> {
        let order = action.state.order_on_its_way()?;
        let (_, link) = self.link_by_id(&action.device_id).ok()?;
        link.doing(order).map(|p| format!("{} ({} so far)", p.step, p.files))
    }
}
