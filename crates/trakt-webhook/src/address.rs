//! Which addresses an event may be sent to: those that anybody can reach, unless the operator allows
//! more. An endpoint is named by an operator, but its name is resolved by whoever owns the name: it must
//! not lead into the network that this service runs in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What is not globally reachable, by the registries of IANA (iana-ipv4-special-registry,
/// iana-ipv6-special-registry).
const NOT_PUBLIC_V4: &[&str] = &[
    // "This network" (RFC 791): Linux takes 0.0.0.0 for this machine.
    "0.0.0.0/8",
    // Private use (RFC 1918).
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    // Shared by the customers of a carrier (RFC 6598); metadata of a cloud (100.100.100.200).
    "100.64.0.0/10",
    // This machine (RFC 1122).
    "127.0.0.0/8",
    // Link-local (RFC 3927): metadata of most clouds.
    "169.254.0.0/16",
    // A public address at which a cloud serves its own machines alone.
    "168.63.129.16/32",
    // Of protocols (RFC 6890); metadata of a cloud (192.0.0.192).
    "192.0.0.0/24",
    // For documents (RFC 5737).
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    // Relays of 6to4 (RFC 7526).
    "192.88.99.0/24",
    // For measurements (RFC 2544).
    "198.18.0.0/15",
    // Multicast (RFC 5771), reserved (RFC 1112), and everybody (RFC 919).
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// What there is of public IPv6 so far (RFC 4291): loopback, link-local, unique local, multicast and
/// all that is unassigned are outside.
const UNICAST_V6: &str = "2000::/3";
/// What is in it and not public, or reaches an IPv4 address that is not looked at here.
const NOT_PUBLIC_V6: &[&str] = &[
    // Of protocols (RFC 2928), Teredo (RFC 4380) among them.
    "2001::/23",
    // For documents (RFC 3849, RFC 9637).
    "2001:db8::/32",
    "3fff::/20",
    // 6to4 (RFC 3056).
    "2002::/16",
];
/// IPv4 behind a translator (RFC 6052): as public as the IPv4 address in it.
const TRANSLATED: &str = "64:ff9b::/96";

struct Table {
    v4: Vec<Ipv4Net>,
    unicast: Option<Ipv6Net>,
    v6: Vec<Ipv6Net>,
    translated: Option<Ipv6Net>,
}

/// A test holds that all of it can be read.
static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    v4: NOT_PUBLIC_V4
        .iter()
        .filter_map(|net| net.parse().ok())
        .collect(),
    unicast: UNICAST_V6.parse().ok(),
    v6: NOT_PUBLIC_V6
        .iter()
        .filter_map(|net| net.parse().ok())
        .collect(),
    translated: TRANSLATED.parse().ok(),
});

/// Whether anybody can reach it.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !TABLE.v4.iter().any(|net| net.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |net: &Option<Ipv6Net>| net.is_some_and(|net| net.contains(&address));
    if within(&TABLE.translated) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    within(&TABLE.unicast) && !TABLE.v6.iter().any(|net| net.contains(&address))
}

/// The networks that events may be sent to although they are not public.
#[derive(Clone, Debug, Default)]
pub struct Allowed(Vec<IpNet>);

impl Allowed {
    /// These.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether an event may be sent there.
    #[must_use]
    pub fn reaches(&self, address: IpAddr) -> bool {
        is_public(address) || self.names(address)
    }

    /// Whether one of the networks has it.
    pub(crate) fn names(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_read() {
        assert_eq!(TABLE.v4.len(), NOT_PUBLIC_V4.len());
        assert_eq!(TABLE.v6.len(), NOT_PUBLIC_V6.len());
        assert!(TABLE.unicast.is_some() && TABLE.translated.is_some());
    }

    #[test]
    fn what_is_not_public() {
        for address in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.192",
            "192.0.2.7",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:10::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_is_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "168.63.129.15",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
            "3ffe:ffff::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_is_that_network_alone() {
        let allowed = Allowed::new(vec![
            "10.1.0.0/16".parse().unwrap(),
            "fd00::/8".parse().unwrap(),
        ]);
        for (address, reaches) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("fd12::1", true),
            ("8.8.8.8", true),
            ("10.2.0.1", false),
            ("127.0.0.1", false),
            ("fc00::1", false),
            ("64:ff9b::10.1.2.3", false),
        ] {
            assert_eq!(
                allowed.reaches(address.parse().unwrap()),
                reaches,
                "{address}"
            );
        }
    }
}
