//! What the audit log can be filtered by, read from an address.

use super::pages::{Filter, OUTCOMES};
use crate::{
    clock::Instant,
    gate::Kind,
    web::{
        shell::field::{FieldErrors, wrong},
        words::Message,
    },
};
use chrono::{LocalResult, NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use ipnet::IpNet;
use std::net::IpAddr;

/// A filter that makes sense.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub staff: Option<i64>,
    pub action: Option<String>,
    pub target: Option<(String, String)>,
    pub outcome: Option<String>,
    /// From the beginning of the first day to the end of the last, in the reader's zone.
    pub from: Option<Instant>,
    pub until: Option<Instant>,
    /// First and last key of a network; see `gate::audit::ip_key`.
    pub network: Option<(String, String)>,
    pub text: Option<String>,
}

/// Requests that were turned away before they became a change.
pub const REQUESTS: &str = "request.refused";

/// Everything the action can be.
pub fn actions(kinds: &'static [Kind]) -> impl Iterator<Item = &'static str> {
    kinds.iter().map(|kind| kind.name).chain([REQUESTS])
}

const MAX_TEXT: usize = 200;

pub fn read(filter: &Filter, kinds: &'static [Kind], zone: Tz) -> Result<Wanted, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut read = |field: &'static str, text: &str, result: Result<(), Message>| {
        if let (false, Err(message)) = (text.is_empty(), result) {
            errors.add(field, message);
        }
    };
    let mut wanted = Wanted::default();
    read(
        "staff",
        &filter.staff,
        filter.staff.parse().map(|id| wanted.staff = Some(id)).map_err(|_| wrong::not_a_choice()),
    );
    read("action", &filter.action, choice(&filter.action, actions(kinds)).map(|action| wanted.action = Some(action)));
    read(
        "outcome",
        &filter.outcome,
        choice(&filter.outcome, OUTCOMES.into_iter()).map(|outcome| wanted.outcome = Some(outcome)),
    );
    read("target", &filter.target, target(&filter.target).map(|target| wanted.target = Some(target)));
    read("from", &filter.from, day(&filter.from, zone, 0).map(|at| wanted.from = Some(at)));
    read("to", &filter.to, day(&filter.to, zone, 1).map(|at| wanted.until = Some(at)));
    read("address", &filter.address, network(&filter.address).map(|network| wanted.network = Some(network)));
    read("text", &filter.text, words(&filter.text).map(|text| wanted.text = Some(text)));
    if errors.is_empty() { Ok(wanted) } else { Err(errors) }
}

/// The beginning of the first day and the end of the last, where they were given.
pub fn days(from: &str, to: &str, zone: Tz) -> Result<(Option<Instant>, Option<Instant>), FieldErrors> {
    let wanted = read(&Filter { from: from.to_owned(), to: to.to_owned(), ..Filter::default() }, &[], zone)?;
    Ok((wanted.from, wanted.until))
}

fn choice<'a>(text: &str, mut choices: impl Iterator<Item = &'a str>) -> Result<String, Message> {
    choices.find(|choice| *choice == text).map(str::to_owned).ok_or_else(wrong::not_a_choice)
}

/// `user/42`, or what a customer's id is called elsewhere: `u_42`, `42`.
fn target(text: &str) -> Result<(String, String), Message> {
    let text = text.trim();
    let (kind, id) = match text.split_once('/') {
        Some((kind, id)) => (kind, id),
        None => ("user", text.trim_start_matches("u_").trim_start_matches('#')),
    };
    let fits = |part: &str| !part.is_empty() && part.len() <= 254 && part.chars().all(crate::gate::is_printable);
    if fits(kind) && fits(id) { Ok((kind.to_owned(), id.to_owned())) } else { Err(wrong::not_a_choice()) }
}

/// The beginning of a day, or of the one `after` it. Where clocks are changed at midnight, the earliest moment there is.
fn day(text: &str, zone: Tz, after: u64) -> Result<Instant, Message> {
    // The parser takes years that no database can hold, and fewer digits.
    if text.len() != "2026-11-20".len() || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(wrong::not_a_day());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| wrong::not_a_day())?;
    let day = day.checked_add_days(chrono::Days::new(after)).ok_or_else(wrong::not_a_day)?;
    let start = (0..4).find_map(|hour| {
        let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
        match zone.from_local_datetime(&day.and_time(time)) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at),
            LocalResult::None => None,
        }
    });
    start.map(|at| at.with_timezone(&chrono::Utc).into()).ok_or_else(wrong::not_a_day)
}

/// The first and last key of a network or of one address.
pub fn network(text: &str) -> Result<(String, String), Message> {
    let text = text.trim();
    let net = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| wrong::not_an_address())?;
    let key = |ip: IpAddr| crate::gate::audit::ip_key(&ip.to_string());
    Ok((key(net.network()), key(net.broadcast())))
}

fn words(text: &str) -> Result<String, Message> {
    let text = text.trim();
    if text.chars().count() > MAX_TEXT {
        return Err(wrong::too_long(MAX_TEXT));
    }
    if text.chars().all(crate::gate::is_printable) { Ok(text.to_owned()) } else { Err(wrong::control_characters()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(set: impl FnOnce(&mut Filter)) -> Result<Wanted, FieldErrors> {
        let mut filter = Filter::default();
        set(&mut filter);
        read(&filter, crate::changes::KINDS, Tz::Asia__Seoul)
    }

    #[test]
    fn a_day_begins_and_ends_where_the_reader_is() {
        let wanted = filter(|f| (f.from, f.to) = ("2026-11-20".into(), "2026-11-20".into())).unwrap();
        assert_eq!(wanted.from.unwrap().to_string(), "2026-11-19T15:00:00.000000Z");
        assert_eq!(wanted.until.unwrap().to_string(), "2026-11-20T15:00:00.000000Z");
        // Cairo changes its clocks at midnight.
        assert!(day("2026-04-24", Tz::Africa__Cairo, 0).is_ok());
    }

    #[test]
    fn a_network_is_a_range() {
        let wanted = filter(|f| f.address = "10.20.0.0/16".into()).unwrap();
        let (first, last) = wanted.network.unwrap();
        let inside = crate::gate::audit::ip_key("10.20.4.18");
        assert!(first <= inside && inside <= last);
        assert!(crate::gate::audit::ip_key("10.21.0.0") > last);
    }

    #[test]
    fn what_makes_no_sense_is_said_at_its_field() {
        let errors = filter(|f| {
            f.staff = "mina".into();
            f.action = "points.steal".into();
            f.from = "yesterday".into();
            f.address = "office".into();
            f.text = "\u{202e}".into();
        })
        .unwrap_err();
        for field in ["staff", "action", "from", "address", "text"] {
            assert!(errors.has(field), "{field}");
        }
    }
}
