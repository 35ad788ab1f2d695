//! The XML of one Windows event as plain fields: `System.EventID`, `EventData.TargetFilename`. Lenient where Windows and
//! its exporters are: bare ampersands and unnamed data are read.
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use serde_json::{Map, Value};

use crate::bounds::{DEEPEST, MOST_VALUES};

/// What stands beside elements of its own, and values without a name.
const TEXT: &str = "#text";

#[derive(Default)]
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
}

pub(crate) fn fields(xml: &str) -> Result<Value, String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Open> = Vec::new();
    let mut count = 0;
    loop {
        let event = reader.read_event().map_err(|e| format!("The XML of this event is broken: {e}."))?;
        match event {
            Event::Start(start) => {
                count += 1 + start.attributes_raw().matches('=').count();
                open.push(begun(&start));
                if open.len() > DEEPEST {
                    return Err(format!("Its elements lie more than {DEEPEST} deep inside each other."));
                }
            }
            Event::Empty(start) => {
                count += 1 + start.attributes_raw().matches('=').count();
                if let Some(done) = closed(begun(&start), &mut open) {
                    return Ok(done);
                }
            }
            Event::End(_) => {
                let Some(last) = open.pop() else { continue };
                if let Some(done) = closed(last, &mut open) {
                    return Ok(done);
                }
            }
            Event::Text(text) => add(&mut open, &text.into_inner()),
            Event::CData(text) => add(&mut open, &text.into_inner()),
            Event::GeneralRef(entity) => {
                let character = entity.resolve_char_ref().ok().flatten();
                let name = entity.into_inner();
                let known = match name.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => character,
                };
                match known {
                    Some(c) => add(&mut open, c.encode_utf8(&mut [0; 4])),
                    None => add(&mut open, &format!("&{name};")),
                }
            }
            Event::Eof => return Err("The XML of this event ends too early.".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        if count > MOST_VALUES {
            return Err(format!("It has more than {MOST_VALUES} fields, which no alert has."));
        }
    }
}

fn begun(start: &BytesStart<'_>) -> Open {
    let mut open = Open { name: start.local_name().as_ref().to_owned(), ..Open::default() };
    for attribute in start.attributes().with_checks(false).flatten() {
        let name = attribute.key.as_ref();
        if name == "xmlns" || name.starts_with("xmlns:") {
            continue;
        }
        let raw: &str = &attribute.value;
        let value = quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), |v| v.into_owned());
        open.members.insert(name.to_owned(), Value::String(value));
    }
    open
}

fn add(open: &mut [Open], text: &str) {
    if let Some(last) = open.last_mut() {
        last.text.push_str(text);
    }
}

/// Puts a finished element into the one around it; gives it where there is none.
fn closed(mut done: Open, open: &mut [Open]) -> Option<Value> {
    let text = done.text.trim();
    let is_data = done.name == "Data" || done.name == "ComplexData";
    let mut name = done.name.clone();
    if is_data && let Some(Value::String(said)) = done.members.remove("Name") {
        name = said;
    }
    let value = if done.members.is_empty() {
        Value::String(text.to_owned())
    } else {
        if !text.is_empty() {
            done.members.insert(TEXT.to_owned(), Value::String(text.to_owned()));
        }
        Value::Object(done.members)
    };
    let Some(around) = open.last_mut() else { return Some(value) };
    match around.members.get_mut(&name) {
        None => {
            around.members.insert(name, value);
        }
        Some(Value::Array(several)) => several.push(value),
        Some(first) => {
            let before = first.take();
            *first = Value::Array(vec![before, value]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_becomes_plain_fields() {
        let xml = "<Event xmlns='x'><System><Provider Name='P &amp; Q'/><EventID Qualifiers='1'>7</EventID></System>
            <EventData><Data Name='Path'>a &lt;b&gt; &#65;</Data><Data>one</Data><Data>two</Data><Data Name='E'/></EventData>
            </Event>";
        let expected = json!({
            "System": {"Provider": {"Name": "P & Q"}, "EventID": {"Qualifiers": "1", "#text": "7"}},
            "EventData": {"Path": "a <b> A", "Data": ["one", "two"], "E": ""},
        });
        assert_eq!(fields(xml).unwrap(), expected);
    }

    #[test]
    fn a_bare_ampersand_is_an_ampersand_and_unknown_entities_stay() {
        let value = fields("<Event><D>https://x/?a=1&name=T&b;</D></Event>").unwrap();
        assert_eq!(value["D"], "https://x/?a=1&name=T&b;");
    }

    #[test]
    fn what_is_too_deep_or_cut_is_refused() {
        assert!(fields("<Event><System>").is_err());
        assert!(fields(&"<a>".repeat(DEEPEST + 1)).unwrap_err().contains("deep"));
        assert!(fields(&format!("<Event>{}</Event>", "<a/>".repeat(MOST_VALUES + 1))).unwrap_err().contains("fields"));
    }
}
