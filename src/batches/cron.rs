//! The five fields of cron: which minutes of which days they name, by the calendar alone.
//!
//! What cron programs read in different ways is refused, with what to write instead. Where both the day of the month and the weekday
//! are restricted, one of them has to fit, as crontab(5) has it.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime};

/// What a field may hold.
struct Kind {
    name: &'static str,
    least: u32,
    most: u32,
    /// The last one that a star goes over.
    last: u32,
    /// Names of three letters, in the order of the numbers from `least` on.
    names: &'static [&'static str],
}

const MINUTE: Kind = Kind { name: "minute", least: 0, most: 59, last: 59, names: &[] };
const HOUR: Kind = Kind { name: "hour", least: 0, most: 23, last: 23, names: &[] };
const DAY: Kind = Kind { name: "day of the month", least: 1, most: 31, last: 31, names: &[] };
const MONTH: Kind = Kind {
    name: "month",
    least: 1,
    most: 12,
    last: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
/// Sunday is 0, and once more 7.
const WEEKDAY: Kind =
    Kind { name: "weekday", least: 0, most: 7, last: 6, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };

/// The number of days that are looked through: a leap day comes within eight years, around a century that has none.
pub(super) const HORIZON: u64 = 9 * 366;

/// The values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    /// A bit for each value.
    values: u64,
    /// Whether it begins with a star, which cron programs look at.
    is_star: bool,
}

impl Field {
    fn has(self, value: u32) -> bool {
        self.values >> value & 1 == 1
    }

    fn values(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |value| self.has(*value))
    }
}

/// A pattern of five fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

impl Cron {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = *fields.as_slice() else {
            return Err(format!("{text:?} must have five fields: minute, hour, day, month, weekday"));
        };
        let said = |why: String| format!("{text:?}: {why}");
        let mut weekdays = field(weekdays, &WEEKDAY).map_err(said)?;
        weekdays.values = (weekdays.values | weekdays.values >> 7) & 0x7f;
        let cron = Self {
            minutes: field(minutes, &MINUTE).map_err(said)?,
            hours: field(hours, &HOUR).map_err(said)?,
            days: field(days, &DAY).map_err(said)?,
            months: field(months, &MONTH).map_err(said)?,
            weekdays,
        };
        cron.check().map_err(said)?;
        Ok(cron)
    }

    fn check(&self) -> Result<(), String> {
        let is_restricted = self.is_day_restricted() && self.is_weekday_restricted();
        if is_restricted && (self.days.is_star || self.weekdays.is_star) {
            return Err(
                "with a step over all days and a weekday, some cron programs want both to fit and others one of them; \
                        write the days as a list, or leave one of the two fields as *"
                    .to_owned(),
            );
        }
        let longest = |month| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let comes = |month| self.days.values().any(|day| day <= longest(month));
        if !self.is_weekday_restricted() && !self.months.values().any(comes) {
            return Err("no month that is named has such a day, so it never comes".to_owned());
        }
        Ok(())
    }

    /// Whether the day of the month says something: also `1-31` does, as far as cron programs go.
    fn is_day_restricted(&self) -> bool {
        !self.days.is_star || self.days.values().count() < 31
    }

    fn is_weekday_restricted(&self) -> bool {
        !self.weekdays.is_star || self.weekdays.values().count() < 7
    }

    /// Whether it names every hour, so that it is about the time that passes and not about hours of the day.
    pub(super) fn is_of_every_hour(&self) -> bool {
        self.hours.values().count() == 24
    }

    pub(super) fn has_minute(&self, minute: u32) -> bool {
        self.minutes.has(minute)
    }

    pub(super) fn has_day(&self, date: NaiveDate) -> bool {
        let (day, weekday) = (self.days.has(date.day()), self.weekdays.has(date.weekday().num_days_from_sunday()));
        let fits =
            if self.is_day_restricted() && self.is_weekday_restricted() { day || weekday } else { day && weekday };
        fits && self.months.has(date.month())
    }

    /// The times of the calendar that it names from `start` on, that one included, for the next nine years.
    pub(super) fn named_from(&self, start: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + use<> {
        let cron = *self;
        let days = (0..HORIZON).map_while(move |days| start.date().checked_add_days(Days::new(days)));
        let of_day = move |date: NaiveDate| {
            let hours = cron.hours.values();
            hours
                .flat_map(move |hour| cron.minutes.values().filter_map(move |minute| date.and_hms_opt(hour, minute, 0)))
        };
        days.filter(move |date| cron.has_day(*date)).flat_map(of_day).filter(move |named| *named >= start)
    }
}

fn field(text: &str, kind: &Kind) -> Result<Field, String> {
    let mut values = 0;
    for part in text.split(',') {
        values |= part_of(part, kind)?;
    }
    Ok(Field { values, is_star: text.starts_with('*') })
}

/// `*`, `7`, `1-5`, `*/10`, `10-50/20`, with names where there are some.
fn part_of(part: &str, kind: &Kind) -> Result<u64, String> {
    let unread =
        || format!("{part:?} is no {}: write *, a number, a range such as 1-5, or a step such as */10", kind.name);
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let (from, to) = match range.split_once('-') {
        _ if range == "*" => (kind.least, kind.last),
        Some((from, to)) => (number(from, kind).ok_or_else(unread)?, number(to, kind).ok_or_else(unread)?),
        None if step.is_some() => {
            return Err(format!(
                "{part:?}: a step needs a range, such as {range}-{}/{}",
                kind.last,
                step.unwrap_or_default()
            ));
        }
        None => {
            let only = number(range, kind).ok_or_else(unread)?;
            (only, only)
        }
    };
    if from > to {
        return Err(format!("{part:?}: the range ends before it begins; write it as two, with a comma between"));
    }
    let step = match step.map(str::parse::<u32>) {
        None => 1,
        Some(Ok(step)) if step == 1 || (1..=to - from).contains(&step) => step,
        Some(Ok(step)) => {
            return Err(format!("{part:?}: a step of {step} is larger than the {} it goes over", kind.name));
        }
        Some(Err(_)) => return Err(unread()),
    };
    Ok((from..=to).step_by(usize::try_from(step).unwrap_or(1)).fold(0, |values, value| values | 1 << value))
}

fn number(text: &str, kind: &Kind) -> Option<u32> {
    let named = (kind.least..).zip(kind.names).find(|(_, name)| name.eq_ignore_ascii_case(text));
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = named.map(|(number, _)| number).or_else(|| text.parse().ok().filter(|_| is_number))?;
    (kind.least..=kind.most).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests;
