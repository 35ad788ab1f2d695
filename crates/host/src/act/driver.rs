//! Disable a driver: a file in `/etc/modprobe.d` that forbids the module, its name taken out of the lists of modules to
//! load, and the module unloaded where nothing uses it. A part of the kernel itself cannot be disabled so.
use super::{
    line::Edit,
    module_lists::{LISTS, change, edits, prepare},
    moves,
    points::point,
    quarantine::{facts_of, folder_open, obstacle},
    work::{Copy, Early, Tools, Work, device_name, failed, fault, not_opened},
};
use crate::{
    act::guard,
    handle::{Folder, OpenError, Place},
    journal::Op,
    look::{
        driver::{ModuleFiles, is_built_in, loaded, plain_name},
        tree,
    },
    root::Root,
    vault::{DriverFacts, Kept, facts::Facts, facts::Moment},
};
use assize_domain::{
    order::{Fault, ReceiptOutcome},
    question::{Obstacle, Plan, PlanStep, Reversible},
    text::{DevicePath, visible},
};
use rustix::{fs::Mode, io::Errno};
use std::{
    ffi::{CString, OsString},
    io::Write,
};

pub const FOLDER: &str = "/etc/modprobe.d";
/// The kernel unpacks the file itself (`MODULE_INIT_COMPRESSED_FILE`).
const COMPRESSED: i32 = 4;
/// `O_NONBLOCK`: a module that is in use is not waited for.
const AT_ONCE: i32 = 0o4000;

/// A module that was approved by its name.
pub struct Driver<'a> {
    pub name: &'a str,
    pub path: Option<&'a DevicePath>,
}

struct Found {
    facts: DriverFacts,
    /// None where the file that forbids it is there already.
    rule: Option<DevicePath>,
    edits: Vec<(DevicePath, Edit, u32)>,
    /// It is loaded, by this many used.
    users: Option<u32>,
    /// It is named in the list of what the start image holds.
    in_start_image: bool,
}

fn find(tools: &Tools<'_>, driver: &Driver<'_>) -> Early<Found> {
    let root = tools.root;
    // The name becomes a line of a file.
    let plain = !driver.name.is_empty() && driver.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if !plain || driver.name.len() > 64 {
        let message = format!("“{}” is no name of a kernel module.", visible(driver.name));
        return Err(ReceiptOutcome::Failed { fault: Fault::new("bad_target", message, "Nothing was touched.") });
    }
    let name = plain_name(driver.name);
    if tools.guard.is_module(&name) {
        let message = format!("The computer may need the module {name} to start, so it is not disabled.");
        return Err(guard::refusal(message, "Nothing was touched. Disable it by hand if you are sure."));
    }
    if is_built_in(root, &name) {
        let reason = format!(
            "{name} is a part of the kernel itself and cannot be unloaded or forbidden. By hand: add initcall_blacklist={name}_init to the kernel's command line in /etc/default/grub, run update-grub and restart; or install another kernel."
        );
        return Err(ReceiptOutcome::Unsupported { reason });
    }
    let rule = DevicePath::from(format!("{FOLDER}/assize-{name}.conf").as_str());
    let there = tree::read(root, &rule.to_bytes()).ok();
    let rule = match there {
        None => Some(rule),
        Some(text) if text == content(&name) => None,
        Some(_) => return Err(moves::place_taken(rule.as_str())),
    };
    let edits = edits(tools, &name)?;
    let in_start_image = edits.iter().any(|(path, _, _)| path.as_str() == LISTS[1]);
    let users = loaded(root).into_iter().find(|m| m.name == name).map(|m| m.users);
    if rule.is_none() && edits.is_empty() && users.is_none() {
        return Err(ReceiptOutcome::Gone { detail: format!("The driver {name} is already disabled.") });
    }
    let image = driver.path.cloned().or_else(|| ModuleFiles::read(root).in_use(&name));
    let facts = DriverFacts { name, loaded: users == Some(0), image, folder_made: false };
    Ok(Found { facts, rule, edits, users, in_start_image })
}

pub fn apply(work: &mut Work<'_>, driver: &Driver<'_>) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        let mut found = find(&work.tools, driver)?;
        let mut ops = Vec::new();
        let rule = match found.rule.take() {
            Some(path) => Some(prepare_rule(work, &path, &mut found.facts, &mut ops)?),
            None => None,
        };
        let mut todo = Vec::new();
        for (path, edit, lines) in found.edits {
            let prepared = prepare(work, &path, &edit)?;
            ops.push(prepared.op().clone());
            todo.push((path, edit, lines, prepared));
        }
        let name = found.facts.name.clone();
        if found.users.is_some() {
            ops.push(Op::Unload { name: name.clone() });
        }
        work.arm(&ops)?;
        if let Some((place, private)) = &rule {
            moves::place(work, &place.folder, &place.name, private)?;
            work.step(format!("{} forbids the module {name} from now on.", visible(place.path().as_str())));
        }
        for (path, edit, lines, prepared) in &todo {
            if let Err(end) = change(work, path, edit, *lines, prepared) {
                work.told.left.push(obstacle(end).text);
            }
        }
        if found.users.is_some() {
            unload(work, &name);
        }
        if found.in_start_image {
            work.told.proof.restart_needed = true;
            work.step("The image that the computer starts from holds it too: run update-initramfs -u, then restart.");
        }
        check(work, &name);
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

pub fn plan(tools: &Tools<'_>, driver: &Driver<'_>) -> Plan {
    let mut plan = Plan::default();
    let found = match find(tools, driver) {
        Ok(found) => found,
        Err(end) => return Plan { obstacles: vec![obstacle(end)], ..plan },
    };
    let mut step = |what: &str, target: &DevicePath, reversible, detail: String| {
        plan.steps.push(PlanStep { what: what.into(), target: visible(target.as_str()), reversible, detail });
    };
    let name = &found.facts.name;
    if let Some(rule) = &found.rule {
        let detail =
            format!("A new file with the lines: {}", visible(String::from_utf8_lossy(&content(name)).trim_end()));
        step("Forbid the module", rule, Reversible::Yes, detail);
    }
    for (path, edit, lines) in &found.edits {
        let detail = if edit.whole {
            format!("Nothing else is in the file, so the whole of it ({} bytes) goes to the vault.", edit.exact.size)
        } else {
            format!("A sealed copy goes to the vault ({} bytes); then {lines} of its lines go.", edit.exact.size)
        };
        step("Take it out of a list of modules to load", path, Reversible::Yes, detail);
    }
    let target = DevicePath::from(name.as_str());
    match found.users {
        Some(0) => {
            let detail = "Nothing uses it. Bringing it back loads it again where its file is there.".to_owned();
            step("Unload the module", &target, Reversible::Partly, detail);
        }
        Some(_) => plan.obstacles.push(Obstacle::new(
            "restart_needed",
            format!("The module {name} is in use and stays loaded until the computer restarts."),
            false,
        )),
        None => {}
    }
    if found.in_start_image || has_start_image(tools.root) && found.users.is_some() {
        let text = format!(
            "If the image that the computer starts from holds {name}, it is loaded from there until the image is made anew (update-initramfs -u)."
        );
        plan.obstacles.push(Obstacle::new("start_image", text, false));
    }
    plan
}

/// Unloads a module that nothing uses; one that is in use goes with the next restart.
pub fn unload(work: &mut Work<'_>, name: &str) {
    let Some(module) = loaded(work.tools.root).into_iter().find(|m| m.name == name) else { return };
    let gone = match CString::new(name) {
        Ok(c_name) if module.users == 0 => rustix::system::delete_module(&c_name, AT_ONCE),
        Ok(_) | Err(_) => Err(Errno::WOULDBLOCK),
    };
    match gone {
        Ok(()) => {
            work.step(format!("The module {name} was unloaded."));
            work.told.proof.after.push(format!("{name} is not loaded any more."));
        }
        Err(error) => {
            work.told.proof.restart_needed = true;
            let why = match error {
                Errno::WOULDBLOCK | Errno::BUSY => "it is in use".to_owned(),
                error => std::io::Error::from(error).to_string(),
            };
            work.step(format!("The module {name} stays loaded until the computer restarts: {why}."));
        }
    }
    point("unloaded");
}

pub fn is_loaded(work: &Work<'_>, name: &str) -> bool {
    loaded(work.tools.root).iter().any(|m| m.name == name)
}

/// After an undo: loaded again if it was, where its file is there and nobody but root could have changed it.
pub fn loaded_again(work: &mut Work<'_>, facts: &DriverFacts) {
    let name = visible(&facts.name);
    if !facts.loaded || !work.tools.root.is_live() || is_loaded(work, &facts.name) {
        return;
    }
    match load(work.tools.root, facts.image.as_ref()) {
        Ok(()) => work.step(format!("The module {name} is loaded again.")),
        Err(why) => {
            work.told.proof.restart_needed = true;
            work.step(format!(
                "The module {name} was not loaded again ({why}); where a list names it, a restart does."
            ));
        }
    }
}

fn load(root: &Root, image: Option<&DevicePath>) -> Result<(), String> {
    let image = image.ok_or("its file is not known")?;
    let place = Place::open(root, image).map_err(|e| e.to_string())?;
    let held = place.open_file().map_err(|e| e.to_string())?.ok_or("its file is not there")?;
    if held.stat.st_uid != 0 || held.stat.st_mode & 0o022 != 0 {
        return Err("others than root could have changed its file".into());
    }
    let flags = if image.as_str().ends_with(".ko") { 0 } else { COMPRESSED };
    rustix::system::finit_module(&held.file, c"", flags).map_err(|e| std::io::Error::from(e).to_string())
}

/// What forbids a module: not by its aliases, and not by its name.
fn content(name: &str) -> Vec<u8> {
    format!("blacklist {name}\ninstall {name} /bin/false\n").into_bytes()
}

/// The new file in `/etc/modprobe.d`, ready under a private name, with its copy in the vault.
fn prepare_rule(
    work: &mut Work<'_>,
    path: &DevicePath,
    driver: &mut DriverFacts,
    ops: &mut Vec<Op>,
) -> Early<(Place, OsString)> {
    driver.folder_made = made_folder(work)?;
    let place = Place::open(work.tools.root, path).map_err(|e| not_opened(e, "the folder of rules for modules"))?;
    folder_open(&place)?;
    let now = (work.tools.clock)();
    let at = Moment(now.0.div_euclid(1000), 0);
    let text = content(&driver.name);
    let facts = Facts {
        size: text.len() as u64,
        mode: 0o644,
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        accessed: at,
        modified: at,
        xattrs: std::collections::BTreeMap::new(),
        flags: 0,
        links: 1,
        holes: false,
    };
    let (private, put) = work.prepare(&place.folder, &facts, true, |file| {
        file.write_all(&text)
            .map_err(|e| failed(Errno::from_io_error(&e).unwrap_or(Errno::IO), "it cannot be written", path))
    })?;
    let held = place.folder.open_file(&private).map_err(|e| not_opened(e, "the new file"))?;
    let held = held.ok_or_else(|| super::work::gone(&place.folder.inside(&private)))?;
    let item = work.copy(&Copy {
        path,
        folder: &place.folder,
        file: Some(&held.file),
        facts: facts_of(&held, path)?,
        sha256: put.sha256.clone(),
        kept: Kept::Made,
        unit: None,
        driver: Some(driver.clone()),
    })?;
    ops.push(Op::Put {
        folder: place.folder.path().clone(),
        name: device_name(&place.name),
        private: device_name(&private),
        put,
        item,
    });
    Ok((place, private))
}

/// A minimal system has no `/etc/modprobe.d`.
fn made_folder(work: &mut Work<'_>) -> Early<bool> {
    let folder = DevicePath::from(FOLDER);
    match Folder::open(work.tools.root, &folder) {
        Ok(_) => return Ok(false),
        Err(OpenError::Missing { .. }) => {}
        Err(error) => return Err(not_opened(error, "the folder of rules for modules")),
    }
    let place = Place::open(work.tools.root, &folder).map_err(|e| not_opened(e, "the folder of settings"))?;
    work.journal.make(&work.order, place.folder.path(), &device_name(&place.name)).map_err(super::work::journal)?;
    rustix::fs::mkdirat(place.folder.fd(), &place.name, Mode::from_raw_mode(0o755))
        .and_then(|()| place.folder.sync())
        .map_err(|e| ReceiptOutcome::Failed { fault: fault(e, "the folder cannot be made", &folder) })?;
    point("made");
    Ok(true)
}

/// Looks again (M62): the rule stands, and no list of the administrator names the module.
fn check(work: &mut Work<'_>, name: &str) {
    let rule = format!("{FOLDER}/assize-{name}.conf");
    if tree::read(work.tools.root, rule.as_bytes()).is_ok_and(|text| text == content(name)) {
        work.told.proof.after.push(format!("{rule} forbids the module {name}."));
    } else {
        work.told.left.push(format!("{rule} was changed right after."));
    }
    let lists = edits(&work.tools, name).unwrap_or_default();
    for (path, _, _) in lists {
        let text = format!("{} still has the module {name} loaded.", visible(path.as_str()));
        if !work.told.left.iter().any(|left| left.contains(path.as_str())) {
            work.told.left.push(text);
        }
    }
    point("verified");
}

fn has_start_image(root: &Root) -> bool {
    tree::names(root, b"/boot").unwrap_or_default().iter().any(|name| {
        let name = name.to_string_lossy();
        name.starts_with("initrd") || name.starts_with("initramfs")
    })
}
