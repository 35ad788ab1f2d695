//! A network of its own for tests that cut one off: two ends of a cable that lead nowhere else. Nothing here runs in the
//! network of the machine itself.
use std::{
    env, fs, io,
    mem::size_of,
    os::fd::OwnedFd,
    path::Path,
    process::{Command, Output},
};

const MARKER: &str = "ASSIZE_TEST_NETWORK";
/// Names the network of the machine itself, which a test has to have left.
const OUTSIDE: &str = "ASSIZE_TEST_NETWORK_OUTSIDE";

/// Runs the body of the test of this full name in a new network namespace: the test program is started again there.
pub(super) fn inside(test: &str, body: impl FnOnce()) {
    if env::var(MARKER).is_ok_and(|name| name == test) {
        assert!(is_own(), "{MARKER} is set, but this is the network of the machine: nothing was touched");
        say("ip", &["link", "set", "lo", "up"]);
        body();
        return;
    }
    if let Some(reason) = cannot() {
        let ci = env::var("CI").is_ok_and(|v| !v.is_empty() && v != "0" && v != "false");
        assert!(!ci, "CI is set, and this test cannot run: {reason}");
        println!("skipped: {reason}");
        return;
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "--mount", "--propagation", "private"]).arg(env::current_exe().unwrap());
    let output =
        unshare.args(["--exact", test, "--nocapture"]).env(MARKER, test).env(OUTSIDE, name()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("test result:", "in its own network:");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{test} in its own network:\n{out}\n{err}");
    print!("{out}");
}

/// Is this process in another network than the test program that was started on the machine?
pub(super) fn is_own() -> bool {
    env::var(OUTSIDE).is_ok_and(|outside| outside != name())
}

fn name() -> String {
    fs::read_link("/proc/self/ns/net").unwrap().display().to_string()
}

fn cannot() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("a network of its own needs root".to_owned());
    }
    let there =
        |name: &str| ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].iter().any(|dir| Path::new(dir).join(name).is_file());
    let absent: Vec<&str> = ["nft", "ip", "unshare"].into_iter().filter(|name| !there(name)).collect();
    if !absent.is_empty() {
        return Some(format!("not here: {}", absent.join(", ")));
    }
    let works = Command::new("unshare").args(["--net", "true"]).status().is_ok_and(|status| status.success());
    (!works).then(|| "this kernel or container refuses new networks".to_owned())
}

#[track_caller]
pub(super) fn say(program: &str, words: &[&str]) -> String {
    let Output { status, stdout, stderr } = Command::new(program).args(words).output().unwrap();
    assert!(status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// A cable with both ends here: what one sends the other counts.
pub(super) fn cable(one: &str, other: &str) {
    say("ip", &["link", "add", one, "type", "veth", "peer", "name", other]);
    // Without an address of its own nothing is sent but what the test sends.
    for end in [one, other] {
        let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{end}/disable_ipv6"), "1");
        say("ip", &["link", "set", end, "up"]);
    }
}

/// How many frames came in at an end of a cable.
pub(super) fn received(interface: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/net/dev").unwrap();
    let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{interface}:"))).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The address of an interface as the kernel wants it for a socket that sends frames.
#[repr(C)]
struct Link {
    family: u16,
    protocol: u16,
    index: i32,
    hardware: u16,
    kind: u8,
    length: u8,
    address: [u8; 8],
}

// SAFETY: the pointer leads to a whole `sockaddr_ll`, as the kernel lays it out, for as long as `f` runs.
#[expect(unsafe_code, reason = "the library has no name for this kind of address")]
unsafe impl rustix::net::addr::SocketAddrArg for Link {
    unsafe fn with_sockaddr<R>(
        &self,
        f: impl FnOnce(*const rustix::net::addr::SocketAddrOpaque, rustix::net::addr::SocketAddrLen) -> R,
    ) -> R {
        f(std::ptr::from_ref(self).cast(), size_of::<Self>() as rustix::net::addr::SocketAddrLen)
    }
}

/// Sends one frame past every rule for IP, as a program with root's rights can.
pub(super) fn send_frame(interface: &str, frame: &[u8]) -> io::Result<()> {
    use rustix::net::{AddressFamily, SendFlags, SocketType, netdevice::name_to_index, sendto, socket};
    let fd: OwnedFd = socket(AddressFamily::PACKET, SocketType::RAW, None)?;
    let index = i32::try_from(name_to_index(&fd, interface)?).unwrap();
    let to = Link {
        family: AddressFamily::PACKET.as_raw(),
        protocol: 0x0800u16.to_be(),
        index,
        hardware: 0,
        kind: 0,
        length: 6,
        address: [0xff; 8],
    };
    sendto(&fd, frame, SendFlags::empty(), &to)?;
    Ok(())
}

/// A datagram to an address and port, by Ethernet, as bytes.
pub(super) fn datagram(to: [u8; 4], port: u16) -> Vec<u8> {
    let mut frame = [[0xff; 6], [2, 0, 0, 0, 0, 1]].concat();
    frame.extend([0x08, 0x00]);
    // IPv4: 20 bytes of header, 8 of UDP, 4 of payload; nobody checks the sums on the way out.
    frame.extend([0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 0, 1]);
    frame.extend(to);
    frame.extend([0x9c, 0x40]);
    frame.extend(port.to_be_bytes());
    frame.extend([0, 12, 0, 0, b'd', b'a', b't', b'a']);
    frame
}
