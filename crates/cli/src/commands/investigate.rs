//! `investigate`: look at a device now, and wait until the investigation rests.
use super::Door;
use crate::{
    print::investigation,
    reply::{Outcome, Reply},
    wait,
    words::word,
};
use assize_domain::{investigation::InvestigationStatus, order::Fault};
use assize_engine::{door::StartInvestigation, view::Investigation};
use clap::Args;
use serde::Deserialize;
use std::path::Path;

#[derive(Debug, Args)]
pub(crate) struct Words {
    /// Id or name of the device; this computer where none is named.
    device: Option<String>,
    /// Only this file or folder, as the device names it.
    #[arg(long = "path", value_name = "P")]
    paths: Vec<String>,
    /// quick: processes, startup places, temp and download folders and the like; full: the whole disk. With --path only that.
    #[arg(long, value_parser = word::<Scope>, default_value = "quick")]
    scope: Scope,
    #[arg(long, value_name = "C", default_value = "Started from the command line.")]
    comment: String,
    /// Start it and return at once.
    #[arg(long)]
    no_wait: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Quick,
    Full,
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    let paths = match &words.device {
        // Here a relative path can only mean the folder of the caller.
        None => words.paths.iter().map(|p| super::local(Path::new(p))).collect::<Result<_, _>>()?,
        Some(_) => words.paths,
    };
    let device = words.device.map(|d| door.device(d)).transpose()?;
    let request = StartInvestigation { device, paths, full: words.scope == Scope::Full, comment: words.comment };
    let started = door.engine.ask(&door.who, request)?;
    if words.no_wait {
        return Ok(Reply::new(&started, investigation::shown(&started)));
    }
    let rests = wait::with_progress(&door.engine, || door.engine.settle_investigation(&started.id))?;
    Ok(Reply::new(&rests, investigation::shown(&rests)).but(failed(&rests)))
}

/// An investigation that could not look is a failure; one that found something is not.
fn failed(i: &Investigation) -> Option<Fault> {
    let failed = matches!(
        i.state,
        InvestigationStatus::Failed | InvestigationStatus::InnerFailure | InvestigationStatus::TerminatedThrottling
    );
    failed.then(|| {
        Fault::new(
            "investigation_failed",
            format!("The investigation ended as “{}”: {}", i.state_label, i.state_text),
            "Nothing was changed on the device.",
        )
    })
}
