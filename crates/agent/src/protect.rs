//! What is never acted on here: the list that ships, what a person added, and the product itself.
use crate::{ourselves::Ourselves, witness::said_by_packages};
use assize_domain::{
    device::RuleFault,
    protected::{PathPattern, Protected},
    question::WitnessSays,
    text::DevicePath,
};
use assize_host::{
    act::guard::Guard,
    look::{file::Inspector, packages::PackageDatabase},
    root::Root,
};
use std::sync::Arc;

/// The guard of a device, and the patterns that say nothing.
pub(crate) fn guard(root: &Root, ourselves: &Ourselves, added: &[String]) -> (Guard, Vec<RuleFault>) {
    let mut patterns = Vec::new();
    let mut faults = Vec::new();
    for text in added {
        match PathPattern::parse(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(refusal) => faults.push(RuleFault { file: text.clone(), error: refusal.to_string() }),
        }
    }
    let of = root.clone();
    // Asked only where something is refused: then there is time to read the package records anew.
    let word = Arc::new(move |path: &DevicePath| not_its_own(&of, path));
    (Guard::new(Protected::with(patterns), ourselves.skip().to_vec(), Some(word)), faults)
}

/// Says so where the content of a file is proven not to be its package's.
fn not_its_own(root: &Root, path: &DevicePath) -> Option<String> {
    let packages = PackageDatabase::read(root);
    if packages.knows_anything() && packages.owner(path).is_none() {
        return Some("No package installed what lies there now.".into());
    }
    let (says, detail) = said_by_packages(path, &packages, &Inspector::new(root));
    (says == WitnessSays::Bad).then_some(detail)
}
