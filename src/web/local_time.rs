//! A time as a browser's field for date and time has it, in the zone of the person.

use crate::{clock::Instant, zone::Zone};
use chrono::{NaiveDateTime, TimeZone as _, Utc};

/// As the field shows it: `2026-11-20T09:00`.
pub(crate) fn typed(at: Instant, zone: Zone) -> String {
    at.utc().with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}

/// What was typed. Where a clock shows the time twice, the first is meant; where it skips it, there is no such time.
pub(crate) fn read(text: &str, zone: Zone) -> Option<Instant> {
    let is_plain = text.len() == "2026-11-20T09:00".len() && text.is_ascii();
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok().filter(|_| is_plain)?;
    Some(Instant::from(zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc)))
}
