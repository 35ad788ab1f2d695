//! Quarantine and restore of files, each beside a copy of the same file that is synced and hashed.
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use assize_domain::{entity::FileIdentity, remedy::ActionType, target::Target};
use assize_host::{act::Hands, root::Root};
use sha2::{Digest, Sha256};

use crate::{Outcome, at, orders, sorted};

const KIND: ActionType = ActionType::QuarantineFile;
/// Sizes in MB, and how often each.
const SIZES: [(usize, usize); 3] = [(1, 40), (16, 7), (128, 3)];

pub(crate) fn measure(folder: &Path) -> Outcome {
    let device = folder.join("device");
    fs::create_dir_all(device.join("srv"))?;
    let hands = Hands::open(Root::staged(&device), &folder.join("state"), orders::now).map_err(|f| f.message)?;
    let mut sizes = Vec::new();
    for (megabytes, rounds) in SIZES {
        let (mut plain, mut taken, mut back) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let name = format!("/srv/file-{megabytes}-{round}");
            let real = device.join(name.trim_start_matches('/'));
            fill(&real, megabytes, round)?;
            let begun = Instant::now();
            let sha256 = copy_sync_hash(&real, &folder.join("copy"))?;
            plain.push(begun.elapsed().as_secs_f64() * 1000.0);
            fs::remove_file(folder.join("copy"))?;

            let facts = fs::metadata(&real)?;
            let identity = FileIdentity { device: facts.dev(), inode: facts.ino() };
            let target = Target::File { path: name.as_str().into(), sha256, identity };
            let order = orders::apply(&format!("a{megabytes}-{round}"), KIND, &target)?;
            let begun = Instant::now();
            let kept = orders::done(&hands.carry_out(&order))?;
            taken.push(begun.elapsed().as_secs_f64() * 1000.0);

            let order = orders::undo(&format!("u{megabytes}-{round}"), KIND, &target, kept)?;
            let begun = Instant::now();
            orders::done(&hands.carry_out(&order))?;
            back.push(begun.elapsed().as_secs_f64() * 1000.0);
            fs::remove_file(&real)?;
            // What is kept in the vault for its time would fill the disk.
            empty(&folder.join("state/vault"))?;
        }
        let [plain, taken, back] = [plain, taken, back].map(|times| at(&sorted(times), 50));
        sizes.push(serde_json::json!({
            "megabytes": megabytes, "rounds": rounds, "plain_ms": plain, "quarantine_ms": taken, "restore_ms": back,
        }));
    }
    Ok(sizes.into())
}

/// Bytes that no two files share and nobody can shorten.
fn fill(path: &Path, megabytes: usize, round: usize) -> io::Result<()> {
    let mut state = ((megabytes as u64) << 32) | (round as u64 + 1);
    let mut piece = vec![0u8; 1 << 20];
    let mut file = File::create(path)?;
    for _ in 0..megabytes {
        for word in piece.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&piece)?;
    }
    file.sync_all()
}

fn copy_sync_hash(from: &Path, to: &Path) -> Result<String, Box<dyn Error>> {
    fs::copy(from, to)?;
    File::open(to)?.sync_all()?;
    let (mut file, mut hash, mut piece) = (File::open(from)?, Sha256::new(), vec![0u8; 128 * 1024]);
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            break;
        }
        hash.update(&piece[..n]);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}
