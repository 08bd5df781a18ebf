//! What the audit log can be filtered by, read from an address.

use super::pages::OUTCOMES;
use crate::{
    clock::Instant,
    gate::{Kind, looks::LOOK},
    id::StaffId,
    list_query,
    web::{
        list::read::{choice, first_day, last_day, network, staff},
        shell::field::wrong,
        words::Message,
    },
};

list_query! {
    /// The filters of the audit log as they were typed.
    typed Filter at "/audit" from "before";
    /// What the filters of the audit log mean.
    meant AuditQuery;
    staff: StaffId = staff;
    /// One of the kinds of change; the list knows which there are.
    action: String = |text, _| words(text);
    target: (String, String) = |text, _| target(text);
    outcome: String = |text, _| choice(text, OUTCOMES.into_iter());
    /// From the beginning of this day, in the reader's zone.
    from: Instant = first_day;
    /// To the end of this day.
    to: Instant = last_day;
    /// An address or a network; as keys, its first and its last (see `gate::audit::ip_key`).
    address: (String, String) = |text, _| network(text);
    /// A part of the reason.
    text: String = |text, _| words(text);
}

/// Requests that were turned away before they became a change.
pub(crate) const REQUESTS: &str = "request.refused";

/// Everything the action can be.
pub(crate) fn actions(kinds: &'static [Kind]) -> impl Iterator<Item = &'static str> {
    kinds.iter().map(|kind| kind.name).chain([REQUESTS, LOOK])
}

/// The longest text to look for, in characters.
const MAX_TEXT: usize = 200;

/// `user/42`, or what a customer's id is called elsewhere: `u_42`, `42`.
fn target(text: &str) -> Result<(String, String), Message> {
    let text = text.trim();
    let (kind, id) = match text.split_once('/') {
        Some((kind, id)) => (kind, id),
        None => ("user", text.trim_start_matches("u_").trim_start_matches('#')),
    };
    let fits = |part: &str| !part.is_empty() && part.len() <= 254 && crate::text::is_line(part);
    if fits(kind) && fits(id) { Ok((kind.to_owned(), id.to_owned())) } else { Err(wrong::not_a_choice()) }
}

fn words(text: &str) -> Result<String, Message> {
    let text = text.trim();
    if text.chars().count() > MAX_TEXT {
        return Err(wrong::too_long(MAX_TEXT));
    }
    if crate::text::is_line(text) { Ok(text.to_owned()) } else { Err(wrong::control_characters()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::{list::ListQuery as _, shell::field::FieldErrors};
    use chrono_tz::Tz;

    fn filter(set: impl FnOnce(&mut Filter)) -> Result<AuditQuery, FieldErrors> {
        let mut filter = Filter::default();
        set(&mut filter);
        filter.read(Tz::Asia__Seoul)
    }

    #[test]
    fn a_day_begins_and_ends_where_the_reader_is() {
        let query = filter(|f| (f.from, f.to) = ("2026-11-20".into(), "2026-11-20".into())).unwrap();
        assert_eq!(query.from.unwrap().to_string(), "2026-11-19T15:00:00.000000Z");
        assert_eq!(query.to.unwrap().to_string(), "2026-11-20T15:00:00.000000Z");
    }

    #[test]
    fn a_network_is_a_range() {
        let query = filter(|f| f.address = "10.20.0.0/16".into()).unwrap();
        let (first, last) = query.address.unwrap();
        let inside = crate::gate::audit::ip_key("10.20.4.18");
        assert!(first <= inside && inside <= last);
        assert!(crate::gate::audit::ip_key("10.21.0.0") > last);
    }

    #[test]
    fn what_makes_no_sense_is_said_at_its_field() {
        let errors = filter(|f| {
            f.staff = "mina".into();
            f.from = "yesterday".into();
            f.address = "office".into();
            f.text = "\u{202e}".into();
        })
        .unwrap_err();
        for field in ["staff", "from", "address", "text"] {
            assert!(errors.has(field), "{field}");
        }
    }
}
