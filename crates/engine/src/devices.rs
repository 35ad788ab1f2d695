//! Devices: this computer, and file trees staged below a folder.
use crate::{
    Engine,
    directory::{Directory, pending},
    door::{AddDevice, ListDevices, ShowDevice},
    fault::{Stop, bad_input},
    open::{by, os_version},
    view,
};
use assize_domain::{
    group::{Device, DeviceKind, OsPlatform},
    id::DeviceId,
    order::Fault,
    record::Subject,
    remedy::ActionType,
    role::Person,
    text::DevicePath,
};
use assize_store::Reader;
use std::{
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
};

pub(crate) fn list(engine: &Engine, _: &Person, _: ListDevices) -> Result<view::DeviceList, Fault> {
    let all: Vec<(Device, Vec<view::Capability>)> =
        engine.read(|r| Ok(r.devices()?))?.into_iter().map(|d| (d.clone(), capabilities(engine, &d))).collect();
    engine.read(|r| {
        let directory = Directory::read(r)?;
        let devices = all.iter().map(|(d, able)| shown(r, &directory, d, able.clone())).collect::<Result<_, Stop>>()?;
        Ok(view::DeviceList { devices })
    })
}

pub(crate) fn show(engine: &Engine, _: &Person, request: ShowDevice) -> Result<view::Device, Fault> {
    let device = engine.device(&request.device)?;
    let able = capabilities(engine, &device);
    engine.read(|r| shown(r, &Directory::read(r)?, &device, able))
}

/// What the device says it can carry out. One that cannot be opened can do nothing, for the reason it gives.
fn capabilities(engine: &Engine, device: &Device) -> Vec<view::Capability> {
    let link = engine.link(device);
    ActionType::ALL
        .into_iter()
        .map(|kind| {
            let able = match &link {
                Ok(link) => link.capability(kind),
                Err(fault) => Err(format!("{} {}", fault.message, fault.hint)),
            };
            view::Capability { kind, possible: able.is_ok(), reason: able.err() }
        })
        .collect()
}

fn shown(
    r: &Reader,
    directory: &Directory,
    d: &Device,
    capabilities: Vec<view::Capability>,
) -> Result<view::Device, Stop> {
    let group = directory.group_of(d);
    let (kind, root) = match &d.kind {
        DeviceKind::ThisComputer => ("this_computer", None),
        DeviceKind::Staged { root } => ("staged", Some(root)),
        DeviceKind::Practice { root } => ("practice", Some(root)),
    };
    Ok(view::Device {
        id: d.id.clone(),
        name: d.name.clone(),
        os: d.os,
        os_version: d.os_version.clone(),
        domain: d.domain.clone(),
        tags: d.tags.clone(),
        kind: kind.to_owned(),
        root: root.map(ToString::to_string),
        group: view::GroupRef { id: group.id.clone(), name: group.name.clone() },
        level: group.level,
        pending_actions: pending(&r.unfinished_actions_of_device(&d.id)?),
        last_investigated_at: r.last_investigated(&d.id)?,
        created_at: d.created_at,
        capabilities,
    })
}

pub(crate) fn add(engine: &Engine, who: &Person, request: AddDevice) -> Result<view::Device, Fault> {
    let name = request.name.trim().to_owned();
    if name.is_empty() {
        return Err(bad_input("A device needs a name.", "Give it one."));
    }
    let Some(root) = &request.root else {
        return Err(bad_input(
            "This computer is a device already; another one needs the folder its files lie below.",
            "Name that folder with --root.",
        ));
    };
    if request.os.is_some_and(|os| os != OsPlatform::Linux) {
        return Err(Fault::new(
            "not_available_yet",
            "Only Linux devices can be staged in this version.",
            "Windows devices come with their own part of the product.",
        ));
    }
    let path = std::fs::canonicalize(root)
        .map_err(|e| bad_input(format!("The folder “{root}” cannot be used: {e}."), "Name a folder that exists."))?;
    if !path.is_dir() {
        return Err(bad_input(format!("“{root}” is not a folder."), "Name the folder that holds the device's files."));
    }
    if path == std::path::Path::new("/") {
        return Err(bad_input("That is this computer itself, which is a device already.", "Leave --root out."));
    }
    if path.starts_with(engine.data()) || engine.data().starts_with(&path) {
        return Err(bad_input("The data folder of Assize cannot be part of a device.", "Choose another folder."));
    }
    let device = Device {
        id: DeviceId(engine.new_id()),
        os_version: os_version(&path),
        name,
        domain: None,
        os: OsPlatform::Linux,
        tags: Vec::new(),
        kind: DeviceKind::Staged { root: DevicePath::from_bytes(path.as_os_str().as_bytes()) },
        created_at: engine.now(),
    };
    insert(engine, who, &device)
}

/// Stores a new device under a name nobody else has.
pub(crate) fn insert(engine: &Engine, who: &Person, device: &Device) -> Result<view::Device, Fault> {
    // Known only once it is stored: a name that is taken leaves no vault behind.
    let added = engine.write(|w| {
        if w.devices()?.iter().any(|d| d.name == device.name) {
            return Err(Fault::new(
                "name_taken",
                format!("There is already a device “{}”.", device.name),
                "Choose another name.",
            )
            .into());
        }
        w.insert_device(device)?;
        w.append(&engine.entry(
            by(who),
            Subject::Device,
            device.id.as_str(),
            "device_added",
            format!("Device {} added.", device.name),
        ))?;
        shown(w, &Directory::read(w)?, device, Vec::new())
    })?;
    Ok(view::Device { capabilities: capabilities(engine, device), ..added })
}

/// The folder of a staged device on the machine this runs on.
pub(crate) fn folder(root: &DevicePath) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(root.to_bytes()))
}
