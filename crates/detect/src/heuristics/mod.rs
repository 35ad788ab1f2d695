//! Oddities: each says one thing in one sentence and asks a person; none is ever enough to act.
use assize_domain::{
    text::visible,
    verdict::{Finding, FindingSource, Weight},
};

/// Folders where programs do not belong: temporary ones and hidden ones.
pub mod place;

/// Names that belong to the system.
pub mod name;

/// Reading a shell's text as far as commands, pipes and groups.
pub mod shell;

/// What a command line or a script does that honest ones seldom do.
pub mod command;

/// Things that are arranged to be started.
pub mod startup;

/// Files of programs that no package installed.
pub mod program;

/// Running processes.
pub mod process;

fn odd(rule: &str, text: String) -> Finding {
    Finding::new(FindingSource::Heuristic, Weight::Odd, text).rule(rule).author("Assize")
}

/// A command in a sentence: as it stands, made visible, and not longer than a line or two.
fn quoted(command: &str) -> String {
    const LONGEST: usize = 160;
    let text = visible(command.trim());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
