//! Fixed pieces of SQL with bound values. A piece is `&'static str`, so no value from outside can become SQL.
use crate::error::{StoreError, unreadable};
use assize_domain::time::Stamp;
use rusqlite::{Connection, Params, Row, params_from_iter, types::Value};
use serde::{Serialize, de::DeserializeOwned};

/// A statement made of fixed pieces, with the value of each `?` in order.
#[derive(Clone, Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(piece: &'static str) -> Self {
        Self { text: piece.to_owned(), values: Vec::new() }
    }

    pub(crate) fn push(&mut self, piece: &'static str) -> &mut Self {
        self.text.push(' ');
        self.text.push_str(piece);
        self
    }

    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self
    }

    /// Another statement's pieces and values, in place.
    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        self.text.push(' ');
        self.text.push_str(&other.text);
        self.values.extend(other.values.iter().cloned());
        self
    }

    /// `AND <column> IN (…)` for a list that is not empty: the piece takes one `?`, a JSON array.
    pub(crate) fn any_of<T: Serialize>(&mut self, piece: &'static str, wanted: &[T]) -> Result<&mut Self, StoreError> {
        if !wanted.is_empty() {
            let array = json(&wanted)?;
            self.push(piece).bind(array);
        }
        Ok(self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn each(
        &self,
        db: &Connection,
        mut row: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = db.prepare_cached(&self.text)?;
        let mut rows = statement.query(params_from_iter(&self.values))?;
        while let Some(r) = rows.next()? {
            row(r)?;
        }
        Ok(())
    }

    pub(crate) fn rows<T>(
        &self,
        db: &Connection,
        mut row: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut out = Vec::new();
        self.each(db, |r| {
            out.push(row(r)?);
            Ok(())
        })?;
        Ok(out)
    }

    pub(crate) fn one<T>(
        &self,
        db: &Connection,
        row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        Ok(db.prepare_cached(&self.text)?.query_row(params_from_iter(&self.values), row)?)
    }
}

/// All rows of a fixed statement.
pub(crate) fn all<T>(
    db: &Connection,
    text: &'static str,
    params: impl Params,
    mut row: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(text)?;
    let mut rows = statement.query(params)?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        out.push(row(r)?);
    }
    Ok(out)
}

/// The first row of a fixed statement, if there is one.
pub(crate) fn first<T>(
    db: &Connection,
    text: &'static str,
    params: impl Params,
    row: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = db.prepare_cached(text)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(row).transpose()
}

/// Runs a fixed statement; how many rows it changed.
pub(crate) fn change(db: &Connection, text: &'static str, params: impl Params) -> Result<usize, StoreError> {
    Ok(db.prepare_cached(text)?.execute(params)?)
}

/// The JSON under which a value is stored.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| unreadable("a value", e))
}

/// A stored JSON text back as its value.
pub(crate) fn parse<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| unreadable(what, e))
}

/// The value in column `index` of a row.
pub(crate) fn doc<T: DeserializeOwned>(what: &str, row: &Row<'_>, index: usize) -> Result<T, StoreError> {
    parse(what, row.get_ref(index)?.as_str().map_err(|e| unreadable(what, e))?)
}

/// The code of one of our enums without data, as serde and every `state` column write it.
pub(crate) fn code<T: Serialize>(value: T) -> Result<String, StoreError> {
    let json = serde_json::to_value(value).map_err(|e| unreadable("a code", e))?;
    json.as_str().map(str::to_owned).ok_or_else(|| StoreError::Damaged("a code is not text".into()))
}

/// The enum that a code column holds.
pub(crate) fn coded<T: DeserializeOwned>(what: &str, row: &Row<'_>, index: usize) -> Result<T, StoreError> {
    let text: String = row.get(index)?;
    serde_json::from_value(serde_json::Value::String(text)).map_err(|e| unreadable(what, e))
}

pub(crate) fn stamp(row: &Row<'_>, index: usize) -> Result<Option<Stamp>, StoreError> {
    Ok(row.get::<_, Option<i64>>(index)?.map(Stamp))
}

/// What a text filter looks for and what it looks in, in one spelling.
pub(crate) fn folded<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for part in parts {
        if !out.is_empty() {
            out.push('\n');
        }
        out.extend(part.chars().flat_map(char::to_lowercase));
    }
    out
}

/// What a text filter asks for; nothing where it is blank.
pub(crate) fn needle(text: Option<&String>) -> Option<String> {
    text.map(|t| folded([t.trim()])).filter(|t| !t.is_empty())
}
