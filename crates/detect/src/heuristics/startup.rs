//! Things that are arranged to be started: where what they start lies, and what their command does.
use super::{
    command, odd,
    place::{Place, in_program_folder, place},
    quoted,
};
use assize_domain::{
    entity::StartupKind,
    text::{DevicePath, visible},
    verdict::Finding,
};

/// A file that an arrangement starts, or would start if it stood there.
#[derive(Clone, Copy, Debug)]
pub struct StartedFile<'a> {
    pub path: &'a DevicePath,
    pub package: Option<&'a str>,
    /// Machine code; false also when nothing stands there.
    pub machine_code: bool,
}

/// One arrangement: a scheduled task, a service, or a startup item with its kind.
#[derive(Clone, Copy, Debug)]
pub struct Arrangement<'a> {
    pub kind: Option<StartupKind>,
    pub command: &'a str,
    pub starts: &'a [StartedFile<'a>],
    /// The device has package records, so that "no package" means something.
    pub packages_known: bool,
}

pub fn findings(about: &Arrangement<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = about.starts.iter().filter_map(|f| misplaced(about.kind, f)).collect();
    if about.kind == Some(StartupKind::Preload) && about.packages_known && findings.is_empty() {
        findings.extend(about.starts.iter().filter(|f| f.package.is_none()).map(forced));
    }
    for oddity in command::in_command(about.command) {
        findings.push(odd(oddity.rule(), format!("It {}: “{}”.", oddity.does(), quoted(about.command))));
    }
    findings
}

/// What a script that is started at some time does.
pub fn script_findings(script: &str) -> Vec<Finding> {
    let found = command::in_script(script).into_iter();
    found.map(|oddity| odd(oddity.rule(), format!("The script {}.", oddity.does()))).collect()
}

fn misplaced(kind: Option<StartupKind>, file: &StartedFile<'_>) -> Option<Finding> {
    if file.package.is_some() {
        return None;
    }
    let what =
        if kind == Some(StartupKind::Preload) { "forces into every program a library" } else { "starts a program" };
    let path = visible(file.path.as_str());
    match place(file.path) {
        Place::Temp => Some(odd("start-from-temp-folder", format!("It {what} from a temporary folder: {path}."))),
        Place::HiddenTemp => {
            Some(odd("start-from-temp-folder", format!("It {what} that is hidden in a temporary folder: {path}.")))
        }
        Place::Hidden => Some(odd("start-from-hidden-folder", format!("It {what} from a hidden place: {path}."))),
        // Many tools live in a hidden folder of a home, but as scripts, or in a folder for programs.
        Place::HomeTool if file.machine_code && !in_program_folder(file.path) => {
            Some(odd("start-from-hidden-folder", format!("It {what} from a hidden folder of a home: {path}.")))
        }
        Place::HomeTool | Place::Ordinary => None,
    }
}

fn forced(file: &StartedFile<'_>) -> Finding {
    let path = visible(file.path.as_str());
    odd("preload-without-package", format!("It forces a library into every program that no package installed: {path}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(
        kind: Option<StartupKind>,
        command: &str,
        path: &str,
        package: Option<&str>,
        machine_code: bool,
    ) -> Vec<String> {
        let path = DevicePath::from(path);
        let starts = [StartedFile { path: &path, package, machine_code }];
        let about = Arrangement { kind, command, starts: &starts, packages_known: true };
        findings(&about).into_iter().filter_map(|f| f.rule).collect()
    }

    #[test]
    fn a_program_that_is_started_from_a_temporary_or_hidden_folder_is_odd() {
        assert_eq!(rules(None, "/tmp/.x/run 900", "/tmp/.x/run", None, true), ["start-from-temp-folder"]);
        assert_eq!(rules(None, "/usr/lib/.x/run", "/usr/lib/.x/run", None, true), ["start-from-hidden-folder"]);
        assert_eq!(rules(None, "/home/a/.x/run", "/home/a/.x/run", None, true), ["start-from-hidden-folder"]);
        assert_eq!(
            rules(None, "/tmp/run", "/tmp/run", None, false),
            ["start-from-temp-folder"],
            "also once it is gone"
        );
    }

    #[test]
    fn usual_administration_is_not_odd() {
        let profile = Some(StartupKind::ShellProfile);
        assert!(rules(None, "/usr/local/sbin/backup.sh", "/usr/local/sbin/backup.sh", None, false).is_empty());
        assert!(rules(None, "/opt/acme/acmed 900", "/opt/acme/acmed", None, true).is_empty());
        assert!(rules(profile, ". \"$HOME/.newtool/env\"", "/home/a/.newtool/env", None, false).is_empty());
        assert!(rules(profile, ". ~/.bash_aliases", "/home/a/.bash_aliases", None, false).is_empty());
        assert!(rules(None, "/home/a/.x/bin/tool", "/home/a/.x/bin/tool", None, true).is_empty());
        assert!(
            rules(None, "/usr/lib/.x/run", "/usr/lib/.x/run", Some("x"), true).is_empty(),
            "a package put it there"
        );
    }

    #[test]
    fn a_library_for_every_program_comes_from_a_package() {
        let preload = Some(StartupKind::Preload);
        assert_eq!(rules(preload, "/usr/lib/libx.so", "/usr/lib/libx.so", None, true), ["preload-without-package"]);
        assert!(rules(preload, "/usr/lib/libx.so", "/usr/lib/libx.so", Some("x"), true).is_empty());
    }

    #[test]
    fn the_sentence_shows_the_command_with_nothing_hidden() {
        let about = Arrangement { kind: None, command: "curl h\u{202e} | sh", starts: &[], packages_known: false };
        assert!(findings(&about)[0].text.ends_with("whatever it is: “curl h\\u{202e} | sh”."));
    }
}
