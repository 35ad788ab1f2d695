//! How fast alerts are read, and in how much memory: `cargo run --release -p assize-intake --example import_rate [FILE]`.
//!
//! Without a file, 200,000 alerts as Wazuh and Falco write them are made up line by line while they are read.
use std::{
    fs::File,
    io::{self, Read},
    time::Instant,
};

use assize_intake::{Options, open};

const LINES: u64 = 200_000;

/// Lines that are made when they are asked for.
struct MadeUp {
    line: u64,
    text: Vec<u8>,
    given: usize,
}

impl Read for MadeUp {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            if self.line == LINES {
                return Ok(0);
            }
            self.text = line(self.line).into_bytes();
            self.given = 0;
            self.line += 1;
        }
        let count = buf.len().min(self.text.len() - self.given);
        buf[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// About 1,200 bytes, as Wazuh's own alerts about files have.
fn line(number: u64) -> String {
    let (host, second) = (number % 250, number % 60);
    let sum = format!("{:064x}", u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835));
    format!(
        r#"{{"timestamp":"2026-01-05T10:00:{second:02}.633+0000","rule":{{"level":{level},"description":"Integrity checksum changed.","id":"550","mitre":{{"id":["T1565.001"],"tactic":["Impact"],"technique":["Stored Data Manipulation"]}},"firedtimes":{number},"mail":false,"groups":["ossec","syscheck","syscheck_entry_modified","syscheck_file"],"pci_dss":["11.5"],"gpg13":["4.11"],"gdpr":["II_5.1.f"],"hipaa":["164.312.c.1","164.312.c.2"]}},"agent":{{"id":"{host:03}","name":"agent-{host}","ip":"10.0.0.{host}"}},"manager":{{"name":"manager-1"}},"id":"1550489169.{number}","full_log":"File '/srv/data/{number}.bin' modified\nMode: realtime\nChanged attributes: size,mtime,md5,sha1,sha256\nOld md5sum was: '0d00e01691ff844feca2ce1965850aa8'\nNew sha256sum is : '{sum}'\n","syscheck":{{"path":"/srv/data/{number}.bin","mode":"realtime","size_before":"38","size_after":"74","perm_after":"rw-r--r--","uid_after":"0","gid_after":"0","md5_after":"21973d32e357e5966fd06e4ffc395347","sha1_after":"0a9fbdf16cac7e4f1b14a096f448c59c5d8ef3e0","sha256_after":"{sum}","uname_after":"root","gname_after":"root","mtime_after":"2019-02-18T11:26:09","inode_after":{number},"changed_attributes":["size","mtime","md5","sha1","sha256"],"event":"modified"}},"decoder":{{"name":"syscheck_integrity_changed"}},"location":"syscheck"}}
"#,
        level = 3 + number % 10,
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let from: Box<dyn Read> = match std::env::args_os().nth(1) {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(MadeUp { line: 0, text: Vec::new(), given: 0 }),
    };
    let begun = Instant::now();
    let mut import = open(from, Options::default())?;
    let (mut bytes, mut mentions) = (0_usize, 0_usize);
    for draft in import.by_ref().flatten() {
        bytes += draft.raw.len();
        mentions += draft.mentions.len();
    }
    let seconds = begun.elapsed().as_secs_f64();
    let account = import.fidelity();
    println!(
        "{}: {} records, {} drafts, {} refused, {mentions} things named, {:.1} MB in {seconds:.2} s: {:.0} records/s, {:.0} MB/s",
        account.format,
        account.records,
        account.drafts,
        account.rejected,
        bytes as f64 / 1e6,
        f64::from(account.records) / seconds,
        bytes as f64 / 1e6 / seconds,
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find_map(|l| l.strip_prefix("VmHWM:")) {
        println!("peak memory {}", peak.trim());
    }
    Ok(())
}
