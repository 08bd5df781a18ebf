//! What the audit log can be filtered by, read from an address.

use super::pages::OUTCOMES;
use crate::{
    clock::Instant,
    gate::{self, Kind, looks::LOOK},
    id::{Seq, StaffId},
    list_query,
    text::{composed, shown, typed},
    web::{
        list::{
            ListQuery as _,
            read::{choice, first_day, last_day, network, staff},
        },
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
    target: Target = |text, _| target(text);
    outcome: String = |text, _| choice(text, OUTCOMES.into_iter());
    /// From the beginning of this day, in the reader's zone.
    from: Instant = first_day;
    /// To the end of this day.
    to: Instant = last_day;
    /// An address or a network; as keys, its first and its last (see `gate::audit::ip_key`).
    address: (String, String) = |text, _| network(text);
    /// A part of the reason.
    text: String = |text, _| words(text);
    /// The numbers of the first and the last row: `120-450`.
    rows: (Seq, Seq) = |text, _| rows(text);
    /// What is left out.
    hide: String = |text, _| choice(text, [SIGN_INS].into_iter());
}

/// Requests that were turned away before they became a change.
pub(crate) const REQUESTS: &str = "request.refused";

/// Everything the action can be.
pub(crate) fn actions(kinds: &'static [Kind]) -> impl Iterator<Item = &'static str> {
    kinds.iter().map(|kind| kind.name).chain([REQUESTS, LOOK])
}

impl Filter {
    /// The filters that are set, each with the word that the list has for it. They come from an address: of what a page cannot show
    /// each character is written as U+FFFD.
    pub(crate) fn shown(&self) -> Vec<(&'static str, String)> {
        let fields = self.fields().into_iter().filter(|(_, text)| !text.trim().is_empty());
        fields.map(|(name, text)| (label(name), shown(text))).collect()
    }
}

fn label(name: &str) -> &'static str {
    match name {
        "staff" => "table.staff",
        "action" => "audit.action",
        "target" => "table.target",
        "outcome" => "table.outcome",
        "from" => "filter.from",
        "to" => "filter.to",
        "address" => "filter.address",
        "rows" => "filter.rows",
        "hide" => "filter.hidden",
        _ => "filter.text",
    }
}

/// Leaves out signing in and out.
pub(crate) const SIGN_INS: &str = "sign-ins";

/// The longest text to look for, in characters.
const MAX_TEXT: usize = 200;

/// What a row of the log is about, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// As the log has it: `user/42`, or what a customer's id is called elsewhere: `u_42`, `42`.
    Named(String, String),
    /// An order by its number, which the log does not have.
    Order(String),
    /// A member of staff by e-mail.
    Staff(String),
}

impl Target {
    /// Kind and id, where the log has it so.
    pub(crate) fn named(&self) -> Option<(String, String)> {
        match self {
            Self::Named(kind, id) => Some((kind.clone(), id.clone())),
            Self::Order(_) | Self::Staff(_) => None,
        }
    }
}

fn target(text: &str) -> Result<Target, Message> {
    let text = typed(text);
    let (kind, id) = text.split_once('/').map_or((None, text.as_str()), |(kind, id)| (Some(kind), id));
    let fits = |part: &str| !part.is_empty() && part.len() <= gate::Target::LONGEST && crate::text::is_line(part);
    if !fits(id) || kind.is_some_and(|kind| !fits(kind)) {
        return Err(wrong::not_a_choice());
    }
    let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
    let customer = id.trim_start_matches("u_").trim_start_matches('#');
    Ok(match kind {
        None | Some("staff") if id.contains('@') => Target::Staff(id.to_lowercase()),
        Some("order") if !is_number(id) => Target::Order(id.to_ascii_uppercase()),
        Some(kind) => Target::Named(kind.to_owned(), id.to_owned()),
        None if is_number(customer) => Target::Named("user".to_owned(), customer.to_owned()),
        None => Target::Order(id.to_ascii_uppercase()),
    })
}

/// The first and the last row by number, with any of the signs that people and pages set before them and between.
fn rows(text: &str) -> Result<(Seq, Seq), Message> {
    let text = typed(text);
    let number = |text: &str| {
        let digits = text.trim().trim_start_matches('#').replace(',', "");
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|_| is_number).map(Seq::new)
    };
    let (first, last) = text.split_once(['-', '–']).unwrap_or((&text, &text));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(wrong::not_rows()),
    }
}

fn words(text: &str) -> Result<String, Message> {
    // Reasons are kept composed.
    let text = composed(text.trim());
    if text.chars().count() > MAX_TEXT {
        return Err(wrong::too_long(MAX_TEXT));
    }
    if crate::text::is_line(&text) { Ok(text) } else { Err(wrong::control_characters()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::shell::field::FieldErrors;
    use crate::zone::Zone;

    fn filter(set: impl FnOnce(&mut Filter)) -> Result<AuditQuery, FieldErrors> {
        let mut filter = Filter::default();
        set(&mut filter);
        filter.read(Zone::seoul())
    }

    #[test]
    fn a_day_begins_and_ends_where_the_reader_is() {
        let query = filter(|f| (f.from, f.to) = ("2026-11-20".into(), "2026-11-20".into())).unwrap();
        assert_eq!(query.from.unwrap().to_string(), "2026-11-19T15:00:00.000000Z");
        assert_eq!(query.to.unwrap().to_string(), "2026-11-20T15:00:00.000000Z");
    }

    #[test]
    fn a_target_may_be_called_as_people_call_it() {
        let named = |kind: &str, id: &str| Some(Target::Named(kind.into(), id.into()));
        for (typed, target) in [
            ("user/42", named("user", "42")),
            ("u_42", named("user", "42")),
            ("#42", named("user", "42")),
            (" ４２ ", named("user", "42")),
            ("order/17", named("order", "17")),
            ("batch/daily-settlement", named("batch", "daily-settlement")),
            ("20261120-700001", Some(Target::Order("20261120-700001".into()))),
            ("order/r281277012", Some(Target::Order("R281277012".into()))),
            ("Mina@ingam.test", Some(Target::Staff("mina@ingam.test".into()))),
            ("staff/mina@ingam.test", Some(Target::Staff("mina@ingam.test".into()))),
        ] {
            assert_eq!(filter(|f| f.target = typed.into()).unwrap().target, target, "{typed}");
        }
    }

    #[test]
    fn a_range_that_is_reversed_is_said_at_its_end() {
        let errors = filter(|f| (f.from, f.to) = ("2026-11-21".into(), "2026-11-20".into())).unwrap_err();
        assert!(errors.has("to") && !errors.has("from"));
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
    fn rows_are_from_one_number_to_another() {
        let rows =
            |text: &str| filter(|f| f.rows = text.into()).map(|query| query.rows.map(|(a, b)| (a.get(), b.get())));
        for (text, meant) in [
            ("12-40", (12, 40)),
            (" #1,204 – #1,310 ", (1204, 1310)),
            ("7", (7, 7)),
            ("０-３", (0, 3)),
            ("5-5", (5, 5)),
        ] {
            assert_eq!(rows(text).unwrap(), Some(meant), "{text}");
        }
        for text in ["40-12", "-4", "4-", "a-b", "1-2-3", "99999999999999999999", "1.5", "+1-2"] {
            assert!(rows(text).unwrap_err().has("rows"), "{text}");
        }
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
