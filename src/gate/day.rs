//! The day that a moment is in.

use crate::clock::Instant;
use crate::zone::Zone;
use chrono::{Days, NaiveDate};

/// A day of the zone in which days are counted: from its beginning up to the beginning of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Day {
    pub(crate) began: Instant,
    pub(crate) ends: Instant,
}

impl Day {
    /// The day that `now` is in.
    pub(crate) fn of(now: Instant, zone: Zone) -> Self {
        let date = now.utc().with_timezone(&zone).date_naive();
        let next = date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        Self { began: zone.start_of(date).unwrap_or(now), ends: zone.start_of(next).unwrap_or_else(Instant::latest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_where_it_is_counted_and_ends_with_the_next() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let day = |now: &str, zone| {
            let Day { began, ends } = Day::of(at(now), zone);
            (began.to_string(), ends.to_string())
        };
        let seoul = ("2026-11-25T15:00:00.000000Z".to_owned(), "2026-11-26T15:00:00.000000Z".to_owned());
        assert_eq!(day("2026-11-25T15:30:00.000000Z", Zone::seoul()), seoul);
        assert_eq!(day("2026-11-25T14:59:59.999999Z", Zone::seoul()).1, seoul.0);
        // Beirut's clocks go from 0:00 to 1:00 when summer begins.
        let summer = ("2026-03-28T22:00:00.000000Z".to_owned(), "2026-03-29T21:00:00.000000Z".to_owned());
        assert_eq!(day("2026-03-29T12:00:00.000000Z", "Asia/Beirut".parse().unwrap()), summer);
    }
}
