//! Programs whose business is to run another one, and the shell's own words.
use super::{assignment, lexer::Word};

/// How to find the command inside a wrapper's arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrapper {
    name: &'static str,
    /// Options that take the next word. An option written `--long=value` or `-n5` takes none.
    valued: &'static [&'static str],
    /// Options whose value is shell text.
    code: &'static [&'static str],
    /// Options whose value is the program.
    program: &'static [&'static str],
    /// Words before the command: the duration of `timeout`, the lock file of `flock`.
    before: usize,
    /// `NAME=value` may stand before the command.
    assigns: bool,
}

pub(super) enum Inside {
    /// The command begins at this word.
    Command(usize),
    /// This word is shell text.
    Shell(usize),
}

const PLAIN: Wrapper = Wrapper { name: "", valued: &[], code: &[], program: &[], before: 0, assigns: false };

const WRAPPERS: [Wrapper; 34] = [
    Wrapper { name: "env", valued: &["-u", "--unset", "-C", "--chdir"], code: &["-S"], assigns: true, ..PLAIN },
    Wrapper { name: "nohup", ..PLAIN },
    Wrapper { name: "setsid", ..PLAIN },
    Wrapper { name: "exec", valued: &["-a"], ..PLAIN },
    Wrapper { name: "command", ..PLAIN },
    Wrapper { name: "builtin", ..PLAIN },
    Wrapper { name: "time", valued: &["-f", "-o"], ..PLAIN },
    Wrapper {
        name: "sudo",
        valued: &["-u", "-g", "-p", "-C", "-h", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group"],
        assigns: true,
        ..PLAIN
    },
    Wrapper { name: "doas", valued: &["-u", "-C"], ..PLAIN },
    Wrapper { name: "su", valued: &["-s", "-g", "-G", "-w"], code: &["-c", "--command"], before: 1, ..PLAIN },
    Wrapper { name: "runuser", valued: &["-u", "-s", "-g", "-G", "-w"], code: &["-c", "--command"], ..PLAIN },
    Wrapper { name: "setpriv", ..PLAIN },
    Wrapper { name: "timeout", valued: &["-k", "-s", "--kill-after", "--signal"], before: 1, ..PLAIN },
    Wrapper { name: "nice", valued: &["-n", "--adjustment"], ..PLAIN },
    Wrapper { name: "ionice", valued: &["-c", "-n", "--class", "--classdata"], ..PLAIN },
    Wrapper { name: "chrt", before: 1, ..PLAIN },
    Wrapper { name: "taskset", before: 1, ..PLAIN },
    Wrapper { name: "stdbuf", valued: &["-i", "-o", "-e"], ..PLAIN },
    Wrapper { name: "xargs", valued: &["-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"], ..PLAIN },
    Wrapper { name: "flock", valued: &["-w", "-E", "--timeout"], code: &["-c", "--command"], before: 1, ..PLAIN },
    Wrapper { name: "chroot", before: 1, ..PLAIN },
    Wrapper { name: "unshare", ..PLAIN },
    Wrapper { name: "nsenter", valued: &["-t", "--target"], ..PLAIN },
    Wrapper { name: "systemd-run", valued: &["-p", "-u", "-M", "-H", "-E"], ..PLAIN },
    Wrapper { name: "systemd-cat", valued: &["-t", "-p"], ..PLAIN },
    Wrapper { name: "systemd-inhibit", ..PLAIN },
    Wrapper { name: "chronic", ..PLAIN },
    Wrapper { name: "cronic", ..PLAIN },
    Wrapper { name: "dbus-launch", ..PLAIN },
    Wrapper { name: "dbus-run-session", ..PLAIN },
    Wrapper { name: "daemonize", valued: &["-a", "-c", "-e", "-o", "-p", "-l", "-u", "-E"], ..PLAIN },
    Wrapper { name: "screen", valued: &["-S", "-c", "-t", "-T", "-h", "-e", "-s", "-p", "-L"], ..PLAIN },
    Wrapper {
        name: "start-stop-daemon",
        valued: &[
            "-p",
            "-u",
            "-c",
            "-g",
            "-r",
            "-d",
            "-N",
            "-k",
            "--pidfile",
            "--user",
            "--chuid",
            "--chdir",
            "--name",
        ],
        program: &["-x", "-a", "--exec", "--startas"],
        ..PLAIN
    },
    Wrapper { name: "script", code: &["-c", "--command"], before: usize::MAX, ..PLAIN },
];

impl Wrapper {
    pub(super) fn called(base: &[u8]) -> Option<Self> {
        if base.starts_with(b"ld-linux") || base.starts_with(b"ld-musl") {
            // The loader of programs runs the program that follows it.
            return Some(Self { valued: &["--library-path", "--preload", "--audit", "--argv0"], ..PLAIN });
        }
        WRAPPERS.iter().find(|w| w.name.as_bytes() == base).copied()
    }

    pub(super) fn inside(&self, words: &[Word]) -> Inside {
        let is = |options: &[&str], word: &[u8]| options.iter().any(|o| o.as_bytes() == word);
        // `su user -c "…"` names its shell text behind the user.
        if let Some(at) = words.iter().position(|w| is(self.code, &w.text)) {
            let before_command = words[..at].iter().filter(|w| !w.text.starts_with(b"-")).count();
            let by_user = match self.name {
                "su" => true,
                "runuser" => !words.iter().any(|w| w.text == b"-u"),
                _ => false,
            };
            if by_user || before_command <= self.before {
                return Inside::Shell(at + 1);
            }
        }
        let mut at = 0;
        let mut before = self.before;
        while let Some(word) = words.get(at) {
            let text = word.text.as_slice();
            if is(self.program, text) {
                return Inside::Command(at + 1);
            }
            if text == b"--" {
                at += 1;
                break;
            }
            if text.starts_with(b"-") && text.len() > 1 {
                at += if is(self.valued, text) { 2 } else { 1 };
            } else if text == b"-" || (self.assigns && assignment(text).is_some()) {
                at += 1;
            } else if before > 0 {
                before -= 1;
                at += 1;
            } else {
                break;
            }
        }
        Inside::Command(at)
    }
}

/// Words after which another command begins.
pub(super) const GRAMMAR: [&[u8]; 10] = [b"if", b"then", b"elif", b"else", b"while", b"until", b"do", b"!", b"{", b"}"];

/// Words that run no program, or whose program says nothing (`echo`).
pub(super) const BUILTINS: [&[u8]; 58] = [
    b"fi",
    b"done",
    b"esac",
    b"for",
    b"case",
    b"select",
    b"function",
    b"in",
    b"[",
    b"[[",
    b"]]",
    b"test",
    b":",
    b"cd",
    b"echo",
    b"printf",
    b"true",
    b"false",
    b"set",
    b"unset",
    b"umask",
    b"ulimit",
    b"shift",
    b"return",
    b"exit",
    b"break",
    b"continue",
    b"read",
    b"wait",
    b"kill",
    b"type",
    b"hash",
    b"pushd",
    b"popd",
    b"shopt",
    b"bind",
    b"complete",
    b"compgen",
    b"compopt",
    b"let",
    b"getopts",
    b"jobs",
    b"fg",
    b"bg",
    b"disown",
    b"history",
    b"fc",
    b"dirs",
    b"enable",
    b"help",
    b"logout",
    b"mapfile",
    b"readarray",
    b"unalias",
    b"setopt",
    b"autoload",
    b"zstyle",
    b"sleep",
];
