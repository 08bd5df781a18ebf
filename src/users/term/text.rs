//! The same text for what looks the same.

use crate::text::{self, name::is_syllable};

/// What was typed, with one space where there are several.
pub(super) fn tidy(typed: &str) -> String {
    text::typed(typed).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A Korean name is one word, however it was typed: `김 서연` is 김서연.
pub(super) fn close_hangul(text: String) -> String {
    if text.chars().all(|c| c == ' ' || is_syllable(c)) { text.replace(' ', "") } else { text }
}
