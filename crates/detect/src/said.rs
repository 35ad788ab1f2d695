//! What a matching rule says: its weight, a plain sentence, and its author, all from what the rule's file says of it.
use crate::rules::{Origin, Rules};
use assize_domain::{
    text::visible,
    verdict::{Finding, FindingSource, Weight},
};
use yara_x::MetaValue;

/// From this score or severity on (of 100) its author calls a match a threat.
const SURE: f64 = 75.0;

/// Longer descriptions are cut: the sentence is for a person.
const LONGEST: usize = 300;

#[derive(Default)]
struct Meta<'a> {
    description: Option<&'a str>,
    author: Option<&'a str>,
    verdict: Option<Weight>,
    confidence: Option<Weight>,
    score: Option<Weight>,
}

pub(crate) fn finding(rule: &yara_x::Rule<'_, '_>, rules: &Rules) -> Finding {
    let meta = read(rule);
    let origin = rules.origin(rule.namespace());
    let weight = match origin {
        Origin::Own => meta.confidence.unwrap_or(Weight::Odd),
        // Without a word about how sure it is, a rule of unknown quality asks a person.
        Origin::File(_) => meta.verdict.or(meta.score).unwrap_or_else(|| tagged(rule)),
    };
    let author = match origin {
        Origin::Own => "Assize".to_owned(),
        Origin::File(file) => meta.author.map_or_else(|| file.to_owned(), visible),
    };
    let name = rule.identifier();
    let text = match (origin, meta.description.map(short)) {
        (Origin::Own, Some(sentence)) => sentence,
        (Origin::File(_), Some(said)) => format!("The rule “{name}” of {author} matches: {said}"),
        (_, None) => format!("The rule “{name}” of {author} matches."),
    };
    Finding::new(FindingSource::YaraRule, weight, text)
        .rule(name)
        .author(author)
        .version(rules.version(rule.namespace()))
}

fn read<'r>(rule: &yara_x::Rule<'_, 'r>) -> Meta<'r> {
    let mut meta = Meta::default();
    for (key, value) in rule.metadata() {
        let key = key.to_ascii_lowercase();
        match (key.as_str(), value) {
            ("description" | "desc" | "descr" | "info", MetaValue::String(text)) => {
                meta.description = meta.description.or(Some(text));
            }
            ("author", MetaValue::String(text)) => meta.author = meta.author.or(Some(text)),
            ("verdict", MetaValue::String(text)) => meta.verdict = verdict(text),
            ("confidence", MetaValue::String(text)) => meta.confidence = word(text),
            ("score" | "severity", value) => meta.score = meta.score.max(degree(&value)),
            _ => {}
        }
    }
    meta
}

fn verdict(text: &str) -> Option<Weight> {
    match text.to_ascii_lowercase().as_str() {
        "malicious" | "malware" => Some(Weight::Bad),
        "suspicious" | "pua" => Some(Weight::Odd),
        _ => None,
    }
}

fn word(text: &str) -> Option<Weight> {
    match text.to_ascii_lowercase().as_str() {
        "critical" | "high" => Some(Weight::Bad),
        "medium" | "low" | "informational" => Some(Weight::Odd),
        _ => None,
    }
}

/// A number of 100 or a word.
fn degree(value: &MetaValue<'_>) -> Option<Weight> {
    #[expect(clippy::cast_precision_loss, reason = "scores are small numbers")]
    let number = match value {
        MetaValue::Integer(n) => *n as f64,
        MetaValue::Float(n) => *n,
        MetaValue::String(text) => match text.trim().parse() {
            Ok(n) => n,
            Err(_) => return word(text),
        },
        MetaValue::Bool(_) | MetaValue::Bytes(_) => return None,
    };
    Some(if number >= SURE { Weight::Bad } else { Weight::Odd })
}

/// Some collections write their verdict as a tag of the rule.
fn tagged(rule: &yara_x::Rule<'_, '_>) -> Weight {
    let malicious = rule.tags().any(|t| t.identifier().eq_ignore_ascii_case("malicious"));
    if malicious { Weight::Bad } else { Weight::Odd }
}

fn short(text: &str) -> String {
    let text = visible(text.trim());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.ends_with(['.', '!', '?', '…']) => text,
        None => format!("{text}."),
    }
}
