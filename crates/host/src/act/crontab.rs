//! Remove one line of a crontab: every other byte of the file stays as it is.
//!
//! When only comments, blank lines and variables would remain in a file of `/etc/cron.d` or in a user's crontab, the whole
//! file goes to the vault (spec 5.0): an empty shell left behind would look like a task that still exists. `/etc/crontab`
//! and `/etc/anacrontab` belong to the system and always stay.
use super::{
    moves,
    points::point,
    quarantine::{facts_of, folder_open, obstacle, take_whole, unreadable},
    work::{Copy, Early, FromStart, Work, can_bring_back, device_name, failed, open_target},
};
use crate::{
    handle::{Held, Place},
    journal::{Exact, Op},
    root::Root,
    vault::{Kept, facts::hex},
};
use assize_domain::{
    order::{Fault, ReceiptOutcome},
    question::{Plan, PlanStep, Reversible},
    text::{DevicePath, visible},
};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::{
    io::{Read, Write},
    ops::Range,
};

/// No crontab is larger; a larger file is not edited line by line.
const MOST: u64 = 16 * 1024 * 1024;

/// The exact line that was approved.
pub struct Line<'a> {
    pub path: &'a DevicePath,
    pub text: &'a str,
    pub occurrence: u32,
    pub digest: &'a str,
}

/// A crontab as it is now, with the line found in it.
struct Found {
    place: Place,
    held: Held,
    exact: Exact,
    after: Vec<u8>,
    /// Nothing that runs would be left.
    empties: bool,
}

pub fn apply(work: &mut Work<'_>, line: &Line<'_>) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        let found = find(work.tools.root, line)?;
        if found.empties && !belongs_to_system(line.path) {
            take_whole(work, line.path, &found.place, &found.held, &found.exact, None)?;
            work.step("No other task was in this file, so the whole file is in the vault.");
        } else {
            remove(work, line, &found)?;
        }
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

fn remove(work: &mut Work<'_>, line: &Line<'_>, found: &Found) -> Early<()> {
    let Found { place, held, exact, after, .. } = found;
    let facts = facts_of(held, line.path)?;
    can_bring_back(&facts, line.path)?;
    folder_open(place)?;
    let after_sha256 = hex(&Sha256::digest(after));
    let copy = work.copy(&Copy {
        path: line.path,
        folder: &place.folder,
        file: Some(&held.file),
        facts: facts.clone(),
        sha256: exact.sha256.clone(),
        kept: Kept::Before { after_sha256: after_sha256.clone() },
        timer: None,
    })?;
    // Its time of change is now, so that cron notices; everything else is as it was.
    let (private, put) = work.prepare(&place.folder, &facts, false, |file| {
        file.write_all(after).map_err(|e| {
            failed(Errno::from_io_error(&e).unwrap_or(Errno::IO), "the new content cannot be written", line.path)
        })
    })?;
    let flags = facts.flags;
    work.arm(&[Op::Swap {
        folder: place.folder.path().clone(),
        name: device_name(&place.name),
        private: device_name(&private),
        taken: exact.clone(),
        taken_flags: flags,
        put: put.clone(),
        put_flags: flags,
        copy: Some(copy),
        restores: None,
    }])?;
    moves::swap(work, &place.folder, (&place.name, &private), (exact, &held.file, flags), &put)?;
    work.step(format!("The line “{}” was removed from {}.", visible(line.text), visible(line.path.as_str())));
    check(work, place, &put, flags);
    Ok(())
}

/// Reads the file again and sets the flags it had.
pub fn check(work: &mut Work<'_>, place: &Place, put: &Exact, flags: u32) {
    let path = visible(place.path().as_str());
    match place.open_file() {
        Ok(Some(held)) if held.identity() == put.identity => {
            if flags != 0 && crate::vault::facts::Facts::only_flags(&held.file, flags).is_err() {
                work.told.left.push(format!("The flags of {path} could not be set again."));
            }
            if crate::act::work::hash(&held.file, put.size).is_ok_and(|sha256| sha256 == put.sha256) {
                work.told.proof.after.push(format!("{path} has SHA-256 {} now.", put.sha256));
            } else {
                work.told.left.push(format!("{path} was changed again right after."));
            }
        }
        Ok(_) => work.told.left.push(format!("Another file came to {path} right after.")),
        Err(error) => work.told.left.push(format!("It cannot be checked: {error}.")),
    }
    point("verified");
}

pub fn plan(root: &Root, line: &Line<'_>) -> Plan {
    let mut plan = Plan::default();
    let path = visible(line.path.as_str());
    match find(root, line) {
        Err(end) => plan.obstacles.push(obstacle(end)),
        Ok(found) => {
            let whole = found.empties && !belongs_to_system(line.path);
            let detail = if whole {
                format!("No other task is in {path}, so the whole file goes to the vault.")
            } else {
                format!(
                    "A sealed copy of {path} goes to the vault; then only this line is removed: {}",
                    visible(line.text)
                )
            };
            let what = "Remove the scheduled task".into();
            plan.steps.push(PlanStep { what, target: path, reversible: Reversible::Yes, detail });
            let checks = facts_of(&found.held, line.path)
                .and_then(|facts| can_bring_back(&facts, line.path))
                .and_then(|()| folder_open(&found.place));
            plan.obstacles.extend(checks.err().map(obstacle));
        }
    }
    plan
}

fn find(root: &Root, line: &Line<'_>) -> Early<Found> {
    let was = format!("the line “{}”", visible(line.text));
    let (place, held) = open_target(root, line.path, &was)?;
    let mut bytes = Vec::new();
    FromStart::new(&held.file).take(MOST + 1).read_to_end(&mut bytes).map_err(|e| unreadable(line.path, &e))?;
    if bytes.len() as u64 > MOST {
        let message = format!("{} is too large to be a crontab.", visible(line.path.as_str()));
        return Err(ReceiptOutcome::Failed { fault: Fault::new("bad_target", message, "Nothing was touched.") });
    }
    let exact = Exact { identity: held.identity(), size: bytes.len() as u64, sha256: hex(&Sha256::digest(&bytes)) };
    let Some(range) = locate(&bytes, line.digest, line.occurrence) else {
        let detail =
            format!("{} does not have the line “{}” any more.", visible(line.path.as_str()), visible(line.text));
        return Err(ReceiptOutcome::Gone { detail });
    };
    let after = [&bytes[..range.start], &bytes[range.end..]].concat();
    let empties = lines(&after).all(|range| is_inert(&after[range]));
    Ok(Found { place, held, exact, after, empties })
}

/// The bytes of the approved line with its line end. Equal lines are told apart by their number.
fn locate(bytes: &[u8], digest: &str, occurrence: u32) -> Option<Range<usize>> {
    let nth = |same: &dyn Fn(&[u8]) -> bool| {
        lines(bytes).filter(|range| same(&bytes[range.clone()])).nth(usize::try_from(occurrence).ok()?)
    };
    let is = |content: &[u8]| hex(&Sha256::digest(content)).eq_ignore_ascii_case(digest);
    let exact = |line: &[u8]| is(line.strip_suffix(b"\n").unwrap_or(line));
    // A file with the line ends of another system; only when no line is the one as it stands.
    let without_return = |line: &[u8]| {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        is(line.strip_suffix(b"\r").unwrap_or(line))
    };
    if lines(bytes).any(|range| exact(&bytes[range])) { nth(&exact) } else { nth(&without_return) }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    bytes.split_inclusive(|b| *b == b'\n').map(move |line| {
        let start = at;
        at += line.len();
        start..at
    })
}

/// Blank, a comment, or `NAME = value`: nothing that runs.
fn is_inert(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if line.is_empty() || line.starts_with(b"#") {
        return true;
    }
    let Some(equals) = line.iter().position(|b| *b == b'=') else { return false };
    let name = line[..equals].trim_ascii();
    let name = name.strip_prefix(b"\"").and_then(|n| n.strip_suffix(b"\"")).unwrap_or(name);
    !name.is_empty() && !name[0].is_ascii_digit() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

fn belongs_to_system(path: &DevicePath) -> bool {
    matches!(path.as_str(), "/etc/crontab" | "/etc/anacrontab")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(line: &[u8]) -> String {
        hex(&Sha256::digest(line))
    }

    #[test]
    fn the_named_one_of_equal_lines_is_found_with_its_line_end() {
        let text = b"a\r\nb\nx\nb\nlast";
        assert_eq!(locate(text, &digest(b"b"), 0), Some(3..5));
        assert_eq!(locate(text, &digest(b"b"), 1), Some(7..9));
        assert_eq!(locate(text, &digest(b"b"), 2), None);
        assert_eq!(locate(text, &digest(b"last"), 0), Some(9..13), "without a line end");
        assert_eq!(locate(text, &digest(b"a"), 0), Some(0..3), "told without the return");
        assert_eq!(locate(text, &digest(b"a\r"), 0), Some(0..3), "told with the return");
        assert_eq!(locate(text, &digest(b"c"), 0), None);
    }

    #[test]
    fn variables_comments_and_blanks_are_not_tasks() {
        for inert in ["", "  ", "# x", "SHELL=/bin/sh", " MAILTO = root", "\"A\"=1", "\t\r"] {
            assert!(is_inert(inert.as_bytes()), "{inert}");
        }
        for runs in ["* * * * * root A=1 x", "@reboot x", "*/5 * * * * x=y", "0 0 * * * a"] {
            assert!(!is_inert(runs.as_bytes()), "{runs}");
        }
    }
}
