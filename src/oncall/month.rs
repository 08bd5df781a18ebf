//! A month on the calendar of the person who looks.

use super::duty::{Duty, Shift};
use crate::{clock::Instant, web::words::Lang, zone::Zone};
use chrono::{Datelike as _, Days, Months, NaiveDate, TimeZone as _};

/// A month that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Month {
    pub first: NaiveDate,
    pub from: Instant,
    pub until: Instant,
    pub zone: Zone,
    /// The day of the reader's today.
    pub today: NaiveDate,
    pub lang: Lang,
}

/// A day of the month with the shifts that touch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub date: NaiveDate,
    pub shifts: Vec<Part>,
    pub is_today: bool,
    /// The column of the first day where a week is a row; the first column is 1.
    pub column: Option<u32>,
}

/// The part of a shift that is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub shift: Shift,
    /// Whether it begins on this day.
    pub begins: bool,
}

impl Month {
    /// The month `2026-11` of the reader's zone; that of today where the text is none.
    pub(crate) fn asked(text: &str, now: Instant, zone: Zone, lang: Lang) -> Self {
        let today = zone.from_utc_datetime(&now.utc().naive_utc()).date_naive();
        let asked = format!("{text}-01").parse::<NaiveDate>().ok().filter(|_| text.len() == "2026-11".len());
        // Nothing is known of other centuries.
        let asked = asked
            .filter(|day| (today.year().saturating_sub(20)..=today.year().saturating_add(5)).contains(&day.year()));
        let first = asked.unwrap_or(today);
        let first = first.with_day(1).unwrap_or(first);
        let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
        let start = |day| zone.start_of(day).unwrap_or(now);
        Self { first, from: start(first), until: start(next), zone, today, lang }
    }

    /// As its address has it.
    pub(crate) fn name(&self) -> String {
        name(Some(self.first))
    }

    pub(crate) fn previous(&self) -> String {
        name(self.first.checked_sub_months(Months::new(1)))
    }

    pub(crate) fn next(&self) -> String {
        name(self.first.checked_add_months(Months::new(1)))
    }

    /// The weekdays in the order of the columns, as the keys of their names: in Korea a week begins on Sunday.
    pub(crate) fn weekdays(&self) -> [&'static str; 7] {
        match self.lang {
            Lang::Ko => ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
            Lang::En => ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        }
    }

    fn column(&self, day: NaiveDate) -> u32 {
        let weekday = match self.lang {
            Lang::Ko => day.weekday().num_days_from_sunday(),
            Lang::En => day.weekday().num_days_from_monday(),
        };
        weekday.saturating_add(1)
    }
}

impl Day {
    pub(crate) fn number(&self) -> u32 {
        self.date.day()
    }

    /// The key of the name of its weekday.
    pub(crate) fn weekday(&self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            .get(usize::try_from(self.date.weekday().num_days_from_monday()).unwrap_or_default())
            .copied()
            .unwrap_or_default()
    }
}

/// A month as its address has it; empty beyond the years that there are.
fn name(first: Option<NaiveDate>) -> String {
    first.map(|first| first.format("%Y-%m").to_string()).unwrap_or_default()
}

/// The days of a month. Of what is over and never was on duty nothing is shown: a rota has no gap before it was made.
pub(crate) fn days(month: &Month, duty: &Duty, now: Instant) -> Vec<Day> {
    let shifts = duty.shifts(month.from, month.until);
    let begins = duty.plans.iter().map(|plan| plan.from).min();
    let is_shown = |shift: &&Shift| shift.staff.is_some() || begins.is_some_and(|begins| shift.until > begins.min(now));
    let mut days = Vec::new();
    let mut date = month.first;
    while date.month() == month.first.month() && date.year() == month.first.year() {
        let Some(next) = date.checked_add_days(Days::new(1)) else { break };
        let start = |day| month.zone.start_of(day).unwrap_or(month.until);
        let (from, until) = (start(date), start(next));
        let touching = shifts.iter().filter(is_shown).filter(|shift| shift.from < until && shift.until > from);
        let parts = touching.map(|shift| Part { shift: *shift, begins: shift.from >= from && shift.from > month.from });
        let column = (date == month.first).then(|| month.column(date));
        days.push(Day { date, shifts: parts.collect(), is_today: date == month.today, column });
        date = next;
    }
    days
}
