//! Keeping secrets that a job was given out of what is kept of its output.
//!
//! Only the values as they are: what a job encodes first (base64, JSON with escapes) is not known here.

use aho_corasick::{AhoCorasick, BuildError};
use std::{fmt, ops::Range, sync::Arc};

/// The text that replaces a secret of any length.
const HIDDEN: &str = "•••";

/// Fewer characters than this appear by chance, and hiding them would make a log unreadable.
const SHORTEST: usize = 4;

/// The values that must not appear.
#[derive(Default)]
pub(super) struct Mask {
    /// All of them are looked for in one pass: a job may write a gigabyte.
    secrets: Option<AhoCorasick>,
    values: Vec<Vec<u8>>,
    /// In bytes.
    shortest: usize,
    longest: usize,
}

/// Secrets that no job must know, and that are hidden in the output of all. They are shown nowhere.
#[derive(Clone, Default)]
pub struct Hidden(Arc<[String]>);

impl Hidden {
    pub fn new(secrets: Vec<String>) -> Self {
        Self(secrets.into())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// Why a value cannot be hidden. A job that has such a secret is not run at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unmaskable {
    #[error(
        "a value to be masked is shorter than {SHORTEST} characters, so it cannot be kept out of the log; make it longer"
    )]
    TooShort,
    #[error("what must be kept out of the log cannot be looked for: {0}")]
    TooMuch(#[from] BuildError),
}

impl Mask {
    /// Output is seen line by line, so of a value with several lines (a key in PEM) each is hidden by itself, except those
    /// that are shorter than four characters. Empty values hide nothing.
    ///
    /// Of `own`, what is too short to be hidden is left out: these are not for the job.
    pub(super) fn new(values: &[String], own: &Hidden) -> Result<Self, Unmaskable> {
        let mut secrets = Vec::new();
        for value in values.iter().filter(|value| !value.is_empty()) {
            let before = secrets.len();
            secrets.extend(long_lines(value));
            if secrets.len() == before {
                return Err(Unmaskable::TooShort);
            }
        }
        secrets.extend(own.iter().flat_map(long_lines));
        let lengths = || secrets.iter().map(Vec::len);
        let (shortest, longest) = (lengths().min().unwrap_or_default(), lengths().max().unwrap_or_default());
        let found = if secrets.is_empty() { None } else { Some(AhoCorasick::new(&secrets)?) };
        Ok(Self { secrets: found, values: secrets, shortest, longest })
    }

    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.secrets.is_none()
    }

    /// Where a secret may begin whose rest is still to come: at the length of `text` where none does.
    pub(super) fn begun(&self, text: &[u8]) -> usize {
        let begins = |at: &usize| {
            let end = text.get(*at..).unwrap_or_default();
            self.values.iter().any(|value| value.len() > end.len() && value.starts_with(end))
        };
        (text.len().saturating_sub(self.longest)..text.len()).find(begins).unwrap_or(text.len())
    }

    /// The positions of secrets in `text`, in order and apart from each other. A secret may have begun at the end of `before`,
    /// the text of the same line that was handed on: then its rest is found.
    ///
    /// Secrets that overlap are hidden as one: hiding the first alone would leave the end of the second.
    pub(super) fn find(&self, before: &[u8], text: &[u8]) -> Vec<Range<usize>> {
        let Some(secrets) = self.secrets.as_ref().filter(|_| before.len() + text.len() >= self.shortest) else {
            return Vec::new();
        };
        let whole = [before, text].concat();
        let within =
            |range: Range<usize>| range.start.saturating_sub(before.len())..range.end.saturating_sub(before.len());
        let found = secrets.find_overlapping_iter(&whole).map(|found| within(found.range()));
        let mut found: Vec<Range<usize>> = found.filter(|range| !range.is_empty()).collect();
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

/// The lines of a value that can be hidden. A carriage return at the end of one belongs to the end of the line in the output
/// as well.
fn long_lines(value: &str) -> impl Iterator<Item = Vec<u8>> {
    let lines = value.lines().map(|line| line.trim_end_matches('\r'));
    lines.filter(|line| line.chars().count() >= SHORTEST).map(|line| line.as_bytes().to_vec())
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
        f.debug_struct("Mask")
            .field("secrets", &self.secrets.as_ref().map_or(0, AhoCorasick::patterns_len))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(values: &[&str], text: &str) -> String {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mask = Mask::new(&values, &Hidden::default()).unwrap();
        String::from_utf8(replaced(text.as_bytes(), &mask.find(b"", text.as_bytes()))).unwrap()
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
            let refused = Mask::new(&["long enough".to_owned(), value.to_owned()], &Hidden::default());
            assert!(matches!(refused, Err(Unmaskable::TooShort)), "{value:?}");
        }
    }

    #[test]
    fn a_mask_does_not_show_what_it_hides() {
        let mask = Mask::new(&["hunter22".to_owned()], &Hidden::new(vec!["own".to_owned(), String::new()])).unwrap();
        assert_eq!(format!("{mask:?}"), "Mask { secrets: 1, .. }");
        assert_eq!(format!("{:?}", Hidden::new(vec!["hunter22".to_owned()])), "Hidden(…)");
    }
}
