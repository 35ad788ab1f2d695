//! The pieces that drafts are made of: hashes, addresses, technique numbers, texts of a bearable size.
use std::borrow::Cow;

use assize_domain::{draft::Thing, indicator::IndicatorKind, text::DevicePath};

use crate::bounds::{LONGEST_TEXT, LONGEST_VALUE};

/// Hashes of one file, each only where it has the length of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hashes {
    pub(crate) sha256: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) md5: Option<String>,
}

impl Hashes {
    pub(crate) fn of(sha256: Option<String>, sha1: Option<String>, md5: Option<String>) -> Self {
        let is = |kind: IndicatorKind, text: Option<String>| text.and_then(|t| kind.parse_value(&t).ok());
        Self {
            sha256: is(IndicatorKind::Sha256, sha256),
            sha1: is(IndicatorKind::Sha1, sha1),
            md5: is(IndicatorKind::Md5, md5),
        }
    }

    /// Whichever it is, told by its length.
    pub(crate) fn add(&mut self, text: &str) {
        let text = text.trim();
        for (kind, place) in [
            (IndicatorKind::Sha256, &mut self.sha256),
            (IndicatorKind::Sha1, &mut self.sha1),
            (IndicatorKind::Md5, &mut self.md5),
        ] {
            if place.is_none() {
                *place = kind.parse_value(text).ok();
            }
        }
    }

    /// `SHA1=…,MD5=…,SHA256=…`, as Sysmon writes them.
    pub(crate) fn listed(text: &str) -> Self {
        let mut found = Self::default();
        text.split(',').filter_map(|pair| pair.split_once('=')).for_each(|(_, value)| found.add(value));
        found
    }
}

pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

/// ATT&CK numbers in a text: `T1059.004`, `attack.t1110`, `https://…/techniques/T1546/008`.
pub(crate) fn techniques(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '/').flat_map(|word| {
        let mut found = None;
        for (at, _) in word.match_indices(['t', 'T']) {
            let before = word[..at].chars().next_back();
            let digits: String = word[at + 1..].chars().take_while(char::is_ascii_digit).collect();
            if digits.len() == 4 && before.is_none_or(|c| !c.is_ascii_alphanumeric()) {
                let rest = &word[at + 5..];
                let sub: String = rest.chars().skip(1).take_while(char::is_ascii_digit).collect();
                let has_sub = rest.starts_with(['.', '/']) && sub.len() == 3;
                found = Some(if has_sub { format!("T{digits}.{sub}") } else { format!("T{digits}") });
            }
        }
        found
    })
}

/// Cuts a text to so many characters; says whether it was longer.
pub(crate) fn cut(text: &mut String, most: usize) -> bool {
    if text.len() <= most {
        return false;
    }
    match text.char_indices().nth(most) {
        Some((at, _)) => {
            text.truncate(at);
            text.push('…');
            true
        }
        None => false,
    }
}

/// A thing whose texts are of a bearable size; none where it has no name.
pub(crate) fn bearable(mut thing: Thing) -> Option<Thing> {
    let short = |text: &mut Option<String>| {
        if let Some(text) = text {
            cut(text, LONGEST_VALUE);
        }
    };
    let most = |text: &mut String| {
        cut(text, LONGEST_VALUE);
        !text.trim().is_empty()
    };
    // A path that is cut is another path: one that no system could have is left out.
    let possible = |path: &mut Option<DevicePath>| {
        if path.as_ref().is_some_and(|p| p.as_str().len() > 4 * LONGEST_VALUE) {
            *path = None;
        }
    };
    let named = match &mut thing {
        Thing::File(file) => {
            possible(&mut file.path);
            short(&mut file.name);
            true
        }
        Thing::Process(process) => {
            possible(&mut process.exe);
            short(&mut process.name);
            if let Some(line) = &mut process.command_line {
                cut(line, LONGEST_TEXT);
            }
            short(&mut process.user);
            true
        }
        Thing::Service { name, command } => {
            short(command);
            most(name)
        }
        Thing::ScheduledTask { name, command, user } => {
            short(command);
            short(user);
            most(name)
        }
        Thing::Driver { path, .. } => {
            possible(path);
            true
        }
        Thing::Registry { key, value, data } => {
            short(value);
            short(data);
            most(key)
        }
        Thing::User { name, domain, sid } => {
            short(domain);
            short(sid);
            most(name)
        }
        Thing::Ip { address, .. } => most(address),
        Thing::Url { url } => most(url),
        Thing::Domain { domain } => most(domain),
        Thing::Other { name, .. } => most(name),
    };
    named.then_some(thing)
}

/// The text of a record, with stand-ins for bytes that are not UTF-8.
pub(crate) fn as_text(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (Cow::Owned(DevicePath::from_bytes(bytes).as_str().to_owned()), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        techniques(text).collect()
    }

    #[test]
    fn technique_numbers_are_found_in_every_spelling() {
        assert_eq!(found("T1059.004 and attack.t1110"), ["T1059.004", "T1110"]);
        assert_eq!(found("https://attack.mitre.org/techniques/T1546/008/"), ["T1546.008"]);
        assert_eq!(found("mitre-attack-pattern=\"Hijack - T1574\""), ["T1574"]);
        assert_eq!(found("BT1234 T12345 T123 mitre_persistence"), Vec::<String>::new());
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let mut text = "ä".repeat(10);
        assert!(!cut(&mut text, 10));
        assert!(cut(&mut text, 3));
        assert_eq!(text, "äää…");
    }
}
