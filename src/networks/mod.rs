//! Which networks the console opens from: those of the environment, which nobody can take away while it runs, and those on
//! the list that owners keep. The list is read with every request and again in the transaction of every change, so that
//! what is taken off it is closed at once, in every process.

pub mod add;
pub mod change;
pub mod fields;
pub mod list;
pub mod net;
pub mod open;
pub mod remove;
pub mod rules;

use crate::{gate::Target, web::panel::Entry};
use ipnet::IpNet;
use net::Unfit;
use std::{net::IpAddr, sync::Arc};

/// What can be done beside the list.
const PANELS: &[Entry<list::Networks>] =
    &[Entry::of::<add::AddPanel>(), Entry::of::<change::ChangePanel>(), Entry::of::<remove::RemovePanel>()];

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

fn network(text: &str) -> Result<IpNet, String> {
    net::parse(text).map_err(|unfit| explain(text, unfit))
}

/// What is wrong with a network, for whoever typed it into a terminal or a file.
pub fn explain(text: &str, unfit: Unfit) -> String {
    match unfit {
        Unfit::NotANetwork => format!("{text:?} is not a network such as 10.20.0.0/16"),
        Unfit::HostBits { meant } => format!("{text} is not a network; did you mean {meant}?"),
        Unfit::TooWide => format!("{text} is too wide: a network here has at least a /{} prefix", net::WIDEST),
    }
}

/// Whether somebody who is limited to `limits` (networks with a space between them, none for no limit) may come from
/// `ip`. Limits that cannot be read let in nobody.
pub fn within(limits: &str, ip: Option<IpAddr>) -> bool {
    limits.trim().is_empty() || ip.is_some_and(|ip| Allowlist::parse(limits).is_ok_and(|list| list.allows(ip)))
}

/// What a change is about is named by the network itself and not by its row: a row of the log is then read without looking
/// anything up, and a network that was removed and added again has one history.
pub(crate) fn target(net: IpNet) -> Target {
    Target::new("network", net)
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
