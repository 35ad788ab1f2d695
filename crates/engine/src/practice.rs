//! The practice range: a staged device the application makes itself, with harmless planted files and processes, so that
//! the whole way can be walked in a minute (M116). It lies below the data folder and can never reach a real device.
use crate::{
    Engine, devices,
    door::{MakePractice, RemovePractice, ShowHome},
    home,
    open::by,
    view,
};
use assize_domain::{
    group::{Device, DeviceKind, OsPlatform},
    id::DeviceId,
    order::Fault,
    question::{RuleFile, RuleKind},
    record::Subject,
    role::Person,
    text::DevicePath,
};
use std::os::unix::ffi::OsStrExt;

const NAME: &str = "Practice range";

/// The rule that finds what the range plants: known to practice devices only, so that nothing real is ever judged by it.
pub(crate) fn rule() -> RuleFile {
    RuleFile {
        name: "practice.yar".into(),
        kind: RuleKind::Yara,
        body: include_str!("../data/practice.yar").to_owned(),
    }
}

fn device(engine: &Engine) -> Result<Option<Device>, Fault> {
    engine.read(|r| Ok(r.devices()?.into_iter().find(|d| matches!(d.kind, DeviceKind::Practice { .. }))))
}

pub(crate) fn state(engine: &Engine) -> Result<Option<view::PracticeState>, Fault> {
    let Some(d) = device(engine)? else { return Ok(None) };
    let DeviceKind::Practice { root } = &d.kind else { return Ok(None) };
    let processes = engine.link(&d).map_or(0, |link| link.practice_processes());
    Ok(Some(view::PracticeState { device_id: d.id.clone(), folder: root.to_string(), processes }))
}

pub(crate) fn make(engine: &Engine, who: &Person, _: MakePractice) -> Result<view::Device, Fault> {
    if device(engine)?.is_some() {
        return Err(Fault::new("practice_exists", "There is a practice range already.", "Use it, or remove it first."));
    }
    let folder = engine.data().join("practice");
    let new = Device {
        id: DeviceId(engine.new_id()),
        name: NAME.to_owned(),
        domain: None,
        os: OsPlatform::Linux,
        os_version: "Practice".to_owned(),
        tags: vec!["Practice".to_owned()],
        kind: DeviceKind::Practice { root: DevicePath::from_bytes(folder.as_os_str().as_bytes()) },
        created_at: engine.now(),
    };
    engine.link(&new)?.plant_practice()?;
    devices::insert(engine, who, &new)
}

pub(crate) fn remove(engine: &Engine, who: &Person, _: RemovePractice) -> Result<view::Home, Fault> {
    if let Some(d) = device(engine)? {
        engine.link(&d)?.clear_practice()?;
        engine.write(|w| {
            w.remove_device(&d.id)?;
            w.append(&engine.entry(
                by(who),
                Subject::Device,
                d.id.as_str(),
                "practice_removed",
                "The practice range was removed.",
            ))?;
            Ok(())
        })?;
        engine.forget_link(&d.id);
    }
    home::show(engine, who, ShowHome {})
}
