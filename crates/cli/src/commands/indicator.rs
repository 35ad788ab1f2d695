//! `indicator`: hashes and addresses a person knows beforehand, one by one or from a CSV file with a report per row.
use super::Door;
use crate::{
    print::{Text, said, time},
    reply::{Failure, Outcome, Reply},
    words::{moment, word},
};
use assize_domain::{
    id::IndicatorId,
    indicator::{Indicator, IndicatorAction, IndicatorKind},
    order::Fault,
    time::Stamp,
};
use assize_engine::door::{AddIndicator, ListIndicators, RemoveIndicator};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    Add {
        #[command(flatten)]
        value: Value,
        /// allow, audit, warn, block or block_and_remediate
        #[arg(long, value_parser = word::<IndicatorAction>)]
        action: IndicatorAction,
        /// What people see when it decides.
        #[arg(long)]
        title: String,
        /// When it stops to hold, like 2027-01-31T12:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment)]
        expires: Option<Stamp>,
        /// Only for devices of this group.
        #[arg(long, value_name = "G")]
        group: Option<String>,
    },
    List,
    Remove {
        id: String,
    },
    /// Add many: a CSV file with the columns type, value, action, title and, where wanted, expires and group.
    Import {
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Value {
    #[arg(long, value_name = "H")]
    sha256: Option<String>,
    #[arg(long, value_name = "H")]
    sha1: Option<String>,
    #[arg(long, value_name = "H")]
    md5: Option<String>,
    #[arg(long, value_name = "A")]
    ip: Option<String>,
    #[arg(long, value_name = "U")]
    url: Option<String>,
    #[arg(long, value_name = "D")]
    domain: Option<String>,
}

impl Value {
    fn given(self) -> Option<(IndicatorKind, String)> {
        [
            (IndicatorKind::Sha256, self.sha256),
            (IndicatorKind::Sha1, self.sha1),
            (IndicatorKind::Md5, self.md5),
            (IndicatorKind::Ip, self.ip),
            (IndicatorKind::Url, self.url),
            (IndicatorKind::Domain, self.domain),
        ]
        .into_iter()
        .find_map(|(kind, value)| Some((kind, value?)))
    }
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::Add { value, action, title, expires, group } => {
            let Some((kind, value)) = value.given() else {
                return Err(Failure::Words("A hash or an address is needed.".to_owned()));
            };
            let added =
                door.engine.ask(&door.who, AddIndicator { kind, value, action, title, expires_at: expires, group })?;
            let text = Text::default().line(format!("{} {}: “{}”.", said(added.action), added.value, added.title));
            Ok(Reply::new(&added, text.field("id", added.id.to_string())))
        }
        Words::List => Ok(listed(&door.engine.ask(&door.who, ListIndicators {})?.indicators)),
        Words::Remove { id } => {
            Ok(listed(&door.engine.ask(&door.who, RemoveIndicator { id: IndicatorId(id) })?.indicators))
        }
        Words::Import { file } => import(door, &file),
    }
}

fn listed(indicators: &[Indicator]) -> Reply {
    let row = |i: &Indicator| {
        [
            i.id.to_string(),
            said(i.kind),
            said(i.action),
            i.value.clone(),
            i.expires_at.map_or_else(|| "never".to_owned(), time),
            i.title.clone(),
        ]
    };
    let rows = indicators.iter().map(row).collect();
    let head = ["ID", "TYPE", "ACTION", "VALUE", "EXPIRES", "TITLE"];
    let text = Text::default().table(head, rows, "There are no indicators.");
    Reply::new(&serde_json::json!({ "indicators": indicators }), text)
}

/// What became of each row; a wrong one never stops the rest.
#[derive(Debug, Default, Serialize)]
struct Report {
    rows: u32,
    added: Vec<AddedRow>,
    failed: Vec<FailedRow>,
}

#[derive(Debug, Serialize)]
struct AddedRow {
    row: u64,
    id: IndicatorId,
    value: String,
}

#[derive(Debug, Serialize)]
struct FailedRow {
    row: u64,
    error: String,
}

fn import(door: &Door, file: &Path) -> Outcome {
    let unreadable = |e: &dyn std::fmt::Display| {
        Fault::new(
            "unreadable",
            format!("{} could not be read: {e}.", file.display()),
            "It has to be a CSV file whose first line names the columns type, value, action and title.",
        )
    };
    let mut csv =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_path(file).map_err(|e| unreadable(&e))?;
    let columns = Columns::of(csv.headers().map_err(|e| unreadable(&e))?).map_err(|e| unreadable(&e))?;
    let mut report = Report::default();
    for record in csv.records() {
        report.rows += 1;
        let row = match &record {
            Ok(record) => record.position().map_or(0, csv::Position::line),
            Err(e) => e.position().map_or(0, csv::Position::line),
        };
        let added = record
            .map_err(|e| e.to_string())
            .and_then(|r| columns.request(&r))
            .and_then(|request| door.engine.ask(&door.who, request).map_err(|f| f.message));
        match added {
            Ok(i) => report.added.push(AddedRow { row, id: i.id, value: i.value }),
            Err(error) => report.failed.push(FailedRow { row, error }),
        }
    }
    let none = report.added.is_empty().then(|| report.failed.first()).flatten();
    let fault = none.map(|f| {
        Fault::new(
            "nothing_imported",
            format!("No row could be used. Line {}: {}", f.row, f.error),
            "See the report for each row.",
        )
    });
    let failed = report.failed.iter().map(|f| format!("line {}: {}", f.row, f.error));
    let text = Text::default().line(format!("{} of {} rows added.", report.added.len(), report.rows)).lines(failed);
    Ok(Reply::new(&report, text).but(fault))
}

/// Which column holds what, by the names of the first line: ours, or those of Defender's export.
struct Columns {
    kind: usize,
    value: usize,
    action: usize,
    title: usize,
    expires: Option<usize>,
    group: Option<usize>,
}

impl Columns {
    fn of(names: &csv::StringRecord) -> Result<Self, String> {
        let names: Vec<String> = names.iter().map(|n| n.trim_start_matches('\u{FEFF}').to_ascii_lowercase()).collect();
        let find = |wanted: &[&str]| names.iter().position(|n| wanted.contains(&n.as_str()));
        let need = |wanted: &[&str]| find(wanted).ok_or_else(|| format!("there is no column “{}”", wanted[0]));
        Ok(Self {
            kind: need(&["type", "kind", "indicatortype"])?,
            value: need(&["value", "indicatorvalue"])?,
            action: need(&["action"])?,
            title: need(&["title"])?,
            expires: find(&["expires", "expires_at", "expirationtime"]),
            group: find(&["group", "rbacgroups"]),
        })
    }

    fn request(&self, record: &csv::StringRecord) -> Result<AddIndicator, String> {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let optional = |column: Option<usize>| column.map(cell).filter(|text| !text.is_empty());
        let kind = match cell(self.kind).to_ascii_lowercase().trim_start_matches("file") {
            "ipaddress" => IndicatorKind::Ip,
            "domainname" => IndicatorKind::Domain,
            code => word(code).map_err(|e| format!("type: {e}"))?,
        };
        let action = match cell(self.action).to_ascii_lowercase().as_str() {
            "allowed" => IndicatorAction::Allow,
            "blockandremediate" => IndicatorAction::BlockAndRemediate,
            code => word(code).map_err(|e| format!("action: {e}"))?,
        };
        Ok(AddIndicator {
            kind,
            value: cell(self.value).to_owned(),
            action,
            title: cell(self.title).to_owned(),
            expires_at: optional(self.expires).map(moment).transpose().map_err(|e| format!("expires: {e}"))?,
            group: optional(self.group).map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(text: &str) -> Vec<Result<AddIndicator, String>> {
        let mut csv = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let columns = Columns::of(csv.headers().unwrap()).unwrap();
        csv.records().map(|r| columns.request(&r.unwrap())).collect()
    }

    #[test]
    fn both_spellings_of_the_columns_are_read() {
        for text in [
            "type,value,action,title,expires\nsha256,AB,block_and_remediate,\"Bad, very\",\n",
            "\u{FEFF}IndicatorType,IndicatorValue,ExpirationTime,Action,Severity,Title\nFileSha256,AB,,BlockAndRemediate,High,\"Bad, very\"\n",
        ] {
            let rows = requests(text);
            let row = rows[0].as_ref().unwrap();
            assert_eq!((row.kind, row.action), (IndicatorKind::Sha256, IndicatorAction::BlockAndRemediate), "{text}");
            assert_eq!((row.value.as_str(), row.title.as_str()), ("AB", "Bad, very"));
        }
    }

    #[test]
    fn a_wrong_row_is_an_error_of_that_row_alone() {
        let rows = requests("type,value,action,title\nsha256,AB,maybe,T\nmd5,CD,warn,T\nsha256\n");
        assert!(rows[0].as_ref().unwrap_err().starts_with("action:"));
        assert!(rows[1].is_ok());
        assert!(rows[2].is_err(), "a row that ends too soon has no action");
    }

    #[test]
    fn a_file_without_the_columns_is_refused_as_a_whole() {
        assert!(Columns::of(&csv::StringRecord::from(vec!["type", "value"])).is_err_and(|e| e.contains("action")));
    }
}
