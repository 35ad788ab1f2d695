//! The JSON of one record, or of a list or an envelope that stands on one line.
use assize_domain::text::visible;
use serde_json::Value;

use crate::bounds::MOST_VALUES;

/// A record's JSON, unless it holds more than any alert does.
pub(crate) fn value(text: &str) -> Result<Value, String> {
    let marks = text.bytes().filter(|b| matches!(b, b',' | b'[' | b'{')).count();
    if marks > MOST_VALUES && values_in(text) > MOST_VALUES {
        return Err(format!("It has more than {MOST_VALUES} fields, which no alert has."));
    }
    serde_json::from_str(text).map_err(|e| {
        let why = e.to_string();
        if why.contains("recursion limit") {
            return "Its values lie too deep inside each other.".to_owned();
        }
        format!("It is not valid JSON: {}.", visible(&why))
    })
}

/// Commas and openings outside texts: at least as many as there are values.
fn values_in(text: &str) -> usize {
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b',' | b'[' | b'{' if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// The records of a value that is a list or an envelope; itself otherwise.
pub(crate) fn unwrapped(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Object(mut members) => {
            for name in ["value", "Findings", "findings", "response", "Records"] {
                if let Some(Value::Array(items)) = members.get_mut(name)
                    && items.first().is_some_and(Value::is_object)
                {
                    return std::mem::take(items);
                }
            }
            for (outer, inner) in [("hits", "hits"), ("data", "affected_items")] {
                if let Some(Value::Array(items)) = members.get_mut(outer).and_then(|o| o.get_mut(inner))
                    && items.first().is_some_and(Value::is_object)
                {
                    return std::mem::take(items);
                }
            }
            vec![Value::Object(members)]
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => vec![other],
    }
}
