//! What goes to standard output and standard error, and with which exit status: 0 done, 1 refused or failed, 2 the words
//! of the call are wrong.
use crate::print::Text;
use assize_domain::{order::Fault, text::visible};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

const REFUSED: u8 = 1;
const WRONG_WORDS: u8 = 2;

/// The answer to a command: the document of the contract, the same for people, and what did not go as asked.
#[derive(Debug)]
pub(crate) struct Reply {
    document: Value,
    text: Text,
    fault: Option<Fault>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The call itself makes no sense: status 2.
    Words(String),
    Refused(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

pub(crate) type Outcome = Result<Reply, Failure>;

impl Reply {
    pub(crate) fn new(document: &impl Serialize, text: Text) -> Self {
        let document = serde_json::to_value(document).expect("BUG: every shape of the door is plain JSON");
        Self { document, text, fault: None }
    }

    /// It was answered, but something in it did not go as asked: the status is 1.
    pub(crate) fn but(mut self, fault: Option<Fault>) -> Self {
        self.fault = fault;
        self
    }
}

pub(crate) fn finish(outcome: Outcome, json: bool) -> ExitCode {
    match outcome {
        Ok(reply) => {
            let text = match (json, std::io::stdout().is_terminal()) {
                (true, true) => format!("{:#}\n", reply.document),
                (true, false) => format!("{}\n", reply.document),
                (false, _) => reply.text.to_string(),
            };
            if let Err(error) = std::io::stdout().lock().write_all(text.as_bytes()) {
                // Nobody reads any more (`assizectl … | head`): what was done stays done.
                if error.kind() != std::io::ErrorKind::BrokenPipe {
                    complain(
                        &Fault::new("cannot_write", format!("The answer could not be written: {error}."), ""),
                        json,
                    );
                    return ExitCode::from(REFUSED);
                }
            }
            match reply.fault {
                None => ExitCode::SUCCESS,
                Some(fault) => {
                    complain(&fault, json);
                    ExitCode::from(REFUSED)
                }
            }
        }
        Err(Failure::Refused(fault)) => {
            complain(&fault, json);
            ExitCode::from(REFUSED)
        }
        Err(Failure::Words(message)) => {
            complain(&Fault::new("wrong_words", message, "See assizectl --help."), json);
            ExitCode::from(WRONG_WORDS)
        }
    }
}

/// What clap says: help and version are answers, the rest is a wrong call.
pub(crate) fn wrong_words(error: &clap::Error, json: bool) -> ExitCode {
    if !error.use_stderr() {
        // Help and version; a closed pipe is no reason to complain.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if json {
        let said = error.render().to_string();
        let mut lines = said.lines().map(str::trim).filter(|l| !l.is_empty());
        let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let hint = lines.collect::<Vec<_>>().join(" ");
        complain(&Fault::new("wrong_words", message, hint), json);
    } else {
        let _ = error.print();
    }
    ExitCode::from(WRONG_WORDS)
}

fn complain(fault: &Fault, json: bool) {
    let plain = |text: &str| text.lines().map(visible).collect::<Vec<_>>().join("\n");
    let text = if json {
        format!("{}\n", json!({ "error": fault }))
    } else if fault.hint.is_empty() {
        format!("error: {}\n", plain(&fault.message))
    } else {
        format!("error: {}\nhint: {}\n", plain(&fault.message), plain(&fault.hint))
    };
    // Where even standard error is closed, the exit status still tells.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
