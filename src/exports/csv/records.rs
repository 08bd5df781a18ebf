//! Access records for a spreadsheet, each from the bytes that are hashed.

use super::{BYTE_ORDER_MARK, Cell, korean_time, line, text};
use crate::clock::Instant;
use serde::Deserialize;
use std::borrow::Cow;

/// The body of a leaf.
#[derive(Deserialize)]
struct Record {
    n: String,
    id: String,
    at: Instant,
    staff: String,
    staff_name: String,
    task: String,
    outcome: String,
    subject: Option<String>,
    detail: Option<String>,
    customers: Vec<String>,
    reason: Option<String>,
    ip: String,
    request: String,
    lane: String,
    place: String,
}

type Column = (&'static str, for<'a> fn(&'a Record) -> Cell<'a>);

/// Edition 1 of the columns. None is ever renamed, moved or removed: a new one goes to the end.
const COLUMNS: [Column; 17] = [
    ("n", |record| number(&record.n)),
    ("id", |record| number(&record.id)),
    ("at_kst", |record| Cell::Time(korean_time(record.at))),
    ("at_utc", |record| Cell::Time(record.at.to_string())),
    ("staff", |record| number(&record.staff)),
    ("name", |record| text(&record.staff_name)),
    ("task", |record| text(&record.task)),
    ("outcome", |record| text(&record.outcome)),
    ("subject", |record| maybe(record.subject.as_deref())),
    ("detail", |record| maybe(record.detail.as_deref())),
    ("customers", |record| Cell::Text(Cow::Owned(named(&record.customers)))),
    ("how_many", |record| Cell::Number(i64::try_from(record.customers.len()).ok())),
    ("reason", |record| maybe(record.reason.as_deref())),
    ("ip", |record| text(&record.ip)),
    ("request", |record| text(&record.request)),
    ("lane", |record| number(&record.lane)),
    ("place", |record| number(&record.place)),
];

fn number(text: &str) -> Cell<'_> {
    Cell::Number(text.parse().ok())
}

fn maybe(text: Option<&str>) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(text.unwrap_or_default()))
}

/// `u_5 u_7`: ids alone would be taken for a number.
fn named(customers: &[String]) -> String {
    customers.iter().map(|id| format!("u_{id}")).collect::<Vec<_>>().join(" ")
}

/// Writes the names of the columns.
pub(crate) fn header(out: &mut Vec<u8>) {
    out.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
    line(out, &COLUMNS.map(|(name, _)| text(name)));
}

/// Writes the record with these bytes.
///
/// # Errors
///
/// They are not those of a record.
pub(crate) fn row(out: &mut Vec<u8>, body: &[u8]) -> serde_json::Result<()> {
    let record: Record = serde_json::from_slice(body)?;
    line(out, &COLUMNS.map(|(_, of)| of(&record)));
    Ok(())
}
