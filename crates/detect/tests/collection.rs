//! Published rules and signatures: how many compile and match. Runs where the collection lies (`ASSIZE_TEST_DATA`).
use assize_detect::{
    hashes::{Hashes, hex},
    rules::Rules,
    scan::FileFacts,
    test_file::test_file,
};
use assize_domain::{
    question::{RuleFile, RuleKind},
    text::DevicePath,
    verdict::{FindingSource, Weight},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn collection() -> Option<PathBuf> {
    let folder = std::env::var_os("ASSIZE_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ASSIZE_TEST_DATA names no collection");
    }
    folder
}

fn rule_file(folder: &Path, name: &str, kind: RuleKind) -> RuleFile {
    let body = fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let body = String::from_utf8_lossy(&body).into_owned();
    RuleFile { name: name.to_owned(), kind, body }
}

/// Base64 text written backwards.
fn unreversed(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<bool> = text
        .bytes()
        .rev()
        .filter_map(|b| LETTERS.iter().position(|l| *l == b))
        .flat_map(|value| (0..6).rev().map(move |bit| (value >> bit) & 1 == 1))
        .collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| (all << 1) | u8::from(*bit))).collect()
}

#[test]
fn published_rules_compile_as_the_engine_promises() {
    let Some(folder) = collection() else { return };
    let expected = fs::read_to_string(folder.join("yara/COMPILE_EXPECTED.tsv")).unwrap();
    let mut files = Vec::new();
    let (mut rules_expected, mut refused_expected) = (0, Vec::new());
    for line in expected.lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let name = fields[0];
        if !["signature-base", "reversinglabs", "inquest", "ditekshen"].iter().any(|s| name.contains(&format!("/{s}/")))
        {
            continue;
        }
        files.push(rule_file(&folder, name, RuleKind::Yara));
        if fields[1] == "ok" {
            rules_expected += fields[2].parse::<usize>().unwrap();
        } else {
            refused_expected.push(name.to_owned());
        }
    }
    let (rules, faults) = Rules::compile_only(&files, None);
    let refused: Vec<String> = faults.iter().map(|f| f.file.clone()).collect();
    assert_eq!(refused, refused_expected, "{faults:?}");
    println!("{} files, {} rules, {} files refused as expected", files.len(), rules.rule_count(), refused.len());
    assert!(rules.rule_count() >= rules_expected, "{} of {rules_expected}", rules.rule_count());
}

#[test]
fn texts_made_of_a_rules_strings_are_found_by_that_rule() {
    let Some(folder) = collection() else { return };
    let baits: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("yara/MATCH_BAITS.json")).unwrap()).unwrap();
    let baits = baits["baits"].as_array().unwrap();
    let mut names: Vec<&str> = baits.iter().map(|b| b["yara_file"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    let files: Vec<RuleFile> = names.iter().map(|n| rule_file(&folder, n, RuleKind::Yara)).collect();
    let (rules, _) = Rules::compile_only(&files, None);
    let mut scanner = rules.scanner();
    for bait in baits {
        let content = unreversed(bait["data_base64_reversed"].as_str().unwrap());
        let hashes = Hashes::of(&content[..]).unwrap();
        assert_eq!(Some(hashes.sha256.as_str()), bait["sha256"].as_str(), "the bait is decoded right");
        let path = DevicePath::from("/srv/bait");
        let findings = scanner.scan(&content, &FileFacts { path: &path, owner: "root" }, &hashes);
        let rule = bait["rule"].as_str().unwrap();
        let hit = findings.iter().find(|f| f.rule.as_deref() == Some(rule));
        assert!(hit.is_some_and(|f| f.author.as_deref().is_some_and(|a| !a.is_empty())), "{rule}: {findings:?}");
    }
    assert!(!baits.is_empty());
    println!("{} baits matched by the rules they are made for", baits.len());
}

#[test]
fn clamav_hash_lists_find_the_test_file() {
    let Some(folder) = collection() else { return };
    for (name, kind) in [("clamav/eicar.hdb", RuleKind::ClamavHdb), ("clamav/eicar.hsb", RuleKind::ClamavHsb)] {
        let (rules, faults) = Rules::compile_only(&[rule_file(&folder, name, kind)], None);
        assert_eq!(faults, []);
        let content = test_file();
        let path = DevicePath::from("/srv/x");
        let hashes = Hashes::of(&content[..]).unwrap();
        let findings = rules.scanner().scan(&content, &FileFacts { path: &path, owner: "" }, &hashes);
        let hit = findings.iter().find(|f| f.source == FindingSource::HashSignature);
        assert!(hit.is_some_and(|f| f.weight == Weight::Bad && f.author.as_deref() == Some(name)), "{findings:?}");
    }
    assert_eq!(hex(b"\x0a"), "0a");
}
