//! The archive of a package: one compressed tar, its members with their hashes told in a manifest that lies in it last.
use assize_domain::time::Stamp;
use assize_host::look::package::Member;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

/// Of the compressor: quick, and small enough.
const LEVEL: i32 = 3;

pub(crate) const MANIFEST: &str = "manifest.json";

/// What is in the package and what is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Of this list; a reader refuses what it does not know.
    pub(crate) format: u32,
    pub(crate) made_by: String,
    pub(crate) action: String,
    pub(crate) order: String,
    pub(crate) collected_at: Stamp,
    /// A running system, or the file tree of one.
    pub(crate) running: bool,
    pub(crate) rights: String,
    pub(crate) members: Vec<Listed>,
    pub(crate) skipped: Vec<Skipped>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// Where it comes from on the device, or what it was made of.
    pub(crate) source: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Skipped {
    pub(crate) what: String,
    pub(crate) why: String,
}

/// An archive being written.
pub(crate) struct Archive {
    tar: tar::Builder<zstd::Encoder<'static, File>>,
    at: u64,
    members: Vec<Listed>,
}

impl Archive {
    pub(crate) fn new(file: File, at: Stamp) -> io::Result<Self> {
        let tar = tar::Builder::new(zstd::Encoder::new(file, LEVEL)?);
        Ok(Self { tar, at: u64::try_from(at.0 / 1000).unwrap_or(0), members: Vec::new() })
    }

    pub(crate) fn add(&mut self, member: Member) -> io::Result<()> {
        self.append(&member.name, &member.body)?;
        self.members.push(Listed {
            bytes: member.body.len() as u64,
            sha256: hex(&Sha256::digest(&member.body)),
            name: member.name,
            source: member.source,
            note: member.note,
        });
        Ok(())
    }

    pub(crate) fn members(&self) -> &[Listed] {
        &self.members
    }

    /// Adds the manifest, and everything is on disk.
    pub(crate) fn finish(mut self, manifest: &Manifest) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
        self.append(MANIFEST, &text)?;
        let file = self.tar.into_inner()?.finish()?;
        file.sync_all()
    }

    /// An ordinary file of nobody in particular, readable by who unpacks it.
    fn append(&mut self, name: &str, body: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o600);
        header.set_mtime(self.at);
        header.set_size(body.len() as u64);
        self.tar.append_data(&mut header, name, body)
    }
}

/// Reads a whole archive back and compares every member with the manifest in it, and that with `expected`. Returns the
/// hash of the archive itself and its size.
pub(crate) fn verify(path: &Path, expected: &Manifest) -> io::Result<(String, u64)> {
    let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut found = BTreeMap::new();
    let mut manifest = None;
    let mut raw = Hashing { file: File::open(path)?, hash: Sha256::new(), bytes: 0 };
    {
        let mut tar = tar::Archive::new(zstd::Decoder::new(&mut raw)?);
        for entry in tar.entries()? {
            let mut entry = entry?;
            let name = entry.path()?.to_str().ok_or_else(|| damaged("a name is not text"))?.to_owned();
            let mut body = Vec::new();
            entry.read_to_end(&mut body)?;
            if name == MANIFEST {
                manifest = serde_json::from_slice::<Manifest>(&body).ok();
            } else {
                found.insert(name, (hex(&Sha256::digest(&body)), body.len() as u64));
            }
        }
    }
    io::copy(&mut raw, &mut io::sink())?;
    let manifest = manifest.ok_or_else(|| damaged("its manifest cannot be read"))?;
    if manifest != *expected {
        return Err(damaged("its manifest is not the one that was written"));
    }
    let listed: BTreeMap<String, (String, u64)> =
        manifest.members.into_iter().map(|m| (m.name, (m.sha256, m.bytes))).collect();
    if listed != found {
        return Err(damaged("its members are not those of its manifest"));
    }
    Ok((hex(&raw.hash.finalize()), raw.bytes))
}

struct Hashing {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for b in bytes {
        // Writing to memory cannot fail.
        let _ = write!(out, "{b:02x}");
    }
    String::from_utf8_lossy(&out).into_owned()
}
