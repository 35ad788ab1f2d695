//! Rule packs: files a person added. A file that does not compile is reported and skipped; it never stops the rest.
use crate::{
    Engine,
    door::{AddRules, ListRules, RemoveRules, RuleText},
    fault::not_found,
    open::by,
    view,
};
use assize_domain::{
    id::RulePackId,
    order::Fault,
    question::{RuleFile, RuleKind},
    record::Subject,
    role::Person,
};
use assize_store::RulePackRow;

pub(crate) fn list(engine: &Engine, _: &Person, _: ListRules) -> Result<view::RulePackList, Fault> {
    engine.read(|r| {
        let rules = r.rule_packs()?.into_iter().map(shown).collect();
        Ok(view::RulePackList { rules })
    })
}

fn shown(p: RulePackRow) -> view::RulePack {
    view::RulePack { id: p.id, name: p.name, kind: p.kind, rules: p.rules, enabled: p.enabled, added_at: p.added_at }
}

pub(crate) fn add(engine: &Engine, who: &Person, request: AddRules) -> Result<view::RulesAdded, Fault> {
    let mut result = view::RulesAdded::default();
    // The device that would use the rules says whether they are sound: it owns the compiler.
    let link = engine.link(&engine.this_computer()?)?;
    for RuleText { file, body } in request.files {
        let kind = match kind_of(&file) {
            Ok(kind) => kind,
            Err(error) => {
                result.failed.push(view::RuleFileFailed { file, error });
                continue;
            }
        };
        let name = file.rsplit(['/', '\\']).next().unwrap_or(&file).to_owned();
        let rule_file = RuleFile { name: name.clone(), kind, body };
        match link.check_rules(&rule_file) {
            Err(error) => result.failed.push(view::RuleFileFailed { file, error }),
            Ok(rules) => {
                let row = RulePackRow {
                    id: RulePackId(engine.new_id()),
                    name,
                    kind,
                    body: rule_file.body,
                    rules,
                    added_at: engine.now(),
                    enabled: true,
                    fault: None,
                };
                engine.write(|w| {
                    w.insert_rule_pack(&row)?;
                    let text = format!("Rules {} added ({rules}).", row.name);
                    w.append(&engine.entry(by(who), Subject::RulePack, row.id.as_str(), "rules_added", text))?;
                    Ok(())
                })?;
                result.added.push(view::RuleFileAdded { id: row.id, file, kind, rules });
            }
        }
    }
    Ok(result)
}

/// By the ending of the name, as the formats are known by.
fn kind_of(file: &str) -> Result<RuleKind, String> {
    let ending = file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "yar" | "yara" => Ok(RuleKind::Yara),
        "hdb" => Ok(RuleKind::ClamavHdb),
        "hsb" => Ok(RuleKind::ClamavHsb),
        "yml" | "yaml" | "ndb" | "ldb" => Err(format!("Rules of the kind .{ending} are not read by this version.")),
        _ => Err("This is not a rule file that is known here (.yar, .yara, .hdb, .hsb).".to_owned()),
    }
}

pub(crate) fn remove(engine: &Engine, who: &Person, request: RemoveRules) -> Result<view::RulePackList, Fault> {
    engine.write(|w| {
        let all = w.rule_packs()?;
        let gone =
            all.iter().find(|p| p.id == request.id).ok_or_else(|| not_found("rule pack", request.id.as_str()))?;
        w.remove_rule_pack(&request.id)?;
        let text = format!("Rules {} removed.", gone.name);
        w.append(&engine.entry(by(who), Subject::RulePack, request.id.as_str(), "rules_removed", text))?;
        Ok(view::RulePackList { rules: w.rule_packs()?.into_iter().map(shown).collect() })
    })
}
