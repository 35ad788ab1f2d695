//! One file as a stream of drafts: what it is, record by record, in bounded memory. A record that cannot be read is
//! named and passed; the rest goes on.
use std::{
    collections::VecDeque,
    io::{self, Read},
};

use assize_domain::draft::{Draft, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

use crate::{
    field::{Field, Ledger},
    format::{Format, csv},
    frame::{Frame, Frames, chunks, documents, events, lines, rows},
    input::Input,
    json, key,
    pieces::as_text,
    sheet::{Reading, Sheet},
    table::{MOST_HEADINGS, Table, delimiter_of, rows_of},
    xml,
};

pub use crate::format::csv::{Column, Mapping};

/// Records that are looked at to tell the format where nobody says it.
const LOOKED_AT: usize = 32;

/// How a file is to be read.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct Options {
    /// None: told by the file's beginning.
    pub format: Option<Format>,
    /// Minutes east of UTC for times that state no zone.
    pub zone_minutes: i32,
    /// Tables only. None: as the headings seem to mean.
    pub mapping: Option<Mapping>,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Rejected {
    /// Which record of the file, counted from 1.
    pub record: u32,
    /// The line it begins on; in an event log the number of the event, where it is known.
    pub line: u32,
    pub error: String,
}

/// What became of everything in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Fidelity {
    pub format: Format,
    pub records: u32,
    pub drafts: u32,
    pub rejected: u32,
    /// Fields that have a place of their own.
    pub mapped: Vec<String>,
    /// Fields that are kept in the original of their record.
    pub kept_raw: Vec<String>,
    /// There were more different fields than are listed.
    pub more_fields: bool,
    /// Drafts whose times state no zone.
    pub without_zone: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("the format of this file is not known here")]
    Unknown,
    #[error("the table has no headings")]
    NoHeadings,
}

/// The drafts of one file, in its order.
pub struct Import<'a> {
    format: Format,
    zone_minutes: i32,
    frames: Box<dyn Frames + 'a>,
    /// Looked at already to tell the format.
    waiting: VecDeque<Frame>,
    ready: VecDeque<Draft>,
    refused: VecDeque<Rejected>,
    table: Option<Table>,
    ledger: Ledger,
    records: u32,
    drafts: u32,
    rejected: u32,
    without_zone: u32,
    ended: bool,
}

/// What a person sees before they import a table, or any other file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Preview {
    pub format: Format,
    /// Tables only.
    pub headings: Vec<String>,
    pub mapping: Mapping,
    /// The first rows as they are, tables only.
    pub rows: Vec<Vec<String>>,
    /// The same rows, or the first records, as they would be imported.
    pub drafts: Vec<Draft>,
    pub rejected: Vec<Rejected>,
}

/// Opens a file. Nothing is kept of what was read but its present record.
pub fn open<'a, R: Read + 'a>(from: R, options: Options) -> Result<Import<'a>, OpenError> {
    let input = Input::new(from)?;
    let start = input.start();
    let is_all = start.len() < crate::bounds::WINDOW;
    let first = start.iter().copied().find(|b| !b.is_ascii_whitespace() && *b != 0);
    let Some(first) = first else { return Err(OpenError::Empty) };
    let guessed = match first {
        _ if start.starts_with(chunks::MAGIC) => Some(Format::Evtx),
        b'<' => Some(Format::WindowsXml),
        b'{' | b'[' | 0x1E => None,
        _ if rows_of(start) => Some(Format::Csv),
        _ if options.format.is_some() => None,
        _ => return Err(OpenError::Unknown),
    };
    let mut table = None;
    let frames: Box<dyn Frames + 'a> = match options.format.or(guessed) {
        Some(Format::Evtx) => Box::new(chunks::Chunks::new(input)),
        Some(Format::WindowsXml) if first == b'<' => Box::new(events::Events::new(input)),
        Some(Format::Csv) => {
            let delimiter = delimiter_of(start);
            let mut frames = rows::Rows::new(input, delimiter);
            table = Some(Table::begin(&mut frames, delimiter, options.mapping.clone())?);
            Box::new(frames)
        }
        _ if first == b'[' || !lines::one_per_line(start, is_all) && first == b'{' => {
            Box::new(documents::Documents::new(input))
        }
        _ => Box::new(lines::Lines::new(input)),
    };
    let mut import = Import {
        format: Format::Csv,
        zone_minutes: options.zone_minutes.clamp(-15 * 60, 15 * 60),
        frames,
        waiting: VecDeque::new(),
        ready: VecDeque::new(),
        refused: VecDeque::new(),
        table,
        ledger: Ledger::new(),
        records: 0,
        drafts: 0,
        rejected: 0,
        without_zone: 0,
        ended: false,
    };
    import.format = match options.format.or(guessed) {
        Some(format) => format,
        None => import.look()?,
    };
    if import.format == Format::Json {
        import.table = Some(import.fields(options.mapping)?);
    }
    Ok(import)
}

/// The headings, a proposal for their meaning, and the first five records as they would be imported.
pub fn preview<R: Read>(from: R, options: Options) -> Result<Preview, OpenError> {
    const SHOWN: usize = 5;
    let mut import = open(from, options)?;
    let mut preview = Preview {
        format: import.format,
        headings: import.table.as_ref().map(|t| t.headings.clone()).unwrap_or_default(),
        mapping: import.table.as_ref().map(|t| t.mapping.clone()).unwrap_or_default(),
        rows: Vec::new(),
        drafts: Vec::new(),
        rejected: Vec::new(),
    };
    while preview.drafts.len() < SHOWN && preview.rejected.len() < SHOWN {
        match import.next() {
            None => break,
            Some(Ok(draft)) => {
                if let Some(table) = &import.table {
                    preview.rows.extend(table.split(draft.raw.as_bytes()));
                }
                preview.drafts.push(draft);
            }
            Some(Err(rejected)) => preview.rejected.push(rejected),
        }
    }
    Ok(preview)
}

impl<'a> Import<'a> {
    pub fn format(&self) -> Format {
        self.format
    }

    /// What became of everything so far; whole when the stream has ended.
    pub fn fidelity(&self) -> Fidelity {
        let (mapped, kept_raw, more_fields) = self.ledger.account();
        Fidelity {
            format: self.format,
            records: self.records,
            drafts: self.drafts,
            rejected: self.rejected,
            mapped,
            kept_raw,
            more_fields,
            without_zone: self.without_zone,
        }
    }

    /// The fields of the first records are the columns of JSON that is of no known kind.
    fn fields(&mut self, mapping: Option<Mapping>) -> Result<Table, OpenError> {
        if self.waiting.is_empty() {
            self.waiting.extend(self.frames.next_frame()?);
        }
        let seen = Ledger::new();
        for frame in &self.waiting {
            if let Ok(bytes) = &frame.body {
                json::value(&as_text(bytes).0)
                    .map(json::unwrapped)
                    .unwrap_or_default()
                    .iter()
                    .for_each(|v| seen.enter(v));
            }
        }
        let (_, mut headings, _) = seen.account();
        headings.retain(|h| !h.contains("[]"));
        headings.truncate(MOST_HEADINGS);
        let mapping = mapping.unwrap_or_else(|| Mapping::guess(&headings));
        if mapping.columns.is_empty() {
            return Err(OpenError::Unknown);
        }
        Ok(Table { delimiter: None, headings, mapping })
    }

    /// Tells the format by the first record that is like one; JSON of no known kind is read by its columns, if one of
    /// them could be a title.
    fn look(&mut self) -> Result<Format, OpenError> {
        let mut size = 0;
        while self.waiting.len() < LOOKED_AT && size < crate::bounds::LARGEST_RECORD {
            let Some(frame) = self.frames.next_frame()? else { break };
            let mut found = None;
            if let Ok(bytes) = &frame.body {
                size += bytes.len();
                let unseen = Ledger::new();
                let values = json::value(&as_text(bytes).0).map(json::unwrapped).unwrap_or_default();
                found = values.iter().find_map(|v| Format::of(Field::root(v, &unseen)));
            }
            self.waiting.push_back(frame);
            if let Some(format) = found {
                return Ok(format);
            }
        }
        let table = self.fields(None)?;
        let says =
            |column: &Column| matches!(column, Column::Title | Column::Threat | Column::Rule | Column::Description);
        if table.mapping.columns.values().any(says) { Ok(Format::Json) } else { Err(OpenError::Unknown) }
    }

    fn refuse(&mut self, line: u64, error: String) {
        self.rejected = self.rejected.saturating_add(1);
        self.refused.push_back(Rejected { record: self.records, line: small(line), error });
    }

    fn frame(&mut self, frame: Frame) {
        self.records = self.records.saturating_add(1);
        let bytes = match frame.body {
            Ok(bytes) => bytes,
            Err(why) => return self.refuse(frame.line, why),
        };
        let (text, stand_ins) = as_text(&bytes);
        let reading = Reading { zone: self.zone_minutes, stand_ins };
        let values = match self.format {
            Format::WindowsXml | Format::Evtx if text.starts_with('<') => xml::fields(&text).map(|v| vec![v]),
            Format::Csv => match &self.table {
                Some(table) => table.row(text.as_bytes()).map(|v| vec![v]),
                None => Err("This is not a table.".to_owned()),
            },
            Format::Wazuh
            | Format::Msgraph
            | Format::Ecs
            | Format::Eve
            | Format::Falco
            | Format::Ocsf
            | Format::Stix
            | Format::Misp
            | Format::Guardduty
            | Format::Osquery
            | Format::WindowsXml
            | Format::Evtx
            | Format::Json => json::value(&text).map(json::unwrapped),
        };
        let values = match values {
            Ok(values) => values,
            Err(why) => return self.refuse(frame.line, why),
        };
        let alone = values.len() == 1;
        let mut raw = Some(if stand_ins { text.into_owned() } else { String::from_utf8(bytes).unwrap_or_default() });
        for (number, value) in values.iter().enumerate() {
            if number > 0 {
                self.records = self.records.saturating_add(1);
            }
            let raw = if alone { raw.take() } else { None };
            self.value(value, frame.line, reading, raw);
        }
    }

    fn value(&mut self, value: &Value, line: u64, reading: Reading, raw: Option<String>) {
        let read = {
            let field = Field::root(value, &self.ledger);
            match &self.table {
                Some(table) => csv::read(field, &table.mapping, reading),
                None => self.format.read(field, reading),
            }
        };
        // What was refused is shown with its reason; its fields are nobody's.
        let sheets = match read {
            Ok(sheets) => sheets,
            Err(why) => return self.refuse(line, why),
        };
        self.ledger.enter(value);
        let mut raw = Some(raw.unwrap_or_else(|| value.to_string()));
        for (number, sheet) in sheets.into_iter().enumerate() {
            let draft = self.draft(sheet, value, number);
            let original = raw.take();
            self.ready.push_back(Draft {
                record: self.records,
                line: small(line),
                raw: if draft.raw.is_empty() { original.unwrap_or_else(|| value.to_string()) } else { draft.raw },
                ..draft
            });
        }
    }

    fn draft(&mut self, sheet: Sheet, value: &Value, number: usize) -> Draft {
        let format = self.format.code();
        let draft = sheet.finish(|| match number {
            0 => key::content(format, &[value]),
            n => key::content(format, &[value, &Value::from(n)]),
        });
        let assumed = |m: &Option<assize_domain::draft::Moment>| m.is_some_and(|m| m.zone == Zone::Assumed);
        if assumed(&draft.first) || assumed(&draft.last) {
            self.without_zone = self.without_zone.saturating_add(1);
        }
        self.drafts = self.drafts.saturating_add(1);
        draft
    }
}

impl Iterator for Import<'_> {
    type Item = Result<Draft, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(draft) = self.ready.pop_front() {
                return Some(Ok(draft));
            }
            if let Some(rejected) = self.refused.pop_front() {
                return Some(Err(rejected));
            }
            if self.ended {
                return None;
            }
            let next = match self.waiting.pop_front() {
                Some(frame) => Ok(Some(frame)),
                None => self.frames.next_frame(),
            };
            match next {
                Ok(Some(frame)) => self.frame(frame),
                Ok(None) => self.ended = true,
                Err(e) => {
                    self.ended = true;
                    self.records = self.records.saturating_add(1);
                    self.refuse(0, format!("The file could not be read any further: {e}."));
                }
            }
        }
    }
}

fn small(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
