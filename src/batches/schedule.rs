//! When a job runs: five-field cron in a time zone.
//!
//! croner works out the local times; what it makes of a clock that is changed is tested below. A time that does not exist
//! because the clock was put forward runs at the first moment after the gap, and one that exists twice runs once.

use crate::clock::Instant;
use chrono_tz::Tz;
use croner::Cron;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

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

    pub fn zone(&self) -> Option<Tz> {
        self.zone.parse().ok()
    }

    fn cron(&self) -> Result<Cron, String> {
        if self.cron.split_whitespace().count() != 5 {
            return Err(format!("{:?} must have five fields: minute, hour, day, month, weekday", self.cron));
        }
        Cron::from_str(&self.cron).map_err(|error| format!("{:?}: {error}", self.cron))
    }

    /// The first time after `after`, if there is one.
    pub fn next(&self, after: Instant) -> Option<Instant> {
        let zone = self.zone()?;
        let next = self.cron().ok()?.find_next_occurrence(&after.utc().with_timezone(&zone), false).ok()?;
        let next = Instant::from(next.with_timezone(&chrono::Utc));
        // Never the same time again, even if the clock was set back.
        (next > after).then_some(next)
    }

    /// The next `count` times after `after`.
    pub fn following(&self, after: Instant, count: usize) -> Vec<Instant> {
        std::iter::successors(self.next(after), |last| self.next(*last)).take(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}:00.000000Z")).unwrap()
    }

    fn times(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule { cron: cron.to_owned(), zone: zone.to_owned(), catch_up: CatchUp::None };
        schedule.check().unwrap();
        let shown = |at: Instant| at.to_string().chars().take(16).collect();
        schedule.following(at(after), count).into_iter().map(shown).collect()
    }

    #[test]
    fn a_time_in_seoul_is_told_in_utc() {
        assert_eq!(times("30 2 * * *", "Asia/Seoul", "2026-11-20T00:00", 2), ["2026-11-20T17:30", "2026-11-21T17:30"]);
        assert_eq!(times("0 9 * * MON", "Asia/Seoul", "2026-11-20T00:00", 1), ["2026-11-23T00:00"]);
        assert_eq!(times("*/15 * * * *", "UTC", "2026-11-20T00:00", 2), ["2026-11-20T00:15", "2026-11-20T00:30"]);
    }

    #[test]
    fn a_time_in_the_gap_runs_once_that_day_and_every_other_day() {
        // New York puts its clocks forward at two on the eighth of March 2026.
        let ran = times("30 2 * * *", "America/New_York", "2026-03-07T00:00", 4);
        assert_eq!(ran.len(), 4);
        let days: Vec<&str> = ran.iter().map(|time| &time[..10]).collect();
        assert_eq!(days, ["2026-03-07", "2026-03-08", "2026-03-09", "2026-03-10"], "{ran:?}");
    }

    #[test]
    fn a_time_that_exists_twice_runs_once() {
        // And back at two on the first of November.
        let ran = times("30 1 * * *", "America/New_York", "2026-10-31T00:00", 3);
        let days: Vec<&str> = ran.iter().map(|time| &time[..10]).collect();
        assert_eq!(days, ["2026-10-31", "2026-11-01", "2026-11-02"], "{ran:?}");
    }

    #[test]
    fn what_is_no_schedule_is_said() {
        for (cron, zone) in
            [("* * * * * *", "UTC"), ("61 * * * *", "UTC"), ("", "UTC"), ("@daily", "UTC"), ("0 0 * * *", "Mars/Base")]
        {
            let schedule = Schedule { cron: cron.to_owned(), zone: zone.to_owned(), catch_up: CatchUp::None };
            assert!(schedule.check().is_err(), "{cron} {zone}");
        }
        let never = Schedule { cron: "0 0 31 2 *".to_owned(), zone: "UTC".to_owned(), catch_up: CatchUp::None };
        assert_eq!(never.next(at("2026-11-20T00:00")), None);
    }
}
