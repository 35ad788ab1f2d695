//! systemd units and timers, of the system and of every user, as systemd itself would choose among equal names.
use super::{Look, digest, lossless, unit_file::Unit};
use crate::look::{command::Surroundings, tree};
use assize_domain::{
    entity::{Entity, ScheduledTask, Service, ServiceScope, TaskKind},
    text::DevicePath,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::ffi::OsStringExt,
};

const SYSTEM: [&[u8]; 5] = [
    b"/etc/systemd/system",
    b"/run/systemd/system",
    b"/usr/local/lib/systemd/system",
    b"/usr/lib/systemd/system",
    b"/lib/systemd/system",
];

const EVERY_USER: [&[u8]; 4] =
    [b"/etc/systemd/user", b"/run/systemd/user", b"/usr/local/lib/systemd/user", b"/usr/lib/systemd/user"];

const ONE_USER: [&[u8]; 2] = [b".config/systemd/user", b".local/share/systemd/user"];

/// Folders that one manager reads, the first of equal names winning.
struct Manager {
    scope: ServiceScope,
    folders: Vec<Vec<u8>>,
    user: String,
    home: Option<Vec<u8>>,
}

/// What the folders of a manager hold.
#[derive(Default)]
struct Shelf {
    /// Unit name → the file that counts.
    units: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Unit name → its drop-ins, in the order in which they are read.
    drop_ins: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    enabled: BTreeSet<Vec<u8>>,
}

/// A unit with everything that belongs to it.
struct Whole {
    unit: Unit,
    text: Vec<u8>,
    defined_in: Vec<u8>,
}

impl Look<'_> {
    pub(super) fn units(&mut self) {
        // Where /lib is a link, its units are those of /usr/lib.
        let lib = if self.is_link(b"/lib") { SYSTEM.len() - 1 } else { SYSTEM.len() };
        let manager = |scope, folders: &[&[u8]], user: &str| Manager {
            scope,
            folders: folders.iter().map(|f| f.to_vec()).collect(),
            user: user.to_owned(),
            home: None,
        };
        let system = manager(ServiceScope::System, &SYSTEM[..lib], "root");
        let shelf = self.shelf(&system);
        self.report(&system, &shelf, None);

        let every = manager(ServiceScope::User, &EVERY_USER, "every user");
        let mut shared = self.shelf(&every);
        let mut homes = Vec::new();
        for home in self.people.homes() {
            let one = Manager {
                scope: ServiceScope::User,
                folders: ONE_USER.iter().map(|f| tree::join(&home.path, f)).collect(),
                user: home.user.clone(),
                home: Some(home.path.clone()),
            };
            let shelf = self.shelf(&one);
            // A user's own link switches on a unit of all users.
            shared.enabled.extend(shelf.enabled.iter().cloned());
            homes.push((one, shelf));
        }
        self.report(&every, &shared, None);
        for (one, shelf) in homes {
            self.report(&one, &shelf, Some(&shared));
        }
    }

    fn shelf(&mut self, manager: &Manager) -> Shelf {
        let mut shelf = Shelf::default();
        for folder in &manager.folders {
            for path in self.entries(folder) {
                let name = tree::base(&path).to_vec();
                if let Some(unit) = name.strip_suffix(b".d") {
                    if is_unit(unit) {
                        let files = self.files(&path).into_iter().filter(|f| f.ends_with(b".conf"));
                        shelf.drop_ins.entry(unit.to_vec()).or_default().extend(files);
                    }
                } else if [b".wants".as_slice(), b".requires", b".upholds"].iter().any(|end| name.ends_with(end)) {
                    let wanted = tree::names(self.root, &path).unwrap_or_default();
                    shelf.enabled.extend(wanted.into_iter().map(OsStringExt::into_vec));
                } else if is_unit(&name) && !shelf.units.contains_key(&name) {
                    shelf.units.insert(name, path);
                }
            }
        }
        for files in shelf.drop_ins.values_mut() {
            // Read by name, whatever folder they are in.
            files.sort_by(|a, b| tree::base(a).cmp(tree::base(b)));
        }
        shelf.units = std::mem::take(&mut shelf.units)
            .into_iter()
            .filter_map(|(name, path)| {
                let counts = self.counting(manager, &name, &path)?;
                Some((name, counts))
            })
            .collect();
        shelf
    }

    /// The path under which a unit is told; none for one that is masked, or only another name of one told elsewhere.
    fn counting(&self, manager: &Manager, name: &[u8], path: &[u8]) -> Option<Vec<u8>> {
        let here = tree::follow_folders(self.root, path).ok()?;
        if !here.metadata.is_symlink() {
            return (here.metadata.is_file() && here.metadata.len() > 0).then(|| path.to_vec());
        }
        if std::fs::read_link(tree::real(self.root, &here.path)).is_ok_and(|t| t.as_os_str() == "/dev/null") {
            return None;
        }
        let place = tree::regular(self.root, path)?;
        let among_units = manager
            .folders
            .iter()
            .any(|f| tree::follow(self.root, f).is_ok_and(|f| f.path == tree::folder(&place.path)));
        match (among_units, tree::base(&place.path) == name) {
            (true, true) => Some(place.path),
            (true, false) => None,
            // Linked in from elsewhere: the link is what makes it a unit.
            (false, _) => Some(path.to_vec()),
        }
    }

    fn report(&mut self, manager: &Manager, shelf: &Shelf, shared: Option<&Shelf>) {
        for (name, path) in &shelf.units {
            if name.ends_with(b".timer") {
                let Some(whole) = self.whole(shelf, name, path) else { continue };
                self.timer(manager, shelf, shared, name, path, &whole);
            } else {
                let Some(own) = self.own(path) else { continue };
                self.service(manager, shelf, name, path, &own);
            }
        }
        // Each file is told for what it adds itself, so that an answer to it leaves the rest alone.
        for (name, files) in &shelf.drop_ins {
            if !name.ends_with(b".service") {
                continue;
            }
            for file in files {
                let Some(text) = self.text(file) else { continue };
                let mut unit = Unit::default();
                if unit.read(&text) {
                    self.service(manager, shelf, name, file, &Whole { unit, text, defined_in: file.clone() });
                }
            }
        }
    }

    /// A unit file alone.
    fn own(&mut self, path: &[u8]) -> Option<Whole> {
        let text = self.text(path)?;
        let mut own = Whole { unit: Unit::default(), text, defined_in: path.to_vec() };
        own.unit.read(&own.text);
        Some(own)
    }

    /// A unit file with what its drop-ins change.
    fn whole(&mut self, shelf: &Shelf, name: &[u8], path: &[u8]) -> Option<Whole> {
        let mut whole = self.own(path)?;
        for file in shelf.drop_ins.get(name).into_iter().flatten() {
            if let Some(text) = self.text(file)
                && whole.unit.read(&text)
            {
                // Who looks for the origin of the command must find the file that gave it.
                whole.defined_in.clone_from(file);
            }
        }
        Some(whole)
    }

    fn service(&mut self, manager: &Manager, shelf: &Shelf, name: &[u8], path: &[u8], whole: &Whole) {
        let command = whole.unit.command();
        let reading = whole.unit.reading(&self.unit_surroundings(manager), name);
        if command.is_empty() && !reading.preload {
            return;
        }
        let service = Service {
            name: lossless(name),
            path: DevicePath::from_bytes(path),
            scope: manager.scope,
            exec: lossless(&command),
            state: "unknown".to_owned(),
            enabled: is_enabled(shelf, name),
            digest: digest(&whole.text),
        };
        self.add(Entity::Service { service }, &reading, &whole.defined_in);
    }

    fn timer(
        &mut self,
        manager: &Manager,
        shelf: &Shelf,
        shared: Option<&Shelf>,
        name: &[u8],
        path: &[u8],
        whole: &Whole,
    ) {
        let mut wanted = whole.unit.starts_unit.clone().unwrap_or_else(|| {
            let mut stem = name.strip_suffix(b".timer").unwrap_or(name).to_vec();
            stem.extend_from_slice(b".service");
            stem
        });
        let own = |shelf: &Shelf, name: &[u8]| shelf.units.get(name).cloned();
        let mut found = own(shelf, &wanted).map(|p| (p, shelf));
        if found.is_none() {
            // `x@y.service` is made from `x@.service`.
            if let Some(at) = wanted.iter().position(|b| *b == b'@') {
                let mut template = wanted[..=at].to_vec();
                template.extend_from_slice(b".service");
                if shelf.units.contains_key(&template) {
                    wanted = template;
                }
            }
            found = own(shelf, &wanted)
                .map(|p| (p, shelf))
                .or_else(|| shared.and_then(|s| own(s, &wanted).map(|p| (p, s))));
        }
        let service = found.and_then(|(path, _)| self.own(&path));
        let reading =
            service.as_ref().map(|s| s.unit.reading(&self.unit_surroundings(manager), &wanted)).unwrap_or_default();
        let user = match service.as_ref().and_then(|s| s.unit.user.as_deref()) {
            Some(user) if manager.scope == ServiceScope::System => lossless(user),
            _ => manager.user.clone(),
        };
        let task = ScheduledTask {
            kind: TaskKind::SystemdTimer,
            name: lossless(name),
            path: DevicePath::from_bytes(path),
            command: service.as_ref().map(|s| lossless(&s.unit.command())).unwrap_or_default(),
            schedule: lossless(&whole.unit.schedule()),
            user,
            line: None,
            occurrence: 0,
            digest: digest(&whole.text),
            enabled: is_enabled(shelf, name),
        };
        self.add(Entity::ScheduledTask { scheduled_task: task }, &reading, path);
    }

    fn unit_surroundings<'m>(&'m self, manager: &'m Manager) -> Surroundings<'m> {
        Surroundings::new(self.root, manager.home.as_deref())
    }
}

fn is_unit(name: &[u8]) -> bool {
    name.ends_with(b".service") || name.ends_with(b".timer")
}

/// A `wants` or `requires` link exists, for a template: of one of its instances.
fn is_enabled(shelf: &Shelf, name: &[u8]) -> bool {
    if shelf.enabled.contains(name) {
        return true;
    }
    let Some(at) = name.windows(2).position(|w| w == b"@.") else { return false };
    let (stem, end) = (&name[..=at], &name[at + 1..]);
    shelf.enabled.iter().any(|e| e.starts_with(stem) && e.ends_with(end))
}
