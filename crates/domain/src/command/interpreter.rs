//! Interpreters and wrappers: programs whose own file says nothing about what runs.

/// An interpreter: which options carry code, which carry a value, which name the script.
pub(super) struct Interpreter {
    names: &'static [&'static str],
    /// The next word is code.
    code: &'static [&'static str],
    /// One-letter options may stand together, code letter last (`-lc`, `-ne`).
    letters: &'static str,
    /// The next word belongs to the option.
    value: &'static [&'static str],
    /// The next word is the script.
    file: &'static [&'static str],
    pub(super) shell: bool,
}

/// What an interpreter was told to run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Runs {
    Script(usize),
    /// Code in this word.
    Code(usize),
    /// Code that is a module or part of an option.
    Inline,
    Input,
}

const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        names: &["sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "fish", "csh", "tcsh"],
        code: &["-c", "--command"],
        letters: "c",
        value: &["-o", "+o", "-O", "+O", "--rcfile", "--init-file"],
        file: &[],
        shell: true,
    },
    Interpreter {
        names: &["python", "pypy"],
        code: &["-c", "-m"],
        letters: "c",
        value: &["-W", "-X", "-Q"],
        file: &[],
        shell: false,
    },
    Interpreter { names: &["perl"], code: &["-e", "-E"], letters: "eE", value: &["-I"], file: &[], shell: false },
    Interpreter { names: &["ruby"], code: &["-e"], letters: "e", value: &["-I", "-r"], file: &[], shell: false },
    Interpreter {
        names: &["php", "php-cgi"],
        code: &["-r", "--run", "-B", "-R"],
        letters: "",
        value: &["-d", "-c", "-z"],
        file: &["-f", "--file", "-F"],
        shell: false,
    },
    Interpreter {
        names: &["node", "nodejs", "deno", "bun"],
        code: &["-e", "--eval", "-p", "--print"],
        letters: "",
        value: &["-r", "--require", "--import"],
        file: &[],
        shell: false,
    },
    Interpreter {
        names: &["lua", "luajit", "tclsh", "wish", "expect", "Rscript", "gjs", "guile"],
        code: &["-e", "-c"],
        letters: "",
        value: &["-l"],
        file: &["-f"],
        shell: false,
    },
    Interpreter {
        names: &["awk", "gawk", "mawk"],
        code: &["-e"],
        letters: "",
        value: &["-v", "-F"],
        file: &["-f"],
        shell: false,
    },
    Interpreter { names: &["osascript"], code: &["-e"], letters: "", value: &["-l"], file: &[], shell: false },
    Interpreter {
        names: &["java"],
        code: &[],
        letters: "",
        value: &["-cp", "-classpath", "--class-path"],
        file: &["-jar"],
        shell: false,
    },
    Interpreter {
        names: &["pwsh", "powershell"],
        code: &["-Command", "-c", "-EncodedCommand", "-e", "-enc"],
        letters: "",
        value: &["-ExecutionPolicy", "-ep", "-WindowStyle", "-w", "-Version"],
        file: &["-File", "-f"],
        shell: false,
    },
];

/// The interpreter of this name, whatever its folder and version (`/usr/bin/python3.11`, `php8.2`).
pub(super) fn interpreter(program: &str) -> Option<&'static Interpreter> {
    let name = base(program);
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.iter().find(|i| i.names.contains(&name) || (!bare.is_empty() && i.names.contains(&bare)))
}

impl Interpreter {
    /// Which of the words after the interpreter's own is run.
    pub(super) fn runs(&self, words: &[&str]) -> Runs {
        let awk = self.names.contains(&"awk");
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let next = |runs: fn(usize) -> Runs| if at + 1 < words.len() { runs(at + 1) } else { Runs::Input };
            if *word == "-" || (self.shell && (*word == "-s" || *word == "--stdin")) {
                return Runs::Input;
            }
            if *word == "--" {
                return next(Runs::Script);
            }
            if *word == "-m" && self.code.contains(&"-m") {
                return Runs::Inline;
            }
            if self.code.contains(word) || self.code_letters(word) {
                return next(Runs::Code);
            }
            if self.file.contains(word) {
                return next(Runs::Script);
            }
            if self.value.contains(word) {
                at += 2;
            } else if word.len() > 1 && (word.starts_with('-') || (self.shell && word.starts_with('+'))) {
                at += 1;
            } else {
                // The first plain word of awk is its program text.
                return if awk { Runs::Inline } else { Runs::Script(at) };
            }
        }
        Runs::Input
    }

    fn code_letters(&self, word: &str) -> bool {
        let Some(letters) = word.strip_prefix('-') else { return false };
        letters.len() > 1
            && letters.chars().all(|c| c.is_ascii_alphanumeric())
            && letters.ends_with(|c| self.letters.contains(c))
    }
}

/// A program that only starts another: its options with a value, and how many plain words stand before the command.
pub(super) struct Wrapper {
    names: &'static [&'static str],
    value: &'static [&'static str],
    plain: usize,
    /// The word after this option is a whole command line.
    line: &'static [&'static str],
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &["nohup", "setsid", "command", "builtin", "time", "chronic", "cronic", "dbus-run-session", "catchsegv"],
        value: &[],
        plain: 0,
        line: &[],
    },
    Wrapper { names: &["exec"], value: &["-a"], plain: 0, line: &[] },
    Wrapper { names: &["env"], value: &["-u", "--unset", "-C", "--chdir"], plain: 0, line: &["-S", "--split-string"] },
    Wrapper { names: &["nice"], value: &["-n", "--adjustment"], plain: 0, line: &[] },
    Wrapper { names: &["ionice"], value: &["-c", "-n", "--class", "--classdata"], plain: 0, line: &[] },
    Wrapper { names: &["timeout"], value: &["-k", "-s", "--kill-after", "--signal"], plain: 1, line: &[] },
    Wrapper {
        names: &["sudo", "doas"],
        value: &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-D", "-R", "-T", "-U", "--user", "--group"],
        plain: 0,
        line: &[],
    },
    Wrapper {
        names: &["runuser"],
        value: &["-u", "-g", "-G", "-s", "--user", "--shell"],
        plain: 0,
        line: &["-c", "--command"],
    },
    Wrapper { names: &["su"], value: &["-s", "-g", "-G", "--shell"], plain: 0, line: &["-c", "--command"] },
    Wrapper { names: &["stdbuf"], value: &["-i", "-o", "-e"], plain: 0, line: &[] },
    Wrapper { names: &["chrt", "taskset"], value: &[], plain: 1, line: &[] },
    Wrapper { names: &["flock"], value: &["-w", "-E", "--wait", "--timeout"], plain: 1, line: &["-c", "--command"] },
    Wrapper { names: &["chroot"], value: &[], plain: 1, line: &[] },
    Wrapper { names: &["unshare", "nsenter"], value: &["-S", "-G", "-t", "--target"], plain: 0, line: &[] },
    Wrapper {
        names: &["systemd-run", "systemd-inhibit", "systemd-cat"],
        value: &["-p", "-u", "-t", "-H", "-M", "-E", "--unit", "--property", "--uid", "--gid", "--identifier"],
        plain: 0,
        line: &[],
    },
    Wrapper { names: &["xargs"], value: &["-I", "-n", "-P", "-L", "-s", "-d", "-a", "-E"], plain: 0, line: &[] },
    Wrapper { names: &["busybox", "toybox"], value: &[], plain: 0, line: &[] },
];

pub(super) fn wrapper(program: &str) -> Option<&'static Wrapper> {
    let name = base(program);
    let loader = (name.starts_with("ld-linux") || name.starts_with("ld-musl")) && name.contains(".so");
    // The dynamic loader called by name starts its first plain word.
    const LOADER: &Wrapper =
        &Wrapper { names: &[], value: &["--library-path", "--preload", "--argv0", "--audit"], plain: 0, line: &[] };
    if loader { Some(LOADER) } else { WRAPPERS.iter().find(|w| w.names.contains(&name)) }
}

/// What a wrapper starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Starts {
    /// The command begins at this word.
    Words(usize),
    /// This word is a command line of its own.
    Line(usize),
    Nothing,
}

impl Wrapper {
    pub(super) fn starts(&self, words: &[&str]) -> Starts {
        let mut at = 0;
        let mut plain = self.plain;
        // `su NAME -c LINE`: the line may come after the name.
        if self.names.contains(&"su") {
            let line = words.iter().position(|w| self.line.contains(w)).map(|i| i + 1).filter(|i| *i < words.len());
            return line.map_or(Starts::Nothing, Starts::Line);
        }
        while let Some(word) = words.get(at) {
            if self.line.contains(word) {
                return if at + 1 < words.len() { Starts::Line(at + 1) } else { Starts::Nothing };
            }
            if *word == "--" {
                at += 1;
                break;
            }
            if self.value.contains(word) {
                at += 2;
            } else if (word.len() > 1 && word.starts_with('-')) || assignment(word) {
                at += 1;
            } else if plain > 0 {
                plain -= 1;
                at += 1;
            } else {
                break;
            }
        }
        if at < words.len() { Starts::Words(at) } else { Starts::Nothing }
    }
}

/// `NAME=value` before a command.
pub(super) fn assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.trim_end_matches('+').chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// The last component of a program's path.
pub(super) fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
