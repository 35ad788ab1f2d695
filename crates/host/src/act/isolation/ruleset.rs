//! The rules of an isolation and how they read when they are in force: pure, from a wish and the names of the network
//! interfaces to one transaction, and from what is set now to what is different.
//!
//! Two tables of our own. `inet` drops what comes in, goes out and passes through, behind connection tracking, so that
//! established connections end too. `netdev` drops what leaves each interface, so that frames a program makes itself,
//! past every IP rule, do not get out either, nor those of guests behind a bridge.
use assize_domain::target::Isolation;
use nftables::{
    batch::Batch,
    expr::{Expression, Meta, MetaKey, NamedExpression, Payload, PayloadField, Prefix, SetItem},
    schema::{Chain, NfListObject, Nftables, Rule, Table},
    stmt::{Accept, Match, Operator, Statement},
    types::{NfChainPolicy, NfChainType, NfFamily, NfHook},
};
use serde_json::Value;
use std::net::IpAddr;

pub const TABLE: &str = "assize_isolation";
/// Behind connection tracking (-200), before every ordinary filter (0).
const PRIORITY: i32 = -150;

/// What stays reachable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reachable {
    pub networks: Vec<Network>,
    /// The device may ask for its own address.
    pub dhcp: bool,
    /// Name servers that may be asked for names, and nothing else.
    pub dns: Vec<IpAddr>,
}

/// An address, or a network of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    pub address: IpAddr,
    pub length: u32,
}

impl Network {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = bits(&address);
        let length = length.unwrap_or(bits);
        if length == 0 || length > bits {
            return None;
        }
        let masked = match address {
            IpAddr::V4(a) => IpAddr::V4((a.to_bits() & (u32::MAX << (32 - length))).into()),
            IpAddr::V6(a) => IpAddr::V6((a.to_bits() & (u128::MAX << (128 - length))).into()),
        };
        Some(Self { address: masked, length })
    }

    fn expression(self) -> Expression<'static> {
        let address = Expression::String(self.address.to_string().into());
        if self.length == bits(&self.address) {
            return address;
        }
        Expression::Named(NamedExpression::Prefix(Prefix { addr: Box::new(address), len: self.length }))
    }
}

fn bits(address: &IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl Reachable {
    /// What an isolation leaves reachable: addresses, networks, and the words `dhcp` and `dns`.
    pub fn of(isolation: &Isolation, name_servers: impl FnOnce() -> Vec<IpAddr>) -> Result<Self, String> {
        let Isolation::Selective { allowed } = isolation else { return Ok(Self::default()) };
        let mut out = Self::default();
        for text in allowed {
            match text.as_str() {
                "dhcp" => out.dhcp = true,
                "dns" => {}
                text => out.networks.push(Network::parse(text).ok_or_else(|| text.to_owned())?),
            }
        }
        if allowed.iter().any(|text| text == "dns") {
            out.dns = name_servers();
        }
        Ok(out)
    }

    fn has(&self, v4: bool) -> bool {
        let addresses = self.networks.iter().map(|n| n.address).chain(self.dns.iter().copied());
        self.dhcp || addresses.into_iter().any(|address| address.is_ipv4() == v4)
    }

    /// What may pass in one direction: each a comment and what is matched.
    fn passes(&self, way: Way) -> Vec<(String, Vec<Statement<'static>>)> {
        let (address, port) = match way {
            Way::In => ("saddr", "sport"),
            Way::Out => ("daddr", "dport"),
        };
        let mut out = Vec::new();
        if self.has(false) {
            let types = ["nd-router-solicit", "nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert"];
            let types = types.map(|name| SetItem::Element(Expression::String(name.into()))).to_vec();
            let neighbours = is(field("icmpv6", "type"), Expression::Named(NamedExpression::Set(types)));
            out.push(("neighbours".to_owned(), vec![neighbours]));
        }
        for network in &self.networks {
            let family = if network.address.is_ipv4() { "ip" } else { "ip6" };
            out.push(("chosen address".to_owned(), vec![is(field(family, address), network.expression())]));
        }
        for server in &self.dns {
            let family = if server.is_ipv4() { "ip" } else { "ip6" };
            let at = is(field(family, address), Expression::String(server.to_string().into()));
            for protocol in ["udp", "tcp"] {
                let asks = is(field(protocol, port), Expression::Number(53));
                out.push(("name server".to_owned(), vec![at.clone(), asks]));
            }
        }
        for (client, server) in [(68, 67), (546, 547)].into_iter().filter(|_| self.dhcp) {
            let (from, to) = match way {
                Way::In => (server, client),
                Way::Out => (client, server),
            };
            let ports = [("sport", from), ("dport", to)];
            let ports = ports.map(|(name, number)| is(field("udp", name), Expression::Number(number))).to_vec();
            out.push(("own address".to_owned(), ports));
        }
        out
    }
}

#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

/// The two tables, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    inet: Vec<NfListObject<'static>>,
    netdev: Vec<NfListObject<'static>>,
    interfaces: Vec<String>,
    /// The system can hold back what leaves an interface.
    frames: bool,
}

impl Rules {
    /// `interfaces` are all but the loopback.
    pub fn of(reachable: &Reachable, interfaces: &[String]) -> Self {
        let mut inet = Vec::new();
        for (name, hook) in [("input", NfHook::Input), ("output", NfHook::Output), ("forward", NfHook::Forward)] {
            inet.push(chain(NfFamily::INet, name, hook, None));
            let (key, way) = match hook {
                NfHook::Input => (MetaKey::Iifname, Way::In),
                NfHook::Output => (MetaKey::Oifname, Way::Out),
                // Nothing passes through: a device that is cut off cuts off its guests.
                NfHook::Forward | NfHook::Ingress | NfHook::Egress | NfHook::Prerouting | NfHook::Postrouting => {
                    continue;
                }
            };
            let loopback = is(meta(key), Expression::String("lo".into()));
            inet.push(rule(NfFamily::INet, name, "loopback", vec![loopback]));
            inet.extend(reachable.passes(way).into_iter().map(|(why, what)| rule(NfFamily::INet, name, &why, what)));
        }
        let mut netdev = Vec::new();
        for interface in interfaces {
            let name = chain_of(interface);
            netdev.push(chain(NfFamily::NetDev, &name, NfHook::Egress, Some(interface)));
            if reachable.has(true) {
                let arp = is(meta(MetaKey::Protocol), Expression::String("arp".into()));
                netdev.push(rule(NfFamily::NetDev, &name, "neighbours", vec![arp]));
            }
            let passes = reachable.passes(Way::Out).into_iter();
            netdev.extend(passes.map(|(why, what)| rule(NfFamily::NetDev, &name, &why, what)));
        }
        Self { inet, netdev, interfaces: interfaces.to_vec(), frames: true }
    }

    /// Sets both tables as they are here, whatever stood in them, in one transaction.
    pub fn transaction(&self) -> Nftables<'static> {
        let mut batch = Batch::new();
        let families = [(NfFamily::INet, &self.inet), (NfFamily::NetDev, &self.netdev)];
        for (family, objects) in families.into_iter().filter(|(family, _)| self.frames || *family == NfFamily::INet) {
            clear(&mut batch, family);
            batch.add(table(family));
            objects.iter().for_each(|object| batch.add(object.clone()));
        }
        batch.to_nftables()
    }

    /// The same for a system that has no hook for what leaves an interface.
    pub fn without_egress(&self) -> Self {
        Self { inet: self.inet.clone(), netdev: Vec::new(), interfaces: Vec::new(), frames: false }
    }

    /// Removes both tables, whether they are there or not.
    pub fn removal(netdev: bool) -> Nftables<'static> {
        let mut batch = Batch::new();
        clear(&mut batch, NfFamily::INet);
        if netdev {
            clear(&mut batch, NfFamily::NetDev);
        }
        batch.to_nftables()
    }

    /// Compares with what is set now. `devices` is the text of the `netdev` table.
    pub fn compare(&self, everything: &Value, devices: &str) -> Found {
        let inet = ours(everything, "inet");
        if inet.is_empty() {
            return Found::Nothing;
        }
        let netdev = ours(everything, "netdev");
        let mut found = Differences::default();
        found.family(&self.inet, &inet);
        if self.frames && netdev.is_empty() {
            found.open.push("the table that holds frames back is gone".to_owned());
        } else if self.frames {
            let is_held = |interface: &String| has(&netdev, &chain_of(interface)) && is_on(devices, interface);
            found.new = self.interfaces.iter().filter(|interface| !is_held(interface)).cloned().collect();
            let new: Vec<String> = found.new.iter().map(|interface| chain_of(interface)).collect();
            let held = self.netdev.iter().map(plain).filter(|object| !new.iter().any(|chain| belongs(object, chain)));
            found.objects(&held.collect::<Vec<_>>(), &netdev);
        }
        if found == Differences::default() { Found::Same } else { Found::Other(found) }
    }
}

/// Is anything of ours set?
pub fn is_there(everything: &Value) -> bool {
    ["inet", "netdev"].iter().any(|family| !ours(everything, family).is_empty())
}

fn has(found: &[Value], chain: &str) -> bool {
    found.iter().any(|object| object["chain"]["name"] == *chain)
}

fn belongs(object: &Value, chain: &str) -> bool {
    object["chain"]["name"] == *chain || object["rule"]["chain"] == *chain
}

/// Does the text of a table say that a chain holds back what leaves this interface?
fn is_on(devices: &str, interface: &str) -> bool {
    devices.lines().filter(|line| line.contains("hook egress")).any(|line| {
        let mut words = line.split(|c: char| c.is_whitespace() || "\"{},;=".contains(c));
        words.any(|word| word == interface)
    })
}

/// What is set now, beside what should be.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Same,
    Nothing,
    Other(Differences),
}

impl Found {
    /// It is in force, if not in every respect.
    pub fn stands(&self) -> bool {
        match self {
            Self::Same => true,
            Self::Nothing => false,
            Self::Other(differences) => differences.is_behind(),
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Interfaces that nothing holds frames back on: they came since.
    pub new: Vec<String>,
    /// Something passes that should not, or may.
    pub open: Vec<String>,
    /// Something reads otherwise than it was written; everything that is dropped still is.
    pub other: Vec<String>,
}

impl Differences {
    /// What there is, one clause each.
    pub fn all(&self) -> Vec<String> {
        let new = self.new.iter().map(|interface| {
            format!("nothing holds frames back on the network interface {}", assize_domain::text::visible(interface))
        });
        new.chain(self.open.iter().chain(&self.other).cloned()).collect()
    }

    /// Everything is as it was set, but not for interfaces that came since.
    pub fn is_behind(&self) -> bool {
        self.open.is_empty() && self.other.is_empty()
    }

    fn family(&mut self, wanted: &[NfListObject<'_>], found: &[Value]) {
        let wanted: Vec<Value> = wanted.iter().map(plain).collect();
        self.objects(&wanted, found);
        let strangers = found.iter().filter_map(|object| object.get("chain"));
        let strangers = strangers.filter(|chain| !wanted.iter().any(|object| object["chain"]["name"] == chain["name"]));
        self.other.extend(strangers.map(|chain| format!("a chain {} was added to it", text(&chain["name"]))));
    }

    fn objects(&mut self, wanted: &[Value], found: &[Value]) {
        for chain in wanted.iter().filter_map(|object| object.get("chain")) {
            let name = &chain["name"];
            match found.iter().filter_map(|object| object.get("chain")).find(|c| c["name"] == *name) {
                None => self.open.push(format!("its chain {} is gone", text(name))),
                Some(there) if there != chain => {
                    self.open.push(format!("its chain {} does not drop what nobody allowed any more", text(name)));
                }
                Some(_) => {}
            }
            let rules = |objects: &[Value]| -> Vec<Value> {
                let rules = objects.iter().filter_map(|object| object.get("rule"));
                rules.filter(|rule| rule["chain"] == *name).cloned().collect()
            };
            let (wanted, there) = (rules(wanted), rules(found));
            for rule in there.iter().filter(|rule| !wanted.contains(rule)) {
                let comment = text(&rule["comment"]);
                self.open.push(format!("its chain {} lets something else pass ({comment})", text(name)));
            }
            for rule in wanted.iter().filter(|rule| !there.contains(rule)) {
                let comment = text(&rule["comment"]);
                self.other.push(format!("its chain {} does not let pass what was allowed ({comment})", text(name)));
            }
        }
    }
}

/// The objects of our own table, without what only the kernel numbers.
fn ours(everything: &Value, family: &str) -> Vec<Value> {
    let objects = everything["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_ours = |object: &&Value| {
        let named = |kind: &str, field: &str| object[kind]["family"] == *family && object[kind][field] == *TABLE;
        named("table", "name") || named("chain", "table") || named("rule", "table")
    };
    objects.iter().filter(is_ours).map(|object| simple(object.clone())).collect()
}

/// Tables that are not ours, by family and name.
pub fn foreign(everything: &Value) -> Vec<String> {
    let objects = everything["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tables = objects.iter().filter_map(|object| object.get("table")).filter(|table| table["name"] != *TABLE);
    tables.map(|table| format!("{} {}", text(&table["family"]), text(&table["name"]))).collect()
}

/// Everything that is not ours, so that before and after can be compared: without numbers and counts.
pub fn others(everything: &Value) -> Vec<Value> {
    let objects = everything["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kinds = |object: &Value| object.as_object().and_then(|o| o.values().next().cloned()).unwrap_or_default();
    let is_other = |object: &&Value| {
        let inner = kinds(object);
        object.get("metainfo").is_none() && inner["table"] != *TABLE && inner["name"] != *TABLE
    };
    objects.iter().filter(is_other).map(|object| simple(object.clone())).collect()
}

fn plain(object: &NfListObject<'_>) -> Value {
    simple(serde_json::to_value(object).unwrap_or_default())
}

/// The same thing is written in several ways: a set of one, a prefix of full length, a number as text.
fn simple(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(values) => Value::Array(values.into_iter().map(simple).collect()),
        Value::Object(fields) => {
            if let Some(Value::Array(items)) = fields.get("set").filter(|_| fields.len() == 1)
                && let [only] = items.as_slice()
            {
                return simple(only.clone());
            }
            if let Some(prefix) = fields.get("prefix").filter(|_| fields.len() == 1) {
                let full = if prefix["addr"].as_str().is_some_and(|a| a.contains(':')) { 128 } else { 32 };
                if prefix["len"] == full {
                    return simple(prefix["addr"].clone());
                }
            }
            let numbered = ["handle", "dev", "packets", "bytes", "index"];
            let kept = fields.into_iter().filter(|(name, _)| !numbered.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name, simple(value))).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::String(_)) => other,
    }
}

fn text(value: &Value) -> String {
    assize_domain::text::visible(value.as_str().unwrap_or("without a name"))
}

/// The name of the chain of an interface. What an interface may be called is more than what a chain may be called.
fn chain_of(interface: &str) -> String {
    let plain = interface.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        format!("egress_{interface}")
    } else {
        format!("egress_x{}", crate::vault::facts::hex(interface.as_bytes()))
    }
}

fn clear(batch: &mut Batch<'static>, family: NfFamily) {
    // Only what is there can be deleted; added first, it is there.
    batch.add(table(family));
    batch.delete(table(family));
}

fn table(family: NfFamily) -> NfListObject<'static> {
    NfListObject::Table(Table { family, name: TABLE.into(), handle: None })
}

fn chain(family: NfFamily, name: &str, hook: NfHook, dev: Option<&str>) -> NfListObject<'static> {
    NfListObject::Chain(Chain {
        family,
        table: TABLE.into(),
        name: name.to_owned().into(),
        newname: None,
        handle: None,
        _type: Some(NfChainType::Filter),
        hook: Some(hook),
        prio: Some(PRIORITY),
        dev: dev.map(|dev| dev.to_owned().into()),
        policy: Some(NfChainPolicy::Drop),
    })
}

fn rule(family: NfFamily, chain: &str, comment: &str, mut what: Vec<Statement<'static>>) -> NfListObject<'static> {
    what.push(Statement::Accept(None::<Accept>));
    NfListObject::Rule(Rule {
        family,
        table: TABLE.into(),
        chain: chain.to_owned().into(),
        expr: what.into(),
        handle: None,
        index: None,
        comment: Some(comment.to_owned().into()),
    })
}

fn is(left: Expression<'static>, right: Expression<'static>) -> Statement<'static> {
    Statement::Match(Match { left, right, op: Operator::EQ })
}

fn meta(key: MetaKey) -> Expression<'static> {
    Expression::Named(NamedExpression::Meta(Meta { key }))
}

fn field(protocol: &'static str, name: &'static str) -> Expression<'static> {
    let field = PayloadField { protocol: protocol.into(), field: name.into() };
    Expression::Named(NamedExpression::Payload(Payload::PayloadField(field)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reachable(allowed: &[&str]) -> Result<Reachable, String> {
        let allowed = allowed.iter().map(|a| (*a).to_owned()).collect();
        Reachable::of(&Isolation::Selective { allowed }, || vec!["10.0.0.2".parse().unwrap()])
    }

    /// As the program tells it: with the numbers of the kernel.
    fn told(rules: &Rules) -> Value {
        let objects = rules.inet.iter().chain(&rules.netdev).map(|object| serde_json::to_value(object).unwrap());
        let numbered = objects.map(|mut object| {
            for (_, inner) in object.as_object_mut().unwrap() {
                inner["handle"] = json!(7);
            }
            object
        });
        json!({ "nftables": numbered.collect::<Vec<_>>() })
    }

    fn text(interfaces: &[&str]) -> String {
        interfaces
            .iter()
            .map(|name| format!("type filter hook egress device \"{name}\" priority -150; policy drop;\n"))
            .collect()
    }

    #[test]
    fn addresses_are_taken_in_both_families_and_nonsense_is_refused() {
        let all = reachable(&["10.1.2.3/8", "2001:db8::7", "dns", "dhcp"]).unwrap();
        assert_eq!(all.networks[0], Network { address: "10.0.0.0".parse().unwrap(), length: 8 });
        assert_eq!((all.networks[1].length, all.dns.len(), all.dhcp), (128, 1, true));
        for wrong in ["", "10.0.0.0/33", "0.0.0.0/0", "::/0", "example.org", "10.0.0.1; accept", "10.0.0.1/x"] {
            assert_eq!(reachable(&[wrong]), Err(wrong.to_owned()), "{wrong:?}");
        }
    }

    /// M62: whatever differs from what was set is found, and whether something may pass now.
    #[test]
    fn every_difference_is_told() {
        let interfaces = ["eth0".to_owned(), "wlan 0".to_owned()];
        let rules = Rules::of(&reachable(&["10.0.0.1"]).unwrap(), &interfaces);
        let whole = told(&rules);
        let devices = text(&["eth0", "wlan 0"]).replace("wlan 0", "wlan0");
        let rules = Rules { interfaces: vec!["eth0".into()], ..rules };
        assert_eq!(rules.compare(&whole, &devices), Found::Same);
        assert_eq!(rules.compare(&json!({ "nftables": [] }), ""), Found::Nothing);
        for (n, object) in whole["nftables"].as_array().unwrap().iter().enumerate() {
            let mut less = whole.clone();
            less["nftables"].as_array_mut().unwrap().remove(n);
            let Found::Other(found) = rules.compare(&less, &devices) else { panic!("{object} is not missed") };
            let is_chain = object.get("chain").is_some();
            assert_eq!(
                is_chain,
                !found.is_behind() && found.other.is_empty() || !found.new.is_empty(),
                "{object}: {found:?}"
            );
        }
        let mut open = whole.clone();
        open["nftables"].as_array_mut().unwrap().push(json!({ "rule": { "family": "inet", "table": TABLE,
            "chain": "output", "expr": [{ "accept": null }] } }));
        assert!(matches!(rules.compare(&open, &devices), Found::Other(d) if !d.open.is_empty()));
        let mut accepts = whole.clone();
        accepts["nftables"][0]["chain"]["policy"] = json!("accept");
        assert!(matches!(rules.compare(&accepts, &devices), Found::Other(d) if !d.open.is_empty()));
        assert!(matches!(rules.compare(&whole, ""), Found::Other(d) if d.new == ["eth0"]));
    }

    #[test]
    fn what_others_set_is_never_taken_for_ours() {
        let everything = json!({ "nftables": [
            { "metainfo": { "version": "1" } },
            { "table": { "family": "ip", "name": "filter", "handle": 1 } },
            { "rule": { "family": "ip", "table": "filter", "chain": "x", "handle": 4, "expr": [{ "counter": { "packets": 5, "bytes": 9 } }] } },
            { "table": { "family": "inet", "name": TABLE, "handle": 2 } },
        ]});
        assert_eq!(foreign(&everything), ["ip filter"]);
        let mut later = everything.clone();
        later["nftables"][2]["rule"]["expr"][0]["counter"]["packets"] = json!(6);
        assert_eq!(others(&everything), others(&later), "counting is no change");
        later["nftables"][2]["rule"]["chain"] = json!("y");
        assert_ne!(others(&everything), others(&later));
        assert!(is_there(&everything));
    }
}
