//! Who is at the other end of a socket, as the kernel knows it, and how accounts of this computer are called.
use std::{fs, io, os::unix::net::UnixStream};

/// The process that made the connection, at the moment it made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub uid: u32,
    pub gid: u32,
    pub pid: u32,
}

impl Peer {
    pub fn of(stream: &UnixStream) -> io::Result<Self> {
        let told = rustix::net::sockopt::socket_peercred(stream)?;
        Ok(Self { uid: told.uid.as_raw(), gid: told.gid.as_raw(), pid: told.pid.as_raw_nonzero().get().unsigned_abs() })
    }
}

/// Whose rights this process has.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The group that files of this process belong to.
pub fn own_gid() -> u32 {
    rustix::process::getegid().as_raw()
}

/// An account of this computer. The accounts that the service is about (its own, and those of the people it lets in) are
/// local ones; whoever comes out of a directory server is known by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: String,
}

impl Account {
    pub fn named(name: &str) -> Option<Self> {
        accounts().into_iter().find(|a| a.name == name)
    }

    pub fn with_uid(uid: u32) -> Option<Self> {
        accounts().into_iter().find(|a| a.uid == uid)
    }

    /// A name, or a number that names itself.
    pub fn told(words: &str) -> Option<u32> {
        words.parse().ok().or_else(|| Self::named(words).map(|a| a.uid))
    }
}

fn accounts() -> Vec<Account> {
    fs::read("/etc/passwd").map(|bytes| parse(&String::from_utf8_lossy(&bytes))).unwrap_or_default()
}

fn parse(passwd: &str) -> Vec<Account> {
    let account = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, _] = fields.as_slice() else { return None };
        Some(Account {
            name: (*name).to_owned(),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            home: (*home).to_owned(),
        })
    };
    passwd.lines().filter_map(account).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_who_is_there() {
        let (one, _other) = UnixStream::pair().unwrap();
        let peer = Peer::of(&one).unwrap();
        assert_eq!((peer.uid, peer.pid), (own_uid(), std::process::id()));
    }

    #[test]
    fn an_account_is_read_from_a_whole_line_only() {
        let known =
            parse("root:x:0:0:root:/root:/bin/sh\nbroken:x:1\nann:x:1000:100:Ann,,,:/home/ann:/bin/sh\n+::::::\n");
        let names: Vec<_> = known.iter().map(|a| (a.name.as_str(), a.uid, a.gid)).collect();
        assert_eq!(names, [("root", 0, 0), ("ann", 1000, 100)]);
        assert_eq!(Account::told("4711"), Some(4711));
        assert_eq!(Account::told("no such account"), None);
    }
}
