//! Remove one line of a file that starts programs (a crontab, a shell profile, a list of modules, of keys, of libraries,
//! of udev rules): every other byte of the file stays as it is.
//!
//! When nothing that means anything would remain, the whole file goes to the vault (spec 5.0): an empty shell left behind
//! would look like something that still exists. Files that belong to the system itself (`/etc/crontab`, `/etc/profile`)
//! always stay. A shell profile is never left with half a block: where the line is all that a block holds, a `:` keeps its
//! place, and a line that opens or closes a block does not go alone.
use super::{
    guard::Touch,
    moves,
    points::point,
    quarantine::{facts_of, folder_open, obstacle, take_whole, unreadable},
    work::{Copy, Early, FromStart, Tools, Work, can_bring_back, device_name, failed, hash, open_target},
};
use crate::{
    handle::{Held, Place},
    journal::{Exact, Op},
    look::command::block::{Alone, alone},
    vault::{Kept, facts::Facts, facts::hex},
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

/// No file of lines is larger; a larger file is not edited line by line.
const MOST: u64 = 16 * 1024 * 1024;

/// The exact line that was approved.
pub struct Line<'a> {
    pub path: &'a DevicePath,
    pub text: &'a str,
    pub occurrence: u32,
    pub digest: &'a str,
    pub form: Form,
}

/// How a file of lines is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Crontab,
    Shell,
    /// Lines and comments with `#`.
    Plain,
    /// Lines and comments with `#` or `;`.
    Modules,
}

/// A file as it is now, and as it will be.
pub struct Edit {
    pub place: Place,
    pub held: Held,
    pub exact: Exact,
    pub after: Vec<u8>,
    /// Nothing that means anything would be left, and the file may go.
    pub whole: bool,
}

pub fn apply(work: &mut Work<'_>, line: &Line<'_>) -> ReceiptOutcome {
    let run = |work: &mut Work<'_>| -> Early<ReceiptOutcome> {
        let edit = find(&work.tools, line)?;
        if edit.whole {
            take_whole(work, line.path, &edit.place, &edit.held, &edit.exact, None)?;
            work.step("Nothing else was in this file, so the whole file is in the vault.");
        } else {
            let said = format!("The line “{}” was removed from {}.", visible(line.text), visible(line.path.as_str()));
            let prepared = prepare(work, line.path, &edit)?;
            work.arm(std::slice::from_ref(&prepared.op))?;
            put(work, &edit, &prepared, said)?;
        }
        Ok(work.done())
    };
    run(work).unwrap_or_else(|end| end)
}

/// The new content, ready beside the file.
pub struct Prepared {
    pub op: Op,
    private: std::ffi::OsString,
    new: Exact,
    flags: u32,
}

/// Copies the file as it is into the vault and makes the new content ready beside it. Nothing is changed yet.
pub fn prepare(work: &mut Work<'_>, path: &DevicePath, edit: &Edit) -> Early<Prepared> {
    let Edit { place, held, exact, after, .. } = edit;
    let facts = facts_of(held, path)?;
    can_bring_back(&facts, path)?;
    folder_open(place)?;
    let after_sha256 = hex(&Sha256::digest(after));
    let copy = work.copy(&Copy {
        path,
        folder: &place.folder,
        file: Some(&held.file),
        facts: facts.clone(),
        sha256: exact.sha256.clone(),
        kept: Kept::Before { after_sha256 },
        unit: None,
        driver: None,
    })?;
    // Its time of change is now, so that cron notices; everything else is as it was.
    let (private, new) = work.prepare(&place.folder, &facts, false, |file| {
        file.write_all(after).map_err(|e| {
            failed(Errno::from_io_error(&e).unwrap_or(Errno::IO), "the new content cannot be written", path)
        })
    })?;
    let flags = facts.flags;
    let op = Op::Swap {
        folder: place.folder.path().clone(),
        name: device_name(&place.name),
        private: device_name(&private),
        taken: exact.clone(),
        taken_flags: flags,
        put: new.clone(),
        put_flags: flags,
        copy: Some(copy),
        restores: None,
    };
    Ok(Prepared { op, private, new, flags })
}

/// Puts the prepared content in the place of the old one, and checks it.
pub fn put(work: &mut Work<'_>, edit: &Edit, prepared: &Prepared, said: String) -> Early<()> {
    let Edit { place, held, exact, .. } = edit;
    let Prepared { private, new, flags, .. } = prepared;
    moves::swap(work, &place.folder, (&place.name, private), (exact, &held.file, *flags), new)?;
    work.step(said);
    check(work, place, new, *flags);
    Ok(())
}

/// Reads the file again and sets the flags it had.
pub fn check(work: &mut Work<'_>, place: &Place, put: &Exact, flags: u32) {
    let path = visible(place.path().as_str());
    match place.open_file() {
        Ok(Some(held)) if held.identity() == put.identity => {
            if flags != 0 && Facts::only_flags(&held.file, flags).is_err() {
                work.told.left.push(format!("The flags of {path} could not be set again."));
            }
            if hash(&held.file, put.size).is_ok_and(|sha256| sha256 == put.sha256) {
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

pub fn plan(tools: &Tools<'_>, line: &Line<'_>, what: &str) -> Plan {
    let mut plan = Plan::default();
    let path = visible(line.path.as_str());
    match find(tools, line) {
        Err(end) => plan.obstacles.push(obstacle(end)),
        Ok(edit) => {
            let detail = if edit.whole {
                format!("Nothing else is in {path}, so the whole file goes to the vault.")
            } else {
                format!(
                    "A sealed copy of {path} goes to the vault ({} bytes); then only this line is removed: {}",
                    edit.exact.size,
                    visible(line.text)
                )
            };
            plan.steps.push(PlanStep { what: what.into(), target: path, reversible: Reversible::Yes, detail });
            let checks = facts_of(&edit.held, line.path)
                .and_then(|facts| can_bring_back(&facts, line.path))
                .and_then(|()| folder_open(&edit.place));
            plan.obstacles.extend(checks.err().map(obstacle));
        }
    }
    plan
}

fn find(tools: &Tools<'_>, line: &Line<'_>) -> Early<Edit> {
    let was = format!("the line “{}”", visible(line.text));
    let read = read(tools, line.path, &was)?;
    let Some(range) = locate(&read.bytes, line.digest, line.occurrence) else {
        let detail =
            format!("{} does not have the line “{}” any more.", visible(line.path.as_str()), visible(line.text));
        return Err(ReceiptOutcome::Gone { detail });
    };
    let (before, after) = (&read.bytes[..range.start], &read.bytes[range.end..]);
    let rest = [before, after].concat();
    let whole = is_empty(&rest, line.form) && !tools.guard.keeps_whole(tools.root, &read.place);
    let rest = if line.form == Form::Shell && !whole {
        match alone(&read.bytes, &range) {
            Alone::Yes => rest,
            Alone::Body => [before, &instead(&read.bytes[range])[..], after].concat(),
            Alone::No => return Err(half_block(line)),
        }
    } else {
        rest
    };
    Ok(read.into_edit(rest, whole))
}

/// A file that was read to be changed.
pub struct WholeFile {
    pub place: Place,
    held: Held,
    exact: Exact,
    pub bytes: Vec<u8>,
}

impl WholeFile {
    pub fn into_edit(self, after: Vec<u8>, whole: bool) -> Edit {
        let Self { place, held, exact, bytes: _ } = self;
        Edit { place, held, exact, after, whole }
    }
}

/// Opens a file of lines and reads it whole.
pub fn read(tools: &Tools<'_>, path: &DevicePath, was: &str) -> Early<WholeFile> {
    let (place, held) = open_target(tools.root, path, was)?;
    tools.guard.file(tools.root, tools.vault, &place, &held, Touch::Lines)?;
    let mut bytes = Vec::new();
    FromStart::new(&held.file).take(MOST + 1).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
    if bytes.len() as u64 > MOST {
        let message = format!("{} is too large to be a file of lines.", visible(path.as_str()));
        return Err(ReceiptOutcome::Failed { fault: Fault::new("bad_target", message, "Nothing was touched.") });
    }
    let exact = Exact { identity: held.identity(), size: bytes.len() as u64, sha256: hex(&Sha256::digest(&bytes)) };
    Ok(WholeFile { place, held, exact, bytes })
}

/// What keeps the place of a line in a shell block: a command that does nothing, as deep as the line was.
fn instead(line: &[u8]) -> Vec<u8> {
    let deep = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let end = [&b"\r\n"[..], b"\n"].into_iter().find(|end| line.ends_with(end)).unwrap_or_default();
    [&line[..deep], b":", end].concat()
}

fn half_block(line: &Line<'_>) -> ReceiptOutcome {
    let path = visible(line.path.as_str());
    ReceiptOutcome::Failed {
        fault: Fault::new(
            "half_block",
            format!(
                "The line “{}” is one part of a command or block of several lines in {path}; without it the rest could not be read by the shell.",
                visible(line.text)
            ),
            "Nothing was touched. Open the file and take the whole block out, or investigate again.",
        ),
    }
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

pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    bytes.split_inclusive(|b| *b == b'\n').map(move |line| {
        let start = at;
        at += line.len();
        start..at
    })
}

/// Does nothing remain that means anything?
pub fn is_empty(bytes: &[u8], form: Form) -> bool {
    lines(bytes).all(|range| is_inert(&bytes[range], form))
}

/// Blank or a comment; in a crontab also `NAME = value`: nothing that runs.
fn is_inert(line: &[u8], form: Form) -> bool {
    let line = line.trim_ascii();
    if line.is_empty() || line.starts_with(b"#") || (form == Form::Modules && line.starts_with(b";")) {
        return true;
    }
    if form != Form::Crontab {
        return false;
    }
    let Some(equals) = line.iter().position(|b| *b == b'=') else { return false };
    let name = line[..equals].trim_ascii();
    let name = name.strip_prefix(b"\"").and_then(|n| n.strip_suffix(b"\"")).unwrap_or(name);
    !name.is_empty() && !name[0].is_ascii_digit() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
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
            assert!(is_inert(inert.as_bytes(), Form::Crontab), "{inert}");
        }
        for runs in ["* * * * * root A=1 x", "@reboot x", "*/5 * * * * x=y", "0 0 * * * a"] {
            assert!(!is_inert(runs.as_bytes(), Form::Crontab), "{runs}");
        }
    }
}
