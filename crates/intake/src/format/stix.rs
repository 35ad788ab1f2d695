//! STIX 2.0 and 2.1: bundles of indicators and what they belong to. Knowledge, nothing that happened here.
use assize_domain::{
    alert::Category,
    draft::{DraftKind, Thing},
    indicator::IndicatorKind,
};

use crate::{
    field::Field,
    pieces::Hashes,
    sheet::{Reading, Sheet},
};

pub(super) fn is_like(record: Field<'_>) -> bool {
    let id = record.at("id").peek_str();
    let kind = record.at("type").peek_str();
    record.at("objects").peek().is_array() && (kind == "bundle" || id.starts_with("bundle--"))
        || (!kind.is_empty() && id.starts_with(kind) && id[kind.len()..].starts_with("--"))
        || (kind == "indicator" && record.at("pattern").is_there())
}

pub(super) fn read(record: Field<'_>, reading: Reading) -> Result<Vec<Sheet>, String> {
    let objects = record.at("objects");
    if !objects.is_there() && !record.at("type").is_there() {
        return Err("This is no STIX: it has no objects and no type.".to_owned());
    }
    let mut sheet = Sheet::new(DraftKind::Intelligence, "STIX", reading);
    if let Some(id) = record.at("id").text() {
        sheet.key("stix", &[&id, record.at("modified").peek_str()]);
        sheet.draft().external_id = Some(id);
    }
    sheet.draft().category = Some(Category::SuspiciousActivity);
    let mut bundle = Bundle::default();
    let each: Vec<Field<'_>> = if objects.is_there() { objects.each().collect() } else { vec![record] };
    for object in &each {
        bundle.enter(*object, &mut sheet);
    }
    let count = each.len();
    bundle.entitle(count, &mut sheet);
    sheet.fact("version", record.at("spec_version").text());
    Ok(vec![sheet])
}

#[derive(Default)]
struct Bundle {
    indicators: usize,
    /// What a person would call it: a report before a campaign, a campaign before a malware, …
    name: Option<(u8, String)>,
    about: Option<(u8, String)>,
}

impl Bundle {
    fn enter(&mut self, object: Field<'_>, sheet: &mut Sheet) {
        let kind = object.at("type").text().unwrap_or_default();
        let named = object.at("name").text();
        let about = object.at("description").text();
        let rank = match kind.as_str() {
            "report" | "grouping" => 0,
            "campaign" => 1,
            "intrusion-set" | "threat-actor" => 2,
            "malware" | "tool" => 3,
            _ => u8::MAX,
        };
        if rank < u8::MAX {
            if let Some(name) = named.clone().filter(|_| self.name.as_ref().is_none_or(|(r, _)| rank < *r)) {
                self.name = Some((rank, name));
            }
            if let Some(about) = about.clone().filter(|_| self.about.as_ref().is_none_or(|(r, _)| rank < *r)) {
                self.about = Some((rank, about));
            }
        }
        match kind.as_str() {
            "indicator" => {
                self.indicators += 1;
                indicator(object, named, about, sheet);
            }
            "identity" => sheet.draft().author = named,
            "malware" => {
                if let Some(name) = named {
                    sheet.draft().threat.get_or_insert(name);
                }
            }
            "attack-pattern" => {
                for reference in object.at("external_references").each() {
                    reference.at("external_id").texts().iter().for_each(|t| sheet.technique(t));
                }
                if let Some(name) = named {
                    sheet.technique(&name);
                    sheet.tag(name);
                }
            }
            "marking-definition" => sheet.fact("may be shared", object.at("definition").at("tlp").text()),
            "observed-data" => object.at("objects").members().for_each(|(_, o)| observable(o, sheet)),
            _ => observable(object, sheet),
        }
        object.any(&["labels", "indicator_types"]).texts().into_iter().for_each(|t| sheet.tag(t));
        if sheet.draft().first.is_none() && rank == u8::MAX {
            sheet.draft().first = sheet.first_moment(&[object.at("valid_from"), object.at("created")]);
        }
    }

    fn entitle(self, objects: usize, sheet: &mut Sheet) {
        let counted = match self.indicators {
            1 => "1 indicator".to_owned(),
            n => format!("{n} indicators"),
        };
        let author = sheet.draft().author.clone();
        sheet.draft().title = match (self.name, author) {
            (Some((_, name)), _) => name,
            (None, Some(author)) => format!("{counted} by {author}"),
            (None, None) => format!("STIX bundle with {counted}"),
        };
        let about = self.about.map(|(_, text)| text);
        sheet.draft().description = about.unwrap_or_else(|| format!("{counted} among {objects} objects."));
        sheet.fact("indicators", Some(self.indicators.to_string()));
    }
}

fn indicator(object: Field<'_>, name: Option<String>, about: Option<String>, sheet: &mut Sheet) {
    let Some(pattern) = object.at("pattern").text() else { return };
    let title = name.or(about).unwrap_or_else(|| "STIX indicator".to_owned());
    if object.at("pattern_type").text().is_some_and(|t| t != "stix") {
        sheet.note("A pattern in another language than STIX is kept in the original alone.");
        return;
    }
    let mut not_offered = 0;
    for (path, operator, value) in comparisons(&pattern) {
        let kind = match path.to_ascii_lowercase().replace(['\'', '"', '-'], "").as_str() {
            p if p.contains("hashes") => match value.len() {
                64 => IndicatorKind::Sha256,
                40 => IndicatorKind::Sha1,
                32 => IndicatorKind::Md5,
                _ => {
                    not_offered += 1;
                    continue;
                }
            },
            "ipv4addr:value" | "ipv6addr:value" | "networktraffic:dst_ref.value" | "networktraffic:src_ref.value" => {
                IndicatorKind::Ip
            }
            "domainname:value" => IndicatorKind::Domain,
            "url:value" => IndicatorKind::Url,
            other => {
                named(other, &value, sheet);
                not_offered += 1;
                continue;
            }
        };
        if operator != "=" || (kind == IndicatorKind::Ip && value.contains('/')) {
            not_offered += 1;
            continue;
        }
        sheet.offer(kind, &value, &title);
    }
    if not_offered > 0 {
        sheet.note("Some patterns compare what an indicator here cannot; they are kept in the original.");
    }
}

/// What can be named and not offered.
fn named(path: &str, value: &str, sheet: &mut Sheet) {
    let (key, value) = (value.to_owned(), Some(value.to_owned()));
    match path {
        "file:name" => {
            let file = sheet.file(value, Hashes::default(), None);
            if let Some(file) = file {
                sheet.mention(file, None);
            }
        }
        "windowsregistrykey:key" => {
            sheet.mention(Thing::Registry { key, value: None, data: None }, None);
        }
        "emailaddr:value" | "emailmessage:subject" => sheet.name_other("mail", value),
        "process:command_line" | "mutex:name" | "useraccount:user_id" => sheet.name_other(path, value),
        _ => {}
    }
}

/// `path = 'value'` for every comparison of a pattern: `[file:hashes.'SHA-256' = '…' OR url:value = '…']`.
fn comparisons(pattern: &str) -> Vec<(String, String, String)> {
    let mut words: Vec<(bool, String)> = Vec::new();
    let mut letters = pattern.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\'' => {
                let mut text = String::new();
                while let Some(c) = letters.next() {
                    match c {
                        '\'' => break,
                        '\\' => text.extend(letters.next()),
                        c => text.push(c),
                    }
                }
                // A quoted piece of a path: hashes.'SHA-256'.
                match words.last_mut() {
                    Some((false, word)) if word.ends_with('.') => word.push_str(&text),
                    _ => words.push((true, text)),
                }
            }
            '=' | '!' | '<' | '>' => match words.last_mut() {
                Some((false, word)) if word.chars().all(|c| "=!<>".contains(c)) => word.push(c),
                _ => words.push((false, c.to_string())),
            },
            c if c.is_whitespace() || "[]()".contains(c) => words.push((false, String::new())),
            c => match words.last_mut() {
                Some((false, word)) if !word.is_empty() && !word.chars().all(|c| "=!<>".contains(c)) => word.push(c),
                _ => words.push((false, c.to_string())),
            },
        }
    }
    words.retain(|(quoted, word)| *quoted || !word.is_empty());
    let mut found = Vec::new();
    for (at, (quoted, word)) in words.iter().enumerate() {
        let operator = matches!(word.as_str(), "=" | "!=" | "MATCHES" | "LIKE" | "IN" | "ISSUBSET" | "ISSUPERSET");
        if *quoted || !operator {
            continue;
        }
        let path = at.checked_sub(1).and_then(|b| words.get(b)).filter(|(quoted, _)| !quoted);
        let value = words.get(at + 1).filter(|(quoted, _)| *quoted);
        if let (Some((_, path)), Some((_, value))) = (path, value) {
            let path = path.trim_start_matches("NOT").trim();
            found.push((path.to_owned(), word.clone(), value.clone()));
        }
    }
    found
}

/// Things that were observed rather than looked for.
fn observable(object: Field<'_>, sheet: &mut Sheet) {
    let value = object.at("value");
    match object.at("type").peek_str() {
        "ipv4-addr" | "ipv6-addr" => sheet.name_ip(value.text(), None, None),
        "domain-name" => sheet.name_domain(value.text(), None),
        "url" => sheet.name_url(value.text(), None),
        "email-addr" => sheet.name_other("mail address", value.text()),
        "file" => {
            let mut hashes = Hashes::default();
            for (_, hash) in object.at("hashes").members() {
                if let Some(text) = hash.text() {
                    hashes.add(&text);
                }
            }
            if let Some(file) = sheet.file(object.at("name").text(), hashes, object.at("size").number()) {
                sheet.mention(file, None);
            }
        }
        "user-account" => sheet.name_user(object.any(&["account_login", "user_id"]).text(), None, None, None),
        "windows-registry-key" => {
            if let Some(key) = object.at("key").text() {
                sheet.mention(Thing::Registry { key, value: None, data: None }, None);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_taken_out_of_patterns() {
        let found = comparisons(
            "[file:hashes.'SHA-256' = 'ab' OR file:hashes.MD5='cd'] AND [url:value = 'http://a/?x=\\'1\\'']",
        );
        let expected =
            [("file:hashes.SHA-256", "=", "ab"), ("file:hashes.MD5", "=", "cd"), ("url:value", "=", "http://a/?x='1'")];
        assert_eq!(found.len(), expected.len());
        for ((path, operator, value), (a, b, c)) in found.iter().zip(expected) {
            assert_eq!((path.as_str(), operator.as_str(), value.as_str()), (a, b, c));
        }
        assert_eq!(comparisons("[email-message:subject MATCHES '^[IMPORTANT]']")[0].1, "MATCHES");
        assert!(comparisons("[file:size > 5] '").is_empty());
        assert!(comparisons("= '= =").is_empty());
    }
}
