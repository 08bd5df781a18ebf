//! When a job runs: five-field cron in a time zone.
//!
//! What a pattern names is worked out by the calendar ([`super::cron`]), and what becomes of it where a clock is changed is one rule for
//! all of them (docs/batches.md has it as a table). Times of the day, also in lists, ranges and steps, run once each day: a
//! time that does not exist because the clock was put forward, at the first moment after the gap; one that exists twice, the
//! first time. What names every hour is about the time that passes, and runs in each hour that there is.

use super::cron::{Cron, HORIZON};
use crate::clock::Instant;
use crate::zone::Zone;
use chrono::{
    DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Timelike as _, Utc,
};
use serde::{Deserialize, Serialize};

/// A clock is put forward or back by a day at most: Samoa left out the thirtieth of December 2011.
const LONGEST_CHANGE: TimeDelta = TimeDelta::hours(26);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Minute, hour, day, month, weekday.
    pub cron: String,
    #[serde(default = "seoul")]
    pub zone: String,
    #[serde(default)]
    pub catch_up: CatchUp,
}

/// What to do with ticks for which no process was running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CatchUp {
    /// They are missed, and that is told.
    #[default]
    None,
    /// The last one of them runs.
    One,
}

fn seoul() -> String {
    "Asia/Seoul".to_owned()
}

impl Schedule {
    pub fn check(&self) -> Result<(), String> {
        self.zone().ok_or_else(|| format!("{:?} is not a time zone", self.zone))?;
        self.cron().map(drop)
    }

    pub fn zone(&self) -> Option<Zone> {
        self.zone.parse().ok()
    }

    fn cron(&self) -> Result<Cron, String> {
        Cron::parse(&self.cron)
    }

    /// The first time after `after`, if there is one.
    pub fn next(&self, after: Instant) -> Option<Instant> {
        self.times(after).next()
    }

    /// The next `count` times after `after`.
    pub fn following(&self, after: Instant, count: usize) -> Vec<Instant> {
        self.times(after).take(count).collect()
    }

    /// All times after `after`, as far as years go.
    pub(crate) fn times(&self, after: Instant) -> impl Iterator<Item = Instant> + use<> {
        let known = self.cron().ok().zip(self.zone());
        std::iter::successors(Some(after), move |last| {
            let (cron, zone) = known?;
            let next =
                if cron.is_of_every_hour() { next_in_hours(cron, zone, *last) } else { next_of_day(cron, zone, *last) };
            next.filter(|next| next > last)
        })
        .skip(1)
    }

    /// The day of the calendar that a tick is for: of a time that did not exist, the day that had it left out.
    pub(crate) fn day_of(&self, tick: Instant) -> Option<NaiveDate> {
        let (cron, zone) = (self.cron().ok()?, self.zone()?);
        let local = local(zone, tick);
        if cron.is_of_every_hour() {
            return Some(local.date());
        }
        let mut named = cron.named_from(start(zone, tick)).take_while(|named| *named <= local);
        let first = named.find(|named| zone.moment_of(*named) == Some(tick));
        Some(first.unwrap_or(local).date())
    }
}

/// The next of the times of the day that a pattern names.
fn next_of_day(cron: Cron, zone: Zone, after: Instant) -> Option<Instant> {
    cron.named_from(start(zone, after)).find_map(|named| zone.moment_of(named).filter(|at| *at > after))
}

/// From where to look for what was named: a day earlier where a clock was changed since, for what was left out or comes twice.
fn start(zone: Zone, at: Instant) -> NaiveDateTime {
    let before = at.minus(LONGEST_CHANGE);
    let changed = offset(zone, before) != offset(zone, at);
    let start = local(zone, at);
    let start = if changed { start.checked_sub_signed(LONGEST_CHANGE).unwrap_or(start) } else { start };
    start.with_second(0).and_then(|start| start.with_nanosecond(0)).unwrap_or(start)
}

/// The next minute of any hour that a pattern names.
fn next_in_hours(cron: Cron, zone: Zone, after: Instant) -> Option<Instant> {
    let utc = after.utc();
    let mut at = utc.with_second(0)?.with_nanosecond(0)?.checked_add_signed(TimeDelta::minutes(1))?;
    let until = utc.checked_add_days(Days::new(HORIZON))?;
    while at <= until {
        let local = at.with_timezone(&zone).naive_local();
        if !cron.has_day(local.date()) {
            let midnight = local.date().checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
            let next: DateTime<Utc> = zone.moment_of(midnight)?.utc();
            // A day that begins twice has begun already.
            at = if next > at { next } else { at.checked_add_signed(TimeDelta::minutes(1))? };
        } else if cron.has_minute(local.minute()) {
            return Some(Instant::from(at));
        } else {
            at = at.checked_add_signed(TimeDelta::minutes(1))?;
        }
    }
    None
}

fn local(zone: Zone, at: Instant) -> NaiveDateTime {
    at.utc().with_timezone(&zone).naive_local()
}

fn offset(zone: Zone, at: Instant) -> i32 {
    zone.offset_from_utc_datetime(&at.utc().naive_utc()).fix().local_minus_utc()
}

#[cfg(test)]
mod tests;
