//! Automation levels on real folders: what acts by itself, and what asks (M4, M6, M9).

use std::path::Path;

use assize_domain::action::ActionStatus;
use assize_domain::verdict::Verdict;
use assize_tests::world;

use crate::computer::{Computer, evidence, mark, test_file, write};

/// M4, M6, M9
#[test]
fn the_place_decides_what_asks_first() {
    world::inside("levels::the_place_decides_what_asks_first", || {
        let computer = Computer::at("none");
        let plant = |name: &str| {
            let paths = ["/usr/lib/goods", "/srv/goods", "/home/x/Downloads"].map(|folder| format!("{folder}/{name}"));
            paths.iter().for_each(|path| write(path, &test_file()));
            paths
        };
        let folders = ["/usr/lib/goods", "/srv/goods", "/home/x/Downloads"];

        let paths = plant("first");
        let before = paths.each_ref().map(|path| mark(path));
        let found = computer.investigate(&folders);
        for path in &paths {
            assert_eq!(evidence(&found, path).verdict, Verdict::Malicious, "it is seen: {path}");
        }
        assert!(found.actions.is_empty() && computer.list("pending").is_empty() && computer.list("history").is_empty());
        assert_eq!(paths.each_ref().map(|path| mark(path)), before, "and left alone");
        paths.iter().for_each(|path| std::fs::remove_file(path).expect("it is ours"));

        // A new name for each level: an item that already waits is not asked about twice.
        for (level, asks) in [("semi_core", [true, false, false]), ("semi_non_temp", [true, true, false])] {
            computer.set_level(level);
            let paths = plant(level);
            let found = computer.investigate(&folders);
            for (path, asks) in paths.iter().zip(asks) {
                let action = found.actions.iter().find(|a| a.target_title == *path).expect("every place is answered");
                let expected = if asks { ActionStatus::PendingApproval } else { ActionStatus::Completed };
                assert_eq!(action.status, expected, "{level} {path}: {:?}", action.why);
                assert_eq!(Path::new(path).exists(), asks, "{level} {path}");
            }
        }
        computer.is_sound();
    });
}
