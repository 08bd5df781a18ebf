//! Where the system's clocks and the console's go apart.

use super::{Rules, Zone, Zones};
use crate::clock::Instant;
use chrono::TimeDelta;
use jiff::{Timestamp, tz::Offset};
use std::fmt;

/// How far ahead editions are compared: what is decided later will be in both.
const AHEAD: TimeDelta = TimeDelta::days(2 * 366);

/// The first moment at which a zone is not the same by the two editions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub zone: Zone,
    pub from: Instant,
    used: Offset,
    other: Offset,
    is_of_system: bool,
}

impl Zones {
    /// The first difference within two years of `now`, if the zone is in both editions.
    pub fn difference(&self, zone: Zone, now: Instant) -> Option<Difference> {
        let (used, other) = (&zone.0.rules, zone.0.other.as_ref()?);
        let timestamp = |at: Instant| Timestamp::from_second(at.unix()).ok();
        let (start, end) = (timestamp(now)?, timestamp(now.plus(AHEAD))?);
        let changes = |rules: &Rules| -> Vec<Timestamp> {
            rules.following(start).map(|change| change.timestamp()).take_while(|at| *at < end).collect()
        };
        let mut moments = [vec![start], changes(used), changes(other)].concat();
        moments.sort_unstable();
        let from = moments.into_iter().find(|at| used.to_offset(*at) != other.to_offset(*at))?;
        Some(Difference {
            zone,
            from: Instant::from_unix(from.as_second())?,
            used: used.to_offset(from),
            other: other.to_offset(from),
            is_of_system: self.system.as_ref().is_some_and(|system| system.is_used),
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { zone, from, used, other, is_of_system } = self;
        let from = from.utc().format("%Y-%m-%d %H:%MZ");
        let (used, other) = (shown(*used), shown(*other));
        if *is_of_system {
            write!(f, "{zone} from {from} on: {used} by the system, {other} by the older edition in this program")
        } else {
            write!(f, "{zone} from {from} on: {used} here, {other} for the other programs of this system")
        }
    }
}

fn shown(offset: Offset) -> String {
    let seconds = offset.seconds();
    let minutes = seconds.abs() / 60;
    format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}
