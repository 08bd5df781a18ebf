//! How many refusals of one address are written to the audit log: enough to see who knocks, too few to fill the disk
//! from outside.

use crate::clock::Instant;
use std::{collections::HashMap, net::IpAddr, sync::Mutex};

/// At once, and again one a second.
const AT_ONCE: f64 = 60.0;
const A_SECOND: f64 = 1.0;
/// Addresses remembered. When there are more, those that have their full allowance again are forgotten.
const ADDRESSES: usize = 10_000;

/// A token bucket for each address.
#[derive(Debug, Default)]
pub struct Recording(Mutex<HashMap<Option<IpAddr>, (f64, Instant)>>);

impl Recording {
    /// Whether one more refusal of this address is to be written.
    pub fn may(&self, ip: Option<IpAddr>, now: Instant) -> bool {
        let Ok(mut buckets) = self.0.lock() else { return true };
        if buckets.len() > ADDRESSES {
            buckets.retain(|_, (left, at)| refilled(*left, *at, now) < AT_ONCE);
        }
        let (left, at) = buckets.entry(ip).or_insert((AT_ONCE, now));
        *left = refilled(*left, *at, now);
        *at = now;
        let may = *left >= 1.0;
        if may {
            *left -= 1.0;
        }
        may
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of an outage, not of an age")]
fn refilled(left: f64, at: Instant, now: Instant) -> f64 {
    let seconds = now.since(at).num_milliseconds().max(0) as f64 / 1000.0;
    (left + seconds * A_SECOND).min(AT_ONCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn an_address_is_recorded_until_its_allowance_is_used_up_and_again_a_second_later() {
        let recording = Recording::default();
        let now = Instant::from_unix(1_800_000_000).unwrap();
        let one: Option<IpAddr> = Some("203.0.113.9".parse().unwrap());
        assert_eq!((0..100).filter(|_| recording.may(one, now)).count(), 60);
        assert!(recording.may(Some("203.0.113.10".parse().unwrap()), now), "others have their own");
        assert!(recording.may(one, now.plus(TimeDelta::seconds(1))));
        assert!(!recording.may(one, now.plus(TimeDelta::seconds(1))));
    }
}
