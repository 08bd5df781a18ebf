//! The reading copy of the audit log, for spreadsheets. The evidence is JSON Lines: a spreadsheet has its own idea of what a text is,
//! so here some are guarded ([`guard`]), cut, or shown otherwise.
//!
//! Line breaks within a cell are LF. Other control characters are shown by their pictures (U+2400 and on): Calc drops NUL when it opens
//! a CSV, and all of them, tabs too, from what it saves as ODS.

mod guard;
pub(crate) mod records;

use crate::{
    clock::Instant,
    gate::audit::Entry,
    id::{RequestId, Seq, StaffId},
};
use chrono::TimeDelta;
use guard::is_guarded;
use serde_json::Value;
use std::borrow::Cow;

/// The most of a text that a cell holds, in UTF-16 units: Excel and Calc cut at 32,767 themselves, without a mark.
const LONGEST: usize = 32_000;
/// Without it Korean Excel takes a file for code page 949.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What ends a text that was cut.
const CUT: &str = "…[cut, see the log]";
/// Spreadsheets keep 15 digits of a number; what has more is a text.
const NUMBERS_END: u64 = 1_000_000_000_000_000;

/// What a column holds, which says how a spreadsheet should take it.
enum Cell<'a> {
    Number(Option<i64>),
    Time(String),
    Text(Cow<'a, str>),
}

type Column = (&'static str, for<'a> fn(&'a Entry) -> Cell<'a>);

/// Edition 1 of the columns. None is ever renamed, moved or removed: a new one goes to the end.
const COLUMNS: [Column; 25] = [
    ("seq", |entry| Cell::Number(Some(entry.seq.get()))),
    ("at_kst", |entry| Cell::Time(korean_time(entry.at))),
    ("at_utc", |entry| Cell::Time(entry.at.to_string())),
    ("actor", |entry| text(&entry.actor)),
    ("staff", |entry| Cell::Number(entry.staff_id.map(StaffId::get))),
    ("name", |entry| text(&entry.staff_name)),
    ("email", |entry| text(&entry.staff_email)),
    ("roles", |entry| text(&entry.roles)),
    ("action", |entry| text(&entry.action)),
    ("target_kind", |entry| text(&entry.target_kind)),
    ("target_id", |entry| text(&entry.target_id)),
    ("outcome", |entry| text(&entry.outcome)),
    ("refusal", |entry| text(&entry.refusal)),
    ("reason", |entry| text(&entry.reason)),
    ("before", |entry| side(&entry.before)),
    ("after", |entry| side(&entry.after)),
    ("ip", |entry| text(&entry.ip)),
    ("peer", |entry| text(&entry.peer)),
    ("user_agent", |entry| text(&entry.user_agent)),
    ("session", |entry| text(&entry.session)),
    ("request", |entry| text(&entry.request_id)),
    ("change", |entry| text(&entry.change_id)),
    ("approval", |entry| Cell::Number(entry.approval_id.map(RequestId::get))),
    ("reversal_of", |entry| Cell::Number(entry.reversal_of.map(Seq::get))),
    ("flags", |entry| text(&entry.flags)),
];

fn text(text: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(text))
}

/// One side of a change as one JSON text.
fn side(value: &Value) -> Cell<'_> {
    Cell::Text(Cow::Owned(value.to_string()))
}

/// The column is named after the time of Korea, which is nine hours ahead all year, so no setting moves it.
fn korean_time(at: Instant) -> String {
    at.plus(TimeDelta::hours(9)).utc().format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Writes the byte order mark and the names of the columns.
pub(crate) fn header(out: &mut Vec<u8>) {
    out.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
    line(out, &COLUMNS.map(|(name, _)| text(name)));
}

/// Writes one row of the log.
pub(crate) fn row(out: &mut Vec<u8>, entry: &Entry) {
    line(out, &COLUMNS.map(|(_, of)| of(entry)));
}

fn line(out: &mut Vec<u8>, cells: &[Cell<'_>]) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        out.push(b'"');
        match cell {
            Cell::Number(None) => {}
            Cell::Number(Some(number)) if number.unsigned_abs() >= NUMBERS_END => write(out, &number.to_string()),
            Cell::Number(Some(number)) => out.extend_from_slice(number.to_string().as_bytes()),
            Cell::Time(time) => out.extend_from_slice(time.as_bytes()),
            Cell::Text(text) => write(out, text),
        }
        out.push(b'"');
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes a text as it is between the quotes of its cell.
fn write(out: &mut Vec<u8>, text: &str) {
    if is_guarded(text) {
        out.push(b'\'');
    }
    let mut units = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\r' && characters.peek() == Some(&'\n') {
            continue;
        }
        units += character.len_utf16();
        if units > LONGEST {
            out.extend_from_slice(CUT.as_bytes());
            return;
        }
        let shown = shown(character);
        if shown == '"' {
            out.push(b'"');
        }
        out.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

fn shown(character: char) -> char {
    match character {
        '\n' | '\r' => '\n',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        // XML, and so XLSX and ODS, has no such characters.
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        character => character,
    }
}

#[cfg(test)]
mod tests;
