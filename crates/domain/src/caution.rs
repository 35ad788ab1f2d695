//! How much automation may do before a person has looked: the limits of the mass-action breaker (M21) and of rules that
//! are new (M22), and which rules a verdict rests on.
use crate::{
    entity::{Bytes, Relation},
    judgement::Judged,
    verdict::{FindingSource, OWN_VERSION, Verdict, Weight},
};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::collections::{BTreeMap, BTreeSet};

/// The limits in force; an owner may change them.
///
/// Fifty of a kind is more than the clean-up of one badly infected computer usually needs, and far less than a wrong
/// rule does on a few healthy ones; in an hour somebody notices. Two devices show that a rule does harm before it does
/// it everywhere, and leave a single computer as it is: whoever has one chose its level for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Limits {
    /// So many actions of one type, over all devices, may run by themselves …
    pub same_type: u32,
    /// … within so many minutes.
    pub minutes: u32,
    /// A rule that is new or changed may act by itself on so many devices.
    pub devices: u32,
    /// So much may the kept copies of one device take together, in GiB (spec 7).
    pub vault_gib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { same_type: 50, minutes: 60, devices: 2, vault_gib: 10 }
    }
}

/// Why limits cannot be as they were entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitRefusal {
    #[error("between 1 and 10,000 actions of one type may run by themselves")]
    SameType,
    #[error("the time is between one minute and a day")]
    Minutes,
    #[error("a new rule may act by itself on 1,000 devices at most; 0 lets it only ask")]
    Devices,
    #[error("a vault may hold between 1 and 100,000 GiB")]
    Vault,
}

impl Limits {
    pub fn check(self) -> Result<Self, LimitRefusal> {
        if !(1..=10_000).contains(&self.same_type) {
            return Err(LimitRefusal::SameType);
        }
        if !(1..=24 * 60).contains(&self.minutes) {
            return Err(LimitRefusal::Minutes);
        }
        if self.devices > 1_000 {
            return Err(LimitRefusal::Devices);
        }
        if !(1..=100_000).contains(&self.vault_gib) {
            return Err(LimitRefusal::Vault);
        }
        Ok(self)
    }

    pub fn vault_cap(self) -> Bytes {
        Bytes(u64::from(self.vault_gib) << 30)
    }
}

/// A rule in one version: the same name with other content is another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
pub struct RuleVersion {
    pub rule: String,
    /// Empty where whoever applies the rule cannot tell its version.
    pub version: String,
}

impl RuleVersion {
    /// Is it part of the program itself?
    pub fn is_own(&self) -> bool {
        self.version.starts_with(OWN_VERSION)
    }
}

/// What a person said about what a rule in one version did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleWord {
    /// A person approved something that it found, or it came with the program when that was first installed.
    Trusted,
    /// A person took back what it did by itself.
    Doubted,
}

/// The rules that each malicious item rests on, by its key: those that found it, and those that found what it runs,
/// starts or loads.
pub fn rests_on(judged: &[&Judged]) -> BTreeMap<u32, BTreeSet<RuleVersion>> {
    let mut all: BTreeMap<u32, BTreeSet<RuleVersion>> = BTreeMap::new();
    let malicious: Vec<&&Judged> = judged.iter().filter(|j| j.verdict == Verdict::Malicious).collect();
    for j in &malicious {
        let bad = j.reasons.iter().filter(|r| r.weight == Weight::Bad && r.source != FindingSource::Relation);
        let rules = bad.map(|r| match &r.rule {
            Some(rule) => RuleVersion { rule: rule.clone(), version: r.version.clone().unwrap_or_default() },
            // What no rule says is the program's own knowledge.
            None => RuleVersion { rule: String::new(), version: OWN_VERSION.to_owned() },
        });
        all.entry(j.observed.key).or_default().extend(rules);
    }
    // What was inherited rests on what it was inherited from, over as many steps as there are.
    let mut changed = true;
    while changed {
        changed = false;
        for j in &malicious {
            if !j.reasons.iter().any(|r| r.weight == Weight::Bad && r.source == FindingSource::Relation) {
                continue;
            }
            let used = j.observed.links.iter().filter(|l| match l.relation {
                Relation::Runs | Relation::RunsScript | Relation::Starts => true,
                Relation::ChildOf | Relation::DefinedIn | Relation::Holds => false,
            });
            let inherited: BTreeSet<RuleVersion> = used.filter_map(|l| all.get(&l.to)).flatten().cloned().collect();
            let own = all.entry(j.observed.key).or_default();
            let before = own.len();
            own.extend(inherited);
            changed |= own.len() != before;
        }
    }
    all
}
