//! The hour and the day in which looks are counted.

use super::Span;
use crate::zone::Zone;
use crate::{clock::Instant, gate::day::Day};
use chrono::TimeDelta;

/// One hour or one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub span: Span,
    pub starts: Instant,
    /// Not in it any more.
    pub ends: Instant,
}

impl Window {
    /// The full hour of UTC that `now` is in.
    pub fn hour(now: Instant) -> Self {
        const HOUR: i64 = 3_600;
        let starts = Instant::from_unix(now.unix().div_euclid(HOUR) * HOUR).unwrap_or(now);
        Self { span: Span::Hour, starts, ends: starts.plus(TimeDelta::hours(1)) }
    }

    /// The day in `zone` that `now` is in.
    pub fn day(now: Instant, zone: Zone) -> Self {
        let Day { began, ends } = Day::of(now, zone);
        Self { span: Span::Day, starts: began, ends }
    }

    pub fn of(span: Span, now: Instant, zone: Zone) -> Self {
        match span {
            Span::Hour => Self::hour(now),
            Span::Day => Self::day(now, zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_and_a_day_end_where_the_next_begins() {
        let at = Instant::parse("2026-03-29T00:59:59.999999Z").unwrap();
        let hour = Window::hour(at);
        assert_eq!(
            (hour.starts.to_string(), hour.ends.to_string()),
            ("2026-03-29T00:00:00.000000Z".to_owned(), "2026-03-29T01:00:00.000000Z".to_owned())
        );
        assert_eq!(Window::hour(hour.ends).starts, hour.ends);
        // Berlin puts its clocks forward on this day: it has 23 hours.
        let day = Window::day(at, "Europe/Berlin".parse().unwrap());
        assert_eq!(day.ends.since(day.starts), TimeDelta::hours(23));
        assert_eq!(Window::day(day.ends, "Europe/Berlin".parse().unwrap()).starts, day.ends);
        let day = Window::day(at, Zone::seoul());
        assert_eq!(day.starts.to_string(), "2026-03-28T15:00:00.000000Z");
    }
}
