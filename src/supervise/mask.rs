//! Keeping secrets that a job was given out of what is kept of its output.
//!
//! Only the values as they are: what a job encodes first (base64, JSON with escapes) is not known here.

use std::{fmt, ops::Range};

/// The text that replaces a secret of any length.
const HIDDEN: &str = "•••";

/// Fewer characters than this appear by chance, and hiding them would make a log unreadable.
const SHORTEST: usize = 4;

/// The values that must not appear.
#[derive(Default)]
pub(super) struct Mask {
    secrets: Vec<Vec<u8>>,
    /// In bytes.
    longest: usize,
}

/// A value that cannot be hidden. A job that has such a secret is not run at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a value to be masked is shorter than {SHORTEST} characters, so it cannot be kept out of the log; make it longer"
)]
pub(super) struct TooShort;

impl Mask {
    /// Output is seen line by line, so of a value with several lines (a key in PEM) each is hidden by itself, except those
    /// that are shorter than four characters. Empty values hide nothing.
    pub(super) fn new(values: &[String]) -> Result<Self, TooShort> {
        let mut secrets = Vec::new();
        for value in values.iter().filter(|value| !value.is_empty()) {
            let before = secrets.len();
            // A carriage return at the end belongs to the end of the line in the output as well.
            let lines = value.lines().map(|line| line.trim_end_matches('\r'));
            let long = lines.filter(|line| line.chars().count() >= SHORTEST);
            secrets.extend(long.map(|line| line.as_bytes().to_vec()));
            if secrets.len() == before {
                return Err(TooShort);
            }
        }
        let longest = secrets.iter().map(Vec::len).max().unwrap_or_default();
        Ok(Self { secrets, longest })
    }

    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The positions of secrets in `text`, in order and apart from each other. Its first `known` bytes are the rest of
    /// a secret that began before.
    ///
    /// Secrets that overlap are hidden as one: hiding the first alone would leave the end of the second.
    pub(super) fn find(&self, text: &[u8], known: usize) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = self.secrets.iter().flat_map(|secret| occurrences(text, secret)).collect();
        if known > 0 {
            found.push(0..known);
        }
        found.sort_unstable_by_key(|range| range.start);
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for range in found {
            match apart.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => apart.push(range),
            }
        }
        apart
    }
}

fn occurrences(text: &[u8], secret: &[u8]) -> impl Iterator<Item = Range<usize>> {
    text.windows(secret.len())
        .enumerate()
        .filter(move |(_, window)| *window == secret)
        .map(|(at, window)| at..at + window.len())
}

/// `text` with the places `hidden`, in order and apart, replaced. They may go on behind the end of `text`.
pub(super) fn replaced(text: &[u8], hidden: &[Range<usize>]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut shown = 0;
    for range in hidden.iter().filter(|range| range.start < text.len()) {
        replaced.extend_from_slice(text.get(shown..range.start).unwrap_or_default());
        replaced.extend_from_slice(HIDDEN.as_bytes());
        shown = range.end;
    }
    replaced.extend_from_slice(text.get(shown..).unwrap_or_default());
    replaced
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(values: &[&str], text: &str) -> String {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mask = Mask::new(&values).unwrap();
        String::from_utf8(replaced(text.as_bytes(), &mask.find(text.as_bytes(), 0))).unwrap()
    }

    #[test]
    fn every_occurrence_is_hidden() {
        assert_eq!(masked(&["hunter22"], "hunter22, and again hunter22."), "•••, and again •••.");
        assert_eq!(masked(&["비밀번호"], "암호: 비밀번호!"), "암호: •••!");
        assert_eq!(masked(&[], "hunter22"), "hunter22");
        assert_eq!(masked(&[""], "hunter22"), "hunter22");
    }

    #[test]
    fn secrets_that_overlap_leave_no_remainder() {
        assert_eq!(masked(&["abcd", "cdef"], "xabcdefx"), "x•••x");
        assert_eq!(masked(&["abcd", "abcdef"], "abcdef abcde"), "••• •••e");
        assert_eq!(masked(&["aaaa"], "aaaaaa"), "•••");
    }

    #[test]
    fn each_line_of_a_long_secret_is_hidden() {
        let key = "-----BEGIN KEY-----\r\nMIIEvQIB\nQ=\n-----END KEY-----\n";
        assert_eq!(masked(&[key], "MIIEvQIB"), "•••");
        assert_eq!(masked(&[key], "Q="), "Q=");
        assert_eq!(masked(&[key], "-----END KEY-----"), "•••");
        assert_eq!(masked(&["hunter22\r"], "hunter22"), "•••");
    }

    #[test]
    fn what_is_too_short_to_hide_is_refused() {
        for value in ["a", "abc", "비밀번", "\n", "a\nb\nc"] {
            assert_eq!(Mask::new(&["long enough".to_owned(), value.to_owned()]).unwrap_err(), TooShort, "{value:?}");
        }
    }

    #[test]
    fn a_mask_does_not_show_what_it_hides() {
        let mask = Mask::new(&["hunter22".to_owned()]).unwrap();
        assert_eq!(format!("{mask:?}"), "Mask { secrets: 1, .. }");
    }
}
