//! What the system runs beside boot, login and timetables: generators, scripts for network and sleep, the greeting, and
//! the commands that package manager, logins, log rotation and init are told to run.
use super::{Look, lines, word};
use crate::look::{
    command::{Reading, Surroundings, arguments},
    tree,
};
use assize_domain::entity::StartupKind;

/// Every file in these is run as root, some by its name, some as a program.
const FOLDERS: [&[u8]; 27] = [
    b"/etc/systemd/system-generators",
    b"/run/systemd/system-generators",
    b"/usr/local/lib/systemd/system-generators",
    b"/etc/systemd/user-generators",
    b"/usr/local/lib/systemd/user-generators",
    b"/etc/systemd/system-environment-generators",
    b"/etc/systemd/system-sleep",
    b"/etc/systemd/system-shutdown",
    b"/etc/update-motd.d",
    b"/etc/NetworkManager/dispatcher.d",
    b"/etc/NetworkManager/dispatcher.d/pre-up.d",
    b"/etc/NetworkManager/dispatcher.d/pre-down.d",
    b"/etc/NetworkManager/dispatcher.d/no-wait.d",
    b"/etc/networkd-dispatcher/routable.d",
    b"/etc/networkd-dispatcher/off.d",
    b"/etc/network/if-up.d",
    b"/etc/network/if-down.d",
    b"/etc/network/if-pre-up.d",
    b"/etc/network/if-post-down.d",
    b"/etc/ppp/ip-up.d",
    b"/etc/ppp/ip-down.d",
    b"/etc/dhcp/dhclient-enter-hooks.d",
    b"/etc/dhcp/dhclient-exit-hooks.d",
    b"/etc/kernel/postinst.d",
    b"/etc/pm/sleep.d",
    b"/etc/resolvconf/update.d",
    b"/etc/X11/Xsession.d",
];

/// Where modules that decide about logins belong.
const MODULE_FOLDERS: [&[u8]; 3] = [b"/usr/lib", b"/lib", b"/usr/local/lib"];

impl Look<'_> {
    pub(super) fn hooks(&mut self) {
        for folder in FOLDERS {
            for path in self.files(folder) {
                self.hook_script(&path);
            }
        }
        self.package_manager();
        self.logins();
        self.log_rotation();
        self.inittab();
    }

    fn hook_script(&mut self, path: &[u8]) {
        let Some(text) = self.text(path) else { return };
        let reading = self.script(path, &text);
        self.add_file(StartupKind::SystemHook, path, &text, path, "root", &reading);
    }

    /// `DPkg::Post-Invoke {"command";};` of apt, in one line or several, and `post-invoke=command` of dpkg.
    fn package_manager(&mut self) {
        let mut files = self.files(b"/etc/apt/apt.conf.d");
        files.push(b"/etc/apt/apt.conf".to_vec());
        for path in files {
            let Some(text) = self.text(&path) else { continue };
            let on_lines: Vec<_> = lines(&text).into_iter().map(|line| (apt_commands(line.bytes), line)).collect();
            let together = apt_commands(&text);
            // A statement over several lines is told as its file: none of its lines says all of it.
            if on_lines.iter().map(|(commands, _)| commands.len()).sum::<usize>() < together.len() {
                let command = together.join(b"; ".as_slice());
                let reading = self.surroundings(None).shell(&command);
                self.add_file(StartupKind::SystemHook, &path, &text, &command, "root", &reading);
                continue;
            }
            for (commands, line) in on_lines.iter().filter(|(commands, _)| !commands.is_empty()) {
                let command = commands.join(b"; ".as_slice());
                let reading = self.surroundings(None).shell(&command);
                self.add_line(StartupKind::SystemHook, &path, line, &command, "root", &reading);
            }
        }
        let mut files = self.files(b"/etc/dpkg/dpkg.cfg.d");
        files.push(b"/etc/dpkg/dpkg.cfg".to_vec());
        for path in files {
            let Some(text) = self.text(&path) else { continue };
            for line in lines(&text) {
                let Some((b"pre-invoke" | b"post-invoke", command)) = option(line.bytes) else { continue };
                let reading = self.surroundings(None).shell(command);
                self.add_line(StartupKind::SystemHook, &path, &line, command, "root", &reading);
            }
        }
    }

    /// Programs and modules that decide about logins (PAM).
    fn logins(&mut self) {
        let mut files = self.files(b"/etc/pam.d");
        files.push(b"/etc/pam.conf".to_vec());
        for path in files {
            let Some(text) = self.text(&path) else { continue };
            for line in lines(&text) {
                let Some((module, rest)) = login_module(line.bytes) else { continue };
                let reading = if tree::base(module) == b"pam_exec.so" {
                    let all = arguments(rest);
                    let from = all.iter().position(|w| w.starts_with(b"/")).unwrap_or(all.len());
                    Surroundings::new(self.root, None).program(&all[from..])
                } else if module.starts_with(b"/") && !MODULE_FOLDERS.iter().any(|f| module.starts_with(f)) {
                    // Loaded by every program that asks for a login; a module in its usual folder is a file like others there.
                    let starts = tree::regular(self.root, module).map(|place| place.path).into_iter().collect();
                    Reading { program: Some(module.to_vec()), starts, runs: true, preload: false }
                } else {
                    continue;
                };
                self.add_line(StartupKind::SystemHook, &path, &line, line.bytes.trim_ascii(), "root", &reading);
            }
        }
    }

    /// What is run before and after logs are put away.
    fn log_rotation(&mut self) {
        let mut files = self.files(b"/etc/logrotate.d");
        files.push(b"/etc/logrotate.conf".to_vec());
        for path in files {
            let Some(text) = self.text(&path) else { continue };
            let mut commands: Vec<&[u8]> = Vec::new();
            let mut inside = false;
            for line in lines(&text) {
                match line.bytes.trim_ascii() {
                    b"prerotate" | b"postrotate" | b"firstaction" | b"lastaction" | b"preremove" => inside = true,
                    b"endscript" => inside = false,
                    command if inside && !command.is_empty() && !command.starts_with(b"#") => commands.push(command),
                    _ => {}
                }
            }
            if commands.is_empty() {
                continue;
            }
            let reading = self.surroundings(None).shell(&commands.join(&b'\n'));
            self.add_file(StartupKind::SystemHook, &path, &text, &commands.join(b"; ".as_slice()), "root", &reading);
        }
    }

    /// `id:runlevels:action:command`
    fn inittab(&mut self) {
        const PATH: &[u8] = b"/etc/inittab";
        let Some(text) = self.text(PATH) else { return };
        for line in lines(&text) {
            let trimmed = line.bytes.trim_ascii();
            let Some(command) = trimmed.splitn(4, |b| *b == b':').nth(3).map(<[u8]>::trim_ascii) else { continue };
            if trimmed.starts_with(b"#") || command.is_empty() {
                continue;
            }
            let reading = self.surroundings(None).shell(command.strip_prefix(b"+").unwrap_or(command));
            self.add_line(StartupKind::SystemHook, PATH, &line, command, "root", &reading);
        }
    }
}

/// `name=value`, outside comments.
fn option(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii();
    let at = line.iter().position(|b| *b == b'=').filter(|_| !line.starts_with(b"#"))?;
    Some((line[..at].trim_ascii(), line[at + 1..].trim_ascii()))
}

/// The module of a line and its arguments: `type control module arguments`, where control may be `[a=b c=d]` and, in the
/// one file for all, the service stands first.
fn login_module(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii();
    if line.starts_with(b"#") || line.starts_with(b"@") {
        return None;
    }
    let mut rest = line;
    loop {
        let (first, after) = if rest.starts_with(b"[") {
            let end = rest.iter().position(|b| *b == b']')? + 1;
            (&rest[..end], rest[end..].trim_ascii_start())
        } else {
            word(rest)?
        };
        if first.ends_with(b".so") || first.starts_with(b"/") {
            return Some((first, after));
        }
        rest = after;
    }
}

/// The quoted commands of every statement whose name says that it runs something.
fn apt_commands(text: &[u8]) -> Vec<Vec<u8>> {
    let mut commands = Vec::new();
    let mut name: Vec<u8> = Vec::new();
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(&b) = text.get(at) {
        let rest = &text[at..];
        if rest.starts_with(b"//") || (b == b'#' && !rest.starts_with(b"#include") && !rest.starts_with(b"#clear")) {
            at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with(b"/*") {
            at += rest.windows(2).position(|w| w == b"*/").map_or(rest.len(), |end| end + 2);
            continue;
        }
        at += 1;
        match b {
            b'"' => {
                let length = rest[1..].iter().position(|b| *b == b'"').unwrap_or(rest.len() - 1);
                if runs_something(&name) {
                    commands.push(rest[1..=length].to_vec());
                }
                at += length + 1;
            }
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            // The name goes for everything between its braces.
            b';' if depth == 0 => name.clear(),
            b';' => {}
            _ => name.push(b.to_ascii_lowercase()),
        }
    }
    commands
}

fn runs_something(name: &[u8]) -> bool {
    [b"-invoke".as_slice(), b"-install-pkgs", b"invoke-success", b"::proxy-auto-detect"]
        .iter()
        .any(|part| name.windows(part.len()).any(|w| w == *part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        apt_commands(text.as_bytes()).into_iter().map(|c| String::from_utf8(c).unwrap()).collect()
    }

    #[test]
    fn the_commands_of_the_package_manager_are_read_out_of_its_statements() {
        assert_eq!(told("DPkg::Post-Invoke {\"rm -f /a || true\"; };\n"), ["rm -f /a || true"]);
        assert_eq!(
            told("DPkg {\n  Pre-Install-Pkgs { \"/usr/sbin/x --apt || true\"; };\n};"),
            ["/usr/sbin/x --apt || true"]
        );
        assert_eq!(told("// DPkg::Post-Invoke {\"a\"};\n# b \"c\"\n/* Pre-Invoke \"d\" */"), [""; 0]);
        assert_eq!(told("APT::Periodic::Enable \"1\";\nDir::Cache \"\";\n"), [""; 0]);
        assert_eq!(told("APT::Update::Post-Invoke-Success { \"unclosed"), ["unclosed"]);
    }

    #[test]
    fn a_login_module_is_found_behind_whatever_controls_it() {
        for (line, expected) in [
            ("auth optional pam_exec.so quiet /tmp/x", Some(("pam_exec.so", "quiet /tmp/x"))),
            ("auth [success=1 default=ignore] pam_unix.so nullok", Some(("pam_unix.so", "nullok"))),
            ("sshd session required /tmp/.m.so", Some(("/tmp/.m.so", ""))),
            ("@include common-auth", None),
            ("# auth required pam_exec.so", None),
        ] {
            let found = login_module(line.as_bytes());
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            assert_eq!(found.map(|(m, r)| (text(m), text(r))), expected.map(|(m, r)| (m.into(), r.into())), "{line}");
        }
    }
}
