//! `alert`: alerts of other products come in from a file, and what became of each.
use super::Door;
use crate::{
    print::alert,
    reply::{Outcome, Reply},
    wait,
    words::{Paging, word},
};
use assize_domain::{
    alert::{AlertStatus, Severity},
    id::AlertId,
    investigation::InvestigationStatus,
    order::Fault,
};
use assize_engine::{
    door::{ListAlerts, ShowAlert},
    import::{Format, Options, import},
    view::Imported,
};
use clap::Subcommand;
use serde::Serialize;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Import alerts of another product, and look into what they name here.
    Import {
        /// A file, or - for what is piped in.
        file: PathBuf,
        /// auto, wazuh, msgraph, ecs, eve, falco, ocsf, stix, misp, guardduty, osquery, windows_xml, evtx, csv or json
        #[arg(long, value_name = "F", value_parser = format, default_value = "auto")]
        format: Chosen,
        /// All of it is about this device, whatever the file says.
        #[arg(long, value_name = "D")]
        device: Option<String>,
        /// Minutes east of UTC for times that state no zone.
        #[arg(long, value_name = "MINUTES", default_value_t = 0, allow_hyphen_values = true)]
        zone: i32,
        /// Return as soon as everything is stored, while devices are still looked at.
        #[arg(long)]
        no_wait: bool,
    },
    List {
        /// new, in_progress or resolved
        #[arg(long, value_name = "S", value_parser = word::<AlertStatus>)]
        status: Vec<AlertStatus>,
        #[arg(long, value_name = "S", value_parser = word::<Severity>)]
        severity: Vec<Severity>,
        #[arg(long, value_name = "D")]
        device: Option<String>,
        #[arg(long)]
        text: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    Show {
        id: String,
    },
}

/// None: told by the file's beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen(Option<Format>);

fn format(text: &str) -> Result<Chosen, String> {
    if text.trim().eq_ignore_ascii_case("auto") {
        return Ok(Chosen(None));
    }
    Format::named(text).map(|f| Chosen(Some(f))).ok_or_else(|| "this format is not known here".to_owned())
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::Import { file, format, device, zone, no_wait } => {
            let options = Options { format: format.0, zone_minutes: zone, mapping: None };
            import_file(door, &file, options, device, no_wait)
        }
        Words::List { status, severity, device, text, paging } => {
            let device = device.map(|d| door.device(d)).transpose()?;
            let request =
                ListAlerts { status, severity, device, text, limit: paging.limit, after: paging.after, snapshot: None };
            let page = door.engine.ask(&door.who, request)?;
            Ok(Reply::new(&page, alert::listed(&page)))
        }
        Words::Show { id } => {
            let shown = door.engine.ask(&door.who, ShowAlert { id: AlertId(id) })?;
            Ok(Reply::new(&shown, alert::shown(&shown)))
        }
    }
}

/// The contract's document, with what became of the investigations that were waited for.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    imported: &'a Imported,
    states: Vec<InvestigationStatus>,
}

fn import_file(door: &Door, file: &Path, options: Options, device: Option<String>, no_wait: bool) -> Outcome {
    let device = device.map(|d| door.device(d)).transpose()?;
    let from = opened(file)?;
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let imported = import(&door.engine, &door.who, from, options, &name, device)?;
    let mut states = Vec::new();
    let mut text = alert::imported(&imported);
    for id in imported.investigations.iter().filter(|_| !no_wait) {
        let rests = wait::with_progress(&door.engine, || door.engine.settle_investigation(id))?;
        states.push(rests.state);
        text = text.line(format!("{}: {}. {}", rests.name, rests.state_label, rests.state_text));
    }
    let none = imported.imported == 0 && imported.duplicates == 0;
    let fault = none.then(|| {
        let why = imported.failed.first().map(|f| format!(" Line {}: {}", f.line, f.error)).unwrap_or_default();
        Fault::new("no_alerts_imported", format!("No alert was imported.{why}"), "Nothing was changed.")
    });
    Ok(Reply::new(&Document { imported: &imported, states }, text).but(fault))
}

fn opened(file: &Path) -> Result<Box<dyn Read + Send>, Fault> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let unreadable = |why: String| {
        let message = format!("{} cannot be read: {why}.", file.display());
        Fault::new("unreadable", message, "Nothing was imported.")
    };
    let facts = std::fs::metadata(file).map_err(|e| unreadable(e.to_string()))?;
    // A pipe or a device would be waited for for ever.
    if !facts.is_file() {
        return Err(unreadable("it is not a file".to_owned()));
    }
    Ok(Box::new(File::open(file).map_err(|e| unreadable(e.to_string()))?))
}
