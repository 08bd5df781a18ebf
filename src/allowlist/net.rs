//! One network of an allowlist.

use ipnet::{IpNet, Ipv4Net};
use std::{net::IpAddr, str::FromStr};

/// The shortest prefix that is accepted: a wider network is a large part of the internet.
pub const WIDEST: u8 = 8;
/// A network wider than this has to be confirmed: `/16` of IPv4, `/32` of IPv6.
const USUAL_V4: u8 = 16;
const USUAL_V6: u8 = 32;

/// Why a text or a network cannot be on an allowlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    NotANetwork,
    /// `10.0.0.1/8` has bits beyond its prefix; `meant` is perhaps what was meant.
    HostBits {
        meant: IpNet,
    },
    /// Holds nearly all addresses.
    TooWide,
}

/// Reads `10.0.0.0/8`, `2001:db8::/32` or a lone address. IPv4 in its IPv6 form is read as IPv4, because that
/// is how addresses are compared.
pub fn parse(text: &str) -> Result<IpNet, Unfit> {
    match text.split_once('/') {
        None => IpAddr::from_str(text).map(IpNet::from).map_err(|_| Unfit::NotANetwork).and_then(fitting),
        Some((ip, prefix)) => written(ip, prefix).ok_or(Unfit::NotANetwork).and_then(fitting),
    }
}

/// The standard library reads addresses more strictly than ipnet: `010.0.0.0` is 8.0.0.0 to some programs and 10.0.0.0 to
/// others, and refused here.
fn written(ip: &str, prefix: &str) -> Option<IpNet> {
    let is_number = matches!(prefix.len(), 1..=3) && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_number && (prefix == "0" || !prefix.starts_with('0'));
    let prefix = prefix.parse().ok().filter(|_| is_plain)?;
    IpNet::new(IpAddr::from_str(ip).ok()?, prefix).ok()
}

/// The same for what is a network already.
pub fn fitting(net: IpNet) -> Result<IpNet, Unfit> {
    let net = unmapped(net);
    if net.prefix_len() < WIDEST {
        return Err(Unfit::TooWide);
    }
    if net.addr() != net.network() {
        return Err(Unfit::HostBits { meant: net.trunc() });
    }
    Ok(net)
}

fn unmapped(net: IpNet) -> IpNet {
    let IpNet::V6(mapped) = net else { return net };
    let v4 = mapped.addr().to_ipv4_mapped().zip(mapped.prefix_len().checked_sub(96));
    v4.and_then(|(ip, prefix)| Ipv4Net::new(ip, prefix).ok()).map_or(net, IpNet::V4)
}

pub fn is_wide(net: IpNet) -> bool {
    let usual = match net {
        IpNet::V4(_) => USUAL_V4,
        IpNet::V6(_) => USUAL_V6,
    };
    net.prefix_len() < usual
}

/// Whether there is an address in both. Of two networks that overlap, one holds the other.
pub fn overlap(one: IpNet, other: IpNet) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// The number of bits that are left to tell its addresses apart: there are two to the power of that many.
pub fn host_bits(net: IpNet) -> u8 {
    net.max_prefix_len().saturating_sub(net.prefix_len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn read(text: &str) -> Result<String, Unfit> {
        parse(text).map(|net| net.to_string())
    }

    #[test]
    fn a_network_is_read_as_what_it_is() {
        for (text, net) in [
            ("10.20.0.0/16", "10.20.0.0/16"),
            ("10.20.4.22", "10.20.4.22/32"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("::ffff:10.1.2.0/120", "10.1.2.0/24"),
            ("::ffff:a01:203/128", "10.1.2.3/32"),
            ("255.255.255.255", "255.255.255.255/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(net), "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_told_apart_from_what_is_written_wrong() {
        let meant = |text: &str| Err(Unfit::HostBits { meant: text.parse().unwrap() });
        assert_eq!(read("10.0.0.1/8"), meant("10.0.0.0/8"));
        assert_eq!(read("2001:db8::1/32"), meant("2001:db8::/32"));
        assert_eq!(read("::ffff:10.0.0.1/104"), meant("10.0.0.0/8"));
        for wide in ["0.0.0.0/0", "::/0", "128.0.0.0/1", "10.0.0.0/7", "2000::/3", "::ffff:0.0.0.0/96", "1.2.3.4/0"] {
            assert_eq!(read(wide), Err(Unfit::TooWide), "{wide}");
        }
        for junk in [
            "",
            " ",
            "office",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "10.0.0.0/8/8",
            "010.0.0.0/8",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0/24",
            "10.0.0.0/255.0.0.0",
            "10.0.0.0 /8",
            "2001:db8::/129",
            "fe80::1%eth0",
            "[::1]",
            "10.0.0.1:443",
            "１0.0.0.0/8",
        ] {
            assert_eq!(read(junk), Err(Unfit::NotANetwork), "{junk:?}");
        }
    }

    #[test]
    fn what_is_wider_than_an_office_is_wide() {
        for (text, wide) in [
            ("10.0.0.0/8", true),
            ("10.0.0.0/15", true),
            ("10.20.0.0/16", false),
            ("2001:db8::/31", true),
            ("2001:db8::/32", false),
        ] {
            assert_eq!(text.parse().map(is_wide), Ok(wide), "{text}");
        }
        assert_eq!(host_bits("10.0.0.0/8".parse().unwrap()), 24);
        assert_eq!(host_bits("2001:db8::/32".parse().unwrap()), 96);
        assert_eq!(host_bits("10.0.0.1/32".parse().unwrap()), 0);
    }

    fn net() -> impl Strategy<Value = IpNet> {
        // Few bits, so that networks do meet.
        let v4 = (0_u32..16, 8_u8..=32)
            .prop_map(|(bits, prefix)| IpNet::new(Ipv4Addr::from(bits << 22 | 10 << 24).into(), prefix).unwrap());
        let v6 = (0_u128..16, 8_u8..=128)
            .prop_map(|(bits, prefix)| IpNet::new(Ipv6Addr::from(bits << 90 | 0x2001 << 112).into(), prefix).unwrap());
        prop_oneof![v4, v6].prop_map(|net| net.trunc())
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_and_read_again(net in net()) {
            prop_assert_eq!(parse(&net.to_string()), Ok(net));
        }

        #[test]
        fn nothing_that_is_typed_makes_it_stumble(text in "\\PC{0,40}|[0-9a-f:./]{0,40}") {
            if let Ok(net) = parse(&text) {
                prop_assert!(net.prefix_len() >= WIDEST && net.trunc() == net);
                prop_assert_eq!(parse(&net.to_string()), Ok(net));
            }
        }

        #[test]
        fn two_networks_overlap_where_an_end_of_one_is_in_the_other(one in net(), other in net()) {
            let same_family = one.max_prefix_len() == other.max_prefix_len();
            let meets = same_family && one.network() <= other.broadcast() && other.network() <= one.broadcast();
            prop_assert_eq!(overlap(one, other), meets);
            prop_assert_eq!(overlap(other, one), meets);
        }
    }
}
