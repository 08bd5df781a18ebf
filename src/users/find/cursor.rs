use crate::id::CustomerId;
use std::{fmt, str::FromStr};

/// Where the next page of a list begins: after this customer. It is in an address, so it holds an id and no e-mail,
/// phone number or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) stage: Stage,
    pub(super) id: CustomerId,
}

/// Which meaning of a term the last row answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    First,
    Second,
    Third,
    Fourth,
}

impl Stage {
    const ALL: [(Self, char); 4] = [(Self::First, 'a'), (Self::Second, 'b'), (Self::Third, 'c'), (Self::Fourth, 'd')];

    fn letter(self) -> char {
        Self::ALL.into_iter().find(|(stage, _)| *stage == self).map_or('a', |(_, letter)| letter)
    }
}

/// The address was made up or cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in a list of customers")]
pub struct BadCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.stage.letter(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let read = |(stage, letter)| Some((stage, text.strip_prefix::<char>(letter)?));
        let (stage, id) = Stage::ALL.into_iter().find_map(read).ok_or(BadCursor)?;
        let cursor = Self { stage, id: id.parse().map_err(|_| BadCursor)? };
        // One place has one name: no `a+7`, no `a007`.
        if cursor.to_string() == text { Ok(cursor) } else { Err(BadCursor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_writes_and_nothing_else() {
        for text in ["a1", "b482913", "c7", "d8", "a-5", "b9223372036854775807"] {
            assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
        }
        for text in ["", "a", "e1", "a+1", "a01", "a 1", "b9223372036854775808", "1", "가1"] {
            assert_eq!(text.parse::<Cursor>(), Err(BadCursor), "{text:?}");
        }
    }
}
