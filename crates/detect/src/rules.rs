//! Rule files compiled into one set: our own small one and whatever people add. One bad file never stops the others.
use crate::{cache::Cache, scan::Scanner, signatures::Signatures};
use assize_domain::{
    device::RuleFault,
    question::{RuleFile, RuleKind},
    verdict::OWN_VERSION,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Our own rules: few, under our licence, each with one plain sentence.
const OWN: [(&str, &str); 3] = [
    ("scripts.yar", include_str!("../rules/scripts.yar")),
    ("web.yar", include_str!("../rules/web.yar")),
    ("miner.yar", include_str!("../rules/miner.yar")),
];

/// The variables that published rule sets expect from a scanner; set for each file.
pub(crate) const VARIABLES: [&str; 5] = ["filename", "filepath", "extension", "filetype", "owner"];

/// Begins the namespace of our own rules; a person's files are numbered.
const OWN_SPACE: &str = "own:";
const FILE_SPACE: &str = "file:";

/// A compiled set, shared by all threads; each has its own [`Scanner`].
pub struct Rules {
    pub(crate) yara: yara_x::Rules,
    pub(crate) beside: Beside,
}

/// What belongs to a compiled set beside the rules themselves; kept with it in the cache.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Beside {
    pub(crate) signatures: Signatures,
    /// Names of the rule files, by their number.
    pub(crate) files: Vec<String>,
    /// Their versions: a hash of what each says.
    pub(crate) versions: Vec<String>,
    /// Which files were refused and why.
    faults: Vec<(String, String)>,
}

/// Whose rule it is, told by its namespace.
pub(crate) enum Origin<'a> {
    Own,
    File(&'a str),
}

impl Rules {
    /// Compiles our own rules and `files`, or takes the set from the cache when the very same one lies there.
    pub fn compile(files: &[RuleFile], cache: Option<&Cache>) -> (Self, Vec<RuleFault>) {
        Self::build(&OWN, files, cache)
    }

    /// Compiles `files` alone: for measuring.
    pub fn compile_only(files: &[RuleFile], cache: Option<&Cache>) -> (Self, Vec<RuleFault>) {
        Self::build(&[], files, cache)
    }

    fn build(own: &[(&str, &str)], files: &[RuleFile], cache: Option<&Cache>) -> (Self, Vec<RuleFault>) {
        let inputs = digest(own, files);
        let rules = cache.and_then(|c| c.load(&inputs)).unwrap_or_else(|| {
            let rules = Self::compile_all(own, files);
            if let Some(cache) = cache {
                cache.keep(&inputs, &rules);
            }
            rules
        });
        let faults =
            rules.beside.faults.iter().map(|(file, error)| RuleFault { file: file.clone(), error: error.clone() });
        let faults = faults.collect();
        (rules, faults)
    }

    fn compile_all(own: &[(&str, &str)], files: &[RuleFile]) -> Self {
        let mut compiler = yara_x::Compiler::new();
        // Published rules were written for an engine that forgives more; including further files would read our disk.
        compiler.relaxed_re_syntax(true).enable_includes(false).max_warnings(0);
        for variable in VARIABLES {
            compiler.define_global(variable, "").expect("BUG: the names of our variables are valid and different");
        }
        let mut beside = Beside::default();
        for (name, body) in own {
            compiler.new_namespace(&format!("{OWN_SPACE}{name}"));
            let result = compiler.add_source(*body);
            debug_assert!(result.is_ok(), "{:?}", result.err());
        }
        for file in files {
            let error = match file.kind {
                RuleKind::Yara => add_yara(&mut compiler, beside.files.len(), file),
                RuleKind::ClamavHdb | RuleKind::ClamavHsb => beside.signatures.add(&file.name, &file.body).err(),
            };
            beside.files.push(file.name.clone());
            beside.versions.push(version(&file.body));
            beside.faults.extend(error.map(|e| (file.name.clone(), e)));
        }
        Self { yara: compiler.build(), beside }
    }

    pub fn scanner(&self) -> Scanner<'_> {
        Scanner::new(self)
    }

    /// How many rules there are, private ones among them.
    pub fn rule_count(&self) -> usize {
        self.yara.iter().len()
    }

    /// How many rules of people there are: without our own.
    pub fn added_rule_count(&self) -> usize {
        self.yara.iter().filter(|r| r.namespace().starts_with(FILE_SPACE)).count()
    }

    pub fn signature_count(&self) -> usize {
        self.beside.signatures.len()
    }

    /// Which version of its file a rule is from; that of a whole file, because one rule may lean on another.
    pub(crate) fn version(&self, namespace: &str) -> String {
        let number = namespace.strip_prefix(FILE_SPACE).and_then(|n| n.parse::<usize>().ok());
        if let Some(version) = number.and_then(|n| self.beside.versions.get(n)) {
            return version.clone();
        }
        let own = OWN.iter().find(|(name, _)| namespace.strip_prefix(OWN_SPACE) == Some(*name));
        format!("{OWN_VERSION}{}", own.map(|(_, body)| version(body)).unwrap_or_default())
    }

    pub(crate) fn origin(&self, namespace: &str) -> Origin<'_> {
        let number = namespace.strip_prefix(FILE_SPACE).and_then(|n| n.parse::<usize>().ok());
        number.and_then(|n| self.beside.files.get(n)).map_or(Origin::Own, |name| Origin::File(name))
    }
}

/// Adds one file in a room of its own, so that equal names in other files do not clash and a global rule binds only its
/// own file. Its good rules stay also when others of it are refused.
fn add_yara(compiler: &mut yara_x::Compiler<'_>, number: usize, file: &RuleFile) -> Option<String> {
    compiler.new_namespace(&format!("{FILE_SPACE}{number}"));
    let before = compiler.errors().len();
    if compiler.add_source(file.body.as_str()).is_ok() {
        return None;
    }
    let errors = &compiler.errors()[before.min(compiler.errors().len())..];
    let first = errors.first().map_or_else(|| "it could not be read".to_owned(), first_line);
    let more = errors.len().saturating_sub(1);
    let rest = if more > 0 { format!("; and {more} more errors") } else { String::new() };
    Some(format!("{first}{rest}. Rules with errors were left out, everything else is in use."))
}

/// The engine's message with its line, without the drawing of the source around it.
fn first_line(error: &yara_x::errors::CompileError) -> String {
    let text = error.to_string();
    let message = text.lines().next().unwrap_or_default();
    let line = text.lines().find_map(|l| l.trim().strip_prefix("-->")?.trim().rsplit(':').nth(1)?.parse::<u32>().ok());
    let message = message.split_once("]: ").map_or(message, |(_, m)| m);
    line.map_or_else(|| message.to_owned(), |n| format!("line {n}: {message}"))
}

/// Short, and still another one for everything else that a file could say.
pub(crate) fn version(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// One hash over everything that goes into a set, so that two different inputs never share a cache entry.
fn digest(own: &[(&str, &str)], files: &[RuleFile]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    for (name, body) in own {
        add(name.as_bytes());
        add(body.as_bytes());
    }
    add(b"files");
    for file in files {
        add(file.name.as_bytes());
        add(&[match file.kind {
            RuleKind::Yara => 0,
            RuleKind::ClamavHdb => 1,
            RuleKind::ClamavHsb => 2,
        }]);
        add(file.body.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yara(name: &str, body: &str) -> RuleFile {
        RuleFile { name: name.into(), kind: RuleKind::Yara, body: body.into() }
    }

    #[test]
    fn our_own_rules_all_compile() {
        let (rules, faults) = Rules::compile(&[], None);
        assert_eq!(faults, []);
        let written = OWN.iter().flat_map(|(_, body)| body.lines());
        let written = written.filter(|l| l.starts_with("rule ") || l.starts_with("private rule ")).count();
        assert_eq!(rules.rule_count(), written);
        assert_eq!(rules.added_rule_count(), 0);
    }

    #[test]
    fn one_bad_file_is_reported_and_the_others_work() {
        let files = [
            yara("good.yar", "rule a { condition: true }"),
            yara("bad.yar", "rule b { condition: nothing_known }"),
            yara("broken.yar", "rule {{{"),
            RuleFile { name: "list.hdb".into(), kind: RuleKind::ClamavHdb, body: "no\n".into() },
            yara("also-good.yar", "rule a { condition: filename contains \"x\" or owner == \"root\" }"),
        ];
        let (rules, faults) = Rules::compile_only(&files, None);
        let named: Vec<&str> = faults.iter().map(|f| f.file.as_str()).collect();
        assert_eq!(named, ["bad.yar", "broken.yar", "list.hdb"]);
        assert!(faults[0].error.contains("line 1: unknown identifier `nothing_known`"), "{}", faults[0].error);
        assert_eq!(rules.rule_count(), 2);
    }

    #[test]
    fn the_good_rules_of_a_file_with_one_bad_rule_stay_in_use() {
        let body = "rule a { condition: nothing } rule b { condition: true }";
        let (rules, faults) = Rules::compile_only(&[yara("mixed.yar", body)], None);
        assert_eq!((rules.rule_count(), faults.len()), (1, 1));
    }

    #[test]
    fn a_rule_file_cannot_read_other_files() {
        let (rules, faults) = Rules::compile_only(&[yara("sly.yar", "include \"/etc/passwd\"")], None);
        assert_eq!((rules.rule_count(), faults.len()), (0, 1));
    }
}
