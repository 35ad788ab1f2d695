//! Answers as people read them: sentences and aligned columns. Everything passes through `visible`, because evidence
//! text is hostile: a file name can neither move the cursor nor reorder the words around it.
use assize_domain::{text::visible, time::Stamp};
use serde::Serialize;
use std::fmt;

/// Actions in lists and one with everything about it.
pub(crate) mod action;
/// Alerts, and what became of an import.
pub(crate) mod alert;
/// Incidents and their pages.
pub(crate) mod incident;
/// Investigations, and the evidence they found.
pub(crate) mod investigation;

/// Lines for a person.
#[derive(Debug, Default)]
pub(crate) struct Text {
    lines: Vec<String>,
}

impl Text {
    pub(crate) fn line(mut self, text: impl AsRef<str>) -> Self {
        self.lines.push(visible(text.as_ref()).trim_end().to_owned());
        self
    }

    pub(crate) fn lines<S: AsRef<str>>(self, texts: impl IntoIterator<Item = S>) -> Self {
        texts.into_iter().fold(self, |text, line| text.line(line))
    }

    pub(crate) fn heading(self, text: &str) -> Self {
        let text_before = if self.lines.is_empty() { self } else { self.line("") };
        text_before.line(text)
    }

    /// `name: value`, with the values below each other; nothing where there is no value.
    pub(crate) fn field(self, name: &str, value: impl Into<Option<String>>) -> Self {
        match value.into().filter(|v| !v.is_empty()) {
            Some(value) => self.line(format!("{:<14}{value}", format!("{name}:"))),
            None => self,
        }
    }

    /// Columns as wide as their widest cell; nothing is cut. `none` stands where there are no rows.
    pub(crate) fn table<const N: usize>(mut self, head: [&str; N], rows: Vec<[String; N]>, none: &str) -> Self {
        if rows.is_empty() {
            return self.line(none);
        }
        let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned))
            .chain(rows.into_iter().map(|row| row.map(|cell| visible(&cell))))
            .collect();
        let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..N).map(width).collect();
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&format!("{cell:<width$}  "));
            }
            self.lines.push(line.trim_end().to_owned());
        }
        self
    }

    /// Says when a list goes on.
    pub(crate) fn more(self, shown: usize, total: u32, next: Option<&str>) -> Self {
        match next {
            Some(next) => self.line("").line(format!("{shown} of {total}. The next page: --after {next}")),
            None => self,
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// One of our enumerations in words: `semi_core` is shown as `semi core`.
pub(crate) fn said(word: impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(code)) => code.replace('_', " "),
        Ok(_) | Err(_) => String::new(),
    }
}

/// To the second, as people compare times.
pub(crate) fn time(at: Stamp) -> String {
    let text = at.to_string();
    text.get(..19).map_or(text.clone(), |t| format!("{}Z", t.replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_hostile_text_is_visible() {
        let rows = vec![["a".into(), "/tmp/\u{202E}x\x1b[2J".into()], ["longer".into(), "/b".into()]];
        let text = Text::default().table(["NAME", "PATH"], rows, "none").to_string();
        assert_eq!(text, "NAME    PATH\na       /tmp/\\u{202e}x\\u{1b}[2J\nlonger  /b\n");
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(Text::default().table(["A"], vec![], "Nothing waits.").to_string(), "Nothing waits.\n");
    }

    #[test]
    fn a_time_is_shown_to_the_second() {
        assert_eq!(time(Stamp(1_795_000_000_123)), "2026-11-18 11:06:40Z");
    }
}
