//! Which networks the console opens from.

use ipnet::IpNet;
use std::{net::IpAddr, str::FromStr, sync::Arc};

/// The allowed networks. Empty means nobody.
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

    /// Reads `10.0.0.0/8, 2001:db8::/32, 192.0.2.7`. A network must be written as what it is: `10.0.0.1/8` is refused,
    /// because whoever wrote it meant something else; so are networks that let in everybody or nearly so.
    pub fn parse(text: &str) -> Result<Self, String> {
        let nets = text.split([',', ' ', '\n']).filter(|part| !part.is_empty()).map(network);
        nets.collect::<Result<Vec<_>, _>>().map(|nets| Self(nets.into()))
    }
}

/// The shortest prefix that is still a network of somebody's, not half of the internet.
const WIDEST: u8 = 8;

fn network(text: &str) -> Result<IpNet, String> {
    let net = match IpAddr::from_str(text) {
        Ok(ip) => IpNet::from(ip.to_canonical()),
        Err(_) => IpNet::from_str(text).map_err(|_| format!("{text:?} is not a network such as 10.20.0.0/16"))?,
    };
    if net.addr() != net.network() {
        return Err(format!("{text} is not a network; did you mean {}?", net.trunc()));
    }
    if net.prefix_len() < WIDEST {
        return Err(format!("{text} is too wide: a network here has at least a /{WIDEST} prefix"));
    }
    Ok(net)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_allows_nobody() {
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
}
