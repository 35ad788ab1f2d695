//! The sheet on which a record becomes a draft: what is put down is cut to a bearable size, the same thing twice is one.
use std::collections::{HashMap, HashSet};

use assize_domain::{
    alert::{AlertStatus, Category, Severity},
    draft::{
        DeviceNamed, Draft, DraftKind, Fact, Mention, Moment, NamedFile, NamedProcess, Offer, Part, Remark, Thing, Zone,
    },
    entity::Bytes,
    indicator::IndicatorKind,
    text::DevicePath,
};
use serde::{Deserialize, de::value::StrDeserializer};

use crate::{
    bounds::{
        LONGEST_TEXT, LONGEST_TITLE, LONGEST_VALUE, MOST_FACTS, MOST_MENTIONS, MOST_OFFERS, MOST_REMARKS, MOST_TAGS,
    },
    field::Field,
    key, moment,
    pieces::{Hashes, bearable, cut, is_address, techniques},
};

/// How a file is read, as far as single records are concerned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// Minutes east of UTC of a source that does not say.
    pub(crate) zone: i32,
    /// This record was not UTF-8: its texts hold stand-ins of [`DevicePath`].
    pub(crate) stand_ins: bool,
}

pub(crate) struct Sheet {
    draft: Draft,
    reading: Reading,
    met: HashMap<Thing, usize>,
    offered: HashSet<(IndicatorKind, String)>,
    unmet: usize,
}

impl Sheet {
    pub(crate) fn new(kind: DraftKind, source: &str, reading: Reading) -> Self {
        let draft = Draft {
            kind,
            key: String::new(),
            record: 0,
            line: 0,
            external_id: None,
            external_incident: None,
            title: String::new(),
            description: String::new(),
            recommended_actions: None,
            severity: Severity::Informational,
            severity_said: None,
            status: AlertStatus::New,
            classification: None,
            determination: None,
            category: None,
            category_said: None,
            techniques: Vec::new(),
            source: source.to_owned(),
            product: None,
            rule: None,
            author: None,
            threat: None,
            assigned_to: None,
            first: None,
            last: None,
            devices: Vec::new(),
            mentions: Vec::new(),
            offers: Vec::new(),
            tags: Vec::new(),
            comments: Vec::new(),
            facts: Vec::new(),
            notes: Vec::new(),
            raw: String::new(),
        };
        let mut sheet = Self { draft, reading, met: HashMap::new(), offered: HashSet::new(), unmet: 0 };
        if reading.stand_ins {
            sheet.note("Some bytes of this record are not UTF-8 text; they are shown as escapes and kept as they are.");
        }
        sheet
    }

    pub(crate) fn draft(&mut self) -> &mut Draft {
        &mut self.draft
    }

    /// The finished draft. Without a key of its own it is known again by its content.
    pub(crate) fn finish(mut self, content: impl FnOnce() -> String) -> Draft {
        if self.unmet > 0 {
            let more = self.unmet;
            self.note(&format!("It names {more} more things than are listed; they stand in its original."));
        }
        let assumed = |m: &Option<Moment>| m.is_some_and(|m| m.zone == Zone::Assumed);
        if assumed(&self.draft.first) || assumed(&self.draft.last) {
            let zone = match self.reading.zone {
                0 => "UTC was taken".to_owned(),
                m => format!("UTC{}{:02}:{:02} was taken", if m < 0 { '-' } else { '+' }, m.abs() / 60, m.abs() % 60),
            };
            self.note(&format!("Its source does not state a time zone: {zone}."));
        }
        let draft = &mut self.draft;
        if draft.title.trim().is_empty() {
            draft.title = format!("{} without a title", draft.source);
        }
        let long = draft.title.clone();
        if cut(&mut draft.title, LONGEST_TITLE) && draft.description.is_empty() {
            draft.description = long;
        }
        cut(&mut draft.description, LONGEST_TEXT);
        let values = [&mut draft.recommended_actions, &mut draft.threat, &mut draft.rule, &mut draft.author];
        for text in values.into_iter().flatten() {
            cut(text, LONGEST_VALUE);
        }
        let words = [&mut draft.severity_said, &mut draft.category_said, &mut draft.product, &mut draft.assigned_to];
        for text in words.into_iter().flatten() {
            cut(text, LONGEST_TITLE);
        }
        draft.tags.dedup();
        if draft.key.is_empty() {
            draft.key = content();
        }
        self.draft
    }

    /// Known again by these words of the other product.
    pub(crate) fn key(&mut self, format: &str, parts: &[&str]) {
        self.draft.key = key::named(format, parts);
    }

    pub(crate) fn severity(&mut self, severity: Severity, said: impl Into<String>) {
        self.draft.severity = severity;
        self.draft.severity_said = Some(said.into());
    }

    /// The other product's own word for what it is, and ours where it has one.
    pub(crate) fn category(&mut self, said: Option<String>) {
        let Some(said) = said else { return };
        self.draft.category = self.draft.category.or_else(|| Category::named(&said));
        if self.draft.category_said.is_none() {
            self.draft.category_said = Some(said);
        }
    }

    pub(crate) fn technique(&mut self, text: &str) {
        for number in techniques(text) {
            if self.draft.techniques.len() < MOST_TAGS && !self.draft.techniques.contains(&number) {
                self.draft.techniques.push(number);
            }
        }
    }

    pub(crate) fn tag(&mut self, text: impl Into<String>) {
        let mut text = text.into();
        cut(&mut text, LONGEST_TITLE);
        if self.draft.tags.len() < MOST_TAGS && !self.draft.tags.contains(&text) {
            self.draft.tags.push(text);
        }
    }

    pub(crate) fn fact(&mut self, name: &str, value: Option<String>) {
        let Some(mut value) = value else { return };
        cut(&mut value, LONGEST_VALUE);
        let fact = Fact { name: name.to_owned(), value };
        if self.draft.facts.len() < MOST_FACTS && !self.draft.facts.contains(&fact) {
            self.draft.facts.push(fact);
        }
    }

    pub(crate) fn note(&mut self, text: &str) {
        let new = self.draft.notes.iter().all(|n| n != text);
        if new && self.draft.notes.len() < 20 {
            self.draft.notes.push(text.to_owned());
        }
    }

    pub(crate) fn remark(&mut self, text: Option<String>, by: Option<String>, at: Option<Moment>) {
        let Some(mut text) = text else { return };
        cut(&mut text, LONGEST_TEXT);
        if self.draft.comments.len() < MOST_REMARKS {
            self.draft.comments.push(Remark { text, by, at: at.map(|m| m.at) });
        }
    }

    pub(crate) fn device(&mut self, device: DeviceNamed) {
        let says = device.name.is_some() || device.id.is_some() || !device.ips.is_empty();
        if says && self.draft.devices.len() < MOST_TAGS && !self.draft.devices.contains(&device) {
            self.draft.devices.push(device);
        }
    }

    pub(crate) fn device_named(&mut self, name: Option<String>) {
        self.device(DeviceNamed { name, ..DeviceNamed::default() });
    }

    pub(crate) fn offer(&mut self, kind: IndicatorKind, value: &str, title: &str) {
        let Ok(value) = kind.parse_value(value) else { return };
        if value.len() > LONGEST_VALUE || !self.offered.insert((kind, value.clone())) {
            return;
        }
        let mut title = title.to_owned();
        cut(&mut title, LONGEST_TITLE);
        if self.draft.offers.len() < MOST_OFFERS {
            self.draft.offers.push(Offer { kind, value, title });
        } else {
            self.unmet += 1;
        }
    }

    /// When something was, from a field that holds text or a number. Words that are no moment are said, not guessed.
    pub(crate) fn moment(&mut self, field: Field<'_>) -> Option<Moment> {
        // Plain numbers may be milliseconds; text of digits is told apart by its length as well.
        let text = field.text()?;
        let found = moment::read(&text, self.reading.zone);
        if found.is_none() {
            let mut shown = text;
            cut(&mut shown, 80);
            let shown = assize_domain::text::visible(&shown);
            self.note(&format!("The time “{shown}” could not be read."));
        }
        found
    }

    /// The first of several fields that holds a moment.
    pub(crate) fn first_moment(&mut self, fields: &[Field<'_>]) -> Option<Moment> {
        fields.iter().find_map(|f| self.moment(*f))
    }

    pub(crate) fn path(&self, text: &str) -> DevicePath {
        if self.reading.stand_ins {
            let encoded = StrDeserializer::<serde::de::value::Error>::new(text);
            if let Ok(path) = DevicePath::deserialize(encoded) {
                return path;
            }
        }
        DevicePath::from(text)
    }

    /// Puts down something the record names. The same thing again is met again: what is said adds up.
    pub(crate) fn mention(&mut self, thing: Thing, part: Option<Part>) -> Option<&mut Mention> {
        let thing = bearable(thing)?;
        let at = match self.met.get(&thing) {
            Some(at) => *at,
            None if self.draft.mentions.len() >= MOST_MENTIONS => {
                self.unmet += 1;
                return None;
            }
            None => {
                let at = self.draft.mentions.len();
                self.met.insert(thing.clone(), at);
                let mention = Mention { thing, roles: Vec::new(), verdict: None, treated: None, container: None };
                self.draft.mentions.push(mention);
                at
            }
        };
        let mention = self.draft.mentions.get_mut(at)?;
        if let Some(part) = part
            && !mention.roles.contains(&part)
        {
            mention.roles.push(part);
        }
        Some(mention)
    }

    /// A file by its full path or its bare name, with whatever hashes are known.
    pub(crate) fn file(&self, path: Option<String>, hashes: Hashes, size: Option<u64>) -> Option<Thing> {
        let (path, name) = match path {
            Some(p) if p.contains(['/', '\\']) => (Some(self.path(p.trim())), None),
            Some(p) => (None, Some(p)),
            None => (None, None),
        };
        let Hashes { sha256, sha1, md5 } = hashes;
        let says = path.is_some() || name.is_some() || sha256.is_some() || sha1.is_some() || md5.is_some();
        says.then(|| Thing::File(NamedFile { path, name, sha256, sha1, md5, size: size.map(Bytes) }))
    }

    pub(crate) fn name_file(&mut self, path: Option<String>, part: Option<Part>) -> Option<&mut Mention> {
        let thing = self.file(path, Hashes::default(), None)?;
        self.mention(thing, part)
    }

    pub(crate) fn name_ip(&mut self, address: Option<String>, port: Option<u16>, part: Option<Part>) {
        if let Some(address) = address.map(|a| a.trim().to_owned()).filter(|a| is_address(a)) {
            self.mention(Thing::Ip { address, port }, part);
        }
    }

    pub(crate) fn name_user(
        &mut self,
        name: Option<String>,
        domain: Option<String>,
        sid: Option<String>,
        part: Option<Part>,
    ) {
        let Some(name) = name.or_else(|| sid.clone()) else { return };
        // `DOMAIN\name` is one word for both.
        let (domain, name) = match (domain, name.split_once('\\')) {
            (None, Some((domain, name))) if !domain.is_empty() && !name.is_empty() => {
                (Some(domain.to_owned()), name.to_owned())
            }
            (domain, _) => (domain, name),
        };
        self.mention(Thing::User { name, domain, sid }, part);
    }

    pub(crate) fn name_url(&mut self, url: Option<String>, part: Option<Part>) {
        if let Some(url) = url {
            self.mention(Thing::Url { url }, part);
        }
    }

    pub(crate) fn name_domain(&mut self, domain: Option<String>, part: Option<Part>) {
        let Some(domain) = domain.map(|d| d.trim().trim_end_matches('.').to_owned()) else { return };
        if is_address(&domain) {
            self.name_ip(Some(domain), None, part);
        } else if domain.contains('.') {
            self.mention(Thing::Domain { domain }, part);
        }
    }

    pub(crate) fn name_other(&mut self, kind: &str, name: Option<String>) {
        if let Some(name) = name {
            self.mention(Thing::Other { kind: kind.to_owned(), name }, None);
        }
    }

    pub(crate) fn name_process(&mut self, process: NamedProcess, part: Option<Part>) -> Option<&mut Mention> {
        let says =
            process.pid.is_some() || process.exe.is_some() || process.name.is_some() || process.command_line.is_some();
        if says { self.mention(Thing::Process(process), part) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::as_text;

    #[test]
    fn the_same_thing_twice_is_one_and_too_many_are_counted() {
        let mut sheet = Sheet::new(DraftKind::Alert, "x", Reading::default());
        for part in [Part::Source, Part::Attacker, Part::Source] {
            sheet.name_ip(Some(" 192.0.2.1 ".into()), Some(22), Some(part));
        }
        sheet.name_ip(Some("not an address".into()), None, None);
        assert_eq!(sheet.draft.mentions.len(), 1);
        assert_eq!(sheet.draft.mentions[0].roles, [Part::Source, Part::Attacker]);
        for n in 0..MOST_MENTIONS + 5 {
            sheet.name_url(Some(format!("http://example.test/{n}")), None);
        }
        let draft = sheet.finish(String::new);
        assert_eq!(draft.mentions.len(), MOST_MENTIONS);
        assert!(draft.notes.iter().any(|n| n.contains("6 more things")), "{:?}", draft.notes);
    }

    #[test]
    fn a_path_of_any_bytes_is_the_path_of_these_bytes() {
        let (text, stand_ins) = as_text(b"/tmp/\xff\xc3\xa9");
        assert!(stand_ins);
        let sheet = Sheet::new(DraftKind::Alert, "x", Reading { zone: 0, stand_ins });
        assert_eq!(sheet.path(&text).to_bytes(), b"/tmp/\xff\xc3\xa9");
        let sheet = Sheet::new(DraftKind::Alert, "x", Reading::default());
        assert_eq!(sheet.path("/tmp/\u{EFFF}").to_bytes(), "/tmp/\u{EFFF}".as_bytes());
    }
}
