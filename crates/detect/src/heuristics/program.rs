//! A program's file that no package installed: whose rights it hands out, and that something starts it from a place where
//! nobody looks.
use super::{
    odd,
    place::{Place, in_home, in_unpacked_tree, place},
};
use assize_domain::{
    text::{DevicePath, visible},
    verdict::Finding,
};

/// A program of no package.
#[derive(Clone, Copy, Debug)]
pub struct Unpackaged<'a> {
    pub path: &'a DevicePath,
    /// Permission bits, with set-user-id and set-group-id.
    pub mode: u32,
    /// The owner's name or number.
    pub owner: &'a str,
    /// It runs, or is arranged to be started.
    pub in_use: bool,
}

const SET_USER_ID: u32 = 0o4000;

pub fn findings(about: &Unpackaged<'_>) -> Vec<Finding> {
    let lies = place(about.path);
    let mut findings = Vec::new();
    // An unpacked system has its own `su` and `passwd`, wherever it lies.
    let odd_place = (lies != Place::Ordinary || in_home(about.path)) && !in_unpacked_tree(about.path);
    if about.mode & SET_USER_ID != 0 && odd_place {
        let who = if matches!(about.owner, "root" | "0") { "the system's administrator" } else { "its owner" };
        let text = format!(
            "Whoever starts it gets the rights of {who}, and it lies in a {} folder.",
            if lies.is_temp() { "temporary" } else { "private or hidden" }
        );
        findings.push(odd("set-id-program-in-odd-place", text));
    }
    // Homes are full of hidden folders from which honest tools run.
    if about.in_use && lies == Place::Hidden && !in_home(about.path) {
        let text = format!("It is started from a hidden place: {}.", visible(about.path.as_str()));
        findings.push(odd("start-from-hidden-folder", text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, mode: u32, in_use: bool) -> Vec<String> {
        let path = DevicePath::from(path);
        let found = findings(&Unpackaged { path: &path, mode, owner: "root", in_use });
        found.into_iter().filter_map(|f| f.rule).collect()
    }

    #[test]
    fn rights_handed_out_from_an_odd_place_are_odd() {
        assert_eq!(rules("/var/tmp/.sh", 0o4755, false), ["set-id-program-in-odd-place"]);
        assert_eq!(rules("/home/ann/x", 0o4755, false), ["set-id-program-in-odd-place"]);
        assert!(rules("/usr/local/bin/tool", 0o4755, false).is_empty());
        assert!(rules("/tmp/base/usr/bin/su", 0o4755, false).is_empty(), "a whole system was unpacked there");
        assert!(rules("/var/tmp/sh", 0o755, false).is_empty());
    }

    #[test]
    fn what_starts_from_a_hidden_place_is_odd_itself() {
        assert_eq!(rules("/opt/.x/k", 0o755, true), ["start-from-hidden-folder"]);
        assert!(rules("/opt/.x/k", 0o755, false).is_empty());
        assert!(rules("/home/ann/.config/.x/k", 0o755, true).is_empty());
    }
}
