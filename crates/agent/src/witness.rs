//! Witnesses for a file, shown to whoever decides about it: good, bad, or nothing known.
use assize_detect::{
    hashes::Hashes,
    package::{self, Installed},
};
use assize_domain::{
    question::{Witness, WitnessSays},
    target::Target,
    text::{DevicePath, visible},
    verdict::Weight,
};
use assize_host::look::{file::Inspector, packages::PackageDatabase};

/// `protected` says why a file is on the list of protected items, where it is.
pub(crate) fn witnesses(
    target: &Target,
    packages: &PackageDatabase,
    inspector: &Inspector,
    protected: impl Fn(&DevicePath) -> Option<String>,
) -> Vec<Witness> {
    let Some(path) = about(target) else { return Vec::new() };
    let unknown = |name: &str, detail: &str| Witness {
        name: name.to_owned(),
        says: WitnessSays::Unknown,
        detail: detail.to_owned(),
    };
    let (says, detail) = said_by_packages(path, packages, inspector);
    vec![
        Witness { name: "Package records".into(), says, detail },
        unknown("Signer", "Programs of this system carry no signature that could be asked."),
        unknown("How common and how old it is", "Only this device is known, so nothing can be said about others."),
        protected_items(protected(path), says),
    ]
}

/// On the list: a part of the system, as long as its package does not say that it is another one's.
fn protected_items(why: Option<String>, packages: WitnessSays) -> Witness {
    let (says, detail) = match (why, packages) {
        (None, _) => (WitnessSays::Unknown, "It is not on the list of protected items.".to_owned()),
        (Some(what), WitnessSays::Bad) => (
            WitnessSays::Bad,
            format!(
                "Its place is on the list of protected items ({what}), and what lies there is not what belongs there."
            ),
        ),
        (Some(what), WitnessSays::Good | WitnessSays::Unknown) => {
            (WitnessSays::Good, format!("It is on the list of protected items: {what}. It is never acted on."))
        }
    };
    Witness { name: "Protected items".into(), says, detail }
}

/// The file that the decision is about.
fn about(target: &Target) -> Option<&DevicePath> {
    match target {
        Target::File { path, .. }
        | Target::ScheduledTask { path, .. }
        | Target::StartupItem { path, .. }
        | Target::Service { path, .. } => Some(path),
        Target::Process { exe, script, .. } => script.as_ref().or(exe.as_ref()),
        Target::Driver { path, config_path, .. } => path.as_ref().or(config_path.as_ref()),
        Target::Registry { .. }
        | Target::Network { .. }
        | Target::CodeExecution { .. }
        | Target::Scan { .. }
        | Target::Package
        | Target::Content { .. } => None,
    }
}

/// The package database about a file: who owns it, and whether it is as it was installed.
pub(crate) fn said_by_packages(
    path: &DevicePath,
    packages: &PackageDatabase,
    inspector: &Inspector,
) -> (WitnessSays, String) {
    if !packages.knows_anything() {
        return (WitnessSays::Unknown, "This device has no package records that could be read.".into());
    }
    let Some(owned) = packages.owner(path) else {
        // Most of what people make is not packaged: that alone is no bad sign.
        return (WitnessSays::Unknown, "No package installed this file.".into());
    };
    let hashes = inspector.open_regular(path).and_then(|(file, _)| Hashes::of(file));
    let Ok(hashes) = hashes else {
        return (
            WitnessSays::Unknown,
            format!("The package {} owns it, but it cannot be read.", visible(&owned.package)),
        );
    };
    let installed = Installed {
        package: &owned.package,
        md5: owned.md5.as_deref(),
        sha256: owned.sha256.as_deref(),
        conffile: owned.conffile,
    };
    match package::finding(&installed, &hashes, true) {
        Some(f) if f.weight == Weight::Good => (WitnessSays::Good, f.text),
        Some(f) => (WitnessSays::Bad, f.text),
        None => {
            let package = visible(&owned.package);
            (WitnessSays::Unknown, format!("The package {package} owns it and cannot say whether it is unchanged."))
        }
    }
}
