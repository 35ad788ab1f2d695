//! The private folder of vault and journal, and small files in it that are written whole or not at all.
use super::facts::hex;
use crate::act::points::sync;
use rustix::{
    fs::{self, AtFlags, Mode, OFlags, RenameFlags},
    io::Errno,
};
use std::{
    fs::File,
    io::{self, Write},
    os::fd::OwnedFd,
    path::Path,
};

/// Opens a folder that only we may enter, made when it is not there. One that belongs to somebody else is refused.
pub fn private_folder(at: impl rustix::fd::AsFd, path: &Path) -> io::Result<OwnedFd> {
    match fs::mkdirat(&at, path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(Errno::NOENT) => {
            // Only the last folder is secret; those above it are ordinary.
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            fs::mkdirat(&at, path, Mode::RWXU)?;
        }
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = fs::openat(&at, path, flags, Mode::empty())?;
    let stat = fs::fstat(&fd)?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if stat.st_mode & 0o077 != 0 {
        fs::fchmod(&fd, Mode::RWXU)?;
    }
    Ok(fd)
}

/// Writes a small file whole or not at all.
pub fn write_new(dir: &OwnedFd, name: &str, content: &[u8], replace: bool) -> Result<(), Errno> {
    let mut chance = [0u8; 8];
    getrandom::fill(&mut chance).map_err(|_| Errno::IO)?;
    let part = format!("{name}.{}.part", hex(&chance));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(fs::openat(dir, &part, flags, Mode::RUSR | Mode::WUSR)?);
    let written = file
        .write_all(content)
        .map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))
        .and_then(|()| sync(&file))
        .and_then(|()| {
            let flags = if replace { RenameFlags::empty() } else { RenameFlags::NOREPLACE };
            fs::renameat_with(dir, &part, dir, name, flags)
        })
        .and_then(|()| sync(dir));
    if written.is_err() {
        let _ = fs::unlinkat(dir, &part, AtFlags::empty());
    }
    written
}
