//! The key by which the same record is known again: made of what the other product calls it, or of its content.
use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// A key of the format and the product's own id (with whatever else makes it one of a kind).
pub(crate) fn named(format: &str, parts: &[&str]) -> String {
    let joined = parts.join("|");
    // What is plain and short can be read by people; the rest is its digest.
    if joined.len() <= 120 && joined.chars().all(|c| c.is_ascii_graphic()) {
        return format!("{format}:{joined}");
    }
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    format!("{format}:#{}", hex(hash))
}

/// A key of the content, the same however it is spaced and in whatever order its fields stand.
pub(crate) fn content(format: &str, values: &[&Value]) -> String {
    let mut hash = Sha256::new();
    values.iter().for_each(|v| feed(&mut hash, v));
    format!("{format}:#{}", hex(hash))
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn feed(hash: &mut Sha256, value: &Value) {
    let text = |hash: &mut Sha256, mark: u8, text: &str| {
        hash.update([mark]);
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    match value {
        Value::Null => hash.update(b"z"),
        Value::Bool(truth) => hash.update([b'b', u8::from(*truth)]),
        Value::Number(number) => text(hash, b'n', &number.to_string()),
        Value::String(string) => text(hash, b's', string),
        Value::Array(items) => {
            hash.update(b"[");
            items.iter().for_each(|v| feed(hash, v));
            hash.update(b"]");
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            hash.update(b"{");
            for (name, value) in sorted {
                text(hash, b'k', name);
                feed(hash, value);
            }
            hash.update(b"}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_content_has_the_same_key_however_it_is_written() {
        let one: Value = serde_json::from_str("{\"a\": 1, \"b\": [\"x\", null]}").unwrap();
        let two: Value = serde_json::from_str("{\"b\":[\"x\",null],\"a\":1}").unwrap();
        assert_eq!(content("f", &[&one]), content("f", &[&two]));
        let other =
            [json!({"a": 1, "b": ["x"]}), json!({"a": "1", "b": ["x", null]}), json!({"ab": 1, "": ["x", null]})];
        for value in &other {
            assert_ne!(content("f", &[&one]), content("f", &[value]), "{value}");
        }
    }

    #[test]
    fn a_plain_id_stays_readable_and_others_do_not_collide() {
        assert_eq!(named("guardduty", &["5d7da1"]), "guardduty:5d7da1");
        assert!(named("x", &["with space"]).starts_with("x:#"));
        let long = "a".repeat(200);
        assert_ne!(named("x", &[&long, "b"]), named("x", &[&long, "c"]));
    }
}
