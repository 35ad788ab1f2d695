//! What an isolation meets on this computer, read before it is set and told as obstacles: who else filters packets, what
//! carries traffic past the ordinary interfaces, who would be cut off with it.
use super::ruleset;
use assize_domain::{question::Obstacle, text::visible};
use serde_json::Value;
use std::{fs, net::IpAddr, path::Path};

/// The number of the right to change the network, in the kernel's list of rights.
const NET_ADMIN: u64 = 1 << 12;

/// A network interface, and what it is as far as the system tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ordinary,
    /// Carries traffic of this computer inside other traffic.
    Tunnel,
    /// Carries traffic of guests: virtual machines, containers.
    Guests,
}

/// Every network interface but the loopback.
pub fn interfaces() -> std::io::Result<Vec<Interface>> {
    Ok(listed(&fs::read_to_string("/proc/self/net/dev")?, Path::new("/sys/class/net")))
}

fn listed(dev: &str, classes: &Path) -> Vec<Interface> {
    let names = dev.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim());
    let mut out: Vec<Interface> = names
        .filter(|name| *name != "lo")
        .map(|name| Interface { name: name.to_owned(), kind: kind(name, &classes.join(name)) })
        .collect();
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn kind(name: &str, class: &Path) -> Kind {
    let said = |file: &str| fs::read_to_string(class.join(file)).unwrap_or_default();
    let event = said("uevent");
    let device = event.lines().find_map(|line| line.strip_prefix("DEVTYPE=")).unwrap_or_default();
    // As the kernel numbers them: point to point, tunnels in IP, and frames without any form of their own.
    let tunnel_type = ["512", "768", "769", "776", "778", "823", "65534"].contains(&said("type").trim());
    let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
    if device == "bridge"
        || starts(&["virbr", "docker", "br-", "lxcbr", "lxdbr", "vnet", "veth", "vmnet", "vboxnet", "cni", "podman"])
    {
        Kind::Guests
    } else if device == "wireguard"
        || tunnel_type
        || starts(&["wg", "tun", "ppp", "ipsec", "tailscale", "nordlynx", "zt"])
    {
        Kind::Tunnel
    } else {
        Kind::Ordinary
    }
}

/// May this process change the network it is in?
pub fn may_change_network() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    rights(&status) & NET_ADMIN != 0
}

/// The rights in effect, as the kernel numbers them.
pub fn rights(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or_default();
    u64::from_str_radix(line.trim(), 16).unwrap_or(0)
}

/// Does this process live in a container, by the signs that the usual ones leave?
pub fn in_container() -> bool {
    ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"].iter().any(|sign| Path::new(sign).exists())
}

/// The servers that are asked for names, without those on this computer itself.
pub fn name_servers() -> Vec<IpAddr> {
    // Where the first names only this computer, the second has those that it asks.
    ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .map(|text| servers(&text))
        .find(|servers| !servers.is_empty())
        .unwrap_or_default()
}

fn servers(text: &str) -> Vec<IpAddr> {
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let addresses = words.filter_map(|rest| rest.split_whitespace().next()?.split('%').next()?.parse().ok());
    addresses.filter(|address: &IpAddr| !address.is_loopback()).collect()
}

/// Settings that send programs through a proxy: where they stand and what they say.
fn proxies() -> Vec<String> {
    let mut out = Vec::new();
    for file in ["/etc/environment", "/etc/apt/apt.conf", "/etc/apt/apt.conf.d/proxy.conf", "/etc/profile.d/proxy.sh"] {
        let text = fs::read_to_string(file).unwrap_or_default();
        if text.lines().any(names_a_proxy) {
            out.push(file.to_owned());
        }
    }
    let variables = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    out.extend(
        variables.iter().filter(|name| std::env::var_os(name).is_some()).map(|name| format!("the variable {name}")),
    );
    out
}

fn names_a_proxy(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    !line.starts_with('#') && !line.starts_with("//") && line.contains("proxy") && line.contains("://")
}

/// What there is to know before it is set; nothing of it stands in the way.
pub fn obstacles(interfaces: &[Interface], everything: Option<&Value>, selective: bool) -> Vec<Obstacle> {
    let named = |kind: Kind| {
        let names: Vec<String> = interfaces.iter().filter(|i| i.kind == kind).map(|i| visible(&i.name)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let mut out = Vec::new();
    if let Some(names) = named(Kind::Tunnel) {
        let rest = if selective {
            " A chosen address behind it is reached only when the address of its server is chosen too."
        } else {
            ""
        };
        out.push(Obstacle::new("vpn", format!("A VPN or tunnel is up ({names}): it is cut off as well.{rest}"), false));
    }
    if let Some(names) = named(Kind::Guests) {
        let text =
            format!("Virtual machines or containers use this computer's network ({names}): they are cut off as well.");
        out.push(Obstacle::new("guests", text, false));
    }
    let proxies = proxies();
    if selective && !proxies.is_empty() {
        let text = format!(
            "Programs here are told to use a proxy ({}): they reach a chosen address only when the proxy's address is chosen too.",
            proxies.join(", ")
        );
        out.push(Obstacle::new("proxy", text, false));
    }
    let foreign = everything.map(ruleset::foreign).unwrap_or_default();
    if !foreign.is_empty() {
        let text = format!(
            "Other rules for packets are set here ({}). They stay as they are. A program that manages them may remove the isolation when it loads them anew; that is noticed.",
            foreign.join(", ")
        );
        out.push(Obstacle::new("other_firewall", text, false));
    }
    if std::env::var_os("SSH_CONNECTION").is_some() {
        let text =
            "You work on this computer over the network: your own connection ends, unless its address is chosen.";
        out.push(Obstacle::new("own_connection", text, false));
    }
    if in_container() {
        let text = "This runs in a container: only the container's own network is cut off, not that of the computer around it.";
        out.push(Obstacle::new("container", text, false));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEV: &str =
        "Inter-|   Receive |  Transmit\n face |bytes packets\n    lo: 0 0\n  eth0: 1 2\n   wg0: 0 0\nvirbr0: 0 0\n";

    #[test]
    fn interfaces_are_told_apart_by_what_the_system_says_and_by_name() {
        let classes = tempfile::tempdir().unwrap();
        for (name, file, text) in [
            ("eth0", "type", "1\n"),
            ("corp", "uevent", "DEVTYPE=wireguard\nINTERFACE=corp\n"),
            ("house", "uevent", "DEVTYPE=bridge\n"),
            ("old", "type", "512\n"),
        ] {
            fs::create_dir_all(classes.path().join(name)).unwrap();
            fs::write(classes.path().join(name).join(file), text).unwrap();
        }
        let dev = format!("{DEV} corp: 0\nhouse: 0\n old: 0\n");
        let found: Vec<_> = listed(&dev, classes.path()).into_iter().map(|i| (i.name, i.kind)).collect();
        let expected = [
            ("corp", Kind::Tunnel),
            ("eth0", Kind::Ordinary),
            ("house", Kind::Guests),
            ("old", Kind::Tunnel),
            ("virbr0", Kind::Guests),
            ("wg0", Kind::Tunnel),
        ];
        assert_eq!(found, expected.map(|(name, kind)| (name.to_owned(), kind)));
    }

    #[test]
    fn name_servers_on_this_computer_itself_are_left_out() {
        let text =
            "# made by hand\nnameserver 127.0.0.53\nnameserver 10.0.0.2 # near\n nameserver fe80::1%eth0\nsearch lan\n";
        let expected: Vec<IpAddr> = vec!["10.0.0.2".parse().unwrap(), "fe80::1".parse().unwrap()];
        assert_eq!(servers(text), expected);
    }

    #[test]
    fn the_right_to_change_the_network_is_one_bit() {
        assert_eq!(rights("Name:\tx\nCapEff:\t000001ffffffffff\n") & NET_ADMIN, NET_ADMIN);
        assert_eq!(rights("CapEff:\t00000000a80425fb\n") & NET_ADMIN, 0);
        assert_eq!(rights(""), 0);
    }

    #[test]
    fn a_proxy_is_a_setting_and_not_a_remark() {
        assert!(names_a_proxy("http_proxy=http://10.0.0.8:3128/"));
        assert!(names_a_proxy("Acquire::http::Proxy \"http://10.0.0.8\";"));
        assert!(!names_a_proxy("# http_proxy=http://10.0.0.8"));
        assert!(!names_a_proxy("PATH=/usr/bin"));
    }

    /// M122: what would be cut off with it is told beforehand.
    #[test]
    fn what_is_cut_off_too_is_told() {
        let all = [("wg0", Kind::Tunnel), ("virbr0", Kind::Guests), ("eth0", Kind::Ordinary)];
        let all = all.map(|(name, kind)| Interface { name: name.into(), kind });
        let ruleset = serde_json::json!({ "nftables": [
            { "table": { "family": "ip", "name": "filter" } },
            { "table": { "family": "inet", "name": ruleset::TABLE } },
        ] });
        let told = obstacles(&all, Some(&ruleset), true);
        let codes: Vec<&str> = told.iter().map(|o| o.code.as_str()).collect();
        assert!(["vpn", "guests", "other_firewall"].iter().all(|code| codes.contains(code)), "{codes:?}");
        assert!(told.iter().any(|o| o.text.contains("ip filter") && !o.text.contains("assize")));
        assert!(told.iter().all(|o| !o.blocking));
        let quiet = obstacles(&all[2..], None, false);
        assert!(quiet.iter().all(|o| !["vpn", "guests", "proxy", "other_firewall"].contains(&o.code.as_str())));
    }
}
