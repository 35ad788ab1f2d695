//! How long kept copies stay (M87): ninety days, warned of a week before, kept for good where a person says so. Nothing
//! goes that nobody was warned of.
use crate::{
    Engine,
    door::PinQuarantined,
    fault::{Stop, not_found},
    open::by,
    view,
};
use assize_domain::{
    action::{RETENTION, WARNING},
    device::Device as DeviceLink,
    group::Device,
    id::VaultId,
    order::Fault,
    question::VaultItem,
    record::Subject,
    role::{Actor, Person},
    text::visible,
    time::{Span, Stamp},
};
use assize_store::{Reader, Writer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SETTING: &str = "retention";
/// Opening every kept item takes a while, and days are what counts here.
const EVERY: Span = Span::hours(6);

/// What is remembered of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    looked_at: Option<Stamp>,
    /// Whose end people were warned of, and when.
    warned: BTreeMap<VaultId, Stamp>,
}

fn remembered(r: &Reader) -> Result<Remembered, Stop> {
    // A setting that does not read warns again, which loses nothing.
    Ok(r.setting(SETTING)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn remember(w: &mut Writer, what: &Remembered) -> Result<(), Stop> {
    let text = serde_json::to_string(what).expect("BUG: plain data is plain JSON");
    Ok(w.set_setting(SETTING, &text)?)
}

/// When the time of a kept copy has run out; none while a person keeps it. A late warning moves the end.
fn end(item: &VaultItem, warned: Option<Stamp>) -> Option<Stamp> {
    if item.pinned {
        return None;
    }
    let end = item.quarantined_at.after(RETENTION);
    Some(warned.map_or(end, |at| end.max(at.after(WARNING))))
}

/// Everything the lists say about the ends of kept copies.
pub(crate) struct Ends(Remembered);

impl Ends {
    pub(crate) fn read(r: &Reader) -> Result<Self, Stop> {
        Ok(Self(remembered(r)?))
    }

    pub(crate) fn of(&self, item: &VaultItem) -> (Option<Stamp>, Option<Stamp>) {
        let warned = self.0.warned.get(&item.id).copied();
        (end(item, warned), warned.filter(|_| !item.pinned))
    }
}

/// Warns of what ends within a week, and lets go what ended and was warned of. True when something was said or went.
pub(crate) fn look_after(engine: &Engine, now: Stamp) -> Result<bool, Fault> {
    let known = engine.read(remembered)?;
    if known.looked_at.is_some_and(|at| (Span(0)..EVERY).contains(&now.since(at))) {
        return Ok(false);
    }
    let mut news = false;
    let mut next = Remembered { looked_at: Some(now), warned: BTreeMap::new() };
    for device in engine.read(|r| Ok(r.devices()?))? {
        let Ok(link) = engine.link(&device) else { continue };
        let Ok(vault) = link.vault() else { continue };
        for item in vault {
            let warned = known.warned.get(&item.id).copied();
            match (end(&item, warned), warned) {
                (Some(end), Some(_)) if now >= end => news |= purge(engine, &device, link.as_ref(), &item)?,
                (Some(end), None) if now.after(WARNING) >= end => {
                    warn(engine, &device, &item, end.max(now.after(WARNING)))?;
                    next.warned.insert(item.id, now);
                    news = true;
                }
                (Some(_), Some(at)) => drop(next.warned.insert(item.id, at)),
                (_, _) => {}
            }
        }
    }
    engine.write(|w| remember(w, &next))?;
    Ok(news)
}

fn warn(engine: &Engine, device: &Device, item: &VaultItem, end: Stamp) -> Result<(), Fault> {
    let text = format!(
        "The kept copy of {} on {} goes for good at {end}. Pin it to keep it.",
        visible(item.path.as_str()),
        visible(&device.name)
    );
    engine.write(|w| {
        w.append(&engine.entry(Actor::System, Subject::Vault, item.id.as_str(), "vault_warning", text))?;
        Ok(())
    })
}

fn purge(engine: &Engine, device: &Device, link: &dyn DeviceLink, item: &VaultItem) -> Result<bool, Fault> {
    // What cannot be removed stays, and is tried again; a copy too many harms nobody.
    if link.purge(&item.id).is_err() {
        return Ok(false);
    }
    let text = format!(
        "The kept copy of {} on {} was removed for good: {} days were over, and it was warned of.",
        visible(item.path.as_str()),
        visible(&device.name),
        RETENTION.0 / Span::days(1).0,
    );
    engine.write(|w| {
        w.append(&engine.entry(Actor::System, Subject::Vault, item.id.as_str(), "vault_purged", text))?;
        if w.action(&item.action).is_ok() {
            let now = engine.now();
            engine.note(w, &item.action, |notes| notes.purged = Some(now))?;
        }
        Ok(())
    })?;
    Ok(true)
}

/// Keeps what one action took away for good, or lets its time run again.
pub(crate) fn pin(engine: &Engine, who: &Person, request: PinQuarantined) -> Result<view::QuarantineList, Fault> {
    for device in engine.read(|r| Ok(r.devices()?))? {
        let link = engine.link(&device)?;
        let vault = link.vault()?;
        let Some(item) = vault.iter().find(|i| i.id == request.id) else { continue };
        // An undo needs all of them: none goes while another is kept.
        let together: Vec<&VaultItem> = vault.iter().filter(|i| i.action == item.action).collect();
        for item in &together {
            link.pin(&item.id, request.pinned)?;
        }
        engine.write(|w| {
            let (event, said) = match request.pinned {
                true => ("vault_pinned", "is kept for good"),
                false => ("vault_unpinned", "is kept until its time runs out"),
            };
            let text = format!("{} on {} {said}.", visible(item.path.as_str()), visible(&device.name));
            w.append(&engine.entry(by(who), Subject::Vault, item.id.as_str(), event, text))?;
            if w.action(&item.action).is_ok() {
                engine.note(w, &item.action, |notes| notes.pinned = request.pinned)?;
            }
            Ok(())
        })?;
        return crate::quarantine::list(engine, who, crate::door::ListQuarantine {});
    }
    Err(not_found("quarantined item", request.id.as_str()))
}
