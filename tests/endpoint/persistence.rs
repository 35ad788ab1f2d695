//! What arranges to be started, in every place where a Linux host reads it: exactly that goes, and comes back
//! (M46, M72, M131).

use assize_domain::action::ActionStatus;
use assize_engine::view::Action;
use assize_tests::host;

use crate::computer::{Computer, about, age, mark, plant_program, write};
use crate::system::{exists, run, said, tree};

const PROGRAM: &str = "/usr/local/lib/font-cache/worker";

/// Places, what is there before, and what has to be left of it; nothing: the whole file goes.
fn places() -> Vec<(&'static str, String, Option<String>)> {
    let profile = |it: &str| format!("# ~/.profile\nif [ -n \"$BASH\" ]; then\n  . ~/.bashrc\nfi\n{it}umask 022\n");
    let system = |it: &str| format!("# /etc/profile.d\nexport LESS=R\n{it}");
    let rule = |it: &str| format!("KERNEL==\"tty0\", MODE=\"0600\"\n{it}");
    vec![
        ("/home/ann/.profile", profile(&format!("{PROGRAM} 600 &\n")), Some(profile(""))),
        ("/etc/profile.d/fonts.sh", system(&format!("{PROGRAM} 600 &\n")), Some(system(""))),
        (
            "/home/ann/.config/autostart/fonts.desktop",
            format!("[Desktop Entry]\nType=Application\nName=Fonts\nExec={PROGRAM} 600\n"),
            None,
        ),
        (
            "/etc/udev/rules.d/80-fonts.rules",
            rule(&format!("ACTION==\"add\", SUBSYSTEM==\"block\", RUN+=\"{PROGRAM} 600\"\n")),
            Some(rule("")),
        ),
        ("/etc/udev/rules.d/81-fonts.rules", format!("SUBSYSTEM==\"usb\", RUN+=\"{PROGRAM} 600\"\n"), None),
    ]
}

/// M46, M72, M131
#[test]
fn each_place_that_starts_something_loses_exactly_that_and_gets_it_back() {
    host::inside("persistence::each_place_that_starts_something_loses_exactly_that_and_gets_it_back", || {
        let computer = Computer::at("semi_all");
        computer.block(&plant_program(PROGRAM));
        let places = places();
        for (path, text, _) in &places {
            write(path, text.as_bytes());
            age(path, 0o644);
        }
        run("chown", &["-R", "ann:ann", "/home/ann"]);
        let folders = ["/home/ann", "/etc/profile.d", "/etc/udev", "/etc/xdg"];
        let before = tree(&folders);

        let found = computer.investigate(&["/usr/local"]);
        let actions: Vec<Action> =
            places.iter().map(|(path, ..)| about(&found.actions, "remove_persistence", path).clone()).collect();
        assert_eq!(tree(&folders), before, "what waits changes nothing");
        let done = computer.approve(&actions.iter().collect::<Vec<_>>());
        for action in &done {
            assert_eq!(action.status, ActionStatus::Completed, "{}: {:?}", action.target_title, action.result);
        }
        for (path, _, left) in &places {
            assert_eq!(std::fs::read_to_string(path).ok(), *left, "{path}");
        }
        for action in done.iter().rev() {
            let undone = computer.undo(action);
            assert_eq!(undone.status, ActionStatus::Undone, "{}: {:?}", action.target_title, undone.result);
        }
        assert_eq!(tree(&folders), before);
        computer.is_sound();
    });
}

/// A library that is forced into every program: harmless here, because it only has the name of one that is loaded anyway.
#[test]
fn a_library_forced_into_every_program_is_let_go_and_comes_back() {
    host::inside("persistence::a_library_forced_into_every_program_is_let_go_and_comes_back", || {
        let computer = Computer::at("semi_all");
        let library = "/usr/local/lib/libfonts.so";
        let real = said("sh", &["-c", "ls /lib/*/libm.so.6"]);
        let bytes = [std::fs::read(real).expect("there is a libm").as_slice(), b"for a test"].concat();
        write(library, &bytes);
        age(library, 0o644);
        computer.block(&crate::computer::sha256(library));
        write("/etc/ld.so.preload", format!("{library}\n").as_bytes());
        age("/etc/ld.so.preload", 0o644);
        let before = mark("/etc/ld.so.preload");
        let is_forced = || said("cat", &["/proc/self/maps"]).contains(library);
        assert!(is_forced(), "every program gets it");

        let removal = computer.found("remove_persistence", "/etc/ld.so.preload");
        let removal = computer.approve(&[&removal]).remove(0);
        assert_eq!(removal.status, ActionStatus::Completed, "{:?}", removal.result);
        assert!(!exists("/etc/ld.so.preload") && !is_forced());
        let undone = computer.undo(&removal);
        assert_eq!(undone.status, ActionStatus::Undone, "{:?}", undone.result);
        assert!(mark("/etc/ld.so.preload") == before && is_forced());
    });
}
