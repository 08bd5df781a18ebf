//! Where the newest row of the log is ahead of the clock: the clock was ahead once, or is behind now.
//!
//! The log's time never runs backwards, so rows are written with the newest time until the clock has passed it. For more than a few
//! minutes that is nothing to go on with in silence: people can change nothing until a command on the host has said that the
//! time is to be held ([`HoldTime`](crate::audit::hold_time::HoldTime)). What the system records goes on.

use super::{Fault, Refusal};
use crate::{clock::Instant, sql, store::Queries};
use chrono::TimeDelta;

crate::gate::refusal_words! {
    /// The newest row of the log is ahead of the clock.
    LOG_AHEAD = "log-ahead";
}

/// Clocks of several machines differ by this at most.
pub(crate) const TOLERATED: TimeDelta = TimeDelta::minutes(5);

/// How what lies ahead of the clock is judged again.
#[derive(Clone, Copy, Debug)]
pub struct Judging {
    /// Only where the clock of the database agrees: of two machines the one whose clock is behind must not do it, since a one-time
    /// code that has been used would be taken again. On SQLite both are one clock. Tests have a clock of their own.
    pub compares_clocks: bool,
}

impl Default for Judging {
    fn default() -> Self {
        Self { compares_clocks: true }
    }
}

/// How far the newest row of the log is ahead of the clock, where that is more than [`TOLERATED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lead {
    /// The time of that row.
    pub(crate) newest: Instant,
    pub(crate) by: TimeDelta,
    /// Whether a command on the host has said that rows may have its time until then.
    pub(crate) is_held: bool,
}

impl Lead {
    pub(super) fn of(newest: Option<Instant>, held_until: Option<Instant>, now: Instant) -> Option<Self> {
        let newest = newest?;
        let by = newest.since(now);
        let is_held = held_until.is_some_and(|until| until >= newest);
        (by > TOLERATED).then_some(Self { newest, by, is_held })
    }

    /// Refuses a change of a person, where the time is not held.
    pub(super) fn check(lead: Option<Self>) -> Result<(), Refusal> {
        match lead {
            Some(Self { by, is_held: false, .. }) => {
                Err(Fault::conflict(LOG_AHEAD).with("minutes", by.num_minutes()).into())
            }
            _ => Ok(()),
        }
    }
}

/// As the database has it now.
pub(crate) async fn lead(db: &mut impl Queries, now: Instant) -> sqlx::Result<Option<Lead>> {
    let row: Option<(Instant, Option<Instant>)> = db
        .query(sql!(
            "select a.at, (select i.time_held_until from installation i where i.id = 1) as held_until
               from audit a order by a.seq desc limit 1"
        ))
        .optional()
        .await?;
    Ok(row.and_then(|(newest, held_until)| Lead::of(Some(newest), held_until, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_minutes_are_no_lead_and_a_held_time_is_one_that_may_go_on() {
        let now = Instant::from_unix(1_772_000_000).unwrap();
        let after = |minutes| now.plus(TimeDelta::minutes(minutes));
        assert_eq!(Lead::of(None, None, now), None);
        assert_eq!(Lead::of(Some(after(5)), None, now), None);
        let lead = Lead::of(Some(after(6)), None, now).unwrap();
        assert_eq!((lead.by, lead.is_held), (TimeDelta::minutes(6), false));
        assert!(Lead::check(Some(lead)).is_err());
        let held = Lead::of(Some(after(6)), Some(after(6)), now);
        assert!(held.is_some_and(|lead| lead.is_held) && Lead::check(held).is_ok());
        // A clock that went ahead once more.
        assert!(!Lead::of(Some(after(60)), Some(after(6)), now).unwrap().is_held);
    }
}
