//! Reading the filters that several lists have.

use super::{ListQuery, Reading};
use crate::zone::Zone;
use crate::{
    clock::Instant,
    gate::Target,
    id::StaffId,
    text,
    web::{shell::field::wrong, words::Message},
};
use chrono::NaiveDate;
use ipnet::IpNet;
use std::net::IpAddr;

/// The id of a member of staff.
pub(crate) fn staff<F>(text: &str, _: Reading<'_, F>) -> Result<StaffId, Message> {
    text.parse().map_err(|_| wrong::not_a_choice())
}

/// The beginning of a day in the reader's zone.
pub(crate) fn first_day<F>(text: &str, reading: Reading<'_, F>) -> Result<Instant, Message> {
    day(text, reading.zone, 0)
}

/// The end of a day in the reader's zone, which the filter `from` does not lie behind.
pub(crate) fn last_day<F: ListQuery>(text: &str, reading: Reading<'_, F>) -> Result<Instant, Message> {
    let end = day(text, reading.zone, 1)?;
    let is_reversed = day(reading.typed.value("from"), reading.zone, 0).is_ok_and(|from| from >= end);
    if is_reversed { Err(wrong::reversed_days()) } else { Ok(end) }
}

/// What something is called: one that no page shows, or that a database cannot ask for, is the name of nothing.
pub(crate) fn name<F>(text: &str, _: Reading<'_, F>) -> Result<String, Message> {
    if text.len() <= Target::LONGEST && text::is_line(text) { Ok(text.to_owned()) } else { Err(wrong::not_a_choice()) }
}

pub(crate) fn choice<'a>(text: &str, mut choices: impl Iterator<Item = &'a str>) -> Result<String, Message> {
    choices.find(|choice| *choice == text).map(str::to_owned).ok_or_else(wrong::not_a_choice)
}

/// The beginning of a day, or of the one `after` it. Where clocks are changed at midnight, the earliest moment there is.
pub(crate) fn day(text: &str, zone: Zone, after: u64) -> Result<Instant, Message> {
    // The parser takes years that no database can hold, and fewer digits.
    if text.len() != "2026-11-20".len() || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(wrong::not_a_day());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| wrong::not_a_day())?;
    let day = day.checked_add_days(chrono::Days::new(after)).ok_or_else(wrong::not_a_day)?;
    zone.start_of(day).ok_or_else(wrong::not_a_day)
}

/// The first and last key of a network or of one address.
pub(crate) fn network(text: &str) -> Result<(String, String), Message> {
    let text = text.trim();
    let net = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| wrong::not_an_address())?;
    let key = |ip: IpAddr| crate::gate::audit::ip_key(&ip.to_string());
    Ok((key(net.network()), key(net.broadcast())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_its_first_moment_also_where_clocks_change_at_midnight() {
        // Cairo changes its clocks at midnight.
        let start = day("2026-04-24", "Africa/Cairo".parse().unwrap(), 0).unwrap();
        assert_eq!(start.to_string(), "2026-04-23T22:00:00.000000Z");
    }
}
