//! Networks as values: reading them from text, matching addresses, saying what is wrong with one. No SQL and no HTTP.

pub mod net;

use ipnet::IpNet;
use net::Unfit;
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

/// What one sender has at its disposal: an IPv4 address, or the /64 of an IPv6 address (RFC 6177), in which it can take another
/// address for every request.
pub(crate) fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

/// The allowed networks. An empty list allows no address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowlist(Arc<[IpNet]>);

impl Allowlist {
    /// Whether `ip` is in one of the networks. An IPv4 address that arrives in its IPv6 form is the IPv4 address.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|net| net.contains(&ip))
    }

    pub fn loopback() -> Self {
        Self::parse("127.0.0.0/8, ::1/128").unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = &IpNet> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `10.0.0.0/8, 2001:db8::/32, 192.0.2.7`. A network must be written without host bits: `10.0.0.1/8` is
    /// refused, because the writer meant something else; so are networks that hold nearly all addresses.
    pub fn parse(text: &str) -> Result<Self, String> {
        let nets = text.split([',', ' ', '\n']).filter(|part| !part.is_empty()).map(network);
        nets.collect::<Result<Vec<_>, _>>().map(|nets| Self(nets.into()))
    }
}

/// As it is read: `10.0.0.0/8, 2001:db8::/32`.
impl fmt::Display for Allowlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, net) in self.iter().enumerate() {
            if n > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{net}")?;
        }
        Ok(())
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    net::parse(text).map_err(|unfit| explain(text, unfit))
}

/// Says what is wrong with a network that was typed into a terminal or a file.
pub fn explain(text: &str, unfit: Unfit) -> String {
    match unfit {
        Unfit::NotANetwork => format!("{text:?} is not a network such as 10.20.0.0/16"),
        Unfit::HostBits { meant } => format!("{text} is not a network; did you mean {meant}?"),
        Unfit::TooWide => format!("{text} is too wide: a network here has at least a /{} prefix", net::WIDEST),
    }
}

/// Whether a person who is limited to `limits` (networks with a space between them, empty for no limit) may come from `ip`.
/// Limits that cannot be read allow no address.
pub fn within(limits: &str, ip: Option<IpAddr>) -> bool {
    limits.trim().is_empty() || ip.is_some_and(|ip| Allowlist::parse(limits).is_ok_and(|list| list.allows(ip)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_allows_no_address() {
        assert!(!Allowlist::parse("").unwrap().allows("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_mapped_address_is_the_address() {
        let list = Allowlist::parse("10.0.0.0/8,2001:db8::/32").unwrap();
        for (ip, allowed) in [
            ("10.255.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("11.0.0.1", false),
            ("::10.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(list.allows(ip.parse().unwrap()), allowed, "{ip}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["10.0.0.1/8", "0.0.0.0/0", "::/0", "10.0.0.0/33", "office", "10.0.0.0/8;11.0.0.0/8"] {
            assert!(Allowlist::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Allowlist::parse("10.0.0.1").unwrap().iter().next().unwrap().to_string(), "10.0.0.1/32");
    }

    #[test]
    fn who_has_no_limits_may_come_from_anywhere_and_who_has_unreadable_ones_from_nowhere() {
        let ip = Some("10.1.2.3".parse().unwrap());
        for (limits, may) in
            [("", true), ("10.0.0.0/8", true), ("2001:db8::/32 10.1.2.3/32", true), ("11.0.0.0/8", false), ("x", false)]
        {
            assert_eq!(within(limits, ip), may, "{limits}");
        }
        assert!(!within("10.0.0.0/8", None));
    }
}
