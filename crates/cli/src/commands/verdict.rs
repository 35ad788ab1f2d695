//! `verdict list`: every verdict, with or without an action (M47).
use super::Door;
use crate::{
    print::{Text, said, time},
    reply::{Outcome, Reply},
    words::{Paging, word},
};
use assize_domain::verdict::Verdict;
use assize_engine::{door::ListVerdicts, view::VerdictRow};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    List {
        /// malicious, suspicious, no_threats_found or unknown
        #[arg(long, value_parser = word::<Verdict>)]
        verdict: Vec<Verdict>,
        #[arg(long, value_name = "D")]
        device: Option<String>,
        /// Part of a name or path.
        #[arg(long)]
        text: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    let Words::List { verdict, device, text, paging } = words;
    let device = device.map(|d| door.device(d)).transpose()?;
    let page = door.engine.ask(
        &door.who,
        ListVerdicts { verdict, device, text, limit: paging.limit, after: paging.after, snapshot: None },
    )?;
    let rows = page.verdicts.iter().map(row).collect();
    let head = ["VERDICT", "TYPE", "ACTION", "WHEN", "DEVICE", "WHERE", "REASON"];
    let shown = Text::default().table(head, rows, "No verdict fits.").more(
        page.verdicts.len(),
        page.total,
        page.next.as_deref(),
    );
    Ok(Reply::new(&page, shown))
}

fn row(v: &VerdictRow) -> [String; 7] {
    [
        said(v.verdict),
        said(v.entity_type),
        if v.has_action { "yes" } else { "none" }.to_owned(),
        time(v.at),
        v.device.clone(),
        v.place.clone(),
        v.reason.clone().unwrap_or_default(),
    ]
}
