//! Turns: how the members of a plan follow each other on the wall clock of a zone.
//!
//! Days are counted on the calendar and only then become moments, so a change of the clocks moves no handover: the ninth hour of the day
//! stays the ninth. A handover that the clocks skip is at the first moment after the gap; one that they show twice is at the first of the
//! two. That is the rule of schedules too ([`Zone::moment_of`]).

use crate::{clock::Instant, id::StaffId, zone::Zone};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _};
use serde::{Deserialize, Serialize};

/// In what a turn is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Day,
    Week,
}

impl Unit {
    pub(crate) const ALL: [Self; 2] = [Self::Day, Self::Week];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    const fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }
}

impl TryFrom<String> for Unit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no unit of a turn"))
    }
}

/// How members take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turns {
    pub zone: Zone,
    /// On the clock of the zone.
    pub handover: NaiveTime,
    /// How many days or weeks a turn lasts, at least one.
    pub every: i64,
    pub unit: Unit,
    /// The day of the first member's first turn.
    pub starts_on: NaiveDate,
    /// In the order of their turns.
    pub members: Vec<StaffId>,
}

/// The turn of one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// The handover with which it begins.
    pub from: Instant,
    pub staff: StaffId,
}

impl Turns {
    /// The handover on this day.
    pub(super) fn handover_on(&self, day: NaiveDate) -> Option<Instant> {
        self.zone.moment_of(day.and_time(self.handover))
    }

    /// The moment at which the first member's first turn begins.
    pub(super) fn start(&self) -> Option<Instant> {
        self.handover_on(self.starts_on)
    }

    /// The turn at a moment; nothing where there is no member.
    pub(super) fn at(&self, at: Instant) -> Option<Turn> {
        self.turn(self.number_at(at)?)
    }

    /// The turns that begin after a moment, in order. Two begin at one moment where a clock leaves out the day between them; then the
    /// later one holds.
    pub(super) fn following(&self, at: Instant) -> impl Iterator<Item = Turn> {
        let first = self.number_at(at).and_then(|number| number.checked_add(1));
        let numbers = std::iter::successors(first, |number| number.checked_add(1));
        numbers.map_while(|number| self.turn(number)).skip_while(move |turn| turn.from <= at)
    }

    /// How many turns after the first one the turn at this moment is.
    fn number_at(&self, at: Instant) -> Option<i64> {
        let local = self.zone.from_utc_datetime(&at.utc().naive_utc()).date_naive();
        // From the day after: where clocks go back over midnight, that day may have begun before.
        let mut day = local.checked_add_days(Days::new(1))?;
        while self.handover_on(day)? > at {
            day = day.pred_opt()?;
        }
        Some(day.signed_duration_since(self.starts_on).num_days().div_euclid(self.days()))
    }

    fn turn(&self, number: i64) -> Option<Turn> {
        let day = self.starts_on.checked_add_signed(TimeDelta::try_days(number.checked_mul(self.days())?)?)?;
        let members = i64::try_from(self.members.len()).ok().filter(|members| *members > 0)?;
        let member = usize::try_from(number.rem_euclid(members)).ok()?;
        Some(Turn { from: self.handover_on(day)?, staff: *self.members.get(member)? })
    }

    fn days(&self) -> i64 {
        self.every.max(1).saturating_mul(self.unit.days())
    }

    /// The days from `from` until `until` on whose handover the clocks of the zone are changed: they skip its time, or show it twice.
    pub(crate) fn on_changed_clocks(&self, from: NaiveDate, until: NaiveDate) -> Vec<NaiveDate> {
        let is_changed =
            |day: &NaiveDate| self.zone.from_local_datetime(&day.and_time(self.handover)).single().is_none();
        from.iter_days().take_while(|day| *day < until).filter(is_changed).collect()
    }
}
