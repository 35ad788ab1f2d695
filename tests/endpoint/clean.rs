//! A computer on which nothing was planted.

use assize_domain::verdict::{FindingSource, Verdict, Weight};
use assize_tests::world;

use crate::computer::Computer;

/// The quick look around, which is what a newcomer starts with, calls nothing of the system bad.
#[test]
fn a_clean_computer_is_found_clean() {
    world::inside("clean::a_clean_computer_is_found_clean", || {
        let computer = Computer::at("full");
        let found = computer.investigate(&[]);
        let flagged: Vec<_> = found.evidence.iter().filter(|e| e.verdict.is_bad()).collect();
        for e in &flagged {
            println!("{} {}: {:#?}", e.verdict.label(), e.place, e.reasons);
        }
        assert!(found.evidence.len() > 3, "it looked: {:#?}", found.log);
        assert!(flagged.iter().all(|e| e.verdict != Verdict::Malicious), "nothing is malicious: {flagged:#?}");
        let vouched = flagged
            .iter()
            .find(|e| e.reasons.iter().any(|r| r.weight == Weight::Good && r.source == FindingSource::PackageDatabase));
        assert!(vouched.is_none(), "what its package vouches for is not suspicious: {vouched:#?}");
        assert!(computer.list("history").is_empty(), "and nothing was done");
    });
}
