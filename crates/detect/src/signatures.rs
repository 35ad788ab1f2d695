//! Hash signatures in ClamAV's formats: `.hdb` (MD5:size:name) and `.hsb` (SHA-1 or SHA-256:size:name).
use crate::{hashes::Hashes, rules::version};
use assize_domain::{
    text::visible,
    verdict::{Finding, FindingSource, Weight},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// More bad lines than this are counted, not told one by one.
const TOLD: usize = 5;

/// All signatures of all lists, by hash.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signatures {
    by_hash: HashMap<String, Vec<Signature>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Signature {
    /// None: a file of any size.
    size: Option<u64>,
    name: String,
    list: String,
}

impl Signatures {
    /// Reads one list. The text of an error names every line that was left out; the others count.
    pub fn add(&mut self, list: &str, body: &str) -> Result<(), String> {
        let mut bad = Vec::new();
        for (number, line) in body.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match parse(line) {
                Ok((hash, size, name)) => {
                    let signature = Signature { size, name: name.to_owned(), list: list.to_owned() };
                    self.by_hash.entry(hash).or_default().push(signature);
                }
                Err(why) => bad.push(format!("line {}: {why}", number + 1)),
            }
        }
        if bad.is_empty() {
            return Ok(());
        }
        let more = bad.len().saturating_sub(TOLD);
        bad.truncate(TOLD);
        let rest = if more > 0 { format!("; and {more} more lines") } else { String::new() };
        Err(format!("{}{rest}. These lines were left out, all others are in use.", bad.join("; ")))
    }

    pub fn len(&self) -> usize {
        self.by_hash.values().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// A hash is exact: whatever carries it is what the list names. Unwanted programs are a question, not a threat.
    pub fn findings(&self, hashes: &Hashes) -> Vec<Finding> {
        let known = hashes.all().into_iter().filter_map(|h| Some((h, self.by_hash.get(h)?)));
        let hits = known.flat_map(|(hash, all)| all.iter().map(move |s| (hash, s)));
        hits.filter(|(_, s)| s.size.is_none_or(|size| size == hashes.size))
            .map(|(hash, s)| {
                let weight = if s.name.starts_with("PUA.") { Weight::Odd } else { Weight::Bad };
                let text = format!("Its content is exactly the known threat “{}”.", visible(&s.name));
                let said = Finding::new(FindingSource::HashSignature, weight, text).rule(s.name.clone());
                // One line is the whole rule: other lines of its list do not make it another one.
                said.author(s.list.clone()).version(version(hash))
            })
            .collect()
    }
}

/// `hash:size:name`, perhaps followed by the versions of the engine it is for.
fn parse(line: &str) -> Result<(String, Option<u64>, &str), &'static str> {
    let mut fields = line.split(':');
    let (Some(hash), Some(size), Some(name)) = (fields.next(), fields.next(), fields.next()) else {
        return Err("it does not have the form hash:size:name");
    };
    let hash = hash.to_ascii_lowercase();
    if !matches!(hash.len(), 32 | 40 | 64) || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("it does not begin with an MD5, SHA-1 or SHA-256");
    }
    let size = match size {
        "*" => None,
        number => Some(number.parse().map_err(|_| "the size is neither a number nor *")?),
    };
    if name.is_empty() { Err("it has no name") } else { Ok((hash, size, name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lists: &[(&str, &str)], content: &[u8]) -> Vec<String> {
        let mut signatures = Signatures::default();
        for (name, body) in lists {
            signatures.add(name, body).unwrap();
        }
        let hashes = Hashes::of(content).unwrap();
        signatures.findings(&hashes).into_iter().filter_map(|f| f.rule).collect()
    }

    #[test]
    fn a_signature_is_its_hash_and_its_size() {
        let md5 = "900150983cd24fb0d6963f7d28e17f72";
        assert_eq!(found(&[("a.hdb", &format!("{md5}:3:Abc"))], b"abc"), ["Abc"]);
        assert_eq!(found(&[("a.hdb", &format!("{}:*:Abc:73", md5.to_uppercase()))], b"abc"), ["Abc"]);
        assert!(found(&[("a.hdb", &format!("{md5}:4:Abc"))], b"abc").is_empty(), "another size is another file");
        let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(found(&[("a.hsb", &format!("# list\n\n{sha1}:3:Abc\r\n"))], b"abc"), ["Abc"]);
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_count() {
        let mut signatures = Signatures::default();
        let body =
            "nonsense\n900150983cd24fb0d6963f7d28e17f72:3:Abc\nzz:3:x\n900150983cd24fb0d6963f7d28e17f72:many:x\n";
        let told = signatures.add("a.hdb", body).unwrap_err();
        assert!(
            ["line 1:", "line 3:", "line 4:"].iter().all(|l| told.contains(l)) && !told.contains("line 2:"),
            "{told}"
        );
        assert_eq!(signatures.len(), 1);
    }

    #[test]
    fn an_unwanted_program_is_a_question_for_a_person() {
        let mut signatures = Signatures::default();
        signatures.add("a.hdb", "900150983cd24fb0d6963f7d28e17f72:3:PUA.Linux.Miner-1").unwrap();
        let findings = signatures.findings(&Hashes::of(&b"abc"[..]).unwrap());
        assert_eq!(findings[0].weight, Weight::Odd);
    }
}
