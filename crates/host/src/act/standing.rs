//! What stands on a device until it is lifted (isolation, restriction): written beside the vault before it is put in
//! force, so that it can be put in force again after a start, and removed before it is lifted, so that it cannot.
use crate::{
    act::points::sync,
    vault::{
        disk::{private_folder, write_new},
        facts::hex,
    },
};
use assize_domain::{
    id::{ActionId, VaultId},
    time::Stamp,
};
use rustix::{
    fs::{self, AtFlags, FlockOperation, Mode, OFlags},
    io::Errno,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

/// No record is longer: what is longer is not ours.
const LONGEST: u64 = 4 * 1024 * 1024;

/// The folder of a device where what stands is written down.
pub struct Standing {
    dir: OwnedFd,
    path: PathBuf,
}

/// One measure: every action that asked for it since it was put in force, the last of which says how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure<W> {
    /// Of which computer. A data folder that came from another one by a backup says nothing about this one.
    machine: String,
    pub holders: Vec<Holder<W>>,
}

/// One action's wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder<W> {
    pub action: ActionId,
    /// The item of the vault that takes it back.
    pub item: VaultId,
    pub since: Stamp,
    pub until: Option<Stamp>,
    pub wish: W,
}

impl<W> Measure<W> {
    pub fn last(&self) -> Option<&Holder<W>> {
        self.holders.last()
    }

    pub fn is_held_by(&self, item: &VaultId) -> bool {
        self.holders.iter().any(|h| h.item == *item)
    }
}

impl<W: Serialize + DeserializeOwned + Clone> Measure<W> {
    /// What was there, with one more holder.
    pub fn with(before: Option<&Self>, holder: Holder<W>) -> Self {
        let mut holders = before.map_or_else(Vec::new, |m| m.holders.clone());
        holders.push(holder);
        Self { machine: machine(), holders }
    }

    /// Without a holder that did not come to be; none when it was the only one.
    pub fn without(mut self, item: &VaultId) -> Option<Self> {
        self.holders.retain(|h| h.item != *item);
        (!self.holders.is_empty()).then_some(self)
    }
}

impl Standing {
    pub fn open(state: &Path) -> io::Result<Self> {
        let path = std::path::absolute(state)?.join("standing");
        let state = private_folder(fs::CWD, state)?;
        Ok(Self { dir: private_folder(&state, Path::new("standing"))?, path })
    }

    /// A free name in the private folder, for a program that is started as a test.
    pub fn private_path(&self, name: &str) -> io::Result<PathBuf> {
        let mut chance = [0u8; 8];
        getrandom::fill(&mut chance).map_err(|e| io::Error::other(e.to_string()))?;
        Ok(self.path.join(format!("{name}-{}", hex(&chance))))
    }

    /// Holds a name until the handle is dropped; none while another process, or another handle, holds it.
    pub fn hold(&self, name: &str) -> io::Result<Option<File>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(fs::openat(&self.dir, name, flags, Mode::RUSR | Mode::WUSR)?);
        match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells at any time whether something is written down under this name, without opening anything.
    pub fn is_written(&self, name: &'static str) -> io::Result<Box<dyn Fn() -> bool + Send>> {
        let dir = self.dir.try_clone()?;
        Ok(Box::new(move || !matches!(fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT))))
    }

    /// What is written down under this name for this computer. One that cannot be read counts as none: then nothing is
    /// put in force that nobody can lift.
    pub fn read<W: Serialize + DeserializeOwned>(&self, name: &str) -> Option<Measure<W>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(fs::openat(&self.dir, name, flags, Mode::empty()).ok()?);
        let mut text = Vec::new();
        file.take(LONGEST).read_to_end(&mut text).ok()?;
        let measure: Measure<W> = serde_json::from_slice(&text).ok()?;
        (measure.machine == machine() && !measure.holders.is_empty()).then_some(measure)
    }

    /// Writes it whole or not at all; none removes it.
    pub fn write<W: Serialize>(&self, name: &str, measure: Option<&Measure<W>>) -> io::Result<()> {
        match measure {
            Some(measure) => {
                let text = serde_json::to_vec(measure).map_err(io::Error::from)?;
                write_new(&self.dir, name, &text, true).map_err(Into::into)
            }
            None => match fs::unlinkat(&self.dir, name, AtFlags::empty()) {
                Ok(()) => sync(&self.dir).map_err(Into::into),
                Err(Errno::NOENT) => Ok(()),
                Err(error) => Err(error.into()),
            },
        }
    }
}

/// Which computer this is: its own id, made when its system was set up.
fn machine() -> String {
    std::fs::read_to_string("/etc/machine-id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(item: &str) -> Holder<String> {
        Holder { action: "a".into(), item: item.into(), since: Stamp(1), until: None, wish: "full".into() }
    }

    #[test]
    fn what_stands_is_read_back_and_can_be_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let standing = Standing::open(folder.path()).unwrap();
        assert_eq!(standing.read::<String>("isolation"), None);
        let one = Measure::with(None, holder("1"));
        let two = Measure::with(Some(&one), holder("2"));
        standing.write("isolation", Some(&two)).unwrap();
        let again = Standing::open(folder.path()).unwrap();
        assert_eq!(again.read::<String>("isolation").as_ref(), Some(&two));
        assert_eq!(two.without(&"2".into()), Some(one.clone()));
        assert_eq!(one.without(&"1".into()), None);
        standing.write::<String>("isolation", None).unwrap();
        standing.write::<String>("isolation", None).unwrap();
        assert_eq!(again.read::<String>("isolation"), None);
    }

    /// A backup of a data folder isolates no other computer.
    #[test]
    fn what_stood_on_another_computer_does_not_stand_here() {
        let folder = tempfile::tempdir().unwrap();
        let standing = Standing::open(folder.path()).unwrap();
        let elsewhere = Measure { machine: "another".into(), ..Measure::with(None, holder("1")) };
        standing.write("isolation", Some(&elsewhere)).unwrap();
        assert_eq!(standing.read::<String>("isolation"), None);
    }
}
