//! A program of this machine that answers on a socket: connecting without waiting for ever, and knowing who answers.
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect as connect_to, socket_with,
    sockopt::{Timeout, set_socket_timeout, socket_peercred},
};
use std::{io, os::unix::net::UnixStream, path::Path, time::Duration};

/// Connects to the socket at `path`. Neither connecting nor any later read or write waits longer than `patience`. With it
/// comes the user whose program listens, as the kernel tells it.
pub fn connect(path: &Path, patience: Duration) -> io::Result<(UnixStream, u32)> {
    let address = SocketAddrUnix::new(path)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // Set before connecting: a program that no longer takes anybody would hold us up right here.
    set_socket_timeout(&socket, Timeout::Send, Some(patience))?;
    set_socket_timeout(&socket, Timeout::Recv, Some(patience))?;
    connect_to(&socket, &address)?;
    let user = socket_peercred(&socket)?.uid.as_raw();
    Ok((UnixStream::from(socket), user))
}

/// The user this process acts as.
pub fn our_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, os::unix::net::UnixListener, time::Instant};

    #[test]
    fn who_listens_is_known_and_nobody_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        assert!(connect(&path, Duration::from_secs(1)).is_err(), "nothing is there");
        let listener = UnixListener::bind(&path).unwrap();
        let patience = Duration::from_millis(50);
        let (mut stream, user) = connect(&path, patience).unwrap();
        assert_eq!(user, our_user());
        let begun = Instant::now();
        assert!(stream.read(&mut [0; 1]).is_err(), "it says nothing");
        assert!(begun.elapsed() < Duration::from_secs(10));
        drop(listener);
        // A program that another test starts at this moment holds the door open until it runs.
        let refused = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            connect(&path, patience).is_err()
        });
        assert!(refused, "nobody listens any more");
    }
}
