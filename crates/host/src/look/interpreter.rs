//! Programs that run other files: shells, script languages, wrappers; known by the name of their image.

/// What an interpreter does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// File name, which may be followed by a version (`python3.11`).
    name: &'static str,
    shell: bool,
    /// Options whose argument is program text: then no file is run.
    code: &'static [&'static str],
    /// Options that take the next argument.
    valued: &'static [&'static str],
    /// Options whose argument is the file that is run.
    file: &'static [&'static str],
}

const SHELL: Interpreter = Interpreter {
    name: "sh",
    shell: true,
    code: &["-c"],
    valued: &["-o", "+o", "-O", "+O", "--rcfile", "--init-file"],
    file: &[],
};

const INTERPRETERS: [Interpreter; 19] = [
    SHELL,
    Interpreter { name: "bash", ..SHELL },
    Interpreter { name: "rbash", ..SHELL },
    Interpreter { name: "dash", ..SHELL },
    Interpreter { name: "ash", ..SHELL },
    Interpreter { name: "zsh", ..SHELL },
    Interpreter { name: "ksh", ..SHELL },
    Interpreter { name: "mksh", ..SHELL },
    Interpreter { name: "fish", ..SHELL },
    Interpreter { name: "csh", ..SHELL },
    Interpreter { name: "tcsh", ..SHELL },
    Interpreter {
        name: "python",
        shell: false,
        code: &["-c", "-m"],
        valued: &["-W", "-X", "--check-hash-based-pycs"],
        file: &[],
    },
    Interpreter { name: "pypy", shell: false, code: &["-c", "-m"], valued: &["-W", "-X"], file: &[] },
    Interpreter { name: "perl", shell: false, code: &["-e", "-E"], valued: &["-I"], file: &[] },
    Interpreter { name: "ruby", shell: false, code: &["-e"], valued: &["-I", "-r", "-C", "-E"], file: &[] },
    Interpreter {
        name: "php",
        shell: false,
        code: &["-r", "-R", "-B", "-E", "-a", "-S"],
        valued: &["-d", "-c", "-z"],
        file: &["-f", "-F", "--file"],
    },
    Interpreter {
        name: "node",
        shell: false,
        code: &["-e", "-p", "--eval", "--print"],
        valued: &["-r", "--require", "--import", "--loader", "-C", "--conditions"],
        file: &[],
    },
    Interpreter { name: "nodejs", shell: false, code: &["-e", "-p"], valued: &["-r", "--require"], file: &[] },
    Interpreter { name: "lua", shell: false, code: &["-e"], valued: &["-l"], file: &[] },
];

/// What an interpreter is told to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runs<'a> {
    /// This file; the place of its word among the arguments.
    Script(usize),
    /// Shell text.
    Shell(&'a [u8]),
    /// Code in another language, a module, what comes from standard input, a person at a terminal.
    Nothing,
}

/// The interpreter that a program file is, by its name: version numbers at the end do not matter.
pub(crate) fn interpreter(image: &[u8]) -> Option<&'static Interpreter> {
    let name = super::tree::base(image);
    // A login shell is called `-bash`.
    let name = name.strip_prefix(b"-").unwrap_or(name);
    INTERPRETERS.iter().find(|i| {
        name.strip_prefix(i.name.as_bytes())
            .is_some_and(|version| version.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-')))
    })
}

impl Interpreter {
    /// What `arguments` (without the program itself) tell it to run.
    pub(crate) fn runs<'a>(&self, arguments: &[&'a [u8]]) -> Runs<'a> {
        let mut at = 0;
        while let Some(word) = arguments.get(at) {
            if *word == b"--" {
                return if at + 1 < arguments.len() { Runs::Script(at + 1) } else { Runs::Nothing };
            }
            if *word == b"-" || !(word.starts_with(b"-") || (self.shell && word.starts_with(b"+"))) {
                return if *word == b"-" { Runs::Nothing } else { Runs::Script(at) };
            }
            if self.is_any(self.file, word) {
                return if at + 1 < arguments.len() { Runs::Script(at + 1) } else { Runs::Nothing };
            }
            if self.shell && is_cluster_with(word, b'c') {
                // The text is the first word after the options: `sh -c -x "…"` is allowed.
                let text = arguments[at + 1..].iter().find(|w| !w.starts_with(b"-") && !w.starts_with(b"+"));
                return text.map_or(Runs::Nothing, |t| Runs::Shell(t));
            }
            if self.shell && is_cluster_with(word, b's') {
                return Runs::Nothing;
            }
            if self.is_any(self.code, word) || self.is_attached_code(word) {
                return Runs::Nothing;
            }
            at += if self.is_any(self.valued, word) { 2 } else { 1 };
        }
        Runs::Nothing
    }

    fn is_any(&self, options: &[&str], word: &[u8]) -> bool {
        options.iter().any(|o| o.as_bytes() == word)
    }

    /// `python3 -cprint(1)`, `python3 -Bc …`, `perl -ne …`: the code option at the end of, or inside, a cluster.
    fn is_attached_code(&self, word: &[u8]) -> bool {
        if self.shell || word.starts_with(b"--") {
            return self.code.iter().any(|o| o.len() > 2 && word.starts_with(o.as_bytes()));
        }
        self.code.iter().filter(|o| o.len() == 2).any(|o| {
            let letter = o.as_bytes()[1];
            word.get(1) == Some(&letter)
                || (word.last() == Some(&letter) && word[1..].iter().all(u8::is_ascii_alphabetic))
        })
    }
}

fn is_cluster_with(word: &[u8], letter: u8) -> bool {
    word.starts_with(b"-") && !word.starts_with(b"--") && word[1..].contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interpreter_runs_is_told_from_its_arguments() {
        let table: [(&str, &[&str], Runs<'_>); 18] = [
            ("sh", &["/x.sh", "a"], Runs::Script(0)),
            ("-bash", &["-e", "-o", "errexit", "x.sh"], Runs::Script(3)),
            ("bash", &["--rcfile", "/r", "x.sh"], Runs::Script(2)),
            ("dash", &["-c", "echo", "x"], Runs::Shell(b"echo")),
            ("bash", &["-lc", "echo"], Runs::Shell(b"echo")),
            ("sh", &["-s", "x"], Runs::Nothing),
            ("sh", &[], Runs::Nothing),
            ("python3.11", &["-u", "-W", "ignore", "x.py"], Runs::Script(3)),
            ("python3", &["-m", "http.server"], Runs::Nothing),
            ("python", &["-Bc", "code"], Runs::Nothing),
            ("python3", &["-", "x"], Runs::Nothing),
            ("perl", &["-w", "x.pl"], Runs::Script(1)),
            ("perl5.36", &["-ne", "print", "x"], Runs::Nothing),
            ("php8.2", &["-d", "a=b", "-f", "x.php"], Runs::Script(3)),
            ("php", &["-r", "code"], Runs::Nothing),
            ("node", &["--require", "m", "x.js"], Runs::Script(2)),
            ("node", &["--eval=code", "x.js"], Runs::Nothing),
            ("lua5.4", &["--", "x.lua"], Runs::Script(1)),
        ];
        for (name, arguments, expected) in table {
            let arguments: Vec<&[u8]> = arguments.iter().map(|a| a.as_bytes()).collect();
            let known = interpreter(format!("/usr/bin/{name}").as_bytes()).unwrap();
            assert_eq!(known.runs(&arguments), expected, "{name} {arguments:?}");
        }
    }

    #[test]
    fn a_name_that_only_begins_like_an_interpreter_is_none() {
        for name in ["/usr/bin/pythonic", "/usr/bin/shutdown", "/tmp/node_exporter", "/usr/bin/perldoc"] {
            assert_eq!(interpreter(name.as_bytes()), None, "{name}");
        }
    }
}
