//! Two at once, and death at any moment (M67, M145).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use assize_domain::action::ActionStatus;
use assize_engine::view::{Action, TimelineRow};
use assize_tests::world;

use crate::computer::{Computer, DATA, MARKER, Mark, about, age, mark, sha256, shape, write};

const FOLDER: &str = "/srv/goods";
/// How many moments a process is killed at.
const MOMENTS: u32 = 10;

/// M67
#[test]
fn two_who_approve_at_once_lead_to_one_execution() {
    world::inside("races::two_who_approve_at_once_lead_to_one_execution", || {
        let computer = Computer::at("semi_all");
        let waiting = goods(&computer, 3);
        for action in &waiting {
            let both = ["ann", "bob"].map(|who| {
                let mut approve = computer.ctl.command(&["action", "approve", action.id.as_str()]);
                approve.env("USER", who).stdout(Stdio::piped()).stderr(Stdio::piped());
                (who, approve.spawn().expect("assizectl starts"))
            });
            let both = both.map(|(who, child)| (who, child.wait_with_output().expect("it ends")));
            let (won, lost): (Vec<_>, Vec<_>) = both.iter().partition(|(_, output)| output.status.success());
            assert_eq!((won.len(), lost.len()), (1, 1), "exactly one wins: {both:?}");
            let said = String::from_utf8_lossy(&lost[0].1.stderr);
            assert!(said.contains("already_decided") && said.contains(won[0].0), "the other is told who: {said}");

            let after = computer.action(action);
            assert_eq!((after.status, after.decided_by.as_deref()), (ActionStatus::Completed, Some(won[0].0)));
            let rows = timeline(&computer, action);
            let orders = rows.iter().filter(|row| row.event == "T15").count();
            assert_eq!(orders, 1, "it was ordered once: {rows:#?}");
            assert_eq!(computer.quarantine().iter().filter(|path| **path == action.target_title).count(), 1);
        }
        computer.is_sound();
    });
}

/// M145
#[test]
fn death_at_any_moment_leaves_the_old_or_the_new_state_and_the_row_tells_which() {
    world::inside("races::death_at_any_moment_leaves_the_old_or_the_new_state_and_the_row_tells_which", || {
        let computer = Computer::at("semi_all");
        let waiting = goods(&computer, MOMENTS);
        let before = mark(&waiting[0].target_title);

        let mut recovered = 0;
        let mut done = Vec::new();
        for (moment, action) in (0..).zip(&waiting) {
            killed_at(&computer, &["action", "approve", action.id.as_str()], action, moment);
            let (after, times) = as_told(&computer, action, &before);
            recovered += times;
            if after.undo.possible {
                done.push((after, times));
            }
        }
        assert!(recovered > 1, "some died between order and receipt: {recovered}");
        assert!(done.len() > 3, "some died after the decision: {}", done.len());

        let indicator = computer.ctl.ask(&["indicator", "list"])["indicators"][0]["id"].clone();
        computer.ctl.ask(&["indicator", "remove", indicator.as_str().expect("an id")]);
        let mut recovered = 0;
        for (moment, (action, times_before)) in (0..).zip(&done) {
            killed_at(&computer, &["action", "undo", action.id.as_str()], action, moment);
            let (_, times) = as_told(&computer, action, &before);
            recovered += times - times_before;
        }
        assert!(recovered > 0, "some died in the middle of an undo");
        computer.is_sound();
        let left: Vec<_> = fs::read_dir(FOLDER).expect("it stays").flatten().map(|entry| entry.path()).collect();
        let in_place = waiting.iter().filter(|a| Path::new(&a.target_title).exists()).count();
        assert_eq!(left.len(), in_place, "no half-done work lies about: {left:?}");
    });
}

/// Kills `assizectl` when so many changes to the device and its own folder were seen, if it lives that long.
fn killed_at(computer: &Computer, words: &[&str], action: &Action, moment: u32) {
    let see = || {
        let own = snapshot_sizes(&format!("{DATA}/devices"));
        (own, snapshot_sizes(FOLDER), fs::symlink_metadata(&action.target_title).is_ok())
    };
    let mut running = computer.ctl.command(words);
    let mut last = see();
    let mut running = running.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("assizectl starts");
    let mut changes = 0;
    while changes <= moment && matches!(running.try_wait(), Ok(None)) {
        let now = see();
        if now != last {
            changes += 1;
            last = now;
        }
    }
    running.kill().and_then(|()| running.wait()).expect("it is ours");
}

/// Names and sizes below a folder, as far as they stand still long enough to be read.
fn snapshot_sizes(folder: &str) -> BTreeSet<(PathBuf, u64)> {
    let mut files = BTreeSet::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(facts) = entry.metadata() else { continue };
            if facts.is_dir() {
                open.push(entry.path());
            }
            files.insert((entry.path(), facts.len()));
        }
    }
    files
}

/// After a call that puts right what was left half done, row, device and vault agree. Gives the row, and how often an
/// order of this action was found on its way by a process that came after.
fn as_told(computer: &Computer, action: &Action, before: &Mark) -> (Action, usize) {
    let shown = computer.ctl.ask(&["action", "show", action.id.as_str()]);
    let rows: Vec<TimelineRow> = shape(shown["timeline"].clone());
    let action: Action = shape(shown);
    let path = action.target_title.as_str();
    let kept = computer.quarantine().iter().filter(|kept| *kept == path).count();
    let in_place = fs::symlink_metadata(path).is_ok();
    if in_place {
        assert_eq!(mark(path), *before, "in place means bit for bit");
    }
    let old_or_new = [
        (ActionStatus::Completed, (false, 1)),
        (ActionStatus::UndoFailed, (false, 1)),
        (ActionStatus::PendingApproval, (true, 0)),
        (ActionStatus::Failed, (true, 0)),
        (ActionStatus::Undone, (true, 0)),
    ];
    let expected = old_or_new.iter().find(|(status, _)| *status == action.status).map(|(_, state)| *state);
    assert_eq!(Some((in_place, kept)), expected, "in place and in quarantine, as the row says: {action:#?}");
    let recovered = rows.iter().filter(|row| row.comment.as_deref() == Some("Recovered after a restart."));
    (action, recovered.count())
}

fn timeline(computer: &Computer, action: &Action) -> Vec<TimelineRow> {
    shape(computer.ctl.ask(&["action", "show", action.id.as_str()])["timeline"].clone())
}

/// Files that each wait for a decision.
fn goods(computer: &Computer, count: u32) -> Vec<Action> {
    let paths: Vec<String> = (0..count).map(|n| format!("{FOLDER}/parcel-{n}")).collect();
    // Long enough that taking it away takes a while.
    let bytes = MARKER.repeat(4_000);
    for path in &paths {
        write(path, bytes.as_bytes());
        age(path, 0o640);
    }
    computer.block(&sha256(&paths[0]));
    let found = computer.investigate(&[FOLDER]);
    paths.iter().map(|path| about_exactly(&found.actions, path)).collect()
}

fn about_exactly(actions: &[Action], path: &str) -> Action {
    let exact: Vec<Action> = actions.iter().filter(|a| a.target_title == path).cloned().collect();
    about(&exact, "quarantine_file", path).clone()
}
