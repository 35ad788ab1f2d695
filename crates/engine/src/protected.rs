//! What is never acted on (M20): the list that ships, which nobody shortens, and what people add. Every device is told,
//! and refuses by itself.
use crate::{
    Engine,
    door::{ChangeProtected, ListProtected},
    examine::device_policy,
    fault::{Stop, bad_input, not_found},
    open::by,
    view,
};
use assize_domain::{
    device::Device as DeviceLink,
    group::Device,
    order::Fault,
    protected::{PathPattern, Protected},
    record::Subject,
    role::Person,
    text::visible,
};
use assize_store::Reader;

const SETTING: &str = "protected";

/// What people added; nothing at all where nobody ever did.
fn added(r: &Reader) -> Result<Option<Vec<view::ProtectedPath>>, Stop> {
    let Some(text) = r.setting(SETTING)? else { return Ok(None) };
    let read = serde_json::from_str(&text).map_err(|e| {
        let message = format!("The list of what people protected cannot be read: {e}.");
        Fault::new("protected_damaged", message, "Nothing is done without it. Restore the data folder.")
    })?;
    Ok(Some(read))
}

/// As devices are told.
pub(crate) fn patterns(r: &Reader) -> Result<Vec<String>, Stop> {
    Ok(added(r)?.unwrap_or_default().into_iter().map(|p| p.pattern).collect())
}

pub(crate) fn list(engine: &Engine, _: &Person, _: ListProtected) -> Result<view::ProtectedList, Fault> {
    engine.read(shown)
}

fn shown(r: &Reader) -> Result<view::ProtectedList, Stop> {
    let shipped = Protected::shipped().told().into_iter();
    let shipped = shipped.map(|(what, items)| view::ProtectedGroup { what: what.to_owned(), items }).collect();
    Ok(view::ProtectedList { added: added(r)?.unwrap_or_default(), shipped })
}

pub(crate) fn change(engine: &Engine, who: &Person, request: ChangeProtected) -> Result<view::ProtectedList, Fault> {
    let after = engine.write(|w| {
        let mut all = added(w)?.unwrap_or_default();
        let (event, text) = if request.on {
            let parsed = PathPattern::parse(&request.pattern).map_err(|why| {
                bad_input(
                    format!("{why}."),
                    "Write a full path; a star stands for any name, ** at the end for everything below.",
                )
            })?;
            let pattern = parsed.to_string();
            if all.iter().any(|p| p.pattern == pattern) {
                let message = format!("{} is protected already.", visible(&pattern));
                return Err(Fault::new("protected_already", message, "Nothing was changed.").into());
            }
            let text = format!("{} is protected: nothing acts on it.", visible(&pattern));
            all.push(view::ProtectedPath { pattern, added_by: who.name.clone(), added_at: engine.now() });
            ("protected_added", text)
        } else {
            let pattern =
                PathPattern::parse(&request.pattern).map_or_else(|_| request.pattern.clone(), |p| p.to_string());
            let Some(at) = all.iter().position(|p| p.pattern == pattern) else {
                if Protected::shipped().told().iter().any(|(_, items)| items.contains(&pattern)) {
                    let message = format!("{} is on the list that ships.", visible(&pattern));
                    return Err(Fault::new("protected", message, "Nobody takes anything off that list.").into());
                }
                return Err(not_found("protected path", &pattern).into());
            };
            all.remove(at);
            ("protected_removed", format!("{} is protected no more.", visible(&pattern)))
        };
        let json =
            serde_json::to_string(&all).map_err(|e| Fault::new("protected", e.to_string(), "Nothing was changed."))?;
        w.set_setting(SETTING, &json)?;
        w.append(&engine.entry(by(who), Subject::Setting, SETTING, event, text))?;
        shown(w)
    })?;
    tell_all(engine);
    Ok(after)
}

/// Hands every device what it has to know. One that cannot be told now is told before its next order or look.
pub(crate) fn tell_all(engine: &Engine) {
    for device in engine.read(|r| Ok(r.devices()?)).unwrap_or_default() {
        let Ok(link) = engine.link(&device) else { continue };
        let told = engine.read(|r| device_policy(r, &device, engine.now())).and_then(|policy| link.policy(&policy));
        if told.is_ok()
            && let Ok(list) = engine.read(patterns)
        {
            engine.has_told_protected(&device.id, list);
        }
    }
}

impl Engine {
    /// Tells a device what people protect, where this process has not done so yet. Without it no order goes out: the
    /// device is who refuses.
    pub(crate) fn tell_protected(&self, device: &Device, link: &dyn DeviceLink) -> Result<(), Fault> {
        let Some(list) = self.read(added)? else { return Ok(()) };
        let list: Vec<String> = list.into_iter().map(|p| p.pattern).collect();
        if self.told_protected(&device.id).as_ref() == Some(&list) {
            return Ok(());
        }
        let policy = self.read(|r| device_policy(r, device, self.now()))?;
        link.policy(&policy).map_err(|fault| {
            let message = format!("The device could not be told what is protected: {}", fault.message);
            Fault::new("protected_untold", message, "Nothing was touched. Try again when it can be reached.")
        })?;
        self.has_told_protected(&device.id, list);
        Ok(())
    }
}
