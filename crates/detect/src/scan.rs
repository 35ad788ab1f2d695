//! One scanner for each thread: content and what is known about it in, findings out.
use crate::{
    hashes::Hashes,
    magic,
    rules::{Rules, VARIABLES},
    said, test_file,
};
use assize_domain::{
    text::DevicePath,
    verdict::{Finding, FindingSource, Weight},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// A rule that needs longer says nothing about the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// A file that fits more rules than this is no clearer for naming all of them.
const TOLD: usize = 20;

/// What is known about a file beside its content.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'a> {
    pub path: &'a DevicePath,
    /// The user it belongs to, where known.
    pub owner: &'a str,
}

/// Judges contents one after the other; holds the engine's memory so that it is made once for each thread.
pub struct Scanner<'r> {
    rules: &'r Rules,
    yara: yara_x::Scanner<'r>,
}

impl<'r> Scanner<'r> {
    pub(crate) fn new(rules: &'r Rules) -> Self {
        Self { rules, yara: engine(rules) }
    }

    /// Everything the lists and rules say about this content. `content` may be the beginning of a large file; `hashes`
    /// are those of all of it.
    pub fn scan(&mut self, content: &[u8], about: &FileFacts<'_>, hashes: &Hashes) -> Vec<Finding> {
        let mut findings = self.rules.beside.signatures.findings(hashes);
        if hashes.size == content.len() as u64 && test_file::is_test_file(content) {
            findings.push(test_file::finding());
        }
        findings.extend(self.scan_rules(content, about));
        findings
    }

    /// What the rules alone say. An engine that fails or takes too long is `Unknown`: it says nothing about the file.
    pub fn scan_rules(&mut self, content: &[u8], about: &FileFacts<'_>) -> Vec<Finding> {
        self.describe(content, about);
        let rules = self.rules;
        let yara = &mut self.yara;
        // The content is an attacker's: should it bring the engine down, only this scan may fall with it.
        let result = catch_unwind(AssertUnwindSafe(|| {
            yara.scan(content).map(|r| r.matching_rules().map(|rule| said::finding(&rule, rules)).collect::<Vec<_>>())
        }));
        match result {
            Ok(Ok(findings)) => few(findings),
            Ok(Err(yara_x::errors::ScanError::Timeout)) => vec![unknown(format!(
                "It could not be judged by rules: that took longer than {} seconds.",
                PATIENCE.as_secs()
            ))],
            Ok(Err(error)) => vec![unknown(format!("It could not be judged by rules: {error}."))],
            Err(_) => {
                self.yara = engine(rules);
                vec![unknown("It could not be judged by rules: the engine failed on its content.".into())]
            }
        }
    }

    /// Published rules compare lower-case text, except for the kind.
    fn describe(&mut self, content: &[u8], about: &FileFacts<'_>) {
        let path = about.path.as_str().to_lowercase();
        let name = about.path.file_name().to_lowercase();
        let extension = name.rfind('.').filter(|at| *at > 0).map_or("", |at| &name[at..]).to_owned();
        let kind = magic::kind_of(content).word();
        for (variable, value) in VARIABLES.into_iter().zip([&name, &path, &extension, kind, about.owner]) {
            let set = self.yara.set_global(variable, value);
            debug_assert!(set.is_ok(), "every variable is defined where rules are compiled");
        }
    }
}

fn engine(rules: &Rules) -> yara_x::Scanner<'_> {
    let mut yara = yara_x::Scanner::new(&rules.yara);
    // Whether a rule fits is all we ask; where else it fits is not.
    yara.set_timeout(PATIENCE).fast_scan(true);
    yara
}

fn few(mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() > TOLD {
        findings.sort_by_key(|f| std::cmp::Reverse(f.weight));
        findings.truncate(TOLD);
    }
    findings
}

fn unknown(text: String) -> Finding {
    Finding::new(FindingSource::Analyser, Weight::Unknown, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_domain::question::{RuleFile, RuleKind};

    fn scan(rule: &str, path: &str, content: &[u8]) -> Vec<Finding> {
        let file = RuleFile { name: "mine.yar".into(), kind: RuleKind::Yara, body: rule.into() };
        let (rules, faults) = Rules::compile_only(&[file], None);
        assert_eq!(faults, []);
        let path = DevicePath::from(path);
        let about = FileFacts { path: &path, owner: "www-data" };
        rules.scanner().scan(content, &about, &Hashes::of(content).unwrap())
    }

    fn weight(meta: &str) -> Weight {
        let found = scan(&format!("rule r {{ meta: {meta} condition: true }}"), "/x", b"x");
        assert_eq!(found.len(), 1);
        found[0].weight
    }

    #[test]
    fn a_rule_carries_as_much_as_its_author_says() {
        assert_eq!(weight("verdict = \"Malicious\""), Weight::Bad);
        assert_eq!(weight("verdict = \"Suspicious\" score = 100"), Weight::Odd);
        assert_eq!(weight("score = 75"), Weight::Bad);
        assert_eq!(weight("score = 74"), Weight::Odd);
        assert_eq!(weight("severity = \"critical\""), Weight::Bad);
        assert_eq!(weight("severity = \"100\""), Weight::Bad);
        assert_eq!(weight("severity = 50"), Weight::Odd);
        assert_eq!(weight("author = \"someone\""), Weight::Odd, "a rule of unknown quality asks");
    }

    #[test]
    fn a_match_names_rule_author_and_what_it_means() {
        let rule = "rule r { meta: author = \"Ann\" description = \"Opens \u{202e}a door\" condition: true }";
        let found = scan(rule, "/x", b"x");
        assert_eq!((found[0].rule.as_deref(), found[0].author.as_deref()), (Some("r"), Some("Ann")));
        assert_eq!(found[0].text, "The rule “r” of Ann matches: Opens \\u{202e}a door.");
        let nameless = scan("rule r { condition: true }", "/x", b"x");
        assert_eq!(
            nameless[0].author.as_deref(),
            Some("mine.yar"),
            "the file stands in for an author it does not name"
        );
    }

    #[test]
    fn rules_may_ask_for_name_path_extension_kind_and_owner() {
        let rule = "rule r { condition: filename == \"logo.php\" and filepath == \"/var/www/logo.php\" and extension == \".php\" and filetype == \"GIF\" and owner == \"www-data\" }";
        assert_eq!(scan(rule, "/var/www/Logo.PHP", b"GIF89a").len(), 1);
        assert_eq!(scan(rule, "/var/www/other.php", b"GIF89a").len(), 0, "the last file's facts are forgotten");
        assert_eq!(scan("rule r { condition: extension == \"\" }", "/home/a/.bashrc", b"x").len(), 1);
    }

    #[test]
    fn a_file_that_fits_a_hundred_rules_names_the_strongest() {
        let mut rules: String = (0..100).map(|n| format!("rule r{n} {{ condition: true }}\n")).collect();
        rules.push_str("rule last { meta: score = 90 condition: true }");
        let found = scan(&rules, "/x", b"x");
        assert_eq!((found.len(), found[0].rule.as_deref()), (TOLD, Some("last")));
    }

    #[test]
    fn the_test_file_is_found_without_any_rule() {
        let (rules, _) = Rules::compile(&[], None);
        let path = DevicePath::from("/home/a/Downloads/x.com");
        let content = test_file::test_file();
        let about = FileFacts { path: &path, owner: "a" };
        let found = rules.scanner().scan(&content, &about, &Hashes::of(&content[..]).unwrap());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].source, found[0].weight), (FindingSource::TestFile, Weight::Bad));
    }
}
