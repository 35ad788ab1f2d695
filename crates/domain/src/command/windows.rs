//! Reads a Windows command: the program may be quoted or hold spaces, and a few system programs run what they are given.
use super::{DEEPEST, Started};

/// System programs that run their argument.
enum Host {
    /// `rundll32 LIBRARY,ENTRY`
    Library,
    /// `regsvr32 /s LIBRARY`, `wscript //B SCRIPT`, `mshta FILE`: the first word that is no option.
    FirstFile,
    /// `cmd /c COMMAND`
    Shell,
    /// `powershell -File SCRIPT`, else code on the line.
    PowerShell,
    /// `conhost --headless COMMAND`: a program with its own words.
    Rest,
    /// `python SCRIPT`: code after `-c`, `-e`.
    Interpreter,
}

fn host(program: &str) -> Option<Host> {
    let name = program.rsplit(['\\', '/']).next().unwrap_or(program).to_ascii_lowercase();
    match name.strip_suffix(".exe").unwrap_or(&name) {
        "rundll32" => Some(Host::Library),
        "regsvr32" | "wscript" | "cscript" | "mshta" | "msiexec" | "explorer" | "hh" | "control" => {
            Some(Host::FirstFile)
        }
        "cmd" => Some(Host::Shell),
        "powershell" | "pwsh" => Some(Host::PowerShell),
        "conhost" | "start" | "forfiles" | "runas" => Some(Host::Rest),
        "python" | "pythonw" | "py" | "perl" | "ruby" | "node" | "php" | "java" | "javaw" => Some(Host::Interpreter),
        _ => None,
    }
}

pub(super) fn parse(command: &str, depth: usize) -> Vec<Started> {
    let (program, rest) = program(command);
    if program.is_empty() || depth > DEEPEST {
        return Vec::new();
    }
    let itself = |fileless| vec![Started { path: program.clone(), fileless }];
    let file = |path: String| vec![Started { path, fileless: false }];
    match host(&program) {
        None => itself(false),
        Some(Host::Library) => {
            let library = plain(rest).into_iter().next().map(|word| match word.rsplit_once(',') {
                Some((library, _)) => library.trim_matches('"').to_owned(),
                None => word,
            });
            // `rundll32 javascript:…` is code, not a file.
            match library {
                Some(path) if path.to_ascii_lowercase().starts_with("javascript:") => itself(true),
                Some(path) => file(path),
                None => itself(false),
            }
        }
        Some(Host::FirstFile) => match plain(rest).into_iter().find(|w| !w.starts_with(['/', '-'])) {
            Some(path) if path.contains("://") || path.to_ascii_lowercase().starts_with("javascript:") => itself(true),
            Some(path) => file(path),
            None => itself(false),
        },
        Some(Host::Shell) => match after_switch(rest, &["/c", "/k", "/r"]) {
            Some(line) => commands(line).flat_map(|c| parse(c, depth + 1)).collect(),
            None => itself(false),
        },
        Some(Host::PowerShell) => match after_switch(rest, &["-file", "-f", "/file"]) {
            Some(line) => file(self::program(line).0),
            None if words(rest).iter().any(|w| !w.starts_with(['-', '/'])) => {
                // A plain first word is a script when it names one; everything else is code.
                match words(rest).into_iter().find(|w| !w.starts_with(['-', '/'])) {
                    Some(path) if path.to_ascii_lowercase().ends_with(".ps1") => file(path),
                    Some(_) | None => itself(true),
                }
            }
            None => itself(false),
        },
        Some(Host::Rest) => {
            let line = rest.trim_start();
            let mut line = line;
            while line.starts_with(['-', '/']) {
                line = line.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
            }
            if line.is_empty() { itself(false) } else { parse(line, depth + 1) }
        }
        Some(Host::Interpreter) => match words(rest).iter().position(|w| !w.starts_with('-')) {
            Some(at) if at > 0 && matches!(words(rest)[at - 1].as_str(), "-c" | "-e" | "-r" | "-m") => itself(true),
            Some(at) => file(words(rest).swap_remove(at)),
            None => itself(false),
        },
    }
}

/// Endings at which an unquoted path with spaces may stop.
const PROGRAM_ENDINGS: &[&str] = &[
    ".exe", ".dll", ".sys", ".com", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".scr",
    ".cpl", ".ocx", ".msi", ".pif", ".lnk",
];

/// The program of a command and what follows it. Without quotes Windows tries each space in turn; here the first
/// ending of a program decides, else the first space.
fn program(command: &str) -> (String, &str) {
    let command = command.trim();
    if let Some(quoted) = command.strip_prefix('"') {
        return match quoted.split_once('"') {
            Some((program, rest)) => (program.to_owned(), rest),
            None => (quoted.to_owned(), ""),
        };
    }
    let first = command.find([' ', '\t']).unwrap_or(command.len());
    let lower = command.to_ascii_lowercase();
    // A bare name ends at the first space: `rundll32 C:\a b.dll` is not one long name.
    let located = command[..first].contains(['\\', '/', '%', ':']);
    let end = PROGRAM_ENDINGS
        .iter()
        .flat_map(|ending| lower.match_indices(ending).map(move |(i, _)| i + ending.len()))
        .filter(|end| lower[*end..].starts_with([' ', '\t', ',', '"']) || *end == lower.len())
        .min()
        .filter(|_| located)
        .unwrap_or(first);
    (command[..end].to_owned(), &command[end..])
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Words after options, where an unquoted path with spaces may be the first of them.
fn plain(line: &str) -> Vec<String> {
    let mut line = line.trim_start();
    while line.starts_with(['/', '-']) {
        line = line.split_once([' ', '\t']).map_or("", |(_, rest)| rest.trim_start());
    }
    if line.is_empty() {
        return Vec::new();
    }
    if line.starts_with('"') {
        return words(line);
    }
    let (first, rest) = program(line);
    // The entry point stays with its library.
    match rest.strip_prefix(',') {
        Some(_) => vec![format!("{first},")],
        None => vec![first],
    }
}

/// What follows one of these switches, whatever its case.
fn after_switch<'a>(line: &'a str, switches: &[&str]) -> Option<&'a str> {
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        if switches.iter().any(|s| word.eq_ignore_ascii_case(s)) {
            return Some(after.trim());
        }
        rest = after.trim_start();
    }
    None
}

/// `a & b && c | d`, outside quotes.
fn commands(line: &str) -> impl Iterator<Item = &str> {
    // `cmd /c "…"`: one pair of quotes around the whole line is taken off.
    let line = line.strip_prefix('"').and_then(|l| l.strip_suffix('"')).filter(|l| !l.contains('"')).unwrap_or(line);
    let mut quoted = false;
    line.split(move |c| {
        if c == '"' {
            quoted = !quoted;
        }
        !quoted && (c == '&' || c == '|')
    })
    .map(str::trim)
    .filter(|c| !c.is_empty())
}
