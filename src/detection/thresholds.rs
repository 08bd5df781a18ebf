//! From where on something is looked into: the configuration of the rules, one table each.

use super::rule::Rule;
use crate::clock::Instant;
use crate::zone::Zone;
use chrono::{Datelike as _, NaiveDate, NaiveTime, Timelike as _, Weekday};
use serde::Deserialize;

/// `[detection.…]`: what is not said is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// The channels that are told once a day of what is new.
    pub digest: Vec<String>,
    pub off_hours: OffHours,
    pub new_address: NewAddress,
    pub burst: Burst,
    pub below_threshold: BelowThreshold,
    pub pasted_reason: PastedReason,
    pub after_silence: AfterSilence,
    pub same_customer: SameCustomer,
    pub browsing: Browsing,
    pub each_other: EachOther,
    pub reveals: Reveals,
    pub refused_then_through: RefusedThenThrough,
}

/// Declares the table of a rule: each number with its bounds and what it is as usual.
macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $least:literal ..= $most:literal = $usual:literal),* $(,)? } $($more:ident: $type:ty = $value:expr),* $(,)?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            pub enabled: bool,
            $($(#[$doc])* pub $field: i64,)*
            $(pub $more: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { enabled: true, $($field: $usual,)* $($more: $value,)* }
            }
        }

        impl $name {
            /// Each number with its name, its least and its most.
            fn numbers(&self) -> Vec<(&'static str, i64, i64, i64)> {
                vec![$((stringify!($field), self.$field, $least, $most)),*]
            }
        }
    };
}

table! {
    /// Changes of points or money at night or on a day off, by a person who hardly ever makes changes then.
    OffHours {
        /// The share of the person's changes before that makes it usual, in percent.
        percent: 0..=100 = 5,
        /// How far back is looked.
        days: 7..=365 = 90,
    }
    from: Hour = Hour::new(22, 0),
    to: Hour = Hour::new(7, 0),
    weekends: bool = true,
    holidays: Vec<Holiday> = Vec::new(),
}

table! {
    /// The first change from an address.
    NewAddress {
        days: 1..=730 = 180,
        /// A person with fewer rows in the log is new.
        rows: 0..=10_000 = 20,
    }
}

table! {
    /// Many changes at once. Changes of one request are one.
    Burst { changes: 3..=1_000 = 10, seconds: 10..=3_600 = 300 }
}

table! {
    /// Adjustments that just need no second person.
    BelowThreshold { adjustments: 2..=1_000 = 3, percent: 50..=99 = 90, days: 1..=90 = 30 }
}

table! {
    /// The same short reason on many customers.
    PastedReason { customers: 2..=10_000 = 20, characters: 2..=200 = 12 }
}

table! {
    /// The first row of a person after a long time.
    AfterSilence { days: 2..=730 = 30 }
}

table! {
    /// Points for the same customer by the same person again and again.
    SameCustomer { additions: 2..=1_000 = 3, days: 1..=90 = 30 }
}

table! {
    /// Many customers opened and hardly any of them changed.
    Browsing {
        customers: 5..=100_000 = 60,
        /// How many times the person's usual day.
        times: 1..=100 = 3,
        /// The share of those changed that makes it work, in percent.
        percent: 1..=100 = 5,
        days: 7..=90 = 30,
    }
}

table! {
    /// Two who approve what the other asks for.
    EachOther {
        approvals: 2..=1_000 = 5,
        percent: 1..=100 = 80,
        days: 7..=365 = 90,
        /// Where fewer people approve, they cannot but approve each other's.
        approvers: 2..=100 = 4,
    }
}

table! {
    /// Contacts of many customers seen in full.
    Reveals { customers: 2..=100_000 = 10, times: 1..=100 = 3, days: 7..=90 = 30 }
}

table! {
    /// Many refusals, and then a change that went through.
    RefusedThenThrough {
        refusals: 2..=1_000 = 5,
        minutes: 1..=60 = 10,
        /// Wrong codes count where there are this many.
        wrong_codes: 1..=1_000 = 5,
    }
}

/// A time of day: `22:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hour(NaiveTime);

impl Hour {
    const fn new(hour: u32, minute: u32) -> Self {
        match NaiveTime::from_hms_opt(hour, minute, 0) {
            Some(time) => Self(time),
            None => Self(NaiveTime::MIN),
        }
    }
}

impl TryFrom<String> for Hour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let time = NaiveTime::parse_from_str(&text, "%H:%M").ok().filter(|_| text.len() == 5);
        time.map(Self).ok_or_else(|| format!("{text:?} is no time of day such as \"22:00\""))
    }
}

impl std::fmt::Display for Hour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

/// A day on which work is not usual: `2026-12-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Holiday(NaiveDate);

impl TryFrom<String> for Holiday {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
        day.map(Self).ok_or_else(|| format!("{text:?} is no day such as \"2026-12-25\""))
    }
}

impl OffHours {
    /// Whether a moment is at night or on a day off, by the clocks of a zone.
    pub(super) fn is_off(&self, at: Instant, zone: Zone) -> bool {
        let local = at.utc().with_timezone(&zone).naive_local();
        let (day, time) = (local.date(), local.time());
        let (from, to) = (self.from.0, self.to.0);
        let is_night = if from <= to { time >= from && time < to } else { time >= from || time < to };
        is_night
            || (self.weekends && matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
            || self.holidays.contains(&Holiday(day))
    }
}

impl Thresholds {
    /// The numbers in force of a rule, each with its name.
    pub(crate) fn numbers(&self, rule: Rule) -> Vec<(&'static str, i64)> {
        self.table(rule).1.into_iter().map(|(name, n, ..)| (name, n)).collect()
    }

    pub(crate) fn is_enabled(&self, rule: Rule) -> bool {
        self.table(rule).0
    }

    fn table(&self, rule: Rule) -> (bool, Vec<(&'static str, i64, i64, i64)>) {
        macro_rules! of {
            ($field:ident) => {
                (self.$field.enabled, self.$field.numbers())
            };
        }
        match rule {
            Rule::OffHours => of!(off_hours),
            Rule::NewAddress => of!(new_address),
            Rule::Burst => of!(burst),
            Rule::BelowThreshold => of!(below_threshold),
            Rule::PastedReason => of!(pasted_reason),
            Rule::AfterSilence => of!(after_silence),
            Rule::SameCustomer => of!(same_customer),
            Rule::Browsing => of!(browsing),
            Rule::EachOther => of!(each_other),
            Rule::Reveals => of!(reveals),
            Rule::RefusedThenThrough => of!(refused_then_through),
        }
    }

    /// What is wrong with the numbers.
    ///
    /// # Errors
    /// The first number that is out of its bounds, with its table.
    pub(crate) fn check(&self) -> Result<(), String> {
        for rule in Rule::ALL {
            let table = rule.as_str().replace('-', "_");
            for (name, n, least, most) in self.table(rule).1 {
                if !(least..=most).contains(&n) {
                    return Err(format!("detection.{table}: `{name}` must be between {least} and {most}, and is {n}"));
                }
            }
        }
        if self.off_hours.from == self.off_hours.to {
            return Err("detection.off_hours: `from` and `to` are the same time".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Thresholds, String> {
        #[derive(Deserialize)]
        struct File {
            detection: Thresholds,
        }
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        file.detection.check().map(|()| file.detection)
    }

    #[test]
    fn what_is_not_said_is_as_usual() {
        let thresholds = read("[detection.burst]\nchanges = 25\n[detection.browsing]\nenabled = false").unwrap();
        assert_eq!(thresholds.burst, Burst { changes: 25, ..Burst::default() });
        assert!(!thresholds.is_enabled(Rule::Browsing) && thresholds.is_enabled(Rule::Burst));
        assert_eq!(thresholds.reveals, Reveals::default());
        assert_eq!(Thresholds::default().check(), Ok(()));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, says) in [
            ("[detection.bursts]", "unknown field"),
            ("[detection.burst]\nmany = 3", "unknown field"),
            ("[detection.burst]\nchanges = 2", "detection.burst: `changes` must be between 3 and 1000, and is 2"),
            ("[detection.burst]\nchanges = -5", "and is -5"),
            ("[detection.burst]\nchanges = \"ten\"", "invalid type"),
            ("[detection.off_hours]\nfrom = \"25:00\"", "no time of day"),
            ("[detection.off_hours]\nfrom = \"9:00\"", "no time of day"),
            ("[detection.off_hours]\nfrom = \"07:00\"", "the same time"),
            ("[detection.off_hours]\nholidays = [\"25 December\"]", "no day such as"),
            ("[detection.off_hours]\nholidays = \"2026-12-25\"", "invalid type"),
            ("[detection.each_other]\npercent = 101", "must be between 1 and 100"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_night_goes_over_midnight_and_a_day_off_is_a_whole_day() {
        let seoul = Zone::seoul();
        let hours =
            OffHours { holidays: vec![Holiday::try_from("2026-03-03".to_owned()).unwrap()], ..OffHours::default() };
        // Seoul is nine hours ahead. 2026-03-02 is a Monday.
        for (at, is_off) in [
            ("2026-03-02T12:59:59.999999Z", false),
            ("2026-03-02T13:00:00.000000Z", true),
            ("2026-03-01T21:59:59.999999Z", true),
            ("2026-03-01T22:00:00.000000Z", false),
            ("2026-03-02T15:00:00.000000Z", true),
            ("2026-03-03T05:00:00.000000Z", true),
            ("2026-03-04T05:00:00.000000Z", false),
            ("2026-03-06T14:59:00.000000Z", true),
            ("2026-03-07T05:00:00.000000Z", true),
            ("2026-03-08T05:00:00.000000Z", true),
        ] {
            assert_eq!(hours.is_off(Instant::parse(at).unwrap(), seoul), is_off, "{at}");
        }
        let day = OffHours { from: Hour::new(1, 0), to: Hour::new(5, 0), ..OffHours::default() };
        assert!(!day.is_off(Instant::parse("2026-03-02T15:30:00.000000Z").unwrap(), seoul));
        assert!(day.is_off(Instant::parse("2026-03-02T16:00:00.000000Z").unwrap(), seoul));
    }
}
