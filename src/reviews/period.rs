//! What a report is about: a month or a quarter of a year, on the calendar of the business.

use crate::{clock::Instant, plan::Every, web::panel::Segment, zone::Zone};
use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// `2026-11` or `2026-Q4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    first_day: NaiveDate,
    every: Every,
}

/// No month and no quarter.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a month such as 2026-11, nor a quarter such as 2026-Q4")]
pub struct NoPeriod;

impl Period {
    /// The one that a moment is in.
    pub(crate) fn of(at: Instant, zone: Zone, every: Every) -> Option<Self> {
        let day = at.utc().with_timezone(&zone).date_naive();
        let month = match every {
            Every::Month => day.month(),
            Every::Quarter => day.month0() / 3 * 3 + 1,
        };
        Some(Self { first_day: NaiveDate::from_ymd_opt(day.year(), month, 1)?, every })
    }

    fn months(self) -> Months {
        Months::new(match self.every {
            Every::Month => 1,
            Every::Quarter => 3,
        })
    }

    pub(crate) fn previous(self) -> Option<Self> {
        Some(Self { first_day: self.first_day.checked_sub_months(self.months())?, ..self })
    }

    /// The first day, and the first one after it.
    pub(crate) fn days(self) -> Option<(NaiveDate, NaiveDate)> {
        Some((self.first_day, self.first_day.checked_add_months(self.months())?))
    }

    /// Its first moment, and the first one after it.
    pub(crate) fn bounds(self, zone: Zone) -> Option<(Instant, Instant)> {
        let (first, next) = self.days()?;
        Some((zone.start_of(first)?, zone.start_of(next)?))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.first_day.year(), self.first_day.month());
        match self.every {
            Every::Month => write!(f, "{year:04}-{month:02}"),
            Every::Quarter => write!(f, "{year:04}-Q{}", month.div_ceil(3)),
        }
    }
}

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        let number = |text: &str| -> Option<u32> {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
        };
        let read = || {
            let (year, rest) = text.split_once('-').filter(|_| text.len() == "2026-11".len())?;
            let year = i32::try_from(number(year)?).ok().filter(|year| (1970..9999).contains(year))?;
            let (month, every) = match rest.strip_prefix('Q') {
                Some(quarter) => (number(quarter)?.checked_sub(1)? * 3 + 1, Every::Quarter),
                None => (number(rest)?, Every::Month),
            };
            Some(Self { first_day: NaiveDate::from_ymd_opt(year, month, 1)?, every })
        };
        read().ok_or(NoPeriod)
    }
}

impl TryFrom<String> for Period {
    type Error = NoPeriod;

    fn try_from(text: String) -> Result<Self, NoPeriod> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

impl Segment for Period {
    const COUNT: usize = 1;

    fn read(segment: Option<&str>) -> Option<Self> {
        segment?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(period: &str, zone: &str) -> (String, String) {
        let (from, to) = period.parse::<Period>().unwrap().bounds(zone.parse().unwrap()).unwrap();
        (from.to_string(), to.to_string())
    }

    #[test]
    fn a_month_begins_and_ends_at_midnight_where_the_business_is() {
        let said = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(bounds("2026-11", "Asia/Seoul"), said("2026-10-31T15:00:00.000000Z", "2026-11-30T15:00:00.000000Z"));
        assert_eq!(bounds("2026-Q1", "UTC"), said("2026-01-01T00:00:00.000000Z", "2026-04-01T00:00:00.000000Z"));
        // Clocks go forward within March in Berlin, and the month is an hour shorter.
        assert_eq!(
            bounds("2026-03", "Europe/Berlin"),
            said("2026-02-28T23:00:00.000000Z", "2026-03-31T22:00:00.000000Z")
        );
        // Beirut's clocks skip the midnight with which a day begins; no month begins so, but one ends after a change.
        assert_eq!(
            bounds("2026-10", "Asia/Beirut"),
            said("2026-09-30T21:00:00.000000Z", "2026-10-31T22:00:00.000000Z")
        );
    }

    #[test]
    fn a_period_ends_where_the_next_one_begins() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let mut period: Period = "2027-02".parse().unwrap();
        for _ in 0..14 {
            let earlier = period.previous().unwrap();
            assert_eq!(earlier.bounds(zone).unwrap().1, period.bounds(zone).unwrap().0);
            assert_eq!(earlier.to_string().parse::<Period>().unwrap(), earlier);
            period = earlier;
        }
        assert_eq!(period.to_string(), "2025-12");
        let quarter: Period = "2026-Q1".parse().unwrap();
        assert_eq!(quarter.previous().unwrap().to_string(), "2025-Q4");
    }

    #[test]
    fn a_moment_is_in_the_period_of_its_day_there() {
        let at = Instant::parse("2026-03-31T15:00:00.000000Z").unwrap();
        let of = |zone: &str, every| Period::of(at, zone.parse().unwrap(), every).unwrap().to_string();
        assert_eq!((of("Asia/Seoul", Every::Month), of("UTC", Every::Month)), ("2026-04".into(), "2026-03".into()));
        assert_eq!((of("Asia/Seoul", Every::Quarter), of("UTC", Every::Quarter)), ("2026-Q2".into(), "2026-Q1".into()));
    }

    #[test]
    fn only_the_two_forms_are_read() {
        for text in [
            "",
            "2026-13",
            "2026-00",
            "2026-1",
            "2026-Q0",
            "2026-Q5",
            "26-11",
            "2026-1１",
            "+026-11",
            "2026-11-01",
            "9999-12",
            "1969-12",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
