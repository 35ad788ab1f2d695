//! What keeps devices isolated or restricted right now (M128), as the devices themselves tell it; and the look that notices
//! when somebody else took it away (M122).
use crate::{Engine, directory::Directory, door::ListMitigations, fault::Stop, view};
use assize_domain::{
    device::Device as DeviceLink,
    group::Device,
    id::ActionId,
    mitigation::{Holds, Mitigation},
    order::Fault,
    record::Subject,
    remedy::ActionType,
    role::{Actor, Person},
    text::visible,
    time::Span,
};
use assize_store::{Reader, Writer};
use std::collections::BTreeMap;

const SETTING: &str = "mitigations";
const LOOK_EVERY: Span = Span::minutes(1);

/// What was last recorded about each action's measure: what is not as it should be.
type Told = BTreeMap<ActionId, Vec<String>>;

pub(crate) fn list(engine: &Engine, _: &Person, _: ListMitigations) -> Result<view::MitigationList, Fault> {
    let devices = engine.read(|r| Ok(r.devices()?))?;
    let mut stands = Vec::new();
    let mut unasked = Vec::new();
    for device in &devices {
        match engine.link(device) {
            Ok(link) => stands.extend(link.watch().into_iter().map(|m| (device.id.clone(), m))),
            Err(fault) => unasked.push(format!("{}: {}", visible(&device.name), fault.message)),
        }
    }
    engine.read(|r| {
        let directory = Directory::read(r)?;
        let mitigations = stands.into_iter().map(|(device, m)| view::Mitigation {
            device: directory.device(&device),
            kind: m.kind,
            action: r.action(&m.action).ok().map(|a| directory.action(&a.value)),
            action_id: m.action,
            what: m.target.title(),
            since: m.since,
            until: m.until,
            in_force: matches!(m.holds, Holds::InForce | Holds::Behind { .. }),
            complaints: m.holds.complaints(),
        });
        Ok(view::MitigationList { mitigations: mitigations.collect(), unasked })
    })
}

impl Engine {
    /// Puts in force again what stands on this computer: when a process starts that goes on.
    pub(crate) fn put_back_what_stands(&self) {
        // A device that cannot be opened shows that on its own rows.
        if let Ok(link) = self.this_computer().and_then(|device| self.link(&device))
            && !link.watch().is_empty()
        {
            link.reapply();
        }
    }

    /// Looks now and then whether what stands on this computer is in force. What is only behind is put right; what
    /// somebody else changed is recorded, and left for a person: whoever took it away may have had to. True when
    /// something was recorded.
    pub(crate) fn watch_devices(&self) -> Result<bool, Fault> {
        let now = self.now();
        if !self.may_watch(now, LOOK_EVERY) {
            return Ok(false);
        }
        let device = self.this_computer()?;
        let Ok(link) = self.link(&device) else { return Ok(false) };
        let mut stands = link.watch();
        if stands.iter().any(|m| matches!(m.holds, Holds::Behind { .. })) {
            stands = link.reapply();
        }
        if stands.iter().any(|m| m.kind == ActionType::RestrictCodeExecution) {
            // What a person allowed or no longer allows counts at once. Rules that do not compile show elsewhere.
            let policy = self.read(|r| crate::examine::device_policy(r, &device, now))?;
            let _ = link.policy(&policy);
        }
        let before = self.read(told)?;
        let now: Told = stands.iter().filter(|m| known(m)).map(|m| (m.action.clone(), m.holds.complaints())).collect();
        if now.iter().all(|(id, complaints)| before.get(id).map_or(complaints.is_empty(), |b| b == complaints)) {
            return Ok(false);
        }
        self.write(|w| {
            for (id, complaints) in &now {
                self.tell(w, id, before.get(id), complaints)?;
            }
            let json = serde_json::to_string(&now).map_err(|e| Fault::new("mitigations", e.to_string(), ""))?;
            Ok(w.set_setting(SETTING, &json)?)
        })?;
        Ok(true)
    }

    /// Before anything is restricted the device knows what a person allows to be run all the same.
    pub(crate) fn tell_allowed(&self, device: &Device, kind: ActionType, link: &dyn DeviceLink) -> Result<(), Fault> {
        if kind != ActionType::RestrictCodeExecution {
            return Ok(());
        }
        let policy = self.read(|r| crate::examine::device_policy(r, device, self.now()))?;
        link.policy(&policy).map(drop).map_err(|fault| {
            let message = format!("The device could not be told what is allowed to run: {}", fault.message);
            Fault::new("allowed_untold", message, "Nothing was restricted. Try again when it can be reached.")
        })
    }

    fn tell(&self, w: &mut Writer, id: &ActionId, before: Option<&Vec<String>>, now: &[String]) -> Result<(), Stop> {
        // A device may know of an action that this database does not.
        if w.action(id).is_err() || before.is_some_and(|before| before == now) {
            return Ok(());
        }
        let (event, text) = match (before, now) {
            (None, []) => return Ok(()),
            (Some(_), []) => ("in_force_again", "It is in force again as it was set.".to_owned()),
            (_, complaints) => ("not_in_force", complaints.join(" ")),
        };
        Ok(w.append(&self.entry(Actor::System, Subject::Action, id.as_str(), event, text)).map(drop)?)
    }
}

/// What could not be looked at says nothing.
fn known(m: &Mitigation) -> bool {
    !matches!(m.holds, Holds::Unknown { .. })
}

fn told(r: &Reader) -> Result<Told, Stop> {
    Ok(r.setting(SETTING)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}
