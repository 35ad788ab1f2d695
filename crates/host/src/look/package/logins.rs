//! Sign-ins: the tables of `wtmp`, `btmp`, `utmp` and `lastlog`, read as data.
use super::{
    Work,
    gather::{field, why},
};
use crate::{handle::Place, look::tree};
use assize_domain::{text::DevicePath, time::Stamp};
use std::{
    fmt::Write,
    io::{Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
};

/// One row on every 64-bit and 32-bit Linux with the usual C library.
const ROW: usize = 384;
/// As many rows as say what happened lately.
const ROWS: u64 = 5000;
/// Time, terminal, host.
const LAST_ROW: u64 = 4 + 32 + 256;

/// A table of sign-ins as text, its newest rows.
pub(super) fn table(work: &mut Work<'_>, name: &str, path: &[u8]) {
    let Some(held) = open(work, path) else { return };
    let size = held.size();
    let most = ROWS * ROW as u64;
    // Whole rows from the end.
    let from = if size > most { size - size % ROW as u64 - most } else { 0 };
    let mut file = held.file;
    let mut bytes = Vec::new();
    if let Err(e) = file.seek(SeekFrom::Start(from)).and_then(|_| file.take(most).read_to_end(&mut bytes)) {
        return work.skip(&super::gather::shown(path), &why(&e));
    }
    let mut text = "time\tkind\tuser\tline\thost\tpid\n".to_owned();
    for row in bytes.chunks_exact(ROW).filter_map(row) {
        let _ = writeln!(text, "{row}");
    }
    let note = (from > 0).then(|| format!("Cut: the last {ROWS} rows."));
    work.text_noted(&format!("users/{name}.tsv"), &super::gather::shown(path), text, note);
}

fn open(work: &mut Work<'_>, path: &[u8]) -> Option<crate::handle::Held> {
    let real = tree::follow(work.root, path).ok()?.path;
    match Place::open(work.root, &DevicePath::from_bytes(&real)).and_then(|p| p.open_file()) {
        Ok(held) => held,
        Err(e) => {
            work.skip(&super::gather::shown(path), &format!("{e}."));
            None
        }
    }
}

/// One row; empty ones say nothing.
fn row(bytes: &[u8]) -> Option<String> {
    let number = |at: usize| i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let kind = match i16::from_le_bytes([bytes[0], bytes[1]]) {
        1 => "run level",
        2 => "start",
        3 | 4 => "clock",
        5 => "program of init",
        6 => "login",
        7 => "session",
        8 => "end",
        _ => return None,
    };
    let (line, user, host) = (text(&bytes[8..40]), text(&bytes[44..76]), text(&bytes[76..332]));
    let at = Stamp(i64::from(number(340)) * 1000);
    Some(format!("{at}\t{kind}\t{user}\t{line}\t{host}\t{}", number(4)))
}

/// Up to the first zero.
fn text(bytes: &[u8]) -> String {
    field(bytes.split(|b| *b == 0).next().unwrap_or_default())
}

/// Who signed in last, and when: only the rows of accounts that exist, because the file has holes of any size.
pub(super) fn last(work: &mut Work<'_>) {
    let path = b"/var/log/lastlog";
    let Some(held) = open(work, path) else { return };
    let passwd = tree::read(work.root, b"/etc/passwd").unwrap_or_default();
    let mut list = "account\ttime\tline\thost\n".to_owned();
    for line in passwd.split(|b| *b == b'\n') {
        let mut fields = line.split(|b| *b == b':');
        let (Some(name), Some(uid)) = (fields.next(), fields.nth(1)) else { continue };
        let Some(uid) = std::str::from_utf8(uid).ok().and_then(|u| u.parse::<u32>().ok()) else { continue };
        let mut bytes = [0u8; LAST_ROW as usize];
        let read = held.file.read_exact_at(&mut bytes, u64::from(uid) * LAST_ROW);
        let seconds = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        if read.is_ok() && seconds != 0 {
            let at = Stamp(i64::from(seconds) * 1000);
            let _ = writeln!(list, "{}\t{at}\t{}\t{}", field(name), text(&bytes[4..36]), text(&bytes[36..]));
        }
    }
    work.text("users/last-sign-in.tsv", "/var/log/lastlog", list);
}

#[cfg(test)]
pub(super) fn made_up(kind: i16, user: &str, host: &str, seconds: i32) -> Vec<u8> {
    let mut bytes = vec![0; ROW];
    bytes[..2].copy_from_slice(&kind.to_le_bytes());
    bytes[4..8].copy_from_slice(&77i32.to_le_bytes());
    bytes[8..13].copy_from_slice(b"pts/0");
    bytes[44..44 + user.len()].copy_from_slice(user.as_bytes());
    bytes[76..76 + host.len()].copy_from_slice(host.as_bytes());
    bytes[340..344].copy_from_slice(&seconds.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_and_an_empty_one_left_out() {
        let read = row(&made_up(7, "ann", "198.51.100.7\x1b", 1_700_000_000)).unwrap();
        assert_eq!(read, "2023-11-14T22:13:20.000Z\tsession\tann\tpts/0\t198.51.100.7\\u{1b}\t77");
        assert_eq!(row(&[0; ROW]), None);
    }
}
