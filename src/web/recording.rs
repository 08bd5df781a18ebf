//! How many refusals of strangers are written to the audit log: enough to see who knocks, too few to fill the disk or to
//! keep the log busy from outside. A refusal of a signed-in person is always recorded.

use crate::{allowlist::network_of, clock::Instant};
use std::{collections::HashMap, net::IpAddr, sync::Mutex};

/// For one address, and for all of them together: a burst size, and a refill rate per second.
const ADDRESS: Allowance = Allowance { at_once: 60.0, a_second: 1.0 };
const ALL: Allowance = Allowance { at_once: 600.0, a_second: 5.0 };
/// Addresses remembered at most.
const ADDRESSES: usize = 10_000;

/// Token buckets: one for each address and one for all.
#[derive(Debug, Default)]
pub(crate) struct Recording(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    all: Option<Bucket>,
    each: HashMap<Option<IpAddr>, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Allowance {
    at_once: f64,
    a_second: f64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Recording {
    /// Whether one more refusal of this address is to be written.
    pub(crate) fn may(&self, ip: Option<IpAddr>, now: Instant) -> bool {
        let Ok(mut buckets) = self.0.lock() else { return true };
        if buckets.each.len() >= ADDRESSES {
            // Those with their full allowance again have nothing to remember. Where all are busy, the limit for all of them
            // together is what holds.
            buckets.each.retain(|_, bucket| bucket.refilled(ADDRESS, now).left < ADDRESS.at_once);
            if buckets.each.len() >= ADDRESSES {
                buckets.each.clear();
            }
        }
        let full = |allowance: Allowance| Bucket { left: allowance.at_once, at: now };
        let one = buckets.each.entry(ip.map(network_of)).or_insert(full(ADDRESS));
        if !one.take(ADDRESS, now) {
            return false;
        }
        buckets.all.get_or_insert(full(ALL)).take(ALL, now)
    }
}

impl Bucket {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of an outage, not of an age")]
    fn refilled(self, allowance: Allowance, now: Instant) -> Self {
        let seconds = now.since(self.at).num_milliseconds().max(0) as f64 / 1000.0;
        Self { left: (self.left + seconds * allowance.a_second).min(allowance.at_once), at: now }
    }

    fn take(&mut self, allowance: Allowance, now: Instant) -> bool {
        *self = self.refilled(allowance, now);
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use std::net::Ipv6Addr;

    fn start() -> Instant {
        Instant::from_unix(1_800_000_000).unwrap()
    }

    #[test]
    fn an_address_is_recorded_until_its_allowance_is_used_up_and_again_a_second_later() {
        let (recording, now) = (Recording::default(), start());
        let one: Option<IpAddr> = Some("203.0.113.9".parse().unwrap());
        assert_eq!((0..100).filter(|_| recording.may(one, now)).count(), 60);
        assert!(recording.may(Some("203.0.113.10".parse().unwrap()), now), "others have their own");
        assert!(recording.may(one, now.plus(TimeDelta::seconds(1))));
        assert!(!recording.may(one, now.plus(TimeDelta::seconds(1))));
    }

    #[test]
    fn many_addresses_together_have_a_limit_too() {
        let (recording, now) = (Recording::default(), start());
        let knocks = (0..30_000_u128).filter(|n| recording.may(Some(Ipv6Addr::from_bits(n << 64).into()), now)).count();
        assert_eq!(knocks, 600);
        let neighbours =
            (0..200_u128).filter(|n| Recording::default().may(Some(Ipv6Addr::from_bits(*n).into()), now)).count();
        assert_eq!(neighbours, 200);
        let recording = Recording::default();
        let neighbours = (0..200_u128).filter(|n| recording.may(Some(Ipv6Addr::from_bits(*n).into()), now)).count();
        assert_eq!(neighbours, 60, "addresses of one /64 are one");
    }
}
