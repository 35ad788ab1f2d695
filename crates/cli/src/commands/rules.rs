//! `rules`: detection rules from files or folders. A file that cannot be used is reported and skipped.
use super::Door;
use crate::{
    print::{Text, said, time},
    reply::{Outcome, Reply},
};
use assize_domain::{id::RulePackId, order::Fault};
use assize_engine::{
    door::{AddRules, ListRules, RemoveRules, RuleText},
    view::{RuleFileFailed, RulePack, RulePackList, RulesAdded},
};
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// No rule file of the known collections comes near it; a file without end would fill the memory.
const LARGEST: u64 = 256 << 20;

/// How deep folders are followed.
const DEEPEST: usize = 16;

/// Which files of a folder are meant. A file that is named itself is always tried.
const ENDINGS: [&str; 8] = ["yar", "yara", "yml", "yaml", "hdb", "hsb", "ndb", "ldb"];

#[derive(Debug, Subcommand)]
pub(crate) enum Words {
    /// Add rule files, or all rule files of folders.
    Add {
        #[arg(required = true, value_name = "FILE_OR_FOLDER")]
        paths: Vec<PathBuf>,
    },
    List,
    Remove {
        id: String,
    },
}

pub(crate) fn run(door: &Door, words: Words) -> Outcome {
    match words {
        Words::Add { paths } => add(door, &paths),
        Words::List => Ok(listed(&door.engine.ask(&door.who, ListRules {})?)),
        Words::Remove { id } => Ok(listed(&door.engine.ask(&door.who, RemoveRules { id: RulePackId(id) })?)),
    }
}

fn add(door: &Door, paths: &[PathBuf]) -> Outcome {
    let mut files = Vec::new();
    let mut failed = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len() + failed.len();
            read_folder(path, DEEPEST, &mut files, &mut failed);
            if files.len() + failed.len() == before {
                failed.push(refused(path, "The folder holds no rule files."));
            }
        } else {
            read_file(path, &mut files, &mut failed);
        }
    }
    let mut result =
        if files.is_empty() { RulesAdded::default() } else { door.engine.ask(&door.who, AddRules { files })? };
    failed.append(&mut result.failed);
    result.failed = failed;
    let fault = (result.added.is_empty()).then(|| result.failed.first()).flatten().map(|first| {
        Fault::new(
            "no_rules_added",
            format!("No rules were added. {}: {}", first.file, first.error),
            "The rules that were there before are as they were.",
        )
    });
    Ok(Reply::new(&result, shown(&result)).but(fault))
}

fn refused(path: &Path, error: impl Into<String>) -> RuleFileFailed {
    RuleFileFailed { file: path.display().to_string(), error: error.into() }
}

fn read_folder(folder: &Path, depth: usize, files: &mut Vec<RuleText>, failed: &mut Vec<RuleFileFailed>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) => return failed.push(refused(folder, format!("The folder cannot be read: {e}."))),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        // A link to a folder may lead round in a circle: links are followed to files only.
        if path.is_dir() && !path.is_symlink() {
            if depth == 0 {
                failed.push(refused(&path, "The folder lies too deep."));
            } else {
                read_folder(&path, depth - 1, files, failed);
            }
        } else if is_rule_file(&path) {
            read_file(&path, files, failed);
        }
    }
}

fn is_rule_file(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|e| ENDINGS.contains(&e.as_str()))
}

fn read_file(path: &Path, files: &mut Vec<RuleText>, failed: &mut Vec<RuleFileFailed>) {
    match body(path) {
        Ok(body) => files.push(RuleText { file: path.display().to_string(), body }),
        Err(error) => failed.push(refused(path, error)),
    }
}

fn body(path: &Path) -> Result<String, String> {
    let unreadable = |e: std::io::Error| format!("The file cannot be read: {e}.");
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    // A pipe or a device would be read for ever.
    if !facts.is_file() {
        return Err("This is not a file.".to_owned());
    }
    if facts.len() > LARGEST {
        return Err(format!("The file is larger than {} MB.", LARGEST >> 20));
    }
    String::from_utf8(std::fs::read(path).map_err(unreadable)?).map_err(|_| "The file is not UTF-8 text.".to_owned())
}

fn listed(list: &RulePackList) -> Reply {
    let row = |p: &RulePack| [p.id.to_string(), said(p.kind), p.rules.to_string(), time(p.added_at), p.name.clone()];
    let rows = list.rules.iter().map(row).collect();
    let head = ["ID", "KIND", "RULES", "ADDED", "NAME"];
    Reply::new(
        list,
        Text::default().table(head, rows, "No rules were added yet; the ones that ship with the product hold."),
    )
}

fn shown(result: &RulesAdded) -> Text {
    let added = result.added.iter().map(|a| format!("added   {} ({}, {} rules)", a.file, said(a.kind), a.rules));
    let failed = result.failed.iter().flat_map(|f| {
        std::iter::once(format!("failed  {}", f.file)).chain(f.error.lines().map(|l| format!("        {l}")))
    });
    Text::default().lines(added).lines(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_rule_files_and_says_what_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        put("b.yar", b"rule b { condition: false }");
        put("deep/a.HDB", b"44d88612fea8a8f36de82e1278abb02f:68:Name");
        put("bad.yara", b"\xff\xfe");
        put("README.md", b"not a rule");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("deep/round")).unwrap();
        let (mut files, mut failed) = (Vec::new(), Vec::new());
        read_folder(folder.path(), DEEPEST, &mut files, &mut failed);
        let names: Vec<_> = files.iter().map(|f| f.file.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["b.yar", "a.HDB"], "rule files by their ending, in the order of their names");
        assert_eq!(failed.len(), 1);
        assert!(failed[0].file.ends_with("bad.yara") && failed[0].error.contains("UTF-8"), "{failed:?}");
    }
}
