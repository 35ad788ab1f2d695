//! Everything about a file that is not its bytes: read before it is taken away, set when it comes back, compared after.
use rustix::{
    fs::{self, AtFlags, Gid, IFlags, Mode, Stat, Timespec, Timestamps, Uid, XattrFlags},
    io::Errno,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::{CString, OsStr},
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    os::fd::BorrowedFd,
};

/// Flags that a person or program sets on purpose; the others belong to the file system and cannot be chosen.
const KEPT_FLAGS: IFlags = IFlags::IMMUTABLE
    .union(IFlags::APPEND)
    .union(IFlags::NODUMP)
    .union(IFlags::NOATIME)
    .union(IFlags::SYNC)
    .union(IFlags::UNRM)
    .union(IFlags::SECURE_REMOVAL);
/// Flags that stop even root from renaming or removing.
const LOCKS: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);
/// What one attribute list or value can hold at most; the kernel's own limit.
const MOST_XATTR: usize = 65536;

/// Seconds and nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment(pub i64, pub u32);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub size: u64,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub accessed: Moment,
    pub modified: Moment,
    /// Names and values in hex: both may be any bytes. ACLs and capabilities are among them.
    pub xattrs: BTreeMap<String, String>,
    pub flags: u32,
    /// How many names the file had. Told, never restored.
    pub links: u64,
    /// Some of its zeros take no room on disk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holes: bool,
}

impl Facts {
    /// `stat` was taken when the file was opened, before any of it was read.
    pub fn of(file: &File, stat: &Stat) -> Result<Self, Errno> {
        Ok(Self {
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            accessed: moment(stat.st_atime, stat.st_atime_nsec),
            modified: moment(stat.st_mtime, stat.st_mtime_nsec),
            xattrs: xattrs(file)?,
            flags: (flags(file) & KEPT_FLAGS).bits(),
            links: u64::from(stat.st_nlink as u32),
            holes: has_holes(stat),
        })
    }

    /// Owner before mode (a new owner clears set-id bits), mode before attributes (a capability is cleared by a new
    /// owner, an ACL refines the mode). Times come last, with [`Facts::set_times`], flags only once the file is in place.
    pub fn set(&self, file: &File) -> Result<(), Errno> {
        let now = fs::fstat(file)?;
        if (now.st_uid, now.st_gid) != (self.uid, self.gid) {
            fs::fchown(file, Some(Uid::from_raw(self.uid)), Some(Gid::from_raw(self.gid)))?;
        }
        fs::fchmod(file, Mode::from_raw_mode(self.mode))?;
        // A folder's default ACL gives new files attributes that the old one did not have.
        for name in xattrs(file)?.keys().filter(|name| !self.xattrs.contains_key(*name)) {
            fs::fremovexattr(file, name_of(name)?.as_c_str())?;
        }
        for (name, value) in &self.xattrs {
            let value = unhex(value).ok_or(Errno::INVAL)?;
            fs::fsetxattr(file, name_of(name)?.as_c_str(), &value, XattrFlags::empty())?;
        }
        Ok(())
    }

    pub fn set_times(&self, file: &File) -> Result<(), Errno> {
        let spec = |m: Moment| Timespec { tv_sec: m.0, tv_nsec: i64::from(m.1) };
        fs::futimens(file, &Timestamps { last_access: spec(self.accessed), last_modification: spec(self.modified) })
    }

    pub fn set_flags(&self, file: &File) -> Result<(), Errno> {
        Self::only_flags(file, self.flags)
    }

    pub fn only_flags(file: &File, wanted: u32) -> Result<(), Errno> {
        let wanted = IFlags::from_bits_retain(wanted);
        let now = flags(file);
        if now & KEPT_FLAGS == wanted { Ok(()) } else { fs::ioctl_setflags(file, (now - KEPT_FLAGS) | wanted) }
    }

    /// May not even be renamed until its flags are cleared.
    pub fn locked(&self) -> bool {
        IFlags::from_bits_retain(self.flags).intersects(LOCKS)
    }

    pub fn unlock(file: &File) -> Result<(), Errno> {
        let now = flags(file);
        if now.intersects(LOCKS) { fs::ioctl_setflags(file, now - LOCKS) } else { Ok(()) }
    }

    /// One line for everything that is not as it was; the link count is not compared.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let pairs = [
            ("size", self.size.to_string(), now.size.to_string()),
            ("mode", format!("{:04o}", self.mode), format!("{:04o}", now.mode)),
            ("owner", format!("{}:{}", self.uid, self.gid), format!("{}:{}", now.uid, now.gid)),
            ("modification time", self.modified.text(), now.modified.text()),
            ("access time", self.accessed.text(), now.accessed.text()),
            ("attributes", attribute_names(&self.xattrs), attribute_names(&now.xattrs)),
            ("flags", format!("{:#x}", self.flags), format!("{:#x}", now.flags)),
        ];
        let mut out: Vec<String> = pairs
            .into_iter()
            .filter(|(_, was, is)| was != is)
            .map(|(what, was, is)| format!("{what} is {is} and was {was}"))
            .collect();
        if self.xattrs != now.xattrs && self.xattrs.keys().eq(now.xattrs.keys()) {
            out.push("the value of an attribute differs".into());
        }
        out
    }
}

/// Blocks of zeros that need not be written where a file had holes.
const BLOCK: usize = 4096;

fn has_holes(stat: &Stat) -> bool {
    let (size, blocks) = (u64::try_from(stat.st_size).unwrap_or(0), u64::try_from(stat.st_blocks).unwrap_or(0));
    size.saturating_sub(blocks.saturating_mul(512)) >= BLOCK as u64
}

/// Writes a new file with holes where whole blocks are zero.
pub struct Holed<'a>(&'a mut File);

impl<'a> Holed<'a> {
    pub fn new(file: &'a mut File) -> Self {
        Self(file)
    }

    /// A hole at the end counts for the length too.
    pub fn end(self) -> io::Result<()> {
        let length = self.0.stream_position()?;
        self.0.set_len(length)
    }
}

impl Write for Holed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for block in bytes.chunks(BLOCK) {
            if block.len() == BLOCK && block.iter().all(|byte| *byte == 0) {
                self.0.seek(SeekFrom::Current(BLOCK as i64))?;
            } else {
                self.0.write_all(block)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Moment {
    fn text(self) -> String {
        format!("{}.{:09}", self.0, self.1)
    }
}

/// Owner and mode of a folder, so that it can be made again when it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderFacts {
    pub path: assize_domain::text::DevicePath,
    pub uid: u32,
    pub gid: u32,
    pub mode: u32,
}

impl FolderFacts {
    pub fn of(path: assize_domain::text::DevicePath, stat: &Stat) -> Self {
        Self { path, uid: stat.st_uid, gid: stat.st_gid, mode: stat.st_mode & 0o7777 }
    }
}

/// A symbolic link that enables a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFacts {
    pub folder: assize_domain::text::DevicePath,
    pub name: assize_domain::text::DevicePath,
    pub target: assize_domain::text::DevicePath,
    pub uid: u32,
    pub gid: u32,
    pub accessed: Moment,
    pub modified: Moment,
}

impl LinkFacts {
    /// Owner and times of the link itself, after it was made again.
    pub fn set(&self, folder: BorrowedFd<'_>, name: &OsStr) -> Result<(), Errno> {
        let now = fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if (now.st_uid, now.st_gid) != (self.uid, self.gid) {
            let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
            fs::chownat(folder, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        let spec = |m: Moment| Timespec { tv_sec: m.0, tv_nsec: i64::from(m.1) };
        let times = Timestamps { last_access: spec(self.accessed), last_modification: spec(self.modified) };
        fs::utimensat(folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)
    }
}

pub fn moment(seconds: impl TryInto<i64>, nanoseconds: impl TryInto<u32>) -> Moment {
    Moment(seconds.try_into().unwrap_or(0), nanoseconds.try_into().unwrap_or(0))
}

fn attribute_names(xattrs: &BTreeMap<String, String>) -> String {
    let names: Vec<String> =
        xattrs.keys().map(|n| String::from_utf8_lossy(&unhex(n).unwrap_or_default()).into_owned()).collect();
    if names.is_empty() { "none".into() } else { assize_domain::text::visible(&names.join(", ")) }
}

/// No flags where the file system has none.
fn flags(file: &File) -> IFlags {
    fs::ioctl_getflags(file).unwrap_or(IFlags::empty())
}

fn xattrs(file: &File) -> Result<BTreeMap<String, String>, Errno> {
    let mut list = vec![0u8; MOST_XATTR];
    let used = match fs::flistxattr(file, &mut list[..]) {
        Ok(used) => used,
        Err(Errno::NOTSUP) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut out = BTreeMap::new();
    let mut value = vec![0u8; MOST_XATTR];
    for name in list[..used].split(|b| *b == 0).filter(|n| !n.is_empty()) {
        match fs::fgetxattr(file, name, &mut value[..]) {
            Ok(length) => {
                out.insert(hex(name), hex(&value[..length]));
            }
            // Gone between the two calls.
            Err(Errno::NODATA) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}

fn name_of(hexed: &str) -> Result<CString, Errno> {
    CString::new(unhex(hexed).ok_or(Errno::INVAL)?).map_err(|_| Errno::INVAL)
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16);
    digits.chunks(2).map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()).collect()
}
