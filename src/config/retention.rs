//! How long things are kept.

use crate::retention::Retention;
use serde::Deserialize;

/// `[retention]` of the configuration file. What it does not name is as usual.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    access_years: Option<Span>,
    search_days: Option<i64>,
    session_days: Option<i64>,
    batch_log_days: Option<Span>,
}

/// A number, or `"off"`: for good.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged, expecting = "neither a number nor \"off\"")]
enum Span {
    Number(i64),
    Word(Word),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Off,
}

/// What is kept for longer is kept for good.
const MOST_YEARS: i64 = 30;
const MOST_DAYS: i64 = 3_650;

impl Declared {
    /// The times, or what is wrong with them.
    pub(super) fn read(self) -> Result<Retention, String> {
        let usual = Retention::default();
        let access_years = match self.access_years {
            None => usual.access_years,
            Some(Span::Word(Word::Off)) => None,
            Some(Span::Number(years)) if years < 1 => {
                return Err(format!(
                    "retention: `access_years` is {years}, and the law has access records kept for at least 1 year, or 2 with the data of \
                     50,000 people or more; write \"off\" to keep them for good"
                ));
            }
            Some(Span::Number(years)) => Some(within("access_years", years, (1, MOST_YEARS)).map(unsigned)?),
        };
        let days = |name: &str, days: Option<i64>, usual: i64, least: i64| {
            days.map_or(Ok(usual), |days| within(name, days, (least, MOST_DAYS)))
        };
        Ok(Retention {
            access_years,
            search_days: days("search_days", self.search_days, usual.search_days, 1)?,
            session_days: days("session_days", self.session_days, usual.session_days, 0)?,
            batch_log_days: match self.batch_log_days {
                None => usual.batch_log_days,
                Some(Span::Word(Word::Off)) => None,
                Some(Span::Number(days)) => Some(within("batch_log_days", days, (1, MOST_DAYS))?),
            },
        })
    }
}

fn within(name: &str, number: i64, (least, most): (i64, i64)) -> Result<i64, String> {
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("retention: `{name}` must be between {least} and {most}, and is {number}"))
    }
}

fn unsigned(years: i64) -> u32 {
    u32::try_from(years).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rest: &str) -> Result<Retention, String> {
        toml::from_str::<Declared>(rest).map_err(|error| error.to_string())?.read()
    }

    #[test]
    fn what_is_not_named_is_as_usual() {
        assert_eq!(read("").unwrap(), Retention::default());
        let own = read("access_years = 2\nsearch_days = 3\nsession_days = 30\nbatch_log_days = 90").unwrap();
        assert_eq!(
            own,
            Retention { access_years: Some(2), search_days: 3, session_days: 30, batch_log_days: Some(90) }
        );
        assert_eq!(
            own.to_string(),
            "access records for 2 years, searches for 3 days, sessions for 30 days after their end, logs of batches for 90 days"
        );
        assert_eq!(read("access_years = \"off\"\nbatch_log_days = \"off\"").unwrap(), Retention::default());
    }

    #[test]
    fn times_that_the_law_does_not_allow_or_that_make_no_sense_are_refused() {
        for (rest, says) in [
            ("access_years = 0", "the law has access records kept for at least 1 year"),
            ("access_years = -1", "the law has access records kept for at least 1 year"),
            ("access_years = 31", "between 1 and 30"),
            ("access_years = 0.5", "neither a number nor \"off\""),
            ("access_years = \"never\"", "neither a number nor \"off\""),
            ("search_days = 0", "between 1 and 3650"),
            ("session_days = -1", "between 0 and 3650"),
            ("session_days = 3651", "between 0 and 3650"),
            ("batch_log_days = 0", "between 1 and 3650"),
            ("log_days = 5", "unknown field"),
        ] {
            let error = read(rest).unwrap_err();
            assert!(error.contains(says), "{rest}: {error}");
        }
    }
}
