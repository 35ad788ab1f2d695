//! Connections with the processes behind them, interfaces, routes, neighbours, firewall.
use super::{
    Work,
    gather::{Part, fact, field, kernel_names},
    processes,
};
use std::{
    collections::HashMap,
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

/// The kernel's own tables of this network.
const TABLES: [&str; 14] = [
    "tcp",
    "tcp6",
    "udp",
    "udp6",
    "raw",
    "raw6",
    "unix",
    "packet",
    "arp",
    "route",
    "ipv6_route",
    "if_inet6",
    "dev",
    "fib_trie",
];

pub(super) fn network(work: &mut Work<'_>) {
    for path in [
        "/etc/resolv.conf",
        "/etc/hosts",
        "/etc/hosts.allow",
        "/etc/hosts.deny",
        "/etc/nftables.conf",
        "/etc/iptables/rules.v4",
        "/etc/iptables/rules.v6",
        "/etc/sysconfig/iptables",
        "/etc/ufw/ufw.conf",
        "/etc/ufw/user.rules",
        "/etc/ufw/user6.rules",
        "/etc/proxychains.conf",
    ] {
        work.system_file("network", path.as_bytes(), Part::Beginning);
    }
    for folder in ["/etc/nftables.d", "/etc/firewalld/zones"] {
        work.system_folder("network", folder.as_bytes());
    }
    work.skip(
        "/etc/NetworkManager, /etc/netplan, /etc/network",
        "They hold the passwords of wireless networks and are not needed.",
    );
    if !work.root.is_live() {
        return work.not_running("network/running");
    }
    let owners = owners();
    let mut table = "protocol\tlocal\tremote\tstate\tuser\tinode\tprocesses\n".to_owned();
    for protocol in ["tcp", "tcp6", "udp", "udp6"] {
        let text = std::fs::read_to_string(format!("/proc/net/{protocol}")).unwrap_or_default();
        for c in text.lines().skip(1).filter_map(connection) {
            let user = work.people.user(c.uid);
            let behind = owners.get(&c.inode).map_or("-", String::as_str);
            let state = if protocol.starts_with("tcp") { state(c.state) } else { "-" };
            let _ = writeln!(table, "{protocol}\t{}\t{}\t{state}\t{user}\t{}\t{behind}", c.local, c.remote, c.inode);
        }
    }
    work.text("network/connections.tsv", "/proc/net", table);
    for name in TABLES {
        work.kernel_text(&format!("network/proc/{name}"), &format!("/proc/net/{name}"));
    }
    let mut cards = "interface\taddress\tstate\tmtu\tflags\tdriver\n".to_owned();
    for name in kernel_names("/sys/class/net") {
        let folder = Path::new("/sys/class/net").join(&name);
        let word = |file: &str| fact(folder.join(file)).unwrap_or_else(|| "-".to_owned());
        let driver = std::fs::read_link(folder.join("device/driver"))
            .ok()
            .and_then(|d| Some(field(d.file_name()?.as_encoded_bytes())))
            .unwrap_or_else(|| "-".to_owned());
        let (address, state, mtu, flags) = (word("address"), word("operstate"), word("mtu"), word("flags"));
        let _ = writeln!(cards, "{}\t{address}\t{state}\t{mtu}\t{flags}\t{driver}", field(name.as_bytes()));
    }
    work.text("network/interfaces.tsv", "/sys/class/net", cards);
    work.ask_program("network/nft-ruleset.txt", "nft", &["--handle", "list", "ruleset"]);
    for name in ["ip_tables_names", "ip6_tables_names"] {
        work.kernel_text(&format!("network/proc/{name}"), &format!("/proc/net/{name}"));
    }
}

/// Which processes hold which socket.
fn owners() -> HashMap<u64, String> {
    let mut owners: HashMap<u64, String> = HashMap::new();
    for pid in processes::numbers() {
        for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            let Ok(target) = std::fs::read_link(entry.path()) else { continue };
            let inode = target.to_str().and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            if let Some(inode) = inode {
                let list = owners.entry(inode).or_default();
                let name = pid.to_string();
                if list.split(' ').next_back() != Some(&name) {
                    if !list.is_empty() {
                        list.push(' ');
                    }
                    list.push_str(&name);
                }
            }
        }
    }
    owners
}

struct Connection {
    local: SocketAddr,
    remote: SocketAddr,
    state: u8,
    uid: u32,
    inode: u64,
}

/// One line of `/proc/net/tcp` and its like.
fn connection(line: &str) -> Option<Connection> {
    let mut words = line.split_ascii_whitespace();
    let (local, remote, state) = (words.nth(1)?, words.next()?, words.next()?);
    Some(Connection {
        local: address(local)?,
        remote: address(remote)?,
        state: u8::from_str_radix(state, 16).ok()?,
        uid: words.nth(3)?.parse().ok()?,
        inode: words.nth(1)?.parse().ok()?,
    })
}

/// `0100007F:1F90`: words of four bytes, each as this machine keeps a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for word in host.as_bytes().chunks(8) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend_from_slice(&word.to_ne_bytes());
    }
    let ip = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

fn state(number: u8) -> &'static str {
    const NAMES: [&str; 12] = [
        "-",
        "established",
        "syn_sent",
        "syn_received",
        "fin_wait_1",
        "fin_wait_2",
        "time_wait",
        "closed",
        "close_wait",
        "last_ack",
        "listening",
        "closing",
    ];
    NAMES.get(usize::from(number)).copied().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_read_as_the_kernel_writes_it() {
        let line = "   0: 0100007F:1F90 0A00020F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000000000000000 20 4 30 10 -1";
        let c = connection(line).unwrap();
        let local = u32::from_str_radix("0100007F", 16).unwrap().to_ne_bytes();
        assert_eq!(c.local, SocketAddr::new(IpAddr::V4(local.into()), 8080));
        assert_eq!((c.state, c.uid, c.inode), (1, 1000, 12345));
        assert_eq!(state(10), "listening");
        assert!(connection("sl local_address").is_none());
        assert!(address("00000000000000000000000001000000:0016").is_some_and(|a| a.is_ipv6() && a.port() == 22));
    }
}
