//! Tables: headings, the meaning they seem to have, and rows as fields.
use std::io::BufRead;

use serde_json::{Map, Value};

use crate::{
    format::csv::Mapping,
    frame::{Frame, Frames, rows},
    import::OpenError,
    pieces::as_text,
};

pub(crate) const MOST_HEADINGS: usize = 1000;

pub(crate) struct Table {
    /// None: the columns are fields of JSON.
    pub(crate) delimiter: Option<u8>,
    pub(crate) headings: Vec<String>,
    pub(crate) mapping: Mapping,
}

impl Table {
    pub(crate) fn begin<R: BufRead>(
        frames: &mut rows::Rows<R>,
        delimiter: u8,
        mapping: Option<Mapping>,
    ) -> Result<Self, OpenError> {
        let Some(Frame { body: Ok(bytes), .. }) = frames.next_frame()? else { return Err(OpenError::NoHeadings) };
        let mut table = Self { delimiter: Some(delimiter), headings: Vec::new(), mapping: Mapping::default() };
        let (text, _) = as_text(&bytes);
        let Some(said) = table.split(text.as_bytes()) else { return Err(OpenError::NoHeadings) };
        if said.len() > MOST_HEADINGS {
            return Err(OpenError::NoHeadings);
        }
        for (number, heading) in said.into_iter().enumerate() {
            let plain = heading.trim().to_owned();
            let mut name = if plain.is_empty() { format!("column {}", number + 1) } else { plain };
            if table.headings.contains(&name) {
                name = format!("{name} ({})", number + 1);
            }
            table.headings.push(name);
        }
        table.mapping = mapping.unwrap_or_else(|| Mapping::guess(&table.headings));
        Ok(table)
    }

    pub(crate) fn split(&self, row: &[u8]) -> Option<Vec<String>> {
        let delimiter = self.delimiter?;
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(row);
        let record = reader.records().next()?.ok()?;
        Some(record.iter().map(str::to_owned).collect())
    }

    pub(crate) fn row(&self, row: &[u8]) -> Result<Value, String> {
        let said = self.split(row).ok_or_else(|| "The row cannot be split into its columns.".to_owned())?;
        let beyond = said.len().saturating_sub(self.headings.len());
        if beyond > 0 && said.iter().skip(self.headings.len()).any(|v| !v.trim().is_empty()) {
            return Err(format!("The row has {} columns and the table {}.", said.len(), self.headings.len()));
        }
        let members: Map<String, Value> =
            self.headings.iter().cloned().zip(said.into_iter().map(Value::String)).collect();
        Ok(Value::Object(members))
    }
}

/// Does this look like a table: headings with at least one delimiter, and text?
pub(crate) fn rows_of(start: &[u8]) -> bool {
    let line = start.split(|b| *b == b'\n').find(|l| !l.is_empty()).unwrap_or_default();
    line.contains(&delimiter_of(start)) && !line.contains(&0)
}

pub(crate) fn delimiter_of(start: &[u8]) -> u8 {
    let line = start.split(|b| *b == b'\n').find(|l| !l.is_empty()).unwrap_or_default();
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = line.iter().filter(|b| {
            quoted ^= **b == b'"';
            !quoted && **b == delimiter
        });
        outside.count()
    };
    // Of equals the last wins, so the commonest stands last.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|d| count(*d)).unwrap_or(b',')
}
