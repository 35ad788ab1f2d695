//! What is in quarantine, over all devices; the devices' vaults are the truth.
use crate::{
    Engine,
    door::{ListQuarantine, RestoreQuarantined, VerifyQuarantine},
    fault::not_found,
    open::by,
    retention::Ends,
    view,
};
use assize_domain::{group::Device, order::Fault, question::VaultItem, record::Subject, role::Person};

pub(crate) fn list(engine: &Engine, _: &Person, _: ListQuarantine) -> Result<view::QuarantineList, Fault> {
    let mut items = Vec::new();
    let ends = engine.read(Ends::read)?;
    for device in devices(engine)? {
        let vault = engine.link(&device)?.vault()?;
        items.extend(vault.into_iter().filter(|i| i.quarantined && !i.restored).map(|i| shown(&device, i, &ends)));
    }
    Ok(view::QuarantineList { items })
}

fn devices(engine: &Engine) -> Result<Vec<Device>, Fault> {
    engine.read(|r| Ok(r.devices()?))
}

fn shown(device: &Device, i: VaultItem, ends: &Ends) -> view::QuarantineItem {
    let (expires_at, warned_at) = ends.of(&i);
    view::QuarantineItem {
        id: i.id,
        action_id: i.action,
        device: device.name.clone(),
        path: i.path,
        sha256: i.sha256,
        size: i.size,
        quarantined_at: i.quarantined_at,
        expires_at,
        warned_at,
        pinned: i.pinned,
        verified_at: i.verified_at,
    }
}

/// Reads every kept item back, also the before-images of what was changed in place.
pub(crate) fn verify(engine: &Engine, _: &Person, _: VerifyQuarantine) -> Result<view::QuarantineCheck, Fault> {
    let ends = engine.read(Ends::read)?;
    let mut result = view::QuarantineCheck { checked: 0, damaged: Vec::new(), items: Vec::new() };
    for device in devices(engine)? {
        for check in engine.link(&device)?.verify_vault()? {
            result.checked += 1;
            result.damaged.extend(check.fault);
            result.items.push(shown(&device, check.item, &ends));
        }
    }
    Ok(result)
}

pub(crate) fn restore(engine: &Engine, who: &Person, request: RestoreQuarantined) -> Result<view::RestoredTo, Fault> {
    for device in devices(engine)? {
        let link = engine.link(&device)?;
        if !link.vault()?.iter().any(|i| i.id == request.id) {
            continue;
        }
        let file = link.restore_elsewhere(&request.id, &request.folder, request.inert)?;
        engine.write(|w| {
            let text = format!("A copy was written to {file}{}.", if request.inert { ", not executable" } else { "" });
            w.append(&engine.entry(by(who), Subject::Vault, request.id.as_str(), "restored_elsewhere", text))?;
            Ok(())
        })?;
        return Ok(view::RestoredTo { file });
    }
    Err(not_found("quarantined item", request.id.as_str()))
}
