//! What chrono asks of a zone: the offset of a moment, and of a time on the clock.

use super::{Rules, Zone};
use chrono::{Datelike as _, Timelike as _};
use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use jiff::{Timestamp, civil, tz};
use std::fmt;

/// How far the clocks of a zone are from UTC at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: Zone,
    offset: FixedOffset,
    /// What the clocks are called differs from moment to moment.
    moment: Timestamp,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.offset
    }
}

/// `KST`, or `+0530` where a zone has no letters of its own.
impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.zone.0.rules.to_offset_info(self.moment).abbreviation())
    }
}

impl fmt::Debug for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.zone, self.offset)
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ZoneOffset> {
        let of = |offset: tz::Offset| {
            let utc = local.checked_sub_offset(fixed(offset)).unwrap_or(*local);
            ZoneOffset { zone: *self, offset: fixed(offset), moment: timestamp(utc) }
        };
        match self.0.rules.to_ambiguous_timestamp(civil(local)).offset() {
            tz::AmbiguousOffset::Unambiguous { offset } => MappedLocalTime::Single(of(offset)),
            tz::AmbiguousOffset::Gap { .. } => MappedLocalTime::None,
            tz::AmbiguousOffset::Fold { before, after } => MappedLocalTime::Ambiguous(of(before), of(after)),
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        let moment = timestamp(*utc);
        ZoneOffset { zone: *self, offset: fixed(self.0.rules.to_offset(moment)), moment }
    }
}

fn fixed(offset: tz::Offset) -> FixedOffset {
    FixedOffset::east_opt(offset.seconds()).unwrap_or_else(|| chrono::Utc.fix())
}

/// Zones know no years beyond the ten thousandth: there it stays as it was last.
fn timestamp(utc: NaiveDateTime) -> Timestamp {
    let seconds = utc.and_utc().timestamp();
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn civil(local: &NaiveDateTime) -> civil::DateTime {
    let part = |number: u32| i8::try_from(number).ok();
    let read = || {
        let year = i16::try_from(local.year()).ok()?;
        let (hour, minute, second) = (part(local.hour())?, part(local.minute())?, part(local.second())?);
        civil::DateTime::new(year, part(local.month())?, part(local.day())?, hour, minute, second, 0).ok()
    };
    read().unwrap_or(if local.year() < 0 { civil::DateTime::MIN } else { civil::DateTime::MAX })
}

/// The first moment at which clocks show a time or have passed it.
pub(super) fn first(rules: &Rules, local: NaiveDateTime) -> Option<Timestamp> {
    let local = civil(&local);
    match rules.to_ambiguous_timestamp(local).offset() {
        tz::AmbiguousOffset::Unambiguous { offset } | tz::AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(local).ok()
        }
        // By the offset that holds after the gap, the time lies shortly before it.
        tz::AmbiguousOffset::Gap { after, .. } => {
            let shortly_before = after.to_timestamp(local).ok()?;
            rules.following(shortly_before).next().map(|change| change.timestamp())
        }
    }
}
