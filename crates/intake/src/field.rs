//! A record's fields, and the account of which of them found a place: what is asked for is mapped, everything else is
//! kept in the original alone. Nothing is dropped.
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use serde_json::{Map, Value};

use crate::bounds::MOST_FIELDS;

/// A field that is not there.
const NOWHERE: u32 = u32::MAX;
const ROOT: u32 = 0;
static ABSENT: Value = Value::Null;

/// What became of the fields of all records of one file.
pub(crate) struct Ledger {
    nodes: RefCell<Vec<Node>>,
    more: Cell<bool>,
}

#[derive(Default)]
struct Node {
    above: u32,
    name: Box<str>,
    below: HashMap<Box<str>, u32>,
    /// Held a value in some record.
    held: bool,
    mapped: bool,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { nodes: RefCell::new(vec![Node::default()]), more: Cell::new(false) }
    }

    fn below(&self, node: u32, name: &str) -> u32 {
        let mut nodes = self.nodes.borrow_mut();
        let count = nodes.len();
        let Some(here) = nodes.get_mut(node as usize) else { return NOWHERE };
        if let Some(known) = here.below.get(name) {
            return *known;
        }
        // Names may be made up by whoever made the file: longer than any real one is the same for all.
        if count >= MOST_FIELDS || name.len() > 200 {
            self.more.set(true);
            return NOWHERE;
        }
        let new = u32::try_from(count).unwrap_or(NOWHERE);
        here.below.insert(name.into(), new);
        nodes.push(Node { above: node, name: name.into(), ..Node::default() });
        new
    }

    fn map(&self, node: u32) {
        if let Some(here) = self.nodes.borrow_mut().get_mut(node as usize) {
            here.mapped = true;
        }
    }

    /// Counts in every field of a record that holds something.
    pub(crate) fn enter(&self, value: &Value) {
        self.walk(value, ROOT);
    }

    fn walk(&self, value: &Value, node: u32) {
        match value {
            Value::Null => {}
            Value::Object(members) => members.iter().for_each(|(k, v)| self.walk(v, self.below(node, k))),
            Value::Array(items) => {
                if !items.is_empty() {
                    let below = self.below(node, "[]");
                    items.iter().for_each(|v| self.walk(v, below));
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                if let Some(here) = self.nodes.borrow_mut().get_mut(node as usize) {
                    here.held = true;
                }
            }
        }
    }

    /// Mapped fields, fields that are kept in the original alone, and whether there were more than are listed.
    pub(crate) fn account(&self) -> (Vec<String>, Vec<String>, bool) {
        let nodes = self.nodes.borrow();
        let (mut mapped, mut kept) = (Vec::new(), Vec::new());
        for (number, node) in nodes.iter().enumerate().filter(|(_, n)| n.held) {
            let mut names = Vec::new();
            let mut at = number;
            while let Some(here) = nodes.get(at) {
                if at == ROOT as usize {
                    break;
                }
                names.push(&here.name);
                at = here.above as usize;
            }
            let mut path = String::new();
            for name in names.iter().rev() {
                if !path.is_empty() && name.as_ref() != "[]" {
                    path.push('.');
                }
                path.push_str(name);
            }
            if node.mapped { mapped.push(path) } else { kept.push(path) }
        }
        mapped.sort();
        kept.sort();
        (mapped, kept, self.more.get())
    }
}

/// One field of one record, there or not.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    value: &'a Value,
    ledger: &'a Ledger,
    node: u32,
}

impl<'a> Field<'a> {
    pub(crate) fn root(value: &'a Value, ledger: &'a Ledger) -> Self {
        Self { value, ledger, node: ROOT }
    }

    /// A value that was text inside this field: its fields count below it.
    pub(crate) fn opened<'b>(self, value: &'b Value) -> Field<'b>
    where
        'a: 'b,
    {
        self.ledger.map(self.node);
        let node = self.ledger.below(self.node, "(inside)");
        self.ledger.walk(value, node);
        Field { value, ledger: self.ledger, node }
    }

    pub(crate) fn at(self, name: &str) -> Self {
        match self.value.get(name) {
            Some(value) if !value.is_null() => {
                Self { value, ledger: self.ledger, node: self.ledger.below(self.node, name) }
            }
            _ => Self { value: &ABSENT, ledger: self.ledger, node: NOWHERE },
        }
    }

    /// The first of several names that is there.
    pub(crate) fn any(self, names: &[&str]) -> Self {
        names.iter().map(|n| self.at(n)).find(|f| f.is_there()).unwrap_or_else(|| self.at(""))
    }

    /// `a.b.c`, however the record writes it: inside each other, as one name with dots, or some of both.
    pub(crate) fn dotted(self, path: &str) -> Self {
        let whole = self.at(path);
        if whole.is_there() {
            return whole;
        }
        for (dot, _) in path.match_indices('.').rev() {
            let first = self.at(&path[..dot]);
            if first.is_there() {
                let rest = first.dotted(&path[dot + 1..]);
                if rest.is_there() {
                    return rest;
                }
            }
        }
        self.at("")
    }

    pub(crate) fn is_there(self) -> bool {
        self.node != NOWHERE || !self.value.is_null()
    }

    /// To look at, without giving it a place.
    pub(crate) fn peek(self) -> &'a Value {
        self.value
    }

    pub(crate) fn peek_str(self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// Text, or a number or truth as text. What is blank is not there.
    pub(crate) fn text(self) -> Option<String> {
        let text = match self.value {
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        self.ledger.map(self.node);
        Some(text)
    }

    pub(crate) fn number(self) -> Option<u64> {
        let number = match self.value {
            Value::Number(n) => n.as_u64().or_else(|| n.as_f64().filter(|f| *f >= 0.0 && *f < 1e18).map(|f| f as u64)),
            Value::String(text) => whole_number(text),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }?;
        self.ledger.map(self.node);
        Some(number)
    }

    pub(crate) fn decimal(self) -> Option<f64> {
        let number = match self.value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }?;
        self.ledger.map(self.node);
        Some(number)
    }

    pub(crate) fn small(self) -> Option<u32> {
        self.number().and_then(|n| u32::try_from(n).ok())
    }

    pub(crate) fn port(self) -> Option<u16> {
        self.number().and_then(|n| u16::try_from(n).ok()).filter(|p| *p != 0)
    }

    pub(crate) fn truth(self) -> Option<bool> {
        let truth = match self.value {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(true),
                "false" | "no" | "0" => Some(false),
                _ => None,
            },
            Value::Number(n) => n.as_u64().map(|n| n != 0),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }?;
        self.ledger.map(self.node);
        Some(truth)
    }

    /// The elements of a list; a single value where no list was thought necessary.
    pub(crate) fn each(self) -> impl Iterator<Item = Self> {
        let (items, node) = match self.value {
            Value::Array(items) => (items.as_slice(), self.ledger.below(self.node, "[]")),
            Value::Null => (&[][..], NOWHERE),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                (std::slice::from_ref(self.value), self.node)
            }
        };
        items.iter().map(move |value| Self { value, ledger: self.ledger, node })
    }

    pub(crate) fn texts(self) -> Vec<String> {
        self.each().filter_map(Self::text).collect()
    }

    pub(crate) fn members(self) -> impl Iterator<Item = (&'a str, Self)> {
        static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        let members = self.value.as_object().unwrap_or_else(|| &NONE);
        members.iter().filter(|(_, v)| !v.is_null()).map(move |(name, value)| {
            (name.as_str(), Self { value, ledger: self.ledger, node: self.ledger.below(self.node, name) })
        })
    }
}

/// Decimal or `0x` digits.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_asked_for_is_mapped_and_the_rest_kept_raw() {
        let ledger = Ledger::new();
        let record = json!({"rule": {"id": 5, "level": "7", "x": null}, "list": [{"a": 1, "b": ""}], "c.d": {"e": 1}});
        ledger.enter(&record);
        let root = Field::root(&record, &ledger);
        assert_eq!(root.at("rule").at("id").text().as_deref(), Some("5"));
        assert_eq!(root.at("rule").at("level").number(), Some(7));
        assert_eq!(root.at("absent").at("below").text(), None);
        assert_eq!(root.dotted("c.d.e").number(), Some(1));
        for item in root.at("list").each() {
            assert_eq!(item.at("a").small(), Some(1));
        }
        let (mapped, kept, more) = ledger.account();
        assert_eq!(mapped, ["c.d.e", "list[].a", "rule.id", "rule.level"]);
        assert_eq!(kept, ["list[].b"]);
        assert!(!more);
    }

    #[test]
    fn a_file_of_made_up_names_is_counted_up_to_a_limit() {
        let ledger = Ledger::new();
        for start in 0..10 {
            let members: Map<String, Value> = (0..1000).map(|n| (format!("f{start}-{n}"), json!(1))).collect();
            ledger.enter(&Value::Object(members));
        }
        let (mapped, kept, more) = ledger.account();
        assert!(mapped.is_empty() && more);
        assert!(kept.len() < MOST_FIELDS);
    }
}
