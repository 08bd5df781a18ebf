//! What people write about an incident, as far as it can be taken.

use super::{INCIDENT_LONG, INCIDENT_TEXT};
use crate::{
    gate::Fault,
    text::{composed, is_line, is_lines, visible},
};

/// The longest title, in characters.
pub(crate) const TITLE: usize = 120;
/// The longest text of one paragraph, such as an action.
pub(crate) const SHORT: usize = 500;
/// The longest text of several, such as the cause.
pub(crate) const LONG: usize = 2_000;
/// The longest postmortem.
pub(crate) const POSTMORTEM: usize = 12_000;

/// As it was typed, in the form in which it is stored.
pub(crate) fn typed(text: &str) -> String {
    // A browser posts each new line as two characters; a tab is no character that others see.
    composed(text.replace("\r\n", "\n").replace('\t', "    ").trim())
}

/// One line, of a title.
pub(crate) fn title(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = checked(field, text, TITLE)?;
    if is_line(&text) { Ok(text) } else { Err(Fault::invalid(field, INCIDENT_TEXT)) }
}

pub(crate) fn short(field: &'static str, text: &str) -> Result<String, Fault> {
    checked(field, text, SHORT)
}

pub(crate) fn long(field: &'static str, text: &str) -> Result<String, Fault> {
    checked(field, text, LONG)
}

/// The same, which may be empty.
pub(crate) fn long_or_none(field: &'static str, text: &str) -> Result<String, Fault> {
    if text.is_empty() { Ok(String::new()) } else { long(field, text) }
}

pub(crate) fn postmortem(text: &str) -> Result<String, Fault> {
    checked("text", text, POSTMORTEM)
}

fn checked(field: &'static str, text: &str, longest: usize) -> Result<String, Fault> {
    match text.chars().count() {
        count if count > longest => Err(Fault::invalid(field, INCIDENT_LONG).with("max", longest)),
        _ if visible(text) == 0 || !is_lines(text) => Err(Fault::invalid(field, INCIDENT_TEXT)),
        _ => Ok(text.to_owned()),
    }
}
