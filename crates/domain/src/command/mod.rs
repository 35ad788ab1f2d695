//! Which programs and scripts a command line really runs, read from its text alone (spec 2.6 rule 10).
//!
//! Nothing is executed, looked up or guessed from the disk. Names without a folder stay bare names: which file a bare
//! name means depends on a search path that the text does not tell, so no location follows from it.

/// Which programs run other programs, and which of their words is the script.
mod interpreter;
/// Crontab lines, unit commands, shell profiles, at jobs.
mod shell;
/// Registry values, service and task commands of Windows.
mod windows;

/// One program or script that a command line starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// As written, joined to the folder a `cd` before it went to; a bare name stays bare.
    pub path: String,
    /// Part of running code that is in no file: its output goes into an interpreter, or the code stands on the line.
    pub fileless: bool,
}

/// The programs and scripts a shell command runs, in order. A wrapper (`nohup`, `env`, `timeout` …) gives way to
/// what it starts, an interpreter to its script.
pub fn programs(command: &str) -> Vec<String> {
    started(command).into_iter().map(|s| s.path).collect()
}

/// The same with what kind each is.
pub fn started(command: &str) -> Vec<Started> {
    shell::parse(command, &mut None, 0)
}

/// The one file that stands for a shell command: the first that is run and has a path of its own. Bare names are
/// passed over; where the first thing that runs is in no file (`curl … | sh`) there is none.
pub fn file_behind(command: &str) -> Option<String> {
    first_file(started(command))
}

/// The programs and scripts a Windows command runs, in order.
pub fn windows_programs(command: &str) -> Vec<String> {
    windows::parse(command, 0).into_iter().map(|s| s.path).collect()
}

/// The one file that stands for a Windows command: for `rundll32` and its like the library, for a script host the script.
pub fn windows_file_behind(command: &str) -> Option<String> {
    first_file(windows::parse(command, 0))
}

fn first_file(started: Vec<Started>) -> Option<String> {
    let first = started.into_iter().find(|s| s.fileless || s.path.contains(['/', '\\']))?;
    (!first.fileless).then_some(first.path)
}

/// How deep commands may stand inside commands before the rest is passed over: hostile text must not exhaust the stack.
const DEEPEST: usize = 12;
