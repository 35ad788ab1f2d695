//! `assizectl`, as a person or a script calls it: words in, one JSON document or a refusal out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// `assizectl` on one data folder.
#[derive(Debug, Clone)]
pub struct Ctl {
    data: PathBuf,
    /// The program, with its first words, that leads to where it runs; none: here.
    way: Option<(String, Vec<String>)>,
    /// The service's door, instead of the data folder; that is then a home without one.
    door: Option<PathBuf>,
}

/// What it says when it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 1: refused or failed. 2: the words of the call are wrong.
    pub status: i32,
    pub code: String,
    pub message: String,
    pub hint: String,
}

impl Ctl {
    pub fn on(data: impl AsRef<Path>) -> Self {
        Self { data: data.as_ref().to_owned(), way: None, door: None }
    }

    /// As a person calls it where the service is installed: no folder is named, and the service is found at its door.
    pub fn at_the_door(door: impl AsRef<Path>, home: impl AsRef<Path>) -> Self {
        Self { data: home.as_ref().to_owned(), way: None, door: Some(door.as_ref().to_owned()) }
    }

    /// Somewhere else: `way` with `words` starts what follows them there.
    pub fn through(way: &str, words: Vec<String>, data: impl AsRef<Path>) -> Self {
        Self { data: data.as_ref().to_owned(), way: Some((way.to_owned(), words)), door: None }
    }

    /// The command, ready to be started: for tests that need it running beside something else.
    pub fn command(&self, words: &[&str]) -> Command {
        let program = crate::places::program("assizectl");
        let mut command = match &self.way {
            None => Command::new(program),
            Some((way, words)) => {
                let mut command = Command::new(way);
                command.args(words).arg(program);
                command
            }
        };
        match &self.door {
            None => command.arg("--data").arg(&self.data),
            Some(door) => command.env("ASSIZE_DOOR", door).env("HOME", &self.data).env_remove("XDG_DATA_HOME"),
        };
        command.arg("--json").args(words).env_remove("ASSIZE_DATA");
        command
    }

    /// What it answered; a refusal fails the test with its reason.
    pub fn ask(&self, words: &[&str]) -> Value {
        match self.attempt(words) {
            Ok(answer) => answer,
            Err(refusal) => panic!("assizectl {}: {refusal:?}", words.join(" ")),
        }
    }

    /// Its refusal; an answer fails the test.
    pub fn refused(&self, words: &[&str]) -> Refusal {
        match self.attempt(words) {
            Ok(answer) => panic!("assizectl {} should have been refused, and answered {answer}", words.join(" ")),
            Err(refusal) => refusal,
        }
    }

    pub fn attempt(&self, words: &[&str]) -> Result<Value, Refusal> {
        let output = self.command(words).output().expect("assizectl starts");
        if output.status.success() {
            return Ok(document(&output, words));
        }
        Err(refusal(&output))
    }
}

fn document(output: &Output, words: &[&str]) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "assizectl {}: not one JSON document ({e}): {}",
            words.join(" "),
            String::from_utf8_lossy(&output.stdout)
        )
    })
}

fn refusal(output: &Output) -> Refusal {
    let said = String::from_utf8_lossy(&output.stderr);
    // Progress and warnings may stand above it: the refusal is the last line that is JSON.
    let json = said.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
    let word = |name: &str| {
        let word = json.as_ref().and_then(|v| v["error"][name].as_str());
        word.map(str::to_owned)
    };
    Refusal {
        status: output.status.code().unwrap_or(-1),
        code: word("code").unwrap_or_default(),
        message: word("message").unwrap_or_else(|| said.trim().to_owned()),
        hint: word("hint").unwrap_or_default(),
    }
}
