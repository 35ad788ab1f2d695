//! `audit`: is the record of who did what whole, and all of it as a file.
use super::{Door, local};
use crate::{
    print::Text,
    reply::{Outcome, Reply},
};
use assize_domain::order::Fault;
use assize_engine::door::{ExportAudit, VerifyAudit};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Recompute the chain of records.
    Verify,
    /// Write all records to a file.
    Export {
        /// Ends in .csv or .jsonl
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::Verify => {
            let result = door.engine.ask(&door.who, VerifyAudit {})?;
            let broken = result.first_broken.map(|seq| {
                Fault::new(
                    "audit_broken",
                    format!("Record {seq} is not what it was when it was written."),
                    "Keep a copy of the data folder, and compare with an earlier export.",
                )
            });
            let text = match result.first_broken {
                None => format!("{} records, unbroken.", result.records),
                Some(seq) => format!("{} records; broken from record {seq} on.", result.records),
            };
            Ok(Reply::new(&result, Text::default().line(text)).but(broken))
        }
        Words::Export { out } => {
            let file = door.engine.ask(&door.who, ExportAudit { out: local(&out)? })?;
            Ok(Reply::new(&file, Text::default().line(format!("Written to {}.", file.file))))
        }
    }
}
